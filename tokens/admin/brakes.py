"""Brakes: why one fell, what its Meta app's counters say now, what to check, and the two buttons that lift it."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from notifications.staff import ChoiceFilter, ReadOnlyAdmin, choice_filter, column
from tokens.admin.confirming import Button, Outcome, on_list, on_page
from tokens.clients import keeper_of
from tokens.models import Brake, CallTally, Connection, Status, Strike
from tokens.remedies import SEEN, to_check
from tokens.services import recipients
from tokens.services.brake import WINDOW, lift
from tokens.services.budget import paused
from tokens.services.drop_held import drop_held, held_by
from tokens.services.fault_words import words_seen
from tokens.services.recovery import recheck

# So many of those that are held are listed.
PREVIEWED = 20
# A sample of five is asked one after the other, the first of them up to three times, with a pause of two seconds; and a
# request stays under twenty seconds.
SAMPLE_DEADLINE = 2.5
PAUSED = Outcome(
    messages.WARNING,
    "It holds on. Meta's limit pauses the app, and more calls lengthen the wait: nobody was asked. "
    "The Meta app's page says until when.",
)
LIFTED_ALREADY = Outcome(messages.INFO, "It was lifted already.")


def _lift(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        if lift(row, by=_address(request), now=timezone.now()):
            yield row, Outcome(messages.SUCCESS, "Lifted. What is due goes on with the next sweep.")
        else:
            yield row, LIFTED_ALREADY


def _release(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        if lift(row, by=_address(request), now=timezone.now(), release=True):
            text = "Released. Each account that was held is asked about again; those that have ended are mailed, once."
            yield row, Outcome(messages.SUCCESS, text)
        else:
            yield row, LIFTED_ALREADY


def _resume(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        yield row, LIFTED_ALREADY if row.lifted_at else _tried(request, row)


def _tried(request: HttpRequest, row: Brake) -> Outcome:
    if paused(row.meta_app_id, timezone.now()):
        return PAUSED
    with contextlib.closing(keeper_of(row.meta_app, pool_size=1, deadline=SAMPLE_DEADLINE)) as keeper:
        trial = recheck(row, keeper, timezone.now(), by=_address(request))
    return Outcome(messages.SUCCESS if trial.lifted else messages.WARNING, trial.sentence)


def _drop(request: HttpRequest, rows: list[Brake], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        if row.lifted_at:
            yield row, LIFTED_ALREADY
            continue
        dropped, left = drop_held(row, by=_address(request)), held_by(row.meta_app_id).count()
        ended = f"{dropped} account{pluralize(dropped, ' is,s are')} inactive now"
        again = f" {left} {pluralize(left, 'is,are')} left: press it once more." if left else ""
        yield row, Outcome(messages.SUCCESS, f"{ended}. Nobody was mailed.{again}")


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


RELEASE = Button(
    name="release",
    label="Release what is held",
    consequence="The brake is lifted, and Instagram is asked about each account that it held. Whoever has come back is "
    "left out; all others become inactive, and their creators are mailed. These ends let the brake fall no more, so do "
    "this only where you know that they are real. Any other end counts as before.",
    work=_release,
    most=1,
    too_many="Choose one brake.",
    icon="outgoing_mail",
    danger=True,
)
DROP = Button(
    name="drop",
    label="Drop what is held",
    consequence="Each account whose end the brake holds back becomes inactive at once, with a line in its history. "
    "Nobody is mailed for it, today or later, so workspaces must tell their creators themselves. The brake holds on. "
    "Do this only where you know that these accounts have ended.",
    work=_drop,
    most=1,
    too_many="Choose one brake.",
    icon="delete_sweep",
    danger=True,
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
        *("seen", "next_steps", "calls", "strikes", "active", "held", "mails_held", "preview"),
    )
    actions = ("resume", "lift", "release", "drop")
    actions_detail = ("resume_here", "lift_here", "release_here", "drop_here")
    resume, resume_here = on_list(RESUME), on_page(RESUME)
    lift, lift_here = on_list(LIFT), on_page(LIFT)
    release, release_here = on_list(RELEASE), on_page(RELEASE)
    drop, drop_here = on_list(DROP), on_page(DROP)

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
        return held_by(brake.meta_app_id).count()

    @column("Mails that wait with it")
    def mails_held(self, brake: Brake) -> str:
        rows = Connection.objects.filter(meta_app_id=brake.meta_app_id)
        asking, ended = rows.filter(asking_since__isnull=False).count(), held_by(brake.meta_app_id).count()
        return (
            f"{ended} reconnect mail{pluralize(ended)}, if all of them have ended; "
            f"{asking} question{pluralize(asking)} for a permission. "
            "When it is lifted, each of these accounts is asked about again: who has come back meanwhile is left out."
        )

    @column("Whose mails wait")
    def preview(self, brake: Brake) -> SafeString:
        rows = held_by(brake.meta_app_id).select_related("tenant").order_by("tenant", "handle", "pk")[:PREVIEWED]
        found = [(str(row), row.tenant.name, ", ".join(recipients.of_connection(row)) or "nobody") for row in rows]
        listed = format_html_join("", "<li>{}, {}: {}</li>", found)
        return format_html("<ul>{}</ul>", listed) if found else format_html("{}", "Nobody's.")


def _window_start() -> dt.datetime:
    return timezone.now() - WINDOW
