"""`python -m tests.emulator --port 9100`: the emulator as a program of its own."""

import argparse
import contextlib
import signal
import sys
import threading
from pathlib import Path

from .keeper import Keeper, Unkept
from .server import EmulatorServer
from .state import State


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 takes any free port")
    parser.add_argument("--person", action="append", default=[], help="somebody who is there from the start")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keeps everything but the log in this file")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    state = State()
    try:
        with Keeper(state, options.state) if options.state else contextlib.nullcontext():
            run(state, options, stopped)
    except Unkept as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def run(state: State, options: argparse.Namespace, stopped: threading.Event) -> None:
    with EmulatorServer(options.port, options.host, state) as server:
        for username in options.person:
            if username not in state.persons:
                state.add_person(username)
        state.changed.set()
        print(f"emulator ready on {server.url}", flush=True)
        stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
