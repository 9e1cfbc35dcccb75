"""Takes up an uploaded CSV of tokens: read, validated, sealed line by line. Nobody is asked until it is confirmed."""

from __future__ import annotations

import io
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from accounts.models import Tenant, User
from accounts.services.lock_living import lock_living
from tokens.fields import newest_key_id
from tokens.meta.redaction import mask
from tokens.models import ImportLine, TokenImport
from tokens.services.import_content import pack
from tokens.services.read_import import BadHeader, Line, read_lines

MOST_BYTES = 5 * 1024 * 1024
MOST_LINES = 20_000
MOST_OPEN = 5
BATCH = 500
TOO_LARGE = "The file is larger than 5 MB. Split it and import the parts one after the other; each needs the header."
TOO_MANY = "The file has more than 20,000 lines. Split it and import the parts one after the other."
NO_TEXT = "The file is not text in UTF-8. Save it as CSV in UTF-8; a spreadsheet's own format can't be read."
NOTHING = "The file has a header and nothing below it: there is no token to import."
TOO_MANY_OPEN = "Five imports of this workspace have not ended. Import or throw away one of them first."

DELETED = "The workspace was deleted: nothing can be imported into it."


class NotTaken(Exception):
    """The file can't be taken up. The text is fit for whoever uploaded it, and holds nothing of the file."""


def preview_import(*, tenant: Tenant, user: User, file_name: str, content: bytes) -> TokenImport:
    """Keeps a file's lines, sealed, until somebody confirms the import or throws it away.

    Args:
        tenant: the workspace that will own the connections.
        user: who uploaded it.
        file_name: as the browser told it.
        content: of the file.

    Raises:
        NotTaken: it can't be read, is too large, or too many wait already.
    """
    if TokenImport.objects.for_tenant(tenant).open().count() >= MOST_OPEN:
        raise NotTaken(TOO_MANY_OPEN)
    columns: list[str] = []
    lines = _read(content, columns)
    job = TokenImport(
        tenant=tenant,
        user=user,
        file_name=_shown(file_name),
        columns=columns,
        lines=len(lines),
        created_at=timezone.now(),
    )
    # Sealed before the transaction begins: SQLite lets one write at a time.
    rows = [_row(job, line) for line in lines]
    with transaction.atomic():
        if lock_living(tenant.pk) is None:
            raise NotTaken(DELETED)
        job.save(force_insert=True)
        ImportLine.objects.bulk_create(rows, batch_size=BATCH)
    return job


def _read(content: bytes, columns: list[str]) -> list[Line]:
    if len(content) > MOST_BYTES:
        raise NotTaken(TOO_LARGE)
    problem = ""
    try:
        lines = list(_limited(content.decode("utf-8-sig"), columns))
    except UnicodeDecodeError:  # it quotes the file: nothing may be raised from it
        problem = NO_TEXT
    except BadHeader as error:
        problem = str(error)
    if problem:
        raise NotTaken(problem)
    if not lines:
        raise NotTaken(NOTHING)
    return lines


def _limited(text: str, columns: list[str]) -> Iterator[Line]:
    source = io.StringIO(text, newline="")
    for count, line in enumerate(read_lines(source, on_header=columns.extend), start=1):
        if count > MOST_LINES:
            raise NotTaken(TOO_MANY)
        yield line


def _row(job: TokenImport, line: Line) -> ImportLine:
    row = ImportLine(tenant_id=job.tenant_id, token_import=job, number=line.number)
    if line.problem:
        row.outcome, row.sentence = "refused", line.problem
    else:
        row.content, row.key_id = pack(line), newest_key_id()
    return row


def _shown(file_name: str) -> str:
    """The name on one line, without what looks like a secret."""
    printable = "".join(each if each.isprintable() else " " for each in file_name)
    return mask(" ".join(printable.split()))[:200] or "tokens.csv"
