"""Settings -> configured clients of Meta: the only place that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from accounts.models import Tenant
from tokens.fields import Unreadable
from tokens.meta import AppCredentials, Endpoints, InstagramClient, Secret
from tokens.models import Flavour, MetaApp

# One attempt asks at most twice, with a pause of CONFIRM_PAUSE_SECONDS between; claims.LEASE is longer than that.
CALL_DEADLINE = 25.0
# The flavours that people can connect through in this version.
CONNECTABLE = (Flavour.INSTAGRAM_LOGIN,)
# Inside a request a person waits; two calls and the pause stay under twenty seconds.
INTERACTIVE_DEADLINE = 7.0


class AppNotSetUp(Exception):
    """Neither the workspace nor the installation has a Meta app of that flavour."""


def app_for(tenant: Tenant, flavour: str = Flavour.INSTAGRAM_LOGIN, *, save: bool = True) -> MetaApp:
    """The Meta app that asks for consent in a workspace: its own where one is in use, else the installation's.

    Args:
        tenant: the workspace.
        flavour: which of its apps.
        save: whether to write the installation's row where it is missing.

    Raises:
        AppNotSetUp: neither has one that this version can connect through.
    """
    if flavour not in CONNECTABLE:
        raise AppNotSetUp
    return MetaApp.objects.in_use(tenant, flavour).first() or default_app(flavour, save=save)


def default_app(flavour: str = Flavour.INSTAGRAM_LOGIN, *, save: bool = True) -> MetaApp:
    """The installation's own Meta app, as a row that connections can point to.

    Args:
        flavour: which of its apps.
        save: whether to write the row where it is missing.

    Raises:
        AppNotSetUp: the environment names no app id or no secret.
    """
    if flavour != Flavour.INSTAGRAM_LOGIN or not installation_has_app():
        raise AppNotSetUp
    columns: dict[str, Any] = {"tenant": None, "flavour": flavour, "app_id": settings.INSTAGRAM_APP_ID}
    if save:
        return MetaApp.objects.get_or_create(**columns)[0]
    return MetaApp.objects.filter(**columns).first() or MetaApp(**columns)


def app_secret(app: MetaApp) -> Secret:
    """The secret of `app`: the environment's for the installation's own.

    Raises:
        Unreadable: a tenant's stored secret opens with no key.
    """
    if app.secret is not None:
        return Secret(app.secret.reveal())
    if app.tenant_id is None and app.app_id == settings.INSTAGRAM_APP_ID:
        return Secret(settings.INSTAGRAM_APP_SECRET)
    # The environment moved on to another app: refreshing and checking go on, they need no secret.
    return Secret("")


def lacks_secret(app: MetaApp) -> bool:
    """Whether `app` is a workspace's own and has no secret that can be read: nobody can connect through it then."""
    try:
        return app.tenant_id is not None and not app_secret(app)
    except Unreadable:
        return True


def instagram_client(app: MetaApp, *, pool_size: int = 4, deadline: float | None = None) -> InstagramClient:
    """A client for `app`; close it after use.

    Args:
        app: the Meta app.
        pool_size: kept-alive connections a host; as many as threads share the client.
        deadline: seconds that one call may take in all; CALL_DEADLINE by default.
    """
    endpoints = Endpoints(
        authorize_url=settings.INSTAGRAM_AUTHORIZE_URL,
        api_url=settings.INSTAGRAM_API_URL,
        graph_url=settings.INSTAGRAM_GRAPH_URL,
        api_version=settings.GRAPH_API_VERSION,
    )
    # Renewing and checking need no secret: they go on where it can't be read. Whoever connects asks `lacks_secret`.
    secret = Secret("") if lacks_secret(app) else app_secret(app)
    credentials = AppCredentials(app_id=app.app_id, app_secret=secret)
    seconds = CALL_DEADLINE if deadline is None else deadline
    return InstagramClient(endpoints, credentials, pool_size=pool_size, deadline=seconds)


@contextmanager
def interactive_client(app: MetaApp, *, deadline: float = INTERACTIVE_DEADLINE) -> Iterator[InstagramClient]:
    """A client for work inside a request."""
    client = instagram_client(app, pool_size=1, deadline=deadline)
    try:
        yield client
    finally:
        client.close()


def installation_client(deadline: float) -> InstagramClient:
    """A client for the installation's own Meta app, made without a look into the database; close it after use.

    Args:
        deadline: seconds that one call may take in all.

    Raises:
        AppNotSetUp: the environment names no app id or no secret.
    """
    if not installation_has_app():
        raise AppNotSetUp
    app = MetaApp(tenant=None, flavour=Flavour.INSTAGRAM_LOGIN, app_id=settings.INSTAGRAM_APP_ID)
    return instagram_client(app, pool_size=1, deadline=deadline)


def installation_has_app() -> bool:
    """Whether the environment names a Meta app that people can connect through."""
    return bool(settings.INSTAGRAM_APP_ID and settings.INSTAGRAM_APP_SECRET)
