"""The `--tenant SLUG` of commands."""

from __future__ import annotations

from accounts.models import Tenant
from notifications.management.base import WrongCall


def tenant_or_wrong_call(slug: str) -> Tenant:
    """The tenant of that slug.

    Raises:
        WrongCall: there is none.
    """
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise WrongCall(f"There is no workspace “{slug}”.")
    return tenant
