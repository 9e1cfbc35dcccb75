"""Meta tells that somebody removed the app at Instagram: what was made through it ends at once."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.utils import timezone

from accounts import events
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Reason, Status
from tokens.services import brake
from tokens.services.callbacks import Callback, Concerned, concerned, is_late, lock_concerned, note_late
from tokens.services.disconnect import erase_token
from tokens.services.ends import ended
from tokens.services.mail_link import mail_reconnect_link
from tokens.wording import why_it_ended

CALL = "deauthorize"
# What became of a connection, for the log.
ENDED, KEY_ERASED, LATE, UNTOUCHED = "ended", "key_erased", "late", "untouched"

logger = logging.getLogger(__name__)


def deauthorize(callback: Callback) -> list[str]:
    """Ends every connection that the callback is about, each in a transaction of its own. Repeated, it changes nothing.

    Args:
        callback: verified.

    Returns:
        What became of each, one word.
    """
    now = timezone.now()
    words = [_end(callback, one, now) for one in concerned(callback)]
    logger.info("Meta told of a removed app, signed with the %s secret: %s", callback.signed_with, words)
    return words


def _end(callback: Callback, one: Concerned, now: dt.datetime) -> str:
    with transaction.atomic():
        # No brake falls between the look at it and the mail.
        brake.lock(one.app_id)
        connection = lock_concerned(callback, one)
        if connection is None or connection.status == Status.DISCONNECTED:
            return UNTOUCHED
        if callback.issued_at is not None and is_late(connection, callback.issued_at):
            note_late(connection, call=CALL, signed_with=one.signed_with, since=callback.issued_at, now=now)
            return LATE
        detail = {"call": CALL, "signed_with": one.signed_with, "issued_at": callback.issued_at}
        return (_died if connection.status == Status.ACTIVE else _erased)(connection, detail, now)


def _died(connection: Connection, detail: dict[str, str | int | None], now: dt.datetime) -> str:
    """As any death, but for the key, which goes. It counts towards no brake: the person's own word is no fault."""
    Connection.objects.filter(pk=connection.pk).update(**ended(Reason.APP_REMOVED, now))
    erase_token(connection)
    why = why_it_ended(Reason.APP_REMOVED, connection.flavour)
    text = "" if why is None else why.english_sentence
    _tell(connection, "became_inactive", text, {"reason": Reason.APP_REMOVED.value, **detail}, now)
    if brake.holding(connection.meta_app_id) is None:
        mail_reconnect_link(connection, kind="reconnect_needed", now=now)
    return ENDED


def _erased(connection: Connection, detail: dict[str, str | int | None], now: dt.datetime) -> str:
    """It had ended already, and whom that concerns was told then."""
    if connection.credential.token is None and connection.reason == Reason.APP_REMOVED:
        return UNTOUCHED
    Connection.objects.filter(pk=connection.pk).update(reason=Reason.APP_REMOVED)
    erase_token(connection)
    text = f"The app was removed in {FLAVOURS[connection.flavour].host}'s settings, and the key was erased."
    _tell(connection, "key_erased", text, {"reason": Reason.APP_REMOVED.value, **detail}, now)
    return KEY_ERASED


def _tell(connection: Connection, kind: str, text: str, detail: dict[str, str | int | None], now: dt.datetime) -> None:
    events.record(
        tenant=connection.tenant_id,
        kind=kind,
        text=text,
        subject_id=connection.pk,
        actor=events.META,
        detail=detail,
        at=now,
    )
