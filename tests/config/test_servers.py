"""Real web servers: what they print of a request that carries secrets."""

from __future__ import annotations

import pytest

from tests.config.installation import SOUND, Installation, free_port, get

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
}
EVERYTHING = (
    '%(h)s %(u)s "%(r)s" %(m)s %(U)s ?%(q)s %(s)s "%(f)s" %({cookie}i)s %({authorization}i)s %({referer}i)s '
    "%({raw_uri}e)s %({http_cookie}e)s %({http_authorization}e)s %({set-cookie}o)s %({location}o)s"
)


@pytest.fixture(scope="module")
def migrated(installation: Installation) -> Installation:
    run = installation.manage("migrate", "--verbosity=0", **SOUND)
    assert run.returncode == 0, run.stderr
    return installation


def ask_everything(port: int) -> int:
    for path in PATHS:
        get(port, path, **HEADERS)
    return len(PATHS)


@pytest.mark.parametrize("extra", [[], [f"--access-logformat={EVERYTHING}"], ["--log-level=debug"]])
def test_gunicorn_prints_every_request_and_no_secret(extra: list[str], migrated: Installation) -> None:
    port = free_port()
    arguments = ["-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", *extra]
    with migrated.serving(*arguments, port=port, **SOUND) as printed:
        asked = ask_everything(port)
    [output] = printed
    assert output.count(" HTTP/1.1") >= asked
    assert "GET /nowhere" in output
    assert CANARY not in output


def test_gunicorn_without_our_configuration_masks_all_the_same(migrated: Installation) -> None:
    port = free_port()
    arguments = [
        "-m",
        "gunicorn",
        "config.wsgi",
        f"--bind=127.0.0.1:{port}",
        "--config=/dev/null",
        "--access-logfile=-",
    ]
    with migrated.serving(*arguments, port=port, **SOUND) as printed:
        asked = ask_everything(port)
    [output] = printed
    assert output.count(" HTTP/1.1") >= asked
    assert CANARY not in output


def test_gunicorns_own_error_log_goes_on_after_the_application_is_loaded(migrated: Installation) -> None:
    port = free_port()
    arguments = ["-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}"]
    with migrated.serving(*arguments, port=port, **SOUND) as printed:
        get(port, "/healthz")
    [output] = printed
    assert "Booting worker" in output
    assert "Shutting down" in output


def test_gunicorn_loads_the_application_and_its_checks_once_for_all_workers(migrated: Installation) -> None:
    port = free_port()
    arguments = ["-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", "--workers=3"]
    with migrated.serving(*arguments, port=port, **{**SOUND, "SECRET_KEY": "short-one"}) as printed:
        get(port, "/healthz")
    [output] = printed
    assert output.count("Booting worker") == 3
    assert output.count("perennial.W002") == 1


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_forwarded_https_is_believed_behind_a_trusted_proxy_alone(proxies: str, migrated: Installation) -> None:
    variables = {**SOUND, "SITE_URL": "https://localhost", "TRUSTED_PROXY_COUNT": proxies}
    port = free_port()
    arguments = ["-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}"]
    with migrated.serving(*arguments, port=port, **variables):
        # Where it counts as plain http, the page is redirected to https.
        status = get(port, "/privacy/", Host="localhost", X_Forwarded_Proto="https", X_Forwarded_Ssl="on")
    assert status == (200 if proxies == "1" else 301)


def test_runserver_prints_every_request_and_no_secret(migrated: Installation) -> None:
    port = free_port()
    arguments = ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with migrated.serving(*arguments, port=port, **SOUND) as printed:
        asked = ask_everything(port)
    [output] = printed
    assert output.count(" HTTP/1.1") >= asked
    assert "GET /nowhere" in output
    assert CANARY not in output
