from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from accounts.models import Tenant
from tests.emulator.server import EmulatorServer
from tests.tokens import journeys
from tokens.fields import Sealed
from tokens.models import Connection, MetaApp

APP_ID = "424242424242"
SECRET = "f00dfeedf00dfeedf00dfeedf00dfeed"
OTHER_ID = "535353535353"
OTHER_SECRET = "0ddba110ddba110ddba110ddba110dda"
BASIC = "instagram_business_basic"
INSIGHTS = "instagram_business_manage_insights"


@pytest.fixture
def page(tenant: Tenant) -> str:
    return f"/w/{tenant.slug}/settings/meta-app/"


@pytest.fixture
def at_meta(emulator: EmulatorServer, settings: Any) -> EmulatorServer:
    """Meta knows three apps: the installation's and two that a workspace may have; each with our redirect URI."""
    ours = f"{settings.SITE_URL}/oauth/callback/instagram/"
    emulator.state.add_app(APP_ID, SECRET, "Own app", [ours])
    emulator.state.add_app(OTHER_ID, OTHER_SECRET, "Other app", [ours])
    emulator.state.add_app(settings.INSTAGRAM_APP_ID, settings.INSTAGRAM_APP_SECRET, "Installation", [ours])
    return emulator


@pytest.fixture
def save(signed_in: Client, page: str) -> Callable[..., Any]:
    """Sends the form as an owner does."""

    def save(app_id: str = APP_ID, secret: str = SECRET, scopes: Any = (BASIC,), **more: Any) -> Any:
        fields = {"flavour": "instagram_login", "app_id": app_id, "app_secret": secret, "scopes": list(scopes), **more}
        return signed_in.post(page, fields)

    return save


@pytest.fixture
def own_app(save: Callable[..., Any], tenant: Tenant) -> MetaApp:
    """The workspace's own app, set up through the page."""
    assert save().status_code == 302
    return MetaApp.objects.get(tenant=tenant)


@pytest.fixture
def go(signed_in: Client, tenant: Tenant, emulator: EmulatorServer) -> Callable[..., Connection]:
    """Connects or, with an address, reconnects `person`."""

    def go(path: str = "", person: str = "creator", **details: Any) -> Connection:
        if person not in emulator.state.persons:
            emulator.state.add_person(person)
        address = journeys.leave_from(signed_in, path or f"/w/{tenant.slug}/connect/instagram_login/")
        response = journeys.follow(signed_in, journeys.allow(address, person, **details))
        assert response.status_code == 200
        return Connection.objects.with_dates().filter(tenant=tenant, handle=person).order_by("-created_at")[0]

    return go


def asked_of(address: str) -> dict[str, str]:
    """What the address of a consent page asks for."""
    return dict(parse_qsl(urlsplit(address).query))


def app_asked(address: str) -> str:
    """The app id that the address of a consent page names."""
    return asked_of(address)["client_id"]


def spoil(app: MetaApp) -> None:
    """The key that sealed the app's secret is lost."""
    MetaApp.objects.filter(pk=app.pk).update(secret=Sealed(b"gAAAAA-of-a-key-that-is-lost"))


def secret_of(app: MetaApp) -> str:
    """The secret as it stands in the database now, decrypted."""
    sealed = MetaApp.objects.get(pk=app.pk).secret
    assert sealed is not None
    return sealed.reveal()
