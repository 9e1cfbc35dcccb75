"""Pages, flags and histories name whom people deal with: Instagram, Facebook, or Meta for a system user."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Event
from tests.emulator.wire import FACEBOOK_GRAPH
from tests.factories import make_connection, make_meta_app
from tests.tokens.flavours.facebook import SINGLE, FacebookPeople
from tests.tokens.helpers import ago, credential_of
from tokens.flags import flags_of
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Credential, Flavour, MetaApp, Reason
from tokens.wording import why_it_ended

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("flavour", [Flavour.FACEBOOK_LOGIN, Flavour.SYSTEM_USER])
def test_no_flag_speaks_of_instagram_where_nobody_deals_with_it(flavour: str) -> None:
    app = MetaApp.objects.create(flavour=flavour, app_id="1")
    connection = make_connection(meta_app=app, credential={
        "cannot_refresh_since": ago(days=1), "refused_since": ago(days=1), "checked_at": ago(days=9),
        "obtained_at": ago(days=20), "refresh_failures": 1,
    })  # fmt: skip
    sentences = [flag.sentence for flag in flags_of(connection, timezone.now())]
    assert len(sentences) >= 3
    assert not any("Instagram" in each for each in sentences)
    assert any(FLAVOURS[flavour].host in each for each in sentences)
    assert all("Facebook" not in each.sentence for each in flags_of(make_connection(), timezone.now()))


@pytest.mark.parametrize("reason", [each for each in Reason if each != Reason.SYSTEM_USER_DELETED])
def test_every_reason_is_told_as_facebooks(reason: str) -> None:
    told = why_it_ended(reason, Flavour.FACEBOOK_LOGIN)
    assert told is not None
    assert "Instagram" not in f"{told.sentence} {told.remedy}"


@pytest.mark.parametrize("reason", [each for each in Reason if each != Reason.PAGE_ROLE_LOST])
def test_every_reason_of_a_system_user_ends_in_a_new_token(reason: str) -> None:
    told = why_it_ended(reason, Flavour.SYSTEM_USER)
    assert told is not None
    assert "Instagram" not in f"{told.sentence} {told.remedy}"
    assert "token" in told.remedy
    assert "econnect" not in told.remedy


def test_what_a_button_brings_is_told_as_facebooks(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    Credential.objects.update(issued_at=ago(days=3), obtained_at=ago(days=3))
    people.emulator.state.add_fault("http_500", path=FACEBOOK_GRAPH)
    people.browser.post(people.page_of(connection, "refresh/"))
    assert "Facebook did not answer as it should." in people.shown(connection)
    assert "lets the creator log in at Facebook without an account here" in people.shown(connection)


def test_a_young_one_is_told_when_facebook_can_renew_it(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    people.browser.post(people.page_of(connection, "refresh/"))
    assert "It is under 24 hours old. Facebook can renew it from" in people.shown(connection)


def test_a_renewal_that_facebook_refuses_is_its_own_line(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    Credential.objects.update(issued_at=ago(days=3), obtained_at=ago(days=3))
    people.emulator.state.add_fault("generic_190", path=f"{FACEBOOK_GRAPH}/oauth/access_token")
    people.browser.post(people.page_of(connection, "refresh/"))
    told = Event.objects.get(subject_id=connection.pk, kind="cannot_refresh").text
    assert told.startswith("Facebook refuses to renew the connection")
    assert "Facebook refuses to renew it, though it still works." in people.shown(connection)
    assert credential_of(connection).token is not None


def test_what_was_left_unticked_at_facebook_is_told_as_facebooks(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE, permissions=["instagram_basic", "pages_show_list"])
    told = Event.objects.get(subject_id=connection.pk, kind="permission_missing").text
    assert told == "Needed, but not ticked at Facebook: pages_read_engagement."


def test_instagrams_stay_instagrams(people: FacebookPeople) -> None:
    connection = make_connection(tenant=people.tenant, meta_app=make_meta_app(), permissions=None)
    text = people.shown(connection)
    assert "Instagram did not say" in text
    assert "Facebook" not in text.replace("Connect through Facebook", "")
    assert Connection.objects.count() == 1
