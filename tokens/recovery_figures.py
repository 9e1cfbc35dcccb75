"""How many of those who were asked brought their connection back, how far the others got, and how long it took.

Two queries whatever the number of requests. Medians are taken here, from how many took how many minutes: no database
need sort the requests for that, and SQLite knows no percentiles.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q

from accounts.models import Tenant
from tokens.models import ReconnectRequest
from tokens.querysets import ReconnectRequestQuerySet
from tokens.wording import ENDS

SPANS = (30, 90)
WITHIN = {
    "hour": dt.timedelta(hours=1),
    "day": dt.timedelta(days=1),
    "week": dt.timedelta(days=7),
}
STEPS = {
    "asked": "Asked",
    "sent": "Mail sent",
    "opened": "Page opened",
    "began": "Went to Instagram",
    "returned": "Came back from Instagram",
    "by_link": "Works again",
}


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`."""

    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, as a share of all who were asked."""

    words: str
    share: Share


@dataclass(frozen=True, slots=True)
class Group:
    """The requests of one reason, or all of them.

    Of those asked within the last hour nobody can say yet whether an hour is enough for them: `hour`, `day` and `week`
    count only whom so much time was given.
    """

    words: str
    revived: Share
    hour: Share
    day: Share
    week: Share
    median: str


@dataclass(frozen=True, slots=True)
class Figures:
    """`days`: asked within so many days. `elsewhere`: revived without the link, by a member for example."""

    days: int
    whole: Group
    groups: list[Group]
    steps: list[Step]
    elsewhere: int
    closed: int
    waiting: int


def figures(now: dt.datetime, *, days: int, tenant: Tenant | None = None) -> Figures:
    """What became of the requests of the last `days` days, of one workspace or of all.

    Args:
        now: the instant.
        days: one of SPANS.
        tenant: whose; None for the whole installation.
    """
    rows = ReconnectRequest.objects.filter(queued_at__gt=now - dt.timedelta(days=days))
    if tenant is not None:
        rows = rows.for_tenant(tenant)
    # `dict`: the names are those of `_counts`, of which the type of the rows knows nothing.
    counted: list[dict[str, Any]] = [dict(each) for each in rows.values("reason").annotate(**_counts(now))]
    counted.sort(key=lambda each: (-each["asked"], each["reason"]))
    whole = {name: sum(each[name] for each in counted) for name in _counts(now)}
    minutes = _minutes(rows)
    return Figures(
        days=days,
        whole=_group("All", whole, sum(minutes.values(), Counter())),
        groups=[_group(ENDS[each["reason"]], each, minutes.get(each["reason"], Counter())) for each in counted],
        steps=[Step(words, Share(whole[name], whole["asked"])) for name, words in STEPS.items()],
        elsewhere=whole["revived"] - whole["by_link"],
        closed=whole["closed"],
        waiting=whole["asked"] - whole["revived"] - whole["closed"],
    )


def days_of(text: str) -> int:
    """What was chosen; the shortest where it is nonsense."""
    return next((days for days in SPANS if str(days) == text), SPANS[0])


def _counts(now: dt.datetime) -> dict[str, Count]:
    revived = Q(revived_at__isnull=False)
    counts = {
        "asked": Count("pk"),
        "sent": Count("pk", filter=Q(sent_at__isnull=False)),
        "opened": Count("pk", filter=Q(opened_at__isnull=False)),
        "began": Count("pk", filter=Q(began_at__isnull=False)),
        "returned": Count("pk", filter=Q(returned_at__isnull=False)),
        "by_link": Count("pk", filter=revived & Q(by_link=True)),
        "revived": Count("pk", filter=revived),
        "closed": Count("pk", filter=Q(closed_at__isnull=False)),
    }
    for name, span in WITHIN.items():
        given = Q(queued_at__lte=now - span)
        counts[f"{name}_of"] = Count("pk", filter=given)
        counts[name] = Count("pk", filter=given & Q(seconds__lte=int(span.total_seconds())))
    return counts


def _minutes(rows: ReconnectRequestQuerySet[ReconnectRequest]) -> dict[str, Counter[int]]:
    """By reason: how many were revived after so many whole minutes. There are fewer minutes than requests."""
    answered = rows.filter(seconds__isnull=False).annotate(minutes=F("seconds") / 60)
    found: dict[str, Counter[int]] = {}
    for reason, minutes, count in answered.order_by().values_list("reason", "minutes").annotate(count=Count("pk")):
        found.setdefault(reason, Counter())[minutes] += count
    return found


def median(minutes: Counter[int]) -> float | None:
    """The one in the middle, or the mean of the two there, in minutes; None of nothing."""
    total, passed = minutes.total(), 0
    middle: list[int] = []
    for each in sorted(minutes):
        # Counted from 0, those in the middle are (total - 1) // 2 and total // 2.
        middle += [each for place in {(total - 1) // 2, total // 2} if passed <= place < passed + minutes[each]]
        passed += minutes[each]
    return sum(middle) / len(middle) if middle else None


def _group(words: str, counts: dict[str, Any], minutes: Counter[int]) -> Group:
    within = {name: Share(counts[name], counts[f"{name}_of"]) for name in WITHIN}
    return Group(words, Share(counts["revived"], counts["asked"]), **within, median=in_words(median(minutes)))


def in_words(minutes: float | None) -> str:
    """A span of time as people say it: `under a minute`, `35 minutes`, `4 hours`, `3 days`."""
    if minutes is None:
        return "–"
    for size, word, least in ((60 * 24, "day", 2), (60, "hour", 2), (1, "minute", 1)):
        count = int(minutes // size)
        if count >= least:
            return f"{count} {word}{'s' if count != 1 else ''}"
    return "under a minute"
