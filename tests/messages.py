"""Keeps the translations in step with the product: `make messages`, after words for creators or mails have changed.

Gathers what templates and code mark for translation, brings each language's .po up to date (translations of what is
gone are dropped, nothing is guessed) and compiles the .mo beside it. It needs no tool but Babel.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import sys
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from accounts.languages import WORKSPACE_LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
APPS = ("accounts", "notifications", "tokens")
TRANSLATED = [code for code, _ in WORKSPACE_LANGUAGES if code != "en"]
# Which argument is the message, and which its plural.
FUNCTIONS = {"gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2)}
HEADER = """\
# {name}: the words for creators and mails. Gathered and compiled by `make messages`.
msgid ""
msgstr ""
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
# With the date of a run in it, each run would write another file.
ANY_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_STRING = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_CALL = re.compile(rf"\b(?:n?gettext|_)\(\s*{_STRING}(?:\s*,\s*{_STRING})?")


def found() -> Catalog:
    """Everything that is marked, with the files it stands in."""
    catalog = Catalog()
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            _add(catalog, path, _in_template(path))
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            _add(catalog, path, _in_code(path))
    return catalog


def _add(catalog: Catalog, path: Path, messages: Iterator[tuple[str, ...]]) -> None:
    for message in messages:
        catalog.add(message if len(message) > 1 else message[0], locations=[(path.relative_to(ROOT).as_posix(), 0)])


def _in_template(path: Path) -> Iterator[tuple[str, ...]]:
    """Django's own view of a template, by which its `makemessages` finds the very same messages."""
    for call in _CALL.finditer(templatize(path.read_text("utf-8"), origin=str(path))):
        yield tuple(literal_eval(each) for each in call.groups() if each)


def _in_code(path: Path) -> Iterator[tuple[str, ...]]:
    with path.open("rb") as file:
        for _line, words, _comments, _context in extract("python", file, FUNCTIONS):
            yield (words,) if isinstance(words, str) else words


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def stored(language: str) -> Catalog:
    if not po_path(language).exists():
        return Catalog(language)
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """What Django reads at run time."""
    file = io.BytesIO()
    catalog.creation_date = catalog.revision_date = ANY_DAY
    write_mo(file, catalog)
    return file.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    return [str(each.id) for each in catalog if each.id and (each.fuzzy or not all(texts(each.string)))]


def texts(words: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """One text, or singular and plural."""
    return (words or "",) if isinstance(words, str | None) else tuple(words)


def bring_up_to_date(language: str, name: str) -> list[str]:
    """Rewrites one language's files. Returns what nobody has translated yet."""
    path = po_path(language)
    catalog = stored(language)
    catalog.update(found(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    body = io.BytesIO()
    write_po(body, catalog, width=110, omit_header=True, include_lineno=False)
    header = HEADER.format(code=language, name=name, plurals=catalog.plural_forms)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + body.getvalue().decode().strip() + "\n", "utf-8")
    path.with_suffix(".mo").write_bytes(compiled(stored(language)))
    return untranslated(catalog)


def main() -> None:
    lacking = [
        f"{name} lacks: {words}"
        for language, name in WORKSPACE_LANGUAGES
        if language in TRANSLATED
        for words in bring_up_to_date(language, name)
    ]
    print("\n".join(lacking), file=sys.stderr)
    sys.exit(bool(lacking))


if __name__ == "__main__":
    main()
