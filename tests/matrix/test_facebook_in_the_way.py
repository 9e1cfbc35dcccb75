"""Facebook's share of the matrix where people act: at the way back from its dialog, and by its callbacks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings

from tests.factories import credential_of, make_connection
from tests.flows.faults import Case
from tests.lives.ground import call
from tests.matrix import facebook as matrix
from tests.matrix.expected import AT_RECONNECT, NON_DEATHS
from tests.matrix.facebook import BY_SUBCODE, FIRST, deadly
from tests.matrix.ground import mails, seen
from tests.matrix.test_at_reconnect import CODE, way_back
from tests.matrix.test_callbacks import PATHS
from tokens.models import Brake, Connection, Credential
from tokens.services import connect as connecting
from tokens.services.ask import Inquiry
from tokens.services.claims import claim_one
from tokens.services.connect import finish_pending, finish_with_code
from tokens.services.store import LOST, store

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
FACEBOOK = "facebook_login"
answers = pytest.mark.parametrize("other", NON_DEATHS, ids=[case.name for case in NON_DEATHS])


@pytest.fixture
def connection(tenant, alice, travel, monkeypatch) -> Connection:
    travel(NOW)
    monkeypatch.setattr(connecting, "EXCHANGE_PAUSE", 0)
    return make_connection(
        tenant=tenant,
        flavour=FACEBOOK,
        connected_by=alice,
        contact_email="anna@mail.example",
        consented_at=NOW - dt.timedelta(days=40),
    )


def cause_for(other: Case) -> str:
    return list(BY_SUBCODE)[NON_DEATHS.index(other) % len(BY_SUBCODE)]


@answers
def test_whatever_is_answered_at_reconnect_it_stays_as_it_ended_until_facebook_says_who_it_is(other, connection, alice):
    Connection.objects.update(status="inactive", reason="revoked")
    connection.refresh_from_db()
    attempt = way_back(connection, alice)
    keeper = matrix.keeper_over(FACEBOOK, connection, inspect=[matrix.answer_of(other, "inspect", connection)])
    found = finish_with_code(attempt, keeper, CODE)
    if other.family == "well":
        assert found == "reconnected"
        assert seen(connection) == (("active", ""), set(), ["reconnected"])
        return
    wanted = {AT_RECONNECT[matrix.family(other)]} | ({"refused"} if other.kind == "unsupported_request" else set())
    assert found in wanted
    assert seen(connection) == (("inactive", "revoked"), set(), [])
    well = matrix.keeper_over(FACEBOOK, connection)
    again = finish_pending(attempt, well) if found == "unfinished" else finish_with_code(attempt, well, CODE)
    assert again == "reconnected"
    assert mails().keys() <= {""}, "nobody is mailed about what they see on the screen"


@pytest.mark.parametrize("cause", BY_SUBCODE)
def test_a_death_at_reconnect_is_believed_when_it_is_told_twice(cause, connection, alice):
    Connection.objects.update(status="inactive", reason="revoked")
    connection.refresh_from_db()
    attempt = way_back(connection, alice)
    dying = matrix.keeper_over(FACEBOOK, connection, inspect=[deadly("inspect", cause, subcodes=True)])
    assert finish_with_code(attempt, dying, CODE) == "unfinished"
    assert finish_pending(attempt, dying) == "code_rejected"
    assert attempt.pending_secret is None
    assert seen(connection) == (("inactive", "revoked"), set(), [])


@answers
def test_a_callback_ends_it_and_no_late_answer_undoes_that(other, connection):
    place = NON_DEATHS.index(other)
    purpose, what = ("refresh", "check")[place % 2], ("deauthorize", "deletion")[place // 2 % 2]
    cause, first = cause_for(other), FIRST[FACEBOOK][("refresh", "check")[place % 2]]
    claim = claim_one(connection.pk, purpose)  # type: ignore[arg-type]
    assert claim is not None
    row = Credential.objects.select_related("connection__meta_app").get(pk=connection.pk)
    told = {first: [deadly(first, cause, subcodes=True)], "me": [matrix.answer_of(other, "me", connection)]}
    inquiry = Inquiry(matrix.keeper_over(FACEBOOK, connection, **told), pause=lambda seconds: None)
    verdict = inquiry.refresh(row) if purpose == "refresh" else inquiry.check(row)
    payload = {
        "algorithm": "HMAC-SHA256",
        "user_id": connection.exchange_user_id,
        "issued_at": int(NOW.timestamp()),
    }
    assert call(PATHS[what], payload, settings.FACEBOOK_APP_SECRET).status_code == 200
    assert store(claim, row, verdict, calls=inquiry.calls, unparsable=inquiry.unparsable) == LOST
    if what == "deletion":
        assert not Connection.objects.filter(pk=connection.pk).exists()
        assert mails() == {}
    else:
        assert seen(connection) == (("inactive", "app_removed"), set(), ["became_inactive"])
        credential = credential_of(connection)
        assert (credential.token, credential.renewal, credential.due_at) == (None, None, None)
        assert mails() == {"anna@mail.example": ["reconnect_needed"]}
    assert not Brake.objects.exists()
