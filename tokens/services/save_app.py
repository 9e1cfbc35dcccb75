"""Sets up a workspace's own Meta app, or changes it."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant, User
from accounts.services.lock_living import lock_living
from tokens.meta import Secret
from tokens.models import MetaApp
from tokens.services.set_app_secret import set_app_secret, set_meta_secret


class AppRefused(Exception):
    """It can't be saved like that; the text is for whoever entered it, and belongs to `field`."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def save_app(
    tenant: Tenant, *, flavour: str, app_id: str, secret: Secret, meta_secret: Secret, scopes: list[str], by: User
) -> tuple[MetaApp, bool]:
    """Makes `app_id` the app of `flavour` that the workspace connects through.

    Another app than the one in use takes its place: that one is retired, and the connections made through it stay
    with it until they are reconnected. The one in use is changed where it stands.

    Args:
        tenant: the workspace.
        flavour: the kind of app.
        app_id: as Meta's dashboard has it.
        secret: an empty one keeps what is stored; only the app in use has one worth keeping.
        meta_secret: the other one, which callbacks may be signed with; an empty one keeps what is stored.
        scopes: permissions to ask for.
        by: the owner who entered it.

    Returns:
        The app, and whether anything was changed.

    Raises:
        AppRefused: it is the installation's own, or its secret is missing.
    """
    if app_id == settings.INSTAGRAM_APP_ID:
        raise AppRefused(
            "app_id",
            "That is the app of this installation, which is used anyway as long as you have none of your own.",
        )
    with transaction.atomic():
        # Two owners who save at once come one after the other; nothing secret is brought into a deleted workspace.
        if lock_living(tenant.pk) is None:
            raise AppRefused("app_id", "The workspace was deleted meanwhile: nothing was saved.")
        app = MetaApp.objects.in_use(tenant, flavour).first()
        if app is None or app.app_id != app_id:
            if not secret:
                raise AppRefused("app_secret", "Enter the app secret as well: every app has one of its own.")
            app = _take_up(tenant, flavour, app_id, instead_of=app, by=by)
            set_app_secret(app, secret=secret.reveal(), by=by)
            _set_meta_secret(app, meta_secret, by)
            _set_scopes(app, scopes)
            return app, True
        changed = _set_meta_secret(app, meta_secret, by)
        return app, _change(app, secret, scopes, by) or changed


def _take_up(tenant: Tenant, flavour: str, app_id: str, *, instead_of: MetaApp | None, by: User) -> MetaApp:
    text = f"The Meta app {app_id} was set up: accounts are connected through it from now on."
    if instead_of is not None:
        MetaApp.objects.filter(pk=instead_of.pk).update(retired_at=timezone.now())
        text = f"The Meta app {app_id} took the place of {instead_of.app_id}."
    # It may have been in use before: then it comes back with the connections that stayed with it.
    app, _ = MetaApp.objects.update_or_create(
        tenant=tenant, flavour=flavour, app_id=app_id, defaults={"retired_at": None}
    )
    events.record(tenant=tenant, kind="own_app_set", text=text, actor=by.email)
    return app


def _change(app: MetaApp, secret: Secret, scopes: list[str], by: User) -> bool:
    if secret:
        set_app_secret(app, secret=secret.reveal(), by=by)
    if scopes == app.permissions_wanted:
        return bool(secret)
    _set_scopes(app, scopes)
    events.record(
        tenant=app.tenant_id or app.pk,
        kind="own_app_permissions",
        text=f"The Meta app {app.app_id} asks for: {', '.join(scopes)}.",
        actor=by.email,
    )
    return True


def _set_meta_secret(app: MetaApp, secret: Secret, by: User) -> bool:
    if secret:
        set_meta_secret(app, secret=secret.reveal(), by=by)
    return bool(secret)


def _set_scopes(app: MetaApp, scopes: list[str]) -> None:
    MetaApp.objects.filter(pk=app.pk).update(scopes=scopes)
