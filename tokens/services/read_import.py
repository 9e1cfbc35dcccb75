"""Reads a CSV file of tokens, line by line. Nobody is asked yet."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from tokens.meta import Secret
from tokens.models import Flavour
from tokens.token_text import trimmed

COLUMNS = frozenset({"token", "flavour", "issued_at", "expires_at", "contact_email"})
LONGEST_FIELD = 1024 * 1024
LONGEST_ADDRESS = 254  # what a connection's contact address holds
NO_ADDRESS = "contact_email is not a mail address."
NO_HEADER = "The first line must name the columns, with commas between them and “token” among them."


class BadHeader(Exception):
    """The file's first line does not name the columns. The text is fit for whoever imports."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file, read and validated. `problem` says why it can't be imported.

    Facebook tells dates of its tokens: those of the file count for Instagram's alone.
    """

    number: int
    token: Secret
    issued_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    contact_email: str = ""
    problem: str = ""
    flavour: str = Flavour.INSTAGRAM_LOGIN.value


def read_lines(source: TextIO, *, on_header: Callable[[list[str]], None] | None = None) -> Iterator[Line]:
    """The lines of a CSV file with a header, numbered as an editor shows them.

    Args:
        source: the file as text, its line endings as they are.
        on_header: called with the names of the columns.

    Raises:
        BadHeader: no header, no column `token`, or columns that mean nothing here.
    """
    csv.field_size_limit(LONGEST_FIELD)
    physical = _Physical(source)
    reader = csv.reader(physical, skipinitialspace=True)
    names: list[str] | None = None
    while True:
        physical.begin()
        try:
            row = next(reader, None)
        except csv.Error:
            if names is None:
                raise BadHeader(NO_HEADER) from None
            yield Line(physical.first, Secret(""), problem="The line can't be read as CSV.")
            continue
        if row is None:
            break
        if not any(field.strip() for field in row):
            continue  # an empty line, or a spreadsheet's row of commas
        if names is None:
            names = _header(row)
            if on_header is not None:
                on_header(names)
        elif physical.unclosed:
            yield Line(physical.first, Secret(""), problem=physical.unclosed)
        else:
            yield _line(physical.first, names, row)
    if names is None:
        raise BadHeader(NO_HEADER)


class _Physical:
    """The file's lines as an editor counts them; a quoted field may make one row of several."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self._count = self._quotes = 0
        self.first = 1

    def begin(self) -> None:
        """The next line begins a row."""
        self.first, self._quotes = self._count + 1, 0

    def __iter__(self) -> _Physical:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self._count += 1
        self._quotes += line.count('"')
        return line

    @property
    def unclosed(self) -> str:
        """What to say of a row that swallowed the lines after it."""
        if self._count == self.first or self._quotes % 2 == 0:
            return ""
        return f"A quotation mark is not closed: lines {self.first} to {self._count} were not read."


def _header(row: list[str]) -> list[str]:
    names = [name.strip().lower() for name in row]
    if "token" not in names:
        raise BadHeader(NO_HEADER)
    if not COLUMNS.issuperset(names):
        raise BadHeader(f"Unknown columns in the first line: there may be {', '.join(sorted(COLUMNS))}.")
    if len(set(names)) != len(names):
        raise BadHeader("The first line names a column twice.")
    return names


def _line(number: int, names: list[str], row: list[str]) -> Line:
    if len(row) > len(names):
        return Line(number, Secret(""), problem="The line has more fields than the header.")
    values = {name: value.strip() for name, value in itertools.zip_longest(names, row, fillvalue="")}
    token = trimmed(values["token"])
    try:
        return _validated(number, token, values)
    except ValidationError as error:
        return Line(number, token, problem=error.messages[0])


def _validated(number: int, token: Secret, values: dict[str, str]) -> Line:
    if not token:
        raise ValidationError("The token is missing.")
    flavour = values.get("flavour", "").lower() or Flavour.INSTAGRAM_LOGIN.value
    if flavour not in Flavour.values:
        raise ValidationError(f"There is no such flavour: it is one of {', '.join(Flavour.values)}.")
    issued_at, expires_at = _instant(values, "issued_at"), _instant(values, "expires_at")
    if flavour == Flavour.INSTAGRAM_LOGIN:
        _plausible(issued_at, expires_at)
    contact_email = values.get("contact_email", "").lower()
    if contact_email:
        try:
            validate_email(contact_email)
        except ValidationError:
            raise ValidationError(NO_ADDRESS) from None
        if len(contact_email) > LONGEST_ADDRESS:
            raise ValidationError(NO_ADDRESS)
    return Line(number, token, issued_at, expires_at, contact_email, flavour=flavour)


def _plausible(issued_at: dt.datetime | None, expires_at: dt.datetime | None) -> None:
    now = timezone.now()
    if issued_at is not None and issued_at > now:
        raise ValidationError("issued_at lies in the future.")
    if expires_at is not None and expires_at <= now:
        raise ValidationError("The token has expired (expires_at lies in the past).")
    if issued_at is not None and expires_at is not None and expires_at <= issued_at:
        raise ValidationError("expires_at is not after issued_at.")


def _instant(values: dict[str, str], name: str) -> dt.datetime | None:
    text = values.get(name, "")
    if not text:
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
        return instant.replace(tzinfo=dt.UTC) if instant.tzinfo is None else instant.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValidationError(f"{name} is not a date and time in ISO 8601, such as 2026-03-01T01:00:00Z.") from None
