"""Every fault of Meta's on every call: nobody is ended or mailed without cause, and it works again afterwards."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from accounts.models import Event, Tenant
from notifications.models import OutboxMessage
from tests.emulator.browser import consent
from tests.emulator.kinds import KINDS
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State
from tests.factories import credential_of, make_connection
from tests.flows import faults
from tests.flows.faults import Case
from tokens import clients, tasks
from tokens.models import Brake, ConnectAttempt, Connection, Credential
from tokens.services import connect as connecting
from tokens.views import callback

BEGIN = dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC)
SHORT = 1.0
Travel = Callable[[dt.datetime], Any]

# Swept together: what would let the brake fall, or waits for the deadline, has a sweep of its own.
BATCHES = {
    "no answer": (*faults.PASSING, *faults.LOST),
    "deadline": (*faults.HANGING, *faults.LOST_SLOWLY),
    "answers of the wrong shape": (*faults.ODD, *faults.UNKNOWN),
    "limits": faults.LIMITED,
    "permissions": faults.PERMISSION,
    "refusals": faults.REFUSED,
    "our own faults": faults.OURS,
    "too young": faults.TOO_YOUNG,
    "spurious deaths": faults.DEATHS,
    "spurious damages": faults.DAMAGES,
    "slow": faults.SLOW,
}
batches = pytest.mark.parametrize("batch", list(BATCHES.values()), ids=[name.replace(" ", "-") for name in BATCHES])
HANG = {case.name for case in (*faults.HANGING, *faults.LOST_SLOWLY)}


def test_the_table_names_every_fault_there_is():
    assert {case.kind for case in faults.ALL} == set(KINDS)
    assert {case for batch in BATCHES.values() for case in map(id, batch)} == {id(case) for case in faults.ALL}


@pytest.fixture
def state(emulator: EmulatorServer) -> State:
    """Meta of the kind that keeps the old string alive."""
    emulator.state.configure(old_string="lives")
    return emulator.state


def enlist(state: State, tenant: Tenant, names: Iterable[str], **details: Any) -> dict[str, Connection]:
    """A connection each, with a token of 50 days."""
    made = {}
    with transaction.atomic():
        for name in names:
            if name not in state.persons:
                state.add_person(name)
            token = state.issue_token(name, age_days=50)
            made[name] = make_connection(tenant=tenant, token=token, contact_email=f"{name}@mail.example", **details)
    return made


def impatient(batch: Iterable[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    if {case.name for case in batch} & HANG:
        monkeypatch.setattr(clients, "CALL_DEADLINE", SHORT)
        monkeypatch.setattr(callback, "CALL_SECONDS", SHORT)


def mails_to_creators() -> list[tuple[str, str]]:
    return list(OutboxMessage.objects.filter(tenant__isnull=False).values_list("kind", "recipient"))


def held_token(connection: Connection) -> str:
    token = credential_of(connection).token
    assert token is not None
    return token.reveal()


def assert_unharmed(connection: Connection, token: str, name: str) -> Credential:
    """Active, with the very token, and due again soon enough; nobody is left at work on it."""
    connection.refresh_from_db()
    credential = credential_of(connection)
    assert (connection.status, connection.reason) == ("active", ""), name
    assert held_token(connection) == token, name
    assert (credential.lease_owner, credential.lease_until) == ("", None), name
    assert credential.version == 1, name
    return credential


# refreshing


@pytest.mark.django_db(transaction=True)
@batches
def test_a_refresh_that_meets_a_fault_harms_nobody_and_succeeds_when_it_is_next_due(
    batch: tuple[Case, ...], tenant: Tenant, state: State, travel: Travel, monkeypatch: pytest.MonkeyPatch
):
    impatient(batch, monkeypatch)
    travel(BEGIN)
    fleet = enlist(state, tenant, [case.name for case in batch], due_at=BEGIN - dt.timedelta(minutes=1))
    before = {name: held_token(connection) for name, connection in fleet.items()}
    for case in batch:
        case.strike(state, "/refresh_access_token", username=case.name)

    began = time.monotonic()
    tasks.drain()
    assert time.monotonic() - began < 10

    for case in batch:
        if case.family == "none":
            assert state.refreshes(case.name) == 1
            continue
        credential = assert_unharmed(fleet[case.name], before[case.name], case.name)
        assert_refresh_put_off(case, credential)
    mailed = sorted(
        ("permission_missing", f"{case.name}@mail.example") for case in batch if case.family == "permission"
    )
    assert sorted(mails_to_creators()) == mailed

    state.clear_faults()
    travel(BEGIN + dt.timedelta(hours=25))
    tasks.drain()

    for case in batch:
        credential = credential_of(fleet[case.name])
        performed = 2 if case.family == "lost" else 1
        assert state.refreshes(case.name) == performed, case.name
        assert credential.version == 2, case.name
        assert state.tokens[held_token(fleet[case.name])].trouble(state.now()) is None, case.name
        assert (credential.refresh_failures, credential.last_failure) == (0, ""), case.name
        flags = (credential.cannot_refresh_since, credential.permission_missing_since, credential.refused_since)
        assert flags == (None, None, None), case.name
    assert Connection.objects.exclude(status="active").count() == 0
    assert sorted(mails_to_creators()) == mailed
    assert not Brake.objects.filter(lifted_at__isnull=True).exists()


def assert_refresh_put_off(case: Case, credential: Credential) -> None:
    assert credential.due_at is not None
    pause = credential.due_at - BEGIN
    daily = case.family in {"permission", "refused", "death", "damage", "too_young"}
    if daily:
        assert pause == dt.timedelta(days=1), case.name
    else:
        longest = dt.timedelta(minutes=20)
        assert dt.timedelta(minutes=15) <= pause <= longest, case.name
    if case.kind == "rate_80002":
        assert pause >= dt.timedelta(minutes=19)
    flag = {
        "permission": credential.permission_missing_since,
        "refused": credential.refused_since,
        "death": credential.cannot_refresh_since,
        "damage": credential.cannot_refresh_since,
    }.get(case.family, BEGIN)
    assert flag == BEGIN, case.name
    assert credential.refresh_failures == (0 if case.family == "too_young" else 1), case.name


# checking


@pytest.mark.django_db(transaction=True)
@batches
def test_a_check_that_meets_a_fault_harms_nobody_and_succeeds_when_it_is_next_due(
    batch: tuple[Case, ...], tenant: Tenant, state: State, travel: Travel, monkeypatch: pytest.MonkeyPatch
):
    impatient(batch, monkeypatch)
    travel(BEGIN)
    due = {"check_due_at": BEGIN - dt.timedelta(minutes=1)}
    fleet = enlist(state, tenant, [case.name for case in batch], due_at=BEGIN + dt.timedelta(days=5), **due)
    before = {name: held_token(connection) for name, connection in fleet.items()}
    for case in batch:
        # A sweep that asks again and again would come to an end after these; a 190 is contradicted at once.
        times = 1 if case.family in {"death", "damage"} else 4
        case.strike(state, "/me", username=case.name, times=times)

    tasks.check()

    for case in batch:
        credential = assert_unharmed(fleet[case.name], before[case.name], case.name)
        assert credential.check_due_at is not None
        assert BEGIN < credential.check_due_at <= BEGIN + dt.timedelta(days=1), case.name
        settled = case.family in {"death", "damage", "none", "too_young"}
        assert credential.check_failures == (0 if settled else 1), case.name
        # One question, a second one where the first could be about the fields or a death.
        assert len(state.requests("/me", case.name)) <= 2, case.name
    mailed = sorted(
        ("permission_missing", f"{case.name}@mail.example") for case in batch if case.family == "permission"
    )
    assert sorted(mails_to_creators()) == mailed

    state.clear_faults()
    # As workers look all the time: what they find late they would spread over the time to come.
    waiting = Credential.objects.filter(checked_at__isnull=True) | Credential.objects.filter(checked_at__lte=BEGIN)
    for hour in range(1, 60):
        if hour > 24 and not waiting.exists():
            break
        travel(BEGIN + dt.timedelta(hours=hour))
        tasks.check()

    for case in batch:
        credential = assert_unharmed(fleet[case.name], before[case.name], case.name)
        assert credential.checked_at is not None and credential.checked_at > BEGIN, case.name
        assert (credential.check_failures, credential.last_failure) == (0, ""), case.name
        assert (credential.permission_missing_since, credential.refused_since) == (None, None), case.name
    assert sorted(mails_to_creators()) == mailed
    assert not Brake.objects.filter(lifted_at__isnull=True).exists()


# connecting

CODE, EXCHANGE, ME = "/oauth/access_token", "/access_token", "/me"
SETTLED = {
    "permission": "permission_unticked",
    "refused": "unexpected",
    "ours": "misconfigured",
    "too_young": "unexpected",
    "unknown": "unexpected",
    "odd": "unexpected",
    "death": "code_rejected",
    "damage": "code_rejected",
    "none": "connected",
}


def expected_outcome(case: Case, path: str) -> str:
    if case.kind == "unsupported_request":
        return "refused"
    if path == CODE:
        return "code_rejected" if case.kind == "code_not_found" else SETTLED.get(case.family, "unfinished")
    # A token is in our hands: unless the answer settles it, it is kept.
    kept = case.family in {"odd", "unknown", "death", "damage"}
    return "unfinished" if kept else SETTLED.get(case.family, "unfinished")


@pytest.mark.django_db
@pytest.mark.crossed
@pytest.mark.parametrize("path", [CODE, EXCHANGE, ME], ids=["code", "exchange", "me"])
@pytest.mark.parametrize("case", faults.ALL, ids=lambda case: case.name)
def test_connecting_through_a_fault_ends_on_a_page_with_a_sentence_and_succeeds_afterwards(
    case: Case, path: str, signed_in: Client, tenant: Tenant, state: State, monkeypatch: pytest.MonkeyPatch
):
    impatient([case], monkeypatch)
    monkeypatch.setattr(connecting, "EXCHANGE_PAUSE", 0.01)
    state.add_person("creator")
    case.strike(state, path)

    began = time.monotonic()
    attempt = consent_and_return(signed_in, signed_in.post(f"/w/{tenant.slug}/connect/instagram_login/"))
    assert time.monotonic() - began < 6

    assert attempt.outcome == expected_outcome(case, path)
    assert_page(signed_in, attempt)
    if case.family != "none":
        assert (Connection.objects.count(), Credential.objects.count()) == (0, 0)
    assert (attempt.pending_secret is not None) == (attempt.outcome == "unfinished")
    if path == EXCHANGE and case.family in {"passing", "odd", "limited", "lost"}:
        assert len(state.requests(EXCHANGE)) == 3

    state.clear_faults()
    if attempt.outcome == "unfinished":
        assert signed_in.post(f"/connect/outcome/{attempt.pk}/finish/").status_code == 302
        attempt.refresh_from_db()
        # The code was used up by an answer that never came: only then must the person begin anew.
        assert attempt.outcome == ("code_rejected" if (path, case.family) == (CODE, "lost") else "connected")
        assert_page(signed_in, attempt)
    if attempt.outcome != "connected":
        attempt = consent_and_return(signed_in, signed_in.post(f"/connect/outcome/{attempt.pk}/again/"))
    assert attempt.outcome == "connected"
    connection = Connection.objects.get()
    assert connection.handle == "creator"
    assert state.tokens[held_token(connection)].trouble(state.now()) is None
    assert ConnectAttempt.objects.filter(pending_secret__isnull=False).count() == 0
    assert mails_to_creators() == []
    assert not Brake.objects.exists()


def consent_and_return(client: Client, leaving: Any) -> ConnectAttempt:
    assert leaving.status_code == 302, leaving.content
    known = set(ConnectAttempt.objects.filter(used_at__isnull=False).values_list("pk", flat=True))
    back = consent(leaving["Location"], "creator")
    response = client.get(back.removeprefix("http://localhost:8000"))
    assert response.status_code == 302, response.content
    return ConnectAttempt.objects.exclude(pk__in=known).get(used_at__isnull=False)


def assert_page(client: Client, attempt: ConnectAttempt) -> None:
    page = client.get(f"/connect/outcome/{attempt.pk}/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<h1>" in text and "Traceback" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("path", [EXCHANGE, ME], ids=["exchange", "me"])
def test_a_second_190_while_connecting_is_believed(path: str, signed_in: Client, tenant: Tenant, state: State):
    state.add_person("creator")
    state.add_fault("190", path=path)
    attempt = consent_and_return(signed_in, signed_in.post(f"/w/{tenant.slug}/connect/instagram_login/"))
    assert attempt.outcome == "unfinished"
    signed_in.post(f"/connect/outcome/{attempt.pk}/finish/")
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.pending_secret) == ("code_rejected", None)
    assert_page(signed_in, attempt)


# answers that are lost


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rotation", ["dies_at_once", "dies_later"])
def test_where_meta_ends_the_old_string_only_those_whose_answer_was_lost_end_and_they_come_back(
    rotation: str, tenant: Tenant, state: State, travel: Travel, monkeypatch: pytest.MonkeyPatch, client: Client
):
    state.configure(old_string=rotation)
    monkeypatch.setattr(clients, "CALL_DEADLINE", SHORT)
    travel(BEGIN)
    lossy = [*faults.LOST, *faults.LOST_SLOWLY, *faults.LOST]
    harmless = [case for case in faults.PASSING if case.kind in {"reset", "http_500", "html_502", "redirect"}]
    struck = {f"{'lost' if case in lossy else 'kept'}{n}": case for n, case in enumerate([*lossy, *harmless])}
    fleet = enlist(state, tenant, struck, due_at=BEGIN - dt.timedelta(minutes=1))
    for name, case in struck.items():
        case.strike(state, "/refresh_access_token", username=name)
    tasks.drain()
    assert Connection.objects.exclude(status="active").count() == 0
    assert mails_to_creators() == []

    state.clear_faults()
    travel(BEGIN + dt.timedelta(hours=1))
    monkeypatch.undo()
    tasks.drain()

    ended = dict(Connection.objects.exclude(status="active").values_list("handle", "reason"))
    assert set(ended) == {name for name in fleet if name.startswith("lost")}
    assert len(ended) == len(lossy)
    assert mails_to_creators() != []
    assert sorted(mails_to_creators()) == sorted(("reconnect_needed", f"{name}@mail.example") for name in ended)
    assert all(state.refreshes(name) == 1 for name in fleet)

    call_command("deliver_notifications")
    assert sorted(message.to[0] for message in mail.outbox) == sorted(f"{name}@mail.example" for name in ended)
    for message in mail.outbox:
        name = message.to[0].partition("@")[0]
        reconnect(client, message.body, name)
        connection = fleet[name]
        connection.refresh_from_db()
        assert (connection.status, connection.reason) == ("active", "")
        assert state.tokens[held_token(connection)].trouble(state.now()) is None
        kinds = Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == ["refresh_failed", "became_inactive", "reconnected"]


def reconnect(client: Client, body: Any, name: str) -> None:
    link = next(word for word in str(body).split() if "/link/" in word).removeprefix("http://localhost:8000")
    leaving = client.post(link)
    assert leaving.status_code == 302, leaving.content
    back = consent(leaving["Location"], name)
    assert client.get(back.removeprefix("http://localhost:8000")).status_code == 302
