"""The kinds of mail that the producing apps registered, each with the function that gathers its words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from notifications.models import OutboxMessage

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
Context = Callable[[OutboxMessage], "dict[str, Any] | None"]
Sent = Callable[[OutboxMessage], None]


class UnknownKind(LookupError):
    """Nobody registered this kind of mail."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    title: str
    context: Context
    max_age: dt.timedelta | None
    sent: Sent | None = None


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    title: str,
    context: Context,
    max_age: dt.timedelta | None = None,
    sent: Sent | None = None,
) -> None:
    """Declares a kind of mail, as a rule in the producing app's `AppConfig.ready`.

    Its templates are `emails/<kind>.subject.txt`, `emails/<kind>.txt` and `emails/<kind>.html`.

    Arguments:
        kind: lower-case letters, digits and underscores, at most 40 of them.
        title: what it is, in a few words for those whose workspace sent it.
        context: called at delivery, outside any transaction, with the outbox row; gives the templates'
            values, or None where the mail has lost its point and is dropped.
        max_age: the mail is dropped instead of sent when it is older than this. None: never too old.
        sent: called once the mail server has taken a mail and that is stored. It may be lost with a killed
            deliverer, and what it raises is logged and changes nothing.

    Raises ImproperlyConfigured for a malformed name and for a second registration unlike the first.
    """
    if not _NAME.fullmatch(kind):
        raise ImproperlyConfigured(f"{kind!r} is no name for a kind of mail.")
    entry = Kind(kind, title, context, max_age, sent)
    if _kinds.setdefault(kind, entry) != entry:
        raise ImproperlyConfigured(f"The kind of mail {kind!r} is registered twice.")


def find(kind: str) -> Kind:
    """The registered kind of that name. Raises UnknownKind."""
    try:
        return _kinds[kind]
    except KeyError:
        raise UnknownKind(f"No kind of mail {kind!r} is registered.") from None


def title_of(kind: str) -> str:
    """What the kind is in a few words; of one that this release does not know, its name."""
    known = _kinds.get(kind)
    return known.title if known else kind.replace("_", " ").capitalize()
