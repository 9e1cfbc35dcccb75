"""Alerts to staff about a Meta app of Facebook's name Facebook's settings, and what to check there."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from notifications.mails import compose
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_meta_app

pytestmark = pytest.mark.django_db
NOT_THEIRS = ("INSTAGRAM_APP_SECRET", "/oauth/callback/instagram/", "tester invitation", "Instagram answers")


def written(kind: str, subject_id: uuid.UUID) -> str:
    row = OutboxMessage(kind=kind, recipient="s@staff.example", subject_id=subject_id, created_at=timezone.now())
    message = compose(row)
    [(html, _)] = message.alternatives
    return f"{message.subject} {message.body} {html!s}"


@pytest.mark.parametrize("flavour", ["facebook_login", "system_user"])
def test_an_app_that_is_set_up_wrongly(flavour: str) -> None:
    text = written("connect_misconfigured", make_meta_app(flavour=flavour).pk)
    assert "FACEBOOK_APP_SECRET" in text
    assert not any(words in text for words in NOT_THEIRS)


def test_a_request_that_is_refused() -> None:
    text = written("refused_by_meta", make_connection(flavour="facebook_login").pk)
    assert "Facebook refuses a request" in text and "linked to its Facebook Page" in text
    assert not any(words in text for words in NOT_THEIRS)


def test_instagrams_stay_instagrams() -> None:
    assert "INSTAGRAM_APP_SECRET" in written("connect_misconfigured", make_meta_app().pk)
    assert "tester invitation" in written("refused_by_meta", make_connection().pk)
