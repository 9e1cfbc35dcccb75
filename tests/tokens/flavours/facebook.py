"""People who connect through Facebook, step by step, over the emulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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

    def connect(self, person: str = SINGLE, **ticked: Any) -> Connection:
        """Connects the one account of a person."""
        response = self.consent(person, **ticked)
        assert "/connections/" in response["Location"], self.result(response)[1].text
        return Connection.objects.get(pk=response["Location"].rstrip("/").rpartition("/")[2])
