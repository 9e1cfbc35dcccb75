"""Budgets of Meta apps: how much of Meta's limit is used up, which are paused and why, and the button that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Tenant
from notifications.staff import ChoiceFilter, ReadOnlyAdmin, column
from tokens.admin.confirming import Button, Outcome, on_list, on_page
from tokens.models import AppBudget
from tokens.services.budget import pace, resume, used


def _resume(request: HttpRequest, rows: list[AppBudget], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        if resume(row, by=str(getattr(request.user, "email", "")), now=timezone.now()):
            yield row, Outcome(messages.SUCCESS, "Resumed. Calls begin slowly; if Meta refuses, it is paused again.")
        else:
            yield row, Outcome(messages.INFO, "It is not paused.")


RESUME = Button(
    name="resume",
    label="Resume now",
    consequence="Instagram is called again at once, before the time that Meta gave. Calls too early lengthen the wait.",
    work=_resume,
    icon="play_arrow",
    danger=True,
)


class PausedFilter(ChoiceFilter):
    title = "paused"
    parameter_name = "paused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Paused now"), ("0", "Not paused")]

    def condition(self, word: str) -> Q:
        return Q(paused_until__isnull=word == "0")


@admin.register(AppBudget)
class AppBudgetAdmin(ReadOnlyAdmin):
    list_display = ("meta_app", "owner", "state", "usage_told", "usage_at", "paused_until", "cause")
    list_filter = (PausedFilter,)
    search_fields = ("meta_app__app_id",)
    ordering = ("-paused_until", "-usage_at", "pk")
    fields = (
        *("meta_app", "owner", "state", "usage_told", "usage_at"),
        *("paused_until", "cause", "limits", "canary_owner", "canary_until"),
    )
    actions = ("resume",)
    actions_detail = ("resume_here",)
    resume, resume_here = on_list(RESUME), on_page(RESUME)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AppBudget]:
        rows = AppBudget.objects.select_related("meta_app__tenant").defer("meta_app__secret")
        return rows.order_by(*self.ordering)

    @column("Belongs to")
    def owner(self, budget: AppBudget) -> Tenant | str:
        return budget.meta_app.tenant or "The installation"

    @column("State", label={"paused": "danger", "waits for its canary": "warning", "slowed": "warning"})
    def state(self, budget: AppBudget) -> str:
        now = timezone.now()
        if budget.paused_until is not None:
            return "paused" if budget.paused_until > now else "waits for its canary"
        return "full speed" if pace(budget, now) is None else "slowed"

    @column("Used up, as Meta says")
    def usage_told(self, budget: AppBudget) -> str:
        if budget.usage is None:
            return "not told"
        return f"{budget.usage:.0f} %" + ("" if used(budget, timezone.now()) is not None else " (out of date)")
