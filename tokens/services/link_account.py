"""Stores a consented account as a connection: new, renewed or revived, in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import events
from accounts.models import User
from notifications.services import notify
from tokens import due_dates
from tokens.fields import newest_key_id, seal
from tokens.flags import missing_permissions
from tokens.meta import Profile, Secret
from tokens.models import ConnectAttempt, Connection, Credential, Link, MetaApp, Status
from tokens.services import links, recipients
from tokens.services.store import RESET


@dataclass(frozen=True, slots=True)
class Account:
    """What Meta told of an account, and its long-lived token."""

    profile: Profile
    token: Secret
    issued_at: dt.datetime | None
    expires_at: dt.datetime | None
    exchange_user_id: str = ""
    permissions: list[str] | None = None

    @property
    def instagram_id(self) -> str:
        return self.profile.user_id or self.profile.app_scoped_id or ""

    @property
    def aliases(self) -> set[str]:
        ids = {self.profile.user_id, self.profile.app_scoped_id, self.exchange_user_id}
        return {alias for alias in ids if alias}


class WrongAccount(Exception):
    """Somebody consented with another account than the one to be revived."""

    def __init__(self, *, expected: str, found: str) -> None:
        super().__init__("Another Instagram account was used than the one to be reconnected.")
        self.expected = expected
        self.found = found


class EndedMeanwhile(Exception):
    """A member disconnected the connection while somebody was at Instagram to connect it."""


def link_account(attempt: ConnectAttempt, account: Account) -> tuple[Connection, bool]:
    """The attempt's account as an active connection.

    Args:
        attempt: what tenant, app and member it belongs to, and which connection it is to revive.
        account: what came back from Instagram.

    Returns:
        The connection, and whether it existed before.

    Raises:
        WrongAccount: the attempt is to revive another account.
        EndedMeanwhile: it was disconnected after the attempt began; whoever did that has the last word.
    """
    expected = attempt.connection
    if expected is not None and not expected.aliases & account.aliases:
        raise WrongAccount(expected=expected.handle, found=account.profile.username or account.instagram_id)
    try:
        with transaction.atomic():
            return _link(attempt, account)
    except IntegrityError:
        # Two tabs connected the same new account in the same moment: the second one renews it.
        with transaction.atomic():
            return _link(attempt, account)


def _link(attempt: ConnectAttempt, account: Account) -> tuple[Connection, bool]:
    now = timezone.now()
    connection = _existing(attempt, account)
    if connection is not None and _ended_since(connection, attempt):
        raise EndedMeanwhile
    revived = connection is not None
    if connection is None:
        connection = Connection(tenant_id=attempt.tenant_id, meta_app_id=attempt.meta_app_id)
    was = connection.status
    describe(connection, account, now=now, meta_app=attempt.meta_app, user=attempt.user)
    store_token(connection, account, now=now)
    _tell(attempt, connection, revived=revived, was=was, now=now)
    if attempt.link is not None:
        links.use_up(attempt.link, now)
    links.retire(connection, now)
    return connection, revived


def _ended_since(connection: Connection, attempt: ConnectAttempt) -> bool:
    return connection.status == Status.DISCONNECTED and connection.status_changed_at > attempt.created_at


def _existing(attempt: ConnectAttempt, account: Account) -> Connection | None:
    rows = Connection.objects.select_for_update(no_key=True).filter(tenant_id=attempt.tenant_id)
    same_app = rows.known_as(attempt.meta_app, account.aliases).order_by("created_at").first()
    if same_app is not None or attempt.connection_id is None:
        return same_app
    # The installation moved on to another Meta app since: the connection moves along.
    return rows.filter(pk=attempt.connection_id).first()


def describe(
    connection: Connection, account: Account, *, now: dt.datetime, meta_app: MetaApp, user: User | None
) -> None:
    """Sets a connection's columns from what Meta told, makes it active and saves it."""
    profile = account.profile
    if connection._state.adding or profile.user_id:
        connection.instagram_id = account.instagram_id
    connection.meta_app = meta_app
    connection.app_scoped_id = profile.app_scoped_id or connection.app_scoped_id
    connection.exchange_user_id = account.exchange_user_id or connection.exchange_user_id
    connection.handle = (profile.username or connection.handle)[:100]
    connection.name = (profile.name or connection.name)[:200]
    connection.account_type = (profile.account_type or connection.account_type)[:40]
    connection.permissions = account.permissions
    if connection.status != Status.ACTIVE or connection._state.adding:
        connection.status_changed_at = now
    connection.status, connection.reason = Status.ACTIVE, ""
    if user is not None:
        connection.connected_by = user
    connection.save()


def store_token(connection: Connection, account: Account, *, now: dt.datetime) -> None:
    """Puts a new token in place of whatever was there, and sets all dates anew.

    Version and fence rise, so that the late answer of an attempt under way can't overwrite it.
    """
    columns = {
        "tenant_id": connection.tenant_id,
        "token": seal(account.token.reveal()),
        "key_id": newest_key_id(),
        "obtained_at": account.issued_at or now,
        "issued_at": account.issued_at,
        "expires_at": account.expires_at,
        "expiry_told": True,
        "due_at": due_dates.refresh_due_at(
            obtained_at=account.issued_at or now, issued_at=account.issued_at, expires_at=account.expires_at
        ),
        "check_due_at": due_dates.next_check_at(connection.pk, now),
        "checked_at": now,
        "refreshed_at": None,
        "lease_owner": "",
        "lease_until": None,
        **RESET,
    }
    known = Credential.objects.filter(pk=connection.pk)
    if not known.update(**columns, version=F("version") + 1, fence=F("fence") + 1):
        Credential.objects.create(connection=connection, **columns)


def _tell(attempt: ConnectAttempt, connection: Connection, *, revived: bool, was: str, now: dt.datetime) -> None:
    actor = attempt.user.email if attempt.user else "the reconnect link"
    handle = f"@{connection.handle}"
    if not revived:
        kind, text = "connected", f"{handle} was connected."
    elif was == Status.ACTIVE:
        kind, text = "renewed", f"{handle} was connected again; the connection was renewed."
    else:
        kind, text = "reconnected", f"{handle} was reconnected and works again."
    events.record(tenant=attempt.tenant, kind=kind, text=text, subject_id=connection.pk, actor=actor, at=now)
    missing = missing_permissions(connection)
    if missing:
        text = f"Not ticked at Instagram: {', '.join(missing)}."
        events.record(tenant=attempt.tenant, kind="permission_missing", text=text, subject_id=connection.pk, at=now)
    if attempt.link is not None and was == Status.INACTIVE:
        _tell_members(attempt.link, connection, now)


def _tell_members(link: Link, connection: Connection, now: dt.datetime) -> None:
    """Somebody revived it by a link: the members behind it hear of it, whoever held the link just saw it."""
    held_the_link = {address.lower() for address in link.recipients}
    addresses = [address for address in recipients.members_behind(connection) if address not in held_the_link]
    notify(
        kind="revived",
        recipients=addresses,
        tenant_id=connection.tenant_id,
        subject_id=connection.pk,
        dedupe_key=f"revived:{link.pk}",
        now=now,
    )
