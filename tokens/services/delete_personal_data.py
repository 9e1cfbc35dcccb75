"""Somebody asked Meta to have their data deleted: what was made through the app that signed is erased."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import Tenant
from tokens.models import ConnectAttempt, DeletionRequest
from tokens.services.callbacks import Callback, Concerned, concerned, is_late, lock_concerned, note_late
from tokens.services.erase_connection import erase_connection

CALL = "data_deletion"
CODE_LENGTH = 20
# Nothing that could be taken for something else when read aloud or typed.
CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

State = DeletionRequest.State
# The stronger word holds: of two who serve the same request at once, one finds nothing left.
_WEAKER: dict[str, list[str]] = {
    State.NOTHING_FOUND: [],
    State.CONNECTED_AGAIN: [State.NOTHING_FOUND],
    State.ERASED: [State.NOTHING_FOUND, State.CONNECTED_AGAIN],
}

logger = logging.getLogger(__name__)


def delete_personal_data(callback: Callback) -> DeletionRequest:
    """Erases every connection that the callback is about, each in a transaction of its own, and tells nobody.

    A request that is repeated gets the same code, and finishes what was left when it was broken off.

    Args:
        callback: verified.

    Returns:
        The request, with the code that the person may ask by.
    """
    now = timezone.now()
    since = _since(callback)
    states = [_erase(callback, one, since, now) for one in concerned(callback)]
    _forget_choices(callback)
    if not any(states):
        _remember(callback, State.NOTHING_FOUND, now)
    logger.info("Meta asked for a deletion, signed with the %s secret: %s", callback.signed_with, states)
    return DeletionRequest.objects.get(digest=callback.digest)


def _forget_choices(callback: Callback) -> None:
    """What a person consented to and has not chosen from yet belongs to no connection: it is known by the person."""
    apps = [signer.app_id for signer in callback.signers if signer.app_id is not None]
    waiting = ConnectAttempt.objects.filter(meta_app__in=apps, pending_facts__person=callback.user_id)
    if callback.issued_at is not None:
        # Whoever allowed it again since meant that; Meta tells whole seconds.
        waiting = waiting.filter(created_at__lt=dt.datetime.fromtimestamp(callback.issued_at + 1, dt.UTC))
    waiting.delete()


def _since(callback: Callback) -> int | None:
    """When the person asked. Where Meta does not tell: when the request first came; None where that is now."""
    if callback.issued_at is not None:
        return callback.issued_at
    known = DeletionRequest.objects.filter(digest=callback.digest).values_list("received_at", flat=True).first()
    return None if known is None else int(known.timestamp())


def _erase(callback: Callback, one: Concerned, since: int | None, now: dt.datetime) -> str | None:
    with transaction.atomic():
        # Before the connection, as whoever connects does: nobody invites or connects the account meanwhile.
        Tenant.objects.select_for_update(no_key=True).filter(pk=one.tenant_id).first()
        connection = lock_concerned(callback, one)
        if connection is None:
            return None
        state = State.ERASED
        if since is not None and is_late(connection, since):
            state = State.CONNECTED_AGAIN
            note_late(connection, call=CALL, signed_with=one.signed_with, since=since, now=now)
        else:
            erase_connection(connection, signed_with=one.signed_with, now=now)
        _remember(callback, state, now)
        return state.value


def _remember(callback: Callback, state: State, now: dt.datetime) -> None:
    """Of the same request, served twice at once, one row is left."""
    row = DeletionRequest(
        code=get_random_string(CODE_LENGTH, CODE_LETTERS),
        meta_app_id=callback.signers[0].app_id,
        digest=callback.digest,
        signed_with=callback.signed_with,
        state=state,
        received_at=now,
    )
    DeletionRequest.objects.bulk_create([row], ignore_conflicts=True)
    DeletionRequest.objects.filter(digest=callback.digest, state__in=_WEAKER[state]).update(state=state)
