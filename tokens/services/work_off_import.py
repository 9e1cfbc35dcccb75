"""Works off an import's lines: claims a few, asks Instagram about them, stores what came of each.

A claim is a lease on the line's row. A line's outcome, the connection that came of it and the erasure of what the
line held are one transaction, so that a worker may be killed at any moment: its lines are taken up when their lease
has ended, and one that was stored is not asked for again.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant
from accounts.services.lock_living import lock_living
from notifications import worker
from tokens.fields import Sealed, Unreadable
from tokens.import_wording import NO_ANSWER, NO_ANSWER_FOR_DAYS, OUR_FAULT, REFUSED, UNREADABLE, told
from tokens.meta import MetaRateLimited, Secret, TokenDead
from tokens.models import ImportLine, TokenImport
from tokens.querysets import ImportLineQuerySet
from tokens.services import brake, budget
from tokens.services.import_content import unpack
from tokens.services.import_tokens import THREADS, Answer, Result, Verifiers, conclude, is_passing, verify
from tokens.services.read_import import Line

# One call of CALL_DEADLINE for each thread, and then one short transaction a line.
LEASE = dt.timedelta(seconds=170)
BATCH = THREADS
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(minutes=1), dt.timedelta(minutes=30)
LONGEST_WAIT_FOR_META = dt.timedelta(hours=6)
PATIENCE = dt.timedelta(days=3)
LOST, PUT_OFF = "lost", "put_off"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A line that is ours until `until`."""

    pk: int
    number: int
    content: Sealed | None
    tries: int
    until: dt.datetime

    def row(self) -> ImportLineQuerySet[ImportLine]:
        """The claimed row, while the claim stands: empty once it was stored, erased or claimed anew."""
        return ImportLine.objects.waiting().filter(pk=self.pk, lease_until=self.until)


@dataclass(slots=True)
class ImportTurn:
    """One worker's turn on an import.

    Args:
        job: with its tenant and its user.
        verifiers: by flavour, at least one.
        seconds: after so long it claims no more and ends.
    """

    job: TokenImport
    verifiers: Verifiers
    seconds: float = float("inf")
    results: Counter[str] = field(default_factory=Counter)
    goes_on: bool = False
    """Whether it ended because its time was over: something may wait still."""

    def run(self) -> Counter[str]:
        """Works off what waits. Returns how many lines ended with which word."""
        ends_at = time.monotonic() + self.seconds
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="import")
        try:
            while not worker.asked_to_stop() and self._may_ask():
                if self.goes_on or not (claimed := self._claim()):
                    break
                words = self._work(pool, claimed)
                self.results.update(words)
                if set(words) == {PUT_OFF}:
                    break  # Instagram answers nobody just now; the next minute's sweep tries again
                self.goes_on = time.monotonic() >= ends_at
        finally:
            pool.shutdown(wait=not worker.asked_to_stop(), cancel_futures=True)
        finish_import(self.job)
        return self.results

    def _may_ask(self) -> bool:
        apps = [each.meta_app.pk for each in self.verifiers.values()]
        return not any(brake.holding(app) or budget.paused(app, timezone.now()) for app in apps)

    def _claim(self) -> list[Claimed]:
        """The next lines that are free, in the order of the file."""
        now = timezone.now()
        if not TokenImport.objects.running().filter(pk=self.job.pk).exists():
            return []
        with transaction.atomic():
            free = ImportLine.objects.filter(token_import=self.job).free(now).order_by("number")
            rows = list(free.select_for_update(skip_locked=True)[:BATCH])
            ImportLine.objects.filter(pk__in=[row.pk for row in rows]).update(lease_until=now + LEASE)
        if rows:
            TokenImport.objects.filter(pk=self.job.pk).update(worked_at=now)
        return [Claimed(row.pk, row.number, row.content, row.tries, now + LEASE) for row in rows]

    def _work(self, pool: ThreadPoolExecutor, claimed: list[Claimed]) -> list[str]:
        """The threads ask Instagram alone; rows are written here, one after the other."""
        lines = [_line(each) for each in claimed]
        answers = [pool.submit(verify, self.verifiers, line) for line in lines]
        _await(answers)
        words = [
            self._settle(each, line, answer.result())
            for each, line, answer in zip(claimed, lines, answers, strict=True)
            if answer.done()
        ]
        unanswered = [each for each, answer in zip(claimed, answers, strict=True) if not answer.done()]
        if unanswered:
            for each in unanswered:
                each.row().update(lease_until=None)
            worker.leave_at_once()
        return words

    def _settle(self, claimed: Claimed, line: Line, answer: Answer) -> str:
        """Stores one line's outcome, or puts the line off where nothing is known yet. Returns a word for reports."""
        if is_passing(answer) or (isinstance(answer, TokenDead) and self._is_braked(line)):
            return self._put_off(claimed, answer)
        try:
            return self._store(claimed, line, answer)
        except IntegrityError:  # somebody connected the same new account in the same moment
            return self._store(claimed, line, answer)

    def _is_braked(self, line: Line) -> bool:
        return brake.holding(self.verifiers[line.flavour].meta_app.pk) is not None

    def _store(self, claimed: Claimed, line: Line, answer: Answer) -> str:
        with transaction.atomic():
            # This also lets two workers store one after the other: the same account may stand in two lines.
            tenant = lock_living(self.job.tenant_id)
            if tenant is None or claimed.row().select_for_update().first() is None:
                return LOST
            result = self._conclude(line, answer, tenant)
            ended = {"content": None, "key_id": "", "lease_until": None}
            claimed.row().update(outcome=result.outcome, sentence=result.why[:300], **ended)
        return result.outcome

    def _conclude(self, line: Line, answer: Answer, tenant: Tenant) -> Result:
        """A line that we can't store is no reason to stop the others."""
        actor = self.job.user.email if self.job.user else events.SYSTEM
        try:
            with transaction.atomic():
                return conclude(line, answer, tenant=tenant, verifiers=self.verifiers, actor=actor)
        except (IntegrityError, InterfaceError, OperationalError):
            raise
        except Exception as error:
            # The class alone: texts of exceptions from below may quote what they choked on.
            logger.error("Line %s of import %s ended with %s", line.number, self.job.pk, type(error).__name__)
        return Result(line.number, REFUSED, OUR_FAULT)

    def _put_off(self, claimed: Claimed, answer: Answer) -> str:
        now = timezone.now()
        if self.job.confirmed_at is not None and self.job.confirmed_at <= now - PATIENCE:
            return self._store(claimed, Line(claimed.number, Secret(""), problem=NO_ANSWER_FOR_DAYS), None)
        later = now + _pause(claimed.tries, answer)
        put_off = claimed.row().update(tries=claimed.tries + 1, sentence=NO_ANSWER, lease_until=later)
        return PUT_OFF if put_off else LOST


def finish_import(job: TokenImport) -> bool:
    """Writes down that nothing waits any more, once. Returns whether it did."""
    lines, now = ImportLine.objects.filter(token_import=job), timezone.now()
    with transaction.atomic():
        if lines.waiting().exists() or not TokenImport.objects.open().filter(pk=job.pk).update(finished_at=now):
            return False
        counts = lines.by_outcome()
        TokenImport.objects.filter(pk=job.pk).update(counts=counts)
        events.record(
            tenant=job.tenant_id,
            kind="import_finished",
            text=f"The import of “{job.file_name}” is finished: {told(counts)}.",
            actor=job.user.email if job.user else events.SYSTEM,
            detail={"import": str(job.pk), **counts},
            at=now,
        )
    return True


def _line(claimed: Claimed) -> Line:
    if claimed.content is not None:
        try:
            return unpack(claimed.number, claimed.content)
        except Unreadable:
            pass
    return Line(claimed.number, Secret(""), problem=UNREADABLE)


def _await(answers: list[Future[Answer]]) -> None:
    """Waits for the threads; once told to stop, for as long as a stopping worker may take and no longer."""
    stopped_at: float | None = None
    while wait(answers, timeout=0.5).not_done:
        if worker.asked_to_stop():
            stopped_at = stopped_at or time.monotonic()
            if time.monotonic() - stopped_at > worker.GRACE_SECONDS:
                return


def _pause(tries: int, answer: Answer) -> dt.timedelta:
    """Grows with each try; at least what Instagram asked for."""
    pause = min(FIRST_PAUSE * (1 << min(tries, 10)), LONGEST_PAUSE)
    if isinstance(answer, MetaRateLimited) and answer.retry_after:
        return max(pause, min(dt.timedelta(seconds=answer.retry_after), LONGEST_WAIT_FOR_META))
    return pause
