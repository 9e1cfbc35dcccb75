"""A member's list page costs as many queries in a small installation as in a large one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Role, Tenant, User
from tests.factories import make_connection, make_meta_app, make_user
from tokens.models import Connection, Credential

CONNECTIONS, TENANTS, BATCH = 100_000, 10_000, 5_000
# Session, user, membership with its tenant, the switcher's list, the counts, the rows, the sweep's heartbeat.
QUERIES = 7


def queries_of(browser: Client, path: str) -> list[str]:
    browser.get(path)  # the first visit of a session stores which workspace it was
    with CaptureQueriesContext(
        database,
    ) as captured:
        assert browser.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def crowd(tenant: Tenant, owner: User) -> None:
    """Fills the workspace and the installation."""
    Tenant.objects.bulk_create(
        [Tenant(name=f"Other {n}", slug=f"other-{n}") for n in range(TENANTS - 1)], batch_size=BATCH
    )
    others = Tenant.objects.exclude(pk=tenant.pk)
    Membership.objects.bulk_create(
        [Membership(tenant=other, user=owner, role=Role.OWNER) for other in others], batch_size=BATCH
    )
    now, app = timezone.now(), make_meta_app()
    for start in range(0, CONNECTIONS, BATCH):
        rows = Connection.objects.bulk_create(
            [
                Connection(tenant=tenant, meta_app=app, instagram_id=f"many{start + n}", handle=f"many{start + n}")
                for n in range(BATCH)
            ]
        )
        due = now + dt.timedelta(days=40)
        Credential.objects.bulk_create(
            [
                Credential(
                    connection=row, tenant=tenant, obtained_at=now, issued_at=now,
                    expires_at=now + dt.timedelta(days=60), due_at=due, check_due_at=due,
                )
                for row in rows
            ]
        )  # fmt: skip


@pytest.mark.django_db
def test_the_list_costs_the_same_number_of_queries_whatever_the_size(
    signed_in: Client, tenant: Tenant, emulator: Any
) -> None:
    make_connection(tenant=tenant)
    path = f"/w/{tenant.slug}/"
    small = queries_of(signed_in, path)
    crowd(tenant, make_user())
    large = queries_of(signed_in, path)
    assert [len(small), len(large)] == [QUERIES, QUERIES], "\n".join(large)
