"""Requests for deletion that reached us through Meta: when, through which app, and what came of it. Nobody's name."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Tenant
from notifications.staff import ReadOnlyAdmin, choice_filter, column
from tokens.models import DeletionRequest


@admin.register(DeletionRequest)
class DeletionRequestAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "code", "state_told", "meta_app", "owner", "signed_with")
    list_filter = (
        choice_filter("state", "state", [(each.value, each.label) for each in DeletionRequest.State]),
        choice_filter("signed_with", "signed with", [(each.value, each.label) for each in DeletionRequest.Secret]),
    )
    search_fields = ("=code",)
    ordering = ("-received_at", "pk")
    fields = ("received_at", "code", "state_told", "meta_app", "owner", "signed_with")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeletionRequest]:
        rows = DeletionRequest.objects.select_related("meta_app__tenant")
        return rows.defer("meta_app__secret", "meta_app__meta_secret").order_by(*self.ordering)

    @column(
        "State",
        label={"Erased": "success", "Nothing was stored": "info", "Connected again since": "warning"},
    )
    def state_told(self, row: DeletionRequest) -> str:
        return row.get_state_display()

    @column("Belongs to")
    def owner(self, row: DeletionRequest) -> Tenant | str:
        if row.meta_app is None:
            return "An app without connections, or gone since"
        return row.meta_app.tenant or "The installation"
