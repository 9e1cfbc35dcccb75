"""Answers of Meta's that no rule knows: the next ones to be taught. Plain words alone are kept of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from notifications.staff import ChoiceFilter, ReadOnlyAdmin, column
from tokens.admin.home import LATELY
from tokens.models import UnknownAnswer


class LatelyFilter(ChoiceFilter):
    title = "last seen"
    parameter_name = "lately"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "In the last seven days"), ("0", "Before")]

    def condition(self, word: str) -> Q:
        lately = Q(last_at__gt=timezone.now() - LATELY)
        return lately if word == "1" else ~lately


@admin.register(UnknownAnswer)
class UnknownAnswerAdmin(ReadOnlyAdmin):
    list_display = ("words", "call", "status", "code", "subcode", "count", "first_at", "last_at", "trace_id")
    list_filter = (LatelyFilter,)
    search_fields = ("text", "=call", "=trace_id")
    search_help_text = "A word of what Meta said, a call, or a trace id."
    ordering = ("-last_at", "pk")
    fields = ("words", "call", "status", "code", "subcode", "count", "first_at", "last_at", "trace_id")

    @column("What Meta said", ordering="text")
    def words(self, answer: UnknownAnswer) -> str:
        return answer.text or "nothing"
