"""Small pieces of the page for people. Whatever comes in as text goes out escaped."""

from collections.abc import Iterable
from html import escape

from .pages import hidden
from .records import Person


def badge(text: str, look: str) -> str:
    return f'<span class="badge {look}">{escape(text)}</span>'


def button(name: str, words: str, fields: str = "", look: str = "", person: Person | None = None) -> str:
    """A form of one button; `fields` is markup."""
    whose = hidden("person", person.username) if person else ""
    shape = f' class="{look}"' if look else ""
    long = " all" if len(words) > 20 else ""
    return (
        f'<form class="row{long}" method="post" action="/_page/{name}">{whose}{fields}'
        f"<button{shape}>{escape(words)}</button></form>"
    )


def days_field(value: int, least: int = -3650) -> str:
    limits = f'min="{least}" max="3650" step="any"'
    return f'<label>Days <input type="number" name="days" value="{value}" {limits} required></label>'


def text_field(name: str, words: str) -> str:
    return (
        f'<label class="grow">{escape(words)}<input name="{name}" maxlength="30" required autocomplete="off"'
        ' autocapitalize="none" spellcheck="false"></label>'
    )


def select(name: str, words: str, options: Iterable[tuple[str, str]]) -> str:
    listed = "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in options)
    return f'<label class="grow">{escape(words)}<select name="{name}">{listed}</select></label>'
