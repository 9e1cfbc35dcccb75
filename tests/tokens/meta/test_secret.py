import copy
import pickle
import pprint
import traceback
from dataclasses import dataclass

import pytest

from tokens.meta import AppCredentials, Secret

VALUE = "planted-value"
EMPTY = Secret("")


def test_a_secret_is_revealed_on_demand_only():
    secret = Secret(VALUE)
    assert secret.reveal() == VALUE
    assert [str(secret), repr(secret), f"{secret}", f"{secret:>20}", f"{secret!r}", f"{secret}{secret!s}"] == [""] * 6


def test_what_contains_it_does_not_show_it():
    secret = Secret(VALUE)
    for holder in ([secret], {"a": secret}, (secret,), {secret}, AppCredentials("1", secret)):
        assert VALUE not in repr(holder) + pprint.pformat(holder)


def test_a_dataclass_with_a_secret_prints_without_it():
    assert repr(AppCredentials("1", Secret(VALUE))) == "AppCredentials(app_id='1', app_secret=)"


def test_it_has_no_dict():
    with pytest.raises(TypeError):
        vars(Secret(VALUE))
    assert not hasattr(Secret(VALUE), "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol):
    with pytest.raises(TypeError) as caught:
        pickle.dumps(Secret(VALUE), protocol)
    assert VALUE not in "".join(traceback.format_exception(caught.value))


def test_a_copy_is_itself():
    secret = Secret(VALUE)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_it_does_not_change():
    secret = Secret(VALUE)
    with pytest.raises(AttributeError):
        secret._value = "other"
    with pytest.raises(AttributeError):
        del secret._value
    with pytest.raises(AttributeError):
        secret.other = 1
    assert secret.reveal() == VALUE


@pytest.mark.parametrize("value", ["", "a", "\u00e9\u20ac", "\ud800"])
def test_equal_texts_are_equal_secrets(value):
    assert Secret(value) == Secret(value)
    assert hash(Secret(value)) == hash(Secret(value))
    assert Secret(value) != Secret(value + "x")


def test_a_secret_is_equal_to_no_text():
    assert Secret(VALUE) != VALUE
    assert Secret(VALUE) not in {VALUE}


def test_it_is_true_unless_empty():
    assert Secret(VALUE)
    assert not Secret("")


@pytest.mark.parametrize("value", [b"bytes-planted", 7, None, Secret("x")])
def test_only_text_is_sealed(value):
    with pytest.raises(TypeError, match=r"^a secret is text$"):
        Secret(value)


def test_it_may_be_a_field_with_a_default():
    @dataclass(frozen=True)
    class Holder:
        secret: Secret = EMPTY

    assert Holder().secret == EMPTY
