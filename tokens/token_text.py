"""The text that people paste for a token: what clings to it, and what kind its first letters hint at."""

from __future__ import annotations

import re
import unicodedata

from tokens.meta import Secret

# Meta asks for room without a maximum; its tokens have some hundred characters. A header takes no more than this.
LONGEST = 4096
QUOTES = "\"'`´′″“”„‟‘’‚‛«»‹›「」『』＂＇"
_CLINGING = f"{QUOTES}<>(){{}}[],;:"
_LEADING = re.compile(r"(?:authorization\s*:\s*)?bearer(?:\s+|$)|access_token[\"'\s]*[=:]", re.IGNORECASE)
# Threads and others write the kind of token before it.
_APP_TOKEN = re.compile(r"(?:[a-z]{1,4}(?:\||%7c))?[0-9]+(?:\||%7c)", re.IGNORECASE)
_APP_SECRET = re.compile(r"[0-9a-f]{32}")
_SENDABLE = re.compile(r"[\x21-\x7e]+")


def trimmed(text: str) -> Secret:
    """The token in what somebody pasted: without spaces, line breaks, quotation marks and what names it.

    Args:
        text: such as `"IGAA…"`, `Bearer IGAA…` or `access_token=IGAA…`, as mail programs and spreadsheets leave it.
    """
    # Within it, too: a mail program breaks what is longer than its lines.
    return Secret(_peeled("".join(_peeled(_visible(text)).split())))


def is_app_token(token: Secret) -> bool:
    """Whether it is an app's id and secret with a line between: nothing that may be sent anywhere as a token."""
    return _APP_TOKEN.match(token.reveal()) is not None


def is_sendable(token: Secret) -> bool:
    """Whether it holds nothing but what tokens are made of, more or less."""
    return _SENDABLE.fullmatch(token.reveal()) is not None


def kind_by_looks(token: Secret) -> str:
    """What it seems to be, one word; empty where it might be anything.

    A hint for words after a refusal. Meta may change its first letters any day, so that nothing is refused for them.
    """
    text = token.reveal()
    if text.startswith("EAA"):
        return "facebook"
    if text.startswith("IG"):
        return "instagram"
    if text.startswith("TH"):
        return "threads"
    return "app_secret" if _APP_SECRET.fullmatch(text) else ""


def _visible(text: str) -> str:
    """Without characters of no width and signs of control; white space stays."""
    return "".join(each for each in text if each.isspace() or unicodedata.category(each) not in ("Cc", "Cf"))


def _peeled(text: str) -> str:
    while True:
        bare = text.strip().strip(_CLINGING)
        found = _LEADING.match(bare)
        bare = bare[found.end() :] if found else bare
        if bare == text:
            return text
        text = bare
