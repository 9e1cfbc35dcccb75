"""The staff's home: how the installation does, in numbers that are counted when the page is asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from notifications.models import OutboxMessage, State
from tokens import flags
from tokens.models import Brake, Connection, Credential, Status, UnknownAnswer
from tokens.remedies import OUR_WORDS, UNDECRYPTABLE
from tokens.services.heartbeat import SILENCE, last_sweep
from tokens.watch import troubles

# Of answers that no rule knows, those of so long are counted.
LATELY = dt.timedelta(days=7)
LOOKS = {"good": "success", "warn": "warning", "bad": "danger", "": ""}


@dataclass(frozen=True, slots=True)
class Number:
    """One number: its words, where it leads, and how it looks where it is not nought."""

    words: str
    value: int | str
    url: str = ""
    look: str = ""

    @property
    def colour(self) -> str:
        return LOOKS[self.look] if self.value else ""


def may_see(request: HttpRequest) -> bool:
    """Whether a member of the staff sees how the installation does."""
    return any(request.user.has_perm(f"tokens.{verb}_connection") for verb in ("view", "change"))


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the numbers to the home page; only for staff who may see connections."""
    if not may_see(request):
        return context
    now = timezone.now()
    groups = [("Connections", _connections()), ("Flags", _flags(now)), ("Work", _work(now)), ("Trouble", _trouble(now))]
    return {**context, "groups": groups, "sweep": _sweep(now), "troubles": troubles(now)}


def _connections() -> list[Number]:
    found = dict(Connection.objects.order_by().values_list("status").annotate(Count("pk")))
    looks = {Status.ACTIVE: "good", Status.INACTIVE: "bad"}
    return [
        Number(status.label, found.get(status.value, 0), _list("status", status.value), looks.get(status, ""))
        for status in Status
    ]


def _flags(now: dt.datetime) -> list[Number]:
    counts = {flag.word: Count("pk", filter=flags.raised(flag.word, now)) for flag in flags.ALL_FLAGS}
    found = Connection.objects.active().aggregate(**counts)
    return [
        Number(flag.word.replace("_", " ").capitalize(), found[flag.word], _list("flag", flag.word), "warn")
        for flag in flags.ALL_FLAGS
    ]


def _work(now: dt.datetime) -> list[Number]:
    overdue = now - flags.OVERDUE
    due = Credential.objects.filter(due_at__lte=now).aggregate(
        now=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=overdue)), oldest=Min("due_at")
    )
    late = due["oldest"] is not None and due["oldest"] < overdue
    return [
        Number("Due now", due["now"]),
        Number("Overdue", due["overdue"], _list("flag", flags.OVERDUE_FLAG.word), "bad"),
        Number("Oldest overdue", _age(now - due["oldest"]) if late else "none", "", "bad" if late else ""),
        Number("Checks due", Credential.objects.filter(check_due_at__lte=now).count()),
    ]


def _trouble(now: dt.datetime) -> list[Number]:
    failing = Credential.objects.filter(connection__status=Status.ACTIVE, last_failure__in=OUR_WORDS).aggregate(
        ours=Count("pk"), undecryptable=Count("pk", filter=Q(last_failure=UNDECRYPTABLE))
    )
    mails = OutboxMessage.objects.aggregate(
        waiting=Count("pk", filter=Q(due_at__isnull=False)), refused=Count("pk", filter=Q(state=State.REFUSED))
    )
    unknown = UnknownAnswer.objects.filter(last_at__gt=now - LATELY).count()
    brakes = Brake.objects.filter(lifted_at__isnull=True).count()
    outbox = reverse("admin:notifications_outboxmessage_changelist")
    return [
        Number("Brakes that hold", brakes, f"{reverse('admin:tokens_brake_changelist')}?holds=1", "bad"),
        Number("Failing by our own fault", failing["ours"], "", "bad"),
        Number("Undecryptable", failing["undecryptable"], "", "bad"),
        Number("Unknown answers", unknown, f"{reverse('admin:tokens_unknownanswer_changelist')}?lately=1", "warn"),
        Number("Mail waiting", mails["waiting"], f"{outbox}?state=pending"),
        Number("Mail refused", mails["refused"], f"{outbox}?state=refused", "warn"),
    ]


def _sweep(now: dt.datetime) -> Number:
    at = last_sweep()
    if at is None:
        return Number("Last sweep", "unknown", "", "bad")
    return Number("Last sweep", f"{_age(now - at)} ago", "", "bad" if now - at > SILENCE else "good")


def _list(parameter: str, word: str) -> str:
    return f"{reverse('admin:tokens_connection_changelist')}?{parameter}={word}"


def _age(age: dt.timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 1:
        return "under a minute"
    for size, words in [(60 * 24, "days"), (60, "hours")]:
        if minutes >= 2 * size:
            return f"{minutes // size} {words}"
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
