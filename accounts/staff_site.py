"""The staff's site at /admin/: who comes in, by which door, and which pages there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

# Unfold evaluates the expressions in its markup and writes styles into it; nothing comes from another host.
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
}
# A way to load any row of any table by its number, and a second form for passwords.
UNWANTED = {"view_on_site", "password_change", "password_change_done"}


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """Entered by the product's own sign-in. Only pages made for it appear: what a package registers by itself,
    with Django's plain pages, shows more than staff should see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: dict[str, tuple[str, Callable[[HttpRequest], HttpResponse]]] = {}

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        if admin_class is not None and issubclass(admin_class, ModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def add_page(self, route: str, view: Callable[[HttpRequest], HttpResponse], name: str) -> None:
        """A page of its own, behind the same door as all others.

        Args:
            route: below the site's own address.
            view: asks for its permission by itself.
            name: of the address.
        """
        self._pages[name] = (route, view)

    def get_urls(self) -> list[Any]:
        urls = [each for each in super().get_urls() if getattr(each, "name", None) not in UNWANTED]
        # First: the last one of the others takes every address.
        urls[:0] = [path(route, self.admin_view(view), name=name) for name, (route, view) in self._pages.items()]
        for each in urls:
            callback: Any = getattr(each, "callback", None)
            if hasattr(callback, "login_url"):
                # Straight to the product's sign-in, without a stop at the site's own.
                callback.login_url = None
        return urls

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        inner: Callable[..., Any] = csp(POLICY)(super().admin_view(view, cacheable))

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return update_wrapper(guarded, inner)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """No second form: whoever is signed in goes on or is refused, everybody else signs in as always."""
        if not request.user.is_authenticated:
            return redirect_to_login(self._home())
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect(self._home())

    @method_decorator(require_POST)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        auth.logout(request)
        return redirect("landing")

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            response: HttpResponse = super().search(request, extra_context)
        except (ValueError, InvalidPage):
            raise Http404 from None
        return response

    def _home(self) -> str:
        return str(redirect(f"{self.name}:index").url)
