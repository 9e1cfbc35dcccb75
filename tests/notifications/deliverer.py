"""A deliverer in a process of its own, for tests that kill one: `deliverer DATABASE_NAME SMTP_PORT`."""

from __future__ import annotations

import sys
from typing import Any

import django
from django.conf import settings


def main(database: str, port: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
    django.setup()
    # Models can be imported from here on.
    from notifications import registry  # noqa: PLC0415
    from notifications.delivery import deliver_due  # noqa: PLC0415
    from tests.notifications.conftest import KIND, TEMPLATES  # noqa: PLC0415

    engine: Any = settings.TEMPLATES[0]
    engine["DIRS"] = [*engine["DIRS"], TEMPLATES]
    registry.register(KIND, context=lambda message: {"name": "A", "number": 1})
    deliver_due()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
