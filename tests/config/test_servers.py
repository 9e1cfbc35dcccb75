"""Real web servers: what they print of a request that carries secrets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.config.installation import SOUND, Installation, free_port, get
from tests.flows.processes import database_url

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "c4n4ry"
PATHS = [
    f"/link/{CANARY}-link/",
    f"/link%2F{CANARY}-link/",
    f"/nowhere?to=%2Flink%2F{CANARY}%2F",
    f"/oauth/callback/instagram/?code={CANARY}-code&state={CANARY}-state",
    f"/nowhere?access_token=IGAA{CANARY}0123456789abcdef",
    f"/accounts/confirm-email/{CANARY}:key/",
    f"/accounts/password/reset/key/1-{CANARY}/",
]
HEADERS = {
    "Referer": f"http://localhost:8000/link/{CANARY}-link/",
    "Cookie": f"sessionid={CANARY}-session",
    "Authorization": f"Bearer {CANARY}-bearer",
    # Where a trusted proxy says so, pages are answered; elsewhere nobody believes it.
    "X-Forwarded-Proto": "https",
}
EVERYTHING = (
    '%(h)s %(u)s "%(r)s" %(m)s %(U)s ?%(q)s %(s)s "%(f)s" %({cookie}i)s %({authorization}i)s %({referer}i)s '
    "%({raw_uri}e)s %({http_cookie}e)s %({http_authorization}e)s %({set-cookie}o)s %({location}o)s"
)


@pytest.fixture(scope="module")
def sound(django_db_setup: None) -> dict[str, str]:
    """What starts it, on the suite's own database: it is migrated, and emptied after each test."""
    return {**SOUND, "DATABASE_URL": database_url()}


def ask_everything(port: int) -> int:
    for path in PATHS:
        get(port, path, **HEADERS)
    return len(PATHS)


@dataclass(frozen=True)
class Served:
    asked: int
    status: int  # of a page that was asked for by https, as a proxy tells it
    output: str


def serve(installation: Installation, variables: dict[str, str], *arguments: str) -> Served:
    """Gunicorn from its start to its end, asked for everything in between."""
    port = free_port()
    # Of one worker an answer says that it is up. One that is told to end while it starts does not hear it, and
    # gunicorn waits for it to the end of its patience, half a minute.
    few = ["--workers=1", "--graceful-timeout=5"]
    command = ["-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", *few, *arguments]
    with installation.serving(*command, port=port, **variables) as printed:
        asked = ask_everything(port)
        status = get(port, "/privacy/", Host="localhost", X_Forwarded_Proto="https", X_Forwarded_Ssl="on")
    [output] = printed
    return Served(asked + 1, status, output)


@pytest.fixture(scope="module")
def usual(installation: Installation, sound: dict[str, str]) -> Served:
    """With several workers, and a secret that the checks warn of."""
    return serve(installation, {**sound, "SECRET_KEY": "short-one"}, "--workers=3")


def test_gunicorn_prints_every_request_and_no_secret(usual: Served) -> None:
    assert usual.output.count(" HTTP/1.1") >= usual.asked
    assert "GET /nowhere" in usual.output
    assert CANARY not in usual.output


def test_gunicorns_own_error_log_goes_on_after_the_application_is_loaded(usual: Served) -> None:
    assert "Booting worker" in usual.output
    assert "Shutting down" in usual.output


def test_gunicorn_loads_the_application_and_its_checks_once_for_all_workers(usual: Served) -> None:
    assert usual.output.count("Booting worker") == 3
    assert usual.output.count("perennial.W002") == 1


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_gunicorn_masks_whatever_it_prints_and_believes_forwarded_https_behind_a_trusted_proxy_alone(
    proxies: str, installation: Installation, sound: dict[str, str]
) -> None:
    more = f"--access-logformat={EVERYTHING}" if proxies == "1" else "--log-level=debug"
    variables = {**sound, "SITE_URL": "https://localhost", "TRUSTED_PROXY_COUNT": proxies}
    served = serve(installation, variables, more)
    assert served.output.count(" HTTP/1.1") >= served.asked
    assert "GET /nowhere" in served.output
    assert CANARY not in served.output
    # Where it counts as plain http, the page is redirected to https.
    assert served.status == (200 if proxies == "1" else 301)


def test_gunicorn_without_our_configuration_masks_all_the_same(
    installation: Installation, sound: dict[str, str]
) -> None:
    served = serve(installation, sound, "--config=/dev/null", "--access-logfile=-")
    assert served.output.count(" HTTP/1.1") >= served.asked
    assert CANARY not in served.output


def test_runserver_prints_every_request_and_no_secret(installation: Installation, sound: dict[str, str]) -> None:
    port = free_port()
    arguments = ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with installation.serving(*arguments, port=port, **sound) as printed:
        asked = ask_everything(port)
    [output] = printed
    assert output.count(" HTTP/1.1") >= asked
    assert "GET /nowhere" in output
    assert CANARY not in output
