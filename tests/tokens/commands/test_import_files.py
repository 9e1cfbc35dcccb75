"""`import_tokens`: which files it reads, and how it counts their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.processes import start
from tests.tokens.commands.csv_files import Importer
from tests.tokens.commands.shell import run
from tokens.models import Connection

pytestmark = pytest.mark.django_db


def asked(importer: Importer) -> int:
    return len(importer.emulator.state.requests())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"IGAAnoheader\n",
        b"flavour,contact_email\ninstagram_login,a@b.example\n",
        b"token;flavour\nIGAAx;instagram_login\n",
        b"token,nonsense\nIGAAx,1\n",
        b"token,token\nIGAAx,IGAAy\n",
        b"token,,\nIGAAx,1,2\n",
        b'"token\nIGAAx\n',
        b"\xff\xfet\x00o\x00k\x00e\x00n\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"PK\x03\x04\x14\x00\x08\x08",
        b"token\n\xe9\xe8\n",
        b"token," + b"x" * 2_000_000,
    ],
)
def test_a_file_with_a_bad_header_or_no_text_is_a_wrong_call(content: bytes, importer: Importer) -> None:
    ran = importer(content, "--json")
    assert (ran.code, ran.stdout) == (2, "")
    assert len(ran.stderr.strip().splitlines()) == 1
    assert asked(importer) == 0
    assert "IGAA" not in ran.stderr


def test_a_missing_file_and_a_directory_are_wrong_calls(importer: Importer, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path):
        ran = run("import_tokens", str(path), "--tenant", importer.tenant.slug)
        assert (ran.code, ran.stdout) == (2, "")
        assert "can't be read" in ran.stderr


def test_an_unknown_tenant_is_a_wrong_call(importer: Importer) -> None:
    importer.path.write_text(f"token\n{importer.token('anna')}\n")
    ran = run("import_tokens", str(importer.path), "--tenant", "nobody")
    assert ran.code == 2
    assert "nobody" in ran.stderr
    assert asked(importer) == 0


def test_a_header_alone_imports_nothing_and_ends_well(importer: Importer) -> None:
    assert importer.counts("token\n") == (0, 0, 0)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_byte_order_marks_do_not_matter(ending: str, mark: str, importer: Importer) -> None:
    lines = ["token,contact_email", f"{importer.token('anna')},anna@example.com", ""]
    assert importer.counts(mark + ending.join(lines)) == (1, 0, 0)
    assert importer.connection("anna").contact_email == "anna@example.com"


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "  {}  ",
        "\t{}",
        '"{}"',
        '  "{}"  ',
        '" {} "',
        "'{}'",
        "{},",
        "\u00a0{}\u00a0",
    ],
)
def test_spaces_and_quotation_marks_around_a_token_do_not_matter(written: str, importer: Importer) -> None:
    token = importer.token("anna")
    assert importer.counts(["token,flavour", written.format(token)]) == (1, 0, 0)
    assert importer.stored("anna") == token


def test_a_token_that_a_mail_program_has_wrapped_is_joined(importer: Importer) -> None:
    token = importer.token("anna")
    assert importer.counts(["token", f'"{token[:60]}', f"  {token[60:120]}", f'{token[120:]}"']) == (1, 0, 0)
    assert importer.stored("anna") == token


def test_columns_may_stand_in_any_order_and_case(importer: Importer) -> None:
    token = importer.token("anna")
    assert importer.counts([" Contact_Email , FLAVOUR,Token", f"a@b.example,instagram_login,{token}"]) == (1, 0, 0)
    assert importer.connection("anna").contact_email == "a@b.example"


def test_a_line_may_end_early(importer: Importer) -> None:
    assert importer.counts(["token,flavour,contact_email", importer.token("anna")]) == (1, 0, 0)


def test_refused_lines_are_numbered_as_an_editor_numbers_them(importer: Importer) -> None:
    good = importer.token("anna")
    lines = [
        "",  # 1
        "token,contact_email",  # 2
        "",  # 3
        ",nobody@example.com",  # 4
        f'"{good[:50]}',  # 5, and on to 6
        f'{good[50:]}",anna@example.com',
        ",,",  # 7: more fields than the header, all empty
        "IGAAx,wrong address",  # 8
        '"IGAAy',  # 9, and on to 11
        "",
        '",also wrong',
        "IGAAz,a@b.example,and more",  # 12
        "   ",  # 13
        ",last@example.com",  # 14, without an end
    ]
    refused = importer.refused("\n".join(lines))
    assert list(refused) == [4, 8, 9, 12, 14]
    assert refused[4] == refused[14] == "The token is missing."
    assert "contact_email" in refused[8]
    assert "contact_email" in refused[9]
    assert "more fields" in refused[12]
    assert importer.stored("anna") == good


def test_a_quotation_mark_that_is_not_closed_says_which_lines_were_lost(importer: Importer) -> None:
    first, second, third = (importer.token(name) for name in ("anna", "bert", "cleo"))
    refused = importer.refused(["token", first, f'"{second}', third])
    assert list(refused) == [3]
    assert "lines 3 to 4 were not read" in refused[3]
    assert importer.stored("anna") == first


def test_a_field_too_long_to_be_one_refuses_its_line_alone(importer: Importer) -> None:
    refused = importer.refused(["token", "x" * 1_100_000, importer.token("anna")])
    assert list(refused) == [2]
    assert importer.connection("anna")


def test_people_read_the_counts_and_the_refused_lines(importer: Importer) -> None:
    ran = importer(["token", importer.token("anna"), '""x'])
    assert ran.stdout.splitlines()[0] == "1 imported, 0 unchanged, 1 refused"
    assert ran.stdout.splitlines()[1].startswith("line 3: ")
    assert "Importing: 2 of 2" in ran.stderr


def test_a_token_that_no_header_can_carry_refuses_its_line_alone(importer: Importer) -> None:
    refused = importer.refused(["token", "IGAA→nobody", "IGAA\x00nobody", "x" * 100_000, importer.token("anna")])
    assert list(refused) == [2, 3, 4]
    assert Connection.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_exit_codes_and_streams_of_a_process(importer: Importer, tmp_path: Path) -> None:
    importer.path.write_text(f"token\n{importer.token('anna')}\nIGAAgarbage\n")
    url, slug = importer.emulator.url, importer.tenant.slug
    process = start(url, "import_tokens", str(importer.path), "--tenant", slug, "--json")
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(out.splitlines()) == 1
    assert '"imported": 1' in out
    assert "Importing: 2 of 2" in errors
    for secret in (*importer.emulator.state.secrets(), "IGAAgarbage"):
        assert secret not in out + errors

    process = start(url, "import_tokens", str(tmp_path / "missing.csv"), "--tenant", slug)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "Traceback" not in errors
