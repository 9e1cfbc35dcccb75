"""Plays the days: moves the clock to the next instant at which anything is due, and lets the real services act."""

from __future__ import annotations

import datetime as dt
import heapq
import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import time_machine
from django.db import connection as database

from tests.year.judge import Judge
from tests.year.meta import Client, Meta
from tests.year.pace import Paced
from tests.year.people import COME_BACK, LONGEST_AWAY, Account, make_accounts
from tests.year.population import instant, populate
from tests.year.weather import DAY, HOUR, MINUTE, Weather, make_weather
from tokens.flavours.instagram_login import InstagramLogin
from tokens.meta import Profile, Secret
from tokens.models import Brake, ConnectAttempt, Connection, Credential, MetaApp
from tokens.services.link_account import Account as Consented
from tokens.services.link_account import link_account
from tokens.services.sweep import Sweep

FIRST_DAY = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
# Real workers look each minute, and for checks every five: these are lazier, and the run is the quicker for it.
SWEEP_TURN = 10 * MINUTE
HELD_TURN = 15 * MINUTE
CHECK_TURN = 6 * HOUR
# Meta answers at once, so they never wait; but what is in flight together is stored together.
THREADS = 64

_TABLE = Credential._meta.db_table
# One look instead of two: it is asked for with every turn of the clock.
_FIRST_DUE = (
    f"SELECT (SELECT MIN(due_at) FROM {_TABLE} WHERE due_at IS NOT NULL), "  # noqa: S608 - our own table's name
    f"(SELECT MIN(check_due_at) FROM {_TABLE} WHERE check_due_at IS NOT NULL)"
)


@dataclass
class Year:
    """One run.

    Args:
        connections: how many.
        days: how long.
        checked: so many of them are checked daily, the others never.
        seed: of all chance.
        weather: made from seed and days by default.
        limit: seconds of real time after which it ends where it stands.
        sweep_turn: seconds of virtual time between two sweeps at least.
        on_day: called with the number of each day that is over.
    """

    connections: int = 10_000
    days: int = 365
    checked: int = 200
    seed: int = 1
    weather: Weather | None = None
    limit: float = math.inf
    sweep_turn: float = SWEEP_TURN
    on_day: Callable[[int], None] = lambda day: None
    months: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    accounts: list[Account] = field(init=False)
    sky: Weather = field(init=False)
    meta: Meta = field(init=False)
    judge: Judge = field(init=False)
    now: float = field(init=False)
    sweeps: int = 0
    check_calls: int = 0
    """Calls that the daily checks made."""
    _apps: dict[Any, int] = field(default_factory=dict)
    _returning: list[tuple[float, int]] = field(default_factory=list)
    _check_at: float = 0.0
    _due_at: float = 0.0
    _check_due_at: float = 0.0

    def __post_init__(self) -> None:
        self.now = self._start = FIRST_DAY.timestamp()
        self._end = self._start + self.days * DAY
        self.sky = self.weather or make_weather(self.seed, self._start, self.days)
        self.accounts = make_accounts(self.seed, self.connections, self._start, self.days)
        self.meta = Meta(self.accounts, self.seed)
        self.judge = Judge(self.accounts, self.sky, self.months, checked=self.checked)
        self._chance = random.Random(f"play {self.seed}")

    @property
    def days_played(self) -> int:
        return int((self.now - self._start) / DAY)

    @property
    def checks_a_day(self) -> float:
        """Calls that the checks made for a connection and day."""
        return self.check_calls / max(1, self.checked * self.days_played)

    def populate(self) -> None:
        """Fills the database, which is empty."""
        with time_machine.travel(instant(self._start), tick=False):
            apps = populate(self.accounts, self._start, self.checked)
        self._apps = {app.pk: number for number, app in apps.items()}

    def play(self) -> None:
        """Plays all days, or as many as the limit of real time allows."""
        # The product draws its pauses from the one generator of the process.
        before = random.getstate()
        random.seed(self.seed)
        ends_at = time.monotonic() + self.limit
        try:
            with time_machine.travel(instant(self.now), tick=False) as clock:
                self._move(clock, self.now)
                while self.now < self._end and time.monotonic() < ends_at:
                    self._act()
                    self._move(clock, min(self._next(), self._end))
                self._evening()
        finally:
            random.setstate(before)

    def _move(self, clock: Any, to: float) -> None:
        day = self.days_played
        self.now = self.meta.now = to
        self.meta.sky = self.sky.at(to)
        clock.move_to(instant(to), tick=False)
        if self.days_played > day:
            self._evening()
            self.on_day(self.days_played)

    def _act(self) -> None:
        """What workers do at this instant: what is due, if they run."""
        if not self.meta.sky.workers_run:
            return
        if self._due_at <= self.now or Brake.objects.filter(lifted_at__isnull=True).exists():
            self._sweep("refresh")
        if self._check_due_at <= self.now >= self._check_at:
            self._sweep("check")
            self._check_at = self.now + CHECK_TURN

    def _sweep(self, purpose: Any) -> None:
        self.sweeps += 1
        before = self._calls_of_checked()
        results = Sweep(purpose, self._make_client, threads=THREADS, _budgets=Paced()).run()
        self.months[f"{instant(self.now):%Y-%m}"].update(results)
        if purpose == "check":
            self.check_calls += self._calls_of_checked() - before

    def _calls_of_checked(self) -> int:
        return sum(account.calls for account in self.accounts[: self.checked])

    def _make_client(self, app: MetaApp, *, pool_size: int) -> Any:
        return InstagramLogin(Client(self.meta))

    def _next(self) -> float:
        """When to look again: something becomes due, is held back, workers return, or the day is over."""
        self._look()
        # What is due and was not done waits for a brake, a pause of the Meta app or a lease.
        due_at = self.now + HELD_TURN if self._due_at <= self.now else max(self._due_at, self.now + self.sweep_turn)
        check_at = max(self._check_due_at, self._check_at, self.now + self.sweep_turn)
        # A worker's minute begins anywhere in the clock's.
        at = math.ceil(min(due_at, check_at) / MINUTE) * MINUTE + self._chance.randrange(60)
        midnight = (math.floor(self.now / DAY) + 1) * DAY
        return min(self.sky.workers_back(at), midnight)

    def _look(self) -> None:
        """Finds out when the next refresh and the next check are due; infinite where none ever is."""
        with database.cursor() as cursor:
            cursor.execute(_FIRST_DUE)
            self._due_at, self._check_due_at = map(_seconds, cursor.fetchone())

    def _evening(self) -> None:
        """The judge looks at the day, and creators come back who were away long enough."""
        for account in self.judge.look(self.now):
            if self._chance.random() < COME_BACK:
                heapq.heappush(self._returning, (self.now + self._chance.uniform(0, LONGEST_AWAY), account.number))
        while self._returning and self._returning[0][0] <= self.now:
            self._come_back(self.accounts[heapq.heappop(self._returning)[1]])

    def _come_back(self, account: Account) -> None:
        """As if the creator had consented anew by the link in the mail."""
        account.consent(self.now, self._chance)
        connection = Connection.objects.select_related("tenant", "meta_app").get(pk=account.key)
        attempt = ConnectAttempt(
            tenant=connection.tenant,
            meta_app=connection.meta_app,
            connection=connection,
            created_at=instant(self.now),
            expires_at=instant(self.now + HOUR),
        )
        consented = Consented(
            profile=Profile(str(account.number), None, f"creator{account.number}", None, None, None),
            token=Secret(account.string),
            issued_at=instant(account.issued),
            expires_at=instant(account.expires),
            permissions=["instagram_business_basic"],
        )
        link_account(attempt, consented)
        if account.number >= self.checked:
            Credential.objects.filter(pk=account.key).update(check_due_at=None)
        self.months[f"{instant(self.now):%Y-%m}"]["came back"] += 1


def _seconds(found: Any) -> float:
    """A date as the database's driver gives it: SQLite has text."""
    if found is None:
        return math.inf
    if isinstance(found, str):
        found = dt.datetime.fromisoformat(found).replace(tzinfo=dt.UTC)
    return float(found.timestamp())
