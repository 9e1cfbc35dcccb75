"""What depends on SITE_URL and on proxies: asked of the product in a process of its own, in that environment."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.flows.processes import ROOT

# Answers each line, a JSON text of Python, with the JSON of what that prints.
LISTEN = """
import contextlib, io, json, sys
import django
from config.start import settings_or_exit

settings_or_exit()
django.setup()
for line in sys.stdin:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(json.loads(line), {})
    print(json.dumps(printed.getvalue()), flush=True)
"""
ASK = """
import json, sys
from django.test import Client
from django.conf import settings

def ask(path, method="get", **headers):
    response = getattr(Client(raise_request_exception=False), method)(path, headers=headers)
    return {
        "status": response.status_code,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "cookies": {name: dict(cookie) for name, cookie in response.cookies.items()},
        "body": response.content.decode(),
    }

for path, method, headers in json.loads(%r):
    print(json.dumps(ask(path, method, **headers)))
"""
HTTPS = {"SITE_URL": "https://perennial.example"}
HTTP = {"SITE_URL": "http://perennial.example"}
HOST = {"host": "perennial.example"}
FORWARDED = {**HOST, "x-forwarded-proto": "https"}


@pytest.fixture(scope="module")
def run_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Runs lines of Python where Django is set up in another environment; what they print.

    All tests that ask of one environment share its process.
    """
    database = tmp_path_factory.mktemp("database") / "none.sqlite3"
    base = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    base |= {"DATABASE_URL": f"sqlite:///{database}", "ALLOWED_HOSTS": ""}
    processes: dict[str, subprocess.Popen[str]] = {}

    def run(code: str, **environment: str) -> str:
        name = json.dumps(environment, sort_keys=True)
        if name not in processes:
            processes[name] = started.enter_context(listening({**base, **environment}))
        return told_by(processes[name], code)

    with contextlib.ExitStack() as started:
        yield run


def listening(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LISTEN],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def told_by(process: subprocess.Popen[str], code: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{json.dumps(code)}\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, f"it ended with {process.wait(20)}"
    return str(json.loads(answer))


@pytest.fixture
def ask(run_python):
    def ask(environment, *requests):
        asked = json.dumps([[path, method, headers] for path, method, headers in requests])
        return [json.loads(line) for line in run_python(ASK % asked, **environment).splitlines()]

    return ask


def test_under_https_everything_is_secure(ask):
    plain, secure, health = ask(
        {**HTTPS, "TRUSTED_PROXY_COUNT": "1"},
        ("/accounts/login/", "get", HOST),
        ("/accounts/login/", "get", FORWARDED),
        ("/healthz", "get", HOST),
    )
    assert (plain["status"], plain["headers"]["location"]) == (301, "https://perennial.example/accounts/login/")
    assert secure["status"] == 200
    assert "max-age=31536000" in secure["headers"]["strict-transport-security"]
    assert secure["cookies"]["csrftoken"]["secure"] is True
    assert secure["cookies"]["csrftoken"]["samesite"] == "Lax"
    assert (health["status"], health["body"]) == (200, "ok")


def test_under_http_nothing_pretends_to_be_secure(ask):
    (page,) = ask(HTTP, ("/accounts/login/", "get", HOST))
    assert page["status"] == 200
    assert "strict-transport-security" not in page["headers"]
    assert page["cookies"]["csrftoken"]["secure"] == ""


def test_the_session_cookie_is_secure_exactly_under_https(run_python):
    code = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.DEBUG)"
    assert run_python(code, **HTTPS).split() == ["True", "True", "False"]
    assert run_python(code, **HTTP).split() == ["False", "False", "False"]


def test_without_trusted_proxies_forwarding_headers_are_ignored(ask):
    forged = {**FORWARDED, "x-forwarded-host": "evil.example", "x-forwarded-for": "1.2.3.4"}
    (redirected,) = ask(HTTPS, ("/accounts/login/", "get", forged))
    assert (redirected["status"], redirected["headers"]["location"]) == (
        301,
        "https://perennial.example/accounts/login/",
    )
    (page,) = ask(HTTP, ("/accounts/login/", "get", forged))
    assert page["status"] == 200
    assert "strict-transport-security" not in page["headers"]
    assert "evil.example" not in page["body"]


def test_a_forwarded_host_is_never_believed(ask):
    forged = {**FORWARDED, "x-forwarded-host": "evil.example"}
    (page,) = ask({**HTTPS, "TRUSTED_PROXY_COUNT": "1"}, ("/accounts/login/", "get", forged))
    assert page["status"] == 200
    assert "evil.example" not in page["body"]


CLIENT_IP = """
from django.test import RequestFactory
from allauth.account.adapter import get_adapter
request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", headers={"x-forwarded-for": "6.6.6.6, 1.2.3.4"})
print(get_adapter().get_client_ip(request))
"""


@pytest.mark.parametrize(
    ("proxies", "address"),
    [({}, "10.0.0.9"), ({"TRUSTED_PROXY_COUNT": "1"}, "1.2.3.4"), ({"TRUSTED_PROXY_COUNT": "2"}, "6.6.6.6")],
)
def test_rate_limits_count_by_the_address_that_trusted_proxies_tell(proxies, address, run_python):
    assert run_python(CLIENT_IP, **HTTPS, **proxies).strip() == address


def test_a_host_that_site_url_does_not_name_is_refused_with_a_page(ask):
    (page,) = ask(HTTP, ("/", "get", {"host": "evil.example"}))
    assert page["status"] == 400
    assert "evil.example" not in page["body"]
    assert "<h1>" in page["body"]


ORIGINS = """
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import RequestFactory

factory, host = RequestFactory(), {"host": "perennial.example", "x-forwarded-proto": "https"}
page = factory.get("/", headers=host)
token = get_token(page)
for origin in ("https://perennial.example", "http://perennial.example", "https://evil.example", "null"):
    request = factory.post("/", {"csrfmiddlewaretoken": token}, headers={**host, "origin": origin})
    request.COOKIES["csrftoken"] = page.META["CSRF_COOKIE"]
    guard = CsrfViewMiddleware(lambda request: None)
    guard.process_request(request)
    print("passes" if guard.process_view(request, lambda request: None, (), {}) is None else "refused")
"""


def test_behind_a_trusted_proxy_a_post_passes_from_our_own_origin_alone(run_python):
    answers = run_python(ORIGINS, **HTTPS, TRUSTED_PROXY_COUNT="1").split()
    assert answers == ["passes", "refused", "refused", "refused"]
