"""The workspace's own Meta app: set it up, test it, stop using it. For its owners."""

from __future__ import annotations

from contextlib import closing

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import TenantRequest, right_required
from accounts.rights import Right
from tokens import own_app
from tokens.clients import instagram_client, lacks_secret
from tokens.forms import MetaAppForm
from tokens.models import Connection, Flavour, MetaApp
from tokens.services.note_app import note_app
from tokens.services.save_app import AppRefused, save_app
from tokens.services.stop_app import stop_app
from tokens.services.try_app import try_app

can_manage = right_required(Right.MANAGE_META_APP)

# The only flavour that people can connect through in this version.
FLAVOUR = Flavour.INSTAGRAM_LOGIN
TEST_SECONDS = 12.0
NONE_IN_USE = "This workspace has no Meta app of its own."


@can_manage
@require_http_methods(["GET", "HEAD", "POST"])
def meta_app(request: TenantRequest, slug: str) -> HttpResponse:
    """GET shows app, form and check-list; POST saves."""
    in_use = _in_use(request)
    if request.method != "POST":
        return _page(request, _untouched(in_use))
    form = MetaAppForm(request.POST, kept=in_use is not None)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        app, changed = save_app(
            request.tenant,
            flavour=form.cleaned_data["flavour"],
            app_id=form.cleaned_data["app_id"],
            secret=form.cleaned_data["app_secret"],
            meta_secret=form.cleaned_data["meta_secret"],
            scopes=form.cleaned_data["scopes"],
            by=request.user,
        )
    except AppRefused as refused:
        form.add_error(refused.field, str(refused))
        return _page(request, form, status=400)
    if changed:
        messages.success(request, f"The app {app.app_id} is saved. Test it, then work through the check-list below.")
    else:
        messages.info(request, "Nothing was changed.")
    return _back(request)


@can_manage
@require_POST
def test_meta_app(request: TenantRequest, slug: str) -> HttpResponse:
    """Asks Meta what it says of the app in use; the page tells the answer and what to do."""
    app = _in_use(request)
    if app is None:
        messages.info(request, NONE_IN_USE)
    elif lacks_secret(app):
        note_app(app, "unreadable")
    else:
        with closing(instagram_client(app, pool_size=1, deadline=TEST_SECONDS)) as client:
            try_app(app, client)
    return _back(request)


@can_manage
@require_POST
def stop_meta_app(request: TenantRequest, slug: str) -> HttpResponse:
    """Asks first: whoever connects from then on sees another app's name at Instagram."""
    app = _in_use(request)
    if app is not None and not request.POST.get("confirm"):
        stay = Connection.objects.for_tenant(request.tenant).active().filter(meta_app=app).count()
        return render(request, "tokens/meta_app_stop.html", {"app": app, "stay": stay, **_installation()})
    stopped = stop_app(request.tenant, flavour=FLAVOUR, by=request.user)
    if stopped:
        messages.success(request, f"The app {stopped} is no longer used for new connections.")
    else:
        messages.info(request, NONE_IN_USE)
    return _back(request)


def _in_use(request: TenantRequest) -> MetaApp | None:
    return MetaApp.objects.in_use(request.tenant, FLAVOUR).first()


def _untouched(app: MetaApp | None) -> MetaAppForm:
    if app is None:
        return MetaAppForm()
    known = {"flavour": app.flavour, "app_id": app.app_id, "scopes": app.permissions_wanted}
    return MetaAppForm(initial=known, kept=True)


def _page(request: TenantRequest, form: MetaAppForm, *, status: int = 200) -> HttpResponse:
    own = own_app.own_app(request.tenant, FLAVOUR)
    app = own.app if own else None
    context = {
        "own": own,
        "app": app,
        "form": form,
        **_installation(),
        "left_behind": own_app.left_behind(request.tenant, FLAVOUR, app),
        "addresses": own_app.addresses(app),
    }
    return render(request, "tokens/meta_app.html", context, status=status)


def _installation() -> dict[str, bool]:
    return {"installation_has_one": own_app.installation_has_one()}


def _back(request: TenantRequest) -> HttpResponse:
    return redirect("meta_app", slug=request.tenant.slug)
