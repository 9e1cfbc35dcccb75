"""CSV files as people make them, and their import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounts.models import Tenant
from tests.emulator.server import EmulatorServer
from tests.tokens.commands.shell import Ran, run
from tokens.models import Connection


@dataclass
class Importer:
    """Writes a file and imports it into its tenant."""

    tenant: Tenant
    emulator: EmulatorServer
    path: Path

    def token(self, person: str, **details: Any) -> str:
        if person not in self.emulator.state.persons:
            self.emulator.state.add_person(person)
        return self.emulator.state.issue_token(person, **details).access_token

    def __call__(self, content: str | bytes | Iterable[str], *options: str) -> Ran:
        if not isinstance(content, str | bytes):
            content = "".join(f"{line}\n" for line in content)
        self.path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ran = run("import_tokens", str(self.path), "--tenant", self.tenant.slug, *options)
        for secret in self.emulator.state.secrets():
            assert secret not in ran.stdout + ran.stderr
        return ran

    def counts(self, content: str | bytes | Iterable[str], *options: str) -> tuple[int, int, int]:
        """How many were imported, unchanged, refused."""
        ran = self(content, "--json", *options)
        assert ran.code == 0, ran.stderr
        return ran.json["imported"], ran.json["unchanged"], ran.json["refused"]

    def refused(self, content: str | bytes | Iterable[str]) -> dict[int, str]:
        """The refused lines by number, with what was said of them."""
        ran = self(content, "--json")
        assert ran.code == 0, ran.stderr
        assert ran.json["refused"] == len(ran.json["refused_lines"])
        return {line["line"]: line["why"] for line in ran.json["refused_lines"]}

    def connection(self, handle: str) -> Connection:
        return Connection.objects.get(tenant=self.tenant, handle=handle)

    def stored(self, handle: str) -> str:
        token = self.connection(handle).credential.token
        assert token is not None
        return token.reveal()
