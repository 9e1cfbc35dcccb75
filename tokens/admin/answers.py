"""Meta's answers as staff read them: the facts that an event keeps, in words and in a fixed order."""

from __future__ import annotations

from typing import Any

from django.utils.formats import date_format

from accounts.models import Event
from tokens.models import Connection, Status

CALLS = {
    "code_exchange": "exchanging the code",
    "long_lived_exchange": "exchanging the short token",
    "refresh": "renewing",
    "me": "asking /me",
    "inspect": "inspecting the token",
    "pages": "listing Pages",
    "page": "asking for a Page",
    "account": "asking for the account",
    "ad_accounts": "listing ad accounts",
    "revoke": "revoking",
}
# Events among which the last answer is looked for.
LATEST = 20
# Of what an event may keep, that which tells of an answer.
_OF_ANSWERS = ("call", "status", "code", "subcode", "trace_id")


def facts(detail: dict[str, Any]) -> str:
    """What an event keeps of an answer of Meta's; empty where it is about something else."""
    told = [*_why(detail), *_numbers(detail)]
    if detail.get("said"):
        told.append(f"said “{detail['said']}”")
    first = detail.get("first")
    if isinstance(first, dict) and first:
        told.append(f"before that: {facts(first)}")
    return ", ".join(told)


def last_answer(connection: Connection) -> str:
    """Why it is as it is, by Meta's answer: of the event that ended it, or of the last failure."""
    rows = Event.objects.filter(tenant_id=connection.tenant_id, subject_id=connection.pk).order_by("-at", "-pk")
    events = list(rows[:LATEST])
    if connection.status == Status.INACTIVE:
        ended = next((each for each in events if each.kind == "became_inactive"), None)
        return _dated(ended) if ended is not None else "It ended too long ago: its history has it."
    failed = next((each for each in events if _is_of_answer(each.detail)), None)
    return _dated(failed) if failed is not None else ""


def _dated(event: Event) -> str:
    detail, at = event.detail, date_format(event.at, "DATETIME_FORMAT")
    if detail.get("by_hand"):
        return f"None: staff ended it, {at}"
    if not _is_of_answer(detail):
        return f"None: {facts(detail) or 'nobody was asked'}, {at}"
    return f"{facts(detail)}, {at}"


def _is_of_answer(detail: dict[str, Any]) -> bool:
    return any(name in detail for name in _OF_ANSWERS) or "word" in detail


def _why(detail: dict[str, Any]) -> list[str]:
    return [str(detail[name]).replace("_", " ") for name in ("reason", "word") if detail.get(name)]


def _numbers(detail: dict[str, Any]) -> list[str]:
    call = detail.get("call")
    told = [f"{words} {detail[name]}" for name, words in _NUMBERS.items() if detail.get(name) is not None]
    return [f"when {CALLS.get(call, call)}", *told] if call else told


_NUMBERS = {"status": "HTTP", "code": "code", "subcode": "subcode", "trace_id": "trace"}
