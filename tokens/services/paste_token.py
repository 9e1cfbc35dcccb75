"""Takes a token that a member pasted: found out what it opens by asking Meta, then stored in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant, User
from accounts.services.lock_living import lock_living
from tokens import paste_wording as words
from tokens.meta import Secret
from tokens.models import ConnectAttempt, Connection, MetaApp, Status
from tokens.services import links
from tokens.services.bring_in import bring_in, known
from tokens.services.examine_facebook import Several
from tokens.services.examine_token import MAY_BE_ANOTHER_KIND
from tokens.services.link_account import Account
from tokens.services.open_choice import open_choice
from tokens.services.stays import why_it_stays
from tokens.services.take_names import take_names

# What each product says, at times, of the other one's tokens.
ANOTHER_PRODUCT = {*MAY_BE_ANOTHER_KIND, words.FACEBOOK, words.INSTAGRAM}


@dataclass(frozen=True, slots=True)
class Pasted:
    """What became of a pasted token: a word of `paste_wording`, and the connection where there is one."""

    word: str
    connection: Connection | None = None
    dated: bool = False
    """Whether it is known when the stored token was issued."""
    attempt: ConnectAttempt | None = None
    """Where several accounts are opened: what waits for the member's choice."""
    flavour: str = ""
    """Of the Meta app that the word is about."""


class Examines(Protocol):
    """Asks one of Meta's hosts what a token is worth, for the Meta app that is in use there."""

    @property
    def meta_app(self) -> MetaApp: ...

    def examine(self, token: Secret) -> Account | Several | str:
        """What it opens, or why it is of no use, a word of `paste_wording.REFUSALS`."""


def paste_token(
    token: Secret, *, tenant: Tenant, examiners: Sequence[Examines], contact_email: str, by: User
) -> Pasted:
    """Keeps a pasted token alive from now on, if Meta vouches for it.

    Args:
        token: as it came out of `token_text.trimmed`.
        tenant: the workspace that will own the connection.
        examiners: at least one; the likeliest first.
        contact_email: who is mailed about the connection; empty leaves it as it is.
        by: the member.
    """
    begun_at = timezone.now()
    meta_app, account = _examined(token, examiners)
    if isinstance(account, str):
        return Pasted(account, flavour=meta_app.flavour)
    if isinstance(account, Several):
        facts = {**account.facts, "contact_email": contact_email, "pasted": True}
        attempt = open_choice(account.token, account.offer, facts, tenant=tenant, meta_app=meta_app, user=by)
        return Pasted(words.WORKSPACE_GONE) if attempt is None else Pasted(words.CHOOSE, attempt=attempt)
    pasting = _Pasting(account, tenant, meta_app, contact_email, by, begun_at)
    try:
        return pasting.store()
    except IntegrityError:
        # Somebody connected the same new account in the same moment: this renews it.
        return pasting.store()


@dataclass(frozen=True, slots=True)
class _Pasting:
    account: Account
    tenant: Tenant
    meta_app: MetaApp
    contact_email: str
    by: User
    begun_at: dt.datetime

    def store(self) -> Pasted:
        now = timezone.now()
        with transaction.atomic():
            if lock_living(self.tenant.pk) is None:
                return Pasted(words.WORKSPACE_GONE)
            existing = known(self.tenant, self.meta_app, self.account)
            was = "" if existing is None else existing.status
            if existing is not None:
                if existing.status == Status.DISCONNECTED and self.begun_at < existing.status_changed_at <= now:
                    # While Instagram was asked somebody disconnected it, and has the last word.
                    return Pasted(words.ENDED_MEANWHILE)
                if word := why_it_stays(existing, self.account):
                    return Pasted(word, existing)
                profile = self.account.profile
                take_names(existing, handle=profile.username or "", name=profile.name or "", now=now)
            connection = bring_in(
                existing,
                self.account,
                tenant=self.tenant,
                meta_app=self.meta_app,
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


def _examined(token: Secret, examiners: Sequence[Examines]) -> tuple[MetaApp, Account | Several | str]:
    """Which of Meta's products a token belongs to nobody tells by its letters: each is asked until one knows it."""
    first, *others = examiners
    found = first.examine(token)
    for examiner in others:
        if not _may_be_another_products(found):
            break
        answer = examiner.examine(token)
        if not _may_be_another_products(answer):
            return examiner.meta_app, answer
    return first.meta_app, found


def _may_be_another_products(found: Account | Several | str) -> bool:
    return isinstance(found, str) and found in ANOTHER_PRODUCT
