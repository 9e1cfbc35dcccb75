"""What is said after connecting through Facebook: until when a person must confirm it, and what was left unticked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications.mails import compose
from notifications.models import OutboxMessage
from tests.factories import make_connection
from tests.markup import Page
from tests.tokens.flavours.facebook import FEW, SINGLE, FacebookPeople
from tests.tokens.helpers import credential_of
from tokens.confirming import to_be_confirmed
from tokens.models import Connection, Link
from tokens.services import links

pytestmark = pytest.mark.django_db

BY = "Facebook wants a person to confirm it by "


def told(people: FacebookPeople, response: Any) -> str:
    return people.result(response)[1].text


def test_a_member_reads_until_when_it_is_good(people: FacebookPeople) -> None:
    text = told(people, people.consent(SINGLE))
    assert f"@cafe.luna is connected. {BY}" in text
    assert "You need do nothing more." not in text


def test_where_facebook_tells_no_end_it_is_every_90_days(people: FacebookPeople) -> None:
    people.emulator.state.configure(inspection_missing=["data_access_expires_at"])
    assert "Facebook may want a person to confirm it every 90 days." in told(people, people.consent(SINGLE))


def test_so_it_is_of_several_accounts(people: FacebookPeople) -> None:
    text = told(people, people.choose(people.choosing(FEW), "hana.paints", "flora.bakes"))
    assert f"Connected: @hana.paints, @flora.bakes. {BY}" in text


def test_of_several_accounts_what_was_left_unticked_is_named(people: FacebookPeople) -> None:
    _, page = people.result(people.consent(FEW, permissions=["instagram_basic", "pages_show_list"]))
    text = told(people, people.choose(page, "hana.paints", "flora.bakes"))
    assert "Not everything that is needed was ticked at Facebook. Missing: pages_read_engagement." in text


@pytest.mark.parametrize(
    ("language", "words", "never"),
    [
        ("en", ("Thank you. That is all for now.", BY), "nothing more to do"),
        ("de", ("Danke. Das ist vorerst alles.", "Facebook verlangt, dass ein Mensch sie bis zum "), "nichts weiter"),
    ],
)
def test_a_creator_reads_it_in_their_language(
    people: FacebookPeople, alice: Any, language: str, words: tuple[str, ...], never: str
) -> None:
    people.tenant.language = language
    people.tenant.save()
    link = links.issue_connect(people.tenant, email="lena@x.example", handle="", invited_by=alice)
    Link.objects.update(flavour="facebook_login")
    people.browser = Client()
    text = told(people, people.consent(SINGLE, f"/link/{links.token_of(link)}/"))
    assert all(each in text for each in words), text
    assert never not in text


@pytest.mark.parametrize("kind", ["creator_connected", "revived"])
def test_the_mail_to_whoever_is_behind_it_says_so_too(people: FacebookPeople, kind: str) -> None:
    def mailed(connection: Connection) -> Any:
        message = OutboxMessage(kind=kind, tenant=people.tenant, recipient="a@x.example", subject_id=connection.pk)
        return compose(message)

    mail = mailed(people.connect(SINGLE))
    html = Page(str(mail.alternatives[0][0])).text
    assert BY in mail.body and BY in html
    assert "You need do nothing" not in mail.body + html


def test_nobody_confirms_an_account_of_instagrams() -> None:
    connection = make_connection()
    assert to_be_confirmed(connection, credential_of(connection), timezone.now()) == ""
