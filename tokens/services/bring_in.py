"""Brings in an account whose token was made elsewhere: what a line of an import and a pasted token have in common."""

from __future__ import annotations

import datetime as dt

from accounts.models import Tenant, User
from tokens.fields import Unreadable
from tokens.meta import InstagramClient, MetaError, Profile, Secret
from tokens.models import Connection, Credential, MetaApp
from tokens.services.link_account import Account, describe, store_token
from tokens.services.reconnect_requests import note_revival


def asked(client: InstagramClient, token: Secret) -> Profile | MetaError:
    """What `/me` says of a token, a failure as a value."""
    try:
        return client.me(token, detailed=True)
    except MetaError as error:
        return error


def is_personal(profile: Profile) -> bool:
    """Whether it is an account that Instagram keeps other services from."""
    return (profile.account_type or "").upper() == "PERSONAL"


def known(tenant: Tenant, meta_app: MetaApp, account: Account) -> Connection | None:
    """The connection that the workspace has to this account through this app, locked; None where it has none."""
    rows = Connection.objects.select_for_update(no_key=True).for_tenant(tenant).known_as(meta_app, account.aliases)
    return rows.order_by("created_at").first()


def same_token(credential: Credential, token: Secret) -> bool:
    """Whether it is a stored one, used or renewing; one that can't be read is another."""
    try:
        return any(
            each is not None and Secret(each.reveal()) == token for each in (credential.token, credential.renewal)
        )
    except Unreadable:
        return False


def bring_in(
    existing: Connection | None,
    account: Account,
    *,
    tenant: Tenant,
    meta_app: MetaApp,
    contact_email: str,
    user: User | None,
    now: dt.datetime,
) -> Connection:
    """Stores account and token as an active connection, in the caller's transaction.

    Args:
        existing: what `known` found.
        account: what Instagram told of it, with its token.
        tenant: the workspace that will own a new connection.
        meta_app: the app through which the token was made.
        contact_email: who is mailed about it; empty leaves it as it is.
        user: the member who connects it by this, if it is one.
        now: the instant.
    """
    connection = existing or Connection(tenant=tenant, meta_app=meta_app)
    if contact_email:
        connection.contact_email = contact_email
    describe(connection, account, now=now, meta_app=meta_app, user=user)
    store_token(connection, account, now=now)
    if existing is not None:
        note_revival([existing.pk], now)
    return connection
