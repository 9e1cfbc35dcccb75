"""What the engine keeps about itself: the brake and what it counts, budgets, sweeps, signs of life."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from accounts.querysets import TenantOwnedQuerySet
from tokens.models.connections import Connection, MetaApp


class Brake(models.Model):
    """One fall of a Meta app's brake; it holds while `lifted_at` is empty."""

    class Cause(models.TextChoices):
        DEATHS = "deaths", "Too many connections ended at once"
        OURS = "ours", "Meta could not read what we sent: key, secret or host"
        WEATHER = "weather", "Meta fails or does not answer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meta_app = models.ForeignKey(MetaApp, on_delete=models.CASCADE, related_name="brakes")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    fallen_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, help_text="When canaries or a sample were last sent.")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=260, blank=True)
    released = models.BooleanField(
        default=False, help_text="Staff say that what it held has ended: those deaths let no further brake fall."
    )

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
    seconds = models.FloatField(default=0, help_text="Waited for Meta's answers, all calls together.")
    slowest = models.FloatField(default=0, help_text="Seconds of the longest of them.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meta_app", "minute", "owner"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.calls} calls at {self.minute:%H:%M}"


class AppBudget(models.Model):
    """How much of a Meta app's limit is used up, by Meta's own figures, shared by all processes and machines.

    There is a row only for an app of which Meta told a figure that matters; without one calls go at full speed.
    """

    meta_app = models.OneToOneField(MetaApp, on_delete=models.CASCADE, primary_key=True, related_name="budget")
    usage = models.FloatField(null=True, help_text="Percent of the limit, the highest of Meta's figures.")
    usage_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True, help_text="Nobody asks before; then one canary does.")
    cause = models.CharField(max_length=40, blank=True, help_text="What Meta said: a code, or its usage figure.")
    limits = models.PositiveIntegerField(default=0, help_text="Pauses in a row that no success has ended.")
    canary_owner = models.CharField(max_length=100, blank=True)
    canary_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"budget of {self.meta_app_id}"


class UnknownAnswer(models.Model):
    """An answer of Meta's that no rule of ours knows, counted: the next one to be taught. It belongs to no tenant.

    Of its text only plain words are kept, so that it holds no id, handle or token.
    """

    id = models.BigAutoField(primary_key=True)
    fingerprint = models.CharField(max_length=64, unique=True, help_text="Of call, codes and text.")
    call = models.CharField(max_length=30)
    status = models.PositiveIntegerField(null=True)
    code = models.BigIntegerField(null=True)
    subcode = models.BigIntegerField(null=True)
    text = models.CharField(max_length=200, blank=True)
    trace_id = models.CharField(max_length=40, blank=True, help_text="Of the last one; Meta's support asks for it.")
    count = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-last_at"], name="unknown_answers_by_date")]

    def __str__(self) -> str:
        return f"{self.call}: code {self.code}, {self.count} times"


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
