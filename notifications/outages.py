"""Tells staff that something stands still: once, again where more does, and once more when all is well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from django.db import transaction

from notifications.models import Outage
from notifications.services import notify_staff


def note_outage(
    *,
    what: str,
    found: Collection[str],
    implies: Mapping[str, Collection[str]],
    alert: str,
    all_clear: str,
    now: dt.datetime,
) -> bool:
    """Compares what is wrong with what staff have been told, and owes them a mail where that differs.

    An outage lasts from the first word to the moment without any. A word that went and came back is told again.

    Arguments:
        what: what is watched; it has one outage at a time.
        found: stable words of what is wrong now.
        implies: for a word, those that are its mere consequences: with it told they need no mail of their own.
        alert: the kind of mail at the beginning, and where more is wrong; `subject_id` is the outage's.
        all_clear: the kind of mail at the end.
        now: the instant.

    Returns whether something is wrong.
    """
    told = set(found).union(*(implies.get(word, ()) for word in found))
    with transaction.atomic():
        outage = Outage.objects.select_for_update().filter(what=what, over_at__isnull=True).first()
        if outage is None:
            if not found:
                return False
            # Of two that notice at once, the second finds what the first has written.
            outage, _ = Outage.objects.get_or_create(what=what, over_at=None, defaults={"began_at": now})
            outage = Outage.objects.select_for_update().get(pk=outage.pk)
        covered = set(outage.covered) & told
        if not found:
            outage.over_at = now
            outage.save()
            notify_staff(kind=all_clear, subject_id=outage.pk, dedupe_key=f"{all_clear}:{outage.pk}", now=now)
            return False
        if not set(found) <= covered:
            key = f"{alert}:{outage.pk}:{now.isoformat()}"
            notify_staff(kind=alert, subject_id=outage.pk, dedupe_key=key, now=now)
        if outage.covered != sorted(covered | told):
            outage.covered = sorted(covered | told)
            outage.save()
    return True


def is_open(what: str) -> bool:
    """Whether something of it stands still, as far as anybody has noticed."""
    return bool(open_words(what))


def open_words(what: str) -> list[str]:
    """What of it stands still, as far as anybody has noticed, with what follows from that; empty where all is well."""
    words = Outage.objects.filter(what=what, over_at__isnull=True).values_list("covered", flat=True).first()
    return list(words or [])
