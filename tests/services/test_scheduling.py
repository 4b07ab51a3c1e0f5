"""What is planned: one child for each time of a repetition, dates that move, and what came too late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.broadcast import Anchor, Audience, Body, Broadcast, Options, Schedule, State
from bot.domain.directory import (
    AnyRecord,
    Article,
    Campaign,
    Directory,
    Event,
    EventStatus,
    OccurrenceChange,
    PartialDate,
    Status,
)
from bot.domain.errors import StorageFailed
from bot.domain.news import Topic
from bot.domain.text import LocalizedText
from bot.services import anchoring, scheduling
from bot.services.anchoring import anchored, date_of, ends_at, stale
from bot.services.repeating import next_fire
from bot.services.scheduling import (
    ANCHOR_GONE,
    HOLIDAY,
    LEFT_PAUSED,
    NOTICE_WINDOW,
    PAUSED_FOR,
    TOO_LATE,
    Coming,
    Ticked,
    coming,
    tick,
)
from bot.storage.codec import encode
from bot.storage.store import Store
from tests.services.sending import fails_once

ZONE = ZoneInfo("Europe/Berlin")
NOTHING = Directory()
NOTICE = Options(window=NOTICE_WINDOW)
WEEKLY = "FREQ=WEEKLY;BYDAY=MO"
USUAL_FACTS: dict[str, object] = {
    "title": LocalizedText.of(de="Beispiel"),
    "summary": LocalizedText.of(de="Ein Beispiel"),
    "source": "example",
    "verified": True,
}


def wall(text: str) -> datetime:
    """A moment, in UTC, from the clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def campaign(ended: str | None = "2026-12-10", **fields: object) -> Campaign:
    end = PartialDate.parse(ended) if ended else None
    return Campaign(**{**USUAL_FACTS, "id": "vote", "ended": end, **fields})  # type: ignore[arg-type]


def event(**fields: object) -> Event:
    given: dict[str, object] = {"id": "cafe", "starts": datetime(2026, 12, 10, 17)}
    return Event(**{**USUAL_FACTS, **given, **fields})  # type: ignore[arg-type]


def of(*records: AnyRecord) -> Directory:
    return Directory.of(records)


async def template(
    store: Store, starts: str, *, rule: str = WEEKLY, now: str = "2026-11-01 12:00", options: Options = NOTICE
) -> tuple[int, int]:
    """A repetition that waits for its first time: the ids of its template and its schedule."""
    async with store.begin() as tx:
        id = await tx.draft(
            7, wall(now), name="Café", audience=Audience(topics=frozenset({Topic.EVENTS})), options=options
        )
        await tx.put_body(id, Body(locale="de", html="Am <b>Montag</b>"))
        await tx.change(id, releaser_id=8)
        await tx.move(id, State.TEMPLATE)
        following = next_fire(rule, wall(starts), wall(now), ZONE, options)
        return id, await tx.add_schedule(id, rule, wall(starts), following)


async def planned(
    store: Store, send_at: str | None, *, anchor: Anchor | None = None, options: Options = NOTICE
) -> int:
    """A scheduled broadcast."""
    async with store.begin() as tx:
        id = await tx.draft(7, wall("2026-11-01 12:00"), name="Notice", options=options)
        await tx.change(id, send_at=wall(send_at) if send_at else None, anchor=anchor)
        await tx.move(id, State.SCHEDULED)
        return id


async def get(store: Store, id: int) -> Broadcast:
    async with store.read() as view:
        found = await view.broadcast(id)
    assert found is not None
    return found


async def children(store: Store, schedule_id: int) -> list[Broadcast]:
    async with store.read() as view:
        found = await view.broadcasts(tuple(State))
    return sorted((one for one in found if one.schedule_id == schedule_id), key=lambda one: one.id)


async def schedule_of(store: Store, id: int) -> Schedule:
    async with store.read() as view:
        return next(one for one in await view.schedules() if one.id == id)


async def go(store: Store, now: str, directory: Directory = NOTHING) -> Ticked:
    return await tick(store, directory, wall(now), ZONE)


# Repetitions


async def test_a_due_time_makes_one_child_and_moves_on(store: Store) -> None:
    parent, schedule = await template(store, "2026-11-02 10:00")
    assert not await go(store, "2026-11-02 09:59")
    ticked = await go(store, "2026-11-02 10:00")
    (child,) = await children(store, schedule)
    assert ticked == Ticked(made=(child.id,))
    assert (child.state, child.send_at, child.fire_at) == (
        State.SCHEDULED,
        wall("2026-11-02 10:00"),
        wall("2026-11-02 10:00"),
    )
    assert (child.author_id, child.releaser_id, child.name) == (7, 8, "Café")
    assert child.audience.topics == {Topic.EVENTS}
    async with store.read() as view:
        assert (await view.bodies(child.id))["de"].html == "Am <b>Montag</b>"
    assert (await schedule_of(store, schedule)).next_at == wall("2026-11-09 10:00")
    assert (await get(store, parent)).state is State.TEMPLATE
    # The same tick again, and one a little later, make nothing.
    assert not await go(store, "2026-11-02 10:00")
    assert not await go(store, "2026-11-02 21:00")
    assert len(await children(store, schedule)) == 1


async def test_ticks_at_the_same_moment_make_one_child(store: Store) -> None:
    _, schedule = await template(store, "2026-11-02 10:00")
    ticked = await asyncio.gather(*(go(store, "2026-11-02 10:00") for _ in range(6)))
    assert sum(len(one.made) for one in ticked) == 1
    assert len(await children(store, schedule)) == 1


async def test_two_processes_that_tick_at_once_make_one_child(database_url: str) -> None:
    first, second = await Store.open(database_url), await Store.open(database_url)
    try:
        _, schedule = await template(first, "2026-11-02 10:00", rule="FREQ=DAILY")
        for day in range(2, 12):
            now = f"2026-11-{day:02d} 10:00"
            ticked = await asyncio.gather(*(go(store, now) for store in (first, second, first, second)))
            assert sum(len(one.made) for one in ticked) == 1, now
        assert [one.fire_at for one in await children(first, schedule)] == [
            wall(f"2026-11-{day:02d} 10:00") for day in range(2, 12)
        ]
    finally:
        await first.close()
        await second.close()


async def test_after_a_downtime_the_latest_time_counts_and_those_before_are_reported(store: Store) -> None:
    _, schedule = await template(store, "2026-11-02 10:00", rule="FREQ=DAILY")
    ticked = await go(store, "2026-11-05 11:00")
    *missed, child = await children(store, schedule)
    assert ticked == Ticked(made=(child.id,), missed=tuple(one.id for one in missed))
    assert str(ticked) == f"made {child.id}; missed {', '.join(str(one.id) for one in missed)}"
    assert (child.state, child.fire_at) == (State.SCHEDULED, wall("2026-11-05 10:00"))
    assert [(one.state, one.pause_reason, one.send_at) for one in missed] == [
        (State.MISSED, TOO_LATE, wall(f"2026-11-0{day} 10:00")) for day in (2, 3, 4)
    ]
    assert (await schedule_of(store, schedule)).next_at == wall("2026-11-06 10:00")
    assert not await go(store, "2026-11-05 11:01")


async def test_after_a_long_downtime_only_the_last_times_are_reported(sqlite_store: Store) -> None:
    _, schedule = await template(sqlite_store, "2026-11-02 10:00", rule="FREQ=DAILY")
    await go(sqlite_store, "2027-11-20 11:00")
    *missed, child = await children(sqlite_store, schedule)
    assert child.fire_at == wall("2027-11-20 10:00")
    assert [one.send_at for one in missed] == [wall(f"2027-11-{day} 10:00") for day in range(13, 20)]


async def test_what_a_clock_that_was_ahead_called_missed_is_still_sent(sqlite_store: Store) -> None:
    await template(sqlite_store, "2026-11-02 10:00", rule="FREQ=DAILY")
    await go(sqlite_store, "2026-11-04 12:00")
    await go(sqlite_store, "2026-11-02 09:00")
    ticked = await go(sqlite_store, "2026-11-02 10:00")
    (child,) = ticked.made
    assert (await get(sqlite_store, child)).state is State.SCHEDULED


async def test_what_comes_too_late_for_its_window_is_reported_and_not_sent(store: Store) -> None:
    _, schedule = await template(store, "2026-11-02 10:00")
    ticked = await go(store, "2026-11-02 22:01")
    (child,) = await children(store, schedule)
    assert ticked == Ticked(made=(child.id,), missed=(child.id,))
    assert (child.state, child.pause_reason) == (State.MISSED, TOO_LATE)
    async with store.read() as view:
        assert not await view.at_work(wall("2026-11-02 22:01"))


async def test_a_repetition_ends(store: Store) -> None:
    id, schedule = await template(store, "2026-11-02 10:00", rule="FREQ=WEEKLY;COUNT=2")
    for now in ("2026-11-02 10:00", "2026-11-09 10:00"):
        assert not (await go(store, now)).ended
    assert len(await children(store, schedule)) == 2
    assert (await schedule_of(store, schedule)).next_at is None
    assert (await go(store, "2026-11-09 10:01")).ended == (id,)
    found = await get(store, id)
    assert (found.state, found.finished_at) == (State.CANCELLED, wall("2026-11-09 10:01"))
    assert found.ended
    async with store.read() as view:
        assert id in await view.expired_broadcasts(wall("2026-11-09 10:02"))
    assert not (await go(store, "2026-11-16 10:00")).ended


async def test_a_repetition_that_somebody_took_up_meanwhile_does_not_end(sqlite_store: Store) -> None:
    id, _ = await template(sqlite_store, "2026-11-02 10:00")
    assert await scheduling._end_repetitions(sqlite_store, [id], wall("2026-11-02 09:00")) == ()
    assert (await get(sqlite_store, id)).state is State.TEMPLATE


async def test_a_clock_that_jumps_back_and_comes_again_sends_nothing_twice(store: Store) -> None:
    _, schedule = await template(store, "2026-11-02 10:00")
    await go(store, "2026-11-02 10:00")
    # Back by an hour: the time comes again, and its child is there already.
    assert not await go(store, "2026-11-02 09:00")
    assert (await schedule_of(store, schedule)).next_at == wall("2026-11-02 10:00")
    assert not await go(store, "2026-11-02 10:00")
    assert len(await children(store, schedule)) == 1
    assert (await schedule_of(store, schedule)).next_at == wall("2026-11-09 10:00")


async def test_a_clock_that_was_far_ahead_silences_no_repetition(store: Store) -> None:
    _, schedule = await template(store, "2026-11-02 10:00")
    await go(store, "2036-11-05 12:00")
    assert (await schedule_of(store, schedule)).next_at == wall("2036-11-10 10:00")
    assert not await go(store, "2026-11-02 09:00")
    assert (await schedule_of(store, schedule)).next_at == wall("2026-11-02 10:00")
    ticked = await go(store, "2026-11-02 10:00")
    assert len(ticked.made) == 1
    assert [one.fire_at for one in await children(store, schedule) if one.fire_at] == [
        wall("2036-11-03 10:00"),
        wall("2026-11-02 10:00"),
    ]


def moment_of(anchor: Anchor, directory: Directory, zone: ZoneInfo) -> datetime | None:
    """When a notice is due, public holidays not considered."""
    return anchored(anchor, directory, zone, Options())


@pytest.mark.parametrize(
    ("first", "nights", "hours"),
    [
        # 02:30 comes twice on 25 October 2026 and not at all on 28 March 2027.
        ("2026-10-24 02:30", "2026-10-23 20:00", ["24 02:30 +0200", "25 02:30 +0200", "26 02:30 +0100"]),
        ("2027-03-27 02:30", "2027-03-26 20:00", ["27 02:30 +0100", "28 03:30 +0200", "29 02:30 +0200"]),
    ],
)
async def test_both_nights_of_summer_time(
    sqlite_store: Store, first: str, nights: str, hours: list[str]
) -> None:
    _, schedule = await template(
        sqlite_store, first, rule="FREQ=DAILY;COUNT=3", now="2026-10-01 12:00", options=Options(window=20)
    )
    for minutes in range(0, 72 * 60, 15):
        await tick(sqlite_store, NOTHING, wall(nights) + timedelta(minutes=minutes), ZONE)
    made = await children(sqlite_store, schedule)
    assert [f"{one.fire_at.astimezone(ZONE):%d %H:%M %z}" for one in made if one.fire_at] == hours


async def test_holidays_are_left_out_or_moved_as_set(sqlite_store: Store) -> None:
    leaving = replace(NOTICE, skip_holidays=True)
    moving = replace(NOTICE, move_holidays=True)
    friday = "FREQ=WEEKLY;BYDAY=FR;COUNT=2"
    _, left = await template(sqlite_store, "2026-12-18 10:00", rule=friday, options=leaving)
    _, moved = await template(sqlite_store, "2026-12-18 10:00", rule=friday, options=moving)
    for day in range(17, 32):
        await go(sqlite_store, f"2026-12-{day} 12:00")
    assert [one.fire_at for one in await children(sqlite_store, left)] == [wall("2026-12-18 10:00")]
    assert [one.fire_at for one in await children(sqlite_store, moved)] == [
        wall("2026-12-18 10:00"),
        wall("2026-12-28 10:00"),
    ]


async def test_a_time_that_has_become_a_left_out_one_makes_no_child(sqlite_store: Store) -> None:
    id, schedule = await template(sqlite_store, "2026-12-25 10:00")
    async with sqlite_store.begin() as tx:
        await tx.change(id, options=replace(NOTICE, skip_holidays=True))
        await tx.advance_schedule(schedule, wall("2026-12-28 10:00"), wall("2026-12-25 10:00"))
    assert not await go(sqlite_store, "2026-12-25 10:00")
    assert not await children(sqlite_store, schedule)
    assert (await schedule_of(sqlite_store, schedule)).next_at == wall("2026-12-28 10:00")


async def test_a_template_that_is_being_worked_on_makes_nothing(sqlite_store: Store) -> None:
    id, schedule = await template(sqlite_store, "2026-11-02 10:00")
    async with sqlite_store.begin() as tx:
        await tx.move(id, State.DRAFT)
    assert not await go(sqlite_store, "2026-11-02 10:00")
    assert not await children(sqlite_store, schedule)
    assert (await schedule_of(sqlite_store, schedule)).next_at == wall("2026-11-09 10:00")


async def test_a_cancelled_template_ends_its_repetition(sqlite_store: Store) -> None:
    id, schedule = await template(sqlite_store, "2026-11-02 10:00")
    async with sqlite_store.begin() as tx:
        await tx.move(id, State.CANCELLED)
    assert not await go(sqlite_store, "2026-11-01 13:00")
    assert await go(sqlite_store, "2026-11-02 10:00") == Ticked(stopped=(schedule,))
    assert not await children(sqlite_store, schedule)
    assert (await schedule_of(sqlite_store, schedule)).next_at is None


async def test_a_rule_that_is_none_stops_nothing_but_itself(sqlite_store: Store) -> None:
    _, good = await template(sqlite_store, "2026-11-02 10:00")
    id, bad = await template(sqlite_store, "2026-11-02 10:00")
    async with sqlite_store.begin() as tx:
        worse = await tx.add_schedule(id, "FREQ=SECONDLY", wall("2026-11-02 10:00"), wall("2026-11-02 10:00"))
    async with sqlite_store.read() as view:
        lines = await coming(view, wall("2026-11-02 09:00"), wall("2026-11-03 09:00"), ZONE)
    assert [line.schedule.id for line in lines if line.schedule] == [good, bad]
    ticked = await go(sqlite_store, "2026-11-02 10:00")
    assert ticked.stopped == (worse,)
    assert len(ticked.made) == 2


# Relative to a date


@pytest.mark.parametrize(
    ("days", "hour", "due"),
    [
        (-30, 10, "2026-11-10 10:00"),
        (-7, 10, "2026-12-03 10:00"),
        (-1, 10, "2026-12-09 10:00"),
        (0, 8, "2026-12-10 08:00"),
        (1, 18, "2026-12-11 18:00"),
    ],
)
def test_offsets_from_a_campaign_s_end_and_an_event_s_date(days: int, hour: int, due: str) -> None:
    directory = of(campaign(), event())
    for record in ("campaign/vote", "event/cafe"):
        anchor = Anchor(record=record, days=days, hour=hour)
        assert moment_of(anchor, directory, ZONE) == wall(due)


def test_an_offset_keeps_its_hour_over_summer_time_and_knows_leap_days() -> None:
    directory = of(campaign("2027-03-30"), event(starts=datetime(2028, 3, 1, 17)))
    before = Anchor(record="campaign/vote", days=-7)
    assert moment_of(before, directory, ZONE) == datetime(2027, 3, 23, 9, tzinfo=UTC)
    assert moment_of(replace(before, days=1), directory, ZONE) == datetime(2027, 3, 31, 8, tzinfo=UTC)
    assert moment_of(Anchor(record="event/cafe", days=-1), directory, ZONE) == wall("2028-02-29 10:00")
    # An hour that the clocks jump over comes an hour later.
    night = Anchor(record="campaign/vote", days=-2, hour=2)
    assert moment_of(night, directory, ZONE) == datetime(2027, 3, 28, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("record", "directory"),
    [
        ("campaign/vote", NOTHING),
        ("campaign/vote", of(campaign("2026-12"))),
        ("campaign/vote", of(campaign("2026"))),
        ("campaign/vote", of(campaign(None))),
        ("campaign/vote", of(campaign(status=Status.ACHIEVED))),
        ("event/cafe", of(campaign())),
        ("event/cafe", of(event(event_status=EventStatus.CANCELLED))),
        ("article/cafe", of(Article(id="cafe", **USUAL_FACTS))),  # type: ignore[arg-type]
        ("nonsense", of(campaign())),
    ],
)
def test_where_there_is_no_date_there_is_no_moment(record: str, directory: Directory) -> None:
    assert moment_of(Anchor(record=record, days=-1), directory, ZONE) is None


def test_after_its_end_a_campaign_may_still_be_spoken_of() -> None:
    directory = of(campaign(status=Status.ACHIEVED))
    assert moment_of(Anchor(record="campaign/vote", days=1), directory, ZONE) == wall("2026-12-11 10:00")


def test_a_moved_event_takes_its_notices_along() -> None:
    change = OccurrenceChange(original=datetime(2026, 12, 10, 17), starts=datetime(2026, 12, 15, 17))
    assert date_of("event/cafe", of(event(changes=(change,))), ZONE) == date(2026, 12, 15)


def test_one_date_of_an_event_that_repeats() -> None:
    weekly = event(
        repeats="FREQ=WEEKLY",
        changes=(OccurrenceChange(original=datetime(2026, 12, 24, 17), cancelled=True),),
    )
    directory = of(weekly)

    def at(day: int) -> int:
        return int(wall(f"2026-12-{day} 17:00").timestamp() // 60)

    assert date_of("event/cafe", directory, ZONE) == date(2026, 12, 10)
    assert date_of("event/cafe", directory, ZONE, at(17)) == date(2026, 12, 17)
    assert date_of("event/cafe", directory, ZONE, at(24)) is None
    assert date_of("event/cafe", directory, ZONE, at(18)) is None
    assert anchoring._Same(weekly) == anchoring._Same(weekly) != anchoring._Same(event())
    assert anchoring._Same(weekly) != weekly


def test_holidays_move_what_comes_before_a_date_or_on_it_never_behind_it() -> None:
    moving, leaving = Options(move_holidays=True), Options(skip_holidays=True)
    # 25 and 26 December 2026 are a Friday and a Saturday.
    directory = of(campaign("2026-12-27"))
    day_before, day_after = (Anchor(record="campaign/vote", days=days) for days in (-1, 1))
    assert anchored(day_before, directory, ZONE, Options()) == wall("2026-12-26 10:00")
    assert anchored(day_before, directory, ZONE, leaving) == wall("2026-12-26 10:00")
    assert anchored(day_before, directory, ZONE, moving) == wall("2026-12-24 10:00")
    assert anchored(day_after, directory, ZONE, moving) == wall("2026-12-28 10:00")
    on_it = Anchor(record="campaign/vote", days=0)
    for options in (moving, leaving):  # what is left out the tick takes off
        assert anchored(on_it, of(campaign("2026-12-25")), ZONE, options) == wall("2026-12-25 10:00")
    week_before = Anchor(record="campaign/vote", days=-7)
    assert anchored(week_before, of(campaign("2027-01-01")), ZONE, moving) == wall("2026-12-28 10:00")


async def test_what_speaks_of_a_date_that_is_gone_has_no_end(sqlite_store: Store) -> None:
    day_before = Anchor(record="campaign/vote", days=-1)
    id = await planned(sqlite_store, "2026-12-01 10:00", anchor=day_before)
    async with sqlite_store.begin() as tx:
        assert await ends_at(tx, await get(sqlite_store, id), ZONE) is None
        vote = campaign("2026-12-20")
        await tx.put_record(vote.KIND, vote.id, encode(vote), None)
        assert await ends_at(tx, await get(sqlite_store, id), ZONE) == wall("2026-12-20 00:00")


async def test_a_changed_date_changes_the_time_of_its_notices(store: Store) -> None:
    anchor = Anchor(record="campaign/vote", days=-7)
    id = await planned(store, "2026-12-03 10:00", anchor=anchor)
    plain = await planned(store, "2026-12-03 10:00")
    assert not await go(store, "2026-11-20 12:00", of(campaign()))
    later = of(campaign("2026-12-20"))
    assert await go(store, "2026-11-20 12:00", later) == Ticked(moved=(id,))
    assert (await get(store, id)).send_at == wall("2026-12-13 10:00")
    assert (await get(store, plain)).send_at == wall("2026-12-03 10:00")
    assert not await go(store, "2026-11-20 12:01", later)
    # Put forward so far that its window is over: reported, not sent.
    assert await go(store, "2026-11-20 12:02", of(campaign("2026-11-20"))) == Ticked(missed=(id,))
    found = await get(store, id)
    assert (found.state, found.send_at) == (State.MISSED, wall("2026-11-13 10:00"))


async def test_a_moved_date_takes_the_end_in_the_archive_along(store: Store) -> None:
    id = await planned(store, "2026-12-03 10:00", anchor=Anchor(record="campaign/vote", days=-7))
    async with store.begin() as tx:
        await tx.change(id, expires_at=wall("2026-12-10 10:00"))
    assert await go(store, "2026-11-20 12:00", of(campaign("2027-05-20"))) == Ticked(moved=(id,))
    found = await get(store, id)
    assert found.send_at is not None
    assert found.expires_at == found.send_at + timedelta(days=7)
    assert await go(store, "2026-11-20 12:01", of(campaign("2026-12-05"))) == Ticked(moved=(id,))
    assert (await get(store, id)).expires_at == wall("2026-12-05 10:00"), "earlier, too"


async def test_a_notice_gets_its_first_time_from_its_date(sqlite_store: Store) -> None:
    id = await planned(sqlite_store, None, anchor=Anchor(record="event/cafe", days=-1))
    assert await go(sqlite_store, "2026-11-20 12:00", of(event())) == Ticked(moved=(id,))
    assert (await get(sqlite_store, id)).send_at == wall("2026-12-09 10:00")


async def test_a_postponed_date_is_seen_before_the_notice_is_called_late(sqlite_store: Store) -> None:
    id = await planned(sqlite_store, "2026-12-03 10:00", anchor=Anchor(record="campaign/vote", days=-7))
    ticked = await go(sqlite_store, "2026-12-04 12:00", of(campaign("2026-12-20")))
    assert ticked == Ticked(moved=(id,))


@pytest.mark.parametrize("directory", [NOTHING, of(event(event_status=EventStatus.CANCELLED))])
async def test_a_notice_whose_event_is_gone_or_cancelled_waits_for_a_person(
    store: Store, directory: Directory
) -> None:
    id = await planned(store, "2026-12-09 10:00", anchor=Anchor(record="event/cafe", days=-1))
    assert await go(store, "2026-11-20 12:00", directory) == Ticked(paused=(id,))
    found = await get(store, id)
    assert (found.state, found.pause_reason, found.told) == (State.PAUSED, ANCHOR_GONE, "")
    # It stays so when the event is back: somebody looks at it first.
    assert not await go(store, "2026-11-20 12:01", of(event()))
    async with store.begin() as tx:
        await tx.move(id, State.SCHEDULED)
    assert not await go(store, "2026-11-20 12:02", of(event()))
    assert (await get(store, id)).state is State.SCHEDULED


async def test_a_notice_on_a_holiday_that_is_left_out_is_taken_off_when_it_is_due(
    sqlite_store: Store,
) -> None:
    anchor = Anchor(record="campaign/vote", days=-1)
    leaving = replace(NOTICE, skip_holidays=True)
    id = await planned(sqlite_store, "2026-12-25 10:00", anchor=anchor, options=leaving)
    directory = of(campaign("2026-12-26"))
    assert not await go(sqlite_store, "2026-12-25 09:59", directory)
    assert await go(sqlite_store, "2026-12-25 10:00", directory) == Ticked(missed=(id,))
    found = await get(sqlite_store, id)
    assert (found.state, found.pause_reason) == (State.MISSED, HOLIDAY)


# The stale guard


async def test_the_window_decides_whether_something_is_late(store: Store) -> None:
    half_a_day = await planned(store, "2026-11-20 10:00")
    any_time = await planned(store, "2026-11-20 10:00", options=Options())
    short = await planned(store, "2026-11-20 10:00", options=Options(window=30))
    at_once = await planned(store, None)
    assert not await go(store, "2026-11-20 10:30")
    assert await go(store, "2026-11-20 10:31") == Ticked(missed=(short,))
    assert not await go(store, "2026-11-20 22:00")
    assert await go(store, "2026-11-20 22:01") == Ticked(missed=(half_a_day,))
    assert not await go(store, "2027-11-20 22:01")
    assert {(await get(store, id)).state for id in (any_time, at_once)} == {State.SCHEDULED}
    assert (await get(store, short)).told == ""


async def test_what_is_not_scheduled_is_left_alone(sqlite_store: Store) -> None:
    ids = {}
    for state in (State.DRAFT, State.REVIEW, State.PAUSED, State.CANCELLED, State.SENDING, State.SENT):
        id = await planned(sqlite_store, "2026-11-02 10:00", anchor=Anchor(record="event/cafe", days=-1))
        async with sqlite_store.begin() as tx:
            if state in (State.DRAFT, State.REVIEW):
                await tx.move(id, State.DRAFT)
            if state is State.SENT:
                await tx.move(id, State.SENDING)
            if state is not State.DRAFT:
                await tx.move(id, state)
        ids[id] = state
    before = [await get(sqlite_store, id) for id in ids]
    assert not await go(sqlite_store, "2026-11-03 09:00")
    assert [await get(sqlite_store, id) for id in ids] == before
    assert [one.state for one in before] == list(ids.values())


async def test_what_somebody_took_up_meanwhile_is_left_to_them(sqlite_store: Store) -> None:
    id = await planned(sqlite_store, "2026-11-02 10:00")
    seen = await get(sqlite_store, id)
    async with sqlite_store.begin() as tx:
        await tx.move(id, State.SENDING)
    late = wall("2026-11-20 10:00")
    assert await scheduling._settle(sqlite_store, seen, seen.send_at, late, ZONE) is None
    assert (await get(sqlite_store, id)).state is State.SENDING


async def test_a_schedule_that_somebody_moved_meanwhile_is_left_to_them(sqlite_store: Store) -> None:
    id, schedule_id = await template(sqlite_store, "2026-11-02 10:00")
    seen = await schedule_of(sqlite_store, schedule_id)
    now = wall("2026-11-02 10:00")
    await tick(sqlite_store, NOTHING, now, ZONE)
    parent = await get(sqlite_store, id)
    assert not await scheduling._attend(sqlite_store, seen, parent, now, ZONE)
    assert len(await children(sqlite_store, schedule_id)) == 1


async def test_two_processes_report_what_is_late_once(database_url: str) -> None:
    first, second = await Store.open(database_url), await Store.open(database_url)
    try:
        for _ in range(5):
            await planned(first, "2026-11-20 10:00")
        ticked = await asyncio.gather(*(go(store, "2026-11-21 10:00") for store in (first, second)))
        assert sorted(id for one in ticked for id in one.missed) == [1, 2, 3, 4, 5]
    finally:
        await first.close()
        await second.close()


def test_what_has_no_time_is_never_late() -> None:
    one = Broadcast(
        id=1,
        state=State.SCHEDULED,
        name="",
        author_id=None,
        audience=Audience(),
        options=NOTICE,
        created_at=wall("2026-11-01 12:00"),
    )
    assert not stale(one, wall("2036-11-01 12:00"))


# What will go out


async def test_the_calendar_of_what_will_go_out(store: Store) -> None:
    single = await planned(store, "2026-12-20 21:30")
    urgent = await planned(store, "2026-12-20 22:30", options=Options(urgent=True))
    await planned(store, "2027-12-20 10:00")
    friday = "FREQ=WEEKLY;BYDAY=FR"
    plain, _ = await template(store, "2026-12-18 10:00", rule=friday)
    moving, _ = await template(
        store, "2026-12-18 11:00", rule=friday, options=replace(NOTICE, move_holidays=True)
    )
    leaving, _ = await template(
        store, "2026-12-18 12:00", rule=friday, options=replace(NOTICE, skip_holidays=True)
    )
    stopped, schedule = await template(store, "2026-12-18 13:00", rule=friday)
    draft, _ = await template(store, "2026-12-18 14:00", rule=friday)
    async with store.begin() as tx:
        await tx.stop_schedule(schedule)
        await tx.move(draft, State.DRAFT)
    async with store.read() as view:
        found = await coming(view, wall("2026-12-19 00:00"), wall("2026-12-29 00:00"), ZONE)

    def row(line: Coming) -> tuple[int, str, bool]:
        return line.broadcast.id, f"{line.at.astimezone(ZONE):%d %H:%M}", line.schedule is not None

    assert [row(line) for line in found] == [
        (single, "20 21:30", False),
        (urgent, "20 22:30", False),
        (plain, "25 10:00", True),
        (leaving, "25 12:00", True),
        (moving, "28 11:00", True),
    ]
    assert [line.quiet for line in found] == [True, False, False, False, False]
    assert [line.holiday for line in found] == [False, False, True, True, False]
    assert [line.left_out for line in found] == [False, False, False, True, False]
    assert [line.moved for line in found] == [False, False, False, False, True]
    assert stopped not in {line.broadcast.id for line in found}


# What nobody continues ---------------------------------------------------------------------------------


async def test_what_is_left_paused_ends(store: Store) -> None:
    by_window = await planned(store, "2026-12-01 10:00")
    by_archive = await planned(store, "2026-12-01 10:00", options=Options())
    launched = await planned(store, "2026-12-01 10:00")
    for_ever = await planned(store, "2026-12-01 10:00", options=Options())
    async with store.begin() as tx:
        await tx.change(by_archive, expires_at=wall("2026-12-03 10:00"))
        await tx.move(launched, State.SENDING)
        await tx.change(launched, launched_at=wall("2026-12-01 10:00"))
        for id in (by_window, by_archive, launched, for_ever):
            await tx.move(id, State.PAUSED)
    at = wall("2026-12-01 22:00") + PAUSED_FOR
    assert not await tick(store, NOTHING, at, ZONE)
    later = at + timedelta(seconds=1)
    assert await tick(store, NOTHING, later, ZONE) == Ticked(missed=(launched, by_window))
    assert await tick(store, NOTHING, later, ZONE) == Ticked()
    assert (await tick(store, NOTHING, wall("2026-12-04 10:01"), ZONE)).missed == (by_archive,)
    assert (await get(store, for_ever)).state is State.PAUSED
    found = await get(store, by_window)
    assert (found.state, found.pause_reason, found.finished_at) == (State.MISSED, LEFT_PAUSED, later)
    assert (await get(store, launched)).finished_at is None, "the sender skips what is left, and says so"
    async with store.read() as view:
        assert [one.id for one in await view.at_work(later)] == [launched]


async def test_what_somebody_continues_at_that_moment_goes_on(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await planned(sqlite_store, "2026-12-01 10:00")
    async with sqlite_store.begin() as tx:
        await tx.move(id, State.PAUSED)
    answers = iter([True, False])
    monkeypatch.setattr(scheduling, "left_paused", lambda *_: next(answers))
    assert await scheduling._end_paused(sqlite_store, wall("2026-12-09 10:00")) == ()
    assert (await get(sqlite_store, id)).state is State.PAUSED


# Which date of an event stands below a broadcast ---------------------------------------------------


def speaking(now: str = "2026-12-01 12:00", **fields: object) -> Broadcast:
    given: dict[str, object] = {"options": Options(), "state": State.DRAFT}
    return Broadcast(
        id=1,
        name="Café",
        author_id=7,
        audience=Audience(),
        created_at=wall(now),
        **{**given, **fields},  # type: ignore[arg-type]
    )


def start_shown(one: Broadcast, found: Event, now: str) -> str | None:
    shown = anchoring.date_shown(one, found, wall(now), ZONE)
    return None if shown is None else f"{shown.starts:%Y-%m-%d %H:%M}"


WEEKLY_CAFE = event(repeats="FREQ=WEEKLY")


def moved_to(starts: datetime) -> Event:
    """The weekly one, of which the first date takes place then."""
    change = OccurrenceChange(original=WEEKLY_CAFE.starts, starts=starts)
    return replace(WEEKLY_CAFE, changes=(change,))


def test_before_it_goes_out_it_shows_what_will_be_next_then() -> None:
    assert start_shown(speaking(), WEEKLY_CAFE, "2026-12-01 12:00") == "2026-12-10 17:00"
    later = speaking(send_at=wall("2026-12-15 10:00"))
    assert start_shown(later, WEEKLY_CAFE, "2026-12-01 12:00") == "2026-12-17 17:00"
    assert start_shown(later, WEEKLY_CAFE, "2026-12-18 12:00") == "2026-12-24 17:00", "its time was past"
    assert start_shown(speaking(), event(), "2026-12-11 12:00") is None


def test_once_it_went_out_it_stays_with_its_date_wherever_that_moves() -> None:
    first = int(wall("2026-12-10 17:00").timestamp() // 60)
    gone_out = speaking(launched_at=wall("2026-12-01 12:00"), options=Options(card_at=first))
    for now in ("2026-12-01 12:00", "2026-12-14 12:00"):
        assert start_shown(gone_out, WEEKLY_CAFE, now) == "2026-12-10 17:00"
        assert start_shown(gone_out, moved_to(datetime(2026, 12, 20, 15)), now) == "2026-12-20 15:00"
    taken_out = replace(WEEKLY_CAFE, except_on=(datetime(2026, 12, 10, 17),))
    assert start_shown(gone_out, taken_out, "2026-12-01 12:00") is None, "rather none than another one"
    once = event(starts=datetime(2027, 1, 9, 11))
    assert start_shown(gone_out, once, "2026-12-01 12:00") == "2027-01-09 11:00"
    of_old = speaking(launched_at=wall("2026-12-01 12:00"))
    assert start_shown(of_old, WEEKLY_CAFE, "2026-12-14 12:00") == "2026-12-10 17:00"


def test_what_is_sent_by_a_date_shows_that_date() -> None:
    third = int(wall("2026-12-24 17:00").timestamp() // 60)
    for at, shown in ((third, "2026-12-24 17:00"), (0, "2026-12-10 17:00")):
        one = speaking(anchor=Anchor(record="event/cafe", days=-1, at=at), send_at=wall("2026-12-01 10:00"))
        assert start_shown(one, WEEKLY_CAFE, "2026-12-01 12:00") == shown
    elsewhere = speaking(anchor=Anchor(record="campaign/vote", days=-1), send_at=wall("2026-12-12 10:00"))
    assert start_shown(elsewhere, WEEKLY_CAFE, "2026-12-01 12:00") == "2026-12-17 17:00"


PLANNED = int(wall("2026-12-10 17:00").timestamp() // 60)


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        (None, 0),
        (WEEKLY_CAFE, PLANNED),
        (moved_to(datetime(2026, 12, 2, 9)), PLANNED),
        (moved_to(datetime(2026, 12, 20, 15)), PLANNED + 7 * 24 * 60),
        (event(starts=datetime(2026, 11, 3, 17)), 0),
    ],
)
async def test_what_is_kept_of_the_next_date_is_when_it_was_planned_for(
    sqlite_store: Store, record: Event | None, kept: int
) -> None:
    id = await planned(sqlite_store, "2026-12-01 10:00")
    one = await get(sqlite_store, id)
    async with sqlite_store.begin() as tx:
        await tx.put_body(id, Body(locale="de", html="Café", event_id="cafe"))
        if record is not None:
            await tx.put_record(record.KIND, record.id, encode(record), None)
        assert await anchoring.card_at(tx, one, wall("2026-12-01 10:00"), ZONE) == kept


# Surprises ----------------------------------------------------------------------------------------


async def test_a_surprise_with_one_holds_up_no_other(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad_rule = "FREQ=WEEKLY;BYDAY=MO;INTERVAL=2"
    _, bad = await template(sqlite_store, "2026-11-09 10:00", rule=bad_rule)
    _, good = await template(sqlite_store, "2026-11-09 10:00")
    late = [await planned(sqlite_store, "2026-11-08 10:00") for _ in range(2)]

    def planner(rule: str, *rest: object) -> datetime | None:
        if rule == bad_rule:
            raise KeyError("secret")
        return next_fire(rule, *rest)  # type: ignore[arg-type]

    def judge(one: Broadcast, now: datetime) -> bool:
        if one.id == late[0]:
            raise OverflowError("secret")
        return stale(one, now)

    monkeypatch.setattr(scheduling, "next_fire", planner)
    monkeypatch.setattr(scheduling, "stale", judge)
    with pytest.raises(KeyError):
        await go(sqlite_store, "2026-11-09 10:00")
    assert (len(await children(sqlite_store, good)), await children(sqlite_store, bad)) == (1, [])
    assert [(await get(sqlite_store, id)).state for id in late] == [State.SCHEDULED, State.MISSED]
    assert f"schedule {bad} could not be looked after: KeyError at " in caplog.text
    assert f"broadcast {late[0]} could not be looked after: OverflowError at " in caplog.text
    assert "secret" not in caplog.text
    monkeypatch.undo()
    assert (await go(sqlite_store, "2026-11-09 10:01")).missed == (late[0],)


async def test_a_tick_ends_where_the_database_is_gone(sqlite_store: Store) -> None:
    await template(sqlite_store, "2026-11-09 10:00")
    with fails_once(sqlite_store, "UPDATE schedules"), pytest.raises(StorageFailed):
        await go(sqlite_store, "2026-11-09 10:00")
    assert len((await go(sqlite_store, "2026-11-09 10:00")).made) == 1
