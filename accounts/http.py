"""What a view of a workspace may rely on, and who may do what there."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, Tenant, User
from accounts.querysets import TenantOwnedQuerySet
from accounts.rights import Right, may

_P = ParamSpec("_P")
_Row = TypeVar("_Row", bound=models.Model)


class TenantRequest(HttpRequest):
    """A request that came through the tenant gate."""

    user: User
    tenant: Tenant
    membership: Membership
    htmx: HtmxDetails


View = Callable[Concatenate[TenantRequest, _P], HttpResponseBase]


def right_required(right: Right) -> Callable[[View[_P]], View[_P]]:
    """Members whose role lacks the right get 403. Outermost of a view's decorators: 403 comes before 405.

    Every view of a workspace names its right, reading ones too: the tests walk the URLconf by it.
    """

    def decorate(view: View[_P]) -> View[_P]:
        @functools.wraps(view)
        def guarded(request: TenantRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponseBase:
            if not may(request.membership.role, right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return decorate


def also_deleted(view: View[_P]) -> View[_P]:
    """Marks a view that members reach in a deleted workspace, too. The gate leads them away from every other one."""
    view.also_deleted = True  # type: ignore[attr-defined]
    return view


def tenant_row(request: TenantRequest, rows: TenantOwnedQuerySet[_Row], pk: uuid.UUID) -> _Row:
    """The row `pk` of the request's tenant; another tenant's answers 404 as one that does not exist."""
    return get_object_or_404(rows.for_tenant(request.tenant), pk=pk)
