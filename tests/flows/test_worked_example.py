"""The life of one token, day by day, as the design page tells it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.core.management import call_command

from accounts.models import Event
from tests.emulator.browser import consent

pytestmark = pytest.mark.django_db(transaction=True)


def at(month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=dt.UTC)


def test_one_whole_life_of_a_token(connect, emulator, travel, client, tenant):
    travel(at(3, 1, 1))
    connection = connect("creator")
    credential = connection.credential
    assert credential.expires_at == at(4, 30, 1)
    assert credential.due_at == at(4, 19, 2)

    travel(at(4, 18, 2))
    call_command("refresh_tokens")
    assert emulator.state.refreshes("creator") == 0

    travel(at(4, 19, 2))
    call_command("refresh_tokens")
    assert emulator.state.refreshes("creator") == 1
    credential.refresh_from_db()
    assert credential.expires_at == at(6, 18, 2)
    assert credential.version == 2

    travel(at(4, 25, 12))
    emulator.state.change_password("creator")
    call_command("check_tokens", "--all")
    connection.refresh_from_db()
    assert (connection.status, connection.reason) == ("inactive", "password_changed")
    assert len(mail.outbox) == 0
    call_command("deliver_notifications")
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]

    body = mail.outbox[0].body
    link = next(word for word in body.split() if "/link/" in word).removeprefix("http://localhost:8000")
    client.logout()
    page = client.get(link)
    assert page.status_code == 200
    assert "@creator" in page.content.decode()
    to_consent = client.post(link)
    back = consent(to_consent["Location"], "creator")
    result = client.get(back.removeprefix("http://localhost:8000"))
    assert result.status_code == 302
    connection.refresh_from_db()
    assert (connection.status, connection.reason) == ("active", "")
    call_command("deliver_notifications")
    assert len(mail.outbox) == 1

    kinds = list(Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["connected", "refreshed", "became_inactive", "reconnected"]
