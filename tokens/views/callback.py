"""Where Instagram sends people back, and the page that says what came of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Membership, User
from notifications.localisation import speak_as
from tokens import needs
from tokens.clients import consent_keeper_of, lacks_secret
from tokens.confirming import to_be_confirmed
from tokens.flags import missing_permissions
from tokens.flavours import FLAVOURS
from tokens.meta import Secret
from tokens.models import ConnectAttempt, Connection, Credential
from tokens.paste_wording import KEPT, UNCHANGED
from tokens.services import choice, consent
from tokens.services.connect import claim_pending, conclude, finish_pending, finish_with_code, release_pending
from tokens.services.links import is_open, may_go_again, token_of
from tokens.services.once_more import once_more
from tokens.services.reconnect_requests import RETURNED, note_link_step
from tokens.views.departure import own_app_broken, to_consent
from tokens.views.onlookers import is_staff
from tokens.views.session import known_nonce
from tokens.views.unlisted import unlisted
from tokens.wording import Lack, allowed_by, lacks_in_words

# Several calls fit into one request of twenty seconds; a person who presses "Finish connecting" waits for one.
CALL_SECONDS = 3.3
FINISH_SECONDS = 9.0
LONGEST = 4096
# How it is told to the member who did it.
GOOD = {
    ConnectAttempt.Outcome.CONNECTED: "is connected.",
    ConnectAttempt.Outcome.RECONNECTED: "works again.",
    ConnectAttempt.Outcome.RENEWED: "was connected already and works. The connection is renewed.",
}
NOTHING_TO_DO = "You need do nothing more."
UNTICKED = "works, but not everything that is needed was ticked at {}. What is missing stands under Permissions."
ALL_UNTICKED = "Connected: {}. Not everything that is needed was ticked at {}. Missing: {}."


@login_not_required
@unlisted
@require_safe
def oauth_callback(request: HttpRequest, flavour: str) -> HttpResponse:
    """Takes code or refusal and redirects at once, so that neither stays in the address bar or a Referer."""
    response = _take(request, flavour)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _take(request: HttpRequest, flavour: str) -> HttpResponse:
    state, code = request.GET.get("state", ""), Secret(request.GET.get("code", "").removesuffix("#_"))
    back = _returning(request, state)
    if back is not None and back[0].meta_app.flavour != flavour:
        back = None  # sent out to one product and back to the other's address: none of ours did that
    if back is not None:
        speak_as(back[0].tenant)
    if back is None or request.method == "HEAD" or not consent.spend(back[0]):
        return _state_refused(request, flavour)
    attempt, at_home = back
    if attempt.link is not None and not is_staff(request):
        note_link_step(attempt.link, RETURNED, timezone.now())
    if not code or len(code.reveal()) > LONGEST:
        conclude(attempt, _refusal(request))
    elif at_home:
        _finish(request, attempt, code)
    elif not consent.keep_code(attempt, code):
        conclude(attempt, ConnectAttempt.Outcome.LINK_CLOSED)
    return _to_result(request, attempt)


def _state_refused(request: HttpRequest, flavour: str) -> HttpResponse:
    return render(request, "tokens/state_refused.html", {"host": FLAVOURS[flavour].host}, status=400)


def _returning(request: HttpRequest, state: str) -> tuple[ConnectAttempt, bool] | None:
    if not state or len(state) > LONGEST:
        return None
    user = request.user if isinstance(request.user, User) else None
    back = consent.returning(state, session_nonce=known_nonce(request), user=user)
    # A member's way back may end in another browser, but not in one where somebody else is signed in.
    return None if back is None or _is_somebody_elses(request, back[0]) else back


def _refusal(request: HttpRequest) -> str:
    denied = request.GET.get("error") == "access_denied"
    return ConnectAttempt.Outcome.DENIED if denied else ConnectAttempt.Outcome.UNEXPECTED


def _finish(request: HttpRequest, attempt: ConnectAttempt, code: Secret) -> None:
    if lacks_secret(attempt.meta_app):
        conclude(attempt, ConnectAttempt.Outcome.MISCONFIGURED)
        return
    keeper = consent_keeper_of(attempt.meta_app, deadline=CALL_SECONDS)
    try:
        finish_with_code(attempt, keeper, code, seen_by=_signed_in(request))
    finally:
        keeper.close()


def _signed_in(request: HttpRequest) -> str:
    """The address of whoever is signed in in this browser, else empty."""
    return request.user.email if isinstance(request.user, User) else ""


def _to_result(request: HttpRequest, attempt: ConnectAttempt) -> HttpResponse:
    """A member who connected goes to the connection, or of several to the list; all else has a page of its own."""
    connection = attempt.connection
    if attempt.outcome not in GOOD or connection is None or not _is_member(request, attempt):
        return redirect("connect_result", pk=attempt.pk)
    if "left" in attempt.handles:
        messages.warning(
            request, f"Not connected, since somebody disconnected it meanwhile: {attempt.handles['left']}."
        )
    for handle in attempt.handles.get("kept", ()):
        messages.info(request, KEPT[UNCHANGED].format(handle))
    if "found" in attempt.handles:
        level, told = _told(attempt, connection)
        messages.add_message(request, level, told)
    if "all" in attempt.handles:
        return redirect("workspace", slug=attempt.tenant.slug)
    return redirect("connection", slug=attempt.tenant.slug, pk=connection.pk)


def _told(attempt: ConnectAttempt, connection: Connection) -> tuple[int, str]:
    """What a member reads of a connection that was just made, or of several by one consent: how it is told, and what.

    What a person must do later on is the same for all of them.
    """
    host, missing = FLAVOURS[attempt.meta_app.flavour].host, missing_permissions(connection)
    everything = attempt.handles.get("all")
    if missing and everything:
        return messages.WARNING, ALL_UNTICKED.format(everything, host, ", ".join(missing))
    if missing:
        return messages.WARNING, f"{connection} {UNTICKED.format(host)}"
    renewed = attempt.outcome == ConnectAttempt.Outcome.RENEWED
    later = _later(connection) or ("" if renewed and not everything else NOTHING_TO_DO)
    what = (
        f"Connected: {everything}." if everything else f"{connection} {GOOD[ConnectAttempt.Outcome(attempt.outcome)]}"
    )
    return messages.SUCCESS, f"{what} {later}".rstrip()


def _later(connection: Connection) -> str:
    """What a person has to do later on, in English as all that members read; empty where nobody has to."""
    credential = Credential.objects.without_token().get(pk=connection.pk)
    with translation.override(settings.LANGUAGE_CODE):
        return to_be_confirmed(connection, credential, timezone.now())


def _is_member(request: HttpRequest, attempt: ConnectAttempt) -> bool:
    return Membership.objects.filter(tenant_id=attempt.tenant_id, user_id=request.user.pk or 0).exists()


@login_not_required
@unlisted
@require_safe
def connect_result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What came of an attempt, in words, and what to do next. Its unguessable id is the right to see it."""
    attempt = _load(request, pk)
    waits = attempt.pending_secret is not None and (attempt.pending_until or timezone.now()) > timezone.now()
    context = {
        "attempt": attempt,
        "handles": attempt.handles,
        "waits": waits,
        "is_member": _is_member(request, attempt),
        "expected": _expected(attempt),
        "allowed": allowed_by(needs.of_workspace(attempt.tenant_id, attempt.meta_app)),
        "missing": _missing(attempt),
        "confirm": _confirm(attempt),
        "choices": choice.choices(attempt) if waits else [],
        "unlinked": choice.unlinked(attempt),
        "several": choice.several(attempt),
        "host": FLAVOURS[attempt.meta_app.flavour].host,
        "may_go_again": attempt.link_id is not None or attempt.user_id == request.user.pk,
    }
    return render(request, "tokens/connect_result.html", context)


@login_not_required
@unlisted
@require_safe
def connect_stopped(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The end for whoever was at Instagram with another account and leaves it at that. Nothing was and is changed."""
    attempt = _load(request, pk)
    if attempt.outcome != ConnectAttempt.Outcome.WRONG_ACCOUNT:
        return redirect("connect_result", pk=attempt.pk)
    context = {"attempt": attempt, "link": attempt.link, "link_is_good": attempt.link and is_open(attempt.link)}
    return render(request, "tokens/connect_stopped.html", {**context, "is_member": _is_member(request, attempt)})


def _missing(attempt: ConnectAttempt) -> list[Lack]:
    """What is needed of the account that was connected, and is not allowed, in words."""
    connected = attempt.connection if attempt.outcome in GOOD else None
    return [] if connected is None else lacks_in_words(missing_permissions(connected))


def _confirm(attempt: ConnectAttempt) -> str:
    """What a person has to do later on with the account that was connected, in words."""
    connected = attempt.connection if attempt.outcome in GOOD else None
    if connected is None:
        return ""
    return to_be_confirmed(connected, Credential.objects.without_token().get(pk=connected.pk), timezone.now())


def _expected(attempt: ConnectAttempt) -> str:
    """The handle of the account that is to be connected; empty for any."""
    if attempt.connection is not None:
        return attempt.connection.handle
    return attempt.link.expected_handle if attempt.link is not None else ""


@login_not_required
@unlisted
@require_POST
def finish_connecting(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Goes on with what waits: a code that came back to another browser, a token not yet made long-lived, a choice."""
    attempt = _load(request, pk)
    if attempt.pending_secret is not None and not consent.still_allowed(attempt):
        return _state_refused(request, attempt.meta_app.flavour)
    if lacks_secret(attempt.meta_app):
        # What waits goes on waiting: an owner may enter the secret again within its hour.
        return own_app_broken(request, attempt.tenant)
    if claim_pending(attempt):
        chooses = attempt.outcome == ConnectAttempt.Outcome.CHOOSE
        if chooses and (trouble := choice.choose(attempt, request.POST.getlist("account"))):
            release_pending(attempt)
            messages.error(request, trouble)
            return redirect("connect_result", pk=attempt.pk)
        keeper = consent_keeper_of(attempt.meta_app, deadline=FINISH_SECONDS)
        try:
            finish_pending(attempt, keeper, seen_by=_signed_in(request))
        finally:
            keeper.close()
    return _to_result(request, attempt)


@login_not_required
@unlisted
@require_POST
def try_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Back to consent, by the same right as the attempt: a member's, or that of a link.

    A link that is used is good once more for whoever came by it and left something unticked. One that can't be gone
    by leads to its own page, which says why and may offer a new one.
    """
    attempt = _load(request, pk)
    link = attempt.link
    if link is not None and not may_go_again(link, timezone.now()):
        ended, link = link, once_more(attempt)
        if link is None:
            return redirect("link", token=token_of(ended))
    is_members = attempt.user_id == request.user.pk and consent.still_allowed(attempt)
    if link is None and not is_members:
        return _state_refused(request, attempt.meta_app.flavour)
    return to_consent(
        request,
        attempt.meta_app.flavour,
        tenant=attempt.tenant,
        user=attempt.user,
        connection=attempt.connection,
        link=link,
    )


def _load(request: HttpRequest, pk: uuid.UUID) -> ConnectAttempt:
    rows = ConnectAttempt.objects.select_related("tenant", "meta_app", "user", "connection__meta_app", *consent.LINK)
    attempt = rows.find(pk=pk, used_at__isnull=False)
    if attempt is None or _is_somebody_elses(request, attempt):
        raise Http404
    speak_as(attempt.tenant)
    return attempt


def _is_somebody_elses(request: HttpRequest, attempt: ConnectAttempt) -> bool:
    """Whether a member began it and another user is signed in here."""
    return attempt.user_id is not None and request.user.pk not in {None, attempt.user_id}
