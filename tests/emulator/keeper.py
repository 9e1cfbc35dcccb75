"""Keeps the state in a file: read at the start, written shortly after every change and at the end."""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path

from .refusals import Refusal
from .snapshot import Damaged, restore, snapshot
from .state import State

PAUSE = 0.2  # seconds between two looks


class Unkept(Exception):
    """The file cannot be read or written; the sentence says why."""


class Keeper:
    """`with Keeper(state, path):` writes in the background; without a change nothing is written."""

    def __init__(self, state: State, path: Path) -> None:
        self.state = state
        self.path = path.resolve()  # a link stays a link
        self._written = ""
        self._complained = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def load(self) -> None:
        """Whatever is there is taken up; the first writing shows that there will be others."""
        try:
            restore(self.state, json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            pass
        except (Damaged, Refusal, ValueError) as problem:
            raise Unkept(f"The state in {self.path} cannot be read: {str(problem).rstrip('.')}.") from None
        except OSError as problem:
            raise Unkept(f"The state in {self.path} cannot be read: {problem.strerror}.") from None
        self._save()

    def _save(self) -> None:
        self.state.changed.clear()
        text = json.dumps(snapshot(self.state))
        if text == self._written and self.path.exists():
            return
        try:
            replace_file(self.path, text)
        except OSError as problem:
            self.state.changed.set()
            raise Unkept(f"The state cannot be written to {self.path}: {problem.strerror}.") from None
        self._written = text

    def _try(self) -> None:
        """A full disk is told once and tried again; the emulator goes on."""
        try:
            self._save()
        except Unkept as problem:
            if str(problem) != self._complained:
                print(problem, file=sys.stderr, flush=True)
            self._complained = str(problem)
        else:
            self._complained = ""

    def _run(self) -> None:
        while not self._stopped.wait(PAUSE):
            if self.state.changed.is_set():
                self._try()

    def __enter__(self) -> "Keeper":
        self.load()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._save()


def replace_file(path: Path, text: str) -> None:
    """Readers see the old file or the new one, whole; only the owner may read either."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
