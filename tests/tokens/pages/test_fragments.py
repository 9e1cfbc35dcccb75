"""What htmx gets: fragments where it asks for them, whole pages of everybody else, and never a page in a fragment."""

from __future__ import annotations

import re

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import Membership, Role
from tests.factories import make_connection
from tests.markup import Page
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ACTIONS = {"check": "It works.", "refresh": "Renewed.", "link": "A reconnect link is on its way"}


def is_whole(response):
    return b"<!doctype html>" in response.content


def test_the_list_alone_is_answered_where_htmx_asks(signed_in, tenant, creator):
    page, fragment = (signed_in.get(f"/w/{tenant.slug}/", headers=headers) for headers in ({}, HTMX))
    assert is_whole(page)
    assert not is_whole(fragment)
    assert b'id="connections"' in page.content
    assert fragment.content.count(b'id="connections"') == 1
    assert b"<h1" not in fragment.content
    assert "@creator" in Page(fragment.content.decode()).text
    assert all("HX-Request" in response["Vary"] for response in (page, fragment))


def test_a_page_put_back_from_history_is_whole(signed_in, tenant, path):
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert is_whole(signed_in.get(f"/w/{tenant.slug}/", headers=headers))
    assert is_whole(signed_in.get(path, headers=headers))


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_answers_with_the_connection_as_it_is_now(action, signed_in, path, creator, emulator):
    response = signed_in.post(f"{path}{action}/", headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 200
    assert not is_whole(response)
    assert html.count('id="connection"') == 1
    assert '<div id="notes" hx-swap-oob="innerHTML">' in html
    assert '<div id="notes" role="status"></div>' in signed_in.get(path).content.decode()
    assert ACTIONS[action] in Page(html).text
    assert "Reconnect Instagram" in Page(html).button_words
    assert b"<title>@creator" in response.content


@pytest.mark.parametrize("action", ACTIONS)
def test_a_message_is_told_once(action, signed_in, path, emulator):
    signed_in.post(f"{path}{action}/", headers=HTMX)
    assert re.search(r'<div id="messages"[^>]*>\s*</div>', signed_in.get(path).content.decode())


@pytest.mark.parametrize("action", ACTIONS)
def test_without_htmx_an_action_redirects(action, signed_in, path, emulator):
    response = signed_in.post(f"{path}{action}/")
    assert (response.status_code, response["Location"]) == (302, path)


def test_a_death_changes_the_whole_fragment(signed_in, path, emulator):
    emulator.state.change_password("creator")
    page = Page(signed_in.post(f"{path}check/", headers=HTMX).content.decode())
    assert "Inactive" in page.text.split()
    assert "Reconnect once with your new password" in page.text


def test_a_saved_contact_address_stands_in_the_fragment(signed_in, path):
    response = signed_in.post(f"{path}contact/", {"contact_email": "c@creator.example"}, headers=HTMX)
    assert not is_whole(response)
    assert "c@creator.example, the contact address" in Page(response.content.decode()).text


@pytest.mark.parametrize("text", ["no address", "x" * 300, "a\x00@b.example"])
def test_a_bad_contact_address_is_refused_in_the_fragment(text, signed_in, path):
    response = signed_in.post(f"{path}contact/", {"contact_email": text}, headers=HTMX)
    assert response.status_code == 400
    assert not is_whole(response)
    assert response["HX-Retarget"] == "#connection"
    assert "errorlist" in response.content.decode()


def test_the_buttons_that_answer_in_place_say_so_and_those_that_leave_do_not(signed_in, path):
    html = signed_in.get(path).content.decode()
    for action in ("check", "refresh", "link", "contact"):
        assert f'hx-post="{path}{action}/"' in html
    for action in ("reconnect", "disconnect"):
        assert f'action="{path}{action}/"' in html
        assert f'hx-post="{path}{action}/"' not in html
    assert "hx-boost" not in html


def test_consent_asked_for_by_htmx_all_the_same_leaves_the_page(signed_in, path, emulator):
    response = signed_in.post(f"{path}reconnect/", headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Redirect"].startswith(emulator.url)
    assert "Location" not in response
    assert response.content == b""


# What a fragment can't show


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_is_sent_to_sign_in_by_loading_the_page_anew(method, path):
    response = getattr(Client(), method)(f"{path}check/", headers=HTMX)
    assert (response.status_code, response.content) == (200, b"")
    assert response["HX-Refresh"] == "true"
    assert "Location" not in response


def told(response, status, words):
    assert response.status_code == status
    assert not is_whole(response)
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#notes", "innerHTML")
    assert words in Page(response.content.decode()).text
    assert int(response["Content-Length"]) == len(response.content)
    assert "<h1" not in response.content.decode()


def test_a_role_that_was_taken_away_is_told_in_a_sentence(signed_in, path, alice):
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    told(signed_in.post(f"{path}check/", headers=HTMX), 403, "nothing was changed")


def test_a_page_that_is_too_old_is_told_in_a_sentence(alice, path):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    told(strict.post(f"{path}check/", headers=HTMX), 403, "too old")


def test_a_stranger_gets_the_same_sentence_for_what_exists_and_what_does_not(path, tenant):
    stranger = sign_in(make_connection().tenant.memberships.get().user)
    answers = [
        stranger.post(address, headers=HTMX) for address in (f"{path}check/", f"{path}check/".replace("-co", ""))
    ]
    for answer in answers:
        told(answer, 404, "no longer")
    assert answers[0].content == answers[1].content


def test_a_wrong_method_is_told_in_a_sentence(signed_in, path):
    told(signed_in.put(path, headers=HTMX), 405, "Nothing was changed")


@pytest.mark.parametrize(
    ("error", "status", "words"), [(ValueError, 500, "our side"), (OperationalError, 503, "database")]
)
def test_a_fault_of_ours_is_told_in_a_sentence(error, status, words, signed_in, tenant, monkeypatch):
    def fail(*args, **kwargs):
        raise error("secret-in-message")

    monkeypatch.setattr("tokens.views.workspace.workspace_rows", fail)
    signed_in.raise_request_exception = False
    response = signed_in.get(f"/w/{tenant.slug}/", headers=HTMX)
    told(response, status, words)
    assert b"secret-in-message" not in response.content


def test_only_htmx_itself_gets_fragments(signed_in, tenant):
    for value in ("false", "1", "TRUE", ""):
        assert is_whole(signed_in.get(f"/w/{tenant.slug}/", headers={"HX-Request": value}))


def test_htmx_may_evaluate_nothing_and_keep_nothing(signed_in, path):
    html = signed_in.get(path).content.decode()
    for setting in (
        '"allowEval": false',
        '"allowScriptTags": false',
        '"includeIndicatorStyles": false',
        '"selfRequestsOnly": true',
        '"historyCacheSize": 0',
    ):
        assert setting in html
