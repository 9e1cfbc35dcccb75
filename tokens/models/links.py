"""How somebody connects or comes back: mailed links, and the way to consent and back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tokens.fields import SealedTextField
from tokens.models.connections import Connection, Flavour, MetaApp
from tokens.querysets import (
    ConnectAttemptQuerySet,
    LinkQuerySet,
)


class Link(models.Model):
    """A connect or reconnect link: single use, lets somebody without a login connect, or revive one connection.

    Its token is derived from id and nonce when a mail is written and only its SHA-256 is stored, so that a
    repeated mail carries the same link and the database none.
    """

    class Kind(models.TextChoices):
        CONNECT = "connect"
        RECONNECT = "reconnect"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RECONNECT)
    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        null=True,
        related_name="links",
        help_text="The one to be revived; of a connect link the one that came of it.",
    )
    flavour = models.CharField(max_length=20, choices=Flavour.choices, default=Flavour.INSTAGRAM_LOGIN)
    expected_handle = models.CharField(max_length=100, blank=True, help_text="Without @; empty for any account.")
    contact_email = models.EmailField(max_length=254, blank=True, help_text="Whom a connect link invites.")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    nonce = models.CharField(max_length=43)
    token_hash = models.CharField(max_length=64, unique=True)
    recipients = models.JSONField(default=list, help_text="Addresses that it was mailed to.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = LinkQuerySet["Link"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="connect") | Q(connection__isnull=False), name="reconnect_link_has_a_connection"
            )
        ]
        indexes = [
            models.Index(fields=["connection", "created_at"], name="link_latest"),
            # The workspace's invitations of creators, newest first.
            models.Index(fields=["tenant", "-created_at"], condition=Q(kind="connect"), name="connect_links"),
        ]

    def __str__(self) -> str:
        return f"link {self.id}"

    @property
    def revives(self) -> Connection | None:
        """The connection of a reconnect link. A connect link has none, also when one has come of it."""
        return self.connection if self.kind == self.Kind.RECONNECT else None

    @property
    def invites(self) -> str:
        """Whom a connect link invites, in words."""
        return f"{self.contact_email} (@{self.expected_handle})" if self.expected_handle else self.contact_email


class ConnectAttempt(models.Model):
    """One way to consent and back: its single-use state, and what came of it."""

    class Outcome(models.TextChoices):
        """What the result page tells. The stable error inside."""

        CONNECTED = "connected"
        RECONNECTED = "reconnected"
        RENEWED = "renewed"
        CHOOSE = "choose"
        NO_ACCOUNT = "no_account"
        DENIED = "denied"
        CODE_REJECTED = "code_rejected"
        PERSONAL_ACCOUNT = "personal_account"
        PERMISSION_UNTICKED = "permission_unticked"
        REFUSED = "refused"
        WRONG_ACCOUNT = "wrong_account"
        ENDED_MEANWHILE = "ended_meanwhile"
        LINK_CLOSED = "link_closed"
        UNFINISHED = "unfinished"
        MISCONFIGURED = "misconfigured"
        UNEXPECTED = "unexpected"

    class Pending(models.TextChoices):
        """Which secret waits in `pending_secret`."""

        NONE = ""
        CODE = "code"
        SHORT_TOKEN = "short_token"  # noqa: S105
        LONG_TOKEN = "long_token"  # noqa: S105

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    meta_app = models.ForeignKey(MetaApp, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, related_name="+", help_text="The one to be revived."
    )
    link = models.ForeignKey(Link, on_delete=models.CASCADE, null=True, related_name="+")
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=24, choices=Outcome.choices, blank=True)
    handles = models.JSONField(default=dict, help_text="Handles that the result page names.")
    pending = models.CharField(max_length=12, choices=Pending.choices, blank=True)
    pending_secret = SealedTextField(null=True)
    pending_facts = models.JSONField(default=dict, help_text="What Meta told along with the pending token.")
    pending_until = models.DateTimeField(null=True)
    finishing_until = models.DateTimeField(null=True, help_text="Somebody is finishing it just now.")

    objects = ConnectAttemptQuerySet["ConnectAttempt"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["session_hash", "created_at"], name="attempts_of_session"),
            models.Index(fields=["created_at"], name="attempts_by_age"),
        ]

    def __str__(self) -> str:
        return f"connect attempt {self.id}"
