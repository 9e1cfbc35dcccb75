"""A callback of Meta's, amid everything that an attempt can meet: it ends at once, and no late answer undoes it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings

from accounts.models import Event
from tests.factories import credential_of
from tests.flows.faults import Case
from tests.lives.ground import call
from tests.matrix.expected import CAUSES, NON_DEATHS
from tests.matrix.ground import answer_of, connections_by_cause, kill, mails, met_by, seen
from tests.matrix.scripted import ScriptedWire, client_of, deadly
from tokens.flavours.instagram_login import InstagramLogin
from tokens.models import Brake, Connection, Credential, DeletionRequest
from tokens.services.ask import Inquiry
from tokens.services.claims import Purpose, claim_one
from tokens.services.store import LOST, store

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
non_deaths = pytest.mark.parametrize("other", NON_DEATHS, ids=[case.name for case in NON_DEATHS])
# An attempt of either kind may be under way: by turns, so that each cause and each answer meets both.
PURPOSES: tuple[Purpose, ...] = ("refresh", "check")
PATHS = {"deauthorize": "/meta/deauthorize/", "deletion": "/meta/data-deletion/"}


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.fixture
def fleet(tenant, night):
    """One for each cause, all through the installation's own app, whose secret signs."""
    found = connections_by_cause(tenant, NOW, consented_at=NOW - dt.timedelta(days=40))
    app_id = settings.INSTAGRAM_APP_ID
    own = next(iter(found.values())).meta_app
    type(own).objects.filter(pk=own.pk).update(app_id=app_id)
    Connection.objects.update(meta_app=own)
    for connection in found.values():
        connection.refresh_from_db()
    return found


def tell(what: str, connection: Connection) -> None:
    payload = {"algorithm": "HMAC-SHA256", "user_id": connection.instagram_id, "issued_at": int(NOW.timestamp())}
    assert call(PATHS[what], payload, settings.INSTAGRAM_APP_SECRET).status_code == 200


def interrupted(connection: Connection, purpose: Purpose, first, second, what: str) -> str:
    """An attempt that is answered, a callback that comes before the answer is stored, and what then becomes of it."""
    claim = claim_one(connection.pk, purpose)
    assert claim is not None
    row = Credential.objects.select_related("connection__meta_app").get(pk=connection.pk)
    wire = ScriptedWire(refresh=[first], me=[second] if purpose == "refresh" else [first, second])
    inquiry = Inquiry(InstagramLogin(client_of(wire)), pause=lambda seconds: None)
    ask = inquiry.refresh if purpose == "refresh" else inquiry.check
    verdict = ask(row)
    tell(what, connection)
    return store(claim, row, verdict, calls=inquiry.calls, unparsable=inquiry.unparsable)


@non_deaths
def test_a_removal_ends_it_and_no_late_answer_changes_that(other: Case, fleet):
    fleet = {cause: fleet[cause] for cause in met_by(other)}
    for number, (cause, connection) in enumerate(fleet.items(), start=NON_DEATHS.index(other)):
        purpose = PURPOSES[number % 2]
        word = interrupted(connection, purpose, deadly(cause), answer_of(other, "me", connection), "deauthorize")
        assert word == LOST, cause
        assert seen(connection) == (("inactive", "app_removed"), set(), ["became_inactive"]), cause
        credential = credential_of(connection)
        assert (credential.token, credential.due_at, credential.check_due_at) == (None, None, None), cause
    assert mails() == {f"{cause}@mail.example": ["reconnect_needed"] for cause in fleet}
    assert not Brake.objects.exists(), "the person's own word counts towards no brake"


@non_deaths
def test_a_deletion_takes_the_row_from_under_an_attempt_and_tells_nobody(other: Case, fleet):
    first = NON_DEATHS.index(other)
    # An erasure costs the most of all: each answer meets a quarter of the causes here, each cause a quarter of them.
    fleet = {cause: fleet[cause] for cause in list(CAUSES)[first % 4 :: 4]}
    for number, (cause, connection) in enumerate(fleet.items(), start=first):
        purpose = PURPOSES[number % 2]
        word = interrupted(connection, purpose, deadly(cause), answer_of(other, "me", connection), "deletion")
        assert word == LOST, cause
    gone = [connection.pk for connection in fleet.values()]
    assert not Connection.objects.filter(pk__in=gone).exists() and not Credential.objects.filter(pk__in=gone).exists()
    assert mails() == {}
    assert DeletionRequest.objects.filter(state="erased").count() == len(fleet)
    assert set(Event.objects.exclude(subject_id=None).values_list("kind", flat=True)) == {"erased"}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_removal_after_a_death_takes_the_key_and_mails_nobody_again(cause: str, fleet):
    connection = fleet[cause]
    assert kill(connection, "check", cause, subcodes=False) == "died"
    tell("deauthorize", connection)
    tell("deauthorize", connection)
    status, _, events = seen(connection)
    assert status == ("inactive", "app_removed")
    assert events == ["became_inactive", "key_erased"]
    assert credential_of(connection).token is None
    assert mails() == {f"{cause}@mail.example": ["reconnect_needed"]}
