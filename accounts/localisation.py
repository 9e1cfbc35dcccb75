"""A workspace's pages show dates in its time zone and language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from notifications.localisation import localised, show_dates_of


class LocalisationMiddleware:
    """Stands behind the tenant gate, whose `process_view` has found the workspace.

    Each request begins in English and UTC and leaves the thread as it found it, whatever its view switched on and
    however it ended. The body of a streaming response is made after that: what streams holds no date for people.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with localised(None):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        show_dates_of(getattr(request, "tenant", None))
