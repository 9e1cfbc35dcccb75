"""Which of the accounts that a consent opens is meant, and the choice where that is not clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from tokens.flavours.interface import Found, Offer
from tokens.models import ConnectAttempt

# As many as can be stored while a person waits.
MOST = 50


@dataclass(frozen=True, slots=True)
class Choosable:
    """An account that may be chosen, as the page shows it."""

    account_id: str
    handle: str
    page_name: str


def meant(attempt: ConnectAttempt, offer: Offer, chosen: Sequence[str] | None) -> list[Found] | None:
    """The accounts to connect.

    Args:
        attempt: one that revives a connection, or came by a link for one certain account, means that one.
        offer: what the consent opens.
        chosen: ids of accounts that the person chose; None where nobody was asked yet.

    Returns:
        Empty where there is no account at all; None where the person has to choose.
    """
    if not offer.found or chosen is not None:
        return [each for each in offer.found if each.account_id in (chosen or ())]
    expected = [each for each in offer.found if _is_expected(attempt, each)]
    if _expects(attempt):
        # None of them: the first stands for all, and is refused as the wrong one.
        return expected[:1] or list(offer.found[:1])
    return list(offer.found) if len(offer.found) == 1 and not offer.unlinked else None


def _expects(attempt: ConnectAttempt) -> bool:
    return attempt.connection is not None or (attempt.link is not None and bool(attempt.link.expected_handle))


def _is_expected(attempt: ConnectAttempt, found: Found) -> bool:
    if attempt.connection is not None:
        return found.account_id in attempt.connection.aliases
    handle = attempt.link.expected_handle if attempt.link is not None else ""
    return bool(handle) and handle.lower() == found.handle.lower()


def facts_of(offer: Offer) -> dict[str, Any]:
    """What is kept of an offer until somebody has chosen: names and ids, no token."""
    return {
        "person": offer.person_id,
        "choices": [[each.account_id, each.handle, each.page_name] for each in offer.found],
        "unlinked": [page.name or page.id for page in offer.unlinked],
    }


def choices(attempt: ConnectAttempt) -> list[Choosable]:
    """What may be chosen."""
    return [Choosable(*each) for each in attempt.pending_facts.get("choices", ())]


def unlinked(attempt: ConnectAttempt) -> list[str]:
    """The Pages without an Instagram account, while somebody may choose and after nothing was found."""
    return list(attempt.pending_facts.get("unlinked", ()) or attempt.handles.get("unlinked", ()))


def several(attempt: ConnectAttempt) -> bool:
    """Whether more than one may be chosen: a link connects one account."""
    return attempt.link_id is None


def choose(attempt: ConnectAttempt, wanted: Sequence[str]) -> str:
    """Notes on the attempt, in memory, what a person has chosen.

    Args:
        attempt: one that waits for the choice.
        wanted: ids of accounts, as a form sends them.

    Returns:
        Why the choice can't be taken, a sentence in the language that is active; empty where it can.
    """
    possible = {each.account_id for each in choices(attempt)}
    chosen = [each for each in dict.fromkeys(wanted) if each in possible]
    if not chosen:
        return gettext("Choose at least one account.")
    if len(chosen) > 1 and not several(attempt):
        return gettext("This link is for one account. Choose one.")
    if len(chosen) > MOST:
        return gettext("Choose at most %(most)s at once; connect the others afterwards.") % {"most": MOST}
    attempt.pending_facts = {**attempt.pending_facts, "chosen": chosen}
    return ""
