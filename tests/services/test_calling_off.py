"""A date does not take place: the office's announcement and the notice of the changed content, told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.broadcast import Audience, State
from bot.domain.deliveries import Delivery
from bot.domain.directory import Directory, Event, EventStatus, Kind, Organisation
from bot.domain.errors import StorageFailed
from bot.domain.minutes import to_minutes
from bot.domain.news import Topic
from bot.domain.recipients import Change, Notice
from bot.services import correcting, drafting, releasing
from bot.services.calendar import occurrence_at
from bot.services.reminding import as_called_off, reconcile, settle_called_off
from bot.services.scope import NotOurEvent
from bot.storage.codec import encode
from bot.storage.store import Store
from bot.storage.tables import deliveries
from tests.services.sending import (
    NOON,
    ZONE,
    Clock,
    Lane,
    fails_once,
    make_sender,
    people,
    running,
    tally,
    until,
)
from tests.services.test_broadcasting import World
from tests.services.test_scope import event, world

__all__ = ["world"]

FIRST = datetime(2026, 12, 5, 16, tzinfo=UTC)
SECOND = FIRST + timedelta(days=7)
PLANNED, CANCELLED = EventStatus.PLANNED, EventStatus.CANCELLED
TEXTS = {code: f"Fällt aus {code}" for code in ("de", "ar", "uk")}


async def savers(store: Store) -> None:
    """1 and 2 saved the first date, 3 the second; 4 follows events in Schwerin, 5 those of the state."""
    await people(store, [1, 2, 3], locales=("de",), topic=Topic.WORK)
    await people(store, [4], locales=("de",), area="town:schwerin")
    await people(store, [5], locales=("de",))
    async with store.begin() as tx:
        for chat, start in ((1, FIRST), (2, FIRST), (3, SECOND)):
            await tx.save_event(chat, "own", start, {}, NOON)


async def called(world: World, *, date: datetime = FIRST) -> int:
    made = await correcting.event_cancelled(
        world.office, world.releaser, "own", to_minutes(date), "town:guestrow", TEXTS, NOON
    )
    office = replace(world.office, two_person_from=100)
    await releasing.approve(office, world.releaser, made.id, NOON)
    return made.id


async def sent(store: Store, id: int, lane: Lane) -> set[int]:
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.SENT)
    return {chat for broadcast, chat in lane.got if broadcast == id}


async def due(store: Store) -> tuple[Notice, ...]:
    async with store.read() as view:
        return await view.due_notices(100)


def off(**fields: object) -> Directory:
    found: Event = event("own", "verein", "guestrow")
    return Directory.of([replace(found, repeats="FREQ=WEEKLY", **fields)])  # type: ignore[arg-type]


async def test_it_goes_to_those_who_saved_that_date_and_who_follow_events_there(world: World) -> None:
    await savers(world.store)
    id = await called(world)
    assert await sent(world.store, id, Lane()) == {1, 2, 5}


async def test_a_call_off_may_begin_until_the_date_is_over(world: World) -> None:
    for before, window in ((30, 60), (5 * 60, 60), (13 * 60, 720), (21 * 24 * 60, 2880)):
        date = to_minutes(NOON) + before
        made = await correcting.event_cancelled(world.office, world.releaser, "own", date, "mv", TEXTS, NOON)
        assert made.options.window == window


async def test_called_off_twice_is_one_draft(world: World) -> None:
    date = to_minutes(FIRST)
    made = await correcting.event_cancelled(world.office, world.releaser, "own", date, "mv", TEXTS, NOON)
    acts = await world.acts()
    same = await correcting.event_cancelled(world.office, world.releaser, "own", date, "mv", TEXTS, NOON)
    assert (same.id, await world.acts()) == (made.id, acts)
    await drafting.drop_text(world.office, world.releaser, made.id, "uk", NOON)
    again = await correcting.event_cancelled(world.office, world.releaser, "own", date, "mv", TEXTS, NOON)
    assert again.id == made.id
    async with world.store.read() as view:
        assert set(await view.bodies(made.id)) == set(TEXTS)
    await releasing.approve(replace(world.office, two_person_from=100), world.releaser, made.id, NOON)
    third = await correcting.event_cancelled(world.office, world.releaser, "own", date, "mv", TEXTS, NOON)
    assert third.id != made.id


async def test_a_call_off_is_written_in_all_languages_or_in_none(world: World) -> None:
    with fails_once(world.store, "INSERT INTO bodies"), pytest.raises(StorageFailed):
        await correcting.event_cancelled(
            world.office, world.releaser, "own", to_minutes(FIRST), "mv", TEXTS, NOON
        )
    async with world.store.read() as view:
        assert await view.broadcasts(list(State)) == ()


async def test_who_got_the_announcement_is_not_told_again(world: World) -> None:
    await savers(world.store)
    lane = Lane()
    id = await called(world)
    async with world.store.begin() as tx:
        # The second one is saved after the launch: only the changed content can tell them.
        await tx.unsave_event(2, "own", FIRST)
    assert await sent(world.store, id, lane) == {1, 5}
    async with world.store.begin() as tx:
        await tx.save_event(2, "own", FIRST, {}, NOON)
    gone = off(except_on=(datetime(2026, 12, 5, 17),))
    assert await reconcile(world.store, gone, ZONE, NOON) == 2
    assert await settle_called_off(world.store, NOON) == frozenset()
    assert [one.chat_id for one in await due(world.store)] == [2]
    await reconcile(world.store, off(), ZONE, NOON)  # it takes place after all: both hear that
    assert {(one.chat_id, one.change) for one in await due(world.store)} == {(1, Change.MOVED)}


async def test_notices_wait_while_the_announcement_is_on_its_way(world: World) -> None:
    await savers(world.store)
    id = await called(world)
    start = {("own", FIRST)}
    await reconcile(world.store, off(event_status=EventStatus.CANCELLED), ZONE, NOON)
    assert await settle_called_off(world.store, NOON) == start
    async with world.store.begin() as tx:
        await tx.change(id, send_at=NOON + timedelta(hours=1))
    assert await settle_called_off(world.store, NOON) == frozenset()
    async with world.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=NOON)
        row = {"broadcast_id": id, "chat_id": 1, "at": 0, "state": int(Delivery.CLAIMED), "locale": "de"}
        await tx._run(deliveries.insert(), row)
    assert await settle_called_off(world.store, NOON) == start
    assert [one.chat_id for one in await due(world.store)] == [1, 2, 3]
    async with world.store.begin() as tx:
        await tx.move(id, State.PAUSED)
    assert await settle_called_off(world.store, NOON) == frozenset()
    assert [one.chat_id for one in await due(world.store)] == [1, 2, 3]


async def test_who_was_told_by_a_notice_does_not_get_the_announcement(world: World) -> None:
    await savers(world.store)
    await reconcile(world.store, off(event_status=EventStatus.CANCELLED), ZONE, NOON)
    first = next(one for one in await due(world.store) if one.chat_id == 1)
    late = await called(world)
    lane = Lane()
    async with world.store.begin() as tx:
        await tx.mark_noticed((first.id,), NOON)
    async with world.store.read() as view:
        found = await view.broadcast(late)
        assert found is not None
        assert await view.audience_counts(found.audience, None) == {"de": 3}  # 2, and 4 and 5 who follow
    assert await sent(world.store, late, lane) == {2, 5}


async def test_who_is_told_after_the_launch_is_left_out(world: World) -> None:
    await savers(world.store)
    await reconcile(world.store, off(event_status=EventStatus.CANCELLED), ZONE, NOON)
    id = await called(world)
    async with world.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=NOON)
        at = int(NOON.timestamp())
        for chat in (1, 2):
            row = {"broadcast_id": id, "chat_id": chat, "at": at, "state": 0, "locale": "de"}
            await tx._run(deliveries.insert(), row)
        await tx.mark_noticed([one.id for one in await tx.due_notices(9) if one.chat_id == 1], NOON)
    assert await sent(world.store, id, Lane()) == {2}
    assert (await tally(world.store, id)).skipped == {"left": 1}


async def test_staff_of_an_organisation_call_off_its_own_events_only(world: World) -> None:
    office, guest = world.office, world.guest
    for id in ("other", "gone"):
        with pytest.raises(NotOurEvent):
            await correcting.event_cancelled(office, guest, id, 5, "town:guestrow", TEXTS, NOON)
    own = await correcting.event_cancelled(office, guest, "own", 5, "town:guestrow", TEXTS, NOON)
    assert own.audience.areas == {"town:guestrow"}
    away = await correcting.event_cancelled(office, guest, "away", 5, "town:schwerin", TEXTS, NOON)
    assert away.audience.areas == {"town:schwerin"}
    online = await correcting.event_cancelled(office, guest, "online", 5, "mv", TEXTS, NOON)
    assert online.audience.areas == {"town:guestrow", "district:lro"}
    async with world.store.begin() as tx:
        verein = await tx.content_record(Kind.ORGANISATION, "verein")
        assert isinstance(verein, Organisation)
        await tx.put_record(Kind.ORGANISATION, "verein", encode(replace(verein, places=())), None)
    nowhere = await correcting.event_cancelled(office, guest, "online", 5, "mv", TEXTS, NOON)
    assert nowhere.audience == Audience(event="online", date=5)


async def shown(store: Store, *starts: datetime) -> list[EventStatus]:
    """What is shown of dates whose record says nothing of a cancellation."""
    dates = [occurrence_at(event_of(off()), to_minutes(start), ZONE) for start in starts]
    found = await as_called_off(store, [one for one in dates if one is not None], NOON)
    return [one.status for one in found]


def event_of(directory: Directory) -> Event:
    found = directory.get(Kind.EVENT, "own")
    assert isinstance(found, Event)
    return found


async def test_what_was_called_off_is_shown_as_cancelled_until_that_is_withdrawn(world: World) -> None:
    await savers(world.store)
    assert await shown(world.store, FIRST, SECOND) == [PLANNED, PLANNED]
    made = await correcting.event_cancelled(
        world.office, world.releaser, "own", to_minutes(FIRST), "town:guestrow", TEXTS, NOON
    )
    assert await shown(world.store, FIRST) == [PLANNED], "nobody has released it"
    await releasing.approve(replace(world.office, two_person_from=100), world.releaser, made.id, NOON)
    assert await shown(world.store, FIRST, SECOND) == [CANCELLED, PLANNED]
    async with world.store.begin() as tx:
        await tx.change(made.id, send_at=NOON + timedelta(hours=1))
    assert await shown(world.store, FIRST) == [PLANNED], "it is told later, and shown then"
    async with world.store.begin() as tx:
        await tx.change(made.id, send_at=NOON)
    await sent(world.store, made.id, Lane())
    assert await shown(world.store, FIRST, SECOND) == [CANCELLED, PLANNED]
    await releasing.withdraw(world.office, world.releaser, made.id, NOON)
    assert await shown(world.store, FIRST) == [PLANNED]


async def test_what_takes_place_after_all_is_shown_so(world: World) -> None:
    await savers(world.store)
    id = await called(world)
    await sent(world.store, id, Lane())
    await reconcile(world.store, off(event_status=EventStatus.CANCELLED), ZONE, NOON)
    assert await settle_called_off(world.store, NOON) == frozenset()
    assert await shown(world.store, FIRST) == [CANCELLED]
    await reconcile(world.store, off(), ZONE, NOON + timedelta(hours=1))
    assert await shown(world.store, FIRST) == [PLANNED]
    async with world.store.begin() as tx:
        await tx.change(id, created_at=NOON + timedelta(hours=2))
    assert await shown(world.store, FIRST) == [CANCELLED], "called off once more"
