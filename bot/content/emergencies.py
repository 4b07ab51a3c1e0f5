"""Reads the rules and the cards for emergencies from ``bot/content/emergencies``.

The files travel inside the package, so a fault in them is a fault of the program: every loader
raises ValueError with file and line rather than leaving a language or a number out.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from bot.content import FOLDER
from bot.content.reading import read_yaml
from bot.understanding.cards import Cards, Number
from bot.understanding.lexicon import Danger, Lexicon
from bot.understanding.patterns import Patterns

LANGUAGES = (
    *("de", "en", "uk", "ru", "tr", "ar", "fa-AF", "fa", "pl", "ro", "vi", "fr"),
    *("es", "ku", "ti", "so", "ps", "bg", "sq"),
)
"""The languages in which danger is recognised; plain German is recognised as German."""
CARD_LANGUAGES = ("de", "de-x-leicht", *LANGUAGES[1:])


def _read(name: str) -> dict[str, Any]:
    data = read_yaml(FOLDER / "emergencies" / f"{name}.yaml")
    if not isinstance(data, dict):
        raise ValueError(f"{name}.yaml must be a table")
    return data


def load_lexicons() -> tuple[Lexicon, ...]:
    """The rules of all languages, in the order in which a tie is decided."""
    return tuple(_load_lexicon(language) for language in LANGUAGES)


def load_ordinary() -> tuple[str, ...]:
    """Folded words of ordinary questions that resemble words of the rules: see ``scripts/ordinary.py``."""
    return tuple(_read("ordinary")["words"].split())


def _load_lexicon(language: str) -> Lexicon:
    data = _read(language)
    below = data.get("include")
    if not below:
        return Lexicon.parse(language, data)
    base = _read(below)
    dangers = {
        kind: f"{base['dangers'].get(kind, '')}\n{data['dangers'].get(kind, '')}"
        for kind in {**base["dangers"], **data["dangers"]}
    }
    return Lexicon.parse(language, {**base, "dangers": dangers})


def load_figures() -> Patterns[str]:
    """Figures of speech that only sound like danger, with their languages."""
    return Patterns(
        (str(figure), language) for language, listed in _read("figures").items() for figure in listed
    )


@cache
def load_cards() -> Cards:
    """The emergency cards; ValueError if a language lacks a text or a danger a number."""
    table = _read("numbers")
    numbers = {
        key: Number(
            key,
            str(row["number"]),
            str(row["display"]),
            str(row.get("words", "" if "name" in row else key)),
            str(row.get("name", "")),
            tuple(row.get("languages", ())),
            tuple(row.get("only", ())),
        )
        for key, row in table["numbers"].items()
    }
    shown = {danger: tuple(table["dangers"].get(danger.value, ())) for danger in Danger}
    for danger, keys in shown.items():
        if not keys or not set(keys) <= numbers.keys():
            raise ValueError(f"numbers.yaml: {danger} has no number or an unknown one: {keys}")
    words = {str(code): table for code, table in _read("cards").items()}
    wanted = {
        *(danger.value for danger in Danger),
        *(number.words for number in numbers.values() if number.words),
        *("spoken", "german", "men_languages", "no_human", "delete_hint", "copy", "delete"),
        *("automatic", "state"),
    }
    for code in CARD_LANGUAGES:
        missing = sorted(wanted - words.get(code, {}).keys())
        if missing:
            raise ValueError(f"cards.yaml: {code} lacks {', '.join(missing)}")
    return Cards(numbers, shown, words)
