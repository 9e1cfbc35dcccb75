"""The examination as a whole: in time, in order, in one piece whatever breaks, changing nothing, telling no secret."""

from __future__ import annotations

import threading
import time

import pytest
from cryptography.fernet import Fernet
from django.core.cache import cache

from tests.admin.rows import live
from tests.flows.hiding_places import Searcher, everything_logged
from tests.notifications.conftest import use_server
from tests.rows import all_rows
from tests.tokens.helpers import spoil
from tokens.doctor_report import by_area, look_over
from tokens.meta.probe import Seen
from tokens.services.doctor import LEVELS, addresses, database, examination, installation, keys, mail, meta, queue, work
from tokens.services.doctor.bounded import Aside, TookTooLong, within
from tokens.services.doctor.finding import Task, ok

pytestmark = pytest.mark.django_db
PARTS = [installation, keys, database, queue, addresses, work, mail]
AREAS = [
    "Settings", "Database", "Keys", "Queue and workers", "Meta", "To enter in Meta's dashboard", "Work", "Mail",
]  # fmt: skip
CACHE_TABLE = "perennial_cache"


def test_it_works_before_there_is_any_user(emulator):
    report = look_over()
    assert report.usable
    assert {each.level for each in report.findings} <= set(LEVELS)
    assert sum(report.counts.values()) == len(report.findings) > 25


def test_the_lines_stand_in_their_order_under_each_heading_once(emulator):
    first, second = look_over().findings, look_over().findings
    assert list(by_area(first)) == AREAS
    assert [(each.area, each.name) for each in first] == [(each.area, each.name) for each in second]
    headings = [each.area for each in first]
    assert [area for area, before in zip(headings, ["", *headings], strict=False) if area != before] == AREAS


def test_whatever_is_not_well_has_a_remedy(emulator):
    live()
    for each in look_over().findings:
        assert each.sentence
        assert each.remedy or each.level == "ok", each


def test_it_changes_nothing(emulator):
    live()
    before = all_rows(apart_from=frozenset({CACHE_TABLE}))
    look_over()
    assert all_rows(apart_from=frozenset({CACHE_TABLE})) == before
    assert cache.get("doctor") is None


def test_it_looks_at_the_network_side_by_side(emulator, monkeypatch, settings):
    looking: set[str] = set()
    everybody, met = threading.Event(), list[bool]()

    def waiting_for_the_others(name, value):
        def answer(*args, **kwargs):
            looking.add(name)
            if len(looking) == 3:
                everybody.set()
            met.append(everybody.wait(3))
            return value

        return answer

    monkeypatch.setattr(meta, "look", waiting_for_the_others("a host", Seen("timeout")))
    monkeypatch.setattr(meta, "what_meta_says", waiting_for_the_others("the app", "sound"))
    monkeypatch.setattr(mail, "_judged", waiting_for_the_others("mail", ok("well")))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    look_over()
    assert len(met) >= 3 and all(met), "one after the other they would wait in vain"


def test_the_times_of_all_parts_together_stay_under_twenty_seconds():
    longest = max(task.seconds for task in [*meta.tasks(None), *mail.tasks("a@b.example"), *queue.tasks()])
    in_turn = 2 * database.DOOR_SECONDS + examination.DATABASE_SECONDS
    assert longest <= 10
    assert in_turn <= 20


def break_everything(monkeypatch, error: Exception) -> None:
    def fail():
        raise error

    def broken(task: Task) -> Task:
        return Task(task.area, task.name, fail, task.asks, task.seconds)

    for part in PARTS:
        made = part.tasks
        monkeypatch.setattr(part, "tasks", lambda *args, made=made: [broken(each) for each in made(*args)])
    of_meta = meta.tasks
    monkeypatch.setattr(meta, "tasks", lambda *clients: [broken(each) for each in of_meta(*clients)])


@pytest.mark.parametrize(
    "error", [RuntimeError("c4n4ry"), KeyError("c4n4ry"), ConnectionError("redis://:c4n4ry@host"), TookTooLong()]
)
def test_every_look_that_breaks_is_one_line_without_the_errors_words(error, emulator, monkeypatch):
    whole = [(each.area, each.name) for each in look_over().findings]
    break_everything(monkeypatch, error)
    report = look_over()
    broken = [each for each in report.findings if each.name != "Connection"]
    assert {each.level for each in broken} == {"wrong"}
    assert {area for area, _ in whole} == {each.area for each in report.findings}
    assert "c4n4ry" not in repr(report)


def test_no_secret_is_told_or_logged_even_when_everything_is_broken(emulator, settings, tmp_path):
    lived = live()
    spoil(lived.connections[0])
    planted = {
        "INSTAGRAM_APP_SECRET": "planted-c4n4ry-app-secret",
        "STATUS_TOKEN": "planted-c4n4ry-status-token",
        "EMAIL_HOST_PASSWORD": "planted-c4n4ry-mail-password",
        "BROKER_URL": "redis://:planted-c4n4ry-broker@127.0.0.1:9/0",
        "FACEBOOK_APP_SECRET": "planted-c4n4ry-facebook",
    }
    use_server(settings, 9)
    for name, value in planted.items():
        setattr(settings, name, value)
    settings.EMAIL_HOST_USER = "perennial"
    key = settings.FERNET_KEYS[0]
    settings.FERNET_KEYS = [Fernet.generate_key().decode()]
    emulator.state.add_fault("malformed")
    secrets = [*lived.secrets, *planted.values(), "c4n4ry", key, *settings.FERNET_KEYS, settings.SECRET_KEY]
    with everything_logged() as logged:
        report = look_over(mail_to="anna@acme.dev")
    told = {f"{each.area}/{each.name}": f"{each.sentence} {each.remedy}" for each in report.findings}
    logs = [line for line in logged if "django.db.backends" not in line]
    assert Searcher(secrets).find({**told, "log": "\n".join(logs)}) == []
    assert report.counts["wrong"] >= 5


def test_nobody_is_named(emulator):
    live(name="Zebrafish")
    text = repr(look_over())
    for word in ("Zebrafish", "anna@creator.example", "x@y.example"):
        assert word not in text


# Asides


def test_an_aside_gives_back_what_its_function_does():
    assert within(5, lambda: 7) == 7
    with pytest.raises(KeyError):
        within(5, lambda: dict[str, int]()["x"])


def test_one_that_takes_too_long_is_left_behind():
    gate = threading.Event()
    aside = Aside(gate.wait, 0.1)
    with pytest.raises(TookTooLong):
        aside.result()
    gate.set()
    assert aside._thread.daemon, "the process ends without it"


def test_its_time_counts_from_its_beginning():
    gate = threading.Event()
    asides = [Aside(gate.wait, 0.3) for _ in range(5)]
    started = time.monotonic()
    for aside in asides:
        with pytest.raises(TookTooLong):
            aside.result()
    gate.set()
    assert time.monotonic() - started < 1
