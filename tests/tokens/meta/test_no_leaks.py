"""Whatever Meta answers, only errors of the tree come out, and no secret with them."""

import json
import logging
import socket
import threading
from io import BytesIO

import django
import pytest
import requests
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tokens.meta import (
    Inspection,
    LongLivedToken,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    Page,
    PermissionMissing,
    Profile,
    Refused,
    Secret,
    ShortLivedToken,
    TokenDead,
    UnexpectedReply,
)
from tokens.meta.sockets import Fetched

from .calls import ALL_CASES, APP_SECRET, CASES, CODE, PROOF, TOKEN, build_client
from .leaks import everything_logged, leaks, spellings
from .servers import keeping_alive, read_request

if not django_settings.configured:
    django_settings.configure(DEBUG=True, SECRET_KEY="of no use")
    django.setup()

TREE = (
    MetaTransient,
    MetaRateLimited,
    TokenDead,
    PermissionMissing,
    Refused,
    Secret,
    UnexpectedReply,
    OurMisconfiguration,
)
ANSWERS = (ShortLivedToken, LongLivedToken, Profile, Page, Inspection, tuple)
SECRETS = (TOKEN, APP_SECRET, CODE, PROOF)

PLANTED = st.sampled_from([*SECRETS, *(each[:12] for each in SECRETS), f"Malformed access token {TOKEN}"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([1, 2, 4, 10, 100, 190, "190", 200, 368, 458, 460, 2207051, 36008, 80002, 10**400]),
    PLANTED,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["access_token", "user_id", "id", "data", "error", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
ERRORS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("message", "code", "error_subcode", "subcode", "is_transient", "fbtrace_id", "type"), SCALARS | JSON
    ),
)
FLAT = st.fixed_dictionaries({"error_type": SCALARS, "code": SCALARS, "error_message": SCALARS | JSON})
SUCCESSES = st.fixed_dictionaries(
    {"access_token": SCALARS, "user_id": SCALARS},
    optional={"expires_in": SCALARS, "permissions": JSON, "username": SCALARS, "profile_picture_url": SCALARS},
)
INSPECTIONS = st.fixed_dictionaries(
    {"is_valid": st.sampled_from([True, True, False, "true", 1])},
    optional=dict.fromkeys(("type", "user_id", "issued_at", "expires_at", "scopes", "granular_scopes"), SCALARS | JSON),
)
LISTS = st.fixed_dictionaries(
    {"data": st.lists(SUCCESSES | JSON, max_size=3)},
    optional={
        "paging": st.fixed_dictionaries(
            {"next": PLANTED.map(lambda text: f"https://x.test/?access_token={text}")},
            optional={"cursors": st.fixed_dictionaries({"after": SCALARS})},
        )
    },
)
DOCUMENTS = st.one_of(
    JSON,
    ERRORS.map(lambda error: {"error": error}),
    FLAT,
    FLAT.map(lambda error: {"meta": error}),
    ERRORS.map(lambda error: {"data": {"is_valid": False, "error": error}}),
    INSPECTIONS.map(lambda told: {"data": told}),
    LISTS,
    SUCCESSES,
    SUCCESSES.map(lambda answer: {"data": [answer]}),
)
BODIES = st.one_of(
    st.binary(max_size=60),
    DOCUMENTS.map(lambda document: json.dumps(document).encode()),
    PLANTED.map(lambda text: f"<html>{text}</html>".encode()),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Content-Type",
            "Content-Encoding",
            "Location",
            "Set-Cookie",
            "Retry-After",
            "X-App-Usage",
            "X-Business-Use-Case-Usage",
            "X-Ad-Account-Usage",
            "WWW-Authenticate",
            "facebook-api-version",
        ]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30)
    | PLANTED
    | st.sampled_from(["gzip", "deflate", "text/html; charset=nonsense", "http://[", "v1.0"])
    | JSON.map(json.dumps),
    max_size=4,
)
STATUSES = st.one_of(st.sampled_from([200, 200, 400, 401, 403, 429, 500, 302]), st.integers(100, 999))


def outcome(case, client):
    try:
        return case.run(client)
    except MetaError as error:
        assert type(error) in TREE
        assert error.__cause__ is None
        assert error.__context__ is None
        return error


def assert_sealed(result, log):
    if isinstance(result, MetaError):
        assert leaks(result, SECRETS) == []
    else:
        assert isinstance(result, ANSWERS) or result is None
    assert not [each for secret in SECRETS for each in spellings(secret) if each in log.getvalue()]


def answering(monkeypatch, status, headers, body):
    """Let urllib3's answer to any request be this one, with no socket in between."""

    def urlopen(*args, **kwargs):
        return HTTPResponse(BytesIO(body), HTTPHeaderDict(headers), status, preload_content=False, decode_content=False)

    def fetch(*args, most, **kwargs):
        return Fetched(status, HTTPHeaderDict(headers), body[:most])

    monkeypatch.setattr("urllib3.connectionpool.HTTPConnectionPool.urlopen", urlopen)
    monkeypatch.setattr("tokens.meta.wire.fetch", fetch)


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
@settings(
    max_examples=75,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(status=STATUSES, headers=HEADERS, body=BODIES)
def test_nothing_that_meta_answers_gets_a_secret_out(case, status, headers, body):
    client = case.build()
    with pytest.MonkeyPatch.context() as monkeypatch, everything_logged() as log:
        answering(monkeypatch, status, headers, body)
        result = outcome(case, client)
    client.close()
    assert_sealed(result, log)


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
def test_nothing_that_a_socket_answers_gets_a_secret_out(case, serve, connect):
    """Over real HTTP: here urllib3 logs the URL, and what it could not parse of the answer's head."""
    replies: list[bytes] = []

    def handler(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(replies[-1])

    client = connect(serve(handler).url, case.build)

    @settings(max_examples=30, deadline=None, derandomize=True, database=None)
    @given(head=st.one_of(st.binary(max_size=40), PLANTED.map(str.encode)), status=STATUSES, body=BODIES)
    def check(head, status, body):
        replies.append(b"HTTP/1.1 %d X\r\nX-Odd: 1\r\n%s\r\n\r\n%s" % (status, head, body))
        with everything_logged() as log:
            result = outcome(case, client)
        assert_sealed(result, log)

    check()


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
def test_faults_of_the_network_get_no_secret_out(case, connect):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for base in (f"http://127.0.0.1:{port}", "http://nowhere.invalid", "nonsense", "http://[", "https://127.0.0.1:1"):
        client = connect(base, case.build, connect_timeout=1)
        with everything_logged() as log:
            result = outcome(case, client)
        assert isinstance(result, MetaError)
        assert_sealed(result, log)


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
def test_a_debug_log_shows_the_request_without_its_secrets(case, serve, connect):
    client = connect(serve(keeping_alive(json.dumps(case.answer).encode(), [])).url, case.build)
    with everything_logged() as log:
        case.run(client)
    assert f"{case.method} /" in log.getvalue()
    assert_sealed(Profile(*["1"] * 6), log)


@pytest.mark.parametrize("place", ["fbtrace_id", "message", "code", "type"])
def test_an_echo_in_a_complaint_is_dropped(client, wire, place):
    """Even one that passes for a trace id."""
    secret = "short-secret-1"
    error = {"code": 190, "message": "x", "fbtrace_id": "AbC", place: secret}
    wire.get(CASES[2].url, json={"error": error}, status=400)
    with pytest.raises(MetaError) as caught:
        client.refresh(Secret(secret))
    assert secret not in str(caught.value) + repr(vars(caught.value))


def test_a_part_of_a_secret_is_no_trace_id(client, wire):
    wire.get(CASES[2].url, json={"error": {"code": 190, "fbtrace_id": "IGAAbcdef"}}, status=400)
    with pytest.raises(MetaError) as caught:
        client.refresh(Secret("IGAAbcdefghijkl"))
    assert caught.value.trace_id is None


class TestTheChecker:
    """Finds what is planted; otherwise the tests above would prove nothing."""

    def caught(self, work):
        try:
            work()
        except Exception as error:
            return error
        raise AssertionError("nothing was raised")

    def test_finds_a_message(self):
        def work():
            raise ValueError(f"GET /me?access_token={TOKEN}")

        places = leaks(self.caught(work), SECRETS)
        assert {"str 0", "repr 0", "args 0", "traceback", "Django's text report", "Django's HTML report"} <= set(places)

    def test_finds_an_attribute(self):
        def work():
            error = ValueError("x")
            vars(error)["url"] = TOKEN
            raise error

        assert "dict 0" in leaks(self.caught(work), SECRETS)

    def test_finds_a_local_of_a_frame(self):
        def work():
            token = TOKEN
            raise ValueError("x" if token else "y")

        places = leaks(self.caught(work), SECRETS)
        assert {"locals 0", "captured locals", "Django's HTML report"} <= set(places)

    @pytest.mark.parametrize("chained", [True, False])
    def test_finds_a_cause_and_a_context(self, chained):
        def work():
            try:
                raise ValueError(TOKEN)
            except ValueError as error:
                if chained:
                    raise MetaTransient("timeout", call="me") from error
                raise MetaTransient("timeout", call="me") from None

        assert "str 1" in leaks(self.caught(work), SECRETS)

    def test_finds_an_exception_of_requests(self):
        client = build_client()

        def work():
            request = client._wire._session.prepare_request(
                requests.Request("GET", "http://127.0.0.1:1/", params={"access_token": TOKEN})
            )
            HTTPAdapter().send(request)

        places = leaks(self.caught(work), SECRETS)
        client.close()
        assert {"str 0", "traceback", "Django's HTML report"} <= set(places)

    def test_finds_a_log_line(self):
        with everything_logged() as log:
            logging.getLogger("elsewhere").debug("GET %s", TOKEN)
        with pytest.raises(AssertionError):
            assert_sealed(Profile(*["1"] * 6), log)
