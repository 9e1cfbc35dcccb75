"""The mailbox: takes mails by SMTP, keeps them as files, shows them to people."""

from __future__ import annotations

import http.client
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.demo.mailbox.letters import Letters
from tests.demo.mailbox.server import Server
from tests.demo.mailbox.sink import Sink


class Mailbox:
    def __init__(self, smtp_port: int, server: Server, letters: Letters) -> None:
        self.smtp_port, self.server, self.letters = smtp_port, server, letters

    def send(self, raw: bytes, *to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10) as line:
            line.sendmail("perennial@localhost", to or ["ana@example.com"], raw)

    def get(self, path: str, host: str = "localhost") -> http.client.HTTPResponse:
        line = http.client.HTTPConnection(self.server.url.removeprefix("http://"), timeout=10)
        try:
            line.request("GET", path, headers={"Host": host})
            answer = line.getresponse()
            answer.text = answer.read().decode()  # type: ignore[attr-defined]
            return answer
        finally:
            line.close()

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status == 200
        return str(answer.text)  # type: ignore[attr-defined]

    def only(self) -> str:
        [letter] = self.letters.all()
        return f"/mail/{letter.id}/"


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    letters = Letters(tmp_path / "mail")
    with Sink(letters, port), Server(letters, 0) as server:
        yield Mailbox(port, server, letters)


def mail(subject: str = "Hello", *, text: str = "Hi.", html: str = "", date: str = "") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Perennial <p@localhost>", "Ana <ana@example.com>"
    if date:
        message["Date"] = date
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_an_empty_mailbox_says_so_and_looks_again(mailbox):
    assert "No mail yet." in mailbox.page("/")
    assert '<meta http-equiv="refresh" content="5">' in mailbox.page("/")


def test_a_mail_is_kept_as_a_file_and_shown_after_a_restart(mailbox):
    mailbox.send(mail("Grüße & <b>"), "ana@example.com", "ben@example.com")
    assert len(list(mailbox.letters.folder.glob("*.eml"))) == 1
    [letter] = Letters(mailbox.letters.folder).all()
    assert (letter.subject, letter.recipients) == ("Grüße & <b>", "ana@example.com, ben@example.com")
    assert "Grüße &amp; &lt;b&gt;" in mailbox.page("/")


def test_the_newest_stands_first_whatever_came_in_first(mailbox):
    mailbox.send(mail("June", date="Mon, 15 Jun 2026 10:00:00 +0000"))
    mailbox.send(mail("May", date="Fri, 15 May 2026 10:00:00 +0000"))
    mailbox.send(mail("July", date="Wed, 15 Jul 2026 10:00:00 +0000"))
    assert [each.subject for each in mailbox.letters.all()] == ["July", "June", "May"]


def test_addresses_in_a_text_are_links(mailbox):
    mailbox.send(mail(text="Open http://localhost:8000/link/aB-c_1/?a=1&b=2. Or <script>alert(1)</script>"))
    page = mailbox.page(mailbox.only())
    assert '<a href="http://localhost:8000/link/aB-c_1/?a=1&amp;b=2" rel="noopener">' in page
    assert "<script" not in page


def test_a_designed_mail_stands_in_a_sandbox_of_its_own(mailbox):
    mailbox.send(
        mail(html="<html><head></head><body><a href='http://localhost/x'>x</a><script>1</script></body></html>")
    )
    page = mailbox.page(mailbox.only())
    assert f'src="{mailbox.only()}html/"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    alone = mailbox.get(f"{mailbox.only()}html/")
    policy = alone.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert '<head><base target="_blank">' in alone.text
    assert "Hi." in mailbox.page(f"{mailbox.only()}text/")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all\r\n",
        b"Subject: =?klingon?Q?x?=\r\nDate: yesterday\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary\r\n",
        b"From: \xff\r\nTo: ((\r\nContent-Type: text/html\r\n\r\n<p>open",
        b"Date: Mon, 99 Foo 2026 99:99:99 +9999\r\n\r\nx",
    ],
)
def test_a_strange_mail_breaks_nothing(raw, mailbox):
    mailbox.send(raw)
    mailbox.page("/")
    for shape in ("", "text/", "html/"):
        mailbox.page(f"{mailbox.only()}{shape}")


@pytest.mark.parametrize("path", ["/mail/1/", "/mail/../../keys.json/", "/mail/%2e%2e/", "/x", "/mail/1/raw/"])
def test_other_paths_lead_nowhere(path, mailbox):
    assert mailbox.get(path).status == 404


def test_another_name_for_this_machine_is_refused(mailbox):
    mailbox.send(mail("Secret"))
    answer = mailbox.get("/", host="rebound.example")
    assert answer.status == 403
    assert "Secret" not in answer.text
