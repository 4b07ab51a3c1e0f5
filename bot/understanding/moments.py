"""From what somebody types to a day and an hour on the towns' clocks: "24.12. 10 Uhr", "morgen 9:30".

As an office writes them, in every language that Lotse speaks; "in two hours" in German and English alone.
What is not understood whole is not understood at all: a wrong guess would send a message to hundreds of
people at the wrong time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from bot.domain.minutes import YEARS
from bot.understanding.day_words import (
    COUNTS_DAYS,
    DAYS,
    FILLERS,
    HOURS,
    WEEKDAYS,
    day_parts,
    with_german_days,
)
from bot.understanding.months import clear_names, folded, month_numbers, without_accents

DEFAULT_TIME = time(10)
"""Where only a day is named."""


class Shift(StrEnum):
    """What is special about a time in a night of the clock change."""

    GAP = "gap"
    """The clocks jump over it in spring."""
    FOLD = "fold"
    """It comes twice in autumn."""


_WEEKDAY_NUMBERS = {name: number for number, names in enumerate(WEEKDAYS) for name in names.split("|")}
_DAYS = {names.partition("|")[0]: ahead for ahead, names in DAYS.items()}
_UNITS = {
    "minute": timedelta(minutes=1),
    "minuten": timedelta(minutes=1),
    "minutes": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "stunde": timedelta(hours=1),
    "stunden": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "hours": timedelta(hours=1),
    "tag": timedelta(days=1),
    "tagen": timedelta(days=1),
    "tage": timedelta(days=1),
    "day": timedelta(days=1),
    "days": timedelta(days=1),
    "woche": timedelta(weeks=1),
    "wochen": timedelta(weeks=1),
    "week": timedelta(weeks=1),
    "weeks": timedelta(weeks=1),
}
_FILLERS = FILLERS | {without_accents(word) for word in FILLERS}
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u2066\u2067\u2068\u2069"))
"""For ``str.translate``: marks of direction, which come along with a date that is copied."""
_ISO = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:t(?=\d)|\b)")
_DOTTED = re.compile(
    r"\b(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>\d{4})\b|(?P<short>\d{2})\b)?"
)
_SLASHED = re.compile(r"\b(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4})\b|/(?P<short>\d{2})\b)?")
_SHORT = re.compile(r"\d{1,2}\.\d{1,2}")
"""A date that stands alone; among other words it may be a time."""
_PAIR = re.compile(r"(?:am )?(?P<day>\d{1,2})\.(?P<month>\d{1,2})(?![\d.:])")
"""What may be a day and a month without a dot behind them, at the beginning: alone, or before an hour."""
_COMMON_ERA = re.compile(r"(?<=\d{4})\s*م(?!\w)")
"""Behind a year; behind an hour it means "p.m."."""
_HALF = r"(?P<half>a\.?m\b\.?|p\.?m\b\.?)"
_TIMES = (
    re.compile(rf"\b(?P<hour>\d{{1,2}})[:.](?P<minute>\d{{2}})(?::00)?\b\s*(?:(?:{HOURS})\b|{_HALF})?"),
    re.compile(rf"\b(?P<hour>\d{{1,2}})\s*(?:(?:{HOURS})\b|h(?=\d))(?:\s*(?P<minute>\d{{2}})\b)?(?P<half>)"),
    re.compile(rf"\b(?P<hour>\d{{1,2}})\s*{_HALF}(?P<minute>)"),
)
_BARE = re.compile(r"\b(?P<hour>\d{1,2})\b(?P<minute>)(?P<half>)")
_FULL_HOUR = rf"(?:[:.]00)?\s*(?:{HOURS})?"
_FROM_TO = re.compile(
    rf"(?:[^\W\d]+\s+){{0,2}}(?P<since>\d{{1,2}}){_FULL_HOUR}\s*(?:[-–—]|[^\W\d]+)\s*(?P<until>\d{{1,2}}){_FULL_HOUR}"
)
"""Two hours with "until" or a dash between them, in any language, and perhaps "from" before them."""
_PARTS = {
    "morning": range(1, 12),
    "afternoon": range(12, 20),
    "evening": range(16, 24),
    "late": range(12, 24),
    "night": (*range(6), *range(19, 24)),
}
"""The hours of a part of the day; an hour of twelve means one of them at most."""
_IN = re.compile(r"in\s+(?P<count>\d{1,3}|einer|einem|one|a|an)\s+(?P<unit>[a-z]+)")
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_WEEKDAY_NUMBERS)})\b\.?")
_WORD = re.compile(r"[^\W\d_]+")
_WITHIN = ("in", "im", "en", "w", "we", "в", "во", "у", "în", "през", "në", "في", "شهر", "در", "ماه")
"""Words before a month in which something is."""


def read_moment(text: str, now: datetime) -> datetime | None:
    """The day and time that a text names, on the towns' clocks and without zone, as ``now`` is.

    Without a year the next such day is meant, with only a time the next such time; a day alone means
    :data:`DEFAULT_TIME`. None where anything in the text is not understood. The result may lie in the
    past when a year was named.
    """
    rest = _plain(text)
    if (pair := _pair(rest)) is not None:
        behind = rest[pair.end() :]
        dated = _moment(f"{pair[0]}.{behind}", now) if not behind or any(map(str.isdigit, behind)) else None
        if dated is not None or not behind:
            return dated
    return _moment(rest, now)


def _moment(rest: str, now: datetime) -> datetime | None:
    if span := _IN.fullmatch(rest):
        return _later(span, now)
    try:
        day, rest = _date(rest, now)
        clock, rest = _time(rest, bare=day is not None)
        if not _empty(rest):
            return None
        if day is not None:
            return datetime.combine(day(clock or DEFAULT_TIME), clock or DEFAULT_TIME)
    except ValueError:
        return None
    if clock is None:
        return None
    moment = datetime.combine(now.date(), clock)
    return moment if moment > now else moment + timedelta(days=1)


def read_clock(text: str) -> time | None:
    """The time of day that a text names, where it names no day and nothing else."""
    plain = _plain(text)
    if (pair := _pair(plain)) is not None and pair[0] == plain:
        return None  # a day of a month
    try:
        clock, rest = _time(plain, bare=False)
    except ValueError:
        return None
    return clock if _empty(rest) else None


def read_hours(text: str) -> tuple[int, int] | None:
    """ "22 bis 7" or "22:00-7:00": two full hours and hardly anything else; None for anything else."""
    plain = _plain(text)
    if (found := _FROM_TO.fullmatch(plain)) is None:
        return None
    since, until = int(found["since"]), int(found["until"])
    return (since % 24, until % 24) if max(since, until) <= 24 else None


def _pair(plain: str) -> re.Match[str] | None:
    """A day and a month at the beginning, where the numbers can be that: "5.12"."""
    found = _PAIR.match(plain)
    return found if found and 1 <= int(found["day"]) <= 31 and 1 <= int(found["month"]) <= 12 else None


def _plain(text: str) -> str:
    """Small letters, and the days by their German names."""
    written = _COMMON_ERA.sub(" ", re.sub("[,،]", " ", folded(text.translate(_MARKS))))
    return with_german_days(" ".join(written.split()))


def _empty(rest: str) -> bool:
    """Whether nothing is left that would have to be understood."""
    return not any(char.isdigit() for char in rest) and _FILLERS.issuperset(_WORD.findall(rest))


def read_day(text: str, today: date) -> tuple[date, str] | None:
    """The date that stands in a text, without a year the next such day, and the text without it."""
    written = " ".join(folded(text.translate(_MARKS)).split())
    if _SHORT.fullmatch(written):
        written += "."
    for pattern in date_patterns():
        if found := pattern.search(written):
            try:
                day = _written(found, datetime.combine(today, time()))(DEFAULT_TIME)
            except ValueError:
                return None
            before = _WEEKDAY.sub(" ", written[: found.start()])
            return day, f"{before} {written[found.end() :]}"
    return None


def read_month(text: str, today: date) -> tuple[date, str] | None:
    """The first day of a month named in a text, without a year of this or the next such, and the text
    without it.

    What may be another word ("may", "mai") has to stand after one that says "in".
    """
    written = " ".join(folded(text.translate(_MARKS)).split())
    if (found := month_pattern().search(written)) is None:
        return None
    number = month_numbers()[found["name"] or found["within"]]
    year = int(found["year"] or today.year + (number < today.month))
    return date(year, number, 1), f"{written[: found.start()]} {written[found.end() :]}"


def coming(weekday: int, now: datetime) -> datetime:
    """The next such day of the week, Monday being 0, at :data:`DEFAULT_TIME`."""
    return datetime.combine(_weekday(weekday, now)(DEFAULT_TIME), DEFAULT_TIME)


def clock_change(wall: datetime, zone: ZoneInfo) -> Shift | None:
    """Whether a time of the towns' clocks does not exist, or comes twice."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first == second:
        return None
    # Where the clocks jump forward, the reading before the jump has the smaller offset.
    jumps = (second or timedelta()) > (first or timedelta())
    return Shift.GAP if jumps else Shift.FOLD


def _later(span: re.Match[str], now: datetime) -> datetime | None:
    unit = _UNITS.get(span["unit"])
    if unit is None:
        return None
    count = int(span["count"]) if span["count"].isdigit() else 1
    return (now + count * unit).replace(second=0, microsecond=0)


@cache
def date_patterns() -> tuple[re.Pattern[str], ...]:
    """What a date looks like. The first call reads the names of the months, which takes some 50 ms."""
    names = "|".join(map(re.escape, sorted(month_numbers(), key=len, reverse=True)))
    named = (
        rf"\b(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th|er)?\s*(?:de\s+)?(?P<name>{names})\b\.?"
        r"(?:\s*(?:del?\s+)?(?P<year>\d{4})\b)?"
    )
    english = (
        rf"\b(?P<name>{names})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:\d)(?:\s*(?P<year>\d{{4}})\b)?"
    )
    return (_ISO, _DOTTED, _SLASHED, re.compile(named), re.compile(english))


@cache
def month_pattern() -> re.Pattern[str]:
    """What a month without a day looks like."""
    names, clear = (
        "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
        for found in (month_numbers(), clear_names())
    )
    within = rf"(?:{'|'.join(_WITHIN)})\s+(?P<within>{names})"
    return re.compile(rf"\b(?:{within}|(?P<name>{clear}))\b\.?(?:\s*(?P<year>20\d{{2}})\b)?")


_Day = Callable[[time], date]
"""The day that is meant, once the time is known: "Monday 9:00" said on Monday at ten is the next one."""


def _date(text: str, now: datetime) -> tuple[_Day | None, str]:
    """The day that is named, and the text without it. ValueError when there is no such day."""
    for pattern in date_patterns():
        if found := pattern.search(text):
            before = _WEEKDAY.sub(" ", text[: found.start()])  # "Do 24.12.": the date says it exactly
            return _written(found, now), f"{before} {text[found.end() :]}"
    for word in _WORD.finditer(text):
        without = f"{text[: word.start()]} {text[word.end() :]}"
        if (ahead := _DAYS.get(word[0])) is not None:
            return _fixed(now.date() + timedelta(days=ahead)), without
        if (number := _WEEKDAY_NUMBERS.get(word[0])) is not None:
            return _weekday(number, now), without
    return None, text


def _written(found: re.Match[str], now: datetime) -> _Day:
    parts = found.groupdict()
    month = int(parts["month"]) if parts.get("month") else month_numbers()[parts["name"]]
    number = int(parts["day"])
    year = parts.get("year") or (f"20{parts['short']}" if parts.get("short") else None)
    if year is not None:
        day = date(int(year), month, number)
        if day.year not in YEARS:
            raise ValueError("not a year that is meant")
        return _fixed(day)
    return lambda clock: _next(month, number, clock, now)


def _fixed(day: date) -> _Day:
    return lambda _clock: day


def _next(month: int, number: int, clock: time, now: datetime) -> date:
    for year in range(now.year, now.year + 9):  # 29 February may be eight years away
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if datetime.combine(day, clock) > now:
            return day
    raise ValueError("no such day")


def _weekday(number: int, now: datetime) -> _Day:
    day = now.date() + timedelta(days=(number - now.weekday()) % 7)
    return lambda clock: day if datetime.combine(day, clock) > now else day + timedelta(weeks=1)


def _time(text: str, *, bare: bool) -> tuple[time | None, str]:
    """The time that is named, and the text without it. ``bare``: a number alone may be an hour.

    So it may beside a part of the day: "6 in the evening".
    """
    names, parts = day_parts()
    part = ""
    if named := names.search(text):
        part = parts[named[0]]
        bare = bare or named[0] != COUNTS_DAYS
        text = f"{text[: named.start()]} {text[named.end() :]}"
    for pattern in (*_TIMES, _BARE) if bare else _TIMES:
        if found := pattern.search(text):
            hour, minute = int(found["hour"]), int(found["minute"] or 0)
            if half := found["half"]:
                if not 1 <= hour <= 12:
                    raise ValueError("no such hour")
                hour = hour % 12 + (12 if half.startswith("p") else 0)
            if part:
                hour = _within(part, hour)
            return time(hour, minute), f"{text[: found.start()]} {text[found.end() :]}"
    if part not in ("", "morning"):
        raise ValueError("no hour")
    return None, text


def _within(part: str, hour: int) -> int:
    """The hour that is said with a part of the day, of 24. ValueError where it is not in that part."""
    meant = [one for one in (hour, hour + 12) if one in _PARTS[part]]
    if not meant:
        raise ValueError("no such hour")
    return meant[0]
