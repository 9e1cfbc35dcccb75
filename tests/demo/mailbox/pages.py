"""The mailbox's pages: plain HTML without script, for phones first."""

from __future__ import annotations

import datetime as dt
import re
from html import escape
from string import Template

from .letters import Letter
from .style import STYLE

REFRESH_SECONDS = 5
SNIPPET = 140
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%231f7a4d'/%3E"
    "%3Cpath d='M3 5h10v6.5H3z M3 5l5 4 5-4' fill='none' stroke='%23fff'/%3E%3C/svg%3E"
)
FRAME = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
$refresh<link rel="icon" href="$icon">
<title>$title</title>
<style>$style</style>
</head>
<body class="$shape"><p class="label">The demo’s mailbox — not a real one</p><main>
$body
</main></body>
</html>
""")
ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def frame(title: str, body: str, *, refresh: bool = False, shape: str = "") -> str:
    meta = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">\n' if refresh else ""
    return FRAME.substitute(title=escape(title), body=body, refresh=meta, icon=ICON, style=STYLE, shape=shape)


def listing(letters: list[Letter]) -> str:
    now = dt.datetime.now(dt.UTC)
    rows = "".join(row(each, now) for each in letters)
    listed = f'<ol class="letters">{rows}</ol>' if rows else '<p class="empty">No mail yet.</p>'
    number = f"{len(letters)} mail{'' if len(letters) == 1 else 's'}, newest first."
    return frame(
        f"Mailbox ({len(letters)})",
        f'<h1>Mailbox</h1><p class="soft">{number} The page looks for new ones every {REFRESH_SECONDS} seconds.</p>'
        f"{listed}",
        refresh=True,
    )


def row(letter: Letter, now: dt.datetime) -> str:
    snippet = " ".join(letter.text.split())
    snippet = snippet[:SNIPPET].rsplit(" ", 1)[0] + " …" if len(snippet) > SNIPPET else snippet
    return (
        f'<li><a href="/mail/{letter.id}/"><span class="who">{escape(letter.recipients)}</span>'
        f'<time datetime="{letter.at.isoformat()}" title="{moment(letter.at)}">{ago(now - letter.at)}</time>'
        f"<b>{escape(letter.subject)}</b><small>{escape(snippet)}</small></a></li>"
    )


def letter_page(letter: Letter, *, as_text: bool) -> str:
    return frame(
        letter.subject,
        f'<p><a href="/">← All mails</a></p><h1>{escape(letter.subject)}</h1>'
        f"<dl><dt>To</dt><dd>{escape(letter.recipients)}</dd><dt>From</dt><dd>{escape(letter.sender)}</dd>"
        f"<dt>Sent</dt><dd>{moment(letter.at)}</dd></dl>"
        f"{tabs(letter, as_text)}{plain(letter) if as_text else framed(letter)}",
        shape="" if as_text else "tall",
    )


def tabs(letter: Letter, as_text: bool) -> str:
    if not letter.html:
        return ""
    base = f"/mail/{letter.id}/"
    return (
        f'<nav aria-label="View"><a href="{base}"{current(not as_text)}>Designed</a>'
        f'<a href="{base}text/"{current(as_text)}>Text</a>'
        f'<a href="{base}html/" target="_blank" rel="noopener">On its own ↗</a></nav>'
    )


def current(here: bool) -> str:
    return ' aria-current="page"' if here else ""


def plain(letter: Letter) -> str:
    return f'<pre class="paper">{linked(letter.text) or "(empty)"}</pre>'


def framed(letter: Letter) -> str:
    return (
        f'<iframe class="paper" src="/mail/{letter.id}/html/" title="The mail as it was designed"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )


def linked(text: str) -> str:
    """The text with its addresses as links."""
    parts, end = [], 0
    for found in ADDRESS.finditer(text):
        address = escape(found[0])
        parts += [escape(text[end : found.start()]), f'<a href="{address}" rel="noopener">{address}</a>']
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def alone(letter: Letter) -> str:
    """The mail's own HTML; its links open beside the mailbox, since the site refuses to be framed."""
    base = '<base target="_blank">'
    html, done = HEAD.subn(lambda found: found[0] + base, letter.html, count=1)
    return html if done else base + html


def nowhere(sentence: str) -> str:
    return frame("Mailbox", f'<h1>{escape(sentence)}</h1><p><a href="/">All mails</a></p>')


def moment(at: dt.datetime) -> str:
    return f"{at:%A}, {at.day} {at:%B %Y, %H:%M} UTC"


def ago(span: dt.timedelta) -> str:
    seconds = span.total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if number := int(seconds // size):
            return f"{number} {name}{'' if number == 1 else 's'} ago" if number > 0 else "just now"
    return "just now"
