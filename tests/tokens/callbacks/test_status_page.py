"""What somebody reads who asked Instagram to have their data deleted: without a login, and about nobody."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.factories import make_meta_app
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.callbacks.signing import ask_deletion
from tokens.models import DeletionRequest

pytestmark = pytest.mark.django_db
RECEIVED = dt.datetime(2026, 6, 18, 4, 5, 0, tzinfo=dt.UTC)
STATES = {
    "erased": ("Your data is erased", "Ihre Daten sind gelöscht"),
    "nothing_found": ("Nothing about you is stored", "Über Sie ist nichts gespeichert"),
    "connected_again": ("Nothing was erased, since you connected again", "Nichts wurde gelöscht"),
}


@pytest.fixture
def asked():
    def asked(state="erased"):
        return DeletionRequest.objects.create(
            code="abcdefghjkmnpqrstuvw", digest=state, signed_with="instagram", state=state, received_at=RECEIVED
        )

    return asked


def path_of(row):
    return f"/meta/data-deletion/{row.code}/"


def test_the_address_that_meta_was_told_leads_there(creator, client):
    told = ask_deletion(creator().instagram_id).json()
    response = client.get(told["url"].removeprefix("http://localhost:8000"))
    assert response.status_code == 200
    page = Page(response.content.decode())
    assert "Your data is erased" in page.text
    assert told["confirmation_code"] in page.text


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_told_with_date_and_code(state, asked, client):
    text = Page(client.get(path_of(asked(state))).content.decode()).text
    assert STATES[state][0] in text
    assert "18 June 2026, 04:05 UTC" in text
    assert "abcdefghjkmnpqrstuvw" in text


@pytest.mark.parametrize("state", STATES)
def test_it_speaks_the_browsers_language(state, asked, client):
    html = client.get(path_of(asked(state)), headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).content.decode()
    assert STATES[state][1] in Page(html).text
    assert '<html lang="de">' in html
    assert "18. Juni 2026" in html


@pytest.mark.parametrize("language", ["tlh", "x" * 600, "de;q=nonsense", "\u00e9"])
def test_whatever_a_browser_asks_for_it_is_told_in_some_language(language, asked, client):
    assert client.get(path_of(asked()), headers={"accept-language": language}).status_code == 200


def test_it_is_not_indexed_not_cached_and_passed_on_to_nobody(asked, client):
    response = client.get(path_of(asked()))
    assert "noindex" in response["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_looking_changes_nothing_and_asks_for_no_session(asked, signed_in):
    row = asked()
    before = all_rows()
    with CaptureQueriesContext(database) as questions:
        assert signed_in.get(path_of(row)).status_code == 200
        assert signed_in.head(path_of(row)).status_code == 200
    assert len(questions) == 2
    assert all_rows() == before


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nothing_can_be_sent_there(method, asked, client):
    assert getattr(client, method)(path_of(asked())).status_code == 405


@pytest.mark.parametrize("code", ["abcdefghjkmnpqrstuvx", "x", "a" * 500, "-", "_"])
def test_an_unknown_code_is_told_with_what_to_do(code, asked, client):
    asked()
    response = client.get(f"/meta/data-deletion/{code}/")
    assert response.status_code == 404
    page = Page(response.content.decode())
    assert "We know no such request" in page.text
    assert "/data-deletion/" in page.hrefs
    assert code not in page.text
    assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize("code", ["%00", "a%00b", "☎", "a b", "a.b"])
def test_nonsense_is_not_found(code, client):
    assert client.get(f"/meta/data-deletion/{code}/").status_code == 404


def test_a_code_typed_in_capitals_is_understood(asked, client):
    asked()
    assert client.get("/meta/data-deletion/ABCDEFGHJKMNPQRSTUVW/").status_code == 200


@pytest.mark.parametrize(("flavour", "host"), [("instagram_login", "Instagram"), ("facebook_login", "Facebook")])
def test_who_asked_at_one_host_is_not_sent_to_the_other(flavour, host, asked, client):
    row = asked("connected_again")
    DeletionRequest.objects.update(meta_app=make_meta_app(flavour=flavour, app_id="4711"))
    text = Page(client.get(path_of(row)).content.decode()).text
    assert f"in the settings of {host}, under" in text
    assert f"send the request that {host} offers" in text
