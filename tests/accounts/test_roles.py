"""Who may do what: the table for people and the one that the product goes by are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import Role
from accounts.rights import ROLES, Right, may

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "roles.md"


def table() -> dict[str, dict[str, str]]:
    """The rows of the documented table by right: what stands under each role."""
    lines = [line for line in DOCS.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head = [name.lower() for name in cells[0][1:]]
    return {row[0]: dict(zip(head, row[1:], strict=True)) for row in cells[2:]}


def test_the_table_for_people_names_every_right_and_no_other() -> None:
    assert list(table()) == [right.value for right in Right]


@pytest.mark.parametrize("right", list(Right), ids=lambda right: right.name)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_has_the_rights_that_the_table_says(role: Role, right: Right) -> None:
    assert table()[right.value][role.value] == ("yes" if may(role, right) else "no")


def test_an_owner_may_do_everything() -> None:
    assert all(Role.OWNER in roles for roles in ROLES.values())


def test_somebody_without_a_role_may_do_nothing() -> None:
    assert not any(may("", right) for right in Right)
