"""Brakes: why one fell, what its Meta app's counters say now, and the two buttons that lift it."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone

from notifications.staff import ChoiceFilter, ReadOnlyAdmin, choice_filter, column
from tokens.admin.confirming import Button, Outcome, on_list, on_page
from tokens.clients import instagram_client
from tokens.models import Brake, CallTally, Connection, Status, Strike
from tokens.services.brake import WINDOW, lift
from tokens.services.recovery import recheck

# A sample of five is asked one after the other, and a request stays under twenty seconds.
SAMPLE_DEADLINE = 3.0
LIFTED_ALREADY = Outcome(messages.INFO, "It was lifted already.")


def _lift(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        if lift(row, by=_address(request), now=timezone.now()):
            yield row, Outcome(messages.SUCCESS, "Lifted. What is due goes on with the next sweep.")
        else:
            yield row, LIFTED_ALREADY


def _recheck(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        yield row, LIFTED_ALREADY if row.lifted_at else _sampled(request, row)


def _sampled(request: HttpRequest, row: Brake) -> Outcome:
    with contextlib.closing(instagram_client(row.meta_app, pool_size=1, deadline=SAMPLE_DEADLINE)) as client:
        lifted = recheck(row, client, timezone.now(), by=_address(request))
    if lifted:
        return Outcome(messages.SUCCESS, "The sample answered as it should: lifted.")
    return Outcome(messages.WARNING, "It holds on: the sample did not answer as it should.")


def _address(request: HttpRequest) -> str:
    return str(getattr(request.user, "email", ""))


LIFT = Button(
    name="lift",
    label="Lift the brake",
    consequence="State changes and mails of the Meta app go on. If the trouble lasts, the brake falls again.",
    work=_lift,
    icon="play_arrow",
    danger=True,
)
RECHECK = Button(
    name="recheck",
    label="Re-check a sample",
    consequence="Instagram is asked about a few connections; if it answers as it should, the brake is lifted.",
    work=_recheck,
    most=1,
    too_many="Choose one brake.",
    icon="labs",
)


class HoldsFilter(ChoiceFilter):
    title = "holds"
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Holds now"), ("0", "Lifted")]

    def condition(self, word: str) -> Q:
        return Q(lifted_at__isnull=word == "1")


@admin.register(Brake)
class BrakeAdmin(ReadOnlyAdmin):
    list_display = ("meta_app", "state", "cause", "fallen_at", "lifted_at", "lifted_by")
    list_filter = (HoldsFilter, choice_filter("cause", "cause", [(each.value, each.label) for each in Brake.Cause]))
    search_fields = ("meta_app__app_id", "=lifted_by")
    ordering = ("-fallen_at", "pk")
    fields = (
        *("meta_app", "state", "cause", "fallen_at", "tried_at", "lifted_at", "lifted_by"),
        *("calls", "strikes", "active", "held"),
    )
    actions = ("lift", "recheck")
    actions_detail = ("lift_here", "recheck_here")
    lift, lift_here = on_list(LIFT), on_page(LIFT)
    recheck, recheck_here = on_list(RECHECK), on_page(RECHECK)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brake]:
        return Brake.objects.select_related("meta_app").defer("meta_app__secret").order_by(*self.ordering)

    @column("State", label={"holds": "danger", "lifted": "success"})
    def state(self, brake: Brake) -> str:
        return "lifted" if brake.lifted_at else "holds"

    @column("Calls in the last ten minutes")
    def calls(self, brake: Brake) -> str:
        rows = CallTally.objects.filter(meta_app_id=brake.meta_app_id, minute__gte=_window_start())
        sums = rows.aggregate(calls=Sum("calls"), transient=Sum("transient"))
        return f"{sums['calls'] or 0}, of which {sums['transient'] or 0} failed in passing"

    @column("Connections struck in the ten minutes before it fell")
    def strikes(self, brake: Brake) -> str:
        rows = Strike.objects.filter(
            meta_app_id=brake.meta_app_id, at__gt=brake.fallen_at - WINDOW, at__lte=brake.fallen_at
        )
        found = dict(rows.values_list("cause").annotate(each=Count("connection", distinct=True)))
        return f"{found.get('deaths', 0)} deaths, {found.get('ours', 0)} faults of our own"

    @column("Active connections of the Meta app")
    def active(self, brake: Brake) -> int:
        return Connection.objects.filter(meta_app_id=brake.meta_app_id, status=Status.ACTIVE).count()

    @column("Deaths held back")
    def held(self, brake: Brake) -> int:
        rows = Connection.objects.filter(meta_app_id=brake.meta_app_id, status=Status.ACTIVE)
        return rows.filter(credential__last_failure="held").count()


def _window_start() -> dt.datetime:
    return timezone.now() - WINDOW
