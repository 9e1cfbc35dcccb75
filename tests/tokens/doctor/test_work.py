"""What holds the work up, and what is late."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_meta_app
from tests.tokens.helpers import ago
from tokens.models import AppBudget, Brake, UnknownAnswer
from tokens.remedies import OUR_WORDS

pytestmark = pytest.mark.django_db


def test_brakes_that_hold_are_told_by_cause(line, lines):
    assert line("Brakes").level == "ok"
    for number, (cause, lifted) in enumerate([("ours", None), ("ours", None), ("deaths", None), ("weather", ago())]):
        Brake.objects.create(
            meta_app=make_meta_app(app_id=f"a{number}"), cause=cause, fallen_at=ago(hours=1), lifted_at=lifted
        )
    assert [each.sentence.partition(":")[0] for each in lines("Brakes")] == ["1 Meta app", "2 Meta apps"]
    assert {each.level for each in lines("Brakes")} == {"wrong"}


@pytest.mark.parametrize(("until", "level"), [({"minutes": -5}, "warning"), ({"minutes": 5}, "ok")])
def test_budgets_that_pause(until, level, line):
    AppBudget.objects.create(meta_app=make_meta_app(), paused_until=ago(**until))
    assert line("Meta's limits").level == level


def test_renewals_that_are_overdue(line):
    assert line("Renewals").level == "ok"
    make_connection(due_at=ago(minutes=59))
    assert line("Renewals").level == "ok"
    make_connection(due_at=ago(hours=3))
    found = line("Renewals")
    assert (found.level, found.sentence) == ("warning", "1 is overdue, the oldest for 3 hours.")
    make_connection(due_at=ago(hours=2), expires_at=timezone.now() + dt.timedelta(days=9))
    found = line("Renewals")
    assert found.level == "wrong"
    assert found.sentence == "2 are overdue, the oldest for 3 hours. Of these 1 run out within ten days."


@pytest.mark.parametrize("word", OUR_WORDS)
def test_connections_that_fail_by_our_fault(word, line):
    make_connection(status="inactive", credential={"last_failure": word})
    assert line("Faults of our own").level == "ok"
    make_connection(credential={"last_failure": word})
    found = line("Faults of our own")
    assert (found.level, found.sentence.startswith("1 connection fails by")) == ("wrong", True)


@pytest.mark.parametrize(("days", "level"), [(6, "warning"), (8, "ok")])
def test_answers_that_no_rule_knows(days, level, line):
    UnknownAnswer.objects.create(fingerprint="a", call="me", count=5, first_at=ago(days=9), last_at=ago(days=days))
    assert line("Unknown answers").level == level
