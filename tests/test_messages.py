"""The translations are complete, say nothing that the originals do not ask for, and are those that Django reads."""

from __future__ import annotations

import re

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo
from django.template import Engine
from django.template.base import Lexer, TokenType
from django.utils.html import strip_tags
from django.utils.translation import get_language_info

from accounts.languages import WORKSPACE_LANGUAGES
from accounts.models import Tenant
from notifications import registry
from notifications.localisation import localised
from notifications.writing import write
from tests import messages
from tests.messages import ROOT, TRANSLATED, found, po_path, stored, texts, untranslated

PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")
MARKUP = re.compile(r"</?\w+[^>]*>")
TO_STAFF = {"all_clear", "brake_fell", "connect_misconfigured", "our_fault", "refused_by_meta", "standstill"}
# From before anybody could choose a language, and about a person, who may be in workspaces of several.
IN_ENGLISH = {"owner_welcome", "account_deleted", "second_factor_removed"}
# Words that German has not, of which hardly an English sentence is free.
ENGLISH = re.compile(r"\b(?:the|you|your|and|it|its|of|this|is|to|by|sent)\b", re.IGNORECASE)
NAMES = {"Perennial", "Instagram"}
WITHOUT_WORDS = re.compile(r"<style>.*?</style>|<!--.*?-->|{% block width %}.*?{% endblock %}", re.DOTALL)
MAILS = sorted(
    path.relative_to(ROOT / "templates").as_posix()
    for path in (ROOT / "templates" / "emails").iterdir()
    if path.name.split(".")[0] not in TO_STAFF | IN_ENGLISH
)
PAGES = [
    *(
        "403_csrf.html",
        "404.html",
        "429.html",
        "500.html",
        "layouts/plain.html",
        "layouts/base.html",
        "layouts/_switcher.html",
    ),
    *(
        "tokens/_who_asks.html",
        "tokens/connect_result.html",
        "tokens/connect_stopped.html",
        "tokens/state_refused.html",
    ),
    *("tokens/_two_accounts.html", "tokens/not_set_up.html", "tokens/own_app_broken.html"),
    *sorted(
        f"tokens/{path.name}"
        for pattern in ("link*.html", "_result_*.html", "deletion_*.html")
        for path in (ROOT / "templates" / "tokens").glob(pattern)
    ),
]

every_language = pytest.mark.parametrize("language", TRANSLATED)


def words_of(catalog: Catalog) -> dict[str | tuple[str, ...], tuple[str, ...]]:
    return {_key(each): texts(each.string) for each in catalog if each.id}


def _key(message: Message) -> str | tuple[str, ...]:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def test_django_knows_each_language_that_a_workspace_can_choose() -> None:
    assert TRANSLATED
    for code, name in WORKSPACE_LANGUAGES:
        assert get_language_info(code)["name_local"] == name


@every_language
def test_what_is_stored_is_what_is_marked(language: str) -> None:
    """`make messages` brings both together again."""
    assert set(words_of(stored(language))) == set(words_of(found()))


@every_language
def test_nothing_is_untranslated_or_guessed(language: str) -> None:
    assert untranslated(stored(language)) == []
    assert not stored(language).obsolete


@every_language
def test_what_django_reads_is_the_translation_compiled(language: str) -> None:
    with po_path(language).with_suffix(".mo").open("rb") as file:
        assert words_of(read_mo(file)) == words_of(stored(language))


@every_language
def test_each_translation_has_the_placeholders_and_the_markup_of_its_original(language: str) -> None:
    for original, translated in words_of(stored(language)).items():
        for form in (PLACEHOLDER, MARKUP):
            wanted = sorted(form.findall(original if isinstance(original, str) else original[-1]))
            for text in translated:
                assert sorted(form.findall(text)) == wanted, text


@every_language
def test_translations_end_as_their_originals_do_and_have_no_stray_spaces(language: str) -> None:
    for original, translated in words_of(stored(language)).items():
        for text in translated:
            assert text == text.strip(), text
            assert "  " not in text, text
            assert (text[-1] in ".?") == (texts(original)[-1][-1] in ".?;"), text


def bare_words(name: str) -> list[str]:
    """What stands in a template without being marked for translation."""
    source = Engine.get_default().get_template(name).source
    bare, marked = [], False
    for token in Lexer(WITHOUT_WORDS.sub("", source)).tokenize():
        if token.token_type == TokenType.BLOCK and re.match("(end)?blocktrans", token.contents):
            marked = not token.contents.startswith("end")
        elif token.token_type == TokenType.TEXT and not marked:
            bare.append(token.contents)
        elif token.token_type == TokenType.BLOCK:
            bare += re.findall(r'(?:label|title|text)="([^"]+)"', token.contents)
    return re.findall(r"[^\W\d_]{2,}", strip_tags("".join(bare)))


@pytest.mark.parametrize("name", [*MAILS, *PAGES])
def test_every_word_to_creators_and_members_can_be_translated(name: str) -> None:
    assert set(bare_words(name)) <= NAMES


@pytest.mark.parametrize("kind", [kind for kind in registry.kinds() if kind.translated], ids=lambda kind: kind.name)
def test_every_mail_is_written_in_german_throughout(kind: registry.Kind) -> None:
    with localised(Tenant(time_zone="Europe/Berlin", language="de")):
        for values in kind.sample().values() if kind.sample else ():
            mail = write(kind.templates, values)
            for text in (mail.subject, mail.text, strip_tags(WITHOUT_WORDS.sub("", mail.html))):
                assert text.strip()
                assert ENGLISH.findall(text) == []
                assert "UTC" not in text


def test_words_that_are_not_marked_are_found(settings, tmp_path) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    (tmp_path / "bare.html").write_text('{% load i18n %}<p class="a">{% translate "Good" %} bare {{ x }}</p>')
    assert bare_words("bare.html") == ["bare"]


@every_language
def test_bringing_up_to_date_changes_nothing_where_nothing_changed(language, tmp_path, monkeypatch) -> None:
    files = {path.name: path.read_bytes() for path in po_path(language).parent.iterdir()}
    folder = tmp_path / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    assert messages.bring_up_to_date(language, dict(WORKSPACE_LANGUAGES)[language]) == []
    assert (folder / "django.po").read_bytes() == files["django.po"]
