"""Any news can be told as one line of a digest."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from notifications.digest import digest_values
from notifications.mails import Pointless, line_of
from notifications.models import OutboxMessage
from notifications.registry import DigestItem, default_templates
from notifications.writing import write
from tests.notifications.conftest import KIND, Greet


def item(about: str, *, workspace: str = "Flora", to_do: bool = False) -> DigestItem:
    return DigestItem(about, f"News of {about}.", f"http://x.example/{about}", "See", workspace, to_do=to_do)


def line(values: dict[str, Any]) -> DigestItem:
    return item(values["name"])


@pytest.fixture
def message(greet: Greet) -> OutboxMessage:
    return OutboxMessage(kind=KIND, recipient="a@mail.example", created_at=timezone.now())


def test_a_mail_is_told_in_one_line(message: OutboxMessage, greet: Greet) -> None:
    assert line_of(message) is None
    greet(line=line)
    assert line_of(message) == item("O'Hara & Co")


def test_what_has_lost_its_point_is_no_line(message: OutboxMessage, greet: Greet) -> None:
    greet(line=line, context=lambda message: None)
    with pytest.raises(Pointless, match="obsolete"):
        line_of(message)


def test_what_somebody_should_do_comes_first_and_each_line_has_its_link() -> None:
    mail = write(default_templates("digest"), digest_values([item("a"), item("b", to_do=True), item("c")]))
    assert mail.subject == "1 thing to do for your Instagram accounts"
    places = [mail.text.index(words) for words in ("To do", "News of b.", "Good to know", "News of a.", "News of c.")]
    assert places == sorted(places)
    for about in "abc":
        assert mail.text.count(f"News of {about}.") == 1
        assert f"http://x.example/{about}" in mail.text
        assert f'href="http://x.example/{about}"' in mail.html
    assert "on behalf of Flora" in mail.text


def test_lines_name_their_workspace_only_where_there_are_several() -> None:
    one = write(default_templates("digest"), digest_values([item("a")]))
    assert one.subject == "News about your Instagram accounts"
    assert "a: News of a." in one.text
    assert "To do" not in one.text
    several = write(default_templates("digest"), digest_values([item("a"), item("b", workspace="Fauna")]))
    assert "a · Flora: News of a." in several.text
    assert "b · Fauna: News of b." in several.text
    assert "on behalf of" not in several.text


def test_what_is_too_much_for_a_mail_is_counted_and_what_is_to_do_comes_first() -> None:
    items = [*(item(f"n{number}") for number in range(50)), *(item(f"d{number}", to_do=True) for number in range(20))]
    values = digest_values(items)
    assert [len(values["to_do"]), len(values["news"]), values["more"]] == [20, 40, 10]
    written = write(default_templates("digest"), {"recipient": "a@mail.example", **values})
    for text in (written.text, written.html):
        assert "And 10 more that do not fit into one mail." in text
