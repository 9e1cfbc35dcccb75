"""The loop that everybody writes first: one request after the other, each row saved as a whole."""

from __future__ import annotations

import datetime as dt

import requests
from django.utils import timezone

from tokens.models import Credential


def refresh(number: int, meta_url: str) -> None:
    """Refreshes `number` due credentials at `meta_url`, one by one."""
    for credential in Credential.objects.filter(due_at__lte=timezone.now())[:number]:
        assert credential.token is not None
        response = requests.get(
            f"{meta_url}/refresh_access_token",
            params={"grant_type": "ig_refresh_token", "access_token": credential.token.reveal()},
            timeout=30,
        )
        fresh = response.json()
        now = timezone.now()
        credential.token = fresh["access_token"]
        credential.obtained_at = credential.issued_at = credential.refreshed_at = now
        credential.expires_at = now + dt.timedelta(seconds=fresh["expires_in"])
        credential.due_at = now + dt.timedelta(days=50)
        credential.version += 1
        credential.save()
