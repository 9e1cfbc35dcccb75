"""Members are told on every page of a workspace when renewals stand still."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.factories import make_connection, make_tenant
from tests.markup import Page
from tokens import due_dates
from tokens.models import Credential, Heartbeat
from tokens.services.heartbeat import CHECK, DELIVERY, INSTALLED, SILENCES, SWEEP, beat
from tokens.watch import LOOK, look

pytestmark = pytest.mark.django_db
OPERATOR = "The operator of this installation should look into it."


@pytest.fixture(autouse=True)
def all_parts_run(db):
    for part in (CHECK, DELIVERY):
        beat(part, timezone.now())


@pytest.fixture(params=["", "connections/{pk}/", "connect/instagram_login/", "team/", "settings/mails/"])
def text(request, signed_in, tenant, creator):
    address = f"/w/{tenant.slug}/{request.param.format(pk=creator.pk)}"
    return lambda: Page(signed_in.get(address).content.decode()).text


def test_nothing_is_said_while_sweeps_run(text):
    beat(SWEEP, timezone.now() - dt.timedelta(minutes=9))
    assert OPERATOR not in text()


def test_ten_minutes_of_silence_are_told_with_their_beginning(text):
    since = timezone.now() - dt.timedelta(minutes=11)
    beat(SWEEP, since)
    assert f"Renewals have not run since {since:%-d %B %Y, %H:%M} UTC" in text()
    assert OPERATOR in text()


def test_an_installation_that_never_swept_says_so(text):
    assert f"Renewals have not run yet. {OPERATOR}" in text()


def test_this_workspaces_own_mails_renewals_and_checks_that_wait_are_told(signed_in, tenant, creator):
    """Of another workspace's nobody here is told: what keeps it waiting may be its own Meta app."""
    beat(SWEEP, timezone.now())
    late = timezone.now() - dt.timedelta(hours=2)
    for where, number in ((make_tenant(), 1), (tenant, 2)):
        other = creator if where == tenant else make_connection(tenant=where)
        page = Page(signed_in.get(f"/w/{tenant.slug}/team/").content.decode()).text
        assert OPERATOR not in page
        OutboxMessage.objects.create(
            tenant=where, kind="revived", recipient="a@mail.example", dedupe_key=str(number), due_at=late
        )
        a_round_ago = late - due_dates.check_interval()
        Credential.objects.filter(connection=other).update(due_at=late, check_due_at=a_round_ago)
        Heartbeat.objects.filter(name=LOOK).delete()
        assert look(timezone.now())
    told = Page(signed_in.get(f"/w/{tenant.slug}/team/").content.decode()).text
    waiting = "Mails of this workspace have waited for more than an hour."
    renewals = "Renewals of this workspace are late by more than an hour."
    checks = "Checks of this workspace are late: an account that has ended meanwhile may still show as active."
    assert all(words in told for words in (waiting, checks, f"{renewals} {OPERATOR}"))
    beat(DELIVERY, late)
    assert waiting not in Page(signed_in.get(f"/w/{tenant.slug}/team/").content.decode()).text, "it follows"


def test_visitors_and_fragments_are_not_told(signed_in, tenant, path):
    for address in ("/", "/privacy/", "/accounts/login/"):
        assert OPERATOR not in Client().get(address).content.decode()
    for address in (f"/w/{tenant.slug}/", path):
        assert OPERATOR not in signed_in.get(address, headers={"HX-Request": "true"}).content.decode()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (CHECK, "An account that has ended meanwhile may still show as active."),
        (DELIVERY, "Nobody is told of accounts that end, and no link is sent."),
    ],
)
def test_checks_and_deliveries_that_stand_still_are_told_with_what_follows(part, words, text):
    beat(SWEEP, timezone.now())
    since = timezone.now() - SILENCES[part] - dt.timedelta(minutes=1)
    beat(part, since)
    told = text()
    assert f"have not run since {since:%-d %B %Y, %H:%M} UTC" in told
    assert f"{words} {OPERATOR}" in told
    Heartbeat.objects.filter(name=part).delete()
    beat(INSTALLED, timezone.now())
    assert words not in text(), "they have not had time to run yet"
    beat(INSTALLED, since)
    assert f"have not run yet. {words}" in text()
