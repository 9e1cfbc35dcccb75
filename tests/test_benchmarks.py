"""The benchmark's own parts work: its stub, its population, its table. None of it says how fast anything is."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rich.console import Console

from tests.benchmarks import catching_up, end_to_end, figures, parts, population, slow_disk
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.processes import ROOT, Stub, stub
from tests.benchmarks.report import render
from tokens.fields import seal
from tokens.meta import AppCredentials, Endpoints, InstagramClient, Secret
from tokens.models import Credential

LATENCY = 0.06


@pytest.fixture(scope="module")
def meta() -> Iterator[Stub]:
    with stub(LATENCY * 1000) as running:
        yield running


@pytest.fixture
def client(meta: Stub) -> Iterator[InstagramClient]:
    endpoints = Endpoints(f"{meta.url}/oauth/authorize", meta.url, meta.url, "v26.0")
    client = InstagramClient(endpoints, AppCredentials("1", Secret("s")))
    yield client
    client.close()


def test_the_stub_answers_a_refresh_as_the_client_expects(client: InstagramClient, meta: Stub) -> None:
    first, second = (client.refresh(Secret(population.TOKEN)) for _ in range(2))
    assert first.expires_in == second.expires_in == 5_184_000
    assert first.token.reveal() != second.token.reveal()
    assert all(meta.gave(fresh.token.reveal()) for fresh in (first, second))
    assert not meta.gave(population.TOKEN)


def test_the_stub_knows_whose_token_it_is(client: InstagramClient) -> None:
    assert client.me(Secret(population.TOKEN)).username == "bench"


def test_nobody_is_answered_before_the_latency_is_over(client: InstagramClient, meta: Stub) -> None:
    for _ in range(3):
        started = time.monotonic()
        client.refresh(Secret(population.TOKEN))
        assert time.monotonic() - started >= LATENCY


def test_the_stub_tells_what_it_has_done(client: InstagramClient, meta: Stub) -> None:
    before = meta.told()
    client.refresh(Secret(population.TOKEN))
    after = meta.told()
    assert (after["answered"], after["given"]) == (before["answered"] + 1, before["given"] + 1)
    assert after["cpu_seconds"] >= before["cpu_seconds"] > 0


def test_the_stub_listens_on_one_address_alone(meta: Stub) -> None:
    socket.create_connection(("127.0.0.1", meta.port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", meta.port), timeout=5)


def test_the_stub_ends_with_its_parent() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.stub", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.stdin.close()  # as the end of the process that holds it would
        try:
            assert process.wait(10) == 0
        finally:
            process.kill()


@pytest.mark.django_db
def test_a_population_is_due_and_decrypts() -> None:
    population.fill(25)
    rows = Credential.objects.due_for_refresh(timezone.now())
    assert rows.count() == Credential.objects.filter(connection__status="active").count() == 25
    assert {row.token.reveal() for row in rows if row.token is not None} == {population.TOKEN}


def rounds(*pairs: tuple[float, float]) -> dict[str, Any]:
    """What an end-to-end measurement tells: rates of engine and naive loop a round, all with the same CPU."""
    cpu = {"worker_ms": 3.0, "database_ms": 1.0, "stub_ms": 1.0}
    seen = [{"engine": {"rate": engine, **cpu}, "naive": {"rate": naive, **cpu}} for engine, naive in pairs]
    return {"tokens": 100, "rounds": seen}


def test_ratios_are_computed_inside_a_round() -> None:
    rate, *_, share = figures.end_to_end("here", rounds((100, 10), (300, 10), (200, 2)), Target(50, at_least=True))
    assert rate.ratio == 30  # of 10, 30 and 100; the medians of the rates would give 20
    assert rate.verdict == "not met"
    assert (share.ratio, share.verdict) == (0.2, "met")


def test_cpu_is_measured_in_milliseconds_and_not_against_the_naive_loop() -> None:
    seen = rounds((100, 10))
    seen["rounds"][0]["engine"] |= {"worker_ms": 0.9, "database_ms": 0.07}
    _, workers, database, _ = figures.end_to_end("here", seen, Target(1, at_least=True))
    assert (workers.engine, workers.beside, workers.verdict) == ("0.90", "naive 3.00", "met")
    assert (database.engine, database.beside, database.verdict) == ("0.07", "naive 1.00", "not met")


def test_a_database_whose_cpu_cannot_be_seen_has_no_line() -> None:
    seen = rounds((100, 10))
    seen["rounds"][0]["engine"]["database_ms"] = None
    names = [figure.name for figure in figures.end_to_end("here", seen, Target(1, at_least=True))]
    assert len(names) == 3
    assert not any("database" in name for name in names)


def test_what_a_slow_disk_leaves_is_computed_inside_a_round() -> None:
    pairs = [((80, 30), (100, 100)), ((60, 30), (100, 90)), ((300, 30), (400, 60))]
    seen = [{"slow": {"engine": a, "naive": b}, "fast": {"engine": c, "naive": d}} for (a, b), (c, d) in pairs]
    _, engine, naive = figures.slow_disk(seen, {"slow": 2.2, "fast": 0.2})
    assert (engine.ratio, engine.verdict) == (0.75, "met")
    assert naive.ratio == pytest.approx(1 / 3)
    assert naive.verdict == ""


def test_a_round_grows_until_it_takes_long_enough() -> None:
    assert end_to_end.more(1_000, 1.5, 4) == 8_000  # half a second of work behind the doorbell
    assert end_to_end.more(1_000, 1.0, 4) == 8_000  # never faster than eightfold
    assert end_to_end.more(1_000, 2.9, 4) == 2_200
    assert end_to_end.more(150_000, 2.9, 4) == end_to_end.MOST


def test_a_part_inside_another_counts_as_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 2.0, 5.0, 9.0])
    monkeypatch.setattr(time, "thread_time", lambda: next(clock))
    shares = parts.Shares()
    inner = shares.around("inner", lambda: "done")
    assert shares.around("outer", inner)() == "done"
    assert shares.seconds == {"outer": 6.0, "inner": 3.0}


def test_what_a_renewal_spends_is_counted_on_every_thread(client: InstagramClient) -> None:
    shares, sealed = parts.Shares(), seal(population.TOKEN)
    with parts.watched(shares):
        asker = threading.Thread(target=lambda: client.refresh(Secret(population.TOKEN)))
        asker.start()
        asker.join()
        sealed.reveal()
    counted = shares.seconds
    assert set(counted) == {"Fernet", "HTTP"}
    assert all(seconds > 0 for seconds in counted.values())
    sealed.reveal()
    assert shares.seconds == counted


def test_a_turn_is_what_the_days_left_say() -> None:
    assert sorted(catching_up.place_of(number, 10_000) for number in range(10_000)) == list(range(10_000))


@pytest.mark.django_db
@pytest.mark.parametrize(("backwards", "latest"), [(False, 0), (True, 48)])
def test_lateness_is_counted_in_places(backwards: bool, latest: int) -> None:
    population.fill(50)
    now = timezone.now()
    for row in Credential.objects.select_related("connection"):
        number = int(row.connection.instagram_id)
        turn = catching_up.place_of(number, 50) * (-1 if backwards else 1)
        Credential.objects.filter(pk=row.pk).update(refreshed_at=now + dt.timedelta(seconds=turn))
    late = catching_up.lateness(50)
    assert len(late) == 49
    assert max(late) == latest


def test_without_a_compiler_there_is_no_slow_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(slow_disk.NotHere, match="no compiler"):
        slow_disk._compiled(tmp_path / "slow_sync.so")


def rendered(*lines: Figure) -> str:
    out = io.StringIO()
    render(list(lines), Console(file=out, width=160))
    return out.getvalue()


def test_a_missed_target_is_shown_as_not_met() -> None:
    shown = rendered(Figure("tokens/s", "78", "naive 4.9", 15.9, Target(300, at_least=True)))
    assert all(word in shown for word in ("tokens/s", "78", "naive 4.9", "15.9 x", "≥ 300 x", "not met"))


def test_a_target_that_is_met_or_was_not_measured_says_so() -> None:
    target = Target(2, at_least=False)
    shown = rendered(Figure("growth", "", "", 1.5, target), Figure("other", "", "", None, target), Figure("plain", "5"))
    assert "not met" not in shown
    lines = shown.splitlines()
    [growth, other, plain] = [next(line for line in lines if name in line) for name in ("growth", "other", "plain")]
    assert " met " in growth
    assert "not measured" in other
    assert "met" not in plain
