"""What keeps each kind of token alive, and for how long: the cells of the table in docs/flavours.md, one by one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.emulator.facebook.world import Facebook
from tests.tokens.flavours.facebook import SINGLE, FacebookPeople
from tests.tokens.helpers import ago, attempt_for_real, credential_of, events_of, status_of
from tests.tokens.pasting.paster import Paster
from tokens.flags import MUST_BE_RENEWED, RENEW_SOON, flags_of
from tokens.models import Connection, Credential

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
SYSTEM_USER = "Perennial reporting"


@pytest.fixture
def world(people: FacebookPeople) -> Facebook:
    return people.emulator.state.facebook


def words_of(connection: Connection, now: dt.datetime) -> list[str]:
    row = Connection.objects.with_dates().get(pk=connection.pk)
    return [flag.word for flag in flags_of(row, now)]


def age(people: FacebookPeople, connection: Connection, days: float) -> None:
    """As if it had been connected so many days ago."""
    people.emulator.state.facebook.age(people.cast[SINGLE].id, days)
    before, now = credential_of(connection), timezone.now()
    back = dt.timedelta(days=days)
    dates = ("obtained_at", "issued_at", "expires_at", "renewal_expires_at", "renew_by")
    moved = {name: getattr(before, name) - back for name in dates if getattr(before, name) is not None}
    Credential.objects.filter(pk=connection.pk).update(**moved, due_at=now)


@pytest.fixture
def system_user(people: FacebookPeople, world: Facebook) -> Any:
    """Adds the token of the system user as its owner does: the connection and the token."""

    def add(expires: str) -> tuple[Connection, str]:
        token = world.generate_token(people.cast[SYSTEM_USER].id, expires).access_token
        people.browser.post(people.path("system_user"), {"token": token})
        return Connection.objects.get(name=SYSTEM_USER), token

    return add


def test_both_keys_of_facebook_login_are_renewed(people: FacebookPeople, world: Facebook) -> None:
    connection = people.connect(SINGLE)
    age(people, connection, 49)
    before = credential_of(connection)
    assert attempt_for_real(connection) == "refreshed"
    after = credential_of(connection)
    assert world.tokens[after.renewal.reveal()].kind == "long"
    assert world.tokens[after.token.reveal()].parent == after.renewal.reveal()
    assert before.renewal.reveal() != after.renewal.reveal()
    assert 59 < (after.renewal_expires_at - timezone.now()) / DAY < 61
    assert after.expires_at == before.expires_at, "the 90 days count from the last consent"


def test_where_facebook_prolongs_nothing_the_date_of_the_persons_key_counts(people: FacebookPeople) -> None:
    people.emulator.state.configure(facebook_long_to_exchange="same_date")
    connection = people.connect(SINGLE)
    age(people, connection, 49)
    assert MUST_BE_RENEWED.word not in words_of(connection, timezone.now())
    assert attempt_for_real(connection) == "not_prolonged"
    assert 10 < (credential_of(connection).renew_by - timezone.now()) / DAY < 12
    assert MUST_BE_RENEWED.word in words_of(connection, timezone.now())
    assert "A person must renew it by" in people.shown(connection)


def test_the_90_days_are_flagged_14_days_ahead_and_shown_from_the_first(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    renew_by = credential_of(connection).renew_by
    assert 89 < (renew_by - timezone.now()) / DAY < 91
    for words in ("A person must renew it by", "A person must confirm it by", "89 of 90 days"):
        assert words in people.shown(connection)
    assert RENEW_SOON == 14 * DAY
    assert MUST_BE_RENEWED.word not in words_of(connection, renew_by - RENEW_SOON - DAY / 24)
    assert MUST_BE_RENEWED.word in words_of(connection, renew_by - RENEW_SOON)


@pytest.mark.django_db(transaction=True)
def test_once_no_renewal_comes_before_the_end_the_page_promises_none(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    assert "It is renewed by itself on" in people.shown(connection)
    assert "It works. You need do nothing for now." in people.shown(connection)
    age(people, connection, 49)
    assert attempt_for_real(connection, "refresh") == "refreshed"
    assert credential_of(connection).ends_first, "a renewal on day 98, the end on day 90"
    shown = people.shown(connection)
    assert "We can't put its end off any more: somebody must reconnect it by" in shown
    assert "Next renewal None before it ends" in shown
    assert "renewed by itself" not in shown


def test_a_system_users_that_never_expires_is_checked_every_day_and_never_renewed(
    people: FacebookPeople, system_user: Any
) -> None:
    connection, token = system_user("never")
    people.emulator.state.clear_requests()
    Credential.objects.update(check_due_at=ago(minutes=1))
    call_command("refresh_tokens")
    call_command("check_tokens")
    assert [path.rpartition("/")[2] for _, path in people.asked("")] == ["debug_token"]
    credential = credential_of(connection)
    assert (credential.token.reveal(), credential.due_at) == (token, None)
    assert timezone.now() < credential.check_due_at <= timezone.now() + DAY


def test_a_system_users_of_sixty_days_is_exchanged_and_the_old_one_lives_on(
    people: FacebookPeople, world: Facebook, system_user: Any
) -> None:
    connection, token = system_user("sixty_days")
    Credential.objects.update(due_at=timezone.now(), issued_at=ago(days=49), obtained_at=ago(days=49))
    people.emulator.state.clear_requests()
    assert attempt_for_real(connection) == "refreshed"
    [asked] = [each for each in people.emulator.state.requests() if each["path"].endswith("/oauth/access_token")]
    assert asked["query"]["set_token_expires_in_60_days"] == "true"
    credential = credential_of(connection)
    assert credential.token.reveal() != token
    assert world.tokens[token].cause is None
    assert 59 < (credential.expires_at - timezone.now()) / DAY < 61


@pytest.mark.django_db(transaction=True)
def test_a_system_users_end_is_noticed_by_the_next_check(
    people: FacebookPeople, world: Facebook, system_user: Any
) -> None:
    connection, _ = system_user("never")
    world.revoke_tokens(people.cast[SYSTEM_USER].id)
    Credential.objects.update(check_due_at=ago(minutes=1))
    call_command("check_tokens")
    assert status_of(connection) == ("inactive", "revoked")
    assert events_of(connection)[-1] == "became_inactive"
    assert "generate a new token for the system user and paste it" in people.shown(connection)


@pytest.mark.django_db(transaction=True)
def test_a_pasted_page_is_checked_and_never_renewed(people: FacebookPeople, world: Facebook) -> None:
    person = people.cast[SINGLE]
    token = world.issue_token(person.id, "page", page=next(iter(person.roles))).access_token
    connection, text = Paster(people.tenant, people.browser, people.emulator).kept(token)
    people.emulator.state.clear_requests()
    Credential.objects.update(check_due_at=ago(minutes=1), due_at=ago(minutes=1))
    call_command("refresh_tokens")
    call_command("check_tokens")
    assert people.asked("/oauth/access_token") == []
    credential = credential_of(connection)
    assert credential.token.reveal() == token
    assert 89 < (credential.renew_by - timezone.now()) / DAY < 91
    assert "A person must renew it by" in text
