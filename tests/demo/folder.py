"""What the demo keeps, `.demo/`: its keys, its database, the emulator's memory, mails and logs.

A first start writes `half-made` before anything else and removes it last. Only files that the demo makes are ever
deleted, whatever the folder is.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OURS = ("keys.json", "perennial.sqlite3*", "emulator.json", ".emulator.json.*", "seeded.json*", "*.log", "mail")
START_AFRESH = "Start afresh with: make demo RESET=1"


class Unusable(Exception):
    """The demo can't start on this folder. The text says why and what to do."""


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "perennial.sqlite3"
        self.emulator = path / "emulator.json"
        self.mail = path / "mail"
        self.keys_file = path / "keys.json"
        self._seeded = path / "seeded.json"
        self._half_made = path / "half-made"
        self._lock = path / "lock"

    def log(self, part: str) -> Path:
        return self.path / f"{part}.log"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """For one demo at a time; the lock goes with the process, however it ends."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self._lock.open("a+")
        except OSError as problem:
            raise Unusable(f"The demo can't write to {self.path}: {problem.strerror}.") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unusable(self._running()) from None
            self.tell("")
            yield

    def _running(self) -> str:
        where = self._lock.read_text().strip()
        return f"The demo is running already{f' at {where}' if where else ''}. End it there with Ctrl-C first."

    def tell(self, where: str) -> None:
        """What a second start says about this one."""
        self._lock.write_text(where)

    def prepare(self, *, reset: bool) -> bool:
        """Makes the folder ready to start on. Returns whether this is a first start, which must be finished by
        `finish`.

        Raises:
            Unusable: something is missing or damaged.
        """
        if reset or self._half_made.exists():
            self._clear()
        if not any(self._found()):
            self._half_made.touch()
            self.mail.mkdir(mode=0o700)
            write_privately(self.keys_file, json.dumps(new_keys()))
            return True
        self._check()
        return False

    def _found(self) -> Iterator[Path]:
        for pattern in OURS:
            yield from self.path.glob(pattern)

    def _clear(self) -> None:
        self._half_made.touch()  # a reset that is interrupted goes on at the next start
        for each in list(self._found()):
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            else:
                each.unlink()
        self._half_made.unlink()

    def _check(self) -> None:
        for each in (self.keys_file, self.database, self.emulator, self._seeded):
            if not each.is_file() or not each.stat().st_size:
                raise Unusable(f"{self.path} is damaged: {each.name} is missing or empty. {START_AFRESH}")
        if self.seeded().get("keys") != fingerprint(self.keys()):
            raise Unusable(f"{self.path} is damaged: these are not the keys that it was made with. {START_AFRESH}")
        self.mail.mkdir(mode=0o700, exist_ok=True)

    def keys(self) -> dict[str, str]:
        found = self._read(self.keys_file)
        if not all(isinstance(found.get(name), str) for name in ("SECRET_KEY", "FERNET_KEYS")):
            raise Unusable(f"{self.path} is damaged: {self.keys_file.name} holds no keys. {START_AFRESH}")
        return found

    def seeded(self) -> dict[str, Any]:
        """What a first start left word of; empty before it is finished."""
        return self._read(self._seeded) if self._seeded.exists() else {}

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise Unusable(f"{self.path} is damaged: {path.name} can't be read. {START_AFRESH}")
        return found

    def note(self, **facts: Any) -> None:
        """Adds to what a later start finds in `seeded`."""
        text = json.dumps({**self.seeded(), **facts, "keys": fingerprint(self.keys())})
        part = self._seeded.with_suffix(".json.part")
        part.write_text(text, "utf-8")
        part.replace(self._seeded)

    def finish(self) -> None:
        """The first start is over: from now on what is missing has got lost."""
        self._half_made.unlink()


def new_keys() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FERNET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }


def fingerprint(keys: dict[str, str]) -> str:
    return hashlib.sha256(f"{keys['SECRET_KEY']} {keys['FERNET_KEYS']}".encode()).hexdigest()[:16]


def write_privately(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
