"""The permissions that a workspace needs: its managers say which, and who is asked for a new one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.http import TenantRequest, right_required
from accounts.rights import Right, may
from tokens import needs
from tokens.clients import AppNotSetUp, app_for
from tokens.models import MetaApp
from tokens.needs_form import NeedsForm
from tokens.needs_page import needs_page
from tokens.services.change_needs import Saved, Unconfirmed, change_needs


@right_required(Right.CHANGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def permissions(request: TenantRequest, slug: str) -> HttpResponse:
    """GET shows what is needed; POST saves, and asks first where the change concerns accounts."""
    try:
        app = app_for(request.tenant, save=False)
    except AppNotSetUp:
        return render(request, "tokens/permissions_none.html", _rights(request))
    if request.method != "POST":
        return _page(request, app)
    form = NeedsForm(request.POST, offered=needs.askable(app))
    if not form.is_valid():
        return _page(request, app, form)
    try:
        saved = change_needs(request.tenant, app, by=request.user, **form.cleaned_data)
    except Unconfirmed as asks:
        return _confirm(request, form, asks)
    _tell(request, saved)
    return redirect("permissions", slug=request.tenant.slug)


def _page(request: TenantRequest, app: MetaApp, form: NeedsForm | None = None) -> HttpResponse:
    """With `form`: what is wrong with it."""
    ticked = request.POST.getlist("permissions") if form else None
    context = {"app": app, "page": needs_page(request.tenant, app, ticked=ticked), "form": form, **_rights(request)}
    return render(request, "tokens/permissions.html", context, status=400 if form else 200)


def _confirm(request: TenantRequest, form: NeedsForm, asks: Unconfirmed) -> HttpResponse:
    context = {
        "whom": asks.whom,
        "added": asks.added,
        "removed": asks.removed,
        "permissions": form.cleaned_data["permissions"],
        "changed": bool(form.cleaned_data["seen"]),
    }
    return render(request, "tokens/permissions_confirm.html", context)


def _tell(request: TenantRequest, saved: Saved) -> None:
    if not saved.changed:
        messages.info(request, "Nothing was different.")
        return
    told = ["The permissions needed are saved."]
    if saved.asked:
        told.append(f"{saved.asked} account{' is' if saved.asked == 1 else 's are'} asked by mail.")
    if saved.untold:
        told.append(
            f"Of {saved.untold} account{'' if saved.untold == 1 else 's'} Instagram did not say what was granted: "
            "nobody is asked for those."
        )
    messages.success(request, " ".join(told))


def _rights(request: TenantRequest) -> dict[str, bool]:
    return {"can_manage_app": may(request.membership.role, Right.MANAGE_META_APP)}
