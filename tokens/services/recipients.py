"""Who is told about a connection: design rule 7, in one place."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db.models import Q

from accounts.models import Membership, Role, Tenant
from tokens.models import Connection, Link


def of_connection(connection: Connection) -> list[str]:
    """The contact address, else the member who connected it, else the owners. Lowercase, each once."""
    if connection.contact_email:
        return [connection.contact_email.lower()]
    return members_behind(connection)


def of_connections(tenant: Tenant, connections: Sequence[Connection]) -> dict[uuid.UUID, list[str]]:
    """`of_connection` for some of one tenant's connections, with one query for all of them."""
    behind = {each.connected_by_id for each in connections if not each.contact_email} - {None}
    members = Membership.objects.for_tenant(tenant).filter(user__is_active=True).order_by("pk")
    people = members.filter(Q(user_id__in=behind) | Q(role=Role.OWNER)).values_list("user_id", "role", "user__email")
    known = {user_id: email.lower() for user_id, _, email in people}
    owners = list(dict.fromkeys(email.lower() for _, role, email in people if role == Role.OWNER))
    return {
        each.pk: [each.contact_email.lower()] if each.contact_email else _one(known, each.connected_by_id) or owners
        for each in connections
    }


def _one(known: dict[int, str], user_id: int | None) -> list[str]:
    return [known[user_id]] if user_id in known else []


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
