"""The sentences about imports."""

from __future__ import annotations

from collections.abc import Mapping

IMPORTED, UNCHANGED, REFUSED, CANCELLED = "imported", "unchanged", "refused", "cancelled"
WORDS = {IMPORTED: "imported", UNCHANGED: "unchanged", REFUSED: "refused", CANCELLED: "not tried"}

NO_ANSWER = "Instagram did not answer. We ask again by ourselves."
NO_ANSWER_FOR_DAYS = "Instagram did not answer for three days. Import this line again."
UNREADABLE = "What we kept of this line can't be read any more. Import it again."
OUR_FAULT = "Something went wrong on our side. Import this line again."


def told(counts: Mapping[str, int]) -> str:
    """What became of an import's lines, such as `3 imported, 1 unchanged, 2 refused`."""
    shown = {outcome: counts.get(outcome, 0) for outcome in WORDS}
    parts = [f"{number} {WORDS[outcome]}" for outcome, number in shown.items() if number or outcome != CANCELLED]
    return ", ".join(parts)
