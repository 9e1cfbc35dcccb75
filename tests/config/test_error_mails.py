"""A view that raises: staff get one mail, without a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core import mail
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from tests.config.test_log_masking import CANARY, CODE, LINK, STATE, TOKEN


@login_not_required
def failing(request: HttpRequest, token: str) -> HttpResponse:
    access_token = TOKEN
    raise ValueError(f"no answer from /link/{token}/ with access_token={access_token}")


urlpatterns = [
    path("link/<str:token>/fails/", failing),
    path("", include("config.urls")),
]
handler500 = "config.errors.server_error"


@pytest.fixture
def failing_site(client: Client, settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.ADMINS = [("Staff", "staff@perennial.example")]
    client.raise_request_exception = False
    client.cookies["sessionid"] = f"{CANARY}-session"
    return client


@pytest.mark.django_db
def test_staff_get_one_mail_and_it_holds_no_secret(failing_site: Client) -> None:
    response = failing_site.post(
        f"/link/{LINK}/fails/?code={CODE}&state={STATE}",
        {"password": f"{CANARY}-password"},
        headers={"authorization": f"Bearer {CANARY}-bearer", "referer": f"http://testserver/link/{LINK}/"},
    )
    assert response.status_code == 500
    assert CANARY not in response.content.decode()
    [message] = mail.outbox
    assert message.to == ["staff@perennial.example"]
    assert "/link/" in message.subject
    assert "ValueError" in message.body
    assert "tests/config/test_error_mails.py" in message.body
    assert CANARY not in str(message.message())
    assert CANARY not in message.body


@pytest.mark.django_db
def test_a_stranger_with_a_wrong_host_header_mails_nobody(failing_site: Client) -> None:
    assert failing_site.get("/", headers={"host": "evil.example"}).status_code == 400
    assert mail.outbox == []


@pytest.mark.django_db
def test_nobody_is_mailed_while_debugging(failing_site: Client, settings: Any) -> None:
    settings.DEBUG = True
    failing_site.get(f"/link/{LINK}/fails/")
    assert mail.outbox == []
