"""The list on a workspace's page: filters, search and pages, all of them in its address, nonsense tolerated."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from accounts.models import Tenant
from tokens.selectors import PAGE, WorkspaceCounts, workspace_counts

FILTERS = {"all": "All", "attention": "Need attention", "working": "Working"}
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Tab:
    """One filter, and how many the search finds with it."""

    name: str
    label: str
    number: int
    query: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What the list is asked for. Queries are what follows the `?` of an address; empty is the plain address."""

    show: str
    words: str
    counts: WorkspaceCounts
    tabs: list[Tab]
    page: Page[int]

    @property
    def start(self) -> int:
        """How many come before this page."""
        return max(0, self.page.start_index() - 1)

    @property
    def found(self) -> int:
        return self.counts.found[self.show]

    @property
    def pages(self) -> list[tuple[int | str, str]]:
        """Numbers with their queries; a gap has none."""
        numbers = self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1)
        return [(each, self._query(each) if isinstance(each, int) else "") for each in numbers]

    @property
    def previous(self) -> str:
        return self._query(self.page.number - 1)

    @property
    def following(self) -> str:
        return self._query(self.page.number + 1)

    def _query(self, page: int) -> str:
        return query(self.show, self.words, page)


def listing(tenant: Tenant, asked: QueryDict, now: dt.datetime) -> Listing:
    """The list of a workspace as `?show=`, `?q=` and `?page=` ask for it."""
    show = asked.get("show", "")
    show = show if show in FILTERS else "all"
    words = _words(asked.get("q", ""))
    counts = workspace_counts(tenant, now, words=words)
    page = _page(Paginator(range(counts.found[show]), PAGE), asked.get("page", ""))
    tabs = [Tab(name, label, counts.found[name], query(name, words)) for name, label in FILTERS.items()]
    return Listing(show, words, counts, tabs, page)


def query(show: str, words: str, page: int = 1) -> str:
    given = {"show": show if show != "all" else "", "q": words, "page": page if page != 1 else ""}
    return urlencode({name: value for name, value in given.items() if value})


def _page(paginator: Paginator[int], asked: str) -> Page[int]:
    """The page of that number, the nearest one where there is none, the first where it is no number."""
    try:
        number = int(asked)
    except ValueError:
        number = 1
    return paginator.page(min(max(1, number), paginator.num_pages))


def _words(text: str) -> str:
    """What is searched for: on one line, without the @ that people put before a handle. PostgreSQL refuses NUL."""
    return " ".join(text.replace("\0", "").split()).removeprefix("@")[:LONGEST]
