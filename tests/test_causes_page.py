"""docs/causes-of-death.md names every reason, every subcode and every flag that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tokens.flags import ALL_FLAGS
from tokens.flavours.system_user import SystemUser
from tokens.meta.deaths import _BY_SUBCODE, _BY_TEXT, _OF_FACEBOOK_BY_SUBCODE
from tokens.models import Reason

PAGE = (Path(__file__).parent.parent / "docs" / "causes-of-death.md").read_text("utf-8")


def rows(title: str) -> list[list[str]]:
    """The cells of the table below a heading, without its first two lines."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_reason_stands_there_with_its_subcodes() -> None:
    told = {row[0].strip("`"): {int(number) for number in re.findall(r"\d{3}", row[1])} for row in rows("Causes")}
    known: dict[str, set[int]] = {reason: set() for reason in Reason}
    for subcode, reason in _BY_SUBCODE.items():
        known[reason].add(subcode)
    # Where Facebook tells apart what Instagram does not.
    for subcode, gone in _OF_FACEBOOK_BY_SUBCODE.items():
        if gone != _BY_SUBCODE[subcode]:
            known[SystemUser(None).reason_of(gone)].add(subcode)
    assert told == known


def test_every_quoted_text_has_the_reason_of_its_row() -> None:
    for row in rows("Causes"):
        quoted = re.findall(r'"([^"]+)"', row[2])
        found = {text: next((reason for rule, reason in _BY_TEXT if rule.search(text)), "unknown") for text in quoted}
        assert set(found.values()) <= {row[0].strip("`")}, found


def test_every_flag_stands_there() -> None:
    assert [row[0].strip("`") for row in rows("Flags of a living connection")] == [flag.word for flag in ALL_FLAGS]
