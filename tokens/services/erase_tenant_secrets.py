"""Erases every secret of a workspace that is deleted, and ends what would go on by itself."""

from __future__ import annotations

import datetime as dt

from accounts.models import Tenant
from tokens.models import ConnectAttempt, Connection, Credential, MetaApp, Status
from tokens.services import links
from tokens.services.disconnect import ERASED
from tokens.services.reconnect_requests import close_requests_of


def erase_tenant_secrets(tenant: Tenant, now: dt.datetime) -> None:
    """Disconnects all connections and erases all keys of `tenant`, in the caller's transaction.

    A few statements whatever the number of rows. Connections come before credentials, as for everybody who changes
    both; version and fence of each credential rise, so that no answer under way can bring it back.
    """
    living = Connection.objects.for_tenant(tenant).exclude(status=Status.DISCONNECTED)
    living.update(status=Status.DISCONNECTED, reason="", status_changed_at=now)
    Credential.objects.for_tenant(tenant).update(**ERASED)
    links.withdraw_all(tenant, now)
    close_requests_of(tenant, now)
    attempts = ConnectAttempt.objects.for_tenant(tenant)
    attempts.exclude(pending="").update(pending="", pending_secret=None, pending_facts={}, pending_until=None)
    MetaApp.objects.for_tenant(tenant).update(secret=None, key_id="", meta_secret=None, meta_key_id="")
