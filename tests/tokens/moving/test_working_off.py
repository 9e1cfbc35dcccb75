"""What workers make of a confirmed import: the same as the command, line by line, with its content erased."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_meta_app, make_user
from tests.tokens.moving.mover import Mover, held
from tokens.fields import Sealed
from tokens.models import Connection, Credential, ImportLine
from tokens.services import import_tokens, work_off_import
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def test_every_column_is_taken_and_nothing_of_the_file_stays(mover: Mover) -> None:
    issued_at = timezone.now().replace(microsecond=0) - 20 * DAY
    expires_at = issued_at + 60 * DAY
    token = mover.token("anna", age_days=20)
    job = mover.imported(
        [
            "token,flavour,issued_at,expires_at,contact_email",
            f"{token},instagram_login,{issued_at.isoformat()},{expires_at.isoformat()},Anna@Example.com",
        ]
    )
    connection = Connection.objects.select_related("credential").get(tenant=mover.tenant)
    assert (connection.handle, connection.status, connection.contact_email) == ("anna", "active", "anna@example.com")
    assert mover.stored("anna") == token
    assert (connection.credential.issued_at, connection.credential.expires_at) == (issued_at, expires_at)
    assert held(job) == 0
    assert job.finished_at is not None
    assert not OutboxMessage.objects.exists()


def test_each_line_has_its_outcome_and_the_whole_import_one_event(mover: Mover) -> None:
    kept, dead = mover.token("anna"), mover.token("bert")
    mover.emulator.state.change_password("bert")
    make_connection(tenant=mover.tenant, token=mover.emulator.state.tokens_of("anna")[-1])
    job = mover.imported(["token", kept, dead, "garbage", mover.token("cleo"), ""])
    assert mover.outcomes(job) == {2: "unchanged", 3: "refused", 4: "refused", 5: "imported"}
    assert "password" in mover.reasons(job)[3]
    assert job.counts == {"imported": 1, "unchanged": 1, "refused": 2}
    [event] = Event.objects.filter(kind="import_finished")
    assert event.text == "The import of “tokens.csv” is finished: 1 imported, 1 unchanged, 2 refused."
    assert event.actor == mover.owner.email
    [imported] = Event.objects.filter(kind="imported")
    assert (imported.text, imported.actor) == ("@cleo was imported.", mover.owner.email)


def test_a_second_file_with_the_same_tokens_changes_nothing(mover: Mover) -> None:
    lines = ["token", mover.token("anna"), mover.token("bert")]
    mover.imported(lines)
    before = list(Credential.objects.order_by("pk").values_list("pk", "version"))
    job = mover.imported(lines)
    assert set(mover.outcomes(job).values()) == {"unchanged"}
    assert list(Credential.objects.order_by("pk").values_list("pk", "version")) == before


def test_what_a_member_disconnected_is_not_brought_back(mover: Mover) -> None:
    lines = ["token", mover.token("anna")]
    mover.imported(lines)
    disconnect(Connection.objects.get(), by=make_user())
    job = mover.imported(lines)
    assert mover.outcomes(job) == {2: "unchanged"}
    assert Connection.objects.get().status == "disconnected"


def test_two_lines_with_one_account_make_one_connection(mover: Mover) -> None:
    first, second = mover.token("anna"), mover.token("anna")
    job = mover.imported(["token", first, second, first])
    assert mover.outcomes(job) == {2: "imported", 3: "unchanged", 4: "unchanged"}
    assert mover.stored("anna") == first


def test_more_lines_than_one_batch_keep_their_accounts(mover: Mover) -> None:
    tokens = mover.tokens(30)
    job = mover.imported(["token", *tokens])
    assert set(mover.outcomes(job).values()) == {"imported"}
    for number in (0, 7, 8, 29):
        assert mover.stored(f"many{number}") == tokens[number]


def test_it_goes_through_the_workspaces_own_meta_app(mover: Mover) -> None:
    app = make_meta_app(tenant=mover.tenant)
    mover.imported(["token", mover.token("anna")])
    assert Connection.objects.get().meta_app == app


@pytest.mark.parametrize("fault", ["http_500", "http_503", "reset", "rate_4", "html_502", "html_200"])
def test_a_line_that_instagram_does_not_answer_waits_with_growing_pauses(
    fault: str, mover: Mover, travel: Callable[[dt.datetime], Any]
) -> None:
    now = timezone.now()
    travel(now)
    token = mover.token("bert")
    job = mover.confirmed(["token", mover.token("anna"), token])
    mover.emulator.state.add_fault(fault, path="/me", username="bert")
    pauses = []
    for _ in range(3):
        mover.work(job)
        line = ImportLine.objects.get(number=3)
        assert (line.outcome, job.finished_at) == ("", None)
        assert line.lease_until is not None
        pauses.append(line.lease_until - now)
        now = line.lease_until
        travel(now)
    assert mover.outcomes(job)[2] == "imported"
    assert pauses == sorted(pauses)
    assert pauses[0] >= dt.timedelta(minutes=1)
    assert pauses[-1] > pauses[0] or fault == "rate_4"
    assert "Instagram did not answer for 1 line." in mover.text(job)
    mover.emulator.state.clear_faults()
    mover.work(job)
    assert mover.stored("bert") == token
    assert job.finished_at is not None


def test_before_its_pause_is_over_nobody_asks_for_it_again(mover: Mover) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    mover.emulator.state.add_fault("http_500", path="/me")
    mover.work(job)
    asked = len(mover.emulator.state.requests("/me"))
    mover.work(job)
    assert len(mover.emulator.state.requests("/me")) == asked


def test_while_instagram_answers_nobody_a_turn_asks_for_one_batch_only(mover: Mover) -> None:
    job = mover.confirmed(["token", *mover.tokens(30)])
    mover.emulator.state.add_fault("http_500", path="/me")
    mover.work(job)
    assert ImportLine.objects.filter(tries=1).count() == 8
    assert ImportLine.objects.filter(tries=0, lease_until=None).count() == 22


def test_after_three_days_without_an_answer_a_line_is_refused(
    mover: Mover, travel: Callable[[dt.datetime], Any]
) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    mover.emulator.state.add_fault("http_500", path="/me")
    mover.work(job)
    travel(timezone.now() + 3 * DAY)
    mover.work(job)
    assert "three days" in mover.reasons(job)[2]
    assert held(job) == 0


def test_a_line_that_can_not_be_decrypted_is_refused_and_stops_no_other(mover: Mover) -> None:
    job = mover.confirmed(["token", "IGAAx", mover.token("anna")])
    ImportLine.objects.filter(number=2).update(content=Sealed(b"gAAAAAnonsense"))
    mover.work(job)
    assert mover.outcomes(job) == {2: "refused", 3: "imported"}
    assert "can't be read any more" in mover.reasons(job)[2]


def test_a_line_that_breaks_our_own_code_is_refused_and_stops_no_other(
    mover: Mover, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = mover.confirmed(["token", mover.token("anna"), mover.token("bert")])
    token = mover.emulator.state.tokens_of("anna")[-1].access_token
    real = import_tokens.conclude

    def breaks(line, answer, **details):
        if line.number == 2:
            raise ValueError(f"it was {token}")
        return real(line, answer, **details)

    monkeypatch.setattr(work_off_import, "conclude", breaks)
    mover.work(job)
    assert mover.outcomes(job) == {2: "refused", 3: "imported"}
    assert "ended with ValueError" in caplog.text
    assert token not in caplog.text
