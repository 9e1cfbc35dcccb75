"""Brakes: why one fell, what its Meta app's counters say now, what to check, and the two buttons that lift it."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from notifications.staff import ChoiceFilter, ReadOnlyAdmin, choice_filter, column
from tokens.admin.confirming import Button, Outcome, on_list, on_page
from tokens.clients import keeper_of
from tokens.models import Brake, CallTally, Connection, Status, Strike
from tokens.remedies import SEEN, to_check
from tokens.services.brake import WINDOW, lift
from tokens.services.fault_words import words_seen
from tokens.services.recovery import recheck

# A sample of five is asked one after the other, the first of them up to three times, with a pause of two seconds; and a
# request stays under twenty seconds.
SAMPLE_DEADLINE = 2.5
LIFTED_ALREADY = Outcome(messages.INFO, "It was lifted already.")


def _lift(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        if lift(row, by=_address(request), now=timezone.now()):
            yield row, Outcome(messages.SUCCESS, "Lifted. What is due goes on with the next sweep.")
        else:
            yield row, LIFTED_ALREADY


def _resume(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        yield row, LIFTED_ALREADY if row.lifted_at else _tried(request, row)


def _tried(request: HttpRequest, row: Brake) -> Outcome:
    with contextlib.closing(keeper_of(row.meta_app, pool_size=1, deadline=SAMPLE_DEADLINE)) as keeper:
        trial = recheck(row, keeper, timezone.now(), by=_address(request))
    return Outcome(messages.SUCCESS if trial.lifted else messages.WARNING, trial.sentence)


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
RESUME = Button(
    name="resume",
    label="Resume",
    consequence="Instagram is asked about one connection first. If it answers as it should, a few more are asked; the "
    "brake is lifted if all of them answer well. At the first that does not, nothing is lifted.",
    work=_resume,
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
        *("seen", "next_steps", "calls", "strikes", "active", "held"),
    )
    actions = ("resume", "lift")
    actions_detail = ("resume_here", "lift_here")
    resume, resume_here = on_list(RESUME), on_page(RESUME)
    lift, lift_here = on_list(LIFT), on_page(LIFT)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brake]:
        rows = Brake.objects.select_related("meta_app__tenant")
        return rows.defer("meta_app__secret", "meta_app__meta_secret").order_by(*self.ordering)

    @column("State", label={"holds": "danger", "lifted": "success"})
    def state(self, brake: Brake) -> str:
        return "lifted" if brake.lifted_at else "holds"

    @column("What was seen")
    def seen(self, brake: Brake) -> str:
        found = words_seen(brake).most_common()
        return "; ".join(f"{SEEN[word]} ({count})" for word, count in found) or brake.get_cause_display()

    @column("What to check, the likeliest first")
    def next_steps(self, brake: Brake) -> SafeString:
        words = [word for word, _ in words_seen(brake).most_common()]
        # The staff's pages take the numbers off lists.
        steps = enumerate(to_check(brake.cause, brake.meta_app, words), start=1)
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}. {}</li>", steps))

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
