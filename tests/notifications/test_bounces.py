"""`take_bounces`: mail that came back for good silences its address, for the workspace that sent it."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifications.bounces import mails_in, read_mail, take_bounce
from notifications.mails import message_id
from notifications.management.commands.take_bounces import OUTCOMES, taken
from notifications.models import OutboxMessage, SilencedAddress, State
from tests.factories import make_tenant
from tests.notifications.conftest import KIND

pytestmark = pytest.mark.django_db
BAD = "bad@mail.example"
REPORT = """\
From: MAILER-DAEMON@mail.example (Mail Delivery System)
To: perennial@localhost
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=x"

--=x
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--=x
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Arrival-Date: Mon, 1 Mar 2027 12:00:00 +0000

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--=x
Content-Type: {returned}

From: perennial@localhost
Message-ID: {message_id}
Subject: Reconnect

--=x--
"""


def report(*, message_id: str = "", status: str = "5.1.1", action: str = "failed", **changes: str) -> bytes:
    values = {"recipient": BAD, "returned": "text/rfc822-headers", **changes}
    return REPORT.format(message_id=message_id, status=status, action=action, **values).encode()


@pytest.fixture
def sent() -> OutboxMessage:
    return make_sent()


def make_sent(*, days: float = 1, **columns: Any) -> OutboxMessage:
    at = timezone.now() - dt.timedelta(days=days)
    values = {"tenant": make_tenant(), "kind": KIND, "recipient": BAD, "dedupe_key": uuid4().hex, "created_at": at}
    return OutboxMessage.objects.create(**{**values, "due_at": None, "state": State.SENT, "sent_at": at, **columns})


def take(content: bytes) -> str:
    [message] = map(read_mail, mails_in(content))
    return take_bounce(message, now=timezone.now())


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_mail_that_came_back_for_good_silences_its_address(returned: str, sent: OutboxMessage) -> None:
    other = make_sent()
    # Where it was sent on, another address refuses it; ours is the one that reaches nobody.
    assert take(report(message_id=message_id(sent), returned=returned, recipient="elsewhere@x.example")) == "silenced"
    [silenced] = SilencedAddress.objects.all()
    assert (silenced.tenant_id, silenced.address, silenced.why) == (sent.tenant_id, BAD, "bounced")
    sent.refresh_from_db()
    assert (sent.state, sent.last_error, sent.sent_at is not None) == (State.REFUSED, "bounced", True)
    other.refresh_from_db()
    assert other.state == State.SENT


@pytest.mark.parametrize(
    ("status", "action"),
    [("4.2.2", "failed"), ("4.4.1", "delayed"), ("5.1.1", "delayed"), ("5.2.2", "failed"), ("5.7.1", "failed")],
)
def test_one_that_another_day_may_leave_silences_nobody(status: str, action: str, sent: OutboxMessage) -> None:
    assert take(report(message_id=message_id(sent), status=status, action=action)) == "soft"
    assert not SilencedAddress.objects.exists()
    sent.refresh_from_db()
    assert sent.state == State.SENT


def test_a_report_that_names_no_mail_goes_by_the_address_and_what_left_lately(sent: OutboxMessage) -> None:
    make_sent(days=8)
    make_sent(state=State.DROPPED, sent_at=None)
    assert take(report(recipient=BAD.upper())) == "silenced"
    assert set(SilencedAddress.objects.values_list("tenant", flat=True)) == {sent.tenant_id}


def test_what_is_about_no_mail_of_a_workspace_silences_nobody() -> None:
    staff = make_sent(tenant=None)
    for name in (message_id(staff), f"<{uuid4()}@localhost>", "<nonsense@localhost>", ""):
        assert take(report(message_id=name)) == "not_ours"
    assert not SilencedAddress.objects.exists()


def test_the_same_report_twice_is_one_silence(sent: OutboxMessage) -> None:
    for _ in range(2):
        assert take(report(message_id=message_id(sent))) == "silenced"
    assert SilencedAddress.objects.count() == 1


@pytest.mark.parametrize(
    "content", [b"Subject: I am away\n\nUntil Monday.\n", b"\xff\x00", b"Content-Type: multipart/report\n\nx"]
)
def test_any_other_mail_is_no_report(content: bytes) -> None:
    assert take(content) == "no_report"


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, len(REPORT)), junk=st.binary(min_size=1, max_size=20))
@example(place=report(message_id="<x@localhost>").index(BAD.encode()), junk=b"\0")
def test_a_mangled_report_never_stops_the_command(place: int, junk: bytes) -> None:
    content = report(message_id="<x@localhost>")
    assert set(taken(content[:place] + junk + content[place:])) <= set(OUTCOMES)


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed; boundary=x"])
def test_one_that_is_nested_without_end_never_stops_it_either(kind: str, sent: OutboxMessage) -> None:
    nested = b"Content-Type: multipart/report; boundary=x\n\n--x\n" + f"Content-Type: {kind}\n\n--x\n".encode() * 3000
    good = report(message_id=f"<{sent.pk}@localhost>")
    assert [*taken(nested), *taken(good)][-1] == "silenced"


def test_what_a_digest_told_comes_back_with_it(sent: OutboxMessage) -> None:
    told = make_sent(digest_id=sent.pk)
    assert take(report(message_id=f"<{sent.pk}@localhost>")) == "silenced"
    told.refresh_from_db()
    assert (told.state, told.last_error) == (State.REFUSED, "bounced")


def write(folder: Path, content: bytes, name: str = "mail") -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def run(*names: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command("take_bounces", *names, json=True, stdout=output, stderr=io.StringIO())
    told: dict[str, Any] = json.loads(output.getvalue())
    return told


def test_a_file_an_mbox_a_maildir_and_standard_input_are_read(
    sent: OutboxMessage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hard, soft = report(message_id=message_id(sent)), report(message_id=message_id(sent), status="4.2.2")
    mbox = write(tmp_path, b"From x Mon Mar 1\n" + hard + b"\nFrom y Mon Mar 1\n" + soft, "mbox")
    (tmp_path / "new").mkdir()
    (tmp_path / "cur").mkdir()
    write(tmp_path / "new", hard)
    write(tmp_path / "cur", b"Subject: Hello\n\nyou\n")

    class Standard:
        buffer = io.BytesIO(hard)

    monkeypatch.setattr("sys.stdin", Standard)
    told = run(write(tmp_path, hard), mbox, str(tmp_path), "-")
    assert told == {"read": 6, "silenced": 4, "soft": 1, "not_ours": 0, "no_report": 1, "unreadable": 0}


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read") as caught:
        run(str(tmp_path / "nowhere"))
    assert caught.value.returncode == 2


def test_the_log_names_no_address(sent: OutboxMessage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    take(report(message_id=message_id(sent)))
    assert "silenced" in caplog.text
    assert BAD not in caplog.text
