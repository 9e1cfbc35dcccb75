"""In which language and time zone a mail is written: as its reader chose for themselves, else as the workspace did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from notifications.localisation import Place


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one reader chose; empty where they left it to the workspace."""

    time_zone: str = ""
    language: str = ""


ChoiceOf = Callable[[str], Chosen | None]
_asked: list[ChoiceOf] = []


def ask(choice_of: ChoiceOf) -> None:
    """Names the function that knows what people chose, in an app's `AppConfig.ready`; it takes the former's place.

    Args:
        choice_of: gives the choice of whoever has that address, in lower case; None where nobody is known by it.
            Only a mail to that very address shows what it answers.
    """
    _asked[:] = [choice_of]


def place_of(recipient: str, workspace: Place | None) -> Place:
    """Where a mail to `recipient` is at home.

    Args:
        recipient: a mail address.
        workspace: the one that the mail belongs to, if any.
    """
    chosen = next((found for find in _asked if (found := find(recipient.lower()))), Chosen())
    return Chosen(
        time_zone=chosen.time_zone or (workspace.time_zone if workspace else "UTC"),
        language=chosen.language or (workspace.language if workspace else settings.LANGUAGE_CODE),
    )
