"""One sweep, or one drain of a worker: takes whatever is due, most urgent first, until nothing is due any more.

One thread claims, stores and touches the database; the others ask Meta.
"""

from __future__ import annotations

import logging
import sys
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.models import Tenant
from notifications import worker
from tokens.flavours.interface import Keeper
from tokens.models import MetaApp
from tokens.services import brake, heartbeat
from tokens.services.askers import Askers, Job
from tokens.services.budget import Budgets
from tokens.services.claims import LEASE, RENEW_EVERY, Claim, Held, Purpose, claim_batch, due, hand_back, renew
from tokens.services.clear_up import clear_up
from tokens.services.clock import ClockWatch
from tokens.services.group import Answer, store_group
from tokens.services.record_sweep import SweepRecord
from tokens.services.recovery import try_to_lift
from tokens.services.store import LOST

# How long nothing may happen before it is looked at the clock, at signals and at leases again.
TICK = 0.25
SWITCH_INTERVAL = 0.05
# From one commit to the next at least, unless a group is full: a commit costs as much as twenty rows do.
RHYTHM = 0.05
# The same while a Meta app goes slowly: its next call may begin any moment.
SHORT_TICK = 0.02
# How often it is looked whether a brake has fallen.
LOOK_EVERY = 1.0
OnResult = Callable[[str], None]

logger = logging.getLogger(__name__)


class MakeKeeper(Protocol):
    """Makes the keeper of a Meta app, with as many kept-alive connections as threads share it."""

    def __call__(self, app: MetaApp, *, pool_size: int) -> Keeper: ...


@dataclass(slots=True)
class Sweep:
    """What one sweep is asked to do, and what came of it.

    Args:
        purpose: `refresh` or `check`.
        make_keeper: makes the keeper of a Meta app.
        tenant: only this tenant's connections.
        threads: how many attempts are in flight at most; SWEEP_THREADS by default.
        seconds: after so long it claims no more and ends; None: until nothing is due.
        on_result: called with each attempt's word.

    `record` is what staff and `/metrics` see of it.
    """

    purpose: Purpose
    make_keeper: MakeKeeper
    tenant: Tenant | None = None
    threads: int | None = None
    seconds: float | None = None
    on_result: OnResult | None = None
    results: Counter[str] = field(default_factory=Counter)
    record: SweepRecord = field(init=False)
    _keepers: _Keepers = field(init=False)
    _askers: Askers = field(init=False)
    _waiting: deque[Held] = field(default_factory=deque)
    _slowed: dict[uuid.UUID, deque[Held]] = field(default_factory=dict)
    _budgets: Budgets = field(default_factory=Budgets)
    _tallies: brake.Tallies = field(default_factory=brake.Tallies)
    _dry: bool = False
    _stormy: frozenset[uuid.UUID] = frozenset()
    _closed: frozenset[uuid.UUID] = frozenset()
    _looked_at: float = float("-inf")
    _renewed_at: float = float("-inf")
    _claimed_at: float = float("-inf")
    _stored_at: float = float("-inf")
    _stopped_at: float | None = None
    _ends_at: float = float("inf")
    _clock: ClockWatch = field(default_factory=ClockWatch.of_worker)

    def __post_init__(self) -> None:
        threads = self.threads or settings.SWEEP_THREADS
        self.record = SweepRecord(self.purpose, self.tenant)
        self._keepers = _Keepers(self.make_keeper, threads)
        self._askers = Askers(threads)

    @property
    def ran_out_of_time(self) -> bool:
        """Whether it ended because its seconds were over; something may be due still."""
        return time.monotonic() >= self._ends_at and not worker.asked_to_stop()

    def run(self) -> Counter[str]:
        """Works off what is due. Returns how many attempts ended with which word."""
        if self.seconds is not None:
            self._ends_at = time.monotonic() + self.seconds
        heartbeat.beat(heartbeat.SWEEP if self.purpose == "refresh" else heartbeat.CHECK, timezone.now())
        patience = sys.getswitchinterval()
        # Each thread that waits for the interpreter wakes up so often to ask for it. They let go by themselves, at the
        # next byte that they wait for; by default hundreds of them would keep a tenth of a core busy with asking.
        sys.setswitchinterval(SWITCH_INTERVAL)
        try:
            try_to_lift(self._keepers.of, timezone.now())
            self._work_off()
        finally:
            sys.setswitchinterval(patience)
            self._askers.end()
            self._keepers.close()
            self._tallies.store(at_once=True)
            self.record.end(self.results)
        clear_up(timezone.now())
        return self.results

    def _work_off(self) -> None:
        try:
            while self._goes_on():
                self._step()
        finally:
            # Told to stop, out of time, or broken: what nobody was asked about others may take at once, and what
            # Meta answers is stored.
            self._give_up(lambda held: True)
            while self._askers.in_flight:
                self._step()

    def _goes_on(self) -> bool:
        """Claims and gives out, unless it is to end. Returns False when nothing is left or wanted."""
        if worker.asked_to_stop() or time.monotonic() >= self._ends_at:
            return False
        self._keep_leases()
        self._look()
        self._give()
        # Early enough that no thread waits; once all is claimed, again at the end: more came due or was given up.
        few = len(self._waiting) <= min(self._askers.limit // 4, settings.CLAIM_SIZE - 1)
        if self._dry:
            # Beside what goes slowly nothing hurries: it is looked for anew each second, not with each short step.
            rested = not self._slowed or time.monotonic() - self._claimed_at >= LOOK_EVERY
            wanted = not self._askers.in_flight and rested
        else:
            wanted = few
        if wanted:
            self._claim()
            self._give()
        return bool(self._askers.in_flight or self._waiting or self._slowed)

    def _claim(self) -> None:
        self._claimed_at = time.monotonic()
        asked_for = settings.CLAIM_SIZE - len(self._waiting)
        held = claim_batch(
            self.purpose,
            asked_for,
            tenant=self.tenant,
            # Of those that go slowly enough is in hand: what is claimed too early would only be handed back.
            apart_from=self._closed | self._slowed.keys(),
            take_over=self._clock.settled,
        )
        if not self._claims():
            self._renewed_at = time.monotonic()
        self._dry = len(held) < asked_for
        if held:
            self.record.note(each.claim for each in held)
            self._waiting.extend(held)

    def _give(self) -> None:
        """Hands out what waits: first of the Meta apps that go slowly, as much as they may."""
        for app_id, slowed in list(self._slowed.items()):
            while slowed and self._askers.room and self._budgets.allowance(app_id) != 0:
                self._ask(slowed.popleft())
            if not slowed:
                del self._slowed[app_id]
        while self._waiting and self._askers.room:
            held = self._waiting.popleft()
            app_id = held.app_id
            if app_id in self._slowed or self._budgets.allowance(app_id) == 0:
                self._slowed.setdefault(app_id, deque()).append(held)
            else:
                self._ask(held)

    def _ask(self, held: Held) -> None:
        # Only an active connection with a token has due dates; else every sweep would find it again for ever.
        if held.credential.token is None or held.credential.connection.status != "active":
            self._forget(held)
            return
        self._budgets.asked(held.app_id)
        self._askers.give(Job(held, self._keepers.by_id(held.app_id)))

    def _forget(self, held: Held) -> None:
        held.claim.row().update(due_at=None, due_by_rule=None, check_due_at=None, lease_owner="", lease_until=None)
        self._count(LOST)

    def _step(self) -> None:
        """Stores what has been answered, and sees to the leases and to whoever wants it to stop."""
        within = SHORT_TICK if self._slowed and self._askers.room else TICK
        self._askers.gather(settings.GROUP_SIZE, until=self._stored_at + RHYTHM)
        self._store(self._askers.take(settings.GROUP_SIZE, within=within))
        self._keep_leases()
        if worker.asked_to_stop():
            self._stopped_at = self._stopped_at or time.monotonic()
            if self._askers.in_flight and time.monotonic() - self._stopped_at > worker.GRACE_SECONDS:
                self._abandon()

    def _keep_leases(self) -> None:
        """Renews them in time, and at once where the wall clock was set; before anything is claimed by that clock."""
        if self._clock.jumped() or time.monotonic() - self._renewed_at >= RENEW_EVERY:
            self._renew()

    def _store(self, answers: list[Answer]) -> None:
        if not answers:
            return
        try:
            words = store_group(answers, worthwhile=self._leases_last, count=self._tallies.note)
        finally:
            # Also what the database did not take as long as it was of use: nobody answers that again.
            for answer in answers:
                self._askers.free(answer)
                self._budgets.note(answer.held.app_id, answer.calls)
        self._stored_at = time.monotonic()
        for word in words:
            self._count(word)
        self._tallies.store()
        try:
            self._budgets.store()
        except (OperationalError, InterfaceError) as error:  # it keeps what it learned
            logger.warning("What is left of a limit could not be stored: %s", type(error).__name__)
        if any(call.transient for answer in answers for call in answer.calls):
            self._looked_at = float("-inf")  # they may have let a brake fall

    def _renew(self) -> None:
        try:
            renew(self._claims())
        except (OperationalError, InterfaceError) as error:
            # With the next step again: what is in flight is to be stored, whatever happens to its leases.
            logger.warning("Leases could not be renewed: %s", type(error).__name__)
            connection.close_if_unusable_or_obsolete()
            return
        self._renewed_at = time.monotonic()

    def _leases_last(self) -> bool:
        """Whether nobody can have taken over what is held: it was renewed less than a lease ago."""
        return time.monotonic() - self._renewed_at < LEASE.total_seconds()

    def _in_hand(self) -> Iterator[Held]:
        """What is claimed and nobody was asked about."""
        return chain(self._waiting, *self._slowed.values())

    def _claims(self) -> list[Claim]:
        return [held.claim for held in chain(self._askers.in_flight, self._in_hand())]

    def _look(self) -> None:
        """Leaves alone what nobody may ask through now, and gives back what of it is in hand."""
        self._budgets.look()
        if time.monotonic() - self._looked_at >= LOOK_EVERY:
            self._looked_at = time.monotonic()
            self._stormy = brake.stormy_apps()
        before, self._closed = self._closed, self._stormy | self._budgets.closed()
        if self._closed - before:
            self._give_up(lambda held: held.app_id in self._closed)

    def _give_up(self, which: Callable[[Held], bool]) -> None:
        """Hands back those in hand."""
        given_up = [held.claim for held in self._in_hand() if which(held)]
        self._waiting = deque(held for held in self._waiting if not which(held))
        kept = {app_id: deque(held for held in slowed if not which(held)) for app_id, slowed in self._slowed.items()}
        self._slowed = {app_id: slowed for app_id, slowed in kept.items() if slowed}
        self._hand_back(given_up)

    def _hand_back(self, claims: list[Claim]) -> None:
        try:
            hand_back(*claims)
        except Error as error:  # their leases end by themselves
            logger.warning("Claims could not be handed back: %s", type(error).__name__)

    def _abandon(self) -> None:
        """Hands back what is still in flight and ends the process: calls and claims end together."""
        self._hand_back(self._claims())
        self._tallies.store(at_once=True)
        self.record.end(self.results)
        worker.leave_at_once()

    def _count(self, word: str) -> None:
        self.results[word] += 1
        if self.on_result is not None:
            self.on_result(word)


class _Keepers:
    """One kept-alive keeper a Meta app for the length of a sweep, shared by its threads."""

    def __init__(self, make: MakeKeeper, threads: int) -> None:
        self._make, self._threads = make, threads
        self._made: dict[uuid.UUID, Keeper] = {}

    def of(self, app: MetaApp) -> Keeper:
        if app.pk not in self._made:
            self._made[app.pk] = self._make(app, pool_size=self._threads)
        return self._made[app.pk]

    def by_id(self, app_id: uuid.UUID) -> Keeper:
        made = self._made.get(app_id)
        return self.of(MetaApp.objects.get(pk=app_id)) if made is None else made

    def close(self) -> None:
        for keeper in self._made.values():
            keeper.close()


def count_due(purpose: Purpose, tenant: Tenant | None = None) -> int:
    """How many are due now."""
    return due(purpose, timezone.now(), tenant=tenant).count()


def anything_due(purpose: Purpose) -> bool:
    """Whether anything is due now; what a million are, nobody counts each minute."""
    return due(purpose, timezone.now()).exists()
