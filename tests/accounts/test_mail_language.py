"""People choose in which language and time zone mails to them come; else it is the workspace's."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.choices import choice_of
from accounts.models import Tenant, User
from accounts.own_data import own_data
from accounts.services.mail_invitation import mail_invitation
from notifications.mails import compose
from notifications.models import OutboxMessage
from notifications.places import Chosen, place_of
from notifications.registry import Audience
from tests.factories import make_user
from tests.markup import Page
from tests.notifications.conftest import KIND, Greet, greet  # noqa: F401 - a fixture
from tests.notifications.test_localisation import NIGHT, place
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/accounts/language/"
BERLIN = {"language": "de", "time_zone": "Europe/Berlin"}


def chose(user: User, **chosen: str) -> User:
    User.objects.filter(pk=user.pk).update(**chosen)
    return user


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, ("Asia/Tokyo", "en")),
        ({"language": "de"}, ("Asia/Tokyo", "de")),
        ({"time_zone": "Europe/Berlin"}, ("Europe/Berlin", "en")),
        (BERLIN, ("Europe/Berlin", "de")),
    ],
)
def test_each_choice_counts_by_itself(chosen: dict[str, str], told: tuple[str, str]) -> None:
    user = chose(make_user("anna@example.com"), **chosen)
    found = place_of(user.email.upper(), place("Asia/Tokyo", "en"))
    assert (found.time_zone, found.language) == told


def test_nobodys_address_is_at_home_where_the_workspace_is() -> None:
    chose(make_user("anna@example.com"), **BERLIN)
    assert place_of("carla@example.com", place("Asia/Tokyo", "en")) == Chosen("Asia/Tokyo", "en")
    assert place_of("carla@example.com", None) == Chosen("UTC", "en")


def test_only_a_confirmed_address_chooses(settings: Any) -> None:
    user = chose(make_user("anna@example.com"), **BERLIN)
    EmailAddress.objects.create(user=user, email="creator@example.com", verified=False)
    assert choice_of("creator@example.com") is None
    EmailAddress.objects.filter(email="creator@example.com").update(verified=True)
    assert choice_of("creator@example.com") == Chosen("Europe/Berlin", "de")


def test_where_nobody_must_confirm_the_address_of_an_account_is_enough(settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    chose(make_user("anna@example.com", verified=False), **BERLIN)
    assert choice_of("anna@example.com") == Chosen("Europe/Berlin", "de")


def written(audience: Audience, greet: Greet) -> str:  # noqa: F811 - a fixture
    greet(audience=audience, context=lambda message: {"name": message.recipient, "number": 7})
    message = OutboxMessage(kind=KIND, recipient="anna@example.com", created_at=NIGHT)
    return str(compose(message).body)


def test_a_mail_is_written_as_its_reader_chose_but_staffs_in_english(greet: Greet) -> None:  # noqa: F811 - a fixture
    chose(make_user("anna@example.com"), **BERLIN)
    assert "Gesendet von Perennial" in written(Audience.MEMBERS, greet)
    assert "Sent by Perennial" in written(Audience.STAFF, greet)


def test_an_invitation_comes_in_the_language_of_whom_it_invites(tenant: Tenant) -> None:
    chose(make_user("anna@example.com"), **BERLIN)
    for email in ("anna@example.com", "new@example.com"):
        invitation = tenant.invitations.create(
            email=email, role="member", nonce=email, token_hash=email, expires_at=timezone.now()
        )
        assert mail_invitation(invitation)
    to_anna, to_new = mail.outbox
    assert to_anna.subject.startswith("Sie sind in den Arbeitsbereich")
    assert to_new.subject.startswith("You are invited")


def test_the_page_offers_what_the_workspace_has_and_stores_what_is_chosen(signed_in: Client, alice: User) -> None:
    shown = Page(signed_in.get(PAGE).content.decode())
    [form] = [form for form in shown.forms if "language" in form.visible]
    assert (form.fields["language"], form.fields["time_zone"]) == ("", "")
    assert "As the workspace has it" in shown.text
    assert signed_in.post(PAGE, BERLIN, follow=True).status_code == 200
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("de", "Europe/Berlin")
    assert own_data(alice)["account"]["language"] == "de"
    signed_in.post(PAGE, {"language": "", "time_zone": ""})
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("", "")


@pytest.mark.parametrize("nonsense", [{"language": "xx"}, {"time_zone": "Nowhere/City"}])
def test_nonsense_is_refused(signed_in: Client, alice: User, nonsense: dict[str, str]) -> None:
    assert "Select a valid choice" in signed_in.post(PAGE, {**BERLIN, **nonsense}).content.decode()
    alice.refresh_from_db()
    assert alice.language == ""


def test_nobody_chooses_for_another(client: Client) -> None:
    assert client.post(PAGE, BERLIN)["Location"].startswith("/accounts/login/")
    user, other = make_user(), make_user()
    sign_in(user).post(PAGE, BERLIN)
    other.refresh_from_db()
    assert other.language == ""
