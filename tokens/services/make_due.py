"""Makes checks due now."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from tokens.models import Credential, MetaApp, Status


def make_all_checks_due(now: dt.datetime) -> int:
    """Every active connection is to be asked now; those under way are asked by whoever holds them. Returns how many."""
    return Credential.objects.free(now).filter(check_due_at__gt=now).update(check_due_at=now)


def make_persons_checks_due(meta_app: MetaApp, person_id: str, *, apart_from: Collection[uuid.UUID]) -> int:
    """Of a Facebook person who has just consented: what else that person connected learns its later end by asking.

    Args:
        meta_app: that was allowed; another workspace may have entered the same one as its own.
        person_id: as that app knows the person.
        apart_from: the connections (ids) that were just stored.

    Returns:
        How many.
    """
    now = timezone.now()
    same_app = MetaApp.objects.filter(flavour=meta_app.flavour, app_id=meta_app.app_id)
    theirs = Credential.objects.filter(connection__meta_app__in=same_app, connection__exchange_user_id=person_id)
    others = theirs.filter(connection__status=Status.ACTIVE, check_due_at__gt=now).exclude(pk__in=apart_from)
    with transaction.atomic():
        # Whoever holds one writes its dates in this moment; it is asked once more before it ends.
        locked = others.order_by("pk").select_for_update(skip_locked=True, of=("self",))
        keys = list(locked.values_list("pk", flat=True))
        return Credential.objects.filter(pk__in=keys).update(check_due_at=now)
