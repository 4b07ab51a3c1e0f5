"""When something goes wrong: one sentence in the reader's language, and nobody is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.dialog.actions import ShowVenue
from bot.domain.directory import Kind
from bot.domain.errors import DomainError, StorageUnreachable
from bot.storage.store import Store, Transaction
from tests.journeys.visitor import PATIENCE, House, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")


class Fails:
    """A shelf that cannot be read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def holdings(self) -> None:
        raise self._error


@contextmanager
def failing(house: House, error: Exception) -> Iterator[None]:
    """Let every look at the content fail."""
    desk = house.lotse.desk
    before = desk.shelf
    object.__setattr__(desk, "shelf", Fails(error))
    try:
        yield
    finally:
        object.__setattr__(desk, "shelf", before)


async def test_an_unforeseen_failure_is_excused(house: House, caplog: pytest.LogCaptureFixture) -> None:
    visitor = await house.settled("uk")
    menu = await visitor.say("/menu")
    sentence = words("uk")("Something went wrong on our side. Please try again, or use /start.")
    with failing(house, RuntimeError("secret words")):
        written = await visitor.say("Де консультація?")
        (pressed,), _toast = await visitor.data(menu, "a")
    assert sentence in bare(written.text)
    assert sentence in bare(pressed.text)
    assert "secret words" not in caplog.text
    caplog.clear()
    assert words("uk")("Find counselling") in labels(await visitor.say("/start"))


async def test_what_cannot_be_done_is_said(house: House, caplog: pytest.LogCaptureFixture) -> None:
    visitor = await house.settled("de")
    with failing(house, DomainError("no")):
        found = await visitor.say("/about")
    assert words("de")("This is not possible. Use /start for the menu.") in found.text
    caplog.clear()


async def test_who_hammers_gets_one_answer_for_all(house: House) -> None:
    visitor = await house.settled("en")
    revision = house.sandbox.world.revision
    for number in range(60):
        await house.sandbox.send_text(visitor.person, visitor.person, f"Rostock {number}")
    found = await visitor._after(revision)
    assert 1 <= len(found) < 60
    assert any("Many messages came at once. I answer the last one." in message.text for message in found)


async def test_who_hammers_buttons_leaves_no_clock_running(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/menu")
    sandbox = house.sandbox
    presses = [
        await sandbox.press_data(visitor.person, menu, "c" if number % 2 else "t|c|debt")
        for number in range(60)
    ]
    await house.quiet()
    for press in presses:
        assert press.query is not None
        await sandbox.answer_to(press.query, PATIENCE)


async def test_who_blocked_the_bot_is_retired(house: House) -> None:
    visitor = await house.settled("de")
    house.sandbox.fault("blocked", method="sendMessage", chat=visitor.person, times=1)
    assert not await visitor.all("/menu")
    assert (await visitor.stored())["recipient"]["retired_at"] is not None
    await visitor.say("/start")
    assert (await visitor.stored())["recipient"]["retired_at"] is None


async def test_telegram_s_wait_is_obeyed(house: House) -> None:
    visitor = await house.settled("de")
    house.sandbox.fault("flood", method="sendMessage", chat=visitor.person, times=1, retry_after=1)
    menu = await visitor.say("/menu")
    assert words("de")("Find counselling") in labels(menu)
    house.sandbox.errors.clear()


async def test_what_has_arrived_is_not_sent_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = await house.settled("de")
    menu = await visitor.say("/menu")
    routes = house.lotse.inbox._handle.__self__  # type: ignore[attr-defined]
    monkeypatch.setattr(routes._messenger, "_patience", 0.0)
    house.sandbox.fault("flood", method="sendMessage", chat=visitor.person, times=1, retry_after=1)
    offer = next(o for o in (await house.holdings()).directory.offers if o.places and o.places[0].address)
    found, _toast = await visitor.data(menu, ShowVenue(Kind.OFFER, offer.id, 0).pack())
    assert ["venue" in message.raw for message in found] == [True, False]
    house.sandbox.errors.clear()


class FailsOnce:
    """A store that cannot be written to for a moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        if not self.failed:
            self.failed = True
            raise StorageUnreachable
        return self._store.begin()


async def test_an_answer_that_could_not_be_noted_is_not_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = await house.settled("de")
    desk, store = house.lotse.desk, house.lotse.desk.store
    fails = FailsOnce(store)
    monkeypatch.setattr("bot.telegram.routes._DATABASE_PAUSE", 0.01)
    try:
        object.__setattr__(desk, "store", fails)
        with house.clock(desk.clock() + timedelta(days=2)):
            assert len(await visitor.all("/menu")) == 1
    finally:
        object.__setattr__(desk, "store", store)
    assert fails.failed
    assert "waits for the database" in caplog.text
    caplog.clear()


async def test_a_refused_message_is_noted_without_its_words(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = await house.settled("de")
    house.sandbox.fault("server_error", method="sendMessage", chat=visitor.person, times=1, status=502)
    await visitor.all("Rostock geheim")
    assert "geheim" not in caplog.text
    assert starting(data_of(await visitor.say("/counselling")), "t")
    house.sandbox.errors.clear()


async def test_a_message_deleted_meanwhile_is_sent_anew(house: House) -> None:
    visitor = await house.settled("de")
    menu = await visitor.say("/menu")
    house.sandbox.chat_of(visitor.person).messages.pop(menu.message_id)
    chat = {"id": visitor.chat_id, "type": "private"}
    await house.sandbox.raw_update(
        {
            "callback_query": {
                "id": "1",
                "from": visitor.person.as_user(),
                "chat_instance": "1",
                "data": "c",
                "message": {
                    "message_id": menu.message_id,
                    "date": 0,
                    "chat": chat,
                },
            }
        }
    )
    await house.quiet()
    last = list(house.sandbox.chat_of(visitor.person).messages.values())[-1]
    assert words("de")("What is it about?") in last.text
    house.sandbox.errors.clear()
