"""The part of a whole life that goes by way of Facebook: dialogs, pasted tokens, system users."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings as live_settings
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Tenant
from tests.emulator.browser import facebook_consent
from tests.emulator.facebook.cast import FEW, SINGLE, SYSTEM_USER, add_cast
from tests.emulator.state import State
from tests.emulator.wire import FACEBOOK_GRAPH
from tests.factories import credential_of
from tests.flows.hiding_places import Browser
from tokens.clients import default_app
from tokens.models import ConnectAttempt, Connection, Credential, Flavour

FACEBOOK_SECRET = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
HOME = "http://localhost:8000"


class FacebookLife:
    """The steps, each a sequence of what a member does in the browser and workers do by commands."""

    browser: Browser
    tenant: Tenant
    state: State

    def page_of(self, connection: Connection) -> str:
        raise NotImplementedError

    def connection(self, handle: str) -> Connection:
        raise NotImplementedError

    def live_by_facebook(self) -> None:
        self.connecting_through_facebook()
        self.pasting_facebooks()
        self.keeping_facebooks_alive()
        self.ending_facebooks()

    def facebook_id(self, name: str) -> str:
        world = self.state.facebook
        return next(each.id for each in (*world.persons.values(), *world.system_users.values()) if each.name == name)

    def to_facebook(self, name: str, address: str = "", **details: Any) -> str:
        """To the dialog, and what the person's browser is sent to afterwards."""
        response = self.browser.post(address or f"/w/{self.tenant.slug}/connect/facebook_login/")
        assert response.status_code == 302, response.content
        return facebook_consent(response["Location"], self.facebook_id(name), **details).removeprefix(HOME)

    def facebook_row(self, name: str) -> dict[str, Any]:
        """Columns of a connection that somebody's Page stands behind."""
        holder = self.state.facebook.person(self.facebook_id(name))
        page = next(iter(holder.roles))
        token = self.state.facebook.issue_token(holder.id, "page", page=page).access_token
        app = default_app(Flavour.FACEBOOK_LOGIN)
        return {
            "meta_app": app,
            "page_id": page,
            "token": token,
            "instagram_id": self.state.facebook.page(page).instagram_id,
        }

    def by_facebook(self, name: str, address: str = "", **details: Any) -> ConnectAttempt:
        """To the dialog, back, and on from where it ended."""
        self.browser.get(self.to_facebook(name, address, **details), follow=True)
        return ConnectAttempt.objects.filter(used_at__isnull=False).latest("used_at")

    def finish(self, attempt: ConnectAttempt, *handles: str) -> None:
        chosen = [self.state.persons[each].user_id for each in handles]
        self.browser.post(f"/connect/outcome/{attempt.pk}/finish/", {"account": chosen}, follow=True)
        attempt.refresh_from_db()
        assert attempt.outcome in ("connected", "reconnected", "renewed"), attempt.outcome

    def connecting_through_facebook(self) -> None:
        """A choice, an answer that stops at each step, a refusal and a wrong account; Pages come in several parts."""
        add_cast(self.state, 0)
        assert self.by_facebook(FEW[0], decision="cancel").outcome == "denied"
        attempt = self.by_facebook(FEW[0])
        assert attempt.outcome == "choose"
        self.finish(attempt, "hana.paints", "flora.bakes")
        for path, after in (("/oauth/access_token", 0), ("/oauth/access_token", 1), ("/debug_token", 0), ("/me", 0)):
            self.state.add_fault("rate_4" if after else "http_500", path=FACEBOOK_GRAPH + path, after=after, times=3)
            attempt = self.by_facebook(SINGLE[0])
            assert attempt.outcome == "unfinished"
            self.state.clear_faults()
            self.finish(attempt)
        self.state.add_fault("cannot_parse", path=f"{FACEBOOK_GRAPH}/oauth/access_token", times=1)
        assert self.by_facebook(SINGLE[0]).outcome == "code_rejected"
        again = f"{self.page_of(self.connection('hana.paints'))}reconnect/"
        assert self.by_facebook(SINGLE[0], again).outcome == "wrong_account"
        assert self.by_facebook(FEW[0], again).outcome == "renewed"

    def pasting_facebooks(self) -> None:
        """Of a person, of a Page and of a system user; good ones, and some that Meta refuses."""
        world, paste = self.state.facebook, f"/w/{self.tenant.slug}/connect/paste/"
        add = f"/w/{self.tenant.slug}/connect/system_user/"
        person, user = self.facebook_id(SINGLE[0]), self.facebook_id(SYSTEM_USER)
        page = next(iter(world.person(person).roles))
        several = world.issue_token(self.facebook_id(FEW[0]), "short").access_token
        for made in (world.issue_token(person, "short"), world.issue_token(person, "page", page=page)):
            self.browser.post(paste, {"token": made.access_token}, follow=True)
        assert self.browser.post(paste, {"token": several}).status_code == 302
        self.finish(ConnectAttempt.objects.get(outcome="choose"), "flora.bakes")
        for expires in ("sixty_days", "never"):
            token = world.generate_token(user, expires).access_token
            self.state.add_fault("bad_json", path=f"{FACEBOOK_GRAPH}/debug_token", times=1)
            for address in (add, paste, add, add):
                self.browser.post(address, {"token": token}, follow=True)
        revoked = world.generate_token(user).access_token
        world.kill(user, "killed", revoked)
        for text in (revoked, several, f"{live_settings.FACEBOOK_APP_ID}|{FACEBOOK_SECRET}", FACEBOOK_SECRET):
            for address in (add, paste):
                self.browser.post(address, {"token": text}, follow=True)
        assert Connection.objects.get(name=SYSTEM_USER).credential.never_expires

    def keeping_facebooks_alive(self) -> None:
        """Renewed and checked through faults, by commands and by hand."""
        past = timezone.now() - dt.timedelta(days=3)
        rows = Credential.objects.filter(connection__meta_app__flavour="facebook_login")
        for kind in ("malformed", "reset_after_request", "html_502"):
            self.state.add_fault(kind, path=FACEBOOK_GRAPH, times=1)
        for _ in range(2):
            rows.update(due_at=past, issued_at=past, obtained_at=past)
            call_command("refresh_tokens")
        call_command("check_tokens", "--all")
        for connection in (self.connection("hana.paints"), Connection.objects.get(name=SYSTEM_USER)):
            for action in ("refresh", "check", "reconnect", "link"):
                self.browser.post(f"{self.page_of(connection)}{action}/")
        self.state.facebook.lose_role(self.facebook_id(FEW[0]))
        call_command("check_tokens", "--all")
        assert self.connection("flora.bakes").reason == "page_role_lost"

    def ending_facebooks(self) -> None:
        """Meta is told, answers once with a fault, and is told of the system user as well."""
        luna = self.connection("cafe.luna")
        self.browser.post(f"{self.page_of(luna)}disconnect/", {"confirm": "yes"}, follow=True)
        assert self.by_facebook(SINGLE[0]).outcome == "reconnected"
        self.state.add_fault("malformed", path=FACEBOOK_GRAPH, times=1)
        user = Connection.objects.get(name=SYSTEM_USER)
        for connection in (luna, user):
            answers = {"confirm": "yes", "revoke": "yes"}
            self.browser.post(f"{self.page_of(connection)}disconnect/", answers, follow=True)
            assert credential_of(connection).token is None
