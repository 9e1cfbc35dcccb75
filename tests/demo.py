"""`make demo`: the site, a worker and the emulator of Meta on this machine, until Ctrl-C.

Each start begins afresh under `.demo/`: the emulator keeps nothing. Only loopback addresses are used.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".demo"
PEOPLE = ("flora.bakes", "otto_travels", "studio.lima")
SITE_PORT, EMULATOR_PORT = 8000, 9100
STARTS_WITHIN = 30.0


def main() -> int:
    # The emulator forgets its tokens when it ends; connections of an earlier run would look damaged.
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir()
    site_port, emulator_port = _free_port(SITE_PORT), _free_port(EMULATOR_PORT)
    site, emulator = f"http://localhost:{site_port}", f"http://127.0.0.1:{emulator_port}"
    env = _environment(site, emulator)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as parts:
            parts.enter_context(_part("emulator", ["-m", "tests.emulator", "--port", str(emulator_port)], env))
            _await("emulator", emulator)
            _people(emulator)
            _manage(["migrate", "--verbosity", "0"], env)
            print("  database   ready", flush=True)
            parts.enter_context(_part("worker", ["manage.py", "qcluster"], env))
            address = f"localhost:{site_port}"
            parts.enter_context(_part("site", ["manage.py", "runserver", "--noreload", address], env))
            _await("site", f"{site}/healthz")
            _tell(site, emulator)
            signal.pause()
    except KeyboardInterrupt:
        print("\nEnding …")
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _environment(site: str, emulator: str) -> dict[str, str]:
    return {
        **os.environ,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FERNET_KEYS": Fernet.generate_key().decode(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{STATE / 'perennial.sqlite3'}",
        "SITE_URL": site,
        "EMAIL_URL": f"filemail:///{STATE / 'mail'}",
        "EMAIL_VERIFICATION": "none",
        "INSTAGRAM_APP_ID": "1234567890",
        "INSTAGRAM_APP_SECRET": "emulator-app-secret",
        "INSTAGRAM_AUTHORIZE_URL": f"{emulator}/oauth/authorize",
        "INSTAGRAM_API_URL": emulator,
        "INSTAGRAM_GRAPH_URL": emulator,
        "ALLOW_INSECURE_META": "True",
    }


@contextmanager
def _part(name: str, command: list[str], env: dict[str, str]) -> Iterator[None]:
    """Runs a part in a process group of its own, its output in `.demo/`, and ends it cleanly."""
    with (STATE / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _manage(arguments: list[str], env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True)


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            print(f"Port {wanted} is taken; another one is used.")
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(name: str, url: str) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=2):
                print(f"  {name:10} ready", flush=True)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"The {name} did not start: see .demo/*.log")


def _people(emulator: str) -> None:
    for username in PEOPLE:
        body = json.dumps({"username": username}).encode()
        request = urllib.request.Request(
            f"{emulator}/_control/persons", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=5):
            pass


def _tell(site: str, emulator: str) -> None:
    print(
        f"""
Perennial runs at {site}
  1. Sign up there with any address and a workspace name, then press “Connect Instagram”.
  2. The emulator's consent page lets you be one of: {", ".join(PEOPLE)}.
  3. Change somebody's password:
       curl -X POST {emulator}/_control/persons/{PEOPLE[0]}/change-password
     then press “Check now” on the connection's page.
  4. The worker puts the mail with the reconnect link into .demo/mail within a minute.

The emulator of Instagram runs at {emulator}. Ctrl-C ends everything."""
    )


if __name__ == "__main__":
    sys.exit(main())
