"""Saved events: when to remind, and what to tell when a date changes.

What a chat saved is an event and a start. After every change of the content the saved starts are
held against what the events say now: cancelled and moved dates are told once, reminders move along.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.broadcast import State
from bot.domain.directory import Directory, Event, EventStatus, Kind
from bot.domain.minutes import to_minutes
from bot.domain.recipients import Change, Notice, ReminderKind
from bot.services.calendar import Occurrence, occurrence_at
from bot.storage.store import Store, Transaction

SOON = timedelta(minutes=5)
"""An announcement planned for later than this is not waited for."""
KEEP = timedelta(days=7)
"""How long a past date stays saved."""


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


async def reconcile(store: Store, directory: Directory, zone: ZoneInfo, now: datetime) -> int:
    """Bring saved events up to date with the directory; how many chats will be told of a change.

    Safe to repeat: the same change is told once.
    """
    told = 0
    async with store.begin() as tx:
        for event_id in await tx.saved_event_ids():
            event = directory.get(Kind.EVENT, event_id)
            starts = {saved.occurrence for saved in await tx.savers(event_id) if saved.occurrence > now}
            for start in sorted(starts):
                occurrence = await _now(tx, event, start, zone) if isinstance(event, Event) else None
                if occurrence is None or occurrence.status is EventStatus.CANCELLED:
                    told += await tx.cancel_occurrence(event_id, start, now)
                    continue
                starts_at, due = occurrence.starts.astimezone(UTC), reminder_times(occurrence, now)
                if starts_at == start:
                    told += await tx.restore_occurrence(event_id, start, due, now)
                else:
                    told += await tx.reschedule(event_id, start, starts_at, due, now)
        await tx.expire_events(now - KEEP)
    return told


async def called_off(store: Store, due: Iterable[Notice], now: datetime) -> frozenset[tuple[str, datetime]]:
    """Whom the office has told of a cancellation by an announcement is not told again.

    Settles the notices of those who have it. Returns the dates (event, start) of which such an
    announcement is on its way: their notices wait until it is over.
    """
    cancelled = {(one.event_id, one.occurrence) for one in due if one.change is Change.CANCELLED}
    going = set()
    for event_id, start in sorted(cancelled):
        async with store.read() as view:
            found = await view.call_offs(event_id, to_minutes(start))
        if not found:
            continue
        async with store.begin() as tx:
            await tx.settle_cancelled(event_id, start, [one.id for one in found], now)
        soon = now + SOON
        if any(
            one.state is State.SENDING
            or (one.state is State.SCHEDULED and one.send_at is not None and one.send_at <= soon)
            for one in found
        ):
            going.add((event_id, start))
    return frozenset(going)


async def _now(tx: Transaction, event: Event, start: datetime, zone: ZoneInfo) -> Occurrence | None:
    """What the event says now of a saved start; one that was moved before is known by an earlier date."""
    seen = {start}
    while (found := occurrence_at(event, to_minutes(start), zone)) is None:
        origin = await tx.origin(event.id, start)
        if origin is None or origin in seen:
            return None
        seen.add(origin)
        start = origin
    return found
