"""Sweeps: what each claimed, what came of it, and how fast it was."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from notifications.staff import ChoiceFilter, ReadOnlyAdmin, choice_filter, column
from tokens.models import SweepRun


class StartedFilter(ChoiceFilter):
    title = "started"
    parameter_name = "started"
    SPANS = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hour", "In the last hour"), ("day", "In the last 24 hours"), ("week", "In the last seven days")]

    def condition(self, word: str) -> Q:
        return Q(started_at__gte=timezone.now() - self.SPANS[word])


@admin.register(SweepRun)
class SweepRunAdmin(ReadOnlyAdmin):
    list_display = (
        *("started_at", "purpose", "state", "claimed", "refreshed", "alive", "failures", "lost"),
        *("leases_recovered", "duration", "speed", "tenant"),
    )
    list_filter = (
        choice_filter("purpose", "purpose", [(each.value, each.label) for each in SweepRun.Purpose]),
        StartedFilter,
    )
    ordering = ("-started_at", "pk")
    fields = (
        *("purpose", "state", "started_at", "ended_at", "owner", "tenant", "claimed", "refreshed", "alive"),
        *("failures", "lost", "leases_recovered", "duration", "speed"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SweepRun]:
        return SweepRun.objects.select_related("tenant").order_by(*self.ordering)

    @column("State", label={"ended": "success", "not ended": "warning"})
    def state(self, run: SweepRun) -> str:
        return "ended" if run.ended_at else "not ended"

    @column("Failed")
    def failures(self, run: SweepRun) -> str:
        return ", ".join(f"{word.replace('_', ' ')} {count}" for word, count in run.failed.items()) or "0"

    @column("Seconds")
    def duration(self, run: SweepRun) -> str:
        return f"{run.seconds:.1f}" if run.ended_at else "-"

    @column("Tokens a second")
    def speed(self, run: SweepRun) -> str:
        return f"{run.rate:.1f}" if run.ended_at else "-"
