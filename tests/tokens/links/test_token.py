"""A link's token: derived, and written down nowhere but in the mail."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.core import mail
from django.core.management import call_command

from notifications.models import OutboxMessage
from tests.rows import all_rows
from tokens.models import Link
from tokens.services import links
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db


def mailed_link():
    return re.findall(r"http://localhost:8000(/link/[^/\s]+/)", str(mail.outbox[-1].body))[0]


def test_the_token_is_long_enough_not_to_be_guessed(link):
    assert re.fullmatch(r"[\w-]{43}", links.token_of(link))


def test_only_the_sha_256_of_the_token_is_stored(link):
    token = links.token_of(link)
    assert link.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in repr(all_rows())


def test_the_token_depends_on_the_secret_key(link, settings):
    token = links.token_of(link)
    settings.SECRET_KEY = "another one"
    assert links.token_of(link) != token


def test_the_rows_alone_do_not_open_a_link(link, phone):
    for stored in (link.token_hash, link.nonce, str(link.pk), link.pk.hex):
        assert phone.get(f"/link/{stored}/").status_code == 410


def test_a_mail_carries_the_link_and_no_row_does(dead, alice, client):
    assert send_link(dead, actor=alice.email) == [alice.email]
    assert "/link/" not in repr(list(OutboxMessage.objects.values()))
    call_command("deliver_notifications")
    assert client.get(mailed_link()).status_code == 200
    assert mailed_link().split("/")[2] not in repr(all_rows())


def test_the_mailed_link_is_built_from_site_url(dead, alice, settings):
    settings.SITE_URL = "https://perennial.example"
    link = links.issue(dead, recipients=[])
    assert links.url_of(link) == f"https://perennial.example/link/{links.token_of(link)}/"


def test_the_mailed_link_is_derived_anew_whenever_it_is_needed(dead, alice):
    send_link(dead, actor=alice.email)
    call_command("deliver_notifications")
    first, second = links.url_of(Link.objects.get()), links.url_of(Link.objects.get())
    assert first == second == f"http://localhost:8000{mailed_link()}"


def test_a_link_lasts_as_long_as_the_settings_say(dead, settings):
    settings.LINK_LIFETIME_DAYS = 3
    link = links.issue(dead, recipients=[])
    assert (link.expires_at - link.created_at).days == 3
