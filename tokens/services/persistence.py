"""A write that is tried again until it stands: what Meta answered exists nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

_T = TypeVar("_T")
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0


def until_it_stands(write: Callable[[], _T], *, worthwhile: Callable[[], bool]) -> _T:
    """Does `write`, again and again while the database does not take it.

    Args:
        write: a whole transaction.
        worthwhile: whether another try may still be of use; asked after each failure.

    Returns:
        What `write` returns.

    Raises:
        OperationalError, InterfaceError: the last failure, once it is of no use any more.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if not worthwhile():
                raise
            # A database that was restarted: this thread's line is dead and would stay so.
            connection.close_if_unusable_or_obsolete()
        # Nobody tells when a database is back. A worker that is told to stop meanwhile is ended by its watch in time.
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
