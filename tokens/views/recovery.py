"""How many creators came back of those whom the workspace asked to, for its managers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import TenantRequest, right_required
from accounts.rights import Right
from tokens.recovery_figures import SPANS, days_of, figures


@right_required(Right.SEE_EVENTS)
@require_safe
def recovery(request: TenantRequest, slug: str) -> HttpResponse:
    found = figures(timezone.now(), days=days_of(request.GET.get("days", "")), tenant=request.tenant)
    return render(request, "tokens/recovery.html", {"figures": found, "spans": SPANS})
