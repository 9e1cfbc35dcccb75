"""`/readyz`: whether the installation does its work; and who may ask that, here and at `/metrics`."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from tests.notifications.post_office import silent_port
from tests.tokens.commands.shell import on_database
from tests.tokens.helpers import ago
from tokens.models import Heartbeat
from tokens.services import heartbeat

pytestmark = pytest.mark.django_db
TOKEN = "a-long-status-token-0123456789"
STATUS_PAGES = pytest.mark.parametrize("path", ["/readyz", "/metrics"])
ELSEWHERE = "203.0.113.7"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
def swept(db: None) -> None:
    for part in heartbeat.SILENCES:
        heartbeat.beat(part, timezone.now())


def lines(client: Client) -> list[str]:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response["Content-Type"].startswith("text/plain")
    return response.content.decode().splitlines()


# What it says


@pytest.mark.parametrize("method", ["get", "head"])
def test_ready_and_nothing_else(method, client, swept):
    response = getattr(client, method)("/readyz")
    assert response.status_code == 200
    assert response.content == (b"ready" if method == "get" else b"")
    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


@pytest.mark.parametrize(("minutes", "status"), [(9.9, 200), (10.1, 503)])
def test_a_sweep_must_have_run_within_ten_minutes(minutes, status, client, travel, swept):
    now = timezone.now()
    travel(now)
    heartbeat.beat(heartbeat.SWEEP, now - dt.timedelta(minutes=minutes))
    assert client.get("/readyz").status_code == status


def test_without_a_sweep_it_says_so(client, swept):
    Heartbeat.objects.filter(name=heartbeat.SWEEP).delete()
    assert lines(client) == ["No sweep ran in the last ten minutes."]


def unapply_a_migration() -> None:
    """The latest one of ours, as if it had come with the code and nobody had run `migrate`."""
    recorder = MigrationRecorder.Migration.objects.filter(app="tokens").order_by("-name")
    recorder.filter(pk=recorder[0].pk).delete()


def test_a_migration_that_is_not_applied_is_told(client, swept):
    unapply_a_migration()
    assert lines(client) == ["Migrations are not applied."]


def test_each_thing_that_is_wrong_has_a_line(client, swept):
    unapply_a_migration()
    heartbeat.beat(heartbeat.SWEEP, ago(hours=1))
    assert lines(client) == ["Migrations are not applied.", "No sweep ran in the last ten minutes."]


def test_a_database_that_does_not_answer_is_told_without_a_word_about_it(client, monkeypatch, swept):
    def fail(*args, **kwargs):
        raise OperationalError("connection to server at 10.1.2.3 failed: password authentication failed")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper._execute_with_wrappers", fail)
    assert lines(client) == ["The database does not answer."]


def test_a_database_that_takes_the_line_and_says_nothing_is_told_within_seconds(client, monkeypatch):
    monkeypatch.setattr("config.readiness.PATIENCE", 1.0)
    started = time.monotonic()
    with silent_port() as port, on_database(f"postgres://somebody:c4n4ry@127.0.0.1:{port}/nothing"):
        assert lines(client) == ["The database does not answer."]
    assert time.monotonic() - started < 5


def test_no_question_takes_longer_than_a_probe_waits(client, monkeypatch, swept):
    asks = "SHOW statement_timeout" if connection.vendor == "postgresql" else "PRAGMA busy_timeout"
    heard = []

    def troubles(now):
        with connection.cursor() as cursor:
            cursor.execute(asks)
            heard.extend(cursor.fetchall())
        return []

    monkeypatch.setattr("config.readiness.troubles", troubles)
    assert client.get("/readyz").status_code == 200
    assert heard == [("3s" if connection.vendor == "postgresql" else 3000,)]


def test_a_database_without_any_table_is_unmigrated(client, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("no such table: tokens_heartbeat")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda recorder: {})
    monkeypatch.setattr("config.readiness.troubles", fail)
    assert lines(client) == ["Migrations are not applied."]


# Who may ask


@STATUS_PAGES
@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_may_ask(path, address, client, swept):
    assert client.get(path, REMOTE_ADDR=address).status_code == 200


@STATUS_PAGES
@pytest.mark.parametrize("address", [ELSEWHERE, "10.0.0.5", "::ffff:203.0.113.7", "2001:db8::1", "", "unix:"])
def test_nobody_else_may(path, address, client, swept):
    assert client.get(path, REMOTE_ADDR=address).status_code == 404


@STATUS_PAGES
@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded", "Forwarded", "X-Real-IP", "Via"],
)
@pytest.mark.parametrize("value", ["127.0.0.1", ""])
def test_what_a_proxy_on_this_machine_passes_on_is_not_this_machine(path, header, value, client, swept, settings):
    for proxies in (0, 1):
        settings.TRUSTED_PROXY_COUNT = proxies
        assert client.get(path, headers={header: value}).status_code == 404


@STATUS_PAGES
def test_whoever_has_the_token_may_ask_from_anywhere_and_through_proxies(path, client, swept, settings):
    settings.STATUS_TOKEN = TOKEN
    far = {"REMOTE_ADDR": ELSEWHERE}
    assert client.get(path, headers=bearer(TOKEN), **far).status_code == 200
    assert client.get(path, headers={**bearer(TOKEN), "X-Forwarded-For": ELSEWHERE}).status_code == 200
    assert client.get(path, headers={"authorization": f"bearer  {TOKEN} "}, **far).status_code == 200
    assert client.get(path).status_code == 200


@STATUS_PAGES
@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer ключ"],
)
def test_a_wrong_token_opens_nothing(path, given, client, swept, settings):
    settings.STATUS_TOKEN = TOKEN
    assert client.get(path, headers={"authorization": given}, REMOTE_ADDR=ELSEWHERE).status_code == 404


@STATUS_PAGES
@pytest.mark.parametrize("given", ["Bearer ", "Bearer", "Bearer None", ""])
def test_without_a_token_set_none_opens_anything(path, given, client, swept, settings):
    settings.STATUS_TOKEN = ""
    assert client.get(path, headers={"authorization": given}, REMOTE_ADDR=ELSEWHERE).status_code == 404


def test_a_token_may_hold_any_letters(client, swept, settings):
    settings.STATUS_TOKEN = "ключ-0123456789"
    as_servers_hand_it_on = settings.STATUS_TOKEN.encode().decode("latin-1")
    assert client.get("/readyz", headers=bearer(as_servers_hand_it_on), REMOTE_ADDR=ELSEWHERE).status_code == 200


@STATUS_PAGES
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "delete", "options"])
def test_to_all_others_it_is_a_page_that_does_not_exist(path, method, client, signed_in, swept, settings):
    settings.STATUS_TOKEN = TOKEN
    for browser in (Client(), signed_in):
        answer, missing = (
            getattr(browser, method)(each, REMOTE_ADDR=ELSEWHERE, headers=bearer("wrong"))
            for each in (path, "/nowhere")
        )
        assert (answer.status_code, answer.content) == (missing.status_code, missing.content)
        assert answer.headers.keys() == missing.headers.keys()
        assert answer.status_code == 404


@STATUS_PAGES
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_whoever_may_ask_may_only_look(path, method, client, swept):
    response = getattr(client, method)(path)
    assert response.status_code == 405
    assert set(response["Allow"].split(", ")) == {"GET", "HEAD"}


# Nothing stands before it


@STATUS_PAGES
def test_a_probe_may_name_the_machine_as_it_likes_and_is_not_sent_to_https(path, client, swept, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path, headers={"host": "10.0.0.9:8000"}).status_code == 200


@STATUS_PAGES
def test_under_https_all_others_are_redirected_as_from_any_page(path, swept, settings):
    settings.SECURE_SSL_REDIRECT = True
    browser = Client()
    response = browser.get(path, REMOTE_ADDR=ELSEWHERE)
    assert (response.status_code, response["Location"]) == (301, f"https://testserver{path}")


@STATUS_PAGES
def test_a_token_is_in_no_log(path, client, swept, settings, debug_log):
    settings.STATUS_TOKEN = TOKEN
    for given in (TOKEN, f"{TOKEN}-wrong"):
        client.get(path, headers=bearer(given), REMOTE_ADDR=ELSEWHERE)
    assert TOKEN not in debug_log.text
