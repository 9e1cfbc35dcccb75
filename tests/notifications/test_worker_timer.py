"""A worker that is killed at the end of its task, its timer's lock in its hand, does not hold up its guard."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.synchronize import Event

import pytest

from notifications import guard
from notifications.guard import Timer

fork = multiprocessing.get_context("fork")


@pytest.fixture
def timer(monkeypatch) -> Timer:
    monkeypatch.setattr(guard, "_TIMER_HELD_AT_MOST", 0.05)
    return Timer()


def passes_the_lock(timer: Timer) -> bool:
    passed = threading.Event()

    def look() -> None:
        with timer.get_lock():
            assert timer.value == -1
            passed.set()

    threading.Thread(target=look, daemon=True).start()
    return passed.wait(10)


def die_with_the_lock(timer: Timer, has_it: Event) -> None:
    with timer.get_lock():
        has_it.set()
        threading.Event().wait(60)


def test_whoever_was_killed_with_the_lock_is_not_waited_for(timer):
    has_it = fork.Event()
    worker = fork.Process(target=die_with_the_lock, args=(timer, has_it))
    worker.start()
    assert has_it.wait(10)
    worker.kill()
    worker.join()
    assert passes_the_lock(timer)
    assert passes_the_lock(timer)


def test_a_lock_is_given_back(timer):
    with timer.get_lock():
        pass
    assert timer._lock.acquire(block=False)


def test_what_a_worker_sets_its_guard_sees(timer):
    worker = fork.Process(target=setattr, args=(timer, "value", 12.5))
    worker.start()
    worker.join()
    assert timer.value == 12.5
