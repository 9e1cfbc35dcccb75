"""What Meta calls when somebody removes the app or wants their data deleted, and the page that tells what came of it.

Whoever calls may be anybody: a signature is all that counts. There is no session and no CSRF token, and one answer to
whatever is wrong. Forged calls are limited, what Meta signed never is.
"""

from __future__ import annotations

import logging
import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.client_address import client_ip, network_of
from accounts.models import Tenant
from accounts.rate_limits import Limit
from notifications.localisation import speak_as
from tokens.flavours import FLAVOURS
from tokens.models import DeletionRequest, Flavour
from tokens.services import deauthorize as removal
from tokens.services import delete_personal_data as deletion
from tokens.services.callbacks import Callback
from tokens.signers import callback_of_app, callback_of_installation

LONGEST_BODY = 16 * 1024
FORGED = Limit("forged_callbacks", 60, 60)
# Otherwise anybody could fill the log.
FORGED_LINES = Limit("forged_callbacks_logged", 1, 60)
ABOUT = "Instagram calls here. There is nothing to see.\n"

logger = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
def deauthorize(request: HttpRequest, meta_app: uuid.UUID | None = None) -> HttpResponse:
    """Somebody removed the app: Meta wants any 200."""
    if request.method != "POST":
        return _not_allowed()
    callback = _verified(request, meta_app)
    if callback is None:
        return _refused(request, removal.CALL)
    removal.deauthorize(callback)
    return HttpResponse("OK\n", content_type="text/plain")


@csrf_exempt
@login_not_required
def data_deletion(request: HttpRequest, meta_app: uuid.UUID | None = None) -> HttpResponse:
    """Somebody wants their data deleted: Meta shows them the address and the code, and wants just these two."""
    if request.method != "POST":
        return _not_allowed()
    callback = _verified(request, meta_app)
    if callback is None:
        return _refused(request, deletion.CALL)
    code = deletion.delete_personal_data(callback).code
    url = settings.SITE_URL + reverse("deletion_status", args=[code])
    return JsonResponse({"url": url, "confirmation_code": code})


@login_not_required
@require_safe
def deletion_status(request: HttpRequest, code: str) -> HttpResponse:
    """What came of a request, for whoever has its code. It belongs to no workspace: the browser's language counts."""
    speak_as(Tenant(language=get_language_from_request(request)))
    asked = DeletionRequest.objects.select_related("meta_app").filter(code=code.lower()).first()
    name, status = ("deletion_unknown", 404) if asked is None else ("deletion_status", 200)
    context = {"asked": asked, "host": _host_of(asked)}
    response = render(request, f"tokens/{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _host_of(asked: DeletionRequest | None) -> str:
    """Where the person asked; Instagram where the Meta app is no longer known."""
    meta_app = asked.meta_app if asked is not None else None
    return FLAVOURS[meta_app.flavour if meta_app is not None else Flavour.INSTAGRAM_LOGIN].host


def _verified(request: HttpRequest, meta_app: uuid.UUID | None) -> Callback | None:
    text = _signed_request(request)
    if text is None:
        return None
    return callback_of_installation(text) if meta_app is None else callback_of_app(meta_app, text)


def _signed_request(request: HttpRequest) -> str | None:
    """The form's only field of that name; None where there is none or several, or the body is too long to be read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or int(length[:10]) > LONGEST_BODY:
        return None
    try:
        found = request.POST.getlist("signed_request")
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return None
    return str(found[0]) if len(found) == 1 else None


def _refused(request: HttpRequest, call: str) -> HttpResponse:
    """The same bytes whatever was wrong."""
    whom = network_of(client_ip(request))
    wait = FORGED.take(whom)
    response = HttpResponse("Bad request\n", status=429 if wait else 400, content_type="text/plain")
    if wait:
        response["Retry-After"] = str(wait)
    if not FORGED_LINES.take(whom):
        logger.warning("A callback of Meta's was refused: %s, from %s", call, whom)
    # Django would log each of them once more.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _not_allowed() -> HttpResponse:
    response = HttpResponseNotAllowed(["POST"], ABOUT, content_type="text/plain")
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
