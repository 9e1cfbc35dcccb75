"""One sweep: takes whatever is due, with a bounded pool of threads, until nothing is due any more."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from django.db import connections
from django.utils import timezone

from accounts.models import Tenant
from tokens.meta import InstagramClient
from tokens.models import MetaApp
from tokens.services import brake
from tokens.services.attempt import work_safely
from tokens.services.claims import Purpose, claim_next, due
from tokens.services.clear_up import clear_up
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
        on_result: called with each attempt's word, from the threads.
    """

    purpose: Purpose
    make_client: MakeClient
    tenant: Tenant | None = None
    threads: int = THREADS
    on_result: OnResult | None = None
    results: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> Counter[str]:
        """Works off what is due. Returns how many attempts ended with which word."""
        with _clients(self.make_client, self.threads) as client_for:
            try_to_lift(client_for, timezone.now())
            with ThreadPoolExecutor(self.threads, thread_name_prefix="sweep") as pool:
                futures = [pool.submit(self._drain, client_for) for _ in range(self.threads)]
            for future in futures:
                future.result()
        clear_up(timezone.now())
        return self.results

    def _drain(self, client_for: Callable[[MetaApp], InstagramClient]) -> None:
        try:
            # Asked anew before each claim: a brake that fell stops the calls of this very sweep.
            while claim := claim_next(self.purpose, tenant=self.tenant, apart_from=brake.stormy_apps()):
                self._count(work_safely(claim, client_for))
        finally:
            connections.close_all()

    def _count(self, word: str) -> None:
        with self._lock:
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
