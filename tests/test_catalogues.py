"""Every catalogue is complete, true to its placeholders and plural rules, and in its own script."""

from __future__ import annotations

import ast
import gettext
import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel import Locale as BabelLocale
from babel.messages.catalog import Catalog, Message

from bot.domain.locales import LOCALES, Locale
from bot.translation.catalogues import PLURAL_FORMS

ROOT = Path(__file__).resolve().parent.parent
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "messages.py"))
PLACEHOLDER = re.compile(r"\{(\w+)\}")
NUMBERS = (0, 1, 2, 5, 11, 21, 101)
FRACTION_ONLY = {"uk": 3, "ru": 3, "pl": 3}
"""The plural form that CLDR keeps for fractions and that whole numbers never take."""

SCRIPTS = {
    "uk": re.compile(r"[а-яіїєґ]", re.IGNORECASE),
    "ru": re.compile(r"[а-яё]", re.IGNORECASE),
    "ar": re.compile(r"[\u0621-\u064a]"),
    "fa-AF": re.compile(r"[\u0621-\u06cc]"),
}
OWN_LETTERS = {
    "tr": re.compile(r"[çğıöşü]", re.IGNORECASE),
    "vi": re.compile(r"[ăâđêôơư\u00c0-\u00ff\u1ea0-\u1ef9]", re.IGNORECASE),
    "pl": re.compile(r"[ąćęłńóśźż]", re.IGNORECASE),
    "ro": re.compile(r"[ăâîșț]", re.IGNORECASE),
}
"""Letters that a text of some length in these languages has."""
LONG = 80
CYRILLIC, ARABIC = r"\u0400-\u04ff", r"\u0600-\u06ff"
FOREIGN = {
    **{code: re.compile(f"[{CYRILLIC}{ARABIC}]") for code in ("de", "de-x-leicht", "en", "fr", *OWN_LETTERS)},
    "uk": re.compile(rf"[ыэъё{ARABIC}]", re.IGNORECASE),
    "ru": re.compile(rf"[іїєґ{ARABIC}]", re.IGNORECASE),
    "ar": re.compile(rf"[پچژگکی{CYRILLIC}]"),
    "fa-AF": re.compile(rf"[يكة{CYRILLIC}]"),
}
"""Letters that the language does not have, though a neighbour's catalogue does."""
PLAIN = 40
"""Characters from which a text in plain German is not that of standard German."""
SAME_ALLOWED = {
    # Words that really are the same in two of our languages, and names.
    "Menu",
    "Website",
    "Online",
    "Status: {status}",
    "Imprint",
    "Sport",
    "Events",
    "Events · {town}",
    "E-mail: {address}",
    "Source: {source}",
    "Information",
    "{count} saved event",
    "Funding",
    "No",
    "Topics: {topics}",
    "Duration",
    "Migrant self-organisation",
    "Network",
    "Right-wing violence",
    "Pause",
    "Urgent",
    "admin",
    "Texts: {languages}",
    "association {value}",
    "contact {value}",
    "Text: {language}",
    "contact {number}",
    "Finished: {name}",
    "For: {who}",
    "Left out, {reason}: {count}",
    "You are: {role}",
    "paused",
}


@cache
def fresh() -> Catalog:
    """All msgids of the code, extracted once."""
    found: Catalog = TOOL["template"]()
    return found


@cache
def catalogue(code: str) -> Catalog:
    """A language's catalogue as it lies there."""
    (locale,) = (one for one in LOCALES if one.code == code)
    found: Catalog = TOOL["read"](locale)
    return found


def strings(message: Message) -> list[str]:
    found = message.string
    return [str(text) for text in found] if isinstance(found, tuple | list) else [str(found)]


def messages(locale: Locale) -> list[Message]:
    return [message for message in catalogue(locale.code) if message.id]


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_catalogue_is_complete(locale: Locale) -> None:
    assert TOOL["differences"](locale, fresh()) == []


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_placeholders_are_the_same(locale: Locale) -> None:
    for message in messages(locale):
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        wanted = set(PLACEHOLDER.findall(ids[-1]))
        for text in strings(message):
            found = set(PLACEHOLDER.findall(text))
            # "one saved event" may say its number in words: Arabic has a dual, German an article.
            assert found == wanted or (len(ids) > 1 and found == wanted - {"count"}), (message.id, text)
            assert text.count("{") == text.count("}") == len(PLACEHOLDER.findall(text)), text


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_plural_rule_is_cldr(locale: Locale) -> None:
    header = catalogue(locale.code).mime_headers
    assert ("Plural-Forms", PLURAL_FORMS[locale.code]) in [(key, value) for key, value in header] or (
        f"Plural-Forms: {PLURAL_FORMS[locale.code]}" in (TOOL["path_of"](locale)).read_text(encoding="utf-8")
    )
    rule = gettext.c2py(PLURAL_FORMS[locale.code].partition("plural=")[2].rstrip(";"))
    cldr = BabelLocale.parse(locale.babel).plural_form
    order = [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in {*cldr.tags, "other"}]
    assert int(PLURAL_FORMS[locale.code].partition("nplurals=")[2].partition(";")[0]) == len(order)
    for number in (*NUMBERS, 3, 12, 22, 100, 111, 1_000_000):
        assert order[rule(number)] == cldr(number), number
    if locale.code in FRACTION_ONLY:
        assert order[FRACTION_ONLY[locale.code]] == cldr(1.5)


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_every_plural_has_all_its_forms(locale: Locale) -> None:
    count = int(PLURAL_FORMS[locale.code].partition("nplurals=")[2].partition(";")[0])
    plural = [message for message in messages(locale) if isinstance(message.id, tuple | list)]
    assert plural
    for message in plural:
        assert len(strings(message)) == count, message.id
        assert all(strings(message)), message.id


@pytest.mark.parametrize(
    "locale", [one for one in LOCALES if one.code != "en"], ids=lambda locale: locale.code
)
def test_nothing_is_left_in_english(locale: Locale) -> None:
    for message in messages(locale):
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        for id, text in zip(ids, strings(message), strict=False):
            assert text != id or id in SAME_ALLOWED, id


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_no_translation_is_another_languages(locale: Locale) -> None:
    for other in LOCALES:
        if other.code <= locale.code or {locale.code, other.code} == {"de", "de-x-leicht"}:
            continue
        theirs = {str(message.id): strings(message) for message in messages(other)}
        same = [
            message.id
            for message in messages(locale)
            if strings(message) == theirs.get(str(message.id))
            and len(strings(message)[0]) > 14
            and message.id not in SAME_ALLOWED
        ]
        assert not same, other.code


def test_plain_german_is_no_copy_of_standard_german() -> None:
    standard = {str(message.id): strings(message) for message in messages(LOCALES[0])}
    copied = [
        text
        for message in catalogue("de-x-leicht")
        if message.id
        for text, theirs in zip(strings(message), standard[str(message.id)], strict=True)
        if text == theirs and len(text) > PLAIN
    ]
    assert copied == []


@pytest.mark.parametrize("code", OWN_LETTERS)
def test_long_texts_have_letters_of_their_language(code: str) -> None:
    for message in catalogue(code):
        if message.id:
            for text in strings(message):
                assert len(text) <= LONG or OWN_LETTERS[code].search(text), (message.id, text)


@pytest.mark.parametrize("code", FOREIGN)
def test_no_letter_is_a_neighbours(code: str) -> None:
    for message in catalogue(code):
        if message.id:
            for text in strings(message):
                assert not FOREIGN[code].search(text), (message.id, text)


@pytest.mark.parametrize("code", SCRIPTS)
def test_script_is_the_languages_own(code: str) -> None:
    for message in catalogue(code):
        if message.id:
            for text in strings(message):
                assert SCRIPTS[code].search(PLACEHOLDER.sub("", text)), (message.id, text)


def test_every_catalogue_says_who_wrote_it() -> None:
    for locale in LOCALES:
        text = TOOL["path_of"](locale).read_text(encoding="utf-8")
        assert sum(text.count(f'"X-State: {state}\\n"') for state in ("human", "machine")) == 1, locale.code


@pytest.mark.parametrize("path", sorted((ROOT / "bot").rglob("*.py")), ids=lambda path: path.name)
def test_no_string_hides_in_an_f_string(path: Path) -> None:
    """Extraction does not look there (before Python 3.12), and the string would stay English for ever."""
    words = {"_", "N_", "translator", "n"}
    hidden = [
        call.lineno
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(outer, ast.JoinedStr)
        for call in ast.walk(outer)
        if isinstance(call, ast.Call)
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and (getattr(call.func, "id", None) in words or getattr(call.func, "attr", None) in words)
    ]
    assert not hidden
