"""A workspace's mails beyond its hour's number wait for the next hour; nothing of them is lost."""

from __future__ import annotations

import pytest

from notifications.delivery import deliver_due
from notifications.models import OutboxMessage, State
from tests.factories import make_tenant
from tests.tokens.telling.conftest import HOUR, NOW
from tokens.mail_wording import reason
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def few(settings):
    settings.MAILS_PER_WORKSPACE_HOUR = 3


def sent():
    return OutboxMessage.objects.filter(state=State.SENT).count()


def test_what_is_too_much_for_an_hour_leaves_in_the_next_ones(die, travel):
    for number in range(8):
        die(f"creator{number}@mail.example")
    report = deliver_due()
    assert (report.sent, report.put_off) == (3, 5)
    waiting = OutboxMessage.objects.filter(state=State.PENDING)
    assert {row.due_at for row in waiting} == {NOW.replace(hour=10, minute=0)}
    assert {reason(row.last_error) for row in waiting} == {"The workspace's mails of that hour were used up."}
    assert {row.attempts for row in waiting} == {0}
    for hour, expected in ((1, 6), (2, 8)):
        travel(NOW + hour * HOUR)
        deliver_due()
        assert sent() == expected


def test_one_that_waits_for_the_morning_no_longer_says_that_the_hour_was_full(die, travel):
    for number in range(4):
        die(handle=f"creator{number}")
    deliver_due()
    travel(NOW.replace(hour=10, minute=1))
    deliver_due()
    held = OutboxMessage.objects.get(state=State.HELD)
    assert held.last_error == ""


def test_it_holds_up_neither_another_workspace_nor_what_somebody_waits_for(die):
    for number in range(3):
        dead = die(f"creator{number}@mail.example")
    deliver_due()
    send_link(dead, actor="somebody")
    die("elsewhere@mail.example", tenant=make_tenant())
    assert deliver_due().sent == 2
