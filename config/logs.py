"""Keeps secrets out of logs and error reports: link tokens and keys in paths, codes and states in queries."""

from __future__ import annotations

import logging
import re
from collections.abc import ItemsView
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from tokens.meta.redaction import mask

HIDDEN = "…"
# What stands in a path after one of these opens something: a connection, an address, an account.
# A path begins with a slash, or right after a quotation mark where Django tells of one that it could not resolve.
PATH_SECRET = re.compile(
    r"([/\"'](?:link|unsubscribe|invitation|(?:connect/)?outcome|(?:accounts/)?confirm-email|(?:accounts/)?password/reset/key)/+)"
    r"[^/?\s\"'<>]+",
    re.IGNORECASE,
)
# A word that holds something encoded; most hold nothing.
WORD = re.compile(r"(?<![^\s\"'<>])[^\s\"'<>%]*+%[^\s\"'<>]*")
# Encoded once by a browser, twice by whoever passes an address on within another one.
MOST_DECODINGS = 3
_BARE_RECORD = frozenset(vars(logging.makeLogRecord({})))


def without_secrets(text: str) -> str:
    """`text` with every secret that Perennial knows of masked, percent-encoded ones too."""
    masked = _masked(text)
    return WORD.sub(_decoded_and_masked, masked) if "%" in masked else masked


def _masked(text: str) -> str:
    return PATH_SECRET.sub(rf"\1{HIDDEN}", mask(text))


def _decoded_and_masked(word: re.Match[str]) -> str:
    """The word as it is, unless decoding it brings a secret to light."""
    encoded = plain = word.group()
    for _ in range(MOST_DECODINGS):
        if "%" not in plain:
            break
        plain = unquote(plain)
        if (masked := _masked(plain)) != plain:
            # Line breaks that come out of the decoding don't begin a line of the log.
            return "".join(each if each.isprintable() else HIDDEN for each in masked)
    return encoded


class PathSecretFilter(logging.Filter):
    """Masks the whole record, arguments, traceback, stack and extra fields included, for every handler after it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(_message(record)), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        for name in ("exc_text", "stack_info", *(vars(record).keys() - _BARE_RECORD)):
            value = getattr(record, name)
            if isinstance(value, str):
                setattr(record, name, without_secrets(value))
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # out of a filter it would reach whoever logs; logging's own report prints the arguments
        return f"(a message that does not fit its arguments, {record.pathname}:{record.lineno})"


def guard(*names: str) -> None:
    """Puts the filter on loggers that others have set up; safe to call again."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(each, PathSecretFilter) for each in logger.filters):
            logger.addFilter(PathSecretFilter())


class SecretlessReporter(ExceptionReporter):
    """Django's error report without the request: its path, query, form and cookies may all bear secrets."""

    def __init__(
        self,
        request: HttpRequest | None,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
        is_email: bool = False,
    ) -> None:
        super().__init__(None, exc_type, exc_value, tb, is_email)

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        if "exception_value" in data:
            data["exception_value"] = without_secrets(str(data["exception_value"]))
        for frame in data["frames"]:
            frame["exc_cause"] = type(frame["exc_cause"]).__name__ if frame["exc_cause"] else None
        return data


class SecretlessReporterFilter(SafeExceptionReporterFilter):
    """Shows the local variables of a traceback by name and type, never by value; also under DEBUG."""

    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE|URL|EMAIL|DATABASES|CACHES|Q_CLUSTER", re.I
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        return {name: f"<{type(value).__name__}>" for name, value in tb_frame.f_locals.items()}.items()
