"""`python -m tests.demo.mailbox --folder DIR`: a mail server and its page, on loopback."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from .letters import Letters
from .server import Server
from .sink import Sink


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.demo.mailbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where mails are kept, one file each")
    parser.add_argument("--smtp-port", type=int, default=9125)
    parser.add_argument("--http-port", type=int, default=9180)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    letters = Letters(options.folder)
    with Sink(letters, options.smtp_port), Server(letters, options.http_port) as server:
        print(f"mailbox ready on {server.url}", flush=True)
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
