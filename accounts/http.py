"""What a view of a workspace may rely on, and who may do what there."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, Role, Tenant, User
from accounts.querysets import TenantOwnedQuerySet

_P = ParamSpec("_P")
_Row = TypeVar("_Row", bound=models.Model)
WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER})


class TenantRequest(HttpRequest):
    """A request that came through the tenant gate."""

    user: User
    tenant: Tenant
    membership: Membership
    htmx: HtmxDetails


View = Callable[Concatenate[TenantRequest, _P], HttpResponse]


def role_required(*roles: str) -> Callable[[View[_P]], View[_P]]:
    """Members whose role is not among `roles` get 403. Outermost of a view's decorators: 403 comes before 405."""

    def decorate(view: View[_P]) -> View[_P]:
        @functools.wraps(view)
        def guarded(request: TenantRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
            if request.membership.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def tenant_row(request: TenantRequest, rows: TenantOwnedQuerySet[_Row], pk: uuid.UUID) -> _Row:
    """The row `pk` of the request's tenant; another tenant's answers 404 as one that does not exist."""
    return get_object_or_404(rows.for_tenant(request.tenant), pk=pk)
