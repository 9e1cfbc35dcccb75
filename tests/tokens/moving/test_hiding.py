"""After imports of every kind no token of a file stands anywhere: database, queue, logs, pages, temporary files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Tenant, User
from tests.emulator.server import EmulatorServer
from tests.factories import make_connection
from tests.flows import hiding_places
from tests.flows.hiding_places import Browser, Searcher, everything_logged
from tests.flows.whole_life import BACKEND
from tests.tokens.moving.mover import Mover, held
from tokens import tasks
from tokens.models import ImportLine, TokenImport
from tokens.services import import_tokens, work_off_import

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = "IGAArefusedtoken000000000000000000000000000001"
WAITING = "IGAAwaitingtoken00000000000000000000000000002"
BROKEN = "IGAAbrokentoken000000000000000000000000000003"
PREVIEWED = "IGAApreviewedtoken0000000000000000000000000004"
THROWN = "IGAAthrownawaytoken000000000000000000000000005"
GARBLED = "IGAAgarbledtoken00000000000000000000000000006"
NAMED = "IGAAnamedtoken0000000000000000000000000000007"


@pytest.fixture
def browser(tenant: Tenant, alice: User) -> Browser:
    browser = Browser(raise_request_exception=False)
    browser.force_login(alice, backend=BACKEND)
    return browser


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything that is made for a moment would lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def live(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Uploads that go well and badly in every way; the tokens that were in them."""
    good, dead, twice = mover.token("anna"), mover.token("bert"), mover.token("cleo")
    mover.emulator.state.change_password("bert")
    make_connection(tenant=mover.tenant, token=mover.emulator.state.tokens_of("cleo")[-1])
    job = mover.confirmed(["token,contact_email", good, dead, twice, f"{REFUSED},wrong", BROKEN])
    settle = import_tokens.conclude

    def breaks(line: Any, *args: Any, **details: Any) -> Any:
        if line.number == 6:
            raise ValueError(f"it was {BROKEN}")
        return settle(line, *args, **details)

    with monkeypatch.context() as patch:
        patch.setattr(work_off_import, "conclude", breaks)
        hiding_places.work_off_queue()
    assert ImportLine.objects.filter(token_import=job).waiting().count() == 0
    waits = mover.confirmed(["token", WAITING])
    mover.emulator.state.add_fault("http_500", path="/me")
    mover.work(waits)
    assert held(waits) == 1
    for step in ("", "refused.csv"):
        mover.browser.get(mover.path_of(job, step))
        mover.browser.get(mover.path_of(waits, step))
    mover.browser.get(mover.path_of(waits), headers={"HX-Request": "true"})
    mover.browser.get(mover.path_of(mover.preview(["token", PREVIEWED])))
    thrown = mover.preview(["token", THROWN])
    mover.browser.post(mover.path_of(thrown, "cancel/"), follow=True)
    for content in (f"{GARBLED}\n", f"token,{GARBLED}\n", f"token\n{GARBLED}\n".encode() + b"\xff"):
        assert mover.upload(content).status_code == 400
    large = SimpleUploadedFile("x.csv", b"token\n" + f"{GARBLED}\n".encode() * 100_000)
    assert mover.browser.post(mover.path, {"file": large}).status_code == 400
    mover.upload(["token", PREVIEWED], name=f"access_token={NAMED}.csv")
    monkeypatch.setattr("tokens.views.moving.preview_import", _explode)
    assert mover.upload(["token", GARBLED]).status_code == 500
    return [good, dead, twice, REFUSED, WAITING, BROKEN, PREVIEWED, THROWN, GARBLED, NAMED]


def _explode(**details: Any) -> None:
    raise RuntimeError(f"it was {GARBLED}")


def test_no_token_of_a_file_is_written_down_anywhere(
    tenant: Tenant,
    alice: User,
    browser: Browser,
    emulator: EmulatorServer,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    mover = Mover(tenant, alice, browser, emulator)
    with everything_logged() as logged:
        secrets = live(mover, monkeypatch)
        browser.get(mover.path)
        tasks.sweep()
    assert TokenImport.objects.count() == 5
    printed, complained = capfd.readouterr()
    lines = {f"log line {number}": line for number, line in enumerate(logged) if "it was" not in line}
    assert any("INSERT INTO" in line and "importline" in line for line in lines.values())
    files = {str(path): path.read_bytes() for path in temporary.rglob("*") if path.is_file()}
    found = Searcher(secrets).find(
        {**hiding_places.database(), **lines, **browser.seen, **files, "out": printed, "error": complained}
    )
    assert found == [], "\n".join(found)
