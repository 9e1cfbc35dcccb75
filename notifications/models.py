"""The outbox: which mail is owed to whom, and what came of it. A row holds ids, never a text, a link or a secret."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.querysets import OfTenantQuerySet, OutboxQuerySet, SilencedAddressQuerySet


class State(models.TextChoices):
    PENDING = "pending"
    HELD = "held"
    SENT = "sent"
    REFUSED = "refused"
    DROPPED = "dropped"


class OutboxMessage(models.Model):
    """One mail to one address, written together with what it tells of and delivered later.

    One that comes after the address's last single mail of a day is held, and told by the digest that it names.

    `due_at` is set while the mail is owed and empty afterwards. `fence` rises with every claim: a result is
    stored only under the number it was claimed with, so that one that comes late changes nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text="Null for alerts to staff.",
    )
    kind = models.CharField(max_length=40)
    recipient = models.EmailField(max_length=254)
    subject_id = models.UUIDField(null=True, help_text="The producer's row that the mail is about.")
    topic_id = models.UUIDField(
        null=True, help_text="What its reader may unsubscribe from: a connection, or a workspace."
    )
    dedupe_key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the producer's key and address.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    last_error = models.CharField(max_length=20, blank=True, help_text="A short word or code, never a text.")
    sent_at = models.DateTimeField(null=True)
    single_on = models.DateField(null=True, help_text="The reader's day of whose few single mails it is one.")
    digest_id = models.UUIDField(null=True, help_text="The mail that tells it, with others, in its place.")

    objects = OutboxQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", due_at__isnull=False) | ~Q(state="pending") & Q(due_at__isnull=True),
                name="due_while_pending",
            ),
        ]
        indexes = [
            # Deliverers ask for these all day; a full index would carry every mail ever sent along.
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="outbox_due"),
            models.Index(fields=["subject_id"], name="outbox_subject"),
            # Whose mail came back, and what went to whoever wants to see or to erase it.
            models.Index(fields=["recipient"], name="outbox_recipient"),
            # A workspace's page of what was sent, newest first.
            models.Index(fields=["tenant", "-created_at", "-id"], name="outbox_of_tenant"),
            # The oldest of what has ended, which goes first.
            models.Index(
                fields=["created_at"], condition=Q(due_at__isnull=True, tenant__isnull=False), name="outbox_ended"
            ),
            # An address's single mails of a day, and a workspace's of an hour.
            models.Index(
                fields=["tenant", "recipient", "single_on"], condition=Q(single_on__isnull=False), name="outbox_singles"
            ),
            models.Index(fields=["tenant", "sent_at"], condition=Q(sent_at__isnull=False), name="outbox_sent"),
            models.Index(fields=["digest_id"], condition=Q(digest_id__isnull=False), name="outbox_digests"),
            # Why somebody was not told about a connection, and whether something is still on its way to them.
            models.Index(fields=["topic_id", "-created_at"], condition=Q(topic_id__isnull=False), name="outbox_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"


class SilencedAddress(models.Model):
    """An address that takes no mail: the tenant sends it none until somebody tries again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    address = models.EmailField(max_length=254, help_text="In lower case.")
    why = models.CharField(max_length=20, help_text="The word by which it refused, or sent back, a mail.")
    since = models.DateTimeField(default=timezone.now)

    objects = SilencedAddressQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "address"], name="one_silence_an_address")]

    def __str__(self) -> str:
        return f"silenced: {self.why}"


class Unsubscribed(models.Model):
    """An address whose reader wants no more mail about one connection, or none of a workspace's invitations."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    topic_id = models.UUIDField(help_text="The connection; the workspace itself for its invitations.")
    address = models.EmailField(max_length=254, help_text="In lower case.")
    since = models.DateTimeField(default=timezone.now)

    objects = OfTenantQuerySet["Unsubscribed"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic_id", "address"], name="one_unsubscription_a_topic")]

    def __str__(self) -> str:
        return f"unsubscribed from {self.topic_id}"


class MailPreference(models.Model):
    """Whether a member gets a group of mails; without a member, what the workspace has as its default."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    group = models.CharField(max_length=20, help_text="A group of `notifications.audience`.")
    wanted = models.BooleanField()

    objects = OfTenantQuerySet["MailPreference"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user", "group"], name="one_choice_a_member"),
            # Of nothing there may be any number, where a database counts each as another.
            models.UniqueConstraint(
                fields=["tenant", "group"], condition=Q(user__isnull=True), name="one_default_a_workspace"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {'on' if self.wanted else 'off'}"


class Outage(models.Model):
    """Something stood still and staff were told; told again once all is well. It belongs to no tenant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    what = models.CharField(max_length=40, help_text="What is watched.")
    began_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True)
    covered = models.JSONField(default=list, help_text="Words of what staff need not be told of any more.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["what"], condition=Q(over_at__isnull=True), name="one_outage_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.what}, since {self.began_at:%Y-%m-%d %H:%M:%S}"


class Doorbell(models.Model):
    """Whether a worker was rung that has not answered yet. It belongs to no tenant."""

    name = models.CharField(max_length=40, primary_key=True)
    rung = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.name}: {'rung' if self.rung else 'silent'}"
