"""What every scenario plays in: Meta, the cable to it, machines, and the tokens that come due."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from tests.benchmarks.processes import TooLate, until
from tests.crashes import sabotage
from tests.crashes.cable import Cable, cable
from tests.crashes.machines import Machine
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State
from tests.factories import make_meta_app, make_tenant
from tests.flows.processes import environment
from tokens.fields import newest_key_id, seal
from tokens.models import Connection, Credential
from tokens.services.claims import LEASE
from tokens.services.ring import ring_one

REFRESH = "/refresh_access_token"
# Due under any clock that a run plays, and as late as after a night without workers.
OVERDUE = dt.timedelta(days=1)
# A lease that nobody ends by hand, a sweep a minute behind it, and time to work.
PATIENCE = LEASE.total_seconds() + 180
# A doorbell is lost together with the worker that had heard it.
RING_EVERY = 2.0

_T = TypeVar("_T")


def patiently(ask: Callable[[], _T], patience: float = 60.0) -> _T:
    """Asks the database again while it can't be reached.

    Raises:
        OperationalError, InterfaceError: it can't be reached for longer than `patience` seconds.
    """
    ends_at = time.monotonic() + patience
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError):
            if time.monotonic() >= ends_at:
                raise
            connection.close()
        pause(0.2)


def pause(seconds: float) -> None:
    """The length of a fault, or of a look: the only waits for a time."""
    threading.Event().wait(seconds)


@dataclass(slots=True)
class Scene:
    """One scenario's stage. `rng` draws all that is left to chance; while `silent`, nobody rings."""

    meta: EmulatorServer
    cable: Cable
    folder: Path
    environment: dict[str, str]
    rng: random.Random
    threads: int
    machines: list[Machine] = field(default_factory=list)
    silent: bool = False
    _waiting: list[uuid.UUID] = field(default_factory=list)
    _rung_at: float = 0.0

    @property
    def state(self) -> State:
        return self.meta.state

    # machines

    def start(self, machines: int, workers: int) -> None:
        """Starts so many machines with so many workers each, and waits until they are ready."""
        for _ in range(machines):
            machine = Machine(f"machine{len(self.machines) + 1}", self.folder, self.environment, workers)
            self.machines.append(machine)
            machine.start()
        for machine in self.machines:
            machine.wait_until_ready()

    def stop(self) -> None:
        for machine in self.machines:
            machine.stop()

    def ring(self) -> None:
        """Rings a drain for each worker, as a sweep does; at most every two seconds."""
        if self.silent or time.monotonic() - self._rung_at < RING_EVERY:
            return
        self._rung_at = time.monotonic()
        with sabotage.clock_of_workers(self.folder):
            for _ in range(sum(machine.workers for machine in self.machines)):
                patiently(lambda: ring_one("tokens.tasks.drain"))

    # tokens

    def enlist(self, count: int) -> None:
        """So many connections of one tenant with tokens of 51 days; none is due before `make_due`."""
        now, tenant, app = timezone.now(), make_tenant(), make_meta_app()
        tokens = self.state.issue_tokens(count, "creator", age_days=51)
        connections = [
            Connection(
                tenant=tenant, meta_app=app, instagram_id=token.user_id, app_scoped_id=token.id,
                handle=token.person.username,
            )
            for token in tokens
        ]  # fmt: skip
        credentials = [
            Credential(
                connection=connection, tenant=tenant, token=seal(token.access_token), key_id=newest_key_id(),
                obtained_at=_instant(token.issued_at), issued_at=_instant(token.issued_at),
                expires_at=_instant(token.expires_at), due_at=now + dt.timedelta(days=5),
                check_due_at=now + dt.timedelta(days=5),
            )
            for connection, token in zip(connections, tokens, strict=True)
        ]  # fmt: skip
        with transaction.atomic():
            Connection.objects.bulk_create(connections, batch_size=500)
            Credential.objects.bulk_create(credentials, batch_size=500)
        self._waiting = [connection.pk for connection in connections]

    def make_due(self, number: int | None = None) -> None:
        """Lets the next `number` tokens come due, by default all that are left, and rings."""
        chosen = self._waiting[:number]
        self._waiting = self._waiting[len(chosen) :]
        # In portions: a statement of SQLite takes so many parameters and no more.
        for start in range(0, len(chosen), 500):
            rows = Credential.objects.filter(pk__in=chosen[start : start + 500])
            patiently(lambda rows=rows: rows.update(due_at=timezone.now() - OVERDUE))  # type: ignore[misc]
        self._rung_at = 0.0
        self.ring()

    def hurry(self) -> None:
        """What failed in passing would be asked again in a quarter of an hour: now instead."""
        failed = Credential.objects.filter(refresh_failures__gt=0, due_at__gt=timezone.now())
        patiently(lambda: failed.update(due_at=timezone.now() - OVERDUE))

    def end_leases(self, *owners: str) -> None:
        """Moves the leases of those who are known to be dead into the past, instead of waiting for their end.

        Args:
            *owners: what the names of the dead begin with; none: everybody is dead.
        """
        of_the_dead = Q(pk__in=[]) if owners else Q()
        for owner in owners:
            of_the_dead |= Q(lease_owner__startswith=owner)
        held = Credential.objects.filter(of_the_dead, lease_until__isnull=False)
        patiently(lambda: held.update(lease_until=timezone.now() - dt.timedelta(seconds=1)))

    # what is going on

    def asked(self) -> int:
        """How many questions for a refresh have reached Meta."""
        return int(self.state.counts()["paths"].get(REFRESH, {}).get("requests", 0))

    def await_questions(self, number: int, since: int) -> None:
        """Rings until Meta has been asked `number` times more than `since`."""
        self.keep_ringing(lambda: self.asked() >= since + number, f"{number} questions at Meta")

    def unstored(self) -> set[str]:
        """The handles to whom Meta has given an answer that no row shows."""
        given: dict[str, int] = self.state.counts()["refreshes"]
        rows = patiently(lambda: list(Credential.objects.values_list("connection__handle", "version")))
        return {handle for handle, version in rows if given.get(handle, 0) > version - 1}

    def quiet(self) -> bool:
        """Nothing is due and nobody holds anything."""
        busy = Q(due_at__lte=timezone.now()) | Q(lease_until__isnull=False)
        return not patiently(lambda: Credential.objects.filter(busy, connection__status="active").exists())

    def await_quiet(self, *, patience: float = PATIENCE, hurry: bool = False) -> None:
        """Rings until nothing is left to do.

        Raises:
            TooLate: something is left after `patience` seconds.
        """

        def done() -> bool:
            if hurry:
                self.hurry()
            return self.quiet()

        try:
            self.keep_ringing(done, "the end of the work", patience)
        except TooLate as error:
            due = Credential.objects.filter(due_at__lte=timezone.now()).count()
            held = Credential.objects.filter(lease_until__isnull=False).count()
            raise TooLate(f"{error}: {due} due, {held} held") from None

    def keep_ringing(self, condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        """Waits for `condition`, ringing meanwhile. Raises TooLate as `until` does."""

        def look() -> bool:
            self.ring()
            return bool(condition())

        until(look, what, patience=patience, pause=0.1)


@contextlib.contextmanager
def scene(
    meta: EmulatorServer,
    folder: Path,
    *,
    seed: int,
    threads: int,
    latency: float = 0.05,
    changes: Mapping[str, str] | None = None,
) -> Iterator[Scene]:
    """A stage on the database and broker of this process's settings; every machine on it ends with the block.

    Args:
        meta: the emulator, with nobody in it.
        folder: for logs and mail.
        seed: of everything that is left to chance.
        threads: of each worker.
        latency: seconds that an answer of Meta takes.
        changes: of the workers' environment.
    """
    with cable(meta.port, latency) as line:
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.crashes.settings",
            "EMAIL_URL": f"filemail:///{folder / 'mail'}",
            "SWEEP_THREADS": str(threads),
            "CONFIRM_PAUSE_SECONDS": "0",
        }
        made = Scene(meta, line, folder, environment(line.url, **own, **(changes or {})), random.Random(seed), threads)
        try:
            yield made
        finally:
            made.stop()


def _instant(timestamp: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC)
