"""The page: who reaches it, how, and that it works without script."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from accounts.rate_limits import COSTLY
from tests.factories import make_connection, make_member
from tests.markup import Page
from tests.tokens.journeys import sign_in
from tests.tokens.pasting.paster import Paster
from tokens.models import ConnectAttempt, Connection, MetaApp

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(paster: Paster) -> str:
    return f"/w/{paster.tenant.slug}/"


def shown(browser: Client, address: str) -> Page:
    response = browser.get(address)
    assert response.status_code == 200
    return Page(response.content.decode())


def test_an_empty_workspace_leads_there_by_a_quiet_link(paster: Paster, home: str) -> None:
    page = shown(paster.browser, home)
    assert paster.path in page.hrefs
    assert "Paste a token" not in page.button_words


def test_the_button_on_the_workspace_s_page_leads_there_and_changes_nothing(paster: Paster, home: str) -> None:
    make_connection(tenant=paster.tenant)
    form = shown(paster.browser, home).form_of("Paste a token")
    assert (form.method, form.action, form.visible) == ("post", paster.path, [])
    response = paster.browser.post(form.action, form.fields)
    assert response.status_code == 200
    page = Page(response.content.decode())
    assert page.form_of("Paste a token").visible == ["token", "contact_email"]
    assert "There is no token" not in page.text
    assert paster.asked() == []


def test_it_is_no_flavour(paster: Paster) -> None:
    assert paster.browser.get(paster.path).status_code == 200
    assert not ConnectAttempt.objects.exists()
    assert not MetaApp.objects.exists(), "looking writes nothing"


def test_it_says_where_a_token_comes_from_and_what_happens_with_it(paster: Paster, settings: Any) -> None:
    text = shown(paster.browser, paster.path).text
    for words in (
        "API setup with Instagram login", "“Generate token”", settings.INSTAGRAM_APP_ID, "stored encrypted",
        "never shown again", "25 hours", "Alice & Co keeps it alive",
    ):  # fmt: skip
        assert words in text


def test_the_form_works_without_script_and_no_browser_keeps_the_field(paster: Paster) -> None:
    html = paster.browser.get(paster.path).content.decode()
    form = Page(html).form_of("Paste a token")
    assert (form.method, form.action, form.types["token"]) == ("post", paster.path, "textarea")
    assert "csrfmiddlewaretoken" in form.fields
    [field] = [part for part in html.split("<textarea") if 'name="token"' in part]
    tag = field.partition(">")[0]
    for attribute in ('autocomplete="off"', 'spellcheck="false"', 'autocapitalize="none"', "required"):
        assert attribute in tag
    assert 'autocomplete="off"' in html.partition("<textarea")[0].rpartition("<form")[2]
    assert "hx-" not in html.partition("<h1")[2].partition("</main")[0]


def test_neither_caches_nor_other_sites_learn_of_it(paster: Paster) -> None:
    for response in (paster.browser.get(paster.path), paster.paste("IGAAx"), paster.paste(paster.token())):
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] in ("same-origin", "no-referrer")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER])
def test_whoever_may_connect_may_paste(role: str, paster: Paster, home: str) -> None:
    member = make_member(paster.tenant, role)
    paster.browser = sign_in(member)
    assert paster.path in shown(paster.browser, home).hrefs
    connection, _ = paster.kept(paster.token())
    assert connection.connected_by == member


def test_a_viewer_neither_sees_nor_reaches_it(paster: Paster, home: str) -> None:
    make_connection(tenant=paster.tenant)
    browser = sign_in(make_member(paster.tenant, Role.VIEWER))
    page = shown(browser, home)
    assert paster.path not in page.hrefs
    assert "Paste a token" not in page.button_words
    assert [browser.get(paster.path).status_code, browser.post(paster.path, {"token": "x"}).status_code] == [403, 403]
    assert paster.asked() == []


def test_a_form_from_elsewhere_is_refused_and_its_token_not_shown(paster: Paster) -> None:
    token = paster.token()
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = paster.browser.cookies
    response = browser.post(paster.path, {"token": token})
    assert response.status_code == 403
    assert token not in response.content.decode()
    assert paster.asked() == []


def test_no_page_answers_what_was_posted_so_that_the_history_of_a_browser_holds_no_token(paster: Paster) -> None:
    paster.emulator.state.add_fault("http_500", path="/me", times=1)
    token = paster.token()
    for text, fields in ((token, {}), (token, {"contact_email": "x"}), ("", {}), ("1|x", {}), ("x", {}), (token, {})):
        response = paster.paste(text, **fields)
        assert (response.status_code, response.content) == (302, b"")
        assert "?" not in response["Location"]


def test_other_methods_are_refused(paster: Paster) -> None:
    assert paster.browser.head(paster.path).status_code == 200
    assert [getattr(paster.browser, each)(paster.path).status_code for each in ("put", "patch", "delete")] == [405] * 3


@pytest.mark.usefixtures("standing_clock")
def test_it_may_be_tried_so_often_and_no_oftener(paster: Paster, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = [paster.paste("1|x").status_code for _ in range(COSTLY.amount + 1)]
    assert statuses == [302] * COSTLY.amount + [429]
    assert paster.browser.get(paster.path).status_code == 200, "looking is not limited"
    token = paster.token()
    response = paster.paste(token)
    assert response.status_code == 429
    assert token not in response.content.decode()


def test_without_a_meta_app_there_is_nothing_to_paste_for(paster: Paster, settings: Any) -> None:
    settings.INSTAGRAM_APP_SECRET = settings.FACEBOOK_APP_SECRET = ""
    token = paster.token()
    for response in (paster.browser.get(paster.path), paster.paste(token)):
        assert response.status_code == 503
        assert "not set up on this installation yet" in response.content.decode()
        assert token not in response.content.decode()
    assert not Connection.objects.exists()


def test_more_than_the_server_takes_is_answered_with_a_page(paster: Paster, settings: Any) -> None:
    response = paster.paste("x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
    assert response.status_code in (400, 413)
    assert "xxx" not in response.content.decode()


def test_two_fields_of_the_same_name_are_one_token(paster: Paster) -> None:
    token = paster.token()
    response = paster.browser.post(paster.path, {"token": ["IGAAx", token]})
    assert response.status_code == 302
    assert paster.stored() == token
