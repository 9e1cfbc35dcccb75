"""How tasks end: what they raise holds no secret, and a worker that was told to stop ends after its task."""

from __future__ import annotations

import pytest

from notifications import worker


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    """A process that nobody told to stop, before and after."""
    monkeypatch.setattr(worker, "_process", worker._Process())
    yield
    worker._stop.value = 0


@worker.task
def fails() -> None:
    raise ValueError("a secret")


@worker.task
def asks() -> bool:
    return worker.asked_to_stop()


def test_a_failed_task_tells_its_name_and_the_class_alone(caplog):
    with pytest.raises(worker.TaskFailed, match=r"^fails ended with ValueError$") as caught:
        fails()
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert "a secret" not in caplog.text


def test_a_task_returns_what_it_returns():
    assert asks() is False


def test_a_signal_during_a_task_ends_the_worker_after_it():
    @worker.task
    def interrupted() -> None:
        worker._on_sigterm(15, None)
        assert worker.asked_to_stop()

    with pytest.raises(SystemExit):
        interrupted()


def test_a_signal_between_tasks_ends_the_worker_at_once():
    with pytest.raises(SystemExit):
        worker._on_sigterm(15, None)


def test_a_signal_to_one_worker_does_not_stop_the_others():
    with pytest.raises(SystemExit):
        worker._on_sigterm(15, None)
    assert not worker._stop.value


def test_a_second_signal_changes_nothing():
    with pytest.raises(SystemExit):
        worker._on_sigterm(15, None)
    worker._on_sigterm(15, None)


def test_a_cluster_that_stops_lets_its_workers_finish_their_task_and_take_their_pill():
    worker.ask_to_stop()
    assert asks() is True
