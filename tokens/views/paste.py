"""Tokens that somebody pastes: the forms, and what became of them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.http import TenantRequest, right_required
from accounts.rights import Right
from tokens import paste_wording as words
from tokens.clients import AppNotSetUp, app_for, facebook_client, instagram_client, lacks_secret
from tokens.flavours import FLAVOURS
from tokens.meta import Secret
from tokens.models import Connection, Flavour, MetaApp
from tokens.paste_form import PasteForm
from tokens.selectors import system_users
from tokens.services.examine_facebook import FacebookExaminer
from tokens.services.examine_system_user import SystemUserExaminer
from tokens.services.examine_token import Examiner
from tokens.services.paste_token import Examines, Pasted
from tokens.services.paste_token import paste_token as paste_service
from tokens.token_text import kind_by_looks
from tokens.views.departure import not_set_up

can_connect = right_required(Right.CONNECT)

# Five calls at most, each within it, stay under twenty seconds.
CALL_SECONDS = 3.9
# In the session, from a refusal to the page that tells it: why, who was asked, and the address that was written.
REFUSED = "paste_was_refused"
LONGEST_ADDRESS = 254
PASTED = (Flavour.INSTAGRAM_LOGIN, Flavour.FACEBOOK_LOGIN)


@can_connect
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("token")
def paste_token(request: TenantRequest, slug: str) -> HttpResponse:
    """The form. A POST that carries no field is a button elsewhere that leads here; any other is answered elsewhere."""
    saves = request.method == "POST" and "token" in request.POST
    apps = _apps(request, *PASTED, save=saves)
    if not apps:
        return not_set_up(request, Flavour.INSTAGRAM_LOGIN)
    if not saves:
        return _page(request, "tokens/paste_token.html", apps=apps)
    return _taken(request, "paste_token", apps)


@right_required(Right.ADD_SYSTEM_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("token")
def add_system_user(request: TenantRequest, slug: str) -> HttpResponse:
    """As `paste_token`, for system users."""
    saves = request.method == "POST" and "token" in request.POST
    apps = _apps(request, Flavour.SYSTEM_USER, save=saves)
    if not apps:
        return not_set_up(request, Flavour.SYSTEM_USER)
    if not saves:
        known = system_users(request.tenant, timezone.now())
        return _page(request, "tokens/system_user.html", apps=apps, known=known)
    return _taken(request, "add_system_user", apps)


def _apps(request: TenantRequest, *flavours: Flavour, save: bool) -> dict[str, MetaApp]:
    """Those that are set up."""
    found = {}
    for flavour in flavours:
        try:
            found[flavour.value] = app_for(request.tenant, flavour, save=save)
        except AppNotSetUp:
            continue
    return found


def _taken(request: TenantRequest, page: str, apps: dict[str, MetaApp]) -> HttpResponse:
    form = PasteForm(request.POST)
    if form.trouble:
        return _refused(request, page, form.trouble, next(iter(apps)))
    pasted = _pasted(request, form, apps)
    if pasted.attempt is not None:
        messages.info(request, words.SEVERAL.format(request.tenant.name))
        return redirect("connect_result", pk=pasted.attempt.pk)
    if pasted.connection is None:
        return _refused(request, page, pasted.word, pasted.flavour or next(iter(apps)))
    return _led_on(request, pasted, pasted.connection)


def _pasted(request: TenantRequest, form: PasteForm, apps: dict[str, MetaApp]) -> Pasted:
    token = form.cleaned_data["token"]
    with ExitStack() as clients:
        return paste_service(
            token,
            tenant=request.tenant,
            examiners=_examiners(token, apps, clients),
            contact_email=form.cleaned_data["contact_email"],
            by=request.user,
        )


def _examiners(token: Secret, apps: dict[str, MetaApp], clients: ExitStack) -> list[Examines]:
    """The likeliest first: the letters are a hint for the order, and nothing more."""
    found: list[Examines] = []
    for flavour, app in apps.items():
        if flavour == Flavour.INSTAGRAM_LOGIN:
            instagram = clients.enter_context(closing(instagram_client(app, pool_size=1, deadline=CALL_SECONDS)))
            found.append(Examiner(app, instagram, has_secret=not lacks_secret(app)))
            continue
        facebook = clients.enter_context(closing(facebook_client(app, pool_size=1, deadline=CALL_SECONDS)))
        kind = SystemUserExaminer if flavour == Flavour.SYSTEM_USER else FacebookExaminer
        found.append(kind(app, facebook))
    return found[::-1] if kind_by_looks(token) == "facebook" else found


def _led_on(request: TenantRequest, pasted: Pasted, connection: Connection) -> HttpResponse:
    if pasted.word in words.KEPT:
        messages.info(request, words.KEPT[pasted.word].format(connection))
    else:
        told = words.STORED[pasted.word].format(connection)
        messages.success(request, told if pasted.dated else f"{told} {words.DATES_UNKNOWN}")
    return redirect("connection", slug=request.tenant.slug, pk=connection.pk)


def _refused(request: TenantRequest, page: str, word: str, flavour: str) -> HttpResponse:
    """Back to the form, by way of the session.

    A page that answers a POST stays in the browser's history together with what was posted: whoever presses Back there
    would send the token again.
    """
    request.session[REFUSED] = [word, FLAVOURS[flavour].host, request.POST.get("contact_email", "")[:LONGEST_ADDRESS]]
    return redirect(page, slug=request.tenant.slug)


def _page(request: TenantRequest, template: str, *, apps: dict[str, MetaApp], **shown: Any) -> HttpResponse:
    word, host, contact_email = request.session.pop(REFUSED, ("", "", ""))
    context = {
        "form": PasteForm(initial={"contact_email": contact_email}),
        "refusal": words.refusal(word, host),
        "app_ids": {flavour: app.app_id for flavour, app in apps.items()},
        **shown,
    }
    return render(request, template, context)
