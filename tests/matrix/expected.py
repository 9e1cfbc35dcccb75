"""What each cause of death and each answer that is none must come to: the product's promises, as two tables."""

from __future__ import annotations

from dataclasses import dataclass

from tests.flows import faults
from tests.flows.faults import Case
from tokens.services.verdicts import OurFault, Passing, PermissionLost, RefusedByMeta, TooYoung

# By the text alone, as Instagram's host tells them, and by the subcode: the reason that the creator reads.
CAUSES = {
    "password_changed": "password_changed",
    "app_removed": "app_removed",
    "checkpoint": "checkpoint",
    "checkpoint_blocked": "checkpoint",
    "unconfirmed": "unconfirmed",
    "logged_out": "logged_out",
    "session_mismatch": "logged_out",
    "killed": "ended_by_meta",
    "expired": "expired",
    "invalid_190": "unknown",
    "generic_190": "unknown",
    "code_102": "unknown",
    "code_452": "unknown",
}
# An answer as it should be is none of a death either.
WELL = Case("well", "well")
NON_DEATHS: tuple[Case, ...] = (
    WELL,
    *faults.PASSING,
    *faults.HANGING,
    *faults.LOST,
    *faults.LOST_SLOWLY,
    *faults.ODD,
    *faults.LIMITED,
    *faults.UNKNOWN,
    *faults.PERMISSION,
    *faults.REFUSED,
    *faults.OURS,
    *faults.TOO_YOUNG,
)


# How the engine judges an answer of each family, the second one of an attempt.
VERDICTS: dict[str, type] = {
    **dict.fromkeys(("passing", "lost", "odd", "limited", "unknown"), Passing),
    "permission": PermissionLost,
    "refused": RefusedByMeta,
    "ours": OurFault,
    "too_young": TooYoung,
}


@dataclass(frozen=True)
class Expected:
    """What becomes of an active connection. Events, mails and alerts by their kinds; `checked`: where a check differs.

    Args:
        flags: after a refresh.
        events: the lines of history after a refresh.
        mails: to the creator.
        alerts: to staff.
        checked_flags: after a check.
        checked_events: after a check.
    """

    flags: tuple[str, ...] = ("retrying",)
    events: tuple[str, ...] = ("refresh_failed",)
    mails: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    checked_flags: tuple[str, ...] = ()
    checked_events: tuple[str, ...] = ("check_failed",)


_PASSES = Expected()
_BY_FAMILY = {
    **dict.fromkeys(("passing", "lost", "odd", "limited", "unknown"), _PASSES),
    "well": Expected(("cannot_be_refreshed",), ("cannot_refresh",), (), (), (), ()),
    "permission": Expected(
        ("retrying", "permission_missing"),
        ("permission_missing",),
        ("permission_missing",),
        (),
        ("permission_missing",),
        ("permission_missing",),
    ),
    "refused": Expected(("retrying", "refused"), ("refused",), (), ("refused_by_meta",), ("refused",), ("refused",)),
    "ours": Expected(alerts=("our_fault",)),
    "too_young": Expected((), (), (), (), (), ()),
}


def expected(case: Case) -> Expected:
    """What a death that is followed by this answer must come to."""
    return _BY_FAMILY[case.family]


# What the page after consent says where `/me` answers like this; the connection that was to be revived stays as it is.
AT_RECONNECT = {
    "passing": "unfinished",
    "lost": "unfinished",
    "limited": "unfinished",
    "odd": "unfinished",
    "unknown": "unfinished",
    "permission": "permission_unticked",
    "refused": "unexpected",
    "ours": "misconfigured",
    "too_young": "unexpected",
}


def at_reconnect(case: Case) -> str:
    if case.kind == "unsupported_request":
        return "refused"
    return "reconnected" if case.family == "well" else AT_RECONNECT[case.family]
