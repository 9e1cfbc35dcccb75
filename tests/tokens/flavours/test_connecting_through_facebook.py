"""Facebook's dialog and back: accounts through Pages, one or several, each with the keys that keep it alive."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.conf import settings
from django.utils import timezone

from tests.tokens.flavours.facebook import CHAIN, FEW, NONE, SINGLE
from tests.tokens.helpers import credential_of
from tokens.flavours.interface import Found, Offer
from tokens.meta import Profile, Secret
from tokens.models import ConnectAttempt, Connection
from tokens.services.connect import account_of

pytestmark = pytest.mark.django_db


def days_to(instant: dt.datetime) -> float:
    return (instant - timezone.now()) / dt.timedelta(days=1)


def test_a_single_linked_account_is_connected_at_once(people):
    connection = people.connect(SINGLE)
    assert (connection.handle, connection.page_name, connection.flavour) == ("cafe.luna", "Café Luna", "facebook_login")
    world, credential = people.emulator.state.facebook, credential_of(connection)
    assert connection.exchange_user_id == people.cast[SINGLE].scoped_id(settings.FACEBOOK_APP_ID)
    assert world.tokens[credential.token.reveal()].kind == "page"
    assert world.tokens[credential.renewal.reveal()].kind == "long"
    assert [round(days_to(each)) for each in (credential.renewal_expires_at, credential.expires_at)] == [60, 90]
    assert credential.renew_by == credential.expires_at
    assert 48 < days_to(credential.due_at) < 50


@pytest.mark.parametrize(
    ("by_exchange", "by_inspection", "ends"),
    [(1, 60, 60), (60, 1, 60), (None, 60, 60), (60, None, 60), (None, None, None)],
)
def test_the_later_of_two_dates_that_facebook_tells_of_the_persons_key_counts(by_exchange, by_inspection, ends):
    now, day = timezone.now(), dt.timedelta(days=1)
    found = Found(Profile("1784", None, "anna", None, None, None), Secret("EAApage"), "123")
    told = None if by_inspection is None else now + by_inspection * day
    offer = Offer((found,), renewal=Secret("EAAperson"), renewal_expires_at=told)
    seconds = None if by_exchange is None else by_exchange * 86_400
    account = account_of(found, offer, {"issued_at": now.isoformat(), "expires_in": seconds})
    assert account.renewal_expires_at == (None if ends is None else now + ends * day)


def test_of_several_accounts_a_member_chooses_those_to_connect(people):
    _, page = people.result(people.consent(FEW))
    assert "Which accounts shall be connected?" in page.text
    assert "Brandt & Partners" in page.text, "a Page without an account is shown, with how to link one"
    assert not Connection.objects.exists()
    form = page.form_of("Finish connecting")
    ids = [people.emulator.state.persons[each].user_id for each in ("hana.paints", "flora.bakes")]
    response = people.browser.post(form.action, {"account": ids})
    where, told = people.result(response)
    assert where == f"/w/{people.tenant.slug}/"
    assert sorted(Connection.objects.values_list("handle", flat=True)) == ["flora.bakes", "hana.paints"]
    assert "@hana.paints" in told.text
    tokens = {credential_of(each).token.reveal() for each in Connection.objects.all()}
    assert len(tokens) == 2
    assert {credential_of(each).renewal.reveal() for each in Connection.objects.all()}.isdisjoint(tokens)


def test_a_choice_of_nothing_is_asked_again(people):
    address, page = people.result(people.consent(FEW))
    response = people.browser.post(page.form_of("Finish connecting").action, {"account": ["999"]})
    where, told = people.result(response)
    assert where == address
    assert "Choose at least one account." in told.text
    assert not Connection.objects.exists()


def test_accounts_on_every_page_of_results_are_found(people, monkeypatch):
    monkeypatch.setattr("tokens.meta.facebook.RESULTS_AT_ONCE", 5)
    _, page = people.result(people.consent(CHAIN))
    for handle in ("kumo.tea.1", "kumo.tea.2", "kumo.tea.11", "kumo.tea.12"):
        assert f"@{handle}" in page.text
    assert len(people.asked("/me/accounts")) == 3


def test_an_account_whose_pages_key_is_kept_back_is_no_missing_account(people):
    account = people.emulator.state.persons["cafe.luna"]
    linked = {"id": account.user_id, "username": account.username}
    page = {"id": "123", "name": "Café Luna", "instagram_business_account": linked}
    people.emulator.state.add_fault("raw", path="/facebook-graph/me/accounts", body=json.dumps({"data": [page]}))
    _, told = people.result(people.consent(SINGLE))
    assert ConnectAttempt.objects.get().outcome == "permission_unticked"
    assert "No Instagram account was found" not in told.text
    assert not Connection.objects.exists()


def test_somebody_without_a_page_reads_how_to_link_one(people):
    _, page = people.result(people.consent(NONE))
    assert "No Instagram account was found" in page.text
    assert not Connection.objects.exists()
