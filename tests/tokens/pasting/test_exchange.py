"""A token of one hour would be dead before its first renewal: it is exchanged. One of sixty days is kept as it is."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.factories import make_meta_app
from tests.tokens.helpers import credential_of
from tests.tokens.own_app.conftest import spoil
from tests.tokens.pasting.paster import Paster
from tokens import paste_wording as words
from tokens.models import Reason, UnknownAnswer
from tokens.views import paste

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

DAY = dt.timedelta(days=1)
OWN_ID, OWN_SECRET = "424242424242", "f00dfeedf00dfeedf00dfeedf00dfeed"
REFUSING = ["unsupported", "code_452"]


@pytest.mark.parametrize("long_to_exchange", [*REFUSING, "allow"])
def test_a_token_of_one_hour_is_exchanged_and_its_dates_are_known(long_to_exchange: str, paster: Paster) -> None:
    paster.emulator.state.configure(long_to_exchange=long_to_exchange)
    short = paster.token(kind="short")
    before = timezone.now()
    connection, text = paster.kept(short)
    [_, fresh] = paster.emulator.state.tokens_of("creator")
    assert paster.stored() == fresh.access_token != short
    assert fresh.kind == "long"
    credential = credential_of(connection)
    assert before <= credential.issued_at <= timezone.now()
    assert credential.expires_at == credential.issued_at + 60 * DAY
    assert 48 * DAY < credential.due_at - credential.issued_at < 50 * DAY
    assert "25 hours" not in text
    assert paster.asked() == ["me", "access_token"]


@pytest.mark.parametrize("long_to_exchange", REFUSING)
def test_one_of_sixty_days_is_refused_there_and_kept_as_it_is(long_to_exchange: str, paster: Paster) -> None:
    paster.emulator.state.configure(long_to_exchange=long_to_exchange)
    token = paster.token()
    connection, _ = paster.kept(token)
    assert paster.stored() == token
    assert credential_of(connection).issued_at is None
    assert paster.asked() == ["me", "access_token"]
    assert not UnknownAnswer.objects.exists()


def test_where_instagram_exchanges_one_of_sixty_days_the_new_one_is_kept(paster: Paster) -> None:
    paster.emulator.state.configure(long_to_exchange="allow")
    token = paster.token(age_days=20)
    connection, _ = paster.kept(token)
    assert paster.stored() == paster.emulator.state.tokens_of("creator")[-1].access_token != token
    assert credential_of(connection).expires_at > timezone.now() + 59 * DAY


@pytest.mark.parametrize("told", [None, "soon", -1])
def test_an_exchange_that_tells_no_expiry_leaves_it_open(told: object, paster: Paster) -> None:
    paster.emulator.state.configure(exchange_expires_in=told)
    connection, text = paster.kept(paster.token(kind="short"))
    credential = credential_of(connection)
    assert credential.issued_at is not None
    assert credential.expires_at is None
    assert "25 hours" not in text


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("http_500", words.NO_ANSWER),
        ("http_500_empty", words.NO_ANSWER),
        ("html_502", words.NO_ANSWER),
        ("bad_json", words.NO_ANSWER),
        ("reset", words.NO_ANSWER),
        ("missing_token_200", words.NO_ANSWER),
        ("transient_true", words.NO_ANSWER),
        ("policy_368", words.NO_ANSWER),
        ("rate_4", words.LIMITED),
        ("rate_80002", words.LIMITED),
    ],
)
@pytest.mark.parametrize("kind", ["short", "long"])
def test_a_fault_in_passing_stores_nothing_and_the_same_token_works_a_minute_later(
    kind: str, fault: str, word: str, paster: Paster
) -> None:
    token = paster.token(kind=kind)
    paster.emulator.state.add_fault(fault, path="/access_token", times=1)
    paster.refused(token, word)
    paster.kept(token)


@pytest.mark.parametrize("fault", ["invalid_190", "expired", "code_102", "permission_10", "unknown_code", "code_100"])
def test_what_refuses_the_exchange_for_good_loses_no_token_that_works(fault: str, paster: Paster) -> None:
    token = paster.token()
    paster.emulator.state.add_fault(fault, path="/access_token")
    paster.kept(token)
    assert paster.stored() == token


def test_an_answer_that_no_rule_knows_is_counted_for_staff(paster: Paster) -> None:
    paster.emulator.state.add_fault("unknown_code", path="/access_token")
    paster.kept(paster.token())
    assert UnknownAnswer.objects.get().code == 99999


# whose fault it is


def test_a_token_of_another_app_is_told_so_and_no_staff_is_alarmed(paster: Paster) -> None:
    paster.emulator.state.add_app("111", "0ther0ther0ther0ther0ther0ther00", "Somebody's app")
    paster.refused(paster.token(app_id="111"), words.WRONG_APP)
    assert not OutboxMessage.objects.exists()
    assert paster.asked() == ["me", "access_token", "access_token"]


@pytest.mark.parametrize("told", ["client_secret", "platform_app"])
@pytest.mark.parametrize("kind", ["short", "long"])
def test_a_wrong_secret_of_ours_is_not_blamed_on_the_token(kind: str, told: str, paster: Paster) -> None:
    token = paster.token(kind=kind)
    paster.emulator.state.configure(wrong_secret=told)
    paster.emulator.state.add_app(settings.INSTAGRAM_APP_ID, "another secret than ours")
    paster.refused(token, words.MISCONFIGURED)
    paster.refused(token, words.MISCONFIGURED)
    assert [each.kind for each in OutboxMessage.objects.all()] == ["connect_misconfigured"], "once a day"


def test_a_wrong_secret_of_the_workspaces_own_app_is_told_its_owners(paster: Paster) -> None:
    app = make_meta_app(tenant=paster.tenant, app_id=OWN_ID, secret="mistyped")
    paster.emulator.state.add_app(OWN_ID, OWN_SECRET)
    paster.refused(paster.token(app_id=OWN_ID), words.MISCONFIGURED)
    app.refresh_from_db()
    assert app.test_outcome == "wrong_secret"
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(("fault", "word"), [("html_502", words.NO_ANSWER), ("unknown_code", words.NO_ANSWER),
                                             ("rate_4", words.LIMITED)])  # fmt: skip
def test_where_meta_does_not_tell_whose_fault_it_is_nobody_is_blamed(fault: str, word: str, paster: Paster) -> None:
    paster.emulator.state.add_app("111", "0ther0ther0ther0ther0ther0ther00")
    paster.emulator.state.add_fault(fault, path="/oauth/access_token")
    paster.refused(paster.token(app_id="111"), word)
    assert not OutboxMessage.objects.exists()


def test_an_app_that_meta_has_switched_off_is_ours_to_mend(paster: Paster) -> None:
    token = paster.token()
    paster.emulator.state.add_fault("app_disabled", path="*")
    paster.refused(token, words.MISCONFIGURED)
    assert OutboxMessage.objects.count() == 1


def test_through_the_workspaces_own_app_its_own_secret_is_used(paster: Paster) -> None:
    app = make_meta_app(tenant=paster.tenant, app_id=OWN_ID, secret=OWN_SECRET)
    paster.emulator.state.add_app(OWN_ID, OWN_SECRET)
    connection, _ = paster.kept(paster.token(app_id=OWN_ID, kind="short"))
    assert connection.meta_app == app
    assert connection.app_scoped_id == paster.emulator.state.persons["creator"].scoped_id(OWN_ID)


def test_where_the_secret_cannot_be_read_the_token_is_kept_without_an_exchange(paster: Paster) -> None:
    app = make_meta_app(tenant=paster.tenant, app_id=OWN_ID, secret=OWN_SECRET)
    spoil(app)
    paster.emulator.state.add_app(OWN_ID, OWN_SECRET)
    token = paster.token(app_id=OWN_ID)
    paster.kept(token)
    assert paster.stored() == token
    assert paster.asked() == ["me"]


def test_who_waits_for_a_silent_meta_waits_under_twenty_seconds(
    paster: Paster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paste.CALL_SECONDS * 3 < 20
    monkeypatch.setattr(paste, "CALL_SECONDS", 0.3)
    token = paster.token()
    paster.emulator.state.add_fault("hang", path="/me")
    paster.refused(token, words.NO_ANSWER)
    paster.emulator.state.release()


def test_the_exchange_is_asked_only_for_what_me_vouches_for(paster: Paster) -> None:
    token = paster.token()
    paster.emulator.state.change_password("creator")
    paster.refused(token, Reason.PASSWORD_CHANGED)
    assert paster.asked() == ["me"]
