"""`python -m tests.crashes.stage JOB`: one scenario on its environment's database; the last line is JSON."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django

# Models exist only after that.
django.setup()

from django.db import DatabaseError  # noqa: E402
from django_q.models import Schedule  # noqa: E402

from tests.benchmarks.processes import TooLate  # noqa: E402
from tests.crashes import databases, kills, surroundings  # noqa: E402
from tests.crashes.account import Seen  # noqa: E402
from tests.crashes.scene import scene  # noqa: E402
from tests.crashes.servers import Postgres, Redis  # noqa: E402
from tests.emulator.server import EmulatorServer  # noqa: E402

SCENARIOS: dict[str, Callable[..., Seen]] = {
    "kills": kills.run,
    "postgres": databases.restarts,
    "full": databases.full,
    "redis": surroundings.redis_fails,
    "doorbell": surroundings.lost_doorbells,
    "network": surroundings.network,
    "clock": surroundings.clock,
    "workers": surroundings.together,
}


def play(job: dict[str, Any]) -> Seen:
    """Plays one job, as `tests.crashes.__main__` describes it; what goes wrong in it is a broken promise."""
    # No schedule rings but where a scenario installs them: the run decides when anybody is rung.
    Schedule.objects.all().delete()
    arguments = dict(job["arguments"])
    if job["scenario"] == "postgres":
        arguments["server"] = Postgres(**job["postgres"])
    if job["scenario"] == "redis":
        arguments["server"] = Redis(**job["redis"])
    details = {"seed": job["seed"], "threads": job["threads"], "latency": job["latency"]}
    with EmulatorServer() as meta, scene(meta, Path(job["folder"]), changes=job["changes"], **details) as made:
        try:
            return SCENARIOS[job["scenario"]](made, **arguments)
        except (TooLate, DatabaseError) as error:
            # Of a database's error the class alone: its text may quote a row.
            reason = str(error) if isinstance(error, TooLate) else type(error).__name__
            return Seen(job["scenario"], broken=[f"came to no end: {reason}"])


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(json.dumps(asdict(play(json.loads(sys.argv[1])))))


if __name__ == "__main__":
    main()
