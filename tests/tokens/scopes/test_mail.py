"""The mail and the link's page say what is missing and what it is for, in the workspace's language."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from notifications.delivery import deliver_due
from tests.factories import credential_of, make_connection
from tests.markup import Page
from tests.tokens.scopes.conftest import BASIC, COMMENTS, PUBLISH
from tokens.models import Connection, Credential, Link
from tokens.services import links
from tokens.services.mail_link import mail_reconnect_link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna(tenant, need):
    need(BASIC, PUBLISH, COMMENTS)
    return make_connection(
        tenant=tenant, handle="anna", permissions=[BASIC, PUBLISH], contact_email="anna@creator.example"
    )


def deliver(connection):
    mail_reconnect_link(connection, kind="permission_missing", now=timezone.now())
    return delivered()


def delivered():
    deliver_due()
    return mail.outbox


def test_it_names_what_is_missing_and_what_stops_without_it(anna):
    [message] = deliver(anna)
    for text in (message.body, message.alternatives[0][0]):
        assert "read, answer, hide and delete comments on your posts" in text
        assert "answered." in text
        assert "publish posts" not in text
        assert "something that Alice &" in text
    assert "- read, answer, hide and delete comments on your posts\n  Comments can't be read" in message.body
    assert links.url_of(Link.objects.get()) in message.body


def test_it_is_written_in_german_for_a_german_workspace(anna, tenant):
    tenant.language = "de"
    tenant.save()
    [message] = deliver(anna)
    assert "Kommentare lassen sich weder lesen noch beantworten." in message.body
    assert "ist nicht erlaubt:" in message.body


def test_where_instagram_did_not_say_which_it_says_that_one_is_missing(anna):
    Connection.objects.update(permissions=None)
    Credential.objects.filter(pk=credential_of(anna).pk).update(permission_missing_since=timezone.now())
    [message] = deliver(anna)
    assert "Instagram says that a permission was not given or was taken back" in message.body


def owe(connection):
    mail_reconnect_link(connection, kind="permission_missing", now=timezone.now())


@pytest.mark.parametrize(
    "happened",
    [
        {"permissions": [BASIC, PUBLISH, COMMENTS]},
        {"status": "inactive", "reason": "expired"},
        {"status": "disconnected"},
    ],
    ids=["granted", "ended", "disconnected"],
)
def test_a_mail_that_has_lost_its_point_is_dropped(happened, anna):
    owe(anna)
    Connection.objects.update(**happened)
    assert delivered() == []


def test_so_is_one_about_what_is_needed_no_more(anna, need):
    owe(anna)
    need(BASIC)
    assert delivered() == []


def test_the_links_page_lists_it(anna, tenant):
    page = Page(Client().get(f"/link/{links.token_of(links.issue(anna, recipients=[]))}/").content.decode())
    assert "Alice & Co needs something of it that is not allowed yet:" in page.text
    assert "read, answer, hide and delete comments on your posts" in page.text
    assert "Comments can't be read or answered." in page.text
    assert page.button_words == ["Reconnect Instagram"]


def test_the_links_page_of_one_that_lacks_nothing_is_as_it_was(anna, need):
    need(BASIC)
    text = Page(Client().get(f"/link/{links.token_of(links.issue(anna, recipients=[]))}/").content.decode()).text
    assert "for example because a permission is missing" in text
