"""Threads ask Meta and do nothing else; they end with their sweep, and what befalls one concerns no other."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.factories import make_connections
from tests.tokens.engine.answering import eventually
from tests.tokens.fake_meta import FakeMeta, dead, in_turn, limited, permission, refused, renewed, transient
from tests.tokens.helpers import ago, sweep, token_of
from tokens.services.askers import Askers

pytestmark = pytest.mark.django_db(transaction=True)


def askers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("asker-")]


@pytest.fixture
def who_asks_the_database(monkeypatch):
    """The threads that opened a cursor or a transaction."""
    seen: set[threading.Thread] = set()
    for name in ("cursor", "ensure_connection", "set_autocommit"):
        original = getattr(BaseDatabaseWrapper, name)

        def watched(self: Any, *args: Any, _original: Any = original, **options: Any) -> Any:
            seen.add(threading.current_thread())
            return _original(self, *args, **options)

        monkeypatch.setattr(BaseDatabaseWrapper, name, watched)
    return seen


@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_no_thread_ever_touches_the_database(who_asks_the_database, purpose):
    make_connections(9, due_at=ago(minutes=1), check_due_at=ago(minutes=1))
    failing = in_turn(
        dead(), transient(), limited(60, "account"), permission(), refused(), RuntimeError("bug"), renewed()
    )
    meta = FakeMeta(on_refresh=failing, on_me=in_turn(dead(), dead(), transient(), permission(), refused(), dead()))
    assert sum(sweep(meta, purpose, threads=3).values()) == 9
    assert who_asks_the_database == {threading.current_thread()}


def test_they_end_with_their_sweep():
    eventually(lambda: not askers())
    make_connections(12, due_at=ago(minutes=1))
    seen: list[int] = []

    def answer(token: str) -> Any:
        seen.append(len(askers()))
        return renewed(f"{token}+")

    sweep(FakeMeta(on_refresh=answer), threads=4)
    assert 1 <= max(seen) <= 4
    eventually(lambda: not askers(), "a thread outlived its sweep")


def test_they_end_with_a_sweep_that_broke(monkeypatch):
    make_connections(4, due_at=ago(minutes=1))

    def interrupted(word: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(FakeMeta(), threads=2, on_result=interrupted)
    eventually(lambda: not askers(), "a thread outlived its sweep")


def test_few_due_start_few_threads():
    make_connections(2, due_at=ago(minutes=1))
    seen: list[int] = []

    def answer(token: str) -> Any:
        seen.append(len(askers()))
        return renewed(f"{token}+")

    eventually(lambda: not askers())
    sweep(FakeMeta(on_refresh=answer), threads=50)
    assert max(seen) <= 2


def test_where_the_machine_allows_fewer_threads_these_do_the_work(monkeypatch):
    start = threading.Thread.start
    begun: list[threading.Thread] = []

    def limited_start(thread: threading.Thread) -> None:
        if thread.name.startswith("asker-"):
            if len(begun) == 2:
                raise RuntimeError("can't start new thread")
            begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited_start)
    make_connections(9, due_at=ago(minutes=1))
    assert sweep(FakeMeta(on_refresh=lambda token: renewed(f"{token}+")), threads=8) == {"refreshed": 9}
    assert len(begun) == 2


def test_where_it_allows_none_the_sweep_ends(monkeypatch):
    def never(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    make_connections(3, due_at=ago(minutes=1))
    monkeypatch.setattr(threading.Thread, "start", never)
    with pytest.raises(RuntimeError):
        sweep(FakeMeta(), threads=2)


def test_an_exception_of_a_thread_is_one_attempts_alone(caplog):
    made = make_connections(5, due_at=ago(minutes=1))
    bad = token_of(made[2])

    def answer(token: str) -> Any:
        if token == bad:
            raise ZeroDivisionError(f"with {token} in its text")
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=answer), threads=1) == {"refreshed": 4, "error": 1}
    assert "ZeroDivisionError" in caplog.text
    assert bad not in caplog.text


def test_answers_are_taken_in_groups_of_a_size_and_without_waiting_for_more():
    pool = Askers(3)
    assert pool.take(64, within=0.0) == []
    assert pool.room == 3
