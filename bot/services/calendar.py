"""Events in time: their occurrences, and the calendar file a person can keep.

Recurrence is RFC 5545 (icalendar and recurring-ical-events), computed in the towns' wall-clock
time, so that a weekly 17:00 stays at 17:00 over both changes of summer time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from bot.domain.directory import Event, EventStatus
from bot.domain.locales import Locale
from bot.domain.minutes import from_minutes, to_minutes

_HORIZON = timedelta(days=5 * 365)
"""How far from today an occurrence may lie that a button names."""
DEFAULT_LENGTH = timedelta(hours=1)
_SEQUENCE_FROM = datetime(2026, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=100)
"""How far ahead the agenda looks at least."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of an event. ``starts`` and ``ends`` are aware, in the towns' zone.

    ``original`` is the date by which a moved occurrence is still known (its RECURRENCE-ID): buttons
    from before the move carry it.
    """

    event: Event
    starts: datetime
    ends: datetime
    original: datetime
    status: EventStatus

    @property
    def at(self) -> int:
        """The start in minutes since 1970: what buttons and saved events carry."""
        return to_minutes(self.starts)


def occurrences(event: Event, start: datetime, end: datetime, zone: ZoneInfo) -> list[Occurrence]:
    """The occurrences that touch the time between two aware moments, in order; cancelled ones too."""
    found = recurring_ical_events.of(_calendar(event, zone)).between(start, end)
    return sorted((_occurrence(event, one, zone) for one in found), key=lambda occurrence: occurrence.starts)


def dates_from(event: Event, start: datetime, zone: ZoneInfo) -> Iterator[Occurrence]:
    """The occurrences that have not ended at an aware moment, in order; cancelled ones too.

    Each is computed when it is asked for, so the next date of an event that takes place every day is there
    at once. A series without an end never ends here either.
    """
    found = recurring_ical_events.of(_calendar(event, zone)).after(start)
    return (one for component in found if (one := _occurrence(event, component, zone)).ends > start)


def _occurrence(event: Event, component: Any, zone: ZoneInfo) -> Occurrence:
    begins, until = component.DTSTART, component.DTEND
    if not isinstance(begins, datetime):
        begins = datetime.combine(begins, datetime.min.time(), zone)
        until = datetime.combine(until, datetime.min.time(), zone)
    recurrence = component.get("RECURRENCE-ID")
    original = recurrence.dt if recurrence is not None else begins
    if not isinstance(original, datetime):
        original = datetime.combine(original, datetime.min.time(), zone)
    status = EventStatus(str(component["X-LOTSE-STATUS"]))
    return Occurrence(
        event, begins.astimezone(zone), until.astimezone(zone), original.astimezone(zone), status
    )


def occurrence_at(event: Event, at: int, zone: ZoneInfo) -> Occurrence | None:
    """The occurrence that a button or a saved event means: by its start, or by the one it had once."""
    moment = from_minutes(at)
    if abs(moment - datetime.now(UTC)) > _HORIZON:  # the real time: it only has to be within years
        return None  # a hostile button: computing a series up to the year 4000 would take seconds
    moments = [moment, *(c.starts.replace(tzinfo=zone) for c in event.changes if c.starts is not None)]
    if not event.repeats:
        # There is only one: however far it was moved, it is this one.
        moments.append(event.starts.replace(tzinfo=zone))
    window = (min(moments) - timedelta(days=1), max(moments) + timedelta(days=2))
    found = occurrences(event, *window, zone)
    by_start = (o for o in found if o.at == at)
    by_origin = (o for o in found if to_minutes(o.original) == at)
    exact = next(by_start, None) or next(by_origin, None)
    if exact is not None or not found:
        return exact
    if not event.repeats:
        return found[0]
    # The hour of the whole series was changed: it is the one of the same day.
    day = moment.astimezone(zone).date()
    return next((o for o in found if o.starts.date() == day), None)


def over(event: Event, today: date) -> bool:
    """Whether no date of an event lies on this day or later."""
    own = (event.starts, event.ends, *(change.starts for change in event.changes))
    if any(moment is not None and moment.date() >= today for moment in own):
        return False
    if not event.repeats:
        return True
    coming = recurring_ical_events.of(_calendar(event, ZoneInfo("UTC"))).after(today)
    return next(coming, None) is None


def upcoming(events: Iterable[Event], start: datetime, end: datetime, zone: ZoneInfo) -> list[Occurrence]:
    """All occurrences of several events that have not ended before ``start``, in order of time."""
    found = [o for event in events for o in occurrences(event, start, end, zone) if o.ends > start]
    return sorted(found, key=lambda o: (o.starts, o.event.id))


class Agenda:
    """What takes place in the coming months, for everybody who asks.

    A hundred weekly events take a third of a second. So it is computed in a thread, once for a state of
    the directory and a day, and again where somebody looks further ahead.
    """

    def __init__(self) -> None:
        self._events: tuple[Event, ...] = ()
        self._day = date.min
        self._until = datetime.min.replace(tzinfo=UTC)
        self._found: list[Occurrence] = []
        self._lock = asyncio.Lock()

    async def upcoming(
        self, events: tuple[Event, ...], now: datetime, end: datetime, zone: ZoneInfo
    ) -> list[Occurrence]:
        """What :func:`upcoming` finds from now on; ``events`` are all those of a directory."""
        day = now.astimezone(zone).date()
        async with self._lock:
            same = self._events is events and self._day == day
            if not same or end > self._until:
                midnight = datetime.combine(day, time(0), zone)
                until = max(end, midnight + _AHEAD)
                self._found = await asyncio.to_thread(upcoming, events, midnight, until, zone)
                self._events, self._day, self._until = events, day, until
            found = self._found
        return [o for o in found if o.ends > now and o.starts < end]


def calendar_file(event: Event, locale: Locale, where: str, zone: ZoneInfo, now: datetime) -> bytes:
    """An .ics file of the whole event with its recurrence, exceptions and status.

    A calendar that has it already takes over what a later file says, because that has a higher sequence.
    """
    calendar = _calendar(event, zone)
    title, summary = event.title.localize(locale), event.summary.localize(locale)
    for component in calendar.walk("VEVENT"):
        component.add("DTSTAMP", now.astimezone(UTC))
        component.add("SEQUENCE", int((now - _SEQUENCE_FROM).total_seconds()))
        component.add("SUMMARY", title.text if title else event.id)
        if summary:
            component.add("DESCRIPTION", summary.text)
        if where:
            component.add("LOCATION", where)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _calendar(event: Event, zone: ZoneInfo) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//MIGRANET-MV//Lotse//DE")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    length = (event.ends - event.starts) if event.ends else DEFAULT_LENGTH
    master = _component(event, event.starts, length, zone)
    off = event.event_status is EventStatus.CANCELLED
    if event.repeats:
        master.add("RRULE", icalendar.vRecur.from_ical(event.repeats))
    for skipped in event.except_on:
        master.add("EXDATE", _moment(event, skipped, zone))
    master.add("STATUS", "CANCELLED" if off else "CONFIRMED")
    master.add("X-LOTSE-STATUS", event.event_status.value)
    calendar.add_component(master)
    for change in event.changes:
        cancelled = off or change.cancelled
        changed = _component(event, change.starts or change.original, length, zone)
        changed.add("RECURRENCE-ID", _moment(event, change.original, zone))
        changed.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
        changed.add("X-LOTSE-STATUS", (EventStatus.CANCELLED if cancelled else EventStatus.MOVED).value)
        calendar.add_component(changed)
    return calendar


def _component(event: Event, starts: datetime, length: timedelta, zone: ZoneInfo) -> icalendar.Event:
    component = icalendar.Event()
    component.add("UID", f"{event.id}@lotse.migranet-mv")
    component.add("DTSTART", _moment(event, starts, zone))
    last = starts + length
    if event.all_day:
        component.add("DTEND", max(last.date(), starts.date()) + timedelta(days=1))
    else:
        component.add("DTEND", last.replace(tzinfo=zone))
    return component


def _moment(event: Event, local: datetime, zone: ZoneInfo) -> datetime:
    # All-day events carry dates, not moments (RFC 5545, 3.6.1); icalendar writes what it is given.
    return local.date() if event.all_day else local.replace(tzinfo=zone)  # type: ignore[return-value]
