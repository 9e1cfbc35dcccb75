"""Who gets which mails of a workspace, and what a member may switch there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.http import TenantRequest, right_required
from accounts.mail_choices_form import MailChoicesForm
from accounts.rights import Right, may
from accounts.services.choose_mails import choose_mails
from notifications.audience import RULES
from notifications.preferences import choices
from notifications.registry import Audience


@right_required(Right.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: TenantRequest, slug: str) -> HttpResponse:
    """GET shows the rules; POST saves a member's own choices, and from those who may also the workspace's defaults."""
    may_set = may(request.membership.role, Right.CHANGE_SETTINGS)
    found = choices(tenant_id=request.tenant.pk, user_id=request.user.pk)
    form = MailChoicesForm(request.POST if request.method == "POST" else None, choices=found, with_defaults=may_set)
    if form.is_valid():
        changed = choose_mails(request.membership, own=form.own, defaults=form.defaults)
        messages.success(request, "Your choices are saved." if changed else "Nothing was different.")
        return redirect("notifications", slug=slug)
    rules = [rule for rule in RULES if rule.audience is not Audience.STAFF]
    context = {"lines": form.lines(rules), "can_change": may_set, "form": form}
    return render(request, "accounts/notifications.html", context, status=400 if form.is_bound else 200)
