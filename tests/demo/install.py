"""Installs a lock into the Python that runs this, and tells how far it is: `python tests/demo/install.py LOCK`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import deque
from pathlib import Path

LAST_LINES = 25
STEP = 10
COLLECTING = re.compile(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")


def main(lock: str) -> int:
    total = len(re.findall(r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^]]*\])?==", Path(lock).read_text("utf-8"), re.M))
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "--require-hashes", "-r", lock]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout
        count = 0
        for line in pip.stdout:
            last.append(line)
            if found := COLLECTING.match(line):
                count += 1
                tell(count, total, found[1])
            elif line.startswith("Installing collected packages"):
                tell(total, total, "")
                print("  Unpacking them …", flush=True)
    if pip.returncode:
        print("".join(last), file=sys.stderr)
        print("The packages could not be installed: see above.", file=sys.stderr)
    return pip.returncode


def tell(count: int, total: int, name: str) -> None:
    """One line that changes on a terminal, else a line now and then."""
    if sys.stdout.isatty():
        print(f"\r\033[K  Package {count} of {total} {name}", end="\n" if not name else "", flush=True)
    elif count % STEP == 0 or not name:
        print(f"  Package {count} of {total}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
