"""Whether what is stored of an account is as good as a pasted token, or better."""

from __future__ import annotations

from django.utils import timezone

from tokens import flags
from tokens import paste_wording as words
from tokens.models import Connection, Credential, Status
from tokens.services.bring_in import same_token
from tokens.services.link_account import Account

# What a fresh token may mend: a connection that shows one of these gives way to the one that somebody pastes.
MENDED = {
    flags.CANNOT_REFRESH.word,
    flags.PERMISSION_MISSING.word,
    flags.REFUSED.word,
    flags.FAILING.word,
    flags.SILENT.word,
    flags.EXPIRING.word,
    flags.MUST_BE_RENEWED.word,
}


def why_it_stays(existing: Connection, account: Account) -> str:
    """Why what is stored is as good as the pasted one or better; empty where it is not.

    A stored token that works is not given away for one of which nobody knows when it was issued, for an older one, nor
    for one that can't be renewed where the stored one can. Whatever a member ended or Meta killed is revived: somebody
    pastes on purpose.
    """
    if existing.status != Status.ACTIVE:
        return ""
    credential = existing.credential
    if same_token(credential, account.token):
        return words.SAME
    if credential.token is None or not credential.token.readable or _is_better(account, credential):
        return ""
    raised = {flag.word for flag in flags.flags_of(existing, timezone.now())}
    return words.UNCHANGED if MENDED.isdisjoint(raised) else ""


def _is_better(account: Account, credential: Credential) -> bool:
    if account.issued_at is None or not account.dated or (credential.renewal is not None and account.renewal is None):
        return False
    return credential.issued_at is None or account.issued_at >= credential.issued_at
