"""Stores what an attempt found out: row, event and mail in one transaction, by compare-and-set on the claim."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import events
from notifications.services import notify_staff
from tokens import due_dates
from tokens.flags import missing_permissions
from tokens.flavours import FLAVOURS
from tokens.models import Brake, Connection, Credential
from tokens.services import brake
from tokens.services.changes import (
    Change,
    Finding,
    again,
    earliest,
    failed,
    new_dates,
    new_end,
    new_permissions,
    plain_change,
    signs_of_life,
)
from tokens.services.claims import Claim
from tokens.services.ends import ended
from tokens.services.mail_link import mail_reconnect_link
from tokens.services.persistence import until_it_stands
from tokens.services.take_names import take_names
from tokens.services.verdicts import (
    Alive,
    Call,
    Contradicted,
    Dead,
    OurFault,
    PermissionLost,
    RefusedByMeta,
    Verdict,
)
from tokens.wording import why_it_ended

LOST = "lost"


def store(
    claim: Claim,
    credential: Credential,
    verdict: Verdict,
    *,
    calls: Sequence[Call],
    unparsable: bool,
    worthwhile: Callable[[], bool] | None = None,
) -> str:
    """Stores a verdict; an answer that comes too late changes nothing.

    Args:
        claim: the right to write.
        credential: the row as loaded under the claim, with its connection.
        verdict: what was found out.
        calls: how each call to Meta went.
        unparsable: Meta could not parse what we sent.
        worthwhile: whether a write that failed may be tried again; by default while the lease lasts as it was granted.

    Returns:
        What became of it, one word for reports; `lost` where the claim stood no more.

    Raises:
        OperationalError, InterfaceError: the database did not take it, however often it was asked.
    """

    def write() -> str:
        with transaction.atomic():
            return _store(Finding(claim, credential, verdict, timezone.now()), calls, unparsable)

    return until_it_stands(write, worthwhile=worthwhile or (lambda: timezone.now() < claim.until))


def _store(finding: Finding, calls: Sequence[Call], unparsable: bool) -> str:
    app_id = finding.connection.meta_app_id
    brake.tally(app_id, calls, finding.now)
    if unparsable or isinstance(finding.verdict, Dead | OurFault):
        brake.lock(app_id)
    if unparsable:
        if not lock_connection(finding.connection.pk):
            return LOST
        brake.strike(connection=finding.connection, cause=Brake.Cause.OURS, now=finding.now)
    change = plain_change(finding)
    return _HANDLERS[type(finding.verdict)](finding) if change is None else _apply(finding, change)


def _apply(finding: Finding, change: Change) -> str:
    """Sets the columns, ends the lease and writes the line, if the claim still stands."""
    if not finding.claim.row().update(**change.columns, lease_owner="", lease_until=None):
        return LOST
    if change.line is not None:
        _tell(finding, change.line.kind, change.line.text, **change.line.detail)
    return change.word


def _write(finding: Finding, **columns: Any) -> bool:
    """Sets columns and ends the lease, if the claim still stands."""
    return _apply(finding, Change("", columns)) != LOST


def _tell(finding: Finding, kind: str, text: str, **detail: Any) -> None:
    events.record(
        tenant=finding.connection.tenant_id,
        kind=kind,
        text=text,
        subject_id=finding.connection.pk,
        detail=detail,
        at=finding.now,
    )


def _alive(finding: Finding) -> str:
    """It goes by another name, is allowed something else or ends at another date than before.

    Whoever takes both rows takes the connection's first.
    """
    verdict: Alive = finding.verdict
    columns = signs_of_life(finding)
    if new_end(verdict, finding.credential):
        columns |= new_dates(finding)
    if not (lock_connection(finding.connection.pk) and _write(finding, **columns)):
        return LOST
    take_names(finding.connection, handle=verdict.handle, name=verdict.name, now=finding.now)
    _take_permissions(finding, new_permissions(verdict, finding.connection))
    return "alive"


def _take_permissions(finding: Finding, granted: list[str] | None) -> None:
    """What was taken away is told like what an answer of Meta's misses, once."""
    if granted is None:
        return
    connection = finding.connection
    before = set(missing_permissions(connection))
    connection.permissions = granted
    Connection.objects.filter(pk=connection.pk).update(permissions=granted)
    lost = [each for each in missing_permissions(connection) if each not in before]
    if not lost:
        return
    _tell(finding, "permission_missing", f"No longer allowed at Meta: {', '.join(lost)}.", permissions=lost)
    if brake.holding(connection.meta_app_id) is None:
        mail_reconnect_link(connection, kind="permission_missing", now=finding.now)


def _dead(finding: Finding) -> str:
    """The end of a connection: status, event and mail in one transaction; nothing of it while the brake holds."""
    verdict: Dead = finding.verdict
    connection = finding.connection
    if not lock_connection(connection.pk):
        return LOST
    if brake.holding(connection.meta_app_id) is not None:
        return _hold(finding)
    if not _write(finding, **_let_go(finding)):
        return LOST
    Connection.objects.filter(pk=connection.pk).update(**ended(verdict.reason, finding.now))
    why = why_it_ended(verdict.reason, connection.flavour)
    text = "" if why is None else why.english_sentence
    _tell(finding, "became_inactive", text, reason=verdict.reason, **verdict.facts)
    mail_reconnect_link(connection, kind="reconnect_needed", now=finding.now)
    held_since = finding.credential.held_since
    if held_since is None or not brake.was_released(connection.meta_app_id, held_since):
        brake.strike(connection=connection, cause=Brake.Cause.DEATHS, now=finding.now)
    return "died"


def _hold(finding: Finding) -> str:
    """Held again it keeps the first instant: a release since then was about it, whatever brake holds now."""
    change = again(finding, brake.HELD, "held")
    since = finding.credential.held_since or finding.now
    return _apply(finding, replace(change, columns={**change.columns, "held_since": since}))


def _let_go(finding: Finding) -> dict[str, Any]:
    return {
        "version": finding.claim.version + 1,
        "due_at": None,
        "due_by_rule": None,
        "check_due_at": None,
        "held_since": None,
        "checked_at": finding.now,
    }


def lock_connection(connection_id: uuid.UUID) -> bool:
    """Locks a connection until the caller's transaction ends.

    Whoever changes both takes the connection's row before the credential's: the other way round two people,
    or a person and a worker, could wait for each other.

    Returns:
        False where it was erased meanwhile.
    """
    return Connection.objects.select_for_update(no_key=True).only("pk").filter(pk=connection_id).first() is not None


def _contradicted(finding: Finding) -> str:
    verdict: Contradicted = finding.verdict
    first = finding.credential.cannot_refresh_since is None
    since = finding.credential.cannot_refresh_since or finding.now
    word = _tomorrow(finding, "cannot_refresh", cannot_refresh_since=since, **_renew_by(finding))
    if word != LOST and first:
        _tell(
            finding,
            "cannot_refresh",
            f"{_host(finding)} refuses to renew the connection, though it still works. We try again every day.",
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
        _tell(
            finding,
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
    word = _tomorrow(finding, "refused", refused_since=since, **_renew_by(finding))
    if word != LOST and first:
        text = f"{_host(finding)} refused a request. Our staff look into it."
        _tell(finding, "refused", text, **verdict.facts)
        _alert(finding, "refused_by_meta", since)
    return word


def _host(finding: Finding) -> str:
    """Whom people deal with there."""
    return FLAVOURS[finding.connection.flavour].host


def _renew_by(finding: Finding) -> dict[str, Any]:
    """What renews another token and is refused brings no later date: a person must, unless it works again in time."""
    if not finding.refreshing or finding.credential.renewal_expires_at is None:
        return {}
    return {"renew_by": earliest(finding.credential.renewal_expires_at, finding.credential.expires_at)}


def _our_fault(finding: Finding) -> str:
    """Ours, not the creator's: staff are told, the row is neither changed nor overwritten."""
    verdict: OurFault = finding.verdict
    word = _apply(finding, again(finding, verdict.word, "our_fault", facts=verdict.facts))
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

    A check keeps to its own rhythm. Whatever is refused but for its death shows life.
    """
    tomorrow = finding.now + due_dates.DAILY
    if not finding.refreshing:
        tomorrow = due_dates.next_check_at(finding.connection.pk, finding.now)
    return word if _write(finding, **failed(finding, word, tomorrow), held_since=None, **columns) else LOST


_HANDLERS: dict[type, Callable[[Finding], str]] = {
    Alive: _alive,
    Dead: _dead,
    Contradicted: _contradicted,
    PermissionLost: _permission_lost,
    RefusedByMeta: _refused,
    OurFault: _our_fault,
}
