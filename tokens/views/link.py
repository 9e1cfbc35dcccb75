"""The link's page: shows whose account it is and why it stopped; a person's POST starts consent."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from tokens.services import links
from tokens.services.send_link import send_link
from tokens.views.departure import to_consent
from tokens.wording import REASONS

BY_LINK = "the reconnect link"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """GET and HEAD change nothing: mail scanners and previews follow every link."""
    found = links.find(token)
    trouble = links.trouble(found)
    if found is None or trouble:
        return _no_index(render(request, "tokens/link_closed.html", {"trouble": trouble}, status=410))
    if request.method == "POST":
        flavour = found.connection.flavour
        return _no_index(to_consent(request, flavour, tenant=found.tenant, connection=found.connection, link=found))
    context = {
        "link": found,
        "connection": found.connection,
        "why": REASONS.get(found.connection.reason),
    }
    return _no_index(render(request, "tokens/link.html", context))


@login_not_required
@require_POST
def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """Mails a new link to the address on record. The answer is the same whatever the token is worth."""
    found = links.find(token)
    if found is not None:
        send_link(found.connection, actor=BY_LINK)
    return _no_index(render(request, "tokens/link_sent.html"))


def _no_index(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
