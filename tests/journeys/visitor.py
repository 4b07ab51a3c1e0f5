"""A visitor of the bot: writes, presses and reads through the sandbox, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from bot.app import Lotse
from bot.domain.directory import AnyRecord, Kind
from bot.domain.locales import Locale, find
from bot.sandbox import Chat, Message, Person, Sandbox
from bot.services.shelf import Holdings
from bot.telegram import lanes
from bot.telegram.incoming import Incoming
from bot.translation import Translator, translator

PATIENCE = 60.0
"""Seconds until something is called unanswered; a busy machine is no reason to fail."""

_MARKS = {0x2068: None, 0x2069: None}
_numbers = count(1)

in_both_houses = pytest.mark.parametrize(
    "house", ["calm", pytest.param("rough", marks=pytest.mark.prove)], indirect=True
)
"""Walk a journey twice, the second time (with the long proofs) where the first message of every answer
does not get out."""


def bare(text: str) -> str:
    """A text without the marks that keep directions apart."""
    return text.translate(_MARKS)


class House:
    """The running bot and its Telegram, with what tests need to know about them."""

    def __init__(self, sandbox: Sandbox, lotse: Lotse) -> None:
        self.sandbox = sandbox
        self.lotse = lotse

    def visitor(self, language: str | None = "de", *, name: str = "") -> Visitor:
        """Somebody who has not written yet; ``language`` is that of the app."""
        person = self.sandbox.person(name or f"Visitor{next(_numbers)}", language)
        return Visitor(self, person)

    async def settled(self, code: str) -> Visitor:
        """Somebody who has chosen a language already: stored as the first screen does it, without its way."""
        visitor = self.visitor(code)
        visitor.person.started = True
        desk = self.lotse.desk
        now = desk.clock()
        async with desk.store.begin() as tx:
            await tx.choose_locale(visitor.chat_id, "private", code, now, desk.today(now))
        return visitor

    async def quiet(self) -> None:
        """Wait until every update is answered and finished."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while self.sandbox.updates.pending or self.lotse.inbox._held:
            if loop.time() > deadline:
                raise TimeoutError("an update was not finished")
            await asyncio.sleep(0.004)

    async def holdings(self) -> Holdings:
        """What can be shown right now."""
        return await self.lotse.desk.shelf.holdings()

    async def title(self, kind: Kind, id: str, locale: Locale) -> str:
        """A record's title as a reader of this language sees it."""
        record: AnyRecord | None = (await self.holdings()).directory.get(kind, id)
        assert record is not None, f"{kind}/{id} is not in the content"
        found = record.title.localize(locale)
        assert found is not None
        return found.text

    @contextmanager
    def clock(self, moment: Callable[[], datetime] | datetime) -> Iterator[None]:
        """Let the bot believe it is another time; an aware moment, or what tells the time."""
        desk = self.lotse.desk
        before = desk.clock
        told = moment if callable(moment) else lambda: moment
        object.__setattr__(desk, "clock", told)
        try:
            yield
        finally:
            object.__setattr__(desk, "clock", before)

    @contextmanager
    def rough(self) -> Iterator[None]:
        """Let the first message of every answer be refused for a moment: the update is offered again."""
        inbox, faults = self.lotse.inbox, self.sandbox.faults
        handle, tried = inbox._handle, set[int]()
        messenger = handle.__self__._messenger  # type: ignore[attr-defined]

        async def stumble(update: Incoming) -> None:
            if update.update_id in tried:
                return await handle(update)
            tried.add(update.update_id)
            fault = self.sandbox.fault("flood", chat=update.chat_id, retry_after=0.001)
            try:
                return await handle(update)
            finally:
                faults.rules = [rule for rule in faults.rules if rule is not fault]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(inbox, "_handle", stumble)
            patch.setattr(messenger, "_patience", 0.0)
            patch.setattr(lanes, "_FIRST_PAUSE", 0.001)
            yield

    def wall(self, text: str) -> datetime:
        """An aware moment from the clock on the wall in the towns."""
        return datetime.fromisoformat(text).replace(tzinfo=self.lotse.desk.zone).astimezone(UTC)


class Visitor:
    """One person in the private chat with the bot, or in a group."""

    def __init__(self, house: House, person: Person, group: Chat | None = None) -> None:
        self.house = house
        self.person = person
        self.group = group

    @property
    def chat_id(self) -> int:
        return self.person.id if self.group is None else self.group.id

    def within(self, group: Chat) -> Visitor:
        """The same person, speaking in a group."""
        return Visitor(self.house, self.person, group)

    def _where(self) -> Person | Chat:
        return self.person if self.group is None else self.group

    async def _after(self, revision: int, screen: int = 0) -> list[Message]:
        """What changed, the screen that was pressed first: other news may have come before it."""
        await self.house.quiet()
        chat = self.house.sandbox.chat_of(self._where())
        found = [m for m in chat.messages.values() if m.from_bot and m.revision > revision]
        # A message of the sandbox changes when it is edited; a test wants what it looked like.
        found = [replace(message, raw=deepcopy(message.raw)) for message in found]
        return sorted(found, key=lambda message: (message.message_id != screen, message.revision))

    async def all(self, text: str, *, reply_to: Message | None = None) -> list[Message]:
        """Write; everything that was answered."""
        revision = self.house.sandbox.world.revision
        await self.house.sandbox.send_text(self._where(), self.person, text, reply_to=reply_to)
        return await self._after(revision)

    async def say(self, text: str, *, reply_to: Message | None = None) -> Message:
        """Write; the first message of the answer."""
        found = await self.all(text, reply_to=reply_to)
        assert found, f"no answer to {text!r}"
        return found[0]

    async def press(self, message: Message, label: str) -> list[Message]:
        """Press the button whose label contains this, or with this callback data; what changed."""
        keys = [key["text"] for row in (message.reply_keyboard or {}).get("keyboard", []) for key in row]
        wanted = next((key for key in keys if bare(key) == label), None)
        revision = self.house.sandbox.world.revision
        await self.house.sandbox.press(self.person, message, wanted or button_of(message, label)["text"])
        return await self._after(revision, message.message_id)

    async def tap(self, message: Message, label: str) -> Message:
        """Press; the screen that changed, or what came below it."""
        found = await self.press(message, label)
        assert found, f"nothing happened after {label!r}"
        return found[0]

    async def data(self, message: Message, data: str) -> tuple[list[Message], str | None]:
        """Press a button that carries this; what changed, and the line over the screen."""
        revision = self.house.sandbox.world.revision
        press = await self.house.sandbox.press_data(self.person, message, data)
        found = await self._after(revision, message.message_id)
        assert press.query is not None
        answer = await self.house.sandbox.answer_to(press.query, PATIENCE)
        return found, answer.get("text")

    async def screen(self, message: Message, data: str) -> Message:
        """Press a button that carries this; the screen that it became, whatever else came meanwhile."""
        found, _toast = await self.data(message, data)
        assert found, f"nothing happened after {data!r}"
        return found[0]

    async def send(self, kind: str, *values: Any, **named: Any) -> list[Message]:
        """Send something else than text: the sandbox's ``send_voice``, ``send_photo``, ``forward`` …"""
        revision = self.house.sandbox.world.revision
        act = getattr(self.house.sandbox, kind)
        await act(self._where(), self.person, *values, **named)
        return await self._after(revision)

    async def raw(self, **message: Any) -> list[Message]:
        """A message of any content, as Telegram would write it."""
        revision = self.house.sandbox.world.revision
        raw = {
            "message_id": 900_000 + next(_numbers),
            "date": int(datetime.now(UTC).timestamp()),
            "chat": {"id": self.person.id, "type": "private", "first_name": self.person.first_name},
            "from": self.person.as_user(),
            **message,
        }
        await self.house.sandbox.raw_update({"message": raw})
        self.person.started = True
        return await self._after(revision)

    async def stored(self) -> dict[str, Any]:
        """What the database holds about the chat."""
        async with self.house.lotse.store.read() as view:
            return await view.everything_about(self.chat_id)


def words(code: str) -> Translator:
    """The catalogue of a language."""
    locale = find(code)
    assert locale is not None
    return translator(locale)


def button_of(message: Message, label: str) -> dict[str, Any]:
    """The button whose label contains this (or begins the data); an assertion names what there is."""
    for button in message.buttons:
        if button.get("callback_data") == label or bare(button["text"]) == label:
            return dict(button)
    for button in message.buttons:
        if label in bare(button["text"]) or button.get("callback_data", "").startswith(f"{label}|"):
            return dict(button)
    raise AssertionError(f"no button {label!r} among {message.button_texts} under {message.text!r}")


def labels(message: Message) -> list[str]:
    """The buttons' labels without direction marks."""
    return [bare(text) for text in message.button_texts]


def data_of(message: Message) -> list[str]:
    """The callback data of the message's buttons."""
    return [button["callback_data"] for button in message.buttons if "callback_data" in button]


def copied(message: Message) -> list[str]:
    """What the message's buttons copy."""
    return [button["copy_text"]["text"] for button in message.buttons if "copy_text" in button]


def starting(data: Sequence[str], code: str) -> list[str]:
    """The callback data of one kind of action."""
    return [one for one in data if one == code or one.startswith(f"{code}|")]


def content_of(message: Message) -> Any:
    """A file's content read as JSON."""
    assert message.file is not None
    return json.loads(message.file.content)
