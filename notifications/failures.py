"""What a failed SMTP conversation means: for this mail, and for those that wait behind it."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

# Said about a recipient, these speak of how we talk and sign in. Not among them: 501 and 504, by which
# Postfix refuses a malformed address and one without a full domain.
OUR_FAULT = {500, 502, 503, 530, 534, 535, 538}
# "Service not available, closing": the server takes nothing more on this line.
CLOSING = 421
PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail did not leave.

    `word` is what is stored and logged: never a server's text, which may quote the mail. `final`: trying
    again is no use. `of_server`: it has nothing to do with this mail, the next one would fail alike.
    """

    word: str
    final: bool = False
    of_server: bool = False


def judge(error: Exception) -> Failure:
    """What `error`, raised by a mail backend, means."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _about_mail(min(code for code, _ in error.recipients.values()))
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


def _about_mail(code: int) -> Failure:
    if code == CLOSING or code in OUR_FAULT:
        return Failure(_numbered(code), of_server=True)
    return Failure(_numbered(code), final=code >= PERMANENT)


def _numbered(code: int) -> str:
    # smtplib gives -1 for a line that is no SMTP at all.
    return f"smtp_{code}" if 0 < code < 1000 else "connection"


def _is_timeout(error: Exception) -> bool:
    """smtplib hides a timeout in the middle of a conversation behind "server disconnected"."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
