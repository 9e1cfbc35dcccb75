"""`python -m tests.emulator --port 9100`: the emulator as a program of its own."""

import argparse
import signal
import threading

from .server import EmulatorServer


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 takes any free port")
    parser.add_argument("--person", action="append", default=[], help="somebody who is there from the start")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    with EmulatorServer(options.port, options.host) as server:
        for username in options.person:
            server.state.add_person(username)
        print(f"emulator ready on {server.url}", flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
