"""What a failed conversation with a mail server, or a mail service, means: for this mail, for its address, and for
the mails that wait behind it."""

from __future__ import annotations

import re
import smtplib
import sys
from dataclasses import dataclass
from typing import Any

# Said about a recipient, these speak of how we talk and sign in. Not among them: 501 and 504, by which
# Postfix refuses a malformed address and one without a full domain.
OUR_FAULT = {500, 502, 503, 530, 534, 535, 538}
# "Service not available, closing": the server takes nothing more on this line.
CLOSING = 421
PERMANENT = 500
# Without a further code these say that the address takes no mail, now or later (RFC 5321, RFC 7504). Not among them:
# 552, a full mailbox, and 554, by which servers turn away whom they do not trust.
NO_SUCH_ADDRESS = {501, 504, 521, 550, 551, 553, 556}
# Said of the sender it is the mail's size, which servers may refuse before they have seen it (RFC 1870).
TOO_LONG = 552
# RFC 3463, the second number: addressing, mailbox, routing. Others are about the system, the conversation, the mail
# itself, or about us, whom some list names for a day: of all these the next mail may go another way.
OF_ADDRESS = {0, 1, 2, 4}
# The sender's address; a mailbox that is full or a mail too long for it; a loop, and time that ran out on the way.
NOT_OF_ADDRESS = {(1, 7), (1, 8), (2, 2), (2, 3), (2, 4), (4, 6), (4, 7)}
ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
TOO_MANY, SERVER_ERROR = 429, 500
UNAUTHORISED = {401, 403}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail did not leave.

    `word` is what is stored and logged: never a server's text, which may quote the mail. `final`: trying
    again is no use. `of_server`: it has nothing to do with this mail, the next one would fail alike.
    `of_address`: the address takes no mail at all, so no other one need be tried either.
    """

    word: str
    final: bool = False
    of_server: bool = False
    of_address: bool = False


class NotTaken(Exception):
    """A mail backend that raises nothing says that it sent nothing."""


def judge(error: Exception) -> Failure:
    """What `error`, raised by a mail backend, means."""
    by_service = _of_mail_service(error)
    if by_service is not None:
        return by_service
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = min(error.recipients.values())
        return _about_mail(code, of_address=_no_such_address(code, text))
    if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code == TOO_LONG:
        return Failure(_numbered(error.smtp_code), final=True)
    if isinstance(error, smtplib.SMTPDataError):
        return _about_mail(error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        # Greeting, sign-in, our own sender address: all of them our set-up or the server's state.
        return Failure(_numbered(error.smtp_code), of_server=True)
    if _is_timeout(error):
        return Failure("timeout", of_server=True)
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        # No common way to sign in, or an extension that we need and the server lacks.
        return Failure("smtp", of_server=True)
    if isinstance(error, OSError):
        return Failure("connection", of_server=True)
    return Failure("backend")


def is_hard(status: str) -> bool:
    """Whether a status code of RFC 3463, such as `5.1.1`, says that an address takes no mail, now or later."""
    found = ENHANCED.match(status)
    if found is None or found[1] != "5":
        return False
    subject, detail = int(found[2]), int(found[3])
    return subject in OF_ADDRESS and (subject, detail) not in NOT_OF_ADDRESS


def _no_such_address(code: int, text: bytes | str) -> bool:
    """Whether the refusal of a recipient speaks of the address, and of nothing that another day may change."""
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    return is_hard(words) if ENHANCED.match(words) else code in NO_SUCH_ADDRESS


def _about_mail(code: int, *, of_address: bool = False) -> Failure:
    if code == CLOSING or code in OUR_FAULT:
        return Failure(_numbered(code), of_server=True)
    final = code >= PERMANENT
    return Failure(_numbered(code), final=final, of_address=final and of_address)


def _of_mail_service(error: Exception) -> Failure | None:
    """What an exception of django-anymail means; None for any other. It need not be installed.

    Page: https://anymail.dev/en/stable/sending/exceptions/.
    """
    # Whoever raised one of its exceptions has loaded them.
    anymail: Any = sys.modules.get("anymail.exceptions")
    if anymail is None or not isinstance(error, anymail.AnymailError):
        return None
    if isinstance(error, anymail.AnymailRecipientsRefused):
        return Failure("recipient", final=True, of_address=True)
    status = error.status_code
    if not isinstance(status, int):
        # Where there was no answer it is an error of requests as well, and so of the network.
        waited = _is_timeout(error) or "Timeout" in type(error.__cause__).__name__
        unanswered = Failure("timeout" if waited else "connection", of_server=True)
        return unanswered if isinstance(error, OSError) else Failure("backend")
    # Any other refusal may be this mail's doing, or our sender's: it is tried again for days, and holds nobody up.
    return Failure(f"http_{status}", of_server=status in {TOO_MANY, *UNAUTHORISED} or status >= SERVER_ERROR)


def _numbered(code: int) -> str:
    # smtplib gives -1 for a line that is no SMTP at all.
    return f"smtp_{code}" if 0 < code < 1000 else "connection"


def _is_timeout(error: Exception) -> bool:
    """smtplib hides a timeout in the middle of a conversation behind "server disconnected"."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
