"""Meta's answers on a connection's page: code, subcode, trace id, when and on which call, beside the plain reason."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest
from django.utils import timezone

from accounts import events
from tests.factories import make_connection
from tests.markup import Page
from tests.tokens.fake_meta import FakeMeta, dead, refused
from tests.tokens.helpers import attempt
from tokens.admin.answers import CALLS, facts, last_answer
from tokens.meta import Refused, TokenDead
from tokens.meta.types import Call
from tokens.models import Connection
from tokens.services.mark_inactive import mark_inactive

pytestmark = pytest.mark.django_db
TRACE = "AbCdEfGhIjKlMnOpQrStUv1"


@pytest.fixture
def shown(staff):
    def page(connection: Connection) -> str:
        response = staff.get(f"/admin/tokens/connection/{connection.pk}/change/")
        assert response.status_code == 200
        return Page(response.content.decode()).text

    return page


def checkpoint() -> TokenDead:
    return TokenDead("checkpoint", call="me", status=400, code=190, subcode=459, trace_id=TRACE)


def fresh(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ({}, ""),
        ({"expires_told": True}, ""),
        ({"call": "me", "status": 400, "code": 190}, "when asking /me, HTTP 400, code 190"),
        ({"word": "server", "call": "refresh", "status": 500}, "server, when renewing, HTTP 500"),
        ({"reason": "logged_out", "by_hand": True}, "logged out"),
        ({"code": 0, "subcode": 0}, "code 0, subcode 0"),
        ({"call": "later_call"}, "when later_call"),
        ({"said": "Something nobody has documented"}, "said “Something nobody has documented”"),
        ({"code": 190, "first": {"call": "refresh", "code": 102}}, "code 190, before that: when renewing, code 102"),
        ({"first": "nonsense"}, ""),
        ({"import": "0123", "lines": 3}, ""),
    ],
)
def test_facts_in_words(detail, told):
    assert facts(detail) == told


def test_every_call_of_ours_has_its_words():
    assert set(CALLS) == set(get_args(Call))


def test_why_it_ended_by_metas_answer(shown, travel):
    travel(dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC))
    connection = make_connection()
    first = TokenDead("unknown", call="refresh", status=400, code=190, trace_id="Afirst")
    assert attempt(connection, FakeMeta(on_refresh=first, on_me=checkpoint())) == "died"
    text = shown(connection)
    told = f"checkpoint, when asking /me, HTTP 400, code 190, subcode 459, trace {TRACE}, before that: when renewing"
    assert text.count(told) == 2, "above, and in the table of events"
    assert last_answer(fresh(connection)).replace("\xa0", " ").endswith(", 19 Apr 2026, 02:00 UTC")


def test_why_the_last_attempt_failed_while_it_is_active(shown):
    connection = make_connection()
    unknown = Refused("unknown", call="refresh", status=400, code=99999, trace_id=TRACE)
    unknown.said = "Something nobody has documented"
    attempt(connection, FakeMeta(on_refresh=unknown))
    text = shown(connection)
    assert f"when renewing, HTTP 400, code 99999, trace {TRACE}, said “Something nobody has documented”" in text
    assert "code 99999" in last_answer(fresh(connection))


def test_a_death_by_the_date_had_no_answer():
    connection = make_connection(expires_at=timezone.now() - dt.timedelta(minutes=1))
    attempt(connection, FakeMeta())
    assert last_answer(fresh(connection)).startswith("None: expired, ")


def test_one_that_staff_ended_had_none_either(boss):
    connection = make_connection()
    mark_inactive(connection, reason="logged_out", by=boss)
    assert last_answer(fresh(connection)).startswith("None: staff ended it, ")


def test_one_that_works_shows_nothing():
    connection = make_connection()
    attempt(connection, FakeMeta())
    assert last_answer(connection) == ""


def test_one_that_ended_long_ago_says_where_to_look():
    connection = make_connection(status="inactive")
    assert "its history has it" in last_answer(connection)


def test_the_newest_end_counts():
    connection = make_connection()
    attempt(connection, FakeMeta(on_refresh=refused(), on_me=dead()))
    attempt(connection, FakeMeta(on_refresh=dead("app_removed"), on_me=dead("app_removed")))
    assert last_answer(fresh(connection)).startswith("app removed, ")


def test_whatever_stands_in_an_event_stays_text(staff, shown):
    connection = make_connection()
    events.record(
        tenant=connection.tenant_id, kind="refresh_failed", text="x", subject_id=connection.pk,
        detail={"call": "me", "said": "<script>alert(1)</script>"},
    )  # fmt: skip
    html = staff.get(f"/admin/tokens/connection/{connection.pk}/change/").content.decode()
    assert "<script>alert(1)" not in html
    assert "<script>alert(1)</script>" in shown(connection)
