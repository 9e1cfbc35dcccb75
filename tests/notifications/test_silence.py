"""An address that takes no mail is remembered for its workspace, and left alone until somebody tries again."""

from __future__ import annotations

import smtplib
import sys
import types
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from notifications.delivery import DeliveryReport, deliver_due
from notifications.failures import Failure, is_hard, judge
from notifications.models import OutboxMessage, SilencedAddress, State
from notifications.services import forget_mails_to, forget_recipients
from notifications.silence import is_silenced, silence, try_again
from tests.factories import make_tenant
from tests.notifications.conftest import Owe
from tests.notifications.post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)
BAD = "bad@mail.example"


@pytest.fixture
def workspace(db: None) -> Tenant:
    return make_tenant()


def test_an_address_that_the_server_refuses_is_not_tried_again_by_this_workspace(
    workspace: Tenant, owe: Owe, office: PostOffice
) -> None:
    office.rcpt_replies[BAD] = "550 5.1.1 no such user"
    owe(BAD, tenant_id=workspace.pk)
    assert deliver_due() == DeliveryReport(refused=1)
    [silenced] = SilencedAddress.objects.all()
    assert (silenced.tenant, silenced.address, silenced.why) == (workspace, BAD, "smtp_550")
    asked = len(office.lines)
    later = owe(BAD, tenant_id=workspace.pk)
    assert deliver_due() == DeliveryReport(dropped=1)
    later.refresh_from_db()
    assert (later.state, later.last_error, later.attempts) == (State.DROPPED, "silenced", 0)
    assert len(office.lines) == asked, "nobody was asked"


def test_other_workspaces_and_alerts_to_staff_are_not_concerned(
    workspace: Tenant, owe: Owe, office: PostOffice
) -> None:
    silence(BAD, tenant_id=workspace.pk, why="smtp_550", now=timezone.now())
    owe(BAD, tenant_id=make_tenant().pk)
    owe(BAD)
    assert deliver_due() == DeliveryReport(sent=2)


def test_staff_are_never_silenced(owe: Owe, office: PostOffice) -> None:
    office.rcpt_replies[BAD] = "550 5.1.1 no such user"
    owe(BAD)
    assert deliver_due() == DeliveryReport(refused=1)
    assert not SilencedAddress.objects.exists()


def test_after_trying_again_mail_leaves(workspace: Tenant, owe: Owe, office: PostOffice) -> None:
    silence(BAD, tenant_id=workspace.pk, why="smtp_550", now=timezone.now())
    assert try_again([BAD.upper()], tenant_id=workspace.pk) == 1
    owe(BAD, tenant_id=workspace.pk)
    assert deliver_due() == DeliveryReport(sent=1)


def test_a_mail_erased_while_it_is_refused_leaves_no_silence(
    workspace: Tenant, owe: Owe, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(line: Any, mail: Any) -> None:
        OutboxMessage.objects.all().delete()
        raise smtplib.SMTPRecipientsRefused({BAD: (550, b"5.1.1 no such user")})

    monkeypatch.setattr("notifications.delivery._Line.send", refused)
    owe(BAD, tenant_id=workspace.pk)
    assert deliver_due() == DeliveryReport(lost_lease=1)
    assert not SilencedAddress.objects.exists()


def test_who_is_forgotten_is_no_longer_remembered_as_silenced(workspace: Tenant) -> None:
    for forget in (
        lambda: forget_mails_to({BAD}, tenant_id=workspace.pk),
        lambda: forget_recipients([BAD], tenant_ids=[]),
        lambda: workspace.delete(),
    ):
        silence(BAD, tenant_id=workspace.pk, why="smtp_550", now=timezone.now())
        assert is_silenced(BAD, tenant_id=workspace.pk)
        forget()
        assert not is_silenced(BAD, tenant_id=workspace.pk)


@pytest.mark.parametrize(
    ("reply", "of_address"),
    [
        ("550 no such user", True),
        ("550 5.1.1 no such user", True),
        ("550 5.4.1 recipient address rejected", True),
        ("553 5.1.2 no such domain", True),
        ("501 bad syntax", True),
        ("556 no mail here", True),
        ("550 5.7.1 your server is on a list", False),
        ("554 relay denied", False),
        ("552 5.2.2 mailbox full", False),
        ("552 mailbox full", False),
        ("450 4.1.1 try later", False),
    ],
)
def test_a_refusal_speaks_of_the_address_or_of_us_or_of_today(reply: str, of_address: bool) -> None:
    code, text = int(reply[:3]), reply[4:].encode()
    failure = judge(smtplib.SMTPRecipientsRefused({BAD: (code, text)}))
    assert failure == Failure(f"smtp_{code}", final=code >= 500, of_address=of_address)
    assert not judge(smtplib.SMTPDataError(code, text)).of_address, "then it is the mail that was refused"


@pytest.mark.parametrize("status", ["5.1.1", "5.0.0", "5.2.1", "5.4.4", "5.1.10"])
def test_hard(status: str) -> None:
    assert is_hard(status)


@pytest.mark.parametrize("status", ["4.1.1", "2.0.0", "5.2.2", "5.7.1", "5.6.0", "5.4.7", "5", "", "5.x.1"])
def test_not_hard(status: str) -> None:
    assert not is_hard(status)


# Mail services, through django-anymail, which need not be installed


class AnymailError(Exception):
    """As anymail's: the status of the answer, where there was one."""

    status_code: int | None = None


class AnymailRecipientsRefused(AnymailError): ...


class AnymailRequestsAPIError(AnymailError, OSError):
    def __init__(self, status: int | None) -> None:
        super().__init__("its text may quote the mail")
        self.status_code = status


@pytest.fixture
def anymail(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("anymail.exceptions")
    module.AnymailError, module.AnymailRecipientsRefused = AnymailError, AnymailRecipientsRefused
    monkeypatch.setitem(sys.modules, "anymail.exceptions", module)


@pytest.mark.usefixtures("anymail")
@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (AnymailRecipientsRefused(), Failure("recipient", final=True, of_address=True)),
        (AnymailRequestsAPIError(429), Failure("http_429", of_server=True)),
        (AnymailRequestsAPIError(503), Failure("http_503", of_server=True)),
        (AnymailRequestsAPIError(401), Failure("http_401", of_server=True)),
        (AnymailRequestsAPIError(422), Failure("http_422")),
        (AnymailRequestsAPIError(None), Failure("connection", of_server=True)),
        (AnymailError("a feature that the service lacks"), Failure("backend")),
        (ConnectionResetError(), Failure("connection", of_server=True)),
    ],
)
def test_what_a_mail_service_means(error: Exception, failure: Failure) -> None:
    assert judge(error) == failure


def test_a_backend_that_says_it_sent_nothing_sent_nothing(owe: Owe, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.notifications.test_silence.IdleBackend"
    owe(BAD)
    assert deliver_due() == DeliveryReport(retried=1)
    assert OutboxMessage.objects.get().last_error == "backend"


class IdleBackend:
    def __init__(self, **options: Any) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def send_messages(self, mails: list[Any]) -> int:
        return 0
