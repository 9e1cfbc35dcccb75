"""`refresh_tokens`: one sweep now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from tokens.management.sweeping import SweepingCommand
from tokens.management.tenants import tenant_or_wrong_call
from tokens.services.ring import ring
from tokens.services.sweep import count_due


class Command(SweepingCommand):
    help = "Renews all that is due now, retries and ended leases included, in the foreground."
    purpose = "refresh"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--tenant", metavar="SLUG", help="only this workspace's connections")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--enqueue", action="store_true", help="let the workers do it")
        how.add_argument("--dry-run", action="store_true", help="only count what is due")

    def run(self, **options: Any) -> dict[str, Any]:
        tenant = tenant_or_wrong_call(options["tenant"]) if options["tenant"] else None
        if options["dry_run"]:
            return {"due": count_due("refresh", tenant), "dry_run": True}
        if options["enqueue"]:
            return {"due": count_due("refresh", tenant), "enqueued": ring(tenant)}
        return self.sweep(tenant)

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield from super().lines(result)
        if "enqueued" in result:
            yield f"{result['enqueued']} drains rung: running workers renew what is due."
        if "dry_run" in result:
            yield "Nothing was done."
