"""Which files are taken up, and what is said of the others. Nothing of a refused one is kept."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile

from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.moving.mover import Mover, held
from tokens.models import ImportLine, TokenImport
from tokens.services import preview_import
from tokens.views import moving

pytestmark = pytest.mark.django_db


def said(mover: Mover, content: bytes, name: str = "tokens.csv") -> str:
    """What is said of a file that is not taken up."""
    response = mover.upload(content, name)
    assert response.status_code == 400
    assert not TokenImport.objects.exists()
    assert "IGAAsecret" not in response.content.decode()
    return Page(response.content.decode()).text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n\n", "The first line must name the columns"),
        (b"IGAAsecret\n", "The first line must name the columns"),
        (b"token;flavour\nIGAAsecret;x\n", "The first line must name the columns"),
        (b"token,IGAAsecret\nx,1\n", "Unknown columns in the first line"),
        (b"token,token\nIGAAsecret,IGAAsecret\n", "names a column twice"),
        (b"\xff\xfet\x00o\x00k\x00e\x00n\x00", "not text in UTF-8"),
        (b"PK\x03\x04\x14\x00\x08\xfe", "not text in UTF-8"),
        (b"token\n", "nothing below it"),
        (b"token\n,\n\n", "nothing below it"),
    ],
)
def test_a_file_that_makes_no_sense_is_answered_with_a_sentence(content: bytes, sentence: str, mover: Mover) -> None:
    assert sentence in said(mover, content)


def test_no_file_at_all_is_told(mover: Mover) -> None:
    for data in ({}, {"file": "IGAAsecret"}):
        response = mover.browser.post(mover.path, data)
        assert response.status_code == 400
        assert "Choose a file first." in Page(response.content.decode()).text


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_marks_do_not_matter(mark: str, mover: Mover) -> None:
    job = mover.preview(f"{mark}token,contact_email\nIGAAx,a@b.example\n")
    assert (job.lines, job.columns) == (1, ["token", "contact_email"])
    assert held(job) == 1


def test_a_file_above_five_megabytes_is_refused_before_anything_is_kept(mover: Mover) -> None:
    line = b"IGAA" + b"x" * 196 + b"\n"
    just_too_large = b"token\n" + line * (preview_import.MOST_BYTES // len(line) + 1)
    assert "larger than 5 MB" in said(mover, just_too_large)
    assert "larger than 5 MB" in said(mover, just_too_large * 2)


@pytest.mark.parametrize("size", [10, 3_000_000, 5_000_000, 12_000_000])
def test_no_upload_however_large_is_written_to_disk(size: int, mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(TemporaryUploadedFile, "__init__", lambda *args, **kwargs: opened.append(args))
    answer = mover.upload(b"token\n" + b"x" * size)
    assert opened == []
    assert answer.status_code == (302 if size < preview_import.MOST_BYTES else 400)


def test_more_than_twenty_thousand_lines_are_refused(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "more than 20,000 lines" in said(mover, b"token\n" + b"IGAAx\n" * 20_001)
    monkeypatch.setattr(preview_import, "MOST_LINES", 3)
    assert mover.preview("token\n" + "IGAAx\n" * 3).lines == 3


def test_the_sixth_open_import_is_refused_until_one_has_ended(mover: Mover) -> None:
    jobs = [mover.preview("token\nIGAAx\n") for _ in range(5)]
    response = mover.upload("token\nIGAAx\n")
    assert "Five imports of this workspace have not ended" in Page(response.content.decode()).text
    mover.browser.post(mover.path_of(jobs[0], "cancel/"))
    mover.preview("token\nIGAAx\n")


def test_without_a_meta_app_nothing_is_taken_up(mover: Mover, settings) -> None:
    settings.INSTAGRAM_APP_ID = settings.FACEBOOK_APP_ID = ""
    assert moving.NOT_SET_UP in said(mover, b"token\nIGAAsecret\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("my tokens.csv", "my tokens.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\x1b[31m.csv", "ab[31m.csv"),
        ("<b>bold<!b>.csv", "<b>bold<!b>.csv"),
        ("x" * 400 + ".csv", "x" * 200),
        ("access_token=IGAAsecret.csv", "access_token=***"),
    ],
)
def test_names_of_files_are_harmless(name: str, shown: str, mover: Mover) -> None:
    response = mover.upload("token\nIGAAx\n", name)
    assert response.status_code == 302
    job = TokenImport.objects.get()
    assert job.file_name == shown
    page = mover.browser.get(mover.path_of(job))
    assert page.status_code == 200
    assert "<b>bold" not in page.content.decode()


def test_uploading_asks_nobody_and_changes_no_connection(mover: Mover) -> None:
    apart = frozenset({TokenImport._meta.db_table, ImportLine._meta.db_table, "sqlite_sequence"})
    mover.browser.get(mover.path)
    before = all_rows(apart_from=apart | {"django_session"})
    mover.preview(["token", mover.token("anna")])
    after = all_rows(apart_from=apart | {"django_session"})
    assert {name for name in before if before[name] != after[name]} <= {"perennial_cache"}
    assert mover.emulator.state.requests() == []
