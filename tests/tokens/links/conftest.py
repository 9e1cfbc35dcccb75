from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_connection
from tests.tokens.journeys import allow, leave_from
from tokens.models import Connection, Link
from tokens.services import links

CARLA = "carla@creator.example"


@pytest.fixture
def dead(emulator: Any, tenant: Any, alice: Any) -> Connection:
    """A connection that ended because @creator changed the password."""
    emulator.state.add_person("creator")
    token = emulator.state.issue_token("creator", age_days=20)
    emulator.state.change_password("creator")
    return make_connection(tenant=tenant, token=token, status="inactive", reason="password_changed", connected_by=alice)


@pytest.fixture
def link(dead: Connection) -> Link:
    return links.issue(dead, recipients=["carla@creator.example"])


@pytest.fixture
def path(link: Link) -> str:
    """What stands in the mail, without our origin."""
    return f"/link/{links.token_of(link)}/"


@pytest.fixture(autouse=True)
def answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a new link takes a quarter of a second; there is a test for that."""
    monkeypatch.setattr("tokens.views.link.ANSWER_AFTER", 0)


def known_at_instagram(emulator: Any, *people: str) -> None:
    for person in people:
        if person not in emulator.state.persons:
            emulator.state.add_person(person)


@pytest.fixture
def invitation(emulator: Any, tenant: Any, alice: Any) -> Link:
    """Alice invited Carla, whoever she says she is at Instagram."""
    known_at_instagram(emulator, "carla")
    return links.issue_connect(tenant, email=CARLA, handle="", invited_by=alice)


@pytest.fixture
def expecting(emulator: Any, tenant: Any, alice: Any) -> Link:
    """As `invitation`, for the account @carla alone; there is @carlo, too."""
    known_at_instagram(emulator, "carla", "carlo")
    return links.issue_connect(tenant, email=CARLA, handle="carla", invited_by=alice)


@pytest.fixture
def phone() -> Client:
    """A browser that has never been here."""
    return Client()


@pytest.fixture
def revive(path: str) -> Callable[..., Any]:
    """Goes the whole way from the link's page: the answer of the callback."""

    def revive(browser: Client, person: str = "creator", link_path: str = path) -> Any:
        return browser.get(allow(leave_from(browser, link_path), person))

    return revive
