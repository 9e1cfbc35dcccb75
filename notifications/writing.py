"""A mail's words: subject, text and HTML from one set of values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.template import Context, Engine

from notifications.registry import Templates


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str
    html: str


def write(templates: Templates, values: dict[str, Any]) -> Written:
    """The mail in the language and time zone that are active. Raises whatever the templates raise."""
    return Written(
        subject=" ".join(_plain(templates.subject, values).split()),
        text=_plain(templates.text, values),
        html=Engine.get_default().get_template(templates.html).render(Context(values)),
    )


def _plain(template: str, values: dict[str, Any]) -> str:
    """The rendered text; an apostrophe stays one, and tags that leave nothing leave no gap either."""
    text = Engine.get_default().get_template(template).render(Context(values, autoescape=False))
    return re.sub(r"\n\s*\n\s*\n", "\n\n", text).strip() + "\n"
