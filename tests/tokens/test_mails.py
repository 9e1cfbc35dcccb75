"""Every kind of mail is written from real rows, as text and as HTML, and has lost its point where its row is gone."""

from __future__ import annotations

import uuid

import pytest
from django.core import mail
from django.utils import timezone

from notifications import registry
from notifications.delivery import deliver_due
from notifications.services import notify
from tests.factories import make_connection, make_meta_app, make_tenant
from tokens.models import Brake, Connection
from tokens.notices import register_kinds
from tokens.services import brake, links

pytestmark = pytest.mark.django_db(transaction=True)
REMINDERS = [f"reconnect_reminder_{number}" for number in (1, 2, 3)]
BY_LINK = ["reconnect_needed", "reconnect_link", "permission_missing", *REMINDERS]
OF_CONNECTION = ["revived", "our_fault", "refused_by_meta"]
KINDS = [*BY_LINK, *OF_CONNECTION, "brake_fell", "connect_misconfigured"]


def deliver(kind: str, subject_id: uuid.UUID) -> list:
    notify(kind=kind, recipients=["anna@example.com"], tenant_id=None, subject_id=subject_id, dedupe_key=kind)
    deliver_due()
    return mail.outbox


def subject_of(kind: str, connection: Connection) -> uuid.UUID:
    if kind in BY_LINK:
        return links.issue(connection, recipients=["anna@example.com"]).pk
    if kind == "brake_fell":
        brake.fall(connection.meta_app_id, Brake.Cause.DEATHS, timezone.now())
        return Brake.objects.get().pk
    return make_meta_app().pk if kind == "connect_misconfigured" else connection.pk


def ended(handle: str) -> Connection:
    tenant = make_tenant("Müller & Söhne")
    return make_connection(
        tenant=tenant, handle=handle, status="inactive", reason="checkpoint", contact_email="anna@example.com"
    )


def test_these_are_all_the_kinds_there_are():
    register_kinds()
    assert {kind for kind in KINDS if registry.find(kind)} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_of_each_kind_says_what_it_is_about(kind):
    connection = (
        ended("anna")
        if kind in ["reconnect_needed", *REMINDERS]
        else make_connection(handle="anna", permissions=[], contact_email="anna@example.com")
    )
    [message] = [each for each in deliver(kind, subject_of(kind, connection)) if each.to == ["anna@example.com"]]
    [(html, _)] = message.alternatives
    for text in (message.subject, message.body, html):
        assert text.strip()
        assert "{{" not in text
        assert "{%" not in text
    if kind in [*BY_LINK, "revived"]:
        assert "@anna" in message.subject
        assert "http://localhost:8000/" in message.body


def test_a_reconnect_mail_tells_reason_remedy_workspace_and_link():
    connection = ended("anna")
    [message] = deliver("reconnect_needed", subject_of("reconnect_needed", connection))
    assert "Instagram wants to make sure that it is you." in message.body
    assert "First open Instagram, log in and finish its security check." in message.body
    assert "Müller & Söhne" in message.body
    assert "Müller &amp; Söhne" in message.alternatives[0][0]
    assert links.url_of(connection.links.get()) in message.body


@pytest.mark.parametrize(
    ("own", "told"),
    [(False, "INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET: "), (True, "The app id and secret that the workspace ")],
)
@pytest.mark.parametrize("kind", ["our_fault", "brake_fell"])
def test_staff_are_led_to_where_the_app_was_set_up(kind, own, told):
    tenant = make_tenant()
    connection = make_connection(tenant=tenant, meta_app=make_meta_app(tenant=tenant if own else None))
    subject_id = connection.pk
    if kind == "brake_fell":
        brake.fall(connection.meta_app_id, Brake.Cause.OURS, timezone.now())
        subject_id = Brake.objects.get().pk
    [message] = [each for each in deliver(kind, subject_id) if each.to == ["anna@example.com"]]
    assert told in message.body
    assert told in message.alternatives[0][0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_whose_row_is_gone_is_dropped(kind):
    assert deliver(kind, uuid.uuid4()) == []


def test_news_of_a_revival_that_ended_again_is_dropped():
    assert deliver("revived", ended("anna").pk) == []
