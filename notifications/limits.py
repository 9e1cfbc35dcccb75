"""How many mails are too many: for one address in a day, and for one workspace in an hour.

Nothing is dropped for it. An address gets three single mails of a workspace in its reader's day; what comes after is
held for one digest the next morning. A workspace's mails beyond its hour's number wait for the next hour. Both count
for one workspace alone, so that none holds up another's mail.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from notifications.audience import DIGEST, RULES, rule_of
from notifications.localisation import localised
from notifications.models import OutboxMessage, State
from notifications.places import place_of
from notifications.services import key_of

SINGLES_A_DAY = 3
MORNING = dt.time(8)
HOUR_IS_FULL = "hour_is_full"
AT_ONCE = [kind for rule in RULES if rule.at_once for kind in rule.kinds]


def put_off(message: OutboxMessage, now: dt.datetime) -> int:
    """Moves what the workspace owes to the next hour where this hour's mails are used up. Returns how many.

    Counted by the clock's hours. Deliverers that run at once may each send one more than there is room for.
    """
    rule = rule_of(message.kind)
    if message.tenant_id is None or (rule is not None and rule.at_once):
        return 0
    hour = now.replace(minute=0, second=0, microsecond=0)
    sent = OutboxMessage.objects.filter(tenant_id=message.tenant_id, sent_at__gte=hour, digest_id__isnull=True)
    most = settings.MAILS_PER_WORKSPACE_HOUR
    if not sent.order_by()[most - 1 : most].exists():
        return 0
    later = {"due_at": hour + dt.timedelta(hours=1), "last_error": HOUR_IS_FULL}
    OutboxMessage.objects.change_claimed(message, lease_owner="", lease_until=None, **later)
    # All at once: each of thousands would be taken up only to be put back. What must not wait stays.
    waiting = OutboxMessage.objects.due(now).filter(tenant_id=message.tenant_id).exclude(kind__in=AT_ONCE)
    # One that has ended meanwhile is owed no more: asked once more of the row itself.
    still_owed = OutboxMessage.objects.filter(pk__in=waiting.order_by().values("pk"), due_at__isnull=False)
    return 1 + still_owed.update(**later)


def take_single(message: OutboxMessage, now: dt.datetime) -> bool | None:
    """Counts a mail, which the caller holds a claim to, as one of its address's singles, or holds it for the digest.

    Returns whether it may go; None where the claim is lost.
    """
    rule = rule_of(message.kind)
    if message.tenant_id is None or rule is None or message.kind == DIGEST:
        return True
    with localised(place_of(message.recipient, message.tenant)):
        day = timezone.localdate(now)
        with transaction.atomic():
            _lock(message)
            singles = OutboxMessage.objects.filter(
                tenant_id=message.tenant_id, recipient=message.recipient, single_on=day
            ).filter(state__in=[State.PENDING, State.SENT])
            if rule.at_once or singles.exclude(pk=message.pk).count() < SINGLES_A_DAY:
                return OutboxMessage.objects.change_claimed(message, single_on=day) or None
            return False if _hold(message, day, now) else None


def _lock(message: OutboxMessage) -> None:
    """Deliverers count one address's mails one after the other; where SQLite writes, nobody else does."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            key = f"{message.tenant_id}:{message.recipient}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _hold(message: OutboxMessage, day: dt.date, now: dt.datetime) -> bool:
    """Whether it was: with its claim lost somebody else decides about it, and no digest is begun for it."""
    held = {"state": State.HELD, "due_at": None, "lease_owner": "", "lease_until": None, "last_error": ""}
    if not OutboxMessage.objects.change_claimed(message, **held):
        return False
    digest = _digest(message, day + dt.timedelta(days=1), now)
    OutboxMessage.objects.filter(pk=message.pk).update(digest_id=digest.pk)
    return True


def _digest(message: OutboxMessage, day: dt.date, now: dt.datetime) -> OutboxMessage:
    """The digest of that morning, locked; the next one's where that one is on its way or has ended."""
    while True:
        due_at = max(now, timezone.make_aware(dt.datetime.combine(day, MORNING)))
        key = key_of(f"{DIGEST}:{message.tenant_id}:{day.isoformat()}", message.recipient)
        OutboxMessage.objects.bulk_create(
            [
                OutboxMessage(
                    tenant_id=message.tenant_id,
                    kind=DIGEST,
                    recipient=message.recipient,
                    dedupe_key=key,
                    # Its date is that of the morning on which it comes.
                    created_at=due_at,
                    due_at=due_at,
                )
            ],
            ignore_conflicts=True,
        )
        digest = OutboxMessage.objects.select_for_update().get(dedupe_key=key)
        if digest.state == State.PENDING and digest.lease_until is None and not digest.attempts:
            return digest
        day += dt.timedelta(days=1)
