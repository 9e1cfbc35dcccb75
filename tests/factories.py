"""Rows for tests, as the product would have made them: plain functions with defaults for all that a test leaves open.

connection = make_connection()                                  # active, half-way through its 60 days, not due
connection = make_connection(token=emulator.state.issue_token("anna", age_days=50), due_at=timezone.now())
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone

from accounts.models import Membership, Role, Tenant, User
from accounts.services.create_tenant import create_tenant
from tests.emulator.records import Token
from tokens import due_dates
from tokens.fields import newest_key_id, seal
from tokens.models import Connection, Credential, Flavour, MetaApp, Reason, Status

PASSWORD = "a long pass phrase"
SIXTY_DAYS = dt.timedelta(days=60)
# As if the daily check had been here: what has not been reached for days is flagged.
SINCE_CHECK = dt.timedelta(hours=1)

_numbers = itertools.count(1)
_UNSET: Any = object()


def made_up_token(number: int | None = None) -> str:
    """A string that looks like one of Instagram's tokens and is none."""
    return f"IGAAmadeup{next(_numbers) if number is None else number:06d}" + "x" * 60


def make_user(email: str = "", *, verified: bool = True, **columns: Any) -> User:
    """Somebody who can sign in with PASSWORD."""
    user = User.objects.create_user(email or f"user{next(_numbers)}@example.com", PASSWORD, **columns)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    return user


def make_tenant(name: str = "", *, owner: User | None = None) -> Tenant:
    """A workspace with its owner."""
    return create_tenant(name=name or f"Workspace {next(_numbers)}", owner=owner or make_user())


def make_member(tenant: Tenant, role: str = Role.MEMBER, *, user: User | None = None) -> User:
    """A further member of `tenant`."""
    user = user or make_user()
    Membership.objects.create(tenant=tenant, user=user, role=role)
    return user


def make_meta_app(*, tenant: Tenant | None = None, app_id: str = "", secret: str | None = None) -> MetaApp:
    """The installation's own Meta app by default; another one with `app_id`; a tenant's with `tenant`."""
    if tenant is None:
        app_id = app_id or settings.INSTAGRAM_APP_ID
        return MetaApp.objects.get_or_create(tenant=None, flavour=Flavour.INSTAGRAM_LOGIN, app_id=app_id)[0]
    return MetaApp.objects.create(
        tenant=tenant,
        flavour=Flavour.INSTAGRAM_LOGIN,
        app_id=app_id or str(10**12 + next(_numbers)),
        secret=secret or "a tenant's app secret",
        key_id=newest_key_id(),
    )


def make_connection(
    *,
    tenant: Tenant | None = None,
    meta_app: MetaApp | None = None,
    token: str | Token | None = None,
    handle: str = "",
    status: str = Status.ACTIVE,
    reason: str = "",
    issued_at: dt.datetime | None = _UNSET,
    expires_at: dt.datetime | None = _UNSET,
    due_at: dt.datetime | None = _UNSET,
    check_due_at: dt.datetime | None = _UNSET,
    credential: dict[str, Any] | None = None,
    **columns: Any,
) -> Connection:
    """A connection with its credential.

    Args:
        tenant: a new one by default.
        meta_app: the installation's own by default.
        token: made up by default; one of the emulator's brings its person's handle, ids and dates along.
        handle: without `@`.
        status: an inactive one has no due dates, a disconnected one no token either.
        reason: why it is inactive; its password was changed by default.
        issued_at: 30 days ago by default; None = unknown.
        expires_at: 60 days after issue by default; None = unknown.
        due_at: as the rule has it by default.
        check_due_at: the connection's own slot by default.
        credential: further columns of the credential.
        **columns: further columns of the connection.
    """
    now, number = timezone.now(), next(_numbers)
    if isinstance(token, Token):
        columns = {"instagram_id": token.user_id, "app_scoped_id": token.id, **columns}
        handle = handle or token.person.username
        issued_at = _instant(token.issued_at) if issued_at is _UNSET else issued_at
        expires_at = _instant(token.expires_at) if expires_at is _UNSET else expires_at
        token = token.access_token
    if status == Status.INACTIVE:
        reason = reason or Reason.PASSWORD_CHANGED
    connection = Connection.objects.create(
        **{
            "tenant": tenant or make_tenant(),
            "meta_app": meta_app or make_meta_app(),
            "instagram_id": str(17_841_500_000_000_000 + number),
            "app_scoped_id": str(25_000_000_000_000_000 + number),
            "handle": handle or f"creator{number}",
            "permissions": ["instagram_business_basic"],
            "status": status,
            "reason": reason,
            **columns,
        }
    )
    life = _dates(now, issued_at, expires_at)
    dates = {**life, "checked_at": now - SINCE_CHECK}
    if status == Status.ACTIVE:
        dates["due_at"] = due_dates.refresh_due_at(**life) if due_at is _UNSET else due_at
        dates["check_due_at"] = due_dates.next_check_at(connection.pk, now) if check_due_at is _UNSET else check_due_at
    _give_credential(connection, token or made_up_token(number), {**dates, **(credential or {})})
    return connection


def _dates(now: dt.datetime, issued_at: dt.datetime | None, expires_at: dt.datetime | None) -> dict[str, Any]:
    """Half of the sixty days ago, and sixty days after issue, where a test left them open."""
    if issued_at is _UNSET:
        issued_at = now - SIXTY_DAYS / 2
    if expires_at is _UNSET:
        expires_at = (issued_at or now) + SIXTY_DAYS
    return {"obtained_at": issued_at or now, "issued_at": issued_at, "expires_at": expires_at}


def _give_credential(connection: Connection, token: str, columns: dict[str, Any]) -> None:
    key = {"token": seal(token), "key_id": newest_key_id()} if connection.status != Status.DISCONNECTED else {}
    Credential.objects.create(**{"connection": connection, "tenant": connection.tenant, **key, **columns})


def make_connections(count: int, **details: Any) -> list[Connection]:
    """`count` connections of one tenant."""
    details.setdefault("tenant", None)
    details["tenant"] = details["tenant"] or make_tenant()
    return [make_connection(**details) for _ in range(count)]


def credential_of(connection: Connection) -> Credential:
    """The credential as it stands in the database now."""
    return Credential.objects.get(pk=connection.pk)


def _instant(timestamp: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC)
