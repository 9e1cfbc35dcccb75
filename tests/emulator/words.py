"""Human words for what the emulator knows: spans of time, causes of death, and secrets made unreadable."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from .callbacks import Callback
from .facebook.calls import subject
from .records import DAY, HOUR, Person, Token, fingerprint
from .state import State
from .wire import Request

PREFIX = "instagram_business_"
UNITS = ((DAY, "day"), (HOUR, "hour"), (60, "minute"))
DEATHS = {
    "password_changed": "Password changed",
    "app_removed": "App removed",
    "checkpoint": "Checkpoint",
    "checkpoint_blocked": "Checkpoint, blocked",
    "unconfirmed": "Account not confirmed",
    "logged_out": "Logged out",
    "session_mismatch": "Session mismatch",
    "killed": "Session ended",
    "expired": "Expired",
    "invalid_190": "Made invalid",
    "generic_190": "Ended",
}
KINDS = {"long": "Long-lived", "short": "Short-lived"}
ACCOUNT_TYPES = {"business": "Business", "media_creator": "Creator", "personal": "Personal"}


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def died(number: int) -> str:
    return f"{plural(number, 'token')} died." if number else "No living token was there to die."


def handle(person: Person) -> str:
    return f"@{person.username}"


def called(state: State, username: str) -> str:
    """Whom a request or a callback is about, on either side."""
    return state.facebook.name_of(username) or f"@{username}"


def span(seconds: float) -> str:
    for size, noun in UNITS:
        if abs(seconds) >= size:
            return plural(round(abs(seconds) / size), noun)
    return "less than a minute"


def ago(moment: float, now: float) -> str:
    if abs(now - moment) < 60:
        return "just now"
    return f"{span(now - moment)} ago" if moment < now else f"in {span(moment - now)}"


def day_and_time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%A, %-d %B %Y, %H:%M} UTC"


def hour(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%d %b %H:%M:%S}"


def account_type(person: Person) -> str:
    return ACCOUNT_TYPES.get(person.account_type.lower(), person.account_type)


def short_scope(scope: str) -> str:
    return scope.removeprefix(PREFIX)


# how somebody, and a token, is doing


def death(token: Token, now: float) -> str | None:
    """Why this token no longer works, or None while it does."""
    trouble = token.trouble(now)
    if trouble is None:
        return None
    if token.cause is None and trouble == "session_mismatch":
        return "Replaced by a newer one"
    return DEATHS.get(trouble, trouble.replace("_", " ").capitalize())


def condition(person: Person, now: float) -> tuple[str, str]:
    """How a person is doing, and the colour it is told in: what hinders them, else their newest token."""
    if person.hindrance:
        return DEATHS[person.hindrance], "bad"
    if not person.tokens:
        return "Not connected", "plain"
    died = death(person.tokens[-1], now)
    return (died, "bad") if died else ("Connected", "good")


def life_line(token: Token, now: float) -> str:
    """One line about a token: kind, age, expiry, last use."""
    ends = "expires" if token.expires_at > now else "expired"
    used = f"used {ago(token.used_at, now)}" if token.used_at is not None else "never used"
    age = f"{span(now - token.issued_at)} old"
    return " · ".join((KINDS.get(token.kind, token.kind), age, f"{ends} {ago(token.expires_at, now)}", used))


def leaves(token: Token, now: float) -> str | None:
    """A replaced token that still works: for how long."""
    if token.dies_at is None or token.dies_at <= now:
        return None
    return f"replaced, works for {span(token.dies_at - now)}"


# secrets: no page ever shows one

RUN = re.compile(r"[\w\-]+")
LONGEST_WORD = 40  # the longest permission has 34 characters, tokens and codes have far more
LONGEST_SHOWN = 120
SHOWN = ("grant_type", "fields", "decision", "permission", "scope")


def masked(state: State, text: str) -> str:
    """Known secrets, and whatever is long enough to be one, turn into fingerprints."""
    apps = (*state.apps.values(), *state.facebook.apps.values())
    secrets = {secret for app in apps for secret in app.secrets}
    kept = (secrets, state.tokens, state.codes, state.facebook.tokens, state.facebook.codes)

    def hide(found: re.Match[str]) -> str:
        word = found.group()
        secret = len(word) > LONGEST_WORD or any(word in each for each in kept)
        return f"•{fingerprint(word)}" if secret else word

    hidden = RUN.sub(hide, text[:10_000])
    return hidden if len(hidden) <= LONGEST_SHOWN else hidden[:LONGEST_SHOWN] + "…"


def asked(state: State, request: Request) -> str:
    """What a request carried: harmless fields readable, a token or a code as its fingerprint."""
    given: Mapping[str, str] = {**request.query, **request.form}
    shown = [f"{name}={masked(state, given[name])}" for name in SHOWN if given.get(name)]
    if token := subject(request):
        shown.append(f"token •{fingerprint(token)}")
    if code := given.get("code"):
        shown.append(f"code •{fingerprint(code)}")
    return " · ".join(shown)


# callbacks


def answered(state: State, callback: Callback) -> str:
    """What the receiver said, or why it said nothing."""
    last = callback.last
    if last is None:
        return "has not answered yet."
    if last.status is None:
        return f"did not answer: {masked(state, str(last.answer)).rstrip('.')}."
    return f"answered {last.status}{said(state, last.answer)}."


def said(state: State, answer: object) -> str:
    if isinstance(answer, dict) and {"url", "confirmation_code"} <= set(answer):
        code, url = (masked(state, str(answer[name])) for name in ("confirmation_code", "url"))
        return f" with the code {code}, whose state is shown at {url}"
    if isinstance(answer, str) and answer.lstrip().startswith("<"):
        return " with a page"
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return f" with {shown}" if (shown := masked(state, text.strip()).rstrip(".")) else ""
