"""Lena at Facebook, who looks after three Pages, and an app that knows her."""

import pytest

from tests.emulator.facebook.records import FacebookPerson, FacebookToken, Page, SystemUser
from tests.emulator.facebook.world import Facebook
from tests.emulator.state import State

from .calls import Graph


@pytest.fixture
def world() -> Facebook:
    return State().facebook


@pytest.fixture
def graph(world: Facebook) -> Graph:
    return Graph(world._state)


@pytest.fixture
def lena(world: Facebook) -> FacebookPerson:
    state = world._state
    state.add_person("hana", "Hana Paints")
    state.add_person("flora", "Flora Bakes")
    person = world.add_person("Lena Brandt")
    world.add_page("Hana", person.id, instagram="hana", tasks=["MANAGE", "ANALYZE"])
    world.add_page("Flora", person.id, instagram="flora")
    world.add_page("Brandt", person.id)
    return person


@pytest.fixture
def token(world: Facebook, lena: FacebookPerson) -> FacebookToken:
    """Long-lived, of today."""
    return world.issue_token(lena.id)


@pytest.fixture
def hana(world: Facebook, lena: FacebookPerson) -> Page:
    return world.pages[next(iter(lena.roles))]


@pytest.fixture
def reporter(world: Facebook) -> SystemUser:
    return world.add_system_user("Reporter", "Blue Fig", ad_accounts=["Brand", "Performance"])
