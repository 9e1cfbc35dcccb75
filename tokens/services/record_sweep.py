"""Leaves a record of a sweep: what it claimed, what came of it and how long it took, for staff and `/metrics`.

The row is written with the first claim: a sweep that found nothing due leaves none, or the table would fill with empty
minutes. That the sweep ran at all is the heartbeat's to tell. A record never stops the work that it tells of.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping

from django.db import Error
from django.utils import timezone

from accounts.models import Tenant
from tokens.models import SweepRun
from tokens.services.claims import Claim, Purpose, process_name
from tokens.services.store import LOST

# Outcomes with a column of their own; every other word is a kind of failure.
COUNTED = ("refreshed", "alive", LOST)

logger = logging.getLogger(__name__)


class SweepRecord:
    """The record of one sweep, from its beginning on. `row` holds the numbers, stored or not.

    Args:
        purpose: `refresh` or `check`.
        tenant: whose connections alone it takes; None: everybody's.
    """

    def __init__(self, purpose: Purpose, tenant: Tenant | None = None) -> None:
        self.row = SweepRun(
            purpose=purpose,
            tenant_id=None if tenant is None else tenant.pk,
            owner=process_name(),
            started_at=timezone.now(),
        )
        self._begun = time.monotonic()

    def note(self, claims: Iterable[Claim]) -> None:
        """Counts claims. The first ones write the row."""
        first = not self.row.claimed
        for claim in claims:
            self.row.claimed += 1
            self.row.leases_recovered += claim.recovered
        if first:
            self._write()

    def end(self, results: Mapping[str, int]) -> None:
        """Completes the row, and stores it if anything was claimed.

        Args:
            results: how many attempts ended with which word.
        """
        self.row.ended_at = timezone.now()
        self.row.seconds = time.monotonic() - self._begun
        self.row.refreshed, self.row.alive, self.row.lost = (results.get(word, 0) for word in COUNTED)
        self.row.failed = {word: count for word, count in sorted(results.items()) if word not in COUNTED}
        if self.row.claimed:
            self._write()

    def _write(self) -> None:
        try:
            # The first time an INSERT, afterwards an UPDATE; where the first one failed, the second is the INSERT.
            self.row.save()
        except Error as error:
            logger.warning("A sweep's record could not be written: %s", type(error).__name__)
