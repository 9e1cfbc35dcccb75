"""Tokens that an owner uploads, and what has become of each line."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tokens.fields import SealedTextField
from tokens.import_wording import told
from tokens.querysets import (
    ImportLineQuerySet,
    TokenImportQuerySet,
)


class TokenImport(models.Model):
    """A CSV of tokens that an owner uploaded: previewed, then worked off line by line, resumable at any moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    columns = models.JSONField(default=list, help_text="Of its header, those that are understood.")
    lines = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="Lines by outcome, once it has ended.")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, help_text="Null while it is a preview.")
    worked_at = models.DateTimeField(null=True, help_text="When a worker last took up lines of it.")
    finished_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    objects = TokenImportQuerySet["TokenImport"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="imports_of_tenant"),
            # The sweep asks for these every minute.
            models.Index(
                fields=["created_at"],
                condition=Q(finished_at__isnull=True, cancelled_at__isnull=True),
                name="imports_not_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.id}"

    @property
    def told(self) -> str:
        """What came of it, once it has ended."""
        return told(self.counts)


class ImportLine(models.Model):
    """One line of an import. What it holds is sealed like any token, and erased once it is worked off."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    token_import = models.ForeignKey(TokenImport, on_delete=models.CASCADE, related_name="import_lines")
    number = models.PositiveIntegerField(help_text="In the file, its header being 1.")
    content = SealedTextField(null=True)
    key_id = models.CharField(max_length=12, blank=True)
    outcome = models.CharField(max_length=20, blank=True, help_text="A stable word; empty while it waits.")
    sentence = models.CharField(max_length=300, blank=True, help_text="What to tell about it; never a token.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often Instagram did not answer.")
    lease_until = models.DateTimeField(null=True, help_text="Before then nobody takes it up.")

    objects = ImportLineQuerySet["ImportLine"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_import", "number"], name="one_line_a_number")]
        indexes = [
            models.Index(fields=["token_import", "number"], condition=Q(outcome=""), name="lines_that_wait"),
        ]

    def __str__(self) -> str:
        return f"line {self.number} of {self.token_import_id}"
