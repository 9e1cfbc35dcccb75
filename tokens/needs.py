"""Which permissions a workspace needs of an account: one answer for consent, pages, flags and the database.

A workspace needs what it says (`PermissionNeeds`), as far as the account's Meta app can ask for it at all; without a
word of it everything that the app asks for. The basic permissions of its flavour are always needed: without them
nothing can be kept alive.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import Contains

from tokens.flavours import FLAVOURS
from tokens.models import Connection, Flavour, MetaApp, PermissionNeeds, installation_scopes
from tokens.wording import PERMISSIONS

_NOT_LOADED = object()


def askable(meta_app: MetaApp) -> list[str]:
    """What a Meta app can ask people for."""
    return list(dict.fromkeys([*basics(meta_app.flavour), *meta_app.permissions_wanted]))


def basics(flavour: str) -> tuple[str, ...]:
    """What nothing of a flavour works without."""
    return FLAVOURS[flavour].basics


def needed(meta_app: MetaApp, said: Sequence[str] | None) -> list[str]:
    """What is needed through a Meta app, in the order in which the app asks for it.

    Args:
        meta_app: the account's, or the one that will ask.
        said: what the workspace says it needs; None where it never said.
    """
    if said is None:
        return askable(meta_app)
    always = basics(meta_app.flavour)
    return [each for each in askable(meta_app) if each in always or each in said]


def of_workspace(tenant_id: uuid.UUID, meta_app: MetaApp) -> list[str]:
    """What a workspace needs of the accounts that are connected through `meta_app`."""
    rows = PermissionNeeds.objects.filter(tenant=tenant_id, flavour=meta_app.flavour)
    return needed(meta_app, rows.values_list("permissions", flat=True).first())


def of_connection(connection: Connection) -> list[str]:
    """What a connection's workspace needs of it. One loaded `with_dates` brings that along and asks nobody."""
    said: Any = getattr(connection, "needs_said", _NOT_LOADED)
    if said is _NOT_LOADED:
        return of_workspace(connection.tenant_id, connection.meta_app)
    return needed(connection.meta_app, said)


def lacks_any() -> Q:
    """The connections that were not granted something that is needed of them; none where Meta did not tell."""
    # What is granted is compared first: the other table is looked at for those alone that lack something.
    return Q(*(_lacks_any_of(flavour) for flavour in FLAVOURS if _known(flavour)), _connector=Q.OR)


def _lacks_any_of(flavour: str) -> Q:
    always = (_lacking(each) for each in basics(flavour))
    others = (
        _lacking(each) & _asked_for(each, flavour) & ~_spared(each, flavour)
        for each in _known(flavour)
        if each not in basics(flavour)
    )
    return Q(meta_app__flavour=flavour) & Q(*always, *others, _connector=Q.OR)


def not_granted(permission: str, flavour: str) -> Q:
    """The connections of a flavour that lack what their Meta app can ask for, whether it is needed or not."""
    lacking = Q(meta_app__flavour=flavour) & _lacking(permission)
    return lacking if permission in basics(flavour) else lacking & _asked_for(permission, flavour)


def _lacking(permission: str) -> Q:
    return Q(permissions__isnull=False) & ~_names("permissions", permission)


def _known(flavour: str) -> list[str]:
    """Every permission that some Meta app of a flavour can ask for, the basic ones first."""
    by_own_apps = PERMISSIONS if flavour == Flavour.INSTAGRAM_LOGIN else ()
    return list(dict.fromkeys([*basics(flavour), *installation_scopes(flavour), *by_own_apps]))


def _asked_for(permission: str, flavour: str) -> Q:
    own = Q(meta_app__scopes__isnull=False) & _names("meta_app__scopes", permission)
    return own | Q(meta_app__scopes__isnull=True) if permission in installation_scopes(flavour) else own


def _spared(permission: str, flavour: str) -> Q:
    """The connections whose workspace says what it needs, and not this.

    Not correlated: asked for each row, PostgreSQL expects it to be so dear that it compiles the query first, which
    takes longer than the query.
    """
    said = PermissionNeeds.objects.filter(flavour=flavour).exclude(_names("permissions", permission))
    return Q(meta_app__flavour=flavour, tenant__in=said.values("tenant"))


def _names(column: str, permission: str) -> Q:
    """SQLite can't look into JSON lists; as text, each name stands there in quotes."""
    return Q(Contains(Cast(column, TextField()), f'"{permission}"'))
