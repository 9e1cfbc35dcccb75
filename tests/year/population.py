"""The accounts as the product knows them: workspaces, Meta apps, connections, sealed tokens, dates by its own rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from accounts.models import Tenant
from tests.factories import make_meta_app, make_tenant
from tests.year.people import Account
from tests.year.weather import OWN_APP
from tokens import due_dates
from tokens.fields import newest_key_id, seal
from tokens.models import Connection, Credential, MetaApp

WORKSPACES = 20
# Every twentieth was imported: nobody knows when its token was issued, or until when it lasts.
IMPORTED = 20


def instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def populate(accounts: Sequence[Account], start: float, checked: int) -> dict[int, MetaApp]:
    """Writes everything into an empty database.

    Args:
        accounts: one connection each.
        start: the first instant.
        checked: the first so many are checked daily, the others never.

    Returns:
        The Meta apps, by the number that accounts name them by.
    """
    with transaction.atomic():
        tenants = [make_tenant(f"Workspace {number}") for number in range(WORKSPACES)]
        apps = {0: make_meta_app(), OWN_APP: make_meta_app(tenant=tenants[0])}
        Connection.objects.bulk_create(
            [_connection(account, tenants, apps, instant(start)) for account in accounts], batch_size=500
        )
        Credential.objects.bulk_create(
            [_credential(account, tenants, instant(start), account.number < checked) for account in accounts],
            batch_size=500,
        )
    return apps


def _tenant(account: Account, tenants: list[Tenant]) -> Tenant:
    return tenants[0] if account.app == OWN_APP else tenants[1 + account.number % (len(tenants) - 1)]


def _connection(
    account: Account, tenants: list[Tenant], apps: dict[int, MetaApp], created_at: dt.datetime
) -> Connection:
    return Connection(
        id=account.key,
        tenant=_tenant(account, tenants),
        meta_app=apps[account.app],
        instagram_id=str(account.number),
        handle=f"creator{account.number}",
        permissions=["instagram_business_basic"],
        contact_email=f"creator{account.number}@example.com",
        status_changed_at=created_at,
        created_at=created_at,
    )


def _credential(account: Account, tenants: list[Tenant], now: dt.datetime, checked: bool) -> Credential:
    imported = account.number % IMPORTED == IMPORTED - 1
    issued_at = None if imported else instant(account.issued)
    expires_at = None if imported else instant(account.expires)
    obtained_at = issued_at or now
    return Credential(
        connection_id=account.key,
        tenant=_tenant(account, tenants),
        token=seal(account.string),
        key_id=newest_key_id(),
        obtained_at=obtained_at,
        issued_at=issued_at,
        expires_at=expires_at,
        due_at=due_dates.refresh_due_at(obtained_at=obtained_at, issued_at=issued_at, expires_at=expires_at),
        check_due_at=due_dates.next_check_at(account.key, now) if checked else None,
    )
