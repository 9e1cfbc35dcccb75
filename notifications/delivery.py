"""Sends what the outbox owes. Any number of deliverers may run at once; the rows tell them apart.

A deliverer takes one mail at a time, so that one that is killed holds up, and may repeat, only that one.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import random
import socket
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils import timezone

from notifications import digest, signs
from notifications.audience import DIGEST
from notifications.failures import Failure, NotTaken, judge
from notifications.gate import why_not
from notifications.limits import put_off, take_single
from notifications.mails import Pointless, compose
from notifications.models import OutboxMessage, State
from notifications.registry import UnknownKind, find
from notifications.silence import silence
from notifications.worker import asked_to_stop

logger = logging.getLogger(__name__)

# Longer than one conversation can last: eight waits for the server, each of at most EMAIL_TIMEOUT (20 s).
LEASE = dt.timedelta(seconds=180)
FIRST_PAUSE = dt.timedelta(minutes=1)
LONGEST_PAUSE = dt.timedelta(hours=6)
GIVE_UP_AFTER = dt.timedelta(days=3)
# So many tries take three days. One that waited in the queue for so long is not given up after the first few.
LEAST_ATTEMPTS = 20
# Servers close a line after so and so many mails; better that we do, between two of them.
MAILS_A_LINE = 20
# One broken conversation may be the mail's doing, two in a row are the server's.
MOST_STUMBLES = 2


@dataclass(slots=True)
class DeliveryReport:
    """What became of the mails taken up. `stopped`: the failure that ended the run early, or empty.

    `held` ones are told in a digest; `put_off` ones, among them some that were not taken up, wait for the next hour.
    """

    sent: int = 0
    retried: int = 0
    refused: int = 0
    dropped: int = 0
    held: int = 0
    put_off: int = 0
    lost_lease: int = 0
    stopped: str = ""


def deliver_due(
    *,
    owner: str | None = None,
    limit: int | None = None,
    within: dt.timedelta | None = None,
    kind: str | None = None,
    on_progress: Callable[[DeliveryReport], None] | None = None,
) -> DeliveryReport:
    """Sends all mail that is due, most overdue first. Must not be called inside a transaction.

    Whoever wants to know that mail is delivered at all is told first (`notifications.signs`). A worker that is told to
    stop takes up no further mail.

    Arguments:
        owner: whose name stands at a claim; by default one made of host and process.
        limit: take up at most so many mails.
        within: take up no further mail after this time. The one in hand may take another LEASE.
        kind: only mail of this kind. Then nobody is told that mail is delivered: what is left is left.
        on_progress: called with the growing report after each mail.

    Returns the report. A dead mail server is no error: the report says so, and what was not tried stays due.
    Raises the database's errors.
    """
    if kind is None:
        signs.delivering(timezone.now())
    run = _Run()
    try:
        for message in _claims(owner or _own_name(), limit, within, kind):
            run.work(message)
            if on_progress:
                on_progress(run.report)
            if run.report.stopped:
                break
    finally:
        run.line.close()
    return run.report


def _own_name() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def _claims(owner: str, limit: int | None, within: dt.timedelta | None, kind: str | None) -> Iterator[OutboxMessage]:
    started = time.monotonic()
    taken = 0
    while limit is None or taken < limit:
        if asked_to_stop() or (within is not None and time.monotonic() - started >= within.total_seconds()):
            return
        message = _claim(owner, kind)
        if message is None:
            return
        taken += 1
        yield message


def _claim(owner: str, kind: str | None) -> OutboxMessage | None:
    """The most overdue mail, now held by `owner`; None where nothing is due.

    Durable: inside a caller's transaction the lock would last through the conversation with the server.
    """
    while True:
        now = timezone.now()
        with transaction.atomic(durable=True):
            due = OutboxMessage.objects.due(now).filter(**({"kind": kind} if kind else {}))
            message = due.select_for_update(skip_locked=True).first()
            if message is None or OutboxMessage.objects.claim(message, owner=owner, until=now + LEASE):
                return message


class _Line:
    """One connection to the mail server, opened when first needed and used for several mails."""

    def __init__(self) -> None:
        self._backend = get_connection()
        self._mails = 0

    def open(self) -> None:
        if self._mails >= MAILS_A_LINE:
            self.close()
        self._backend.open()

    def send(self, mail: EmailMultiAlternatives) -> None:
        self._mails += 1
        # Backends count what they have sent; one that keeps its count to itself raises where it fails.
        if self._backend.send_messages([mail]) == 0:
            raise NotTaken

    def close(self) -> None:
        self._mails = 0
        # A farewell that fails takes back nothing, whatever the backend raises.
        with suppress(Exception):
            self._backend.close()


class _Run:
    """One deliverer at work on the mails that it claims."""

    def __init__(self) -> None:
        self.report = DeliveryReport()
        self.line = _Line()
        self._stumbles = 0

    def work(self, message: OutboxMessage) -> None:
        if waiting := put_off(message, timezone.now()):
            self.report.put_off += waiting
            return
        mail = self._prepare(message)
        if mail is None or not self._take_single(message) or not self._open_line(message):
            return
        if not OutboxMessage.objects.change_claimed(message, lease_until=timezone.now() + LEASE):
            self.report.lost_lease += 1
            return
        self._send(message, mail)

    def _prepare(self, message: OutboxMessage) -> EmailMultiAlternatives | None:
        try:
            if word := why_not(message):
                raise Pointless(word)
            return compose(message)
        except Pointless as reason:
            self._end(message, State.DROPPED, reason.word)
        except UnknownKind:
            # A newer release, elsewhere in the middle of being rolled out, may know it.
            self._fail(message, Failure("unknown_kind"))
        except Exception as error:  # whatever a producing app's function or template raises
            # Its text may quote the mail: what is told is where it happened.
            logger.error("The mail %s of %s can't be written: %s", message.pk, message.kind, _place(error))
            self._fail(message, Failure("render"))
        return None

    def _take_single(self, message: OutboxMessage) -> bool:
        taken = take_single(message, timezone.now())
        if taken is None:
            self.report.lost_lease += 1
        elif not taken:
            self.report.held += 1
        return bool(taken)

    def _open_line(self, message: OutboxMessage) -> bool:
        try:
            self.line.open()
        except Exception as error:
            # Whatever it is, nothing that it says here is said about this mail.
            failure = Failure(judge(error).word)
            self.report.stopped = failure.word
            self._fail(message, failure)
            return False
        return True

    def _send(self, message: OutboxMessage, mail: EmailMultiAlternatives) -> None:
        try:
            self.line.send(mail)
        except Exception as error:
            self.line.close()
            failure = judge(error)
            self._stumbles = self._stumbles + 1 if failure.of_server else 0
            if self._stumbles >= MOST_STUMBLES:
                self.report.stopped = failure.word
            self._fail(message, failure)
        else:
            self._stumbles = 0
            self._end(message, State.SENT, "", attempts=message.attempts + 1, sent_at=timezone.now())
            _tell_producer(message)

    def _fail(self, message: OutboxMessage, failure: Failure) -> None:
        attempts = message.attempts + 1
        now = timezone.now()
        given_up = now - message.created_at >= GIVE_UP_AFTER and attempts >= LEAST_ATTEMPTS
        if failure.final or given_up:
            # Both or neither: a refusal that a kill left unremembered would be forgotten for good.
            with transaction.atomic():
                ended = self._end(message, State.REFUSED, failure.word, attempts=attempts)
                if ended and failure.of_address and message.tenant_id is not None:
                    silence(message.recipient, tenant_id=message.tenant_id, why=failure.word, now=now)
            return
        stored = OutboxMessage.objects.change_claimed(
            message,
            attempts=attempts,
            last_error=failure.word,
            due_at=now + _pause(attempts),
            lease_owner="",
            lease_until=None,
        )
        self._count(message, "retried", stored, failure.word)

    def _end(self, message: OutboxMessage, state: State, word: str, **changes: object) -> bool:
        # Both or neither: what a digest has told must not be told by the next one.
        with transaction.atomic():
            stored = OutboxMessage.objects.change_claimed(
                message,
                state=state,
                last_error=word,
                due_at=None,
                lease_owner="",
                lease_until=None,
                **changes,
            )
            if stored and message.kind == DIGEST:
                digest.settle(message, state, word)
        self._count(message, state.value, stored, word)
        return stored

    def _count(self, message: OutboxMessage, outcome: str, stored: bool, word: str) -> None:
        if not stored:
            outcome = "lost_lease"
        setattr(self.report, outcome, getattr(self.report, outcome) + 1)
        domain = message.recipient.rpartition("@")[2]
        logger.info("Mail %s of %s to %s: %s %s", message.pk, message.kind, domain, outcome, word)


def _tell_producer(message: OutboxMessage) -> None:
    """The mail has left, whatever its producer does about it; with a digest all that it told."""
    for each in digest.told_by(message) if message.kind == DIGEST else [message]:
        try:
            if told := find(each.kind).sent:
                told(each)
        except Exception as error:
            logger.error("What follows on the mail %s of %s failed: %s", each.pk, each.kind, _place(error))


def _pause(attempts: int) -> dt.timedelta:
    """Doubles from a minute up to six hours; up to a fifth is random, so that mails don't return in step."""
    doubled = FIRST_PAUSE * 1.25 * (1 << min(attempts - 1, 10))
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.8, 1)  # noqa: S311 - no secret hangs on it


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
