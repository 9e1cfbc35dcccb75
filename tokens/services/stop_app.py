"""Stops using a workspace's own Meta app: from then on the installation's is asked again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant, User
from tokens.models import MetaApp


def stop_app(tenant: Tenant, *, flavour: str, by: User) -> str:
    """Retires the app in use; its secret stays, since connections made through it go on until reconnected.

    Args:
        tenant: the workspace.
        flavour: the kind of app.
        by: the owner who stops it.

    Returns:
        Its app id; empty where none was in use.
    """
    with transaction.atomic():
        app = MetaApp.objects.in_use(tenant, flavour).select_for_update(no_key=True).first()
        if app is None:
            return ""
        MetaApp.objects.filter(pk=app.pk).update(retired_at=timezone.now())
        text = f"The Meta app {app.app_id} is no longer used for new connections."
        events.record(tenant=tenant, kind="own_app_stopped", text=text, actor=by.email)
    return app.app_id
