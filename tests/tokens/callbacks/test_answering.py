"""How callbacks are answered: without a session, at a fixed price, and with nothing in the log that tells of people."""

from __future__ import annotations

import logging

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db import OperationalError
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_connection, make_meta_app, make_tenant
from tests.tokens.callbacks.signing import deauthorize, post, signed
from tests.tokens.helpers import status_of
from tokens.models import Connection
from tokens.services.deauthorize import CALL
from tokens.views.meta_callbacks import FORGED

pytestmark = pytest.mark.django_db
PATHS = ["/meta/deauthorize/", "/meta/data-deletion/"]
every_path = pytest.mark.parametrize("path", PATHS)


def questions(path, text, **headers):
    with CaptureQueriesContext(database) as asked:
        post(text, path, **headers)
    return [each["sql"] for each in asked.captured_queries]


@every_path
def test_a_session_is_neither_asked_for_nor_given(path, signed_in, creator):
    anna = creator()
    with CaptureQueriesContext(database) as asked:
        response = post(signed(anna.instagram_id), path, browser=signed_in)
    assert response.status_code == 200
    assert not response.cookies
    assert not [each["sql"] for each in asked.captured_queries if "session" in each["sql"]]
    for forged in ("nonsense", signed(anna.instagram_id, "forged")):
        with CaptureQueriesContext(database) as asked:
            assert not post(forged, path, browser=signed_in).cookies
        assert not [each["sql"] for each in asked.captured_queries if "session" in each["sql"]]


@every_path
def test_no_token_against_forged_forms_is_asked_for(path, creator):
    strict = Client(enforce_csrf_checks=True)
    assert post(signed(creator().instagram_id), path, browser=strict).status_code == 200


@every_path
def test_a_forged_one_asks_the_database_nothing_but_how_often(path):
    # Counting takes the cache's own table.
    asked = [sql for sql in questions(path, signed("1", "forged")) if "perennial_cache" not in sql]
    assert [sql for sql in asked if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO", "BEGIN"))] == []


@every_path
def test_other_peoples_connections_do_not_make_it_dearer(path):
    ContentType.objects.get_for_model(Connection)  # asked for once a process
    few = make_connection()
    cheap = len(questions(path, signed(few.instagram_id)))
    tenant = make_tenant()
    for _ in range(30):
        make_connection(tenant=tenant)
    many = make_connection(tenant=tenant)
    assert len(questions(path, signed(many.instagram_id))) == cheap
    assert cheap <= 60


@every_path
def test_an_unknown_id_costs_a_fixed_few(path):
    make_connection()
    assert len(questions(path, signed("424242"))) <= 9


def test_one_call_ends_it_in_every_workspace_with_a_few_questions_each(creator, django_assert_max_num_queries):
    same = {"instagram_id": "17841400000000088"}
    there = [creator(tenant=make_tenant(), **same) for _ in range(20)]
    # Meta wants to be answered within a second: what it takes must not grow with anything else.
    with django_assert_max_num_queries(5 + 20 * len(there)):
        assert deauthorize("17841400000000088").status_code == 200
    assert {status_of(each) for each in there} == {("inactive", "app_removed")}


@every_path
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_meta_posts_here(path, method):
    response = getattr(Client(), method)(path)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert not response.cookies


@every_path
def test_forged_ones_are_limited_and_signed_ones_never(path, travel, creator):
    travel(creator().created_at)
    statuses = [post("forged", path).status_code for _ in range(FORGED.amount + 5)]
    assert statuses == [400] * FORGED.amount + [429] * 5
    limited = post("forged", path)
    assert int(limited["Retry-After"]) <= 60
    assert limited.content == b"Bad request\n"
    anna = creator()
    assert post(signed(anna.instagram_id), path).status_code == 200
    assert not type(anna).objects.filter(pk=anna.pk, status="active").exists()


@every_path
def test_of_forged_ones_one_line_a_minute_is_logged_without_what_they_said(path, caplog, travel, creator):
    travel(creator().created_at)
    caplog.set_level(logging.DEBUG)
    text = signed("31415926535", "forged")
    for _ in range(5):
        post(text, path)
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.getMessage().startswith("A callback of Meta's was refused: ")
    assert line.getMessage().endswith("from 127.0.0.1")
    for secret in (text, text.partition(".")[0], text.partition(".")[2], "31415926535"):
        assert secret not in caplog.text
    assert CALL == "deauthorize"


@every_path
def test_what_is_served_is_logged_without_saying_of_whom(path, caplog, creator):
    caplog.set_level(logging.DEBUG)
    anna = creator(handle="anna_of_the_log")
    text = signed(anna.instagram_id)
    post(text, path)
    assert "signed with the instagram secret" in caplog.text
    served = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("tokens"))
    for secret in (
        text,
        text.partition(".")[2],
        anna.instagram_id,
        anna.handle,
        anna.contact_email,
        "emulator-app-secret",
    ):
        assert secret not in served


@every_path
def test_a_dead_database_is_told_and_staff_hear_of_it_without_what_was_sent(path, creator, monkeypatch, caplog):
    text = signed(creator().instagram_id)

    def fail(*args, **kwargs):
        raise OperationalError("connection to server at 10.1.2.3 failed")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper._execute_with_wrappers", fail)
    response = post(text, path, browser=Client(raise_request_exception=False))
    assert response.status_code == 503
    assert b"10.1.2.3" not in response.content
    assert b"Back in a moment" in response.content
    told = "".join(f"{each.subject}{each.body}" for each in mail.outbox) + caplog.text
    for part in text.split("."):
        assert part not in told


@every_path
def test_a_forged_one_is_refused_also_without_a_database(path, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper._execute_with_wrappers", fail)
    assert post("forged", path).status_code == 400


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@every_path
def test_an_error_inside_shows_neither_payload_nor_secret(path, debug, creator, monkeypatch, settings, caplog):
    settings.DEBUG = debug
    anna = creator()

    def burst(*args, **kwargs):
        raise RuntimeError("burst")

    monkeypatch.setattr("tokens.services.callbacks.lock_concerned", burst)
    monkeypatch.setattr("tokens.services.deauthorize.lock_concerned", burst)
    monkeypatch.setattr("tokens.services.delete_personal_data.lock_concerned", burst)
    text = signed(anna.instagram_id)
    response = post(text, path, browser=Client(raise_request_exception=False))
    assert response.status_code == 500
    told = response.content.decode() + caplog.text + "".join(f"{each.body}" for each in mail.outbox)
    for secret in (*text.split("."), anna.instagram_id, settings.INSTAGRAM_APP_SECRET):
        assert secret not in told


def test_the_own_apps_address_asks_for_one_row_more():
    own = make_meta_app(tenant=make_tenant())
    asked = [sql for sql in questions(f"/meta/{own.pk}/deauthorize/", "forged") if "tokens_metaapp" in sql]
    assert len(asked) == 1
    assert settings.INSTAGRAM_APP_ID
