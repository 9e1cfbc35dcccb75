"""One sweep: takes whatever is due, with a bounded pool of threads, until nothing is due any more."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Protocol

from django.db import connections
from django.utils import timezone

from accounts.models import Tenant
from notifications import worker
from tokens.meta import InstagramClient
from tokens.models import MetaApp
from tokens.services import brake, heartbeat
from tokens.services.attempt import work_safely
from tokens.services.claims import Claim, Purpose, claim_next, due, hand_back
from tokens.services.clear_up import clear_up
from tokens.services.record_sweep import SweepRecord
from tokens.services.recovery import try_to_lift

THREADS = 8
OnResult = Callable[[str], None]


class MakeClient(Protocol):
    """Makes the client of a Meta app, with as many kept-alive connections as threads share it."""

    def __call__(self, app: MetaApp, *, pool_size: int) -> InstagramClient: ...


@dataclass(slots=True)
class Sweep:
    """What one sweep is asked to do, and what came of it.

    Args:
        purpose: `refresh` or `check`.
        make_client: makes the client of a Meta app.
        tenant: only this tenant's connections.
        threads: how many attempts are in flight at most.
        seconds: after so long it claims no more and ends; None: until nothing is due.
        on_result: called with each attempt's word, from the threads.

    `record` is what staff and `/metrics` see of it.
    """

    purpose: Purpose
    make_client: MakeClient
    tenant: Tenant | None = None
    threads: int = THREADS
    seconds: float | None = None
    on_result: OnResult | None = None
    results: Counter[str] = field(default_factory=Counter)
    record: SweepRecord = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _in_flight: set[Claim] = field(default_factory=set)
    _ends_at: float = float("inf")

    def __post_init__(self) -> None:
        self.record = SweepRecord(self.purpose, self.tenant)

    @property
    def ran_out_of_time(self) -> bool:
        """Whether it ended because its seconds were over; something may be due still."""
        return time.monotonic() >= self._ends_at and not worker.asked_to_stop()

    def run(self) -> Counter[str]:
        """Works off what is due. Returns how many attempts ended with which word."""
        if self.seconds is not None:
            self._ends_at = time.monotonic() + self.seconds
        if self.purpose == "refresh":
            heartbeat.beat(heartbeat.SWEEP, timezone.now())
        try:
            with _clients(self.make_client, self.threads) as client_for:
                try_to_lift(client_for, timezone.now())
                self._work_off(client_for)
        finally:
            self.record.end(self.results)
        clear_up(timezone.now())
        return self.results

    def _work_off(self, client_for: Callable[[MetaApp], InstagramClient]) -> None:
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="sweep")
        drains = [pool.submit(self._drain, client_for) for _ in range(self.threads)]
        try:
            self._await(drains)
        finally:
            pool.shutdown(wait=not worker.asked_to_stop())
        for drain in drains:
            drain.result()

    def _await(self, drains: list[Future[None]]) -> None:
        """Waits for the threads; once told to stop, for as long as a stopping worker may take and no longer."""
        stopped_at: float | None = None
        while wait(drains, timeout=0.5).not_done:
            if not worker.asked_to_stop():
                continue
            stopped_at = stopped_at or time.monotonic()
            if time.monotonic() - stopped_at > worker.GRACE_SECONDS:
                self._abandon()

    def _abandon(self) -> None:
        """Hands back what is still in flight and ends the process: calls and claims end together."""
        with self._lock:
            for claim in self._in_flight:
                hand_back(claim)
            self.record.end(self.results)
        worker.leave_at_once()

    def _drain(self, client_for: Callable[[MetaApp], InstagramClient]) -> None:
        try:
            while claim := self._next():
                self._count(claim, work_safely(claim, client_for))
        finally:
            connections.close_all()

    def _next(self) -> Claim | None:
        """One more claim, unless time is up, somebody wants us to stop, or a brake fell in this very sweep."""
        if worker.asked_to_stop() or time.monotonic() >= self._ends_at:
            return None
        claim = claim_next(self.purpose, tenant=self.tenant, apart_from=brake.stormy_apps())
        if claim is not None:
            with self._lock:
                self._in_flight.add(claim)
            self.record.note(claim)
        return claim

    def _count(self, claim: Claim, word: str) -> None:
        with self._lock:
            self._in_flight.discard(claim)
            self.results[word] += 1
        if self.on_result is not None:
            self.on_result(word)


def count_due(purpose: Purpose, tenant: Tenant | None = None) -> int:
    """How many are due now."""
    return due(purpose, timezone.now(), tenant=tenant).count()


@contextlib.contextmanager
def _clients(make_client: MakeClient, threads: int) -> Iterator[Callable[[MetaApp], InstagramClient]]:
    """One kept-alive client a Meta app for the length of a sweep, shared by its threads."""
    made: dict[uuid.UUID, InstagramClient] = {}
    lock = threading.Lock()

    def client_for(app: MetaApp) -> InstagramClient:
        with lock:
            if app.pk not in made:
                made[app.pk] = make_client(app, pool_size=threads)
            return made[app.pk]

    try:
        yield client_for
    finally:
        for client in made.values():
            client.close()
