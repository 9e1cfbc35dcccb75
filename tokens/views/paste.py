"""A token that somebody pastes: the form, and what became of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.http import TenantRequest, right_required
from accounts.rights import Right
from tokens import paste_wording as words
from tokens.clients import AppNotSetUp, app_for, interactive_client, lacks_secret
from tokens.models import Connection, Flavour, MetaApp
from tokens.paste_form import PasteForm
from tokens.services.examine_token import Examiner
from tokens.services.paste_token import Pasted
from tokens.services.paste_token import paste_token as paste_service
from tokens.views.departure import not_set_up

can_connect = right_required(Right.CONNECT)

# The only flavour whose tokens can be kept alive in this version.
FLAVOUR = Flavour.INSTAGRAM_LOGIN
# Three calls at most, each within it, stay under twenty seconds.
CALL_SECONDS = 6.0


@can_connect
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("token")
def paste_token(request: TenantRequest, slug: str) -> HttpResponse:
    """The form. A POST that carries no field is a button elsewhere that leads here."""
    saves = request.method == "POST" and "token" in request.POST
    try:
        meta_app = app_for(request.tenant, FLAVOUR, save=saves)
    except AppNotSetUp:
        return not_set_up(request, FLAVOUR)
    if not saves:
        return _page(request, meta_app, PasteForm())
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _page(request, meta_app, form, status=400)
    pasted = _pasted(request, form, meta_app)
    if pasted.connection is not None:
        return _led_on(request, pasted, pasted.connection)
    refusal = words.REFUSALS[pasted.word]
    return _page(request, meta_app, form, refusal=refusal, status=refusal.status)


def _pasted(request: TenantRequest, form: PasteForm, meta_app: MetaApp) -> Pasted:
    with interactive_client(meta_app, deadline=CALL_SECONDS) as client:
        return paste_service(
            form.cleaned_data["token"],
            tenant=request.tenant,
            examiner=Examiner(meta_app, client, has_secret=not lacks_secret(meta_app)),
            contact_email=form.cleaned_data["contact_email"],
            by=request.user,
        )


def _led_on(request: TenantRequest, pasted: Pasted, connection: Connection) -> HttpResponse:
    """To the connection's page, so that nothing of what was posted stays in the browser's history."""
    if pasted.word == words.UNCHANGED:
        messages.info(request, words.KEPT.format(connection))
    else:
        told = words.STORED[pasted.word].format(connection)
        messages.success(request, told if pasted.exchanged else f"{told} {words.DATES_UNKNOWN}")
    return redirect("connection", slug=request.tenant.slug, pk=connection.pk)


def _page(
    request: TenantRequest,
    meta_app: MetaApp,
    form: PasteForm,
    *,
    refusal: words.Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "refusal": refusal, "app_id": meta_app.app_id}
    return render(request, "tokens/paste_token.html", context, status=status)
