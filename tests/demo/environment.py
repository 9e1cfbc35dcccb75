"""The product's environment in the demo. Every variable is set: neither the shell's nor a `.env` file's reach in."""

from __future__ import annotations

import os
from urllib.parse import quote

from tests.emulator.addresses import addresses

from .folder import Folder
from .people import STAFF
from .ports import Ports

# Empty is the same as not set: the product's defaults.
DEFAULTS = (
    "ALLOWED_HOSTS", "BRAKE_MIN_DEATHS", "BRAKE_SHARE", "BROKER_URL", "CACHE_URL", "CHECK_EVERY_HOURS", "CLAIM_SIZE",
    "CONFIRM_PAUSE_SECONDS", "DEBUG", "DRAIN_SECONDS", "EVENT_RETENTION_DAYS", "FACEBOOK_SCOPES", "GRAPH_API_VERSION",
    "GROUP_SIZE", "GUNICORN_CMD_ARGS", "LINK_LIFETIME_DAYS", "MAILS_PER_WORKSPACE_HOUR", "NIGHT_LIMIT",
    "REFRESH_AGE_DAYS", "REFRESH_CRON", "STAFF_TWO_FACTOR", "STATUS_TOKEN", "SWEEP_THREADS", "TRUSTED_PROXY_COUNT",
)  # fmt: skip
META_SECRET = "emulator-meta-secret"


def environment(folder: Folder, ports: Ports) -> dict[str, str]:
    graph = f"http://127.0.0.1:{ports.emulator}"
    return {
        **os.environ,
        **dict.fromkeys(DEFAULTS, ""),
        **folder.keys(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{quote(str(folder.database))}",
        "SITE_URL": ports.site_url,
        "EMAIL_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "DEFAULT_FROM_EMAIL": "Perennial <perennial@localhost>",
        "STAFF_ALERT_EMAILS": STAFF,
        "EMAIL_VERIFICATION": "none",
        # The emulator's own apps, and where they are told what people do at Instagram and Facebook.
        "INSTAGRAM_APP_ID": "1234567890",
        "INSTAGRAM_APP_SECRET": "emulator-app-secret",
        "INSTAGRAM_META_APP_SECRET": META_SECRET,
        "EMULATOR_META_SECRET": META_SECRET,
        "EMULATOR_DEAUTHORIZE_URL": f"{ports.site_url}/meta/deauthorize/",
        "EMULATOR_DELETION_URL": f"{ports.site_url}/meta/data-deletion/",
        "INSTAGRAM_SCOPES": "instagram_business_basic,instagram_business_manage_insights",
        "FACEBOOK_APP_ID": "987654321012345",
        "FACEBOOK_APP_SECRET": "emulator-facebook-secret",
        "EMULATOR_FACEBOOK_DEAUTHORIZE_URL": f"{ports.site_url}/meta/deauthorize/",
        "EMULATOR_FACEBOOK_DELETION_URL": f"{ports.site_url}/meta/data-deletion/",
        **addresses(graph, ports.emulator_url),
        "ALLOW_INSECURE_META": "True",
        "WEB_CONCURRENCY": "1",
        "PYTHONUNBUFFERED": "1",
        # For the parts and for `prepare`.
        "PERENNIAL_DEMO_DIR": str(folder.path),
        "PERENNIAL_DEMO_EMULATOR": graph,
    }
