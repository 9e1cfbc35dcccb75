"""Staff's pages about people, workspaces and what happened."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, Exists, Field, ManyToManyField, Model, OuterRef, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from accounts.models import Event, Membership, Role, Tenant, User
from notifications.staff import ReadOnlyAdmin, StaffAdmin, choice_filter, column

YES_NO = [("1", "Yes"), ("0", "No")]
# What staff can be allowed: to see these, and to press the buttons of some.
APPS = ("accounts", "tokens", "notifications", "django_q")
ACTED_ON = ("connection", "brake", "metaapp", "user")
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class MembershipInline(TabularInline):  # type: ignore[misc]
    """A workspace's members, or a user's workspaces."""

    model = Membership
    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().get_queryset(request).select_related("tenant", "user")
        return rows

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class MembersInline(MembershipInline):
    fields = readonly_fields = ("user", "role", "created_at")
    verbose_name_plural = "Members"


class WorkspacesInline(MembershipInline):
    fields = readonly_fields = ("tenant", "role", "created_at")
    verbose_name_plural = "Workspaces"


@admin.register(Tenant)
class TenantAdmin(ReadOnlyAdmin):
    list_display = ("name", "slug", "members", "created_at")
    search_fields = ("name", "slug", "=memberships__user__email")
    ordering = ("name", "pk")
    fields = ("name", "slug", "created_at", "connections", "history")
    inlines = (MembersInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        rows: QuerySet[Tenant] = super().get_queryset(request)
        return rows.annotate(member_count=Count("memberships", distinct=True))

    @column("Members", ordering="member_count")
    def members(self, tenant: Any) -> int:
        return int(tenant.member_count)

    @column("Connections")
    def connections(self, tenant: Tenant) -> SafeString:
        return _link("admin:tokens_connection_changelist", "tenant", tenant.slug, "Its connections")

    @column("History")
    def history(self, tenant: Tenant) -> SafeString:
        return _link("admin:accounts_event_changelist", "q", tenant.slug, "What happened there")


def _link(name: str, parameter: str, value: str, words: str) -> SafeString:
    return format_html('<a class="underline" href="{}?{}={}">{}</a>', reverse(name), parameter, value, words)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "tenant", "role", "created_at")
    list_select_related = ("user", "tenant")
    list_filter = (choice_filter("role", "role", [(each.value, each.label) for each in Role]),)
    search_fields = ("user__email", "tenant__name", "=tenant__slug")
    ordering = ("-pk",)
    fields = ("user", "tenant", "role", "created_at")


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Who may sign in, and who is staff. Addresses and passwords are people's own business."""

    list_display = ("email", "is_active", "verified", "is_staff", "is_superuser", "last_login", "date_joined")
    list_filter = (
        choice_filter("is_staff", "staff", YES_NO),
        choice_filter("is_active", "allowed to sign in", YES_NO),
    )
    search_fields = ("email",)
    ordering = ("email",)
    fields = ("email", "verified", "is_active", *POWERS, "last_login", "date_joined")
    inlines = (WorkspacesInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        addresses = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
        return rows.annotate(is_verified=Exists(addresses))

    @column("Verified", boolean=True)
    def verified(self, user: Any) -> bool:
        return bool(user.is_verified)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff may bar a customer; only a superuser may touch staff."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_staff or _is_superuser(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed: tuple[str, ...] = ("email", "verified", "last_login", "date_joined")
        if not _is_superuser(request):
            return (*fixed, *POWERS)
        # Nobody shuts the door behind oneself.
        return (*fixed, "is_active", "is_staff", "is_superuser") if obj == request.user else fixed

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **details: Any
    ) -> Any:
        return super().formfield_for_manytomany(db_field, request, **_narrowed(db_field, details))

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        # What was changed here alone: the person may sign in, or set a new password, at this very moment.
        obj.save(update_fields=[name for name in form.changed_data if name.startswith("is_")])


@admin.register(Group)
class GroupAdmin(StaffAdmin):
    """What a group of staff may see and do. "Change" means: press the buttons."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "permissions")

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **details: Any
    ) -> Any:
        return super().formfield_for_manytomany(db_field, request, **_narrowed(db_field, details))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def _narrowed(db_field: Field[Any, Any], details: dict[str, Any]) -> dict[str, Any]:
    if db_field.name not in {"permissions", "user_permissions"}:
        return details
    shown = {model._meta.model_name for model in admin.site._registry}
    wanted = Q(codename__startswith="view_") | Q(codename__in=[f"change_{name}" for name in ACTED_ON])
    wanted |= Q(codename="add_metaapp")
    rows = Permission.objects.filter(wanted, content_type__app_label__in=APPS, content_type__model__in=shown)
    return {"queryset": rows.select_related("content_type"), **details}


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "tenant", "text", "actor", "kind")
    list_select_related = ("tenant",)
    # Newest first by the key, which an index serves at any size.
    ordering = ("-pk",)
    search_fields = ("=tenant__slug", "=actor", "=kind", "subject_id__exact")
    search_help_text = "A workspace's slug, a connection's id, an actor's address, or a kind."
    fields = ("at", "tenant", "kind", "text", "actor", "subject_id", "told")

    @column("Detail for staff")
    def told(self, event: Event) -> SafeString:
        text = json.dumps(event.detail, indent=2, ensure_ascii=False, default=str)
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', text)
