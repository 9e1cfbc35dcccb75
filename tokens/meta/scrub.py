"""What may be kept of a text of Meta's that no rule knows: its plain words, so that somebody can write the rule."""

import re
from collections.abc import Iterable

from .secret import Secret

LONGEST = 200
GAP = "…"
# A word of prose as dictionaries have it, or a number of at most five digits, as codes have. Ids, tokens, handles with
# their @, addresses and whatever else somebody could be known by are none of these.
_PLAIN = re.compile(
    r"[\[(]?(?:[A-Z]?[a-z]{1,19}|[A-Z]{1,12}|#?[0-9]{1,5})(?:[-/][A-Za-z]{1,15})?(?:'[a-z]{1,2})?[.,:;!?)\]]*|-"
)
# So many signs in a row may be a part of what was sent along.
_PART = 6
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|'[^']*'(?=\s|$|[.,:;!?)])|`[^`]*`")
# Behind these words a text names whom it speaks of, a handle perhaps that looks like any word; or it goes on with one
# of the ordinary words that a sentence about nobody goes on with.
ORDINARY = (
    "a|access|account|an|and|are|as|at|be|because|been|but|by|can|cannot|changed|data|did|do|does|doesn't|for|from|had|"
    "has|have|id|ids|if|in|info|is|limit|logged|may|must|no|not|of|on|or|permissions?|reached|removed|requests?|revoked|"
    "session|should|that|the|this|to|tokens?|type|was|were|when|which|who|whose|will|with|without|would"
)
_NAMES = re.compile(
    r"(?i)\b(user(?:name)?|account|page|person|named?|called|owner|handle)"
    rf"(\s*[:=]\s*|\s+(?!(?:{ORDINARY})(?:[\s.,:;!?)]|$)))\S+"
)


def scrub(text: str, secrets: Iterable[Secret] = ()) -> str:
    """The plain words of `text`, with `…` for everything else.

    Args:
        text: as Meta sent it; it may repeat the token, ids and names.
        secrets: what was sent along: taken out first, whatever they look like.

    Returns:
        At most 200 characters.
    """
    sent = [secret.reveal() for secret in secrets if secret]
    for plain in sent:
        text = text.replace(plain, f" {GAP} ")
    text = _NAMES.sub(rf"\1\2{GAP}", _QUOTED.sub(GAP, text))
    kept = [word if _PLAIN.fullmatch(word) and not _part_of(sent, word) else GAP for word in text.split()]
    joined = " ".join(word for word, before in zip(kept, ["", *kept], strict=False) if (word, before) != (GAP, GAP))
    return joined[:LONGEST].rstrip()


def _part_of(sent: list[str], word: str) -> bool:
    return len(word) >= _PART and any(word.strip(".,:;!?()[]") in plain for plain in sent)
