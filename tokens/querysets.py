"""Named questions about connections and credentials."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

from accounts.querysets import TenantOwnedQuerySet

if TYPE_CHECKING:
    from tokens.models import MetaApp

_Row = TypeVar("_Row", bound=models.Model)


class ConnectionQuerySet(TenantOwnedQuerySet[_Row]):
    def active(self) -> Self:
        return self.filter(status="active")

    def with_dates(self) -> Self:
        """With the credential's dates and counters, never its token."""
        return self.select_related("credential", "meta_app").defer("credential__token", "meta_app__secret")

    def known_as(self, meta_app: MetaApp, aliases: set[str]) -> Self:
        """Those made through `meta_app` that carry one of Instagram's ids in `aliases`."""
        return self.filter(meta_app=meta_app).filter(
            Q(instagram_id__in=aliases) | Q(app_scoped_id__in=aliases) | Q(exchange_user_id__in=aliases)
        )


class CredentialQuerySet(TenantOwnedQuerySet[_Row]):
    def without_token(self) -> Self:
        return self.defer("token")

    def free(self, now: dt.datetime) -> Self:
        """Not leased by anybody, or by somebody whose lease has ended."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))

    def due_for_refresh(self, now: dt.datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")

    def due_for_check(self, now: dt.datetime) -> Self:
        return self.filter(check_due_at__lte=now).order_by("check_due_at")


class LinkQuerySet(TenantOwnedQuerySet[_Row]):
    def open(self) -> Self:
        """Neither used, replaced nor withdrawn; perhaps expired."""
        return self.filter(used_at__isnull=True, replaced_at__isnull=True)


class ConnectAttemptQuerySet(TenantOwnedQuerySet[_Row]):
    def waiting(self, now: dt.datetime) -> Self:
        """Sent to consent and not come back, within their ten minutes."""
        return self.filter(used_at__isnull=True, expires_at__gt=now)
