"""Public pages, and the way to one's workspace."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.middleware import LAST_WORKSPACE
from accounts.models import Tenant, User


@login_not_required
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The landing page; a signed-in member goes on to the last workspace."""
    if not isinstance(request.user, User):
        return render(request, "accounts/landing.html")
    tenants = Tenant.objects.of(request.user)
    tenant = tenants.filter(slug=request.session.get(LAST_WORKSPACE, "")).first() or tenants.first()
    if tenant is None:
        return render(request, "accounts/no_workspace.html")
    return redirect("workspace", slug=tenant.slug)
