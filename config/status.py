"""`/readyz` and `/metrics`: how the installation does, for those who watch it and for nobody else."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config.metrics import exposition
from config.readiness import problems

PLAIN = "text/plain; charset=utf-8"
NO_NUMBERS = "The database does not answer, or its migrations are not applied."
# Whoever passes a request on adds one of these, or one that begins with X-Forwarded.
FORWARDING = {"HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"}


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """`200 ready` where the installation does its work; else 503 with a line for each thing that is wrong."""
    found = problems(timezone.now())
    return _text("\n".join(found) or "ready", status=503 if found else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus' text format; 503 where the tables can't be read."""
    try:
        return _text(exposition(timezone.now()), content_type=CONTENT_TYPE_LATEST)
    except Error:
        return _text(NO_NUMBERS, status=503)


PAGES = {"/readyz": readyz, "/metrics": metrics}


class StatusMiddleware:
    """Answers the status pages before anything else, to those who may see them.

    For the reasons that `HealthMiddleware` has: a probe asks by http and by a machine's number, brings no session, and
    wants to hear of a silent database instead of failing with it. Anybody else's request goes on as if there were no
    such pages: no address leads to one, so it ends as for every page that does not exist, whatever that is here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = PAGES.get(request.path_info)
        if page is None or not may_see(request):
            return self.get_response(request)
        return page(request)


def may_see(request: HttpRequest) -> bool:
    """Whether the request comes straight from this machine, or carries STATUS_TOKEN as a bearer token."""
    return _is_direct_and_local(request) or _has_token(request)


def _is_direct_and_local(request: HttpRequest) -> bool:
    # A proxy on this machine calls from loopback, too; what it adds tells that somebody else is behind it. Whoever
    # claims to be behind one without need only shuts themselves out.
    if any(name.startswith("HTTP_X_FORWARDED") or name in FORWARDING for name in request.META):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False  # a socket file: whoever is at its other end is a proxy as a rule
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token: str = settings.STATUS_TOKEN
    if not token or scheme.lower() != "bearer":
        return False
    # Servers hand headers on as Latin-1, whatever their bytes meant.
    return constant_time_compare(given.strip().encode("latin-1", "replace"), token.encode())


def _text(content: str | bytes, *, status: int = 200, content_type: str = PLAIN) -> HttpResponse:
    headers = {"Cache-Control": "no-store, private", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, status=status, content_type=content_type, headers=headers)
