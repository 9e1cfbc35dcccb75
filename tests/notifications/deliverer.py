"""Deliverers in processes of their own, for tests that kill one: `deliverer DATABASE_NAME SMTP_PORT [--steps]`.

With `--steps` it reads the names of steps, a line each. For each it forks a deliverer that kills itself there, and
writes how that one ended.
"""

from __future__ import annotations

import os
import signal
import smtplib
import sys
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings

WORDS = {"name": "A", "number": 1}
# Where a deliverer dies, by the product's or the library's function, and whether before it or after it.
STEPS: dict[str, tuple[str, str, str]] = {
    "before the claim": ("OutboxQuerySet", "claim", "before"),
    "in the claim's transaction": ("OutboxQuerySet", "claim", "after"),
    "after the claim": ("delivery", "_claim", "after"),
    "after composing": ("delivery", "compose", "after"),
    "connection open": ("_Line", "open", "after"),
    "lease renewed": ("_Line", "send", "before"),
    "after MAIL FROM": ("SMTP", "mail", "after"),
    "after RCPT TO": ("SMTP", "rcpt", "after"),
    "in DATA": ("SMTP", "send", "within"),
    "after DATA": ("SMTP", "data", "after"),
    "before the row is stored": ("_Run", "_end", "before"),
    "after the row is stored": ("_Run", "_end", "after"),
}


def main(database: str, port: str, *mode: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
    django.setup()
    # Models can be imported from here on.
    from notifications import delivery, registry  # noqa: PLC0415
    from notifications.querysets import OutboxQuerySet  # noqa: PLC0415
    from tests.notifications.conftest import KIND, TEMPLATES  # noqa: PLC0415

    engine: Any = settings.TEMPLATES[0]
    engine["DIRS"] = [*engine["DIRS"], TEMPLATES]
    registry.register(KIND, title="A greeting", context=lambda message: WORDS)
    owners = {
        "OutboxQuerySet": OutboxQuerySet,
        "delivery": delivery,
        "_Line": delivery._Line,
        "_Run": delivery._Run,
        "SMTP": smtplib.SMTP,
    }
    if not mode:
        delivery.deliver_due()
    for line in sys.stdin if mode else ():
        child = os.fork()
        if not child:
            owner, name, when = STEPS[line.strip()]
            die_at(owners[owner], name, when)
            delivery.deliver_due()
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def die_at(owner: Any, name: str, when: str) -> None:
    """Makes this very process kill itself before, after or within `owner.name`."""
    original: Callable[..., Any] = getattr(owner, name)

    def deadly(*args: Any, **options: Any) -> Any:
        if when == "within":
            return half_sent(original, *args)
        if when == "after":
            original(*args, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)


def half_sent(send: Callable[..., Any], server: Any, content: Any) -> None:
    """Commands are short; the mail itself breaks off in its middle."""
    if len(content) < 500:
        send(server, content)
        return
    send(server, content[: len(content) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
