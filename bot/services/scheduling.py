"""What is planned: repetitions, notices relative to a date, and what came too late to be sent.

Everything stands in the database: :func:`tick` may come late, twice, or from two processes at once,
and after the clock was wrong, and makes one child of a repetition for each of its times.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.domain.broadcast import RULE_OVER, USUAL, Broadcast, Schedule, State
from bot.domain.directory import Directory
from bot.domain.errors import StorageFailed, where
from bot.domain.news import Rhythm
from bot.services.anchoring import anchored, campaign_over, due_at, retime, stale, too_late
from bot.services.repeating import (
    BadRule,
    fires,
    is_holiday,
    next_fire,
    off_holidays,
    working_day,
)
from bot.storage.store import Snapshot, Store, Transaction

_log = logging.getLogger(__name__)

NOTICE_WINDOW = 12 * 60
"""Minutes after its time in which something planned may still begin, unless its author chose others."""
WINDOWS = (60, NOTICE_WINDOW, 48 * 60)
"""Those that an author can choose, beside none."""
PAUSED_FOR = timedelta(days=1)
"""How long after its window, or its time in ``/news``, a paused broadcast waits for somebody."""
ANCHOR_GONE, CAMPAIGN_OVER = "anchor", "over"
"""Why :func:`tick` paused a broadcast: its date is gone, or what it announces has ended."""
GROWN = "grown"
"""Why it waits for a second person that one person had released: it is for many by now."""
TOO_LATE, HOLIDAY, LEFT_PAUSED = "window", "holiday", "paused"
"""Why it took a broadcast off: its window is over, a public holiday is left out, nobody has continued it."""
_REPORTED = 7
"""How many times of a repetition that a downtime has left unsent are reported: the latest ones."""
_ALL = 100_000
"""Broadcasts in one state that are looked at: more than any office plans."""


def window_before(left: int) -> int:
    """The window for what is of no use after so many minutes."""
    return max((window for window in WINDOWS if window <= left), default=WINDOWS[0])


# The tick -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What a tick did, by the ids of broadcasts; ``stopped`` are ids of schedules."""

    made: tuple[int, ...] = ()
    """Children of repetitions."""
    moved: tuple[int, ...] = ()
    """Their campaign's or event's date has changed."""
    paused: tuple[int, ...] = ()
    """Their campaign or event is gone or cancelled."""
    missed: tuple[int, ...] = ()
    """Too late to be sent, on a public holiday that is left out, or left paused for too long."""
    stopped: tuple[int, ...] = ()
    """Their template is gone, or the rule is none."""
    ended: tuple[int, ...] = ()
    """Templates of which nothing more will be made."""
    returned: tuple[int, ...] = ()
    """Their time has passed while they waited for a second person: they are drafts again."""

    def __bool__(self) -> bool:
        done = (self.made, self.moved, self.paused, self.missed, self.stopped, self.ended, self.returned)
        return any(done)

    def __str__(self) -> str:
        """What was done, with its ids: ``made 7, 9; missed 4``."""
        done = ((field.name, getattr(self, field.name)) for field in fields(self))
        return "; ".join(f"{name} {', '.join(map(str, ids))}" for name, ids in done if ids)


async def tick(store: Store, directory: Directory, now: datetime, zone: ZoneInfo) -> Ticked:
    """Bring what is planned up to date with the clock and the directory.

    After a downtime only the latest time of a repetition counts, and the stale guard judges it; those before
    it are missed. A repetition whose next time lies too far ahead, because the clock was wrong, is brought
    back. What surprises with one of them is logged and holds up no other; it is raised at the end.
    """
    failed: list[Exception] = []
    made: list[int] = []
    unsent: list[int] = []
    stopped: list[int] = []
    async with store.read() as view:
        schedules = [one for one in await view.schedules() if one.next_at is not None]
        templates = {one.id: one for one in await view.broadcasts((State.TEMPLATE,), limit=_ALL)}
    for schedule in schedules:
        with _apart(failed, "schedule", schedule.id):
            try:
                done = await _attend(store, schedule, templates.get(schedule.broadcast_id), now, zone)
            except BadRule:
                async with store.begin() as tx:
                    await tx.stop_schedule(schedule.id)
                stopped.append(schedule.id)
            else:
                made += done.made
                unsent += done.missed
    ended = await _end_repetitions(store, templates.keys() - {one.broadcast_id for one in schedules}, now)
    moved, paused, missed = await _look_over(store, directory, now, zone, failed)
    missed = (*unsent, *missed, *await _end_paused(store, now))
    returned = await _give_back(store, now, zone)
    if failed:
        raise failed[0]
    return Ticked(
        made=tuple(made),
        moved=moved,
        paused=paused,
        missed=missed,
        stopped=tuple(stopped),
        ended=ended,
        returned=returned,
    )


@contextmanager
def _apart(failed: list[Exception], what: str, id: int) -> Iterator[None]:
    """Do something for one of many, for which it may fail."""
    try:
        yield
    except StorageFailed:
        raise
    except Exception as error:  # noqa: BLE001 (the others have their time too)
        _log.error("%s %d could not be looked after: %s", what, id, where(error))
        failed.append(error)


async def _attend(
    store: Store, schedule: Schedule, template: Broadcast | None, now: datetime, zone: ZoneInfo
) -> Ticked:
    """Do what one schedule wants now, and say what was made and missed. BadRule when it is to be stopped."""
    options = template.options if template is not None else USUAL
    planned = schedule.next_at
    following = next_fire(schedule.rule, schedule.starts_at, now, zone, options)
    if planned is None or (planned > now and (following is None or following >= planned)):
        return Ticked()
    if planned > now:
        # The clock was ahead when it fired last. What was made already is not made again.
        async with store.begin() as tx:
            await tx.advance_schedule(schedule.id, planned, following)
        return Ticked()
    due = fires(schedule.rule, schedule.starts_at, planned - timedelta(seconds=1), now, zone, options)
    times = [one.at for one in due if one.at is not None]
    async with store.begin() as tx:
        fresh = await tx.broadcast(schedule.broadcast_id)
        if fresh is None or fresh.state is State.CANCELLED:
            raise BadRule("What it repeats is gone.")
        if not await tx.advance_schedule(schedule.id, planned, following):
            return Ticked()  # another process was faster
        if not times or fresh.state is not State.TEMPLATE:
            return Ticked()  # being worked on: these times are left out
        copied = partial(
            tx.copy, fresh.id, now, author_id=fresh.author_id, schedule_id=schedule.id, state=State.SCHEDULED
        )
        # Not as the children of those times, which are still to come should the clock be ahead.
        late = [(at, child) for at in times[:-1][-_REPORTED:] if (child := await copied()) is not None]
        for at, child in late:
            await tx.change(child, send_at=at)
            await tx.move(child, State.MISSED, reason=TOO_LATE)
        made = await copied(fire_at=times[-1])
    return Ticked(made=() if made is None else (made,), missed=tuple(child for _, child in late))


async def _end_repetitions(store: Store, ids: Iterable[int], now: datetime) -> tuple[int, ...]:
    """End the templates of which nothing more will be made."""
    ended = []
    for id in ids:
        async with store.begin() as tx:
            fresh, schedule = await tx.hold_broadcast(id), await tx.schedule_of(id)
            waits = schedule is not None and schedule.next_at is not None
            if fresh is None or fresh.state is not State.TEMPLATE or waits:
                continue  # somebody was faster
            await tx.move(id, State.CANCELLED, reason=RULE_OVER)
            await tx.change(id, finished_at=now)
            ended.append(id)
    return tuple(ended)


async def _look_over(
    store: Store, directory: Directory, now: datetime, zone: ZoneInfo, failed: list[Exception]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Scheduled broadcasts whose date has moved, is gone, or is over: those moved, paused and missed."""
    async with store.read() as view:
        scheduled = await view.broadcasts((State.SCHEDULED,), limit=_ALL)
    wanted = {one.id: one.send_at for one in scheduled}
    if relative := [one for one in scheduled if one.anchor is not None]:
        # In a thread: working out the dates of many events takes a while.
        wanted |= await asyncio.to_thread(_dates, relative, directory, zone)
    done: dict[State, list[int]] = {State.SCHEDULED: [], State.PAUSED: [], State.MISSED: []}
    for one in scheduled:
        with _apart(failed, "broadcast", one.id):
            became = await _settle(store, one, wanted[one.id], now, zone)
            if became is not None:
                done[became].append(one.id)
    moved, paused, missed = map(tuple, done.values())
    return moved, paused, missed


async def _give_back(store: Store, now: datetime, zone: ZoneInfo) -> tuple[int, ...]:
    """Make drafts again of what waited for a second person beyond its time."""
    async with store.read() as view:
        waiting = [one.id for one in await view.broadcasts((State.REVIEW,), limit=_ALL)]
    returned = []
    for id in waiting:
        async with store.begin() as tx:
            fresh = await tx.hold_broadcast(id)
            if fresh is None or fresh.state is not State.REVIEW or await tx.schedule_of(id) is not None:
                continue
            due = await due_at(tx, fresh, zone)
            if due is None or not await too_late(tx, fresh, due, now, zone):
                continue
            await tx.move(id, State.DRAFT, reason=TOO_LATE)
            await tx.change(id, told=State.REVIEW.value)  # also who has not been asked yet hears of it
            returned.append(id)
    return tuple(returned)


def left_paused(broadcast: Broadcast, now: datetime) -> bool:
    """Whether a paused broadcast has waited for too long: what it says is over."""
    window, send_at = broadcast.options.window, broadcast.send_at
    ends = [broadcast.expires_at, send_at + timedelta(minutes=window) if window and send_at else None]
    known = [end for end in ends if end is not None]
    return bool(known) and now > min(known) + PAUSED_FOR


async def _end_paused(store: Store, now: datetime) -> tuple[int, ...]:
    """End the broadcasts that nobody has continued; what is left of them is skipped by the sender."""
    async with store.read() as view:
        paused = [
            one.id for one in await view.broadcasts((State.PAUSED,), limit=_ALL) if left_paused(one, now)
        ]
    ended = []
    for id in paused:
        async with store.begin() as tx:
            fresh = await tx.hold_broadcast(id)
            if fresh is None or fresh.state is not State.PAUSED or not left_paused(fresh, now):
                continue  # somebody was faster
            await tx.move(id, State.MISSED, reason=LEFT_PAUSED)
            if fresh.launched_at is None:
                await tx.change(id, finished_at=now)
            ended.append(id)
    return tuple(ended)


def _dates(relative: Sequence[Broadcast], directory: Directory, zone: ZoneInfo) -> dict[int, datetime | None]:
    return {
        one.id: anchored(one.anchor, directory, zone, one.options)
        for one in relative
        if one.anchor is not None
    }


async def _settle(
    store: Store, one: Broadcast, send_at: datetime | None, now: datetime, zone: ZoneInfo
) -> State | None:
    """Store what one scheduled broadcast has to become; None where all is well."""
    if _verdict(replace(one, send_at=send_at), now, zone) is None and send_at == one.send_at:
        return None
    async with store.begin() as tx:
        fresh = await tx.hold_broadcast(one.id)
        if fresh is None or fresh.state is not State.SCHEDULED:
            return None  # somebody was faster
        return await settle(tx, replace(one, state=fresh.state), send_at, now, zone)


async def settle(
    tx: Transaction, one: Broadcast, send_at: datetime | None, now: datetime, zone: ZoneInfo
) -> State | None:
    """Store what a scheduled broadcast, held by this transaction, becomes by its time; None: all is well."""
    verdict = _verdict(replace(one, send_at=send_at), now, zone)
    if send_at is not None and send_at != one.send_at:
        await retime(tx, one, send_at)
    if verdict is not None:
        over = verdict[1] == ANCHOR_GONE and await campaign_over(tx, one)
        await tx.move(one.id, verdict[0], reason=CAMPAIGN_OVER if over else verdict[1])
        return verdict[0]
    return State.SCHEDULED if send_at != one.send_at else None


def _verdict(one: Broadcast, now: datetime, zone: ZoneInfo) -> tuple[State, str] | None:
    """What has to become of a scheduled broadcast, and why; None when it stays as it is."""
    if one.anchor is not None and one.send_at is None:
        return State.PAUSED, ANCHOR_GONE
    due = one.send_at is not None and one.send_at <= now
    if due and working_day(_day(one, zone), one.options) is None:
        return State.MISSED, HOLIDAY
    return (State.MISSED, TOO_LATE) if stale(one, now) else None


def _day(one: Broadcast, zone: ZoneInfo) -> date:
    return (one.send_at or one.created_at).astimezone(zone).date()


# What will go out -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One line of the calendar: what goes out, and when.

    ``schedule`` is set for a time of a repetition that has no broadcast of its own yet: ``broadcast``
    is its template then. ``left_out``: it will not go out, for a holiday. ``moved``: a holiday moved
    it. ``holiday`` and ``quiet``: it goes out on a public holiday, or in the quiet hours of those who
    have not chosen others; they get it when these end.
    """

    at: datetime
    broadcast: Broadcast
    schedule: Schedule | None = None
    left_out: bool = False
    moved: bool = False
    holiday: bool = False
    quiet: bool = False


async def coming(view: Snapshot, now: datetime, until: datetime, zone: ZoneInfo) -> tuple[Coming, ...]:
    """All that is planned from now on, the next first."""
    found = [
        replace(_line(one, one.send_at, zone), left_out=off_holidays(one.send_at, one.options, zone) is None)
        for one in await view.coming_broadcasts(now, until)
        if one.send_at is not None
    ]
    templates = {one.id: one for one in await view.broadcasts((State.TEMPLATE,), limit=_ALL)}
    for schedule in await view.schedules():
        template = templates.get(schedule.broadcast_id)
        if template is None or schedule.next_at is None:
            continue
        with suppress(BadRule):  # the next tick stops it
            for fire in fires(schedule.rule, schedule.starts_at, now, until, zone, template.options):
                line = _line(template, fire.at or fire.nominal, zone)
                found.append(replace(line, schedule=schedule, left_out=fire.at is None, moved=fire.moved))
    return tuple(sorted(found, key=lambda line: (line.at, line.broadcast.id)))


def _line(broadcast: Broadcast, at: datetime, zone: ZoneInfo) -> Coming:
    wall = at.astimezone(zone)
    return Coming(
        at=at,
        broadcast=broadcast,
        holiday=is_holiday(wall.date()),
        quiet=not broadcast.urgent and Rhythm().quiet(wall),
    )
