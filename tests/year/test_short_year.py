"""A short form of the simulated year: four months of sixty connections, with the worst outage and the longest pause."""

from __future__ import annotations

import pytest

from tests.year.play import FIRST_DAY, Year
from tests.year.weather import DAY, HOUR, Spell, Weather, make_weather

pytestmark = pytest.mark.django_db(transaction=True)

START = FIRST_DAY.timestamp()
DAYS = 120


@pytest.fixture
def year() -> Year:
    # Of so few connections chance alone would seldom meet these.
    lies = Spell("lying", START + 20 * DAY, START + 27 * DAY, share=0.7)
    weather = Weather([*make_weather(3, START, DAYS).spells, lies])
    year = Year(connections=60, days=DAYS, checked=3, seed=3, weather=weather, sweep_turn=2 * HOUR)
    ends, limited = year.accounts[0], year.accounts[1]
    ends.ended = START + 40 * DAY
    limited.troubles = (Spell("limited", limited.issued + 49 * DAY, limited.issued + 52 * DAY),)
    year.populate()
    return year


def test_four_months_of_bad_weather_break_no_promise(year: Year) -> None:
    longest = {
        kind: max(spell.end - spell.start for spell in year.sky.spells if spell.kind == kind)
        for kind in ("outage", "pause")
    }
    assert longest == pytest.approx({"outage": 48 * HOUR, "pause": 5 * DAY})

    year.play()

    assert [verdict for verdict in year.judge.verdicts(DAYS, year.now) if not verdict.kept] == []
    assert year.days_played == DAYS
    # That nothing was broken would say little if nothing had happened.
    assert year.meta.counts["renewed"] >= 60 * 2
    assert all(year.meta.counts[error] > 0 for error in ("MetaTransient", "MetaRateLimited", "lies"))
    assert year.judge.total("ends noticed") > 0
    assert year.judge.total("came back") > 0
    [hours] = year.judge.notice_hours
    # A day, and until the next turn of the checks; nothing else was in the way on that day.
    assert 0 < hours < 31
