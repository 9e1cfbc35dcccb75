"""In which time zone and language something is told: as the workspace has chosen that it belongs to.

The language decides how dates are written everywhere. Words follow it in mails and on creators' pages alone; the
dashboard's are English.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

# The zones' short names that other languages have words of their own for.
ZONE_NAMES = {
    gettext_noop("CET"),
    gettext_noop("CEST"),
    gettext_noop("EET"),
    gettext_noop("EEST"),
    gettext_noop("WET"),
    gettext_noop("WEST"),
}
UTC = zoneinfo.ZoneInfo("UTC")

_language_of_dates: ContextVar[str] = ContextVar("language_of_dates", default=settings.LANGUAGE_CODE)


class Place(Protocol):
    """A tenant, as far as it matters here."""

    @property
    def time_zone(self) -> str: ...

    @property
    def language(self) -> str: ...


@contextmanager
def localised(place: Place | None) -> Iterator[None]:
    """Within, dates and words are those of `place`; without one, and where it names nonsense, English in UTC.

    Afterwards everything is as it was before, whatever `show_dates_of` and `speak_as` changed within.
    """
    before = _language_of_dates.get()
    with timezone.override(UTC), translation.override(settings.LANGUAGE_CODE):
        try:
            speak_as(place)
            yield
        finally:
            _language_of_dates.set(before)


def speak_as(place: Place | None) -> None:
    """Dates and words are those of `place` from here to the end of the surrounding `localised`."""
    show_dates_of(place)
    translation.activate(_language_of_dates.get())


def show_dates_of(place: Place | None) -> None:
    """Dates are those of `place` from here to the end of the surrounding `localised`; words stay as they are."""
    timezone.activate(_zone(place))
    _language_of_dates.set(_language(place))


def language_of_dates() -> str:
    return _language_of_dates.get()


def instant(at: dt.datetime) -> str:
    """`18 June 2027, 04:00 CEST`: every instant that people read is written by this."""
    return f"{day(at)}, {clock(at)}"


def day(at: dt.datetime) -> str:
    """The date that `at` has in the zone."""
    with translation.override(language_of_dates()):
        return date_format(timezone.localtime(at), "DATE_FORMAT")


def clock(at: dt.datetime) -> str:
    """The time of day, with the zone's name: of an hour that comes twice in autumn it tells which one."""
    local = timezone.localtime(at)
    return f"{local:%H:%M} {_name_of_zone(local)}"


def _name_of_zone(local: dt.datetime) -> str:
    name = local.tzname() or ""
    if not name.isalpha():
        # Many zones have no letters of their own, only their distance.
        return f"UTC{local.isoformat(timespec='minutes')[-6:]}"
    with translation.override(language_of_dates()):
        return gettext(name) if name in ZONE_NAMES else name


def _zone(place: Place | None) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(place.time_zone) if place else UTC
    except (KeyError, ValueError, OSError):  # unknown; no key at all; a folder of zones
        return UTC


def _language(place: Place | None) -> str:
    known = {code for code, _ in settings.LANGUAGES}
    return place.language if place and place.language in known else settings.LANGUAGE_CODE
