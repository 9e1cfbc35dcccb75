"""Who changes the team: the member's role as it is now, not as it was when the page was asked for."""

from __future__ import annotations

from accounts.models import Membership, User
from accounts.rights import Right, may, may_handle


class NotAllowed(Exception):
    """The member's role does not allow it, or does not any more."""


class OwnersOnly(Exception):
    """Owners are made, changed and removed by owners alone."""


def check_manager(memberships: dict[int, Membership], by: User, *roles: str) -> Membership:
    """The membership of whoever acts.

    Args:
        memberships: what `last_owner.lock_memberships` returned, in the same transaction.
        by: who acts.
        roles: those that are given, taken or changed.

    Raises:
        NotAllowed: the member may not manage the team.
        OwnersOnly: one of the roles is an owner's, and the member is none.
    """
    manager = next((row for row in memberships.values() if row.user_id == by.pk), None)
    if manager is None or not may(manager.role, Right.MANAGE_TEAM):
        raise NotAllowed
    if not all(may_handle(manager.role, role) for role in roles):
        raise OwnersOnly
    return manager
