"""`python -m tests.demo.prepare [--seed]`: migrates, and on a first start plays the story that fills the workspaces."""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from .folder import Folder
from .parts import say_ready


def main() -> int:
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    say_ready("database")
    if "--seed" in sys.argv:
        # Models exist only now.
        due_at = importlib.import_module("tests.demo.story").play(
            os.environ["PERENNIAL_DEMO_EMULATOR"], due_seconds=float(os.environ.get("PERENNIAL_DEMO_DUE_SECONDS") or 45)
        )
        Folder(Path(os.environ["PERENNIAL_DEMO_DIR"])).note(due_at=due_at.isoformat())
        say_ready("story")
    # What fell due while nothing ran is taken up as soon as the worker is there, not at its first half minute.
    call_command("refresh_tokens", enqueue=True, stdout=io.StringIO(), stderr=io.StringIO())
    return 0


if __name__ == "__main__":
    sys.exit(main())
