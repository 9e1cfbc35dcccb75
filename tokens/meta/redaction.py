"""Keeping secrets out of text that was not written by us: log lines of HTTP libraries, messages of errors."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote, quote_plus

from .secret import Secret

MASK = "***"
HTTP_LOGGERS = (
    "requests",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)

_PARAMETERS = (
    "access_token",
    "long_lived_token",
    "short_lived_token",
    "refresh_token",
    "fb_exchange_token",
    "input_token",
    "revoke_token",
    "verify_token",
    "client_secret",
    "app_secret",
    "appsecret_proof",
    "signed_request",
)
# These must not end a longer word (`status_code=`), but may follow an escape (`%26code=`, `\u0026code=`).
_WORDS = ("code", "state")


def _just_after(last: str) -> str:
    """An expression that holds where one of the names has ended, and then one character of the class `last`.

    A search that begins at the few characters that may follow a name is ten times as quick as one that tries all names
    at each character. Most of those it passes over by the last letter of the name.
    """
    words = (rf"(?<={word}{last})(?:(?<![A-Za-z0-9_]{word}{last})|{_escaped(word + last)})" for word in _WORDS)
    tokens = "|".join(rf"(?<={name}{last})" for name in _PARAMETERS if name.endswith("token"))
    others = (rf"(?<={name}{last})" for name in _PARAMETERS if not name.endswith("token"))
    return rf"(?<=[ntfe]{last})(?:(?<=token{last})(?:{tokens})|{'|'.join([*others, *words])})"


def _escaped(word: str) -> str:
    return rf"(?<=%[0-9A-Fa-f][0-9A-Fa-f]{word})|(?<=u0026{word})"


# name=value in query strings, form bodies and URLs nested in URLs (`%3D`, `%26`)
_PAIR = re.compile(
    rf"([=%]{_just_after('[=%]')}(?:(?<==)|(?<=%)3D))(?:(?!%26|\\u0026)[^&\s\"'<>])+",
    re.IGNORECASE,
)
# "name": "value" in JSON, JSON within JSON, keyword arguments, the repr of dicts, tuples, parsed queries
_ENDS = r"[\\\"'\s:=]"
_QUOTED = re.compile(
    rf"({_ENDS}{_just_after(_ENDS)}"
    r"(?:(?<=[:=])|(?<=\s)\s*+[:=]|(?:(?<=[\"'])|(?<=\\)\\*[\"'])\s*+[:,=])\s*+[\[(]?\s*+b?)"
    r"(?:\\*\"[^\"]*\"?|\\*'[^']*'?|[0-9]{8,})",
    re.IGNORECASE,
)
_HEADER = re.compile(r"(\bauthorization\\*[\"']?\s*[:,=]\s*b?)[^\r\n]+", re.IGNORECASE)
_BEARER = re.compile(r"(\bbearer\s+)[^\s\"',;]+", re.IGNORECASE)
# urllib3 warns of heads of answers that it cannot parse, and quotes them
_UNPARSED = re.compile(r"(unparsed data: )[^\r\n]+")
_TOKEN = re.compile(
    "(?:"
    + "|".join(rf"{start}(?:(?<![A-Za-z0-9]{start})|(?<=%[0-9A-Fa-f]{{2}}{start}))" for start in ("IG", "EAA", "TH"))
    + ")[A-Za-z0-9_-]{16,}"
)
# "|" also as URLs have it, nested or not, and JSON
_APP_TOKEN = re.compile(r"(?<![0-9])[0-9]{4,}(?:\||%(?:25)*7C|\\+u007C)[A-Za-z0-9_.-]{6,}", re.IGNORECASE)
# What each of them replaces, and the words one of which, in small letters, stands in whatever it matches: to look
# for a word costs a hundredth of the expression.
_EXPRESSIONS = (
    (_UNPARSED, rf"\1{MASK}", ("unparsed data",)),
    (_HEADER, rf"\1{MASK}", ("authorization",)),
    (_QUOTED, rf"\1{MASK}", ("token", "secret", "proof", "signed_request", "code", "state")),
    (_PAIR, rf"\1{MASK}", ("token", "secret", "proof", "signed_request", "code", "state")),
    (_BEARER, rf"\1{MASK}", ("bearer",)),
    (_APP_TOKEN, MASK, ("|", "7c")),
    (_TOKEN, MASK, ("ig", "eaa", "th")),
)

_in_flight: ContextVar[tuple[Secret, ...]] = ContextVar("secrets_in_flight", default=())


def mask(text: str, extra: Iterable[str | re.Pattern[str]] = ()) -> str:
    """`text` with everything that is or may be a secret replaced by `***`.

    Masked are the values of the parameters that meta-wire section 8 lists and of `state`, the header
    `Authorization`, whatever looks like one of Meta's tokens, and every match of an expression in `extra`.

    Args:
        text: any text.
        extra: further regular expressions, such as one for link tokens; the whole match is replaced.
    """
    lowered = text.casefold()
    for expression, replacement, words in _EXPRESSIONS:
        if any(word in lowered for word in words):
            text = expression.sub(replacement, text)
    for whole in extra:
        text = re.sub(whole, MASK, text)
    return text


@contextmanager
def hiding(secrets: Iterable[Secret]) -> Iterator[None]:
    """Within, these very values are masked, wherever they stand, in what this thread logs."""
    before = _in_flight.set(tuple(secrets))
    try:
        yield
    finally:
        _in_flight.reset(before)


def _spellings(secrets: Iterable[Secret]) -> Iterator[str]:
    for secret in filter(None, secrets):
        plain = secret.reveal()
        escaped = plain.encode("unicode_escape").decode("ascii")
        yield from {plain, escaped, quote(plain, errors="replace"), quote_plus(plain, errors="replace")}


class SecretFilter(logging.Filter):
    """Masks whole records, their arguments and tracebacks included; lets every record pass.

    Args:
        extra: further regular expressions, as for `mask`.
    """

    def __init__(self, extra: Iterable[str | re.Pattern[str]] = ()) -> None:
        super().__init__()
        self.extra = tuple(extra)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._masked(_message(record)), ()
        if record.exc_info or record.exc_text:
            # handlers that render exceptions themselves (mail to admins) would start from the original
            record.exc_text, record.exc_info = self._masked(_traceback(record)), None
        if record.stack_info:
            record.stack_info = self._masked(record.stack_info)
        return True

    def _masked(self, text: str) -> str:
        for value in _spellings(_in_flight.get()):
            text = text.replace(value, MASK)
        return mask(text, self.extra)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # logging itself would print the arguments to standard error
        return "(a log message that could not be formatted)"


def _traceback(record: logging.LogRecord) -> str:
    if isinstance(record.exc_info, tuple):
        return logging.Formatter().formatException(record.exc_info)
    return record.exc_text or ""


def quiet_http_loggers() -> None:
    """Put one `SecretFilter` on each logger of requests and urllib3; safe to call again."""
    for name in HTTP_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, SecretFilter) for each in logger.filters):
            logger.addFilter(SecretFilter())
