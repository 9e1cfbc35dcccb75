"""Mail that came back: reads what mail servers report (RFC 3464), and silences the addresses that take none.

Anybody may send us a report. One that carries the Message-ID of a mail of ours comes from where that mail went: it
follows from the row's id, which nobody guesses. Without one the address itself must do, and then only for mail that
left lately.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import uuid
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy
from email.message import Message
from typing import Literal

from django.db import transaction
from django.db.models import Q

from notifications.failures import is_hard
from notifications.models import OutboxMessage, State
from notifications.silence import silence

Outcome = Literal["silenced", "soft", "not_ours", "no_report"]
# In a row whose mail was sent, and came back.
BOUNCED = "bounced"
# Servers try for five days as a rule before they give up.
COMES_BACK_WITHIN = dt.timedelta(days=7)
_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE)
_SEPARATOR = re.compile(rb"(?m)^From \S+ +\w{3} \w{3} .*\r?\n")
# Where a report, or the mail that it returns, names our mail.
_NAMES = ("Message-ID", "Original-Message-ID", "X-Original-Message-ID", "In-Reply-To", "References")

logger = logging.getLogger(__name__)


def mails_in(content: bytes) -> list[bytes]:
    """The mails of a file: one, or as many as an mbox holds. Unread: reading one may fail."""
    parts = _SEPARATOR.split(content) if content.startswith(b"From ") else [content]
    return [part for part in parts if part.strip()]


def read_mail(content: bytes) -> Message:
    """Strangers write these: whatever Python's parser raises may come of it."""
    return message_from_bytes(content, policy=policy.compat32)


def take_bounce(report: Message, *, now: dt.datetime) -> Outcome:
    """Silences the address of the mail that came back, for the workspace that sent it.

    Arguments:
        report: any mail at all.
        now: the instant.

    Returns `silenced`; `soft` where the address may take mail another time; `not_ours` where it is about no mail of a
    workspace; `no_report` for any other mail.
    """
    statuses = list(_recipients(report))
    if not statuses:
        return "no_report"
    hard = [address for address, status in statuses if is_hard(status)]
    if not hard:
        return "soft"
    rows = _about(report) or _sent_to(hard, now)
    for row in rows:
        _silence(row, now)
    return "silenced" if rows else "not_ours"


def _recipients(report: Message) -> Iterator[tuple[str, str]]:
    """Address and status of each recipient that a mail server has given up, or is late with."""
    if report.get_content_type() != "multipart/report":
        return
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            # Its first block is about the mail, each other one about a recipient.
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else []:
                if isinstance(block, Message) and block.get("Status"):
                    failed = str(block.get("Action", "")).strip().lower() == "failed"
                    yield _address(block), str(block["Status"]).strip() if failed else ""


def _address(block: Message) -> str:
    named = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    # PostgreSQL does not even compare with what holds a NUL.
    return named.replace("\0", "").rpartition(";")[2].strip().strip("<>").lower()


def _about(report: Message) -> list[OutboxMessage]:
    """The rows whose mails the report, or what it returns, names."""
    named = [str(value) for part in _texts(report) for name in _NAMES for value in part.get_all(name, [])]
    keys = {uuid.UUID(key) for value in named for key in _ID.findall(value)}
    return list(OutboxMessage.objects.filter(pk__in=keys, tenant__isnull=False))


def _texts(report: Message) -> Iterator[Message]:
    for part in report.walk():
        yield part
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield message_from_bytes(content, policy=policy.compat32)


def _sent_to(addresses: Iterable[str], now: dt.datetime) -> list[OutboxMessage]:
    rows = OutboxMessage.objects.filter(recipient__in=list(addresses), tenant__isnull=False, state=State.SENT)
    return list(rows.filter(sent_at__gt=now - COMES_BACK_WITHIN))


@transaction.atomic
def _silence(row: OutboxMessage, now: dt.datetime) -> None:
    # A row that is gone, its workspace or its account erased meanwhile, tells of nobody any more.
    current = OutboxMessage.objects.select_for_update().filter(pk=row.pk).first()
    if current is None or current.tenant_id is None:
        return
    if current.state == State.SENT:
        # What a digest told came back with it.
        gone = OutboxMessage.objects.filter(Q(pk=row.pk) | Q(digest_id=row.pk, state=State.SENT))
        gone.update(state=State.REFUSED, last_error=BOUNCED)
    if silence(current.recipient, tenant_id=current.tenant_id, why=BOUNCED, now=now):
        logger.info("Mail %s of %s came back; its address is silenced.", row.pk, row.kind)
