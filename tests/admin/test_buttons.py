"""What the staff's buttons do, over the emulator: each asks first, tells each outcome, and says who it was."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage, Unsubscribed
from tests.factories import credential_of, make_connection, make_connections, make_meta_app, make_tenant
from tests.rows import all_rows
from tests.tokens.helpers import claimed, events_of, owed, spoil, status_of
from tokens import clients
from tokens.admin import brakes, buttons
from tokens.fields import Sealed
from tokens.meta import Secret
from tokens.models import AppBudget, Brake, Connection, Link, MetaApp, Reason
from tokens.services import attempt, recovery, retry_renewal
from tokens.services import mark_inactive as marking
from tokens.services.links import issue
from tokens.services.store import store
from tokens.services.verdicts import Dead, Renewed

pytestmark = pytest.mark.django_db
LIST = "/admin/tokens/connection/"
ON_ITS_PAGE = ["refresh-now", "check-now", "send-link", "mark-inactive", "disconnect"]
SEEN = frozenset({"django_session", "django_admin_log", "usersessions_usersession"})


def choose(browser, action, connections, **typed):
    keys = [str(each.pk) for each in connections]
    return browser.post(LIST, {"action": action, "_selected_action": keys, **typed}, follow=True).content.decode()


def actor_of(connection, kind):
    return Event.objects.get(subject_id=connection.pk, kind=kind).actor


# Each asks first


@pytest.mark.parametrize("button", ON_ITS_PAGE)
def test_each_button_asks_first(button, staff, creator, emulator):
    before = all_rows(apart_from=SEEN)
    for method in ("get", "post"):
        page = getattr(staff, method)(f"{LIST}{creator.pk}/{button}/").content.decode()
        assert "@creator" in page
        assert 'name="confirmed"' in page
    assert all_rows(apart_from=SEEN) == before
    assert emulator.state.requests() == []


@pytest.mark.parametrize("button", ON_ITS_PAGE)
def test_each_action_of_the_list_asks_first(button, staff, creator, emulator):
    before = all_rows(apart_from=SEEN)
    page = choose(staff, button.replace("-", "_"), [creator])
    assert 'name="confirmed"' in page
    assert str(creator.pk) in page
    assert all_rows(apart_from=SEEN) == before
    assert emulator.state.requests() == []


@pytest.mark.parametrize("button", ON_ITS_PAGE)
@pytest.mark.parametrize("key", ["00000000-0000-0000-0000-000000000000", "nonsense", "_00"])
def test_a_button_of_what_does_not_exist_is_not_found(button, key, staff):
    assert staff.get(f"{LIST}{key}/{button}/").status_code == 404
    assert staff.post(f"{LIST}{key}/{button}/", {"confirmed": "yes"}).status_code == 404


# Refresh now, check now


def test_refresh_now_renews_and_says_who_asked(press, creator, emulator, boss):
    page = press(creator, "refresh-now")
    assert "@creator: Renewed." in page.text
    assert emulator.state.refreshes("creator") == 1
    assert events_of(creator) == ["refreshed", "refresh_by_staff"]
    assert actor_of(creator, "refresh_by_staff") == boss.email
    assert LogEntry.objects.get().get_change_message() == "Refresh now: Renewed."


def test_check_now_says_that_it_works(press, creator, boss):
    assert "It works." in press(creator, "check-now").text
    assert actor_of(creator, "check_by_staff") == boss.email


@pytest.mark.parametrize("button", ["refresh-now", "check-now"])
def test_a_death_found_by_staff_is_told_and_mailed(button, press, creator, emulator):
    emulator.state.change_password("creator")
    page = press(creator, button)
    assert "Dead" in page.text
    assert status_of(creator) == ("inactive", "password_changed")
    assert owed("reconnect_needed") == ["carla@creator.example"]


@pytest.mark.parametrize("button", ["refresh-now", "check-now"])
def test_a_fault_in_passing_changes_nothing_and_says_so(button, press, creator, emulator):
    emulator.state.add_fault("http_500_empty")
    assert "Nothing was changed" in press(creator, button).text
    assert status_of(creator) == ("active", "")


def test_one_under_24_hours_is_not_asked(press, emulator):
    emulator.state.add_person("young")
    young = make_connection(token=emulator.state.issue_token("young"))
    assert "under 24 hours" in press(young, "refresh-now").text
    assert emulator.state.requests() == []


@pytest.mark.parametrize("state", ["inactive", "disconnected"])
@pytest.mark.parametrize("button", ["refresh-now", "check-now"])
def test_one_that_is_not_active_is_not_asked(button, state, press, emulator):
    assert "not active" in press(make_connection(status=state), button).text
    assert emulator.state.requests() == []


def test_one_that_a_worker_holds_is_left_alone(press, creator, emulator):
    claimed(creator)
    assert "very moment" in press(creator, "refresh-now").text
    assert emulator.state.requests() == []


def test_an_undecryptable_token_is_our_own_fault(press, creator):
    spoil(creator)
    assert "our own fault" in press(creator, "refresh-now").text.lower()
    assert status_of(creator) == ("active", "")


def test_an_undecryptable_secret_of_the_meta_app_hinders_no_check(press, emulator):
    tenant = make_tenant()
    app = make_meta_app(tenant=tenant)
    MetaApp.objects.filter(pk=app.pk).update(secret=Sealed(b"gAAAAA-of-a-key-that-is-lost"))
    emulator.state.add_app(app.app_id, "its secret at Meta")
    emulator.state.add_person("anna")
    token = emulator.state.issue_token("anna", app.app_id, age_days=20)
    row = make_connection(tenant=tenant, meta_app=app, token=token)
    assert "it works" in press(row, "check-now").text.lower()


def test_one_connections_trouble_stops_no_other(staff, emulator, monkeypatch):
    rows = make_connections(3)

    def now(pk, purpose, client_for):
        if pk == rows[1].pk:
            raise RuntimeError("IGAAsecret in an exception")
        return "alive"

    monkeypatch.setattr(attempt, "now", now)
    page = choose(staff, "check_now", rows, confirmed="yes")
    assert page.count("It works.") == 1
    assert "went wrong on our side" in page
    assert "IGAAsecret" not in page


def test_each_outcome_of_a_list_has_its_message(staff, emulator):
    rows = []
    for name in ("anna", "bert", "carl"):
        emulator.state.add_person(name)
        rows.append(make_connection(token=emulator.state.issue_token(name, age_days=20)))
    emulator.state.change_password("carl")
    page = choose(staff, "check_now", rows, confirmed="yes")
    assert "@anna, @bert: It works." in page or "@bert, @anna: It works." in page
    assert "@carl: Dead" in page


@pytest.mark.parametrize("action", ["refresh_now", "check_now"])
def test_more_than_ten_are_refused_with_a_sentence(action, staff, emulator):
    rows = make_connections(11)
    for typed in ({}, {"confirmed": "yes"}, {"confirmed": "yes", "select_across": "1"}):
        page = choose(staff, action, rows, **typed)
        assert "takes at most 10 at once" in page
        assert "manage.py" in page
    assert emulator.state.requests() == []


def test_ten_are_asked(staff, emulator):
    rows = []
    for number in range(10):
        emulator.state.add_person(f"p{number}")
        rows.append(make_connection(token=emulator.state.issue_token(f"p{number}", age_days=20)))
    page = choose(staff, "check_now", rows, confirmed="yes")
    assert "and 5 more: It works." in page
    assert len(emulator.state.requests()) == 10


def test_a_slow_meta_does_not_hold_the_request_for_ever(staff, emulator, monkeypatch):
    rows = make_connections(3)
    clock = iter(range(0, 100, 3))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(attempt, "now", lambda *args: "alive")
    page = choose(staff, "check_now", rows, confirmed="yes")
    assert "Not asked" in page
    assert Event.objects.filter(kind="check_by_staff").count() == 1
    longest = buttons.ENOUGH_SECONDS + 2 * clients.INTERACTIVE_DEADLINE["instagram_login"] + 2
    assert longest <= 20


# Send reconnect link


def test_a_link_is_mailed_and_said(press, creator, boss):
    page = press(creator, "send-link")
    assert "carla@creator.example" in page.text
    assert owed("reconnect_link") == ["carla@creator.example"]
    assert actor_of(creator, "link_sent") == boss.email


def test_who_unsubscribed_is_sent_none(press, creator):
    Unsubscribed.objects.create(tenant=creator.tenant, topic_id=creator.pk, address="carla@creator.example")
    assert "wants to be" in press(creator, "send-link").text
    assert owed("reconnect_link") == []


def test_a_fourth_link_in_an_hour_is_refused(press, creator):
    for _ in range(3):
        press(creator, "send-link")
    assert "Nothing was sent" in press(creator, "send-link").text
    assert Link.objects.count() == 3


def test_a_disconnected_one_gets_no_link(press):
    gone = make_connection(status="disconnected")
    assert "nothing was sent" in press(gone, "send-link").text
    assert not Link.objects.exists()


# Disconnect


def test_disconnect_erases_the_token(press, creator, boss):
    page = press(creator, "disconnect")
    assert "key erased" in page.text
    assert credential_of(creator).token is None
    assert actor_of(creator, "disconnected") == boss.email
    assert "disconnected already" in press(creator, "disconnect").text


# Mark inactive


def test_marking_inactive_is_a_death_by_hand(press, creator, boss):
    link = issue(creator, recipients=[])
    before = credential_of(creator)
    page = press(creator, "mark-inactive", reason="checkpoint")
    after = credential_of(creator)
    assert "Inactive now" in page.text
    assert status_of(creator) == ("inactive", "checkpoint")
    assert (after.due_at, after.check_due_at, after.lease_until) == (None, None, None)
    assert (after.version, after.fence) == (before.version + 1, before.fence + 1)
    assert after.token is not None
    assert owed() == ["carla@creator.example"]
    assert actor_of(creator, "became_inactive") == boss.email
    link.refresh_from_db()
    assert link.replaced_at is not None


@pytest.mark.parametrize("reason", ["", "boredom", "\0", "x" * 500])
def test_a_reason_that_is_none_is_asked_for_again(reason, staff, creator):
    before = all_rows(apart_from=SEEN)
    path = f"{LIST}{creator.pk}/mark-inactive/"
    assert staff.post(path, {"confirmed": "yes", "reason": reason}).status_code == 400
    assert all_rows(apart_from=SEEN) == before


@pytest.mark.parametrize("reason", Reason.values)
def test_every_reason_is_offered_in_its_sentence(reason, staff, creator):
    assert f'value="{reason}"' in staff.get(f"{LIST}{creator.pk}/mark-inactive/").content.decode()


def test_several_are_marked_from_the_list(staff, emulator):
    rows = make_connections(3)
    assert 'name="reason"' in choose(staff, "mark_inactive", rows)
    choose(staff, "mark_inactive", rows, confirmed="yes", reason="app_removed")
    assert {status_of(row) for row in rows} == {("inactive", "app_removed")}


@pytest.mark.parametrize("state", ["inactive", "disconnected"])
def test_one_that_is_not_active_is_not_marked(state, press):
    row = make_connection(status=state)
    before = status_of(row)
    assert "not active" in press(row, "mark-inactive", reason="unknown").text
    assert status_of(row) == before
    assert not OutboxMessage.objects.exists()


def test_while_the_brake_holds_nobody_is_marked_and_mailed(press, creator):
    Brake.objects.create(meta_app=creator.meta_app, cause="deaths", fallen_at=timezone.now())
    assert "brake" in press(creator, "mark-inactive", reason="unknown").text
    assert status_of(creator) == ("active", "")
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("verdict", [Renewed(Secret("IGAAlate"), 5_184_000, timezone.now()), Dead("expired")])
def test_an_answer_under_way_is_dropped_after_marking(verdict, creator, boss):
    claim = claimed(creator)
    credential = claim.row().select_related("connection__meta_app", "connection__tenant").get()
    assert marking.mark_inactive(creator, reason="logged_out", by=boss) == "marked"
    assert store(claim, credential, verdict, calls=[], unparsable=False) == "lost"
    assert status_of(creator) == ("inactive", "logged_out")
    assert OutboxMessage.objects.count() == 1


def test_marking_by_hand_does_not_count_towards_the_brake(creator, boss, settings):
    settings.BRAKE_MIN_DEATHS = 1
    marking.mark_inactive(creator, reason="logged_out", by=boss)
    assert not Brake.objects.exists()


def test_marking_writes_all_or_nothing(creator, boss, monkeypatch):
    before = all_rows()

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(marking, "mail_reconnect_link", fail)
    with pytest.raises(RuntimeError):
        marking.mark_inactive(creator, reason="logged_out", by=boss)
    assert all_rows() == before


# Brakes


@pytest.fixture
def held(creator):
    fallen_at = timezone.now() - dt.timedelta(minutes=5)
    return Brake.objects.create(meta_app=creator.meta_app, cause="weather", fallen_at=fallen_at)


def test_a_brake_is_lifted_by_name(press, held, boss):
    assert "Lifted" in press(held, "lift").text
    held.refresh_from_db()
    assert held.lifted_by == boss.email
    assert LogEntry.objects.get().user == boss
    assert "already" in press(held, "lift").text


def test_a_brake_asks_first(staff, held, emulator):
    for button in ("lift", "resume"):
        assert 'name="confirmed"' in staff.get(f"/admin/tokens/brake/{held.pk}/{button}/").content.decode()
    held.refresh_from_db()
    assert held.lifted_at is None
    assert emulator.state.requests() == []


def test_a_sample_that_answers_lifts_it(press, held, creator, boss):
    assert "Lifted: @creator, asked first, answered as it should." in press(held, "resume").text
    held.refresh_from_db()
    assert held.lifted_by == boss.email
    assert credential_of(creator).lease_until is None


def test_a_sample_that_fails_leaves_it(press, held, emulator):
    emulator.state.add_fault("http_500_empty")
    said = press(held, "resume").text
    assert "It holds on. The first one asked, @creator, still fails: Meta does not answer as it should" in said
    assert "Nothing was lifted." in said
    held.refresh_from_db()
    assert held.lifted_at is None


def test_while_the_limit_pauses_its_app_nobody_is_asked(press, held, emulator):
    pause = AppBudget.objects.create(meta_app=held.meta_app, paused_until=timezone.now() + dt.timedelta(minutes=5))
    said = press(held, "resume").text
    assert "It holds on. Meta's limit pauses the app, and more calls lengthen the wait: nobody was asked." in said
    assert emulator.state.requests() == []
    held.refresh_from_db()
    assert held.lifted_at is None
    AppBudget.objects.filter(pk=pause.pk).update(paused_until=timezone.now())
    assert "Lifted" in press(held, "resume").text


def test_a_sample_ends_within_twenty_seconds():
    answers = recovery.SAMPLE + 2  # the first one's renewal, and the second opinion about it
    assert answers * brakes.SAMPLE_DEADLINE + retry_renewal.LONGEST_PAUSE < 20


def test_who_may_only_view_brakes_lifts_none(clerk, held):
    browser = clerk("view_brake")
    for button in ("lift", "resume"):
        path = f"/admin/tokens/brake/{held.pk}/{button}/"
        assert browser.post(path, {"confirmed": "yes"}).status_code == 403
    held.refresh_from_db()
    assert held.lifted_at is None


def test_two_brakes_are_resumed_one_by_one(staff, held):
    other = Brake.objects.create(meta_app=make_meta_app(app_id="77"), cause="ours", fallen_at=timezone.now())
    keys = {"action": "resume", "_selected_action": [str(held.pk), str(other.pk)], "confirmed": "yes"}
    assert "at most 1" in staff.post("/admin/tokens/brake/", keys, follow=True).content.decode()
    assert Connection.objects.count() == 1
