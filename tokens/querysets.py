"""Named questions about connections and credentials."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Self, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery

from accounts.querysets import TenantOwnedQuerySet
from tokens import due_dates

if TYPE_CHECKING:
    from accounts.models import Tenant
    from tokens.models import MetaApp

# No lease is given for longer without being renewed.
LONGEST_LEASE = dt.timedelta(minutes=5)

_Row = TypeVar("_Row", bound=models.Model)


class ConnectionQuerySet(TenantOwnedQuerySet[_Row]):
    def active(self) -> Self:
        return self.filter(status="active")

    def with_dates(self) -> Self:
        """With the credential's dates and counters, never its token, and what the workspace says it needs."""
        secrets = ("credential__token", "credential__renewal", "meta_app__secret", "meta_app__meta_secret")
        rows = self.select_related("credential", "meta_app").defer(*secrets)
        said = apps.get_model("tokens", "PermissionNeeds")._default_manager.filter(
            tenant=OuterRef("tenant"), flavour=OuterRef("meta_app__flavour")
        )
        return rows.annotate(needs_said=Subquery(said.values("permissions")[:1]))

    def known_as(self, meta_app: MetaApp | uuid.UUID, aliases: set[str]) -> Self:
        """Those made through `meta_app` (or the app of that key) that carry one of Instagram's ids in `aliases`."""
        return self.filter(meta_app=meta_app).filter(
            Q(instagram_id__in=aliases) | Q(app_scoped_id__in=aliases) | Q(exchange_user_id__in=aliases)
        )


class CredentialQuerySet(TenantOwnedQuerySet[_Row]):
    def without_token(self) -> Self:
        return self.defer("token", "renewal")

    def free(self, now: dt.datetime) -> Self:
        """Not leased by anybody, or by somebody whose lease has ended.

        A lease that ends later than any is given for was given by a clock that was wrong.
        """
        ended = Q(lease_until__lte=now) | Q(lease_until__gt=now + LONGEST_LEASE)
        return self.filter(Q(lease_until__isnull=True) | ended)

    def urgent(self, now: dt.datetime) -> Self:
        """Those with less than ten days left, whoever has least first."""
        return self.filter(expires_at__lte=now + due_dates.RESERVE).order_by("expires_at")

    def due_for_refresh(self, now: dt.datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")

    def due_for_check(self, now: dt.datetime) -> Self:
        return self.filter(check_due_at__lte=now).order_by("check_due_at")


class MetaAppQuerySet(TenantOwnedQuerySet[_Row]):
    def in_use(self, tenant: Tenant, flavour: str) -> Self:
        """The one app of the tenant's own that is asked for consent, if it has one."""
        return self.for_tenant(tenant).filter(flavour=flavour, retired_at__isnull=True)


class LinkQuerySet(TenantOwnedQuerySet[_Row]):
    def open(self) -> Self:
        """Neither used, replaced nor withdrawn; perhaps expired."""
        return self.filter(used_at__isnull=True, replaced_at__isnull=True, withdrawn_at__isnull=True)

    def invitations(self) -> Self:
        """The connect links that the workspace shows: of those sent again, the newest alone."""
        return self.filter(kind="connect", replaced_at__isnull=True)

    def inviting(self, email: str, handle: str, flavour: str) -> Self:
        """The connect links to one address for one account, through one login; an empty handle is any account."""
        return self.filter(kind="connect", contact_email=email, expected_handle=handle, flavour=flavour)


class ReconnectRequestQuerySet(TenantOwnedQuerySet[_Row]):
    def open(self) -> Self:
        """Neither answered nor without a point; of one connection there is one at most."""
        return self.filter(revived_at__isnull=True, closed_at__isnull=True)


class ConnectAttemptQuerySet(TenantOwnedQuerySet[_Row]):
    def waiting(self, now: dt.datetime) -> Self:
        """Sent to consent and not come back, within their ten minutes."""
        return self.filter(used_at__isnull=True, expires_at__gt=now)


class TokenImportQuerySet(TenantOwnedQuerySet[_Row]):
    def open(self) -> Self:
        """Neither finished nor thrown away: previews, and what was confirmed and goes on."""
        return self.filter(finished_at__isnull=True, cancelled_at__isnull=True)

    def running(self) -> Self:
        """Confirmed, and neither finished nor stopped, in a workspace that is there still."""
        return self.open().filter(confirmed_at__isnull=False, tenant__deleted_at__isnull=True)


class ImportLineQuerySet(TenantOwnedQuerySet[_Row]):
    def waiting(self) -> Self:
        """Not worked off: free, in somebody's hands, or put off."""
        return self.filter(outcome="")

    def free(self, now: dt.datetime) -> Self:
        """Those that wait and that a worker may take up now."""
        return self.waiting().filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))

    def by_outcome(self) -> dict[str, int]:
        """How many there are of each outcome; of those that wait under the empty word."""
        return dict(self.order_by().values_list("outcome").annotate(number=Count("pk")))
