"""The page of an invitation: what it offers depends on who looks at it. GET and HEAD change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Invitation, Membership, User
from accounts.rights import IN_WORDS
from accounts.services import addressee, invitations
from accounts.services.accept_invitation import Closed, NotTheirs, accept_invitation, accept_with_password
from accounts.services.addressee import Standing
from accounts.team_forms import InvitedPasswordForm
from notifications.localisation import show_dates_of

# Which invitation a browser goes on with after signing in: its hash, which opens nothing elsewhere.
KEPT = "invitation"
JOIN, MEMBER, SOMEBODY_ELSE, SIGN_IN = "join", "member", "somebody_else", "sign_in"
NEW_PASSWORD, SIGN_UP = "new_password", "sign_up"
AT_THE_DOOR = {Standing.KNOWN: SIGN_IN, Standing.UNPROVEN: NEW_PASSWORD, Standing.NOBODY: SIGN_UP}

Step = Callable[[HttpRequest, Invitation], HttpResponse]


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the mailed link."""
    return _no_index(_answer(request, invitations.find(token)))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def kept_invitation(request: HttpRequest) -> HttpResponse:
    """The same without its token, for the way back from signing in: `next` is told in pages, mails and logs."""
    return _no_index(_answer(request, invitations.find_by_hash(str(request.session.get(KEPT, "")))))


def _answer(request: HttpRequest, found: Invitation | None) -> HttpResponse:
    trouble = invitations.trouble(found)
    if found is None or trouble:
        return _closed(request, found, trouble)
    show_dates_of(found.tenant)
    case = _case(request, found)
    if request.method != "POST":
        return _page(request, found, case)
    # What was offered may have changed since: then the page says so, and nothing happens.
    if request.POST.get("step") != case or case not in STEPS:
        return redirect(request.path)
    try:
        return STEPS[case](request, found)
    except NotTheirs:
        return redirect(request.path)
    except Closed:
        now = invitations.find_by_hash(found.token_hash)
        return _closed(request, now, invitations.trouble(now))


def _case(request: HttpRequest, found: Invitation) -> str:
    if not isinstance(request.user, User):
        return AT_THE_DOOR[addressee.account_of(found.email)[0]]
    if not addressee.is_of(found.email, request.user):
        return SOMEBODY_ELSE
    return MEMBER if _is_member(request.user, found) else JOIN


def _is_member(user: User, found: Invitation) -> bool:
    return Membership.objects.filter(tenant_id=found.tenant_id, user=user).exists()


def _page(request: HttpRequest, found: Invitation, case: str, form: InvitedPasswordForm | None = None) -> HttpResponse:
    context = {
        "invitation": found,
        "case": case,
        "role": found.get_role_display().lower(),
        "can": IN_WORDS[found.role],
        "form": form or InvitedPasswordForm(email=found.email),
        "is_member": isinstance(request.user, User) and _is_member(request.user, found),
    }
    return render(request, "accounts/invitation.html", context, status=400 if form else 200)


def _closed(request: HttpRequest, found: Invitation | None, trouble: str) -> HttpResponse:
    """Who accepted it is led on: a button pressed twice, or the mail opened once more."""
    user = request.user if isinstance(request.user, User) else None
    is_theirs = found and user and trouble == "used" and found.accepted_by_id == user.pk
    if found and user and is_theirs and _is_member(user, found):
        return redirect("workspace", slug=found.tenant.slug)
    return render(request, "accounts/invitation_closed.html", {"trouble": trouble}, status=410)


def _join(request: HttpRequest, found: Invitation) -> HttpResponse:
    accept_invitation(found, user=cast(User, request.user))
    return _welcome(request, found)


def _set_password(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = InvitedPasswordForm(request.POST, email=found.email)
    if not form.is_valid():
        return _page(request, found, _case(request, found), form)
    user = accept_with_password(found, password=form.cleaned_data["password1"])
    response = _welcome(request, found)
    # allauth's own way in, with all its stages.
    signed_in: HttpResponse = perform_login(request, user, redirect_url=response["Location"])
    return signed_in


def _sign_in(request: HttpRequest, found: Invitation) -> HttpResponse:
    request.session[KEPT] = found.token_hash
    return redirect_to_login(reverse("kept_invitation"))


def _sign_out(request: HttpRequest, found: Invitation) -> HttpResponse:
    get_adapter().logout(request)
    request.session[KEPT] = found.token_hash
    return redirect("kept_invitation")


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    request.session.pop(KEPT, None)
    role = found.get_role_display().lower()
    messages.success(request, f"Welcome to {found.tenant.name}. Your role is {role}: you can {IN_WORDS[found.role]}.")
    return redirect("workspace", slug=found.tenant.slug)


def _no_index(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


STEPS: dict[str, Step] = {
    JOIN: _join,
    SOMEBODY_ELSE: _sign_out,
    SIGN_IN: _sign_in,
    NEW_PASSWORD: _set_password,
    SIGN_UP: _set_password,
}
