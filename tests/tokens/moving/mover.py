"""An owner who moves tokens in by the browser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Tenant, User
from tests.emulator.server import EmulatorServer
from tests.factories import credential_of
from tests.markup import Page
from tokens import tasks
from tokens.models import Connection, ImportLine, TokenImport


@dataclass
class Mover:
    """Uploads, confirms and looks at imports of one workspace."""

    tenant: Tenant
    owner: User
    browser: Client
    emulator: EmulatorServer

    @property
    def path(self) -> str:
        return f"/w/{self.tenant.slug}/settings/import/"

    def path_of(self, job: TokenImport, step: str = "") -> str:
        return f"{self.path}{job.pk}/{step}"

    def token(self, person: str, **details: Any) -> str:
        if person not in self.emulator.state.persons:
            self.emulator.state.add_person(person)
        return str(self.emulator.state.issue_token(person, **details).access_token)

    def tokens(self, number: int, prefix: str = "many") -> list[str]:
        return [token.access_token for token in self.emulator.state.issue_tokens(number, prefix)]

    def upload(self, content: str | bytes | Iterable[str], name: str = "tokens.csv") -> Any:
        """The answer to an upload."""
        if not isinstance(content, str | bytes):
            content = "".join(f"{line}\n" for line in content)
        content = content if isinstance(content, bytes) else content.encode()
        return self.browser.post(self.path, {"file": SimpleUploadedFile(name, content)})

    def preview(self, content: str | bytes | Iterable[str], name: str = "tokens.csv") -> TokenImport:
        response = self.upload(content, name)
        assert response.status_code == 302, Page(response.content.decode()).text
        job = TokenImport.objects.get(pk=response["Location"].rstrip("/").rpartition("/")[2])
        assert response["Location"] == self.path_of(job)
        return job

    def confirmed(self, content: str | bytes | Iterable[str]) -> TokenImport:
        job = self.preview(content)
        assert self.browser.post(self.path_of(job, "confirm/")).status_code == 302
        job.refresh_from_db()
        return job

    def imported(self, content: str | bytes | Iterable[str]) -> TokenImport:
        """Uploaded, confirmed and worked off."""
        job = self.confirmed(content)
        return self.work(job)

    def work(self, job: TokenImport) -> TokenImport:
        """One worker's turn."""
        tasks.import_tokens(str(job.pk))
        job.refresh_from_db()
        return job

    def text(self, job: TokenImport) -> str:
        response = self.browser.get(self.path_of(job))
        assert response.status_code == 200
        return Page(response.content.decode()).text

    def outcomes(self, job: TokenImport) -> dict[int, str]:
        """Of each line by its number."""
        return dict(ImportLine.objects.filter(token_import=job).values_list("number", "outcome"))

    def reasons(self, job: TokenImport) -> dict[int, str]:
        rows = ImportLine.objects.filter(token_import=job, outcome="refused")
        return dict(rows.values_list("number", "sentence"))

    def stored(self, handle: str) -> str:
        token = credential_of(Connection.objects.get(tenant=self.tenant, handle=handle)).token
        assert token is not None
        return token.reveal()


def held(job: TokenImport) -> int:
    """How many lines still hold what stood in the file."""
    return ImportLine.objects.filter(token_import=job, content__isnull=False).count()
