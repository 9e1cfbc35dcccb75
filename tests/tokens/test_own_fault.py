"""A fault of our own is nobody else's: whatever it is and wherever it is met, no creator hears of it and nothing ends.

Each fault over the emulator, met at renewing, at checking and at connecting; then mended, and "Resume" pressed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from notifications.delivery import deliver_due
from tests.factories import make_connection, make_tenant, make_user
from tests.markup import Page
from tests.tokens.helpers import attempt_for_real, credential_of, events_of, owed, row, status_of
from tests.tokens.journeys import allow, follow, leave, sign_in
from tokens.clients import keeper_of
from tokens.models import Brake, Connection, Strike
from tokens.remedies import SEEN, UNPARSABLE, to_check
from tokens.services import recovery
from tokens.services.fault_words import words_seen
from tokens.services.recovery import Trial, recheck, try_to_lift

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
STAFF = "staff@perennial.example"
PATHS = {"refresh": "/refresh_access_token", "check": "/me", "connect": "/oauth/access_token"}
PURPOSES = ["refresh", "check"]


def said(code: int, message: str) -> dict[str, Any]:
    return {"status": 400, "body": {"error": {"message": message, "type": "OAuthException", "code": code}}}


# By the word that is kept: what the emulator answers with.
ANSWERS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "app_credentials": [("client_secret", {}), ("flat_client_secret", {})],
    "unknown_app": [("invalid_platform_app", {}), ("code_101", {})],
    "app_disabled": [
        ("raw", said(200, "API access has been deactivated. Visit the App Dashboard.")),
        ("raw", said(190, "Error validating application. Application has been deleted.")),
        ("raw", said(101, "The app has been disabled.")),
    ],
    "redirect_uri": [("redirect_mismatch", {})],
    "other": [("code_3", {})],
    "scope": [("raw", said(100, "Invalid scope: instagram_business_basic"))],
}
FAULTS = [(word, kind, params) for word, answers in ANSWERS.items() for kind, params in answers]
every_fault = pytest.mark.parametrize(("word", "kind", "params"), FAULTS)
every_purpose = pytest.mark.parametrize("purpose", PURPOSES)


@pytest.fixture(autouse=True)
def night(travel, emulator):
    travel(NOW)


@pytest.fixture
def crowd(emulator):
    """Connections of one workspace whose tokens the emulator knows."""
    tenant = make_tenant("North")

    def make(count: int = 4) -> list[Connection]:
        rows = []
        for number in range(count):
            emulator.state.add_person(f"anna{number}")
            token = emulator.state.issue_token(f"anna{number}", age_days=49)
            rows.append(
                make_connection(
                    token=token, tenant=tenant, due_at=NOW, check_due_at=NOW, contact_email=f"a{number}@c.example"
                )
            )
        return rows

    return make


def held() -> Brake:
    return Brake.objects.select_related("meta_app").get(lifted_at__isnull=True)


def resume() -> Trial:
    brake = held()
    keeper = keeper_of(brake.meta_app, pool_size=1)
    try:
        return recheck(brake, keeper, timezone.now(), by=STAFF)
    finally:
        keeper.close()


@every_fault
@every_purpose
def test_it_stops_at_the_third_and_touches_nobody(word, kind, params, purpose, crowd, emulator):
    everybody = crowd()
    fault = emulator.state.add_fault(kind, path=PATHS[purpose], **params)
    for connection in everybody[:2]:
        assert attempt_for_real(connection, purpose) == "our_fault"
    assert not Brake.objects.exists()
    for connection in everybody[2:]:
        assert attempt_for_real(connection, purpose) == "our_fault"
    assert held().cause == "ours"
    assert owed("brake_fell") == [STAFF]
    assert set(owed()) == {STAFF}, "no creator is mailed"
    assert {status_of(connection) for connection in everybody} == {("active", "")}
    assert {credential_of(connection).last_failure for connection in everybody} == {word}
    assert words_seen(held()) == {word: 4}

    trial = resume()
    assert not trial.lifted
    assert SEEN[word] in trial.sentence
    emulator.state.remove_fault(fault)
    assert resume().lifted
    assert Brake.objects.get().lifted_by == STAFF
    for connection in everybody:
        assert attempt_for_real(connection, purpose) in {"refreshed", "alive", "too_young"}
    assert set(owed()) == {STAFF}


@every_purpose
def test_a_wrong_key_asks_nobody_and_overwrites_nothing(purpose, crowd, emulator, settings):
    everybody = crowd()
    good, settings.FERNET_KEYS = settings.FERNET_KEYS, [Fernet.generate_key().decode()]
    tokens = [credential_of(connection).token.ciphertext for connection in everybody]
    assert {attempt_for_real(connection, purpose) for connection in everybody} == {"our_fault"}
    assert words_seen(held()) == {"undecryptable": 4}
    assert SEEN["undecryptable"] in resume().sentence
    assert emulator.state.requests() == []
    assert [credential_of(connection).token.ciphertext for connection in everybody] == tokens
    assert (set(owed()), owed("brake_fell")) == ({STAFF}, [STAFF])
    settings.FERNET_KEYS = good
    assert resume().lifted


@every_purpose
@pytest.mark.parametrize("kind", ["cannot_parse", "malformed", "could_not_decrypt"])
def test_what_meta_cannot_parse_ends_two_at_most(kind, purpose, crowd, emulator):
    """One whose stored text decrypts well may be a damaged token of its own: the third tells that it is not."""
    everybody = crowd(6)
    fault = emulator.state.add_fault(kind)
    said = [attempt_for_real(connection, purpose) for connection in everybody]
    assert said == ["died", "died", "held", "held", "held", "held"]
    assert owed("brake_fell") == [STAFF]
    assert words_seen(held()) == {UNPARSABLE: 6}
    assert SEEN[UNPARSABLE] in resume().sentence
    emulator.state.remove_fault(fault)
    assert resume().lifted
    assert {attempt_for_real(connection, "check") for connection in everybody[2:]} == {"alive"}


@pytest.mark.parametrize(("word", "kind", "params"), [each for each in FAULTS if each[0] != "other"])
def test_met_at_connecting_it_brakes_nothing_and_ends_nothing(
    word, kind, params, crowd, emulator, signed_in, tenant, monkeypatch
):
    monkeypatch.setattr("tokens.services.connect.time.sleep", lambda seconds: None)
    [existing] = crowd(1)
    before = row(existing)
    emulator.state.add_fault(kind, path=PATHS["connect"], **params)
    for number in range(4):
        emulator.state.add_person(f"new{number}")
        response = follow(signed_in, allow(leave(signed_in, tenant.slug), f"new{number}"))
        assert response.status_code == 200
    assert set(owed()) == {STAFF}
    assert owed("connect_misconfigured") == [STAFF], "once a day, however many tried"
    assert row(existing) == before
    assert not Brake.objects.exists()
    assert not Strike.objects.exists()


# Resume


def fall(everybody: list[Connection], emulator: Any, kind: str = "client_secret", path: str = "/me") -> int:
    fault: int = emulator.state.add_fault(kind, path=path)
    for connection in everybody:
        attempt_for_real(connection, "check" if path == "/me" else "refresh")
    emulator.state.clear_requests()
    return fault


def asked(emulator: Any) -> list[str]:
    return [each["username"] for each in emulator.state.requests()]


def paths(emulator: Any) -> list[str]:
    return [each["path"].rpartition("/")[2] for each in emulator.state.requests()]


def test_one_is_tried_first_and_told_by_name(crowd, emulator):
    everybody = crowd()
    fall(everybody, emulator)
    trial = resume()
    [first] = asked(emulator)
    assert trial.sentence.startswith(f"It holds on. The first one asked, @{first}, still fails: ")
    assert "the app secret is wrong (code 1, trace " in trial.sentence
    assert trial.sentence.endswith("Nothing was lifted.")


def test_the_rest_is_tried_until_one_does_not_do(crowd, emulator, monkeypatch):
    everybody = crowd(5)
    emulator.state.remove_fault(fall(everybody, emulator))
    for connection in everybody[:4]:
        emulator.state.add_fault("client_secret", path="/me", username=connection.handle)
    # Chance decides who is asked first; here it is the one that answers well.
    well = everybody[4].pk
    monkeypatch.setattr(
        "tokens.services.recovery.random.sample", lambda keys, count: sorted(keys, key=lambda key: key != well)[:count]
    )
    trial = resume()
    assert not trial.lifted
    assert f"@{everybody[4].handle}, asked first, answered as it should, but @anna" in trial.sentence
    assert held()


def test_all_of_the_sample_lift_it(crowd, emulator):
    emulator.state.remove_fault(fall(crowd(8), emulator))
    trial = resume()
    assert trial.lifted
    assert "asked first, and each of 4 more answered as it should" in trial.sentence
    assert len(asked(emulator)) == recovery.SAMPLE


def test_what_failed_at_renewing_is_tried_by_renewing(crowd, emulator):
    """`/me` would answer all the time, and every ten minutes the brake would be lifted and fall again."""
    fault = fall(crowd(), emulator, path=PATHS["refresh"])
    trial = resume()
    assert not trial.lifted
    assert "does not renew it: Meta says that the app secret is wrong" in trial.sentence
    assert paths(emulator) == ["me", "refresh_access_token"]
    emulator.state.remove_fault(fault)
    emulator.state.clear_requests()
    assert resume().lifted
    assert paths(emulator)[:2] == ["me", "refresh_access_token"]
    assert sum(emulator.state.counts()["refreshes"].values()) == 1, "the first alone"


def test_what_meta_cannot_parse_at_renewing_is_seen_though_it_says_who_it_is(crowd, emulator):
    everybody = crowd(3)
    fault = fall(everybody, emulator, "cannot_parse", PATHS["refresh"])
    assert SEEN[UNPARSABLE] in resume().sentence
    emulator.state.remove_fault(fault)
    assert resume().lifted


def test_by_itself_it_is_tried_the_same_way(crowd, emulator, travel):
    everybody = crowd()
    fault = fall(everybody, emulator)
    keeper = keeper_of(everybody[0].meta_app, pool_size=1)
    travel(NOW + dt.timedelta(minutes=10))
    try_to_lift(lambda app: keeper, timezone.now())
    assert len(asked(emulator)) == 1
    emulator.state.remove_fault(fault)
    travel(NOW + dt.timedelta(minutes=20))
    try_to_lift(lambda app: keeper, timezone.now())
    keeper.close()
    assert Brake.objects.get().lifted_by == "a sampled re-check"


def test_all_of_them_at_work_tell_nothing(crowd, emulator, monkeypatch):
    fall(crowd(3), emulator)
    monkeypatch.setattr(recovery, "claim_one", lambda *args: None)
    assert "Somebody is at work on each of them" in resume().sentence
    assert held()


def test_nobody_left_to_ask_lifts_it(crowd, emulator):
    everybody = crowd(3)
    fall(everybody, emulator)
    Connection.objects.update(status="inactive", reason="app_removed")
    assert resume() == Trial(True, "Lifted: there is no connection left to ask.")


def test_asking_leaves_the_rows_as_they_were(crowd, emulator):
    everybody = crowd(3)
    emulator.state.remove_fault(fall(everybody, emulator))
    before = [events_of(each) for each in everybody], [credential_of(each).due_at for each in everybody]
    assert resume().lifted
    assert ([events_of(each) for each in everybody], [credential_of(each).due_at for each in everybody]) == before
    assert {credential_of(each).lease_until for each in everybody} == {None}


# What staff are told


@pytest.mark.parametrize("kind", ["client_secret", "invalid_platform_app"])
def test_mail_and_page_say_the_same(kind, crowd, emulator):
    fall(crowd(3), emulator, kind)
    brake = held()
    deliver_due()
    [told] = [each for each in cast(list[EmailMultiAlternatives], mail.outbox) if each.subject.startswith("The brake")]
    page = brake_page(brake)
    checks = to_check("ours", brake.meta_app, list(words_seen(brake)))
    for line in [*checks, *(SEEN[word] for word in words_seen(brake))]:
        assert line in told.body
        assert line in Page(str(told.alternatives[0][0])).text
        assert line in page.text
    assert "Resume" in page.text


def brake_page(brake: Brake) -> Page:
    boss = make_user("boss@perennial.example", is_staff=True, is_superuser=True)
    return Page(sign_in(boss).get(f"/admin/tokens/brake/{brake.pk}/change/").content.decode())


def test_the_mail_about_one_connection_tells_what_was_seen(crowd, emulator):
    fall(crowd(1), emulator)
    deliver_due()
    [told] = mail.outbox
    assert "Seen: Meta says that the app secret is wrong." in told.body
    assert "1. INSTAGRAM_APP_SECRET: was it reset at Meta" in told.body
