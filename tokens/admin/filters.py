"""Filters of the list of connections. Each knows its words; any other filters nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import TextFilter

from notifications.staff import NUL, ChoiceFilter, choice_filter
from tokens import flags
from tokens.models import MetaApp, Reason, Status

MOST_APPS = 100

StatusFilter = choice_filter("status", "status", [(each.value, each.label) for each in Status])
ReasonFilter = choice_filter(
    "reason", "reason", [(each, each.replace("_", " ").capitalize()) for each in Reason.values]
)


class FlagFilter(ChoiceFilter):
    title = "flag"
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(flag.word, flag.word.replace("_", " ").capitalize()) for flag in flags.ALL_FLAGS]

    def condition(self, word: str) -> Q:
        return flags.raised(word, timezone.now())


class DaysLeftFilter(ChoiceFilter):
    title = "days left"
    parameter_name = "days"
    BOUNDS = {"under_10": (0, 10), "10_to_30": (10, 30), "over_30": (30, 100_000)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        ranges = [("under_10", "Under 10"), ("10_to_30", "10 to 30"), ("over_30", "Over 30")]
        return [("expired", "Run out"), *ranges, ("unknown", "Not known")]

    def condition(self, word: str) -> Q:
        now = timezone.now()
        active = Q(status=Status.ACTIVE)
        if word == "unknown":
            return active & Q(credential__expires_at__isnull=True)
        if word == "expired":
            return active & Q(credential__expires_at__lte=now)
        least, most = (now + dt.timedelta(days=days) for days in self.BOUNDS[word])
        return active & Q(credential__expires_at__gt=least, credential__expires_at__lte=most)


class TenantFilter(TextFilter):  # type: ignore[misc]
    """Typed, since there may be thousands."""

    title = "workspace (slug)"
    parameter_name = "tenant"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        slug = (self.value() or "").strip()
        return queryset.filter(tenant__slug=slug) if slug and NUL not in slug else queryset


class MetaAppFilter(ChoiceFilter):
    title = "Meta app"
    parameter_name = "meta_app"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = MetaApp.objects.defer("secret").order_by("created_at")[:MOST_APPS]
        return [(str(app.pk), f"{app.get_flavour_display()} {app.app_id}") for app in rows]

    def condition(self, word: str) -> Q:
        return Q(meta_app=word)
