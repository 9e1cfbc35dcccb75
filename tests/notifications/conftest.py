from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications import registry
from notifications.models import OutboxMessage
from notifications.services import notify
from tests.notifications.post_office import PostOffice, open_for_business

TEMPLATES = Path(__file__).parent / "templates"
KIND = "greeting"
Greet = Callable[..., None]
Owe = Callable[..., OutboxMessage]


@pytest.fixture
def greet(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Greet:
    """Registers the kind "greeting", which extends the product's layouts; again with other arguments if asked."""
    first = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**first, "DIRS": [*first["DIRS"], TEMPLATES]}]

    def register(**changes: Any) -> None:
        monkeypatch.setattr(registry, "_kinds", {})
        registry.register(
            KIND, **{"title": "A greeting", "context": lambda message: {"name": "O'Hara & Co", "number": 7}, **changes}
        )

    register()
    return register


@pytest.fixture
def owe(greet: Greet) -> Owe:
    """Owes one mail and gives its row."""
    numbers = itertools.count()

    def make(address: str = "", **changes: Any) -> OutboxMessage:
        number = next(numbers)
        address = address or f"creator{number}@mail.example"
        arguments = {"kind": KIND, "tenant_id": None, "subject_id": None, "dedupe_key": f"key {number}"}
        notify(recipients=[address], **{**arguments, **changes})
        return OutboxMessage.objects.filter(recipient=address).latest("created_at")

    return make


def use_server(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    """A mail server, and the settings pointing at it."""
    office = PostOffice()
    with open_for_business(office) as port:
        use_server(settings, port)
        yield office
