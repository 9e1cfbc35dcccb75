"""Signs of life: when each part of the work last ran, so that pages, staff and probes can tell that one stands still.

Silence is never taken for health: what never ran counts as silent once it has had time to since the installation.
"""

from __future__ import annotations

import datetime as dt

from tokens.models import Heartbeat

SWEEP = "sweep"
CHECK = "check"
DELIVERY = "delivery"
INSTALLED = "installed"
SILENCE = dt.timedelta(minutes=10)
# Twice and more of what lies between two runs. Where no worker runs at all, the sweep is missed first.
SILENCES = {SWEEP: SILENCE, CHECK: dt.timedelta(minutes=20), DELIVERY: dt.timedelta(minutes=15)}


def beat(name: str, now: dt.datetime) -> None:
    """Notes that `name` ran."""
    if not Heartbeat.objects.filter(name=name).update(at=now):
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def delivering(now: dt.datetime) -> None:
    """Notes that somebody delivers mail."""
    beat(DELIVERY, now)


def install(now: dt.datetime) -> None:
    """From now on all parts are waited for; where they are already, nothing changes."""
    Heartbeat.objects.get_or_create(name=INSTALLED, defaults={"at": now})


def last_sweep() -> dt.datetime | None:
    """When a sweep last ran, whether or not anything was due; None where none ever did."""
    return last_beats().get(SWEEP)


def last_beats() -> dict[str, dt.datetime]:
    """When each part last ran, and when it was first waited for; what never did is missing."""
    names = [*SILENCES, INSTALLED]
    return dict(Heartbeat.objects.filter(name__in=names).values_list("name", "at"))


def silent(now: dt.datetime) -> dict[str, dt.datetime | None]:
    """The parts that stand still, with when each last ran; None where it never did.

    A sweep that never ran is missed at once: nothing was renewed yet. The others have had to be installed long enough.
    """
    beats = last_beats()
    found = {}
    for name, silence in SILENCES.items():
        last = beats.get(name)
        heard = last if last or name == SWEEP else beats.get(INSTALLED)
        if heard is None or now - heard > silence:
            found[name] = last
    return found


def is_new(now: dt.datetime) -> bool:
    """Whether the installation is so young that its parts need not have run yet."""
    return Heartbeat.objects.filter(name=INSTALLED, at__gt=now - SILENCE).exists()
