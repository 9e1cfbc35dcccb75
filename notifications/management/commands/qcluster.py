"""`qcluster`: django-q2's worker, but one that tells its workers when it is told to stop, and stops in time."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import CommandError
from django_q.management.commands import qcluster

from notifications.guard import GentleCluster


class Command(qcluster.Command):  # type: ignore[misc]
    help = "Runs the workers that refresh, check and deliver, until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("cluster_name"):
            os.environ["Q_CLUSTER_NAME"] = options["cluster_name"]
        cluster = GentleCluster()
        cluster.start()
        if options.get("run_once"):
            cluster.stop()
        code = cluster.wait()
        if code and not cluster.stopping:
            # Whoever supervises this process starts it anew.
            raise CommandError(f"The workers' guard ended by itself (code {code}).")
