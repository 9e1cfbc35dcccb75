"""Who looks at a link's page: a person, or one of the programs that open every link before a person does."""

from __future__ import annotations

import re

from django.http import HttpRequest

from accounts.models import User

# Headers by which browsers and mail programs say that they load ahead, for a preview or in case of need.
AHEAD_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
# Programs that call themselves browsers and say who they are. There is a make of phones called Cubot, and the web
# views of Instagram, Facebook and others name their app: those are people.
PROGRAMS = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/_-]|crawl|spider|slurp|preview|prefetch|scan|headless|phantomjs|lighthouse|monitor|validator"
    r"|facebookexternalhit|facebookcatalog|googleimageproxy|google-safety|google-read-aloud|yahoomailproxy|skypeuri"
    r"|safelinks|barracuda|proofpoint|mimecast|symantec|trendmicro|fireeye|forcepoint|urldefense|embedly|iframely|ms-office"
    r"|microsoft office|apple-pubsub|whatsapp/",
    re.IGNORECASE,
)


def is_person(request: HttpRequest) -> bool:
    """Whether somebody has opened the page in a browser, as far as it can be told from the request.

    A scanner that pretends in every header to be a browser is taken for a person: hence nothing but a count may ever
    hang on it.
    """
    if request.method != "GET" or is_staff(request):
        return False
    if any(AHEAD.search(request.headers.get(name, "")) for name in AHEAD_HEADERS):
        return False
    # Not a picture, a script's request or a frame of another page. Older browsers don't tell.
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        return False
    agent = request.headers.get("User-Agent", "")
    # Every browser begins with it, and hardly any tool does.
    return agent.startswith("Mozilla/") and not PROGRAMS.search(agent)


def is_staff(request: HttpRequest) -> bool:
    """Whether somebody of the staff looks after it: they are counted nowhere."""
    return isinstance(request.user, User) and request.user.is_staff
