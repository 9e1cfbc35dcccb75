"""`python -m tests.demo`: starts all parts, tells what to click, and ends everything on Ctrl-C.

RESET=1 starts afresh. For tests: PERENNIAL_DEMO_DIR is where the state is kept, PERENNIAL_DEMO_DUE_SECONDS how long
after the first start the first connection falls due.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from functools import partial
from pathlib import Path
from types import FrameType

from . import words
from .environment import environment
from .folder import Folder, Unusable
from .parts import ENDINGS, ROOT, PartFailed, Parts, PortLost, answers
from .ports import Ports, choose, reserve

NO = {"", "0", "no", "false"}
PORT_TRIES = 4


class Interrupted(Exception):
    """Ctrl-C, or told to end."""


def interrupt(signum: int, frame: FrameType | None) -> None:
    raise Interrupted


def main() -> int:
    for each in ENDINGS:
        signal.signal(each, interrupt)
    folder = Folder(Path(os.environ.get("PERENNIAL_DEMO_DIR") or ROOT / ".demo").resolve())
    reset = os.environ.get("RESET", "").strip().lower() not in NO
    try:
        with folder.locked():
            return run(folder, reset=reset)
    except Interrupted:
        return 0
    except (Unusable, PartFailed, OSError) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1


def run(folder: Folder, *, reset: bool) -> int:
    first = folder.prepare(reset=reset)
    print(words.GREETING if first else words.WELCOME_BACK, flush=True)
    for _ in range(PORT_TRIES):
        with contextlib.suppress(PortLost):
            return run_once(folder, first=first)
    raise Unusable("Somebody else takes each port that was free a moment ago. Please try again.")


def run_once(folder: Folder, *, first: bool) -> int:
    ports, sentences = choose()
    for sentence in sentences:
        print(f"  {sentence}", flush=True)
    folder.tell(ports.site_url)
    with Parts(folder, environment(folder, ports)) as parts:
        try:
            start(parts, folder, ports, first=first)
            print(words.tour(folder, ports), flush=True)
            folder.note(site_port=ports.site)
            parts.watch()
        except Interrupted:
            print("\nEnding …", flush=True)
        except PortLost:
            raise
        except PartFailed as problem:
            print(f"\n{problem}\nEnding the others …", file=sys.stderr, flush=True)
            return 1
    print("Everything has ended.", flush=True)
    return 0


def start(parts: Parts, folder: Folder, ports: Ports, *, first: bool) -> None:
    with contextlib.ExitStack() as reserved:
        try:
            # The site comes last, and nobody shall take its port until then.
            doors = [reserved.enter_context(each) for each in reserve(ports.site)]
        except OSError as problem:
            raise PortLost(str(problem)) from None
        start_surroundings(parts, folder, ports)
        # A story of half a year can't pause for second opinions.
        parts.run("database", "-m", "tests.demo.prepare", *(["--seed"] if first else []), CONFIRM_PAUSE_SECONDS="0")
        if first:
            folder.finish()
        files = tuple(each.fileno() for each in doors)
        binds = [part for file in files for part in ("--bind", f"fd://{file}")]
        parts.start("site", "-m", "gunicorn", "config.wsgi", "--graceful-timeout", "4", *binds, files=files)
    parts.start("worker", "manage.py", "qcluster")
    parts.await_ready("site", partial(answers, ports.site, "/healthz"))
    parts.await_ready("worker", partial(parts.says, "worker", b"running"))


def start_surroundings(parts: Parts, folder: Folder, ports: Ports) -> None:
    mailbox = ["--smtp-port", str(ports.smtp), "--http-port", str(ports.mailbox), "--folder", str(folder.mail)]
    parts.start("mailbox", "-m", "tests.demo.mailbox", *mailbox)
    parts.start("emulator", "-m", "tests.emulator", "--port", str(ports.emulator), "--state", str(folder.emulator))
    # Their own word comes first: at a port that was lost somebody else would answer.
    parts.await_ready("emulator", lambda: parts.says("emulator", b"ready on") and answers(ports.emulator))
    parts.await_ready("mailbox", lambda: parts.says("mailbox", b"ready on") and answers(ports.mailbox))


if __name__ == "__main__":
    sys.exit(main())
