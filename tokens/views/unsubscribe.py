"""Where a mail's "Unsubscribe" leads: a page with a button for people, one POST for mail programs (RFC 8058)."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import unsubscribing
from notifications.localisation import speak_as
from notifications.models import OutboxMessage
from notifications.places import place_of
from tokens.models import Connection
from tokens.services.switch_mails import switch_mails

AGAIN = "again"


@login_not_required
@csrf_exempt  # mail programs post without having seen the page; who holds the address has its right
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET and HEAD change nothing: mail scanners follow every link. POST ends the mails, with `again` undoes it."""
    found = unsubscribing.find(token)
    if found is not None:
        speak_as(place_of(found.recipient, found.tenant))
        if request.method == "POST" and not switch_mails(found, on=AGAIN in request.POST):
            found = None
    if found is None:
        return _answer(request, "tokens/unsubscribe_unknown.html", {}, status=410)
    context = {"message": found, "names": _names(found), "is_off": unsubscribing.is_off(found)}
    return _answer(request, "tokens/unsubscribe.html", context)


def _names(message: OutboxMessage) -> list[str]:
    """The accounts that its mails are about; none of an invitation, or of a member's news."""
    topics: list[uuid.UUID] = unsubscribing.topics_of(message)
    return [
        str(row) for row in Connection.objects.filter(tenant=message.tenant, pk__in=topics).order_by("handle", "pk")
    ]


def _answer(request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
