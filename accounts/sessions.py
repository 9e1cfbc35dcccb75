"""Keeps the list of one's sessions: which browsers are signed in, and when each was last here."""

from __future__ import annotations

import time

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.http import HttpRequest, HttpResponse

from accounts.client_address import client_ip

LAST_NOTED = "session_noted"
# A page view writes nothing: the list is a few minutes behind at most.
EVERY_SECONDS = 300


class SessionsMiddleware(UserSessionsMiddleware):  # type: ignore[misc]
    """allauth's middleware writes with each request; this one does when a browser has changed, or after a while."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # PostgreSQL takes no NUL; signing in writes this down as well.
        agent = request.META["HTTP_USER_AGENT"] = request.META.get("HTTP_USER_AGENT", "").replace("\x00", "")
        if not request.user.is_authenticated:
            return self._answer(request)
        now = time.time()
        seen = [request.user.pk, client_ip(request), agent[:200]]
        noted = request.session.get(LAST_NOTED) or {"seen": None, "at": 0}
        if noted["seen"] == seen and 0 <= now - noted["at"] < EVERY_SECONDS:
            return self._answer(request)
        request.session[LAST_NOTED] = {"seen": seen, "at": now}
        response: HttpResponse = super().__call__(request)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        return response
