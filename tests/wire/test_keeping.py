"""What `--state FILE` keeps: everything but the log, over any ending."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.emulator.browser import consent
from tests.emulator.keeper import Keeper, Unkept
from tests.emulator.records import DAY
from tests.emulator.snapshot import restore, snapshot
from tests.emulator.state import State

from .client import BASIC, META_SECRET, PUBLISH, Client, came_back, until


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


def lived() -> State:
    """A state in which everything has happened."""
    state = State()
    state.add_person("lea", "Lea <Lindt>", "Media_Creator")
    state.add_person("mia")
    state.add_app("77", "other-secret", redirect_uris=["https://x.test/"])
    state.issue_token("lea", age_days=3).used_at = 5.0
    state.issue_token("lea", "77", permissions=[BASIC], kind="short").dies_at = 7.0
    state.kill("lea", "password_changed", subcode=True)
    state.add_app("77", meta_secret="of Meta", deauthorize_url="http://127.0.0.1:1/a", deletion_url="http://[::1]/d")
    state.break_app("secret_reset", "77")
    state.checkpoint("lea", "blocked")
    state.unconfirm("mia")
    state.rename("mia", "mia.m")
    state.issue_code(state.person("lea"), "77", "https://x.test/", (BASIC,)).used = True
    state.configure(refresh_string="same", no_role=["mia.m"])
    state.set_clock(offset_seconds=3 * DAY)
    state.remove_fault(state.add_fault("190"))
    state.add_fault("raw", path="/me", token="t", username="lea", times=2, after=1, body={"a": [1]})
    return state


def test_a_state_is_the_same_after_writing_and_reading() -> None:
    before, after = lived(), State()
    restore(after, json.loads(json.dumps(snapshot(before))))
    assert snapshot(after) == snapshot(before)
    assert after.as_json().keys() == before.as_json().keys()
    assert after.as_json()["tokens"] == before.as_json()["tokens"]
    assert set(after.secrets()) == set(before.secrets())
    assert after.person("lea").tokens[0].person is after.person("lea")
    assert after.add_person("new").user_id == before.add_person("new").user_id
    assert after.add_fault("reset") == before.add_fault("reset")


def test_a_broken_app_is_mended_after_a_restart() -> None:
    after = State()
    restore(after, json.loads(json.dumps(snapshot(lived()))))
    assert after.app("77").broken == "secret_reset"
    assert after.app("77").secret != "other-secret"
    assert after.mend_app("77").secret == "other-secret"


def test_a_file_of_before_there_were_callbacks_is_read() -> None:
    told = snapshot(lived())
    for app in told["apps"]:
        for name in ("meta_secret", "deauthorize_url", "deletion_url", "broken", "former_secret"):
            del app[name]
    for token in told["tokens"]:
        del token["subcode"]
    after = State()
    restore(after, told)
    assert after.app().meta_secret == META_SECRET
    assert (after.app("77").meta_secret, after.app("77").broken) == ("", None)


def test_a_file_is_written_for_its_owner_only_and_leaves_no_parts(file: Path) -> None:
    with Keeper(State(), file) as keeper:
        assert file.stat().st_mode & 0o777 == 0o600
        file.chmod(0o644)
        keeper.state.add_person("lea")
        keeper.state.changed.set()
        until(lambda: b"lea" in file.read_bytes(), patience=1)
        assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(file.parent) == [file.name]


def test_a_link_stays_a_link(file: Path) -> None:
    link = file.with_name("link.json")
    link.symlink_to(file)
    with Keeper(lived(), link):
        pass
    assert link.is_symlink()
    assert b"lea" in file.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"version": 1}',
        b'{"version": 99}',
        json.dumps(snapshot(lived()) | {"tokens": [{"shoe": 1}]}).encode(),
        json.dumps(snapshot(lived()) | {"switches": {"colour": "red"}}).encode(),
        json.dumps(snapshot(lived()) | {"faults": [{"id": 1, "kind": "quake"}]}).encode(),
        json.dumps(snapshot(lived()) | {"persons": []}).encode(),
        json.dumps(
            snapshot(lived())
            | {"apps": [{"id": "1", "secret": "s", "name": "", "redirect_uris": [], "broken": "badly"}]}
        ).encode(),
    ],
)
def test_a_damaged_file_is_told_and_left_alone(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(Unkept, match=r"^The state in .+ cannot be read: .+[^.]\.$"), Keeper(State(), file):
        pass
    assert file.read_bytes() == content


def test_a_disk_that_refuses_is_told_once_and_tried_again(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    away = file.parent.with_name("away")
    with Keeper(State(), file) as keeper:
        file.parent.rename(away)
        keeper.state.changed.set()
        until(lambda: keeper._complained)
        away.rename(file.parent)
        until(lambda: not keeper._complained)
        keeper.state.add_person("lea")
    assert b"lea" in file.read_bytes()
    assert capfd.readouterr().err.count("cannot be written") == 1


# the real program


@contextmanager
def program(*options: str) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout and running.stderr
        client = Client(running.stdout.readline().split()[-1])
        try:
            yield running, client
        finally:
            client.close()
            running.kill()


def end(running: "subprocess.Popen[str]", how: signal.Signals = signal.SIGTERM) -> None:
    running.send_signal(how)
    running.wait(5)


def test_all_survives_a_restart(file: Path) -> None:
    with program("--state", str(file), "--person", "lea") as (running, client):
        code = came_back(consent(client.authorize_url(), "lea", permissions=[BASIC]))["code"]
        token = client.lengthen(client.exchange(code).json["data"][0]["access_token"]).json["access_token"]
        client.post("/_page/move-clock", days="2")
        late = came_back(consent(client.authorize_url(), "lea"))["code"]
        client.post("/_page/rate-limit")
        client.post("/_page/new-person", username="mia")
        end(running)
        assert running.returncode == 0
    with program("--state", str(file), "--person", "lea") as (running, client):
        assert client.refresh(token).error["code"] == 4
        client.post("/_page/end-rate-limit")
        fresh = client.refresh(token).json["access_token"]  # old enough: the clock is two days ahead
        assert client.exchange(late).status == 200
        assert client.exchange(late).status == 400
        assert client.control("GET", "persons/mia").status == 200
        client.post("/_page/checkpoint", person="lea")
        end(running, signal.SIGINT)
    with program("--state", str(file)) as (_, client):
        assert "You cannot access the app" in client.me(fresh).error["message"]
        assert PUBLISH in client.control("GET", "persons/lea").json["granted"]["1234567890"]


def default_app(client: Client) -> dict[str, str]:
    [app] = client.control("GET", "apps").json["apps"]
    return {name: app[name] for name in ("meta_secret", "deauthorize_url", "deletion_url")}


def test_what_the_program_is_told_of_its_app_wins_over_the_file_and_survives_a_reset(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMULATOR_META_SECRET", "by environment")
    monkeypatch.setenv("EMULATOR_DELETION_URL", "")
    with program("--state", str(file), "--deauthorize-url", "http://localhost:1/a") as (running, client):
        first = {"meta_secret": "by environment", "deauthorize_url": "http://localhost:1/a", "deletion_url": ""}
        assert default_app(client) == first
        client.control("POST", "apps", id="1234567890", name="Renamed", deletion_url="http://localhost:1/d")
        end(running)
    with program("--state", str(file), "--meta-secret", "by option") as (running, client):
        assert default_app(client) == {**first, "meta_secret": "by option", "deletion_url": "http://localhost:1/d"}
        assert client.control("GET", "apps").json["apps"][0]["name"] == "Renamed"
        assert client.control("POST", "reset").status == 200
        assert default_app(client) == {"meta_secret": "by option", "deauthorize_url": "", "deletion_url": ""}


@pytest.mark.parametrize("option", ["--deauthorize-url", "--deletion-url"])
def test_the_program_refuses_an_address_on_another_machine(option: str) -> None:
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", option, "http://perennial.test/"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert done.returncode == 2
    assert "is on this machine: localhost, 127.0.0.1 or [::1]." in done.stderr


def test_a_change_is_on_disk_within_a_second_even_if_the_program_is_killed(file: Path) -> None:
    with program("--state", str(file)) as (running, client):
        client.post("/_page/new-person", username="mia")
        until(lambda: b'"mia"' in file.read_bytes(), patience=1)
        end(running, signal.SIGKILL)
    assert json.loads(file.read_bytes())["persons"][0]["username"] == "mia"


def test_without_the_option_nothing_is_written(tmp_path: Path) -> None:
    here = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", "--person", "lea"]
    environment = {**os.environ, "PYTHONPATH": str(here), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, env=environment, text=True) as running:
        assert running.stdout and running.stdout.readline()
        end(running)
    assert list(tmp_path.iterdir()) == []


def test_the_program_refuses_a_damaged_or_unwritable_file_in_one_sentence(file: Path) -> None:
    file.write_text("{")
    for path in (file, file.parent / "nowhere" / "state.json"):
        command = [sys.executable, "-m", "tests.emulator", "--port", "0", "--state", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("The state")
