"""Where STAFF_TWO_FACTOR is on, the staff's pages open only in a session that has shown a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from accounts.two_factor import has_second_factor, shown_in

# Where somebody wanted to go who has to set up a second factor first; the pages that do so lead on to it.
WANTED = "staff_page_wanted"
SET_UP = "The staff's pages ask for two-factor sign-in. Set it up here; then you go on to where you wanted."


class StaffTwoFactorMiddleware:
    """allauth has no such switch: it asks for a second factor where there is one, and is content where there is none.

    It looks at the staff's site as a whole, so that a page which somebody adds is guarded without anybody
    remembering it. Signing out stays possible, and whoever is no staff is refused by the site itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match, user = request.resolver_match, request.user
        if not settings.STAFF_TWO_FACTOR or match is None or "admin" not in match.app_names:
            return None
        if not isinstance(user, User) or not user.is_staff or match.url_name == "logout":
            return None
        if shown_in(request, user):
            request.session.pop(WANTED, None)
            return None
        return _ask(request, user)


def _ask(request: HttpRequest, user: User) -> HttpResponse:
    # What was posted is not repeated: its answer would be no page to come back to.
    wanted = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("admin:index")
    if has_second_factor(user):
        methods = get_adapter(request).get_reauthentication_methods(user)
        return redirect(f"{methods[0]['url']}?{urlencode({'next': wanted})}")
    request.session[WANTED] = wanted
    messages.warning(request, SET_UP)
    return redirect("mfa_index")
