"""The test of an app says what is wrong and what to do, and asks Meta nothing that needs a person."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Event
from tests.markup import Page
from tests.tokens.own_app.conftest import APP_ID, OTHER_SECRET, SECRET, spoil
from tokens.models import MetaApp
from tokens.views import meta_app as views
from tokens.wording import APP_VERDICTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def press(signed_in, page, at_meta):
    """Presses the button; the word that is stored, and what the page says."""

    def press():
        response = signed_in.post(f"{page}test/", follow=True)
        assert response.status_code == 200
        return MetaApp.objects.get(app_id=APP_ID).test_outcome, Page(response.content.decode()).text

    return press


def test_a_sound_app_is_told_so_with_what_the_test_cannot_see(own_app, press, at_meta):
    before = timezone.now()
    word, text = press()
    own_app.refresh_from_db()
    assert word == "sound"
    assert own_app.tested_at >= before
    assert "Meta accepts the app ID and the secret." in text
    assert "shows for certain when somebody connects" in text
    [asked] = at_meta.state.requests()
    assert asked["path"] == "/oauth/access_token"


@pytest.mark.parametrize(
    ("told", "word", "sentence"),
    [
        ("client_secret", "wrong_secret", "Copy the Instagram app secret anew"),
        ("platform_app", "unknown_app", "take the Instagram app ID and the Instagram app secret"),
    ],
)
def test_a_wrong_secret(told, word, sentence, own_app, press, at_meta):
    at_meta.state.add_app(APP_ID, OTHER_SECRET)
    at_meta.state.configure(wrong_secret=told)
    stored, text = press()
    assert stored == word
    assert sentence in text


def test_an_app_that_meta_does_not_know(own_app, press, at_meta):
    del at_meta.state.apps[APP_ID]
    stored, text = press()
    assert stored == "unknown_app"
    assert "Meta does not know an app with this ID and secret." in text


def test_a_redirect_uri_that_is_not_registered(own_app, press, at_meta):
    at_meta.state.add_app(APP_ID, SECRET, redirect_uris=["https://elsewhere.example/callback"])
    stored, text = press()
    assert stored == "redirect_uri"
    assert "The redirect URI is not registered." in text


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("http_500_empty", "no_answer"),
        ("html_502", "no_answer"),
        ("bad_json", "no_answer"),
        ("reset", "no_answer"),
        ("rate_4", "limited"),
        ("unknown_code", "unclear"),
        ("missing_token_200", "unclear"),
    ],
)
def test_meta_in_trouble_is_not_blamed_on_the_app(fault, word, own_app, press, at_meta):
    at_meta.state.add_fault(fault, path="/oauth/access_token")
    stored, text = press()
    assert stored == word
    assert APP_VERDICTS[word].title in text
    assert not Event.objects.filter(kind="own_app_trouble").exists()


def test_who_waits_for_a_silent_meta_waits_under_twenty_seconds(own_app, press, at_meta, monkeypatch):
    monkeypatch.setattr(views, "TEST_SECONDS", 0.3)
    at_meta.state.add_fault("hang", path="/oauth/access_token")
    stored, text = press()
    at_meta.state.release()
    assert stored == "no_answer"
    assert "Meta did not answer as it should." in text


def test_the_deadline_leaves_room_for_the_page():
    assert views.TEST_SECONDS <= 15


def test_a_secret_that_cannot_be_read_is_told_without_asking_meta(own_app, press, at_meta):
    spoil(own_app)
    stored, text = press()
    assert stored == "unreadable"
    assert "The stored secret can't be read." in text
    assert at_meta.state.requests() == []


def test_without_an_app_there_is_nothing_to_test(signed_in, page, at_meta):
    response = signed_in.post(f"{page}test/", follow=True)
    assert "no Meta app of its own" in Page(response.content.decode()).text
    assert at_meta.state.requests() == []


def test_what_was_found_wrong_stands_in_the_history_once_a_day(own_app, press, at_meta, tenant):
    at_meta.state.add_app(APP_ID, OTHER_SECRET)
    press()
    press()
    [event] = Event.objects.filter(tenant=tenant, kind="own_app_trouble")
    assert event.text == f"The Meta app {APP_ID}: The secret is wrong."


def test_an_answer_about_a_former_secret_is_dropped(own_app, signed_in, page, at_meta, save, monkeypatch):
    at_meta.state.add_app(APP_ID, OTHER_SECRET)

    def word_of(error):
        # Somebody saves the right one while Meta answers.
        assert save(secret=OTHER_SECRET).status_code == 302
        return "wrong_secret"

    monkeypatch.setattr("tokens.services.try_app.word_of", word_of)
    signed_in.post(f"{page}test/")
    own_app.refresh_from_db()
    assert (own_app.test_outcome, own_app.tested_at) == ("", None)
