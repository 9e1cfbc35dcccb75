"""The encrypted field: values go in as text or sealed, and always come out sealed.

A sealed value is ciphertext that decrypts only when `reveal()` is called. So one row whose key is lost breaks
nothing but the call that needs its token, and neither a list, a repr nor an error report can show a secret.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from fernet_fields import EncryptedTextField


class Unreadable(Exception):
    """The ciphertext opens with none of the installation's keys."""

    def __init__(self) -> None:
        super().__init__("A stored secret can't be decrypted with any of FERNET_KEYS.")


def newest_key_id() -> str:
    """The short public name of the key that encrypts now, as `key_id` columns keep it."""
    return _key_id(settings.FERNET_KEYS[0])


def known_key_ids() -> list[str]:
    """The names of all keys that can decrypt, newest first."""
    return [_key_id(key) for key in settings.FERNET_KEYS]


@functools.lru_cache(maxsize=8)
def _key_id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


@functools.lru_cache(maxsize=8)
def _keyring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_keyring() -> MultiFernet:
    return _keyring(tuple(settings.FERNET_KEYS))


class Sealed:
    """Ciphertext of one secret. Its repr and str are empty; it can't be pickled into a queue or a session."""

    __slots__ = ("_ciphertext",)

    def __init__(self, ciphertext: bytes) -> None:
        self._ciphertext = ciphertext

    @property
    def ciphertext(self) -> bytes:
        return self._ciphertext

    def reveal(self) -> str:
        """The secret itself. Pass it on at once; never bind it to a name.

        Raises:
            Unreadable: none of FERNET_KEYS opens it.
        """
        try:
            return _current_keyring().decrypt(self._ciphertext).decode()
        except (InvalidToken, UnicodeDecodeError):
            pass
        raise Unreadable

    @property
    def readable(self) -> bool:
        try:
            self.reveal()
        except Unreadable:
            return False
        return True

    def __repr__(self) -> str:
        return ""

    def __format__(self, spec: str) -> str:
        return ""

    def __copy__(self) -> Sealed:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Sealed:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A sealed value does not leave the process: pass the row's id.")


def seal(secret: str) -> Sealed:
    """Encrypts `secret` with the newest key."""
    return Sealed(_current_keyring().encrypt(secret.encode()))


if TYPE_CHECKING:
    _EncryptedTextField = models.Field[str | Sealed | None, Sealed | None]
else:
    _EncryptedTextField = EncryptedTextField


class SealedTextField(_EncryptedTextField):
    """An encrypted text column that loads as `Sealed` and refuses SQL expressions.

    The library's field encrypts the *text* of an expression (`bulk_update`, `F`, `Value`), which destroys the
    token without an error; here each of them raises TypeError before anything is written.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, str):
            value = seal(value)
        if not isinstance(value, Sealed):
            raise TypeError(
                f"{self.model.__name__}.{self.name} takes text or a sealed value, not {type(value).__name__}: "
                "an SQL expression would destroy the secret."
            )
        return connection.Database.Binary(value.ciphertext)

    def from_db_value(self, value: Any, expression: Any, connection: Any, *args: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> NoReturn:
        raise TypeError("Sealed values are not serialised; use the database's own backup.")
