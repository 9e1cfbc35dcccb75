"""Where a secret may hide in an error or a log, and whether one does."""

import io
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter


class FilterOfFrames(SafeExceptionReporterFilter):
    """Django's own, whatever the project sets, without the settings, which are many and have no part in this."""

    def get_safe_settings(self):
        return {}


def spellings(secret: str) -> set[str]:
    """As it is, as Python prints it, and as URLs, forms, JSON and HTML write it."""
    escaped = secret.replace("&", "&amp;").replace("'", "&#x27;").replace("<", "&lt;").replace('"', "&quot;")
    unicoded = secret.encode("unicode_escape").decode()
    return {secret, repr(secret)[1:-1], unicoded, quote(secret), quote(secret, safe=""), quote_plus(secret), escaped}


def leaks(error: BaseException, secrets: tuple[str, ...]) -> list[str]:
    """The names of all places around `error` where one of `secrets` stands."""
    wanted = set().union(*map(spellings, secrets))
    return [name for name, text in _places(error) if any(each in text for each in wanted)]


def _places(error: BaseException) -> Iterator[tuple[str, str]]:
    for depth, each in enumerate(_chain(error)):
        yield f"str {depth}", str(each)
        yield f"repr {depth}", repr(each)
        yield f"args {depth}", repr(each.args)
        yield f"dict {depth}", repr(vars(each))
        yield f"locals {depth}", repr([frame.f_locals for frame, _ in traceback.walk_tb(each.__traceback__)])
    yield "traceback", "".join(traceback.format_exception(error))
    yield "captured locals", "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    reporter = ExceptionReporter(None, type(error), error, error.__traceback__)
    reporter.filter = FilterOfFrames()
    yield "Django's text report", reporter.get_traceback_text()
    yield "Django's HTML report", reporter.get_traceback_html()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """All that any logger says at DEBUG, and the raw records' arguments with it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(msg)r %(args)r"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
