"""Causes of death, met by every answer that is none: what is stored, told and mailed, and that nothing ends wrongly.

The first answer tells of a death; the second opinion is another thing. Nothing ends, whatever it is. Once both say the
same the connection ends, with the cause's reason, event, mail and remedy.
"""

from __future__ import annotations

import datetime as dt

import pytest

from notifications.mails import compose
from notifications.models import OutboxMessage
from tests.factories import credential_of
from tests.flows.faults import Case
from tests.matrix.expected import CAUSES, NON_DEATHS, WELL, expected
from tests.matrix.ground import (
    answer_of,
    ask,
    assert_died,
    connections_by_cause,
    kill,
    mails,
    met_by,
    seen,
)
from tests.matrix.scripted import deadly
from tokens.models import Brake, Link
from tokens.services import links
from tokens.services.claims import Purpose
from tokens.wording import REASONS

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
# By the text alone and by the subcode.
told = pytest.mark.parametrize("subcodes", [False, True], ids=["by-text", "by-subcode"])
non_deaths = pytest.mark.parametrize("other", NON_DEATHS, ids=[case.name for case in NON_DEATHS])


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.mark.parametrize("purpose", ["refresh", "check"])
@non_deaths
def test_a_death_that_the_second_opinion_does_not_confirm_ends_nothing(purpose: Purpose, other: Case, tenant, travel):
    promise = expected(other)
    flags = set(promise.flags if purpose == "refresh" else promise.checked_flags)
    events = list(promise.events if purpose == "refresh" else promise.checked_events)
    fleet = connections_by_cause(tenant, NOW, met_by(other))

    for cause, connection in fleet.items():
        ask(connection, purpose, deadly(cause), answer_of(other, "me", connection))
        assert seen(connection) == (("active", ""), flags, events), cause
        credential = credential_of(connection)
        assert credential.token is not None and credential.lease_owner == ""
        due = credential.due_at if purpose == "refresh" else credential.check_due_at
        assert due is not None and NOW < due <= NOW + dt.timedelta(days=1), cause
    owed = mails()
    assert owed.pop("", []) == list(promise.alerts) * len(fleet)
    assert owed == {f"{cause}@mail.example": list(promise.mails) for cause in fleet if promise.mails}

    # The same cause again, confirmed this time.
    travel(NOW + dt.timedelta(days=1, hours=1))
    for number, (cause, connection) in enumerate(fleet.items()):
        assert kill(connection, purpose, cause, subcodes=bool(number % 2)) == "died", cause
        assert_died(connection, cause, before=events)
    owed = mails()
    owed.pop("", None)
    assert owed == {f"{cause}@mail.example": [*promise.mails, "reconnect_needed"] for cause in fleet}
    assert not Brake.objects.exists()


@pytest.mark.parametrize("purpose", ["refresh", "check"])
@non_deaths
def test_a_single_death_after_what_is_none_ends_nothing(purpose: Purpose, other: Case, tenant):
    """The other way round: after code 100 fewer fields are asked for, and that answer may be a spurious one."""
    connection = connections_by_cause(tenant, NOW, ["password_changed"])["password_changed"]
    first = answer_of(other, "refresh" if purpose == "refresh" else "me", connection)
    ask(connection, purpose, first, deadly("password_changed"), answer_of(WELL, "me", connection))
    assert seen(connection)[0] == ("active", "")
    assert credential_of(connection).token is not None


@told
@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_a_confirmed_death_has_the_reason_that_meta_tells(purpose: Purpose, cause: str, subcodes: bool, tenant):
    connection = connections_by_cause(tenant, NOW, [cause])[cause]
    assert kill(connection, purpose, cause, subcodes=subcodes) == "died"
    assert_died(connection, cause, before=[])
    # What the creator reads in the mail: why, what helps, and the way back.
    mail = compose(OutboxMessage.objects.get(kind="reconnect_needed"))
    why = REASONS[CAUSES[cause]]
    link = links.url_of(Link.objects.open().get(connection=connection))
    for part in (why.sentence, why.remedy, link):
        assert part in mail.body, cause
