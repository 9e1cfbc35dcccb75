"""Handles of Instagram accounts as people write them: with or without @, in any case, at times as an address."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

LONGEST = 30
ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?instagram\.com/([^/?#]+)/?(?:[?#].*)?", re.IGNORECASE)
HANDLE = re.compile(rf"(?!\.)(?!.*\.\.)[a-z0-9._]{{1,{LONGEST}}}(?<!\.)", re.IGNORECASE | re.ASCII)
NO_HANDLE = (
    f"That is no Instagram handle: up to {LONGEST} letters without accents, digits, underscores and single full stops "
    "between them, such as @carla.bakes."
)


def clean_handle(text: str) -> str:
    """The handle that `text` means, in lower case and without @; empty for an empty text.

    Raises:
        ValidationError: Instagram gives no such handles. The sentence is fit for whoever wrote it.
    """
    written = text.strip()
    if address := ADDRESS.fullmatch(written):
        written = address[1]
    written = written.removeprefix("@").strip()
    if written and not HANDLE.fullmatch(written):
        raise ValidationError(NO_HANDLE, code="handle")
    return written.lower()
