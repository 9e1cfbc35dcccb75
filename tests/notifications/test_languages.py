"""A mail is written in the language of the workspace that it belongs to, and with its dates."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.template import Context, Engine
from django.utils import timezone

from accounts.models import Tenant
from notifications.delivery import deliver_due
from notifications.localisation import localised
from notifications.mails import compose
from notifications.models import OutboxMessage
from notifications.services import notify, notify_staff
from tests.factories import make_connection, make_meta_app, make_tenant
from tests.notifications.conftest import Greet
from tests.notifications.post_office import Delivered, PostOffice
from tests.notifications.test_localisation import NIGHT, nothing_is_left
from tokens.models import Brake, Connection, Link, Reason
from tokens.services import brake, links
from tokens.wording import REASONS

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = "anna@example.com"


@pytest.fixture(autouse=True)
def shortly_before(travel: Any) -> None:
    travel(NIGHT - dt.timedelta(days=3))


@pytest.fixture
def german() -> Tenant:
    tenant = make_tenant("Müller & Söhne")
    tenant.time_zone, tenant.language = "Europe/Berlin", "de"
    tenant.save()
    return tenant


def ended(tenant: Tenant, reason: str = "checkpoint") -> Connection:
    return make_connection(tenant=tenant, handle="anna", status="inactive", reason=reason, contact_email=ANNA)


def owe(kind: str, tenant: Tenant | None, subject_id: uuid.UUID, to: str = ANNA) -> None:
    tenant_id = tenant.pk if tenant else None
    notify(kind=kind, recipients=[to], tenant_id=tenant_id, subject_id=subject_id, dedupe_key=f"{kind} {to}")


def link_to(connection: Connection) -> Link:
    link = links.issue(connection, recipients=[ANNA])
    Link.objects.filter(pk=link.pk).update(expires_at=NIGHT)
    return link


def parts(delivered: Delivered) -> tuple[str, str]:
    """Text and HTML, as they came over the wire."""
    text, html = (part.get_content() for part in delivered.mail.iter_parts())
    return text, html


def test_a_german_workspace_writes_german_mails(german: Tenant, office: PostOffice) -> None:
    connection = ended(german)
    owe("reconnect_needed", german, link_to(connection).pk)
    deliver_due()
    [delivered] = office.delivered
    text, html = parts(delivered)
    assert delivered.mail["Subject"] == "@anna wieder verbinden: Instagram hat die Verbindung beendet"
    assert "@anna ist nicht mehr verbunden" in text
    assert "Instagram möchte sicher sein, dass Sie es sind." in text
    assert "Instagram wieder verbinden:\r\nhttp://localhost:8000/link/" in text
    assert "Der Link gilt einmal, bis 18. Juni 2027, 04:00 MESZ." in text
    assert "Gesendet von Perennial im Auftrag von Müller & Söhne" in text
    assert '<html lang="de"' in html
    assert "im Auftrag von Müller &amp; Söhne" in html
    assert "bis 18. Juni 2027, 04:00 MESZ." in html
    nothing_is_left()


def test_each_mail_of_a_run_is_in_its_own_workspaces_language(german: Tenant, office: PostOffice) -> None:
    english = make_tenant("Nepal")
    Tenant.objects.filter(pk=english.pk).update(time_zone="Asia/Kathmandu")
    for number, tenant in enumerate((german, english, german, english)):
        contact = f"anna{number}@example.com"
        connection = make_connection(tenant=tenant, handle=f"anna{number}", contact_email=contact)
        owe("reconnect_link", tenant, link_to(connection).pk, contact)
    brake.fall(make_meta_app().pk, Brake.Cause.OURS, timezone.now())
    deliver_due()
    told = {each.to: parts(each) for each in office.delivered}
    for number in (0, 2):
        text, html = told[f"anna{number}@example.com"]
        assert "Der Link gilt einmal, bis 18. Juni 2027, 04:00 MESZ." in text
        assert '<html lang="de"' in html
    for number in (1, 3):
        text, html = told[f"anna{number}@example.com"]
        assert "The link is good once, until 18 June 2027, 07:45 UTC+05:45." in text
        assert '<html lang="en"' in html
    assert "at 15 June 2027, 02:00 UTC." in told["staff@perennial.example"][0]
    nothing_is_left()


def test_staff_are_told_in_english_and_utc_about_a_german_workspace(german: Tenant, office: PostOffice) -> None:
    connection = make_connection(
        tenant=german, credential={"last_failure": "app_credentials", "last_failure_at": NIGHT}
    )
    notify_staff(kind="our_fault", subject_id=connection.pk, dedupe_key="our fault")
    deliver_due()
    text, html = parts(office.delivered[0])
    assert "app_credentials, 18 June 2027, 02:00 UTC." in text
    assert '<html lang="en"' in html


def test_what_a_kind_gathers_is_gathered_in_the_language_too(german: Tenant, greet: Greet) -> None:
    def context(message: OutboxMessage) -> dict[str, Any]:
        return {"name": REASONS[Reason.CHECKPOINT].sentence, "number": 7}

    greet(context=context)
    message = OutboxMessage(kind="greeting", recipient=ANNA, created_at=timezone.now(), tenant=german)
    assert "Instagram möchte sicher sein, dass Sie es sind." in compose(message).body


@pytest.mark.parametrize(("zone", "language"), [("Nowhere/City", "xx"), ("", "")])
def test_a_workspace_that_chose_nonsense_gets_its_mail_all_the_same(
    german: Tenant, office: PostOffice, zone: str, language: str
) -> None:
    Tenant.objects.filter(pk=german.pk).update(time_zone=zone, language=language)
    owe("reconnect_link", german, link_to(ended(german)).pk)
    assert deliver_due().sent == 1
    assert "until 18 June 2027, 02:00 UTC." in parts(office.delivered[0])[0]


def test_a_mail_that_cant_be_written_leaves_no_language_behind(german: Tenant, greet: Greet) -> None:
    def context(message: OutboxMessage) -> dict[str, Any]:
        raise ZeroDivisionError

    greet(context=context)
    message = OutboxMessage(kind="greeting", recipient=ANNA, created_at=timezone.now(), tenant=german)
    with pytest.raises(ZeroDivisionError):
        compose(message)
    nothing_is_left()


def test_what_is_asked_for_while_a_mail_is_written_in_german_is_recorded_in_english(german: Tenant) -> None:
    """History is English, whoever's words were spoken when it was written."""
    with localised(german):
        assert REASONS[Reason.LOGGED_OUT].sentence == "Instagram hat diese Verbindung abgemeldet."
        assert REASONS[Reason.LOGGED_OUT].english_sentence == "Instagram logged this connection out."


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_german_words(german: Tenant, reason: str) -> None:
    with localised(german):
        assert REASONS[reason].sentence != REASONS[reason].english_sentence
        assert REASONS[reason].remedy != REASONS[reason].english_remedy


def test_a_translation_cant_smuggle_markup_of_a_workspace_in(german: Tenant) -> None:
    Tenant.objects.filter(pk=german.pk).update(name="<b>%(x)s</b> & {{ url }}")
    connection = ended(german)
    connection.refresh_from_db()
    message = OutboxMessage(
        kind="reconnect_needed",
        recipient=ANNA,
        created_at=timezone.now(),
        tenant=german,
        subject_id=link_to(connection).pk,
    )
    mail = compose(message)
    html, _ = mail.alternatives[0]
    assert "<b>%(x)s</b> & {{ url }}" in mail.body
    assert "&lt;b&gt;%(x)s&lt;/b&gt; &amp; {{ url }}" in str(html)
    assert "<b>" not in str(html)


def test_a_date_that_is_not_there_leaves_nothing_on_the_page() -> None:
    source = (
        "{% load dates %}{{ at|instant }}{{ at|time_element }}{% include 'elements/time.html' with without='Never' %}"
    )
    template = Engine.get_default().from_string(source)
    assert template.render(Context({"at": None})) == "Never"
