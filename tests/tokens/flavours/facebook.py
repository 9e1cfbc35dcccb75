"""People who connect through Facebook, step by step, over the emulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client

from accounts.models import Tenant
from tests.emulator.browser import facebook_consent
from tests.emulator.server import EmulatorServer
from tests.markup import Page
from tests.tokens.journeys import back, leave_from
from tokens.models import Connection

FEW, SINGLE, NONE, CHAIN = "Lena Brandt", "Tom Luna", "Noor Alvi", "Chen Wei"


@dataclass
class FacebookPeople:
    """Members in front of Facebook's dialog. People are named as in the emulator's cast."""

    browser: Client
    tenant: Tenant
    cast: dict[str, Any]
    emulator: EmulatorServer

    def path(self, what: str = "facebook_login") -> str:
        return f"/w/{self.tenant.slug}/connect/{what}/"

    def consent(self, person: str, start: str = "", **ticked: Any) -> Any:
        """Goes to the dialog and back; the answer of our callback."""
        address = leave_from(self.browser, start or self.path())
        return self.browser.get(back(facebook_consent(address, self.cast[person].id, **ticked)))

    def result(self, response: Any) -> tuple[str, Page]:
        """The address that a way led to, and the page there."""
        assert response.status_code == 302, response.content.decode()
        return response["Location"], Page(self.browser.get(response["Location"]).content.decode())

    def leave(self, start: str = "", browser: Client | None = None) -> str:
        """Presses the button; the address of the dialog."""
        return leave_from(browser or self.browser, start or self.path())

    def allow(self, address: str, person: str, **ticked: Any) -> str:
        """Goes through the dialog; the address that the browser is sent to, without our origin."""
        return back(facebook_consent(address, self.cast[person].id, **ticked))

    def choosing(self, person: str = FEW, start: str = "") -> Page:
        """The page on which somebody with several accounts chooses."""
        return self.result(self.consent(person, start))[1]

    def ids(self, *handles: str) -> list[str]:
        """Of accounts at Instagram, as the choice names them."""
        return [self.emulator.state.persons[each].user_id for each in handles]

    def choose(self, page: Page, *handles: str) -> Any:
        """The answer to a choice."""
        form = page.form_of("Finish connecting")
        return self.browser.post(form.action, {"account": self.ids(*handles)})

    def connect_several(self, *handles: str, person: str = FEW) -> list[Connection]:
        """Connects several accounts of a person at once."""
        response = self.choose(self.choosing(person), *handles)
        assert response.status_code == 302
        return [Connection.objects.get(tenant=self.tenant, handle=each) for each in handles]

    def scoped_id(self, person: str) -> str:
        """By which id our app knows a person."""
        return str(self.cast[person].scoped_id(settings.FACEBOOK_APP_ID))

    def page_of(self, connection: Connection, what: str = "") -> str:
        return f"/w/{connection.tenant.slug}/connections/{connection.pk}/{what}"

    def shown(self, connection: Connection) -> str:
        """The words on the page of a connection."""
        return Page(self.browser.get(self.page_of(connection)).content.decode()).text

    def asked(self, *parts: str) -> list[tuple[str, str]]:
        """Method and path of what Facebook was asked for that ends in one of `parts`, oldest first."""
        asked = [(each["method"], each["path"]) for each in self.emulator.state.requests()]
        return [(method, path) for method, path in asked if path.endswith(parts)]

    def connect(self, person: str = SINGLE, **ticked: Any) -> Connection:
        """Connects the one account of a person."""
        response = self.consent(person, **ticked)
        assert "/connections/" in response["Location"], self.result(response)[1].text
        return Connection.objects.get(pk=response["Location"].rstrip("/").rpartition("/")[2])
