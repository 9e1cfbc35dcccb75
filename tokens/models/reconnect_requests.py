"""What became of asking somebody to bring a connection back: when each step of the way was reached."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from tokens.models.connections import Connection, Reason
from tokens.querysets import ReconnectRequestQuerySet


class ReconnectRequest(models.Model):
    """Somebody was asked to bring back one connection that had ended.

    One for each end, however many mails and links it took: a reminder and a new link belong to the request that is
    open. It holds instants alone, of what happened on our own pages, and nothing about who it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices, help_text="Why the connection had ended.")
    queued_at = models.DateTimeField(help_text="When the first mail of it was written to the outbox.")
    sent_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True, help_text="The link's page, by a person.")
    began_at = models.DateTimeField(null=True, help_text="The way to Instagram's consent page.")
    returned_at = models.DateTimeField(null=True)
    revived_at = models.DateTimeField(null=True)
    by_link = models.BooleanField(default=False, help_text="Whether it was a reconnect link that revived it.")
    seconds = models.PositiveBigIntegerField(null=True, help_text="From `queued_at` to `revived_at`.")
    closed_at = models.DateTimeField(null=True, help_text="It was disconnected: there is nothing to bring back.")

    objects = ReconnectRequestQuerySet["ReconnectRequest"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(revived_at__isnull=True, closed_at__isnull=True),
                name="one_open_request",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "queued_at"], name="requests_of_tenant"),
            models.Index(fields=["queued_at"], name="requests_by_age"),
        ]

    def __str__(self) -> str:
        return f"reconnect request {self.id}"
