"""A workspace's pages, for its members."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import TenantRequest, right_required, tenant_row
from accounts.rights import Right, may
from notifications.localisation import instant
from notifications.silence import silenced_among
from notifications.unsubscribing import unsubscribed_among
from tokens.clients import installation_has_app, interactive_keeper
from tokens.contact_page import contact_of
from tokens.flavours import FLAVOURS
from tokens.forms import ContactForm
from tokens.models import Connection, Flavour, Status
from tokens.selectors import detail_of, summary, workspace_rows, young_until
from tokens.services import attempt, recipients
from tokens.services.disconnect import disconnect as disconnect_service
from tokens.services.revoke import Leaving, leaving, revoke
from tokens.services.send_link import send_link as send_link_service
from tokens.services.send_link import used_up
from tokens.services.set_contact import set_contact as set_contact_service
from tokens.views.departure import explain_consent, to_consent
from tokens.views.listing import listing
from tokens.wording import REMOVE_AT_META, why_it_ended

can_see = right_required(Right.SEE)
can_connect = right_required(Right.CONNECT)

AFTER_REFRESH = {
    "refreshed": (messages.SUCCESS, "Renewed."),
    "cannot_refresh": (
        messages.WARNING,
        "{host} refuses to renew it, though it still works. We ask once a day.",
    ),
    "permission_missing": (
        messages.WARNING,
        "A permission is missing. Reconnect and leave all of them ticked.",
    ),
    "refused": (messages.WARNING, "{host} refused the request. Our staff have been told."),
    "too_young": (
        messages.INFO,
        "It is under 24 hours old; {host} renews it later. Nothing needs to be done.",
    ),
    "held": (messages.WARNING, "{host}'s answers make no sense just now; nothing was changed."),
    "our_fault": (
        messages.ERROR,
        "That is our fault, not yours. Our staff have been told; nothing was lost.",
    ),
    "not_prolonged": (
        messages.WARNING,
        "Facebook gave a new key, but no later date: somebody must reconnect it in time.",
    ),
    "unrenewable": (messages.WARNING, "What renews it has run out: somebody must reconnect it in time."),
    "alive": (messages.SUCCESS, "It works."),
    attempt.BUSY: (messages.INFO, "It is being worked on this very moment. Look again in a minute."),
}
AFTER_REVOKE = {
    "revoked": (messages.SUCCESS, "Meta has taken the access back as well."),
    "shared": (
        messages.INFO,
        "At Facebook the app stays allowed: other accounts are connected by the same person, or may be.",
    ),
    "failed": (
        messages.WARNING,
        "Meta did not answer when we gave the access back. To be thorough, remove the app in Facebook's settings.",
    ),
}
# The page waits for it, and all is done here already.
REVOKE_DEADLINE = 8.0
NOT_TRIED = (
    "Mail to {} was refused or came back before, so it is not sent. Save another contact address below, or have an "
    "owner or admin press “Try this address again” in the settings, under Mails."
)
UNSUBSCRIBED = (
    "{} has unsubscribed from mails about this connection, so nothing is sent. Save another contact address below, or "
    "ask them in another way: the link in their last mail undoes it."
)
NOT_NOW = (
    messages.WARNING,
    "{host} did not answer as it should. Nothing was changed; we try again by ourselves.",
)


@can_see
@require_safe
def workspace(request: TenantRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    asked = listing(request.tenant, request.GET, now)
    rows = workspace_rows(request.tenant, now, show=asked.show, words=asked.words, start=asked.start)
    if _wants_fragment(request):
        return render(request, "tokens/_list.html", {"list": asked, "rows": rows})
    context = {"list": asked, "rows": rows, "summary": summary(asked.counts), **_page_context(request)}
    return render(request, "tokens/workspace.html", context)


@can_see
@require_safe
def connection(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    return _connection_page(request, _load(request, pk))


def _connection_page(request: TenantRequest, row: Connection, form: ContactForm | None = None) -> HttpResponse:
    """The page of a connection, or for htmx all of it that an action may have changed. With `form`: what is wrong."""
    now = timezone.now()
    context = {
        "detail": detail_of(row, now),
        "connection": row,
        "form": form or ContactForm(initial={"contact_email": row.contact_email}),
        "can_write": _may_write(request),
        "contact": contact_of(row),
    }
    status = 400 if form else 200
    if not _wants_fragment(request):
        page = {**context, **_page_context(request)}
        return render(request, "tokens/connection.html", page, status=status)
    response = render(request, "tokens/connection_fragment.html", context, status=status)
    response["HX-Retarget"] = "#connection"
    return response


@can_connect
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: TenantRequest, slug: str, flavour: str) -> HttpResponse:
    """GET explains what will happen; POST starts OAuth for whatever account the person consents with."""
    if request.method == "POST":
        return to_consent(request, flavour, tenant=request.tenant, user=request.user)
    return explain_consent(request, flavour, tenant=request.tenant, context=_page_context(request))


@can_connect
@require_POST
def reconnect(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """Starts OAuth to revive one connection; where nobody consents, says what to do instead."""
    row = _load(request, pk)
    if not FLAVOURS[row.flavour].consents:
        context = {"connection": row, "why": why_it_ended(row.reason, row.flavour)}
        return render(request, "tokens/new_token.html", {**context, **_page_context(request)})
    return to_consent(request, row.flavour, tenant=request.tenant, user=request.user, connection=row)


@can_connect
@require_POST
def refresh_now(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    row = _load(request, pk)
    if row.status == Status.ACTIVE and not row.credential.renewable:
        messages.info(request, _why_not_renewed(row))
        return _to_connection(request, row)
    if row.status == Status.ACTIVE and (until := young_until(row, timezone.now())) is not None:
        host = FLAVOURS[row.flavour].host
        text = f"It is under 24 hours old. {host} can renew it from {instant(until)} on; it does not need it."
        messages.info(request, text)
        return _to_connection(request, row)
    return _ask_now(request, row, "refresh")


def _why_not_renewed(row: Connection) -> str:
    if row.credential.never_expires:
        return "It does not expire: there is nothing to renew. We check it every day."
    return "Only a person can renew it: reconnect it before its date."


@can_connect
@require_POST
def check_now(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    return _ask_now(request, _load(request, pk), "check")


def _ask_now(request: TenantRequest, row: Connection, purpose: str) -> HttpResponse:
    if row.status != Status.ACTIVE:
        messages.info(request, "It is not active. Reconnect it first.")
        return _to_connection(request, row)
    with ExitStack() as clients:
        word = attempt.now(row.pk, purpose, lambda app: clients.enter_context(interactive_keeper(app)))
    # Of a death the page itself speaks, with reason, remedy and the button that helps: one alert, not two.
    if word != "died":
        level, text = AFTER_REFRESH.get(word, NOT_NOW)
        messages.add_message(request, level, text.format(host=FLAVOURS[row.flavour].host))
    return _to_connection(request, row)


@can_connect
@require_POST
def send_link(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    row = _load(request, pk)
    addresses = send_link_service(row, actor=request.user.email, to_unsubscribed=False)
    silent = silenced_among(addresses, tenant_id=request.tenant.pk)
    if silent:
        messages.warning(request, NOT_TRIED.format(", ".join(silent)))
    elif addresses:
        messages.success(request, f"A reconnect link is on its way to {', '.join(addresses)}.")
    elif row.status == Status.DISCONNECTED:
        messages.info(request, "It was disconnected. Connect it again from the workspace.")
    elif off := unsubscribed_among(recipients.of_connection(row), row.pk):
        messages.warning(request, UNSUBSCRIBED.format(", ".join(off)))
    elif used_up(row, timezone.now()):
        messages.warning(request, "Three links were mailed within an hour. Wait a little before sending another.")
    else:
        messages.warning(request, "There is nobody to mail. Save a contact address below, then send it again.")
    return _to_connection(request, row)


@can_connect
@require_POST
def disconnect(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """Asks first: the key is erased for good."""
    row = _load(request, pk)
    if not request.POST.get("confirm") and row.status != Status.DISCONNECTED:
        advice = REMOVE_AT_META.get(Flavour(row.flavour), "")
        asks = row.flavour == Flavour.SYSTEM_USER and row.status == Status.ACTIVE
        context = {
            "connection": row,
            "advice": advice,
            "asks_to_revoke": asks,
            "host": FLAVOURS[row.flavour].host,
            **_page_context(request),
        }
        return render(request, "tokens/disconnect.html", context)
    left = leaving(row) if request.POST.get("revoke") or FLAVOURS[row.flavour].revokes else None
    if disconnect_service(row, by=request.user):
        messages.success(request, f"{row} is disconnected and its key erased.")
        _revoke(request, left)
    else:
        messages.info(request, f"{row} was disconnected already.")
    return _to_connection(request, row)


def _revoke(request: TenantRequest, left: Leaving | None) -> None:
    """Tells Meta, too, once it is done here: what Meta answers takes nothing back."""
    if left is None:
        return
    with interactive_keeper(left.meta_app, deadline=REVOKE_DEADLINE) as keeper:
        word = revoke(left, keeper, by=request.user)
    if word in AFTER_REVOKE:
        messages.add_message(request, *AFTER_REVOKE[word])


@can_connect
@require_POST
def set_contact(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    row = _load(request, pk)
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _connection_page(request, row, form)
    set_contact_service(row, email=form.cleaned_data["contact_email"], by=request.user)
    messages.success(request, "The contact address is saved.")
    return _to_connection(request, row)


def _load(request: TenantRequest, pk: uuid.UUID) -> Connection:
    return tenant_row(request, Connection.objects.with_dates().select_related("tenant"), pk)


def _to_connection(request: TenantRequest, row: Connection) -> HttpResponse:
    """What follows an action: the connection's page, for htmx its fragment as the action left it."""
    if _wants_fragment(request):
        return _connection_page(request, _load(request, row.pk))
    return redirect("connection", slug=row.tenant.slug, pk=row.pk)


def _wants_fragment(request: TenantRequest) -> bool:
    """Whether htmx asks, and not in order to put back a whole page of its history."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def _may_write(request: TenantRequest) -> bool:
    return may(request.membership.role, Right.CONNECT)


def _page_context(request: TenantRequest) -> dict[str, Any]:
    """What a whole page of a workspace needs: what the member may do."""
    can_invite = may(request.membership.role, Right.INVITE_CREATORS)
    return {
        "can_write": _may_write(request),
        "can_invite": can_invite,
        "can_add_system_users": may(request.membership.role, Right.ADD_SYSTEM_USERS),
        "facebook_ready": installation_has_app(Flavour.FACEBOOK_LOGIN),
    }
