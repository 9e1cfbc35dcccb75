"""The whole examination: what waits for a network side by side in threads, what asks the database in this one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import Error

from tokens.services.doctor import addresses, database, installation, keys, mail, meta, queue, work
from tokens.services.doctor.bounded import Aside, TookTooLong
from tokens.services.doctor.finding import LEVELS, OK, Finding, Said, Task, warning, wrong
from tokens.services.doctor.meta import ClientOfInstallation, FacebookOfInstallation

# For all questions to the database together; with a door that opens late it stays under twenty seconds.
DATABASE_SECONDS = 10.0
ONE_LOOK = 4.0
DEAD, LATE = "the database does not answer", "the database took too long for what was asked before"
UNMIGRATED = "the database is not migrated"
FIRST = "Mend the line about the database first."


@dataclass(frozen=True, slots=True)
class Report:
    """All lines, in a fixed order. `usable`: the database answers and is migrated."""

    findings: list[Finding]
    usable: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are of each level."""
        return {level: sum(each.level == level for each in self.findings) for level in LEVELS}


def examine(
    client: ClientOfInstallation | None, facebook: FacebookOfInstallation | None = None, *, mail_to: str = ""
) -> Report:
    """Looks at everything; takes twenty seconds at most, and each thing that breaks is a line of its own.

    Args:
        client: makes a client of the installation's Meta app, given the seconds of a call; None where none is set.
        facebook: likewise, of its app of Facebook's.
        mail_to: whom to send a test mail.
    """
    return _Examination([*meta.tasks(client, facebook)], mail_to).run()


class _Examination:
    def __init__(self, of_meta: list[Task], mail_to: str) -> None:
        self._door = Task(database.AREA, "Connection", database.door)
        self._tasks = [
            *installation.tasks(),
            self._door,
            *database.tasks(),
            *keys.tasks(),
            *queue.tasks(),
            *of_meta,
            *addresses.tasks(),
            *work.tasks(),
            *mail.tasks(mail_to),
        ]
        self._why_not = ""

    def run(self) -> Report:
        aside = {id(task): Aside(task.done, task.seconds) for task in self._tasks if task.asks == "network"}
        opened = self._opened()
        ends_at = time.monotonic() + DATABASE_SECONDS
        found: dict[int, list[Finding]] = {id(self._door): opened}
        for task in self._tasks:
            if task.asks == "nobody":
                found[id(task)] = _safely(task, task.done)
            elif task.asks == "database" and task is not self._door:
                found[id(task)] = self._asked(task, ends_at)
        for task in self._tasks:
            if task.asks == "network":
                found[id(task)] = _safely(task, aside[id(task)].result)
        return Report([line for task in self._tasks for line in found[id(task)]], usable=not self._why_not)

    def _opened(self) -> list[Finding]:
        try:
            return self._door.done()
        except Exception as error:  # a driver's text names host and user
            self._why_not = DEAD
            sentence = f"It does not answer ({type(error).__name__})."
        return self._door.found(wrong(sentence, "Check DATABASE_URL, and that the database runs."))

    def _asked(self, task: Task, ends_at: float) -> list[Finding]:
        left = ends_at - time.monotonic()
        if self._why_not == DEAD or left <= 0:
            return task.found(warning(f"Not looked at: {self._why_not or LATE}.", FIRST))
        found = _safely(task, lambda: _patiently(task, min(ONE_LOOK, left)), self._unanswered)
        if task.name == database.MIGRATIONS and any(each.level != OK for each in found):
            self._why_not = UNMIGRATED
        return found

    def _unanswered(self, task: Task, error: Exception) -> Said:
        """Without its migrations, tables and columns are missing: that is told once."""
        if self._why_not and isinstance(error, Error):
            return warning(f"Not looked at: {self._why_not}.", FIRST)
        return _broken(task, error)


def _patiently(task: Task, seconds: float) -> list[Finding]:
    with database.patience(seconds):
        return task.done()


def _broken(task: Task, error: Exception) -> Said:
    """The class alone: a text may hold a password."""
    return wrong(f"It could not be looked at ({type(error).__name__}).", task.if_broken)


def _safely(
    task: Task, work: Callable[[], list[Finding]], explain: Callable[[Task, Exception], Said] = _broken
) -> list[Finding]:
    """Its lines; one line where it breaks, whatever it is."""
    try:
        return work()
    except TookTooLong:
        sentence = f"No answer within {task.seconds:.0f} seconds."
        return task.found(wrong(sentence, f"{task.if_broken} Does a firewall swallow what is sent to it?"))
    except Exception as error:
        return task.found(explain(task, error))
