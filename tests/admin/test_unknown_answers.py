"""Answers that no rule knows: a list to read, a number on the home page that leads to it."""

from __future__ import annotations

import pytest

from tests.markup import Page
from tests.tokens.helpers import ago
from tokens.models import UnknownAnswer

pytestmark = pytest.mark.django_db
LIST = "/admin/tokens/unknownanswer/"


def kept(number: int, **columns) -> UnknownAnswer:
    given = {
        "call": "refresh", "status": 400, "code": 99999, "subcode": 12, "text": f"Something new {number}",
        "trace_id": "AbCdEf", "count": 41, "first_at": ago(days=9), "last_at": ago(days=1), **columns,
    }  # fmt: skip
    return UnknownAnswer.objects.create(fingerprint=str(number), **given)


def text_of(browser, address: str) -> str:
    return Page(browser.get(address).content.decode()).text


def test_each_is_listed_with_call_codes_words_count_and_trace(staff):
    kept(1)
    text = text_of(staff, LIST)
    for word in ("Something new 1", "refresh", "400", "99999", "12", "41", "AbCdEf"):
        assert word in text


def test_the_newest_come_first_and_older_ones_can_be_left_out(staff):
    kept(1, last_at=ago(days=8))
    kept(2)
    text = text_of(staff, LIST)
    assert text.index("Something new 2") < text.index("Something new 1")
    assert "Something new 1" not in text_of(staff, f"{LIST}?lately=1")
    assert "Something new 2" not in text_of(staff, f"{LIST}?lately=0")


def test_one_without_words_says_so(staff):
    row = kept(1, text="")
    assert "nothing" in text_of(staff, f"{LIST}{row.pk}/change/")


def test_they_are_found_by_a_word_a_call_and_a_trace(staff):
    kept(1)
    kept(2, text="Another", call="me", trace_id="Zyx")
    for asked, found in [("Another", "Another"), ("refresh", "Something new 1"), ("Zyx", "Another")]:
        assert found in text_of(staff, f"{LIST}?q={asked}")


def test_the_home_page_counts_those_of_seven_days_and_leads_there(staff):
    kept(1, last_at=ago(days=6))
    kept(2, last_at=ago(days=8))
    response = staff.get("/admin/")
    numbers = {number.words: number for _, some in response.context["groups"] for number in some}
    assert numbers["Unknown answers"].value == 1
    assert numbers["Unknown answers"].url == f"{LIST}?lately=1"


def test_nobody_edits_or_deletes_one(staff):
    row = kept(1)
    assert staff.post(f"{LIST}{row.pk}/change/", {"text": "mine"}).status_code == 403
    assert staff.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get(f"{LIST}add/").status_code == 403
