"""What a look finds, and how a look is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

OK, WARNING, WRONG = LEVELS = ("ok", "warning", "wrong")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do where it is not well."""

    area: str
    name: str
    level: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A finding without its place: what a look gives. `name` only where one look has several lines."""

    level: str
    sentence: str
    remedy: str = ""
    name: str = ""


Look = Callable[[], "Said | Iterable[Said]"]


@dataclass(frozen=True, slots=True)
class Task:
    """A look and its place.

    Args:
        area: the heading it stands under.
        name: of its line.
        look: does it.
        asks: whom. What asks the network runs in a thread of its own and never touches the database.
        seconds: how long it may take there.
        if_broken: what to do where it can't be looked at at all.
    """

    area: str
    name: str
    look: Look
    asks: Literal["database", "network", "nobody"] = "database"
    seconds: float = 5.0
    if_broken: str = "Check the settings that belong to it, and that the other side runs."

    def done(self) -> list[Finding]:
        """Does it, to the last line: some looks are generators, which break when they are read."""
        return self.found(self.look())

    def found(self, said: Said | Iterable[Said]) -> list[Finding]:
        """The lines of this look."""
        lines = [said] if isinstance(said, Said) else said
        return [Finding(self.area, each.name or self.name, each.level, each.sentence, each.remedy) for each in lines]


def ok(sentence: str, remedy: str = "", *, name: str = "") -> Said:
    return Said(OK, sentence, remedy, name)


def warning(sentence: str, remedy: str, *, name: str = "") -> Said:
    return Said(WARNING, sentence, remedy, name)


def wrong(sentence: str, remedy: str, *, name: str = "") -> Said:
    return Said(WRONG, sentence, remedy, name)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
