"""Opening hours: what they are, and whether a door is open now.

OpenStreetMap's ``opening_hours`` syntax, read by opening-hours-py. Its calendar of German holidays
lacks Mecklenburg-Vorpommern's own (8 March is one since 2023), so they are listed here, and on them
a door is closed unless its hours say otherwise (``PH``, ``24/7``).
All times here are wall-clock times of the towns (Europe/Berlin), without zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import NamedTuple

from dateutil.easter import easter
from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]

_Interval = tuple[datetime, datetime, State, str]

_HORIZON = 62
"""Days looked ahead for the next opening."""
_WEEKS = _HORIZON // 7 + 1
_REGULAR = 3
"""Weeks one after the other in which a weekday is the same, so that it is the rule."""
_OPEN_END = re.compile(r"(?<![-:\d])(\d?\d:\d\d)\+")


class Span(NamedTuple):
    """Open from and until; until 0:00 means midnight."""

    start: time
    end: time
    comment: str = ""
    """What the hours say of it in words, such as "only with registration"."""
    open_end: bool = False
    """Nobody says until when (``09:00+``)."""


class InvalidHours(ValueError):
    """The text is not in OSM's opening_hours syntax."""


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether a door is open at a moment; ``changes_at`` is when that ends, if within two months."""

    open: bool
    changes_at: datetime | None
    always: bool = False
    holiday: bool = False
    """Today is a public holiday in Mecklenburg-Vorpommern."""
    arranged: bool = False
    """It has no hours, only words ("by appointment")."""
    comment: str = ""
    """Of the hours it is open in, or opens for."""


class Holiday(StrEnum):
    """A public holiday of the state."""

    NEW_YEAR = "new_year"
    WOMEN = "women"
    GOOD_FRIDAY = "good_friday"
    EASTER_MONDAY = "easter_monday"
    LABOUR = "labour"
    ASCENSION = "ascension"
    WHIT_MONDAY = "whit_monday"
    UNITY = "unity"
    REFORMATION = "reformation"
    CHRISTMAS = "christmas"
    SECOND_CHRISTMAS = "second_christmas"


_FIXED = {
    (1, 1): Holiday.NEW_YEAR,
    (5, 1): Holiday.LABOUR,
    (10, 3): Holiday.UNITY,
    (10, 31): Holiday.REFORMATION,
    (12, 25): Holiday.CHRISTMAS,
    (12, 26): Holiday.SECOND_CHRISTMAS,
}
_FROM_EASTER = {
    -2: Holiday.GOOD_FRIDAY,
    1: Holiday.EASTER_MONDAY,
    39: Holiday.ASCENSION,
    50: Holiday.WHIT_MONDAY,
}


@cache
def public_holidays(year: int) -> Mapping[date, Holiday]:
    """The public holidays of Mecklenburg-Vorpommern (Feiertagsgesetz M-V, § 2), from 1995 on.

    A test holds them against the ``holidays`` package, which would cost every start 10 MB.
    """
    days = {date(year, month, day): holiday for (month, day), holiday in _FIXED.items()}
    days |= {easter(year) + timedelta(days=after): holiday for after, holiday in _FROM_EASTER.items()}
    if year >= 2023:
        days[date(year, 3, 8)] = Holiday.WOMEN
    return days


class Hours:
    """Parsed opening hours. Raises :class:`InvalidHours`."""

    def __init__(self, text: str) -> None:
        try:
            self._hours = OpeningHours(text)
            self._with_holidays = OpeningHours(text, country="DE") if "PH" in text else None
        except ParserError as error:
            raise InvalidHours(text) from error
        self._open_ends = {_clock(found) for found in _OPEN_END.findall(text)}
        self.always = text.strip() == "24/7"

    def on(self, day: date) -> tuple[Span, ...]:
        """The open spans of one day, holidays considered."""
        if not self.always and day in public_holidays(day.year):
            if self._with_holidays is None:
                return ()
            # New Year's Day is a holiday in every German state: its hours are the holiday hours.
            return self._spans(self._with_holidays, date(day.year, 1, 1))
        return self._spans(self._hours, day)

    def week(self, today: date) -> tuple[tuple[tuple[int, ...], tuple[Span, ...]], ...]:
        """The regular week from today on as (weekdays, spans); days alike and neighbours or not are joined.

        Weekday 0 is Monday. Closed days are left out, and those that are not the same every week.
        """
        joined: dict[tuple[Span, ...], list[int]] = {}
        for number in range(7):
            if spans := self._usual(number, today):
                joined.setdefault(spans, []).append(number)
        return tuple((tuple(days), spans) for spans, days in joined.items())

    def special(self, today: date) -> tuple[date, tuple[Span, ...]] | None:
        """The next day that is open otherwise than its weekday in the regular week; None in a usual case."""
        usual = [self._usual(number, today) for number in range(7)]
        for ahead in range(_HORIZON):
            day = today + timedelta(days=ahead)
            spans = self.on(day)
            if spans and spans != usual[day.weekday()]:
                return day, spans
        return None

    def _usual(self, weekday: int, today: date) -> tuple[Span, ...]:
        """What a weekday is first like for some weeks, holidays aside; nothing where it keeps changing."""
        first = today + timedelta(days=weekday - today.weekday())
        weeks = (self._spans(self._hours, first + timedelta(weeks=number)) for number in range(_WEEKS))
        return next((spans for spans, run in groupby(weeks) if len(list(run)) >= _REGULAR), ())

    def at(self, now: datetime) -> OpenState:
        """Whether it is open at a wall-clock moment, and until or from when."""
        holiday = now.date() in public_holidays(now.year)
        if self.always:
            return OpenState(open=True, changes_at=None, always=True, holiday=holiday)
        current = self._open(now)
        found = self._next_change(now, is_open=current is not None)
        changes_at, span = found or (None, current)
        meant = current or span
        if current is not None and span is not None and span.open_end:
            changes_at = None
        arranged = found is None and any(map(_words_only, _intervals(self._hours, now.date())))
        said = meant.comment if meant is not None else ""
        return OpenState(current is not None, changes_at, holiday=holiday, arranged=arranged, comment=said)

    def _open(self, now: datetime) -> Span | None:
        return next((span for start, end, span in self._moments(now.date()) if start <= now < end), None)

    def _next_change(self, now: datetime, *, is_open: bool) -> tuple[datetime, Span] | None:
        for ahead in range(_HORIZON):
            for start, end, span in self._moments(now.date() + timedelta(days=ahead)):
                change = end if is_open else start
                if change > now:
                    # An end at midnight is no end where the next day opens at midnight.
                    if is_open and change.time() == time(0) and self._open(change):
                        continue
                    return change, span
        return None

    def _moments(self, day: date) -> list[tuple[datetime, datetime, Span]]:
        midnight = datetime.combine(day + timedelta(days=1), time(0))
        return [
            (
                datetime.combine(day, span.start),
                midnight if span.end == time(0) else datetime.combine(day, span.end),
                span,
            )
            for span in self.on(day)
        ]

    def _spans(self, hours: OpeningHours, day: date) -> tuple[Span, ...]:
        return tuple(
            Span(
                begins.time(), ends.time(), said, ends.time() == time(0) and begins.time() in self._open_ends
            )
            for begins, ends, state, said in _intervals(hours, day)
            if state == State.OPEN and not _words_only((begins, ends, state, said))
        )


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour) % 24, int(minute))


def _intervals(hours: OpeningHours, day: date) -> list[_Interval]:
    start = datetime.combine(day, time(0))
    found: list[_Interval] = list(hours.intervals(start, start + timedelta(days=1)))
    return found


def _words_only(interval: _Interval) -> bool:
    """Whether a whole day has no hours but a comment: that is open to who has arranged it."""
    begins, ends, _, comment = interval
    return bool(comment) and ends - begins == timedelta(days=1)


@cache
def parse(text: str) -> Hours:
    """The hours behind a record's text, parsed once. Raises :class:`InvalidHours`."""
    return Hours(text)
