"""Several people and workers at one import in the same moment: nothing is done twice, nothing is lost."""

from __future__ import annotations

from functools import partial

import pytest

from accounts.models import Event
from tests import queue
from tests.races import together
from tests.tokens.journeys import sign_in
from tests.tokens.moving.mover import Mover, held
from tokens import tasks
from tokens.models import Connection, Credential, ImportLine
from tokens.services.cancel_import import cancel_import
from tokens.services.confirm_import import confirm_import

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_confirms_one_starts_it(mover: Mover) -> None:
    job = mover.preview(["token", "IGAAx"])
    assert sorted(together(*[lambda: confirm_import(job, by=mover.owner)] * 2)) == [False, True]
    assert Event.objects.filter(kind="import_started").count() == 1
    assert len(queue.waiting()) == 1


def test_two_browsers_that_confirm_are_both_led_to_the_progress(mover: Mover) -> None:
    job = mover.preview(["token", "IGAAx"])
    browsers = [sign_in(mover.owner) for _ in range(2)]
    answers = together(*[partial(each.post, mover.path_of(job, "confirm/")) for each in browsers])
    assert [answer["Location"] for answer in answers] == [mover.path_of(job)] * 2


def test_of_confirm_and_throw_away_the_import_is_one_or_the_other(mover: Mover) -> None:
    for job in [mover.preview(["token", "IGAAx"]) for _ in range(3)]:
        together(partial(confirm_import, job, by=mover.owner), partial(cancel_import, job, by=mover.owner))
        assert held(job) == 0
        mover.work(job)
        assert mover.outcomes(job) == {2: "cancelled"}


def test_two_workers_share_the_lines_and_ask_for_none_twice(mover: Mover) -> None:
    tokens = mover.tokens(40)
    job = mover.confirmed(["token", *tokens])
    results = together(*[lambda: tasks.import_tokens(str(job.pk))] * 2)
    assert sum(result.get("imported", 0) for result in results) == 40
    assert Connection.objects.count() == Credential.objects.count() == 40
    assert set(Credential.objects.values_list("version", flat=True)) == {1}
    assert len(mover.emulator.state.requests("/me")) == 40
    job.refresh_from_db()
    assert job.counts == {"imported": 40}
    assert Event.objects.filter(kind="import_finished").count() == 1
    assert held(job) == 0


def test_two_workers_with_the_same_account_in_every_line_make_one_connection(mover: Mover) -> None:
    tokens = [mover.token("anna") for _ in range(24)]
    job = mover.confirmed(["token", *tokens])
    together(*[lambda: tasks.import_tokens(str(job.pk))] * 3)
    assert Connection.objects.count() == 1
    outcomes = list(mover.outcomes(job).values())
    assert (outcomes.count("imported"), outcomes.count("unchanged")) == (1, 23)


def test_stopping_while_workers_are_at_it_leaves_no_line_half_done(mover: Mover) -> None:
    job = mover.confirmed(["token", *mover.tokens(40)])
    together(
        lambda: tasks.import_tokens(str(job.pk)),
        lambda: tasks.import_tokens(str(job.pk)),
        lambda: cancel_import(job, by=mover.owner),
    )
    job.refresh_from_db()
    imported = ImportLine.objects.filter(outcome="imported").count()
    assert Connection.objects.count() == imported
    assert job.counts.get("imported", 0) == imported
    assert ImportLine.objects.filter(outcome__in=["imported", "cancelled"]).count() == 40
    assert held(job) == 0
