"""Throws an import away, or stops one that runs: what waits is erased, what is done stays."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant, User
from tokens.import_wording import CANCELLED, told
from tokens.models import ImportLine, TokenImport
from tokens.querysets import TokenImportQuerySet

# A preview that nobody confirms keeps its tokens for so long and no longer.
KEEP_PREVIEW = dt.timedelta(days=1)


def cancel_import(job: TokenImport, *, by: User) -> bool:
    """Ends an import for a member.

    Args:
        job: a preview, or one that workers are at.
        by: the member.

    Returns:
        False where it had ended already.
    """
    now = timezone.now()
    with transaction.atomic():
        if not _end(TokenImport.objects.open(), job.pk, now):
            return False
        job.refresh_from_db()
        if job.confirmed_at is not None:
            events.record(
                tenant=job.tenant_id,
                kind="import_stopped",
                text=f"The import of “{job.file_name}” was stopped: {told(job.counts)}.",
                actor=by.email,
                detail={"import": str(job.pk), **job.counts},
                at=now,
            )
    return True


def erase_imports(tenant: Tenant, now: dt.datetime) -> None:
    """Ends all imports of a workspace that is deleted, in the caller's transaction."""
    for pk in TokenImport.objects.for_tenant(tenant).open().values_list("pk", flat=True):
        _end(TokenImport.objects.open(), pk, now)


def forget_previews(now: dt.datetime) -> None:
    """Throws away what was uploaded and not confirmed within a day."""
    old = TokenImport.objects.open().filter(confirmed_at__isnull=True, created_at__lte=now - KEEP_PREVIEW)
    for pk in old.values_list("pk", flat=True):
        with transaction.atomic():
            _end(old, pk, now)


def _end(still: TokenImportQuerySet[TokenImport], pk: uuid.UUID, now: dt.datetime) -> bool:
    """Compare-and-set on the import's row, then its lines: whoever stores a line's outcome asks for that line alone."""
    if not still.filter(pk=pk).update(cancelled_at=now):
        return False
    lines = ImportLine.objects.filter(token_import_id=pk)
    lines.waiting().update(outcome=CANCELLED, sentence="", content=None, key_id="", lease_until=None)
    TokenImport.objects.filter(pk=pk).update(counts=lines.by_outcome())
    return True
