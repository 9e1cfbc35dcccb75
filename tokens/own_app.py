"""What the page of a workspace's own Meta app shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from accounts.models import Tenant
from tokens.clients import AppNotSetUp, default_app, lacks_secret
from tokens.models import Connection, MetaApp, Status
from tokens.services import consent
from tokens.wording import APP_VERDICTS, AppVerdict


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Connections made through another app than the one that is asked now."""

    count: int
    app_id: str
    """Empty for the installation's."""


@dataclass(frozen=True, slots=True)
class OwnApp:
    """The app in use, and what a test or the last way to connect said of it."""

    app: MetaApp
    verdict: AppVerdict | None
    readable: bool


def own_app(tenant: Tenant, flavour: str) -> OwnApp | None:
    """The workspace's own app of a flavour; None where it uses the installation's."""
    app = MetaApp.objects.in_use(tenant, flavour).first()
    if app is None:
        return None
    unreadable = lacks_secret(app)
    word = "unreadable" if unreadable else app.test_outcome
    return OwnApp(app=app, verdict=APP_VERDICTS.get(word), readable=not unreadable)


def installation_has_one() -> bool:
    """Whether people can connect without an app of the workspace's own."""
    try:
        default_app(save=False)
    except AppNotSetUp:
        return False
    return True


def left_behind(tenant: Tenant, flavour: str, app: MetaApp | None) -> list[LeftBehind]:
    """Which connections stay with another app until they are reconnected, counted by app.

    Args:
        tenant: whose.
        flavour: of the apps.
        app: the workspace's own in use; None where the installation's is asked, whose own connections are at home.
    """
    rows = Connection.objects.for_tenant(tenant).filter(meta_app__flavour=flavour).exclude(status=Status.DISCONNECTED)
    others = rows.filter(meta_app__tenant=tenant) if app is None else rows.exclude(meta_app=app)
    counted = others.order_by().values_list("meta_app__tenant_id", "meta_app__app_id").annotate(Count("pk"))
    found = [LeftBehind(count, app_id if owner else "") for owner, app_id, count in counted]
    return sorted(found, key=lambda each: (-each.count, each.app_id))


def addresses(app: MetaApp | None) -> dict[str, str]:
    """What Meta's dashboard asks for, to be copied; some of it exists with the app only."""
    pages = {name: settings.SITE_URL + reverse(name) for name in ("privacy", "terms", "data_deletion")}
    found = {"redirect_uri": consent.redirect_uri(), **pages}
    if app is not None:
        found["deauthorize"] = settings.SITE_URL + reverse("own_deauthorize", args=[app.pk])
        found["deletion"] = settings.SITE_URL + reverse("own_data_deletion", args=[app.pk])
    return found
