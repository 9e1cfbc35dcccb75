"""What all commands of Perennial have in common: `--json`, progress, and what their exit codes mean.

0: ran to its end. 1: could not run (database, settings). 2: the call is wrong. 130: stopped by the keyboard.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, SystemCheckError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, ProgrammingError, connections
from django.db.migrations.executor import MigrationExecutor
from rich.console import Console

from notifications.management.progress import Advance, console_on, live_bar, plain_lines

COULD_NOT_RUN, WRONG_CALL, INTERRUPTED = 1, 2, 130
NO_ANSWER = "The database does not answer. Check DATABASE_URL and that the database runs."
BUSY = "The database is locked by another process. Try again when that has ended."
UNMIGRATED = "The database is not migrated: run `python manage.py migrate`."
STOPPED = "Stopped by the keyboard. What was done until then is kept."
# PostgreSQL's codes for a table and a column that do not exist.
MISSING = {"42P01", "42703"}


class WrongCall(CommandError):
    """The call itself is wrong: an unknown tenant, a missing file. Ends with exit code 2."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, returncode=WRONG_CALL)


class _ReaderGone(Exception):
    """Whoever read our standard output has closed it."""


class ReportingCommand(BaseCommand):
    """A command whose `run` returns its result, which is written to standard output for people or as JSON."""

    # What an operator can get wrong. What we can is for `check`, `migrate`, web servers and tests: to look through
    # pages and addresses takes longer than most commands.
    requires_system_checks = ["perennial"]

    _terminal: Console | None = None

    def run(self, **options: Any) -> dict[str, Any]:
        """Does the work. `options` are those of the command line. Returns the result, as JSON can hold it.

        Raises WrongCall where the call is wrong.
        """
        raise NotImplementedError

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        """The result for people, a line at a time: by default one a key, with spaces for underscores."""
        for key, value in result.items():
            yield f"{key.replace('_', ' ').capitalize()}: {'-' if value is None else value}"

    def say(self, text: str) -> None:
        """A message for people, on standard error; lost without harm where nobody reads it."""
        try:
            if self._terminal:
                self._terminal.print(text, markup=False, highlight=False, soft_wrap=True)
            else:
                self.stderr.write(text, lambda plain: plain)
        except BrokenPipeError:
            return

    def emit(self, line: str) -> None:
        """A line of the result, on standard output. For commands that write theirs while they run."""
        try:
            self.stdout.write(line)
            self.stdout.flush()
        except BrokenPipeError:
            raise _ReaderGone from None

    @contextmanager
    def progress(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """Shows how far the work is, on standard error, while the block runs.

        Arguments:
            description: what is being done, in a few words.
            total: how many steps there will be; None where not known yet.

        Yields an object with `.advance(n=1)` and `.update(total=…)`.
        """
        if not self.stderr.isatty():
            with plain_lines(self.say, description, total) as lines:
                yield lines
            return
        self._terminal = console_on(getattr(self.stderr, "_out", sys.stderr))
        try:
            with live_bar(self._terminal, description, total) as bar:
                yield bar
        finally:
            self._terminal = None

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="Print the result as one line of JSON.")
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        require_migrated_database()
        result = self.run(**options)
        if options["json"]:
            self.emit(json.dumps(result, cls=DjangoJSONEncoder))
            return
        for line in self.lines(result):
            self.emit(line)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return self._execute(*args, **options)
        except _ReaderGone:
            if self._from_command_line:
                _discard_output()
            return None
        except SystemCheckError:
            raise
        except CommandError as error:
            # Django would put the exception's class before the sentence.
            if options.get("traceback") or not self._from_command_line:
                raise
            self.say(str(error))
            sys.exit(error.returncode)

    @property
    def _from_command_line(self) -> bool:
        return bool(getattr(self, "_called_from_command_line", False))

    def _execute(self, *args: Any, **options: Any) -> str | None:
        """Django's `execute`, with what can't be helped from here turned into a sentence.

        The sentence is raised outside the handlers: the driver's error names host and user.
        """
        try:
            return super().execute(*args, **options)
        except KeyboardInterrupt:
            sentence, code = STOPPED, INTERRUPTED
        except (OperationalError, InterfaceError, ProgrammingError) as error:
            sentence, code = _explain(error), COULD_NOT_RUN
            if not sentence:
                raise
        raise CommandError(sentence, returncode=code)


def require_migrated_database() -> None:
    """Raises CommandError when a migration is pending, and the driver's error when the database is silent."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(UNMIGRATED, returncode=COULD_NOT_RUN)


def _explain(error: Exception) -> str:
    """A sentence without host, user or password; empty for a fault of our own making."""
    text, code = str(error), getattr(error.__cause__, "sqlstate", None)
    if code in MISSING or text.startswith(("no such table", "no such column")):
        return UNMIGRATED
    if isinstance(error, ProgrammingError):
        return ""
    return BUSY if text.startswith("database is locked") else NO_ANSWER


def _discard_output() -> None:
    # The interpreter flushes standard output when it ends, and would complain about the closed pipe.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.__stdout__.fileno() if sys.__stdout__ else 1)
    os.close(nowhere)
