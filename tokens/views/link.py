"""The link's page: shows who asks for what, and why; a person's POST starts consent."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from accounts.client_address import client_ip, network_of
from accounts.models import Tenant
from accounts.rate_limits import WRONG_LINKS, too_many
from notifications.localisation import speak_as
from tokens import needs
from tokens.clients import AppNotSetUp, app_for
from tokens.flags import missing_permissions
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Flavour, Link
from tokens.services import links
from tokens.services.reconnect_requests import OPENED, note_link_step
from tokens.services.send_new_link import send_new_link
from tokens.views.departure import to_consent
from tokens.views.onlookers import is_person
from tokens.views.unlisted import unlisted
from tokens.wording import allowed_by, lacks_in_words, why_it_ended

# Writing a mail takes a few hundredths of a second, and a wrong token next to nothing: both are answered after so many
# seconds.
ANSWER_AFTER = 0.25
# The page of a reconnect link, where it is another one than for Instagram Login.
REVIVES = {
    Flavour.FACEBOOK_LOGIN.value: "tokens/link_facebook.html",
    # Nobody consents for it: its page says what to do instead.
    Flavour.SYSTEM_USER.value: "tokens/link_system_user.html",
}
# The page of a connect link, likewise.
INVITES = {Flavour.FACEBOOK_LOGIN.value: "tokens/link_connect_facebook.html"}
# Where asking for a new one by oneself leads nowhere: only the workspace can bring it back.
FINAL = {"disconnected", "withdrawn", "workspace_deleted"}


@login_not_required
@unlisted
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """GET and HEAD change nothing: mail scanners and previews follow every link.

    That a person opened the page is noted, once and without a name; nothing hangs on it but a count.
    """
    if wait := WRONG_LINKS.wait(network_of(client_ip(request))):
        return too_many(request, wait)
    found = links.find(token)
    if found is None:
        WRONG_LINKS.take(network_of(client_ip(request)))
    else:
        speak_as(found.tenant)
    trouble = links.trouble(found)
    if found is None or trouble:
        return _closed(request, found, trouble)
    if request.method == "POST" and FLAVOURS[found.flavour].consents:
        return to_consent(request, found.flavour, tenant=found.tenant, connection=found.revives, link=found)
    if is_person(request):
        note_link_step(found, OPENED, timezone.now())
    if found.revives is None:
        page = INVITES.get(found.flavour, "tokens/link_connect.html")
        return render(request, page, {"link": found, "allowed": _allowed(found)})
    return render(request, REVIVES.get(found.flavour, "tokens/link.html"), _to_revive(found, found.revives))


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
    context = {"trouble": trouble, "invites": invites, "link": found, "may_ask": not final, "asked_in": get_language()}
    return render(request, "tokens/link_closed.html", context, status=410)


@login_not_required
@unlisted
@require_POST
def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """Mails a new link to the address on record.

    The answer is the same whatever the token is worth: its words, its headers and the time that it takes. Its language
    is that of the page on which somebody asked.
    """
    asked_at = time.monotonic()
    found = links.find(token)
    if found is not None:
        send_new_link(found)
    if (language := request.POST.get("language", "")) in dict(settings.LANGUAGES):
        speak_as(Tenant(language=language))
    response = render(request, "tokens/link_sent.html")
    time.sleep(max(0.0, ANSWER_AFTER - (time.monotonic() - asked_at)))
    return response
