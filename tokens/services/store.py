"""Stores what an attempt found out: row, event and mail in one transaction, by compare-and-set on the claim."""

from __future__ import annotations

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts import events
from notifications.services import notify, notify_staff
from tokens import due_dates
from tokens.fields import newest_key_id, seal
from tokens.models import Brake, Connection, Credential, Status
from tokens.services import brake, links, recipients
from tokens.services.claims import Claim
from tokens.services.verdicts import (
    Alive,
    Contradicted,
    Dead,
    OurFault,
    Passing,
    PermissionLost,
    RefusedByMeta,
    Renewed,
    TooYoung,
    Verdict,
)
from tokens.wording import REASONS

COMMIT_TRIES = 5
LOST = "lost"

logger = logging.getLogger(__name__)


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

    def write(self, **columns: Any) -> bool:
        """Sets columns and ends the lease, if the claim still stands."""
        return bool(self.claim.row().update(**columns, lease_owner="", lease_until=None))

    def tell(self, kind: str, text: str, **detail: Any) -> None:
        events.record(
            tenant=self.connection.tenant_id,
            kind=kind,
            text=text,
            subject_id=self.connection.pk,
            detail=detail,
            at=self.now,
        )


def store(claim: Claim, credential: Credential, verdict: Verdict, *, calls: list[bool], unparsable: bool) -> str:
    """Stores a verdict; an answer that comes too late changes nothing.

    Args:
        claim: the right to write.
        credential: the row as loaded under the claim, with its connection.
        verdict: what was found out.
        calls: one flag for each call to Meta: whether it failed in passing.
        unparsable: Meta could not parse what we sent.

    Returns:
        What became of it, one word for reports; `lost` where the claim stood no more.

    Raises:
        OperationalError, InterfaceError: the database did not take it, in several tries.
    """
    for attempt in range(1, COMMIT_TRIES + 1):
        try:
            with transaction.atomic():
                return _store(Finding(claim, credential, verdict, timezone.now()), calls, unparsable)
        except (OperationalError, InterfaceError):
            # The answer exists nowhere else: commit it again until it stands or the lease is over.
            if attempt == COMMIT_TRIES or timezone.now() >= claim.until:
                raise
            # A database that was restarted: this thread's line is dead and would stay so.
            connection.close_if_unusable_or_obsolete()
        time.sleep(0.2 * attempt)
    raise AssertionError("the loop returns or raises")


def _store(finding: Finding, calls: list[bool], unparsable: bool) -> str:
    app_id = finding.connection.meta_app_id
    for transient in calls:
        brake.tally(app_id=app_id, transient=transient, now=finding.now)
    if unparsable or isinstance(finding.verdict, Dead | OurFault):
        brake.lock(app_id)
    if unparsable:
        brake.strike(connection=finding.connection, cause=Brake.Cause.OURS, now=finding.now)
    return _HANDLERS[type(finding.verdict)](finding)


def _renewed(finding: Finding) -> str:
    """The new token, its dates and its event, together."""
    verdict: Renewed = finding.verdict
    issued_at = verdict.asked_at
    expires_at = finding.credential.expires_at
    if verdict.expires_in is not None:
        expires_at = issued_at + dt.timedelta(seconds=verdict.expires_in)
    due_at = due_dates.refresh_due_at(obtained_at=issued_at, issued_at=issued_at, expires_at=expires_at)
    if verdict.expires_in is None:
        # The old date orients, and may have passed: asked again soon, Meta may tell the new one.
        due_at = max(due_at, issued_at + due_dates.YOUNGEST)
    written = finding.write(
        token=seal(verdict.token.reveal()),
        key_id=newest_key_id(),
        version=finding.claim.version + 1,
        obtained_at=issued_at,
        issued_at=issued_at,
        expires_at=expires_at,
        expiry_told=verdict.expires_in is not None,
        due_at=due_at,
        refreshed_at=finding.now,
        **RESET,
    )
    if not written:
        return LOST
    finding.tell("refreshed", _renewed_for(verdict.expires_in), expires_told=verdict.expires_in is not None)
    return "refreshed"


def _renewed_for(seconds: int | None) -> str:
    """Not until when: the day depends on the time zone, and the workspace may choose another one."""
    days = round((seconds or 0) / dt.timedelta(days=1).total_seconds())
    return f"Renewed, valid for {days} day{'' if days == 1 else 's'}." if days else "Renewed."


RESET: dict[str, Any] = {
    "refresh_failures": 0,
    "check_failures": 0,
    "last_failure": "",
    "last_failure_at": None,
    "cannot_refresh_since": None,
    "permission_missing_since": None,
    "refused_since": None,
}


def _alive(finding: Finding) -> str:
    verdict: Alive = finding.verdict
    columns: dict[str, Any] = {
        "checked_at": finding.now,
        "check_failures": 0,
        "check_due_at": due_dates.next_check_at(finding.connection.pk, finding.now),
    }
    if not finding.credential.refresh_failures:
        # With a refresh that keeps failing, its own flags stay: `/me` says nothing about them.
        columns |= {"permission_missing_since": None, "refused_since": None}
        columns |= {"last_failure": "", "last_failure_at": None}
    if verdict.handle != finding.connection.handle:
        lock_connection(finding.connection.pk)
    if not finding.write(**columns):
        return LOST
    _take_handle(finding, verdict.handle)
    return "alive"


def _take_handle(finding: Finding, handle: str) -> None:
    old = finding.connection.handle
    if handle and handle != old:
        Connection.objects.filter(pk=finding.connection.pk).update(handle=handle[:100])
        finding.tell("renamed", f"@{old} is now called @{handle}." if old else f"The account is @{handle}.")


def _dead(finding: Finding) -> str:
    """The end of a connection: status, event and mail in one transaction; nothing of it while the brake holds."""
    verdict: Dead = finding.verdict
    connection = finding.connection
    lock_connection(connection.pk)
    if brake.holding(connection.meta_app_id) is not None:
        return _again(finding, "held", "held")
    if not finding.write(version=finding.claim.version + 1, due_at=None, check_due_at=None, checked_at=finding.now):
        return LOST
    Connection.objects.filter(pk=connection.pk).update(
        status=Status.INACTIVE, reason=verdict.reason, status_changed_at=finding.now
    )
    finding.tell("became_inactive", REASONS[verdict.reason].english_sentence, reason=verdict.reason, **verdict.facts)
    mail_reconnect_link(connection, kind="reconnect_needed", now=finding.now)
    brake.strike(connection=connection, cause=Brake.Cause.DEATHS, now=finding.now)
    return "died"


def lock_connection(connection_id: uuid.UUID) -> None:
    """Locks a connection until the caller's transaction ends.

    Whoever changes both takes the connection's row before the credential's: the other way round two people,
    or a person and a worker, could wait for each other.
    """
    Connection.objects.select_for_update(no_key=True).only("pk").get(pk=connection_id)


def mail_reconnect_link(connection: Connection, *, kind: str, now: dt.datetime) -> list[str]:
    """Issues a fresh link and puts its mail into the outbox, in the caller's transaction. Returns the addresses."""
    addresses = recipients.of_connection(connection)
    link = links.issue(connection, recipients=addresses, now=now)
    notify(
        kind=kind,
        recipients=addresses,
        tenant_id=connection.tenant_id,
        subject_id=link.pk,
        dedupe_key=f"link:{link.pk}",
        now=now,
    )
    return addresses


def _contradicted(finding: Finding) -> str:
    verdict: Contradicted = finding.verdict
    first = finding.credential.cannot_refresh_since is None
    since = finding.credential.cannot_refresh_since or finding.now
    word = _tomorrow(finding, "cannot_refresh", cannot_refresh_since=since)
    if word != LOST and first:
        finding.tell(
            "cannot_refresh",
            "Instagram refuses to renew the connection, though it still works. We try again every day.",
            **verdict.facts,
        )
    return word


def _permission_lost(finding: Finding) -> str:
    verdict: PermissionLost = finding.verdict
    first = finding.credential.permission_missing_since is None
    if first and brake.holding(finding.connection.meta_app_id) is not None:
        # Nobody is told now, so nothing is flagged either: the first answer after the brake tells.
        return _tomorrow(finding, "permission_missing")
    since = finding.credential.permission_missing_since or finding.now
    word = _tomorrow(finding, "permission_missing", permission_missing_since=since)
    if word != LOST and first:
        finding.tell(
            "permission_missing",
            "A permission is missing. Reconnect and leave all of them ticked.",
            **verdict.facts,
        )
        mail_reconnect_link(finding.connection, kind="permission_missing", now=finding.now)
    return word


def _refused(finding: Finding) -> str:
    verdict: RefusedByMeta = finding.verdict
    first = finding.credential.refused_since is None
    since = finding.credential.refused_since or finding.now
    word = _tomorrow(finding, "refused", refused_since=since)
    if word != LOST and first:
        finding.tell("refused", "Instagram refused a request. Our staff look into it.", **verdict.facts)
        _alert(finding, "refused_by_meta", since)
    return word


def _too_young(finding: Finding) -> str:
    if finding.claim.purpose == "check":
        next_check = due_dates.next_check_at(finding.connection.pk, finding.now)
        return "too_young" if finding.write(check_due_at=next_check) else LOST
    return "too_young" if finding.write(due_at=finding.now + due_dates.DAILY) else LOST


def _passing(finding: Finding) -> str:
    verdict: Passing = finding.verdict
    return _again(finding, verdict.word, "failed", wait=verdict.wait, facts=verdict.facts)


def _our_fault(finding: Finding) -> str:
    """Ours, not the creator's: staff are told, the row is neither changed nor overwritten."""
    verdict: OurFault = finding.verdict
    word = _again(finding, verdict.word, "our_fault", facts=verdict.facts)
    if word != LOST:
        brake.strike(connection=finding.connection, cause=Brake.Cause.OURS, now=finding.now)
        if finding.credential.last_failure != verdict.word and not _told_by_brake(finding):
            _alert(finding, "our_fault", finding.now)
    return word


def _told_by_brake(finding: Finding) -> bool:
    """A fallen brake has told staff, once for all connections of the Meta app."""
    held = brake.holding(finding.connection.meta_app_id)
    return held is not None and held.cause == Brake.Cause.OURS


def _alert(finding: Finding, kind: str, since: dt.datetime) -> None:
    notify_staff(
        kind=kind,
        subject_id=finding.connection.pk,
        dedupe_key=f"{kind}:{finding.connection.pk}:{since.isoformat()}",
        now=finding.now,
    )


def _tomorrow(finding: Finding, word: str, **columns: Any) -> str:
    """Tried once a day: more would be of no use and less would miss the day on which it works again.

    A check keeps to its own rhythm.
    """
    tomorrow = finding.now + due_dates.DAILY
    if finding.claim.purpose == "check":
        tomorrow = due_dates.next_check_at(finding.connection.pk, finding.now)
    return _failed(finding, word, word, tomorrow, columns)


def _again(
    finding: Finding,
    word: str,
    outcome: str,
    *,
    wait: float | None = None,
    facts: dict[str, Any] | None = None,
) -> str:
    """Nothing is known: the state stays, and Meta is asked again after a growing pause."""
    failures = _failures(finding) + 1
    next_at = finding.now + max(due_dates.pause(failures), dt.timedelta(seconds=wait or 0))
    outcome = _failed(finding, word, outcome, next_at, {})
    if outcome != LOST and failures == 1:
        what = "Renewing" if finding.claim.purpose == "refresh" else "Checking"
        finding.tell(
            f"{finding.claim.purpose}_failed",
            f"{what} did not work this time. Nothing is lost; we try again by ourselves.",
            word=word,
            **(facts or {}),
        )
    return outcome


def _failures(finding: Finding) -> int:
    refresh = finding.claim.purpose == "refresh"
    return finding.credential.refresh_failures if refresh else finding.credential.check_failures


def _failed(finding: Finding, word: str, outcome: str, next_at: dt.datetime, columns: dict[str, Any]) -> str:
    if finding.credential.expires_at is not None and finding.credential.expires_at > finding.now:
        next_at = min(next_at, finding.credential.expires_at)
    purpose = finding.claim.purpose
    columns |= {
        f"{purpose}_failures": _failures(finding) + 1,
        "due_at" if purpose == "refresh" else "check_due_at": next_at,
        "last_failure": word,
        "last_failure_at": finding.now,
    }
    return outcome if finding.write(**columns) else LOST


_HANDLERS: dict[type, Callable[[Finding], str]] = {
    Renewed: _renewed,
    Alive: _alive,
    Dead: _dead,
    Contradicted: _contradicted,
    PermissionLost: _permission_lost,
    RefusedByMeta: _refused,
    TooYoung: _too_young,
    Passing: _passing,
    OurFault: _our_fault,
}
