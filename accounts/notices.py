"""What the mails about workspaces say: for each kind the words, looked up when the mail is written."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from accounts import samples
from accounts.erasure import kept_until
from accounts.models import Event, Tenant
from notifications.registry import Audience, DigestItem, register

if TYPE_CHECKING:
    from notifications.models import OutboxMessage

NOBODY = uuid.UUID(int=0)
NEWS_LASTS = dt.timedelta(days=1)


def register_kinds() -> None:
    """Called once, when the apps are ready."""
    register(
        "workspace_deleted",
        title="The workspace was deleted",
        context=_workspace_deleted,
        audience=Audience.MEMBERS,
        line=_deleted_line,
        sample=samples.workspace_deleted,
    )
    register(
        "workspace_restored",
        title="The workspace is open again",
        context=_workspace_restored,
        max_age=NEWS_LASTS,
        audience=Audience.MEMBERS,
        line=_restored_line,
        sample=samples.workspace_restored,
    )


def _workspace_deleted(message: OutboxMessage) -> dict[str, Any] | None:
    """Nothing to say any more where it was undone."""
    tenant = Tenant.objects.filter(pk=message.subject_id or NOBODY, deleted_at__isnull=False).first()
    if tenant is None:
        return None
    return {**_about(tenant, message.kind, "workspace_deleted"), "until": kept_until(tenant)}


def _workspace_restored(message: OutboxMessage) -> dict[str, Any] | None:
    tenant = Tenant.objects.living().filter(pk=message.subject_id or NOBODY).first()
    return None if tenant is None else _about(tenant, message.kind, "workspace")


def _about(tenant: Tenant, kind: str, page: str) -> dict[str, Any]:
    """The words that both mails need; who acted stands in the event of that kind."""
    told = Event.objects.for_tenant(tenant).filter(kind=kind).order_by("-at", "-pk").first()
    return {
        "workspace": tenant.name,
        "who": told.actor if told else "",
        "url": settings.SITE_URL + reverse(page, args=[tenant.slug]),
    }


def _deleted_line(values: dict[str, Any]) -> DigestItem:
    name, label = values["workspace"], gettext("Look at the deleted workspace")
    return DigestItem(name, gettext("The workspace was deleted; an owner can undo it."), values["url"], label, name)


def _restored_line(values: dict[str, Any]) -> DigestItem:
    name, words = values["workspace"], gettext("The workspace is open again; its accounts must be connected anew.")
    return DigestItem(name, words, values["url"], gettext("Open the workspace"), name, to_do=True)
