"""Staff's pages about mail and the queue. No bodies, no arguments, no results: ids and words only."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success

from notifications.models import OutboxMessage, State
from notifications.staff import ReadOnlyAdmin, choice_filter, column

# What `notifications.worker.task` lets out of a task that fails; any other text may hold anything.
SAFE_FAILURE = re.compile(r"\w{1,60} ended with \w{1,60}\b")


@admin.register(OutboxMessage)
class OutboxAdmin(ReadOnlyAdmin):
    list_display = ("recipient", "kind", "tenant", "state_word", "attempts", "last_error", "created_at", "sent_at")
    list_select_related = ("tenant",)
    list_filter = (choice_filter("state", "state", [(each.value, each.label) for each in State]),)
    search_fields = ("recipient", "=kind")
    search_help_text = "A recipient's address, or a kind of mail."
    ordering = ("-created_at", "pk")
    fields = (
        *("recipient", "kind", "tenant", "state", "attempts", "last_error"),
        *("created_at", "due_at", "sent_at", "subject_id"),
    )

    @column(
        "State",
        ordering="state",
        label={"pending": "info", "held": "info", "sent": "success", "refused": "danger", "dropped": "warning"},
    )
    def state_word(self, message: OutboxMessage) -> tuple[str, str]:
        return message.state, message.get_state_display()


class QueueAdmin(ReadOnlyAdmin):
    """Rows of django-q2."""


class TaskAdmin(QueueAdmin):
    """Tasks that ran. Their pickled columns are not even loaded."""

    list_display = ("func", "started", "stopped", "seconds", "attempt_count")
    search_fields = ("func", "=id", "=name")
    fields: tuple[str, ...] = ("id", "name", "func", "cluster", "started", "stopped", "seconds", "attempt_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("args", "kwargs", "result")

    @column("Seconds")
    def seconds(self, task: Any) -> str:
        return f"{task.time_taken():.1f}"


@admin.register(Success)
class SuccessAdmin(TaskAdmin):
    pass


@admin.register(Failure)
class FailureAdmin(TaskAdmin):
    fields = (*TaskAdmin.fields, "why")

    @column("Why")
    def why(self, task: Any) -> str:
        found = SAFE_FAILURE.match(str(task.result or ""))
        return found.group() if found else "Not said here; the worker's log has it."


@admin.register(OrmQ)
class WaitingAdmin(QueueAdmin):
    list_display = ("id", "function", "lock", "key")
    ordering = ("pk",)
    fields = ("id", "function", "task_name", "key", "lock")

    @column("Function")
    def function(self, waiting: Any) -> str:
        return str(waiting.task.get("func") or "unreadable")[:100]

    @column("Name")
    def task_name(self, waiting: Any) -> str:
        return str(waiting.task.get("name") or "unreadable")[:100]


@admin.register(Schedule)
class ScheduleAdmin(QueueAdmin):
    list_display = ("name", "func", "schedule_type", "minutes", "next_run")
    fields = ("name", "func", "schedule_type", "minutes", "cron", "repeats", "next_run", "cluster")
