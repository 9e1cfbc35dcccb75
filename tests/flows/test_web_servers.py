"""Web servers of their own print no secret, whatever paths and queries they serve."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from accounts.models import Tenant, User
from tests.emulator.browser import consent
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State
from tests.flows import hiding_places
from tests.flows.hiding_places import Browser, Searcher
from tests.flows.processes import ROOT, environment, until
from tests.flows.whole_life import APP_SECRET
from tokens.models import Connection
from tokens.services import links


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


SERVERS: dict[str, Callable[[int], list[str]]] = {
    "runserver": lambda port: [str(ROOT / "manage.py"), "runserver", "--noreload", f"127.0.0.1:{port}"],
    "gunicorn": lambda port: ["-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
}


@contextmanager
def served(meta_url: str, server: str, **changes: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """A web server of its own on the test's database; its address, and how to end it and read all that it said."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, *SERVERS[server](port)],
        cwd=ROOT,
        env=environment(meta_url, SITE_URL=f"http://127.0.0.1:{port}", PYTHONUNBUFFERED="1", **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def end() -> str:
        process.terminate()
        return process.communicate(timeout=30)[0]

    try:
        until(answers)
        yield f"http://127.0.0.1:{port}", end
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("server", "debug"), [("runserver", "False"), ("runserver", "True"), ("gunicorn", "False")])
def test_a_web_server_of_its_own_prints_no_secret(
    server: str, debug: str, browser: Browser, alice: User, tenant: Tenant, state: State, emulator: EmulatorServer
):
    state.add_person("creator")
    with served(emulator.url, server, DEBUG=debug, INSTAGRAM_APP_SECRET=APP_SECRET) as (site, end):
        person = requests.Session()
        person.cookies.set("sessionid", browser.cookies["sessionid"].value)
        home = f"{site}/w/{tenant.slug}/"
        assert person.get(home, timeout=20).status_code == 200
        leaving = post(person, f"{home}connect/instagram_login/", home)
        assert leaving.status_code == 302
        back = consent(leaving.headers["Location"], "creator")
        arrived = person.get(back, timeout=20)
        assert arrived.status_code == 200
        connection = Connection.objects.get()
        assert str(connection.pk) in arrived.url

        token = links.token_of(links.issue(connection, recipients=["creator@mail.example"]))
        guest = requests.Session()
        address = f"{site}/link/{token}/"
        pages = [arrived, guest.get(address, timeout=20)]
        assert pages[-1].status_code == 200
        assert post(guest, address, address).status_code == 302
        pages += [guest.get(f"{address}nowhere/", timeout=20), guest.get(address.rstrip("/"), timeout=20)]
        pages += [guest.get(back, timeout=20), guest.post(address, timeout=20), guest.put(address, timeout=20)]
        assert [page.status_code for page in pages[2:]] == [404, 200, 400, 403, 403]
        printed = end()

    query = dict(pair.split("=", 1) for pair in urlsplit(back).query.split("&"))
    secrets = [*state.secrets(), query["state"], query["code"], token]
    assert "/link/" in printed
    found = Searcher(secrets).find({"printed": printed, **hiding_places.database()})
    assert found == [], "\n".join(found)
    # The technical 404 page of DEBUG shows the very address that was asked for to whoever asked.
    shown = {
        f"page {number}": page.text for number, page in enumerate(pages) if debug == "False" or page.status_code != 404
    }
    assert Searcher(secrets).find(shown) == []
    assert Searcher([token]).find({"printed": f"{printed}\nGET /link/{token}/"}) != []


def post(session: requests.Session, address: str, page: str) -> requests.Response:
    """As a browser would send a form of `page`."""
    form = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', session.get(page, timeout=20).text)
    assert form
    data = {"csrfmiddlewaretoken": form.group(1)}
    return session.post(address, data=data, headers={"Referer": page}, allow_redirects=False, timeout=20)
