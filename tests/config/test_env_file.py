"""The `.env` file beside manage.py."""

import os
from pathlib import Path

import pytest

from config.environment import SettingsError, load_file
from tests.config.conftest import ReadSettings
from tests.config.installation import SOUND, Installation


def write(directory: Path, text: str | bytes) -> Path:
    path = directory / ".env"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_file_of_the_installation_is_read(tmp_path: Path, read_settings: ReadSettings) -> None:
    write(tmp_path, "SITE_URL=https://from-file.example\n")
    assert read_settings()["SITE_URL"] == "https://from-file.example"


def test_the_environment_wins_over_the_file(tmp_path: Path, read_settings: ReadSettings) -> None:
    write(tmp_path, "SITE_URL=https://from-file.example\nLINK_LIFETIME_DAYS=9\n")
    settings = read_settings(SITE_URL="https://from-environment.example")
    assert settings["SITE_URL"] == "https://from-environment.example"
    assert settings["LINK_LIFETIME_DAYS"] == 9


def test_secrets_in_the_file_are_taken_as_they_stand(tmp_path: Path, read_settings: ReadSettings) -> None:
    write(tmp_path, "SECRET_KEY=$ecret#with=signs\nSTATUS_TOKEN='a b'\nexport FACEBOOK_APP_SECRET=\"$x\"\n")
    settings = read_settings(SECRET_KEY=None)
    assert settings["SECRET_KEY"] == "$ecret#with=signs"
    assert settings["STATUS_TOKEN"] == "a b"
    assert settings["FACEBOOK_APP_SECRET"] == "$x"


def test_empty_lines_and_comments_are_passed_over(tmp_path: Path, read_settings: ReadSettings) -> None:
    write(tmp_path, b"\xef\xbb\xbf# mine\r\n\r\n  # indented\r\nLINK_LIFETIME_DAYS=9\r\n")
    assert read_settings()["LINK_LIFETIME_DAYS"] == 9


@pytest.mark.parametrize("line", ["SECRET_KEY = c4n4ry", "c4n4ry", "SECRET-KEY=c4n4ry", " SECRET_KEY=c4n4ry"])
def test_a_line_that_sets_nothing_is_refused_by_number_and_not_shown(
    line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_file(write(tmp_path, f"# first\n{line}\n"))
    assert "line 2" in str(refusal.value)
    assert "c4n4ry" not in str(refusal.value) + caplog.text


def test_a_file_that_is_no_text_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\.env can't be read") as refusal:
        load_file(write(tmp_path, b"\xff\xfe\x00S"))
    assert refusal.value.__context__ is None


def test_without_a_file_nothing_happens(tmp_path: Path) -> None:
    before = dict(os.environ)
    load_file(tmp_path / ".env")
    assert dict(os.environ) == before


def test_a_broken_file_ends_a_command_with_exit_code_1_and_one_sentence(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    write(tmp_path, "SECRET_KEY : c4n4ry\n")
    run = installation.manage("check", **SOUND)
    assert (run.returncode, run.stdout) == (1, "")
    assert len(run.stderr.strip().splitlines()) == 1
    assert "c4n4ry" not in run.stderr
