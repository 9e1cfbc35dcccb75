"""`qcluster`: django-q2's worker, but one that tells its workers when it is told to stop."""

from __future__ import annotations

import os
from typing import Any

from django_q.cluster import Cluster
from django_q.management.commands import qcluster

from notifications.worker import ask_to_stop

SENTINEL_DIES_WITHIN = 0.5


class GentleCluster(Cluster):  # type: ignore[misc]
    """Before it waits for its workers, lets them know that they are waited for."""

    def stop(self) -> bool:
        ask_to_stop()
        # A signal to the whole process group has killed the sentinel as well. Setting its event would then wait
        # for ever: multiprocessing waits until whoever slept on the event has woken.
        self.sentinel.join(SENTINEL_DIES_WITHIN)
        if not self._sentinel_lives():
            return False
        stopped: bool = super().stop()
        return stopped

    def _sentinel_lives(self) -> bool:
        """Asks the system as well: the very wait that the signal interrupts may have reaped the sentinel already,
        and multiprocessing, which does not know yet, would call it alive for ever."""
        try:
            os.kill(self.sentinel.pid, 0)
        except ProcessLookupError:
            return False
        return bool(self.sentinel.is_alive())


class Command(qcluster.Command):  # type: ignore[misc]
    help = "Runs the workers that refresh, check and deliver, until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("cluster_name"):
            os.environ["Q_CLUSTER_NAME"] = options["cluster_name"]
        cluster = GentleCluster()
        cluster.start()
        if options.get("run_once"):
            cluster.stop()
