"""How often somebody may press a button: counted in the shared cache, so that all processes count together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.client_address import client_ip, network_of
from accounts.models import User

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Meta, and mail programs that unsubscribe for all their people, call from few addresses and in bursts; what they bring
# is signed.
UNLIMITED = ("/meta/", "/unsubscribe/")
# A caller whose count was thrown out of the cache in the very moment starts anew; more often than this nobody does.
TRIES = 3
# What allauth's own limits are counted over, most of them: it does not tell which one was reached.
ALLAUTH_WAIT = 60

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """So many requests within so many seconds. The windows lie on the clock, so that none outlives its end."""

    name: str
    amount: int
    seconds: int

    def take(self, whom: str) -> int:
        """Counts one request of `whom`.

        Returns:
            0 while it may go on, else in how many seconds it may be tried again.
        """
        return self._judge(whom, lambda key: _count(key, self.seconds))

    def wait(self, whom: str) -> int:
        """In how many seconds `whom` may try again whose requests are used up, else 0. Counts nothing."""
        return self._judge(whom, lambda key: int(cache.get(key, 0)) + 1)

    def _judge(self, whom: str, count_of: Callable[[str], int]) -> int:
        window, elapsed = divmod(int(timezone.now().timestamp()), self.seconds)
        try:
            count = count_of(f"limit:{self.name}:{window}:{whom}")
        except DatabaseError as error:
            # Better a form without a limit than no form.
            logger.warning("The rate limit “%s” could not be counted: %s", self.name, type(error).__name__)
            return 0
        return self.seconds - elapsed if count > self.amount else 0


# Every form of somebody who is signed in, or else of an address.
FORMS = Limit("forms", 120, 60)
# Where the address is a secret, so that trying many of them is slow. Always counted by network address.
SECRETS = Limit("secrets", 30, 60)
# Links that were never issued, looked at: whoever guesses gets no further, also with a right one.
WRONG_LINKS = Limit("wrong_links", 30, 60)
# What a visitor lets us mail: by whoever asks; and, of what was really sent, by workspace and address that it goes to,
# with invitations counted by themselves.
NEW_LINKS = Limit("new_links", 20, 600)
NEW_LINKS_TO = Limit("new_links_to", 6, 3600)
NEW_INVITATIONS_TO = Limit("new_invitations_to", 3, 86_400)
# What mails somebody, asks Meta about something unknown, or gathers much.
COSTLY = Limit("costly", 60, 600)

SECRET_PATHS = ("/link/", "/invitation/", "/connect/outcome/")
COSTLY_VIEWS = frozenset(
    {
        "send_link",
        "new_link",
        "invite_member",
        "send_invitation_again",
        "invite_creator",
        "invite_creators",
        "invite_creator_again",
        "test_meta_app",
        "paste_token",
        "export_workspace",
        "account_data",
    }
)


def _count(key: str, seconds: int) -> int:
    """Adds one to the counter `key`; what it stands at then. Atomic in both caches, over all processes."""
    for _ in range(TRIES):
        try:
            return int(cache.incr(key))
        except ValueError:  # there is none yet
            # Longer than its window, so that none ends in the middle of being counted up.
            if cache.add(key, 1, 2 * seconds):
                return 1
    return 1


class RateLimitMiddleware:
    """Limits whatever changes something (POST and the like), signed in or not.

    It stands behind the sign-in wall and the tenant gate, which answer alike however often they are asked, and before
    CSRF protection and the view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.method in SAFE or request.path_info.startswith(UNLIMITED):
            return None
        # All are counted, also those behind one that is full.
        wait = max(limit.take(whom) for limit, whom in _limits(request))
        return too_many(request, wait) if wait else None


def _limits(request: HttpRequest) -> Iterator[tuple[Limit, str]]:
    address = network_of(client_ip(request))
    whom = f"user:{request.user.pk}" if isinstance(request.user, User) else address
    yield FORMS, whom
    if request.path_info.startswith(SECRET_PATHS):
        yield SECRETS, address
    view_name = request.resolver_match.view_name if request.resolver_match is not None else ""
    if view_name in COSTLY_VIEWS:
        yield COSTLY, whom
    if view_name == "new_link":
        yield NEW_LINKS, address


def too_many(request: HttpRequest, wait: int = ALLAUTH_WAIT) -> HttpResponse:
    """429: too often, and when to try again. allauth asks for it as `handler429`."""
    response = render(request, "429.html", {"wait": wait}, status=429)
    response["Retry-After"] = str(wait)
    return response
