"""The processes around the workers: a cluster that always stops in time, whatever is stuck in its queues.

django-q2's own guard stops by its queues alone: it waits until the pusher has found room for what it holds, puts a
pill for each worker behind it, and waits for the workers to take them. Once the workers have gone, or hang in a
call, nobody empties that queue, and the cluster would never end.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

from django_q import cluster
from django_q.conf import Conf
from django_q.monitor import monitor
from django_q.pusher import pusher
from django_q.queues import Queue
from django_q.scheduler import scheduler
from django_q.status import Stat
from django_q.worker import worker

from notifications.worker import ENDS_WITHIN_SECONDS, ask_to_stop, watch_parent

logger = logging.getLogger(__name__)

# Pusher and monitor have next to nothing to end.
_AUXILIARY_ENDS_WITHIN = 0.5
# Who holds a worker's timer writes a number and puts a task into a queue: after that long, the holder was killed.
_TIMER_HELD_AT_MOST = 2.0


class Timer:
    """How many seconds a worker's task may still take, for the worker and its guard.

    As `multiprocessing.Value`, which django-q2 takes, but that nobody waits for ever for its lock: a worker that is
    killed while it holds it would take its guard along, and with it the whole cluster.
    """

    def __init__(self) -> None:
        self._seconds = multiprocessing.RawValue("f", -1)
        self._lock = multiprocessing.Lock()

    @property
    def value(self) -> float:
        return float(self._seconds.value)

    @value.setter
    def value(self, seconds: float) -> None:
        self._seconds.value = seconds

    @contextlib.contextmanager
    def get_lock(self) -> Iterator[None]:
        held = self._lock.acquire(timeout=_TIMER_HELD_AT_MOST)
        try:
            yield
        finally:
            if held:
                self._lock.release()


class Guard(cluster.Sentinel):  # type: ignore[misc]
    """Starts workers anew when they die and, told to stop, sees to it that everything has ended in time.

    SIGTERM it ignores, and so do pusher and monitor: when a whole process group is signalled, the main process
    is the one that acts, and the end is the same as when it alone is signalled.
    """

    task_queue: Any
    result_queue: Any
    _leaving: Sequence[BaseProcess] = ()

    def start(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        watch_parent(self._main_process_died)
        super().start()

    def guard(self) -> None:
        # By itself the library looks at its schedules half a minute after the start for the first time.
        scheduler(broker=self.broker)
        super().guard()

    def reincarnate(self, process: BaseProcess) -> None:
        """Replaces a process that has died. One that was killed takes everybody's queues along.

        An idle worker waits for its next task with the queue's lock in its hand, the monitor for its next result
        alike: killed, they never give it back, and all others would wait for it for ever.
        """
        if process not in (*self.pool, self.monitor, self.pusher):
            return  # it belonged to the queues that were given up, and has been replaced
        if process.exitcode is not None and process.exitcode < 0:
            self._begin_anew()
        else:
            super().reincarnate(process)

    def _begin_anew(self) -> None:
        """New queues, and new processes around them. What the old ones held are doorbells."""
        logger.critical("A process of the cluster was killed: the others are replaced, after what they are at")
        for auxiliary in (self.pusher, self.monitor):
            auxiliary.kill()
        for process in self.pool:
            process.terminate()
        self._leaving = [process for process in (*self._leaving, *self.pool) if process.is_alive()]
        self.result_queue.cancel_join_thread()
        self.task_queue, self.result_queue = Queue(maxsize=Conf.QUEUE_LIMIT), Queue()
        self.reincarnations += 1
        self.spawn_cluster()

    def _main_process_died(self) -> None:
        ask_to_stop()
        self.stop_event.set()

    def spawn_worker(self) -> None:
        self.spawn_process(worker, self.task_queue, self.result_queue, Timer(), self.timeout)

    def spawn_pusher(self) -> BaseProcess:
        started: BaseProcess = self.spawn_process(_leaving_with_its_guard(pusher), *self._pushes)
        return started

    def spawn_monitor(self) -> BaseProcess:
        started: BaseProcess = self.spawn_process(_leaving_with_its_guard(monitor), self.result_queue, self.broker)
        return started

    @property
    def _pushes(self) -> tuple[Any, ...]:
        return self.task_queue, self.event_out, self.broker

    def stop(self) -> None:
        """Ends workers, pusher and monitor. What the queues still hold are doorbells: the database is the truth."""
        self.event_out.set()
        for process in self.pool:
            process.terminate()
        _end([*self.pool, *self._leaving], ENDS_WITHIN_SECONDS)
        self.pool.clear()
        _end([self.pusher], _AUXILIARY_ENDS_WITHIN)
        self.result_queue.put("STOP")
        _end([self.monitor], _AUXILIARY_ENDS_WITHIN)
        # A worker that was killed may have held the queue's lock: nobody waits for it any more.
        self.result_queue.cancel_join_thread()
        Stat(self).save()


class GentleCluster(cluster.Cluster):  # type: ignore[misc]
    """The main process: on SIGTERM or SIGINT tells its workers, then its guard, and waits for it."""

    _stopping = False

    def start(self) -> int:
        cluster.Sentinel = Guard  # the name under which `Cluster.start` looks its guard up
        pid: int = super().start()
        return pid

    def stop(self) -> bool:
        if self._stopping:
            return False  # a second signal: the first one is at it
        self._stopping = True
        ask_to_stop()
        if self.sentinel is None or self.sentinel.pid is None:
            sys.exit(0)  # nothing was started yet
        stopped: bool = super().stop()
        return stopped

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping

    def wait(self) -> int:
        """Waits until the cluster has ended. Returns its guard's exit code, negative for a signal."""
        self.sentinel.join()
        code: int | None = self.sentinel.exitcode
        return code or 0


def _leaving_with_its_guard(target: Callable[..., None]) -> Callable[..., None]:
    return functools.partial(_until_orphaned, target)


def _until_orphaned(target: Callable[..., None], *args: Any) -> None:
    watch_parent(lambda: os._exit(0))
    target(*args)


def _end(processes: Iterable[BaseProcess], within: float) -> None:
    """Waits for `processes` to end by themselves for as many seconds, then kills those that have not."""
    deadline = time.monotonic() + within
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
    for process in processes:
        if process.is_alive():
            process.kill()
            process.join()
