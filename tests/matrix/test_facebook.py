"""The matrix of Facebook's flavours: each cause of death, met by each answer that is none.

What Meta's answers mean is judged before any row is touched: every pair is judged here without a database. What is
stored then is the same for each flavour; each answer meets a cause or two there, each cause a share of the answers.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import make_connection, make_meta_app
from tests.flows.faults import Case
from tests.matrix import facebook as matrix
from tests.matrix.expected import NON_DEATHS, VERDICTS, expected
from tests.matrix.facebook import BY_SUBCODE, FIRST, FLAVOURS, deadly
from tests.matrix.ground import mails, seen
from tests.tokens.helpers import attempt
from tokens.models import Brake, Connection
from tokens.services.claims import Purpose
from tokens.services.verdicts import Alive, Contradicted, Dead

NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
PURPOSES: tuple[Purpose, ...] = ("refresh", "check")
flavours = pytest.mark.parametrize("flavour", FLAVOURS)
purposes = pytest.mark.parametrize("purpose", PURPOSES)
STORED = [(flavour, other) for flavour in FLAVOURS for other in NON_DEATHS if not matrix.is_death(flavour, other)]


@flavours
@purposes
def test_each_death_that_any_other_answer_follows_is_judged_by_that(flavour, purpose):
    row, first = matrix.unsaved(flavour), FIRST[flavour][purpose]
    deaths = {
        (cause, subcodes): deadly(first, cause, subcodes=subcodes) for cause in BY_SUBCODE for subcodes in (False, True)
    }
    for other in NON_DEATHS:
        second = matrix.answer_of(other, "me", row.connection)
        if other.family == "well":
            wanted: type = Contradicted if purpose == "refresh" else Alive
        else:
            wanted = Dead if matrix.is_death(flavour, other) else VERDICTS[matrix.family(other)]
        for cause, death in deaths.items():
            found = matrix.verdict(flavour, row, purpose, **{first: [death], "me": [second]})
            assert type(found) is wanted, (cause, other.name)


@flavours
@purposes
def test_each_death_that_is_confirmed_has_its_reason(flavour, purpose):
    row, first = matrix.unsaved(flavour), FIRST[flavour][purpose]
    for cause in BY_SUBCODE:
        for subcodes in (False, True):
            told = {call: [deadly(call, cause, subcodes=subcodes)] for call in (first, "me")}
            found = matrix.verdict(flavour, row, purpose, **told)
            assert isinstance(found, Dead), cause
            assert found.reason == matrix.reason(flavour, cause, subcodes=subcodes), cause


@flavours
@purposes
def test_a_single_death_after_what_is_none_is_judged_by_what_follows(flavour, purpose):
    """Where an attempt asks several questions, each of them may be the one that is answered by a spurious death."""
    row, first = matrix.unsaved(flavour), FIRST[flavour][purpose]
    later = {"refresh": ["page"], "check": ["account"]} if flavour == "facebook_login" else {}
    for other in NON_DEATHS:
        answer = matrix.answer_of(other, first, row.connection)
        told = {call: [deadly(call, "password_changed", subcodes=True)] for call in later.get(purpose, ())}
        found = matrix.verdict(flavour, row, purpose, **{first: [answer]}, **told)
        assert not isinstance(found, Dead), other.name


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"is_valid": False, "scopes": []}},
        {"data": {"is_valid": False, "expires_at": 0, "scopes": []}},
        {"data": {"is_valid": False, "error": {"message": "No more."}}},
        {"data": {"is_valid": False, "error": {"code": 190, "error_subcode": 460, "message": ""}}},
    ],
    ids=["no error", "an end in 1970", "no code", "the other key"],
)
@flavours
def test_whatever_else_debug_token_calls_invalid_is_a_death_that_me_has_to_confirm(flavour, body):
    row = matrix.unsaved(flavour)
    told = {"inspect": [matrix.reply(body)]}
    assert isinstance(matrix.verdict(flavour, row, "check", **told), Alive)
    confirmed = matrix.verdict(flavour, row, "check", **told, me=[deadly("me", "killed", subcodes=True)])
    assert (type(confirmed), confirmed.reason) == (Dead, "revoked")


@pytest.fixture
def night(travel):
    travel(NOW)


def fleet(flavour: str, tenant, other: Case) -> list[tuple[Purpose, str, Connection]]:
    """One that is renewed and one that is checked, each by another cause, each through a Meta app of its own."""
    causes, place = list(BY_SUBCODE), NON_DEATHS.index(other)
    found = []
    for number, purpose in enumerate(PURPOSES):
        cause = causes[(2 * place + number) % len(causes)]
        connection = make_connection(
            tenant=tenant,
            meta_app=make_meta_app(flavour=flavour, app_id=f"{number}00"),
            contact_email=f"{purpose}@mail.example",
            issued_at=NOW - dt.timedelta(days=49),
            due_at=NOW,
            check_due_at=NOW,
        )
        found.append((purpose, cause, connection))
    return found


def ask(flavour: str, connection: Connection, purpose: Purpose, cause: str, second) -> str:
    first = FIRST[flavour][purpose]
    told = {first: [deadly(first, cause, subcodes=True)], "me": [second]}

    class Meta:
        def client_for(self, app):
            return matrix.keeper_over(flavour, connection, **told)

    return attempt(connection, Meta(), purpose)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.crossed
@pytest.mark.parametrize(("flavour", "other"), STORED, ids=[f"{other.name}-{flavour}" for flavour, other in STORED])
def test_a_death_that_the_second_opinion_does_not_confirm_ends_nothing(flavour, other, tenant, night, travel):
    promise = expected(Case(other.kind, matrix.family(other), other.params))
    connections = fleet(flavour, tenant, other)
    for purpose, cause, connection in connections:
        ask(flavour, connection, purpose, cause, matrix.answer_of(other, "me", connection))
        flags = set(promise.flags if purpose == "refresh" else promise.checked_flags)
        if flavour == "facebook_login" and purpose == "refresh" and matrix.family(other) in ("well", "refused"):
            flags |= {"must_be_renewed"}
        events = list(promise.events if purpose == "refresh" else promise.checked_events)
        assert seen(connection) == (("active", ""), flags, events), cause
    owed = mails()
    assert owed.pop("", []) == list(promise.alerts) * 2
    assert owed == {f"{purpose}@mail.example": list(promise.mails) for purpose, *_ in connections if promise.mails}

    travel(NOW + dt.timedelta(days=1, hours=1))
    for purpose, cause, connection in connections:
        assert ask(flavour, connection, purpose, cause, deadly("me", cause, subcodes=True)) == "died", cause
        status, flags, events = seen(connection)
        assert status == ("inactive", matrix.reason(flavour, cause, subcodes=True))
        assert (flags, events[-1]) == (set(), "became_inactive")
    assert mails()["check@mail.example"][-1] == "reconnect_needed"
    assert not Brake.objects.exists()
