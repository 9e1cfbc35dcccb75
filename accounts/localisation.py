"""A workspace's pages show dates in its time zone and language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request

from accounts.models import Tenant
from notifications.localisation import localised, show_dates_of, speak_as

# What people see who need no account; also where a page of theirs is refused, or not there.
OF_CREATORS = ("/link/", "/connect/outcome/", "/oauth/callback/")


class LocalisationMiddleware:
    """Stands behind the tenant gate, whose `process_view` has found the workspace.

    Each request begins in English and UTC, creators' pages in the language of their browser until it is known which
    workspace's they are, and leaves the thread as it found it, whatever its view switched on and
    however it ended. The body of a streaming response is made after that: what streams holds no date for people.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with localised(None):
            if request.path_info.startswith(OF_CREATORS):
                speak_as(Tenant(language=get_language_from_request(request)))
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        if (tenant := getattr(request, "tenant", None)) is not None:
            show_dates_of(tenant)
