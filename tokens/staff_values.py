"""The values of alerts to staff that name a Meta app's own host and settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from tokens.flavours import FLAVOURS
from tokens.models import MetaApp
from tokens.remedies import refused_request, set_up


def set_up_wrongly(app: MetaApp) -> dict[str, Any]:
    """Nobody can connect through `app`."""
    host = FLAVOURS[app.flavour].host
    return {"app": app, "host": host, "checks": set_up(app), "site_url": settings.SITE_URL}


def refused_values(values: dict[str, Any]) -> dict[str, Any]:
    """A request about a connection is refused; `values` hold the connection."""
    app = values["connection"].meta_app
    return {**values, "host": FLAVOURS[app.flavour].host, "checks": refused_request(app)}
