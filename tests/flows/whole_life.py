"""A connection's whole life, walked through every door of the product, for tests that look for what stays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure
from django_q.tasks import async_task

from accounts.models import Tenant
from tests.emulator.browser import consent
from tests.emulator.facebook.proof import proof_of
from tests.emulator.state import State
from tests.factories import credential_of, make_user
from tests.flows import hiding_places
from tests.flows.facebook_life import HOME, FacebookLife
from tests.flows.hiding_places import Browser, Place
from tests.notifications.post_office import PostOffice
from tokens.meta import InstagramClient
from tokens.models import ConnectAttempt, Connection, Credential, Link
from tokens.services import links
from tokens.services.ring import ring

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
APP_SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def secrets_of(state: State, *browsers: Browser) -> list[str]:
    """Every secret there has been: Meta's, the OAuth states, the links' tokens, the keys of the installation."""
    states = {each for browser in browsers for each in browser.states}
    tokens = [links.token_of(link) for link in Link.objects.all()]
    proofs = proofs_of(state)
    return [*state.secrets(), *proofs, *states, *tokens, live_settings.SECRET_KEY, *live_settings.FERNET_KEYS]


def proofs_of(state: State) -> list[str]:
    """What goes beside tokens to Facebook: the apps' own tokens, and the proof of each token."""
    world = state.facebook
    own = {app.id: f"{app.id}|{app.secret}" for app in world.apps.values()}
    signed = [(each.access_token, world.apps[each.app_id].secret) for each in world.tokens.values()]
    signed += [(token, world.apps[app_id].secret) for app_id, token in own.items()]
    return [*own.values(), *(proof_of(token, secret) for token, secret in signed)]


def link_tokens(mails: Any) -> list[str]:
    return [
        token
        for each in mails
        for token in re.findall(r"/link/([\w-]+)/", each.mail.get_body(("plain",)).get_content())
    ]


def broken(text: str) -> str:
    """A pattern of it, wherever a line of it may be broken over the wire."""
    return r"(?:=\r?\n)?".join(map(re.escape, text))


def mail_texts(office: PostOffice, *, without: list[str]) -> dict[str, Place]:
    """The mails as they came over the wire and decoded, with the links that they are for cut out."""
    places: dict[str, Place] = {}
    for number, delivered in enumerate(office.delivered):
        parts = [part.get_content() for part in delivered.mail.walk() if not part.is_multipart()]
        # Over the wire long lines are broken, also in the middle of an address.
        whole = re.sub(r"=\r?\n", "", str(delivered.mail))
        text = "\n".join([str(delivered.mail), whole, *map(str, parts)])
        for token in without:
            text = text.replace(f"{HOME}/link/{token}/", "(the link)")
            text = re.sub(rf"{broken(f'{HOME}/link/')}{re.escape(token)}/", "(the link)", text)
        places[f"mail {number} to {delivered.to}"] = text
    return places


def choke(*values: Any, **named: Any) -> Any:
    """A fault of ours whose text quotes what it choked on."""
    held = [getattr(value, "token", value) for value in values]
    quoted = [value.reveal() for value in held if hasattr(value, "reveal")]
    raise ValueError(f"can't work with {quoted}")


def fail(claim: Any, client_for: Any) -> str:
    credential = claim.row().select_related("connection__meta_app").get()
    plain = credential.token.reveal()
    raise RuntimeError(f"no good, {len(plain)} characters")


class Life(FacebookLife):
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

    def inviting(self) -> None:
        """Creators are invited, one by one and by a list; one connects by the mailed link, after a wrong account."""
        creators = f"/w/{self.tenant.slug}/creators/"
        self.browser.post(f"{creators}invite/", {"email": "gina@creator.example", "handle": "@gina"}, follow=True)
        (token,) = {*link_tokens(self.new_mails())}
        self.browser.post(f"{creators}invite-many/", {"pasted": "gina@creator.example,gina\nhugo@creator.example"})
        (other,) = {*link_tokens(self.new_mails())}
        phone, elsewhere = self.guest(), self.guest()
        assert phone.get(f"/link/{token}/").status_code == 200
        phone.get(self.leave("stranger", f"/link/{token}/", phone), follow=True)
        assert ConnectAttempt.objects.latest("used_at").outcome == "wrong_account"
        elsewhere.get(self.leave("gina", f"/link/{token}/", phone), follow=True)
        attempt = ConnectAttempt.objects.latest("used_at")
        assert elsewhere.post(f"/connect/outcome/{attempt.pk}/finish/", follow=True).status_code == 200
        assert self.connection("gina").contact_email == "gina@creator.example"
        assert phone.get(f"/link/{token}/").status_code == 410
        # The other one is sent again, then withdrawn.
        link = Link.objects.get(contact_email="hugo@creator.example")
        self.browser.post(f"{creators}{link.pk}/again/", follow=True)
        link = Link.objects.open().get(contact_email="hugo@creator.example")
        self.browser.post(f"{creators}{link.pk}/withdraw/")
        self.browser.post(f"{creators}{link.pk}/withdraw/", {"confirm": "yes"}, follow=True)
        for each in (other, links.token_of(link)):
            assert phone.get(f"/link/{each}/").status_code == 410
            phone.post(f"/link/{each}/new/")
        self.new_mails()
        self.browser.get(creators)

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
        assert phone.post(f"/link/{token}/new/").status_code == 200
        assert {*link_tokens(self.new_mails())} == {token}
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

    def pasting(self) -> None:
        """A token of an hour, one of sixty days with what clings to it, a dead one, and one that holds the secret."""
        path = f"/w/{self.tenant.slug}/connect/paste/"
        self.state.issue_tokens(2, "pasted", age_days=3)
        short = self.state.issue_token(self.state.add_person("pasted_short").username, kind="short").access_token
        good, dead = (self.state.tokens_of(f"pasted{n}")[0].access_token for n in range(2))
        self.state.change_password("pasted1")
        self.browser.get(path)
        for text in (short, f" “Bearer {good[:60]}\n{good[60:]}” ", good):
            assert self.browser.post(path, {"token": text}, follow=True).redirect_chain
        app_token = f"{live_settings.INSTAGRAM_APP_ID}|{APP_SECRET}"
        for text in (dead, app_token, APP_SECRET, f"{good}→"):
            self.browser.post(path, {"token": text}, follow=True)
        for fault, where in (("malformed", "/access_token"), ("http_500", "/me")):
            self.state.add_fault(fault, path=where, times=1)
            self.browser.post(path, {"token": good}, follow=True)
        self.browser.post(path, {"token": good, "contact_email": "x"}, follow=True)
        assert not self.state.faults.all()
        assert {self.connection(each).status for each in ("pasted0", "pasted_short")} == {"active"}

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
            patch.setattr("tokens.services.sweep.store_group", fail)
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
        self.looking_as_staff()

    def looking_as_staff(self) -> None:
        """Every list and every row that the staff pages show, the queue's failed tasks among them."""
        staff = self.guest()
        staff.force_login(make_user("boss@perennial.example", is_staff=True, is_superuser=True), backend=BACKEND)
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            assert staff.get(reverse(f"{name}_changelist")).status_code == 200
            for row in model._default_manager.all()[:30]:
                assert staff.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200

    def live(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.connecting()
        self.inviting()
        self.renewing()
        self.dying_and_reviving()
        self.ending()
        self.pasting()
        with monkeypatch.context() as patch:
            # Each list comes in parts, and Facebook tells where the next one is by an address with the token in it.
            patch.setattr("tokens.meta.facebook.RESULTS_AT_ONCE", 1)
            self.live_by_facebook()
        self.importing_and_exporting()
        self.queueing(monkeypatch)
        self.failing(monkeypatch)
        self.looking()
