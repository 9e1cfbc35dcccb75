"""Workers, people and the clock in any order, against the model: a state machine for hypothesis."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.models import Tenant, User
from tests.tokens.fake_meta import FakeMeta
from tests.tokens.interleavings import ground
from tests.tokens.interleavings.answers import KINDS, told, verdict
from tests.tokens.interleavings.ground import World
from tests.tokens.interleavings.model import PLAIN, Model, Row, Ticket
from tokens.meta import Profile, Secret
from tokens.models import Connection, Credential
from tokens.services.claims import Held, Purpose, claim_batch, claim_one, hand_back, owner_name, renew
from tokens.services.disconnect import disconnect
from tokens.services.group import Answer, store_group
from tokens.services.link_account import Account, store_token
from tokens.services.mark_inactive import mark_inactive
from tokens.services.store import store
from tokens.services.sweep import Sweep

ROWS = 4
# Two, so that each often meets rows that it once held.
WORKERS = st.sampled_from(["ann", "bob"])
PURPOSES: st.SearchStrategy[Purpose] = st.sampled_from(["refresh", "refresh", "check"])
NUMBERS = st.integers(0, ROWS - 1)
# Counted from the newest: late answers and doubled ones are among the older.
RECENT = st.integers(0, 4)
# Which of the kinds that its purpose knows.
CHOICES = st.integers(0, 50)
# Beyond a lease, and beyond the longest one that anybody is believed.
JUMPS = st.sampled_from([-7200, -400, -100, -30, 61, 400, 7200])
PASSING = st.sampled_from([1, 59, 60, 61, 61, 200, 3600, 86_400])
MEANWHILE = st.one_of(
    st.none(),
    st.tuples(st.just("sweep"), PURPOSES, st.just(0)),
    st.tuples(st.just("sweep"), PURPOSES, JUMPS),
    st.tuples(st.just("jump"), st.just(0), JUMPS),
    st.tuples(st.sampled_from(["reconnect", "disconnect", "mark_inactive"]), NUMBERS, st.just(0)),
)
Happening = tuple[str, Any, int]


class Interleavings(RuleBasedStateMachine):
    """Each rule does to the engine what it does to the model; each invariant compares them."""

    tenant: ClassVar[Tenant]
    user: ClassVar[User]
    world: ClassVar[World]

    @initialize()
    def rows_made_anew(self) -> None:
        self.world.now = ground.START
        self.model = Model(ground.made_anew(ROWS, self.tenant, ground.START))
        for row in self.model.rows:
            row.dates = ground.seen()[row.pk].dates
        self.tickets: list[Ticket] = []
        self.bearers = {row.token: row for row in self.model.rows}
        self.issued = 0
        self.sound = True

    # Claims

    @rule(worker=WORKERS, purpose=PURPOSES, limit=st.integers(1, ROWS))
    def claims_some(self, worker: str, purpose: Purpose, limit: int) -> None:
        self.sound = False
        now = self.world.now
        expected = [row.place(purpose, now) for row in self.model.queue(purpose, now)][:limit]
        with self.world.acting(worker):
            taken = claim_batch(purpose, limit)
        assert [self._row(held.claim.connection_id).place(purpose, now) for held in taken] == expected
        for held in taken:
            self._note(held, worker)

    @rule(worker=WORKERS, purpose=PURPOSES, number=NUMBERS)
    def claims_one(self, worker: str, purpose: Purpose, number: int) -> None:
        self.sound = False
        row = self.model.rows[number]
        with self.world.acting(worker):
            claim = claim_one(row.pk, purpose)
        assert (claim is not None) == (row.status == "active" and row.free(self.world.now))
        if claim is not None:
            self._note(Held(claim, Credential.objects.select_related("connection").get(pk=row.pk)), worker)

    @precondition(lambda self: self.tickets)
    @rule(back=RECENT, purpose=PURPOSES, seconds=st.sampled_from([61, -400]))
    def oversleeps_and_claims_again(self, back: int, purpose: Purpose, seconds: int) -> None:
        """As a machine that slept, or whose clock was wrong: its own older claim is as late as anybody's."""
        ticket = self._ticket(back)
        self.world.now += dt.timedelta(seconds=seconds)
        self.claims_one(ticket.claim.owner, purpose, self.model.rows.index(ticket.row))

    def _note(self, held: Held, worker: str) -> None:
        row = self._row(held.claim.connection_id)
        assert held.claim == self.model.grant(row, held.claim.purpose, worker, self.world.now)
        assert held.credential.token is not None
        assert held.credential.token.reveal() == row.token
        for older in self.tickets:
            # Of two claims on one row its holder counts on the newer one.
            older.open = older.open and not (older.row is row and older.claim.owner == worker)
        self.tickets.append(Ticket(held.claim, row, held))

    def _row(self, pk: object) -> Row:
        [row] = [row for row in self.model.rows if row.pk == pk]
        return row

    # Leases

    def _of(self, worker: str) -> list[Ticket]:
        return [ticket for ticket in self.tickets if ticket.open and ticket.claim.owner == worker]

    @rule(worker=WORKERS)
    def renews(self, worker: str) -> None:
        self.sound = False
        held = self._of(worker)
        renew([ticket.claim for ticket in held])
        self.model.renew(worker, [ticket.row for ticket in held], self.world.now)

    @rule(worker=WORKERS)
    def hands_all_back(self, worker: str) -> None:
        self.sound = False
        held = self._of(worker)
        hand_back(*(ticket.claim for ticket in held))
        self.model.hand_back(worker, [ticket.row for ticket in held])
        for ticket in held:
            ticket.open = False

    @precondition(lambda self: self.tickets)
    @rule(back=RECENT, late=st.booleans())
    def hands_one_back(self, back: int, late: bool) -> None:
        """Late: one that somebody else may have taken over since."""
        self.sound = False
        lost = [ticket for ticket in self.tickets if not ticket.stands]
        ticket = lost[-1 - back % len(lost)] if late and lost else self._ticket(back)
        hand_back(ticket.claim)
        if ticket.stands:
            ticket.row.let_go()
        ticket.open = False

    # Answers

    def _ticket(self, back: int) -> Ticket:
        return self.tickets[-1 - back % len(self.tickets)]

    def _kind(self, ticket: Ticket, choice: int) -> str:
        kinds = [*KINDS[ticket.claim.purpose], "error"]
        if ticket.row in self.model.rows[:2]:
            kinds.append("our fault")  # a third one lets the brake fall
        return kinds[choice % len(kinds)]

    def _answer(self, ticket: Ticket, kind: str, token: str) -> Answer:
        ticket.open = False
        assert ticket.held is not None
        return Answer(ticket.held, verdict(kind, token, self.world.now))

    def _issue(self, row: Row) -> str:
        self.issued += 1
        self.bearers[f"IGAA{self.issued}"] = row
        return f"IGAA{self.issued}"

    @precondition(lambda self: self.tickets)
    @rule(given=st.lists(st.tuples(RECENT, CHOICES), min_size=1, max_size=5))
    def group_is_answered(self, given: list[tuple[int, int]]) -> None:
        """In any order, late, and some of them twice."""
        self.sound = False
        found = []
        for back, choice in given:
            ticket = self._ticket(back)
            kind = self._kind(ticket, choice)
            if kind == "renamed" and ticket.row.status != "active":
                kind = "alive"
            found.append((ticket, kind, self._issue(ticket.row)))
        answers = [self._answer(*each) for each in found]
        words = store_group(answers, worthwhile=lambda: False, count=lambda app_id, calls: None)
        expected: dict[int, str] = {}
        # Together are stored the first plain one of each row; all else follows, in order.
        together = {
            id(ticket.row): place for place, (ticket, kind, _) in reversed([*enumerate(found)]) if kind in PLAIN
        }
        for place in sorted(range(len(found)), key=lambda place: place not in together.values()):
            ticket, kind, token = found[place]
            expected[place] = self.model.answer(ticket, kind, token, self.world.now)
        assert words == [expected[place] for place in range(len(found))]

    @precondition(lambda self: self.tickets)
    @rule(back=RECENT, choice=CHOICES)
    def one_is_answered(self, back: int, choice: int) -> None:
        self.sound = False
        ticket = self._ticket(back)
        kind, token = self._kind(ticket, choice), self._issue(ticket.row)
        found = self._answer(ticket, kind, token)
        if found.verdict is not None:
            word = store(found.claim, found.held.credential, found.verdict, calls=(), unparsable=False)
            assert word == self.model.answer(ticket, kind, token, self.world.now)

    # Time

    @rule(seconds=st.one_of(PASSING, JUMPS))
    def time_passes(self, seconds: int) -> None:
        self.world.now += dt.timedelta(seconds=seconds)

    @rule()
    def next_one_comes_due(self) -> None:
        dates = [date for row in self.model.rows for date in row.dates.values() if date is not None]
        later = [date for date in dates if date > self.world.now]
        if later:
            self.world.now = min(later)

    # People

    @rule(number=NUMBERS)
    def reconnects(self, number: int) -> None:
        self.sound = False
        self._reconnect(number)

    def _reconnect(self, number: int) -> None:
        row, now = self.model.rows[number], self.world.now
        token, expires_at = self._issue(row), now + dt.timedelta(days=60)
        connection = Connection.objects.get(pk=row.pk)
        profile = Profile(connection.instagram_id, connection.app_scoped_id, row.handle, None, None, None)
        with transaction.atomic():
            Connection.objects.filter(pk=row.pk).update(status="active", reason="")
            store_token(connection, Account(profile, Secret(token), issued_at=now, expires_at=expires_at), now=now)
        self.model.reconnect(row, token, expires_at)

    @rule(number=NUMBERS)
    def disconnects(self, number: int) -> None:
        self.sound = False
        self._disconnect(number)

    def _disconnect(self, number: int) -> None:
        row = self.model.rows[number]
        done = disconnect(Connection.objects.get(pk=row.pk), by=self.user)
        assert done == (row.status != "disconnected")
        if done:
            self.model.end(row, "disconnected", "disconnected")

    @rule(number=NUMBERS)
    def staff_end_one(self, number: int) -> None:
        self.sound = False
        self._mark_inactive(number)

    def _mark_inactive(self, number: int) -> None:
        row = self.model.rows[number]
        done = mark_inactive(Connection.objects.get(pk=row.pk), reason="checkpoint", by=self.user)
        assert (done == "marked") == (row.status == "active")
        if row.status == "active":
            self.model.end(row, "inactive", "became_inactive")

    # Whole sweeps, some of them while another one waits for Meta

    @rule(purpose=PURPOSES, choices=st.lists(CHOICES, min_size=ROWS, max_size=ROWS), meanwhile=MEANWHILE)
    def sweeps(self, purpose: Purpose, choices: list[int], meanwhile: Happening | None) -> None:
        self.sound = False
        self._sweep(purpose, choices, meanwhile)

    def _sweep(self, purpose: Purpose, choices: list[int], meanwhile: Happening | None = None) -> None:
        """One sweep of one thread: while that asks, the sweep itself waits."""
        owner, jumped = owner_name(), [False]
        kinds = KINDS[purpose]
        by_row = {row: kinds[choice % len(kinds)] for row, choice in zip(self.model.rows, choices, strict=True)}
        asked: dict[Row, str] = {}
        left = [] if meanwhile is None else [meanwhile]

        def answering(call: str) -> Callable[[str], Any]:
            def answer(token: str) -> Any:
                row = self.bearers[token]
                if call == ("refresh" if purpose == "refresh" else "me") or row not in asked:
                    asked[row] = self._issue(row)
                if left:
                    jumped[0] = self._meanwhile(left.pop(), choices)
                return told(by_row[row], call, asked[row])

            return answer

        expected: Counter[str] = Counter()
        queue = self.model.queue(purpose, self.world.now)
        if any(row.known_expiry and row.known_expiry <= self.world.now for row in queue):
            left.clear()  # those are stored before anybody is asked
        granted = [Ticket(self.model.grant(row, purpose, owner, self.world.now), row) for row in queue]
        results = Sweep(purpose, FakeMeta(answering("refresh"), answering("me")).make_client, threads=1).run()
        while granted:
            for ticket in granted:
                row = ticket.row
                if row not in asked and ticket.stands:
                    assert row.known_expiry is not None
                    assert row.known_expiry <= self.world.now
                kind = by_row[row] if row in asked else "dead"
                expected[self.model.answer(ticket, kind, asked.get(row, ""), self.world.now)] += 1
            queue = self.model.queue(purpose, self.world.now)
            # A sweep that saw the clock jump takes nothing over for a while.
            queue = [row for row in queue if row.until is None or not jumped[0]]
            granted = [Ticket(self.model.grant(row, purpose, owner, self.world.now), row) for row in queue]
        assert results == expected

    def _meanwhile(self, happening: Happening, choices: list[int]) -> bool:
        """Whether the clock jumped."""
        what, whom, seconds = happening
        self.world.now += dt.timedelta(seconds=seconds)
        if what == "sweep":
            self._sweep(whom, choices[::-1])
        elif what != "jump":
            getattr(self, f"_{what}")(whom)
        return seconds != 0

    # What must hold after each step

    @invariant()
    def rows_are_as_the_model_has_them(self) -> None:
        found = ground.seen()
        for row in self.model.rows:
            seen = found[row.pk]
            assert seen.row == {name: getattr(row, name) for name in seen.row} | {"failures": +row.failures}
            assert seen.events == row.events
            self._check_dates(row, seen)
        assert ground.mails() == +self.model.mails
        self.sound = True

    def _check_dates(self, row: Row, seen: ground.Seen) -> None:
        """They change with an answer or a reconnect alone, and only an active connection has any."""
        for purpose, date in seen.dates.items():
            if purpose in row.moved and row.status == "active":
                assert date is not None, "nobody would ever take it up again"
                assert date > self.world.now
            else:
                assert date == row.dates[purpose]
        row.earlier = row.earlier and row.status == "active" and "refresh" not in row.moved
        assert (seen.moved_from is not None) == row.earlier
        row.dates, row.moved = seen.dates, set()

    def teardown(self) -> None:
        if getattr(self, "sound", False):
            self._comes_to_rest()

    def _comes_to_rest(self) -> None:
        """Whatever happened: once its date and its lease are over, a sweep takes each of them up."""
        active = [row for row in self.model.rows if row.status == "active"]
        dates = [date for row in active for date in (*row.dates.values(), row.until) if date is not None]
        self.world.now = max([self.world.now, *dates])
        fences = {row: row.fence for row in active}
        for purpose in ("refresh", "check"):
            self._sweep(purpose, [0] * ROWS)
            self.rows_are_as_the_model_has_them()
        for row in active:
            assert row.fence > fences[row], "nobody took it up"
        for row in self.model.rows:
            assert row.until is None
            assert not row.due("refresh", self.world.now)
            assert not row.due("check", self.world.now)
