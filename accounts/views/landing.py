"""Public pages, and the way to one's workspace."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.middleware import LAST_WORKSPACE
from accounts.models import Tenant, User
from accounts.querysets import TenantQuerySet


@login_not_required
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The landing page; a signed-in member goes on to the last workspace."""
    if not isinstance(request.user, User):
        return render(request, "accounts/landing.html")
    tenants = Tenant.objects.of(request.user)
    tenant = _last(request, tenants.living()) or tenants.living().first() or tenants.first()
    if tenant is None:
        return render(request, "accounts/no_workspace.html")
    return redirect("workspace", slug=tenant.slug)


def _last(request: HttpRequest, tenants: TenantQuerySet) -> Tenant | None:
    """The one that this session looked at last, under whatever address it had then."""
    slug = request.session.get(LAST_WORKSPACE, "")
    return tenants.filter(slug=slug).first() or tenants.filter(former_slugs__slug=slug).first()
