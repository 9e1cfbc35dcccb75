"""Instants in words: in whose time zone, in which language, and for how long."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone, translation

from accounts.models import Tenant
from notifications.localisation import instant, language_of_dates, localised, show_dates_of, speak_as

NIGHT = dt.datetime(2027, 6, 18, 2, tzinfo=dt.UTC)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]


def place(time_zone: str = "UTC", language: str = "en") -> Tenant:
    return Tenant(name="Somewhere", time_zone=time_zone, language=language)


@pytest.mark.parametrize(
    ("zone", "at", "words"),
    [
        ("UTC", NIGHT, "18 June 2027, 02:00 UTC"),
        ("Europe/Berlin", NIGHT, "18 June 2027, 04:00 CEST"),
        ("Europe/Berlin", utc(2027, 1, 18, 2), "18 January 2027, 03:00 CET"),
        ("America/Los_Angeles", NIGHT, "17 June 2027, 19:00 PDT"),
        ("Asia/Kathmandu", NIGHT, "18 June 2027, 07:45 UTC+05:45"),
        ("America/St_Johns", NIGHT, "17 June 2027, 23:30 NDT"),
        ("America/Sao_Paulo", NIGHT, "17 June 2027, 23:00 UTC-03:00"),
        ("Pacific/Auckland", utc(2027, 6, 18, 12, 0), "19 June 2027, 00:00 NZST"),
        ("Pacific/Auckland", utc(2027, 12, 31, 11, 0), "1 January 2028, 00:00 NZDT"),
        ("Pacific/Kiritimati", utc(2027, 12, 31, 10, 0), "1 January 2028, 00:00 UTC+14:00"),
        ("Pacific/Pago_Pago", utc(2028, 1, 1, 10, 59), "31 December 2027, 23:59 SST"),
    ],
)
def test_an_instant_is_told_in_the_zone_with_the_zones_name(zone: str, at: dt.datetime, words: str) -> None:
    with localised(place(zone)):
        assert instant(at) == words


def test_the_hour_that_comes_twice_in_autumn_and_the_one_that_never_comes_in_spring() -> None:
    with localised(place("Europe/Berlin")):
        told = [instant(utc(2027, 10, 31, hour, 30)) for hour in (0, 1)]
        assert told == ["31 October 2027, 02:30 CEST", "31 October 2027, 02:30 CET"]
        told = [instant(utc(2027, 3, 28, hour, 59)) for hour in (0, 1)]
        assert told == ["28 March 2027, 01:59 CET", "28 March 2027, 03:59 CEST"]


@pytest.mark.parametrize(
    ("zone", "at", "words"),
    [
        ("Europe/Berlin", NIGHT, "18. Juni 2027, 04:00 MESZ"),
        ("Europe/Berlin", utc(2027, 3, 1, 2), "1. März 2027, 03:00 MEZ"),
        ("Europe/Athens", NIGHT, "18. Juni 2027, 05:00 OESZ"),
        ("UTC", NIGHT, "18. Juni 2027, 02:00 UTC"),
    ],
)
def test_german_dates_are_german(zone: str, at: dt.datetime, words: str) -> None:
    with localised(place(zone, "de")):
        assert instant(at) == words


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/City", "Europe", "../../etc/passwd", "/etc/localtime", "a\0b", "x" * 300]
)
@pytest.mark.parametrize("language", ["", "xx", "de-AT", "fr", "../de", "DE"])
def test_what_is_stored_wrongly_falls_back_to_english_in_utc(zone: str, language: str) -> None:
    with localised(place(zone, language)):
        assert instant(NIGHT) == "18 June 2027, 02:00 UTC"
        assert translation.get_language() == "en"


def test_the_language_of_words_changes_for_mails_and_creators_alone() -> None:
    with localised(None):
        show_dates_of(place("Europe/Berlin", "de"))
        assert instant(NIGHT) == "18. Juni 2027, 04:00 MESZ"
        assert translation.get_language() == "en"
        speak_as(place("Europe/Berlin", "de"))
        assert translation.get_language() == "de"


def test_afterwards_everything_is_as_before_whatever_happened_within() -> None:
    with localised(place("Asia/Tokyo", "de")):
        with pytest.raises(ZeroDivisionError), localised(place("Europe/Berlin")):
            speak_as(place("Pacific/Auckland"))
            raise ZeroDivisionError
        assert instant(NIGHT) == "18. Juni 2027, 11:00 JST"
        assert translation.get_language() == "de"
    nothing_is_left()


def nothing_is_left() -> None:
    assert timezone.get_current_timezone_name() == "UTC"
    assert (translation.get_language(), language_of_dates()) == ("en", "en")
    assert instant(NIGHT) == "18 June 2027, 02:00 UTC"
