"""What a workspace's mails have come to, for those who change its settings."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.http import TenantRequest, right_required
from accounts.rights import Right
from notifications.models import SilencedAddress
from tokens.mails_page import mails_page
from tokens.services.try_address_again import try_address_again

can_change = right_required(Right.CHANGE_SETTINGS)


@can_change
@require_safe
def mails(request: TenantRequest, slug: str) -> HttpResponse:
    return render(request, "tokens/mails.html", {"page": mails_page(request.tenant, request.GET)})


@can_change
@require_POST
def address_again(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """Mail to a silenced address is attempted from now on."""
    silenced = get_object_or_404(SilencedAddress.objects.for_tenant(request.tenant), pk=pk)
    if try_address_again(silenced, by=request.user):
        messages.success(request, f"The next mail to {silenced.address} is sent. If it is refused, you see it here.")
    return redirect("mails", slug=slug)
