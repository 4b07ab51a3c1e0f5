"""Repetitions: when a rule fires, on the clocks of the towns and around public holidays.

A rule is an RRULE (RFC 5545) of which only what an office needs is allowed: daily, weekly or monthly,
with a bounded interval. It is computed in wall-clock time, so that a weekly 10:00 stays at 10:00 over
both changes of summer time; what gaps and folds mean is said at :func:`bot.domain.news.at_wall`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from heapq import heappop, heappush
from typing import Literal
from zoneinfo import ZoneInfo

from dateutil import rrule

from bot.domain.broadcast import USUAL, Options
from bot.domain.errors import DomainError
from bot.domain.minutes import YEARS
from bot.domain.news import at_wall
from bot.services.hours import public_holidays

HORIZON = timedelta(days=10 * 365)
"""How far ahead the next time is looked for; 29 February comes at least every eight years."""
_LOOK_BACK = timedelta(days=14)
"""Longer than any run of public holidays and weekends: what was moved is found from here."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST = 200
_BYDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"\d{8}(T\d{6})?")
_SATURDAY = 5


class BadRule(DomainError):
    """A repetition that is not served; the message says why."""


class Every(StrEnum):
    """What is between two times."""

    DAY = "DAILY"
    WEEK = "WEEKLY"
    MONTH = "MONTHLY"


_FREQUENCIES: Mapping[Every, Literal[1, 2, 3]] = {
    Every.DAY: 3,
    Every.WEEK: 2,
    Every.MONTH: 1,
}
"""dateutil's numbers."""
_INTERVALS = {Every.DAY: 366, Every.WEEK: 53, Every.MONTH: 24}
_ALLOWED = {
    Every.DAY: frozenset({"FREQ", "INTERVAL", "UNTIL", "COUNT"}),
    Every.WEEK: frozenset({"FREQ", "INTERVAL", "UNTIL", "COUNT", "BYDAY"}),
    Every.MONTH: frozenset({"FREQ", "INTERVAL", "UNTIL", "COUNT", "BYDAY", "BYMONTHDAY", "BYSETPOS"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """What a rule says, for whoever puts it into words.

    ``weekdays`` are (which of the month, weekday): Monday is 0, "which" is 0 for each, -1 for the last.
    ``days`` are days of the month, -1 the last. ``or_last``: in a month that is too short for the day,
    its last day. ``until`` is the last moment of the towns' clocks, inclusive. What is not said follows
    from the first date.
    """

    every: Every
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    days: tuple[int, ...] = ()
    or_last: bool = False
    until: datetime | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """One time of a repetition. ``at`` is when it goes out, in UTC: None when it is left out.

    ``nominal`` is what the rule says; it differs where a public holiday moved it.
    """

    nominal: datetime
    at: datetime | None

    @property
    def moved(self) -> bool:
        """Whether a public holiday moved it to another day."""
        return self.at is not None and self.at != self.nominal


def weekly(weekdays: Iterable[int], until: date | None = None) -> str:
    """The rule for "every week on these days" (Monday is 0), to the end of the day ``until``."""
    days = ",".join(_WEEKDAYS[day] for day in sorted(set(weekdays)))
    return f"FREQ=WEEKLY;BYDAY={days}{_ending(until)}"


def monthly(day: int, until: date | None = None) -> str:
    """The rule for "every month on this day", in shorter months on their last one."""
    chosen = f"BYMONTHDAY={day}"
    if day > 28:
        # All days up to it that not every month has; the last of those that this one has.
        chosen = f"BYMONTHDAY={','.join(str(one) for one in range(28, day + 1))};BYSETPOS=-1"
    return f"FREQ=MONTHLY;{chosen}{_ending(until)}"


def _ending(until: date | None) -> str:
    return f";UNTIL={until:%Y%m%d}" if until is not None else ""


def describe(rule: str) -> Repetition:
    """What a rule says; BadRule for one that is not allowed."""
    parts = _parts(rule)
    try:
        every = Every(parts.get("FREQ", ""))
    except ValueError:
        raise BadRule("A repetition is DAILY, WEEKLY or MONTHLY.") from None
    for name in parts:
        if name not in _ALLOWED[every]:
            raise BadRule(f"{name} cannot be used in a {every} repetition.")
    if "UNTIL" in parts and "COUNT" in parts:
        raise BadRule("A repetition ends by UNTIL or by COUNT, not by both.")
    if "BYDAY" in parts and "BYMONTHDAY" in parts:
        raise BadRule("A repetition is on days of the week or of the month, not both.")
    days = _days(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else ()
    or_last = "BYSETPOS" in parts
    if or_last and (parts["BYSETPOS"] != "-1" or not days or days != tuple(range(28, 28 + len(days)))):
        raise BadRule("BYSETPOS is only understood as in BYMONTHDAY=28,29,30,31;BYSETPOS=-1.")
    return Repetition(
        every=every,
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), _INTERVALS[every]),
        weekdays=_weekdays(parts["BYDAY"], every) if "BYDAY" in parts else (),
        days=days[-1:] if or_last else days,
        or_last=or_last,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        count=_number("COUNT", parts["COUNT"], 1000) if "COUNT" in parts else None,
    )


def _parts(rule: str) -> dict[str, str]:
    text = rule.strip().upper().removeprefix("RRULE:")
    if len(text) > _LONGEST:
        raise BadRule("The repetition is too long.")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name in parts:
            raise BadRule("A repetition looks like FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20271231.")
        parts[name] = value
    return parts


def _number(name: str, value: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", value) or not 1 <= int(value) <= most:
        raise BadRule(f"{name} is a number from 1 to {most}.")
    return int(value)


def _days(value: str) -> tuple[int, ...]:
    found = []
    for part in value.split(","):
        if not re.fullmatch(r"-1|[0-9]{1,2}", part) or not (part == "-1" or 1 <= int(part) <= 31):
            raise BadRule("BYMONTHDAY lists days from 1 to 31, or -1 for the last.")
        found.append(int(part))
    return tuple(found)


def _weekdays(value: str, every: Every) -> tuple[tuple[int, int], ...]:
    found = []
    for part in value.split(","):
        match = _BYDAY.fullmatch(part)
        if match is None or (match[1] and every is Every.WEEK):
            raise BadRule("BYDAY lists weekdays: MO,TH; in a MONTHLY repetition also 1MO or -1FR.")
        found.append((int(match[1] or 0), _WEEKDAYS.index(match[2])))
    return tuple(found)


def _until(value: str) -> datetime:
    if not _UNTIL.fullmatch(value):
        raise BadRule("UNTIL is a day like 20271231, or a time of the towns' clocks like 20271231T180000.")
    try:
        if len(value) == len("20271231"):
            # The whole day: who says "until 31 December" wants the notice of that day.
            until = datetime.combine(date.fromisoformat(value), time(23, 59, 59))
        else:
            until = datetime.fromisoformat(value)
    except ValueError:
        raise BadRule("UNTIL is no date.") from None
    if until.year not in YEARS:
        raise BadRule(f"UNTIL: {until.year} cannot be right; check the year.")
    return until


@lru_cache(256)
def _series(rule: str, starts: datetime) -> rrule.rrule:
    """The rule from a wall-clock time on. It remembers what it has computed: a tick asks again and again."""
    what = describe(rule)
    days: tuple[int, ...] = tuple(range(28, what.days[0] + 1)) if what.or_last else what.days
    return rrule.rrule(
        _FREQUENCIES[what.every],
        dtstart=starts,
        interval=what.interval,
        wkst=rrule.MO,
        count=what.count,
        until=what.until,
        byweekday=[rrule.weekday(day, which or None) for which, day in what.weekdays] or None,
        bymonthday=days or None,
        bysetpos=-1 if what.or_last else None,
        cache=True,
    )


def fires(
    rule: str, starts_at: datetime, first: datetime, last: datetime, zone: ZoneInfo, options: Options = USUAL
) -> Iterator[Fire]:
    """The times after ``first`` up to and with ``last``, in order; those that are left out too.

    Several that holidays move to one time are one. BadRule for a rule that is not allowed.
    """
    starts = starts_at.astimezone(zone).replace(tzinfo=None, microsecond=0)
    since = (first - _LOOK_BACK).astimezone(zone).replace(tzinfo=None)
    before: datetime | None = None
    for when, fire in _in_order(_series(rule, starts).xafter(since), last, zone, options):
        if first < when <= last and when != before:
            before = when
            yield fire


def _in_order(
    walls: Iterable[datetime], last: datetime, zone: ZoneInfo, options: Options
) -> Iterator[tuple[datetime, Fire]]:
    """What nominally comes until ``last``, by when it goes out: what moves to Monday comes after Sunday's."""
    waiting: list[tuple[datetime, datetime, Fire]] = []
    for wall in walls:
        nominal = at_wall(wall.date(), wall.time(), zone)
        while waiting and waiting[0][0] < nominal:
            when, _, fire = heappop(waiting)
            yield when, fire
        if nominal > last:
            break
        day = working_day(wall.date(), options)
        at = None if day is None else at_wall(day, wall.time(), zone)
        heappush(waiting, (at or nominal, nominal, Fire(nominal, at)))
    while waiting:
        when, _, fire = heappop(waiting)
        yield when, fire


def next_fire(
    rule: str, starts_at: datetime, after: datetime, zone: ZoneInfo, options: Options = USUAL
) -> datetime | None:
    """When a repetition goes out next after a moment, in UTC; None when it is over.

    ``starts_at`` is its first date and gives the hour. BadRule for a rule that is not allowed.
    """
    last = max(after, starts_at) + HORIZON
    return next((one.at for one in fires(rule, starts_at, after, last, zone, options) if one.at), None)


def first_fire(
    rule: str, starts_at: datetime, now: datetime, zone: ZoneInfo, options: Options = USUAL
) -> datetime:
    """When a new repetition goes out for the first time; BadRule when it never would."""
    found = next_fire(rule, starts_at, now, zone, options)
    if found is None:
        raise BadRule("This repetition has no date in the coming years.")
    return found


def is_holiday(day: date) -> bool:
    """Whether a day is a public holiday of the state."""
    return day in public_holidays(day.year)


def working_day(day: date, options: Options) -> date | None:
    """The day on which what is due on ``day`` goes out as its options want it; None when not at all."""
    if not is_holiday(day):
        return day
    if options.skip_holidays:
        return None
    return nearest_working_day(day, 1) if options.move_holidays else day


def off_holidays(at: datetime, options: Options, zone: ZoneInfo) -> datetime | None:
    """When what was set to a time goes out, as ``options`` want it on a public holiday; None: not at all."""
    wall = at.astimezone(zone)
    day = working_day(wall.date(), options)
    if day is None or day == wall.date():
        return None if day is None else at
    return at_wall(day, wall.time(), zone)


def nearest_working_day(day: date, step: int) -> date:
    """The next (1) or the last (-1) day from Monday to Friday that is no holiday, or the day itself."""
    while is_holiday(day) or day.weekday() >= _SATURDAY:
        day += timedelta(days=step)
    return day
