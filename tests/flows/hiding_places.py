"""Looks for secrets wherever something is written down: database, logs, mails, queue, sessions, pages, reports."""

from __future__ import annotations

import base64
import copy
import html
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Value
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django_q.models import Failure, Schedule, Success
from django_q.monitor import monitor
from django_q.queues import Queue
from django_q.worker import worker

from config.logs import PathSecretFilter
from tests import queue as task_queue

Place = str | bytes


class Searcher:
    """Knows some secrets, and every spelling in which one may lie about."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.secrets = [secret for secret in dict.fromkeys(secrets) if secret]
        self._spelled = [(f"secret {n} ({secret[:3]}…)", spellings(secret)) for n, secret in enumerate(self.secrets)]

    def find(self, places: Mapping[str, Place]) -> list[str]:
        """Where which secret stands; empty where all is well."""
        # All in one go: most places are lines of logs, a hundred thousand of them, and hold nothing.
        if not any(self._in(b"\n".join(map(_bytes, places.values())))):
            return []
        return [f"{name}: {found}" for name, text in places.items() for found in self._in(_bytes(text))]

    def _in(self, text: bytes) -> Iterator[str]:
        lower = text.lower()
        for name, (exact, hexes) in self._spelled:
            if any(each in text for each in exact) or any(each in lower for each in hexes):
                yield name


def spellings(secret: str) -> tuple[set[bytes], set[bytes]]:
    """As it is, as URLs, forms, JSON and HTML write it, within base64 at any place; and in hexadecimal digits."""
    plain = secret.encode()
    texts = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], html.escape(secret)}
    return {text.encode() for text in texts} | set(_in_base64(plain)), {plain.hex().encode()}


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """What base64 makes of `plain` whatever stands before and after it: the middle that both leave alone."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain)
        middle = encoded[4 if before else 0 : -4]
        if len(middle) >= 8:
            yield from {middle, middle.translate(bytes.maketrans(b"+/", b"-_"))}


def _bytes(text: Place) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


# the database


def database() -> dict[str, Place]:
    """All that the database holds: SQLite's file to its last free page, PostgreSQL's tables column by column."""
    places: dict[str, Place] = {f"table {table}": text for table, text in _tables()}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(FULL)")
        for suffix in ("", "-wal"):
            path = Path(f"{connection.settings_dict['NAME']}{suffix}")
            if path.exists():
                places[f"database file{suffix}"] = path.read_bytes()
    return {**places, **sessions(), **queue()}


def _tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our tables
            rows = ["\t".join(map(_cell, row)) for row in cursor.fetchall()]
            yield table, "\n".join(rows)


def _cell(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def sessions() -> dict[str, Place]:
    """Decoded: in the table they are compressed."""
    return {f"session {n}": repr(each.get_decoded()) for n, each in enumerate(Session.objects.all())}


def queue() -> dict[str, Place]:
    """What waits in the queue, what it keeps of tasks that ran, and its schedules."""
    places: dict[str, Place] = {f"waiting task {n}": repr(each) for n, each in enumerate(task_queue.waiting())}
    for model in (Success, Failure, Schedule):
        for each in model.objects.all():
            places[f"{model.__name__} {each.pk}"] = repr({name: str(value) for name, value in vars(each).items()})
    return places


def work_off_queue() -> None:
    """Runs what waits in the queue by the library's own worker and monitor, in this process."""
    tasks, results = Queue(), Queue()
    for each in task_queue.waiting():
        tasks.put(each)
    task_queue.lose()
    tasks.put("STOP")
    worker(tasks, results, Value("f", -1))
    results.put("STOP")
    monitor(results)
    for used in (tasks, results):
        used.close()
        used.join_thread()


# logs


# The tests' own mail server says what it receives: the mails are searched by themselves.
NOT_OURS = ("mail.log",)
# Says at DEBUG, with the request's address, which variables a template misses: nothing but the handler masks it.
MASKED_BY_HANDLER = ("django.template",)


class _OnceAPage(logging.Filter):
    """Lets each missing variable of a template through once a page: a list of six hundred says it as often.

    The staff's pages of several rows of a model are one page; an address elsewhere may be a secret itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.page = ""
        self.told: set[str] = set()

    def turn_to(self, path: str) -> None:
        page = re.sub(r"/[^/]+/change/$", "/change/", path) if path.startswith("/admin/") else ""
        if not page or page != self.page:
            self.told.clear()
        self.page = page

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        is_new = said not in self.told
        self.told.add(said)
        return is_new


_once_a_page = _OnceAPage()


class _Everything(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if record.name in NOT_OURS:
            return
        if record.name in MASKED_BY_HANDLER:
            record = copy.copy(record)
            PathSecretFilter().filter(record)
        self.lines.append(f"{self.format(record)} {record.msg!r} {record.args!r}")


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """All that any logger says, DEBUG and SQL included, before any handler of ours has masked it."""
    lines: list[str] = []
    handler = _Everything(lines)
    loggers = [logging.getLogger(), *(each for each in map(logging.getLogger, list(logging.root.manager.loggerDict)))]
    levels = {logger: logger.level for logger in loggers}
    tops = [logger for logger in loggers if logger is logging.root or not logger.propagate]
    debugged, connection.force_debug_cursor = connection.force_debug_cursor, True
    templates = [logging.getLogger(name) for name in MASKED_BY_HANDLER]
    for logger in templates:
        logger.filters.insert(0, _once_a_page)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    for logger in tops:
        logger.handlers.insert(0, handler)
    try:
        yield lines
    finally:
        connection.force_debug_cursor = debugged
        for logger in templates:
            logger.removeFilter(_once_a_page)
        for logger in tops:
            logger.removeHandler(handler)
        for logger, level in levels.items():
            logger.setLevel(level)


# pages


class Browser(Client):
    """Keeps every page that it was shown, and every address that it was sent to within the product."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen: dict[str, Place] = {}
        self.away: list[str] = []

    def request(self, **environ: Any) -> Any:
        _once_a_page.turn_to(environ["PATH_INFO"])
        response = super().request(**environ)
        kept = {name: value for name, value in response.headers.items() if name != "Location"}
        kept["cookies"] = response.cookies.output()
        location = response.headers.get("Location", "")
        if location.startswith("http"):
            self.away.append(location)  # to the consent page: there it must carry the state
        elif location != f"{environ['PATH_INFO']}/":
            kept["Location"] = location
        number = len(self.seen)
        page = f"page {number} ({environ['REQUEST_METHOD']} {response.status_code})"
        self.seen[page] = f"{kept}\n{response.getvalue().decode(errors='replace')}"
        return response

    @property
    def states(self) -> set[str]:
        return {found for address in self.away for found in re.findall(r"[?&]state=([^&#]+)", address)}
