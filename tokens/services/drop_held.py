"""Ends quietly what a brake holds: staff know that these accounts ended, and that nobody is to be mailed for it."""

from __future__ import annotations

import time
import uuid

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import events
from tokens.models import Brake, Connection, Credential, Reason, Status
from tokens.querysets import ConnectionQuerySet
from tokens.services import brake
from tokens.services.ends import ended
from tokens.services.remind import REMINDERS
from tokens.wording import why_it_ended

BATCH = 500
# A page waits for it; what is left, the next press drops.
SECONDS = 10.0


def held_by(app_id: uuid.UUID) -> ConnectionQuerySet[Connection]:
    """The connections of a Meta app whose end the brake holds back; not those that answered since."""
    unheard = Q(credential__checked_at__isnull=True) | Q(credential__checked_at__lte=F("credential__last_failure_at"))
    return Connection.objects.filter(
        unheard, meta_app_id=app_id, status=Status.ACTIVE, credential__last_failure=brake.HELD
    )


def drop_held(held: Brake, *, by: str) -> int:
    """Each becomes inactive, with an event and without a mail, now or later. The brake holds on.

    Args:
        held: the brake. Once it is lifted nothing is dropped: whatever it held is asked again.
        by: a staff member's address.

    Returns:
        How many were dropped.
    """
    ends_at, dropped = time.monotonic() + SECONDS, 0
    while time.monotonic() < ends_at:
        batch = _drop_some(held, by)
        dropped += batch
        if batch < BATCH:
            break
    return dropped


@transaction.atomic
def _drop_some(held: Brake, by: str) -> int:
    now = timezone.now()
    brake.lock(held.meta_app_id)
    if not Brake.objects.filter(pk=held.pk, lifted_at__isnull=True).exists():
        return 0
    rows = held_by(held.meta_app_id).select_for_update(no_key=True, of=("self",))
    some = list(rows.only("pk", "tenant_id").order_by("pk")[:BATCH])
    keys = [row.pk for row in some]
    last, _ = REMINDERS[-1]
    Connection.objects.filter(pk__in=keys).update(**{**ended(Reason.UNKNOWN, now), "reminded": last})
    # As after any death the token stays, and no answer under way changes anything any more.
    Credential.objects.filter(pk__in=keys).update(
        due_at=None,
        due_by_rule=None,
        check_due_at=None,
        lease_owner="",
        lease_until=None,
        version=F("version") + 1,
        fence=F("fence") + 1,
        last_failure="",
    )
    why = why_it_ended(Reason.UNKNOWN, held.meta_app.flavour)
    text = f"{'' if why is None else why.english_sentence} Nobody was mailed: too many ended at once."
    events.record_all(
        [
            events.Line(
                row.tenant_id, "became_inactive", text, row.pk, now, {"reason": Reason.UNKNOWN, "held": True}, by
            )
            for row in some
        ]
    )
    return len(some)
