"""Connections to Instagram: what is linked, the sealed token, how to revive it, and the brake."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.querysets import TenantOwnedQuerySet
from tokens.fields import SealedTextField
from tokens.import_wording import told
from tokens.querysets import (
    ConnectAttemptQuerySet,
    ConnectionQuerySet,
    CredentialQuerySet,
    ImportLineQuerySet,
    LinkQuerySet,
    MetaAppQuerySet,
    TokenImportQuerySet,
)

# Meta's ids are decimal strings today; they are kept as text, without assumptions about their length.
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
    UNKNOWN = "unknown"


class MetaApp(models.Model):
    """An app at Meta. Without a tenant it is the installation's own, whose secret stays in the environment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, null=True, related_name="meta_apps")
    flavour = models.CharField(max_length=20, choices=Flavour.choices)
    app_id = models.CharField(max_length=ID_LENGTH)
    secret = SealedTextField(null=True)
    key_id = models.CharField(max_length=12, blank=True)
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
        return list(settings.INSTAGRAM_SCOPES) if self.scopes is None else list(self.scopes)


class Connection(models.Model):
    """One Instagram professional account linked to one tenant through one Meta app."""

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
    permissions = models.JSONField(null=True, help_text="Granted permissions; null where Meta did not tell.")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    status_changed_at = models.DateTimeField(default=timezone.now)
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
        indexes = [models.Index(fields=["tenant", "handle"], name="connection_list")]

    def __str__(self) -> str:
        return f"@{self.handle or self.instagram_id}"

    @property
    def flavour(self) -> str:
        return self.meta_app.flavour

    @property
    def aliases(self) -> set[str]:
        """Every id by which Instagram may name this account."""
        return {self.instagram_id, self.app_scoped_id, self.exchange_user_id} - {""}


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

    due_at = models.DateTimeField(null=True)
    check_due_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    refresh_failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    check_failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    last_failure = models.CharField(max_length=40, blank=True, help_text="The class of the last failure.")
    last_failure_at = models.DateTimeField(null=True)
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
            models.Index(fields=["check_due_at"], condition=Q(check_due_at__isnull=False), name="credential_check_due"),
        ]

    def __str__(self) -> str:
        return f"credential of {self.connection_id}"

    @property
    def known_expiry(self) -> dt.datetime | None:
        """When this very token expires. An older token's date kills nobody: this one took its place since."""
        return self.expires_at if self.expiry_told else None


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


class Brake(models.Model):
    """One fall of a Meta app's brake; it holds while `lifted_at` is empty."""

    class Cause(models.TextChoices):
        DEATHS = "deaths", "Too many connections ended at once"
        OURS = "ours", "Instagram could not read what we sent: key, secret or host"
        WEATHER = "weather", "Instagram fails or does not answer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meta_app = models.ForeignKey(MetaApp, on_delete=models.CASCADE, related_name="brakes")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    fallen_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, help_text="When canaries or a sample were last sent.")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=260, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meta_app"], condition=Q(lifted_at__isnull=True), name="one_brake_holds")
        ]
        indexes = [models.Index(fields=["meta_app", "-fallen_at"], name="brake_history")]

    def __str__(self) -> str:
        return f"brake of {self.meta_app_id}: {self.cause}"


class Strike(models.Model):
    """Something that counts towards a brake: a connection's death, or an answer that looks like our own fault."""

    id = models.BigAutoField(primary_key=True)
    meta_app = models.ForeignKey(MetaApp, on_delete=models.CASCADE, related_name="+")
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    cause = models.CharField(max_length=10, choices=Brake.Cause.choices)
    at = models.DateTimeField()

    objects = TenantOwnedQuerySet["Strike"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["meta_app", "cause", "at"], name="strikes_in_window")]

    def __str__(self) -> str:
        return f"{self.cause} of {self.connection_id}"


class CallTally(models.Model):
    """Calls to Meta in one minute by one process, so that no two processes write the same row."""

    id = models.BigAutoField(primary_key=True)
    meta_app = models.ForeignKey(MetaApp, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    owner = models.CharField(max_length=100)
    calls = models.PositiveIntegerField(default=0)
    transient = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meta_app", "minute", "owner"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.calls} calls at {self.minute:%H:%M}"


class SweepRun(models.Model):
    """What one sweep did, in numbers alone: no token, no handle, nobody's id."""

    class Purpose(models.TextChoices):
        REFRESH = "refresh", "Renewing"
        CHECK = "check", "Checking"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    owner = models.CharField(max_length=100, help_text="The process that swept.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Empty while it runs, and for ever where it was killed.")
    claimed = models.PositiveIntegerField(default=0)
    refreshed = models.PositiveIntegerField(default=0)
    alive = models.PositiveIntegerField(default=0)
    failed = models.JSONField(default=dict, help_text="How many attempts ended with which other word.")
    lost = models.PositiveIntegerField(default=0, help_text="Changed by somebody else meanwhile.")
    leases_recovered = models.PositiveIntegerField(default=0, help_text="Claims taken over from a lease that ended.")
    seconds = models.FloatField(default=0)

    objects = TenantOwnedQuerySet["SweepRun"].as_manager()

    class Meta:
        verbose_name = "sweep"
        # Staff read by the start and old ones go by it; `/metrics` asks for those that ended of late.
        indexes = [
            models.Index(fields=["-started_at"], name="sweeps_by_start"),
            models.Index(fields=["purpose", "-ended_at"], name="sweeps_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} sweep of {self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.claimed / self.seconds if self.seconds else 0.0


class Heartbeat(models.Model):
    """When a part of the installation last gave a sign of life. It belongs to no tenant."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
