"""What a mail looks like when it leaves."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.template import Context, Engine
from django.utils import timezone

from notifications.mails import Pointless, compose, message_id
from notifications.models import OutboxMessage
from tests.notifications.conftest import KIND, Greet

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(greet: Greet) -> OutboxMessage:
    return OutboxMessage(kind=KIND, recipient="a@mail.example", created_at=timezone.now())


def test_text_and_html_say_the_same_and_only_html_is_escaped(message: OutboxMessage) -> None:
    mail = compose(message)
    assert "Hello O'Hara & Co, your number is 7." in mail.body
    html, mimetype = mail.alternatives[0]
    assert mimetype == "text/html"
    assert "Hello O&#x27;Hara &amp; Co, your number is 7." in str(html)


def test_the_subject_is_one_line(message: OutboxMessage) -> None:
    assert compose(message).subject == "Hello O'Hara & Co, O'Hara & Co!"


def test_a_value_can_not_smuggle_a_header_in(message: OutboxMessage, greet: Greet) -> None:
    greet(context=lambda message: {"name": "x\r\nBcc: b@mail.example", "number": 7})
    sent = compose(message).message()
    assert sent["Bcc"] is None
    assert compose(message).recipients() == ["a@mail.example"]


def test_the_headers_say_that_a_machine_wrote_it_and_which_row_it_is(message: OutboxMessage, settings: Any) -> None:
    settings.SITE_URL = "https://perennial.example:8443"
    sent = compose(message).message()
    assert sent["Message-ID"] == f"<{message.pk}@perennial.example>" == message_id(message)
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["From"] == settings.DEFAULT_FROM_EMAIL


def test_old_informational_mail_has_no_point(message: OutboxMessage, greet: Greet) -> None:
    greet(max_age=dt.timedelta(days=1))
    message.created_at = timezone.now() - dt.timedelta(hours=23)
    compose(message)
    message.created_at = timezone.now() - dt.timedelta(hours=25)
    with pytest.raises(Pointless, match="too_old"):
        compose(message)


def test_the_producer_may_take_a_mail_back(message: OutboxMessage, greet: Greet) -> None:
    greet(context=lambda message: None)
    with pytest.raises(Pointless, match="obsolete"):
        compose(message)


def render(name: str, *, autoescape: bool = True, **values: Any) -> str:
    return Engine.get_default().get_template(name).render(Context(values, autoescape=autoescape))


@pytest.mark.parametrize("name", ["emails/base.html", "emails/base.txt"])
def test_the_layouts_show_button_and_workspace_only_where_given(name: str) -> None:
    bare = render(name)
    assert "Sent by Perennial" in bare
    assert "on behalf of" not in bare
    assert "href" not in bare
    full = render(name, button_url="https://x.example/link/", button_label="Reconnect", workspace="A&B")
    assert "https://x.example/link/" in full
    assert "Reconnect" in full
    assert "on behalf of A&amp;B" in full


def test_the_html_layout_loads_nothing_and_stays_small() -> None:
    html = render("emails/base.html", button_url="https://x.example/", button_label="Go")
    assert len(html.encode()) < 20_000
    for remote in ("src=", "@import", "url(", "<link", "<script"):
        assert remote not in html
