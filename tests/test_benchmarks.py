"""The benchmark's own parts work: its stub, its population, its table. None of it says how fast anything is."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from rich.console import Console

from tests.benchmarks import figures, population
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.processes import ROOT, Stub, stub
from tests.benchmarks.report import render
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
    rate, cpu, share = figures.end_to_end("here", rounds((100, 10), (300, 10), (200, 2)), Target(50, at_least=True))
    assert rate.ratio == 30  # of 10, 30 and 100; the medians of the rates would give 20
    assert rate.verdict == "not met"
    assert (cpu.ratio, cpu.verdict) == (1, "not met")
    assert (share.ratio, share.verdict) == (0.2, "met")


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
