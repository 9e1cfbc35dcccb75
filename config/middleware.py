"""Headers that every page of Perennial carries, and the one answer that needs nothing behind it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
HEALTH = "/healthz"
# Meta's callbacks, and the page that tells what came of one: the same for everybody.
WITHOUT_COOKIES = "/meta/"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """`200 ok`, nothing else: the process lives. It asks neither database nor Meta."""
    return HttpResponse("ok", content_type="text/plain")


class HealthMiddleware:
    """Answers `/healthz` before anything else.

    Behind it the redirect to https would send a probe away, the sign-in wall would ask the database who brings a
    session cookie, and a probe that names the machine by its number would be refused for its host.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return healthz(request) if request.path_info == HEALTH else self.get_response(request)


class CookielessMiddleware:
    """Forgets the cookies of whoever calls where nobody is anybody: no session is asked for, and none is given.

    The sign-in wall asks who it is before it looks at whether that matters.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(WITHOUT_COOKIES):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class SecurityHeadersMiddleware:
    """No page may be kept by a shared cache, and none uses a sensor of the device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
