"""Housekeeping that nobody needs more often than once an hour, however many workers end their sweeps with it."""

from __future__ import annotations

from django.core.cache import cache

EVERY_SECONDS = 3600


def my_turn(name: str) -> bool:
    """Whether nobody has done it within the hour; the first process that asks is told so, and no other."""
    # `add` counts the table's rows and takes the database's lock for writing; nearly always a look is enough.
    return cache.get(name) is None and cache.add(name, True, EVERY_SECONDS)
