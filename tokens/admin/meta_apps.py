"""Meta apps. A secret goes in and never comes out: not as text, not as ciphertext, not in a form sent back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from accounts.models import Tenant
from notifications.localisation import instant
from notifications.staff import StaffAdmin, choice_filter, column
from tokens.forms import LONGEST_SECRET, checked_app_id, checked_secret
from tokens.models import AppBudget, Flavour, MetaApp
from tokens.services.set_app_secret import set_app_secret, set_meta_secret

# What a page shows of an app; the secret is none of it.
FACTS = (
    "owner", "flavour", "app_id", "asks_for", "secret_state", "key_id", "meta_secret_state", "meta_key_id",
    "created_at", "use", "retired_at", "last_test", "tested_at", "limit",
)  # fmt: skip

SECRETS = ("new_secret", "new_meta_secret")


class MetaAppForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tenant's own app."""

    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.all(),
        to_field_name="slug",
        label="Workspace",
        widget=UnfoldAdminTextInputWidget,
        help_text="Its slug, as it stands in the workspace's address.",
    )
    new_secret = forms.CharField(
        label="New app secret",
        max_length=LONGEST_SECRET,
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text="Sealed as it is stored, and never shown again. Leave it empty to keep the one that is set.",
    )
    new_meta_secret = forms.CharField(
        label="New Meta app secret (optional)",
        max_length=LONGEST_SECRET,
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text="The one under App settings, Basic: Meta may sign its callbacks with it. Sealed like the other.",
    )

    class Meta:
        model = MetaApp
        fields = ("tenant", "flavour", "app_id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.fields["new_secret"].required = True
        else:
            del self.fields["tenant"]

    def clean_app_id(self) -> str:
        return checked_app_id(self.cleaned_data["app_id"])

    def clean_new_secret(self) -> str:
        return checked_secret(self.cleaned_data["new_secret"])

    def clean_new_meta_secret(self) -> str:
        return checked_secret(self.cleaned_data["new_meta_secret"])

    def clean(self) -> dict[str, Any]:
        """A second app in use is refused here: the database would refuse it without a sentence."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        tenant, flavour = cleaned.get("tenant"), cleaned.get("flavour")
        taken = bool(tenant and flavour) and MetaApp.objects.in_use(tenant, flavour).exists()  # type: ignore[arg-type]
        if self.instance._state.adding and taken:
            raise ValidationError("That workspace has an app of this flavour in use. Its owners change it there.")
        return cleaned


@admin.register(MetaApp)
class MetaAppAdmin(StaffAdmin):
    form = MetaAppForm
    list_display = ("app_id", "flavour", "owner", "use", "secret_state", "last_test", "created_at")
    list_filter = (choice_filter("flavour", "flavour", [(each.value, each.label) for each in Flavour]),)
    search_fields = ("app_id", "tenant__name", "=tenant__slug")
    ordering = ("created_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MetaApp]:
        set_or_not = {
            "is_set": ExpressionWrapper(Q(secret__isnull=False), output_field=BooleanField()),
            "meta_is_set": ExpressionWrapper(Q(meta_secret__isnull=False), output_field=BooleanField()),
        }
        rows = MetaApp.objects.select_related("tenant").defer("secret", "meta_secret")
        return rows.annotate(**set_or_not).order_by(*self.ordering)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("tenant", "flavour", "app_id", *SECRETS)
        return (*FACTS, *SECRETS) if self._takes_secret(request, obj) else FACTS

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else FACTS

    def _takes_secret(self, request: HttpRequest, app: MetaApp) -> bool:
        return app.tenant_id is not None and self.has_change_permission(request, app)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of the installation's own app there is nothing to change: its secret stands in the environment."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.tenant_id is not None)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @column("Belongs to")
    def owner(self, app: MetaApp) -> Tenant | str:
        return app.tenant or "The installation"

    @column("Use", label={"in use": "success", "retired": "warning"})
    def use(self, app: MetaApp) -> str:
        return "in use" if app.retired_at is None else "retired"

    @column("Permissions asked for")
    def asks_for(self, app: MetaApp) -> str:
        return ", ".join(app.permissions_wanted)

    @column("Last test")
    def last_test(self, app: MetaApp) -> str:
        return app.test_outcome or "never"

    @column("Meta's limit")
    def limit(self, app: MetaApp) -> str:
        budget = AppBudget.objects.filter(pk=app.pk).first()
        if budget is None:
            return "Meta has told nothing that matters: full speed"
        figure = f"{budget.usage:.0f} % used at {instant(budget.usage_at)}" if budget.usage_at else "no figure told"
        paused = budget.paused_until
        return f"{figure}; paused until {instant(paused)}, {budget.cause}" if paused else f"{figure}; not paused"

    @column("Secret", label={"set": "success", "not set": "warning", "in the environment": "info"})
    def secret_state(self, app: Any) -> str:
        if app.tenant_id is None:
            return "in the environment"
        return "set" if app.is_set else "not set"

    @column("Meta app secret", label={"set": "success", "not set": "info", "in the environment": "info"})
    def meta_secret_state(self, app: Any) -> str:
        if app.tenant_id is None:
            return "in the environment" if settings.INSTAGRAM_META_APP_SECRET else "not set"
        return "set" if app.meta_is_set else "not set"

    def save_model(self, request: HttpRequest, obj: MetaApp, form: Any, change: bool) -> None:
        secret, meta_secret = (form.cleaned_data[name] for name in SECRETS)
        with transaction.atomic():
            if not change:
                obj.save()
            if secret:
                set_app_secret(obj, secret=secret, by=request.user)  # type: ignore[arg-type]
            if meta_secret:
                set_meta_secret(obj, secret=meta_secret, by=request.user)  # type: ignore[arg-type]
