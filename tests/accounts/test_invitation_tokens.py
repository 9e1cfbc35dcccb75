"""The token of an invitation stands in its mail and nowhere else."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client

from accounts import derived
from accounts.models import Invitation
from accounts.services import invitations
from config.logs import without_secrets
from tests.accounts.teamwork import BOB, PASS_PHRASE, invite, mailed_invitation, press, team_path
from tests.factories import PASSWORD, make_user
from tests.flows.hiding_places import Searcher, database
from tests.tokens.journeys import sign_in
from tokens.services import links

pytestmark = pytest.mark.django_db
OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def token() -> str:
    return mailed_invitation().split("/")[2]


def test_it_is_derived_and_only_its_hash_is_stored(tenant):
    row = invite(tenant)
    assert token() == invitations.token_of(row)
    assert row.token_hash == derived.digest(token())
    assert len(token()) == 43


def test_no_token_of_another_kind_opens_it(tenant):
    row = invite(tenant)
    assert derived.derive(links.SALT, row.pk, row.nonce) != token()
    assert Client().get(f"/link/{token()}/").status_code == 410
    assert Client().get(f"/invitation/{row.pk}/").status_code == 410
    assert Client().get(f"/invitation/{row.nonce}/").status_code == 410
    assert Client().get(f"/invitation/{row.token_hash}/").status_code == 410


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """All that the product's console prints."""
    handler = next(each for each in logging.getLogger().handlers if each.name == "console")
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.mark.django_db(transaction=True)
def test_it_stands_in_no_row_session_log_or_page(tenant, alice, printed):
    """Through every case: a stranger looks, somebody else signs out, the invited one signs in and joins."""
    row = invite(tenant)
    path, secret = mailed_invitation(), token()
    make_user(BOB)
    browser = sign_in(make_user("carla@example.com"))
    pages = [Client().get(path), browser.get(path)]
    pages.append(press(browser, path, f"Sign out and go on as {BOB}"))
    pages.append(press(browser, "/invitation/", "Sign in to join"))
    pages.append(browser.post("/accounts/login/", {"login": BOB, "password": "wrong", "next": "/invitation/"}))
    browser.post("/accounts/login/", {"login": BOB, "password": PASSWORD, "next": "/invitation/"})
    pages.append(press(browser, "/invitation/", "Join Alice & Co"))
    pages.append(Client().get(path))
    pages.append(sign_in(alice).get(team_path(tenant)))
    Client().get(f"{path}nowhere/")
    row.refresh_from_db()
    assert row.accepted_at is not None
    places = {f"page {number}": page.content.decode() for number, page in enumerate(pages)}
    found = Searcher([secret]).find({**places, **database(), "log": printed.getvalue()})
    assert found == []
    assert "/invitation/…" in printed.getvalue()


def test_a_refused_password_repeats_no_token_either(tenant):
    invite(tenant)
    page = press(Client(), mailed_invitation(), "Join Alice & Co", password1="short")
    assert token() not in page.content.decode()


def test_it_stands_in_no_second_mail(tenant, alice):
    invite(tenant)
    secret = token()
    press(Client(), mailed_invitation(), "Join Alice & Co", password1=PASS_PHRASE)
    assert all(secret not in str(message.message()) for message in mail.outbox[1:])


@pytest.mark.parametrize(
    "line",
    [
        '"GET /invitation/{} HTTP/1.1" 301',
        '"GET /invitation/{}/ HTTP/1.1" 200',
        "Not Found: /invitation/{}/nowhere/",
        "/accounts/login/?next=/invitation/{}/",
        "/accounts/login/?next=%2Finvitation%2F{}%2F",
        "/accounts/login/?next=%252Finvitation%252F{}%252F",
        "https://perennial.example/INVITATION//{}/?x=1",
    ],
)
def test_every_log_masks_it(line):
    masked = without_secrets(line.format("c4n4ry-invitation_0123456789"))
    assert "c4n4ry" not in masked


def test_ids_of_invitations_are_no_secret_and_stay_readable():
    line = "POST /w/alice-co/team/invitations/0b2c5a3e-1111-4222-8333-444455556666/send/"
    assert without_secrets(line) == line


def test_the_proxy_sample_masks_it():
    assert '~^/invitation/      "/invitation/…";' in OPERATIONS.read_text()


def test_a_changed_secret_key_closes_it(tenant, settings):
    invite(tenant)
    path = mailed_invitation()
    settings.SECRET_KEY = "another key, of which nobody derived anything"
    # What is stored is the hash: mailed links go on, only new mails would carry another token.
    assert Client().get(path).status_code == 200
    assert Invitation.objects.get().token_hash == derived.digest(path.split("/")[2])
