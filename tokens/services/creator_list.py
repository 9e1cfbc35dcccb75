"""Reads a list of creators, pasted or from a spreadsheet: a line a creator, an e-mail address and perhaps a handle."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tokens.handles import clean_handle

MOST_LINES = 500
LONGEST_ADDRESS = 254
EMAIL_NAMES = {"email", "e-mail", "mail", "address", "email address", "e-mail address"}
HANDLE_NAMES = {"handle", "instagram", "instagram handle", "username", "account", "@"}
# As mail programs copy it: Carla <carla@example.com>
NAMED = re.compile(r"[^<>]*<([^<>]+)>")
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}


class BadList(Exception):
    """Nothing of it can be used. The text is fit for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Creator:
    """One line. `problem` says why it can't be used; `number` counts as an editor does."""

    number: int
    email: str = ""
    handle: str = ""
    problem: str = ""


def text_of(content: bytes) -> str:
    """The text of a file as spreadsheets save it: UTF-8 or UTF-16 with a mark, UTF-8 without, or else Western."""
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def read_creators(text: str) -> list[Creator]:
    """The creators of a list, one a line that is not empty. A bad line spoils no other.

    Raises:
        BadList: it is empty or too long.
    """
    # Not `splitlines`: it would count what no editor takes for the end of a line.
    lines = enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")), start=1)
    rows = [(number, _cells(line)) for number, line in lines if line.strip(' \t,;"\0')]
    columns = _columns(rows[0][1]) if rows else None
    if columns is not None:
        rows = rows[1:]
    if not rows:
        raise BadList("The list is empty. Write one e-mail address a line.")
    if len(rows) > MOST_LINES:
        raise BadList(f"The list has {len(rows)} lines; at most {MOST_LINES} go at once. Nobody was invited.")
    return list(_without_doubles(_creator(number, cells, columns or (0, 1)) for number, cells in rows))


def _cells(line: str) -> list[str] | None:
    """The fields of a line, with whichever separator it has; None where its quotation marks make no sense."""
    separator = next((mark for mark in "\t;" if mark in line), ",")
    try:
        [row] = csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        return None
    return [cell.strip() for cell in row]


def _columns(cells: list[str] | None) -> tuple[int, int] | None:
    """Where address and handle stand, if this line names the columns."""
    names = [cell.lower() for cell in cells or []]
    email = next((place for place, name in enumerate(names) if name in EMAIL_NAMES), None)
    if email is None:
        return None
    handle = next((place for place, name in enumerate(names) if name in HANDLE_NAMES), len(names))
    return email, handle


def _creator(number: int, cells: list[str] | None, columns: tuple[int, int]) -> Creator:
    if cells is None:
        return Creator(number, problem="A quotation mark is not closed.")
    email, handle = (cells[place] if place < len(cells) else "" for place in columns)
    if named := NAMED.fullmatch(email):
        email = named[1].strip()
    try:
        _check(email, handle)
        return Creator(number, email.lower(), clean_handle(handle))
    except ValidationError as wrong:
        return Creator(number, problem=" ".join(wrong.messages))


def _check(email: str, handle: str) -> None:
    if not email:
        raise ValidationError("The e-mail address is missing.")
    if any(not each.isprintable() for each in email + handle):
        raise ValidationError("It holds characters that can't be read.")
    if len(email) > LONGEST_ADDRESS:
        raise ValidationError("The e-mail address is too long.")
    try:
        validate_email(email)
    except ValidationError:
        raise ValidationError("That is no e-mail address.") from None
    if "@" in handle.removeprefix("@"):
        raise ValidationError("There are two e-mail addresses. Write one a line.")


def _without_doubles(creators: Iterator[Creator]) -> Iterator[Creator]:
    seen: dict[tuple[str, str], int] = {}
    for each in creators:
        first = each.number if each.problem else seen.setdefault((each.email, each.handle), each.number)
        if first != each.number:
            yield Creator(each.number, problem=f"The same as line {first}.")
        else:
            yield each
