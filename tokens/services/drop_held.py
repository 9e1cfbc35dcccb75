"""Ends quietly what a brake holds: staff know that these accounts ended, and that nobody is to be mailed for it."""

from __future__ import annotations

import datetime as dt
import time
import uuid

from django.db import transaction
from django.db.models import F
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
    return Connection.objects.filter(meta_app_id=app_id, status=Status.ACTIVE, credential__held_since__isnull=False)


def drop_held(held: Brake, *, by: str) -> int:
    """Each becomes inactive, with an event and without a mail, now or later. The brake holds on.

    Args:
        held: the brake. Once it is lifted nothing is dropped: whatever it held is asked again.
        by: a staff member's address.

    Returns:
        How many were dropped.
    """
    ends_at, dropped = time.monotonic() + SECONDS, 0
    last: uuid.UUID | None = uuid.UUID(int=0)
    while last is not None and time.monotonic() < ends_at:
        count, last = _drop_some(held, last, by)
        dropped += count
    return dropped


@transaction.atomic
def _drop_some(held: Brake, after: uuid.UUID, by: str) -> tuple[int, uuid.UUID | None]:
    """Drops some from a key onwards. Returns how many, and the key to go on from; None where there are no more."""
    now = timezone.now()
    brake.lock(held.meta_app_id)
    if not Brake.objects.filter(pk=held.pk, lifted_at__isnull=True).exists():
        return 0, None
    # By the credential's key, in whose index of held ones no entry is walked twice.
    rows = held_by(held.meta_app_id).filter(credential__pk__gt=after).order_by("credential__pk")
    # Both rows, the connection's first: none of them shows life between the look at it and its end.
    rows = rows.select_related("credential").select_for_update(no_key=True, of=("self", "credential"))
    some = list(rows.only("tenant_id", "credential__version")[:BATCH])
    _end(some, held, by, now)
    return len(some), some[-1].pk if len(some) == BATCH else None


def _end(some: list[Connection], held: Brake, by: str, now: dt.datetime) -> None:
    keys = [row.pk for row in some]
    last, _ = REMINDERS[-1]
    Connection.objects.filter(pk__in=keys).update(**{**ended(Reason.UNKNOWN, now), "reminded": last})
    # As after any death the token stays, and no answer under way changes anything any more.
    Credential.objects.filter(pk__in=keys).update(
        due_at=None,
        due_by_rule=None,
        check_due_at=None,
        held_since=None,
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
