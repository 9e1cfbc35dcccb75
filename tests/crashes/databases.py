"""The database goes away while tokens are refreshed, or takes nothing any more, and comes back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from django.db import connection as database

from tests.crashes import sabotage
from tests.crashes.account import Seen, conclude
from tests.crashes.scene import Scene, pause
from tests.crashes.servers import Postgres

STRICTLY = "dies_at_once"


def restarts(scene: Scene, server: Postgres, *, tokens: int, times: int) -> Seen:
    """Stops and starts PostgreSQL in the middle, in turn as an operator does and as if the power had gone.

    Meta lets the old string die at once: an answer that no commit reaches is a token lost. None may be.
    """
    seen, began = Seen(f"PostgreSQL restarted {times} times, the old string dies at once"), time.monotonic()
    scene.state.configure(old_string=STRICTLY)
    scene.enlist(tokens)
    scene.start(1, 2)
    away = 0.0
    for number in range(times):
        before = scene.asked()
        scene.make_due(tokens // times)
        scene.await_questions(scene.rng.randint(1, max(1, tokens // times)), before)
        pause(scene.rng.uniform(0, 2 * scene.cable.latency))
        stopped = time.monotonic()
        server.stop("immediate" if number % 2 else "fast")
        pause(scene.rng.uniform(0, 3))
        server.start()
        away = max(away, time.monotonic() - stopped)
    scene.make_due()
    scene.await_quiet()
    seen.figures |= {"longest away (s)": round(away, 1), "seconds": round(time.monotonic() - began)}
    return conclude(scene, seen, once=True)


def full(scene: Scene, *, tokens: int, seconds: float) -> Seen:
    """Takes all room away in the middle, for so many seconds, and gives it again.

    Meta lets the old string die at once. What had been answered meanwhile must be stored once there is room.
    """
    seen, began = Seen(f"no room for {seconds:g} s, the old string dies at once"), time.monotonic()
    scene.state.configure(old_string=STRICTLY)
    scene.enlist(tokens)
    _leave_no_free_pages()
    scene.start(1, 2)
    before = scene.asked()
    scene.make_due(tokens // 4)
    scene.await_questions(max(1, tokens // 10), before)
    with no_room(scene):
        scene.make_due()
        waiting: set[str] = set()

        def some_stay() -> bool:
            """Whether answers wait that are not merely on their way to the commit."""
            answered = scene.unstored()
            pause(seconds)
            waiting.update(answered & scene.unstored())
            return bool(waiting)

        scene.keep_ringing(some_stay, "an answer that could not be stored")
    scene.await_quiet(hurry=True)
    seen.figures |= {"waiting for room": len(waiting), "seconds": round(time.monotonic() - began)}
    if not waiting:
        seen.broken.append("nothing ever waited for room: the run has shown nothing")
    return conclude(scene, seen, once=True)


def _leave_no_free_pages() -> None:
    """Emptied tables leave room in a file of SQLite."""
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            cursor.execute("VACUUM")


@contextlib.contextmanager
def no_room(scene: Scene) -> Iterator[None]:
    """On SQLite the workers' file may not grow; on PostgreSQL an event is refused as by a full disk."""
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            sabotage.put(scene.folder, sabotage.ROOM, sabotage.FULL)
        else:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$"
            )
            cursor.execute("CREATE TRIGGER no_room BEFORE INSERT ON accounts_event EXECUTE FUNCTION no_room()")
    try:
        yield
    finally:
        with database.cursor() as cursor:
            if database.vendor == "sqlite":
                sabotage.put(scene.folder, sabotage.ROOM, sabotage.UNLIMITED)
            else:
                cursor.execute("DROP FUNCTION no_room() CASCADE")
