"""The creators whom a workspace invited, for the members who may invite."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import TenantRequest, right_required, tenant_row
from accounts.rights import Right
from tokens.creator_forms import InviteCreatorForm, InviteManyForm
from tokens.models import Link
from tokens.selectors import PAGE
from tokens.services import invite_creator as inviting
from tokens.services.creator_list import Creator
from tokens.services.invite_creator import send_again
from tokens.services.invite_creators import invite_creators as invite_many
from tokens.services.links import trouble
from tokens.services.withdraw_link import withdraw_link

can_invite = right_required(Right.INVITE_CREATORS)

# What became of an invitation: how it is told, and the sentence after the address.
OUTCOMES = {
    inviting.SENT: (messages.SUCCESS, "Invited", "A link is on its way."),
    inviting.AGAIN: (messages.SUCCESS, "Invited again", "A new link is on its way; the older one no longer works."),
    inviting.JUST_SENT: (
        messages.INFO,
        "Invited already",
        "A link went there within this hour; it was not sent twice. “Send again” sends another one.",
    ),
    inviting.CONNECTED: (messages.INFO, "Connected already", "That account works in this workspace. Nothing was sent."),
    inviting.ADDRESS_FULL: (
        messages.WARNING,
        "Not sent",
        "Three links went to this address within an hour. Wait a little before sending another one.",
    ),
    inviting.WORKSPACE_FULL: (
        messages.WARNING,
        "Not sent",
        f"This workspace has sent {inviting.INVITATIONS_AN_HOUR:,} invitations within an hour. Go on in an hour.",
    ),
    inviting.CLOSED: (messages.INFO, "Not sent", "This invitation was used or withdrawn. Invite anew instead."),
}
STATES = {"": "Waiting", "expired": "Expired", "used": "Used", "withdrawn": "Withdrawn"}
REFUSED = "Not invited"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One row of the list. `state` is a stable word, `word` what people read."""

    link: Link
    state: str

    @property
    def word(self) -> str:
        return STATES[self.state]

    @property
    def can_be_sent(self) -> bool:
        return self.state in {"", "expired"}


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line of a list."""

    creator: Creator
    word: str
    sentence: str
    good: bool


@can_invite
@require_safe
def creators(request: TenantRequest, slug: str) -> HttpResponse:
    """All invitations, newest first."""
    rows = Link.objects.for_tenant(request.tenant).invitations().order_by("-created_at", "pk")
    page: Page[Link] = Paginator(rows.select_related("tenant", "connection", "invited_by"), PAGE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "invitations": [Invitation(link, trouble(link)) for link in page.object_list]}
    return render(request, "tokens/creators.html", context)


@can_invite
@require_http_methods(["GET", "HEAD", "POST"])
def invite_creator(request: TenantRequest, slug: str) -> HttpResponse:
    """The form. A POST that carries no field is a button elsewhere that leads here."""
    if request.method != "POST" or "email" not in request.POST:
        return render(request, "tokens/invite_creator.html", {"form": InviteCreatorForm()})
    form = InviteCreatorForm(request.POST)
    if not form.is_valid():
        return render(request, "tokens/invite_creator.html", {"form": form}, status=400)
    email, handle = form.cleaned_data["email"], form.cleaned_data["handle"]
    outcome = inviting.invite_creator(request.tenant, email=email, handle=handle, by=request.user, flavour=form.through)
    _tell(request, email, outcome)
    return redirect("creators", slug=request.tenant.slug)


@can_invite
@require_http_methods(["GET", "HEAD", "POST"])
def invite_creators(request: TenantRequest, slug: str) -> HttpResponse:
    """Many at once; the answer says what became of each line. Sent twice, it invites nobody twice."""
    if request.method != "POST":
        return render(request, "tokens/invite_creators.html", {"form": InviteManyForm()})
    form = InviteManyForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "tokens/invite_creators.html", {"form": form}, status=400)
    outcomes = invite_many(request.tenant, form.creators, by=request.user, flavour=form.through)
    results = [_result(creator, outcome) for creator, outcome in zip(form.creators, outcomes, strict=True)]
    invited = sum(result.good for result in results)
    # What needs a look comes first: it is easily lost among hundreds.
    results.sort(key=lambda result: result.good)
    context = {"results": results, "invited": invited, "others": len(results) - invited}
    return render(request, "tokens/invited.html", context)


def _result(creator: Creator, outcome: str) -> LineResult:
    if creator.problem:
        return LineResult(creator, REFUSED, creator.problem, good=False)
    level, word, sentence = OUTCOMES[outcome]
    return LineResult(creator, word, sentence, good=level == messages.SUCCESS)


@can_invite
@require_POST
def invite_again(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    link = _load(request, pk)
    _tell(request, link.contact_email, send_again(link, actor=request.user.email, by=request.user))
    return redirect("creators", slug=request.tenant.slug)


@can_invite
@require_POST
def withdraw_invitation(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """Asks first: the link that was mailed stops working for good."""
    link = _load(request, pk)
    if not request.POST.get("confirm") and trouble(link) in {"", "expired"}:
        return render(request, "tokens/withdraw_invitation.html", {"link": link})
    if withdraw_link(link, by=request.user):
        messages.success(request, f"{link.contact_email}: The invitation is withdrawn. Its link no longer works.")
    else:
        messages.info(request, f"{link.contact_email}: There was nothing left to withdraw.")
    return redirect("creators", slug=request.tenant.slug)


def _load(request: TenantRequest, pk: uuid.UUID) -> Link:
    rows = Link.objects.filter(kind=Link.Kind.CONNECT).select_related("tenant", "connection", "invited_by")
    return tenant_row(request, rows, pk)


def _tell(request: TenantRequest, email: str, outcome: str) -> None:
    level, word, sentence = OUTCOMES[outcome]
    messages.add_message(request, level, f"{email}: {word}. {sentence}")
