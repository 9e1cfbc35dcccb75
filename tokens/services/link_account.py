"""Stores a consented account as a connection: new, renewed or revived, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import events
from accounts.models import User
from accounts.services.lock_living import lock_living
from notifications.services import notify
from tokens import due_dates
from tokens.fields import newest_key_id, seal
from tokens.flags import missing_permissions
from tokens.flavours import FLAVOURS
from tokens.meta import Profile, Secret
from tokens.models import ID_LENGTH, ConnectAttempt, Connection, Credential, Link, MetaApp, Status
from tokens.paste_wording import HISTORY, STORED_AFTER
from tokens.services import links, recipients
from tokens.services.changes import RESET
from tokens.services.disconnect import end
from tokens.services.reconnect_requests import note_revival
from tokens.services.take_names import take_names

WhyItStays = Callable[[Connection, "Account"], str]
# Who acted where no member did: whoever held a link.
ACTORS = {Link.Kind.CONNECT: "the connect link", Link.Kind.RECONNECT: "the reconnect link"}


@dataclass(frozen=True, slots=True)
class Account:
    """What Meta told of an account, and its long-lived token."""

    profile: Profile
    token: Secret
    issued_at: dt.datetime | None
    expires_at: dt.datetime | None
    dated: bool = True
    """Whether it is known when the token was issued; where not, `issued_at` is but an instant to reckon from."""
    exchanged: bool = False
    """Whether it was made of the one that was handed in just now; nobody knows how old that one is."""
    exchange_user_id: str = ""
    permissions: list[str] | None = None
    renewal: Secret | None = None
    """The token that renews it, where that is another one, and its end."""
    renewal_expires_at: dt.datetime | None = None
    renewable: bool = True
    """Whether it can be renewed without a person."""
    person_id: str = ""
    """The Facebook person's, who may have brought other accounts as well."""
    page_id: str = ""
    page_name: str = ""
    assets: list[dict[str, str]] = field(default_factory=list)

    @property
    def renew_by(self) -> dt.datetime | None:
        """Until when a person must consent again, as far as is known from the start."""
        return self.expires_at if self.renewal is not None or not self.renewable else None

    @property
    def instagram_id(self) -> str:
        return self.profile.user_id or self.profile.app_scoped_id or ""

    @property
    def aliases(self) -> set[str]:
        ids = {self.profile.user_id, self.profile.app_scoped_id, self.exchange_user_id}
        return {alias for alias in ids if alias}


class WrongAccount(Exception):
    """Somebody consented with another account than the one that is expected."""

    def __init__(self, *, expected: str, found: str) -> None:
        super().__init__("Another Instagram account was used than the one that is expected.")
        self.expected = expected
        self.found = found


class EndedMeanwhile(Exception):
    """A member disconnected the connection while somebody was at Instagram to connect it."""


class Stays(Exception):
    """What is stored of the account is as good as the token that was pasted, or better. Nothing was changed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__("What is stored stays.")
        self.connection = connection


class LinkClosed(Exception):
    """The link was used or withdrawn, or its workspace deleted, while somebody was at Instagram by it."""


def link_account(
    attempt: ConnectAttempt, account: Account, *, seen_by: str = "", why_it_stays: WhyItStays | None = None
) -> tuple[Connection, str]:
    """The attempt's account as an active connection.

    Args:
        attempt: what tenant, app, member and link it belongs to, and which connection it is to revive.
        account: what came back from Instagram.
        seen_by: the address of whoever is signed in and sees what comes of it.
        why_it_stays: of a pasted token, which is no new consent: why a stored connection is not given away for it;
            empty where it may be.

    Returns:
        The connection, and the status that it had before; empty for a new one.

    Raises:
        WrongAccount: the attempt is to revive, or its link expects, another account.
        EndedMeanwhile: it was disconnected after the attempt began; whoever did that has the last word.
        LinkClosed: the link or the workspace came to its end after the attempt began.
        Stays: nothing is gained by the pasted token.
    """
    _expect(attempt, account)
    try:
        with transaction.atomic():
            return _link(attempt, account, seen_by, why_it_stays)
    except IntegrityError:
        # Two tabs connected the same new account in the same moment: the second one renews it.
        with transaction.atomic():
            return _link(attempt, account, seen_by, why_it_stays)


def _expect(attempt: ConnectAttempt, account: Account) -> None:
    found = account.profile.username or account.instagram_id
    revived = attempt.connection
    if revived is not None and not revived.aliases & account.aliases:
        raise WrongAccount(expected=revived.handle, found=found)
    handle = attempt.link.expected_handle if attempt.link else ""
    if handle and handle.lower() != (account.profile.username or "").lower():
        raise WrongAccount(expected=handle, found=found)


def _link(
    attempt: ConnectAttempt, account: Account, seen_by: str, why_it_stays: WhyItStays | None
) -> tuple[Connection, str]:
    now = timezone.now()
    # Whoever deletes the workspace in this moment waits, and then erases this key as well.
    if lock_living(attempt.tenant_id) is None:
        raise LinkClosed
    connection = _existing(attempt, account)
    if connection is not None and _ended_since(connection, attempt, now):
        raise EndedMeanwhile
    if connection is not None and why_it_stays is not None and why_it_stays(connection, account):
        raise Stays(connection)
    was = "" if connection is None else connection.status
    if connection is None:
        connection = Connection(tenant_id=attempt.tenant_id, meta_app_id=attempt.meta_app_id)
    else:
        take_names(connection, handle=account.profile.username or "", name=account.profile.name or "", now=now)
    describe(connection, account, now=now, meta_app=attempt.meta_app, user=attempt.user)
    store_token(connection, account, now=now)
    if attempt.link is not None:
        if not links.use_up(attempt.link, now, made=connection):
            raise LinkClosed
        _take_contact(attempt.link, connection)
    links.retire(connection, now)
    note_revival({connection.pk, attempt.connection_id}, now, by=attempt.link)
    if attempt.connection is not None and attempt.connection.pk != connection.pk:
        _replace(attempt, attempt.connection)
    _tell(attempt, connection, was=was, seen_by=seen_by, pasted=why_it_stays is not None, now=now)
    return connection, was


def _take_contact(link: Link, connection: Connection) -> None:
    """Mails about what a creator connected by invitation go where the invitation went."""
    if link.kind == Link.Kind.CONNECT and link.contact_email != connection.contact_email:
        connection.contact_email = link.contact_email
        connection.save(update_fields=["contact_email"])


def _ended_since(connection: Connection, attempt: ConnectAttempt, now: dt.datetime) -> bool:
    """What ended in the future ended before somebody set the clock back: it keeps nobody from connecting again."""
    ended = connection.status == Status.DISCONNECTED
    return ended and attempt.created_at < connection.status_changed_at <= now


def _existing(attempt: ConnectAttempt, account: Account) -> Connection | None:
    rows = Connection.objects.select_for_update(no_key=True).filter(tenant_id=attempt.tenant_id)
    same_app = rows.known_as(attempt.meta_app, account.aliases).order_by("created_at").first()
    if same_app is not None:
        return same_app
    # The workspace or the installation moved on to another Meta app since: the connection moves along.
    if attempt.connection_id is not None:
        return rows.filter(pk=attempt.connection_id).first()
    # Of its ids only this one is the same in every app.
    same_account = rows.filter(instagram_id=account.profile.user_id) if account.profile.user_id else rows.none()
    apps = MetaApp.objects.filter(flavour=attempt.meta_app.flavour)
    return same_account.filter(meta_app__in=apps).order_by("created_at").first()


def _replace(attempt: ConnectAttempt, old: Connection) -> None:
    """The account has a connection through the app in use already: reconnecting the older one ends in that."""
    actor = attempt.user.email if attempt.user else "the reconnect link"
    text = f"{old} is connected through another Meta app now; this older connection was ended and its key erased."
    end(old, kind="replaced", text=text, actor=actor)


def describe(
    connection: Connection, account: Account, *, now: dt.datetime, meta_app: MetaApp, user: User | None
) -> None:
    """Sets a connection's columns from what Meta told, makes it active and saves it."""
    profile = account.profile
    if connection._state.adding or profile.user_id:
        connection.instagram_id = account.instagram_id
    if connection.meta_app_id != meta_app.pk:
        # These two differ from app to app: what the former app knew the account by says nothing here.
        connection.app_scoped_id = connection.exchange_user_id = ""
    connection.meta_app = meta_app
    connection.app_scoped_id = profile.app_scoped_id or connection.app_scoped_id
    connection.exchange_user_id = account.person_id or account.exchange_user_id or connection.exchange_user_id
    connection.handle = (profile.username or connection.handle)[:100]
    connection.name = (profile.name or connection.name)[:200]
    connection.account_type = (profile.account_type or connection.account_type)[:40]
    connection.permissions = account.permissions
    connection.page_id = account.page_id[:ID_LENGTH]
    connection.page_name = account.page_name[:200]
    connection.assets = account.assets
    if connection.status != Status.ACTIVE or connection._state.adding:
        connection.status_changed_at = now
    connection.status, connection.reason = Status.ACTIVE, ""
    connection.consented_at = now
    # Whoever has just allowed it, or left something unticked, knows what is asked for.
    connection.asking_since = None
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
        "renewal": None if account.renewal is None else seal(account.renewal.reveal()),
        "renewal_expires_at": account.renewal_expires_at,
        "renewable": account.renewable,
        "renew_by": account.renew_by,
        "key_id": newest_key_id(),
        "obtained_at": account.issued_at or now,
        "issued_at": account.issued_at,
        "expires_at": account.expires_at,
        "expiry_told": True,
        "due_at": due_dates.due_at(
            renewable=account.renewable,
            obtained_at=account.issued_at or now,
            issued_at=account.issued_at,
            expires_at=account.expires_at,
            renewal_expires_at=account.renewal_expires_at,
        ),
        "due_by_rule": None,
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


def _tell(
    attempt: ConnectAttempt, connection: Connection, *, was: str, seen_by: str, pasted: bool, now: dt.datetime
) -> None:
    handle = f"@{connection.handle}"
    if pasted:
        kind, text = "pasted", HISTORY[STORED_AFTER[was]].format(connection)
    elif not was:
        kind, text = "connected", f"{handle} was connected."
    elif was == Status.ACTIVE:
        kind, text = "renewed", f"{handle} was connected again; the connection was renewed."
    else:
        kind, text = "reconnected", f"{handle} was reconnected and works again."
    link = attempt.link
    if link is not None and link.kind == Link.Kind.CONNECT:
        text = f"{text} {link.invited_by or 'A member'} had invited {link.contact_email}."
    actor = attempt.user.email if attempt.user else ACTORS[Link.Kind(link.kind)] if link else events.SYSTEM
    events.record(tenant=attempt.tenant, kind=kind, text=text, subject_id=connection.pk, actor=actor, at=now)
    missing = missing_permissions(connection)
    if missing:
        host = FLAVOURS[attempt.meta_app.flavour].host
        text = f"Needed, but not ticked at {host}: {', '.join(missing)}."
        events.record(tenant=attempt.tenant, kind="permission_missing", text=text, subject_id=connection.pk, at=now)
    if link is not None:
        _tell_members(link, connection, was=was, seen_by=seen_by, now=now)


def _tell_members(link: Link, connection: Connection, *, was: str, seen_by: str, now: dt.datetime) -> None:
    """The members behind a link hear that it was used; whoever held it, or is signed in there, just saw that."""
    if link.kind == Link.Kind.CONNECT:
        kind, told = "creator_connected", recipients.inviter_of(link)
    elif was == Status.INACTIVE:
        kind, told = "revived", recipients.members_behind(connection)
    else:
        return
    saw_it = {address.lower() for address in (*link.recipients, seen_by)}
    notify(
        kind=kind,
        recipients=[address for address in told if address not in saw_it],
        tenant_id=connection.tenant_id,
        subject_id=connection.pk,
        topic_id=connection.pk,
        dedupe_key=f"{kind}:{link.pk}",
        now=now,
    )
