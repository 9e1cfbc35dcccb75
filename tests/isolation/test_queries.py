"""A member's list page costs as many queries in a small installation as in a large one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Tenant, User
from tests.crowds import copy_row
from tests.factories import make_connection, make_tenant, make_user
from tokens.models import Connection

CONNECTIONS, TENANTS = 100_000, 10_000
# Session, user, membership with its tenant, the switcher's list, the counts, the rows, the heartbeats, what the
# watch has seen.
QUERIES = 8


def queries_of(browser: Client, path: str) -> list[str]:
    browser.get(path)  # the first visit of a session stores which workspace it was
    with CaptureQueriesContext(
        database,
    ) as captured:
        assert browser.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def crowd(tenant: Tenant, owner: User) -> None:
    """Fills the workspace and the installation."""
    copy_row(make_tenant(owner=owner), TENANTS - 2, slug="'other-' || n.i")
    [membership] = Membership.objects.filter(user=owner)
    copy_row(membership, TENANTS - 2, tenant_id="n.i")
    connection = make_connection(tenant=tenant)
    copy_row(connection, CONNECTIONS, instagram_id="'many' || n.i", handle="'many' || n.i")
    copy_row(connection.credential, CONNECTIONS, connection_id="n.i")


@pytest.mark.django_db
def test_the_list_costs_the_same_number_of_queries_whatever_the_size(
    signed_in: Client, tenant: Tenant, emulator: Any
) -> None:
    make_connection(tenant=tenant)
    path = f"/w/{tenant.slug}/"
    small = queries_of(signed_in, path)
    crowd(tenant, make_user())
    large = queries_of(signed_in, path)
    assert (Connection.objects.for_tenant(tenant).count(), Tenant.objects.count()) == (CONNECTIONS + 2, TENANTS)
    assert [len(small), len(large)] == [QUERIES, QUERIES], "\n".join(large)
