"""Waiting for what the bot says, reading it, and following every change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from . import acting
from .methods import Query
from .world import Chat, Json, Message, Person, World

Found = TypeVar("Found")
Where = Person | Chat | int
"""A chat: a group, a person (the private chat with the bot) or an id."""


class Watching:
    """The observers of a world: tests that wait and pages that listen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._listeners: set[asyncio.Queue[tuple[str, Json]]] = set()
        self._waiters: set[asyncio.Event] = set()

    def chat_of(self, where: Where) -> Chat:
        """The chat of a person (private), a group or an id."""
        return self.world.chats[where if isinstance(where, int) else where.id]

    async def wait_for(
        self,
        chat: Where,
        predicate: Callable[[Message], bool],
        timeout: float = 5.0,  # noqa: ASYNC109
        *,
        since: int | None = None,
    ) -> Message:
        """The latest message of the bot (new or edited) that fulfils the predicate.

        Looks at what changed after revision `since`, by default after the last act of a person in
        this chat. TimeoutError carries the transcript.
        """
        place = self.chat_of(chat)

        def look() -> Message | None:
            for message in reversed(self._of_bot(place, since)):
                if predicate(message):
                    return message
            return None

        return await self._until(look, timeout, place, "no fitting message")

    async def answers(self, chat: Where, count: int = 1, timeout: float = 5.0) -> list[Message]:  # noqa: ASYNC109
        """What the bot sent or edited since a person's last act in this chat, once it is `count` or more."""
        place = self.chat_of(chat)

        def look() -> list[Message] | None:
            found = self._of_bot(place, None)
            return found if len(found) >= count else None

        return await self._until(look, timeout, place, f"fewer than {count} answers")

    async def answer_to(self, query: Query, timeout: float = 5.0) -> Json:  # noqa: ASYNC109
        """The answer to a button press (`text`, `show_alert`, `url`) or an inline query (`results`)."""
        return await self._until(
            lambda: query.answer, timeout, self.world.chats[query.chat_id], "query unanswered"
        )

    def _of_bot(self, chat: Chat, since: int | None) -> list[Message]:
        after = chat.acted_at_revision if since is None else since
        found = [
            message for message in chat.messages.values() if message.from_bot and message.revision > after
        ]
        return sorted(found, key=lambda message: message.revision)

    async def _until(self, look: Callable[[], Found | None], seconds: float, chat: Chat, what: str) -> Found:
        event = asyncio.Event()
        self._waiters.add(event)
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            while True:
                found = look()
                if found is not None:
                    return found
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    raise TimeoutError(f"{what} within {seconds} s\n{self.transcript(chat)}")
                event.clear()
                try:
                    await asyncio.wait_for(event.wait(), left)
                except TimeoutError:
                    continue
        finally:
            self._waiters.discard(event)

    def transcript(self, chat: Where) -> str:
        """The chat as plain text: one paragraph per message, buttons in brackets."""
        place = self.chat_of(chat)
        return "\n".join(acting.describe(self.world, message) for message in place.messages.values())

    def listen(self) -> asyncio.Queue[tuple[str, Json]]:
        """A queue of all changes for the page; give it back with `unlisten`."""
        queue: asyncio.Queue[tuple[str, Json]] = asyncio.Queue(maxsize=5000)
        self._listeners.add(queue)
        return queue

    def unlisten(self, queue: asyncio.Queue[tuple[str, Json]]) -> None:
        """Ends a subscription."""
        self._listeners.discard(queue)

    def changed(self, kind: str, payload: Json) -> None:
        """Tells everybody who waits or listens that something happened."""
        for event in self._waiters:
            event.set()
        for queue in list(self._listeners):
            if queue.full():
                self._listeners.discard(queue)
            else:
                queue.put_nowait((kind, payload))
