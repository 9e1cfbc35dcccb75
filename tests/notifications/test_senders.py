"""Who a mail is from: the workspace by name, the installation by address; who gets the answers."""

from __future__ import annotations

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import parseaddr
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.mail import get_connection
from django.utils import timezone

from accounts.models import Tenant
from notifications.mails import compose
from notifications.models import OutboxMessage
from notifications.registry import Audience
from notifications.senders import display_name, sender
from notifications.sending import send_now
from tests.factories import make_tenant
from tests.notifications.conftest import KIND, Greet
from tests.notifications.post_office import PostOffice

pytestmark = pytest.mark.django_db
LONG = "Gesellschaft für nachhaltige Pflanzenvermarktungsangelegenheiten O’Hara & Söhne"


def sent_by(tenant: Tenant | None, office: PostOffice) -> EmailMessage:
    """A mail of a workspace as it comes over the wire."""
    message = OutboxMessage(kind=KIND, recipient="a@mail.example", created_at=timezone.now(), tenant=tenant)
    get_connection().send_messages([compose(message)])
    return office.delivered[-1].mail


def from_of(mail: EmailMessage) -> tuple[str, str]:
    """Name and address; read by the old rules, since the new ones see spaces where a long name was folded."""
    name, address = parseaddr(message_from_bytes(mail.as_bytes(), policy=compat32)["From"])
    return str(make_header(decode_header(name))), address


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Flora", "Flora"),
        ("Müller & Söhne", "Müller & Söhne"),
        ("Smith, Jones; Co.", "Smith Jones Co."),
        ('"Boss" <boss@bank.example>', "Boss boss bank.example"),
        ("x\r\nBcc: b@mail.example", "x Bcc b mail.example"),
        ("pay\u202epal\u200b", "paypal"),
        ("花と友 🌷", "花と友 🌷"),
        (LONG, "Gesellschaft für nachhaltige Pflanzenvermarktungsangelegenh…"),
        ("花" * 80, "花" * 59 + "…"),
        ("=?utf-8?q?=3Cboss=40bank=3E?=", "utf-8?q 3Cboss=40bank=3E"),
    ],
)
def test_a_workspaces_mail_names_it_and_nothing_else(
    name: str, shown: str, greet: Greet, office: PostOffice, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "The Gardeners <hello@perennial.example>"
    tenant = make_tenant()
    tenant.name = name
    mail = sent_by(tenant, office)
    assert from_of(mail) == (f"{shown} via Perennial", "hello@perennial.example")
    assert mail["Bcc"] is None
    assert mail["Reply-To"] is None


@pytest.mark.parametrize("name", ["\u200b", "<>", ""])
def test_a_name_of_which_nothing_is_left_leaves_the_installations(name: str, settings: Any) -> None:
    assert display_name(name) == ""
    assert sender(SimpleNamespace(name=name, reply_to="")) == settings.DEFAULT_FROM_EMAIL


def test_answers_go_to_the_address_that_the_workspace_named(greet: Greet, office: PostOffice) -> None:
    tenant = make_tenant()
    tenant.reply_to = "hello@agency.example"
    assert sent_by(tenant, office)["Reply-To"] == "hello@agency.example"


def test_staffs_mails_are_the_installations_own(greet: Greet, office: PostOffice, settings: Any) -> None:
    greet(audience=Audience.STAFF)
    tenant = make_tenant()
    tenant.reply_to = "hello@agency.example"
    mail = sent_by(tenant, office)
    assert (mail["From"], mail["Reply-To"]) == (settings.DEFAULT_FROM_EMAIL, None)
    assert sent_by(None, office)["From"] == settings.DEFAULT_FROM_EMAIL


def test_what_is_sent_at_once_has_the_same_sender(greet: Greet, office: PostOffice) -> None:
    tenant = make_tenant("Flora")
    tenant.reply_to = "hello@agency.example"
    send_now(KIND, "a@mail.example", {"name": "Anna", "number": 7}, workspace=tenant)
    mail = office.delivered[-1].mail
    assert from_of(mail)[0] == "Flora via Perennial"
    assert mail["Reply-To"] == "hello@agency.example"
