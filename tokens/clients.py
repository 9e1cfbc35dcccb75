"""Settings -> configured clients of Meta: the only place that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.conf import settings

from accounts.models import Tenant
from tokens.fields import Unreadable
from tokens.flavours import FLAVOURS
from tokens.flavours.interface import Addresses, ConsentKeeper, Keeper, Limits
from tokens.meta import AppCredentials, Endpoints, FacebookClient, FacebookEndpoints, InstagramClient, Secret
from tokens.models import Flavour, MetaApp

# One attempt asks a few times at most, with a pause of CONFIRM_PAUSE_SECONDS between; its lease is renewed meanwhile.
CALL_DEADLINE = 25.0
# Inside a request a person waits: all calls of an attempt and the pause stay under twenty seconds. Of Facebook's host
# more is asked each time than of Instagram's.
INTERACTIVE_DEADLINE = {Flavour.INSTAGRAM_LOGIN.value: 7.0}
INTERACTIVE_DEADLINE_ELSEWHERE = 4.0


class AppNotSetUp(Exception):
    """Neither the workspace nor the installation has a Meta app of that flavour."""


def app_for(tenant: Tenant, flavour: str = Flavour.INSTAGRAM_LOGIN, *, save: bool = True) -> MetaApp:
    """The Meta app of a flavour in a workspace: its own where one is in use, else the installation's.

    Args:
        tenant: the workspace.
        flavour: which of its apps.
        save: whether to write the installation's row where it is missing.

    Raises:
        AppNotSetUp: neither has one.
    """
    if flavour not in FLAVOURS:
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
    if not installation_has_app(flavour):
        raise AppNotSetUp
    columns: dict[str, Any] = {"tenant": None, "flavour": flavour, "app_id": _of_installation(flavour)[0]}
    if save:
        return MetaApp.objects.get_or_create(**columns)[0]
    return MetaApp.objects.filter(**columns).first() or MetaApp(**columns)


def installation_has_app(flavour: str = Flavour.INSTAGRAM_LOGIN) -> bool:
    """Whether the environment names a Meta app of a flavour."""
    return flavour in FLAVOURS and all(_of_installation(flavour))


def _of_installation(flavour: str) -> tuple[str, str]:
    """App id and secret, each empty where it is not set."""
    app_id, secret = FLAVOURS[flavour].settings
    return getattr(settings, app_id), getattr(settings, secret)


def app_secret(app: MetaApp) -> Secret:
    """The secret of `app`: the environment's for the installation's own.

    Raises:
        Unreadable: a tenant's stored secret opens with no key.
    """
    if app.secret is not None:
        return Secret(app.secret.reveal())
    app_id, secret = _of_installation(app.flavour)
    if app.tenant_id is None and app.app_id == app_id:
        return Secret(secret)
    # The environment moved on to another app: of Instagram Login's, refreshing and checking go on, they need no secret.
    return Secret("")


def lacks_secret(app: MetaApp) -> bool:
    """Whether `app` is a workspace's own and has no secret that can be read: nobody can connect through it then."""
    try:
        return app.tenant_id is not None and not app_secret(app)
    except Unreadable:
        return True


def keeper_of(app: MetaApp, *, pool_size: int = 4, deadline: float | None = None) -> Keeper:
    """The keeper of `app`'s flavour; close it after use.

    Args:
        app: the Meta app.
        pool_size: kept-alive connections a host; as many as threads share it.
        deadline: seconds that one call may take in all; CALL_DEADLINE by default.
    """
    seconds = CALL_DEADLINE if deadline is None else deadline
    return FLAVOURS[app.flavour].make(_credentials(app), _addresses(), Limits(pool_size, seconds))


def consent_keeper_of(app: MetaApp, *, deadline: float | None = None) -> ConsentKeeper:
    """As `keeper_of`, of a flavour that people consent to.

    Raises:
        AppNotSetUp: nobody consents to its flavour.
    """
    if not FLAVOURS[app.flavour].consents:
        raise AppNotSetUp
    return cast(ConsentKeeper, keeper_of(app, pool_size=1, deadline=deadline))


def instagram_client(app: MetaApp, *, pool_size: int = 4, deadline: float | None = None) -> InstagramClient:
    """The bare client of an app of Instagram Login. Arguments as of `keeper_of`."""
    seconds = CALL_DEADLINE if deadline is None else deadline
    return InstagramClient(_addresses().instagram, _credentials(app), pool_size=pool_size, deadline=seconds)


def facebook_client(app: MetaApp, *, pool_size: int = 4, deadline: float | None = None) -> FacebookClient:
    """The bare client of an app of Facebook's. Arguments as of `keeper_of`."""
    seconds = CALL_DEADLINE if deadline is None else deadline
    return FacebookClient(_addresses().facebook, _credentials(app), pool_size=pool_size, deadline=seconds)


def _credentials(app: MetaApp) -> AppCredentials:
    # Renewing and checking need no secret of Instagram's: they go on where it can't be read. Whoever connects asks
    # `lacks_secret`.
    return AppCredentials(app_id=app.app_id, app_secret=Secret("") if lacks_secret(app) else app_secret(app))


def _addresses() -> Addresses:
    instagram = Endpoints(
        authorize_url=settings.INSTAGRAM_AUTHORIZE_URL,
        api_url=settings.INSTAGRAM_API_URL,
        graph_url=settings.INSTAGRAM_GRAPH_URL,
        api_version=settings.GRAPH_API_VERSION,
    )
    facebook = FacebookEndpoints(
        dialog_url=settings.FACEBOOK_DIALOG_URL,
        graph_url=settings.FACEBOOK_GRAPH_URL,
        api_version=settings.GRAPH_API_VERSION,
    )
    return Addresses(instagram, facebook)


@contextmanager
def interactive_keeper(app: MetaApp, *, deadline: float | None = None) -> Iterator[Keeper]:
    """A keeper for work inside a request. `deadline`: seconds of one call; by default what its flavour allows."""
    seconds = deadline or INTERACTIVE_DEADLINE.get(app.flavour, INTERACTIVE_DEADLINE_ELSEWHERE)
    keeper = keeper_of(app, pool_size=1, deadline=seconds)
    try:
        yield keeper
    finally:
        keeper.close()


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


def installation_facebook_client(deadline: float) -> FacebookClient:
    """As `installation_client`, for the installation's own app of Facebook's."""
    if not installation_has_app(Flavour.FACEBOOK_LOGIN):
        raise AppNotSetUp
    app = MetaApp(tenant=None, flavour=Flavour.FACEBOOK_LOGIN, app_id=settings.FACEBOOK_APP_ID)
    return facebook_client(app, pool_size=1, deadline=deadline)
