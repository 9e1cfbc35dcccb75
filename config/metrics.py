"""What `/metrics` tells, in Prometheus' text format.

Every number is counted in the tables when it is asked for, into a registry of its own: any of several processes gives
the same answer, and a restart forgets nothing. No label names a tenant, a handle or a person: a Meta app goes by the
id of its page at `/admin/`, not by Meta's number of it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from notifications.models import OutboxMessage
from tokens import flags
from tokens.models import AppBudget, Brake, CallTally, Credential, SweepRun, UnknownAnswer
from tokens.services import budget
from tokens.services.heartbeat import SILENCES, last_beats

PURPOSES: dict[str, str] = {"refresh": "due_at", "check": "check_due_at"}
HOUR = dt.timedelta(hours=1)
LATENCY_WINDOW = dt.timedelta(minutes=10)


def exposition(now: dt.datetime) -> bytes:
    """All metrics as they stand at `now`.

    Raises:
        django.db.Error: the database does not answer, or is not migrated.
    """
    registry = CollectorRegistry()
    registry.register(TableCollector(now))
    return generate_latest(registry)


class TableCollector(Collector):
    """Reads the tables. The number of queries does not depend on what is in them."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def collect(self) -> Iterable[Metric]:
        yield from self._due()
        yield from self._heartbeats()
        yield self._brakes()
        yield from self._budgets()
        yield from self._latency()
        yield from self._outbox()
        yield _gauge(
            "unknown_answers",
            "Answers of Meta's that no rule knows, all that were ever counted.",
            [({}, UnknownAnswer.objects.aggregate(all=Sum("count"))["all"] or 0)],
        )
        yield from self._last_hour()
        yield from _last_sweeps()

    def _due(self) -> Iterator[Metric]:
        found = {purpose: self._due_by(column) for purpose, column in PURPOSES.items()}
        for name, words in [
            ("due", "Credentials that are due now."),
            ("overdue", "Credentials that have been due for more than an hour."),
            ("oldest_overdue_seconds", "For how long the oldest overdue one has been due; 0 where none is overdue."),
        ]:
            yield _gauge(name, words, [({"purpose": purpose}, found[purpose][name]) for purpose in PURPOSES])

    def _due_by(self, column: str) -> dict[str, float]:
        late = self.now - flags.OVERDUE
        row = Credential.objects.filter(**{f"{column}__lte": self.now}).aggregate(
            due=Count("pk"), overdue=Count("pk", filter=Q(**{f"{column}__lt": late})), oldest=Min(column)
        )
        oldest = (self.now - row["oldest"]).total_seconds() if row["overdue"] else 0
        return {"due": row["due"], "overdue": row["overdue"], "oldest_overdue_seconds": oldest}

    def _heartbeats(self) -> Iterator[Metric]:
        beats = last_beats()
        for name in SILENCES:
            # What never ran was infinitely long ago: an alert on its age needs no rule of its own for that.
            age = (self.now - beats[name]).total_seconds() if name in beats else float("inf")
            words = f"How long ago a {name} last ran, whether or not anything was due; +Inf before the first."
            yield _gauge(f"seconds_since_last_{name}", words, [({}, age)])

    def _brakes(self) -> Metric:
        rows = Brake.objects.filter(lifted_at__isnull=True).order_by().values_list("cause").annotate(Count("pk"))
        holding = dict.fromkeys(Brake.Cause.values, 0) | dict(rows)
        return _gauge("brakes_holding", "Brakes that hold now.", [({"cause": c}, n) for c, n in holding.items()])

    def _budgets(self) -> Iterator[Metric]:
        """Of Meta apps whose limit Meta has told of; a figure that is out of date is left out."""
        rows = list(AppBudget.objects.order_by("pk"))
        figures = [({"app": str(row.pk)}, budget.used(row, self.now)) for row in rows]
        yield _gauge(
            "budget_used_percent",
            "How much of a Meta app's limit is used up, by Meta's last figure if it is under five minutes old.",
            [(labels, figure) for labels, figure in figures if figure is not None],
        )
        yield _gauge(
            "budget_paused",
            "Whether a Meta app is paused for its limit; one whose pause is over and that waits for its canary is not.",
            [({"app": str(row.pk)}, int(row.paused_until is not None and row.paused_until > self.now)) for row in rows],
        )

    def _latency(self) -> Iterator[Metric]:
        """By whole minutes, as calls are tallied."""
        rows = CallTally.objects.filter(minute__gt=self.now - LATENCY_WINDOW, calls__gt=0).order_by()
        sums = rows.values("meta_app").annotate(calls=Sum("calls"), seconds=Sum("seconds"), slowest=Max("slowest"))
        found = sorted(sums, key=lambda row: str(row["meta_app"]))
        yield _gauge(
            "meta_latency_mean_seconds",
            "How long Meta took for an answer in the last ten minutes, on average.",
            [({"app": str(row["meta_app"])}, row["seconds"] / row["calls"]) for row in found],
        )
        yield _gauge(
            "meta_latency_slowest_seconds",
            "How long Meta took for its slowest answer in the last ten minutes.",
            [({"app": str(row["meta_app"])}, row["slowest"]) for row in found],
        )

    def _outbox(self) -> Iterator[Metric]:
        found = OutboxMessage.objects.filter(due_at__isnull=False).aggregate(waiting=Count("pk"), oldest=Min("due_at"))
        held_up = OutboxMessage.objects.held_up(self.now).count()
        late = (self.now - found["oldest"]).total_seconds() if found["oldest"] else 0
        yield _gauge("outbox_waiting", "Mails that are owed and not sent yet.", [({}, found["waiting"])])
        yield _gauge("outbox_held_up", "Mails that have waited for more than an hour.", [({}, held_up)])
        words = "For how long the mail that is due longest has been due; 0 where none is."
        yield _gauge("outbox_oldest_due_seconds", words, [({}, max(0, late))])

    def _last_hour(self) -> Iterator[Metric]:
        """Of sweeps that ended within it."""
        outcomes = {purpose: Counter({"refreshed": 0, "alive": 0, "lost": 0}) for purpose in PURPOSES}
        recovered = dict.fromkeys(PURPOSES, 0)
        rows = SweepRun.objects.filter(purpose__in=PURPOSES, ended_at__gt=self.now - HOUR)
        columns = ("purpose", "leases_recovered", "refreshed", "alive", "lost", "failed")
        for purpose, leases, refreshed, alive, lost, failed in rows.values_list(*columns):
            recovered[purpose] += leases
            outcomes[purpose].update({"refreshed": refreshed, "alive": alive, "lost": lost, **failed})
        yield _gauge(
            "outcomes_last_hour",
            "Attempts by how they ended, of the sweeps that ended within the last hour.",
            [
                ({"purpose": purpose, "outcome": word}, count)
                for purpose, words in outcomes.items()
                for word, count in sorted(words.items())
            ],
        )
        yield _gauge(
            "leases_recovered_last_hour",
            "Claims taken over from a lease that had ended, of the sweeps that ended within the last hour.",
            [({"purpose": purpose}, count) for purpose, count in recovered.items()],
        )


def _last_sweeps() -> Iterator[Metric]:
    """Of the last sweep of each purpose that had something to do; nothing for a purpose that none had yet."""
    newest = {}
    for purpose in PURPOSES:
        row = SweepRun.objects.filter(purpose=purpose, ended_at__isnull=False).order_by("-ended_at").first()
        if row is not None:
            newest[purpose] = row
    yield _gauge(
        "last_sweep_duration_seconds",
        "How long the last sweep took that had something to do.",
        [({"purpose": purpose}, row.seconds) for purpose, row in newest.items()],
    )
    yield _gauge(
        "last_sweep_tokens_per_second",
        "How fast the last sweep was that had something to do.",
        [({"purpose": purpose}, row.rate) for purpose, row in newest.items()],
    )


def _gauge(name: str, words: str, samples: list[tuple[dict[str, Any], float]]) -> Metric:
    """A gauge `perennial_…` with a value for each set of labels."""
    gauge = GaugeMetricFamily(f"perennial_{name}", words)
    for labels, value in samples:
        gauge.add_sample(gauge.name, labels, value)
    return gauge
