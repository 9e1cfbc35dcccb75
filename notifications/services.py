"""The one door for whoever has something to tell: writes to the outbox, sends nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Collection, Iterable
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from notifications import doorbell, registry
from notifications.models import OutboxMessage, SilencedAddress, State, Unsubscribed

logger = logging.getLogger(__name__)
LONGEST_ADDRESS = 254


def notify(
    *,
    kind: str,
    recipients: Iterable[str],
    tenant_id: UUID | None,
    subject_id: UUID | None,
    dedupe_key: str,
    topic_id: UUID | None = None,
    now: dt.datetime | None = None,
) -> int:
    """Owes each recipient one mail, in the caller's transaction: both are kept or neither.

    Arguments:
        kind: a registered kind of mail.
        recipients: mail addresses in any spelling; doubles, empty and malformed ones are passed over.
        tenant_id: the tenant whose erasure takes the mail with it; None for alerts to staff.
        subject_id: id of the producer's row from which the kind's context function gathers the words.
        dedupe_key: names the occasion. Asked again with the same key, an address gets no second mail, ever.
        topic_id: what a reader may unsubscribe from: a connection, or the tenant itself for its invitations.
        now: the time of writing; the clock's by default.

    Returns how many mails were newly owed. Raises UnknownKind before anything is written.
    """
    registry.find(kind)
    moment = now or timezone.now()
    messages = [
        OutboxMessage(
            tenant_id=tenant_id,
            kind=kind,
            recipient=address,
            subject_id=subject_id,
            topic_id=topic_id,
            dedupe_key=key_of(dedupe_key, address),
            created_at=moment,
            due_at=moment,
        )
        for address in _addresses(recipients, kind)
    ]
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
    if messages:
        _ring_after_commit()
    # What was ignored isn't told by either database; the ids that are there now are those just written.
    return OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]).count()


def notify_staff(*, kind: str, subject_id: UUID | None = None, dedupe_key: str, now: dt.datetime | None = None) -> int:
    """`notify` for all in STAFF_ALERT_EMAILS. Where nobody is, the log has a warning that names the kind."""
    if not settings.STAFF_ALERT_EMAILS:
        logger.warning("Staff should be told of %s, but STAFF_ALERT_EMAILS is empty.", kind)
    return notify(
        kind=kind,
        recipients=settings.STAFF_ALERT_EMAILS,
        tenant_id=None,
        subject_id=subject_id,
        dedupe_key=dedupe_key,
        now=now,
    )


def forget(*, subject_ids: Iterable[UUID]) -> int:
    """Erases all mail, sent or owed, that is about these rows of the producer, and who unsubscribed from them.

    Returns how many mails.
    """
    keys = list(subject_ids)
    Unsubscribed.objects.filter(topic_id__in=keys).delete()
    erased, _ = OutboxMessage.objects.filter(Q(subject_id__in=keys) | Q(topic_id__in=keys)).delete()
    return erased


def forget_mails_to(addresses: Collection[str], *, tenant_id: UUID) -> int:
    """Erases all mail of one tenant to these addresses, sent or owed, and which of them take none. Returns how many."""
    lowered = [address.lower() for address in addresses]
    SilencedAddress.objects.of(lowered, tenant_id=tenant_id).delete()
    Unsubscribed.objects.filter(tenant_id=tenant_id, address__in=lowered).delete()
    erased, _ = OutboxMessage.objects.filter(recipient__in=lowered, tenant_id=tenant_id).delete()
    return erased


def forget_recipients(addresses: Collection[str], *, tenant_ids: Iterable[UUID]) -> int:
    """Erases which mails went to these addresses, and what is still owed to them about these tenants.

    What they unsubscribed from at other tenants stays so: there they may be the contact of an account.

    Mail about other tenants that is owed leaves all the same: it may be the only word that somebody gets of a death.
    Returns how many were erased.
    """
    lowered = [address.lower() for address in addresses]
    SilencedAddress.objects.filter(address__in=lowered).delete()
    Unsubscribed.objects.filter(address__in=lowered, tenant_id__in=list(tenant_ids)).delete()
    rows = OutboxMessage.objects.filter(recipient__in=lowered)
    pointless = ~Q(state__in=[State.PENDING, State.HELD]) | Q(tenant_id__in=list(tenant_ids))
    erased, _ = rows.filter(pointless).delete()
    return erased


def _ring_after_commit() -> None:
    """Once a transaction, however many mails it writes: somebody may invite five hundred at a time."""
    # What waits already was registered in this savepoint, one around it or one that was released into it: should it
    # be rolled back, so is what we write now.
    if not any(function is doorbell.ring for _, function, *_ in transaction.get_connection().run_on_commit):
        # Robust: a queue that does not answer must not undo what its caller has done.
        transaction.on_commit(doorbell.ring, robust=True)


def _addresses(recipients: Iterable[str], kind: str) -> list[str]:
    cleaned = dict.fromkeys(recipient.strip().lower() for recipient in recipients)
    usable = [address for address in cleaned if _is_usable(address)]
    if len(usable) < len(cleaned):
        logger.warning("Passed over %d unusable recipients of %s.", len(cleaned) - len(usable), kind)
    return usable


def _is_usable(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= LONGEST_ADDRESS


def key_of(key: str, address: str) -> str:
    """What the outbox keeps of an occasion and an address, by which it tells that both were there before."""
    return hashlib.sha256(f"{key}\n{address}".encode()).hexdigest()
