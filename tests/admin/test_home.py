"""The numbers of the staff's home are true."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.factories import make_connection, make_connections, make_meta_app
from tests.markup import Page
from tests.tokens.helpers import ago
from tokens.models import Brake
from tokens.services import heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(staff):
    def numbers():
        response = staff.get("/admin/")
        return {number.words: number.value for _, some in response.context["groups"] for number in some}

    return numbers


def test_an_empty_installation_has_noughts(home):
    assert set(home().values()) == {0, "none"}


def test_connections_are_counted_by_status(home):
    make_connections(2)
    make_connection(status="inactive")
    make_connection(status="disconnected")
    shown = home()
    assert (shown["Active"], shown["Inactive"], shown["Disconnected"]) == (2, 1, 1)


def test_flags_are_counted_each(home):
    make_connection(expires_at=timezone.now() + dt.timedelta(days=2), credential={"refresh_failures": 1})
    make_connection(permissions=[])
    shown = home()
    assert (shown["Expiring soon"], shown["Retrying"], shown["Permission missing"], shown["Refused"]) == (1, 1, 1, 0)


def test_what_is_due_and_how_late_the_oldest_is(home):
    make_connection(due_at=ago(minutes=5))
    assert (home()["Due now"], home()["Overdue"], home()["Oldest overdue"]) == (1, 0, "none")
    make_connection(due_at=ago(hours=3, minutes=5))
    assert (home()["Due now"], home()["Overdue"], home()["Oldest overdue"]) == (2, 1, "3 hours")
    make_connection(due_at=ago(days=4))
    assert home()["Oldest overdue"] == "4 days"


def test_trouble_is_counted(home):
    make_connection(credential={"last_failure": "undecryptable"})
    make_connection(credential={"last_failure": "app_credentials"})
    make_connection(status="inactive", credential={"last_failure": "undecryptable"})
    Brake.objects.create(meta_app=make_meta_app(), cause="ours", fallen_at=timezone.now())
    for state in ("pending", "refused"):
        OutboxMessage.objects.create(
            kind="x", recipient="a@b.example", dedupe_key=state, state=state,
            due_at=timezone.now() if state == "pending" else None,
        )  # fmt: skip
    shown = home()
    assert (shown["Failing by our own fault"], shown["Undecryptable"], shown["Brakes that hold"]) == (2, 1, 1)
    assert (shown["Mail waiting"], shown["Mail refused"]) == (1, 1)


def test_every_number_that_leads_somewhere_leads_to_a_page(staff):
    make_connection()
    page = Page(staff.get("/admin/").content.decode())
    leading = [each for each in page.hrefs if each.startswith("/admin/") and "?" in each]
    assert len(leading) > 8
    assert {staff.get(each).status_code for each in leading} == {200}


@pytest.mark.parametrize(("age", "words"), [({"seconds": 5}, "under a minute ago"), ({"hours": 2}, "2 hours ago")])
def test_the_last_sweep_is_told(age, words, staff):
    assert "unknown" in Page(staff.get("/admin/").content.decode()).text
    heartbeat.beat(heartbeat.SWEEP, ago(**age))
    assert words in Page(staff.get("/admin/").content.decode()).text
