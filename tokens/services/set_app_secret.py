"""Stores the secret of a tenant's own Meta app. It goes in here and never comes out on a page."""

from __future__ import annotations

from django.db import transaction

from accounts import events
from accounts.models import User
from tokens.fields import newest_key_id, seal
from tokens.models import MetaApp


class InstallationsOwn(Exception):
    """The secret of the installation's own app stands in the environment."""


def set_app_secret(app: MetaApp, *, secret: str, by: User) -> None:
    """Seals the secret and writes a line of history.

    Args:
        app: a tenant's own Meta app.
        secret: what Meta's App Dashboard shows.
        by: who set it.

    Raises:
        InstallationsOwn: `app` belongs to no tenant.
    """
    if app.tenant_id is None:
        raise InstallationsOwn
    with transaction.atomic():
        # What a test said of the former secret says nothing of this one.
        MetaApp.objects.filter(pk=app.pk).update(
            secret=seal(secret), key_id=newest_key_id(), tested_at=None, test_outcome=""
        )
        events.record(
            tenant=app.tenant_id,
            kind="app_secret_set",
            text=f"The secret of the Meta app {app.app_id} was set.",
            actor=by.email,
        )
