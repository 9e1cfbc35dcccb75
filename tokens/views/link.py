"""The link's page: shows who asks for what, and why; a person's POST starts consent."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from notifications.localisation import speak_as
from tokens import needs
from tokens.clients import AppNotSetUp, app_for
from tokens.flags import missing_permissions
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Flavour, Link
from tokens.services import links
from tokens.services.invite_creator import send_again
from tokens.services.link_account import ACTORS
from tokens.services.send_link import send_link
from tokens.views.departure import to_consent
from tokens.wording import allowed_by, lacks_in_words, why_it_ended

# The page of a reconnect link, where it is another one than for Instagram Login.
REVIVES = {
    Flavour.FACEBOOK_LOGIN.value: "tokens/link_facebook.html",
    # Nobody consents for it: its page says what to do instead.
    Flavour.SYSTEM_USER.value: "tokens/link_system_user.html",
}
# Where asking for a new one by oneself leads nowhere: only the workspace can bring it back.
FINAL = {"disconnected", "withdrawn", "workspace_deleted"}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """GET and HEAD change nothing: mail scanners and previews follow every link."""
    found = links.find(token)
    speak_as(found.tenant if found else None)
    trouble = links.trouble(found)
    if found is None or trouble:
        return _closed(request, found, trouble)
    if request.method == "POST" and FLAVOURS[found.flavour].consents:
        return _no_index(to_consent(request, found.flavour, tenant=found.tenant, connection=found.revives, link=found))
    if found.revives is None:
        return _no_index(render(request, "tokens/link_connect.html", {"link": found, "allowed": _allowed(found)}))
    template = REVIVES.get(found.flavour, "tokens/link.html")
    return _no_index(render(request, template, _to_revive(found, found.revives)))


def _to_revive(found: Link, connection: Connection) -> dict[str, object]:
    missing = lacks_in_words(missing_permissions(connection))
    why = why_it_ended(connection.reason, found.flavour)
    return {"link": found, "connection": connection, "why": why, "missing": missing}


def _allowed(found: Link) -> list[str]:
    """What the creator is about to allow, in words; nothing where no app is set up, which the button then tells."""
    try:
        app = app_for(found.tenant, found.flavour, save=False)
    except AppNotSetUp:
        return []
    return allowed_by(needs.of_workspace(found.tenant_id, app))


def _closed(request: HttpRequest, found: Link | None, trouble: str) -> HttpResponse:
    invites = found is not None and found.kind == Link.Kind.CONNECT
    # What has come of an invitation is revived by another mail, not by this one.
    final = trouble in FINAL or (invites and trouble == "used")
    context = {"trouble": trouble, "invites": invites, "link": found, "may_ask": not final}
    return _no_index(render(request, "tokens/link_closed.html", context, status=410))


@login_not_required
@require_POST
def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """Mails a new link to the address on record. The answer is the same whatever the token is worth."""
    found = links.find(token)
    speak_as(found.tenant if found else None)
    if found is not None and found.revives is not None:
        send_link(found.revives, actor=ACTORS[Link.Kind.RECONNECT])
    elif found is not None:
        send_again(found, actor=ACTORS[Link.Kind.CONNECT])
    return _no_index(render(request, "tokens/link_sent.html"))


def _no_index(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
