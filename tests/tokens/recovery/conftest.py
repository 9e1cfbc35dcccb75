from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import make_connection
from tokens.models import Connection, ReconnectRequest


@pytest.fixture
def creator(emulator: Any, tenant: Any, alice: Any) -> Connection:
    """@creator, whose connection works."""
    emulator.state.add_person("creator")
    token = emulator.state.issue_token("creator", age_days=20)
    return make_connection(tenant=tenant, token=token, connected_by=alice, contact_email="carla@creator.example")


@pytest.fixture
def dead(emulator: Any, creator: Connection, signed_in: Any) -> Connection:
    """The same after a change of password that the workspace has found out."""
    emulator.state.change_password("creator")
    signed_in.post(f"/w/{creator.tenant.slug}/connections/{creator.pk}/check/")
    creator.refresh_from_db()
    assert creator.status == "inactive"
    return creator


def make_request(tenant: Any, *, ago: dt.timedelta, took: dt.timedelta | None = None, **columns: Any) -> Any:
    """A request of so long ago, which took so long if it was answered."""
    queued_at = timezone.now() - ago
    answer = {} if took is None else {"revived_at": queued_at + took, "seconds": int(took.total_seconds())}
    connection = columns.pop("connection", None) or make_connection(tenant=tenant, status="inactive")
    return ReconnectRequest.objects.create(
        **{"tenant": tenant, "connection": connection, "reason": "expired", "queued_at": queued_at, **answer, **columns}
    )
