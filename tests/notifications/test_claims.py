"""Several deliverers at one outbox, and deliverers that die."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from notifications import delivery
from notifications.delivery import DeliveryReport, deliver_due
from notifications.models import OutboxMessage, State
from notifications.querysets import OutboxQuerySet
from tests.notifications.conftest import Greet, Owe
from tests.notifications.post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)


def deliverer() -> subprocess.Popen[bytes]:
    database, port = str(connection.settings_dict["NAME"]), str(project.EMAIL_PORT)
    command = [sys.executable, "-m", "tests.notifications.deliverer", database, port]
    return subprocess.Popen(command, cwd=project.BASE_DIR, env=dict(os.environ))


def lapse() -> None:
    """What passing time does to every lease."""
    OutboxMessage.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))


def take_over(message: OutboxMessage, **changes: Any) -> None:
    """What another deliverer's claim does to the row."""
    OutboxMessage.objects.filter(pk=message.pk).update(fence=message.fence + 10, **changes)


def test_threads_share_the_work_and_repeat_nothing(owe: Owe, office: PostOffice) -> None:
    for _ in range(30):
        owe()
    reports: list[DeliveryReport] = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait(10)
            reports.append(deliver_due())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(reports) == 4
    assert sum(report.sent for report in reports) == 30
    assert sum(report.lost_lease for report in reports) == 0
    assert set(office.copies.values()) == {1}
    assert len(office.copies) == 30


def test_processes_share_the_work_and_repeat_nothing(owe: Owe, office: PostOffice) -> None:
    for _ in range(30):
        owe()
    workers = [deliverer(), deliverer()]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert set(office.copies.values()) == {1}
    assert OutboxMessage.objects.filter(state=State.SENT).count() == 30


def test_a_deliverer_killed_before_it_could_note_the_result_repeats_one_mail(
    owe: Owe, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        owe()
    worker = deliverer()
    # The server has the first mail, and the deliverer dies before it hears so.
    office.before_answer = lambda address: os.kill(worker.pid, signal.SIGKILL)
    assert worker.wait(60) == -signal.SIGKILL
    office.before_answer = lambda address: None
    assert len(office.delivered) == 1
    assert deliver_due().sent == 2, "the others are free at once"
    lapse()
    assert deliver_due().sent == 1
    assert Counter(office.copies.values()) == {1: 2, 2: 1}
    assert len({delivered.message_id for delivered in office.delivered}) == 3, "the copy bears the same id"


def test_a_held_mail_is_left_alone_until_its_lease_ends(owe: Owe, office: PostOffice) -> None:
    message = owe()
    later = timezone.now() + dt.timedelta(seconds=30)
    assert OutboxMessage.objects.claim(message, owner="dead", until=later)
    assert deliver_due() == DeliveryReport()
    lapse()
    assert deliver_due() == DeliveryReport(sent=1)


def test_a_claim_under_an_old_number_fails(owe: Owe) -> None:
    message = owe()
    stale = OutboxMessage.objects.get(pk=message.pk)
    until = timezone.now() + delivery.LEASE
    assert OutboxMessage.objects.claim(message, owner="one", until=until)
    assert not OutboxMessage.objects.claim(stale, owner="two", until=until)
    message.refresh_from_db()
    assert (message.lease_owner, message.fence) == ("one", 1)


def test_who_is_beaten_to_a_mail_looks_again(owe: Owe, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, beaten = OutboxQuerySet.claim, iter([True])

    def sometimes(rows: Any, message: OutboxMessage, **holder: Any) -> bool:
        return False if next(beaten, False) else claim(rows, message, **holder)

    monkeypatch.setattr(OutboxQuerySet, "claim", sometimes)
    owe()
    assert deliver_due() == DeliveryReport(sent=1)


@pytest.mark.parametrize("reply", ["250 taken", "550 refused", "451 later"])
def test_a_result_that_comes_after_the_lease_was_lost_changes_nothing(owe: Owe, office: PostOffice, reply: str) -> None:
    message = owe("a@mail.example")
    office.data_replies["a@mail.example"] = reply
    elsewhere = timezone.now() + delivery.LEASE

    def another_takes_it(address: str) -> None:
        # In a thread of the server, while the deliverer waits for its answer.
        try:
            take_over(message, lease_owner="another", lease_until=elsewhere)
        finally:
            connection.close()

    office.before_answer = another_takes_it
    assert deliver_due() == DeliveryReport(lost_lease=1)
    message.refresh_from_db()
    assert (message.state, message.lease_owner, message.attempts) == (State.PENDING, "another", 0)
    assert message.lease_until == elsewhere


def test_a_mail_lost_before_it_was_sent_is_not_sent(owe: Owe, greet: Greet, office: PostOffice) -> None:
    def slow_words(message: OutboxMessage) -> dict[str, Any]:
        take_over(message, lease_until=timezone.now() + delivery.LEASE)
        return {"name": "A", "number": 1}

    greet(context=slow_words)
    owe()
    assert deliver_due() == DeliveryReport(lost_lease=1)
    assert office.delivered == []


def test_a_mail_erased_with_its_tenant_on_the_way_is_no_error(owe: Owe, greet: Greet, office: PostOffice) -> None:
    def erased(message: OutboxMessage) -> dict[str, Any]:
        OutboxMessage.objects.all().delete()
        return {"name": "A", "number": 1}

    greet(context=erased)
    owe()
    assert deliver_due() == DeliveryReport(lost_lease=1)
    assert office.delivered == []


def test_the_lease_is_renewed_before_the_server_is_spoken_to(owe: Owe, greet: Greet, office: PostOffice) -> None:
    until: list[dt.datetime | None] = []

    def note(address: str) -> None:
        try:
            until.append(OutboxMessage.objects.get().lease_until)
        finally:
            connection.close()

    office.before_answer = note

    def slow_words(message: OutboxMessage) -> dict[str, Any]:
        lapse()
        return {"name": "A", "number": 1}

    greet(context=slow_words)
    owe()
    assert deliver_due().sent == 1
    assert until[0] and until[0] > timezone.now() + delivery.LEASE / 2


def test_the_lease_outlasts_one_conversation() -> None:
    waits = 8  # EHLO, HELO, MAIL, RCPT, DATA, the text, the answer to it, RSET
    assert dt.timedelta(seconds=waits * project.EMAIL_TIMEOUT) < delivery.LEASE <= dt.timedelta(minutes=5)
