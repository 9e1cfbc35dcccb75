"""A connection that is no part of a crowd keeps the date of the rule; those moved before it go on."""

from __future__ import annotations

import pytest

from tests.tokens.calendar.nights import crowd, night, on_nights, smooth
from tests.tokens.helpers import credential_of
from tokens.models import Credential

pytestmark = pytest.mark.django_db


def natives(number: int) -> set:
    """Whom the rule has on this night, wherever they are."""
    kept = Credential.objects.filter(due_at=night(number), due_by_rule=None)
    moved = Credential.objects.filter(due_by_rule=night(number))
    return {*kept.values_list("pk", flat=True), *moved.values_list("pk", flat=True)}


def test_those_on_the_nights_around_keep_their_date():
    alone = {number: crowd(1, number) for number in (28, 29, 31)}
    crowd(15, 30)
    smooth()
    assert on_nights() == {28: 1, 29: 6, 30: 10, 31: 1}
    for number, connection in alone.items():
        credential = credential_of(connection)
        assert (credential.due_at, credential.due_by_rule) == (night(number), None)


def test_natives_that_come_later_push_those_on_that_were_moved_there():
    crowd(20, 30)
    smooth()
    crowd(7, 29)
    assert smooth() == {"moved": 0, "moved_on": 7, "crowded": 0}
    assert on_nights() == {30: 10, 29: 10, 28: 7}
    assert Credential.objects.filter(due_at=night(29), due_by_rule=None).count() == 7
    assert set(Credential.objects.filter(due_at=night(28)).values_list("due_by_rule", flat=True)) == {night(30)}


def test_the_date_of_the_rule_is_kept_however_often_one_goes_on():
    crowd(20, 30)
    smooth()
    for number in (29, 28, 27):
        crowd(10, number)
        smooth()
    assert on_nights() == {30: 10, 29: 10, 28: 10, 27: 10, 26: 10}
    assert set(Credential.objects.filter(due_at=night(26)).values_list("due_by_rule", flat=True)) == {night(30)}


def test_a_second_crowd_moves_itself_only_after_those_moved_there_have_gone_on():
    crowd(20, 30)
    smooth()
    crowd(15, 29)
    assert smooth() == {"moved": 5, "moved_on": 10, "crowded": 0}
    assert on_nights() == {30: 10, 29: 10, 28: 10, 27: 5}
    assert len(natives(29)) == 15
    assert set(Credential.objects.filter(due_at=night(28)).values_list("due_by_rule", flat=True)) == {night(30)}
    assert not Credential.objects.filter(due_at=night(29), due_by_rule__isnull=False).exists()


def test_natives_stay_where_those_moved_there_are_too_young_to_go_on():
    crowd(20, 30, issued_at=night(29) - 2 * (night(1) - night(0)), due_at=night(30))
    smooth()
    Credential.objects.filter(due_at=night(29)).update(issued_at=night(28))
    crowd(10, 29)
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 1}
    assert on_nights() == {30: 10, 29: 20}


def test_of_natives_that_are_a_crowd_those_too_many_move_though_others_are_stuck_there():
    crowd(20, 30)
    smooth()
    Credential.objects.filter(due_at=night(29)).update(issued_at=night(28))
    crowd(13, 29)
    assert smooth() == {"moved": 3, "moved_on": 0, "crowded": 1}
    assert on_nights() == {30: 10, 29: 20, 28: 3}
