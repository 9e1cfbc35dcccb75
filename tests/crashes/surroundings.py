"""What is around the workers fails while tokens are refreshed: the queue, the network, the clock. And nothing fails."""

from __future__ import annotations

import time

from django_q.models import Schedule

from tests import queue
from tests.crashes import sabotage
from tests.crashes.account import Seen, conclude
from tests.crashes.cable import Cut
from tests.crashes.scene import Scene, pause
from tests.crashes.servers import Redis
from tokens.models import Credential
from tokens.services.sync_schedules import sync_schedules

HOUR = 3600
# Each jump is from where the clock stood before: an hour forward and back again, an hour back and forward again.
JUMPS = (HOUR, 0, -HOUR, 0)
# The sweep of the next minute, and the queue's own rhythm of half a minute.
NEXT_SWEEP = 150.0


def together(scene: Scene, *, tokens: int, machines: int, workers: int) -> Seen:
    """Nothing fails: so many workers share the work, and Meta is asked once for each."""
    seen, began = Seen(f"{machines * workers} workers, {workers} a machine"), time.monotonic()
    scene.state.configure(old_string="dies_at_once")
    scene.enlist(tokens)
    scene.start(machines, workers)
    scene.make_due()
    scene.await_quiet()
    seen.figures["seconds"] = round(time.monotonic() - began)
    return conclude(scene, seen, once=True)


def lost_doorbells(scene: Scene, *, tokens: int, times: int) -> Seen:
    """The queue is emptied before and while workers hear of their work; a new ring goes on."""
    seen, began = Seen(f"the queue emptied {2 * times} times"), time.monotonic()
    scene.state.configure(old_string="dies_at_once")
    scene.enlist(tokens)
    scene.start(1, 2)
    for _ in range(times):
        before = scene.asked()
        scene.make_due(tokens // times)
        queue.lose()
        scene.await_questions(scene.rng.randint(1, max(1, tokens // times)), before)
        queue.lose()
    scene.make_due()
    scene.await_quiet()
    seen.figures["seconds"] = round(time.monotonic() - began)
    return conclude(scene, seen, once=True)


def redis_fails(scene: Scene, server: Redis, *, tokens: int, away: float) -> Seen:
    """Redis is flushed, then stopped for `away` seconds, while workers refresh; what is due next nobody rings for.

    Those who have heard go on; the next minute's sweep, by the schedules as they are installed, finds the rest.
    """
    seen, began = Seen(f"Redis flushed, then away for {away:g} s; next sweep by schedule"), time.monotonic()
    scene.state.configure(old_string="dies_at_once")
    sync_schedules()
    scene.enlist(tokens)
    scene.start(1, 2)
    waited = 0.0
    for fault in ("flushed", "stopped"):
        before = scene.asked()
        scene.make_due(tokens // 4)
        scene.await_questions(max(1, tokens // 8), before)
        if fault == "flushed":
            server.flush()
        else:
            server.stop()
            pause(away)
            server.start()
        scene.await_quiet()
        # Nobody is at work now, and a doorbell that is still there is lost.
        server.flush()
        scene.silent = True
        scene.make_due(tokens // 4)
        rung = time.monotonic()
        scene.await_quiet(patience=NEXT_SWEEP)
        waited = max(waited, time.monotonic() - rung)
        scene.silent = False
    scene.make_due()
    scene.await_quiet()
    Schedule.objects.all().delete()
    seen.figures |= {"longest wait for a sweep (s)": round(waited), "seconds": round(time.monotonic() - began)}
    return conclude(scene, seen, once=True)


def network(scene: Scene, *, tokens: int, cuts: tuple[Cut, ...], ends_silence: bool = False) -> Seen:
    """Meta can't be reached, in each of the ways, and then again.

    A replaced string lives on here: an answer that is lost on the way is no worker's fault, and is counted.

    Args:
        scene: where.
        tokens: how many.
        cuts: which ways, in which order.
        ends_silence: whoever waits in silence is reset afterwards, instead of waiting for as long as it has patience.
    """
    seen, began = Seen(f"network cut: {', '.join(cuts)}"), time.monotonic()
    scene.state.configure(old_string="lives")
    scene.enlist(tokens)
    scene.start(1, 2)
    portion = tokens // (2 * len(cuts))
    failed = 0
    for how in cuts:
        before = scene.asked()
        scene.make_due(portion)
        scene.await_questions(max(1, portion // 3), before)
        scene.cable.cut(how)
        scene.make_due(portion)
        if how == "silent":
            # Nobody notes anything before patience ends, which may be after the mending.
            scene.keep_ringing(lambda: _held() > 0, "a question in silence")
            pause(scene.rng.uniform(0.5, 1.5))
            scene.cable.mend(ends=ends_silence)
        scene.keep_ringing(lambda: _failing() > 0, "a failure that is noted")
        failed += _failing()
        scene.cable.mend()
        scene.await_quiet(hurry=True)
    scene.make_due()
    scene.await_quiet(hurry=True)
    seen.figures |= {"failed in passing": failed, "seconds": round(time.monotonic() - began)}
    return conclude(scene, seen, once=False)


def _failing() -> int:
    return Credential.objects.filter(refresh_failures__gt=0).count()


def _held() -> int:
    return Credential.objects.filter(lease_until__isnull=False).count()


def clock(scene: Scene, *, tokens: int, machines: int = 2) -> Seen:
    """The workers' wall clock jumps in the middle of the work; a replaced string lives for three minutes.

    A lease that seems to be over is taken over while its holder still waits: one of two answers is refused then.
    """
    seen, began = Seen("clock: an hour forward, back, back, forward"), time.monotonic()
    scene.state.configure(old_string="dies_later")
    scene.enlist(tokens)
    scene.start(machines, 2)
    portion = tokens // len(JUMPS)
    for seconds in JUMPS:
        before = scene.asked()
        scene.make_due(portion)
        scene.await_questions(scene.rng.randint(1, max(1, portion // 2)), before)
        sabotage.put(scene.folder, sabotage.CLOCK, seconds)
        scene.await_questions(portion, before)
    scene.make_due()
    scene.await_quiet()
    seen.figures["seconds"] = round(time.monotonic() - began)
    return conclude(scene, seen, once=False)
