"""A token's whole life, and then a search for every secret of it wherever anything is written down."""

from __future__ import annotations

import base64
import json
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

import pytest
import requests
from django.conf import settings as live_settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.core.signals import got_request_exception
from django.db import connection as database
from django.test import RequestFactory
from django.utils import timezone
from django.views.debug import ExceptionReporter, get_exception_reporter_class
from django_q.models import Failure, OrmQ
from django_q.tasks import async_task

from accounts.models import Event, Tenant, User
from tests.emulator.browser import consent
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State
from tests.factories import credential_of, make_connection
from tests.flows import hiding_places
from tests.flows.hiding_places import Browser, Place, Searcher, everything_logged
from tests.flows.processes import ROOT, environment, until
from tests.notifications.conftest import use_server
from tests.notifications.post_office import PostOffice, open_for_business
from tokens.meta import InstagramClient
from tokens.models import ConnectAttempt, Connection, Credential, Link
from tokens.services import links
from tokens.services.ring import ring

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
APP_SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
HOME = "http://localhost:8000"


@pytest.fixture
def state(emulator: EmulatorServer, settings: Any) -> State:
    """With an app secret that looks like a real one, and that no earlier test has had."""
    settings.INSTAGRAM_APP_SECRET = APP_SECRET
    emulator.state.add_app(settings.INSTAGRAM_APP_ID, APP_SECRET)
    return emulator.state


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    office = PostOffice()
    with open_for_business(office) as port:
        use_server(settings, port)
        yield office


@pytest.fixture
def browser(alice: User, tenant: Tenant) -> Browser:
    """Alice's, signed in. A page that fails is shown, not raised."""
    made = Browser(raise_request_exception=False)
    made.force_login(alice, backend=BACKEND)
    return made


def secrets_of(state: State, *browsers: Browser) -> list[str]:
    """Every secret there has been: Meta's, the OAuth states, the links' tokens, the keys of the installation."""
    states = {each for browser in browsers for each in browser.states}
    tokens = [links.token_of(link) for link in Link.objects.all()]
    return [*state.secrets(), *states, *tokens, live_settings.SECRET_KEY, *live_settings.FERNET_KEYS]


def link_tokens(mails: Any) -> list[str]:
    return [
        token
        for each in mails
        for token in re.findall(r"/link/([\w-]+)/", each.mail.get_body(("plain",)).get_content())
    ]


def mail_texts(office: PostOffice, *, without: list[str]) -> dict[str, Place]:
    """The mails as they came over the wire and decoded, with the links that they are for cut out."""
    places: dict[str, Place] = {}
    for number, delivered in enumerate(office.delivered):
        parts = [part.get_content() for part in delivered.mail.walk() if not part.is_multipart()]
        text = "\n".join([str(delivered.mail), *map(str, parts)])
        for token in without:
            text = text.replace(f"{HOME}/link/{token}/", "(the link)")
        places[f"mail {number} to {delivered.to}"] = text
    return places


class Life:
    """One workspace's time with Perennial, step by step, by way of pages, commands and the queue."""

    def __init__(self, browser: Browser, tenant: Tenant, state: State, office: PostOffice, folder: Path) -> None:
        self.browser, self.tenant, self.state, self.office, self.folder = browser, tenant, state, office, folder
        self.guests: list[Browser] = []

    def guest(self, **kwargs: Any) -> Browser:
        """Somebody without a login, in a browser of their own."""
        self.guests.append(Browser(raise_request_exception=False, **kwargs))
        return self.guests[-1]

    @property
    def browsers(self) -> list[Browser]:
        return [self.browser, *self.guests]

    def page_of(self, connection: Connection) -> str:
        return f"/w/{self.tenant.slug}/connections/{connection.pk}/"

    def leave(self, person: str, address: str = "", browser: Browser | None = None, **details: Any) -> str:
        """To consent, and what the person's browser is sent to afterwards."""
        if person not in self.state.persons:
            self.state.add_person(person)
        response = (browser or self.browser).post(address or f"/w/{self.tenant.slug}/connect/instagram_login/")
        assert response.status_code == 302, response.content
        return consent(response["Location"], person, **details).removeprefix(HOME)

    def connect(self, person: str, **details: Any) -> ConnectAttempt:
        self.browser.get(self.leave(person, **details), follow=True)
        return ConnectAttempt.objects.filter(used_at__isnull=False).latest("used_at")

    def connection(self, handle: str) -> Connection:
        return Connection.objects.get(handle=handle)

    def make_due(self, *people: str) -> None:
        for person in people:
            self.state.age(person, 2)
        now = timezone.now()
        Credential.objects.filter(connection__handle__in=people).update(due_at=now, issued_at=now)

    def new_mails(self) -> list[Any]:
        known = len(self.office.delivered)
        call_command("deliver_notifications")
        return self.office.delivered[known:]

    # the steps

    def connecting(self) -> None:
        for shape in ("data", "flat_number", "flat_list", "flat_string"):
            self.state.configure(code_shape=shape)
            assert self.connect(f"anna_{shape}").outcome == "connected"
        assert self.connect("ben", decision="cancel").outcome == "denied"
        for path in ("/oauth/access_token", "/access_token", "/me"):
            kind = "http_500" if path == "/oauth/access_token" else "malformed"
            self.state.add_fault(kind, path=path, times=1)
            attempt = self.connect(f"carla{path.replace('/', '_')}")
            assert attempt.outcome == "unfinished"
            self.browser.post(f"/connect/outcome/{attempt.pk}/finish/", follow=True)
            attempt.refresh_from_db()
            assert attempt.outcome == "connected"
        # This one never goes on: its token stays in the database for an hour.
        self.state.add_fault("rate_4", path="/me", times=1)
        assert self.connect("dora").outcome == "unfinished"
        self.state.add_fault("cannot_parse", path="/oauth/access_token", times=1)
        assert self.connect("emil").outcome == "code_rejected"
        self.state.add_fault("client_secret", path="/access_token", times=1)
        assert self.connect("emil").outcome == "misconfigured"
        self.browser.get("/oauth/callback/instagram/?code=AQBforged&state=forged")

    def renewing(self) -> None:
        self.state.configure(old_string="lives")
        people = ["anna_data", "anna_flat_number", "anna_flat_list", "anna_flat_string"]
        faults = ["malformed", "reset_after_request", "html_502"]
        for person, kind in zip(people, faults, strict=False):
            self.state.add_fault(kind, path="/refresh_access_token", username=person, times=1)
        self.make_due(*people)
        call_command("refresh_tokens")
        self.make_due(*people)
        call_command("refresh_tokens", "--json")
        assert all(credential_of(self.connection(person)).version == 2 for person in people[:3])
        for action in ("refresh", "check"):
            self.browser.post(f"{self.page_of(self.connection('anna_data'))}{action}/", follow=True)

    def dying_and_reviving(self) -> None:
        anna = self.connection("anna_data")
        self.state.change_password("anna_data")
        call_command("check_tokens", "--all")
        anna.refresh_from_db()
        assert anna.status == "inactive"
        (token,) = {*link_tokens(self.new_mails())}
        phone = self.guest()
        for method in (phone.head, phone.get):
            assert method(f"/link/{token}/").status_code == 200
        assert phone.get(f"/link/{token}/nowhere/").status_code == 404
        assert phone.get(f"/link/{token}").status_code == 301
        assert phone.put(f"/link/{token}/").status_code == 405
        assert self.guest(enforce_csrf_checks=True).post(f"/link/{token}/").status_code == 403
        # with the wrong account, then again with the right one
        phone.get(self.leave("stranger", f"/link/{token}/", phone), follow=True)
        attempt = ConnectAttempt.objects.latest("used_at")
        assert attempt.outcome == "wrong_account"
        back = self.leave("anna_data", f"/connect/outcome/{attempt.pk}/again/", phone)
        # ... and comes back in another browser
        other = self.guest()
        assert other.get(back, follow=True).status_code == 200
        attempt = ConnectAttempt.objects.latest("used_at")
        assert attempt.pending == "code"
        other.get(back)
        other.post(f"/connect/outcome/{attempt.pk}/finish/", follow=True)
        anna.refresh_from_db()
        assert anna.status == "active"
        assert phone.get(f"/link/{token}/").status_code == 410
        assert phone.get("/link/garbled/").status_code == 410
        assert phone.post(f"/link/{token}/new/").status_code == 200
        assert len(self.new_mails()) >= 1

    def ending(self) -> None:
        ended = self.connection("anna_flat_list")
        self.browser.post(f"{self.page_of(ended)}link/", follow=True)
        self.new_mails()
        self.browser.post(f"{self.page_of(ended)}disconnect/")
        self.browser.post(f"{self.page_of(ended)}disconnect/", {"confirm": "yes"}, follow=True)
        assert credential_of(ended).token is None

    def importing_and_exporting(self) -> None:
        self.state.issue_tokens(4, "imported", age_days=10)
        good, dead, misplaced, surplus = (self.state.tokens_of(f"imported{n}")[0].access_token for n in range(4))
        self.state.change_password("imported1")
        lines = [f'"{good}",imported@mail.example', f"{dead},", f"nonsense,{misplaced}", f"{surplus},,{surplus}"]
        files = {"good": ["token,contact_email", *lines], "headless": lines, "odd": [f"token,{good}", *lines]}
        for name, content in files.items():
            path = self.folder / f"{name}.csv"
            path.write_text("\n".join(content))
            command = ["import_tokens", str(path), "--tenant", self.tenant.slug]
            if name == "good":
                call_command(*command)
                continue
            with pytest.raises(CommandError) as caught:
                call_command(*command)
            print(caught.value, repr(caught.value))
        assert self.connection("imported0").status == "active"
        call_command("export_tenant", self.tenant.slug)
        call_command("export_tenant", self.tenant.slug, "--output", str(self.folder / "export.jsonl"))

    def queueing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.make_due("anna_data", "imported0")
        with monkeypatch.context() as patch:
            # A fault of ours that quotes the token, in a thread of the sweep ...
            patch.setattr(InstagramClient, "refresh", choke)
            ring()
            hiding_places.work_off_queue()
        Credential.objects.update(lease_owner="", lease_until=None)
        with monkeypatch.context() as patch:
            # ... and one that reaches the queue, which keeps its text and traceback.
            patch.setattr("tokens.services.sweep.work_safely", fail)
            async_task("tokens.tasks.drain")
            hiding_places.work_off_queue()
        ring()
        assert Failure.objects.count() == 1

    def failing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        back = self.leave("anna_data")
        with monkeypatch.context() as patch:
            patch.setattr("tokens.services.connect.link_account", choke)
            assert self.browser.get(back).status_code == 500

    def looking(self) -> None:
        for page in ("/", f"/w/{self.tenant.slug}/", "/privacy/"):
            self.browser.get(page, follow=True)
        for connection in Connection.objects.all():
            assert self.browser.get(self.page_of(connection)).status_code == 200
        for attempt in ConnectAttempt.objects.filter(used_at__isnull=False):
            self.browser.get(f"/connect/outcome/{attempt.pk}/")

    def live(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.connecting()
        self.renewing()
        self.dying_and_reviving()
        self.ending()
        self.importing_and_exporting()
        self.queueing(monkeypatch)
        self.failing(monkeypatch)
        self.looking()


def choke(*values: Any, **named: Any) -> Any:
    """A fault of ours whose text quotes what it choked on."""
    held = [getattr(value, "token", value) for value in values]
    quoted = [value.reveal() for value in held if hasattr(value, "reveal")]
    raise ValueError(f"can't work with {quoted}")


def fail(claim: Any, client_for: Any) -> str:
    credential = claim.row().select_related("connection__meta_app").get()
    plain = credential.token.reveal()
    raise RuntimeError(f"no good, {len(plain)} characters")


@pytest.mark.django_db(transaction=True)
def test_after_a_whole_life_no_secret_is_written_down_anywhere(
    browser: Browser,
    tenant: Tenant,
    state: State,
    office: PostOffice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    life = Life(browser, tenant, state, office, tmp_path)
    with everything_logged() as logged:
        life.live(monkeypatch)

    mailed = link_tokens(office.delivered)
    secrets = secrets_of(state, *life.browsers)
    assert {APP_SECRET, *mailed} <= set(secrets)
    assert len(secrets) > 60
    printed, complained = capfd.readouterr()
    searcher = Searcher(secrets)
    assert Credential.objects.filter(token__isnull=False).count() >= 7
    assert ConnectAttempt.objects.filter(pending_secret__isnull=False).count() == 1
    assert any("SELECT" in line for line in logged)
    assert sum("ended with ValueError" in line for line in logged) == 2
    staff = [each for each in office.delivered if "staff" in each.to]
    assert any("ValueError" in str(each.mail.get_body(("plain",))) for each in staff)
    found = searcher.find(
        {
            **hiding_places.database(),
            **mail_texts(office, without=mailed),
            **{name: page for each in life.browsers for name, page in each.seen.items()},
            **dict(enumerate_lines(logged)),
            "standard output": printed,
            "standard error": complained,
            "export": (tmp_path / "export.jsonl").read_bytes(),
        }
    )
    assert found == [], "\n".join(found)
    # Staff get no links at all.
    assert link_tokens(staff) == []


# what the searcher would find


@pytest.mark.parametrize("disguise", ["plain", "quoted", "base64", "hex", "json", "shifted base64"])
def test_a_planted_secret_is_found_in_any_disguise(disguise: str):
    secret = 'IGAA/plus+and="quoted" value'
    disguised = {
        "plain": secret,
        "quoted": quote(secret, safe=""),
        "base64": base64.b64encode(secret.encode()).decode(),
        "hex": secret.encode().hex().upper(),
        "json": json.dumps({"x": secret}),
        "shifted base64": base64.urlsafe_b64encode(b"xy" + secret.encode() + b"z").decode(),
    }[disguise]
    assert Searcher([secret]).find({"here": f"before {disguised} after"}) != []
    assert Searcher([secret]).find({"here": "before IGAA/plus after"}) == []


@pytest.mark.django_db(transaction=True)
def test_secrets_planted_in_each_place_are_found_there(
    browser: Browser, tenant: Tenant, state: State, office: PostOffice, tmp_path: Path, alice: User
):
    token = state.issue_token(state.add_person("planted").username)
    connection = make_connection(tenant=tenant, token=token)
    secret = token.access_token
    searcher = Searcher([secret])
    assert searcher.find(hiding_places.database()) == []

    Event.objects.create(tenant=tenant, kind="planted", text=f"it is {secret}", actor="x", at=timezone.now())
    assert any(place.startswith("table accounts_event") for place in searcher.find(hiding_places.database()))
    Event.objects.all().delete()

    with database.cursor() as cursor:
        cursor.execute("UPDATE tokens_credential SET token = %s", [secret.encode()])
    found = searcher.find(hiding_places.database())
    assert any(place.startswith("table tokens_credential") for place in found)
    if database.vendor == "sqlite":
        assert any(place.startswith("database file") for place in found)
    Credential.objects.filter(pk=connection.pk).update(token="harmless")

    async_task("tokens.tasks.drain", secret)
    assert any(place.startswith("waiting task") for place in searcher.find(hiding_places.database()))
    OrmQ.objects.all().delete()
    async_task("builtins.int", secret)
    hiding_places.work_off_queue()
    assert any(place.startswith("Failure") for place in searcher.find(hiding_places.database()))
    Failure.objects.all().delete()

    session = browser.session
    session["planted"] = secret
    session.save()
    assert any(place.startswith("session") for place in searcher.find(hiding_places.database()))

    with everything_logged() as logged:
        logging.getLogger("django.server").debug("GET /%s", secret)
        logging.getLogger("tests.planted").debug("it is %s", secret)
    assert len(searcher.find(dict(enumerate_lines(logged)))) >= 1

    mail.send_mail("planted", f"it is {secret}", None, ["x@mail.example"])
    assert len(searcher.find(mail_texts(office, without=[]))) == 1

    Connection.objects.filter(pk=connection.pk).update(name=secret, contact_email="", handle=secret[:90])
    browser.get(f"/w/{tenant.slug}/connections/{connection.pk}/")
    assert Searcher([secret[:90]]).find(browser.seen) != []
    call_command("export_tenant", tenant.slug, "--output", str(tmp_path / "export.jsonl"))
    assert Searcher([secret[:90]]).find({"export": (tmp_path / "export.jsonl").read_bytes()}) != []


def enumerate_lines(lines: list[str]) -> Iterator[tuple[str, Place]]:
    yield from ((f"log line {number}", line) for number, line in enumerate(lines))


# error reports


def reporter_for(request: Any) -> type[ExceptionReporter]:
    """The class that Django's handlers would choose."""
    chosen: Any = get_exception_reporter_class(request)
    return cast(type[ExceptionReporter], chosen)


@contextmanager
def reports() -> Iterator[dict[str, Place]]:
    """Django's own reports of every exception that a view lets through, for people and for mail, with its request."""
    made: dict[str, Place] = {}

    def report(sender: Any, request: Any = None, **kwargs: Any) -> None:
        for is_email in (False, True):
            reporter = reporter_for(request)(request, *sys.exc_info())
            reporter.is_email = is_email
            made[f"HTML report {len(made)}"] = reporter.get_traceback_html()
            made[f"text report {len(made)}"] = reporter.get_traceback_text()

    got_request_exception.connect(report)
    try:
        yield made
    finally:
        got_request_exception.disconnect(report)


CONNECTING = [
    "tokens.meta.client.InstagramClient.authorize_url",
    "tokens.services.consent._forget_oldest",
    "tokens.views.callback.instagram_client",
    "tokens.meta.client.judge",
    "tokens.meta.wire.Wire._answer",
    "tokens.services.connect.link_account",
    "tokens.services.link_account.store_token",
    "tokens.services.link_account.seal",
    "tokens.services.connect.conclude",
]
LINK = ["tokens.services.links.trouble", "tokens.views.departure.default_app", "tokens.views.link.send_link"]
NOW = ["tokens.services.attempt.store", "tokens.services.store.seal", "tokens.services.ask.judge"]


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize("target", [*CONNECTING, *LINK, *NOW])
def test_an_error_inside_shows_no_secret_in_page_report_mail_or_log(
    target: str,
    debug: bool,
    browser: Browser,
    tenant: Tenant,
    state: State,
    settings: Any,
    monkeypatch: Any,
    tmp_path: Path,
):
    life = Life(browser, tenant, state, PostOffice(), tmp_path)
    person = state.add_person("anna").username
    connection = make_connection(tenant=tenant, token=state.issue_token(person, age_days=30))
    link = links.issue(connection, recipients=["anna@mail.example"])
    address = f"/link/{links.token_of(link)}/"
    settings.DEBUG = debug

    def burst(*values: Any, **named: Any) -> Any:
        raise RuntimeError("burst")

    back = life.leave("anna") if target in CONNECTING[2:] else ""
    monkeypatch.setattr(target, burst)
    if target.endswith("judge") and target in NOW:
        state.add_fault("http_500", path="/refresh_access_token")
    with everything_logged() as logged, reports() as reported:
        if target in NOW:
            response = browser.post(f"{life.page_of(connection)}refresh/")
        elif target in LINK:
            response = browser.post(f"{address}new/" if target.endswith("send_link") else address)
        elif back:
            response = browser.get(back)
        else:
            response = browser.post(f"/w/{tenant.slug}/connect/instagram_login/")
    assert response.status_code == 500
    assert len(reported) == 4
    mails = [f"{each.subject}\n{each.body}\n{getattr(each, 'alternatives', '')}" for each in mail.outbox]
    assert len(mails) == (0 if debug else 1)

    secrets = [*secrets_of(state, browser), *re.findall(r"code=([^&#]+)", back)]
    assert len(secrets) >= 5
    places: dict[str, Place] = {**reported, **browser.seen, "mails": "\n".join(mails), "log": "\n".join(logged)}
    assert any("burst" in str(place) for place in reported.values())
    assert Searcher(secrets).find(places) == []


def test_a_report_shows_what_an_exception_quotes_only_masked_and_a_planted_secret_is_found(settings: Any):
    token = "IGAA" + "x1Y2" * 40
    request = RequestFactory().get(f"/link/{token}/?code={token}")
    searcher = Searcher([token])
    try:
        raise ValueError(f"can't read {token}")
    except ValueError:
        reporter = reporter_for(request)(request, *sys.exc_info())
    assert searcher.find({"html": reporter.get_traceback_html(), "text": reporter.get_traceback_text()}) == []
    settings.DEFAULT_EXCEPTION_REPORTER = "django.views.debug.ExceptionReporter"
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = "django.views.debug.SafeExceptionReporterFilter"
    plain = ExceptionReporter(request, type(ValueError()), ValueError(f"can't read {token}"), None)
    assert searcher.find({"html": plain.get_traceback_html()}) != []


# web servers of their own


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
