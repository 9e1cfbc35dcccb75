"""What becomes of a row when the answer concerns nothing but it: a renewal, a sign of life, a fault in passing.

Values only, so that a group of them can be written at once. All other answers are `store`'s own business: they take
locks, end connections, owe mail.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tokens import due_dates
from tokens.fields import newest_key_id, seal
from tokens.models import Connection, Credential
from tokens.services.claims import Claim
from tokens.services.verdicts import Alive, Passing, Renewed, TooYoung


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the row that it is about, as they stood when the claim was taken."""

    claim: Claim
    credential: Credential
    verdict: Any
    now: dt.datetime

    @property
    def connection(self) -> Connection:
        return self.credential.connection

    @property
    def refreshing(self) -> bool:
        return self.claim.purpose == "refresh"

    @property
    def failures(self) -> int:
        """How often in a row what was asked has failed before."""
        return self.credential.refresh_failures if self.refreshing else self.credential.check_failures


@dataclass(frozen=True, slots=True)
class Line:
    """A line of history: a stable word, a sentence fit for the creator, and facts for staff."""

    kind: str
    text: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Columns to set, the line to write if they were set, and the word for reports."""

    word: str
    columns: dict[str, Any]
    line: Line | None = None


RESET: dict[str, Any] = {
    "refresh_failures": 0,
    "refresh_failing_since": None,
    "check_failures": 0,
    "last_failure": "",
    "last_failure_at": None,
    "cannot_refresh_since": None,
    "permission_missing_since": None,
    "refused_since": None,
}


def plain_change(finding: Finding) -> Change | None:
    """The change that a verdict stands for; None where it takes more than that."""
    match finding.verdict:
        case Renewed() as verdict:
            return _renewed(finding, verdict)
        case Alive() as verdict if _same_names(verdict, finding.connection):
            return Change("alive", signs_of_life(finding))
        case TooYoung():
            return _too_young(finding)
        case Passing() as verdict:
            return again(finding, verdict.word, "failed", wait=verdict.wait, facts=verdict.facts)
    return None


def _same_names(verdict: Alive, connection: Connection) -> bool:
    """What is not told is asked of no row: a sweep loads the handle alone."""
    return verdict.handle in ("", connection.handle) and (not verdict.name or verdict.name == connection.name)


def _renewed(finding: Finding, verdict: Renewed) -> Change:
    """The new token, its dates and its event, together."""
    issued_at = verdict.asked_at
    expires_at = finding.credential.expires_at
    if verdict.expires_in is not None:
        expires_at = issued_at + dt.timedelta(seconds=verdict.expires_in)
    due_at = due_dates.refresh_due_at(obtained_at=issued_at, issued_at=issued_at, expires_at=expires_at)
    if verdict.expires_in is None:
        # The old date orients, and may have passed: asked again soon, Meta may tell the new one.
        due_at = max(due_at, issued_at + due_dates.YOUNGEST)
    columns = {
        "token": seal(verdict.token.reveal()),
        "key_id": newest_key_id(),
        "version": finding.claim.version + 1,
        "obtained_at": issued_at,
        "issued_at": issued_at,
        "expires_at": expires_at,
        "expiry_told": verdict.expires_in is not None,
        "due_at": due_at,
        "due_by_rule": None,
        "refreshed_at": finding.now,
        **RESET,
    }
    told = {"expires_told": verdict.expires_in is not None}
    return Change("refreshed", columns, Line("refreshed", _renewed_for(verdict.expires_in), told))


def _renewed_for(seconds: int | None) -> str:
    """Not until when: the day depends on the time zone, and the workspace may choose another one."""
    days = round((seconds or 0) / dt.timedelta(days=1).total_seconds())
    return f"Renewed, valid for {days} day{'' if days == 1 else 's'}." if days else "Renewed."


def signs_of_life(finding: Finding) -> dict[str, Any]:
    """What `/me`'s answer changes on the row."""
    columns: dict[str, Any] = {
        "checked_at": finding.now,
        "check_failures": 0,
        "check_due_at": due_dates.next_check_at(finding.credential.pk, finding.now),
    }
    if not finding.credential.refresh_failures:
        # With a refresh that keeps failing, its own flags stay: `/me` says nothing about them.
        columns |= {"permission_missing_since": None, "refused_since": None}
        columns |= {"last_failure": "", "last_failure_at": None}
    return columns


def _too_young(finding: Finding) -> Change:
    if not finding.refreshing:
        return Change("too_young", {"check_due_at": due_dates.next_check_at(finding.credential.pk, finding.now)})
    return Change("too_young", {"due_at": finding.now + due_dates.DAILY, "due_by_rule": None})


def again(
    finding: Finding, word: str, outcome: str, *, wait: float | None = None, facts: dict[str, Any] | None = None
) -> Change:
    """Nothing is known: the state stays, and Meta is asked again after a growing pause.

    Args:
        finding: what was found out.
        word: the class of the failure, as the row keeps it.
        outcome: the word for reports.
        wait: seconds that Meta wants us to wait at least.
        facts: of the answer, for staff.
    """
    failures = finding.failures + 1
    next_at = finding.now + max(due_dates.pause(failures), dt.timedelta(seconds=wait or 0))
    return Change(outcome, failed(finding, word, next_at), _first_failure(finding, word, facts or {}))


def _first_failure(finding: Finding, word: str, facts: dict[str, Any]) -> Line | None:
    """History tells of the first in a row alone."""
    if finding.failures:
        return None
    what = "Renewing" if finding.refreshing else "Checking"
    text = f"{what} did not work this time. Nothing is lost; we try again by ourselves."
    return Line(f"{finding.claim.purpose}_failed", text, {"word": word, **facts})


def failed(finding: Finding, word: str, next_at: dt.datetime) -> dict[str, Any]:
    """The columns of an attempt that failed, to be made again at `next_at` or at the token's expiry."""
    if finding.credential.expires_at is not None and finding.credential.expires_at > finding.now:
        next_at = min(next_at, finding.credential.expires_at)
    dates: dict[str, Any] = {"check_due_at": next_at}
    if finding.refreshing:
        dates = {"due_at": next_at, "due_by_rule": None}
        if not finding.failures:
            dates["refresh_failing_since"] = finding.now
    return {
        **dates,
        f"{finding.claim.purpose}_failures": finding.failures + 1,
        "last_failure": word,
        "last_failure_at": finding.now,
    }
