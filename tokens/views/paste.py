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
# In the session, from a refusal to the page that tells it: why, and the address that was written.
REFUSED = "paste_refused"
LONGEST_ADDRESS = 254


@can_connect
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("token")
def paste_token(request: TenantRequest, slug: str) -> HttpResponse:
    """The form. A POST that carries no field is a button elsewhere that leads here; any other is answered elsewhere."""
    saves = request.method == "POST" and "token" in request.POST
    try:
        meta_app = app_for(request.tenant, FLAVOUR, save=saves)
    except AppNotSetUp:
        return not_set_up(request, FLAVOUR)
    if not saves:
        return _page(request, meta_app)
    form = PasteForm(request.POST)
    if form.trouble:
        return _refused(request, form.trouble)
    pasted = _pasted(request, form, meta_app)
    if pasted.connection is None:
        return _refused(request, pasted.word)
    return _led_on(request, pasted, pasted.connection)


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
    if pasted.word in words.KEPT:
        messages.info(request, words.KEPT[pasted.word].format(connection))
    else:
        told = words.STORED[pasted.word].format(connection)
        messages.success(request, told if pasted.exchanged else f"{told} {words.DATES_UNKNOWN}")
    return redirect("connection", slug=request.tenant.slug, pk=connection.pk)


def _refused(request: TenantRequest, word: str) -> HttpResponse:
    """Back to the form, by way of the session.

    A page that answers a POST stays in the browser's history together with what was posted: whoever presses Back there
    would send the token again.
    """
    request.session[REFUSED] = [word, request.POST.get("contact_email", "")[:LONGEST_ADDRESS]]
    return redirect("paste_token", slug=request.tenant.slug)


def _page(request: TenantRequest, meta_app: MetaApp) -> HttpResponse:
    word, contact_email = request.session.pop(REFUSED, ("", ""))
    context = {
        "form": PasteForm(initial={"contact_email": contact_email}),
        "refusal": words.REFUSALS.get(word),
        "app_id": meta_app.app_id,
    }
    return render(request, "tokens/paste_token.html", context)
