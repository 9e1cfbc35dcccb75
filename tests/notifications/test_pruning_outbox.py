"""Mails that have ended leave the outbox after 90 days; what is owed, and what staff were told, stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.utils import timezone

from accounts.tasks import prune
from notifications import prune as pruning
from notifications.models import OutboxMessage, State
from notifications.prune import KEPT, prune_outbox
from tests.notifications.test_bounces import make_sent

pytestmark = pytest.mark.django_db(transaction=True)
OLD, YOUNG = KEPT.days + 0.1, KEPT.days - 0.1


def left() -> set[OutboxMessage]:
    return set(OutboxMessage.objects.all())


def test_old_mails_that_have_ended_go_and_all_others_stay() -> None:
    owed = {"state": State.PENDING, "due_at": timezone.now(), "sent_at": None}
    staying = {make_sent(days=YOUNG), make_sent(days=OLD, tenant=None), make_sent(days=OLD, **owed)}
    for state in (State.SENT, State.REFUSED, State.DROPPED):
        make_sent(days=OLD, state=state)
    assert prune_outbox(timezone.now()) == (3, True)
    assert left() == staying


def test_it_goes_in_batches_the_oldest_first_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    oldest = [make_sent(days=OLD + number) for number in range(5)]
    answers: Iterator[bool] = iter([True, False])
    assert prune_outbox(timezone.now(), go_on=lambda: next(answers)) == (2, False)
    assert left() == set(oldest[:3])
    assert prune_outbox(timezone.now()) == (3, True)


def test_the_hourly_task_prunes_the_outbox_too() -> None:
    make_sent(days=OLD)
    assert prune() == 1
    assert left() == set()


def test_kept_is_what_the_page_and_the_manual_say() -> None:
    assert dt.timedelta(days=90) == KEPT
