"""Says which permissions a workspace needs, and has those asked who lack a new one."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant, User
from accounts.services.lock_living import lock_living
from tokens import needs
from tokens.models import MetaApp, PermissionNeeds
from tokens.services.concerned import Concerned, concerned, lacking
from tokens.services.ring import ring_one

LONGEST_TEXT = 500


class Unconfirmed(Exception):
    """It concerns somebody: nothing was saved, and whoever asks has to see whom first."""

    def __init__(self, whom: Concerned, *, added: list[str], removed: list[str]) -> None:
        super().__init__("It concerns accounts that nobody has confirmed yet.")
        self.whom = whom
        self.added = added
        self.removed = removed


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it: whether anything is another now, how many are asked, of how many nothing is known."""

    changed: bool
    asked: int = 0
    untold: int = 0


def change_needs(
    tenant: Tenant, meta_app: MetaApp, *, permissions: Sequence[str], seen: str, ask: bool, by: User
) -> Saved:
    """Stores what the workspace needs, in one transaction with the event and the marks of those to be asked.

    Args:
        tenant: the workspace; where somebody has deleted it meanwhile, nothing is changed.
        meta_app: the app that it connects through now; only what this one can ask for is stored.
        permissions: what is needed; the basic one always is.
        seen: the digest of the list that the member has seen; empty for none.
        ask: whether those on the list are asked by mail.
        by: the member.

    Raises:
        Unconfirmed: it concerns somebody, and the list is not (or no longer) the one that was seen.
    """
    now = timezone.now()
    with transaction.atomic():
        row = lock_living(tenant.pk)
        if row is None:
            return Saved(changed=False)
        before = needs.of_workspace(row.pk, meta_app)
        after = needs.needed(meta_app, permissions)
        added = [each for each in after if each not in before]
        removed = [each for each in before if each not in after]
        if not added and not removed:
            return Saved(changed=False)
        whom = concerned(row, meta_app.flavour, added)
        if whom.total and whom.digest != seen:
            raise Unconfirmed(whom, added=added, removed=removed)
        PermissionNeeds.objects.update_or_create(
            tenant=row,
            flavour=meta_app.flavour,
            defaults={"permissions": after, "changed_at": now, "changed_by": by},
        )
        asked = _mark(row, meta_app.flavour, added, now) if ask else 0
        _tell(row, after, added=added, removed=removed, asked=asked, by=by, now=now)
    return Saved(changed=True, asked=asked, untold=whom.untold)


def _mark(tenant: Tenant, flavour: str, added: Sequence[str], now: dt.datetime) -> int:
    """Lets workers ask those who lack something, and only those. Returns how many."""
    asked = lacking(tenant, flavour, added).update(asking_since=now)
    if asked:
        # Robust: a queue that does not answer must not undo what was saved. The next minute's sweep rings as well.
        transaction.on_commit(functools.partial(ring_one, "tokens.tasks.ask_permissions"), robust=True)
    return asked


def _tell(
    tenant: Tenant,
    after: Sequence[str],
    *,
    added: list[str],
    removed: list[str],
    asked: int,
    by: User,
    now: dt.datetime,
) -> None:
    told = [f"The permissions needed are now: {', '.join(after)}."]
    if asked:
        told.append(f"{asked} account{' is' if asked == 1 else 's are'} asked by mail.")
    events.record(
        tenant=tenant,
        kind="needs_changed",
        text=" ".join(told)[:LONGEST_TEXT],
        actor=by.email,
        detail={"added": added, "removed": removed, "asked": asked},
        at=now,
    )
