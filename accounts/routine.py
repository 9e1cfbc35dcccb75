"""Which kinds of events are routine: they tell of no change and go once they are old. Other apps register theirs."""

from __future__ import annotations

_registered: set[str] = set()


def register(*kinds: str) -> None:
    """To be called in an app's `ready`.

    Args:
        *kinds: of events that are written again and again about something that stays as it was. What tells of a
            change is none: it stays as long as the workspace.
    """
    _registered.update(kinds)


def kinds() -> list[str]:
    """All that were registered, in the order of the alphabet."""
    return sorted(_registered)
