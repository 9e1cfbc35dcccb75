"""The one gate through which every view reaches a tenant."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from accounts.models import Membership

LAST_WORKSPACE = "last_workspace"


class TenantGateMiddleware:
    """Opens a workspace's addresses to its members alone.

    Whatever address carries a `slug` is a workspace's: the tenant is loaded through the signed-in user's own
    memberships, so that a stranger gets the same 404 as for a workspace that does not exist, before the view
    (and so before any 405), for pages that nobody has written yet too. Anonymous visitors never come this far:
    Django's sign-in wall stands in front. Where it would have them come back to what they posted, which answers no
    GET as a rule, they come back to the page that it belongs to.

    Members who use an address that the workspace gave up are led to the new one; those of a deleted workspace to
    the page that says so, from every view that is not marked by `accounts.http.also_deleted`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if request.method in {"GET", "HEAD"} or match is None or "slug" not in match.kwargs:
            return response
        return redirect_to_login(_page_above(request.path_info, match)) if _is_wall(response) else response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        slug = kwargs.get("slug")
        if slug is None:
            return None
        memberships = Membership.objects.select_related("tenant", "user").filter(user_id=request.user.pk or 0)
        membership = memberships.find(tenant__slug=slug)
        if membership is None:
            return _to_new_address(request, memberships.find(tenant__former_slugs__slug=slug))
        request.membership = membership  # type: ignore[attr-defined]
        request.tenant = membership.tenant  # type: ignore[attr-defined]
        if request.session.get(LAST_WORKSPACE) != slug:
            request.session[LAST_WORKSPACE] = slug
        if membership.tenant.deleted_at is not None and not getattr(view, "also_deleted", False):
            return redirect("workspace_deleted", slug=slug)
        return None


def _to_new_address(request: HttpRequest, membership: Membership | None) -> HttpResponse:
    """The same page at the workspace's address of today, whatever is sent along."""
    match = request.resolver_match
    if membership is None or match is None:
        raise Http404
    path = reverse(match.view_name, kwargs={**match.kwargs, "slug": membership.tenant.slug})
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    answer = HttpResponseRedirect(path + query)
    if request.method not in {"GET", "HEAD"}:
        if request.headers.get("HX-Request") == "true":
            # It can't send it once more: the page is loaded anew.
            return HttpResponseRedirect(_page_above(path, match))
        # The browser sends what it had to send once more, to where it belongs.
        answer.status_code = 308
    return answer


def _is_wall(response: HttpResponse) -> bool:
    return isinstance(response, HttpResponseRedirect) and response.url.startswith(resolve_url(settings.LOGIN_URL))


def _page_above(path: str, match: ResolverMatch) -> str:
    """The workspace's nearest page above an address: what can be done with something lies below its page."""
    while path := path.rstrip("/").rpartition("/")[0]:
        with contextlib.suppress(Resolver404):
            above = resolve(f"{path}/")
            if "slug" in above.kwargs:
                return reverse(above.view_name, kwargs=above.kwargs)
    return reverse(match.view_name, kwargs=match.kwargs)
