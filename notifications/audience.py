"""Who gets which mail, and when: the rules for every kind that leaves by the outbox, in this one place.

The settings page shows them, `docs/notifications.md` holds the same table for people, and a test compares the two.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from notifications.registry import Audience

DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is true of a group of kinds.

    Args:
        group: a stable word.
        title: what has happened, in a few words.
        kinds: the kinds of mail that tell of it.
        audience: whom they are written for.
        who: whom they go to.
        when: when they go.
        switchable: whether a member may switch them off. Creators unsubscribe from a connection instead.
        at_once: they neither wait for a digest nor for the workspace's next hour.
    """

    group: str
    title: str
    kinds: tuple[str, ...]
    audience: Audience
    who: str
    when: str
    switchable: bool = False
    at_once: bool = False


_BEHIND = "the contact address, else the member who connected the account, else the owners"

RULES = (
    Rule(
        "endings",
        "An account ended, or is about to",
        (
            *("reconnect_needed", "reconnect_reminder_1", "reconnect_reminder_2", "reconnect_reminder_3"),
            *("expires_soon", "permission_missing"),
        ),
        Audience.CREATORS,
        _BEHIND,
        "at once; again after 2, 5 and 12 days; 10, 5 and 2 days before an end that only a person can put off",
    ),
    Rule(
        "links",
        "A reconnect link that somebody asked for",
        ("reconnect_link",),
        Audience.CREATORS,
        _BEHIND,
        "at once, three an hour at most",
        at_once=True,
    ),
    Rule(
        "invitations",
        "An invitation to connect",
        ("connect_invitation",),
        Audience.CREATORS,
        "the address that a member typed in",
        "at once",
    ),
    Rule(
        "revived",
        "An account was connected by a link",
        ("creator_connected", "revived"),
        Audience.MEMBERS,
        "the member who connected the account or sent the invitation, else the owners",
        "at once, unless they saw it happen",
        switchable=True,
    ),
    Rule(
        "team",
        "Somebody joined the team",
        ("member_joined",),
        Audience.MEMBERS,
        "the member who invited them",
        "at once",
        switchable=True,
    ),
    Rule(
        "membership",
        "A role changed, or the workspace was deleted",
        ("role_changed", "member_removed", "workspace_deleted", "workspace_restored"),
        Audience.MEMBERS,
        "the member concerned; of a workspace its owners",
        "at once",
        at_once=True,
    ),
    Rule(
        "digest",
        "What came after the third mail of a day",
        (DIGEST,),
        Audience.CREATORS,
        "whoever it was for",
        "at eight the next morning, in one mail",
        at_once=True,
    ),
    Rule(
        "staff",
        "The installation needs a person",
        ("brake_fell", "our_fault", "refused_by_meta", "connect_misconfigured", "standstill", "all_clear"),
        Audience.STAFF,
        "the addresses in STAFF_ALERT_EMAILS",
        "at once",
        at_once=True,
    ),
)


@functools.cache
def _by_kind() -> dict[str, Rule]:
    return {kind: rule for rule in RULES for kind in rule.kinds}


def rule_of(kind: str) -> Rule | None:
    """The rule that a kind falls under; None for one that this release does not know."""
    return _by_kind().get(kind)


def switchable() -> list[Rule]:
    """The rules that members choose by."""
    return [rule for rule in RULES if rule.switchable]
