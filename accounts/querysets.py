"""Query sets that the other apps build on: whatever belongs to a tenant is asked for by tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Tenant, User

_Row = TypeVar("_Row", bound=models.Model)


class TenantOwnedQuerySet(models.QuerySet[_Row]):
    """Rows that carry a `tenant` key."""

    def for_tenant(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)


class TenantQuerySet(models.QuerySet["Tenant"]):
    def of(self, user: User | Any) -> Self:
        """The tenants that `user` is a member of, by name."""
        return self.filter(memberships__user=user).order_by("name", "pk")
