"""The work itself: what holds it up now, and what is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Min, Q
from django.utils import timezone

from tokens import flags
from tokens.models import AppBudget, Brake, Credential, Status, UnknownAnswer
from tokens.remedies import OUR_WORDS
from tokens.services.doctor.finding import Said, Task, count, ok, warning, wrong

AREA = "Work"
LATELY = dt.timedelta(days=7)


def tasks() -> list[Task]:
    return [
        Task(AREA, "Brakes", _brakes),
        Task(AREA, "Meta's limits", _budgets),
        Task(AREA, "Renewals", _overdue),
        Task(AREA, "Faults of our own", _own_faults),
        Task(AREA, "Unknown answers", _unknown),
    ]


def _brakes() -> Iterator[Said]:
    rows = Brake.objects.filter(lifted_at__isnull=True).order_by().values_list("cause").annotate(Count("pk"))
    found = dict(rows)
    for cause in Brake.Cause:
        if cause in found:
            yield wrong(
                f"{count(found[cause], 'Meta app')}: {cause.label}.",
                "Its page at /admin/ tells what to check; once it is mended, press “Resume” there.",
            )
    if not found:
        yield ok("None holds.")


def _budgets() -> Said:
    paused = AppBudget.objects.filter(paused_until__gt=timezone.now()).count()
    if paused:
        return warning(
            f"{count(paused, 'Meta app')} paused, since Meta wants fewer calls.",
            "They go on by themselves. If it lasts, see whether something else calls Meta with the same app.",
        )
    return ok("No Meta app is paused.")


def _overdue() -> Said:
    now = timezone.now()
    late = Credential.objects.filter(due_at__lt=now - flags.OVERDUE).aggregate(all=Count("pk"), oldest=Min("due_at"))
    if not late["all"]:
        return ok("None is overdue.")
    hours = int((now - late["oldest"]).total_seconds() // 3600)
    sentence = f"{count(late['all'], 'is', 'are')} overdue, the oldest for {count(hours, 'hour')}."
    ends = Credential.objects.filter(due_at__lt=now - flags.OVERDUE, expires_at__lt=now + flags.SOON).count()
    remedy = "Do workers run, and does a brake or a limit hold them up? `python manage.py refresh_tokens` does it now."
    if ends:
        return wrong(f"{sentence} Of these {ends:,} run out within ten days.", remedy)
    return warning(sentence, remedy)


def _own_faults() -> Said:
    failing = Credential.objects.filter(connection__status=Status.ACTIVE, last_failure__in=OUR_WORDS).count()
    if failing:
        return wrong(
            f"{count(failing, 'connection fails', 'connections fail')} by a fault of ours, not of the creators.",
            "The lines about keys and about Meta tell which; so do the connections' pages at /admin/.",
        )
    return ok("No connection fails by one.")


def _unknown() -> Said:
    lately = Q(last_at__gt=timezone.now() - LATELY)
    kinds = UnknownAnswer.objects.filter(lately).count()
    if kinds:
        return warning(
            f"{count(kinds, 'kind')} of Meta's answers in the last seven days that no rule knows.",
            "They stand at /admin/ with their codes and words. Nothing was ended for them.",
        )
    return ok("Every answer of Meta's in the last seven days was one that is known.")
