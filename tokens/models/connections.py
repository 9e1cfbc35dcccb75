"""What is linked: Meta apps, connections, and the sealed token of each with its dates."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tokens.fields import SealedTextField
from tokens.querysets import (
    ConnectionQuerySet,
    CredentialQuerySet,
    MetaAppQuerySet,
)

ID_LENGTH = 100


class Flavour(models.TextChoices):
    INSTAGRAM_LOGIN = "instagram_login", "Instagram Login"
    FACEBOOK_LOGIN = "facebook_login", "Facebook Login"
    SYSTEM_USER = "system_user", "System user"


class Status(models.TextChoices):
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    DISCONNECTED = "disconnected", "Disconnected"


class Reason(models.TextChoices):
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    APP_REMOVED = "app_removed"
    EXPIRED = "expired"
    CHECKPOINT = "checkpoint"
    UNCONFIRMED = "unconfirmed"
    LOGGED_OUT = "logged_out"
    ENDED_BY_META = "ended_by_meta"
    # Facebook alone tells these apart, since only there a person can mend each of them in another place.
    REVOKED = "revoked"
    PAGE_ROLE_LOST = "page_role_lost"
    SYSTEM_USER_DELETED = "system_user_deleted"
    UNKNOWN = "unknown"


class MetaApp(models.Model):
    """An app at Meta. Without a tenant it is the installation's own, whose secret stays in the environment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, null=True, related_name="meta_apps")
    flavour = models.CharField(max_length=20, choices=Flavour.choices)
    app_id = models.CharField(max_length=ID_LENGTH)
    secret = SealedTextField(null=True)
    key_id = models.CharField(max_length=12, blank=True)
    # Which of the two secrets of an app signs Instagram's callbacks is not documented: both are accepted.
    meta_secret = SealedTextField(null=True)
    meta_key_id = models.CharField(max_length=12, blank=True)
    scopes = models.JSONField(null=True, help_text="Permissions to ask for; null for the installation's.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(
        null=True, help_text="No longer asked for consent. Connections made through it go on until reconnected."
    )
    tested_at = models.DateTimeField(null=True)
    test_outcome = models.CharField(max_length=40, blank=True, help_text="A stable word; empty where never tested.")

    objects = MetaAppQuerySet["MetaApp"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["flavour", "app_id"], condition=Q(tenant__isnull=True), name="one_default_app"
            ),
            models.UniqueConstraint(
                fields=["tenant", "flavour"],
                condition=Q(tenant__isnull=False, retired_at__isnull=True),
                name="one_app_in_use_a_flavour",
            ),
            models.UniqueConstraint(fields=["tenant", "flavour", "app_id"], name="one_app_a_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.flavour} app {self.app_id}"

    @property
    def permissions_wanted(self) -> list[str]:
        """What people are asked to allow: the app's own list, else the installation's."""
        return list(installation_scopes(self.flavour) if self.scopes is None else self.scopes)


def installation_scopes(flavour: str) -> list[str]:
    """What the installation asks people for by a flavour; nothing where nobody is asked."""
    asked = {
        Flavour.INSTAGRAM_LOGIN.value: settings.INSTAGRAM_SCOPES,
        Flavour.FACEBOOK_LOGIN.value: settings.FACEBOOK_SCOPES,
    }
    return list(asked.get(flavour, ()))


class Connection(models.Model):
    """One Instagram professional account, or one system user, linked to one tenant through one Meta app.

    A system user's id stands in `instagram_id`, its name in `name`; it has no handle. With Facebook Login
    `exchange_user_id` is the Facebook person's id, whom Meta names in its callbacks.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="connections")
    # Restricted, not protected: erasing a tenant takes its connections and its app along in one go.
    meta_app = models.ForeignKey(MetaApp, on_delete=models.RESTRICT, related_name="connections")
    instagram_id = models.CharField(max_length=ID_LENGTH)
    # Which of its ids Instagram sends in which callback is not documented: all three are kept to match by.
    app_scoped_id = models.CharField(max_length=ID_LENGTH, blank=True)
    exchange_user_id = models.CharField(max_length=ID_LENGTH, blank=True)
    handle = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=200, blank=True)
    account_type = models.CharField(max_length=40, blank=True)
    page_id = models.CharField(max_length=ID_LENGTH, blank=True, help_text="The Facebook Page that it is linked to.")
    page_name = models.CharField(max_length=200, blank=True)
    assets = models.JSONField(default=list, help_text="Ad accounts of a system user: id and name of each.")
    permissions = models.JSONField(null=True, help_text="Granted permissions; null where Meta did not tell.")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    status_changed_at = models.DateTimeField(default=timezone.now)
    consented_at = models.DateTimeField(
        default=timezone.now, help_text="When somebody last allowed it at Instagram; a callback about before is late."
    )
    # Three ends within a month are flapping. Kept as instants, so that the flag goes by itself.
    last_end_at = models.DateTimeField(null=True)
    second_last_end_at = models.DateTimeField(null=True)
    third_last_end_at = models.DateTimeField(null=True)
    asking_since = models.DateTimeField(
        null=True, help_text="A mail is to be written that asks for the permissions that the workspace needs."
    )
    reminded = models.PositiveSmallIntegerField(default=0, help_text="The last reminder of its end that was written.")
    contact_email = models.EmailField(max_length=254, blank=True)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="connections"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ConnectionQuerySet["Connection"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "meta_app", "instagram_id"], name="one_connection_an_account"),
            models.CheckConstraint(
                condition=Q(status="inactive") & ~Q(reason="") | ~Q(status="inactive") & Q(reason=""),
                name="reason_where_inactive",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "handle"], name="connection_list"),
            # A callback names an account by any of its ids.
            models.Index(fields=["meta_app", "instagram_id"], name="connection_by_id"),
            models.Index(fields=["meta_app", "app_scoped_id"], name="connection_by_scoped_id"),
            models.Index(fields=["meta_app", "exchange_user_id"], name="connection_by_exchange_id"),
            # Workers look for these every minute.
            models.Index(fields=["asking_since"], condition=Q(asking_since__isnull=False), name="connection_asking"),
            # Those that ended lately, of whom their people are reminded.
            models.Index(fields=["status_changed_at"], condition=Q(status="inactive"), name="connection_ended"),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}" if self.handle else self.name or f"@{self.instagram_id}"

    @property
    def flavour(self) -> str:
        return self.meta_app.flavour

    @property
    def aliases(self) -> set[str]:
        """Every id by which Meta may name this account. A Facebook person is none: it may have brought several."""
        person = self.exchange_user_id if self.flavour == Flavour.INSTAGRAM_LOGIN else ""
        return {self.instagram_id, self.app_scoped_id, person} - {""}


class Credential(models.Model):
    """The encrypted token of one connection, its dates, and who works on it.

    The row outlives its token: disconnecting empties `token`, so that `version` and `fence` never start anew and
    an answer that comes late can't match. `version` rises with every change of token or status, `fence` with
    every claim. Only an active connection's credential has due dates.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, primary_key=True, related_name="credential")
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    token = SealedTextField(null=True)
    key_id = models.CharField(max_length=12, blank=True)
    obtained_at = models.DateTimeField(help_text="When this token reached us.")
    issued_at = models.DateTimeField(null=True, help_text="Null where unknown, as for an imported token.")
    expires_at = models.DateTimeField(null=True, help_text="Null where unknown, or where it never expires.")
    expiry_told = models.BooleanField(
        default=True, help_text="False where Meta renewed the token and told no expiry: the date is an older token's."
    )
    # Facebook Login alone: the token that is used is the Page's, and the person's is what renews it.
    renewal = SealedTextField(null=True)
    renewal_expires_at = models.DateTimeField(null=True, help_text="When the renewing token expires.")
    renewable = models.BooleanField(default=True, help_text="False where only a person can bring a later date.")
    renew_by = models.DateTimeField(null=True, help_text="Until when a person must consent again; null: never.")

    due_at = models.DateTimeField(null=True)
    due_by_rule = models.DateTimeField(
        null=True, help_text="Where `due_at` was moved to an earlier night, since too many fell on this one."
    )
    check_due_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    refresh_failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    refresh_failing_since = models.DateTimeField(null=True, help_text="The first of the failures in a row.")
    check_failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    last_failure = models.CharField(max_length=40, blank=True, help_text="The class of the last failure.")
    last_failure_at = models.DateTimeField(null=True)
    held_since = models.DateTimeField(
        null=True, help_text="Found dead then, which a brake holds back; no answer has shown life since."
    )
    warned_of = models.DateTimeField(null=True, help_text="The end that somebody was last warned of.")
    warned_days = models.PositiveSmallIntegerField(null=True, help_text="So many days before it.")
    cannot_refresh_since = models.DateTimeField(null=True)
    permission_missing_since = models.DateTimeField(null=True)
    refused_since = models.DateTimeField(null=True)

    version = models.PositiveBigIntegerField(default=1)
    fence = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)

    objects = CredentialQuerySet["Credential"].as_manager()

    class Meta:
        indexes = [
            # The sweep asks for these every minute; a full index would carry every inactive row along.
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="credential_due"),
            # Whoever has least days left goes first; `due_at` in it spares the sweep those that wait for a retry.
            models.Index(fields=["expires_at", "due_at"], condition=Q(due_at__isnull=False), name="credential_urgent"),
            models.Index(fields=["check_due_at"], condition=Q(check_due_at__isnull=False), name="credential_check_due"),
            # Those that a person must renew, or whose renewal fails: few, whose people are warned ahead.
            models.Index(fields=["renew_by"], condition=Q(renew_by__isnull=False), name="credential_renew_by"),
            models.Index(
                fields=["refresh_failing_since"],
                condition=Q(refresh_failing_since__isnull=False),
                name="credential_failing",
            ),
            # What brakes hold back, in the order of the key: staff count it, samples and dropping walk along it.
            models.Index(fields=["connection"], condition=Q(held_since__isnull=False), name="credential_held"),
        ]

    def __str__(self) -> str:
        return f"credential of {self.connection_id}"

    @property
    def prolonged(self) -> bool:
        """Whether renewing brings later dates; False where Meta answered, but with the same end."""
        return self.renewal_expires_at is None or self.renew_by != self.renewal_expires_at

    @property
    def never_expires(self) -> bool:
        """Nothing ends it by date, so that nothing renews it either: Meta said so."""
        return not self.renewable and self.expires_at is None and self.renew_by is None

    def confirm_by(self, now: dt.datetime) -> dt.datetime | None:
        """The day until which a person can still renew it in time.

        None where it does not matter, and where what renewed it has run out and no end of what goes on is known.
        """
        return self.renew_by if self.renew_by is not None and self.renew_by > now else None

    @property
    def ends_first(self) -> bool:
        """Its end comes before any renewal of ours: what falls due then is the end, to be noticed."""
        return self.due_at is not None and self.expires_at is not None and self.due_at >= self.expires_at

    @property
    def known_expiry(self) -> dt.datetime | None:
        """When this very token expires. An older token's date kills nobody: this one took its place since."""
        return self.expires_at if self.expiry_told else None
