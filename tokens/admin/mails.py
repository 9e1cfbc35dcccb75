"""Every mail that the product can send, as its readers would get it: with made-up values, never with somebody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts.staff_site import StaffSite
from notifications import registry
from notifications.localisation import localised
from notifications.places import Chosen
from notifications.registry import Audience, Kind
from notifications.writing import Written, write

READER = "reader@mail.example"
TIME_ZONE = "Europe/Berlin"
GROUPS = {
    Audience.CREATORS: "To creators and those who look after an account",
    Audience.MEMBERS: "To members and people with an account",
    Audience.STAFF: "To staff",
}
# Of a mail in its frame: no script, no form, nothing loaded from anywhere, no way out.
ALONE = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One mail as it would leave."""

    case: str
    language: str
    language_name: str
    mail: Written
    address: str


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """All kinds, by whom they are for."""
    _see(request)
    groups = [
        (title, [(kind, kind.title, address_of(kind), subject_of(kind)) for kind in of(audience)])
        for audience, title in GROUPS.items()
    ]
    return _page(request, "admin/mails.html", {"title": "Mails", "groups": groups})


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """One kind, in each case that it tells apart and each language that it is written in."""
    _see(request)
    kind = _kind(request)
    context = {"title": kind.title, "kind": kind, "shown": all_of(kind), "back": reverse("admin:mails")}
    return _page(request, "admin/mail.html", context)


@require_safe
@xframe_options_sameorigin
def mail_html(request: HttpRequest) -> HttpResponse:
    """The HTML of one mail, for the frame on its page."""
    _see(request)
    kind, case = _kind(request), request.GET.get("case", "")
    for shown in all_of(kind):
        if (shown.case, shown.language) == (case, request.GET.get("language", "")):
            response = HttpResponse(shown.mail.html)
            response["Content-Security-Policy"] = ALONE
            return response
    raise Http404


def of(audience: Audience) -> list[Kind]:
    """The kinds for an audience that have a sample."""
    return [kind for kind in registry.kinds() if kind.audience is audience and kind.sample is not None]


def languages_of(kind: Kind) -> list[tuple[str, str]]:
    return [each for each in settings.LANGUAGES if kind.translated or each[0] == settings.LANGUAGE_CODE]


def all_of(kind: Kind) -> list[Shown]:
    """The mail in each case and language. Times are those of a reader in Berlin; staff's are in UTC."""
    found = []
    for language, name in languages_of(kind):
        with localised(None if kind.audience is Audience.STAFF else Chosen(TIME_ZONE, language)):
            for case, values in (kind.sample() if kind.sample else {}).items():
                written = write(kind.templates, {"recipient": READER, **values})
                found.append(Shown(case, language, name, written, _frame(kind, case, language)))
    return found


def address_of(kind: Kind) -> str:
    return f"{reverse('admin:mail')}?{urlencode({'kind': kind.name})}"


def subject_of(kind: Kind) -> str:
    return all_of(kind)[0].mail.subject


def _frame(kind: Kind, case: str, language: str) -> str:
    query = urlencode({"kind": kind.name, "case": case, "language": language})
    return f"{reverse('admin:mail_html')}?{query}"


def _kind(request: HttpRequest) -> Kind:
    for kind in registry.kinds():
        if kind.name == request.GET.get("kind") and kind.sample is not None:
            return kind
    raise Http404


def _see(request: HttpRequest) -> None:
    if not request.user.has_perm("notifications.view_outboxmessage"):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


_site = cast(StaffSite, admin.site)
_site.add_page("mails/", mails, "mails")
# It alone holds frames, and only ours.
_framing = csp_update({"frame-src": [SELF]})(mail)
_site.add_page("mails/kind/", cast(Callable[[HttpRequest], HttpResponse], _framing), "mail")
_site.add_page("mails/html/", mail_html, "mail_html")
