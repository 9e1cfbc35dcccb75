"""A year of one connection of each flavour, over the emulator: what renews it when, what is flagged, what ends it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from tests.tokens.flavours.kept import FACEBOOK, INSTAGRAM, NEVER, SYSTEM_USER, Kept, keep
from tests.tokens.helpers import claimed, events_of, status_of
from tests.tokens.trouble.seeing import flags
from tokens.clients import keeper_of
from tokens.flavours.interface import Keeper
from tokens.meta import Profile, Secret
from tokens.models import Connection
from tokens.services.attempt import work
from tokens.services.link_account import Account, describe, store_token

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)
YEAR = 365


@dataclass
class Year:
    """What happened on which day since it was connected; days are numbers, the first is 0."""

    kept: Kept
    travel: Callable[[dt.datetime], Any]
    keeper: Keeper
    words: dict[str, list[int]] = field(default_factory=dict)
    flagged: dict[str, list[int]] = field(default_factory=dict)

    def live(self, days: int = YEAR, *, on_day: Callable[[int], None] | None = None) -> None:
        """Each day what is due at its moment; then a look at the flags, of what renews itself every tenth day."""
        due = self._next()
        for day in range(days):
            if on_day is not None:
                self.travel(START + day * DAY)
                on_day(day)
                due = self._next()
            evening = START + (day + 1) * DAY
            while due is not None and due[0] < evening:
                self._work(*due, day)
                due = self._next()
            if self.kept.kind == FACEBOOK or day % 10 == 9:
                self.travel(evening)
                for word in flags(self.kept.connection):
                    self.flagged.setdefault(word, []).append(day)

    def _next(self) -> tuple[dt.datetime, Any] | None:
        row = self.kept.credential
        found = [(row.due_at, "refresh"), (row.check_due_at, "check")]
        return min(((at, what) for at, what in found if at is not None), default=None)

    def _work(self, at: dt.datetime, purpose: Any, day: int) -> None:
        self.travel(at)
        claim = claimed(self.kept.connection, purpose)
        word = work(claim, lambda app: self.keeper, pause=lambda seconds: None)
        self.words.setdefault(word, []).append(day)

    @property
    def counts(self) -> Counter[str]:
        return Counter({word: len(days) for word, days in self.words.items()})


@pytest.fixture
def lived(emulator, tenant, travel, settings, request) -> Callable[..., Year]:
    """Begins a year; what checks cost is paid once a month, unless they are what is looked at."""

    def begin(kind: str, *, check_every_days: int = 30, **switches: Any) -> Year:
        settings.CHECK_EVERY_HOURS = 24 * check_every_days
        emulator.state.configure(**switches)
        travel(START)
        kept = keep(kind, emulator, tenant)
        keeper = keeper_of(kept.connection.meta_app, pool_size=1)
        request.addfinalizer(keeper.close)
        return Year(kept, travel, keeper)

    return begin


def consent_again(kept: Kept) -> None:
    """The person goes through Facebook's dialog once more."""
    world, connection = kept.emulator.state.facebook, Connection.objects.get(pk=kept.connection.pk)
    world.set_consented(kept.holder, 0)
    long = world.issue_token(kept.holder, "long")
    now = dt.datetime.fromtimestamp(kept.emulator.state.now(), dt.UTC)
    account = Account(
        profile=Profile(connection.instagram_id, None, None, None, None, None),
        token=Secret(world.page_token(long, connection.page_id).access_token),
        issued_at=now,
        expires_at=now + 90 * DAY,
        permissions=connection.permissions,
        renewal=Secret(long.access_token),
        renewal_expires_at=now + 60 * DAY,
        page_id=connection.page_id,
        page_name=connection.page_name,
    )
    describe(connection, account, now=now, meta_app=connection.meta_app, user=None)
    store_token(connection, account, now=now)


def between(days: list[int]) -> list[int]:
    return [later - earlier for earlier, later in pairwise(days)]


@pytest.mark.parametrize("kind", [INSTAGRAM, SYSTEM_USER])
def test_what_renews_itself_is_renewed_seven_times_and_lives(kind, lived):
    year = lived(kind)
    ends: dict[str, Any] = {}

    def note(day: int) -> None:
        ends.setdefault(year.kept.keys[0], year.kept.credential.expires_at)

    year.live(on_day=note if kind == SYSTEM_USER else None)
    assert year.words["refreshed"] == [49 * n for n in range(1, 8)]
    assert set(year.words) == {"refreshed", "alive"}
    assert year.flagged == {}
    assert status_of(year.kept.connection) == ("active", "")
    if kind == SYSTEM_USER:
        # Each of the eight lived until its own date, also once there was a newer one.
        known = year.kept.emulator.state.facebook.tokens
        assert len(ends) == 8
        for token, end in ends.items():
            assert known[token].cause is None
            assert abs(dt.datetime.fromtimestamp(known[token].expires_at, dt.UTC) - end) < DAY / 24


def test_a_system_user_that_never_expires_is_checked_each_day_and_never_renewed(lived):
    year = lived(NEVER, check_every_days=1)
    year.live()
    assert year.counts == {"alive": YEAR}
    assert year.kept.refreshes == 0
    assert (year.flagged, events_of(year.kept.connection)) == ({}, [])


def test_facebook_that_prolongs_is_renewed_before_day_50_and_ends_with_the_data_unless_a_person_comes(lived):
    year = lived(FACEBOOK)
    year.live(100)
    assert year.words["refreshed"] == [49]
    assert year.flagged == {"must_be_renewed": [*range(75, 90)]}, "fourteen days ahead, until it ends"
    assert year.words["died"] == [90]
    assert status_of(year.kept.connection) == ("inactive", "expired")


def test_facebook_lives_for_as_long_as_a_person_comes_back_when_reminded(lived):
    year = lived(FACEBOOK)
    came: list[int] = []

    def come(day: int) -> None:
        if "must_be_renewed" in flags(year.kept.connection):
            came.append(day)
            consent_again(year.kept)

    year.live(on_day=come)
    assert between([0, *came]) == [76] * 4
    assert len(year.words["refreshed"]) == 5, "once between two consents"
    assert "died" not in year.words
    assert status_of(year.kept.connection) == ("active", "")


@pytest.mark.parametrize(
    ("how", "told"), [("same_date", "not_prolonged"), ("refuse", "refused")], ids=["same date", "refused"]
)
def test_facebook_that_does_not_prolong_is_flagged_at_once_tried_daily_and_ends_with_the_data(lived, how, told):
    year = lived(FACEBOOK, facebook_long_to_exchange=how)
    first: list[dt.datetime] = []

    def note(day: int) -> None:
        if day == 50:
            first.append(year.kept.credential.renew_by)

    year.live(100, on_day=note)
    assert year.words[told] == [*range(49, 60)]
    assert [(end - START) / DAY for end in first] == [60]
    assert year.words["unrenewable"] == [60]
    assert events_of(year.kept.connection) == [told, "unrenewable", "became_inactive"]
    # From day 49 until its renewing key has run out; then again, as far ahead of its end as ever.
    assert year.flagged["must_be_renewed"] == [*range(49, 60), *range(75, 90)]
    assert year.words["died"] == [90]
    assert status_of(year.kept.connection) == ("inactive", "expired")


def test_facebook_that_prolongs_again_after_a_while_is_as_well_as_before(lived):
    year = lived(FACEBOOK, facebook_long_to_exchange="same_date")
    configure = year.kept.emulator.state.configure
    year.live(60, on_day=lambda day: configure(facebook_long_to_exchange="extends") if day == 55 else None)
    assert (year.words["not_prolonged"], year.words["refreshed"]) == ([*range(49, 55)], [55])
    assert year.flagged["must_be_renewed"] == [*range(49, 55)]


def test_facebook_whose_exchange_counts_as_use_lives_on_without_anybody(lived):
    # Only a check learns the later end.
    year = lived(FACEBOOK, check_every_days=10, exchange_resets_data_access=True)
    year.live()
    assert year.words["refreshed"] == [49 * n for n in range(1, 8)]
    assert year.flagged == {}
    assert status_of(year.kept.connection) == ("active", "")


def test_facebook_without_an_end_of_data_access_lives_on_without_anybody(lived):
    year = lived(FACEBOOK, data_access_days=None)
    year.live()
    assert year.words["refreshed"] == [49 * n for n in range(1, 8)]
    assert year.flagged == {}
    assert year.kept.credential.expires_at is None


@pytest.mark.parametrize(
    ("kind", "renewals", "last"), [(INSTAGRAM, 60, 360), (SYSTEM_USER, 60, 360), (FACEBOOK, 14, 84)]
)
def test_a_weekly_cadence_works_for_each(kind, renewals, last, lived, settings):
    settings.REFRESH_AGE_DAYS = 7
    year = lived(kind)
    year.live(YEAR if kind != FACEBOOK else 95)
    assert (len(year.words["refreshed"]), year.words["refreshed"][-1]) == (renewals, last)
    assert set(between(year.words["refreshed"])) == {6}
    assert year.words.get("died") == ([90] if kind == FACEBOOK else None)
