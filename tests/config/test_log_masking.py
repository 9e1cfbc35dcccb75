"""No secret in a log line, whoever writes it and however it got there."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.logs import PathSecretFilter, guard, without_secrets

TOKEN = "IGAAc4n4ry0123456789abcdefghij"
CODE = "AQBc4n4ry-code_0123456789"
STATE = "c4n4ry-state-0123456789"
LINK = "c4n4ry-link_0123456789"
CONFIRMATION = "MTc:1c4n4ry:c4n4ry-confirmation"
RESET = "1-c4n4ry-reset"
CANARY = "c4n4ry"
ADDRESSES = {
    "link": f"/link/{LINK}/",
    "link without its slash": f"/link/{LINK}",
    "link with one slash too many": f"/link//{LINK}/",
    "link in capitals": f"/LINK/{LINK}/",
    "new link": f"/link/{LINK}/new/?x=1",
    "invitation": f"/invitation/{LINK}/",
    "invitation to come back to": f"/accounts/login/?next=%2Finvitation%2F{LINK}%2F",
    "outcome": "/connect/outcome/c4n4ry-1111-2222/finish/",
    "callback": f"/oauth/callback/instagram/?code={CODE}&state={STATE}",
    "callback with a fragment": f"/oauth/callback/instagram/?state={STATE}&code={CODE}#_",
    "access token": f"/me?fields=id&access_token={TOKEN}",
    "bare token": f"/somewhere/{TOKEN}/",
    "confirmation": f"/accounts/confirm-email/{CONFIRMATION}/",
    "password reset": f"/accounts/password/reset/key/{RESET}/",
    "signed request": f"/meta/deauthorize/?signed_request={CANARY}.payload",
}
Masked = Callable[[], str]


def encodings(address: str) -> dict[str, str]:
    once = quote(address, safe="")
    return {
        "plain": address,
        "absolute": f"https://perennial.example{address}",
        "encoded": once,
        "encoded twice": quote(once, safe=""),
        "in a query": f"/redirect?to={once}",
        "first letter encoded": address.replace("/l", "/%6C").replace("code=", "c%6Fde="),
    }


@pytest.mark.parametrize("encoding", encodings(""))
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_secret_in_an_address_is_masked_in_every_encoding(name: str, encoding: str) -> None:
    assert CANARY not in without_secrets(f'"GET {encodings(ADDRESSES[name])[encoding]} HTTP/1.1" 200')


@pytest.mark.parametrize(
    "text",
    [
        '"GET /w/alice-co/connections/0b2c/?page=2 HTTP/1.1" 200',
        "Not Found: /favicon.ico",
        "100% of 50%25 done, %s left",
        "/static/css/a%20b.css",
        "/w/caf%C3%A9/",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert without_secrets(text) == text


def test_decoding_brings_no_line_break_into_the_log() -> None:
    masked = without_secrets(f"/x%0AFAKE%20LINE%2Flink%2F{LINK}")
    assert "\n" not in masked
    assert CANARY not in masked


def paths_with_secrets(patterns: list[Any], before: str = "/") -> Iterator[str]:
    """Every route of the product that takes a text which is no name: a token, a key, a code."""
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from paths_with_secrets(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and re.search(r"[<:](token|key|nonce|secret)>", route):
            yield route


def test_every_route_that_takes_a_token_or_key_is_masked() -> None:
    routes = list(paths_with_secrets(get_resolver().url_patterns))
    assert len(routes) >= 4, routes
    for route in routes:
        # Groups of Django's regular expressions hold no bracket in a bracket; converters are `<str:token>`.
        filled = re.sub(r"\(\?P<\w+>[^()]*\)|<[^<>]+>", LINK, route)
        assert CANARY in filled
        assert CANARY not in without_secrets(f"Not Found: {filled}"), route


@pytest.fixture
def masked_stream() -> Iterator[tuple[logging.Logger, Masked]]:
    """A logger whose handler masks as the console's does, and what it has printed."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(PathSecretFilter())
    logger = logging.Logger("tests.masking")
    logger.addHandler(handler)
    yield logger, stream.getvalue
    handler.close()


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_secret_among_the_arguments_is_masked(name: str, masked_stream: tuple[logging.Logger, Masked]) -> None:
    logger, printed = masked_stream
    logger.warning("Not Found: %s", ADDRESSES[name])
    logger.warning("bytes %s and %r", ADDRESSES[name].encode(), ADDRESSES[name])
    logger.warning("%(path)s", {"path": ADDRESSES[name]})
    logger.warning("%s", {"url": ADDRESSES[name], "headers": [ADDRESSES[name]]})
    assert printed().count("WARNING") == 4
    assert CANARY not in printed()


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_secret_in_an_exception_or_its_cause_is_masked(
    name: str, masked_stream: tuple[logging.Logger, Masked]
) -> None:
    logger, printed = masked_stream
    try:
        try:
            raise KeyError(ADDRESSES[name])
        except KeyError as error:
            raise ValueError(f"no answer from {ADDRESSES[name]}") from error
    except ValueError:
        logger.exception("It failed")
        logger.critical("Once more", exc_info=sys.exc_info())
    assert printed().count("ValueError: no answer from") == 2
    assert CANARY not in printed()


def test_a_secret_in_a_stack_is_masked(masked_stream: tuple[logging.Logger, Masked]) -> None:
    logger, printed = masked_stream
    record = logger.makeRecord("x", logging.INFO, "x", 1, "Here", (), None, sinfo=f"Stack of /link/{LINK}/")
    logger.handle(record)
    assert "Stack of /link/" in printed()
    assert CANARY not in printed()


def test_extra_fields_are_masked_for_formatters_that_print_them() -> None:
    record = logging.makeLogRecord({"msg": "x", "path": f"/link/{LINK}/", "status_code": 404})
    PathSecretFilter().filter(record)
    assert CANARY not in str(vars(record))
    assert vars(record)["status_code"] == 404


def test_a_message_that_does_not_fit_its_arguments_neither_raises_nor_prints_them(
    masked_stream: tuple[logging.Logger, Masked],
) -> None:
    logger, printed = masked_stream
    logger.warning("%d of them", f"/link/{LINK}/")
    assert "does not fit" in printed()
    assert CANARY not in printed()


def test_the_guard_filters_a_logger_once() -> None:
    logger = logging.getLogger("tests.guarded")
    guard("tests.guarded")
    guard("tests.guarded")
    assert [type(each) for each in logger.filters] == [PathSecretFilter]


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the product's own console handler prints, at every level."""
    handler = next(each for each in logging.getLogger().handlers if each.name == "console")
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


FOREIGN = [
    "django.request",
    "django.server",
    "django.security.csrf",
    "django.security.DisallowedHost",
    "django.security.SuspiciousOperation",
    "django.template",
    "django.db.backends",
    "django-q",
    "urllib3.connectionpool",
    "requests",
    "allauth",
    "accounts.views",
    "tokens.services.attempt",
    "somebody.else",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_every_logger_prints_through_the_mask_and_once(name: str, console: io.StringIO) -> None:
    for address in ADDRESSES.values():
        logging.getLogger(name).warning("Saw %s", address)
    assert console.getvalue().count("Saw ") == len(ADDRESSES)
    assert CANARY not in console.getvalue()


@pytest.mark.parametrize("name", ["django", "django.request", "django.security.DisallowedHost"])
def test_django_has_no_handler_of_its_own_that_masks_nothing(name: str) -> None:
    ours = {"console", "mail_staff"}
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        for handler in logger.handlers:
            if handler.name is not None:
                assert handler.name in ours
                assert any(isinstance(each, PathSecretFilter) for each in handler.filters)
        logger = logger.parent


@pytest.mark.django_db
def test_a_page_that_is_not_found_is_logged_without_its_secret(client: Client, console: io.StringIO) -> None:
    for address in (f"/nowhere/link/{LINK}/", f"/link/{LINK}/nowhere/", f"/nowhere?code={CODE}&state={STATE}"):
        client.get(address)
    assert "Not Found: /nowhere/link/" in console.getvalue()
    assert CANARY not in console.getvalue()


def test_http_libraries_are_masked_at_debug_level(console: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    try:
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:9/me?access_token={TOKEN}", timeout=5)
    finally:
        logging.getLogger("urllib3").setLevel(logging.NOTSET)
    assert "127.0.0.1:9" in console.getvalue()
    assert CANARY not in console.getvalue()
