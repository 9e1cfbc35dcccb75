"""What every test may use: real rows, the emulator of Meta over real HTTP, people who are signed in."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.db.backends.base.creation import BaseDatabaseCreation
from django.test import Client, testcases
from django.views import debug
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

from accounts.models import Tenant, User
from accounts.services.create_tenant import create_tenant
from tests import queue
from tests.emptying import call_command_quickly
from tests.emulator.addresses import addresses
from tests.emulator.browser import consent
from tests.emulator.server import EmulatorServer
from tests.migrated import Original
from tokens.models import Connection

PASSWORD = "a long pass phrase"


# Files of few tests that take long, the longest first: begun last, one of them would keep a single process busy at
# the end of a run.
LONG = (
    "tests/isolation/test_walk.py",
    "tests/flows/",
    "tests/crashes/",
    "tests/matrix/",
    "tests/lives/",
    "tests/browser/test_demo.py",
    "tests/browser/test_walk_through.py",
    "tests/demo_tests/",
    "tests/test_blackbox.py",
    "tests/year/test_short_year.py",
    "tests/tokens/meta/test_no_leaks.py",
    "tests/tokens/moving/test_killed.py",
    "tests/accounts/test_gate.py",
    "tests/admin/test_finding.py",
    "tests/config/test_servers.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "of the tests that are marked as crossed, run one in so many: a second database tells them apart no better"
    parser.addoption("--crossed", type=int, default=1, metavar="N", help=text)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first, the others as they were found; of crossed cases as many as are asked for."""
    crossed = [item for item in items if item.get_closest_marker("crossed") and hasattr(item, "callspec")]
    left_out = set(crossed) - set(crossed[:: config.getoption("crossed")])
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]

    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG))

    items.sort(key=place)


def pytest_collection() -> None:
    """Loading the tests makes objects by the million and hardly any garbage among them."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def emulator_server() -> Iterator[EmulatorServer]:
    with EmulatorServer() as server:
        yield server


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Takes the place of pytest-django's: where processes share the tests, one of them migrates for all."""
    if not hasattr(request.config, "workerinput"):
        yield
        return
    original = Original(tmp_path_factory.getbasetemp().parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            BaseDatabaseCreation, "create_test_db", lambda creation, **how: original.create_test_db(creation, **how)
        )
        yield
    with django_db_blocker.unblock():
        original.forget()


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testcases, "call_command", call_command_quickly)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_look_for_static_files() -> Iterator[None]:
    """Every test client loads the middleware anew, and WhiteNoise would read every folder of static files again."""
    look = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def look_once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def templates_of_reports_compiled_once() -> Iterator[None]:
    """Django reads and compiles the templates of an error report anew for each report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(debug.DEBUG_ENGINE, "from_string", functools.cache(debug.DEBUG_ENGINE.from_string))
        yield


@pytest.fixture
def emulator(emulator_server: EmulatorServer, settings: Any) -> EmulatorServer:
    """The emulator with nothing in it, and the product's settings pointing at it."""
    emulator_server.state.reset()
    point_at(settings, emulator_server.url)
    return emulator_server


def point_at(settings: Any, url: str) -> None:
    for name, address in addresses(url).items():
        setattr(settings, name, address)


@pytest.fixture(autouse=True)
def fresh_cache_and_queue(request: pytest.FixtureRequest) -> None:
    """Rate limits and tasks of one test do not reach into the next."""
    # What lies in the database is rolled back or emptied with it; Redis is not.
    if settings.BROKER_URL:
        queue.lose()
    if settings.CACHE_URL or {"db", "transactional_db"} & set(request.fixturenames):
        cache.clear()


@pytest.fixture
def user_factory(db: None) -> Callable[..., User]:
    def make(email: str = "alice@example.com") -> User:
        user = User.objects.create_user(email, PASSWORD)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        return user

    return make


@pytest.fixture
def alice(user_factory: Callable[..., User]) -> User:
    return user_factory("alice@example.com")


@pytest.fixture
def tenant(alice: User) -> Tenant:
    return create_tenant(name="Alice & Co", owner=alice)


@pytest.fixture
def signed_in(client: Client, alice: User, tenant: Tenant) -> Client:
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def connect(signed_in: Client, tenant: Tenant, emulator: EmulatorServer) -> Callable[..., Connection]:
    """Connects an Instagram account as a person would: POST, consent, callback."""

    def make(person: str = "creator") -> Connection:
        if person not in emulator.state.persons:
            emulator.state.add_person(person)
        response = signed_in.post(f"/w/{tenant.slug}/connect/instagram_login/")
        assert response.status_code == 302, response.content
        back = consent(response["Location"], person)
        response = signed_in.get(back.removeprefix("http://localhost:8000"))
        assert response.status_code == 302, response.content
        return Connection.objects.get(tenant=tenant, handle=person)

    return make


@pytest.fixture
def travel() -> Iterator[Callable[[dt.datetime], Any]]:
    """Moves the clock of product and emulator alike; it stands still at the given instant."""
    travellers: list[time_machine.travel] = []

    def go(instant: dt.datetime) -> Any:
        while travellers:
            travellers.pop().stop()
        traveller = time_machine.travel(instant, tick=False)
        travellers.append(traveller)
        return traveller.start()

    yield go
    while travellers:
        travellers.pop().stop()


@pytest.fixture
def standing_clock(travel: Callable[[dt.datetime], Any]) -> None:
    """No window of a rate limit, which lie on the clock, ends while a test fills it."""
    travel(dt.datetime.now(dt.UTC))


@pytest.fixture
def debug_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog
