"""The site's look at the work: a thread beside the requests, once a minute, that no request waits for or fails with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail as letters
from django.db import OperationalError, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from config import settings as production
from config.watch import WatchMiddleware
from tests.tokens.helpers import ago
from tokens.services import heartbeat

PLAIN = RequestFactory().get("/healthz")


@pytest.fixture
def middleware() -> WatchMiddleware:
    return WatchMiddleware(lambda request: HttpResponse("ok"))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The looks that were begun. Each lasts until the test is over."""
    begun: list[str] = []
    over = threading.Event()

    def look() -> None:
        begun.append(threading.current_thread().name)
        over.wait(30)

    monkeypatch.setattr("config.watch.look_and_send", look)
    yield begun
    over.set()


def test_it_stands_before_all_others() -> None:
    assert production.MIDDLEWARE[0] == "config.watch.WatchMiddleware"


def test_no_request_waits_and_a_minute_has_one_look(middleware: WatchMiddleware, looks: list[str]) -> None:
    for _ in range(3):
        assert middleware(PLAIN).content == b"ok"
    assert looks in ([], ["watch the work"]), "it may not have begun yet"
    middleware._looked_at = float("-inf")
    assert middleware.look_soon() is None, "the first one is at it still"


def test_whatever_becomes_of_it_stays_in_it(
    middleware: WatchMiddleware, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OperationalError("connection to server at 10.1.2.3 failed")

    monkeypatch.setattr("config.watch.look_and_send", fail)
    for _ in range(2):
        middleware._looked_at = float("-inf")
        thread = middleware.look_soon()
        assert thread
        thread.join(10)
    assert caplog.text.count("OperationalError") == 2
    assert "10.1.2.3" not in caplog.text


def test_a_process_without_room_for_a_thread_answers_all_the_same(
    middleware: WatchMiddleware, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(thread: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_room)
    for _ in range(2):
        middleware._looked_at = float("-inf")
        assert middleware(PLAIN).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_where_no_worker_runs_a_request_is_enough_to_tell_staff(settings: Any, client: Client) -> None:
    for part in (*heartbeat.SILENCES, heartbeat.INSTALLED):
        heartbeat.beat(part, ago(hours=2))
    watching = WatchMiddleware(lambda request: HttpResponse("ok"))
    thread = watching.look_soon()
    assert thread
    thread.join(30)
    [letter] = letters.outbox
    assert letter.subject.startswith("The work stands still")
    assert heartbeat.silent(timezone.now()).keys() == heartbeat.SILENCES.keys()
    connections.close_all()
