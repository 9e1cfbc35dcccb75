"""Users, tenants, who belongs to which, and what happened: the event log."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.querysets import NO_PEOPLE, EventQuerySet, TenantOwnedQuerySet, TenantQuerySet


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Somebody whom whoever runs the installation vouches for: the address counts as verified."""
        addresses = apps.get_model("account", "EmailAddress")._default_manager.using(self._db)
        with transaction.atomic(using=self._db):
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **extra)
            addresses.create(user=user, email=user.email, primary=True, verified=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """By address, in any case: `createsuperuser` asks by this whether it is taken."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in, by mail address."""

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    is_staff = models.BooleanField("staff", default=False)
    is_active = models.BooleanField("allowed to sign in", default=True)
    date_joined = models.DateTimeField("joined at", default=timezone.now)
    time_zone = models.CharField(max_length=64, blank=True, help_text="Of mails; empty for the workspace's.")
    language = models.CharField(max_length=10, blank=True, help_text="Of mails; empty for the workspace's.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.email


class Tenant(models.Model):
    """A customer (shown as "workspace"): an agency, a brand, a creator's own business."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="In which dates are shown and mailed.")
    language = models.CharField(max_length=10, default="en", help_text="Of dates and mails.")
    reply_to = models.EmailField(
        max_length=254, blank=True, help_text="Who gets the answers to its mails; empty for whoever runs the site."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, help_text="Its secrets are erased; its rows go after a grace.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "workspace"

    def __str__(self) -> str:
        return self.name


class FormerSlug(models.Model):
    """An address that a workspace once had: it leads to the new one, and nobody else may take it."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="former_slugs")
    slug = models.SlugField(max_length=60, unique=True)
    given_up_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TenantOwnedQuerySet["FormerSlug"].as_manager()

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class Membership(models.Model):
    """A member: a user in a tenant, with a role."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships", verbose_name="workspace")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TenantOwnedQuerySet["Membership"].as_manager()

    class Meta:
        verbose_name = "member"
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="one_membership_a_tenant")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(models.Model):
    """An invitation into a team: single use, by mail. Its token is derived, as a link's is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail address", max_length=254, help_text="In lower case.")
    role = models.CharField(max_length=10, choices=Role.choices)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    nonce = models.CharField(max_length=43)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, help_text="When it was last mailed; null where the mail did not leave.")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = TenantOwnedQuerySet["Invitation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_an_address",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.id}"


class Event(models.Model):
    """One line of history: what happened to what, when, by whom or what, in words fit for the creator.

    `subject_id` is the id of the row of another app that the event is about, a connection as a rule;
    `detail` holds numbers and codes for staff, never a secret.
    """

    id = models.BigAutoField(primary_key=True)
    # Two indexes below begin with it: one of its own would only be written along with each line.
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="events", verbose_name="workspace", db_index=False
    )
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=260, help_text="A mail address, or the part of the product that acted.")
    text = models.CharField(max_length=500)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            # What one person did, in whatever workspace; all others but a few are the product's own.
            models.Index(fields=["actor"], condition=~models.Q(actor__in=NO_PEOPLE), name="event_people"),
            # A connection's timeline, newest first.
            models.Index(fields=["tenant", "subject_id", "-at"], name="event_timeline"),
            # The workspace's whole history, newest first.
            models.Index(fields=["tenant", "-at", "-id"], name="event_history"),
            # The oldest lines of routine, which go first. Which kinds are routine, other apps know.
            models.Index(fields=["kind", "at"], name="event_kinds"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M %Z} {self.kind}"
