"""Mail: a real conversation with a server that is well, refuses, is silent or is not there; and what is owed."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.notifications.conftest import use_server
from tests.notifications.post_office import (
    PostOffice,
    closed_port,
    open_for_business,
    silent_port,
    unfriendly_port,
)
from tests.tokens.helpers import ago
from tokens.services.doctor import mail as part

pytestmark = pytest.mark.django_db

BACKENDS = "django.core.mail.backends"


@pytest.fixture
def office(settings):
    office = PostOffice()
    with open_for_business(office) as port:
        use_server(settings, port)
        yield office


def test_a_server_that_answers_is_greeted_and_gets_no_mail(line, office):
    assert line("Server").level == "ok"
    assert len(office.lines) == 1
    assert office.delivered == []


def test_a_server_that_refuses_our_password_is_wrong(line, office, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "perennial", "c4n4ry"
    found = line("Server")
    assert (found.level, found.sentence) == ("wrong", "It refuses our sign-in.")
    assert "c4n4ry" not in repr(found)


def test_one_without_the_encryption_that_is_asked_for_is_wrong(line, office, settings):
    settings.EMAIL_USE_TLS = True
    found = line("Server")
    assert found.level == "wrong"
    assert "encryption" in found.remedy


def test_nobody_there_is_wrong(line, settings):
    with closed_port() as port:
        use_server(settings, port)
        found = line("Server")
    assert (found.level, found.sentence) == ("wrong", "No connection.")


def test_one_that_says_nothing_holds_up_nobody(line, settings, monkeypatch):
    monkeypatch.setattr(part, "SECONDS", 1.5)
    started = time.monotonic()
    with silent_port() as port:
        use_server(settings, port)
        found = line("Server")
    assert (found.level, found.sentence) == ("wrong", "It does not answer.")
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("greeting", [b"554 c4n4ry go away\r\n", b"HTTP/1.1 400 c4n4ry\r\n\r\n", b""])
def test_one_that_greets_otherwise_is_wrong_without_its_words(greeting, line, settings):
    with unfriendly_port(greeting) as port:
        use_server(settings, port)
        found = line("Server")
    assert found.level == "wrong"
    assert "c4n4ry" not in repr(found)


@pytest.mark.parametrize("kind", ["console", "filebased", "locmem", "dummy"])
def test_what_is_no_server_is_warned_about(kind, line, settings):
    settings.EMAIL_BACKEND = f"{BACKENDS}.{kind}.EmailBackend"
    assert line("Server").level == "warning"


@pytest.mark.parametrize(
    ("sender", "level"),
    [
        ("Perennial <hello@acme.dev>", "ok"), ("perennial@localhost", "warning"), ("p@example.com", "warning"),
        ("p@mail.local", "warning"),
    ],
)  # fmt: skip
def test_the_sender_is_of_a_real_domain(sender, level, line, settings):
    settings.DEFAULT_FROM_EMAIL = sender
    assert line("Sender").level == level


# A test mail


def test_a_test_mail_is_sent_where_it_is_asked_for_alone(line, lines, office):
    assert lines("Test mail") == []
    assert line("Test mail", mail_to="anna@acme.dev").level == "ok"
    assert office.addresses == ["anna@acme.dev"]
    assert "Nothing is wrong." in office.delivered[0].mail.get_content()


@pytest.mark.parametrize("reply", ["550 no such c4n4ry", "421 later"])
def test_one_that_is_refused_says_so_by_its_number(reply, line, office):
    office.rcpt_replies["anna@acme.dev"] = reply
    found = line("Test mail", mail_to="anna@acme.dev")
    assert (found.level, found.sentence) == ("wrong", f"It refuses us (smtp_{reply[:3]}).")


# What is owed


def owe(state: str = "pending", due_in: dt.timedelta | None = None, attempts: int = 0, **created):
    """By default one that was due from its first moment on."""
    due_at = ago(**created) if due_in is None else timezone.now() + due_in
    OutboxMessage.objects.create(
        kind="x", recipient="a@b.example", dedupe_key=f"{state}{created}", state=state, attempts=attempts,
        due_at=due_at if state == "pending" else None, created_at=ago(**created),
    )  # fmt: skip


@pytest.mark.parametrize(("minutes", "level"), [(14, "ok"), (16, "warning"), (61, "wrong")])
def test_mail_that_waits_too_long(minutes, level, line):
    owe(minutes=minutes)
    owe("sent", days=3)
    assert line("Outbox").level == level


def test_mail_whose_time_is_ahead_does_not_wait_and_one_that_is_tried_again_does(line):
    owe(due_in=dt.timedelta(hours=9), hours=12)
    assert line("Outbox").sentence == "0 mails wait, and none was refused in the last seven days."
    owe(due_in=dt.timedelta(hours=1), attempts=8, hours=2)
    assert (line("Outbox").level, line("Outbox").sentence) == ("wrong", "1 mail waits, the oldest for 120 minutes.")


@pytest.mark.parametrize(("days", "level"), [(6, "warning"), (8, "ok")])
def test_mail_that_was_refused_of_late(days, level, line):
    owe("refused", days=days)
    assert line("Outbox").level == level
