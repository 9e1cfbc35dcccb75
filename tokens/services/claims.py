"""Claims: who may work on a credential now.

A claim is a lease on the credential's row with a rising fencing number. Whoever holds it may ask Meta once; the
result is stored only while the row still shows the same version and fence. No transaction is open meanwhile.
A lease is short: a drain renews those that it holds for as long as its process lives.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
import socket
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Tenant
from tokens.models import Credential
from tokens.querysets import CredentialQuerySet

LEASE = dt.timedelta(seconds=60)
# A drain misses three of these before anybody may take over what it holds.
RENEW_EVERY = 15.0
Purpose = Literal["refresh", "check"]
_T = TypeVar("_T")
# Of one statement about many rows: SQLite allows 250,000 parameters, other builds of it only 999.
_AT_ONCE = 500


def owner_name() -> str:
    """This thread's name on the leases it takes."""
    return f"{process_name()}:{threading.get_ident()}"


def process_name() -> str:
    """This process's name, on leases and counters; a forked one has its own."""
    return _name_of(os.getpid())


@functools.lru_cache(maxsize=1)
def _name_of(pid: int) -> str:
    return f"{socket.gethostname()[:40]}:{pid}:{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to ask Meta once about one credential, while its lease holds.

    `until`: its end as granted; renewals are on the row alone.
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
        """The claimed row, while the claim stands: empty once it was used up or lost."""
        rows = Credential.objects.filter(pk=self.connection_id, version=self.version, fence=self.fence)
        return rows.filter(lease_owner=self.owner)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A claim, and the row as it stood when it was taken, with its connection; of both `_LOADED` alone."""

    claim: Claim
    credential: Credential

    @property
    def app_id(self) -> uuid.UUID:
        """Of the Meta app that it is asked through."""
        return self.credential.connection.meta_app_id


def claim_batch(
    purpose: Purpose,
    limit: int,
    *,
    tenant: Tenant | None = None,
    apart_from: frozenset[uuid.UUID] = frozenset(),
    take_over: bool = True,
) -> list[Held]:
    """Claims due credentials that nobody holds, the most urgent first.

    Those with less than ten days left come first, by what is left; then the others, the longest due first.

    Args:
        purpose: `refresh` or `check`.
        limit: how many at most.
        tenant: only this tenant's.
        apart_from: Meta apps (ids) to leave alone, since nobody may ask through them now.
        take_over: whether also those whose holder's lease has ended.

    Returns:
        The claims; fewer than `limit` where no more are due.
    """
    held: list[Held] = []
    now = timezone.now()
    rows = due(purpose, now, tenant=tenant, apart_from=apart_from)
    rows = rows.free(now) if take_over else rows.filter(lease_until__isnull=True)
    queues = [rows.urgent(now), rows] if purpose == "refresh" else [rows]
    for queue in queues:
        if len(held) < limit:
            held += _take_all(queue, purpose, limit - len(held), now)
    return held


# What it takes to ask, and to store what nearly all answers come to. Half of a claim's cost was to load the rest.
_LOADED = (
    *("token", "version", "fence", "lease_owner", "expires_at", "expiry_told", "refresh_failures", "check_failures"),
    "refresh_failing_since",
    *("renewal", "renewal_expires_at", "renewable", "renew_by"),
    *("connection__status", "connection__handle", "connection__tenant_id", "connection__meta_app_id"),
    *("connection__instagram_id", "connection__page_id", "connection__exchange_user_id", "connection__permissions"),
)


def _take_all(rows: CredentialQuerySet[Credential], purpose: Purpose, limit: int, now: dt.datetime) -> list[Held]:
    """On PostgreSQL others skip what is locked here; on SQLite nobody else writes meanwhile."""
    owner, until = owner_name(), now + LEASE
    with transaction.atomic():
        rows = rows.select_for_update(skip_locked=True, of=("self",)).select_related("connection").only(*_LOADED)
        found = list(rows[:limit])
        for some in _portions([row.pk for row in found]):
            Credential.objects.filter(pk__in=some).update(lease_owner=owner, lease_until=until, fence=F("fence") + 1)
    for row in found:
        # Loaded together they point to each other: only the garbage collector would ever free them.
        row.connection._state.fields_cache.clear()
    return [Held(_claim(row, purpose, owner, until), row) for row in found]


def _claim(row: Credential, purpose: Purpose, owner: str, until: dt.datetime) -> Claim:
    # Whoever ends a lease empties the name: one that is still there, on a row that is free, was left behind.
    return Claim(row.pk, purpose, row.version, row.fence + 1, owner, until, recovered=bool(row.lease_owner))


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
    return _claim(candidate, purpose, owner, until) if taken else None


def renew(claims: Sequence[Claim]) -> None:
    """Lengthens the leases that their owner still has; what somebody else took over stays his."""
    until = timezone.now() + LEASE
    for rows in _own(claims):
        rows.update(lease_until=until)


def hand_back(*claims: Claim) -> None:
    """Gives claims up without a result."""
    if len(claims) == 1:
        claims[0].row().update(lease_owner="", lease_until=None)
        return
    for rows in _own(claims):
        rows.update(lease_owner="", lease_until=None)


def _own(claims: Sequence[Claim]) -> Iterator[CredentialQuerySet[Credential]]:
    """The rows of claims of one owner, those lost meanwhile left out; fences are no matter, the name is unique."""
    for some in _portions(claims):
        rows = Credential.objects.filter(pk__in=[claim.connection_id for claim in some])
        yield rows.filter(lease_owner=some[0].owner)


def _portions(things: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(things), _AT_ONCE):
        yield things[start : start + _AT_ONCE]
