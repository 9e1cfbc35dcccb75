"""`import_tokens FILE --tenant SLUG`: tokens from CSV, each verified before it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from notifications.management.base import ReportingCommand, WrongCall
from tokens.flavours import FLAVOURS
from tokens.importing import apps_for, verifiers_of
from tokens.management.tenants import tenant_or_wrong_call
from tokens.models import Flavour
from tokens.services.import_tokens import Result, import_lines
from tokens.services.read_import import BadHeader, Line, read_lines


class Command(ReportingCommand):
    help = "Imports tokens from a CSV file with a header line: token, flavour, issued_at, expires_at, contact_email."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--tenant", metavar="SLUG", required=True, help="the workspace that will own them")
        parser.add_argument("--dry-run", action="store_true", help="verify and report, store nothing")

    def run(self, **options: Any) -> dict[str, Any]:
        tenant = tenant_or_wrong_call(options["tenant"])
        if tenant.deleted_at is not None:
            raise WrongCall(f"The workspace “{tenant.slug}” was deleted. An owner must undo that first.")
        lines = _read(options["file"])
        flavours = {line.flavour for line in lines if not line.problem} or {Flavour.INSTAGRAM_LOGIN.value}
        apps = apps_for(tenant, sorted(flavours), save=not options["dry_run"])
        if not apps:
            raise WrongCall(f"Set {' and '.join(FLAVOURS[min(flavours)].settings)} first.")
        with verifiers_of(apps) as verifiers, self.progress("Importing", total=len(lines)) as bar:
            results = import_lines(
                lines,
                tenant=tenant,
                verifiers=verifiers,
                dry_run=options["dry_run"],
                on_result=lambda result: bar.advance(),
            )
        return _report(results, options["dry_run"])

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        verb = "would be imported" if result["dry_run"] else "imported"
        yield f"{result['imported']} {verb}, {result['unchanged']} unchanged, {result['refused']} refused"
        for line in result["refused_lines"]:
            yield f"line {line['line']}: {line['why']}"


def _read(path: Path) -> list[Line]:
    problem = ""
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            return list(read_lines(source))
    except BadHeader as error:
        problem = str(error)
    except UnicodeDecodeError:
        problem = "The file is not text in UTF-8."
    except OSError as error:
        problem = f"The file can't be read: {error.strerror}."
    raise WrongCall(problem)


def _report(results: list[Result], dry_run: bool) -> dict[str, Any]:
    counts = Counter(result.outcome for result in results)
    refused = [{"line": result.number, "why": result.why} for result in results if result.outcome == "refused"]
    numbers = {outcome: counts.get(outcome, 0) for outcome in ("imported", "unchanged", "refused")}
    return {**numbers, "refused_lines": refused, "dry_run": dry_run}
