from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from tests.factories import make_connection, make_user
from tests.markup import Page
from tests.tokens.journeys import sign_in
from tokens.models import Connection


@pytest.fixture
def boss(db: None) -> User:
    return make_user("boss@perennial.example", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(boss: User) -> Client:
    """A superuser's browser."""
    return sign_in(boss)


@pytest.fixture
def clerk(db: None) -> Callable[..., Client]:
    """The browser of a staff member who holds just these permissions."""

    def make(*codenames: str) -> Client:
        user = make_user("clerk@perennial.example", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return sign_in(user)

    return make


@pytest.fixture
def creator(emulator: Any) -> Connection:
    """@creator, whose token is 20 days old and known to the emulator."""
    emulator.state.add_person("creator")
    token = emulator.state.issue_token("creator", age_days=20)
    return make_connection(token=token, contact_email="carla@creator.example")


@pytest.fixture
def press(staff: Client) -> Callable[..., Page]:
    """Presses a button on a row's page, confirms, and gives the page that follows."""

    def press(row: Any, button: str, browser: Client | None = None, **typed: str) -> Page:
        meta = row._meta
        path = f"/admin/{meta.app_label}/{meta.model_name}/{row.pk}/{button}/"
        response = (browser or staff).post(path, {"confirmed": "yes", **typed}, follow=True)
        return Page(response.content.decode())

    return press
