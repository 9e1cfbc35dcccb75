"""What clings to a token that people copy is taken off; the token itself never is."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tokens.meta import Secret
from tokens.token_text import QUOTES, is_app_token, is_sendable, kind_by_looks, trimmed

TOKEN = "IGAA" + "aZ9" * 50
SPACES = [" ", "\n", "\r\n", "\t", "\u00a0", "\u2003", "\u2028"]
UNSEEN = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u202a", "\x00", "\x07"]
NAMES = [
    "Bearer ",
    "bearer\t",
    "BEARER\n",
    "Authorization: Bearer ",
    "access_token=",
    "access_token: ",
    '"access_token":"',
]

tokens = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=200).map(lambda text: f"IG{text}9")
clinging = st.lists(st.sampled_from([*SPACES, *UNSEEN, *QUOTES]), max_size=8).map("".join)
gaps = st.lists(st.sampled_from([*SPACES, *UNSEEN]), max_size=3).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"  {TOKEN}\r\n",
        f'"{TOKEN}"',
        f"'{TOKEN}'",
        f"“{TOKEN}”",
        f"„{TOKEN}“",
        f"«\u00a0{TOKEN}\u00a0»",
        f"‘{TOKEN}’",
        f"`{TOKEN}`",
        f"Bearer {TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"access_token={TOKEN}",
        f'{{"access_token": "{TOKEN}"}}',
        f'"access_token": "{TOKEN}",',
        f"\ufeff{TOKEN}\u200b",
        f"{TOKEN[:40]}\n{TOKEN[40:90]}\r\n   {TOKEN[90:]}",
        f"{TOKEN[:40]}\u200b{TOKEN[40:]}",
        f"<{TOKEN}>",
    ],
)
def test_ways_in_which_tokens_arrive(text: str) -> None:
    assert trimmed(text).reveal() == TOKEN


@given(token=tokens, before=clinging, name=st.sampled_from(["", *NAMES]), between=clinging, after=clinging)
def test_whatever_clings_to_a_token_comes_off(token: str, before: str, name: str, between: str, after: str) -> None:
    assert trimmed(f"{before}{name}{between}{token}{after}") == Secret(token)


@given(token=tokens, gap=gaps, data=st.data())
def test_a_token_that_was_broken_over_lines_is_joined(token: str, gap: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(token)))
    assert trimmed(f"{token[:place]}{gap}{token[place:]}") == Secret(token)


@given(text=st.text())
@example(text="access _token=x")
@example(text='"Bearer "access_token= "')
def test_of_any_text_nothing_is_left_to_take_off(text: str) -> None:
    once = trimmed(text)
    assert trimmed(once.reveal()) == once


@given(text=st.text())
def test_nothing_is_added_and_nothing_changes_its_place(text: str) -> None:
    rest = iter(text)
    assert all(each in rest for each in trimmed(text).reveal())


def test_the_words_bearer_and_access_token_come_off_the_beginning_alone() -> None:
    for text in ("IGAABearer1", "IGaccess_token1", "Bearer1"):
        assert trimmed(text).reveal() == text


@pytest.mark.parametrize("text", ["1|x", "123456|0f1e2d", "123%7Cabc", "TH|123|abc", "gg|1|x", "1|"])
def test_an_app_token_is_known_by_its_line(text: str) -> None:
    assert is_app_token(Secret(text))


@pytest.mark.parametrize("text", [TOKEN, "EAAC123", "123456", "", "|abc", "IGAAx|1|"])
def test_other_texts_are_no_app_tokens(text: str) -> None:
    assert not is_app_token(Secret(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("EAACx", "facebook"),
        ("THQVx", "threads"),
        ("0f" * 16, "app_secret"),
        (TOKEN, "instagram"),
        ("0F" * 16, ""),
        ("x", ""),
    ],
)
def test_the_first_letters_give_a_hint(text: str, kind: str) -> None:
    assert kind_by_looks(Secret(text)) == kind


@pytest.mark.parametrize(("text", "fits"), [(TOKEN, True), ("a-_.~", True), ("a b", False), ("ä", False), ("", False)])
def test_what_a_header_can_carry(text: str, fits: bool) -> None:
    assert is_sendable(Secret(text)) == fits
