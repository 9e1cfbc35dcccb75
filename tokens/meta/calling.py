"""What the clients of Meta's hosts have in common: kept connections, one deadline a call, errors raised last.

Errors are raised here and nowhere deeper, from frames whose locals are sealed secrets and finished
verdicts, and outside of any `except`: a traceback that leaves this module has nothing to hide.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from .exceptions import MetaError, PermissionMissing, Refused
from .types import Profile
from .verdict import judge
from .wire import Question, Reply, Wire

logger = logging.getLogger(__name__)

T = TypeVar("T")

_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,3}")


class Caller:
    """One Meta app's way to one of Meta's hosts.

    Args:
        api_version: that versioned calls ask for.
        pool_size: connections kept alive a host.
        connect_timeout: seconds to connect.
        read_timeout: seconds to wait for the next byte of an answer.
        deadline: seconds that a call may take in all.
    """

    def __init__(
        self, api_version: str, *, pool_size: int, connect_timeout: float, read_timeout: float, deadline: float
    ) -> None:
        self._api_version = api_version
        self._deadline = deadline
        self._wire = Wire(pool_size=pool_size, connect_timeout=connect_timeout, read_timeout=read_timeout)
        self._version_reported = threading.Lock()  # taken by whoever reports first, never given back

    def close(self) -> None:
        """Close the connections kept alive."""
        self._wire.close()

    def _asked(self, question: Question, read: Callable[[object], T | None]) -> T:
        outcome = self._outcome(question, read, self._end())
        if isinstance(outcome, MetaError):
            raise outcome
        return outcome

    def _first_readable(self, questions: Sequence[Question], read: Callable[[object], Profile | None]) -> Profile:
        """The first answer of questions that ask for ever fewer fields, all within one deadline.

        One field that the account cannot read fails a whole call with code 100.
        """
        end = self._end()
        for question in questions:
            outcome = self._outcome(question, read, end)
            if not _asked_too_much(outcome):
                break
        if isinstance(outcome, MetaError):
            raise outcome
        return outcome

    def _outcome(self, question: Question, read: Callable[[object], T | None], end: float) -> T | MetaError:
        answer = self._wire.ask(question, end)
        if isinstance(answer, Reply) and _is_versioned(question):
            self._compare_version(answer)
        return judge(question, answer, read)

    def _compare_version(self, reply: Reply) -> None:
        """Meta serves another version in place of one that ended, and says so only here (D-versioning)."""
        asked, served = self._api_version, reply.headers.get("facebook-api-version", "")
        if not _VERSION.fullmatch(served) or served == asked:
            return
        if self._version_reported.acquire(blocking=False):
            logger.warning("Meta serves Graph API version %s where %s was asked for", served, asked)

    def _end(self) -> float:
        return time.monotonic() + self._deadline


def _is_versioned(question: Question) -> bool:
    return question.host == "facebook" or question.call == "me"


def _asked_too_much(outcome: object) -> bool:
    return isinstance(outcome, Refused | PermissionMissing) and outcome.code == 100
