"""The weather of the simulated year: spells, the sky, the longest clear stretch."""

from __future__ import annotations

from tests.year.weather import DAY, DEFAULT_APP, HOUR, OWN_APP, Spell, Weather, make_weather


def test_the_same_seed_gives_the_same_weather_and_another_one_another() -> None:
    first, again, other = (make_weather(seed, 0, 365).spells for seed in (1, 1, 2))
    assert first == again != other


def test_outages_last_from_minutes_to_two_days() -> None:
    hours = [(spell.end - spell.start) / HOUR for spell in make_weather(1, 0, 365).spells if spell.kind == "outage"]
    assert (round(min(hours), 1), round(max(hours))) == (0.1, 48)


def test_fewer_days_get_fewer_spells_but_the_longest() -> None:
    spells = make_weather(1, 0, 60).spells
    pauses = [round((spell.end - spell.start) / DAY) for spell in spells if spell.kind == "pause"]
    assert (len(pauses), max(pauses)) == (2, 5)
    assert all(0 <= spell.start < 60 * DAY for spell in spells)


def test_of_spells_of_one_kind_the_worst_counts() -> None:
    weather = Weather([Spell("slow", 0, 10, 0.2), Spell("slow", 5, 8, 0.6)], always={"slow": 0.1})
    assert [weather.at(when).slow for when in (4, 6, 9, 10)] == [0.2, 0.6, 0.2, 0.1]


def test_the_sky_knows_outages_pauses_and_limits() -> None:
    weather = Weather([Spell("outage", 0, 1), Spell("pause", 1, 2), Spell("limit", 2, 3, app=OWN_APP)], always={})
    skies = [weather.at(when) for when in (0, 1, 2, 3)]
    assert [sky.out for sky in skies] == [True, False, False, False]
    assert [sky.workers_run for sky in skies] == [True, False, True, True]
    assert [sky.limited for sky in skies] == [frozenset(), frozenset(), frozenset({OWN_APP}), frozenset()]


def test_workers_are_back_when_the_last_of_adjoining_pauses_is_over() -> None:
    weather = Weather([Spell("pause", 0, 10), Spell("pause", 10, 20)])
    assert [weather.workers_back(when) for when in (5, 25)] == [20, 25]


def test_the_longest_clear_stretch_ends_at_spells_of_any_kind_that_concern_the_account() -> None:
    weather = Weather([Spell("outage", 10, 20), Spell("limit", 40, 50, app=OWN_APP), Spell("slow", 15, 30)])
    assert weather.longest_clear(0, 60, DEFAULT_APP) == 30
    assert weather.longest_clear(0, 60, OWN_APP) == 10
    assert weather.longest_clear(0, 60, DEFAULT_APP, [Spell("limited", 32, 58)]) == 10
    assert weather.longest_clear(12, 28, DEFAULT_APP) == 0


def test_hours_of_a_kind_are_those_between_two_instants() -> None:
    weather = Weather([Spell("outage", 0, 4 * HOUR), Spell("pause", 0, HOUR)])
    assert weather.hours("outage", HOUR, 24 * HOUR) == 3
