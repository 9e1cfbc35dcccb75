"""Stores the secrets of a tenant's own Meta app. They go in here and never come out on a page."""

from __future__ import annotations

from typing import Any

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
    text = f"The secret of the Meta app {app.app_id} was set."
    # What a test said of the former secret says nothing of this one.
    columns = {"secret": seal(secret), "key_id": newest_key_id(), "tested_at": None, "test_outcome": ""}
    _set(app, columns, kind="app_secret_set", text=text, by=by)


def set_meta_secret(app: MetaApp, *, secret: str, by: User) -> None:
    """Seals the app's other secret, the one that belongs to its Meta app id: Meta may sign its callbacks with it.

    Args:
        app: a tenant's own Meta app.
        secret: what Meta's App Dashboard shows under App settings, Basic.
        by: who set it.

    Raises:
        InstallationsOwn: `app` belongs to no tenant.
    """
    text = f"The Meta app secret of the Meta app {app.app_id} was set."
    columns = {"meta_secret": seal(secret), "meta_key_id": newest_key_id()}
    _set(app, columns, kind="meta_secret_set", text=text, by=by)


def _set(app: MetaApp, columns: dict[str, Any], *, kind: str, text: str, by: User) -> None:
    if app.tenant_id is None:
        raise InstallationsOwn
    with transaction.atomic():
        MetaApp.objects.filter(pk=app.pk).update(**columns)
        events.record(tenant=app.tenant_id, kind=kind, text=text, actor=by.email)
