"""Connections: every fact about them, and the buttons. All of it read; no token is even loaded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Event
from notifications.staff import ReadOnlyAdmin, choice_filter, column
from tokens.admin import answers, buttons, filters
from tokens.admin.confirming import on_list, on_page
from tokens.flags import days_left, flags_of, missing_permissions
from tokens.models import Connection, Flavour
from tokens.services.recipients import of_connection
from tokens.wording import permission_names, why_it_ended

LAST_EVENTS = 20
STATUS_COLOURS = {"active": "success", "inactive": "danger", "disconnected": ""}


def fact(name: str, words: str = "") -> Callable[..., Any]:
    """One column of the credential, by the name of `words`."""

    def shown(admin: Any, connection: Connection) -> Any:
        value = getattr(connection.credential, name)
        return date_format(value, "DATETIME_FORMAT") if isinstance(value, dt.datetime) else value

    shown.__name__ = name
    return column(words or name.replace("_", " ").capitalize(), ordering=f"credential__{name}")(shown)


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ("handle_shown", "workspace", "status_word", "why", "flags", "left", "due_at", "last_failure")
    list_filter = (
        filters.StatusFilter,
        choice_filter("meta_app__flavour", "flavour", [(each.value, each.label) for each in Flavour]),
        filters.ReasonFilter,
        filters.FlagFilter,
        filters.DaysLeftFilter,
        filters.TenantFilter,
        filters.MetaAppFilter,
    )
    search_fields = (
        *("handle", "=instagram_id", "=app_scoped_id", "=exchange_user_id"),
        *("contact_email", "connected_by__email"),
    )
    search_help_text = "A handle, an Instagram id, or the address of a contact or of who connected it."
    ordering = ("handle", "pk")
    fieldsets = (
        ("Now", {"fields": ("status_now", "why", "staff_sentence", "answer", "flags", "missing", "status_changed_at")}),
        (
            "Account",
            {
                "fields": (
                    *("handle_shown", "name", "account_type", "tenant_link", "app_link", "granted"),
                    *("instagram_id", "app_scoped_id", "exchange_user_id", "page_name", "page_id", "created_at"),
                )
            },
        ),
        ("People", {"fields": ("contact_email", "connected_by", "told")}),
        (
            "Credential",
            {
                "fields": (
                    *("key", "obtained_at", "issued_at", "expires_at", "left", "refreshed_at", "checked_at"),
                    *("renewable", "renewal_expires_at", "renew_by"),
                    *("due_at", "due_by_rule", "check_due_at"),
                )
            },
        ),
        (
            "Attempts",
            {
                "fields": (
                    *("refresh_failures", "check_failures", "last_failure", "last_failure_at", "held_since"),
                    *("cannot_refresh_since", "permission_missing_since", "refused_since"),
                    *("version", "fence", "lease_owner", "lease_until"),
                )
            },
        ),
    )
    change_form_outer_after_template = "admin/tokens/connection/events.html"
    actions = ("refresh_now", "check_now", "send_link", "mark_inactive", "disconnect")
    actions_detail = (
        *("refresh_now_here", "check_now_here"),
        {"title": "More", "items": ["send_link_here", "mark_inactive_here", "disconnect_here"]},
    )

    refresh_now, refresh_now_here = on_list(buttons.REFRESH), on_page(buttons.REFRESH)
    check_now, check_now_here = on_list(buttons.CHECK), on_page(buttons.CHECK)
    send_link, send_link_here = on_list(buttons.SEND_LINK), on_page(buttons.SEND_LINK)
    mark_inactive, mark_inactive_here = on_list(buttons.MARK_INACTIVE), on_page(buttons.MARK_INACTIVE)
    disconnect, disconnect_here = on_list(buttons.DISCONNECT), on_page(buttons.DISCONNECT)

    obtained_at, issued_at, expires_at = fact("obtained_at"), fact("issued_at"), fact("expires_at")
    renewable, renew_by = fact("renewable", "Renewed without a person"), fact("renew_by", "A person must renew it by")
    renewal_expires_at = fact("renewal_expires_at", "The key that renews it expires")
    refreshed_at, checked_at = fact("refreshed_at"), fact("checked_at")
    due_at, check_due_at = fact("due_at", "Due"), fact("check_due_at", "Check due")
    due_by_rule = fact("due_by_rule", "Due by the rule, where moved to an earlier night")
    refresh_failures, check_failures = fact("refresh_failures"), fact("check_failures")
    last_failure, last_failure_at = fact("last_failure"), fact("last_failure_at")
    held_since = fact("held_since", "Found dead, held back by a brake since")
    cannot_refresh_since, refused_since = fact("cannot_refresh_since"), fact("refused_since")
    permission_missing_since = fact("permission_missing_since")
    version, fence = fact("version"), fact("fence")
    lease_owner, lease_until = fact("lease_owner"), fact("lease_until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return Connection.objects.with_dates().select_related("tenant", "connected_by").order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A handle may be typed with its @."""
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term.strip().removeprefix("@")
        )
        return found

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        connection = self.get_object(request, object_id or "")
        table = {"headers": ["When", "What", "Facts", "Who", "Kind"], "rows": _events(connection)}
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), "events": table, "connection": connection}
        )
        return response

    @column("Account", ordering="handle")
    def handle_shown(self, connection: Connection) -> str:
        return str(connection)

    @column("Status", ordering="status", label=STATUS_COLOURS)
    def status_word(self, connection: Connection) -> tuple[str, str]:
        return connection.status, connection.get_status_display()

    @column("Status")
    def status_now(self, connection: Connection) -> str:
        return connection.get_status_display()

    @column("Workspace", ordering="tenant__name")
    def workspace(self, connection: Connection) -> str:
        return str(connection.tenant)

    @column("Reason", ordering="reason")
    def why(self, connection: Connection) -> str:
        return connection.reason.replace("_", " ").capitalize()

    @column("What staff should know")
    def staff_sentence(self, connection: Connection) -> str:
        text = why_it_ended(connection.reason, connection.flavour)
        return text.staff if text else ""

    @column("Why, by Meta's answer")
    def answer(self, connection: Connection) -> str:
        return answers.last_answer(connection)

    @column("Flags")
    def flags(self, connection: Connection) -> str:
        return ", ".join(flag.word.replace("_", " ") for flag in flags_of(connection, timezone.now()))

    @column("Days left", ordering="credential__expires_at")
    def left(self, connection: Connection) -> int | None:
        return days_left(connection, timezone.now())

    @column("Permissions granted")
    def granted(self, connection: Connection) -> str:
        return "Meta did not tell" if connection.permissions is None else permission_names(connection.permissions)

    @column("Permissions missing")
    def missing(self, connection: Connection) -> str:
        return permission_names(missing_permissions(connection))

    @column("Told about it")
    def told(self, connection: Connection) -> str:
        return ", ".join(of_connection(connection))

    @column("Key")
    def key(self, connection: Connection) -> str:
        return connection.credential.key_id or "erased"

    @column("Workspace")
    def tenant_link(self, connection: Connection) -> SafeString:
        return _link("admin:accounts_tenant_change", connection.tenant_id, connection.tenant)

    @column("Meta app")
    def app_link(self, connection: Connection) -> SafeString:
        return _link("admin:tokens_metaapp_change", connection.meta_app_id, connection.meta_app)


def _link(name: str, key: Any, words: Any) -> SafeString:
    return format_html('<a class="underline" href="{}">{}</a>', reverse(name, args=[key]), words)


def _events(connection: Any) -> list[list[Any]]:
    if connection is None:
        return []
    rows = Event.objects.filter(tenant_id=connection.tenant_id, subject_id=connection.pk).order_by("-at", "-pk")
    return [
        [date_format(row.at, "DATETIME_FORMAT"), row.text, answers.facts(row.detail), row.actor, row.kind]
        for row in rows[:LAST_EVENTS]
    ]
