"""Workspaces: create, change, leave and delete one, and undo it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.erasure import GRACE, kept_until
from accounts.http import TenantRequest, also_deleted, right_required
from accounts.models import User
from accounts.rights import Right, may
from accounts.services.change_workspace import AddressTaken, change_workspace
from accounts.services.create_tenant import create_tenant
from accounts.services.delete_workspace import delete_workspace as delete_service
from accounts.services.last_owner import LastOwner
from accounts.services.leave_workspace import leave_workspace as leave_service
from accounts.services.undo_delete import undo_delete as undo_service
from accounts.workspace_forms import TAKEN, DeleteForm, NameForm, WorkspaceForm

ask_or_act = require_http_methods(["GET", "HEAD", "POST"])


@ask_or_act
def new_workspace(request: HttpRequest) -> HttpResponse:
    """A further workspace, whose owner is whoever creates it."""
    form = NameForm(request.POST if request.method == "POST" else None)
    if isinstance(request.user, User) and form.is_valid():
        tenant = create_tenant(name=form.cleaned_data["name"], owner=request.user)
        messages.success(request, f"The workspace “{tenant.name}” is ready.")
        return redirect("workspace", slug=tenant.slug)
    return render(request, "accounts/new_workspace.html", {"form": form})


@right_required(Right.CHANGE_SETTINGS)
@ask_or_act
def workspace_settings(request: TenantRequest, slug: str) -> HttpResponse:
    form = WorkspaceForm(request.POST if request.method == "POST" else None, tenant=request.tenant)
    if form.is_valid():
        try:
            changed = change_workspace(request.tenant, by=request.user, **form.cleaned_data)
        except AddressTaken:
            form.add_error("slug", TAKEN)
        else:
            messages.success(request, "The settings are saved." if changed else "Nothing was different.")
            return redirect("workspace_settings", slug=form.cleaned_data["slug"])
    role = request.membership.role
    context = {
        "form": form,
        "can_manage_app": may(role, Right.MANAGE_META_APP),
        "can_move": may(role, Right.MOVE_DATA),
        "can_delete": may(role, Right.DELETE),
    }
    return render(request, "accounts/workspace_settings.html", context)


@right_required(Right.LEAVE)
@ask_or_act
def leave_workspace(request: TenantRequest, slug: str) -> HttpResponse:
    """Asks first: only somebody who is in it can let one in again."""
    if request.method == "POST":
        try:
            leave_service(request.membership)
        except LastOwner:
            return render(request, "accounts/leave_workspace.html", {"last_owner": True})
        messages.success(request, f"You have left “{request.tenant.name}”.")
        return redirect("landing")
    return render(request, "accounts/leave_workspace.html")


@right_required(Right.DELETE)
@ask_or_act
def delete_workspace(request: TenantRequest, slug: str) -> HttpResponse:
    form = DeleteForm(request.POST if request.method == "POST" else None, tenant=request.tenant)
    if form.is_valid():
        delete_service(request.tenant, by=request.user)
        return redirect("workspace_deleted", slug=slug)
    context = {"form": form, "until": timezone.now() + GRACE}
    return render(request, "accounts/delete_workspace.html", context)


@right_required(Right.SEE)
@also_deleted
@require_safe
def workspace_deleted(request: TenantRequest, slug: str) -> HttpResponse:
    """Where members of a deleted workspace end up, whatever page of it they ask for."""
    until = kept_until(request.tenant)
    if until is None:
        return redirect("workspace", slug=slug)
    can_undo = may(request.membership.role, Right.DELETE)
    context = {"until": until, "over": until <= timezone.now(), "can_undo": can_undo}
    return render(request, "accounts/workspace_deleted.html", context)


@right_required(Right.DELETE)
@also_deleted
@require_POST
def undo_delete(request: TenantRequest, slug: str) -> HttpResponse:
    if undo_service(request.tenant, by=request.user):
        messages.success(request, "The workspace is open again. Its accounts are disconnected: connect them anew.")
    return redirect("workspace", slug=slug)
