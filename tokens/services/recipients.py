"""Who is told about a connection: design rule 7, in one place."""

from __future__ import annotations

import uuid

from accounts.models import Membership, Role
from tokens.models import Connection, Link


def of_connection(connection: Connection) -> list[str]:
    """The contact address, else the member who connected it, else the owners. Lowercase, each once."""
    if connection.contact_email:
        return [connection.contact_email.lower()]
    return members_behind(connection)


def members_behind(connection: Connection) -> list[str]:
    """The member who connected it, while still a member of the tenant; else the owners."""
    return _member_or_owners(connection.tenant_id, connection.connected_by_id)


def inviter_of(link: Link) -> list[str]:
    """The member who sent a connect link, while still a member of the tenant; else the owners."""
    return _member_or_owners(link.tenant_id, link.invited_by_id)


def _member_or_owners(tenant_id: uuid.UUID, user_id: int | None) -> list[str]:
    members = Membership.objects.filter(tenant_id=tenant_id, user__is_active=True).order_by("pk")
    who = members.filter(user_id=user_id or 0)
    if not who.exists():
        who = members.filter(role=Role.OWNER)
    return list(dict.fromkeys(email.lower() for email in who.values_list("user__email", flat=True)))
