"""What Meta asks for by its callbacks, and what must stay of it."""

from __future__ import annotations

import uuid

from django.db import models

from tokens.models.connections import MetaApp


class DeletionRequest(models.Model):
    """Somebody asked Meta to have their data deleted: code, time and state, and nothing about who it was.

    It outlives the Meta app and the workspace: the person may ask for its state years later.
    """

    class State(models.TextChoices):
        ERASED = "erased", "Erased"
        NOTHING_FOUND = "nothing_found", "Nothing was stored"
        CONNECTED_AGAIN = "connected_again", "Connected again since"

    class Secret(models.TextChoices):
        """Which of an app's secrets had signed it: Meta documents neither."""

        INSTAGRAM = "instagram"
        META = "meta"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=32, unique=True, help_text="What the person was given to ask by.")
    meta_app = models.ForeignKey(MetaApp, on_delete=models.SET_NULL, null=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True, help_text="Keyed; tells a request that is repeated.")
    signed_with = models.CharField(max_length=10, choices=Secret.choices)
    state = models.CharField(max_length=16, choices=State.choices)
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-received_at"], name="deletions_by_date")]

    def __str__(self) -> str:
        return f"deletion request {self.code}"
