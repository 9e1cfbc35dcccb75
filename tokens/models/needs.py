"""What a workspace needs of the accounts that it connects."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.querysets import TenantOwnedQuerySet
from tokens.models.connections import Flavour


class PermissionNeeds(models.Model):
    """The permissions that a workspace needs with one flavour. Without a row: all that its Meta app asks for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="permission_needs")
    flavour = models.CharField(max_length=20, choices=Flavour.choices, default=Flavour.INSTAGRAM_LOGIN)
    permissions = models.JSONField(default=list)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = TenantOwnedQuerySet["PermissionNeeds"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "flavour"], name="one_list_of_needs")]

    def __str__(self) -> str:
        return f"needs of {self.tenant_id}: {', '.join(self.permissions)}"
