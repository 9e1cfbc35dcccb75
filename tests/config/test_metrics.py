"""`/metrics`: numbers from the tables, for those who watch the installation."""

from __future__ import annotations

import datetime as dt
import math
import re
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import metrics, status
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_connections, make_meta_app, make_tenant
from tests.tokens.helpers import ago
from tokens.models import AppBudget, Brake, CallTally, Credential, SweepRun, UnknownAnswer
from tokens.services import heartbeat

pytestmark = pytest.mark.django_db
OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
# Both purposes' due ones and last sweeps, the heartbeat, brakes, budgets, latency, the outbox and what is held up
# in it, unknown answers, the last hour.
QUERIES = 12


@pytest.fixture
def ask(client: Client):
    """The metrics by name and values of labels, as Prometheus reads them."""

    def read():
        response = client.get("/metrics")
        assert response.status_code == 200
        families = text_string_to_metric_families(response.content.decode())
        samples = [sample for family in families for sample in family.samples]
        # The purpose before the other label, whatever order they are written in.
        found = {
            (
                each.name.removeprefix("perennial_"),
                *(each.labels[name] for name in sorted(each.labels, reverse=True)),
            ): each.value
            for each in samples
        }
        assert len(found) == len(samples)
        return found

    return read


def swept(purpose: str = "refresh", *, ended: dt.datetime | None = None, **columns) -> SweepRun:
    ended = ended or ago(minutes=5)
    started = ended - dt.timedelta(seconds=columns.get("seconds", 1))
    return SweepRun.objects.create(purpose=purpose, owner="h:1:a", started_at=started, ended_at=ended, **columns)


def test_an_installation_without_rows_has_noughts_and_a_sweep_that_never_ran(ask):
    told = ask()
    for part in heartbeat.SILENCES:
        assert told.pop((f"seconds_since_last_{part}",)) == math.inf
    assert set(told.values()) == {0}


def test_due_and_overdue_are_counted_by_purpose(ask, travel):
    now = timezone.now()
    travel(now)
    for minutes in (-5, 0, 59, 61, 180):
        make_connection(due_at=now - dt.timedelta(minutes=minutes))
    make_connection(check_due_at=now - dt.timedelta(minutes=90))
    make_connection(status="inactive")
    told = ask()
    assert [told[name, "refresh"] for name in ("due", "overdue", "oldest_overdue_seconds")] == [4, 2, 3 * 3600]
    assert [told[name, "check"] for name in ("due", "overdue", "oldest_overdue_seconds")] == [1, 1, 90 * 60]


def test_what_is_due_but_not_overdue_has_no_age(ask):
    make_connection(due_at=ago(minutes=30))
    told = ask()
    assert (told["due", "refresh"], told["oldest_overdue_seconds", "refresh"]) == (1, 0)


def test_the_heartbeat_has_an_age(ask, travel):
    now = timezone.now()
    travel(now)
    heartbeat.beat(heartbeat.SWEEP, now - dt.timedelta(seconds=90))
    assert ask()[("seconds_since_last_sweep",)] == 90


def test_brakes_that_hold_are_counted_by_cause(ask):
    for number, (cause, lifted) in enumerate([("deaths", None), ("weather", None), ("weather", None), ("ours", ago())]):
        app = make_meta_app(app_id=f"app{number}")
        Brake.objects.create(meta_app=app, cause=cause, fallen_at=ago(minutes=1), lifted_at=lifted)
    told = ask()
    assert {cause: told["brakes_holding", cause] for cause in Brake.Cause.values} == {
        "deaths": 1, "weather": 2, "ours": 0,
    }  # fmt: skip


def test_the_budget_of_each_app_is_told_and_an_old_figure_is_not(ask, travel):
    now = timezone.now()
    travel(now)
    told_of = [make_meta_app(app_id=f"app{number}") for number in range(3)]
    AppBudget.objects.create(meta_app=told_of[0], usage=81.5, usage_at=now - dt.timedelta(minutes=4))
    AppBudget.objects.create(meta_app=told_of[1], usage=97, usage_at=now - dt.timedelta(minutes=6))
    AppBudget.objects.filter(meta_app=told_of[0]).update(paused_until=now - dt.timedelta(seconds=1))
    AppBudget.objects.filter(meta_app=told_of[1]).update(paused_until=now + dt.timedelta(seconds=1))
    told, (first, second, third) = ask(), [str(app.pk) for app in told_of]
    assert {key: value for key, value in told.items() if key[0].startswith("budget_")} == {
        ("budget_used_percent", first): 81.5, ("budget_paused", first): 0, ("budget_paused", second): 1,
    }  # fmt: skip
    assert not [key for key in told if third in key]


def test_metas_latency_is_that_of_the_last_ten_minutes(ask, travel):
    travel(timezone.now().replace(second=30))
    app, idle = make_meta_app(), make_meta_app(app_id="idle")
    for minutes, owner, calls, seconds, slowest in [
        (0, "a", 10, 2.0, 0.9), (0, "b", 30, 10.0, 4.5), (9, "a", 10, 3.0, 0.5), (11, "a", 100, 900.0, 25.0),
    ]:  # fmt: skip
        minute = ago(minutes=minutes).replace(second=0, microsecond=0)
        CallTally.objects.create(
            meta_app=app, minute=minute, owner=owner, calls=calls, seconds=seconds, slowest=slowest
        )
    CallTally.objects.create(meta_app=idle, minute=timezone.now().replace(second=0, microsecond=0), owner="a")
    told = ask()
    latency = {key[0]: value for key, value in told.items() if key[0].startswith("meta_latency")}
    assert latency == {"meta_latency_mean_seconds": 0.3, "meta_latency_slowest_seconds": 4.5}


def test_mail_that_waits_is_counted_and_mail_that_was_sent_is_not(ask):
    for number, state in enumerate(("pending", "pending", "sent", "refused")):
        due_at = timezone.now() if state == "pending" else None
        OutboxMessage.objects.create(
            kind="x", recipient="a@b.example", dedupe_key=str(number), state=state, due_at=due_at
        )
    assert (ask()[("outbox_waiting",)], ask()[("outbox_held_up",)]) == (2, 0)
    OutboxMessage.objects.filter(dedupe_key="0").update(due_at=ago(hours=2))
    assert (ask()[("outbox_waiting",)], ask()[("outbox_held_up",)]) == (2, 1)


def test_answers_that_no_rule_knows_are_summed(ask):
    assert ask()[("unknown_answers",)] == 0
    for number in (3, 4):
        UnknownAnswer.objects.create(
            fingerprint=str(number), call="me", count=number, first_at=ago(days=9), last_at=ago(days=8)
        )
    assert ask()[("unknown_answers",)] == 7


def test_outcomes_of_the_last_hour_are_summed_by_word(ask):
    swept(refreshed=4, lost=1, failed={"died": 2, "failed": 1}, leases_recovered=2)
    swept(refreshed=3, failed={"failed": 5}, leases_recovered=1)
    swept("check", alive=7)
    swept(refreshed=100, failed={"our_fault": 9}, leases_recovered=100, ended=ago(minutes=61))
    told = ask()
    outcomes = {key[1:]: value for key, value in told.items() if key[0] == "outcomes_last_hour" and value}
    assert outcomes == {
        **{("refresh", "refreshed"): 7, ("refresh", "lost"): 1, ("refresh", "died"): 2, ("refresh", "failed"): 6},
        ("check", "alive"): 7,
    }
    assert (told["leases_recovered_last_hour", "refresh"], told["leases_recovered_last_hour", "check"]) == (3, 0)


def test_the_last_sweep_of_each_purpose_is_told_and_one_that_still_runs_is_not(ask):
    swept(claimed=10, seconds=100.0, ended=ago(days=2))
    swept(claimed=30, seconds=4.0, ended=ago(days=1))
    swept("check", claimed=8, seconds=2.0)
    SweepRun.objects.create(purpose="refresh", owner="h:1:a", started_at=ago(seconds=1), claimed=1)
    told = ask()
    assert (told["last_sweep_duration_seconds", "refresh"], told["last_sweep_tokens_per_second", "refresh"]) == (4, 7.5)
    assert (told["last_sweep_duration_seconds", "check"], told["last_sweep_tokens_per_second", "check"]) == (2, 4)


def test_two_processes_tell_the_same_since_none_counts_by_itself():
    make_connection(due_at=ago(hours=2))
    now = timezone.now()
    assert metrics.exposition(now) == metrics.exposition(now)
    assert b"python_info" not in metrics.exposition(now)
    assert b"_created" not in metrics.exposition(now)


def test_it_asks_as_often_for_many_rows_as_for_none(client):
    def questions() -> int:
        with CaptureQueriesContext(database) as asked:
            assert client.get("/metrics").status_code == 200
        return len(asked)

    few = questions()
    make_connections(12, due_at=ago(hours=2), check_due_at=ago(hours=2))
    for _ in range(12):
        swept(refreshed=1, failed={"died": 1})
        swept("check", alive=1)
        app = make_meta_app(tenant=make_tenant())
        AppBudget.objects.create(meta_app=app, usage=80, usage_at=timezone.now())
        CallTally.objects.create(meta_app=app, minute=timezone.now(), owner="a", calls=1)
    assert questions() == few == QUERIES


def test_no_label_and_no_number_tells_of_a_workspace_or_a_person(client):
    tenant = make_tenant("Zebrafish Studio")
    connection = make_connection(tenant=tenant, handle="anna", contact_email="anna@c.example", due_at=ago(hours=2))
    swept(tenant=tenant, refreshed=1)
    Credential.objects.filter(pk=connection.pk).update(lease_owner="machine-of-ours:1:a")
    own = make_meta_app(tenant=tenant, app_id="9988776655", secret="a secret of theirs")
    AppBudget.objects.create(meta_app=own, usage=80, usage_at=timezone.now(), canary_owner="machine-of-ours:1:a")
    CallTally.objects.create(meta_app=own, minute=timezone.now(), owner="machine-of-ours:1:a", calls=1)
    text = client.get("/metrics").content.decode()
    told = set(re.findall(r'(\w+)="', text))
    assert told == {"purpose", "cause", "outcome", "app"}
    assert set(re.findall(r'app="([^"]+)"', text)) == {str(own.pk)}
    for word in (
        "ebrafish",
        "anna",
        str(tenant.pk),
        str(connection.pk),
        connection.instagram_id,
        "machine",
        "h:1:a",
        "99887766",
        "secret",
    ):
        assert word not in text


@pytest.fixture
def dead_database(monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("connection to server at 10.1.2.3 failed")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper._execute_with_wrappers", fail)


def test_503_in_one_plain_line_while_the_database_is_gone(client, dead_database):
    response = client.get("/metrics")
    assert (response.status_code, response.content) == (503, status.NO_NUMBERS.encode())
    assert response["Content-Type"].startswith("text/plain")


def test_the_answer_is_kept_by_nobody_and_sets_no_cookie(signed_in):
    response = signed_in.get("/metrics")
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert response["Content-Type"].startswith("text/plain; version=")


def test_the_handbook_names_metrics_that_exist_and_no_other(client):
    make_connection()
    swept(claimed=1)
    names = set(re.findall(r"^# TYPE (\w+) gauge$", client.get("/metrics").content.decode(), re.MULTILINE))
    named = set(re.findall(r"\bperennial_\w+", OPERATIONS.read_text("utf-8")))
    assert named == names
