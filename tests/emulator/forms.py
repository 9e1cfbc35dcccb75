"""What people type into forms, judged: each mistake is told in a sentence."""

import math
import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from .refusals import Refusal, Wrong
from .wire import Request

LONGEST = 30  # as long as usernames may be on Instagram
Fields = Mapping[str, str]


class Foreign(Refusal):
    """A form that another site sent."""

    status = 403


def refuse_foreign(request: Request) -> None:
    """Browsers say which page a form was on; programs say nothing."""
    told = request.headers.get("origin") or request.headers.get("referer")
    if told and netloc(told) != request.headers.get("host", "").lower():
        raise Foreign("This form was sent from another site, so nothing was done.")


def netloc(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def sound_username(text: str) -> str:
    username = text.strip().removeprefix("@").lower()
    if not username:
        raise Wrong("Please type a username.")
    if len(username) > LONGEST:
        raise Wrong(f"That username is too long: {LONGEST} characters are the most.")
    if not re.fullmatch(r"[a-z0-9._]+", username):
        raise Wrong("A username has only letters, digits, points and underscores.")
    return username


def callback_url(text: str) -> str:
    """An address that callbacks may be sent to: on this machine alone. Empty is none."""
    if text and not (re.fullmatch(r"http://[!-~]+", text) and is_loopback(text)):
        raise Wrong("A callback's address begins with http:// and is on this machine: localhost, 127.0.0.1 or [::1].")
    return text


def is_loopback(address: str) -> bool:
    try:
        host, port = urlsplit(address).hostname or "", urlsplit(address).port
        return port != 0 and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def number(fields: Fields, name: str, least: float, most: float) -> float:
    text = fields.get(name, "").strip()
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise Wrong(f"Please type a number of {name}." if not text else f"{shown(text)} is not a number of {name}.")
    if not least <= value <= most:
        raise Wrong(f"The {name} go from {least:g} to {most:g}.")
    return value


def shown(text: str) -> str:
    return f"“{text[:LONGEST]}{'…' if len(text) > LONGEST else ''}”"
