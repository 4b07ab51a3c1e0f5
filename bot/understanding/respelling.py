"""Cyrillic languages written in Latin letters, brought back to their own alphabet.

People type Russian, Ukrainian and Bulgarian on keyboards that have only Latin letters. The model of
:mod:`bot.understanding.embedding` hardly knows such text, but knows the languages. A table need not be
right in each letter: it has to be near. For Arabic and Persian, which leave vowels out, no table was
near enough: they are learned from examples as people write them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

_RUSSIAN = {
    "shch": "щ",
    "sch": "щ",
    "yo": "ё",
    "zh": "ж",
    "kh": "х",
    "ts": "ц",
    "ch": "ч",
    "sh": "ш",
    "yu": "ю",
    "ju": "ю",
    "ya": "я",
    "ja": "я",
    "ye": "е",
    "je": "е",
    "a": "а",
    "b": "б",
    "v": "в",
    "w": "в",
    "g": "г",
    "d": "д",
    "e": "е",
    "z": "з",
    "i": "и",
    "j": "й",
    "y": "ы",
    "k": "к",
    "l": "л",
    "m": "м",
    "n": "н",
    "o": "о",
    "p": "п",
    "r": "р",
    "s": "с",
    "t": "т",
    "u": "у",
    "f": "ф",
    "h": "х",
    "c": "ц",
    "x": "х",
    "q": "к",
    "'": "ь",
    "’": "ь",
    "4": "ч",
}
_UKRAINIAN = {**_RUSSIAN, "yi": "ї", "ji": "ї", "ye": "є", "je": "є", "i": "і", "y": "и", "h": "г", "g": "ґ"}
_BULGARIAN = {**_RUSSIAN, "sht": "щ", "y": "ъ", "h": "х", "j": "й", "q": "я", "4": "ч", "6": "ш"}
_TABLES: Mapping[str, Mapping[str, str]] = {"ru": _RUSSIAN, "uk": _UKRAINIAN, "bg": _BULGARIAN}
_TYPED = {
    **dict(zip("абвгдезиклмнопрстуфэ", "abvgdeziklmnoprstufe", strict=True)),
    "ё": "yo e",
    "ж": "zh j",
    "й": "j y i",
    "х": "h kh x",
    "ц": "c ts",
    "ч": "ch 4",
    "ш": "sh 6",
    "щ": "sch shch",
    "ъ": "",
    "ы": "y i",
    "ь": "",
    "ю": "yu ju u",
    "я": "ya ja ia",
}
"""How people type a Cyrillic letter: one of several ways, which a writer keeps to."""
_ALL_TYPED: Mapping[str, Mapping[str, str]] = {
    "ru": _TYPED,
    "uk": {**_TYPED, "г": "h g", "ґ": "g", "и": "y i", "і": "i", "ї": "yi ji i", "є": "ye je e"},
    "bg": {**_TYPED, "щ": "sht 6t", "ъ": "a u y", "я": "q ya ia ja", "ж": "j zh", "х": "h"},
}
CYRILLIC = frozenset(_ALL_TYPED)
"""Languages that are also known in Latin letters."""
_WORD = re.compile(r"[A-Za-z0-9'’]+")


def respell(text: str, language: str) -> str:
    """The text in the alphabet of its language."""
    table = _TABLES.get(language)
    if table is None:
        return text
    return _WORD.sub(lambda word: _letters(word[0], table), text)


def typed(text: str, language: str, chance: random.Random) -> str:
    """A Cyrillic text in Latin letters, as one of those might type it who have no others."""
    ways = {letter: chance.choice(ways.split(" ")) for letter, ways in _ALL_TYPED[language].items()}
    return "".join(ways.get(letter, letter) for letter in text.lower())


def _letters(word: str, table: Mapping[str, str]) -> str:
    if word.isdigit():
        return word
    lower, at, found = word.lower(), 0, []
    while at < len(lower):
        for length in (4, 3, 2, 1):
            piece = lower[at : at + length]
            if piece in table:
                found.append(table[piece])
                at += length
                break
        else:
            found.append(lower[at])
            at += 1
    return "".join(found)
