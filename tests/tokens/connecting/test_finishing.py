"""Meta fails half-way: what it has handed out waits, encrypted, behind "Finish connecting"."""

from __future__ import annotations

import datetime as dt
import threading
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.models import Membership, Role
from tests.factories import credential_of
from tests.markup import Page
from tests.races import together
from tests.rows import all_rows
from tests.tokens.journeys import code_of, follow, sign_in
from tokens.models import ConnectAttempt, Connection
from tokens.services.connect import claim_pending

STEPS = {"/oauth/access_token": "code", "/access_token": "short_token", "/me": "long_token"}
TRIES = {"/oauth/access_token": 1, "/access_token": 3, "/me": 1}

pytestmark = pytest.mark.django_db


@pytest.fixture
def interrupted(go, signed_in, emulator, monkeypatch):
    """Meta is down at one step; the page that the person then sees."""
    monkeypatch.setattr("tokens.services.connect.EXCHANGE_PAUSE", 0)

    def interrupted(step, fault="http_500_empty"):
        emulator.state.add_fault(fault, path=step)
        response = follow(signed_in, go())
        emulator.state.clear_faults()
        return Page(response.content.decode())

    return interrupted


def finish(page, browser):
    response = browser.post(page.form_of("Finish connecting").action, follow=True)
    assert response.status_code == 200
    return Page(response.content.decode())


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", ["http_500_empty", "reset", "transient_true", "http_429_empty"])
def test_what_meta_gave_waits_and_the_button_finishes_it(step, fault, interrupted, signed_in):
    page = interrupted(step, fault)
    attempt = ConnectAttempt.objects.get()
    assert (attempt.outcome, attempt.pending) == ("unfinished", STEPS[step])
    assert "Nothing is lost" in page.text
    assert not Connection.objects.exists()
    page = finish(page, signed_in)
    assert "@creator is connected" in page.text
    assert Connection.objects.get().status == "active"
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.pending, attempt.pending_secret, attempt.pending_facts) == (
        "connected", "", None, {},
    )  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_what_waits_is_encrypted(step, interrupted, emulator):
    page = interrupted(step)
    rows = repr(all_rows())
    for secret in [*emulator.state.secrets(), *emulator.state.codes]:
        assert secret not in rows
        assert secret not in page.html


@pytest.mark.parametrize("step", STEPS)
def test_a_token_is_asked_for_three_times_and_a_code_once(step, interrupted, emulator):
    interrupted(step)
    assert len(emulator.state.requests(step)) == TRIES[step]


def test_the_third_try_may_succeed(go, signed_in, emulator, monkeypatch):
    monkeypatch.setattr("tokens.services.connect.EXCHANGE_PAUSE", 0)
    emulator.state.add_fault("http_500_empty", path="/access_token", times=2)
    follow(signed_in, go())
    assert Connection.objects.get().status == "active"


def test_the_tries_end_within_ten_seconds(go, signed_in, emulator, monkeypatch):
    elapsed = iter([0.0, 7.0])
    clock = SimpleNamespace(monotonic=lambda: next(elapsed), sleep=lambda seconds: None)
    monkeypatch.setattr("tokens.services.connect.time", clock)
    emulator.state.add_fault("http_500_empty", path="/access_token")
    follow(signed_in, go())
    assert len(emulator.state.requests("/access_token")) == 1
    assert ConnectAttempt.objects.get().pending == "short_token"


@pytest.mark.parametrize("step", ["/access_token", "/me"])
@pytest.mark.parametrize(("minutes", "status"), [(59, "active"), (60, None)])
def test_a_token_waits_for_an_hour(step, minutes, status, interrupted, signed_in, travel):
    start = timezone.now()
    travel(start)
    page = interrupted(step)
    travel(start + dt.timedelta(minutes=minutes))
    told = finish(page, signed_in)
    assert Connection.objects.values_list("status", flat=True).first() == status
    if status is None:
        assert "Try again" in told.button_words
        assert ConnectAttempt.objects.get().pending_secret is None


def test_the_page_offers_no_finish_after_its_hour(interrupted, signed_in, travel):
    start = timezone.now()
    travel(start)
    interrupted("/me")
    travel(start + dt.timedelta(hours=1))
    page = Page(signed_in.get(f"/connect/outcome/{ConnectAttempt.objects.get().pk}/").content.decode())
    assert "Finish connecting" not in page.button_words
    assert "Try again" in page.button_words


def test_the_dates_are_those_of_the_issue_and_not_of_finishing(interrupted, signed_in, travel):
    start = timezone.now().replace(microsecond=0)
    travel(start)
    page = interrupted("/me")
    travel(start + dt.timedelta(minutes=30))
    finish(page, signed_in)
    credential = credential_of(Connection.objects.get())
    assert credential.issued_at == start
    assert credential.expires_at == start + dt.timedelta(days=60)


def test_still_down_keeps_it_waiting_and_another_press_works(interrupted, signed_in, emulator):
    page = interrupted("/me")
    emulator.state.add_fault("http_500_empty", path="/me")
    page = finish(page, signed_in)
    emulator.state.clear_faults()
    assert "@creator is connected" in finish(page, signed_in).text


def test_still_down_does_not_lengthen_the_hour(interrupted, signed_in, emulator, travel):
    start = timezone.now()
    travel(start)
    page = interrupted("/me")
    until = ConnectAttempt.objects.get().pending_until
    travel(start + dt.timedelta(minutes=50))
    emulator.state.add_fault("http_500_empty", path="/me")
    finish(page, signed_in)
    assert ConnectAttempt.objects.get().pending_until == until


def test_a_code_whose_answer_got_lost_is_told_as_used(interrupted, signed_in):
    page = interrupted("/oauth/access_token", "reset_after_request")
    told = finish(page, signed_in)
    assert "did not accept" in told.text
    assert "Try again" in told.button_words


def test_a_second_press_after_the_end_changes_nothing(interrupted, signed_in, calls):
    page = interrupted("/me")
    finish(page, signed_in)
    visit = frozenset({"django_session", "usersessions_usersession"})
    before, asked = all_rows(apart_from=visit), calls()
    finish(page, signed_in)
    assert all_rows(apart_from=visit) == before
    assert calls() == asked


def test_a_member_removed_in_the_meantime_finishes_nothing(interrupted, signed_in, alice, calls):
    page = interrupted("/me")
    Membership.objects.filter(user=alice).delete()
    asked = calls()
    response = signed_in.post(page.form_of("Finish connecting").action, follow=True)
    assert response.status_code in {400, 403, 404}
    assert calls() == asked
    assert not Connection.objects.exists()


def test_a_member_made_viewer_in_the_meantime_finishes_nothing(interrupted, signed_in, alice):
    page = interrupted("/me")
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    response = signed_in.post(page.form_of("Finish connecting").action, follow=True)
    assert response.status_code in {400, 403, 404}
    assert not Connection.objects.exists()


def test_a_code_is_erased_with_the_refusal_that_ends_it(interrupted, signed_in, emulator):
    page = interrupted("/access_token")
    emulator.state.invalidate("creator")
    finish(page, signed_in)
    attempt = ConnectAttempt.objects.get()
    assert (attempt.outcome, attempt.pending_secret) == ("code_rejected", None)


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_finish_it_once(interrupted, alice, emulator):
    page = interrupted("/me")
    path = page.form_of("Finish connecting").action
    emulator.state.clear_requests()
    emulator.state.add_fault("hang", path="/me", times=1)
    tabs = [sign_in(alice), sign_in(alice)]

    one_is_back = threading.Event()

    def press(tab):
        answer = tab.post(path).status_code
        one_is_back.set()
        return answer

    def release():
        assert emulator.state.gate.wait_for_waiting(1, 10)
        assert one_is_back.wait(10)
        emulator.state.release()

    assert together(*(lambda tab=tab: press(tab) for tab in tabs), meanwhile=release) == [302, 302]
    assert len(emulator.state.requests("/me")) == 1
    assert Connection.objects.get().status == "active"
    assert credential_of(Connection.objects.get()).version == 1


def test_a_press_that_began_before_another_one_ended_goes_on_from_there(
    interrupted, signed_in, alice, emulator, monkeypatch
):
    """The first one exchanged the code, and then Meta failed: only what it got is good for anything."""
    page = interrupted("/oauth/access_token")
    path, first = page.form_of("Finish connecting").action, sign_in(alice)

    def press_first(attempt):
        monkeypatch.undo()
        monkeypatch.setattr("tokens.services.connect.EXCHANGE_PAUSE", 0)
        emulator.state.add_fault("http_500_empty", path="/access_token", times=3)
        assert first.post(path).status_code == 302
        assert ConnectAttempt.objects.get().pending == "short_token"
        return claim_pending(attempt)

    monkeypatch.setattr("tokens.views.callback.claim_pending", press_first)
    signed_in.post(path)
    assert ConnectAttempt.objects.get().outcome == "connected"
    assert Connection.objects.get().status == "active"


def test_a_choice_that_is_none_holds_nobody_up(interrupted, signed_in):
    page = interrupted("/me")
    path = page.form_of("Finish connecting").action
    ConnectAttempt.objects.update(outcome="choose", pending_facts={"choices": [["1", "one", "One"]]})
    told = Page(signed_in.post(path, {"account": ["2"]}, follow=True).content.decode())
    assert "Choose at least one account." in told.text
    assert ConnectAttempt.objects.get().finishing_until is None


def test_the_code_of_an_interrupted_attempt_never_reaches_a_page(interrupted, emulator, go):
    page = interrupted("/oauth/access_token")
    assert code_of(go()) not in page.html
    assert all(code not in page.html for code in emulator.state.codes)
