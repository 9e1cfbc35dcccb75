"""Named questions to the outbox and what belongs to it, and the two writes that only whoever holds a claim may do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from notifications.models import OutboxMessage, SilencedAddress  # noqa: F401 - the latter in a string alone

_Row = TypeVar("_Row", bound=models.Model)

# Six pauses, of 1 to 32 minutes and a quarter, lie between the first try and the seventh: an hour and more.
TRIES_OF_AN_HOUR = 7
# By which a server, or a mail service, turns away one mail and takes the next: a full mailbox, a greylist. 421 closes
# the line to all, and by 401, 403 and 429 a service means whoever sends.
_OF_ALL = ["smtp_421", "http_401", "http_403", "http_429"]
OF_THIS_MAIL = Q(last_error__startswith="smtp_4") | Q(last_error__startswith="http_4") | Q(last_error="backend")
OF_THIS_MAIL &= ~Q(last_error__in=_OF_ALL)


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def due(self, now: dt.datetime) -> Self:
        """What is owed by `now` and in nobody's hands, most overdue first."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.filter(free, due_at__lte=now).order_by("due_at", "created_at")

    def held_up(self, now: dt.datetime) -> Self:
        """What should have left more than an hour ago and has not, but for what its own address puts off.

        Where the server takes nothing, what is tried again is due again only later: its tries tell for how long.
        """
        tried = Q(attempts__gte=TRIES_OF_AN_HOUR) & ~OF_THIS_MAIL
        # Owed at all, said by itself: then the small index of what is due is enough.
        return self.filter(tried | Q(due_at__lt=now - dt.timedelta(hours=1)), due_at__isnull=False)

    def change_claimed(self, message: OutboxMessage, **changes: Any) -> bool:
        """Writes `changes` if `message` is still held under the number of its claim; tells whether it was."""
        held = self.filter(pk=message.pk, fence=message.fence, due_at__isnull=False)
        return held.update(**changes) == 1

    def claim(self, message: OutboxMessage, *, owner: str, until: dt.datetime) -> bool:
        """Takes `message` for `owner` until `until` unless somebody was quicker; tells whether it did."""
        taken = self.change_claimed(message, fence=F("fence") + 1, lease_owner=owner, lease_until=until)
        if taken:
            message.fence += 1
        return taken


class OfTenantQuerySet(models.QuerySet[_Row]):
    def for_tenant(self, tenant: Any) -> Self:
        return self.filter(tenant=tenant)


class SilencedAddressQuerySet(OfTenantQuerySet["SilencedAddress"]):
    def of(self, addresses: Iterable[str], *, tenant_id: UUID) -> Self:
        """Those of one tenant among `addresses`, in any spelling."""
        return self.filter(tenant_id=tenant_id, address__in=[address.lower() for address in addresses])
