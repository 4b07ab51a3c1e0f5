"""Dates, times, lists, distances and language names as a reader writes them.

CLDR through Babel, with the corrections that ``docs/decisions.md`` gives reasons for: 24-hour
times and Latin digits everywhere (they are read aloud at counters and compared with posters).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache

from babel import Locale as BabelLocale
from babel import localedata
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from bot.domain.directory import PartialDate
from bot.domain.locales import LOCALES, Locale, canonical
from bot.translation.catalogues import N_, Translator, translator

# Languages whose name CLDR lacks or gives as something newcomers do not call them.
_OWN_NAMES = {"fa-AF": "دری", "ku": "Kurmancî", "ti": "ትግርኛ", "so": "Soomaali", "ps": "پښتو"}


class Forms:
    """The forms of one locale."""

    def __init__(self, locale: Locale, words: Translator) -> None:
        self.locale = locale
        self._babel = _cldr(locale.babel)
        self._ = words
        self._languages: dict[str, str] = {}

    def day(self, day: date, today: date | None) -> str:
        """ "today, Monday 23 November"; the year where it is not this one.

        ``today`` None: as it can be read on any day, always with the year. So do :meth:`moment` and
        :meth:`span`.
        """
        written = self._written(day, with_year=today is None or day.year != today.year)
        if today is None:
            return written
        if day == today:
            return self._("today, {day}", day=written)
        if day == today + timedelta(days=1):
            return self._("tomorrow, {day}", day=written)
        return written

    def _written(self, day: date, *, with_year: bool) -> str:
        # CLDR has the short pattern ("E, d. MMM") in every locale, the long one in few: widen it.
        if with_year:
            return self._dated(day, _FULL_PATTERNS.get(self.locale.code, "full"))
        short = _DAY_PATTERNS.get(self.locale.code) or self._babel.datetime_skeletons["MMMEd"].pattern
        wide = re.sub(r"E+|c+", "EEEE", re.sub(r"(?<!M)MMM(?!M)", "MMMM", short))
        return self._dated(day, wide)

    def _dated(self, day: date, pattern: str) -> str:
        written = str(format_date(day, pattern, locale=self._babel))
        first = _FIRSTS.get(self.locale.code)
        return re.sub(r"\b1\b", first, written, count=1) if first and day.day == 1 else written

    def time(self, at: time | datetime) -> str:
        """``14:00``, everywhere."""
        return f"{at.hour}:{at.minute:02d}"

    def moment(self, at: datetime, today: date | None) -> str:
        """ "tomorrow, Tuesday 24 November, 14:00"."""
        return f"{self.day(at.date(), today)}{self.comma} {self.time(at)}"

    def span(self, starts: datetime, ends: datetime | None, today: date | None) -> str:
        """A moment with its end: "…, 14:00–16:00", or two days."""
        if ends is None or ends == starts:
            return self.moment(starts, today)
        if ends.date() == starts.date():
            return f"{self.moment(starts, today)}–{self.time(ends)}"
        return f"{self.moment(starts, today)} – {self.moment(ends, today)}"

    @property
    def comma(self) -> str:
        """The sign between the parts of a line."""
        return "،" if self.locale.rtl else ","

    def month(self, when: PartialDate | date, *, within: bool = False) -> str:
        """A date as precise as it is known: "2023", "June 2023" or "14 June 2023".

        ``within``: a month alone is named as it stands behind "until": "до червня 2023".
        """
        if isinstance(when, PartialDate):
            if when.month is None:
                return str(when.year)
            day = date(when.year, when.month, when.day or 1)
            precise = when.day is not None
        else:
            day, precise = when, True
        if precise:
            return self._dated(day, "long")
        try:
            named = str(format_skeleton("yMMMM", day, locale=self._babel, fuzzy=False))
        except KeyError:
            named = str(format_date(day, "LLLL y", locale=self._babel))
        if within:
            alone, inside = (str(format_date(day, one, locale=self._babel)) for one in ("LLLL", "MMMM"))
            named = named.replace(alone, inside)
        return named

    def list(self, items: Iterable[str]) -> str:
        """ "a, b and c"."""
        written: str = format_list(list(items), locale=self._babel)
        return written

    def distance(self, km: float) -> str:
        """Whole kilometres; below one, "less than 1 km"."""
        if km < 1:
            return self._("less than 1 km")
        return _kilometres(round(km), self._babel)

    def number(self, number: float) -> str:
        """A number with the reader's separators and Latin digits."""
        written: str = format_decimal(number, locale=self._babel)
        return written

    def language(self, code: str) -> str:
        """The name of a language in this one: "arabisch" → "Arabisch", ``fa-AF`` → "Dari"."""
        known = self._languages.get(code)
        if known is None:
            known = self._name(code)
            if len(self._languages) < _LANGUAGES:  # hostile buttons may ask for any
                self._languages[code] = known
        return known

    def _name(self, code: str) -> str:
        code = canonical(code)
        tag = code.replace("-", "_")
        names = self._babel.languages
        own = _UNNAMED.get(code)
        name = (
            names.get(tag)
            or names.get({"fa_AF": "prs"}.get(tag, tag))
            or (self._(own) if own is not None else _autonym(code))
        )
        return name[:1].upper() + name[1:] if self.locale.code in _CAPITAL_LANGUAGES else name

    def languages(self, codes: Iterable[str]) -> str:
        """The names of languages as a list, each once."""
        return self.list(dict.fromkeys(self.language(code) for code in codes))

    def weekday(self, number: int, *, short: bool = True) -> str:
        """The name of a weekday, Monday being 0, for opening hours."""
        names = self._babel.days["stand-alone"]["abbreviated" if short else "wide"]
        return str(names[number])

    def weekdays(self, numbers: Sequence[int]) -> str:
        """Days of a week: "Mon–Thu", "Tue, Thu"; three or more in a row become a range."""
        groups: list[list[int]] = []
        for number in numbers:
            if groups and number == groups[-1][-1] + 1:
                groups[-1].append(number)
            else:
                groups.append([number])
        parts: list[str] = []
        for group in groups:
            names = [self.weekday(number) for number in group]
            parts.extend(names if len(names) < 3 else [f"{names[0]}–{names[-1]}"])
        return f"{self.comma} ".join(parts)


# CLDR's Afghan pattern puts the month first, which nobody writes; this is the order of its full date.
_DAY_PATTERNS = {"fa-AF": "EEEE d MMMM"}
# As the short date is written beside it, and as people here write it.
_FULL_PATTERNS = {"en": "EEEE d MMMM y"}
_FIRSTS = {"fr": "1er"}
"""How the first of a month is written where it is not a plain number; CLDR has no pattern for it."""
_LANGUAGES = 200
_UNNAMED = {
    "sgn": N_("sign language"),
    "gsg": N_("German sign language"),
    "de-x-leicht": N_("German (plain)"),
}
"""Languages that CLDR has no names for."""
_CAPITAL_LANGUAGES = frozenset({"de", "de-x-leicht", "en", "tr", "vi"})


_SAID = frozenset(
    {
        "character_order",
        "date_formats",
        "datetime_skeletons",
        "days",
        "decimal_formats",
        "default_numbering_system",
        "languages",
        "list_patterns",
        "months",
        "number_symbols",
        "numbering_systems",
        "plural_form",
        "unit_display_names",
        "unit_patterns",
    }
)
"""The parts of CLDR that are used here."""
_KILOMETRE = "length-kilometer"


def _cldr(tag: str) -> BabelLocale:
    """A locale without what nobody says here, currencies and time zones above all: a third of the memory."""
    found = BabelLocale.parse(tag)
    for name in ("root", found.language, str(found)):  # each begins as a copy of the one before
        data = localedata.load(name)
        # Answers and the thread that reads all catalogues may come here at the same moment.
        for part in data.keys() - _SAID:
            data.pop(part, None)
        for units in (data["unit_patterns"], data["unit_display_names"]):
            for unit in units.keys() - {_KILOMETRE}:
                units.pop(unit, None)
    return found


@lru_cache(2048)
def _kilometres(whole: int, locale: BabelLocale) -> str:
    return str(format_unit(whole, _KILOMETRE, length="short", locale=locale))


@lru_cache(512)
def _autonym(code: str) -> str:
    if code in _OWN_NAMES:
        return _OWN_NAMES[code]
    try:
        return str(_cldr(code.partition("-")[0]).display_name or code)
    except (UnknownLocaleError, ValueError):
        return code


@cache
def forms(locale: Locale) -> Forms:
    """The Forms of a launch locale."""
    return Forms(locale, translator(locale))


def warm() -> None:
    """Load every catalogue and Babel locale: the first use of each would block for up to 60 ms."""
    for locale in LOCALES:
        form = forms(locale)
        form.day(date(2026, 1, 1), date(2026, 1, 2))
        form.list(("a", "b"))
        form.distance(2)
        form.language("de")
