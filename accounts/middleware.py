"""The one gate through which every view reaches a tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import Membership

LAST_WORKSPACE = "last_workspace"


class TenantGateMiddleware:
    """Opens a workspace's addresses to its members alone.

    Whatever address carries a `slug` is a workspace's: the tenant is loaded through the signed-in user's own
    memberships, so that a stranger gets the same 404 as for a workspace that does not exist, before the view
    (and so before any 405), for pages that nobody has written yet too. Anonymous visitors never come this far:
    Django's sign-in wall stands in front.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        slug = kwargs.get("slug")
        if slug is None:
            return
        membership = (
            Membership.objects.select_related("tenant", "user")
            .filter(user_id=request.user.pk or 0, tenant__slug=slug)
            .first()
        )
        if membership is None:
            raise Http404
        request.membership = membership  # type: ignore[attr-defined]
        request.tenant = membership.tenant  # type: ignore[attr-defined]
        if request.session.get(LAST_WORKSPACE) != slug:
            request.session[LAST_WORKSPACE] = slug
