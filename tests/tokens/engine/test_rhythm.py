"""Answers that come soon after a commit share the next one; nobody waits for what can't come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories import make_connections
from tests.tokens.engine.answering import eventually, held
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import ago, sweep
from tokens.flavours.instagram_login import InstagramLogin
from tokens.services import group as grouping
from tokens.services import sweep as sweeping
from tokens.services.askers import Askers, Job

pytestmark = pytest.mark.django_db(transaction=True)
LATER = 30.0


class Two:
    """Two jobs: one that is answered at once, one that is answered once `released` is set."""

    def __init__(self) -> None:
        self.released, self._asked = threading.Event(), threading.Lock()
        self.askers = Askers(2)
        meta: Any = FakeMeta(on_refresh=self._answer)
        for each in held(make_connections(2, due_at=ago(minutes=1))):
            self.askers.give(Job(each, InstagramLogin(meta)))

    def _answer(self, token: str) -> Any:
        if not self._asked.acquire(blocking=False):
            self.released.wait(LATER)
        return renewed(f"{token}+")

    def gathering(self, most: int) -> threading.Thread:
        """Somebody who gathers from now on."""
        thread = threading.Thread(target=lambda: self.askers.gather(most, until=time.monotonic() + LATER))
        thread.start()
        return thread


@pytest.fixture
def two() -> Iterator[Two]:
    jobs = Two()
    yield jobs
    jobs.released.set()
    jobs.askers.end()


def test_while_others_are_asked_answers_come_together(two: Two) -> None:
    gathering = two.gathering(64)
    eventually(lambda: two.askers._answers.qsize() == 1)
    assert gathering.is_alive()
    two.released.set()
    gathering.join(LATER / 2)
    assert len(two.askers.take(64, within=0)) == 2


def test_a_group_that_is_full_waits_for_nobody(two: Two) -> None:
    gathering = two.gathering(1)
    gathering.join(LATER / 2)
    assert not gathering.is_alive()
    assert len(two.askers.take(64, within=0)) == 1


def test_after_the_time_for_it_answers_wait_no_longer(two: Two) -> None:
    eventually(lambda: two.askers._answers.qsize() == 1)
    two.askers.gather(64, until=time.monotonic() - 1)
    assert len(two.askers.take(64, within=0)) == 1


def test_the_first_answer_is_stored_at_once_and_those_behind_a_commit_together(monkeypatch) -> None:
    """One is answered, then three: of these the first two wait for the last, though they might be stored."""
    make_connections(4, due_at=ago(minutes=1))
    sizes: list[int] = []
    asked, lock, behind = [0], threading.Lock(), threading.Event()
    store = grouping.store_group

    def storing(answers: Any, **options: Any) -> Any:
        words = store(answers, **options)
        sizes.append(len(answers))
        behind.set()
        return words

    def answer(token: str) -> Any:
        with lock:
            asked[0] += 1
            number = asked[0]
        if number > 1:
            behind.wait(LATER)
        if number == 4:
            eventually(lambda: askers[0]._answers.qsize() == 2)
        return renewed(f"{token}+")

    askers: list[Askers] = []

    def remembered(limit: int) -> Askers:
        askers.append(Askers(limit))
        return askers[0]

    monkeypatch.setattr(sweeping, "Askers", remembered)
    monkeypatch.setattr(sweeping, "RHYTHM", LATER)
    monkeypatch.setattr(sweeping, "store_group", storing)
    assert sweep(FakeMeta(on_refresh=answer), threads=4) == {"refreshed": 4}
    assert sizes == [1, 3]
