import io
import json
import logging
import re
from urllib.parse import urlencode

import pytest

from tokens.meta import Secret, SecretFilter, mask, quiet_http_loggers
from tokens.meta.redaction import HTTP_LOGGERS, hiding

VALUE = "pl4nted.v4lue"
PARAMETERS = [
    "access_token",
    "client_secret",
    "fb_exchange_token",
    "input_token",
    "revoke_token",
    "code",
    "signed_request",
    "appsecret_proof",
    "state",
]
FORMS = [
    "https://x.test/a?{name}={value}",
    "https://x.test/a?b=1&{name}={value}&c=2#d",
    "GET /a?{name}={value} HTTP/1.1",
    "{name}={value}&b=1",
    "{name}=%20{value}%7C",
    "next=https%3A%2F%2Fx.test%2F%3Fa%3D1%26{name}%3D{value}%26b%3D2",
    '{{"{name}": "{value}"}}',
    '{{"a":1,"{name}":"{value}"}}',
    '{{\\"{name}\\":\\"{value}\\"}}',
    "{{'{name}': '{value}'}}",
    "{{'{name}': ['{value}']}}",
    "{{b'{name}': b'{value}'}}",
    "[('{name}', '{value}')]",
    "call({name}='{value}')",
    '{{"next": "https:\\/\\/x.test\\/?b=1\\u0026{name}={value}"}}',
    "{name}={value}",
]


@pytest.mark.parametrize("spelling", [str, str.upper])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PARAMETERS)
def test_sensitive_parameters_are_masked_in_every_form(name, form, spelling):
    masked = mask(form.format(name=spelling(name), value=VALUE))
    assert VALUE not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {VALUE}",
        f"authorization: {VALUE} more",
        f"{{'Authorization': 'Bearer {VALUE}', 'Accept': '*/*'}}",
        f'"Authorization": "OAuth {VALUE}"',
        f"header: Bearer {VALUE}",
        f"ig_access_token={VALUE}",
        f'{{"access_token": 1234567890, "x": "{VALUE[:0]}"}}',
    ],
)
def test_headers_and_kin_are_masked(text):
    assert VALUE not in mask(text)
    assert "1234567890" not in mask(text)


@pytest.mark.parametrize(
    "token",
    [
        "IGAA" + "b1_-" * 20,
        "IGQVJ" + "x" * 40,
        "EAACEdEose0" + "y" * 20,
        "THQVJ" + "z" * 20,
        "990602627938098|abcdef0123456789abcdef0123456789",
        "990602627938098%7Cabcdef0123456789",
        "990602627938098%7cabcdef0123456789",
        "990602627938098%257Cabcdef0123456789",
        "990602627938098\\u007Cabcdef0123456789",
    ],
)
@pytest.mark.parametrize("around", ["{}", "x {} y", "/path/{}/", "'{}'", "a=%3D{}", "<{}>"])
def test_what_looks_like_a_token_is_masked(token, around):
    masked = mask(around.format(token))
    assert token not in masked
    assert token[-12:] not in masked
    assert "***" in masked


@pytest.mark.parametrize("direction", ["next", "previous"])
@pytest.mark.parametrize("dumped", [json.dumps, repr, lambda body: json.dumps(json.dumps(body)), urlencode])
def test_addresses_of_further_results_bear_no_secret(direction, dumped):
    address = f"https://x.test/v26.0/1/accounts?access_token={VALUE}&appsecret_proof={VALUE}&limit=25&after=MQZDZD"
    for form in (address, address.replace("/", "\\/"), address.replace("&", "\\u0026")):
        masked = mask(dumped({"paging": form, direction: form}))
        assert VALUE not in masked
        assert "access_token" in masked


@pytest.mark.parametrize(
    "text",
    [
        "Meta refused (too_young) in refresh, status 400, code 190, subcode 463, trace AbC",
        '"GET /v26.0/me?fields=user_id%2Cusername HTTP/1.1" 200 87',
        '{"error": {"code": 190, "message": "Session has expired"}}',
        "status_code=200 error_code=5 estate=1",
        "The state of Ohio",
        "",
    ],
)
def test_harmless_text_stays(text):
    assert mask(text) == text


def test_what_urllib3_could_not_parse_is_masked():
    """It may be anything, a new token too."""
    quoted = "[Defect()], unparsed data: 'abc\\r\\n'"
    assert mask(f"Failed to parse headers (url=/me): {quoted}\nmore") == (
        "Failed to parse headers (url=/me): [Defect()], unparsed data: ***\nmore"
    )


def test_neighbours_of_a_secret_stay():
    assert mask("/a?x=1&access_token=abc&y=2") == "/a?x=1&access_token=***&y=2"
    assert mask('{"access_token": "abc", "expires_in": 5}') == '{"access_token": ***, "expires_in": 5}'


def test_a_caller_may_add_expressions():
    assert mask("/link/abc/ and 42", extra=(r"(?<=/link/)\w+", re.compile(r"\d+"))) == "/link/***/ and ***"


def test_long_texts_are_masked_quickly():
    for text in ("1" * 50_000, "access_token" + " " * 50_000, "code=" * 20_000, "\\" * 50_000, "IG" * 50_000):
        mask(text)


@pytest.fixture
def log():
    """A logger with a `SecretFilter`, and what its handler wrote."""
    logger = logging.Logger("planted", logging.DEBUG)
    stream = io.StringIO()
    logger.addHandler(logging.StreamHandler(stream))
    logger.addFilter(SecretFilter(extra=(r"extra-\w+",)))
    return logger, stream


def test_the_filter_masks_the_formatted_message(log):
    logger, stream = log
    logger.debug("GET %s?access_token=%s %s", "/me", VALUE, "extra-abc")
    assert stream.getvalue() == "GET /me?access_token=*** ***\n"


def test_the_filter_leaves_no_arguments(log):
    record = logging.LogRecord("n", logging.DEBUG, "", 1, "code=%s", (VALUE,), None)
    assert SecretFilter().filter(record)
    assert (record.msg, record.args, record.getMessage()) == ("code=***", (), "code=***")


def test_the_filter_masks_exceptions_and_stacks(log):
    logger, stream = log
    try:
        raise ValueError(f"https://x.test/?access_token={VALUE}")
    except ValueError:
        logger.exception("failed", stack_info=True)
    written = stream.getvalue()
    assert VALUE not in written
    assert "ValueError: https://x.test/?access_token=***" in written
    assert "Stack (most recent call last)" in written


def test_the_filter_masks_an_exception_that_was_formatted_before():
    record = logging.LogRecord("n", logging.DEBUG, "", 1, "failed", (), None)
    record.exc_text = f"code={VALUE}"
    SecretFilter().filter(record)
    assert (record.exc_text, record.exc_info) == ("code=***", None)


def test_a_message_that_cannot_be_formatted_is_not_printed(log, capsys):
    logger, stream = log
    logger.debug("%d", VALUE)
    assert VALUE not in stream.getvalue() + "".join(capsys.readouterr())


def test_values_in_flight_are_masked_wherever_they_stand(log):
    logger, stream = log
    odd = "a b/\u00e9"
    with hiding([Secret(odd), Secret("")]):
        logger.debug("they said %s a+b%%2F%%C3%%A9 a%%20b/%%C3%%A9 %r", odd, odd.encode())
    assert odd not in stream.getvalue()
    assert stream.getvalue().startswith("they said *** *** ***")
    logger.debug("%s", odd)
    assert odd in stream.getvalue()


def test_loggers_of_http_libraries_are_filtered_once():
    quiet_http_loggers()
    quiet_http_loggers()
    for name in HTTP_LOGGERS:
        filters = logging.getLogger(name).filters
        assert sum(isinstance(each, SecretFilter) for each in filters) == 1
