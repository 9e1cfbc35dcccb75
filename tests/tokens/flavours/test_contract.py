"""What each flavour must do, over the emulator: one suite of the engine's rules for all of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import made_up_token, make_connection
from tests.tokens.flavours.kept import ALL, FACEBOOK, INSTAGRAM, NEVER, RENEWABLE, SYSTEM_USER, Kept, keep, told_ends
from tests.tokens.helpers import claimed, events_of, owed, row, spoil, status_of
from tests.tokens.trouble.seeing import flags, flags_by_query
from tokens.clients import keeper_of
from tokens.fields import seal
from tokens.meta import Profile, Secret
from tokens.meta.wire import Wire
from tokens.models import Brake, Credential
from tokens.remedies import to_check
from tokens.services.ask import Inquiry
from tokens.services.brake import holding
from tokens.services.claims import claim_one
from tokens.services.fault_words import words_seen
from tokens.services.link_account import Account, store_token
from tokens.services.recovery import recheck
from tokens.services.store import LOST, store
from tokens.services.sweep import Sweep

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
START = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
ANNA = "anna@mail.example"
# The columns that an attempt changes which did not work.
PUT_OFF = {
    "refresh": {"due_at", "refresh_failures", "refresh_failing_since", "last_failure", "last_failure_at", "fence"},
    "check": {"check_due_at", "check_failures", "last_failure", "last_failure_at", "fence"},
}
REASONS = [
    *((INSTAGRAM, each) for each in ("password_changed", "app_removed", "ended_by_meta")),
    *((FACEBOOK, each) for each in ("password_changed", "app_removed", "revoked", "page_role_lost", "ended_by_meta")),
    *((SYSTEM_USER, each) for each in ("revoked", "system_user_deleted", "app_removed")),
    *((NEVER, each) for each in ("revoked", "system_user_deleted", "app_removed")),
]
every = pytest.mark.parametrize("kind", ALL)
renewable = pytest.mark.parametrize("kind", RENEWABLE)
purposes = pytest.mark.parametrize("purpose", ["refresh", "check"])
asked = pytest.mark.parametrize(
    ("kind", "purpose"), [*((each, "refresh") for each in RENEWABLE), *((each, "check") for each in ALL)]
)


@pytest.fixture
def kept(kind: str, emulator, tenant, travel) -> Kept:
    """Connected on 1 March at 01:00; now it is the night of day 49."""
    travel(START)
    made = keep(kind, emulator, tenant)
    travel(NIGHT)
    return made


def changed(before: dict[str, Any], kept: Kept) -> set[str]:
    after = row(kept.connection)
    return {name for name in before if before[name] != after[name]}


def sweep(purpose: Any = "refresh") -> dict[str, int]:
    return dict(Sweep(purpose, keeper_of, threads=1).run())


@renewable
@pytest.mark.parametrize(
    ("days", "due"), [(50, "2026-04-19 02:00"), (7, "2026-03-07 02:00")], ids=["fifty-days", "weekly"]
)
def test_it_is_renewed_on_the_day_of_rule_1_and_not_before(kind, days, due, emulator, tenant, travel, settings):
    settings.REFRESH_AGE_DAYS = days
    travel(START)
    kept = keep(kind, emulator, tenant)
    when = dt.datetime.fromisoformat(due).replace(tzinfo=dt.UTC)
    assert kept.credential.due_at == when
    travel(when - dt.timedelta(seconds=1))
    with kept.unasked():
        assert sweep() == {}
    travel(when)
    before = kept.keys
    assert sweep() == {"refreshed": 1}
    assert kept.refreshes == 1
    if kind != INSTAGRAM:
        assert all(new != old for new, old in zip(kept.keys, before, strict=True) if old)
    credential = kept.credential
    assert (credential.issued_at, credential.version, credential.lease_owner) == (when, 2, "")
    # Facebook shows nothing of a person's data after ninety days, so that nothing can be renewed beyond them.
    by_rule = when + (days - 1) * DAY <= credential.due_at < when + days * DAY
    assert by_rule or (kind == FACEBOOK and credential.due_at == credential.expires_at == START + 90 * DAY)
    assert Event.objects.get(kind="refreshed").text == "Renewed, valid for 60 days."
    known = {credential.expires_at, credential.renewal_expires_at, None}
    assert all(
        end is None or min(abs(end - each) for each in known - {None}) < HOUR for end in told_ends(kept).values()
    )


@pytest.mark.parametrize("kind", [NEVER])
def test_one_that_never_expires_is_checked_and_never_renewed(kept):
    assert (kept.credential.due_at, kept.credential.renewable, kept.credential.never_expires) == (None, False, True)
    with kept.unasked():
        assert kept.attempt() == "unrenewable"
    assert kept.attempt("check") == "alive"
    assert (kept.credential.due_at, kept.credential.renew_by, events_of(kept.connection)) == (None, None, [])


@every
def test_a_sign_of_life_is_written_down_and_changes_nothing_else(kind, emulator, tenant, travel):
    travel(START)
    kept = keep(kind, emulator, tenant)
    travel(START + DAY)
    before = row(kept.connection)
    assert kept.attempt("check") == "alive"
    assert changed(before, kept) == {"checked_at", "check_due_at", "fence"}
    assert START + DAY < kept.credential.check_due_at <= START + 2 * DAY


@asked
def test_there_are_never_two_attempts_at_once(kept, purpose):
    assert claim_one(kept.connection.pk, purpose) is not None
    assert claim_one(kept.connection.pk, "refresh") is None
    assert claim_one(kept.connection.pk, "check") is None
    Credential.objects.update(check_due_at=NIGHT)
    with kept.unasked():
        assert sweep(purpose) == {}


@renewable
def test_an_answer_without_a_token_keeps_the_old_ones(kept):
    before = row(kept.connection)
    kept.fault("refresh", "missing_token_200", times=1)
    assert kept.attempt() == "failed"
    assert changed(before, kept) == PUT_OFF["refresh"]
    assert kept.attempt() == "refreshed"


@pytest.mark.parametrize("kind", [FACEBOOK])
@pytest.mark.parametrize(
    ("fault", "details", "word"),
    [
        ("http_500", {}, "failed"),
        ("object_missing", {}, "permission_missing"),
        ("raw", {"body": '{"id": "1", "name": "Anna\'s"}'}, "permission_missing"),
    ],
    ids=["no answer", "no such Page", "no token of it"],
)
def test_the_persons_key_is_kept_only_together_with_the_pages(kept, fault, details, word):
    before, keys = row(kept.connection), kept.keys
    kept.emulator.state.add_fault(fault, path=f"/facebook-graph/{kept.connection.page_id}", **details)
    assert kept.attempt() == word
    assert kept.refreshes == 1
    assert kept.keys == keys
    assert changed(before, kept) <= PUT_OFF["refresh"] | {"permission_missing_since"}
    kept.emulator.state.clear_faults()
    assert kept.attempt() == "refreshed"
    assert all(new != old for new, old in zip(kept.keys, keys, strict=True))


@renewable
def test_a_late_answer_changes_neither_token(kept):
    claim = claimed(kept.connection)
    known = Credential.objects.select_related("connection__meta_app").get(pk=kept.connection.pk)
    keeper = keeper_of(kept.connection.meta_app, pool_size=1)
    inquiry = Inquiry(keeper, pause=lambda seconds: None)
    verdict = inquiry.refresh(known)
    keeper.close()
    renewal = Secret("EAAreconnected" + "y" * 40) if known.renewal else None
    account = Account(
        profile=Profile(kept.connection.instagram_id, None, None, None, None, None),
        token=Secret(made_up_token()),
        issued_at=NIGHT,
        expires_at=NIGHT + 60 * DAY,
        renewal=renewal,
    )
    store_token(kept.connection, account, now=NIGHT)
    before = row(kept.connection)
    assert store(claim, known, verdict, calls=inquiry.calls, unparsable=False) == LOST
    assert row(kept.connection) == before


@pytest.mark.parametrize(("kind", "reason"), REASONS)
@pytest.mark.parametrize("purpose", ["check", "refresh"])
def test_a_death_that_is_told_twice_ends_it_for_its_reason(kept, reason, purpose):
    if kept.kind == NEVER and purpose == "refresh":
        purpose = "check"
    kept.dies[reason]()
    if (purpose, reason) == ("refresh", "page_role_lost"):
        # The person's own key lives on; Meta only says that there is no such Page for it.
        assert kept.attempt(purpose) == "permission_missing"
        assert status_of(kept.connection) == ("active", "")
        return
    assert kept.attempt(purpose) == "died"
    assert status_of(kept.connection) == ("inactive", reason)
    assert events_of(kept.connection) == ["became_inactive"]
    assert owed("reconnect_needed") == [ANNA]
    credential = kept.credential
    assert (credential.due_at, credential.check_due_at) == (None, None)


@pytest.mark.parametrize("kind", [SYSTEM_USER, NEVER])
def test_a_deleted_system_user_may_also_be_an_object_that_is_missing(kept):
    kept.emulator.state.configure(deleted_system_user="object_missing")
    kept.dies["system_user_deleted"]()
    assert kept.attempt("check") == "died"
    assert status_of(kept.connection) == ("inactive", "system_user_deleted")


@pytest.mark.parametrize("kind", [SYSTEM_USER, NEVER])
def test_that_me_misses_something_is_no_death_while_meta_calls_the_token_valid(kept):
    kept.emulator.state.add_fault("object_missing", path=kept.confirms)
    assert kept.attempt("check") == "alive"
    assert kept.emulator.state.counts()["paths"].get(kept.confirms) is None, "the daily check does not even ask"
    before = status_of(kept.connection)
    keeper = keeper_of(kept.connection.meta_app, pool_size=1)
    inquiry = Inquiry(keeper, pause=lambda seconds: None, detailed=True)
    inquiry.check(Credential.objects.select_related("connection").get(pk=kept.connection.pk))
    keeper.close()
    assert kept.attempt("check", detailed=True) == "permission_missing"
    assert status_of(kept.connection) == before == ("active", "")


@asked
def test_a_single_death_ends_nothing(kept, purpose):
    kept.dies_once(purpose)
    assert kept.attempt(purpose) == ("cannot_refresh" if purpose == "refresh" else "alive")
    assert status_of(kept.connection) == ("active", "")
    assert not OutboxMessage.objects.exclude(kind="connected").filter(recipient=ANNA).exists()


@renewable
def test_one_that_is_refused_while_it_answers_cannot_be_refreshed_and_is_tried_daily(kept, travel):
    kept.fault("refresh", "password_changed")
    assert kept.attempt() == "cannot_refresh"
    assert "cannot_be_refreshed" in flags(kept.connection)
    assert kept.credential.due_at == NIGHT + DAY
    assert events_of(kept.connection) == ["cannot_refresh"]
    kept.emulator.state.clear_faults()
    travel(NIGHT + DAY)
    assert sweep() == {"refreshed": 1}
    assert "cannot_be_refreshed" not in flags(kept.connection)


@asked
def test_a_missing_permission_is_flagged_and_mailed_once(kept, purpose):
    kept.fault(purpose, "permission_10", times=2)
    for _ in range(2):
        assert kept.attempt(purpose) == "permission_missing"
        assert "permission_missing" in flags(kept.connection)
    assert status_of(kept.connection) == ("active", "")
    assert owed("permission_missing") == [ANNA]
    assert events_of(kept.connection) == ["permission_missing"]
    assert kept.attempt(purpose) == ("refreshed" if purpose == "refresh" else "alive")
    assert "permission_missing" not in flags(kept.connection)


@pytest.mark.parametrize("kind", [FACEBOOK])
@pytest.mark.parametrize("permission", ["instagram_basic", "pages_read_engagement"])
def test_a_permission_that_is_taken_back_at_facebook_is_told_once_and_forgotten_when_it_is_back(
    kept, permission, travel
):
    world = kept.emulator.state.facebook
    world.revoke(kept.holder, permission)
    for day in range(3):
        travel(NIGHT + day * DAY)
        kept.attempt("check")
        assert "permission_missing" in flags(kept.connection)
        assert flags_by_query(kept.connection) >= {"permission_missing"}
    assert owed("permission_missing") == [ANNA]
    assert events_of(kept.connection) == ["permission_missing"]
    world.grant(kept.holder, permission)
    assert kept.attempt("check") == "alive"
    assert "permission_missing" not in flags(kept.connection)


@asked
@pytest.mark.parametrize("fault", ["http_500", "rate_4", "rate_80002", "html_200", "reset"])
def test_a_fault_in_passing_changes_nothing_but_the_next_try(kept, purpose, fault):
    before = row(kept.connection)
    kept.fault(purpose, fault)
    assert kept.attempt(purpose) == "failed"
    assert changed(before, kept) == PUT_OFF[purpose]
    assert OutboxMessage.objects.count() == 0


@pytest.mark.parametrize("kind", [FACEBOOK])
def test_a_limit_of_the_whole_app_is_heard_where_the_account_is_read(kept):
    reading = f"/facebook-graph/{kept.connection.instagram_id}"
    kept.emulator.state.add_fault("rate_4", path=reading, times=1)
    assert kept.attempt("check") == "failed"
    # What limits this account alone says nothing against a token that Meta has just called valid.
    kept.emulator.state.add_fault("rate_80002", path=reading, times=1)
    assert kept.attempt("check") == "alive"


@every
@purposes
def test_one_that_has_run_out_by_date_is_over_and_asked_about_only_if_a_person_may_have_put_it_off(
    kept, purpose, travel
):
    if kept.kind == NEVER:
        Credential.objects.update(expires_at=NIGHT, renewable=False)
    travel(kept.credential.expires_at)
    before = len(kept.emulator.state.requests())
    assert kept.attempt(purpose) == "died"
    assert (len(kept.emulator.state.requests()) > before) == (kept.kind == FACEBOOK)
    assert status_of(kept.connection) == ("inactive", "expired")


@asked
def test_a_row_that_cannot_be_decrypted_is_our_fault(kept, purpose):
    damaged = spoil(kept.connection)
    with kept.unasked():
        assert kept.attempt(purpose) == "our_fault"
    assert status_of(kept.connection) == ("active", "")
    assert kept.credential.token.ciphertext == damaged
    assert owed("our_fault") == ["staff@perennial.example"]


@pytest.mark.parametrize("kind", [FACEBOOK])
@purposes
def test_so_is_one_whose_second_key_cannot_be(kept, purpose):
    sealed = seal("anything")
    sealed = type(sealed)(b"gAAAA-of-a-key-that-is-lost")
    Credential.objects.update(renewal=sealed)
    with kept.unasked():
        assert kept.attempt(purpose) == "our_fault"
    assert status_of(kept.connection) == ("active", "")


@pytest.mark.django_db(transaction=True)
@every
def test_no_transaction_is_open_while_meta_is_asked(kept, monkeypatch):
    seen, ask = [], Wire.ask

    def watched(wire: Wire, *args: Any, **details: Any) -> Any:
        seen.append(database.in_atomic_block)
        return ask(wire, *args, **details)

    monkeypatch.setattr(Wire, "ask", watched)
    for purpose in ("refresh", "check") if kept.kind != NEVER else ("check",):
        kept.attempt(purpose)
    kept.dies_once("check")
    kept.attempt("check", detailed=True)
    assert seen and not any(seen)


@pytest.mark.parametrize("proof", ["ignored", "checked", "required"])
@pytest.mark.parametrize("secret", ["", "of another app"], ids=["missing", "wrong"])
@pytest.mark.parametrize(
    ("kind", "purpose"), [(FACEBOOK, "refresh"), (FACEBOOK, "check"), (SYSTEM_USER, "refresh"), (NEVER, "check")]
)
def test_an_app_secret_that_is_missing_or_wrong_is_our_fault_and_ends_nothing(kept, purpose, secret, proof, settings):
    settings.FACEBOOK_APP_SECRET = secret
    kept.emulator.state.configure(proof=proof)
    for dead in (False, True):
        if dead:
            next(iter(kept.dies.values()))()
        assert kept.attempt(purpose) == "our_fault"
        assert status_of(kept.connection) == ("active", "")
        assert kept.credential.last_failure == "app_credentials"
    assert OutboxMessage.objects.exclude(recipient="staff@perennial.example").count() == 0
    assert sorted(set(owed())) == ["staff@perennial.example"]


@pytest.mark.parametrize("kind", [FACEBOOK, SYSTEM_USER])
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"code": 190, "message": "Invalid OAuth access token signature.", "type": "OAuthException"}, "our_fault"),
        (
            {"code": 190, "message": "Error validating access token: Session has expired.", "error_subcode": 463},
            "our_fault",
        ),
        ({"code": 100, "message": "(#100) The App_id in the input_token did not match the Viewing App"}, "failed"),
    ],
    ids=["signature of the app's token", "the app's token itself", "another app's"],
)
def test_what_debug_token_says_of_the_token_that_asks_is_no_death(kept, body, why):
    kept.fault("check", "raw", status=400, body={"error": body})
    kept.emulator.state.add_fault("generic_190", path=kept.confirms)
    assert kept.attempt("check") == why
    assert status_of(kept.connection) == ("active", "")


@pytest.mark.parametrize("kind", [INSTAGRAM])
def test_instagrams_renewals_need_no_secret(kept, settings):
    settings.INSTAGRAM_APP_SECRET = "of another app"
    assert kept.attempt() == "refreshed"
    assert kept.attempt("check") == "alive"


@pytest.mark.parametrize("kind", [FACEBOOK, SYSTEM_USER])
def test_a_wrong_secret_lets_the_brake_of_that_app_fall_and_a_right_one_lifts_it(kept, settings):
    app = kept.connection.meta_app
    for _ in range(2):
        make_connection(tenant=kept.connection.tenant, meta_app=app, issued_at=NIGHT - 49 * DAY, due_at=NIGHT)
    secret, settings.FACEBOOK_APP_SECRET = settings.FACEBOOK_APP_SECRET, "of another app"
    assert sweep() == {"our_fault": 3}
    brake = holding(app.pk)
    assert brake is not None and brake.cause == Brake.Cause.OURS
    likeliest = to_check(brake.cause, app, words_seen(brake))[0]
    assert likeliest.startswith("FACEBOOK_APP_SECRET:") and "App settings → Basic" in likeliest
    settings.FACEBOOK_APP_SECRET = secret
    Credential.objects.exclude(pk=kept.connection.pk).delete()
    keeper = keeper_of(app, pool_size=1)
    trial = recheck(brake, keeper, timezone.now())
    keeper.close()
    assert trial.lifted, trial.sentence


@renewable
def test_the_brake_holds_back_deaths_of_every_flavours_app(kept, settings):
    settings.BRAKE_MIN_DEATHS, settings.BRAKE_SHARE = 2, 0.5
    app = kept.connection.meta_app
    others = [make_connection(tenant=kept.connection.tenant, meta_app=app, due_at=NIGHT) for _ in range(2)]
    Brake.objects.create(meta_app=app, cause=Brake.Cause.DEATHS, fallen_at=NIGHT)
    next(iter(kept.dies.values()))()
    assert kept.attempt("check") == "held"
    assert status_of(kept.connection) == ("active", "")
    assert owed() == []
    assert len(others) == 2
