"""Stores what a member wants to be told, and what their workspace has as its default."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts import events
from accounts.models import Membership
from notifications.audience import switchable
from notifications.preferences import choose


@transaction.atomic
def choose_mails(
    membership: Membership, *, own: Mapping[str, bool | None], defaults: Mapping[str, bool] | None = None
) -> bool:
    """Stores the choices; those for all members stand in the history.

    Args:
        membership: whose choices.
        own: for each group that can be switched, on or off; None leaves it to the workspace.
        defaults: the workspace's, where the member may set them.

    Returns:
        Whether anything is now otherwise than before.
    """
    tenant, changed = membership.tenant, False
    for rule in switchable():
        wanted = own.get(rule.group)
        changed |= choose(tenant_id=tenant.pk, user_id=membership.user_id, group=rule.group, wanted=wanted)
        if defaults is None or rule.group not in defaults:
            continue
        # On is what holds without a row.
        default = None if defaults[rule.group] else False
        if choose(tenant_id=tenant.pk, user_id=None, group=rule.group, wanted=default):
            changed = True
            text = f"Mails to members are {'off' if default is False else 'on'} unless they choose: {rule.title}."
            events.record(tenant=tenant, kind="mail_defaults_changed", text=text, actor=membership.user.email)
    return changed
