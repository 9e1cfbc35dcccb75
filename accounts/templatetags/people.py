"""What the pages of one's account say about devices and codes."""

from __future__ import annotations

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
