"""Starts an import that was previewed. Workers do the rest."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import User
from accounts.services.lock_living import lock_living
from tokens.models import ImportLine, TokenImport
from tokens.services.ring import ring_import


def confirm_import(job: TokenImport, *, by: User) -> bool:
    """Lets workers take up the lines that wait.

    Args:
        job: a preview.
        by: the member who confirms it.

    Returns:
        False where there is nothing to start: confirmed already, thrown away, or every line was refused.
    """
    now = timezone.now()
    with transaction.atomic():
        if lock_living(job.tenant_id) is None:
            return False
        waiting = ImportLine.objects.filter(token_import=job).waiting().count()
        # Compare-and-set: of two who confirm in the same moment, one does.
        preview = TokenImport.objects.open().filter(pk=job.pk, confirmed_at__isnull=True)
        if not waiting or not preview.update(confirmed_at=now):
            return False
        events.record(
            tenant=job.tenant_id,
            kind="import_started",
            text=f"The import of {waiting} token{'' if waiting == 1 else 's'} from “{job.file_name}” was started.",
            actor=by.email,
            detail={"import": str(job.pk), "lines": waiting},
            at=now,
        )
        transaction.on_commit(lambda: ring_import(job.pk), robust=True)
    return True
