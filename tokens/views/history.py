"""The page with everything that happened in a workspace, for those who may see it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import TenantRequest, right_required
from accounts.rights import Right
from tokens.history import SHOWN, history_page


@right_required(Right.SEE_EVENTS)
@require_safe
def workspace_history(request: TenantRequest, slug: str) -> HttpResponse:
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "all"
    page = history_page(request.tenant, show=show, before=request.GET.get("before", ""))
    tabs = [(name, label) for name, label in SHOWN.items()]
    return render(request, "tokens/history.html", {"page": page, "show": show, "filters": tabs})
