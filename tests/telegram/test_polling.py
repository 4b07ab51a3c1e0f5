"""Fetching updates on good and bad days, from the stand-in of the Bot API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from telegram.error import BadRequest

from bot.domain.errors import StorageFailed
from bot.sandbox import Person, Sandbox
from bot.storage.store import Store
from bot.telegram.inbox import Inbox
from bot.telegram.incoming import Incoming, Me
from bot.telegram.polling import (
    ALLOWED_UPDATES,
    Heard,
    Pauses,
    Polling,
    SecondInstance,
    WrongToken,
    introduce,
    persist,
    set_webhook,
)
from bot.telegram.transport import TelegramApi, Timeouts


async def nap(_: float) -> None:
    await asyncio.sleep(0.01)


@dataclass
class World:
    sandbox: Sandbox
    api: TelegramApi
    inbox: Inbox
    person: Person
    heard: Heard = field(default_factory=Heard)
    texts: list[str] = field(default_factory=list)

    def polling(self) -> Polling:
        return Polling(self.api, self.inbox, self.heard, long_poll=1, sleep=nap)

    async def until(self, *texts: str) -> None:
        async with asyncio.timeout(10):
            while self.texts != list(texts):
                await asyncio.sleep(0.01)


@pytest.fixture
async def world(sqlite_store: Store) -> AsyncIterator[World]:
    async with Sandbox() as sandbox:
        api = TelegramApi(sandbox.token, sandbox.api_url, timeouts=Timeouts(read=1.0))
        await api.connect()
        texts: list[str] = []

        async def handle(incoming: Incoming) -> None:
            texts.append(incoming.text)

        inbox = Inbox(sqlite_store, Me(7000000001, "lotse_bot"), handle, workers=4, capacity=100)
        await inbox.start()
        yield World(sandbox, api, inbox, sandbox.person("Olena", "uk", started=True), texts=texts)
        await inbox.drain(1)
        await api.disconnect()
        assert not sandbox.unknown_methods
        assert not sandbox.unknown_parameters


@pytest.fixture
async def running(world: World) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(world.polling().run())
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError, WrongToken, SecondInstance):
        await task


async def test_updates_arrive_once_and_in_order(world: World, running: asyncio.Task[None]) -> None:
    for text in ("one", "two", "three"):
        await world.sandbox.send_text(world.person, world.person, text)
    await world.until("one", "two", "three")
    polls = [call for call in world.sandbox.calls if call.method == "getUpdates"]
    assert all(set(call.params["allowed_updates"]) == set(ALLOWED_UPDATES) for call in polls)
    age = world.heard.age()
    assert age is not None
    assert age < 5


async def test_numbers_that_begin_anew_at_a_smaller_one(world: World, running: asyncio.Task[None]) -> None:
    def raw(number: int, text: str) -> dict[str, Any]:
        chat = {"id": world.person.id, "type": "private", "first_name": "O"}
        return {
            "update_id": number,
            "message": {"message_id": number, "date": 1, "chat": chat, "from": {"id": 1}, "text": text},
        }

    await world.sandbox.raw_update(raw(900_000, "before"))
    await world.until("before")
    await world.sandbox.raw_update(raw(5, "after"))
    await world.sandbox.raw_update(raw(900_000, "before"))
    await world.sandbox.raw_update(raw(6, "more"))
    await world.until("before", "after", "more")


async def test_trouble_is_waited_out(world: World, running: asyncio.Task[None]) -> None:
    for kind in ("server_error", "reset", "lost_response", "flood"):
        world.sandbox.fault(kind, method="getUpdates")
    await world.sandbox.send_text(world.person, world.person, "still there?")
    await world.until("still there?")


async def test_an_update_that_cannot_be_read_holds_nobody_up(
    world: World, running: asyncio.Task[None]
) -> None:
    await world.sandbox.raw_update({"update_id": 77, "message": {"text": "broken"}})
    await world.sandbox.send_text(world.person, world.person, "next")
    await world.until("next")


async def test_the_offset_moves_only_after_the_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = 2
    real = world.inbox.accept

    async def failing(updates: Any) -> None:
        nonlocal failures
        if updates and failures:
            failures -= 1
            raise StorageFailed("OperationalError SQLITE_FULL")
        await real(updates)

    monkeypatch.setattr(world.inbox, "accept", failing)
    await world.sandbox.send_text(world.person, world.person, "kept")
    task = asyncio.create_task(world.polling().run())
    await world.until("kept")
    assert failures == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_wrong_token_is_said_plainly(world: World) -> None:
    api = TelegramApi("1:wrong", world.sandbox.api_url)
    await api.connect()
    with pytest.raises(WrongToken, match="LOTSE_TELEGRAM_TOKEN"):
        await introduce(api, heard=world.heard)
    await api.disconnect()


async def test_a_second_instance_is_said_plainly(world: World) -> None:
    first = asyncio.create_task(world.polling().run())
    await asyncio.sleep(0.2)
    api = TelegramApi(world.sandbox.token, world.sandbox.api_url)
    await api.connect()
    second = asyncio.create_task(Polling(api, world.inbox, world.heard, long_poll=1, sleep=nap).run())
    done, pending = await asyncio.wait({first, second}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    (loser,) = done
    with pytest.raises(SecondInstance, match="Another instance"):
        loser.result()
    for task in pending:
        task.cancel()
        with suppress(asyncio.CancelledError, SecondInstance):
            await task
    await api.disconnect()


async def test_a_missing_network_at_the_start_is_waited_out(world: World) -> None:
    world.sandbox.fault("reset", method="getMe", times=3)
    me, found = await introduce(world.api, heard=world.heard, pauses=Pauses(nap))
    assert me == Me(7000000001, "lotse_bot")
    assert found["is_bot"] is True


async def test_a_refusal_is_not_repeated(world: World) -> None:
    with pytest.raises(BadRequest):
        await persist(world.api, "setMyCommands", {"commands": [{}]}, heard=world.heard)


async def test_a_webhook_is_set_with_the_same_list_of_updates(world: World) -> None:
    await set_webhook(world.api, "https://lotse.example.org/telegram", "s3cret", heard=world.heard)
    (call,) = [call for call in world.sandbox.calls if call.method == "setWebhook"]
    assert call.params["secret_token"] == "s3cret"
    assert set(call.params["allowed_updates"]) == set(ALLOWED_UPDATES)
    assert "drop_pending_updates" not in call.params


async def test_pauses_grow_up_to_a_limit_and_begin_anew() -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    pauses = Pauses(note)
    for _ in range(9):
        await pauses.wait()
    await pauses.wait(at_least=77)
    pauses.reset()
    await pauses.wait()
    assert waited == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 77, 0.5]


class Odd:
    """An API that answers getUpdates with what it is given, then waits."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.offsets: list[int | None] = []

    async def call(self, method: str, parameters: dict[str, Any], *, read_timeout: float = 0) -> Any:
        if method != "getUpdates":
            return True
        self.offsets.append(parameters["offset"])
        if self.answers:
            return self.answers.pop(0)
        await asyncio.sleep(60)
        return []


async def test_odd_answers_do_not_make_it_run_in_circles(world: World) -> None:
    odd = Odd({"not": "a list"}, [{"no": "number"}, "word"], [{"update_id": 4}])
    polling = Polling(odd, world.inbox, world.heard, sleep=nap)  # type: ignore[arg-type]
    task = asyncio.create_task(polling.run())
    async with asyncio.timeout(5):
        while len(odd.offsets) < 4:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert odd.offsets == [None, None, None, 5]


def test_contact_is_unknown_until_telegram_was_heard() -> None:
    time = 100.0
    heard = Heard(lambda: time)
    assert heard.age() is None
    heard.note()
    time = 130.0
    assert heard.age() == 30.0
