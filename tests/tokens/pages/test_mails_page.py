"""Owners and admins see what was sent and how it went, never what it said; silenced addresses are tried again."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Event
from notifications import registry
from notifications.models import OutboxMessage, SilencedAddress, State
from notifications.silence import is_silenced, silence
from tests.factories import make_connection
from tests.markup import Page
from tokens import mails_page
from tokens.mail_wording import REASONS, reason
from tokens.services import links

pytestmark = pytest.mark.django_db
BAD = "bad@mail.example"


@pytest.fixture
def url(tenant: Any) -> str:
    return f"/w/{tenant.slug}/settings/mails/"


@pytest.fixture
def look(signed_in: Any, url: str) -> Any:
    return lambda query="": Page(signed_in.get(f"{url}{query}").content.decode())


@pytest.fixture
def mail(tenant: Any) -> Any:
    def make(**columns: Any) -> OutboxMessage:
        values = {"tenant": tenant, "kind": "reconnect_link", "recipient": "a@mail.example"}
        values |= {"dedupe_key": uuid4().hex, "state": State.SENT, "attempts": 1}
        if columns.get("state") == State.PENDING:
            return OutboxMessage.objects.create(**{**values, **columns})
        return OutboxMessage.objects.create(**{**values, "due_at": None, "sent_at": timezone.now(), **columns})

    return make


def test_nothing_yet(look):
    assert "Nothing was sent yet" in look().text


def test_the_settings_lead_there(signed_in, tenant, url):
    assert f'href="{url}"' in signed_in.get(f"/w/{tenant.slug}/settings/").content.decode()


def test_a_mail_is_shown_by_its_title_its_account_and_how_it_went(look, mail, tenant):
    connection = make_connection(tenant=tenant, handle="anna")
    link = links.issue(connection, recipients=["a@mail.example"])
    mail(subject_id=link.pk)
    mail(subject_id=connection.pk, kind="revived", recipient="b@mail.example")
    text = look().text
    assert text.count("@anna") == 2
    for words in ("Reconnect link", "An account was reconnected", "a@mail.example", "b@mail.example", "Sent"):
        assert words in text


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"state": State.PENDING, "attempts": 0}, "Waiting to be sent"),
        ({"state": State.PENDING, "last_error": "smtp_451"}, "The mail server refused it (code 451)."),
        ({"state": State.REFUSED, "last_error": "smtp_550"}, "Refused The mail server refused it (code 550)."),
        ({"state": State.REFUSED, "last_error": "http_422"}, "The mail service refused it (code 422)."),
        ({"state": State.REFUSED, "last_error": "bounced"}, f"Came back {REASONS['bounced']}"),
        ({"state": State.DROPPED, "last_error": "silenced"}, f"Not sent {REASONS['silenced']}"),
        ({"state": State.DROPPED, "last_error": "obsolete"}, f"Not sent {REASONS['obsolete']}"),
    ],
)
def test_why_a_mail_did_not_go_is_said_in_words(columns, words, look, mail):
    mail(**columns)
    assert words in look().text


def test_every_kind_has_a_title_and_no_word_is_left_without_a_sentence():
    assert all(kind.title for kind in registry._kinds.values())
    assert reason("") == ""
    assert reason("a_word_of_tomorrow") == "It could not be sent."


def test_a_kind_of_another_release_is_shown_by_its_name(look, mail):
    mail(kind="of_tomorrow")
    assert "Of tomorrow" in look().text


def test_filter_and_search_go_together(look, mail):
    mail(recipient="anna@mail.example")
    mail(recipient="anna@other.example", state=State.REFUSED)
    mail(recipient="bert@other.example", state=State.REFUSED)
    text = look("?show=refused&q=Anna").text
    assert "anna@other.example" in text
    assert "anna@mail.example" not in text
    assert "bert@other.example" not in text
    assert "Nothing found" in look("?q=nobody").text


@pytest.mark.parametrize(
    "query",
    ["?show=nonsense", "?before=x", "?before=2026-01-01T00:00:00Z_7", "?q=%00", "?before=0001-01-01_x", "?q=%25"],
)
def test_nonsense_is_no_error(query, look, mail):
    mail()
    assert look(query).text


def test_pages_go_from_the_newest_to_the_oldest(signed_in, url, mail, monkeypatch):
    monkeypatch.setattr(mails_page, "PAGE", 2)
    at = timezone.now()
    # Two of one instant, so that the mark must tell them apart.
    for number, age in enumerate((0, 1, 1, 2, 3)):
        mail(recipient=f"n{number}@mail.example", created_at=at - dt.timedelta(minutes=age))
    seen, query = [], ""
    while True:
        html = signed_in.get(f"{url}{query}").content.decode()
        seen += [f"n{number}" for number in range(5) if f"n{number}@mail.example" in html]
        older = re.search(r'rel="next" href="[^"?]*(\?[^"]+)"', html)
        if not older:
            break
        query = older[1]
    assert sorted(seen) == ["n0", "n1", "n2", "n3", "n4"]
    assert seen[0] == "n0"
    assert seen[-1] == "n4"


def test_another_workspaces_mails_and_silences_are_not_shown(look, mail):
    from_elsewhere = make_connection().tenant
    mail(tenant=from_elsewhere, recipient="secret@mail.example")
    silence("silent@mail.example", tenant_id=from_elsewhere.pk, why="bounced", now=timezone.now())
    text = look().text
    assert "secret@" not in text
    assert "silent@" not in text


def test_a_silenced_address_is_tried_again_at_the_press_of_a_button(look, signed_in, url, tenant, alice):
    silence(BAD, tenant_id=tenant.pk, why="bounced", now=timezone.now())
    page = look()
    assert f"{BAD} {REASONS['bounced']}" in page.text
    [form] = [form for form in page.forms if form.action.endswith("/again/")]
    after = signed_in.post(form.action, follow=True)
    assert "The next mail to bad@mail.example is sent." in Page(after.content.decode()).text
    assert not is_silenced(BAD, tenant_id=tenant.pk)
    assert Event.objects.get(kind="address_tried_again").actor == alice.email
    assert signed_in.post(form.action).status_code == 404


def test_whoever_saves_an_address_answers_for_it(signed_in, tenant):
    connection = make_connection(tenant=tenant)
    silence(BAD, tenant_id=tenant.pk, why="bounced", now=timezone.now())
    signed_in.post(f"/w/{tenant.slug}/connections/{connection.pk}/contact/", {"contact_email": BAD})
    assert not SilencedAddress.objects.exists()


def test_a_connections_page_says_that_its_address_takes_no_mail(signed_in, tenant):
    connection = make_connection(tenant=tenant, contact_email=BAD)
    path = f"/w/{tenant.slug}/connections/{connection.pk}/"
    assert "This address takes no mail" not in signed_in.get(path).content.decode()
    silence(BAD, tenant_id=tenant.pk, why="bounced", now=timezone.now())
    assert "This address takes no mail" in signed_in.get(path).content.decode()
    after = Page(signed_in.post(f"{path}link/", follow=True).content.decode()).text
    assert f"Mail to {BAD} was refused or came back before, so it is not sent." in after


def test_the_number_of_queries_does_not_grow(signed_in, url, tenant, mail, django_assert_num_queries):
    signed_in.get(url)
    for number in range(20):
        connection = make_connection(tenant=tenant)
        mail(subject_id=links.issue(connection, recipients=["a@mail.example"]).pk)
        silence(f"{number}@mail.example", tenant_id=tenant.pk, why="bounced", now=timezone.now())
    # Session, user, membership, switcher, mails, silences, links, connections, heartbeats, what the watch saw.
    with django_assert_num_queries(10):
        signed_in.get(url)
