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
from tokens.flavours.interface import NEVER
from tokens.models import Connection, Credential
from tokens.services.claims import Claim
from tokens.services.verdicts import Alive, Passing, Renewed, TooYoung, Unrenewable

DAY = dt.timedelta(days=1)
# Of a token that was due by rule no more is left.
LAST_DAYS = dt.timedelta(days=14)
# Meta tells ends in whole seconds, we keep what we were told at the time.
SAME = dt.timedelta(minutes=1)


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
    "held_since": None,
    "cannot_refresh_since": None,
    "permission_missing_since": None,
    "refused_since": None,
}


def plain_change(finding: Finding) -> Change | None:
    """The change that a verdict stands for; None where it takes more than that."""
    match finding.verdict:
        case Renewed(renewal=None) as verdict:
            return _renewed(finding, verdict)
        case Renewed() as verdict:
            return _renewed_by_another(finding, verdict)
        case Alive() as verdict if tells_nothing_new(verdict, finding):
            return Change("alive", signs_of_life(finding))
        case Unrenewable():
            return _unrenewable(finding)
        case TooYoung():
            return _too_young(finding)
        case Passing() as verdict:
            return again(finding, verdict.word, "failed", wait=verdict.wait, facts=verdict.facts)
    return None


def tells_nothing_new(verdict: Alive, finding: Finding) -> bool:
    """What is not told is asked of no row: a sweep loads but some of the columns."""
    connection = finding.connection
    same_names = verdict.handle in ("", connection.handle) and (not verdict.name or verdict.name == connection.name)
    return same_names and new_permissions(verdict, connection) is None and not new_end(verdict, finding.credential)


def new_permissions(verdict: Alive, connection: Connection) -> list[str] | None:
    """What is granted now, where that is something else than before; None where it is not, or was not told."""
    if verdict.permissions is None or set(verdict.permissions) == set(connection.permissions or ()):
        return None
    return list(verdict.permissions)


def new_end(verdict: Alive, credential: Credential) -> bool:
    """Whether Meta tells another end by date than the stored one; within a minute they are the same."""
    if verdict.expires_at is None:
        return False
    told = None if verdict.expires_at == NEVER else verdict.expires_at
    if told is None or credential.expires_at is None:
        return told is not credential.expires_at
    return abs(told - credential.expires_at) > SAME


def new_dates(finding: Finding) -> dict[str, Any]:
    """The columns that another end by date, told by a sign of life, brings along. The row is loaded whole."""
    verdict, credential = finding.verdict, finding.credential
    expires_at = None if verdict.expires_at == NEVER else verdict.expires_at
    columns: dict[str, Any] = {"expires_at": expires_at, "expiry_told": True}
    if not credential.renewable:
        columns["renew_by"] = expires_at
    elif credential.renewal is not None:
        ends = [expires_at] if credential.prolonged else [expires_at, credential.renewal_expires_at]
        columns["renew_by"] = earliest(*ends)
    if not credential.renewable or (not credential.refresh_failures and credential.prolonged):
        columns["due_at"] = due_dates.due_at(
            renewable=credential.renewable,
            obtained_at=credential.obtained_at,
            issued_at=credential.issued_at,
            expires_at=expires_at,
            renewal_expires_at=credential.renewal_expires_at,
        )
        columns["due_by_rule"] = None
    elif finding.refreshing:
        # It was due for its old end; what could not be renewed before is tried again.
        again_at = finding.now + due_dates.pause(finding.failures)
        columns |= {"due_at": earliest(again_at, expires_at), "due_by_rule": None}
    return columns


def earliest(*instants: dt.datetime | None) -> dt.datetime | None:
    """The first of those that are known; None where none is."""
    return min((each for each in instants if each is not None), default=None)


def _renewed(finding: Finding, verdict: Renewed) -> Change:
    """The new token, its dates and its event, together."""
    issued_at = verdict.asked_at
    told_end = None if verdict.expires_in is None else issued_at + dt.timedelta(seconds=verdict.expires_in)
    expires_at = told_end or finding.credential.expires_at
    due_at = due_dates.refresh_due_at(obtained_at=issued_at, issued_at=issued_at, expires_at=expires_at)
    if told_end is None:
        # The old date orients, and may have passed: asked again soon, Meta may tell the new one.
        due_at = max(due_at, issued_at + due_dates.YOUNGEST)
    columns = {
        "token": seal(verdict.token.reveal()),
        "key_id": newest_key_id(),
        "version": finding.claim.version + 1,
        "obtained_at": issued_at,
        "issued_at": issued_at,
        "expires_at": expires_at,
        "expiry_told": told_end is not None,
        "due_at": due_at,
        "due_by_rule": None,
        "refreshed_at": finding.now,
        **RESET,
        "refresh_failing_since": None if told_end is None else _in_vain_since(finding, told_end),
    }
    told = {"expires_told": told_end is not None}
    return Change("refreshed", columns, Line("refreshed", _renewed_for(verdict.expires_in), told))


def _in_vain_since(finding: Finding, end: dt.datetime) -> dt.datetime | None:
    """Since when renewing what is about to end brings no later end, so that its people are warned in time.

    What has long to go is none of these: a renewal by hand brings hardly more than there was.
    """
    credential = finding.credential
    before = credential.known_expiry
    if before is None or before > finding.now + LAST_DAYS or end - before > DAY:
        return None
    return credential.refresh_failing_since or finding.now


def _renewed_by_another(finding: Finding, verdict: Renewed) -> Change:
    """Both tokens anew. Whether that also brought a later date is Meta's to decide: it promises so nowhere."""
    credential, asked_at = finding.credential, verdict.asked_at
    before, told = credential.renewal_expires_at, verdict.renewal_expires_at
    # No date told is none to rely on.
    end = before if told is None else None if told == NEVER else told
    prolonged = told is not None and (end is None or before is None or end - before > DAY)
    columns: dict[str, Any] = {"refreshed_at": finding.now, "due_by_rule": None, **RESET}
    if end is not None and before is not None and before - end > DAY:
        # What is kept lives longer than what Meta gives for it.
        return _not_prolonged(finding, columns, before)
    columns |= {
        "token": seal(verdict.token.reveal()),
        "renewal": None if verdict.renewal is None else seal(verdict.renewal.reveal()),
        "key_id": newest_key_id(),
        "version": finding.claim.version + 1,
        "renewal_expires_at": end,
    }
    if not prolonged:
        # Meta counts whole seconds from each answer: a date that drifts by them would be news every day.
        columns["renewal_expires_at"] = before
        return _not_prolonged(finding, columns, before)
    columns |= {
        "obtained_at": asked_at,
        "issued_at": asked_at,
        "renew_by": credential.expires_at,
        "due_at": due_dates.due_at(
            renewable=True,
            obtained_at=asked_at,
            issued_at=asked_at,
            expires_at=credential.expires_at,
            renewal_expires_at=end,
        ),
    }
    seconds = None if end is None else round((end - asked_at).total_seconds())
    return Change("refreshed", columns, Line("refreshed", _renewed_for(seconds), {"expires_told": end is not None}))


def _not_prolonged(finding: Finding, columns: dict[str, Any], end: dt.datetime | None) -> Change:
    """It works, for no longer than before. Asked again each day: what Meta refuses today it may grant tomorrow."""
    renew_by = earliest(end, finding.credential.expires_at)
    columns |= {"renew_by": renew_by, "due_at": earliest(finding.now + due_dates.DAILY, renew_by)}
    known = finding.credential.renew_by == renew_by
    text = "Facebook gave a new key, but no later date. Somebody must reconnect before it runs out; we remind them."
    return Change("not_prolonged", columns, None if known else Line("not_prolonged", text))


def _unrenewable(finding: Finding) -> Change:
    """What renewed it has run out. What is used goes on until its own end, if it has one. Nobody was asked."""
    expires_at = finding.credential.expires_at
    columns = {
        "renewable": False,
        "renew_by": expires_at or finding.credential.renew_by or finding.credential.renewal_expires_at,
        "due_at": expires_at,
        "due_by_rule": None,
        "refresh_failures": 0,
        "refresh_failing_since": None,
        "cannot_refresh_since": None,
    }
    text = "What renews the connection has run out. It still works; somebody must reconnect before it ends."
    return Change("unrenewable", columns, Line("unrenewable", text) if finding.credential.renewable else None)


def _renewed_for(seconds: int | None) -> str:
    """Not until when: the day depends on the time zone, and the workspace may choose another one."""
    days = round((seconds or 0) / dt.timedelta(days=1).total_seconds())
    return f"Renewed, valid for {days} day{'' if days == 1 else 's'}." if days else "Renewed."


def signs_of_life(finding: Finding) -> dict[str, Any]:
    """What `/me`'s answer changes on the row."""
    columns: dict[str, Any] = {
        "checked_at": finding.now,
        "held_since": None,
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
