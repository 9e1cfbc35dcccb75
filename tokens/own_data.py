"""What this app adds to what somebody gets who asks for their data."""

from __future__ import annotations

from typing import Any

from accounts.models import Tenant, User
from tokens.models import Connection


def connections_of(user: User) -> list[dict[str, Any]]:
    """The accounts that the person connected, in workspaces that they still belong to."""
    rows = Connection.objects.filter(connected_by=user, tenant__in=Tenant.objects.of(user).living().order_by())
    return [
        {
            "workspace": row.tenant.name,
            "handle": row.handle,
            "instagram_id": row.instagram_id,
            "status": row.status,
            "connected_at": row.created_at,
        }
        for row in rows.select_related("tenant").order_by("created_at", "pk")
    ]
