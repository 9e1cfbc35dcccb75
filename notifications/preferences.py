"""What members chose to be told, workspace by workspace: their own choice, else their workspace's default, else yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from notifications.audience import Rule, switchable
from notifications.models import MailPreference


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a member's table. `own` is None where they leave it to the workspace."""

    rule: Rule
    default: bool
    own: bool | None

    @property
    def wanted(self) -> bool:
        return self.default if self.own is None else self.own


def choices(*, tenant_id: UUID, user_id: int) -> list[Choice]:
    """What a member gets of whatever can be switched."""
    rows = MailPreference.objects.filter(tenant_id=tenant_id, user_id__isnull=True)
    defaults = dict(rows.values_list("group", "wanted"))
    own = dict(MailPreference.objects.filter(tenant_id=tenant_id, user_id=user_id).values_list("group", "wanted"))
    return [Choice(rule, defaults.get(rule.group, True), own.get(rule.group)) for rule in switchable()]


def wants(address: str, *, tenant_id: UUID, group: str) -> bool:
    """Whether whoever has that address wants mails of the group; somebody unknown does."""
    rows = MailPreference.objects.filter(tenant_id=tenant_id, group=group)
    own = rows.filter(user__email=address.lower()).values_list("wanted", flat=True).first()
    if own is not None:
        return own
    default = rows.filter(user_id__isnull=True).values_list("wanted", flat=True).first()
    return default is None or default


def choose(*, tenant_id: UUID, user_id: int | None, group: str, wanted: bool | None) -> bool:
    """Stores a choice, in the caller's transaction; tells whether it is another one than before.

    Arguments:
        tenant_id: the workspace.
        user_id: the member; None for the workspace's default.
        group: one that can be switched.
        wanted: None takes the choice back.
    """
    whose: dict[str, Any] = {"user_id": user_id} if user_id is not None else {"user_id__isnull": True}
    rows = MailPreference.objects.filter(tenant_id=tenant_id, group=group, **whose)
    if wanted is None:
        return bool(rows.delete()[0])
    if rows.filter(wanted=wanted).exists():
        return False
    # Two clicks at once are two answers to one question: the second finds the first one's row.
    ours: dict[str, Any] = {"tenant_id": tenant_id, "user_id": user_id, "group": group}
    MailPreference.objects.update_or_create(**ours, defaults={"wanted": wanted})
    return True


def forget_member(*, tenant_id: UUID, user_id: int) -> None:
    """Somebody who comes back to a team begins anew."""
    MailPreference.objects.filter(tenant_id=tenant_id, user_id=user_id).delete()
