"""An owner takes tokens in and the workspace out: upload, look, import, come back later; download."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import expect

from tests.browser.journeys import WORKSPACE, connected, move_in
from tests.browser.stage import Stage
from tests.browser.visitor import PHONE, SIZES, VIEWS, Visitor
from tokens import tasks
from tokens.models import Connection, ImportLine, TokenImport

PAGE = f"{WORKSPACE}settings/import/"


def upload(visitor: Visitor, content: str, name: str = "creators.csv") -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    visitor.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    visitor.press("Upload and look")
    visitor.page.wait_for_load_state()


def sheet(stage: Stage) -> str:
    """Twenty tokens that work, one that has ended, and lines that can't be read."""
    tokens = [token.access_token for token in stage.emulator.state.issue_tokens(20, "creator")]
    lines = [f"{token},2026-11-01T10:00:00Z,creator{n}@example.com" for n, token in enumerate(tokens)]
    lines[4:4] = [",2026-11-01T10:00:00Z,nobody@example.com", "IGAAended,,", "IGAAx,yesterday,"]
    return "\n".join(["token,issued_at,contact_email", *lines])


def turn() -> None:
    tasks.import_tokens(str(TokenImport.objects.get().pk))


def sees(visitor: Visitor, words: str) -> None:
    """With script the page brings it by itself, without it somebody looks again."""
    if not visitor.script:
        visitor.page.get_by_role("link", name="Look again").click()
    visitor.reads(words)


@VIEWS
def test_an_owner_imports_a_file(
    stage: Stage, size: tuple[int, int], script: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = stage.visitor(size=size, script=script, dark=True, name="import")
    move_in(alice)
    alice.open(PAGE)
    alice.reads("None yet.")
    alice.page.get_by_text("What the file must look like").click()
    alice.look("none-yet")
    upload(alice, "IGAAsecret;a@b.example\n")
    alice.reads("The first line must name the columns")
    alice.look("refused-file", status=400)

    upload(alice, sheet(stage))
    alice.reads("What would happen", "The token is missing.")
    alice.page.get_by_text("The first lines, as we read them").click()
    alice.look("preview")

    alice.press("Import 21 tokens")
    alice.reads("2 of 23 lines done")
    alice.look("begun")
    monkeypatch.setattr(settings, "DRAIN_SECONDS", 0.0)
    turn()
    sees(alice, "10 of 23 lines done")
    alice.page.reload()
    alice.reads("10 of 23 lines done")
    alice.look("half")
    monkeypatch.undo()
    turn()
    sees(alice, "3 lines could not be imported.")
    assert Connection.objects.count() == 20
    alice.look("report")
    alice.page.get_by_role("link", name="All imports").click()
    alice.reads("Finished: 20 imported, 0 unchanged, 3 refused.")
    alice.look("list")
    alice.open(WORKSPACE)
    alice.reads("All 20 accounts work.")
    alice.has_no_trouble()


@SIZES
def test_an_import_is_thrown_away_or_stopped(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, name="import-ended")
    move_in(alice)
    alice.open(PAGE)
    upload(alice, "token,flavour\nIGAAx,threads\n")
    alice.reads("No line of this file can be imported.")
    alice.look("nothing-to-import")
    alice.press("Throw away")
    alice.reads("The file was thrown away. Nothing of it is kept.", "Thrown away.")
    alice.look("thrown-away")
    upload(alice, sheet(stage))
    alice.press("Import 21 tokens")
    alice.reads("2 of 23 lines done")
    # Its button stands still while the progress beside it is replaced.
    stop = alice.button("Stop the import")
    stop.focus()
    with alice.page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        pass
    expect(stop).to_be_focused()
    alice.press("Stop the import")
    alice.reads("The import is stopped.", "Not tried")
    alice.look("stopped")
    assert not ImportLine.objects.filter(content__isnull=False).exists()


def test_an_import_that_waits_for_instagram_says_so(stage: Stage) -> None:
    alice = stage.visitor(size=PHONE, name="import-waits")
    move_in(alice)
    alice.open(PAGE)
    upload(alice, sheet(stage))
    stage.emulator.state.add_fault("http_500", path="/me")
    alice.press("Import 21 tokens")
    turn()
    alice.reads("Instagram did not answer for 8 lines.")
    alice.look("waits")
    stage.emulator.state.clear_faults()


@VIEWS
def test_an_owner_downloads_the_workspace(stage: Stage, size: tuple[int, int], script: bool, tmp_path: Path) -> None:
    alice = stage.visitor(size=size, script=script, dark=True, name="export")
    connected(stage, alice)
    alice.open(f"{WORKSPACE}settings/export/")
    alice.look("export")
    with alice.page.expect_download() as download:
        alice.press("Download")
    assert download.value.suggested_filename.startswith("alice-co-")
    lines = Path(download.value.path()).read_text("utf-8").splitlines()
    assert [json.loads(line)["type"] for line in lines][:2] == ["tenant", "connection"]
    call_command("export_tenant", "alice-co", "--output", str(tmp_path / "export.jsonl"))
    assert (tmp_path / "export.jsonl").read_text("utf-8").splitlines() == lines
    # The button is there for another one.
    expect(alice.button("Download")).to_be_enabled()
    alice.has_no_trouble()
