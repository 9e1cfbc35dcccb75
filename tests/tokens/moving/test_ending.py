"""How imports end before their time: thrown away, stopped, forgotten, their workspace deleted. What waits is erased."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Event, Role
from accounts.services.delete_workspace import delete_workspace
from tests import queue
from tests.factories import make_member
from tests.markup import Page
from tests.tokens.moving.mover import Mover, held
from tokens import tasks
from tokens.models import Connection, ImportLine, TokenImport
from tokens.services import work_off_import
from tokens.services.clear_up import clear_up
from tokens.services.confirm_import import confirm_import
from tokens.services.import_tokens import Answer
from tokens.services.preview_import import NotTaken, preview_import
from tokens.services.read_import import Line

pytestmark = pytest.mark.django_db
Travel = Callable[[dt.datetime], Any]


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], number: int = 2) -> None:
    """Does something between Instagram's answer about the line of that number and its storing."""
    settle = work_off_import.ImportTurn._settle

    def act_first(self: Any, claimed: Any, line: Line, answer: Answer) -> str:
        if line.number == number:
            act()
        return settle(self, claimed, line, answer)

    monkeypatch.setattr(work_off_import.ImportTurn, "_settle", act_first)


def test_throwing_a_preview_away_erases_it_and_tells_the_history_nothing(mover: Mover) -> None:
    job = mover.preview(["token", "IGAAx", "IGAAy,"])
    answer = mover.browser.post(mover.path_of(job, "cancel/"), follow=True)
    assert "Nothing of it is kept" in Page(answer.content.decode()).text
    assert held(job) == 0
    assert "Thrown away" in mover.text(job)
    assert not Event.objects.filter(kind__startswith="import").exists()
    assert (
        "had ended already"
        in Page(mover.browser.post(mover.path_of(job, "cancel/"), follow=True).content.decode()).text
    )


def test_what_was_thrown_away_can_not_be_started(mover: Mover) -> None:
    job = mover.preview(["token", mover.token("anna")])
    mover.browser.post(mover.path_of(job, "cancel/"))
    mover.browser.post(mover.path_of(job, "confirm/"))
    mover.work(job)
    assert job.confirmed_at is None
    assert not Connection.objects.exists()


def test_stopping_a_running_import_keeps_what_is_done_and_erases_the_rest(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = mover.confirmed(["token", *mover.tokens(20)])
    meanwhile(monkeypatch, lambda: mover.browser.post(mover.path_of(job, "cancel/")), number=5)
    mover.work(job)
    assert set(mover.outcomes(job).values()) == {"imported", "cancelled"}
    assert Connection.objects.count() == 3
    assert held(job) == 0
    assert job.counts == {"imported": 3, "cancelled": 17}
    assert job.finished_at is None
    [event] = Event.objects.filter(kind="import_stopped")
    assert event.text == "The import of “tokens.csv” was stopped: 3 imported, 0 unchanged, 0 refused, 17 not tried."
    assert "Not tried 17" in mover.text(job)


def test_a_workspace_that_is_deleted_takes_its_imports_along(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = mover.preview(["token", "IGAAx"])
    runs = mover.confirmed(["token", *mover.tokens(20)])
    meanwhile(monkeypatch, lambda: delete_workspace(mover.tenant, by=mover.owner), number=4)
    mover.work(runs)
    assert (held(waits), held(runs)) == (0, 0)
    assert Connection.objects.count() == 2
    runs.refresh_from_db()
    assert runs.cancelled_at is not None
    mover.work(runs)
    assert Connection.objects.count() == 2


def test_nothing_begins_in_a_workspace_that_was_deleted_a_moment_ago(mover: Mover) -> None:
    job = mover.preview(["token", "IGAAx"])
    TokenImport.objects.update(cancelled_at=None)
    delete_workspace(mover.tenant, by=mover.owner)
    TokenImport.objects.update(cancelled_at=None)
    assert confirm_import(job, by=mover.owner) is False
    with pytest.raises(NotTaken, match="was deleted"):
        preview_import(tenant=mover.tenant, user=mover.owner, file_name="x.csv", content=b"token\nIGAAx\n")


def test_the_owner_who_began_it_may_be_removed_meanwhile(mover: Mover) -> None:
    make_member(mover.tenant, Role.OWNER)
    job = mover.confirmed(["token", mover.token("anna")])
    mover.tenant.memberships.filter(user=mover.owner).delete()
    mover.work(job)
    assert mover.outcomes(job) == {2: "imported"}
    assert mover.browser.get(mover.path_of(job)).status_code == 404


def test_the_owner_who_began_it_may_be_erased_meanwhile(mover: Mover) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    mover.owner.delete()
    mover.work(job)
    assert mover.outcomes(job) == {2: "imported"}
    assert Event.objects.get(kind="import_finished").actor == "Perennial"


def test_a_preview_is_forgotten_after_a_day_and_a_running_import_is_not(mover: Mover, travel: Travel) -> None:
    now = timezone.now()
    forgotten, runs = mover.preview(["token", "IGAAx"]), mover.confirmed(["token", "IGAAy"])
    travel(now + dt.timedelta(hours=23))
    clear_up(timezone.now())
    assert held(forgotten) == 1
    travel(now + dt.timedelta(hours=25))
    clear_up(timezone.now())
    assert (held(forgotten), held(runs)) == (0, 1)
    assert "Thrown away" in mover.text(forgotten)


# what rings for an import


def rung() -> int:
    return len([task for task in queue.waiting() if task["func"] == "tokens.tasks.import_tokens"])


def swept() -> int:
    """How many workers the minute's sweep rings for imports."""
    queue.lose()
    tasks.sweep()
    return rung()


def test_a_ring_that_the_queue_lost_is_made_up_for_within_a_minute(mover: Mover) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    assert swept() == 1
    mover.work(job)
    assert swept() == 0


def test_previews_and_ended_imports_are_not_rung_for(mover: Mover) -> None:
    mover.preview(["token", "IGAAx"])
    stopped = mover.confirmed(["token", "IGAAx"])
    mover.browser.post(mover.path_of(stopped, "cancel/"))
    assert swept() == 0


def test_while_a_worker_is_at_it_or_all_lines_are_put_off_nobody_rings(mover: Mover, travel: Travel) -> None:
    now = timezone.now()
    travel(now)
    job = mover.confirmed(["token", mover.token("anna")])
    mover.emulator.state.add_fault("http_500", path="/me")
    mover.work(job)
    travel(now + dt.timedelta(seconds=50))
    assert swept() == 0
    travel(now + dt.timedelta(seconds=61))
    assert swept() == 1
    TokenImport.objects.update(worked_at=timezone.now())
    assert swept() == 0


def test_an_import_whose_last_line_is_stored_is_finished_even_if_its_worker_died_there(
    mover: Mover, monkeypatch: pytest.MonkeyPatch, travel: Travel
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(work_off_import, "finish_import", lambda job: False)
        job = mover.imported(["token", mover.token("anna")])
    assert job.finished_at is None
    travel(timezone.now() + dt.timedelta(minutes=1))
    assert swept() == 1
    assert mover.work(job).finished_at is not None


def test_a_turn_ends_when_its_time_is_over_and_rings_for_the_next(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = mover.confirmed(["token", *mover.tokens(20)])
    monkeypatch.setattr(settings, "DRAIN_SECONDS", 0.0)
    queue.lose()
    mover.work(job)
    assert ImportLine.objects.waiting().count() == 12
    assert rung() == 1


def test_a_task_for_an_import_that_is_gone_does_nothing(mover: Mover) -> None:
    assert tasks.import_tokens("00000000-0000-4000-8000-000000000000") == {}
