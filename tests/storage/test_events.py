from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import UnknownRecipient
from bot.domain.recipients import Change, ReminderKind, SavedEvent
from bot.storage.store import Store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STARTS = NOW + timedelta(days=5)
LATER = STARTS + timedelta(days=1)


def due(starts: datetime) -> dict[ReminderKind, datetime]:
    return {ReminderKind.DAY: starts - timedelta(days=1), ReminderKind.HOURS: starts - timedelta(hours=2)}


@pytest.fixture
async def chats(store: Store) -> Store:
    async with store.begin() as transaction:
        for chat_id, locale in ((7, "uk"), (8, "ar"), (9, "de")):
            await transaction.choose_locale(chat_id, "private", locale, NOW)
    return store


async def test_saving_is_idempotent(chats: Store) -> None:
    async with chats.begin() as transaction:
        assert await transaction.save_event(7, "feast", STARTS, due(STARTS), NOW)
        assert not await transaction.save_event(7, "feast", STARTS, due(STARTS), LATER)
        assert await transaction.save_event(7, "feast", LATER, {}, NOW)
    async with chats.read() as snapshot:
        assert await snapshot.saved_events(7) == (
            SavedEvent(chat_id=7, event_id="feast", occurrence=STARTS, created_at=NOW),
            SavedEvent(chat_id=7, event_id="feast", occurrence=LATER, created_at=NOW),
        )
        assert await snapshot.saved_events(8) == ()
        assert len(await snapshot.due_reminders(LATER, 10)) == 2


async def test_saving_needs_a_recipient(chats: Store) -> None:
    with pytest.raises(UnknownRecipient):
        async with chats.begin() as transaction:
            await transaction.save_event(404, "feast", STARTS, due(STARTS), NOW)


async def test_unsaving_takes_reminders_and_notices_along(chats: Store) -> None:
    async with chats.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, due(STARTS), NOW)
        await transaction.save_event(8, "feast", STARTS, due(STARTS), NOW)
        await transaction.cancel_occurrence("feast", STARTS, NOW)
        assert await transaction.unsave_event(7, "feast", STARTS)
        assert not await transaction.unsave_event(7, "feast", STARTS)
    async with chats.read() as snapshot:
        assert [len(await snapshot.saved_events(chat)) for chat in (7, 8)] == [0, 1]
        assert [n.chat_id for n in await snapshot.due_notices(10)] == [8]


async def test_reminders_come_due_in_order_and_are_sent_once(chats: Store) -> None:
    async with chats.begin() as transaction:
        await transaction.save_event(8, "late", LATER, due(LATER), NOW)
        await transaction.save_event(7, "feast", STARTS, due(STARTS), NOW)
        assert await transaction.due_reminders(STARTS - timedelta(days=1, seconds=1), 10) == ()
        (first,) = await transaction.due_reminders(STARTS - timedelta(days=1), 10)
        assert (first.chat_id, first.locale, first.event_id, first.kind, first.due_at, first.occurrence) == (
            7,
            "uk",
            "feast",
            ReminderKind.DAY,
            STARTS - timedelta(days=1),
            STARTS,
        )
        everything = await transaction.due_reminders(LATER, 10)
        assert [(r.event_id, r.kind.value) for r in everything] == [
            ("feast", "day"),
            ("feast", "hours"),
            ("late", "day"),
            ("late", "hours"),
        ]
        assert len(await transaction.due_reminders(LATER, 3)) == 3
        await transaction.mark_reminded([first.id, everything[2].id], NOW)
        await transaction.mark_reminded([], NOW)
        assert [r.kind.value for r in await transaction.due_reminders(LATER, 10)] == ["hours", "hours"]


async def test_the_retired_are_not_reminded_until_they_are_back(chats: Store) -> None:
    async with chats.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, due(STARTS), NOW)
        await transaction.cancel_occurrence("other", STARTS, NOW)
        await transaction.save_event(7, "other", STARTS, {}, NOW)
        assert await transaction.cancel_occurrence("other", STARTS, NOW) == 1
        await transaction.retire(7, NOW)
        assert await transaction.due_reminders(LATER, 10) == ()
        assert await transaction.due_notices(10) == ()
        await transaction.revive(7)
        assert len(await transaction.due_reminders(LATER, 10)) == 2
        assert len(await transaction.due_notices(10)) == 1


async def test_a_moved_event_takes_its_savers_along_and_tells_them_once(chats: Store) -> None:
    async with chats.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, due(STARTS), NOW)
        await transaction.save_event(8, "feast", STARTS, due(STARTS), NOW)
        await transaction.save_event(8, "feast", LATER, due(LATER), NOW)
        await transaction.save_event(9, "feast", STARTS + timedelta(days=30), {}, NOW)
        (first, *_) = await transaction.due_reminders(LATER, 10)
        await transaction.mark_reminded([first.id], NOW)
        assert await transaction.reschedule("feast", STARTS, LATER, due(LATER), NOW) == 2
        assert await transaction.reschedule("feast", STARTS, LATER, due(LATER), NOW) == 0
        assert await transaction.reschedule("feast", LATER, LATER, due(LATER), NOW) == 0
    async with chats.read() as snapshot:
        for chat in (7, 8):
            assert [saved.occurrence for saved in await snapshot.saved_events(chat)] == [LATER]
        assert await snapshot.saved_starts(LATER) == (("feast", STARTS + timedelta(days=30)),)
        assert await snapshot.origins() == {("feast", LATER): STARTS}
        reminders = await snapshot.due_reminders(LATER, 10)
        assert sorted((r.chat_id, r.kind.value, r.due_at) for r in reminders) == sorted(
            (chat_id, kind.value, at) for chat_id in (7, 8) for kind, at in due(LATER).items()
        )
        notices = await snapshot.due_notices(10)
        assert [(n.chat_id, n.locale, n.change, n.occurrence, n.moved_to) for n in notices] == [
            (7, "uk", Change.MOVED, STARTS, LATER),
            (8, "ar", Change.MOVED, STARTS, LATER),
        ]
        assert len(await snapshot.due_notices(1)) == 1


async def test_moving_back_and_forth_is_told_each_time(chats: Store) -> None:
    async with chats.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, {}, NOW)
        for old, new in ((STARTS, LATER), (LATER, STARTS), (STARTS, LATER)):
            assert await transaction.reschedule("feast", old, new, due(new), NOW) == 1
            (notice,) = await transaction.due_notices(10)
            assert (notice.occurrence, notice.moved_to) == (old, new)
            await transaction.mark_noticed([notice.id], NOW)
            assert await transaction.due_notices(10) == ()


async def test_a_cancelled_event_reminds_nobody_and_tells_its_savers_once(chats: Store) -> None:
    async with chats.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, due(STARTS), NOW)
        await transaction.save_event(8, "feast", LATER, due(LATER), NOW)
        assert await transaction.cancel_occurrence("feast", STARTS, NOW) == 1
        assert await transaction.cancel_occurrence("feast", STARTS, NOW) == 0
    async with chats.begin() as transaction:
        (notice,) = await transaction.due_notices(10)
        assert (notice.chat_id, notice.change, notice.moved_to) == (7, Change.CANCELLED, None)
        await transaction.mark_noticed([notice.id], NOW)
        assert await transaction.untold_cancellations() == frozenset()
        assert await transaction.cancelled_starts() == {("feast", STARTS)}
        assert await transaction.cancel_occurrence("feast", STARTS, NOW) == 0
        assert await transaction.due_notices(10) == ()
        assert {r.chat_id for r in await transaction.due_reminders(LATER, 10)} == {8}
        assert len(await transaction.saved_events(7)) == 1


async def test_what_waits_for_an_announcement_keeps_nobody_waiting(chats: Store) -> None:
    async with chats.begin() as transaction:
        for chat, start in ((7, STARTS), (8, STARTS), (9, LATER)):
            await transaction.save_event(chat, "feast", start, {}, NOW)
        for start in (STARTS, LATER):
            await transaction.cancel_occurrence("feast", start, NOW)
        assert await transaction.untold_cancellations() == {("feast", STARTS), ("feast", LATER)}
        assert [n.chat_id for n in await transaction.due_notices(1)] == [7]
        assert [n.chat_id for n in await transaction.due_notices(1, but=[("feast", STARTS)])] == [9]
        assert await transaction.due_notices(1, but=[("feast", STARTS), ("feast", LATER)]) == ()
        await transaction.reschedule("feast", STARTS, LATER + timedelta(days=1), {}, NOW)
        moved = await transaction.due_notices(9, but=[("feast", STARTS), ("feast", LATER)])
        assert [(n.chat_id, n.change) for n in moved] == [(7, Change.MOVED), (8, Change.MOVED)]


async def test_what_is_past_is_dropped(chats: Store) -> None:
    async with chats.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, due(STARTS), NOW)
        await transaction.save_event(7, "feast", LATER, due(LATER), NOW)
        await transaction.cancel_occurrence("feast", STARTS, NOW)
        await transaction.expire_events(LATER)
        about = await transaction.everything_about(7)
    assert len(about["saved_events"]) == 1
    assert len(about["reminders"]) == 2
    assert about["notices"] == []
