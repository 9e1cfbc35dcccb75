"""Who wants to know that the outbox is being delivered, whether or not anything is due. Other apps register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Listener = Callable[[dt.datetime], None]
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """To be called in an app's `ready`. `listener` gets the instant of each delivery, before any mail is taken up."""
    if listener not in _listeners:
        _listeners.append(listener)


def delivering(now: dt.datetime) -> None:
    """Tells all that registered."""
    for listener in _listeners:
        listener(now)
