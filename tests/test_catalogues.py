"""Every catalogue is complete, true to its placeholders and plural rules, and in its own script."""

from __future__ import annotations

import ast
import gettext
import re
import runpy
from collections.abc import Mapping
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
SAME: Mapping[tuple[str, str], frozenset[str]] = {
    ("de", "en"): frozenset({"Online", "Pause", "Sport", "Status: {status}", "Text: {language}"}),
    ("de", "tr"): frozenset({"Menu", "Telephone:"}),
    ("de", "pl"): frozenset({"Imprint", "Telephone:"}),
    ("de", "ro"): frozenset({"Telephone:", "Text: {language}", "Texts", "Texts: {languages}"}),
    ("de", "fr"): frozenset({"Pause", "Sport"}),
    ("en", "ro"): frozenset({"Text: {language}", "Urgent", "contact {number}"}),
    ("en", "fr"): frozenset(
        {
            "Menu",
            "Pause",
            "Sport",
            "Urgent",
            "admin",
            "association {value}",
            "contact {number}",
            "contact {value}",
        }
    ),
    ("uk", "ru"): frozenset(
        {
            "1 day",
            "Again and again",
            "Culture",
            "Done.",
            "Finished: {name}",
            "For: {who}",
            "Left out, {reason}: {count}",
            "Map",
            "Menu",
            "Online",
            "Outcome",
            "Pause",
            "Reason",
            "Sport",
            "Telephone:",
            "Text: {language}",
            "Tomorrow",
            "Website",
            "You are: {role}",
            "a text",
            "author",
            "ended",
            "left out",
            "paused",
            "role: {value}",
            "tomorrow, {day}",
            "until {date}",
            "‹ Back",
        }
    ),
    ("ar", "fa-AF"): frozenset({"Urgent"}),
    ("tr", "pl"): frozenset({"Telephone:"}),
    ("tr", "ro"): frozenset({"Telephone:"}),
    ("pl", "ro"): frozenset({"Report", "Report: {name}", "Telephone:", "admin", "author"}),
    ("ro", "fr"): frozenset({"Urgent", "contact {number}", "free of charge"}),
}
"""What really is the same word in two languages, by their codes; plain German counts as German."""
WORDS = 4
"""Words up to which a text in plain German may be that of standard German: it cannot be plainer."""
PLAIN = frozenset(
    {
        "A time of its own, once or again and again",
        "When should the quiet hours begin?",
        "How long before or after? {name}",
        "However late it is",
        "I am 27 or older",
        "I do not understand this line: {line}",
        "It stays as it was.",
        "Leave it, and show me how many",
        "Leave out people messaged in the last 24 hours",
        "More about it – https://example.org",
        "My boss does not pay me",
        "No entry has these words in its name.",
        "No, I choose a town",
        "No, leave it as it was",
        "Not sent: its time has passed",
        "Please choose your language.",
        "Quiet from {since}. Until when?",
        "Offices that are responsible for this district, or located in it:",
        "There are no notices yet.",
        "There is no campaign yet.",
        "There is no text yet.",
        "This is only for people of 16 and older.",
        "This is only for the office.",
        "This message is no longer available.",
        "This message is not from me.",
        "This question is not there any more.",
        "This text is not in your language. Here it is in: {languages}.",
        "Up to 12 hours late",
        "Wait until every language is there",
        "What shall this person work for?",
        "Works for the office with this bot",
        "Yes, I am 16 or older",
        "You have saved no events.",
        "asked for a second person",
        "made a question an example",
        "no text in their language",
        "people who saved the event",
        "{count} message sent to many",
    }
)
"""Longer ones that are plain German as they are."""


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


def test_what_somebody_marked_as_unsure_is_named_and_stays_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At run time such an entry is left out: the reader would get English."""
    french = next(locale for locale in LOCALES if locale.code == "fr")
    msgid = "Closed now, opens {time}"
    text = (ROOT / "locales" / "fr" / "LC_MESSAGES" / "bot.po").read_text(encoding="utf-8")
    marked = text.replace(
        f'#, python-brace-format\nmsgid "{msgid}"', f'#, fuzzy, python-brace-format\nmsgid "{msgid}"'
    )
    assert marked != text
    path = tmp_path / "bot.po"
    path.write_text(marked, encoding="utf-8")
    monkeypatch.setitem(TOOL["read"].__globals__, "path_of", lambda _: path)
    fresh = TOOL["template"]()
    assert TOOL["differences"](french, fresh) == [f"fr: marked as fuzzy: {msgid!r}"]
    TOOL["update"](french, fresh)
    assert path.read_text(encoding="utf-8") == marked


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


def allowed(one: str, other: str) -> frozenset[str]:
    """The msgids that two languages may share."""
    one, other = (code.removesuffix("-x-leicht") for code in (one, other))
    return SAME.get((one, other), frozenset()) | SAME.get((other, one), frozenset())


@pytest.mark.parametrize(
    "locale", [one for one in LOCALES if one.code != "en"], ids=lambda locale: locale.code
)
def test_nothing_is_left_in_english(locale: Locale) -> None:
    left = set()
    for message in messages(locale):
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        left |= {id for id, text in zip(ids, strings(message), strict=False) if text == id}
    assert left <= allowed(locale.code, "en")


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_no_translation_is_another_languages(locale: Locale) -> None:
    for other in LOCALES:
        if other.code <= locale.code or {locale.code, other.code} == {"de", "de-x-leicht"}:
            continue
        theirs = {TOOL["key"](message.id): set(strings(message)) for message in messages(other)}
        ours = {TOOL["key"](message.id): set(strings(message)) for message in messages(locale)}
        same = {id for id, texts in ours.items() if texts & theirs.get(id, set())}
        assert same <= allowed(locale.code, other.code), other.code


def test_plain_german_is_no_copy_of_standard_german() -> None:
    standard = {str(message.id): strings(message) for message in messages(LOCALES[0])}
    copied = {
        TOOL["key"](message.id)
        for message in messages(LOCALES[1])
        for text, theirs in zip(strings(message), standard[str(message.id)], strict=True)
        if text == theirs and len(re.findall(r"\w+", PLACEHOLDER.sub("", text))) > WORDS
    }
    assert copied <= PLAIN


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
