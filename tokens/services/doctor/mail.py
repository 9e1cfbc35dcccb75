"""Mail: whether the server takes us, and whether what is owed leaves."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Case, Count, Min, Q, When
from django.utils import timezone

from notifications.failures import judge
from notifications.models import OutboxMessage, State
from tokens.services.doctor.finding import Said, Task, count, ok, warning, wrong

AREA = "Mail"
SECONDS, SENDING_SECONDS = 5.0, 10.0
LATE, VERY_LATE = dt.timedelta(minutes=15), dt.timedelta(hours=1)
LATELY = dt.timedelta(days=7)
NOT_A_SERVER = {
    "console": "Mails are printed, not sent.",
    "filebased": "Mails are written to files, not sent.",
    "locmem": "Mails are kept in memory, not sent.",
    "dummy": "Mails are thrown away.",
}
WHY = {
    "timeout": ("It does not answer.", "Check host and port in EMAIL_URL, and the firewall."),
    "connection": ("No connection.", "Check host, port and encryption (smtp+tls, smtp+ssl) in EMAIL_URL."),
    "smtp": ("It does not speak as EMAIL_URL says.", "Check the encryption and the way of signing in."),
}


def tasks(send_to: str = "") -> list[Task]:
    """The looks of this part.

    Args:
        send_to: whom to send a test mail; nobody by default.
    """
    found = [
        Task(AREA, "Server", _server, asks="network", seconds=SECONDS),
        Task(AREA, "Sender", _sender, asks="nobody"),
        Task(AREA, "Outbox", _outbox),
    ]
    if send_to:
        found.append(Task(AREA, "Test mail", lambda: _sent(send_to), asks="network", seconds=SENDING_SECONDS))
    return found


def _server() -> Said:
    """The beginning of a conversation: connect, greet, encrypt and sign in as EMAIL_URL says. No mail is sent."""
    kind = settings.EMAIL_BACKEND.split(".")[-2]
    if kind in NOT_A_SERVER:
        return warning(NOT_A_SERVER[kind], "Set EMAIL_URL to a mail server, or nobody gets a reconnect link.")

    def greet() -> Said:
        backend: Any = get_connection(timeout=SECONDS - 1)
        try:
            backend.open()
            # Without encryption and sign-in nothing has been said yet; backends of another kind have no such line.
            if hasattr(getattr(backend, "connection", None), "noop"):
                backend.connection.ehlo_or_helo_if_needed()
                backend.connection.noop()
        finally:
            with contextlib.suppress(Exception):
                backend.close()
        return ok("It answers, and takes us as EMAIL_URL says.")

    return _judged(greet)


def _judged(talk: Callable[[], Said]) -> Said:
    try:
        return talk()
    except Exception as error:  # its text may quote a password or the mail
        word = judge(error).word
    if word in WHY:
        return wrong(*WHY[word])
    if word in {"smtp_530", "smtp_534", "smtp_535", "smtp_538"}:
        return wrong("It refuses our sign-in.", "Check user and password in EMAIL_URL.")
    return wrong(f"It refuses us ({word}).", "Its own log tells why; check EMAIL_URL and DEFAULT_FROM_EMAIL.")


def _sent(address: str) -> Said:
    body = f"This is a test of the mail of {settings.SITE_URL}, asked for by `manage.py doctor`. Nothing is wrong.\n"
    mail = EmailMessage("Perennial: a test mail", body, settings.DEFAULT_FROM_EMAIL, [address])

    def send() -> Said:
        mail.connection = get_connection(timeout=SECONDS - 1)
        mail.send()
        return ok("Sent. Look whether it came, and not among the junk.")

    return _judged(send)


def _sender() -> Said:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()
    local = "." not in domain or domain.endswith((".localhost", ".local", ".example", ".invalid", ".test"))
    if local or domain.removeprefix("www.") in {"example.com", "example.org", "example.net"}:
        return warning(
            f"{settings.DEFAULT_FROM_EMAIL}: most servers refuse mail from such a domain.",
            "Set DEFAULT_FROM_EMAIL to an address of a domain of yours, with SPF and DKIM for the mail server.",
        )
    return ok(f"{settings.DEFAULT_FROM_EMAIL}.")


def _outbox() -> Said:
    now = timezone.now()
    # What has its time ahead does not wait: a digest, and what its workspace's hour has no room for.
    waiting = Q(due_at__lte=now) | Q(due_at__isnull=False, attempts__gt=0)
    since = Case(When(attempts=0, then="due_at"), default="created_at")
    found = OutboxMessage.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        oldest=Min(since, filter=waiting),
        refused=Count("pk", filter=Q(state=State.REFUSED, created_at__gt=now - LATELY)),
    )
    age = now - found["oldest"] if found["waiting"] else dt.timedelta(0)
    if age > LATE:
        minutes = int(age.total_seconds() // 60)
        sentence = f"{count(found['waiting'], 'mail waits', 'mails wait')}, the oldest for {count(minutes, 'minute')}."
        return (wrong if age > VERY_LATE else warning)(sentence, "Do workers run, and does the mail server take them?")
    if found["refused"]:
        return warning(
            f"{count(found['refused'], 'mail was', 'mails were')} refused for good in the last seven days.",
            "Mail at /admin/ tells which and by what word: addresses that do not exist, or a sender not trusted.",
        )
    return ok(f"{count(found['waiting'], 'mail waits', 'mails wait')}, and none was refused in the last seven days.")
