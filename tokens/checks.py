"""System checks: what is set, but wrong together. Each id is stable."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

META_URLS = (
    "INSTAGRAM_AUTHORIZE_URL",
    "INSTAGRAM_API_URL",
    "INSTAGRAM_GRAPH_URL",
    "FACEBOOK_DIALOG_URL",
    "FACEBOOK_GRAPH_URL",
)
SHORT_SECRET = 40


@register("perennial")
def meta_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Tokens travel in queries and headers: never over plain http but to this very machine."""
    found: list[CheckMessage] = []
    for name in META_URLS:
        parts = urlsplit(getattr(settings, name))
        if parts.scheme == "https":
            continue
        if not is_loopback(parts.hostname or ""):
            found.append(Error(f"{name} is plain http to another machine.", hint="Use https.", id="perennial.E001"))
        elif not (settings.DEBUG or settings.ALLOW_INSECURE_META):
            hint = "Use https, or set ALLOW_INSECURE_META=True for an emulator on this machine."
            found.append(Error(f"{name} is plain http.", hint=hint, id="perennial.E002"))
        elif not settings.DEBUG:
            hint = "Right for an emulator on this machine, never for creators."
            found.append(
                Warning(f"{name} is plain http, allowed by ALLOW_INSECURE_META.", hint=hint, id="perennial.W001")
            )
    return found


@register("perennial")
def debug_in_public(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG and not is_loopback(settings.SITE_HOST):
        hint = "Set DEBUG=False: its error pages tell strangers about the inside."
        return [Error("DEBUG is on, but SITE_URL is public.", hint=hint, id="perennial.E003")]
    return []


@register("perennial")
def queue_times(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    times: dict[str, Any] = settings.Q_CLUSTER
    if times["retry"] <= times["timeout"]:
        hint = "A task that still runs would be handed to a second worker. Raise Q_CLUSTER's retry."
        return [Error("The queue's retry is not above its timeout.", hint=hint, id="perennial.E004")]
    return []


@register("perennial")
def keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SECRET_KEY in settings.FERNET_KEYS:
        hint = "Give FERNET_KEYS a key of its own, so that one leak does not open both."
        found.append(Error("A key in FERNET_KEYS equals SECRET_KEY.", hint=hint, id="perennial.E005"))
    if settings.FERNET_USE_HKDF:
        hint = "Remove FERNET_USE_HKDF: with it a mistyped key can't be found."
        found.append(Error("Key derivation is on.", hint=hint, id="perennial.E006"))
    if len(settings.SECRET_KEY) < SHORT_SECRET:
        hint = f"Take at least {SHORT_SECRET} random characters: sessions and links are signed with it."
        found.append(Warning("SECRET_KEY is short.", hint=hint, id="perennial.W002"))
    return found


@register("perennial")
def apps(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for flavour in ("INSTAGRAM", "FACEBOOK"):
        app_id, secret = (bool(getattr(settings, f"{flavour}_APP_{part}")) for part in ("ID", "SECRET"))
        if app_id != secret:
            missing = "SECRET" if app_id else "ID"
            hint = "Copy both from the app's dashboard at Meta."
            found.append(
                Error(f"{flavour}_APP_{missing} is not set, the other half is.", hint=hint, id="perennial.E007")
            )
    return found


@register("perennial")
def shared_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    backend = str(settings.CACHES["default"]["BACKEND"])
    if backend.endswith(("LocMemCache", "DummyCache")):
        hint = "Leave CACHE_URL empty for the database, or give a redis:// address."
        return [
            Error(
                "The cache is not shared between processes: rate limits would not hold.",
                hint=hint,
                id="perennial.E008",
            )
        ]
    return []


@register("perennial")
def mail_backend(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        import_string(settings.EMAIL_BACKEND)
    except ImportError:
        hint = "For EMAIL_URL=anymail://… install Perennial with its extra: pip install '.[anymail]'."
        return [Error(f"{settings.EMAIL_BACKEND} is not installed.", hint=hint, id="perennial.E009")]
    return []


@register("perennial", deploy=True)
def production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`check --deploy`: what a service for others needs beyond what runs."""
    found: list[CheckMessage] = []
    if not settings.SERVED_BY_HTTPS:
        found.append(Warning("SITE_URL is plain http.", hint="Meta accepts https callbacks only.", id="perennial.W003"))
    if not settings.STAFF_ALERT_EMAILS:
        hint = "Name somebody who hears of a fallen brake."
        found.append(Warning("STAFF_ALERT_EMAILS is empty.", hint=hint, id="perennial.W004"))
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        hint = "Set EMAIL_URL, or nobody gets a reconnect link."
        found.append(Warning("Mail goes to the console.", hint=hint, id="perennial.W005"))
    return found


def is_loopback(host: str) -> bool:
    """Whether `host` names this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
