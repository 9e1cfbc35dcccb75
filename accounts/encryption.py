"""Keeps what proves a second factor encrypted at rest, with the installation's own keys."""

from __future__ import annotations

import functools
import logging

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError

logger = logging.getLogger(__name__)


class Unreadable(ValidationError):
    """The ciphertext opens with none of the installation's keys. A form says so; a template shows nothing."""

    silent_variable_failure = True

    def __init__(self) -> None:
        super().__init__("We can't check codes just now. The fault is ours: whoever runs this site has to mend it.")


def encrypt(secret: str) -> str:
    """`secret` as ciphertext, by the newest key."""
    return _keyring(tuple(settings.FERNET_KEYS)).encrypt(secret.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The secret itself, whichever of the keys encrypted it.

    Raises:
        Unreadable: none of FERNET_KEYS opens it.
    """
    try:
        return _keyring(tuple(settings.FERNET_KEYS)).decrypt(ciphertext.encode()).decode()
    except (InvalidToken, UnicodeError):
        logger.error("A second factor can't be decrypted with any of FERNET_KEYS.")
    raise Unreadable


@functools.lru_cache(maxsize=8)
def _keyring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
