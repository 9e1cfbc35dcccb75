"""Takes a token that a member pasted: found out what it opens by asking Meta, then stored in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant, User
from accounts.services.lock_living import lock_living
from tokens import flags
from tokens import paste_wording as words
from tokens.meta import Secret
from tokens.models import Connection, Status
from tokens.services import links
from tokens.services.bring_in import bring_in, known, same_token
from tokens.services.examine_token import Examiner
from tokens.services.link_account import Account
from tokens.services.take_names import take_names

# What a fresh token may mend: a connection that shows one of these gives way to the one that somebody pastes.
MENDED = {
    flags.CANNOT_REFRESH,
    flags.PERMISSION_MISSING,
    flags.REFUSED,
    flags.FAILING,
    flags.SILENT,
    flags.EXPIRING,
}


@dataclass(frozen=True, slots=True)
class Pasted:
    """What became of a pasted token: a word of `paste_wording`, and the connection where there is one."""

    word: str
    connection: Connection | None = None
    exchanged: bool = False
    """Whether what is stored is a new token that Instagram gave for the pasted one."""


def paste_token(token: Secret, *, tenant: Tenant, examiner: Examiner, contact_email: str, by: User) -> Pasted:
    """Keeps a pasted token alive from now on, if Instagram vouches for it.

    Args:
        token: as it came out of `token_text.trimmed`.
        tenant: the workspace that will own the connection.
        examiner: of the Meta app in use.
        contact_email: who is mailed about the connection; empty leaves it as it is.
        by: the member.
    """
    begun_at = timezone.now()
    account = examiner.examine(token)
    if isinstance(account, str):
        return Pasted(account)
    pasting = _Pasting(account, tenant, examiner, contact_email, by, begun_at)
    try:
        return pasting.store()
    except IntegrityError:
        # Somebody connected the same new account in the same moment: this renews it.
        return pasting.store()


@dataclass(frozen=True, slots=True)
class _Pasting:
    account: Account
    tenant: Tenant
    examiner: Examiner
    contact_email: str
    by: User
    begun_at: dt.datetime

    def store(self) -> Pasted:
        now = timezone.now()
        with transaction.atomic():
            if lock_living(self.tenant.pk) is None:
                return Pasted(words.WORKSPACE_GONE)
            existing = known(self.tenant, self.examiner.meta_app, self.account)
            was = "" if existing is None else existing.status
            if existing is not None:
                if existing.status == Status.DISCONNECTED and self.begun_at < existing.status_changed_at <= now:
                    # While Instagram was asked somebody disconnected it, and has the last word.
                    return Pasted(words.ENDED_MEANWHILE)
                if word := _why_it_stays(existing, self.account):
                    return Pasted(word, existing)
                profile = self.account.profile
                take_names(existing, handle=profile.username or "", name=profile.name or "", now=now)
            connection = bring_in(
                existing,
                self.account,
                tenant=self.tenant,
                meta_app=self.examiner.meta_app,
                contact_email=self.contact_email,
                user=self.by,
                now=now,
            )
            links.retire(connection, now)
            word = words.STORED_AFTER[was]
            events.record(
                tenant=self.tenant,
                kind="pasted",
                text=words.HISTORY[word].format(connection),
                subject_id=connection.pk,
                actor=self.by.email,
                at=now,
            )
        return Pasted(word, connection, self.account.issued_at is not None)


def _why_it_stays(existing: Connection, account: Account) -> str:
    """Why what is stored is as good as the pasted one or better; empty where it is not.

    Nobody knows when a pasted token was issued, unless Instagram has just made it: a stored one that works is not
    given away for it. Whatever a member ended or Instagram killed is revived: somebody pastes on purpose.
    """
    if existing.status != Status.ACTIVE:
        return ""
    credential = existing.credential
    if same_token(credential, account.token):
        return words.SAME
    if account.issued_at is not None or credential.token is None or not credential.token.readable:
        return ""
    return words.UNCHANGED if MENDED.isdisjoint(flags.flags_of(existing, timezone.now())) else ""
