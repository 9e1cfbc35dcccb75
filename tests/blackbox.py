"""The life of a connection from outside: a person with a browser, an operator with a shell, and nothing else.

    python -m tests.blackbox DATABASE_URL

Knows the outside contract alone (`docs/design.md`, section 4) and imports nothing of the product: it starts site
and emulator as programs of their own, reads mails from files and pages as a browser without script does.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from tests.markup import Page

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"
CONNECTION_KEYS = {
    "type", "id", "flavour", "handle", "instagram_id", "status", "reason", "permissions", "issued_at", "expires_at",
    "due_at", "contact_email",
}  # fmt: skip
BETWEEN_MAILS = b"\n" + b"-" * 79 + b"\n"


class Browser:
    """A person in front of pages: follows links, fills in forms and presses buttons by their words."""

    def __init__(self, site: str) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = site

    def open(self, address: str) -> Page:
        return self._read(self.session.get(urljoin(self.url, address), timeout=20))

    def press(self, words: str, **typed: str) -> Page:
        """Sends the form of the button `words`. `typed` is by type of field: `email`, `password`, `text`."""
        form = self.page.form_of(words)
        assert form.method == "post", f"{words!r} does not post"
        assert form.buttons[0].type == "submit", f"{words!r} does not submit"
        named = {name: typed.pop(type) for name, type in form.types.items() if type in typed}
        assert not typed, f"no field for {sorted(typed)} among {form.types}"
        return self._read(self.session.post(urljoin(self.url, form.action), {**form.fields, **named}, timeout=20))

    def allow(self, person: str) -> Page:
        """Presses Allow on the emulator's consent page, as `person`."""
        form = self.page.forms[0]
        data = {**form.fields, "person": person, "permission": "instagram_business_basic", "decision": "allow"}
        return self._read(self.session.post(urljoin(self.url, form.action), data, timeout=20))

    def _read(self, response: requests.Response) -> Page:
        assert response.status_code == 200, f"{response.status_code} at {response.url}: {Page(response.text).text}"
        self.url, self.page = response.url, Page(response.text)
        return self.page


class Emulator:
    """Meta, by its JSON control."""

    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, path: str, **fields: Any) -> Any:
        answer = requests.post(f"{self.url}/_control/{path}", json=fields, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def ask(self, path: str) -> Any:
        answer = requests.get(f"{self.url}/_control/{path}", timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def refreshes(self) -> dict[str, int]:
        return dict(self.ask("counts")["refreshes"])


class Operator:
    """Somebody with a shell in an empty directory."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home = home
        self.environment = environment

    def manage(self, *arguments: str, ends: int = 0) -> str:
        """Standard output of a command, which must end with the exit code `ends`."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == ends, f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    def result(self, *arguments: str) -> dict[str, Any]:
        """The JSON object on the last line."""
        told = json.loads(self.manage(*arguments, "--json").splitlines()[-1])
        assert isinstance(told, dict)
        return told

    def mails(self) -> list[EmailMessage]:
        """All mails that were sent so far, oldest first."""
        files = sorted((self.home / "mails").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        texts = [text for path in files for text in path.read_bytes().split(BETWEEN_MAILS) if text.strip()]
        return [message_from_bytes(text, policy=policy.default) for text in texts]

    def link_in_last_mail(self, to: str, part: str) -> str:
        """The one address with `part` in it that the last mail's text names."""
        mail = self.mails()[-1]
        assert mail["To"] == to, mail["To"]
        body = mail.get_body(("plain",))
        assert body is not None
        links = set(re.findall(rf"http://\S*{part}\S*", body.get_content()))
        assert len(links) == 1, links
        return str(links.pop())

    def export(self, slug: str) -> dict[str, dict[str, Any]]:
        """The workspace's connections by handle."""
        return connections_in(self.manage("export_tenant", slug))


def connections_in(exported: str) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in exported.splitlines()]
    return {line["handle"]: line for line in lines if line["type"] == "connection"}


@contextlib.contextmanager
def running(*command: str, home: Path, env: dict[str, str], log: str) -> Iterator[subprocess.Popen[str]]:
    with (home / log).open("w") as errors:
        process = subprocess.Popen(command, cwd=home, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=20)


def first_words(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_until_it_answers(url: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert process.poll() is None, f"the site ended with {process.returncode}"
        with contextlib.suppress(requests.ConnectionError):
            answer = requests.get(f"{url}/healthz", timeout=5)
            assert (answer.status_code, answer.text) == (200, "ok")
            return
        time.sleep(0.05)
    raise AssertionError("the site does not answer")


def environment(home: Path, database_url: str, site: str, emulator: str) -> dict[str, str]:
    """The documented variables and nothing from our own environment but the way to Python."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "SECRET_KEY": "$ecret-key-of-a-black-box-0123456789-0123456789",
        "FERNET_KEYS": "YmxhY2stYm94LWJsYWNrLWJveC1ibGFjay1ib3gtMDE=",
        "DATABASE_URL": database_url,
        "SITE_URL": site,
        "EMAIL_URL": f"filemail:///{home}/mails",
        "INSTAGRAM_APP_ID": "1234567890",
        "INSTAGRAM_APP_SECRET": "emulator-app-secret",
        "FACEBOOK_APP_ID": "987654321012345",
        "FACEBOOK_APP_SECRET": "emulator-facebook-secret",
        "FACEBOOK_DIALOG_URL": f"{emulator}/facebook",
        "FACEBOOK_GRAPH_URL": f"{emulator}/facebook-graph",
        "INSTAGRAM_AUTHORIZE_URL": f"{emulator}/oauth/authorize",
        "INSTAGRAM_API_URL": emulator,
        "INSTAGRAM_GRAPH_URL": emulator,
        "ALLOW_INSECURE_META": "True",
        "CONFIRM_PAUSE_SECONDS": "0",
    }


@contextlib.contextmanager
def world(database_url: str) -> Iterator[tuple[Operator, Emulator, str]]:
    """An empty directory, a migrated database, a site and an emulator that run."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        home = Path(directory)
        database_url = database_url or f"sqlite:///{home}/black.sqlite3"
        (home / "mails").mkdir()
        site = f"http://localhost:{free_port()}"
        base = {**os.environ, "PYTHONPATH": str(ROOT)}
        meta = [sys.executable, "-m", "tests.emulator", "--port", "0"]
        emulator_process = stack.enter_context(running(*meta, home=home, env=base, log="emulator.log"))
        emulator = Emulator(first_words(emulator_process).split()[-1])
        operator = Operator(home, environment(home, database_url, site, emulator.url))
        operator.manage("refresh_tokens", ends=1)  # no tables yet
        operator.manage("migrate")
        port = str(urlsplit(site).port)
        run = [sys.executable, str(ROOT / "manage.py"), "runserver", "--noreload", f"127.0.0.1:{port}"]
        server = stack.enter_context(running(*run, home=home, env=operator.environment, log="site.log"))
        wait_until_it_answers(site, server)
        yield operator, emulator, site
        assert "Traceback" not in (home / "site.log").read_text()
        assert_no_secrets((home / "site.log").read_text(), emulator)


def assert_no_secrets(text: str, emulator: Emulator) -> None:
    for secret in emulator.ask("secrets")["secrets"]:
        assert secret not in text


def sign_up(operator: Operator, site: str) -> tuple[Browser, str]:
    """Alice, signed in, in front of her workspace; and its slug."""
    alice = Browser(site)
    alice.open("/accounts/signup/")
    form = alice.page.form_of("Sign up")
    assert sorted(form.types[name] for name in form.visible) == ["email", "password", "text"], form.types
    alice.press("Sign up", email="alice@example.com", password=PASSWORD, text="Alice & Co")
    alice.open(operator.link_in_last_mail("alice@example.com", "/accounts/"))
    assert alice.page.button_words == ["Confirm"]
    alice.press("Confirm")
    alice.open("/")
    assert urlsplit(alice.url).path == "/w/alice-co/", alice.url
    return alice, "alice-co"


def connect(alice: Browser, slug: str) -> None:
    alice.open(f"/w/{slug}/")
    alice.press("Connect Instagram")
    alice.allow("creator")
    assert "@creator" in alice.page.text
    alice.open(f"/w/{slug}/")
    assert "@creator" in alice.page.text
    assert "Active" in alice.page.text


def import_old_token(operator: Operator, emulator: Emulator, slug: str) -> None:
    """An account whose token is old enough to be due at once."""
    emulator.tell("persons", username="second")
    token = emulator.tell("tokens", username="second", age_days=55)["access_token"]
    issued_at = dt.datetime.now(dt.UTC) - dt.timedelta(days=55)
    with (operator.home / "tokens.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["token", "issued_at", "contact_email"])
        lines.writerow([token, issued_at.isoformat(), "second@creator.example"])
    for _ in range(2):  # safe to repeat
        operator.result("import_tokens", "tokens.csv", "--tenant", slug)


def sweep(operator: Operator, emulator: Emulator, slug: str) -> None:
    operator.result("refresh_tokens")
    assert emulator.refreshes() == {}, "nothing was due"
    import_old_token(operator, emulator, slug)
    before = operator.export(slug)["second"]
    operator.result("refresh_tokens", "--dry-run")
    assert emulator.refreshes() == {}, "a dry run asks nobody"
    operator.result("refresh_tokens")
    operator.result("refresh_tokens")
    assert emulator.refreshes() == {"second": 1}
    after = operator.export(slug)["second"]
    assert (before["id"], before["status"]) == (after["id"], after["status"])
    assert (before["expires_at"] or "") < after["expires_at"]
    assert before["due_at"] < after["due_at"]


def die(operator: Operator, emulator: Emulator, slug: str) -> str:
    """@creator changes the password; the link in the mail."""
    emulator.tell("persons/creator/change-password")
    sent = len(operator.mails())
    operator.result("check_tokens", "--all")
    assert len(operator.mails()) == sent, "checking only writes to the outbox"
    lost = operator.export(slug)
    assert (lost["creator"]["status"], lost["creator"]["reason"]) == ("inactive", "password_changed")
    assert lost["second"]["status"] == "active"
    operator.result("deliver_notifications")
    assert len(operator.mails()) == sent + 1
    return operator.link_in_last_mail("alice@example.com", "/link/")


def revive(operator: Operator, site: str, link: str, slug: str) -> None:
    phone = Browser(site)
    phone.open(link)
    assert "@creator" in phone.page.text
    assert operator.export(slug)["creator"]["status"] == "inactive", "looking revives nothing"
    phone.press("Reconnect Instagram")
    phone.allow("creator")
    assert "@creator" in phone.page.text
    assert operator.export(slug)["creator"]["status"] == "active"
    assert requests.get(link, timeout=10).status_code >= 400, "a link is good once"


def wrong_calls(operator: Operator, slug: str) -> None:
    """One of each sort: a name that is none, a file that is no good, a word that lacks."""
    (operator.home / "headless.csv").write_text("IGAA123\n")
    for call in (
        ["check_tokens", "--tenant", "nobody"],
        ["import_tokens", "headless.csv", "--tenant", slug],
        ["create_tenant", "Name"],
    ):
        operator.manage(*call, ends=2)


def the_whole_life(database_url: str = "") -> None:
    with world(database_url) as (operator, emulator, site):
        emulator.tell("persons", username="creator")
        alice, slug = sign_up(operator, site)
        connect(alice, slug)
        sweep(operator, emulator, slug)
        revive(operator, site, die(operator, emulator, slug), slug)
        wrong_calls(operator, slug)
        exported = operator.manage("export_tenant", slug)
        assert_no_secrets(exported, emulator)
        assert all(set(row) >= CONNECTION_KEYS for row in connections_in(exported).values())


if __name__ == "__main__":
    the_whole_life(*sys.argv[1:])
