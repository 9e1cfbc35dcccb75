"""A member who pastes tokens by the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client

from accounts.models import Tenant
from tests.emulator.server import EmulatorServer
from tests.factories import credential_of
from tests.markup import Page
from tokens.models import Connection, Credential
from tokens.paste_wording import refusal


@dataclass
class Paster:
    """Pastes into one workspace and looks at what comes of it."""

    tenant: Tenant
    browser: Client
    emulator: EmulatorServer
    button: str = "Paste a token"

    @property
    def path(self) -> str:
        return f"/w/{self.tenant.slug}/connect/paste/"

    def token(self, person: str = "creator", *, account_type: str = "BUSINESS", **details: Any) -> str:
        """A token out of Meta's dashboard."""
        if person not in self.emulator.state.persons:
            self.emulator.state.add_person(person, account_type=account_type)
        return str(self.emulator.state.issue_token(person, **details).access_token)

    def paste(self, text: str, **fields: str) -> Any:
        """The answer to the form."""
        return self.browser.post(self.path, {"token": text, **fields})

    def kept(self, text: str, **fields: str) -> tuple[Connection, str]:
        """The connection that the form led to, and the words on its page."""
        response = self.paste(text, **fields)
        assert response.status_code == 302, Page(response.content.decode()).text
        connection = Connection.objects.get(pk=response["Location"].rstrip("/").rpartition("/")[2])
        assert response["Location"] == f"/w/{self.tenant.slug}/connections/{connection.pk}/"
        return connection, Page(self.browser.get(response["Location"]).content.decode()).text

    def refused(self, text: str, word: str, host: str = "Instagram", **fields: str) -> str:
        """Asserts that it is refused for `word`, with the field empty and nothing stored; the words on the page."""
        before = list(Credential.objects.order_by("pk").values_list("pk", "version"))
        response = self.paste(text, **fields)
        assert (response.status_code, response["Location"]) == (302, self.path), "no page answers a POST"
        html = self.browser.get(self.path).content.decode()
        page = Page(html)
        told = refusal(word, host)
        assert told is not None
        assert told.title in page.text, page.text
        assert told.advice in page.text
        assert page.form_of(self.button).fields["token"] == ""
        assert len(text) < 10 or text.strip() not in html
        assert list(Credential.objects.order_by("pk").values_list("pk", "version")) == before
        return page.text

    def stored(self, handle: str = "creator") -> str:
        token = credential_of(Connection.objects.get(tenant=self.tenant, handle=handle)).token
        assert token is not None
        return token.reveal()

    def asked(self) -> list[str]:
        """The paths that Instagram was asked for, oldest first."""
        return [each["path"].rpartition("/")[2] for each in self.emulator.state.requests()]
