"""The log of requests, and the counters over it."""

from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .records import iso
from .wire import Request, covers

BOUND = 200_000


@dataclass
class Entry:
    """One request, written down when it arrives; the status follows with the answer."""

    request: Request
    at: float
    username: str | None
    fault: str | None = None
    status: int | None = None  # None: not answered yet; 0: cut off

    def as_json(self) -> dict[str, Any]:
        return {
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query,
            "form": self.request.form,
            "headers": self.request.headers,
            "client": self.request.client,
            "username": self.username,
            "fault": self.fault,
            "status": self.status,
            "at": iso(self.at),
        }


class Journal:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=BOUND)
        self._asked: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._refreshes: Counter[str] = Counter()

    def arrived(self, request: Request, at: float, username: str | None, token: str | None) -> Entry:
        entry = Entry(request, at, username)
        self._entries.append(entry)
        self._asked[request.bare_path] += 1
        if token:
            self._tokens[token] += 1
        return entry

    def answered(self, entry: Entry, status: int) -> None:
        entry.status = status
        if 200 <= status < 400:
            self._answered[entry.request.bare_path] += 1

    def refreshed(self, username: str) -> None:
        self._refreshes[username] += 1

    def entries(self, path: str | None, username: str | None) -> list[Entry]:
        return [
            entry
            for entry in self._entries
            if (path is None or covers(path, entry.request.bare_path))
            and (username is None or entry.username == username)
        ]

    def last(self, number: int) -> list[Entry]:
        """Newest first."""
        return list(islice(reversed(self._entries), number))

    def counts(self, token: str | None) -> dict[str, Any]:
        asked = {"token": self._tokens[token]} if token else {}
        return {
            "paths": {
                path: {"requests": total, "succeeded": self._answered[path]} for path, total in self._asked.items()
            },
            "refreshes": dict(self._refreshes),
            **asked,
        }
