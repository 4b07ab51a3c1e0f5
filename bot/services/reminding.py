"""Saved events: when to remind, and what to tell when a date changes.

What a chat saved is an event and a start. After every change of the content the saved starts are
held against what the events say now: cancelled and moved dates are told once, reminders move along.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.broadcast import Broadcast, State
from bot.domain.directory import Directory, Event, EventStatus, Kind
from bot.domain.minutes import from_minutes, to_minutes
from bot.domain.recipients import ReminderKind, SavedEvent
from bot.services.calendar import Occurrence, occurrence_at
from bot.storage.events import Start
from bot.storage.store import Store

SOON = timedelta(minutes=5)
"""An announcement planned for later than this is not waited for."""
AHEAD = timedelta(days=400)
"""How far ahead, at most, a date is called off."""
_SAID = frozenset({State.SENDING, State.PAUSED, State.SENT})
KEEP = timedelta(days=7)
"""How long a past date stays saved."""
MOST_SAVED = 50
"""Dates to come that a chat may save: what it saved is looked through as a whole."""


def room_for(date: Start, saved: Iterable[SavedEvent], gone: Collection[Start], now: datetime) -> bool:
    """Whether a chat that saved these may save a date; ``gone``, which do not take place, take no room."""
    coming = {(one.event_id, one.occurrence) for one in saved if one.occurrence > now}
    return len(coming.difference(gone) - {date}) < MOST_SAVED


def saved_dates(
    saved: Iterable[SavedEvent], directory: Directory, zone: ZoneInfo, now: datetime
) -> list[tuple[int, Occurrence]]:
    """The saved dates that are not over, with the starts under which they are saved. It takes milliseconds
    for each: call it in a thread."""
    found = []
    for one in saved:
        event, at = directory.get(Kind.EVENT, one.event_id), to_minutes(one.occurrence)
        occurrence = occurrence_at(event, at, zone) if isinstance(event, Event) else None
        if occurrence is not None and occurrence.ends >= now:
            found.append((at, occurrence))
    return found


def reminder_times(occurrence: Occurrence, now: datetime) -> dict[ReminderKind, datetime]:
    """When to remind of an occurrence, in UTC; times that have passed are left out."""
    if occurrence.event.all_day:
        # It has no hour: the evening before, and the morning of the day.
        day = occurrence.starts
        evening = (day - timedelta(days=1)).replace(hour=18)
        whole = {ReminderKind.DAY: evening, ReminderKind.HOURS: day.replace(hour=9)}
        return {kind: at.astimezone(UTC) for kind, at in whole.items() if at > now}
    starts = occurrence.starts.astimezone(UTC)
    times = {
        # A day before means the same hour on the clock, also over a change of summer time.
        ReminderKind.DAY: (occurrence.starts - timedelta(days=1)).astimezone(UTC),
        ReminderKind.HOURS: starts - timedelta(hours=2),
    }
    return {kind: at for kind, at in times.items() if at > now}


def too_late(kind: ReminderKind, occurrence: Occurrence, now: datetime) -> bool:
    """Whether a reminder says nothing any more: the event runs, or the reminder after it is due as well."""
    # The morning of a whole day is after its beginning.
    if (occurrence.ends if occurrence.event.all_day else occurrence.starts) <= now:
        return True
    return kind is ReminderKind.DAY and ReminderKind.HOURS not in reminder_times(occurrence, now)


async def reconcile(
    store: Store, directory: Directory, zone: ZoneInfo, now: datetime, unreadable: Collection[str] = ()
) -> int:
    """Bring saved events up to date with the directory; how many chats will be told of a change.

    Of the ``unreadable`` (kind/id) nothing is known: what was saved of them stays as it is.

    Safe to repeat: the same change is told once. What has to be done is worked out before, in a thread;
    then each date is written by itself, so that nobody waits.
    """
    async with store.read() as view:
        starts, origins = await view.saved_starts(now), await view.origins()
        cancelled = await view.cancelled_starts()
    found = await asyncio.to_thread(_all_now, starts, origins, directory, zone)
    told = 0
    for event_id, start in starts:
        if f"{Kind.EVENT}/{event_id}" in unreadable:
            continue
        occurrence = found[event_id, start]
        if occurrence is None or occurrence.status is EventStatus.CANCELLED:
            async with store.begin() as tx:
                told += await tx.cancel_occurrence(event_id, start, now)
            continue
        starts_at, due = occurrence.starts.astimezone(UTC), reminder_times(occurrence, now)
        if starts_at != start:
            async with store.begin() as tx:
                told += await tx.reschedule(event_id, start, starts_at, due, now)
        elif (event_id, start) in cancelled:
            async with store.begin() as tx:
                told += await tx.restore_occurrence(event_id, start, due, now)
    async with store.begin() as tx:
        await tx.expire_events(now - KEEP)
    return told


def _all_now(
    starts: Iterable[Start], origins: Mapping[Start, datetime], directory: Directory, zone: ZoneInfo
) -> dict[Start, Occurrence | None]:
    """What the events say now of saved starts; None where they do not know them (any more)."""
    return {saved: _now(saved, origins, directory, zone) for saved in starts}


def _now(
    saved: Start, origins: Mapping[Start, datetime], directory: Directory, zone: ZoneInfo
) -> Occurrence | None:
    """One that was moved before is known by an earlier date."""
    event_id, start = saved
    event = directory.get(Kind.EVENT, event_id)
    seen: set[datetime] = set()
    while isinstance(event, Event) and start not in seen:
        if (found := occurrence_at(event, to_minutes(start), zone)) is not None:
            return found
        seen.add(start)
        start = origins.get((event_id, start), start)
    return None


# What the office has called off --------------------------------------------------------------------


async def settle_called_off(store: Store, now: datetime) -> frozenset[Start]:
    """Whom the office has told of a cancellation by an announcement is not told again.

    Settles the notices of those who have it. Returns the dates of which such an announcement is on its
    way: their notices wait until it is over.
    """
    async with store.read() as view:
        cancelled = await view.untold_cancellations()
        found = await view.call_offs(now - AHEAD) if cancelled else ()
    going = set()
    for event_id, start in sorted(cancelled):
        mine = [one for one in found if _date_of(one) == (event_id, start)]
        if not mine:
            continue
        async with store.begin() as tx:
            await tx.settle_cancelled(event_id, start, [one.id for one in mine], now)
        if any(one.state is State.SENDING or _begins(one, now) for one in mine):
            going.add((event_id, start))
    return frozenset(going)


async def as_called_off(store: Store, occurrences: Iterable[Occurrence], now: datetime) -> list[Occurrence]:
    """Dates as they are to be shown: cancelled, where the office has said so by an announcement.

    Whatever their record says, until that announcement is withdrawn, or those who saved the date are told
    that it takes place after all.
    """
    async with store.read() as view:
        said: dict[Start, datetime] = {}
        for one in await view.call_offs(now - AHEAD):
            if (one.state in _SAID and one.launched_at is not None) or _begins(one, now):
                said[_date_of(one)] = one.created_at
        found = []
        for occurrence in occurrences:
            date = (occurrence.event.id, from_minutes(occurrence.at))
            if date in said:
                restored = await view.restored_at(*date)
                if restored is None or restored < said[date]:
                    occurrence = replace(occurrence, status=EventStatus.CANCELLED)
            found.append(occurrence)
    return found


def _begins(call_off: Broadcast, now: datetime) -> bool:
    soon = now + SOON
    return call_off.state is State.SCHEDULED and call_off.send_at is not None and call_off.send_at <= soon


def _date_of(call_off: Broadcast) -> Start:
    return call_off.audience.event, from_minutes(call_off.audience.date)
