"""Everything that can happen to connections, in any order, with any answer of Meta's, against the model."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, ClassVar

from django.conf import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.lives import ground
from tests.lives.ground import Ground
from tests.lives.model import Slot
from tests.tokens.fake_meta import EVERY_PASSING, FakeMeta, client_secret, dead, permission, profile, refused, renewed
from tokens.flavours.instagram_login import InstagramLogin
from tokens.meta import Profile, Secret
from tokens.models import ConnectAttempt, Connection, Credential, DeletionRequest, Link, Reason, ReconnectRequest
from tokens.services.ask import Inquiry
from tokens.services.claims import LEASE, Claim, Purpose, claim_one
from tokens.services.disconnect import disconnect
from tokens.services.link_account import Account, link_account
from tokens.services.send_link import send_link
from tokens.services.store import LOST, store

START = dt.datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=dt.UTC)
SIXTY_DAYS = dt.timedelta(days=60)
PLACES = st.integers(0, 3)
PURPOSES: st.SearchStrategy[Purpose] = st.sampled_from(["refresh", "check"])
REASONS = st.sampled_from([reason.value for reason in Reason])
KINDS = st.sampled_from(
    ["well", "well", "dead", "dead", "contradicted", "passing", "permission", "refused", "ours", "too young"]
)
FAULTS = st.sampled_from(sorted(EVERY_PASSING))
ATTEMPTS = st.tuples(PLACES, PURPOSES, KINDS, REASONS, FAULTS)
MEANWHILE = st.sampled_from(["connect", "disconnect", "remove the app", "delete", "too long", "another attempt"])
# Seconds from now at which the person did what a callback tells of; far back is before any consent.
AGO = st.sampled_from([0, 0, 0, 1, 3600, 86_400 * 400, None])
STEPS = st.sampled_from([1, 61, 3600, 86_400, 86_400 * 30, 86_400 * 61, -1, -3600])


class Lives(RuleBasedStateMachine):
    """Each rule does to the product what it does to the model; each invariant compares them."""

    ground: ClassVar[Ground]
    world: ClassVar[Any]

    @initialize()
    def anew(self) -> None:
        ground.empty()
        self.world.now = START
        self.slots = ground.slots()
        self.issued = 0
        self.deletions = 0
        self.told: set[Any] = set()
        for place in range(len(self.slots)):
            self.somebody_connects(place)
        self.world.now += dt.timedelta(days=2)

    def _row(self, slot: Slot) -> Connection | None:
        return ground.row_of(self.ground, slot)

    def _token(self) -> Secret:
        self.issued += 1
        return Secret(f"IGAAtoken{self.issued}")

    # People

    @rule(place=PLACES)
    def somebody_connects(self, place: int) -> None:
        """For the first time, again, or to revive it."""
        slot, now = self.slots[place], self.world.now
        tenant, app = self.ground.tenants[slot.tenant], self.ground.apps[slot.app]
        attempt = ConnectAttempt(tenant=tenant, meta_app=app, created_at=now, expires_at=now + LEASE)
        attempt.user = self.ground.owners[slot.tenant]
        found = Profile(ground.instagram_id(slot.account), None, f"creator{slot.account}", None, None, None)
        account = Account(found, self._token(), issued_at=now, expires_at=now + SIXTY_DAYS)
        connection, was = link_account(attempt, account)
        assert was == ("" if slot.status == "none" else slot.status)
        Connection.objects.filter(pk=connection.pk).update(contact_email=ground.address(slot))
        slot.connect(now, now + SIXTY_DAYS)

    @rule(place=PLACES)
    def a_member_disconnects(self, place: int) -> None:
        slot = self.slots[place]
        row = self._row(slot)
        if row is not None:
            assert disconnect(row, by=self.ground.owners[slot.tenant]) == slot.disconnect()

    @rule(place=PLACES)
    def a_member_sends_a_link(self, place: int) -> None:
        slot = self.slots[place]
        row = self._row(slot)
        if row is None:
            return
        if send_link(row, actor="a member"):
            slot.events.append("link_sent")
            slot.mails["reconnect_link"] += 1
        else:
            assert slot.status == "disconnected" or Link.objects.filter(connection=row).count() >= 3

    # Workers

    @rule(attempts=st.lists(ATTEMPTS, min_size=1, max_size=6))
    def workers_ask(self, attempts: list[Any]) -> None:
        for place, purpose, kind, reason, fault in attempts:
            slot = self.slots[place]
            if (claim := self._claim(slot, purpose)) is not None:
                self._answered(slot, claim, kind, reason, fault)

    @rule(stories=st.lists(st.tuples(ATTEMPTS, MEANWHILE, ATTEMPTS), min_size=1, max_size=4))
    def things_happen_while_meta_is_asked(self, stories: list[Any]) -> None:
        for story in stories:
            self._meanwhile(*story)

    def _meanwhile(self, attempt: Any, meanwhile: str, another: Any) -> None:
        """The answer comes late, whatever it is."""
        place, purpose, kind, reason, fault = attempt
        slot = self.slots[place]
        if (claim := self._claim(slot, purpose)) is None:
            return
        row = Credential.objects.select_related("connection__meta_app").get(pk=claim.connection_id)
        slot.tickets.append((claim, row))
        match meanwhile:
            case "connect":
                self.somebody_connects(place)
            case "disconnect":
                self.a_member_disconnects(place)
            case "remove the app":
                self.somebody_removes_the_app(slot.app, slot.account, 0, False)
            case "delete":
                self.somebody_wants_their_data_deleted(slot.app, slot.account, 0, False)
            case "too long":
                # The lease is over, and somebody else takes it up.
                self.world.now += LEASE
                self.workers_ask([(place, *another[1:])])
            case "another attempt":
                assert self._claim(slot, another[1]) is None, "two attempts in flight"
        self._answered(slot, claim, kind, reason, fault, row=row)

    def _claim(self, slot: Slot, purpose: Purpose) -> Claim | None:
        row = self._row(slot)
        if row is None:
            return None
        claim = claim_one(row.pk, purpose)
        if slot.status != "active":
            assert claim is None
        if claim is not None:
            slot.void()  # whoever held it before has lost it
        return claim

    def _answered(
        self, slot: Slot, claim: Claim, kind: str, reason: str, fault: str, row: Credential | None = None
    ) -> None:
        in_time = row is None or any(held is claim for held, _ in slot.tickets)
        row = row or Credential.objects.select_related("connection__meta_app").get(pk=claim.connection_id)
        kind = _possible(kind, claim.purpose, slot)
        meta = _meta(kind, claim.purpose, reason, fault, self._token())
        inquiry = Inquiry(InstagramLogin(meta), pause=lambda seconds: None)
        ask = inquiry.refresh if claim.purpose == "refresh" else inquiry.check
        verdict = ask(row)
        word = store(claim, row, verdict, calls=(), unparsable=False, worthwhile=lambda: False)
        if not in_time:
            assert word == LOST
            return
        if row.known_expiry is not None and row.known_expiry <= self.world.now:
            kind, reason = "dead", "expired"
        slot.tickets.clear()
        assert word == slot.answer(claim.purpose, kind, reason)
        if word == "refreshed":
            slot.expires_at = self.world.now + SIXTY_DAYS

    # Meta

    @rule(app=st.integers(0, 1), account=st.integers(1, 3), ago=AGO, twice=st.booleans())
    def somebody_removes_the_app(self, app: int, account: int, ago: int | None, twice: bool) -> None:
        payload, since = self._payload(account, ago)
        path = f"{self.ground.paths[app]}deauthorize/"
        for _ in range(1 + twice):
            assert ground.call(path, payload, self.ground.secrets[app]).status_code == 200
        for slot in self._concerned(app, account):
            if slot.status == "disconnected":
                continue
            if since is not None and slot.is_late(since):
                self._late_callback(slot, payload, "deauthorize")
            else:
                slot.deauthorize()

    @rule(app=st.integers(0, 1), account=st.integers(1, 3), ago=AGO, twice=st.booleans())
    def somebody_wants_their_data_deleted(self, app: int, account: int, ago: int | None, twice: bool) -> None:
        payload, since = self._payload(account, ago)
        # Each is another request, also of the same person in the same second.
        self.deletions += 1
        payload["nonce"] = self.deletions
        path = f"{self.ground.paths[app]}data-deletion/"
        answers = [ground.call(path, payload, self.ground.secrets[app]).json() for _ in range(1 + twice)]
        assert all(answer == answers[0] for answer in answers)
        assert set(answers[0]) == {"url", "confirmation_code"}
        states = set()
        for slot in self._concerned(app, account):
            if since is not None and slot.is_late(since):
                self._late_callback(slot, payload, "data_deletion")
                states.add("connected_again")
            else:
                slot.delete()
                states.add("erased")
        asked = DeletionRequest.objects.get(code=answers[0]["confirmation_code"])
        assert asked.state == next((s for s in ("erased", "connected_again") if s in states), "nothing_found")

    @rule(app=st.integers(0, 1), account=st.integers(1, 2), deletion=st.booleans())
    def somebody_signs_with_a_secret_of_another_app(self, app: int, account: int, deletion: bool) -> None:
        payload, _ = self._payload(account, 0)
        path = f"{self.ground.paths[app]}{'data-deletion' if deletion else 'deauthorize'}/"
        assert ground.call(path, payload, self.ground.secrets[1 - app]).status_code in {400, 429}

    def _payload(self, account: int, ago: int | None) -> tuple[dict[str, Any], int | None]:
        payload = {"algorithm": "HMAC-SHA256", "user_id": ground.instagram_id(account)}
        if ago is None:
            return payload, None
        since = int(self.world.now.timestamp()) - ago
        return {**payload, "issued_at": since}, since

    def _concerned(self, app: int, account: int) -> list[Slot]:
        return [slot for slot in self.slots if (slot.app, slot.account) == (app, account) and slot.status != "none"]

    def _late_callback(self, slot: Slot, payload: dict[str, Any], call: str) -> None:
        """Told once for each moment at which the person did it."""
        row = self._row(slot)
        assert row is not None
        told = (row.pk, call, payload["issued_at"])
        if told not in self.told:
            self.told.add(told)
            slot.late()

    # Time

    @rule(seconds=STEPS)
    def the_clock_moves(self, seconds: int) -> None:
        self.world.now += dt.timedelta(seconds=seconds)

    # What must hold after each step

    @invariant()
    def connections_are_as_the_model_has_them(self) -> None:
        for slot in self.slots:
            row = self._row(slot)
            expected = {
                "status": slot.status,
                "reason": slot.reason,
                "keyed": slot.keyed,
                "flags": slot.flags,
                "events": slot.events,
                "failures": +slot.failures,
            }
            assert ground.seen(row) == expected, slot.name
            assert (row is not None) == (slot.status != "none"), slot.name

    @invariant()
    def nobody_is_owed_another_mail(self) -> None:
        expected: dict[str, Counter[str]] = {}
        for slot in self.slots:
            if +slot.mails:
                expected.setdefault(ground.address(slot), Counter()).update(slot.mails)
        assert ground.mails() == expected

    @invariant()
    def no_key_is_kept_where_none_may_be(self) -> None:
        keyed = Credential.objects.filter(token__isnull=False)
        assert not keyed.filter(connection__status="disconnected").exists()
        assert not keyed.filter(connection__status="inactive", connection__reason="app_removed").exists() or any(
            slot.keyed and slot.reason == "app_removed" for slot in self.slots
        )
        assert not Credential.objects.filter(connection__status="active", token__isnull=True).exists()
        assert Credential.objects.count() == Connection.objects.count()

    @invariant()
    def only_what_has_ended_is_asked_back(self) -> None:
        assert not ReconnectRequest.objects.open().exclude(connection__status="inactive").exists()

    @invariant()
    def only_what_lives_is_ever_due(self) -> None:
        dead_rows = Credential.objects.exclude(connection__status="active")
        assert not dead_rows.filter(due_at__isnull=False).exists()
        assert not dead_rows.filter(check_due_at__isnull=False).exists()
        living = Credential.objects.filter(connection__status="active")
        assert not living.filter(due_at=None).exists() and not living.filter(check_due_at=None).exists()


def _possible(kind: str, purpose: str, slot: Slot) -> str:
    """A check can't be contradicted; a third credential with a fault of ours would let the brake fall."""
    if kind == "contradicted" and purpose == "check":
        return "well"
    if kind == "ours" and slot.account != 2:
        return "passing"
    return kind


def _meta(kind: str, purpose: str, reason: str, fault: str, token: Secret) -> Any:
    answers: dict[str, Any] = {
        "dead": dead(reason, call=purpose if purpose == "refresh" else "me"),
        "passing": EVERY_PASSING[fault],
        "permission": permission(),
        "refused": refused(),
        "ours": client_secret(),
        "too young": refused("too_young"),
    }
    if kind in answers:
        on_me = dead(reason) if kind == "dead" else answers[kind]
        return FakeMeta(on_refresh=answers[kind], on_me=on_me)
    if kind == "contradicted":
        return FakeMeta(on_refresh=dead(reason, call="refresh"), on_me=profile(""))
    lasts = int(SIXTY_DAYS.total_seconds())
    return FakeMeta(on_refresh=renewed(token.reveal(), lasts), on_me=profile(""))


assert settings.CONFIRM_PAUSE_SECONDS == 0
