"""What the demo does with whatever it finds in its folder."""

from __future__ import annotations

import json
import re

import pytest

from tests.demo.environment import DEFAULTS, environment
from tests.demo.folder import Folder, Unusable, new_keys
from tests.demo.ports import Ports
from tests.flows.processes import ROOT


@pytest.fixture
def folder(tmp_path):
    """One that a first start has finished."""
    made = Folder(tmp_path / "state")
    with made.locked():
        assert made.prepare(reset=False)
    made.database.write_text("rows")
    made.emulator.write_text("{}")
    made.note(due_at="2026-11-21T10:00:00+00:00")
    made.finish()
    return made


def test_what_a_first_start_left_is_taken_up(folder):
    keys = folder.keys()
    assert folder.prepare(reset=False) is False
    assert folder.keys() == keys
    assert folder.seeded()["due_at"] == "2026-11-21T10:00:00+00:00"


def test_a_first_start_that_was_not_finished_is_begun_anew(tmp_path):
    folder = Folder(tmp_path)
    folder.prepare(reset=False)
    before = folder.keys()
    folder.database.write_text("half of the rows")
    assert folder.prepare(reset=False) is True
    assert folder.keys() != before
    assert not folder.database.exists()


@pytest.mark.parametrize("name", ["keys.json", "perennial.sqlite3", "emulator.json", "seeded.json"])
@pytest.mark.parametrize("how", ["gone", "empty"])
def test_what_got_lost_is_named_with_the_way_out(name, how, folder):
    (folder.path / name).unlink()
    if how == "empty":
        (folder.path / name).touch()
    with pytest.raises(Unusable, match=f"{re.escape(name)} .*make demo RESET=1"):
        folder.prepare(reset=False)
    assert folder.prepare(reset=True) is True


@pytest.mark.parametrize("text", ["{", "[]", '{"SECRET_KEY": 1}', "\x00"])
def test_keys_that_are_none_are_told(text, folder):
    folder.keys_file.write_text(text)
    with pytest.raises(Unusable, match="make demo RESET=1"):
        folder.prepare(reset=False)


def test_other_keys_than_those_of_the_first_start_are_told(folder):
    folder.keys_file.write_text(json.dumps(new_keys()))
    with pytest.raises(Unusable, match="not the keys"):
        folder.prepare(reset=False)


def test_reset_deletes_only_what_the_demo_made(folder):
    (folder.path / "thesis.txt").write_text("precious")
    folder.prepare(reset=True)
    assert (folder.path / "thesis.txt").read_text() == "precious"
    assert not folder.database.exists()


def test_only_one_at_a_time_holds_the_folder(folder):
    with folder.locked():
        folder.tell("http://localhost:8000")
        with pytest.raises(Unusable, match="running already at http://localhost:8000"), folder.locked():
            pass
    with folder.locked():
        pass


def test_neither_the_shell_nor_an_env_file_reaches_into_the_demo(folder, monkeypatch):
    """`.env` fills in what the environment leaves out: the demo leaves out nothing."""
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))
    assert {"SECRET_KEY", "BROKER_URL", "BRAKE_SHARE"} <= read
    for name in read:
        monkeypatch.setenv(name, "from the shell")
    told = environment(folder, Ports(1, 2, 3, 4))
    assert {name for name in read if told[name] == "from the shell"} == set()
    assert set(DEFAULTS) <= {name for name, value in told.items() if not value}
