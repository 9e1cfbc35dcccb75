"""`python -m tests.emulator --port 9100`: the emulator as a program of its own."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .apps import DEFAULT_APP
from .facebook.records import DEFAULT_APP as FACEBOOK_APP
from .forms import callback_url
from .keeper import Keeper, Unkept
from .refusals import Wrong
from .server import EmulatorServer
from .state import State


def address(text: str) -> str:
    try:
        return callback_url(text)
    except Wrong as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


# What is told of the app that is there from the start; it wins over what a file of the state says.
OF_THE_APP: dict[str, tuple[Callable[[str], str], str, str]] = {
    "meta_secret": (str, "SECRET", "the app's Meta app secret"),
    "deauthorize_url": (address, "URL", "where the app is told that somebody removed it"),
    "deletion_url": (address, "URL", "where the app is told that somebody wants their data deleted"),
}
OF_THE_FACEBOOK_APP = {
    f"facebook_{name}": (kind, shown, about.replace("the app", "the app at Facebook"))
    for name, (kind, shown, about) in OF_THE_APP.items()
    if name != "meta_secret"
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 takes any free port")
    parser.add_argument("--person", action="append", default=[], help="somebody who is there from the start")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keeps everything but the log in this file")
    for name, (kind, shown, about) in {**OF_THE_APP, **OF_THE_FACEBOOK_APP}.items():
        variable = f"EMULATOR_{name.upper()}"
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            metavar=shown,
            default=os.environ.get(variable) or None,
            help=f"{about}; or {variable} in the environment",
        )
    return parser.parse_args()


def main() -> int:
    options = arguments()
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    told, at_facebook = given(options, OF_THE_APP), given(options, OF_THE_FACEBOOK_APP, "facebook_")
    state = State(replace(DEFAULT_APP, **told), replace(FACEBOOK_APP, **at_facebook))
    try:
        with Keeper(state, options.state) if options.state else contextlib.nullcontext():
            state.add_app(DEFAULT_APP.id, **told)
            state.facebook.add_app(FACEBOOK_APP.id, **at_facebook)
            run(state, options, stopped)
    except Unkept as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def given(options: argparse.Namespace, names: Iterable[str], prefix: str = "") -> dict[str, Any]:
    """What was told of an app, by its own names."""
    told = {name.removeprefix(prefix): getattr(options, name) for name in names}
    return {name: value for name, value in told.items() if value is not None}


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
