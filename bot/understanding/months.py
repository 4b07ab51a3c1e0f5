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
_WITHIN = (
    "січні лютому березні квітні травні червні липні серпні вересні жовтні листопаді грудні",
    "январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре",
    "styczniu lutym marcu kwietniu maju czerwcu lipcu sierpniu wrześniu październiku listopadzie grudniu",
    "ocakta şubatta martta nisanda mayısta haziranda temmuzda ağustosta eylülde ekimde kasımda aralıkta",
)
"""The months of a year as something is within them, where a language has a form for that."""
_UNDERSTOOD = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "януари февруари март април май юни юли август септември октомври ноември декември",
    "janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor",
    "rêbendan sibat adar nîsan gulan hezîran tîrmeh tebax îlon cotmeh mijdar berfanbar",
    "janaayo febraayo maarso abriil maayo juun luulyo agosto sebtembar oktoobar noofeembar diseembar",
    "جنوري فبروري مارچ اپریل مۍ جون جولای اګست سېپتمبر اکتوبر نومبر دسمبر",
)
"""The months of a year in languages that are read but not written, as CLDR has them."""
_SHORTEST = 4
"""Letters from which a month's full name is hardly another word: "mai" is Romanian for "more"."""
_OTHER = frozenset(("march", "julio", "gulan"))
"""Full names that are another word, or somebody's name, as well."""


@cache
def month_numbers() -> Mapping[str, int]:
    """The number of every month by its name: folded, without a dot at its end, also without accents.

    From CLDR: full and short, as they stand alone and in a date (``август``, ``августа``, ``авг``); of
    Arabic and Persian the country's names and the common ones. The first call reads the locales.
    """
    return MappingProxyType(
        {
            written: number
            for name, number in _named("wide", "abbreviated")
            for written in (name, without_accents(name))
        }
    )


@cache
def clear_names() -> frozenset[str]:
    """The names of months that say by themselves that a month is meant: written in full, and not short."""
    named = {written for name, _ in _named("wide") for written in (name, without_accents(name))}
    return frozenset(name for name in named if len(name) >= _SHORTEST) - _OTHER


def _named(*widths: str) -> Iterator[tuple[str, int]]:
    yield from _ALSO.items()
    for year in (*_WITHIN, *_UNDERSTOOD):
        yield from ((name, number) for number, name in enumerate(year.split(), 1))
    tags = {locale.babel for locale in LOCALES}
    for tag in sorted(tags | {tag.partition("_")[0] for tag in tags}):
        months = Locale.parse(tag).months
        for context in ("format", "stand-alone"):
            for width in widths:
                for number, name in months[context][width].items():
                    yield folded(name).rstrip("."), number


def folded(text: str) -> str:
    """Small letters, composed; a Turkish İ is an i."""
    return unicodedata.normalize("NFC", text.casefold()).replace("\u0307", "")


def without_accents(name: str) -> str:
    """As it is typed on a keyboard that lacks them: ``août`` → ``aout``, ``kasım`` → ``kasim``."""
    plain = unicodedata.normalize("NFKD", name).replace("ı", "i")
    return "".join(char for char in plain if not unicodedata.combining(char))
