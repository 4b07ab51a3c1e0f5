from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.domain.errors import StorageFailed
from bot.domain.recipients import Recipient, ReminderKind
from bot.storage.store import Store

NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
STARTS = NOW + timedelta(days=5)
DUE = {ReminderKind.DAY: STARTS - timedelta(days=1), ReminderKind.HOURS: STARTS - timedelta(hours=2)}
BIG = -1_002_147_483_648_123


async def choose(store: Store, chat_id: int, locale: str = "uk", now: datetime = NOW) -> None:
    async with store.begin() as transaction:
        await transaction.choose_locale(chat_id, "private", locale, now)


async def found(store: Store, chat_id: int) -> Recipient | None:
    async with store.read() as snapshot:
        return await snapshot.recipient(chat_id)


async def test_a_recipient_exists_only_after_a_choice(store: Store) -> None:
    assert await found(store, BIG) is None
    async with store.begin() as transaction:
        assert not await transaction.touch(BIG, NOW.date())
        assert not await transaction.retire(BIG, NOW)
        assert not await transaction.revive(BIG)
    assert await found(store, BIG) is None
    async with store.begin() as transaction:
        await transaction.choose_locale(BIG, "supergroup", "fa-AF", NOW)
    assert await found(store, BIG) == Recipient(
        chat_id=BIG, chat_type="supergroup", locale="fa-AF", created_at=FIRST, seen_on=date(2026, 3, 1)
    )


async def test_choosing_again_keeps_the_beginning_and_brings_the_chat_back(store: Store) -> None:
    await choose(store, 7)
    later = NOW + timedelta(days=40)
    async with store.begin() as transaction:
        assert await transaction.retire(7, NOW)
        assert not await transaction.retire(7, later)
        await transaction.mark_announced(7, NOW)
    retired = await found(store, 7)
    assert retired is not None
    assert (retired.retired_at, retired.announced_at) == (NOW, NOW)
    await choose(store, 7, "de", later)
    assert await found(store, 7) == Recipient(
        chat_id=7, chat_type="private", locale="de", created_at=FIRST, seen_on=later.date()
    )


async def test_touch_writes_once_a_day_and_ends_the_silence(store: Store) -> None:
    await choose(store, 7)
    async with store.begin() as transaction:
        await transaction.mark_announced(7, NOW)
        assert not await transaction.touch(7, NOW.date())
        assert not await transaction.touch(7, NOW.date() - timedelta(days=1))
        assert await transaction.touch(7, NOW.date() + timedelta(days=1))
        assert not await transaction.touch(7, NOW.date() + timedelta(days=1))
    recipient = await found(store, 7)
    assert recipient is not None
    assert recipient.seen_on == date(2026, 3, 2)
    assert recipient.announced_at is None


async def test_revive(store: Store) -> None:
    await choose(store, 7)
    async with store.begin() as transaction:
        assert not await transaction.revive(7)
        await transaction.retire(7, NOW)
        assert await transaction.revive(7)
    recipient = await found(store, 7)
    assert recipient is not None
    assert recipient.retired_at is None


async def test_the_silent_are_told_first_and_found_again_afterwards(store: Store) -> None:
    day = date(2026, 3, 1)
    for chat_id, days in ((1, 10), (2, 30), (3, 20), (4, 0)):
        await choose(store, chat_id, now=NOW - timedelta(days=days))
    async with store.begin() as transaction:
        assert [r.chat_id for r in await transaction.silent_since(day, 10)] == [2, 3, 1]
        assert [r.chat_id for r in await transaction.silent_since(day, 1)] == [2]
        await transaction.mark_announced(2, NOW)
        await transaction.mark_announced(3, NOW + timedelta(days=5))
    async with store.read() as snapshot:
        assert [r.chat_id for r in await snapshot.silent_since(day, 10)] == [1]
        told = await snapshot.silent_since(day, 10, announced_before=NOW + timedelta(days=1))
        assert [r.chat_id for r in told] == [2]


async def test_a_chat_keeps_everything_when_its_id_changes(store: Store) -> None:
    await choose(store, -5)
    async with store.begin() as transaction:
        await transaction.save_event(-5, "feast", STARTS, DUE, NOW)
        await transaction.cancel_occurrence("other", STARTS, NOW)
        await transaction.migrate_chat(-5, BIG)
        await transaction.migrate_chat(-5, BIG)
        await transaction.migrate_chat(BIG, BIG)
    async with store.read() as snapshot:
        assert await snapshot.recipient(-5) is None
        assert await snapshot.recipient(BIG) is not None
        assert [s.event_id for s in await snapshot.saved_events(BIG)] == ["feast"]
        assert {r.chat_id for r in await snapshot.due_reminders(STARTS, 10)} == {BIG}


async def test_a_chat_that_becomes_a_known_one_adds_to_it(store: Store) -> None:
    await choose(store, -5, "tr")
    await choose(store, BIG, "pl")
    async with store.begin() as transaction:
        for chat_id, event in ((-5, "both"), (BIG, "both"), (-5, "old")):
            await transaction.save_event(chat_id, event, STARTS, DUE, NOW)
        await transaction.migrate_chat(-5, BIG)
    async with store.read() as snapshot:
        assert await snapshot.recipient(-5) is None
        recipient = await snapshot.recipient(BIG)
        assert recipient is not None
        assert recipient.locale == "pl"
        assert [s.event_id for s in await snapshot.saved_events(BIG)] == ["both", "old"]
        assert len(await snapshot.due_reminders(STARTS, 10)) == 4


async def test_forgetting_leaves_nothing_and_says_so(store: Store) -> None:
    await choose(store, 7)
    await choose(store, 8)
    async with store.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, DUE, NOW)
        await transaction.save_event(8, "feast", STARTS, DUE, NOW)
        await transaction.cancel_occurrence("feast", STARTS + timedelta(days=7), NOW)
        await transaction.reschedule("feast", STARTS, STARTS + timedelta(hours=1), DUE, NOW)
        first = await transaction.forget(7)
        second = await transaction.forget(7)
    none = dict.fromkeys(
        (
            "deliveries",
            "staff",
            "edit_waits",
            "saved_events",
            "reminders",
            "notices",
            "subscriptions",
            "contacts",
            "declined",
            "farewells",
        ),
        0,
    )
    assert first == {**none, "saved_events": 1, "reminders": 2, "notices": 1, "recipients": 1}
    assert second == {**none, "recipients": 0}
    async with store.read() as snapshot:
        assert await snapshot.everything_about(7) == {
            "recipient": None,
            "saved_events": [],
            "reminders": [],
            "notices": [],
            "subscriptions": [],
            "contacts": [],
            "declined": [],
            "farewells": [],
            "staff": [],
            "edit_waits": [],
            "deliveries": [],
            "log": [],
            "invitations": [],
            "broadcasts": [],
            "unanswered_messages": 0,
        }
        assert len(await snapshot.saved_events(8)) == 1


async def test_everything_about_a_chat_is_readable_as_json(store: Store) -> None:
    await choose(store, 7)
    await choose(store, 8)
    async with store.begin() as transaction:
        await transaction.save_event(7, "feast", STARTS, {ReminderKind.DAY: DUE[ReminderKind.DAY]}, NOW)
        await transaction.save_event(8, "secret", STARTS, DUE, NOW)
        await transaction.store_updates([(1, 7, "{}"), (2, 7, "{}"), (3, 8, "{}")], NOW)
        await transaction.finish_updates([2], NOW)
    async with store.read() as snapshot:
        about = await snapshot.everything_about(7)
    assert json.loads(json.dumps(about)) == {
        "recipient": {
            "chat_id": 7,
            "chat_type": "private",
            "locale": "uk",
            "created_at": "2026-03-01T00:00:00+00:00",
            "seen_on": "2026-03-01",
            "retired_at": None,
            "announced_at": None,
            "quiet_from": 21,
            "quiet_to": 8,
            "digest_hour": 18,
            "muted_until": None,
        },
        "saved_events": [
            {
                "event_id": "feast",
                "occurrence": "2026-03-06T22:30:00+00:00",
                "created_at": "2026-03-01T22:30:00+00:00",
            }
        ],
        "reminders": [
            {
                "event_id": "feast",
                "occurrence": "2026-03-06T22:30:00+00:00",
                "kind": "day",
                "due_at": "2026-03-05T22:30:00+00:00",
                "sent_at": None,
            }
        ],
        "notices": [],
        "subscriptions": [],
        "contacts": [],
        "declined": [],
        "farewells": [],
        "staff": [],
        "edit_waits": [],
        "deliveries": [],
        "log": [],
        "invitations": [],
        "broadcasts": [],
        "unanswered_messages": 1,
    }


async def test_times_are_aware_and_come_back_in_utc(store: Store) -> None:
    await choose(store, 7)
    with pytest.raises(StorageFailed):
        async with store.begin() as transaction:
            await transaction.retire(7, datetime(2026, 3, 1))
    async with store.begin() as transaction:
        await transaction.retire(7, datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=1))))
    recipient = await found(store, 7)
    assert recipient is not None
    assert recipient.retired_at == NOW
    assert recipient.retired_at.tzinfo is UTC


async def test_many_recipients_are_read_at_once(store: Store) -> None:
    async with store.begin() as tx:
        await tx.choose_locale(1, "private", "ar", NOW)
        await tx.choose_locale(2, "private", "uk", NOW)
    async with store.read() as view:
        found = await view.recipients([1, 2, 3])
        assert {chat: recipient.locale for chat, recipient in found.items()} == {1: "ar", 2: "uk"}
        assert await view.recipients([]) == {}
