"""What holds an import up: a brake, a Meta app that is not set up, no worker, one told to stop. It goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from notifications import worker
from tests.factories import make_meta_app
from tests.tokens.moving.mover import Mover, held
from tokens.models import AppBudget, Brake, ImportLine
from tokens.services import brake, work_off_import

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("cause", list(Brake.Cause))
def test_while_the_brake_of_the_meta_app_holds_nobody_is_asked(cause: str, mover: Mover) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    app = make_meta_app()
    brake.fall(app.pk, cause, timezone.now())
    mover.work(job)
    assert mover.emulator.state.requests("/me") == []
    assert "make no sense just now" in mover.text(job)
    held_brake = brake.holding(app.pk)
    assert held_brake is not None
    brake.lift(held_brake, by="staff", now=timezone.now())
    mover.work(job)
    assert mover.outcomes(job) == {2: "imported"}


def test_while_metas_limit_pauses_the_meta_app_nobody_is_asked(mover: Mover) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    until = timezone.now() + dt.timedelta(minutes=5)
    AppBudget.objects.create(meta_app=make_meta_app(), paused_until=until, cause="code 4")
    mover.work(job)
    assert mover.emulator.state.requests("/me") == []
    # Once its time is over no canary is waited for: the app may have nobody else to send one.
    AppBudget.objects.update(paused_until=timezone.now())
    mover.work(job)
    assert mover.outcomes(job) == {2: "imported"}


def test_a_death_told_while_the_brake_fell_refuses_nothing(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    job = mover.confirmed(["token", "garbage"])
    app, claim = make_meta_app(), work_off_import.ImportTurn._claim

    def falls(self):
        claimed = claim(self)
        if claimed:
            brake.fall(app.pk, Brake.Cause.OURS, timezone.now())
        return claimed

    monkeypatch.setattr(work_off_import.ImportTurn, "_claim", falls)
    mover.work(job)
    assert mover.outcomes(job) == {2: ""}
    assert held(job) == 1


def test_faults_of_an_import_never_let_a_brake_fall(mover: Mover) -> None:
    job = mover.imported(["token", *[f"garbage{number}" for number in range(60)]])
    assert set(mover.outcomes(job).values()) == {"refused"}
    assert not Brake.objects.exists()


def test_without_a_meta_app_it_waits_and_says_so(mover: Mover, settings) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    app_id, settings.INSTAGRAM_APP_ID = settings.INSTAGRAM_APP_ID, ""
    mover.work(job)
    assert mover.outcomes(job) == {2: ""}
    assert "is not set up on this installation just now" in mover.text(job)
    settings.INSTAGRAM_APP_ID = app_id
    mover.work(job)
    assert mover.outcomes(job) == {2: "imported"}


def test_without_a_worker_the_page_says_that_nothing_has_happened_yet(
    mover: Mover, travel: Callable[[dt.datetime], Any]
) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    assert "Nothing has happened yet" not in mover.text(job)
    travel(timezone.now() + dt.timedelta(minutes=3))
    assert "Nothing has happened yet" in mover.text(job)
    mover.work(job)
    assert "Nothing has happened yet" not in mover.text(job)


def test_a_worker_told_to_stop_hands_back_what_hangs_and_stores_what_was_answered(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = mover.confirmed(["token", *mover.tokens(12)])
    mover.emulator.state.add_fault("hang", path="/me", username="many3")
    left = []
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(worker, "leave_at_once", lambda: left.append(True))
    real, asked = work_off_import._await, []

    def told_to_stop(answers):
        asked.append(True)
        real(answers)

    monkeypatch.setattr(worker, "asked_to_stop", lambda: bool(asked))
    monkeypatch.setattr(work_off_import, "_await", told_to_stop)
    mover.work(job)
    mover.emulator.state.clear_faults()
    mover.emulator.state.release()
    assert left == [True]
    waiting = ImportLine.objects.waiting()
    assert waiting.count() == 5
    assert not waiting.filter(lease_until__isnull=False).exists()
    asked.clear()
    monkeypatch.setattr(worker, "asked_to_stop", lambda: False)
    mover.work(job)
    assert set(mover.outcomes(job).values()) == {"imported"}
