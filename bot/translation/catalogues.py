"""The catalogues: gettext with English msgids, named placeholders and an explicit Translator.

One worker writes many languages in a minute, so there is no "current language": every turn
carries its own :class:`Translator`. The ``.po`` files are read as they are; nothing is compiled.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.domain.locales import Locale


def catalogue_folder() -> Path:
    """Where the catalogues lie: inside an installed wheel, or beside ``bot`` in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "locales"
    return installed if installed.is_dir() else package.parent / "locales"


def path_of(locale: Locale) -> Path:
    """Where a locale's catalogue lies."""
    return catalogue_folder() / locale.folder / "LC_MESSAGES" / "bot.po"


def written_by(locale: Locale) -> str:
    """``human`` once a person stands behind a catalogue, else ``machine``: its header ``X-State``."""
    path = path_of(locale)
    return "human" if path.exists() and '"X-State: human' in path.read_text(encoding="utf-8") else "machine"


def N_(msgid: str) -> str:  # noqa: N802 (gettext's name)
    """Mark a msgid for extraction where it cannot be translated yet."""
    return msgid


class Translator:
    """Translates and fills in one language: ``_("Open until {time}", time="18:00")``."""

    def __init__(self, locale: Locale, catalogue: gettext.NullTranslations) -> None:
        self.locale = locale
        self._catalogue = catalogue

    def __call__(self, msgid: str, **values: object) -> str:
        """The msgid in this language with its named placeholders filled."""
        text = self._catalogue.gettext(msgid)
        return text.format_map(values) if values else text

    def n(self, one: str, many: str, count: int, **values: object) -> str:
        """Like calling, choosing the plural form for ``count``; ``{count}`` is filled in."""
        return self._catalogue.ngettext(one, many, count).format_map({"count": count, **values})


@cache
def translator(locale: Locale) -> Translator:
    """The Translator of a launch locale. Reading a catalogue takes some 20 ms, once."""
    path = path_of(locale)
    if not path.exists():
        return Translator(locale, gettext.NullTranslations())
    with path.open("rb") as file:
        catalogue = read_po(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translator(locale, gettext.GNUTranslations(compiled))


PLURAL_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "de": "nplurals=2; plural=(n != 1);",
        "de-x-leicht": "nplurals=2; plural=(n != 1);",
        "en": "nplurals=2; plural=(n != 1);",
        "tr": "nplurals=2; plural=(n != 1);",
        "fa-AF": "nplurals=2; plural=(n > 1);",
        "fr": "nplurals=3; plural=(n == 0 || n == 1 ? 0 : n % 1000000 == 0 ? 1 : 2);",
        "ro": "nplurals=3; plural=(n == 1 ? 0 : n == 0 || (n % 100 > 0 && n % 100 < 20) ? 1 : 2);",
        "uk": "nplurals=4; plural=(n % 10 == 1 && n % 100 != 11 ? 0 : n % 10 >= 2 && n % 10 <= 4 && "
        "(n % 100 < 12 || n % 100 > 14) ? 1 : 2);",
        "ru": "nplurals=4; plural=(n % 10 == 1 && n % 100 != 11 ? 0 : n % 10 >= 2 && n % 10 <= 4 && "
        "(n % 100 < 12 || n % 100 > 14) ? 1 : 2);",
        "pl": "nplurals=4; plural=(n == 1 ? 0 : n % 10 >= 2 && n % 10 <= 4 && "
        "(n % 100 < 12 || n % 100 > 14) ? 1 : 2);",
        "ar": "nplurals=6; plural=(n == 0 ? 0 : n == 1 ? 1 : n == 2 ? 2 : "
        "n % 100 >= 3 && n % 100 <= 10 ? 3 : n % 100 >= 11 ? 4 : 5);",
        "vi": "nplurals=1; plural=0;",
    }
)
"""CLDR's cardinal rules for whole numbers, written by hand: gettext defaults of common tools differ."""
