"""Keeps secrets out of logs and error reports: link tokens and keys in paths, codes and states in queries."""

from __future__ import annotations

import logging
import re
from collections.abc import ItemsView
from types import TracebackType
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from tokens.meta.redaction import mask

HIDDEN = "…"
# What stands in a path after one of these opens something: a connection, an address, an account.
PATH_SECRETS = (
    re.compile(r"(?<=/link/)[^/?\s\"']+"),
    re.compile(r"(?<=/outcome/)[^/?\s\"']+"),
    re.compile(r"(?<=/confirm-email/)[^/?\s\"']+"),
    re.compile(r"(?<=/password/reset/key/)[^/?\s\"']+"),
)


def without_secrets(text: str) -> str:
    """`text` with every secret that Perennial knows of masked."""
    masked = mask(text)
    for pattern in PATH_SECRETS:
        masked = pattern.sub(HIDDEN, masked)
    return masked


class PathSecretFilter(logging.Filter):
    """Masks the whole message, arguments and exception text of a record, for every handler after it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_secrets(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        return True


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
