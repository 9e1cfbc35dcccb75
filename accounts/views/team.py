"""A workspace's team: who is in it, who is invited, and what its managers can do about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.http import TenantRequest, right_required, tenant_row
from accounts.models import Invitation, Membership, Role
from accounts.rights import IN_WORDS, Right, may, may_handle
from accounts.services import invitations
from accounts.services.change_role import NoMember
from accounts.services.change_role import change_role as change_role_service
from accounts.services.invitation_limits import TooMany
from accounts.services.invite_member import InTeam
from accounts.services.invite_member import invite_member as invite_member_service
from accounts.services.last_owner import LastOwner
from accounts.services.managers import NotAllowed, OwnersOnly
from accounts.services.remove_member import remove_member as remove_member_service
from accounts.services.send_invitation_again import NotWaiting
from accounts.services.send_invitation_again import send_invitation_again as send_again_service
from accounts.services.withdraw_invitation import withdraw_invitation as withdraw_service
from accounts.team_forms import InviteForm, RoleForm, roles_given_by

can_see_team = right_required(Right.SEE_TEAM)
can_manage_team = right_required(Right.MANAGE_TEAM)

A_PAGE = 50
OWNERS_ONLY = "Owners are made, changed and removed by owners alone. Ask one of them."
LAST_OWNER = (
    "A workspace needs an owner, and this is the only one. Make somebody else an owner first, or delete the workspace."
)
NOT_MAILED = (
    "The invitation stands, but our mail server does not answer just now: no mail was sent. "
    "Press “Send again” in a few minutes."
)
GONE = "They are not in the team any more."
NOT_WAITING = "That invitation was accepted or withdrawn meanwhile."


@can_see_team
@require_safe
def team(request: TenantRequest, slug: str) -> HttpResponse:
    return _team_page(request)


def _team_page(request: TenantRequest, form: InviteForm | None = None) -> HttpResponse:
    """With `form`: what is wrong with it."""
    role = request.membership.role
    members = Membership.objects.for_tenant(request.tenant).select_related("user").order_by("created_at", "pk")
    page = Paginator(members, A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "rows": [(row, may_handle(role, row.role)) for row in page],
        "can_manage": may(role, Right.MANAGE_TEAM),
        "roles": [(str(each.label), IN_WORDS[each]) for each in Role],
    }
    if context["can_manage"]:
        now = timezone.now()
        waiting = invitations.waiting().for_tenant(request.tenant).select_related("invited_by").order_by("email")
        context |= {
            "form": form or InviteForm(manager_role=role),
            "choices": roles_given_by(role),
            "waiting": [(row, row.expires_at <= now, may_handle(role, row.role)) for row in waiting],
        }
    return render(request, "accounts/team.html", context, status=400 if form else 200)


@can_manage_team
@require_POST
def invite_member(request: TenantRequest, slug: str) -> HttpResponse:
    form = InviteForm(request.POST, manager_role=request.membership.role)
    if not form.is_valid():
        return _team_page(request, form)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    try:
        mailed = invite_member_service(request.tenant, email=email, role=role, by=request.user)
    except InTeam:
        form.add_error("email", f"{email} is in the team already.")
    except TooMany as limit:
        form.add_error(None, str(limit))
    except OwnersOnly:
        form.add_error(None, OWNERS_ONLY)
    except NotAllowed:
        raise PermissionDenied from None
    if form.errors:
        return _team_page(request, form)
    return _mailed(request, email, mailed)


@can_manage_team
@require_POST
def send_invitation_again(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    row = tenant_row(request, Invitation.objects.all(), pk)
    try:
        mailed = send_again_service(row, by=request.user)
    except NotWaiting:
        return _back(request, messages.INFO, NOT_WAITING)
    except TooMany as limit:
        return _back(request, messages.WARNING, str(limit))
    except OwnersOnly:
        return _back(request, messages.WARNING, OWNERS_ONLY)
    except NotAllowed:
        raise PermissionDenied from None
    return _mailed(request, row.email, mailed)


@can_manage_team
@require_POST
def withdraw_invitation(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    row = tenant_row(request, Invitation.objects.all(), pk)
    try:
        withdrawn = withdraw_service(row, by=request.user)
    except OwnersOnly:
        return _back(request, messages.WARNING, OWNERS_ONLY)
    except NotAllowed:
        raise PermissionDenied from None
    if not withdrawn:
        return _back(request, messages.INFO, NOT_WAITING)
    return _back(request, messages.SUCCESS, f"The invitation of {row.email} is withdrawn. Its link opens no more.")


@can_manage_team
@require_POST
def change_role(request: TenantRequest, slug: str, member: int) -> HttpResponse:
    """Asks first where the acting member gives something away that they can't take back."""
    row = _member(request, member)
    form = RoleForm(request.POST, manager_role=Role.OWNER)
    if not form.is_valid():
        return _back(request, messages.ERROR, "Choose one of the roles.")
    role = Role(form.cleaned_data["role"])
    is_self = row.user_id == request.user.pk
    allowed = may_handle(request.membership.role, row.role) and may_handle(request.membership.role, role)
    if allowed and role != row.role and (is_self or role == Role.OWNER) and not request.POST.get("confirm"):
        context = {"member": row, "role": role, "is_self": is_self, "can": IN_WORDS[role]}
        return render(request, "accounts/change_role.html", context)
    try:
        changed = change_role_service(row, role=role, by=request.user)
    except LastOwner:
        return _back(request, messages.WARNING, LAST_OWNER)
    except OwnersOnly:
        return _back(request, messages.WARNING, OWNERS_ONLY)
    except NoMember:
        return _back(request, messages.INFO, GONE)
    except NotAllowed:
        raise PermissionDenied from None
    now = "is now" if changed else "was already"
    return _back(request, messages.SUCCESS, f"The role of {row.user.email} {now} {role.label.lower()}.")


@can_manage_team
@require_POST
def remove_member(request: TenantRequest, slug: str, member: int) -> HttpResponse:
    """Asks first. Oneself one removes by leaving."""
    row = _member(request, member)
    if row.user_id == request.user.pk:
        return _back(request, messages.INFO, "To go yourself, leave the workspace.")
    if not may_handle(request.membership.role, row.role):
        return _back(request, messages.WARNING, OWNERS_ONLY)
    if not request.POST.get("confirm"):
        return render(request, "accounts/remove_member.html", {"member": row})
    try:
        removed = remove_member_service(row, by=request.user)
    except LastOwner:
        return _back(request, messages.WARNING, LAST_OWNER)
    except OwnersOnly:
        return _back(request, messages.WARNING, OWNERS_ONLY)
    except NotAllowed:
        raise PermissionDenied from None
    if not removed:
        return _back(request, messages.INFO, GONE)
    return _back(request, messages.SUCCESS, f"{row.user.email} is no longer in the team.")


def _member(request: TenantRequest, pk: int) -> Membership:
    return get_object_or_404(Membership.objects.for_tenant(request.tenant).select_related("user"), pk=pk)


def _mailed(request: TenantRequest, email: str, mailed: bool) -> HttpResponse:
    if not mailed:
        return _back(request, messages.ERROR, NOT_MAILED)
    return _back(request, messages.SUCCESS, f"An invitation is on its way to {email}.")


def _back(request: TenantRequest, level: int, text: str) -> HttpResponse:
    messages.add_message(request, level, text)
    return redirect("team", slug=request.tenant.slug)
