"""Instants in templates, as the workspace has them."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language

from notifications import localisation

register = template.Library()


@register.filter
def instant(at: dt.datetime | None) -> str:
    """`18 June 2027, 04:00 CEST`; nothing where there is none."""
    return localisation.instant(at) if at else ""


@register.filter
def day(at: dt.datetime | None) -> str:
    """`18 June 2027`; nothing where there is none."""
    return localisation.day(at) if at else ""


@register.filter
def time_element(at: dt.datetime | None) -> str:
    """The same for pages: programs read it in UTC, and a screen reader in the language of the date."""
    if not at:
        return ""
    words, language = localisation.instant(at), localisation.language_of_dates()
    machine = at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if language == get_language():
        return format_html('<time datetime="{}">{}</time>', machine, words)
    return format_html('<time datetime="{}" lang="{}">{}</time>', machine, language, words)
