"""The kinds of mail that the producing apps registered, each with the function that gathers its words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from notifications.models import OutboxMessage

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
Context = Callable[[OutboxMessage], "dict[str, Any] | None"]
Sent = Callable[[OutboxMessage], None]
# The templates' values for each case that a kind tells apart, by the case's name.
Sample = Callable[[], Mapping[str, dict[str, Any]]]


class UnknownKind(LookupError):
    """Nobody registered this kind of mail."""


class Audience(StrEnum):
    """Whom a kind of mail is written for. Staff read English and UTC, whatever they chose elsewhere."""

    CREATORS = "creators"
    MEMBERS = "members"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One mail told in one line of a digest.

    Args:
        about: the account, or the workspace.
        sentence: what happened, and what to do where something is to be done.
        url: where it is done or seen.
        label: what stands on the link.
        workspace: whose news it is.
        to_do: whether somebody should act on it.
    """

    about: str
    sentence: str
    url: str
    label: str
    workspace: str
    to_do: bool = False


Line = Callable[["dict[str, Any]"], DigestItem]


@dataclass(frozen=True, slots=True)
class Templates:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    title: str
    context: Context
    max_age: dt.timedelta | None
    audience: Audience
    line: Line | None
    sample: Sample | None
    templates: Templates
    translated: bool
    queued: bool = True
    sent: Sent | None = None


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    title: str,
    context: Context,
    max_age: dt.timedelta | None = None,
    sent: Sent | None = None,
    audience: Audience = Audience.CREATORS,
    line: Line | None = None,
    sample: Sample | None = None,
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
        audience: whom it is written for.
        line: tells the mail in one line of a digest, from the values that `context` gave. None: never told in one.
        sample: made-up values for staff's page of mails and for the tests, gathered in the language that is active.

    Raises ImproperlyConfigured for a malformed name and for a second registration unlike the first.
    """
    translated = audience is not Audience.STAFF
    templates = default_templates(kind)
    _add(Kind(kind, title, context, max_age, audience, line, sample, templates, translated, sent=sent))


def register_unqueued(
    kind: str, *, audience: Audience, sample: Sample, templates: Templates | None = None, translated: bool = True
) -> None:
    """Declares a mail that comes by another way than the outbox, so that it is shown and tested with the others.

    Arguments:
        kind: as for `register`.
        audience: whom it is written for.
        sample: as for `register`.
        templates: by default those that a kind of that name has.
        translated: False where it is written in English alone.

    Raises ImproperlyConfigured as `register` does.
    """
    _add(
        Kind(
            name=kind,
            title=_in_words(kind),
            context=_no_row,
            max_age=None,
            audience=audience,
            line=None,
            sample=sample,
            templates=templates or default_templates(kind),
            translated=translated,
            queued=False,
        )
    )


def default_templates(kind: str) -> Templates:
    return Templates(f"emails/{kind}.subject.txt", f"emails/{kind}.txt", f"emails/{kind}.html")


def _no_row(message: OutboxMessage) -> None:
    """No row stands for a mail that does not come by the outbox."""


def _add(entry: Kind) -> None:
    if not _NAME.fullmatch(entry.name):
        raise ImproperlyConfigured(f"{entry.name!r} is no name for a kind of mail.")
    if _kinds.setdefault(entry.name, entry) != entry:
        raise ImproperlyConfigured(f"The kind of mail {entry.name!r} is registered twice.")


def find(kind: str) -> Kind:
    """The kind of that name, of those that come by the outbox. Raises UnknownKind."""
    found = _kinds.get(kind)
    if found is None or not found.queued:
        raise UnknownKind(f"No kind of mail {kind!r} is registered.")
    return found


def kinds() -> list[Kind]:
    """All that are registered, whichever way they come, by name."""
    return sorted(_kinds.values(), key=lambda each: each.name)


def title_of(kind: str) -> str:
    """What the kind is in a few words; of one that this release does not know, its name."""
    known = _kinds.get(kind)
    return known.title if known else _in_words(kind)


def _in_words(kind: str) -> str:
    return kind.replace("_", " ").capitalize()
