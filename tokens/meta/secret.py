"""A value that no log line, page, error report or pickle can show by accident."""

import hmac
from typing import Never, Self, final


@final
class Secret:
    """Text to be used and never shown: a token, an authorization code, an app secret.

    Args:
        value: the text to keep; may be empty, and then the secret is falsy.

    Raises:
        TypeError: `value` is not text.
    """

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            del value  # error reports print the locals of the frame that raises
            raise TypeError("a secret is text")
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        """The text itself, to be asked for at the last moment and kept out of local variables."""
        return self._value

    def __repr__(self) -> str:
        return ""

    def __str__(self) -> str:
        return ""

    def __format__(self, spec: str) -> str:
        return ""

    def __bool__(self) -> bool:
        return self._value != ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._value), _bytes(other._value))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a secret does not change")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("a secret does not change")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a secret is not pickled")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
