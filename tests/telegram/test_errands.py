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
from bot.domain.broadcast import Audience, State
from bot.domain.recipients import ReminderKind
from bot.parts import make_answering
from bot.sandbox import Person, Sandbox
from bot.services.shelf import Shelf
from bot.storage.codec import encode
from bot.storage.store import Store
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
