"""Reading a signed request: only what one of the secrets signed, whatever is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tokens.callbacks.signing import encoded, payload_of, sign
from tokens.meta import Secret, read_signed_request

OURS, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
SECRETS = [Secret(OURS)]
GOOD = {"algorithm": "HMAC-SHA256", "issued_at": 1291836800, "user_id": "218471"}
URLSAFE = string.ascii_letters + string.digits + "-_"


def read(text):
    return read_signed_request(text, SECRETS)


@pytest.mark.parametrize("padded", [False, True])
def test_what_meta_signed_is_read(padded):
    found = read(sign({**GOOD, "expires": 1291840400}, OURS, padded=padded))
    assert (found.user_id, found.issued_at, found.signed_with) == ("218471", 1291836800, (0,))


@pytest.mark.parametrize(
    ("told", "read_as"),
    [("218471", "218471"), (218471, "218471"), (17841400000000001, "17841400000000001"), (" 218471 ", "218471")],
)
def test_an_id_may_be_a_text_or_a_number(told, read_as):
    assert read(sign(payload_of(told), OURS)).user_id == read_as


@pytest.mark.parametrize("told", [True, False, None, 0, -5, 2.5, "", "x y", "a\x00", "x" * 65, 10**70, [], {}, ["1"]])
def test_what_is_no_id_is_refused(told):
    assert read(sign({**GOOD, "user_id": told}, OURS)) is None


@pytest.mark.parametrize("algorithm", ["HMAC-SHA256", "hmac-sha256", "Hmac-Sha256"])
def test_the_algorithm_may_be_spelled_in_any_case(algorithm):
    assert read(sign({**GOOD, "algorithm": algorithm}, OURS)) is not None


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "", "HMAC-SHA1", "HMAC-SHA512", "RS256", "HMAC-ſHA256", " HMAC-SHA256", None, 256, []]
)
def test_another_algorithm_is_refused_also_where_the_signature_is_right(algorithm):
    assert read(sign({**GOOD, "algorithm": algorithm}, OURS)) is None


def test_a_missing_algorithm_is_refused():
    assert read(sign({"user_id": "1", "issued_at": 1}, OURS)) is None


@pytest.mark.parametrize(
    ("told", "read_as"), [(None, None), (0, 0), ("1291836800", 1291836800), (1291836800.0, 1291836800)]
)
def test_a_date_is_whole_seconds_or_missing(told, read_as):
    assert read(sign({**GOOD, "issued_at": told}, OURS)).issued_at == read_as
    assert read(sign({"algorithm": "HMAC-SHA256", "user_id": "1"}, OURS)).issued_at is None


@pytest.mark.parametrize("told", [True, -1, 1.5, "yesterday", [], {}, 10**12, "2026-01-01"])
def test_a_date_that_is_none_is_refused(told):
    assert read(sign({**GOOD, "issued_at": told}, OURS)) is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"algorithm":"HMAC-SHA256","user_id":"1","user_id":"2"}',
        b'{"user_id":"1","algorithm":"none","algorithm":"HMAC-SHA256"}',
        b'{"algorithm":"HMAC-SHA256","user_id":"1","x":{"a":1,"a":2}}',
        b'{"algorithm":"HMAC-SHA256","user_id":"1","x":NaN}',
        b'{"algorithm":"HMAC-SHA256","user_id":"1","issued_at":Infinity}',
        b'{"algorithm":"HMAC-SHA256","user_id":"1","issued_at":1e999}',
        b'{"algorithm":"HMAC-SHA256","user_id":"1","x":' + b"[" * 9 + b"]" * 9 + b"}",
        b'{"algorithm":"HMAC-SHA256","user_id":"1","x":' + b"[" * 2500 + b"]" * 2500 + b"}",
        b'{"algorithm":"HMAC-SHA256","user_id":' + b"1" * 5000 + b"}",
        b'\xef\xbb\xbf{"algorithm":"HMAC-SHA256","user_id":"1"}',
        '{"algorithm":"HMAC-SHA256","user_id":"1"}'.encode("utf-16"),
        b'{"algorithm":"HMAC-SHA256","user_id":"1","x":"\xff"}',
        b'[{"algorithm":"HMAC-SHA256","user_id":"1"}]',
        b'{"algorithm":"HMAC-SHA256","user_id":"1"} {}',
        b"null", b"1", b'"text"', b"{}", b"", b"\x00",
    ],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused(raw):
    assert read(sign(raw, OURS)) is None


def test_the_signature_is_of_the_encoded_text_and_not_of_what_it_says():
    raw = json.dumps(GOOD).encode()
    of_decoded = hmac.new(OURS.encode(), raw, hashlib.sha256).digest()
    assert read(f"{encoded(of_decoded)}.{encoded(raw)}") is None


def test_a_signature_in_hexadecimal_is_refused():
    text = encoded(json.dumps(GOOD).encode())
    assert read(f"{hmac.new(OURS.encode(), text.encode(), hashlib.sha256).hexdigest()}.{text}") is None


def test_an_empty_secret_fits_nothing():
    """Anybody can sign with it."""
    assert read_signed_request(sign(GOOD, ""), [Secret(""), Secret(OURS)]) is None


def test_without_secrets_nothing_fits():
    assert read_signed_request(sign(GOOD, OURS), []) is None


def test_all_secrets_that_fit_are_named():
    found = read_signed_request(sign(GOOD, OURS), [Secret(OTHER), Secret(OURS), Secret(""), Secret(OURS)])
    assert found is not None
    assert found.signed_with == (1, 3)


def test_nothing_is_parsed_before_the_signature_is_right(monkeypatch):
    parsed = []
    monkeypatch.setattr("tokens.meta.signed_request.json.loads", lambda *args, **kwargs: parsed.append(args))
    assert read(sign(GOOD, OTHER)) is None
    assert parsed == []
    read(sign(GOOD, OURS))
    assert len(parsed) == 1


def test_signatures_are_compared_in_constant_time(monkeypatch):
    compared: list[tuple[str, str]] = []

    def compare(one, other):
        compared.append((one, other))
        return False

    monkeypatch.setattr("tokens.meta.signed_request.hmac.compare_digest", compare)
    assert read_signed_request(sign(GOOD, OURS), [Secret(OURS), Secret(OTHER)]) is None
    assert len(compared) == 2, "each secret is tried, whichever fits"


@pytest.mark.parametrize("length", [8 * 1024, 8 * 1024 + 4])
def test_eight_kilobytes_are_the_most(length):
    room = length - 44 - len(encoded(json.dumps({**GOOD, "x": ""}).encode()))
    text = sign({**GOOD, "x": "y" * (room * 3 // 4)}, OURS)
    assert abs(len(text) - length) <= 4
    assert (read(text) is not None) == (len(text) <= 8 * 1024)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace(".", ""),
        lambda text: text.replace(".", ".."),
        lambda text: f".{text}",
        lambda text: f"{text}.",
        lambda text: f"{text}.{text}",
        lambda text: f" {text}",
        lambda text: f"{text}\n",
        lambda text: f"{text}=",
        lambda text: f"={text}",
        lambda text: text.replace(".", "=.", 1).replace("=.", "==."),
        lambda text: text.partition(".")[2],
        lambda text: f".{text.partition('.')[2]}",
        lambda text: f"{text.partition('.')[0]}.",
        lambda text: ".".join(reversed(text.split("."))),
        lambda text: text.upper(),
        lambda text: text[1:],
        lambda text: f"{text[:42]}{text[43:]}",
        lambda text: f"{text}A",
    ],
)
def test_whatever_was_changed_is_refused(spoil):
    assert read(spoil(sign(GOOD, OURS))) is None


def test_the_other_alphabet_of_base64_is_refused():
    """Signed in it, as a sender who knows the secret could."""
    raw = json.dumps({**GOOD, "x": "\xff\xfe?>~"}, ensure_ascii=False).encode()
    text = next(
        plain
        for number in range(200)
        if {"+", "/"} & set(plain := base64.b64encode(raw[:-1] + b', "n": %d}' % number).decode().rstrip("="))
    )
    signature = encoded(hmac.new(OURS.encode(), text.encode(), hashlib.sha256).digest())
    assert read(f"{signature}.{text}") is None


def test_neither_secret_nor_person_stands_in_what_could_be_printed():
    found = read(sign(GOOD, OURS))
    assert OURS not in repr(found)
    assert "218471" not in repr(found)


@given(st.text(max_size=300) | st.text(alphabet=URLSAFE + ".=", max_size=300))
def test_whatever_is_sent_nothing_is_raised_and_nothing_read(text):
    assert read(text) is None


@given(st.binary(max_size=300))
def test_whatever_is_signed_nothing_is_raised(raw):
    read(sign(raw, OURS))


LEAVES = st.none() | st.booleans() | st.floats() | st.integers() | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
def test_whatever_json_is_signed_nothing_is_raised(value):
    read(sign(json.dumps(value).encode(), OURS))


@given(st.data())
def test_one_changed_bit_is_refused(data):
    text = sign(GOOD, OURS)
    place = data.draw(st.integers(0, len(text) - 1))
    bit = data.draw(st.integers(0, 6))
    assert read(f"{text[:place]}{chr(ord(text[place]) ^ 1 << bit)}{text[place + 1 :]}") is None
