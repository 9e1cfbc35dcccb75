"""A bounded pool of threads that ask Meta and do nothing else: they never touch the database.

Jobs are given one by one and answers taken in groups by one and the same thread, the only one that writes. It frees a
slot when the answer is stored, so that what a kill can lose is never more than what is in flight.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from django.db import connections

from tokens.flavours.interface import Keeper
from tokens.services.ask import Inquiry
from tokens.services.claims import Held
from tokens.services.group import Answer

# A call nests a few dozen frames; with the platform's default of 8 MB a thousand threads would reserve 8 GB.
_STACK = 512 * 1024
# How often it is looked whether enough answers have come together, in seconds.
_GLANCE = 0.005

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A held credential, and the keeper of its Meta app's flavour."""

    held: Held
    keeper: Keeper


def ask(job: Job) -> Answer:
    """One attempt: asks Meta and judges what it says. Writes nothing."""
    held = job.held
    inquiry = Inquiry(job.keeper)
    question = inquiry.refresh if held.claim.purpose == "refresh" else inquiry.check
    verdict = question(held.credential)
    return Answer(held, verdict, inquiry.calls, inquiry.unparsable)


class Askers:
    """The pool. Used by one thread.

    Args:
        limit: how many jobs are in flight at most, and so how many threads there are.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._threads = 0
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self.in_flight: dict[Held, None] = {}
        """Given and not yet freed, in the order of giving."""

    @property
    def room(self) -> int:
        """How many more jobs may be given now."""
        return max(0, self.limit - len(self.in_flight))

    def give(self, job: Job) -> None:
        """Lets a thread work on `job`; there must be room."""
        if self._threads <= len(self.in_flight) - self._answers.qsize():
            self._start()
        self.in_flight[job.held] = None
        self._jobs.put(job)

    def take(self, most: int, *, within: float) -> list[Answer]:
        """The answers that are there, without waiting for a group to fill.

        Args:
            most: how many at most.
            within: seconds to wait for the first; nothing came if the list is empty.
        """
        answers: list[Answer] = []
        try:
            answers.append(self._answers.get(timeout=within))
            while len(answers) < most:
                answers.append(self._answers.get_nowait())
        except Empty:
            pass
        return answers

    def gather(self, most: int, *, until: float) -> None:
        """Lets answers come together, unless as many are there as may still come.

        Args:
            most: how many at most are of use.
            until: how long, on the monotonic clock.
        """
        while self._answers.qsize() < min(most, len(self.in_flight)) and (left := until - time.monotonic()) > 0:
            # A sleep on purpose, not a wait for the next answer: to be woken up by each of them is what costs. It is
            # short and bounded by `until`, and ends at once where nothing more can come.
            time.sleep(min(left, _GLANCE))

    def free(self, answer: Answer) -> None:
        """The answer is stored: its slot may be used again."""
        del self.in_flight[answer.held]

    def end(self) -> None:
        """Lets every thread end after what it is at."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _start(self) -> None:
        before = threading.stack_size(_STACK)
        try:
            # Daemons: a call that hangs must not keep a process that ends.
            threading.Thread(target=self._work, name=f"asker-{self._threads}", daemon=True).start()
        except RuntimeError:
            if not self._threads:
                raise
            logger.warning("No more than %s threads can be started", self._threads)
            self.limit = self._threads  # what was just given waits for one of them
            return
        finally:
            threading.stack_size(before)
        self._threads += 1

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                self._answers.put(_safely(job))
        finally:
            connections.close_all()


def _safely(job: Job) -> Answer:
    """As `ask`; an exception of one credential never stops another. Its lease ends by itself."""
    try:
        return ask(job)
    except Exception as error:
        # The class alone: texts of exceptions from below may quote what they choked on.
        logger.error("An attempt on connection %s ended with %s", job.held.claim.connection_id, type(error).__name__)
    return Answer(job.held, None)
