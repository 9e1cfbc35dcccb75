"""Before anybody is asked for something new, the page lists whom it concerns; only a clear yes has them asked."""

from __future__ import annotations

import pytest

from accounts.models import Event, Role
from notifications.models import OutboxMessage
from tests import queue
from tests.factories import make_connection, make_member, make_meta_app, make_tenant
from tests.tokens.scopes.conftest import ASKABLE, BASIC, COMMENTS, INSIGHTS, PUBLISH, needed_by
from tokens.models import Connection, MetaApp
from tokens.services.concerned import SHOWN, concerned

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def basic_alone(need):
    need(BASIC)


@pytest.fixture
def anna(tenant):
    return make_connection(
        tenant=tenant, handle="anna", permissions=[BASIC, COMMENTS], contact_email="Anna@creator.example"
    )


def asking():
    return set(Connection.objects.filter(asking_since__isnull=False).values_list("handle", flat=True))


def test_it_lists_who_lacks_what_and_where_the_mail_goes_and_saves_nothing(save, tenant, anna):
    page = save(BASIC, PUBLISH, COMMENTS)
    assert "1 account lacks what is newly needed" in page.text
    whom = page.text.partition("Whom it concerns")[2]
    assert "@anna" in whom
    assert PUBLISH in whom
    assert COMMENTS not in whom
    assert "Mail to anna@creator.example" in whom
    assert "Renewing never adds permissions" in page.text
    assert page.button_words == ["Save and ask them", "Save without asking"]
    assert needed_by(tenant) == [BASIC]
    assert asking() == set()
    assert not Event.objects.filter(kind="needs_changed").exists()


def test_without_a_contact_the_mail_goes_to_whoever_connected_it_else_to_the_owners(save, tenant, alice):
    bob, gone = make_member(tenant), make_tenant().memberships.get().user
    make_connection(tenant=tenant, handle="by_bob", permissions=[BASIC], connected_by=bob)
    make_connection(tenant=tenant, handle="by_gone", permissions=[BASIC], connected_by=gone)
    second = make_member(tenant, Role.OWNER)
    text = save(BASIC, PUBLISH).text
    assert f"@by_bob {PUBLISH} Mail to {bob.email}" in text
    assert f"@by_gone {PUBLISH} Mail to {alice.email}, {second.email}" in text
    assert gone.email not in text


def test_those_who_have_it_who_ended_who_are_unknown_or_elsewhere_are_not_asked(save, answer, tenant, anna):
    make_connection(tenant=tenant, handle="has_it", permissions=ASKABLE)
    make_connection(tenant=tenant, handle="dead", permissions=[BASIC], status="inactive")
    make_connection(tenant=tenant, handle="gone", permissions=[BASIC], status="disconnected")
    make_connection(tenant=tenant, handle="unknown", permissions=None)
    make_connection(tenant=make_tenant(), handle="elsewhere", permissions=[BASIC])
    own = make_meta_app(tenant=tenant)
    MetaApp.objects.filter(pk=own.pk).update(scopes=[BASIC], retired_at=own.created_at)
    make_connection(tenant=tenant, handle="cannot", permissions=[BASIC], meta_app=own)
    page = save(BASIC, PUBLISH)
    for handle in ("has_it", "dead", "gone", "elsewhere", "cannot"):
        assert handle not in page.text
    assert "Of 1 account Instagram did not say what was granted. Nobody is asked for it: @unknown." in page.text
    answer(page, "Save and ask them")
    assert asking() == {"anna"}


def test_save_and_ask_marks_just_those_and_rings_a_worker(
    save, answer, tenant, anna, alice, django_capture_on_commit_callbacks
):
    make_connection(tenant=tenant, handle="bert", permissions=[BASIC, PUBLISH])
    asked = save(BASIC, PUBLISH)
    with django_capture_on_commit_callbacks(execute=True):
        page = answer(asked, "Save and ask them")
    assert "The permissions needed are saved. 1 account is asked by mail." in page.text
    assert needed_by(tenant) == [BASIC, PUBLISH]
    assert asking() == {"anna"}
    assert [task["func"] for task in queue.waiting()] == ["tokens.tasks.ask_permissions"]
    [event] = Event.objects.filter(kind="needs_changed")
    assert (event.actor, event.detail) == (alice.email, {"added": [PUBLISH], "removed": [], "asked": 1})
    assert "1 account is asked by mail." in event.text


def test_save_without_asking_saves_and_marks_nobody(save, answer, tenant, anna):
    page = answer(save(BASIC, PUBLISH), "Save without asking")
    assert "asked by mail" not in page.text
    assert needed_by(tenant) == [BASIC, PUBLISH]
    assert asking() == set()
    assert queue.waiting() == []
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("word", ["", "maybe", "no"])
def test_without_a_clear_yes_nobody_is_asked(word, save, anna):
    seen = save(BASIC, PUBLISH).form_of("Save and ask them").fields["seen"]
    save(BASIC, PUBLISH, seen=seen, ask=word)
    assert asking() == set()


def test_a_list_that_changed_meanwhile_is_shown_anew(save, answer, tenant, anna):
    page = save(BASIC, PUBLISH)
    make_connection(tenant=tenant, handle="bert", permissions=[BASIC])
    again = answer(page, "Save and ask them")
    assert "The list has changed meanwhile" in again.text
    assert "@bert" in again.text
    assert needed_by(tenant) == [BASIC]
    assert asking() == set()
    answer(again, "Save and ask them")
    assert asking() == {"anna", "bert"}


@pytest.mark.parametrize(
    "change",
    [
        {"contact_email": "other@creator.example"},
        {"permissions": [BASIC]},
        {"connected_by": None, "contact_email": ""},
    ],
    ids=["contact", "permissions", "nobody"],
)
def test_so_is_one_whose_mails_would_go_elsewhere_or_ask_for_something_else(change, save, answer, anna):
    page = save(BASIC, PUBLISH, COMMENTS)
    Connection.objects.filter(pk=anna.pk).update(**change)
    assert "The list has changed meanwhile" in answer(page, "Save and ask them").text


def test_a_made_up_digest_saves_nothing(save, tenant, anna):
    assert "The list has changed meanwhile" in save(BASIC, PUBLISH, seen="0" * 64, ask="yes").text
    assert needed_by(tenant) == [BASIC]


def test_a_digest_of_another_choice_is_not_good_for_this_one(save, tenant, anna):
    seen = save(BASIC, PUBLISH).form_of("Save and ask them").fields["seen"]
    save(BASIC, INSIGHTS, seen=seen, ask="yes")
    assert needed_by(tenant) == [BASIC]


def test_where_nobody_is_concerned_any_more_it_is_saved(save, answer, tenant, anna):
    page = save(BASIC, PUBLISH)
    Connection.objects.update(permissions=ASKABLE)
    assert "The permissions needed are saved." in answer(page, "Save and ask them").text
    assert asking() == set()


def test_the_first_fifty_are_listed_and_the_others_counted_and_asked(save, answer, tenant):
    for number in range(SHOWN + 2):
        make_connection(tenant=tenant, handle=f"c{number:02}", permissions=[BASIC])
    page = save(BASIC, PUBLISH)
    assert f"{SHOWN + 2} accounts lack" in page.text
    assert "@c49" in page.text
    assert "@c50" not in page.text
    assert "and 2 more." in page.text
    # Also one that is not shown belongs to the list.
    Connection.objects.filter(handle="c51").update(permissions=ASKABLE)
    again = answer(page, "Save and ask them")
    assert "The list has changed meanwhile" in again.text
    answer(again, "Save and ask them")
    assert len(asking()) == SHOWN + 1


def test_the_list_costs_the_same_number_of_queries_however_long_it_is(tenant, django_assert_num_queries):
    for number in (0, 6, 6):
        for _ in range(number):
            make_connection(tenant=tenant, permissions=[BASIC], connected_by=make_member(tenant))
        make_connection(tenant=tenant, permissions=None)
        with django_assert_num_queries(5):
            concerned(tenant, "instagram_login", [PUBLISH])


def test_what_was_needed_before_and_is_lacking_concerns_no_change(save, answer, tenant, need):
    need(BASIC, COMMENTS)
    make_connection(tenant=tenant, handle="lacks_comments", permissions=[BASIC, PUBLISH])
    make_connection(tenant=tenant, handle="lacks_publish", permissions=[BASIC, COMMENTS])
    page = save(BASIC, COMMENTS, PUBLISH)
    assert "@lacks_comments" not in page.text
    answer(page, "Save and ask them")
    assert asking() == {"lacks_publish"}
