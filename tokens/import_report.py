"""What the pages show of an import: read models."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Min

from accounts.models import Tenant
from tokens.import_wording import CANCELLED, IMPORTED, REFUSED, UNCHANGED
from tokens.models import ImportLine, TokenImport
from tokens.querysets import ImportLineQuerySet

PAGE = 50
IMPORTS_A_PAGE = 20
# After so long somebody who looks on wonders whether anybody works at all.
SOON = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """One import as its page shows it."""

    job: TokenImport
    counts: dict[str, int]
    next_try: dt.datetime | None
    """When the earliest line that was put off is tried again."""
    put_off: int
    now: dt.datetime

    @property
    def state(self) -> str:
        if self.job.cancelled_at is not None:
            return "thrown_away" if self.job.confirmed_at is None else "stopped"
        if self.job.finished_at is not None:
            return "finished"
        return "preview" if self.job.confirmed_at is None else "running"

    @property
    def waiting(self) -> int:
        return self.counts.get("", 0)

    @property
    def done(self) -> int:
        return self.job.lines - self.waiting - self.counts.get(CANCELLED, 0)

    @property
    def refused(self) -> int:
        return self.counts.get(REFUSED, 0)

    @property
    def imported(self) -> int:
        return self.counts.get(IMPORTED, 0)

    @property
    def unchanged(self) -> int:
        return self.counts.get(UNCHANGED, 0)

    @property
    def cancelled(self) -> int:
        return self.counts.get(CANCELLED, 0)

    @property
    def untouched(self) -> bool:
        """Confirmed a while ago, and no worker has taken it up."""
        confirmed = self.job.confirmed_at
        return confirmed is not None and self.job.worked_at is None and confirmed <= self.now - SOON


def report_of(job: TokenImport, now: dt.datetime) -> ImportReport:
    """Counts an import's lines as they are now."""
    lines = ImportLine.objects.filter(token_import=job)
    put_off = lines.waiting().filter(tries__gt=0)
    return ImportReport(
        job=job,
        counts=lines.by_outcome(),
        next_try=put_off.aggregate(soonest=Min("lease_until"))["soonest"],
        put_off=put_off.count(),
        now=now,
    )


def refused_lines(job: TokenImport) -> Iterator[ImportLine]:
    """All refused lines in the order of the file, without what they held."""
    return _refused(job).iterator(500)


def refused_page(job: TokenImport, asked: str) -> Page[ImportLine]:
    """One page of them; the nearest one where there is none of that number."""
    return Paginator(_refused(job), PAGE).get_page(asked)


def past_imports(tenant: Tenant, asked: str) -> Page[TokenImport]:
    """A page of the workspace's imports, newest first."""
    rows = TokenImport.objects.for_tenant(tenant).select_related("user").order_by("-created_at", "-pk")
    return Paginator(rows, IMPORTS_A_PAGE).get_page(asked)


def _refused(job: TokenImport) -> ImportLineQuerySet[ImportLine]:
    rows = ImportLine.objects.filter(token_import=job, outcome=REFUSED)
    return rows.only("number", "sentence").order_by("number")
