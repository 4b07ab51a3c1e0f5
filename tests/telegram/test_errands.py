"""What the bot does of its own accord, in the chats of the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.content.emergencies import load_cards
from bot.dialog.desk import Desk, Operator
from bot.dialog.reply import Message
from bot.dialog.turn import Turn
from bot.domain.broadcast import Audience, State
from bot.domain.directory import OccurrenceChange
from bot.domain.errors import StorageUnreachable
from bot.domain.recipients import Notice, Reminder, ReminderKind
from bot.parts import make_answering
from bot.sandbox import Person, Sandbox
from bot.services.calendar import Occurrence
from bot.services.shelf import Shelf
from bot.storage.codec import encode
from bot.storage.store import Store
from bot.telegram import errands
from bot.telegram.errands import Errands
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.transport import TelegramApi, Timeouts
from tests.services.test_scope import event

START = datetime(2026, 12, 5, 16, tzinfo=UTC)
NOW = START - timedelta(days=1)


@dataclass
class World:
    """Somebody who saved two dates of an event and is to be reminded of them now."""

    store: Store
    sandbox: Sandbox
    reader: Person
    errands: Errands

    @property
    def told(self) -> list[str]:
        return [m.text for m in self.sandbox.chat_of(self.reader).messages.values() if m.from_bot]

    async def call_off(self, *ways: State) -> None:
        """The office has announced that the first date does not take place."""
        async with self.store.begin() as tx:
            date = int(START.timestamp() // 60)
            id = await tx.draft(None, NOW, audience=Audience(event="own", date=date))
            await tx.change(id, send_at=NOW, launched_at=NOW)
            for state in ways:
                await tx.move(id, state)


async def _nothing(*_: object) -> bool:
    return False


@pytest.fixture
async def world(sqlite_store: Store) -> AsyncIterator[World]:
    store = sqlite_store
    weekly = replace(event("own", None, None), repeats="FREQ=WEEKLY")
    async with Sandbox() as sandbox:
        api = TelegramApi(sandbox.token, sandbox.api_url, timeouts=Timeouts(read=1.0))
        await api.connect()
        reader = sandbox.person("Reader", "en", started=True)
        async with store.begin() as tx:
            await tx.put_record(weekly.KIND, weekly.id, encode(weekly), None)
            await tx.choose_locale(reader.id, "private", "en", NOW)
            for start in (START, START + timedelta(days=7)):
                await tx.save_event(reader.id, "own", start, {ReminderKind.DAY: NOW}, NOW)
        found = make_answering()
        desk = Desk(
            store=store,
            shelf=Shelf(store),
            answering=found,
            cards=load_cards(),
            gazetteer=found.gazetteer,
            zone=ZoneInfo("Europe/Berlin"),
            operator=Operator(),
            bot_username="lotse",
            two_person_from=500,
            daily_cap=3,
            clock=lambda: NOW,
        )
        messenger = TelegramMessenger(api, patience=0.0, sleep=lambda _: asyncio.sleep(0))
        yield World(store, sandbox, reader, Errands(desk, messenger))
        await api.disconnect()


async def test_nobody_is_reminded_of_what_was_called_off(world: World) -> None:
    await world.call_off(State.SCHEDULED, State.SENDING, State.SENT)
    assert await world.errands.remind() == 1
    assert await world.errands.remind() == 0
    assert len(world.told) == 1
    assert "12 Dec" in world.told[0]


async def test_reminders_go_out_where_calling_off_was_taken_back(world: World) -> None:
    await world.call_off(State.SCHEDULED, State.SENDING, State.SENT, State.WITHDRAWN)
    assert await world.errands.remind() == 2


async def move(world: World, old: datetime, new: datetime) -> None:
    async with world.store.begin() as tx:
        await tx.reschedule("own", old, new, {}, NOW)


async def waiting(world: World) -> int:
    async with world.store.read() as view:
        return len(await view.due_notices(100))


async def test_who_has_removed_a_moved_date_is_told_nothing_and_the_notice_is_over(world: World) -> None:
    later = START + timedelta(hours=1)
    await move(world, START, later)
    async with world.store.begin() as tx:
        await tx.unsave_event(world.reader.id, "own", later)
    assert await waiting(world) == 1
    assert await world.errands.tell_changes() == 0  # the other date is still saved
    assert await waiting(world) == 0
    assert world.told == []


async def test_who_keeps_a_moved_date_is_told_where_it_is_now(world: World) -> None:
    first, second = START + timedelta(hours=1), START + timedelta(hours=2)
    await move(world, START, first)
    await move(world, first, second)
    changed = replace(
        event("own", None, None),
        repeats="FREQ=WEEKLY",
        changes=(OccurrenceChange(datetime(2026, 12, 5, 17), datetime(2026, 12, 5, 19)),),
    )
    async with world.store.begin() as tx:
        await tx.put_record(changed.KIND, changed.id, encode(changed), None)
    assert await world.errands.tell_changes() == 1
    assert await waiting(world) == 0
    (told,) = world.told
    assert "19:00" in told


async def test_of_an_event_that_cannot_be_read_nobody_is_told_anything(world: World) -> None:
    """A program of an older version must not tell that everything is cancelled."""
    weekly = replace(event("own", None, None), repeats="FREQ=WEEKLY")
    moved = OccurrenceChange(original=datetime(2026, 12, 5, 17), starts=datetime(2026, 12, 6, 17))
    async with world.store.begin() as tx:
        await tx.put_record(weekly.KIND, weekly.id, encode(replace(weekly, changes=(moved,))), None)
    silent = Errands(world.errands._desk, world.errands._messenger)
    silent._send = _nothing  # type: ignore[method-assign,assignment]
    assert await silent.tell_changes() == 0
    async with world.store.begin() as tx:
        assert len(await tx.due_notices(9)) == 1, "it waits"
        await tx.put_record(weekly.KIND, weekly.id, encode(weekly) | {"newer": "field"}, None)
    await asyncio.sleep(0.3)  # the shelf looks again
    assert await world.errands.remind() == 0
    assert await world.errands.tell_changes() == 0
    assert world.told == []
    async with world.store.begin() as tx:
        assert len(await tx.due_notices(9)) == 1
        assert await tx.due_reminders(START, 9), "they wait"
        assert not await tx.cancelled_starts()
        await tx.put_record(weekly.KIND, weekly.id, encode(replace(weekly, changes=(moved,))), None)
    await asyncio.sleep(0.3)
    assert await world.errands.tell_changes() == 1


async def test_what_cannot_be_read_keeps_nobody_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(errands, "BATCH", 1)
    weekly = replace(event("own", None, None), repeats="FREQ=WEEKLY")
    due = {ReminderKind.DAY: NOW - timedelta(minutes=1)}
    async with world.store.begin() as tx:
        await tx.put_record(
            weekly.KIND, "first", encode(replace(weekly, id="first")) | {"newer": "field"}, None
        )
        await tx.save_event(world.reader.id, "first", START, due, NOW)
    assert await world.errands.tell_changes() == 0
    assert await world.errands.remind() == 1
    async with world.store.begin() as tx:
        await tx.cancel_occurrence("first", START, NOW)
        await tx.cancel_occurrence("own", START, NOW)
    assert await world.errands.tell_changes() == 1
    assert await world.errands.tell_changes() == 0
    assert await waiting(world) == 1
    assert len(caplog.records) == 1, "that it cannot be read is said once"


async def test_who_removes_a_date_in_the_middle_of_a_round_is_not_reminded_of_it(world: World) -> None:
    async with world.store.begin() as tx:
        reminder, _ = await tx.due_reminders(NOW, 10)
        await tx.unsave_event(world.reader.id, "own", reminder.occurrence)
    assert not await world.errands._remind(NOW, reminder)
    assert world.told == []


class Failing(Errands):
    """Fails with one date."""

    error: Exception = KeyError("secret")

    async def _occurrence(self, due: Reminder | Notice) -> Occurrence | None:
        if due.occurrence == START:
            raise self.error
        return await super()._occurrence(due)


async def test_one_that_fails_keeps_the_others_from_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(world.errands._desk, world.errands._messenger)
    assert await failing.remind() == 1
    assert "12 Dec" in world.told[0]
    for start in (START, START + timedelta(days=7)):
        async with world.store.begin() as tx:
            await tx.cancel_occurrence("own", start, NOW)
    failing._reconciled = (await failing._desk.shelf.holdings()).version  # the record does not say so
    assert await failing.tell_changes() == 1
    assert await waiting(world) == 1
    assert "a reminder failed: KeyError at " in caplog.text
    assert "a notice failed: KeyError at " in caplog.text
    assert "secret" not in caplog.text


class Unlucky(Errands):
    """Of some chats it cannot tell anything; it counts how often it tries."""

    def __init__(self, world: World, unlucky: range) -> None:
        super().__init__(world.errands._desk, world.errands._messenger)
        self.unlucky = unlucky
        self.tried = 0
        self.sent: list[int] = []
        self.limited = False

    async def _send(self, turn: Turn, message: Message) -> bool:
        if turn.chat_id in self.unlucky:
            self.tried += 1
            if self.limited:
                return False
            raise KeyError("secret")
        self.sent.append(turn.chat_id)
        return True


async def crowd(world: World, chats: range) -> None:
    """So many people saved the first date, one after the other."""
    async with world.store.begin() as tx:
        for chat in chats:
            await tx.choose_locale(chat, "private", "en", NOW)
            due = {ReminderKind.DAY: NOW - timedelta(minutes=100 - chat)}
            await tx.save_event(chat, "own", START, due, NOW)
        await tx.unsave_event(world.reader.id, "own", START)
        await tx.unsave_event(world.reader.id, "own", START + timedelta(days=7))


@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize("what", ["remind", "tell_changes"])
async def test_however_many_fail_they_step_back_for_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str, *, limited: bool
) -> None:
    monkeypatch.setattr(errands, "BATCH", 3)
    await crowd(world, range(1, 10))
    unlucky = Unlucky(world, range(1, 8))
    unlucky.limited = limited
    if what == "tell_changes":
        async with world.store.begin() as tx:
            await tx.cancel_occurrence("own", START, NOW)
        unlucky._reconciled = (await unlucky._desk.shelf.holdings()).version
    errand = getattr(unlucky, what)
    assert [await errand() for _ in range(4)] == [0, 0, 2, 0]
    assert unlucky.sent == [8, 9]
    assert unlucky.tried == 7, "who failed is left alone"

    async def after(pause: timedelta) -> int:
        """How many are tried again so long after."""
        before = unlucky.tried
        object.__setattr__(unlucky._desk, "clock", lambda: NOW + pause)
        for _ in range(4):
            await errand()
        return unlucky.tried - before

    tried = [await after(timedelta(minutes=minutes)) for minutes in (0.9, 1, 2.9, 3, 6.9, 7, 15, 31, 61)]
    assert tried == [0, 7, 0, 7, 0, 7, 7, 7, 7]
    assert await after(timedelta(minutes=90)) == 0, "no longer than half an hour"
    assert await after(timedelta(minutes=91)) == 7
    assert await after(timedelta(0)) == 7, "a clock that was ahead puts nothing off"
    unlucky.unlucky = range(0)
    await after(timedelta(minutes=1))
    assert sorted(unlucky.sent) == list(range(1, 10))


async def test_who_cannot_be_told_goodbye_keeps_nobody_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "BATCH", 2)
    async with world.store.begin() as tx:
        for chat in range(1, 8):
            await tx.choose_locale(chat, "private", "en", NOW - timedelta(days=800))
    unlucky = Unlucky(world, range(1, 6))
    assert await unlucky.say_goodbye() == 2
    assert (unlucky.sent, unlucky.tried) == ([6, 7], 5)
    async with world.store.read() as view:
        found = await view.recipients(range(1, 8))
    assert [chat for chat, one in found.items() if one.announced_at is not None] == [6, 7]


async def test_where_telegram_is_away_one_attempt_is_enough(world: World) -> None:
    await crowd(world, range(1, 10))
    await world.errands._messenger._api.disconnect()
    assert await world.errands.remind() == 0
    assert len(world.errands._resting) == 1


async def test_a_database_that_is_away_ends_the_round(world: World) -> None:
    failing = Failing(world.errands._desk, world.errands._messenger)
    failing.error = StorageUnreachable("away")
    with pytest.raises(StorageUnreachable):
        await failing.remind()
    assert world.told == []


async def test_silent_chats_go_one_by_one_and_who_has_just_written_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "BATCH", 2)
    long_ago = NOW - timedelta(days=800)
    async with world.store.begin() as tx:
        for chat in range(1, 6):
            await tx.choose_locale(chat, "private", "en", long_ago)
            await tx.mark_announced(chat, NOW - timedelta(days=40))
        stale = await tx.recipient(3)
        assert stale is not None
        await tx.touch(3, NOW.date())
    assert not await world.errands._forget(NOW, stale)
    await world.errands.say_goodbye()
    async with world.store.read() as view:
        assert list(await view.recipients(range(1, 6))) == [3]
