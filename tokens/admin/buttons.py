"""What staff can do to connections: by the same services as everybody else."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from accounts import events
from tokens.admin.confirming import Button, Outcome
from tokens.clients import interactive_keeper
from tokens.flavours.interface import Keeper
from tokens.models import Connection, MetaApp, Reason, Status
from tokens.selectors import young_until
from tokens.services import attempt
from tokens.services import mark_inactive as marking
from tokens.services.disconnect import disconnect
from tokens.services.send_link import send_link
from tokens.wording import REASONS

# Each asks Meta inside the request, where somebody waits.
MOST_ASKED = 10
# After so long no further one is asked: with the deadline of its two calls a request stays under twenty seconds.
ENOUGH_SECONDS = 4.0

OUTCOMES = {
    "refreshed": Outcome(messages.SUCCESS, "Renewed."),
    "not_prolonged": Outcome(messages.WARNING, "A new key, but no later date: somebody must reconnect it in time."),
    "unrenewable": Outcome(messages.INFO, "Nothing renews it; it works until its own end, if it has one."),
    "alive": Outcome(messages.SUCCESS, "It works."),
    "died": Outcome(messages.WARNING, "Dead: it is inactive now, and its people are mailed."),
    "held": Outcome(messages.WARNING, "Meta calls it dead, but the brake holds: nothing was changed."),
    "cannot_refresh": Outcome(messages.WARNING, "Meta refuses to renew it, though it still works."),
    "permission_missing": Outcome(messages.WARNING, "A permission is missing; its people are told once."),
    "refused": Outcome(messages.WARNING, "Meta refused the request. The code stands in the history."),
    "too_young": Outcome(messages.INFO, "It is under 24 hours old; Instagram renews it later."),
    "our_fault": Outcome(messages.ERROR, "Our own fault: see its last failure."),
    "busy": Outcome(messages.INFO, "A worker is at it this very moment."),
    "lost": Outcome(messages.INFO, "It changed meanwhile; the answer came too late and was dropped."),
    "error": Outcome(messages.ERROR, "Something went wrong on our side; the log has it. Nothing was changed."),
}
NOT_NOW = Outcome(messages.WARNING, "Meta did not answer as it should. Nothing was changed; it is tried again.")
NOT_ACTIVE = Outcome(messages.INFO, "It is not active.")
YOUNG = Outcome(messages.INFO, "It is under 24 hours old: Meta was not asked.")
TOO_SLOW = Outcome(messages.WARNING, "Not asked: the others took too long. Choose it again or wait for the sweep.")

logger = logging.getLogger(__name__)


class _Clients(contextlib.ExitStack):
    """One client a Meta app, made when it is first needed."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[Any, Keeper] = {}

    def of(self, app: MetaApp) -> Keeper:
        if app.pk not in self._made:
            self._made[app.pk] = self.enter_context(interactive_keeper(app))
        return self._made[app.pk]


def _ask(request: HttpRequest, rows: list[Connection], purpose: str) -> Iterator[tuple[Connection, Outcome]]:
    started = time.monotonic()
    with _Clients() as clients:
        for row in rows:
            outcome = _hindrance(row, purpose)
            if outcome is None and time.monotonic() - started > ENOUGH_SECONDS:
                outcome = TOO_SLOW
            if outcome is None:
                outcome = _asked(row, purpose, clients)
                _record(request, row, purpose)
            yield row, outcome


def _hindrance(row: Connection, purpose: str) -> Outcome | None:
    if row.status != Status.ACTIVE:
        return NOT_ACTIVE
    if purpose == "refresh" and young_until(row, timezone.now()) is not None:
        return YOUNG
    return None


def _asked(row: Connection, purpose: str, clients: _Clients) -> Outcome:
    try:
        word = attempt.now(row.pk, purpose, clients.of)
    except Exception as error:  # one connection's trouble stops no other's; texts of exceptions may quote anything
        logger.error("A staff member's attempt on connection %s ended with %s", row.pk, type(error).__name__)
        word = "error"
    return OUTCOMES.get(word, NOT_NOW)


def _record(request: HttpRequest, row: Connection, purpose: str) -> None:
    verb = "renewed" if purpose == "refresh" else "checked"
    events.record(
        tenant=row.tenant_id,
        kind=f"{purpose}_by_staff",
        text=f"Perennial's staff asked for it to be {verb} now.",
        subject_id=row.pk,
        actor=_address(request),
    )


def _refresh(request: HttpRequest, rows: list[Connection], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    return _ask(request, rows, "refresh")


def _check(request: HttpRequest, rows: list[Connection], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    return _ask(request, rows, "check")


def _send(request: HttpRequest, rows: list[Connection], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        addresses = send_link(row, actor=_address(request), to_unsubscribed=False)
        if addresses:
            yield row, Outcome(messages.SUCCESS, f"A reconnect link is on its way to {', '.join(addresses)}.")
        elif row.status == Status.DISCONNECTED:
            yield row, Outcome(messages.INFO, "It was disconnected: nothing was sent.")
        else:
            text = "Nothing was sent: three links went out within an hour, or nobody is to be told or wants to be."
            yield row, Outcome(messages.WARNING, text)


def _disconnect(request: HttpRequest, rows: list[Connection], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        if disconnect(row, by=request.user):  # type: ignore[arg-type]
            yield row, Outcome(messages.SUCCESS, "Disconnected, its key erased.")
        else:
            yield row, Outcome(messages.INFO, "It was disconnected already.")


class ReasonForm(forms.Form):
    """Why it ends."""

    reason = forms.ChoiceField(
        choices=[("", "Choose…"), *((reason, REASONS[reason].sentence) for reason in Reason.values)],
        widget=UnfoldAdminSelectWidget,
        help_text="The creator reads this sentence in the mail and on the page.",
    )


_MARKED = {
    marking.MARKED: Outcome(messages.SUCCESS, "Inactive now; its people are mailed."),
    marking.NOT_ACTIVE: NOT_ACTIVE,
    marking.HELD: Outcome(messages.WARNING, "The brake of its Meta app holds: nothing was changed. Lift it first."),
}


def _mark(request: HttpRequest, rows: list[Connection], typed: dict[str, Any]) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        yield row, _MARKED[marking.mark_inactive(row, reason=typed["reason"], by=request.user)]  # type: ignore[arg-type]


def _address(request: HttpRequest) -> str:
    return str(getattr(request.user, "email", ""))


REFRESH = Button(
    name="refresh_now",
    label="Refresh now",
    consequence="Instagram is asked for a new token at once. One found dead ends and its people are mailed.",
    work=_refresh,
    most=MOST_ASKED,
    too_many="For more, run “manage.py refresh_tokens”, or wait for the sweep.",
    icon="autorenew",
)
CHECK = Button(
    name="check_now",
    label="Check now",
    consequence="Instagram is asked whether the token works. One found dead ends and its people are mailed.",
    work=_check,
    most=MOST_ASKED,
    too_many="For more, run “manage.py check_tokens --all”, or wait for the sweep.",
    icon="stethoscope",
)
SEND_LINK = Button(
    name="send_link",
    label="Send reconnect link",
    consequence="A mail with a fresh link goes out; older links of the connection stop working.",
    work=_send,
    icon="outgoing_mail",
)
MARK_INACTIVE = Button(
    name="mark_inactive",
    label="Mark inactive",
    consequence="It is renewed no more, and its people are mailed a link to reconnect.",
    work=_mark,
    form=ReasonForm,
    icon="block",
    danger=True,
)
DISCONNECT = Button(
    name="disconnect",
    label="Disconnect",
    consequence="The key is erased for good. Only connecting again brings the connection back. Nobody is mailed.",
    work=_disconnect,
    icon="link_off",
    danger=True,
)
