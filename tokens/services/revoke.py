"""Gives back at Meta what a disconnected connection was granted, where Meta has a way to do so."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from accounts import events
from accounts.models import User
from tokens.fields import Unreadable
from tokens.flavours.interface import Keeper, Keys
from tokens.meta import MetaError, TokenDead
from tokens.models import ConnectAttempt, Connection, Credential, Flavour, MetaApp, Status
from tokens.services.ask import open_keys

REVOKED, SHARED, FAILED, NOTHING = "revoked", "shared", "failed", "nothing"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a connection had before it was ended, by which Meta can be told."""

    connection_id: uuid.UUID
    tenant_id: uuid.UUID
    meta_app: MetaApp
    keys: Keys


def leaving(connection: Connection) -> Leaving | None:
    """What is needed to tell Meta, to be taken before the key is erased; None where there is no key to tell it by.

    Args:
        connection: not yet disconnected.
    """
    row = Credential.objects.select_related("connection__meta_app").filter(pk=connection.pk, token__isnull=False)
    credential = row.first()
    if credential is None:
        return None
    try:
        keys = open_keys(credential)
    except Unreadable:
        return None
    return Leaving(connection.pk, connection.tenant_id, credential.connection.meta_app, keys)


def revoke(left: Leaving, keeper: Keeper, *, by: User) -> str:
    """Tells Meta, and writes down that it was told. What fails changes nothing: the key is erased here in any case.

    Args:
        left: of a connection that is disconnected by now.
        keeper: of its Meta app.
        by: the member.

    Returns:
        `revoked`; `shared`: with it would end other connections of the same person, or might, so that nothing was said;
        `failed`: Meta did not answer as it should; `nothing`: there is nothing that Meta could be told.
    """
    if _is_shared(left):
        return SHARED
    try:
        told = keeper.revoke(left.keys)
    except TokenDead:
        # What we held opens nothing any more: there is nothing left to give back by it.
        return NOTHING
    except MetaError as error:
        logger.warning("Access could not be given back: %s", error)
        return FAILED
    if not told:
        return NOTHING
    events.record(
        tenant=left.tenant_id,
        kind="revoked",
        text="Meta was told to take the access back.",
        subject_id=left.connection_id,
        actor=by.email,
        at=timezone.now(),
    )
    return REVOKED


def _is_shared(left: Leaving) -> bool:
    """One Facebook person may have brought several accounts, to several workspaces; Meta takes back all or nothing."""
    person_id = left.keys.person_id
    if left.meta_app.flavour != Flavour.FACEBOOK_LOGIN or not person_id:
        return False
    apps = MetaApp.objects.filter(flavour=left.meta_app.flavour, app_id=left.meta_app.app_id)
    # Of whom Meta did not tell who it is may be the same person.
    kept = Connection.objects.filter(meta_app__in=apps, exchange_user_id__in=[person_id, ""])
    return kept.exclude(status=Status.DISCONNECTED).exists() or _choice_waits(apps, person_id)


def _choice_waits(apps: QuerySet[MetaApp], person_id: str) -> bool:
    """Whether that person has just consented, and chooses among several accounts."""
    waiting = ConnectAttempt.objects.filter(pending_secret__isnull=False, pending_until__gt=timezone.now())
    return waiting.filter(meta_app__in=apps, pending_facts__person=person_id).exists()
