"""The names of the months in the languages that Lotse speaks, as people type them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from babel import Locale

from bot.domain.locales import LOCALES

_ALSO = {"jänner": 1, "maerz": 3}
"""What CLDR does not have."""


@cache
def month_numbers() -> Mapping[str, int]:
    """The number of every month by its name: folded, without a dot at its end, also without accents.

    From CLDR: full and short, as they stand alone and in a date (``август``, ``августа``, ``авг``); of
    Arabic and Persian the country's names and the common ones. The first call reads the locales.
    """
    return MappingProxyType(
        {written: number for name, number in _named() for written in (name, without_accents(name))}
    )


def _named() -> Iterator[tuple[str, int]]:
    yield from _ALSO.items()
    tags = {locale.babel for locale in LOCALES}
    for tag in sorted(tags | {tag.partition("_")[0] for tag in tags}):
        months = Locale.parse(tag).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    yield folded(name).rstrip("."), number


def folded(text: str) -> str:
    """Small letters, composed; a Turkish İ is an i."""
    return unicodedata.normalize("NFC", text.casefold()).replace("\u0307", "")


def without_accents(name: str) -> str:
    """As it is typed on a keyboard that lacks them: ``août`` → ``aout``, ``kasım`` → ``kasim``."""
    plain = unicodedata.normalize("NFKD", name).replace("ı", "i")
    return "".join(char for char in plain if not unicodedata.combining(char))
