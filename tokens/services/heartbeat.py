"""Signs of life: when the sweep was last rung, so that pages can say that no worker runs."""

from __future__ import annotations

import datetime as dt

from tokens.models import Heartbeat

SWEEP = "sweep"
SILENCE = dt.timedelta(minutes=10)


def beat(name: str, now: dt.datetime) -> None:
    """Notes that `name` ran."""
    if not Heartbeat.objects.filter(name=name).update(at=now):
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def last_sweep() -> dt.datetime | None:
    """When a sweep last ran, whether or not anything was due; None where none ever did."""
    return Heartbeat.objects.filter(name=SWEEP).values_list("at", flat=True).first()
