"""What is due leaves over real SMTP, and one mail's trouble is not another's."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection, transaction
from django.utils import timezone

from notifications import delivery
from notifications.delivery import DeliveryReport, deliver_due
from notifications.models import OutboxMessage, State
from tests.notifications.conftest import Greet, Owe
from tests.notifications.post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mail_leaves_and_its_row_says_so(owe: Owe, office: PostOffice) -> None:
    message = owe("a@mail.example")
    assert deliver_due() == DeliveryReport(sent=1)
    (delivered,) = office.delivered
    assert delivered.to == delivered.mail["To"] == "a@mail.example"
    assert delivered.message_id == f"<{message.pk}@localhost>"
    assert [part.get_content_type() for part in delivered.mail.iter_parts()] == ["text/plain", "text/html"]
    message.refresh_from_db()
    assert (message.state, message.due_at, message.attempts, message.last_error) == (State.SENT, None, 1, "")
    assert message.sent_at is not None
    assert (message.lease_owner, message.lease_until) == ("", None)


def test_what_was_sent_is_not_sent_again(owe: Owe, office: PostOffice) -> None:
    owe()
    deliver_due()
    assert deliver_due() == DeliveryReport()
    assert len(office.delivered) == 1


def test_the_most_overdue_leaves_first_and_the_future_waits(owe: Owe, office: PostOffice) -> None:
    now = timezone.now()
    owe("second@mail.example", now=now - dt.timedelta(hours=1))
    owe("first@mail.example", now=now - dt.timedelta(hours=2))
    owe("later@mail.example", now=now + dt.timedelta(hours=1))
    deliver_due()
    assert office.addresses == ["first@mail.example", "second@mail.example"]


def test_mails_share_a_connection_and_long_queues_use_several(
    owe: Owe, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAILS_A_LINE", 3)
    for _ in range(7):
        owe()
    assert deliver_due().sent == 7
    assert len(office.lines) == len({delivered.line for delivered in office.delivered}) == 3


def test_no_connection_is_opened_for_an_empty_outbox(db: None, office: PostOffice) -> None:
    assert deliver_due() == DeliveryReport()
    assert office.lines == []


def test_no_transaction_is_open_while_the_server_is_spoken_to(
    owe: Owe, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ones: list[bool] = []
    send = delivery._Line.send

    def spy(line: Any, mail: Any) -> None:
        open_ones.append(connection.in_atomic_block)
        send(line, mail)

    monkeypatch.setattr(delivery._Line, "send", spy)
    owe()
    deliver_due()
    assert open_ones == [False]


def test_inside_a_transaction_nothing_is_delivered(owe: Owe, office: PostOffice) -> None:
    owe()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        deliver_due()
    assert office.delivered == []


def test_the_words_are_gathered_outside_any_transaction(owe: Owe, greet: Greet, office: PostOffice) -> None:
    def context(message: OutboxMessage) -> dict[str, Any]:
        assert not connection.in_atomic_block
        return {"name": message.recipient, "number": 1}

    greet(context=context)
    owe()
    assert deliver_due().sent == 1


def test_a_run_ends_at_its_limit(owe: Owe, office: PostOffice) -> None:
    for _ in range(3):
        owe()
    assert deliver_due(limit=2).sent == 2
    assert deliver_due(limit=2).sent == 1


def test_a_run_takes_nothing_up_after_its_time(owe: Owe, office: PostOffice) -> None:
    owe()
    assert deliver_due(within=dt.timedelta(0)) == DeliveryReport()
    assert deliver_due(within=dt.timedelta(minutes=1)).sent == 1


def test_progress_is_told_after_each_mail(owe: Owe, office: PostOffice) -> None:
    told: list[int] = []
    owe()
    owe()
    deliver_due(on_progress=lambda report: told.append(report.sent))
    assert told == [1, 2]


@pytest.mark.parametrize(("context", "word"), [(lambda m: None, "obsolete"), (lambda m: {}, "too_old")])
def test_a_mail_without_a_point_is_dropped(owe: Owe, greet: Greet, office: PostOffice, context: Any, word: str) -> None:
    greet(context=context, max_age=dt.timedelta(days=1))
    age = dt.timedelta(days=2) if word == "too_old" else dt.timedelta(0)
    message = owe(now=timezone.now() - age)
    assert deliver_due() == DeliveryReport(dropped=1)
    message.refresh_from_db()
    assert (message.state, message.due_at, message.last_error) == (State.DROPPED, None, word)
    assert office.delivered == []


def test_words_that_can_not_be_gathered_stop_nobody_else(
    owe: Owe, greet: Greet, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    def context(message: OutboxMessage) -> dict[str, Any]:
        if message.recipient.startswith("broken"):
            raise ValueError("https://perennial.example/link/secret")
        return {"name": "A", "number": 1}

    greet(context=context)
    broken = owe("broken@mail.example")
    owe("fine@mail.example")
    assert deliver_due() == DeliveryReport(sent=1, retried=1)
    assert office.addresses == ["fine@mail.example"]
    broken.refresh_from_db()
    assert (broken.state, broken.last_error, broken.attempts) == (State.PENDING, "render", 1)
    assert broken.due_at and broken.due_at > timezone.now()
    assert "ValueError at " in caplog.text
    assert "secret" not in caplog.text


def test_a_missing_template_is_tried_again(owe: Owe, office: PostOffice, settings: Any) -> None:
    message = owe()
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": []}]
    assert deliver_due() == DeliveryReport(retried=1)
    message.refresh_from_db()
    assert message.last_error == "render"


def test_a_kind_that_this_release_does_not_know_is_tried_again(owe: Owe, office: PostOffice) -> None:
    message = owe()
    OutboxMessage.objects.update(kind="of_tomorrow")
    assert deliver_due() == DeliveryReport(retried=1)
    message.refresh_from_db()
    assert message.last_error == "unknown_kind"


def test_the_log_names_domains_and_neither_addresses_nor_words(
    owe: Owe, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office.rcpt_replies["bad.person@mail.example"] = "550 bad.person@mail.example unknown"
    owe("good.person@mail.example")
    owe("bad.person@mail.example")
    deliver_due()
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("notifications"))
    assert "mail.example: sent" in ours
    assert "mail.example: refused smtp_550" in ours
    assert "person" not in ours
    assert "Hello" not in ours


def test_any_backend_of_django_will_do(owe: Owe) -> None:
    owe("a@mail.example")
    assert deliver_due().sent == 1
    assert [mail.to for mail in outbox.outbox] == [["a@mail.example"]]
