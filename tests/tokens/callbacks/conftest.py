from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import make_connection
from tokens.models import Connection

META_SECRET = "5ec0deba5ec0deba5ec0deba5ec0deba"


@pytest.fixture(autouse=True)
def both_secrets(settings: Any) -> None:
    """The installation's app has the secret that belongs to its Meta app id, too; there is a Facebook app as well."""
    settings.INSTAGRAM_META_APP_SECRET = META_SECRET
    settings.FACEBOOK_APP_ID, settings.FACEBOOK_APP_SECRET = "777000777", "face0ff5face0ff5face0ff5face0ff5"


@pytest.fixture
def creator(db: None) -> Callable[..., Connection]:
    """A connection with all three ids, consented an hour ago."""

    def make(**columns: Any) -> Connection:
        return make_connection(**{"exchange_user_id": "777001", "contact_email": "anna@creator.example", **columns})

    return make
