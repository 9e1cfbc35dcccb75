"""Whoever owes a mail rings a worker after the commit: once, however many mails, and never for nothing."""

from __future__ import annotations

import pytest
from django.db import transaction

from notifications import doorbell
from notifications.models import Doorbell
from notifications.tasks import deliver
from tests import queue
from tests.factories import make_connection, make_tenant
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db(transaction=True)


def waiting() -> list[str]:
    return [task["func"] for task in queue.waiting()]


def test_a_commit_that_owes_a_mail_rings():
    send_link(make_connection(tenant=make_tenant()), actor="somebody")
    assert waiting() == ["notifications.tasks.deliver"]


def test_many_mails_ring_once_while_nobody_answers():
    tenant = make_tenant()
    for _ in range(5):
        send_link(make_connection(tenant=tenant), actor="somebody")
    assert len(waiting()) == 1


def test_nothing_rings_where_the_transaction_is_rolled_back():
    connection = make_connection(tenant=make_tenant())
    with transaction.atomic():
        send_link(connection, actor="somebody")
        transaction.set_rollback(True)
    assert waiting() == []


def test_a_delivery_answers_before_it_reads_so_that_the_next_mail_rings_again():
    tenant = make_tenant()
    send_link(make_connection(tenant=tenant), actor="somebody")
    assert deliver() == 1
    send_link(make_connection(tenant=tenant), actor="somebody")
    assert len(waiting()) == 2


def test_a_ring_that_the_queue_lost_is_answered_by_the_next_scheduled_delivery():
    send_link(make_connection(tenant=make_tenant()), actor="somebody")
    queue.lose()
    assert deliver() == 1
    assert not Doorbell.objects.get(name=doorbell.OUTBOX).rung


def test_a_queue_that_does_not_answer_undoes_nothing(monkeypatch):
    def dead(*args):
        raise ConnectionError

    monkeypatch.setattr(doorbell, "async_task", dead)
    assert send_link(make_connection(tenant=make_tenant()), actor="somebody")
    assert deliver() == 1
