"""What a mail server says, and what becomes of the mail, the run and the rest of the queue."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.utils import timezone

from notifications import delivery
from notifications.delivery import DeliveryReport, deliver_due
from notifications.failures import Failure, judge
from notifications.models import OutboxMessage, State
from tests.notifications.conftest import Owe, use_server
from tests.notifications.post_office import PostOffice, closed_port, silent_port, unfriendly_port

pytestmark = pytest.mark.django_db(transaction=True)

BAD, FINE = "bad@mail.example", "fine@mail.example"
Travel = Callable[[dt.datetime], Any]


def row(address: str) -> OutboxMessage:
    return OutboxMessage.objects.get(recipient=address)


@pytest.fixture
def two(owe: Owe) -> None:
    """One mail that meets with trouble, and one behind it."""
    now = timezone.now()
    owe(BAD, now=now - dt.timedelta(minutes=2))
    owe(FINE, now=now - dt.timedelta(minutes=1))


@pytest.mark.parametrize("at", ["rcpt", "data"])
@pytest.mark.parametrize("reply", ["550 no such user", "501 bad syntax", "552 too much", "554 no"])
@pytest.mark.usefixtures("two")
def test_a_permanent_refusal_ends_the_mail_at_once(office: PostOffice, at: str, reply: str) -> None:
    getattr(office, f"{at}_replies")[BAD] = reply
    assert deliver_due() == DeliveryReport(sent=1, refused=1)
    message = row(BAD)
    assert (message.state, message.due_at, message.attempts) == (State.REFUSED, None, 1)
    assert message.last_error == f"smtp_{reply[:3]}"
    assert office.addresses == [FINE]


@pytest.mark.parametrize("at", ["rcpt", "data"])
@pytest.mark.usefixtures("two")
def test_a_temporary_refusal_is_tried_again(office: PostOffice, at: str) -> None:
    replies = getattr(office, f"{at}_replies")
    replies[BAD] = "451 greylisted"
    assert deliver_due() == DeliveryReport(sent=1, retried=1)
    message = row(BAD)
    assert (message.state, message.attempts, message.last_error) == (State.PENDING, 1, "smtp_451")
    del replies[BAD]
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())
    assert deliver_due() == DeliveryReport(sent=1)
    assert office.copies == {FINE: 1, BAD: 1}


@pytest.mark.usefixtures("two")
def test_a_server_that_hangs_up_on_a_mail_gets_the_next_on_a_new_line(office: PostOffice) -> None:
    office.data_replies[BAD] = PostOffice.DROP
    assert deliver_due() == DeliveryReport(sent=1, retried=1)
    assert row(BAD).last_error == "connection"
    assert len(office.lines) == 2


@pytest.mark.usefixtures("two")
def test_a_server_that_falls_silent_is_left_after_the_timeout(office: PostOffice, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    office.data_replies[BAD] = PostOffice.HANG
    assert deliver_due() == DeliveryReport(sent=1, retried=1)
    assert row(BAD).last_error == "timeout"


def test_two_broken_conversations_in_a_row_end_the_run(owe: Owe, office: PostOffice) -> None:
    for number in range(5):
        owe(f"{number}@mail.example")
        office.data_replies[f"{number}@mail.example"] = PostOffice.DROP
    assert deliver_due() == DeliveryReport(retried=2, stopped="connection")
    assert OutboxMessage.objects.filter(attempts=0, lease_until=None).due(timezone.now()).count() == 3


@pytest.mark.parametrize(
    ("port", "word"),
    [
        (closed_port, "connection"),
        (silent_port, "timeout"),
        (lambda: unfriendly_port(b"554 not you\r\n"), "smtp_554"),
        (lambda: unfriendly_port(b"421 not now\r\n"), "smtp_421"),
        (lambda: unfriendly_port(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "connection"),
    ],
    ids=["refused", "silent", "554", "421", "no SMTP"],
)
@pytest.mark.usefixtures("two")
def test_a_server_that_can_not_be_reached_is_asked_once_and_the_rest_stays_due(
    settings: Any, port: Callable[[], AbstractContextManager[int]], word: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    with port() as number:
        use_server(settings, number)
        assert deliver_due() == DeliveryReport(retried=1, stopped=word)
    message = row(BAD)
    assert (message.state, message.last_error) == (State.PENDING, word)
    untouched = row(FINE)
    assert (untouched.attempts, untouched.lease_until, untouched.last_error) == (0, None, "")


@pytest.mark.usefixtures("two")
def test_a_refused_sign_in_is_our_fault_and_loses_no_mail(office: PostOffice, settings: Any) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "perennial", "wrong"
    assert deliver_due() == DeliveryReport(retried=1, stopped="smtp_535")
    assert not OutboxMessage.objects.exclude(state=State.PENDING).exists()


@pytest.mark.parametrize("reply", ["550 sender not allowed", "421 closing"])
@pytest.mark.usefixtures("two")
def test_a_refused_sender_is_our_fault_and_loses_no_mail(office: PostOffice, reply: str) -> None:
    office.mail_from_reply = reply
    assert deliver_due() == DeliveryReport(retried=2, stopped=f"smtp_{reply[:3]}")


@pytest.mark.usefixtures("two")
def test_a_backend_that_raises_something_else_stops_nobody(settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.notifications.test_refusals.OddBackend"
    assert deliver_due() == DeliveryReport(retried=2)
    assert row(BAD).last_error == "backend"


class OddBackend:
    def __init__(self, **options: Any) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def send_messages(self, mails: list[Any]) -> int:
        raise LookupError("something of its own")


def test_pauses_grow_from_a_minute_to_six_hours_and_are_jittered() -> None:
    for attempts, longest in [(1, 75), (2, 150), (5, 1200), (9, 19_200), (10, 21_600), (10_000, 21_600)]:
        pauses = [delivery._pause(attempts).total_seconds() for _ in range(200)]
        assert 0.8 * longest <= min(pauses) < max(pauses) <= longest


def test_a_mail_is_given_up_after_three_days(owe: Owe, office: PostOffice, travel: Travel) -> None:
    start = timezone.now()
    travel(start)
    message = owe(BAD)
    office.rcpt_replies[BAD] = "450 mailbox busy"
    attempts = 0
    while message.due_at:
        travel(message.due_at)
        deliver_due()
        attempts += 1
        message.refresh_from_db()
    assert (message.state, message.last_error, message.attempts) == (State.REFUSED, "smtp_450", attempts)
    assert dt.timedelta(days=3) <= timezone.now() - start < dt.timedelta(days=3, hours=6)
    assert 15 < attempts < 30


def test_a_mail_that_waited_out_a_long_outage_is_still_tried(owe: Owe, office: PostOffice) -> None:
    office.rcpt_replies[BAD] = "450 mailbox busy"
    message = owe(BAD, now=timezone.now() - dt.timedelta(days=10))
    assert deliver_due() == DeliveryReport(retried=1)
    # The pauses of so many tries alone are two days and more.
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now(), attempts=18)
    assert deliver_due() == DeliveryReport(retried=1)
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())
    assert deliver_due() == DeliveryReport(refused=1)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (smtplib.SMTPRecipientsRefused({BAD: (421, b"")}), Failure("smtp_421", of_server=True)),
        (smtplib.SMTPRecipientsRefused({BAD: (530, b"")}), Failure("smtp_530", of_server=True)),
        (smtplib.SMTPRecipientsRefused({BAD: (553, b"")}), Failure("smtp_553", final=True, of_address=True)),
        (smtplib.SMTPDataError(503, b""), Failure("smtp_503", of_server=True)),
        (smtplib.SMTPSenderRefused(552, b"5.3.4 too long", "a@b"), Failure("smtp_552", final=True)),
        (smtplib.SMTPSenderRefused(550, b"5.7.1 who?", "a@b"), Failure("smtp_550", of_server=True)),
        (smtplib.SMTPHeloError(501, b""), Failure("smtp_501", of_server=True)),
        (smtplib.SMTPNotSupportedError("no AUTH"), Failure("smtp", of_server=True)),
        (smtplib.SMTPServerDisconnected("gone"), Failure("connection", of_server=True)),
        (TimeoutError(), Failure("timeout", of_server=True)),
        (ConnectionResetError(), Failure("connection", of_server=True)),
        (KeyError("x"), Failure("backend")),
    ],
)
def test_whose_fault_a_failure_is(error: Exception, failure: Failure) -> None:
    assert judge(error) == failure
