"""Many creators at once, from a pasted list or a file: a line that is bad stops no other."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import make_connection
from tests.markup import Page
from tests.tokens.links.inviting import path_of
from tokens.creator_forms import MOST_BYTES
from tokens.models import Link
from tokens.services.creator_list import MOST_LINES, BadList, Creator, read_creators, text_of
from tokens.services.invite_creator import invite_creator

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(tenant):
    return f"/w/{tenant.slug}/creators/invite-many/"


@pytest.fixture
def paste(signed_in, address):
    return lambda text: signed_in.post(address, {"pasted": text})


def file(content, name="creators.csv"):
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def results(answer):
    """By line number: the words of its row."""
    assert answer.status_code == 200, Page(answer.content.decode()).text
    rows = re.findall(r"<tr role=\"row\">\s*<td.*?</tr>", answer.content.decode(), re.DOTALL)
    found = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    return {int(row.split()[0]): row.partition(" ")[2] for row in found}


def invited():
    return sorted(Link.objects.open().values_list("contact_email", "expected_handle"))


def test_each_line_gets_a_link_of_its_own(paste, alice):
    answer = paste("carla@creator.example, @Carla\notto@travels.example\n")
    assert list(results(answer)) == [1, 2]
    assert "2 invited" in Page(answer.content.decode()).text
    assert invited() == [("carla@creator.example", "carla"), ("otto@travels.example", "")]
    call_command("deliver_notifications")
    assert sorted(message.to[0] for message in mail.outbox) == ["carla@creator.example", "otto@travels.example"]
    assert len({path_of(link) for link in Link.objects.all()}) == 2
    assert all(Client().get(path_of(link)).status_code == 200 for link in Link.objects.all())
    assert set(Event.objects.filter(kind="creator_invited").values_list("actor", flat=True)) == {alice.email}


def test_a_bad_line_is_told_by_its_number_and_stops_no_other(paste, tenant, alice):
    make_connection(tenant=tenant, handle="works")
    invite_creator(tenant, email="again@creator.example", handle="", by=alice)
    told = results(
        paste(
            "good@creator.example\n\nno address\nbad@creator.example, not a handle\n,@lonely\n"
            "good@creator.example\nagain@creator.example\nw@creator.example,@works\nlast@creator.example"
        )
    )
    assert {number: words for number, words in told.items() if "Not invited" in words} == {
        3: "– Not known Not invited That is no e-mail address.",
        4: told[4],
        5: "– Not known Not invited The e-mail address is missing.",
        6: "– Not known Not invited The same as line 1.",
    }
    assert "no Instagram handle" in told[4]
    assert "Invited already" in told[7]
    assert "Connected already" in told[8]
    assert "Invited" in told[1]
    assert "Invited" in told[9]
    emails = {email for email, _ in invited()}
    assert emails == {"good@creator.example", "again@creator.example", "last@creator.example"}


def test_sent_twice_it_invites_nobody_twice(paste):
    text = "".join(f"creator{n}@mail.example\n" for n in range(60))
    assert len(results(paste(text))) == 60
    again = paste(text)
    assert all("Invited already" in words for words in results(again).values())
    assert "0 invited, 60 not" in Page(again.content.decode()).text
    assert OutboxMessage.objects.count() == Link.objects.count() == 60


FILES = {
    "UTF-8 with a mark and Windows' line ends": "\ufeffe-mail,handle\r\ncarla@x.example,@carla\r\n".encode(),
    "UTF-16 as spreadsheets save it": "E-Mail\tHandle\r\ncarla@x.example\t@carla\r\n".encode("utf-16"),
    "semicolons and quotation marks": b'"E-mail";"Instagram handle"\n"carla@x.example";"@carla"\n',
    "columns in another order": b"name,handle,email\nCarla,@carla,carla@x.example\n",
    "Western letters in a column that does not matter": "name;email;handle\nJosé;carla@x.example;carla\n".encode(
        "cp1252"
    ),
    "no header": b"carla@x.example;carla",
    "old line ends": b"email,handle\rcarla@x.example,carla\r",
    "as mail programs copy it": b"Carla B. <carla@x.example>\tcarla",
    "a comma in a quoted name": b'name,email,handle\n"B., Carla",carla@x.example,carla',
    "capital letters": b"EMAIL,HANDLE\nCarla@X.example,@CARLA",
}


@pytest.mark.parametrize("content", FILES.values(), ids=list(FILES))
def test_a_file_is_read_as_spreadsheets_save_it(content, signed_in, address):
    answer = signed_in.post(address, {"pasted": "", "file": file(content)})
    assert len(results(answer)) == 1
    assert invited() == [("carla@x.example", "carla")]


def test_lines_are_numbered_as_an_editor_does():
    assert read_creators("email\n\na@x.example\r\n\r\n \nb@x.example\n") == [
        Creator(3, "a@x.example"),
        Creator(6, "b@x.example"),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('"carla@x.example', "quotation mark"),
        ("a@x.example b@x.example", "no e-mail address"),
        ("a@x.example,b@x.example", "two e-mail addresses"),
        ("carla\x00@x.example", "can't be read"),
        ("carla@x.example,car\x07la", "can't be read"),
        (f"{'a' * 250}@x.example", "too long"),
        ("carla@x.example," + "h" * 31, "no Instagram handle"),
        ("=cmd()@x,", "no e-mail address"),
        ("<script>@x.example", "no e-mail address"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_words(line, problem):
    good, bad = read_creators(f"good@x.example\n{line}")
    assert good.problem == ""
    assert problem in bad.problem
    assert (bad.number, bad.email) == (2, "")


@pytest.mark.parametrize("text", ["", " \n\t\n", "email,handle\n", ",,,\n", "\ufeff", '""'])
def test_an_empty_list_is_told_in_words(text, signed_in, address):
    for fields in ({"pasted": text}, {"file": file(text)}):
        answer = signed_in.post(address, fields)
        assert answer.status_code == 400
        assert "The list is empty" in Page(answer.content.decode()).text
    assert not Link.objects.exists()


def test_too_long_a_list_invites_nobody(paste):
    answer = paste("".join(f"c{n}@x.example\n" for n in range(MOST_LINES + 1)))
    assert answer.status_code == 400
    assert f"at most {MOST_LINES} go at once" in Page(answer.content.decode()).text
    assert not Link.objects.exists()
    assert len(read_creators("".join(f"c{n}@x.example\n" for n in range(MOST_LINES)))) == MOST_LINES


def test_too_large_a_file_is_told_in_words(signed_in, address):
    answer = signed_in.post(address, {"file": file(b"x" * (MOST_BYTES + 1))})
    assert answer.status_code == 400
    assert "too large" in Page(answer.content.decode()).text


def test_a_list_and_a_file_at_once_are_refused(signed_in, address):
    answer = signed_in.post(address, {"pasted": "a@x.example", "file": file("b@x.example")})
    assert answer.status_code == 400
    assert "one of them at a time" in Page(answer.content.decode()).text
    assert not Link.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"PK\x03\x04" + bytes(range(256)), b"\x00" * 50, b"\xff" * 50])
def test_a_file_that_is_no_text_breaks_nothing(content, signed_in, address):
    assert signed_in.post(address, {"file": file(content)}).status_code in {200, 400}
    assert not Link.objects.exists()
    assert isinstance(text_of(content), str)


def test_a_list_with_nul_is_refused_in_words(paste):
    answer = paste("carla@x.example\x00")
    assert answer.status_code == 400
    assert not Link.objects.exists()


def test_what_a_line_holds_is_shown_as_text(paste):
    answer = paste('<b>x</b>@x.example\n"><script>alert(1)</script>@x.example,<i>')
    assert b"<script>alert" not in answer.content
    assert b"<b>x" not in answer.content


def test_a_list_that_says_nothing_raises():
    with pytest.raises(BadList):
        read_creators("\n")
