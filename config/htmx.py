"""What htmx gets where a page would not fit."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

SENTENCES = {
    400: "Your browser sent something that we don't understand. Nothing was changed.",
    403: "That was refused and nothing was changed: the page is too old, or your role no longer allows it. Load the"
    " page anew.",
    404: "It is no longer there, or no longer yours to see. Load the page anew.",
    429: "Too many tries in a short time. Wait a few minutes, then try again.",
    503: "Our database does not answer just now. Wait a minute, then try again.",
}
REFUSED = "That can't be done this way. Nothing was changed; load the page anew."
BROKEN = "That went wrong on our side. Our staff have been told; try again in a few minutes."


class HtmxAnswersMiddleware:
    """Keeps whole pages out of fragments.

    A browser follows a redirect before htmx sees it, so that the sign-in page would land inside a fragment: htmx is
    told to load the page instead. Of an error page only a sentence is kept, for the place of the notes; a view
    that has a fragment of its own for an error says where it goes by HX-Retarget.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # The same address answers with a page or a fragment.
        patch_vary_headers(response, ["HX-Request"])
        if request.headers.get("HX-Request") != "true":
            return response
        if "Location" in response:
            return _leave(response)
        if response.status_code >= 400 and "HX-Retarget" not in response:
            _shorten(response)
        return response


def _leave(response: HttpResponse) -> HttpResponse:
    """The page is loaded anew where one must sign in, so that one comes back to it and not to what was posted."""
    wall = urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)
    answer = HttpResponseClientRefresh() if wall else HttpResponseClientRedirect(response["Location"])
    answer.cookies = response.cookies
    return answer


def _shorten(response: HttpResponse) -> None:
    status = response.status_code
    sentence = SENTENCES.get(status, REFUSED if status < 500 else BROKEN)
    response.content = format_html('<div class="alert alert-error" role="alert">{}</div>', sentence).encode()
    response["Content-Length"] = str(len(response.content))
    response["Content-Type"] = "text/html; charset=utf-8"
    response["HX-Retarget"], response["HX-Reswap"] = "#notes", "innerHTML"
