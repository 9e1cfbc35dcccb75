import copy
import pickle
from typing import Any

import pytest

from tokens.meta import (
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Refused,
    TokenDead,
    UnexpectedReply,
)

FACTS: Any = {"call": "refresh", "status": 400, "code": 190, "subcode": 460, "trace_id": "AbC-_9"}
NUMBERS = "in refresh, status 400, code 190, subcode 460, trace AbC-_9"
TREE = [
    (
        MetaTransient("timeout", **FACTS),
        f"Meta could not be reached or is troubled (timeout) {NUMBERS}",
        False,
    ),
    (MetaRateLimited(60.0, "app", **FACTS), f"Meta limits our calls (app) {NUMBERS}", False),
    (TokenDead("expired", **FACTS), f"Meta says the token is dead (expired) {NUMBERS}", True),
    (
        TokenDead("unknown", True, **FACTS),
        f"Meta says the token is dead (unknown, unparsable) {NUMBERS}",
        True,
    ),
    (PermissionMissing(**FACTS), f"Meta misses a permission {NUMBERS}", True),
    (Refused("too_young", **FACTS), f"Meta refused (too_young) {NUMBERS}", True),
    (UnexpectedReply(**FACTS), f"Meta answered in an unexpected shape {NUMBERS}", False),
    (OurMisconfiguration("scope", **FACTS), f"Meta rejects our app's configuration (scope) {NUMBERS}", True),
]


@pytest.mark.parametrize(("error", "sentence", "permanent"), TREE)
def test_an_error_is_a_fixed_sentence_and_numbers(error, sentence, permanent):
    assert str(error) == sentence
    assert repr(error) == f"<{type(error).__name__}: {sentence}>"
    assert error.permanent is permanent
    assert isinstance(error, MetaError)
    assert error.args == ()


def through_a_queue(error):
    return pickle.loads(pickle.dumps(error))  # noqa: S301


@pytest.mark.parametrize("remake", [copy.copy, copy.deepcopy, through_a_queue])
@pytest.mark.parametrize(("error", "sentence", "_"), TREE)
def test_an_error_survives_a_queue(error, sentence, _, remake):
    again = remake(error)
    assert (type(again), str(again), vars(again)) == (type(error), sentence, vars(error))


def test_facts_not_known_are_not_told():
    assert str(MetaError(call="me")) == "Meta call failed in me"
    error = UnexpectedReply(call="me")
    assert (error.status, error.code, error.subcode, error.trace_id) == (None, None, None, None)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("AQdJ3ZzGDoWYVr", "AQdJ3ZzGDoWYVr"),
        ("x" * 31, "x" * 31),
        ("x" * 32, None),
        ("", None),
        ("a b", None),
        ("a\n", None),
        ("\u0661", None),
        (5, None),
        (None, None),
    ],
)
def test_only_what_looks_like_a_trace_id_is_kept(raw, kept):
    assert UnexpectedReply(call="me", trace_id=raw).trace_id == kept
