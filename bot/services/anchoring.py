"""When a broadcast is due that hangs on a campaign's or an event's date, from when on it is too late, and
which date of an event it shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain.broadcast import Anchor, Broadcast, Options
from bot.domain.directory import Campaign, Directory, Event, EventStatus, Kind, Status
from bot.domain.minutes import to_minutes
from bot.domain.news import at_wall
from bot.services.calendar import Occurrence, dates_from, occurrence_at
from bot.services.repeating import nearest_working_day, working_day
from bot.storage.store import Snapshot, Transaction

_OVER = frozenset({Status.ENDED, Status.ACHIEVED, Status.PARTLY_ACHIEVED, Status.NOT_ACHIEVED})


def date_of(record: str, directory: Directory, zone: ZoneInfo, at: int = 0) -> date | None:
    """The day of a campaign's end, or of an event (``at``: which of its dates, as in :class:`Anchor`).

    None where there is no such record (any more), where its date is not known to the day, and where
    the event is cancelled.
    """
    kind, _, id = record.partition("/")
    found = directory.get(Kind(kind), id) if kind in (Kind.CAMPAIGN, Kind.EVENT) else None
    if isinstance(found, Campaign):
        return found.ended.exact if found.ended else None
    return _event_day(_Same(found), at, zone) if isinstance(found, Event) else None


@dataclass(frozen=True, eq=False, slots=True)
class _Same:
    """An event as a key: records are immutable, and a changed one is another object."""

    event: Event

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.event is other.event

    def __hash__(self) -> int:
        return id(self.event)


@lru_cache(512)
def _event_day(same: _Same, at: int, zone: ZoneInfo) -> date | None:
    event = same.event
    first = to_minutes(event.starts.replace(tzinfo=zone))
    occurrence = occurrence_at(event, at or first, zone)
    if occurrence is None or occurrence.status is EventStatus.CANCELLED:
        return None
    return occurrence.starts.date()


def anchored(anchor: Anchor, directory: Directory, zone: ZoneInfo, options: Options) -> datetime | None:
    """When a notice is due by its campaign's or event's date, in UTC, moved off public holidays where
    ``options`` want that.

    None where that date is not there, see :func:`date_of`, and for what was to be said before the end
    of a campaign that is over already.

    What is said before a date is never moved to that date or behind it: it comes earlier instead. What is
    for the day itself is true on that day alone, and stays there.
    What is to be left out on a holiday keeps its time here; :func:`bot.services.scheduling.tick` takes it
    off when it is due.
    """
    day = date_of(anchor.record, directory, zone, anchor.at)
    if day is None or (anchor.days < 0 and _is_over(anchor.record, directory)):
        return None
    due = day + timedelta(days=anchor.days)
    moved = due if due == day else working_day(due, options) or due
    if anchor.days < 0 and moved >= day:
        moved = nearest_working_day(due, -1)
    return at_wall(moved, anchor.clock, zone)


def _is_over(record: str, directory: Directory) -> bool:
    kind, _, id = record.partition("/")
    found = directory.get(Kind(kind), id)
    return isinstance(found, Campaign) and found.status in _OVER


async def campaign_over(view: Snapshot, one: Broadcast) -> bool:
    """Whether a broadcast hangs on a campaign that has ended."""
    anchor = one.anchor
    return anchor is not None and _is_over(anchor.record, await _directory(view, anchor))


def stale(broadcast: Broadcast, now: datetime) -> bool:
    """Whether the window in which a broadcast may begin is over."""
    window = broadcast.options.window
    return bool(window and broadcast.send_at and now > broadcast.send_at + timedelta(minutes=window))


async def due_at(view: Snapshot, one: Broadcast, zone: ZoneInfo) -> datetime | None:
    """When a broadcast is due by what its campaign or event says at this moment; None where it says nothing.

    One that hangs on no date is due at the time that was set.
    """
    if one.anchor is None:
        return one.send_at
    return anchored(one.anchor, await _directory(view, one.anchor), zone, one.options)


async def ends_at(view: Snapshot, one: Broadcast, zone: ZoneInfo) -> datetime | None:
    """When what a broadcast says is no longer true, where it speaks of a date: "tomorrow", "today".

    That is the beginning of its campaign's or event's day, or the end of that day where it is for the day
    itself. None where it hangs on no date, comes after it, or that date is not known (any more).
    """
    if one.anchor is None or one.anchor.days > 0:
        return None
    day = date_of(one.anchor.record, await _directory(view, one.anchor), zone, one.anchor.at)
    if day is None:
        return None
    return at_wall(day if one.anchor.days < 0 else day + timedelta(days=1), time(0), zone)


async def too_late(view: Snapshot, one: Broadcast, at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a broadcast that is due at a time may not begin any more."""
    ends = await ends_at(view, one, zone)
    return (ends is not None and now >= ends) or stale(replace(one, send_at=at), now)


async def retime(tx: Transaction, one: Broadcast, at: datetime) -> None:
    """Give a broadcast another time; it leaves ``/news`` by as much later, or earlier."""
    ends = one.expires_at
    if ends is not None and one.send_at is not None:
        ends += at - one.send_at
    await tx.change(one.id, send_at=at, expires_at=ends)


async def _directory(view: Snapshot, anchor: Anchor) -> Directory:
    """The one record that a broadcast hangs on, as far as it may be shown."""
    kind, _, id = anchor.record.partition("/")
    record = await view.content_record(Kind(kind), id)
    return Directory.of(() if record is None else (record,))


# Which date stands below it -----------------------------------------------------------------------


def date_shown(one: Broadcast, event: Event, now: datetime, zone: ZoneInfo) -> Occurrence | None:
    """The date of an event that stands below a broadcast's texts, wherever it has been moved to.

    That by which it is sent, or else the one that was next when it went out, which it keeps for good; before
    that, the one that will be next. None where there is no such date (any more), rather than another one.
    """
    at, anchor = one.options.card_at, one.anchor
    if not at and anchor is not None and anchor.record == f"{Kind.EVENT}/{event.id}":
        at = anchor.at or to_minutes(event.starts.replace(tzinfo=zone))
    if at:
        return occurrence_at(event, at, zone)
    since = one.launched_at or max(now, one.send_at or now)
    return next(dates_from(event, since, zone), None)


async def card_at(view: Snapshot, one: Broadcast, now: datetime, zone: ZoneInfo) -> int:
    """What :attr:`Options.card_at` becomes for a broadcast that goes out now."""
    shown = next((body.event_id for body in (await view.bodies(one.id)).values() if body.event_id), "")
    event = await view.content_record(Kind.EVENT, shown)
    found = date_shown(one, event, now, zone) if isinstance(event, Event) else None
    # By the start it was planned for: a date that was moved may be moved again.
    return 0 if found is None else to_minutes(found.original)
