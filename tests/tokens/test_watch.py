"""The watch: what stands still is told to staff once an outage, and so is its end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail as letters
from django.test import Client
from django.utils import timezone

from notifications.delivery import deliver_due
from notifications.models import Outage, OutboxMessage
from tests.factories import make_connection, make_meta_app, make_tenant
from tests.notifications.conftest import use_server
from tests.tokens.helpers import ago
from tokens import tasks, watch
from tokens.models import AppBudget, Brake, Credential, Heartbeat, ImportLine, MetaApp, TokenImport
from tokens.services import heartbeat
from tokens.services.heartbeat import CHECK, DELIVERY, INSTALLED, SILENCES, SWEEP
from tokens.watch import CHECKS, IMPORTS, MAILS, TOKENS, late_renewals, look, look_and_send, troubles

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = dt.timedelta(hours=2)


@pytest.fixture(autouse=True)
def all_well(transactional_db: None) -> None:
    beat_all()


def beat_all(age: dt.timedelta = dt.timedelta(0)) -> None:
    for part in (*SILENCES, INSTALLED):
        heartbeat.beat(part, timezone.now() - age)


def words() -> list[str]:
    return [trouble.word for trouble in troubles(timezone.now())]


def looked() -> list[str]:
    """Looks as if a minute had passed, delivers as a worker would; the subjects of the mails that staff got."""
    Heartbeat.objects.filter(name=watch.LOOK).delete()
    letters.outbox.clear()
    assert look(timezone.now())
    deliver_due(kind=watch.STANDSTILL)
    deliver_due(kind=watch.ALL_CLEAR)
    return [each.subject.partition(" at ")[0] for each in letters.outbox]


ALERT, CLEAR = "The work stands still", "All is well again"


# What counts as standing still


def test_nothing_is_wrong_while_all_parts_run() -> None:
    assert words() == []


@pytest.mark.parametrize("part", list(SILENCES))
def test_a_part_that_is_silent_for_its_time_stands_still(part: str, travel: Any) -> None:
    now = timezone.now()
    travel(now)
    heartbeat.beat(part, now - SILENCES[part])
    assert words() == []
    heartbeat.beat(part, now - SILENCES[part] - dt.timedelta(seconds=1))
    assert words() == [part]


@pytest.mark.parametrize("part", [CHECK, DELIVERY])
def test_what_never_ran_counts_as_silent_once_it_has_had_time(part: str) -> None:
    Heartbeat.objects.filter(name=part).delete()
    assert words() == []
    heartbeat.beat(INSTALLED, timezone.now() - SILENCES[part] - dt.timedelta(seconds=1))
    assert words() == [part]
    Heartbeat.objects.filter(name=INSTALLED).delete()
    assert words() == [part], "nobody knows since when, so it is no health"


def test_each_part_leaves_a_sign_of_life() -> None:
    Heartbeat.objects.all().delete()
    deliver_due()
    tasks.check()
    tasks.sweep()
    assert set(heartbeat.last_beats()) == set(SILENCES)


def test_mail_that_waits_for_an_hour_is_told() -> None:
    message = OutboxMessage.objects.create(kind="revived", recipient="a@mail.example", dedupe_key="1")
    assert words() == []
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=ago(hours=1.1))
    assert words() == [MAILS]


def test_a_server_that_takes_no_mail_is_told_though_each_try_puts_the_next_one_off(
    travel: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a mail or two in the queue none is ever overdue: it is tried, put off, and tried again."""
    use_server(settings, 9)
    monkeypatch.setattr("notifications.delivery.compose", lambda message: letters.EmailMultiAlternatives())
    message = OutboxMessage.objects.create(kind="all_clear", recipient="a@mail.example", dedupe_key="1")
    travel(began := timezone.now())
    while timezone.now() - began < dt.timedelta(hours=3) and MAILS not in words():
        travel(due_at(message))
        assert deliver_due().stopped
        beat_all()
    assert dt.timedelta(hours=1) <= timezone.now() - began < dt.timedelta(hours=2)
    assert [trouble.since for trouble in troubles(timezone.now())] == [message.created_at]


def due_at(message: OutboxMessage) -> dt.datetime:
    message.refresh_from_db()
    assert message.due_at
    return message.due_at


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("smtp_452", []), ("http_400", []), ("backend", []), ("smtp_421", [MAILS]), ("smtp_535", [MAILS]),
        ("http_401", [MAILS]), ("render", [MAILS]),
    ],
)  # fmt: skip
def test_an_address_that_puts_off_its_mail_is_no_trouble_of_ours(word: str, told: list[str]) -> None:
    later = timezone.now() + dt.timedelta(hours=1)
    OutboxMessage.objects.create(
        kind="revived", recipient="full@mail.example", dedupe_key="1", attempts=9, last_error=word, due_at=later
    )
    assert words() == told


def test_tokens_that_are_overdue_for_an_hour_are_told_but_not_while_their_app_can_not_be_asked() -> None:
    app = make_meta_app()
    make_connection(meta_app=app, due_at=ago(hours=0.9))
    assert words() == []
    late = make_connection(meta_app=app, due_at=ago(hours=1.1))
    assert words() == [TOKENS]
    Credential.objects.filter(connection=late).update(lease_until=timezone.now() + dt.timedelta(minutes=3))
    assert words() == [], "a worker is at it"
    Credential.objects.filter(connection=late).update(lease_until=timezone.now())
    assert words() == [TOKENS]
    brake = Brake.objects.create(meta_app=app, cause=Brake.Cause.WEATHER, fallen_at=timezone.now())
    assert words() == []
    brake.delete()
    AppBudget.objects.create(meta_app=app, paused_until=timezone.now())
    assert words() == []
    AppBudget.objects.update(paused_until=ago(hours=1.1))
    assert words() == [TOKENS], "the pause is long over, and nobody went on"


def test_checks_that_are_overdue_by_a_whole_round_are_told_but_not_while_their_app_can_not_be_asked(
    settings: Any,
) -> None:
    settings.CHECK_EVERY_HOURS = 6
    connection = make_connection(check_due_at=ago(hours=5.9))
    assert words() == []
    rows = Credential.objects.filter(connection=connection)
    rows.update(check_due_at=ago(hours=6.1))
    assert words() == [CHECKS]
    rows.update(lease_until=timezone.now() + dt.timedelta(minutes=3))
    assert words() == [], "a worker is at it"
    rows.update(lease_until=None)
    brake = Brake.objects.create(meta_app=connection.meta_app, cause=Brake.Cause.WEATHER, fallen_at=timezone.now())
    assert words() == []
    brake.delete()
    budget = AppBudget.objects.create(meta_app=connection.meta_app, paused_until=timezone.now())
    assert words() == []
    budget.delete()
    assert words() == [CHECKS]


@pytest.mark.parametrize("closed", ["weather", "pause"])
def test_the_weather_at_one_app_hides_nothing_of_another_one(closed: str) -> None:
    stormy, fair = make_meta_app(), make_meta_app(flavour="facebook_login")
    close(stormy, closed)
    for app in (stormy, fair):
        make_connection(meta_app=app, due_at=ago(hours=30), check_due_at=ago(hours=30))
    late = Credential.objects.get(connection__meta_app=fair)
    since = {trouble.word: trouble.since for trouble in troubles(timezone.now())}
    assert since == {TOKENS: late.due_at, CHECKS: late.check_due_at}
    late.delete()
    assert words() == []


@pytest.mark.parametrize("closed", ["weather", "pause"])
@pytest.mark.parametrize(("days", "told"), [(1.9, [TOKENS]), (2.1, []), (None, [])])
def test_a_renewal_with_two_days_left_is_told_whatever_its_app_waits_for(
    days: float | None, told: list[str], closed: str
) -> None:
    app = make_meta_app()
    close(app, closed)
    now = timezone.now()
    end = None if days is None else now + dt.timedelta(days=days)
    connection = make_connection(meta_app=app, due_at=ago(hours=1.1), expires_at=end)
    assert words() == told
    # The same for members of the workspace.
    assert late_renewals(now).filter(tenant=connection.tenant_id).exists() == bool(told)
    Credential.objects.update(renewable=False)
    assert words() == [], "nothing could be done for it"
    assert not late_renewals(now).exists()


def close(app: MetaApp, how: str) -> None:
    now = timezone.now()
    if how == "weather":
        Brake.objects.create(meta_app=app, cause=Brake.Cause.WEATHER, fallen_at=now - dt.timedelta(days=9))
    else:
        AppBudget.objects.create(meta_app=app, paused_until=now + dt.timedelta(hours=1))


def test_an_import_that_waits_for_a_worker_is_told_but_not_one_that_waits_for_its_app(settings: Any) -> None:
    tenant = make_tenant()
    job = TokenImport.objects.create(tenant=tenant, file_name="x.csv", lines=1, confirmed_at=ago(hours=1.1))
    line = ImportLine.objects.create(tenant=tenant, token_import=job, number=2)
    assert words() == [IMPORTS]
    TokenImport.objects.update(worked_at=ago(minutes=1))
    assert words() == []
    TokenImport.objects.update(worked_at=None)
    ImportLine.objects.filter(pk=line.pk).update(lease_until=timezone.now() + dt.timedelta(minutes=1))
    assert words() == [], "Instagram did not answer: it is put off"
    ImportLine.objects.update(lease_until=None)
    settings.INSTAGRAM_APP_ID = ""
    assert words() == []


# Whom it is told, and how often


def test_an_outage_is_told_once_and_its_end_once() -> None:
    assert looked() == []
    beat_all(LONG_AGO)
    assert [looked(), looked(), looked()] == [[ALERT], [], []]
    beat_all()
    assert [looked(), looked()] == [[CLEAR], []]
    assert Outage.objects.get().over_at
    beat_all(LONG_AGO)
    assert looked() == [ALERT], "another outage"


def test_what_follows_from_a_missing_worker_is_no_news_but_another_cause_is() -> None:
    heartbeat.beat(CHECK, timezone.now() - LONG_AGO)
    assert looked() == [ALERT]
    heartbeat.beat(SWEEP, timezone.now() - LONG_AGO)
    assert looked() == [ALERT]
    heartbeat.beat(DELIVERY, timezone.now() - LONG_AGO)
    OutboxMessage.objects.create(kind="revived", recipient="a@mail.example", dedupe_key="1", due_at=ago(hours=2))
    make_connection(due_at=ago(hours=2))
    assert looked() == []
    # Workers are back, and have not caught up yet.
    heartbeat.beat(SWEEP, timezone.now())
    assert looked() == []
    heartbeat.beat(SWEEP, timezone.now() - LONG_AGO)
    assert looked() == [ALERT], "they have gone once more"


@pytest.mark.parametrize("part", [SWEEP, CHECK])
def test_checks_that_are_late_since_nobody_checks_are_no_news(part: str) -> None:
    heartbeat.beat(part, timezone.now() - LONG_AGO)
    assert looked() == [ALERT]
    make_connection(check_due_at=ago(hours=25))
    assert looked() == []
    beat_all()
    assert looked() == [], "they have not caught up yet"


def test_the_mail_names_what_is_wrong_when_it_is_written_and_where() -> None:
    beat_all(LONG_AGO)
    looked()
    [letter] = letters.outbox
    assert letter.to == ["staff@perennial.example"]
    for part in (SWEEP, CHECK, DELIVERY):
        assert watch.SENTENCES[part] in letter.body


def test_an_alert_that_comes_too_late_is_not_sent_and_neither_is_its_end() -> None:
    beat_all(LONG_AGO)
    assert look(timezone.now())
    beat_all()
    assert looked() == []
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"dropped"}


def test_a_new_installation_is_left_the_time_to_begin() -> None:
    Heartbeat.objects.all().delete()
    heartbeat.beat(INSTALLED, timezone.now())
    assert looked() == []
    heartbeat.beat(INSTALLED, timezone.now() - LONG_AGO)
    assert looked() == [ALERT]


def test_looks_are_a_minute_apart_whoever_looks_and_however_the_clock_is_set() -> None:
    now = timezone.now()
    assert look(now)
    assert not look(now + dt.timedelta(seconds=59))
    assert look(now + dt.timedelta(seconds=61))
    assert look(now - dt.timedelta(days=1))


def test_a_sweep_looks_too() -> None:
    heartbeat.beat(CHECK, timezone.now() - LONG_AGO)
    tasks.sweep()
    assert OutboxMessage.objects.get().kind == watch.STANDSTILL


def test_the_site_sends_the_alert_by_itself_and_nothing_else() -> None:
    beat_all(LONG_AGO)
    OutboxMessage.objects.create(kind="revived", recipient="a@mail.example", dedupe_key="1")
    look_and_send()
    assert [each.to for each in letters.outbox] == [["staff@perennial.example"]]
    assert DELIVERY in words(), "that is no delivery"


def test_the_site_sends_what_a_worker_only_wrote() -> None:
    beat_all(LONG_AGO)
    assert look(timezone.now())
    look_and_send()
    assert len(letters.outbox) == 1


def test_staff_see_it_on_their_home_page(admin_client: Client) -> None:
    assert watch.SENTENCES[CHECK] not in admin_client.get("/admin/").content.decode()
    heartbeat.beat(CHECK, timezone.now() - LONG_AGO)
    assert watch.SENTENCES[CHECK] in admin_client.get("/admin/").content.decode()


@pytest.mark.parametrize("trouble", list(watch.SENTENCES))
def test_a_probe_hears_of_each(trouble: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [watch.Trouble(trouble, watch.SENTENCES[trouble], None)]
    monkeypatch.setattr("config.readiness.troubles", lambda now: found)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content.decode()) == (503, watch.SENTENCES[trouble])
