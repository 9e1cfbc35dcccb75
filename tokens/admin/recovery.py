"""How many creators came back of those who were asked to, over all workspaces."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.staff_site import StaffSite
from tokens.admin.home import may_see
from tokens.recovery_figures import SPANS, days_of, figures


@require_safe
def recovery(request: HttpRequest) -> HttpResponse:
    """Counts alone: no workspace and no account is named."""
    if not may_see(request):
        raise PermissionDenied
    found = figures(timezone.now(), days=days_of(request.GET.get("days", "")))
    context = {**admin.site.each_context(request), "title": "Coming back", "figures": found, "spans": SPANS}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/recovery.html", context)


cast(StaffSite, admin.site).add_page("recovery/", recovery, "recovery")
