"""Callbacks in the same moment as each other, as workers and as people."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection
from tests.races import together
from tests.tokens import fake_meta, journeys
from tests.tokens.callbacks.signing import ask_deletion, deauthorize
from tests.tokens.fake_meta import FakeMeta, dead, profile, renewed
from tests.tokens.helpers import claimed, events_of, owed, status_of, sweep
from tokens.models import Connection, Credential, DeletionRequest, Strike
from tokens.services.attempt import work
from tokens.services.mark_inactive import mark_inactive
from tokens.services.set_contact import set_contact

pytestmark = pytest.mark.django_db(transaction=True)
YESTERDAY = dt.timedelta(days=1)

ANSWERS = {
    "renewed": {"on_refresh": renewed()},
    "dead": {"on_refresh": dead(call="refresh"), "on_me": dead()},
    "contradicted": {"on_refresh": dead(call="refresh"), "on_me": profile("anna")},
    "permission": {"on_refresh": fake_meta.permission()},
    "refused": {"on_refresh": fake_meta.refused()},
    "our fault": {"on_refresh": fake_meta.client_secret()},
    "unparsable": {"on_refresh": fake_meta.unparsable(call="refresh"), "on_me": fake_meta.unparsable()},
    "in passing": {"on_refresh": fake_meta.transient()},
    "too young": {"on_refresh": fake_meta.refused("too_young", 100)},
    "another handle": {"on_me": profile("anna_new")},
}


@pytest.fixture
def anna(db):
    return make_connection(
        handle="anna", due_at=timezone.now(), check_due_at=timezone.now(), consented_at=timezone.now() - YESTERDAY,
        contact_email="anna@creator.example",
    )  # fmt: skip


def interrupted(answer, call):
    """Meta whose first answer comes after `call`."""
    done: list[object] = []

    def answering(told):
        def tell(token):
            if not done:
                done.append(call())
            return told

        return tell

    defaults = {"on_refresh": renewed(), "on_me": profile("")}
    return FakeMeta(**{name: answering(told) for name, told in {**defaults, **answer}.items()})


@pytest.mark.parametrize("purpose", ["refresh", "check"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_comes_after_the_account_was_erased_is_lost(answer, purpose, anna):
    meta = interrupted(answer, lambda: ask_deletion(anna.instagram_id))
    claim = claimed(anna, purpose)
    assert work(claim, meta.client_for, pause=lambda seconds: None) == "lost"
    assert not Connection.objects.exists()
    assert not Credential.objects.exists()
    assert (Strike.objects.count(), owed("reconnect_needed"), owed("permission_missing")) == (0, [], [])
    assert [event.kind for event in Event.objects.filter(subject_id=anna.pk)] == ["erased"]


@pytest.mark.parametrize("purpose", ["refresh", "check"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_sweep_survives_it_and_serves_the_others(answer, purpose, anna):
    other = make_connection(due_at=timezone.now(), check_due_at=timezone.now())
    meta = interrupted(answer, lambda: ask_deletion(anna.instagram_id))
    counts = sweep(meta, purpose, threads=1)
    assert counts["lost"] == 1
    assert "error" not in counts
    assert Credential.objects.get().pk == other.pk
    assert Credential.objects.get().lease_until is None


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_comes_after_the_app_was_removed_is_lost(answer, anna):
    meta = interrupted(answer, lambda: deauthorize(anna.instagram_id))
    assert work(claimed(anna), meta.client_for, pause=lambda seconds: None) == "lost"
    assert status_of(anna) == ("inactive", "app_removed")
    assert Credential.objects.get(pk=anna.pk).token is None
    assert owed() == ["anna@creator.example"]
    assert events_of(anna) == ["became_inactive"]


def test_told_of_a_removal_several_times_at_once_it_ends_and_mails_once(anna):
    issued_at = int(timezone.now().timestamp())
    answers = together(*(lambda: deauthorize(anna.instagram_id, issued_at=issued_at).status_code for _ in range(4)))
    assert answers == [200] * 4
    assert events_of(anna) == ["became_inactive"]
    assert owed() == ["anna@creator.example"]


def test_asked_for_the_same_deletion_several_times_at_once_there_is_one_code(anna):
    issued_at = int(timezone.now().timestamp())
    calls = (lambda: ask_deletion(anna.instagram_id, issued_at=issued_at).json() for _ in range(4))
    answers = together(*calls)
    assert len({answer["confirmation_code"] for answer in answers}) == 1
    assert DeletionRequest.objects.get().state == "erased"
    assert Event.objects.filter(kind="erased").count() == 1


def test_removal_and_deletion_at_once_end_in_erasure(anna):
    answers = together(
        lambda: deauthorize(anna.instagram_id).status_code, lambda: ask_deletion(anna.instagram_id).status_code
    )
    assert answers == [200, 200]
    assert not Connection.objects.exists()
    assert owed() == []


def test_sweeps_and_callbacks_at_once_never_wait_for_each_other_for_ever(db):
    """On PostgreSQL a circle would end in an error."""
    there = [
        make_connection(
            due_at=timezone.now() - YESTERDAY, check_due_at=timezone.now() - YESTERDAY,
            consented_at=timezone.now() - YESTERDAY, contact_email="anna@creator.example",
        )
        for _ in range(12)
    ]  # fmt: skip
    meta = FakeMeta(on_refresh=dead(call="refresh"), on_me=dead())
    results = together(
        lambda: (sweep(meta), 200)[1],
        lambda: (sweep(meta, "check"), 200)[1],
        lambda: max(deauthorize(each.instagram_id).status_code for each in there),
        lambda: max(ask_deletion(each.instagram_id).status_code for each in reversed(there)),
        lambda: max(deauthorize(each.app_scoped_id).status_code for each in reversed(there)),
    )
    assert results == [200] * 5
    assert not Connection.objects.exists()
    assert owed("reconnect_needed") == []


def test_nothing_breaks_for_who_is_just_coming_back_from_instagram(connect, signed_in, tenant, emulator):
    """By an attempt to revive what is erased meanwhile: whoever allowed it just then is connected anew."""
    connection = connect("creator")
    way = journeys.allow(
        journeys.leave_from(signed_in, f"/w/{tenant.slug}/connections/{connection.pk}/reconnect/"), "creator"
    )
    emulator.state.add_fault("hang", path="/me", times=1)

    def erase_meanwhile():
        assert emulator.state.gate.wait_for_waiting(1, 15)
        assert ask_deletion(connection.instagram_id).status_code == 200
        emulator.state.release()

    [response] = together(lambda: signed_in.get(way), meanwhile=erase_meanwhile)
    assert response.status_code == 302
    assert not Connection.objects.filter(pk=connection.pk).exists()
    assert Connection.objects.get(tenant=tenant).status == "active"


def test_a_member_who_acts_in_the_very_moment_writes_nothing_of_an_erased_account(anna, alice):
    stale = Connection.objects.select_related("meta_app", "tenant").get(pk=anna.pk)
    ask_deletion(anna.instagram_id)
    set_contact(stale, email="new@creator.example", by=alice)
    assert mark_inactive(stale, reason="unknown", by=alice) == "not_active"
    assert [event.kind for event in Event.objects.filter(subject_id=anna.pk)] == ["erased"]
