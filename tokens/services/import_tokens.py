"""Imports tokens from CSV: each is verified by `/me` before it is stored. Safe to repeat."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TextIO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant
from accounts.services.lock_living import lock_living
from tokens.meta import InstagramClient, MetaError, Profile, Secret, TokenDead
from tokens.models import Connection, Credential, Flavour, MetaApp, Status
from tokens.services.bring_in import asked, bring_in, is_personal, known, same_token
from tokens.services.link_account import Account
from tokens.token_text import trimmed
from tokens.wording import why_it_ended

COLUMNS = frozenset({"token", "flavour", "issued_at", "expires_at", "contact_email"})
THREADS = 8
LONGEST_FIELD = 1024 * 1024
LONGEST_ADDRESS = 254  # what a connection's contact address holds
NO_ADDRESS = "contact_email is not a mail address."
NO_HEADER = "The first line must name the columns, with commas between them and “token” among them."


# What Instagram says of a token; None where nobody was asked.
Answer = Profile | MetaError | None


class BadHeader(Exception):
    """The file's first line does not name the columns. The text is fit for whoever imports."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file, read and validated. `problem` says why it can't be imported."""

    number: int
    token: Secret
    issued_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    contact_email: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a line: `imported`, `unchanged` or `refused`, and why."""

    number: int
    outcome: str
    why: str = ""


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


def import_lines(
    lines: Iterable[Line],
    *,
    tenant: Tenant,
    meta_app: MetaApp,
    client: InstagramClient,
    dry_run: bool = False,
    on_result: Callable[[Result], None] | None = None,
) -> list[Result]:
    """Verifies each line's token by `/me`, several at a time, and stores it.

    Args:
        lines: as read.
        tenant: the workspace that will own the connections.
        meta_app: the app through which the tokens were made.
        client: of that app.
        dry_run: verify and report, store nothing.
        on_result: called after each line.

    Returns:
        One result a line, in the order of the file.
    """
    results = []
    with ThreadPoolExecutor(THREADS, thread_name_prefix="import") as pool:
        # The threads ask Meta alone; rows are written here, one after the other.
        for line, answer in pool.map(lambda line: (line, verify(client, line)), lines):
            result = conclude(line, answer, tenant=tenant, meta_app=meta_app, dry_run=dry_run)
            results.append(result)
            if on_result is not None:
                on_result(result)
    return results


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
    if values.get("flavour", "") not in {"", Flavour.INSTAGRAM_LOGIN}:
        raise ValidationError(f"Only the flavour “{Flavour.INSTAGRAM_LOGIN}” can be imported.")
    now = timezone.now()
    issued_at, expires_at = _instant(values, "issued_at"), _instant(values, "expires_at")
    if issued_at is not None and issued_at > now:
        raise ValidationError("issued_at lies in the future.")
    if expires_at is not None and expires_at <= now:
        raise ValidationError("The token has expired (expires_at lies in the past).")
    if issued_at is not None and expires_at is not None and expires_at <= issued_at:
        raise ValidationError("expires_at is not after issued_at.")
    contact_email = values.get("contact_email", "").lower()
    if contact_email:
        try:
            validate_email(contact_email)
        except ValidationError:
            raise ValidationError(NO_ADDRESS) from None
        if len(contact_email) > LONGEST_ADDRESS:
            raise ValidationError(NO_ADDRESS)
    return Line(number, token, issued_at, expires_at, contact_email)


def _instant(values: dict[str, str], name: str) -> dt.datetime | None:
    text = values.get(name, "")
    if not text:
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
        return instant.replace(tzinfo=dt.UTC) if instant.tzinfo is None else instant.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValidationError(f"{name} is not a date and time in ISO 8601, such as 2026-03-01T01:00:00Z.") from None


def verify(client: InstagramClient, line: Line) -> Answer:
    """What `/me` says of the line's token, failures as values; None where the line is refused without asking."""
    return None if line.problem else asked(client, line.token)


def conclude(
    line: Line,
    answer: Answer,
    *,
    tenant: Tenant,
    meta_app: MetaApp,
    dry_run: bool = False,
    actor: str = events.SYSTEM,
) -> Result:
    """Stores what the line's token is worth, in one transaction.

    Args:
        line: as read.
        answer: what `verify` brought.
        tenant: the workspace that will own the connection.
        meta_app: the app through which the token was made.
        dry_run: report, store nothing.
        actor: who imports, for the history.
    """
    if not isinstance(answer, Profile):
        return Result(line.number, "refused", line.problem or _why(answer))
    if is_personal(answer):
        return Result(line.number, "refused", "A personal account: Instagram allows professional ones only.")
    account = Account(profile=answer, token=line.token, issued_at=line.issued_at, expires_at=line.expires_at)
    with transaction.atomic():
        if lock_living(tenant.pk) is None:
            return Result(line.number, "refused", "The workspace was deleted meanwhile.")
        existing = known(tenant, meta_app, account)
        if existing is not None and _is_newer(existing, line):
            return Result(line.number, "unchanged", f"{existing} holds a newer token.")
        if not dry_run:
            _store(existing, line, account, tenant, meta_app, actor)
    return Result(line.number, "imported", f"@{answer.username or account.instagram_id}")


def is_passing(answer: Answer) -> bool:
    """Whether asking again later may bring another answer."""
    return isinstance(answer, MetaError) and not answer.permanent


def _why(error: MetaError | None) -> str:
    if isinstance(error, TokenDead):
        why = why_it_ended(error.reason, Flavour.INSTAGRAM_LOGIN)
        return f"Instagram does not accept the token. {'' if why is None else why.sentence}"
    if error is not None and error.permanent:
        return "Instagram refuses to answer for this token: was it made through this app, with all permissions?"
    return "Instagram did not answer. Run the import again; what is done stays done."


def _is_newer(existing: Connection, line: Line) -> bool:
    """Whether what is stored must stay: the same token, or one that reached us after the file's was issued."""
    credential = Credential.objects.get(pk=existing.pk)
    if existing.status == Status.INACTIVE:
        return False  # the stored token is dead, the file's was just verified
    if existing.status == Status.DISCONNECTED:
        # A member ended it: an old file must not bring it back.
        return line.issued_at is None or line.issued_at <= existing.status_changed_at
    if same_token(credential, line.token) or line.issued_at is None:
        return True
    return line.issued_at <= (credential.issued_at or credential.obtained_at)


def _store(
    existing: Connection | None, line: Line, account: Account, tenant: Tenant, meta_app: MetaApp, actor: str
) -> None:
    now = timezone.now()
    connection = bring_in(
        existing, account, tenant=tenant, meta_app=meta_app, contact_email=line.contact_email, user=None, now=now
    )
    text = f"{connection} was imported."
    events.record(tenant=tenant, kind="imported", text=text, subject_id=connection.pk, actor=actor, at=now)
