"""Compares what the product has done with the truth: what ended without need, what could have been saved.

A disconnect is *false* where Meta honoured the stored token in the moment in which the connection became inactive.

A lapse is *avoidable* where the last ten days of the token held an hour in which Meta answered well (no spell of any
kind for that Meta app), workers ran, and the account itself was neither limited nor refused. What Meta refuses to renew
is tried once a day by the rules: where such a refusal fell into the ten days, it takes a clear day and an hour.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from notifications.models import OutboxMessage
from tests.year.people import LIMITED, NEVER, Account
from tests.year.population import instant
from tests.year.weather import DAY, HOUR, Weather
from tokens.models import Connection, Credential, Link, Status

WINDOW = 10 * DAY
MOST_A_YEAR = 8
NEEDED, NEEDED_AFTER_REFUSAL = HOUR, DAY + HOUR


@dataclass(frozen=True, slots=True)
class Verdict:
    """One promise and what became of it."""

    promise: str
    found: float
    most: float

    @property
    def kept(self) -> bool:
        return self.found <= self.most


@dataclass(slots=True)
class Judge:
    """Looks once a day of the run, and counts by month.

    Args:
        accounts: the truth.
        weather: what could be done when.
        months: where each instant is counted.
    """

    accounts: Sequence[Account]
    weather: Weather
    months: dict[str, Counter[str]]
    notice_hours: list[float] = field(default_factory=list)
    """Of the checked ones: from the end of a grant until the product knew."""
    checked: int = 0
    _by_key: dict[object, Account] = field(init=False)
    _ends: Counter[object] = field(default_factory=Counter)
    _looked_at: float = -NEVER

    def __post_init__(self) -> None:
        self._by_key = {account.key: account for account in self.accounts}

    def look(self, now: float) -> list[Account]:
        """Judges all that ended since the last look. Returns the accounts whose connection became inactive."""
        self._find_lapses(now)
        return self._find_disconnects(now)

    def _count(self, at: float, what: str) -> None:
        self.months[f"{instant(at):%Y-%m}"][what] += 1

    def _find_lapses(self, now: float) -> None:
        for account in self.accounts:
            if account.expires > now or account.lapsed or account.away:
                continue
            if account.ended <= account.expires or account.lost_at is not None:
                continue
            account.lapsed = True
            self._count(account.expires, "avoidable lapses" if self.avoidable(account) else "unavoidable lapses")

    def avoidable(self, account: Account) -> bool:
        """Whether the rules had the time to renew the account's token before it expired."""
        start, end = account.expires - WINDOW, account.expires
        refused = any(each.kind != LIMITED and each.start < end and each.end > start for each in account.troubles)
        clear = self.weather.longest_clear(start, end, account.app, account.troubles)
        return clear >= (NEEDED_AFTER_REFUSAL if refused else NEEDED)

    def _find_disconnects(self, now: float) -> list[Account]:
        since = instant(max(self._looked_at, 0))
        self._looked_at = now
        rows = Connection.objects.filter(status_changed_at__gte=since).exclude(status=Status.ACTIVE)
        ended = []
        for key, at in rows.values_list("pk", "status_changed_at"):
            account = self._by_key[key]
            if not account.away:
                account.away = True
                self._ends[key] += 1
                ended.append(account)
                self._judge(account, at)
        return ended

    def _judge(self, account: Account, changed_at: dt.datetime) -> None:
        at = changed_at.timestamp()
        token = Credential.objects.get(pk=account.key).token
        if token is not None and account.honours(token.reveal(), at):
            self._count(at, "false disconnects")
        elif account.lost_at is not None and account.lost_at <= at:
            self._count(at, "ended by a lost answer")
        elif account.ended <= at:
            self._count(at, "ends noticed")
            if account.number < self.checked:
                self.notice_hours.append((at - account.ended) / HOUR)
        elif not account.lapsed:
            # Meta honours another string of this account, which it gave us: ours was overwritten or never stored.
            self._count(at, "tokens lost")

    def total(self, what: str) -> int:
        return sum(month[what] for month in self.months.values())

    def verdicts(self, days: int, now: float) -> list[Verdict]:
        """What was promised, for a run of `days` that has ended `now`."""
        most = math.ceil(MOST_A_YEAR * days / 365)
        return [
            Verdict("lapses that the rules could have avoided", self.total("avoidable lapses"), 0),
            Verdict("false disconnects", self.total("false disconnects"), 0),
            Verdict("tokens that the product lost", self.total("tokens lost") + self._stale(now), 0),
            Verdict("refreshes of one connection, at most", max(each.renewed for each in self.accounts), most),
            Verdict("mails to creators that nothing called for", self._uncalled_mails(), 0),
            Verdict("active connections that nothing would ever renew", _forgotten(), 0),
            Verdict("attempts that broke off", self.total("error"), 0),
        ]

    def _uncalled_mails(self) -> int:
        """Each death is mailed once, and a missing permission while it is missing; nothing else is the creator's."""
        uncalled = 0
        for (kind, key), number in mails_to_creators().items():
            account = self._by_key.get(key)
            if account is None:
                uncalled += number
            elif kind == "permission_missing":
                uncalled += 0 if any(each.kind == "permission" for each in account.troubles) else number
            elif kind == "reconnect_needed":
                uncalled += max(0, number - self._ends[key])
            else:
                uncalled += number
        return uncalled

    def _stale(self, now: float) -> int:
        """How many active connections hold a token that Meta does not honour, while it honours another of theirs."""
        stale = 0
        for row in Credential.objects.filter(connection__status=Status.ACTIVE, token__isnull=False).iterator():
            account = self._by_key[row.pk]
            if row.token is not None and account.lost_at is None and account.honours(account.string, now):
                stale += row.token.reveal() != account.string
        return stale


def mails_to_creators() -> Counter[tuple[str, object]]:
    """How many mails of each kind the outbox holds about each connection; staff's are left out."""
    mails = OutboxMessage.objects.filter(tenant__isnull=False).values_list("kind", "subject_id")
    about = dict(Link.objects.values_list("pk", "connection_id"))
    return Counter((kind, about.get(subject) if subject else None) for kind, subject in mails)


def _forgotten() -> int:
    return Credential.objects.filter(connection__status=Status.ACTIVE, due_at__isnull=True).count()
