"""The way out to Instagram's consent page, for members and for holders of a link alike."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import Membership, Tenant, User
from accounts.rights import Right, may
from tokens import needs
from tokens.clients import AppNotSetUp, app_for, consent_keeper_of, lacks_secret
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Flavour, Link
from tokens.services import consent
from tokens.services.reconnect_requests import BEGAN, note_link_step
from tokens.views.onlookers import is_staff
from tokens.views.session import nonce
from tokens.wording import allowed_by

EXPLAINS = {"facebook_login": "tokens/connect_facebook.html"}


def explain_consent(request: HttpRequest, flavour: str, *, tenant: Tenant, context: dict[str, Any]) -> HttpResponse:
    """Says what will happen, what is asked for and what is stored, with the button that leaves. Writes nothing."""
    try:
        meta_app = app_for(tenant, flavour, save=False)
    except AppNotSetUp:
        return not_set_up(request, flavour)
    if lacks_secret(meta_app):
        return own_app_broken(request, tenant)
    allowed = allowed_by(needs.of_workspace(tenant.pk, meta_app))
    template = EXPLAINS.get(flavour, "tokens/connect.html")
    return render(request, template, {**context, "flavour": flavour, "allowed": allowed})


def to_consent(
    request: HttpRequest,
    flavour: str,
    *,
    tenant: Tenant,
    user: User | None = None,
    connection: Connection | None = None,
    link: Link | None = None,
) -> HttpResponse:
    """Opens an attempt and redirects to consent, or says that the Meta app is not set up.

    Args:
        request: of the browser that leaves; its session gets the state.
        flavour: which of the workspace's Meta apps, or of the installation's, asks.
        tenant: the workspace that will own the connection.
        user: the member who leaves, if it is one.
        connection: the one to revive, if it is to be that one.
        link: the link that gives the right, if it is one.
    """
    try:
        meta_app = app_for(tenant, flavour)
        keeper = consent_keeper_of(meta_app)
    except AppNotSetUp:
        return not_set_up(request, flavour)
    if lacks_secret(meta_app):
        return own_app_broken(request, tenant)
    url = consent.begin(
        keeper=keeper,
        meta_app=meta_app,
        tenant=tenant,
        session_nonce=nonce(request),
        user=user,
        connection=connection,
        link=link,
    )
    keeper.close()
    if link is not None and not is_staff(request):
        note_link_step(link, BEGAN, timezone.now())
    return redirect(url)


def own_app_broken(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Says that the workspace's own Meta app has no secret that can be read, and who can mend it."""
    member = Membership.objects.filter(tenant=tenant, user_id=request.user.pk or 0).first()
    can_manage = member is not None and may(member.role, Right.MANAGE_META_APP)
    context = {"tenant": tenant, "can_manage": can_manage}
    return render(request, "tokens/own_app_broken.html", context, status=503)


def not_set_up(request: HttpRequest, flavour: str) -> HttpResponse:
    """Says that neither the workspace nor the installation has a Meta app of that flavour."""
    known = FLAVOURS.get(flavour, FLAVOURS[Flavour.INSTAGRAM_LOGIN])
    app_id, app_secret = known.settings
    context = {
        "host": known.host,
        "app_id": app_id,
        "app_secret": app_secret,
        # A workspace brings an app of Instagram Login alone.
        "own_app": known.name == Flavour.INSTAGRAM_LOGIN,
    }
    return render(request, "tokens/not_set_up.html", context, status=503)
