"""Query sets that the other apps build on: whatever belongs to a tenant is asked for by tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Event, Tenant, User  # noqa: F401 - Event is named in a string alone

_Row = TypeVar("_Row", bound=models.Model)
# Who acts in the history without being anybody: the product itself, and Meta.
NO_PEOPLE = ("Perennial", "Meta")


class TenantOwnedQuerySet(models.QuerySet[_Row]):
    """Rows that carry a `tenant` key."""

    def for_tenant(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)

    def find(self, **columns: Any) -> _Row | None:
        """The one row that has all of these; None where there is none.

        `first()` would put it in order, which costs Django as much as all the rest of a query with many columns.
        """
        try:
            return self.get(**columns)
        except self.model.DoesNotExist:  # type: ignore[attr-defined]
            return None


class TenantQuerySet(models.QuerySet["Tenant"]):
    def of(self, user: User | Any) -> Self:
        """The tenants that `user` is a member of, by name."""
        return self.filter(memberships__user=user).order_by("name", "pk")

    def living(self) -> Self:
        """Those that nobody has deleted."""
        return self.filter(deleted_at__isnull=True)


class EventQuerySet(TenantOwnedQuerySet["Event"]):
    def by_people(self) -> Self:
        """Acts of people: few among all events, and found by an index of their own."""
        return self.exclude(actor__in=NO_PEOPLE)
