"""The languages Lotse speaks, and which one a person gets.

Codes are BCP-47 as a person would meet them (``fa-AF``, ``de-x-leicht``). Sources of the
traps handled here (Babel's parsing of ``kmr``, ``prs``, ``de-simple``; Telegram's two-letter
menus) are tests in ``tests/domain/test_locales.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

RIGHT_TO_LEFT = frozenset(("ar", "fa", "fa-AF", "ps"))
"""What is written from right to left, of the languages that anything here is said in."""


@dataclass(frozen=True, slots=True)
class Locale:
    """One launch language.

    ``babel`` is the tag used to write dates, lists and numbers; ``folder`` the catalogue's
    directory; ``telegram`` the ISO 639-1 code under which Telegram stores menus, or None where
    it has none of its own; ``fallbacks`` the locales tried, in order, for a text that is missing.
    """

    code: str
    name: str
    babel: str
    folder: str
    telegram: str | None
    fallbacks: tuple[str, ...] = ()

    @property
    def rtl(self) -> bool:
        """Whether it is written from right to left."""
        return self.code in RIGHT_TO_LEFT

    @property
    def language(self) -> str:
        """What its readers speak, as records name it: plain German is German."""
        return self.code.partition("-x-")[0]

    @property
    def chain(self) -> tuple[str, ...]:
        """Where to look for a text: this locale, its neighbours, then plain words, then German."""
        rest = ("de", "en") if self.code.startswith("de") else ("en", "de-x-leicht", "de")
        return tuple(dict.fromkeys((self.code, *self.fallbacks, *rest)))


LOCALES: tuple[Locale, ...] = (
    Locale("de", "Deutsch", "de", "de", "de"),
    Locale("de-x-leicht", "Deutsch (einfach)", "de", "de@leicht", None),
    Locale("en", "English", "en_GB", "en", "en"),
    Locale("uk", "Українська", "uk", "uk", "uk"),
    Locale("ru", "Русский", "ru", "ru", "ru"),
    Locale("ar", "العربية", "ar_SY", "ar", "ar"),
    Locale("fa-AF", "دری", "fa_AF", "fa_AF", "fa"),
    Locale("tr", "Türkçe", "tr", "tr", "tr"),
    Locale("pl", "Polski", "pl", "pl", "pl"),
    Locale("ro", "Română", "ro", "ro", "ro"),
    Locale("vi", "Tiếng Việt", "vi", "vi", "vi"),
    Locale("fr", "Français", "fr", "fr", "fr"),
)
"""The launch languages in the order of the picker."""


class Unwritten(NamedTuple):
    """What is said in a language that is understood, but that the bot cannot write yet."""

    answer: str
    """Under an answer; ``{language}`` is the name of the one it is in."""
    choose: str
    """Over the languages to choose from."""


DEFAULT = LOCALES[0]
SOURCE = "de"
"""The language that content is written in first."""

_BY_CODE = {locale.code.lower(): locale for locale in LOCALES}

# Codes that people, apps and other networks' sites really use for a language we speak.
_ALIASES = {
    "prs": "fa-AF",
    "pes": "fa",
    "per": "fa",
    "fas": "fa",
    "vn": "vi",
    "vie": "vi",
    "ua": "uk",
    "ukr": "uk",
    "rus": "ru",
    "ara": "ar",
    "arb": "ar",
    "apc": "ar",
    "ger": "de",
    "deu": "de",
    "de-simple": "de-x-leicht",
    "de-leicht": "de-x-leicht",
    "mo": "ro",
    "ron": "ro",
    "rum": "ro",
    "pol": "pl",
    "tur": "tr",
    "fra": "fr",
    "fre": "fr",
    "eng": "en",
    "kmr": "ku",
    "iw": "he",
}
# Who asks for Persian gets Dari: nearer than anything else we speak. The language itself stays "fa".
_NEAREST = {"fa": "fa-AF"}


def canonical(tag: str) -> str:
    """The usual code for a language tag: ``prs`` → ``fa-AF``, ``kmr`` → ``ku``, ``ar_SY`` → ``ar-SY``.

    Does not promise that Lotse speaks it: that is :func:`find`.
    """
    tag = tag.strip().replace("_", "-")
    return _ALIASES.get(tag.lower(), tag)


def language_of(tag: str | None) -> str:
    """The language of any tag, without its country: ``es-MX`` → ``es``; empty for none."""
    return canonical(tag or "").partition("-")[0]


def find(tag: str | None) -> Locale | None:
    """The launch locale for any language tag, or None: ``pt-BR`` → None, ``ar-EG`` → ``ar``."""
    if not tag or len(tag) > 35:
        return None
    code = canonical(tag).lower()
    while code:
        code = _ALIASES.get(code, code)
        code = _NEAREST.get(code, code).lower()
        if code in _BY_CODE:
            return _BY_CODE[code]
        code = code.rpartition("-")[0]
    return None


def negotiate(wanted: Iterable[str | None]) -> Locale:
    """The first of the wanted tags that Lotse speaks, else :data:`DEFAULT`."""
    return next((found for tag in wanted if (found := find(tag)) is not None), DEFAULT)


@lru_cache(256)
def locale_of(code: str | None) -> Locale:
    """What somebody reads for whom this language is stored; remembered for thousands of messages a second."""
    return negotiate((code,))
