"""What pages say about people's devices, codes and accounts."""

from __future__ import annotations

import re

from django import template

from accounts.devices import in_words

register = template.Library()


@register.filter
def device(user_agent: str) -> str:
    """The browser that a session runs in, in words."""
    return in_words(user_agent)


@register.filter
def in_fours(text: str) -> str:
    """A long key in groups of four, as people read it off a screen."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.filter
def initials(handle: str) -> str:
    """Two letters that stand for an account: of `river.and.oak` RA, of `hana` HA."""
    first, *others = [part for part in re.split(r"[._]+", handle) if part] or ["#"]
    return (first[0] + others[0][0] if others else first[:2]).upper()
