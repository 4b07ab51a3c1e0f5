"""Reads the rules and the cards for emergencies from ``bot/content/emergencies``.

The files travel inside the package, so a fault in them is a fault of the program: every loader
raises ValueError with file and line rather than leaving a language or a number out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from bot.domain.locales import canonical
from bot.understanding.danger import Card, CardLine, Danger, Lexicon

LANGUAGES = (
    *("de", "en", "uk", "ru", "ar", "fa-AF", "fa", "tr", "pl", "ro", "vi", "fr"),
    *("es", "ku", "ti", "so", "ps", "bg"),
)
"""The languages in which danger is recognised; plain German is recognised as German."""
CARD_LANGUAGES = ("de", "de-x-leicht", *LANGUAGES[1:])
_RTL = frozenset(("ar", "fa", "fa-AF", "ps"))
_LATIN_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9–]*(?: [A-Za-z0-9–]+)*")
_LOBBI = {"lobbi_north": "LOBBI Nord", "lobbi_west": "LOBBI West", "lobbi_east": "LOBBI Ost"}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _read(name: str) -> dict[str, Any]:
    text = (files("bot") / "content" / "emergencies" / f"{name}.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=_Loader)  # noqa: S506 - the safe loader, in C where there is one
    if not isinstance(data, dict):
        raise ValueError(f"{name}.yaml must be a table")
    return data


def load_lexicons() -> tuple[Lexicon, ...]:
    """The rules of all languages, in the order in which a tie is decided."""
    return tuple(_load_lexicon(language) for language in LANGUAGES)


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


@dataclass(frozen=True, slots=True)
class _Number:
    key: str
    number: str
    display: str
    languages: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


class Cards:
    """All emergency cards: one for every language and danger."""

    def __init__(
        self,
        numbers: Mapping[str, _Number],
        shown: Mapping[Danger, Sequence[str]],
        words: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._numbers = numbers
        self._shown = shown
        self._words = words

    def card(self, danger: Danger, language: str | None = None, also: Sequence[Danger] = ()) -> Card:
        """The card in this language, else in German.

        The lines of the dangers in ``also`` follow, each number once. Show :meth:`german` below
        a card whose state is not human.
        """
        code = self._language(language)
        words = self._words[code]
        keys = dict.fromkeys(key for kind in (danger, *also) for key in self._shown[kind])
        chosen = [number for key in keys if code in (number := self._numbers[key]).only or not number.only]
        isolate = _isolated if code in _RTL else str
        return Card(
            danger=danger,
            language=code,
            heading=isolate(words[danger.value]),
            lines=tuple(
                CardLine(number.number, number.display, isolate(_text(number, code, words)))
                for number in chosen
            ),
            no_human=words["no_human"],
            delete_hint=words["delete_hint"],
            copy_label=words["copy"],
            delete_label=words["delete"],
            automatic=words["automatic"],
            state=words["state"],
        )

    def german(self, card: Card, also: Sequence[Danger] = ()) -> Card | None:
        """The German twin to show below a card that nobody has reviewed; None for a reviewed one."""
        if card.state == "human" or card.language.startswith("de"):
            return None
        return self.card(card.danger, "de", also)

    def _language(self, language: str | None) -> str:
        for code in (language or "", canonical(language or "")):
            while code:
                if code in self._words:
                    return code
                code = code.rpartition("-")[0]
        return "de"


def _text(number: _Number, language: str, words: Mapping[str, str]) -> str:
    if number.key in _LOBBI:
        own = _LOBBI[number.key]
        return f"{own}: {words['lobbi']}" if number.key == "lobbi_north" else own
    parts = [words[number.key]]
    if language in number.languages:
        parts.append(words["spoken"])
    elif number.languages == ("de",):
        parts.append(words["german"])
    elif number.key == "men":
        parts.append(words["men_languages"])
    elif number.languages:
        parts.append(words.get("not_spoken", ""))
    return " ".join(filter(None, parts))


def _isolated(text: str) -> str:
    """Latin words and numbers in right-to-left text, wrapped so that they keep their direction."""
    return _LATIN_RUN.sub(lambda run: f"\u2068{run[0]}\u2069", text)


@cache
def load_cards() -> Cards:
    """The emergency cards; ValueError if a language lacks a text or a danger a number."""
    table = _read("numbers")
    numbers = {
        key: _Number(
            key,
            str(row["number"]),
            str(row["display"]),
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
        *(key for key in numbers if key not in _LOBBI),
        *("lobbi", "spoken", "german", "men_languages", "no_human", "delete_hint", "copy", "delete"),
        *("automatic", "state"),
    }
    for code in CARD_LANGUAGES:
        missing = sorted(wanted - words.get(code, {}).keys())
        if missing:
            raise ValueError(f"cards.yaml: {code} lacks {', '.join(missing)}")
    return Cards(numbers, shown, words)
