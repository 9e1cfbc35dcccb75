"""Claims: who may work on a credential now.

A claim is a lease on the credential's row with a rising fencing number. Whoever holds it may ask Meta once; the
result is stored only while the row still shows the same version and fence. No transaction is open meanwhile.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import threading
import uuid
from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Tenant
from tokens.models import Credential
from tokens.querysets import CredentialQuerySet

# Two calls of CALL_DEADLINE and the longest CONFIRM_PAUSE_SECONDS between take 110 seconds.
LEASE = dt.timedelta(seconds=170)
Purpose = Literal["refresh", "check"]

_process = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def owner_name() -> str:
    """This thread's name on the leases it takes."""
    return f"{_process}:{threading.get_ident()}"


def process_name() -> str:
    return _process


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to ask Meta once about one credential, until `until`.

    `recovered`: it was taken over from somebody whose lease ended without a result.
    """

    connection_id: uuid.UUID
    purpose: Purpose
    version: int
    fence: int
    owner: str
    until: dt.datetime
    recovered: bool = False

    def row(self) -> CredentialQuerySet[Credential]:
        """The claimed row, while the claim stands: empty once anybody changed or claimed it anew."""
        return Credential.objects.filter(pk=self.connection_id, version=self.version, fence=self.fence)


def claim_next(
    purpose: Purpose, *, tenant: Tenant | None = None, apart_from: frozenset[uuid.UUID] = frozenset()
) -> Claim | None:
    """Claims the longest due credential that nobody holds.

    Args:
        purpose: `refresh` or `check`.
        tenant: only this tenant's.
        apart_from: Meta apps (ids) to leave alone, since their brake holds.

    Returns:
        The claim, or None where nothing is due any more.
    """
    while True:
        now = timezone.now()
        with transaction.atomic():
            candidate = (
                due(purpose, now, tenant=tenant, apart_from=apart_from)
                .free(now)
                .select_for_update(skip_locked=True, of=("self",))
                .only("pk", "version", "fence", "lease_owner")
                .first()
            )
            if candidate is None:
                return None
            claim = _take(candidate, purpose, now)
        if claim is not None:
            return claim


def due(
    purpose: Purpose,
    now: dt.datetime,
    *,
    tenant: Tenant | None = None,
    apart_from: frozenset[uuid.UUID] = frozenset(),
) -> CredentialQuerySet[Credential]:
    """What is due for `purpose`, longest due first, held by somebody or not."""
    rows = Credential.objects.all()
    rows = rows.due_for_refresh(now) if purpose == "refresh" else rows.due_for_check(now)
    if tenant is not None:
        rows = rows.for_tenant(tenant)
    if apart_from:
        rows = rows.exclude(connection__meta_app__in=apart_from)
    return rows


def claim_one(connection_id: uuid.UUID, purpose: Purpose) -> Claim | None:
    """Claims one active connection's credential, due or not; None where somebody is at work on it."""
    now = timezone.now()
    candidate = (
        Credential.objects.filter(pk=connection_id, connection__status="active", token__isnull=False)
        .free(now)
        .only("pk", "version", "fence", "lease_owner")
        .first()
    )
    return None if candidate is None else _take(candidate, purpose, now)


def _take(candidate: Credential, purpose: Purpose, now: dt.datetime) -> Claim | None:
    """Compare-and-set: of two who saw the row free, one gets it."""
    owner, until = owner_name(), now + LEASE
    taken = (
        Credential.objects.filter(pk=candidate.pk, version=candidate.version, fence=candidate.fence)
        .free(now)
        .update(lease_owner=owner, lease_until=until, fence=F("fence") + 1)
    )
    if not taken:
        return None
    # Whoever ends a lease empties the name: one that is still there, on a row that is free, was left behind.
    recovered = bool(candidate.lease_owner)
    return Claim(candidate.pk, purpose, candidate.version, candidate.fence + 1, owner, until, recovered)


def hand_back(claim: Claim) -> None:
    """Gives a claim up without a result."""
    claim.row().update(lease_owner="", lease_until=None)
