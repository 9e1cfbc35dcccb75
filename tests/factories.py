"""Rows for tests, as the product would have made them: plain functions with defaults for all that a test leaves open.

connection = make_connection()                                  # active, half-way through its 60 days, not due
connection = make_connection(token=emulator.state.issue_token("anna", age_days=50), due_at=timezone.now())
connection = make_connection(flavour="facebook_login")          # with a person's token that renews the Page's
connection = make_connection(flavour="system_user")             # never expires; with `issued_at`, one of sixty days
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone

from accounts.models import Membership, Role, Tenant, User
from accounts.services.create_tenant import create_tenant
from tests.emulator.facebook.records import FacebookToken
from tests.emulator.records import Token
from tokens import due_dates
from tokens.fields import newest_key_id, seal
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Credential, Flavour, MetaApp, Reason, Status

PASSWORD = "a long pass phrase"
SIXTY_DAYS = dt.timedelta(days=60)
DATA_ACCESS = dt.timedelta(days=90)
# As if the daily check had been here: what has not been reached for days is flagged.
SINCE_CHECK = dt.timedelta(hours=1)

_numbers = itertools.count(1)
_UNSET: Any = object()


def made_up_token(number: int | None = None, prefix: str = "IGAA") -> str:
    """A string that looks like one of Instagram's tokens, or with EAA like one of Facebook's, and is none."""
    return f"{prefix}madeup{next(_numbers) if number is None else number:06d}" + "x" * 60


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


def make_meta_app(
    *,
    tenant: Tenant | None = None,
    app_id: str = "",
    secret: str | None = None,
    flavour: str = Flavour.INSTAGRAM_LOGIN,
) -> MetaApp:
    """The installation's own Meta app of a flavour by default; another one with `app_id`; a tenant's with `tenant`."""
    if tenant is None:
        app_id = app_id or getattr(settings, FLAVOURS[flavour].settings[0])
        return MetaApp.objects.get_or_create(tenant=None, flavour=flavour, app_id=app_id)[0]
    return MetaApp.objects.create(
        tenant=tenant,
        flavour=flavour,
        app_id=app_id or str(10**12 + next(_numbers)),
        secret=secret or "a tenant's app secret",
        key_id=newest_key_id(),
    )


def make_connection(
    *,
    tenant: Tenant | None = None,
    meta_app: MetaApp | None = None,
    flavour: str = Flavour.INSTAGRAM_LOGIN,
    token: str | Token | FacebookToken | None = None,
    renewal: str | FacebookToken | None = None,
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
        meta_app: the installation's own of the flavour by default.
        flavour: of the connection, unless a Meta app is given.
        token: made up by default; one of the emulator's brings its person's ids and dates along.
        renewal: of Facebook Login, the person's token that renews it; likewise.
        handle: without `@`.
        status: an inactive one has no due dates, a disconnected one no token either.
        reason: why it is inactive; its password was changed by default.
        issued_at: 30 days ago by default; None = unknown. Of Facebook Login, when the person's token was issued.
        expires_at: 60 days after issue by default, of Facebook Login 90; None = unknown. A system user's token has no
            end, unless one of `issued_at` and `expires_at` is given.
        due_at: as the rule has it by default.
        check_due_at: the connection's own slot by default.
        credential: further columns of the credential.
        **columns: further columns of the connection.
    """
    now, number = timezone.now(), next(_numbers)
    flavour = meta_app.flavour if meta_app is not None else flavour
    told = _told_by(token, renewal)
    columns = {**told.columns, **columns}
    known = columns.pop("handle", "")
    issued_at = told.issued_at if issued_at is _UNSET else issued_at
    expires_at = told.expires_at if expires_at is _UNSET else expires_at
    connection = Connection.objects.create(
        **{
            "tenant": tenant or make_tenant(),
            "meta_app": meta_app or make_meta_app(flavour=flavour),
            "status": status,
            "reason": reason or (Reason.PASSWORD_CHANGED if status == Status.INACTIVE else ""),
            **_account(flavour, number, handle or known),
            **columns,
        }
    )
    life = _DATES.get(flavour, _dates)(now, issued_at, expires_at)
    dates = _schedule(connection, life, credential or {}, now=now, due_at=due_at, check_due_at=check_due_at)
    if flavour == Flavour.FACEBOOK_LOGIN and status != Status.DISCONNECTED:
        dates["renewal"] = seal(_text(renewal) or made_up_token(number, "EAAperson"))
    prefix = "IGAA" if flavour == Flavour.INSTAGRAM_LOGIN else "EAA"
    _give_credential(connection, _text(token) or made_up_token(number, prefix), {**dates, **(credential or {})})
    return connection


def _schedule(
    connection: Connection,
    life: dict[str, Any],
    given: dict[str, Any],
    *,
    now: dt.datetime,
    due_at: dt.datetime | None,
    check_due_at: dt.datetime | None,
) -> dict[str, Any]:
    """A credential's dates: its life, and when it is due, as the rule has it where a test left that open."""
    life |= {name: value for name, value in given.items() if name in life}
    dates = {**life, "checked_at": now - SINCE_CHECK}
    if connection.status == Status.ACTIVE:
        rule = {name: value for name, value in {**life, **given}.items() if name in _RULE}
        dates["due_at"] = due_dates.due_at(**{"renewable": True, **rule}) if due_at is _UNSET else due_at
        dates["check_due_at"] = due_dates.next_check_at(connection.pk, now) if check_due_at is _UNSET else check_due_at
    return dates


@dataclass(frozen=True)
class _Told:
    """What tokens of the emulator bring along."""

    columns: dict[str, Any] = field(default_factory=dict)
    issued_at: Any = _UNSET
    expires_at: Any = _UNSET


def _told_by(token: Any, renewal: Any) -> _Told:
    if isinstance(token, Token):
        who = {"instagram_id": token.user_id, "app_scoped_id": token.id, "handle": token.person.username}
        return _Told(who, _instant(token.issued_at), _instant(token.expires_at))
    if not isinstance(token, FacebookToken):
        return _Told()
    allowed: dict[str, Any] = {"permissions": list(token.granted)}
    if token.kind == "system_user":
        end = None if token.expires_at is None else _instant(token.expires_at)
        user = {"instagram_id": token.user_id, "name": token.holder.name, **allowed}
        return _Told(user, _UNSET if end is None else _instant(token.issued_at), end)
    first = renewal if isinstance(renewal, FacebookToken) else token
    person = {"exchange_user_id": token.user_id, "page_id": token.page_id, **allowed}
    return _Told(person, _instant(first.issued_at))


def _account(flavour: str, number: int, handle: str) -> dict[str, Any]:
    """Who it is, by its flavour."""
    if flavour == Flavour.SYSTEM_USER:
        ids = {"instagram_id": str(300_000_000_000_000 + number), "name": f"Reporting {number}"}
        return {**ids, "permissions": ["ads_read", "business_management"]}
    account = {"instagram_id": str(17_841_500_000_000_000 + number), "handle": handle or f"creator{number}"}
    if flavour == Flavour.FACEBOOK_LOGIN:
        person = {"exchange_user_id": str(10_000_000_000_000 + number), "page_id": str(200_000_000_000_000 + number)}
        return {**account, **person, "page_name": f"Page {number}", "permissions": list(settings.FACEBOOK_SCOPES)}
    scoped = {"app_scoped_id": str(25_000_000_000_000_000 + number)}
    return {**account, **scoped, "permissions": ["instagram_business_basic"]}


def _dates(now: dt.datetime, issued_at: dt.datetime | None, expires_at: dt.datetime | None) -> dict[str, Any]:
    """Half of the sixty days ago, and sixty days after issue, where a test left them open."""
    if issued_at is _UNSET:
        issued_at = now - SIXTY_DAYS / 2
    if expires_at is _UNSET:
        expires_at = (issued_at or now) + SIXTY_DAYS
    return {"obtained_at": issued_at or now, "issued_at": issued_at, "expires_at": expires_at}


def _dates_of_page(now: dt.datetime, issued_at: dt.datetime | None, expires_at: dt.datetime | None) -> dict[str, Any]:
    """The person's token ends after sixty days, what is seen of the person's data after ninety."""
    dates = _dates(now, issued_at, _UNSET)
    end = dates["obtained_at"] + DATA_ACCESS if expires_at is _UNSET else expires_at
    return {**dates, "expires_at": end, "renewal_expires_at": dates["expires_at"], "renew_by": end}


def _dates_of_system_user(
    now: dt.datetime, issued_at: dt.datetime | None, expires_at: dt.datetime | None
) -> dict[str, Any]:
    never = expires_at is None or (issued_at is _UNSET and expires_at is _UNSET)
    dates = _dates(now, issued_at, None if never else expires_at)
    return {**dates, "renewable": not never}


_RULE = ("renewable", "obtained_at", "issued_at", "expires_at", "renewal_expires_at")
_DATES: dict[str, Any] = {Flavour.FACEBOOK_LOGIN: _dates_of_page, Flavour.SYSTEM_USER: _dates_of_system_user}


def _text(token: str | Token | FacebookToken | None) -> str | None:
    return token.access_token if isinstance(token, Token | FacebookToken) else token


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
