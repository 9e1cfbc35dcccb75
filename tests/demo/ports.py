"""Which ports the parts listen on: the usual ones, or others where those are taken."""

from __future__ import annotations

import socket
from dataclasses import dataclass

TRIES = 100
USUAL = {"site": 8000, "emulator": 9100, "mailbox": 9180, "smtp": 9125}
NAMES = {"site": "the site", "emulator": "the emulator", "mailbox": "the mailbox", "smtp": "the mail server"}


@dataclass(frozen=True, slots=True)
class Ports:
    site: int
    emulator: int
    mailbox: int
    smtp: int

    @property
    def site_url(self) -> str:
        return f"http://localhost:{self.site}"

    @property
    def emulator_url(self) -> str:
        return f"http://localhost:{self.emulator}"

    @property
    def mailbox_url(self) -> str:
        return f"http://localhost:{self.mailbox}"


def choose() -> tuple[Ports, list[str]]:
    """Ports that are free now, and a sentence for each that is not the usual one."""
    chosen: dict[str, int] = {}
    sentences = []
    for name, usual in USUAL.items():
        port = next((port for port in range(usual, usual + TRIES) if port not in chosen.values() and is_free(port)), 0)
        if not port:
            raise OSError(f"None of the ports {usual} to {usual + TRIES - 1} is free.")
        if port != usual:
            sentences.append(f"Port {usual} is taken: {NAMES[name]} takes {port}.")
        chosen[name] = port
    return Ports(**chosen), sentences


def is_free(port: int) -> bool:
    """Whether nobody listens there. A browser may try either address of `localhost` first."""
    return all(_is_free(family, address, port) for family, address in loopbacks())


def loopbacks() -> list[tuple[socket.AddressFamily, str]]:
    known = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    return [(family, address) for family, address in known if _is_free(family, address, 0)]


def _is_free(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # What remains of connections that were closed a moment ago is in nobody's way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError:
        return False
    return True


def reserve(port: int) -> list[socket.socket]:
    """Listens there already, on each address of `localhost`, until a part takes over."""
    sockets = []
    for family, address in loopbacks():
        taken = socket.socket(family, socket.SOCK_STREAM)
        sockets.append(taken)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((address, port))
        taken.listen(64)
    return sockets
