"""The one door: what `notify` writes, and what it does not."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from notifications.models import OutboxMessage, State
from notifications.registry import UnknownKind
from notifications.services import forget, notify, notify_staff
from tests.notifications.conftest import KIND, Greet, Owe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("greet")]


def tell(*recipients: str, **changes: Any) -> int:
    arguments = {"kind": KIND, "tenant_id": None, "subject_id": None, "dedupe_key": "death 1"}
    return notify(recipients=recipients, **{**arguments, **changes})


def test_each_address_is_owed_one_mail_that_is_due_at_once() -> None:
    subject, now = uuid4(), timezone.now()
    assert tell("a@mail.example", "b@mail.example", subject_id=subject, now=now) == 2
    message = OutboxMessage.objects.get(recipient="a@mail.example")
    assert (message.kind, message.subject_id, message.tenant_id) == (KIND, subject, None)
    assert (message.state, message.due_at, message.created_at) == (State.PENDING, now, now)
    assert len(message.dedupe_key) == 64


def test_spellings_of_one_address_are_one_address() -> None:
    assert tell(" Creator@Mail.Example ", "creator@mail.example") == 1
    assert OutboxMessage.objects.get().recipient == "creator@mail.example"


def test_the_same_occasion_is_told_once() -> None:
    assert tell("a@mail.example") == 1
    assert tell("A@mail.example", "b@mail.example") == 1
    assert tell("a@mail.example", "b@mail.example") == 0
    assert OutboxMessage.objects.count() == 2


def test_another_occasion_is_told_again() -> None:
    assert tell("a@mail.example") == 1
    assert tell("a@mail.example", dedupe_key="death 2") == 1


def test_a_told_occasion_stays_told_after_delivery() -> None:
    tell("a@mail.example")
    OutboxMessage.objects.update(state=State.SENT, due_at=None)
    assert tell("a@mail.example") == 0


def test_unusable_addresses_are_passed_over_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    long = f"{'x' * 60}@{'.'.join(['y' * 60] * 4)}.example"
    assert tell("", "  ", "no address", "a@mail.example", "b@mail.example\nBcc: c@mail.example", long) == 1
    assert OutboxMessage.objects.get().recipient == "a@mail.example"
    assert "4 unusable" in caplog.text
    assert "no address" not in caplog.text


def test_nobody_to_tell_writes_nothing() -> None:
    assert tell() == 0


def test_a_double_leaves_the_callers_transaction_usable() -> None:
    tell("a@mail.example")
    with transaction.atomic():
        assert tell("a@mail.example") == 0
        assert tell("b@mail.example") == 1
    assert OutboxMessage.objects.count() == 2


def test_the_mail_is_undone_with_its_cause() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        tell("a@mail.example")
        raise RuntimeError
    assert not OutboxMessage.objects.exists()


def test_an_unknown_kind_is_refused_before_anything_is_written() -> None:
    with pytest.raises(UnknownKind, match="nonsense"):
        tell("a@mail.example", kind="nonsense")
    assert not OutboxMessage.objects.exists()


def test_staff_are_told_at_the_addresses_of_the_settings(settings: Any) -> None:
    settings.STAFF_ALERT_EMAILS = ["one@staff.example", "two@staff.example"]
    assert notify_staff(kind=KIND, dedupe_key="brake 1") == 2
    assert set(OutboxMessage.objects.values_list("tenant", flat=True)) == {None}


def test_without_staff_the_log_says_what_nobody_was_told(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.STAFF_ALERT_EMAILS = []
    assert notify_staff(kind=KIND, dedupe_key="brake 1") == 0
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert KIND in record.getMessage()


def test_erasing_a_tenant_erases_its_mail(tenant: Any) -> None:
    tell("a@mail.example", tenant_id=tenant.pk)
    tenant.delete()
    assert not OutboxMessage.objects.exists()


def test_what_is_about_an_erased_row_can_be_forgotten(owe: Owe, greet: Greet) -> None:
    subject = uuid4()
    owe(subject_id=subject)
    kept = owe(subject_id=uuid4())
    assert forget(subject_ids=[subject]) == 1
    assert list(OutboxMessage.objects.all()) == [kept]


def test_what_is_due_comes_most_overdue_first(owe: Owe) -> None:
    now = timezone.now()
    late, later, _future = (
        owe(now=now - dt.timedelta(hours=1)),
        owe(now=now - dt.timedelta(hours=2)),
        owe(now=now + dt.timedelta(hours=1)),
    )
    assert list(OutboxMessage.objects.due(now)) == [later, late]
