"""The office in journeys: members with a role, subscribers, and waiting for what goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.dialog.callback import unpack
from bot.dialog.expecting import Expected
from bot.domain.broadcast import Body, Broadcast, State
from bot.domain.news import CONSENT_VERSION, Frequency, Subscription, Topic
from bot.domain.staff import Role, Staff
from bot.sandbox import Message
from bot.services import drafting
from tests.journeys.visitor import PATIENCE, House, Visitor, data_of, words

_ = words("de")


async def member(
    house: House, role: Role = Role.RELEASER, code: str = "de", organisation: str | None = None
) -> Visitor:
    """Somebody of the office, who has chosen a language."""
    visitor = await house.settled(code)
    async with house.lotse.store.begin() as tx:
        await tx.add_staff(visitor.chat_id, role, organisation, datetime.now(UTC))
    house.lotse.desk.staff_chats.add(visitor.chat_id)
    return visitor


async def row(house: House, visitor: Visitor) -> Staff:
    """What the database knows of a member."""
    async with house.lotse.store.read() as view:
        found = await view.staff_of(visitor.chat_id)
    assert found is not None
    return found


async def expected(house: House, visitor: Visitor) -> str | None:
    """What the next text of a member is for, and the language; None: a question."""
    found = Expected.unpack((await row(house, visitor)).expecting)
    if found is None or not found.open:
        return None
    return f"{found.what}:{found.value}" if found.value else found.what.value


async def subscriber(house: House, code: str, topic: Topic, area: str = "mv") -> Visitor:
    """Somebody who asked for a topic, day and night."""
    visitor = await house.settled(code)
    now = datetime.now(UTC)
    async with house.lotse.store.begin() as tx:
        await tx.subscribe(
            Subscription(
                chat_id=visitor.chat_id,
                topic=topic,
                area=area,
                frequency=Frequency.NOW,
                consent_version=CONSENT_VERSION,
                consented_at=now,
            )
        )
        recipient = await tx.recipient(visitor.chat_id)
        assert recipient is not None
        await tx.set_rhythm(visitor.chat_id, replace(recipient.rhythm, quiet_from=0, quiet_to=0))
    return visitor


def draft_of(message: Message) -> int:
    """The broadcast that a screen's buttons are about."""
    for data in data_of(message):
        found = unpack(data)
        if found is not None and (id := getattr(found, "id", 0)) and data.startswith("w"):
            return int(id)
    raise AssertionError(f"no draft behind {data_of(message)}")


async def broadcast(house: House, id: int) -> Broadcast:
    """A broadcast as it is stored."""
    async with house.lotse.store.read() as view:
        found = await view.broadcast(id)
    assert found is not None
    return found


async def bodies(house: House, id: int) -> Mapping[str, Body]:
    """The texts of a broadcast."""
    async with house.lotse.store.read() as view:
        return await view.bodies(id)


async def until(house: House, wanted: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what goes out by itself."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await wanted():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen"
        await asyncio.sleep(0.05)
    await house.quiet()


async def until_state(house: House, id: int, *states: State) -> Broadcast:
    """Wait until a broadcast is in one of the states and its author has heard of it.

    Nothing more comes by itself then, which a tap could be mixed up with.
    """

    async def there() -> bool:
        found = await broadcast(house, id)
        return found.state in states and found.told == found.state.value

    await until(house, there)
    return await broadcast(house, id)


def received(house: House, visitor: Visitor) -> list[Message]:
    """All that the bot ever sent to somebody, the oldest first."""
    chat = house.sandbox.chat_of(visitor.person)
    return [message for message in chat.messages.values() if message.from_bot]


async def begun(author: Visitor, topic: Topic, *, text: str = "Hallo zusammen") -> tuple[int, Message]:
    """A draft with a German text for a topic, as the dialog stores it; its id, and its overview.

    The way through the dialog is walked where it is what is tested.
    """
    house = author.house
    office, now, who = house.lotse.desk.office, house.lotse.desk.clock(), await row(house, author)
    draft = await drafting.start_draft(office, who, now)
    await drafting.set_text(office, who, draft.id, Body(locale="de", html=text), now)
    audience = replace(draft.audience, topics=frozenset({topic}))
    await drafting.set_audience(office, who, draft.id, audience, now)
    return draft.id, await author.screen(await author.say("/announce"), f"wd|{draft.id}")
