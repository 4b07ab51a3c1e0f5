"""The way of updates to the bot: a long-polling queue, or a webhook with ordered lanes per chat."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from .world import ApiError, Json

NOT_BY_DEFAULT = ("chat_member", "message_reaction", "message_reaction_count")
KINDS = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
]
POLL_CAP = 50


@dataclass
class Webhook:
    """Where updates are sent and with what secret."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    last_error: str = ""
    last_error_at: int = 0


class Updates:
    """Numbers updates, keeps them until they are confirmed and delivers them one way or the other.

    `first_pause` and `longest_pause` (seconds) shape the retries of a webhook: at once, then
    growing by two. `replied` is called with the body of a webhook answer that calls a method.
    """

    def __init__(
        self, *, first_pause: float = 2.0, longest_pause: float = 60.0, first_id: int = 700_000_001
    ) -> None:
        self.first_pause = first_pause
        self.longest_pause = longest_pause
        self.allowed: list[str] | None = None
        self.webhook: Webhook | None = None
        self.replied: Callable[[Json], Awaitable[None]] | None = None
        self.delivered = 0
        self._next_id = first_id
        self._pending: deque[Json] = deque()
        self._handed = 0  # how many of the first were handed out; only these can be confirmed
        self._arrived = asyncio.Event()
        self._poller: asyncio.Event | None = None
        self._lanes: dict[int, deque[Json]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(40)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def pending(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self._pending) + sum(len(lane) for lane in self._lanes.values())

    def add(self, kind: str, body: Json, chat_id: int) -> int | None:
        """Queues one update and returns its id, or None when the bot does not want this kind."""
        if not self._wanted(kind):
            return None
        number = self._next_id
        self._next_id += 1
        self._queue({"update_id": number, kind: body}, chat_id)
        return number

    def add_raw(self, update: Json) -> int:
        """Queues an update as it is; a missing `update_id` is filled in. Repeated ids are allowed."""
        filled = dict(update)
        if "update_id" not in filled:
            filled["update_id"] = self._next_id
            self._next_id += 1
        self._queue(filled, _chat_of(filled))
        return int(filled["update_id"])

    def _wanted(self, kind: str) -> bool:
        if self.allowed:
            return kind in self.allowed
        return kind not in NOT_BY_DEFAULT

    def _queue(self, update: Json, chat_id: int) -> None:
        if self.webhook is None:
            self._pending.append(update)
            self._arrived.set()
        else:
            self._enlane(update, chat_id)

    async def poll(self, offset: int, limit: int, seconds: int, allowed: Any) -> list[Json]:
        """What getUpdates answers: waits up to `seconds` (50 at most) for the first update.

        A second poller ends the first one with Telegram's 409.
        """
        if self.webhook is not None:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if isinstance(allowed, list):
            self.allowed = [str(kind) for kind in allowed if kind in KINDS] or None
        if self._poller is not None:
            self._poller.set()
        me = self._poller = asyncio.Event()
        try:
            self._confirm(offset)
            deadline = asyncio.get_running_loop().time() + min(max(seconds, 0), POLL_CAP)
            while not self._pending and not me.is_set() and not self._closed:
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await self._wait(me, left)
            if me.is_set():
                raise self._conflict()
            count = min(len(self._pending), max(1, min(limit, 100)))
            self._handed = max(self._handed, count)
            return [self._pending[index] for index in range(count)]
        finally:
            if self._poller is me:
                self._poller = None

    def _conflict(self) -> ApiError:
        if self.webhook is not None:
            return ApiError(409, "Conflict: terminated by setWebhook request")
        return ApiError(
            409,
            "Conflict: terminated by other getUpdates request; "
            "make sure that only one bot instance is running",
        )

    async def _wait(self, me: asyncio.Event, seconds: float) -> None:
        self._arrived.clear()
        waits = [asyncio.ensure_future(self._arrived.wait()), asyncio.ensure_future(me.wait())]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
                self._handed = max(0, self._handed - 1)
            return
        if offset == 0:
            return
        shown = [self._pending.popleft() for _ in range(min(self._handed, len(self._pending)))]
        kept = [update for update in shown if update["update_id"] >= offset]
        self._pending.extendleft(reversed(kept))
        self.delivered += len(shown) - len(kept)
        self._handed = len(kept)

    def set_webhook(self, webhook: Webhook | None, allowed: Any, drop: bool) -> None:
        """Switches between webhook and polling; waiting updates change sides unless dropped."""
        if isinstance(allowed, list):
            self.allowed = [str(kind) for kind in allowed if kind in KINDS] or None
        waiting = list(self._pending)
        for lane in self._lanes.values():
            waiting.extend(lane)
        waiting.sort(key=lambda update: int(update["update_id"]))
        self._pending.clear()
        self._handed = 0
        self._lanes.clear()
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.webhook = webhook
        if webhook is not None:
            self._room = asyncio.Semaphore(webhook.max_connections)
            if self._poller is not None:
                self._poller.set()
        if not drop:
            for update in waiting:
                self._queue(update, _chat_of(update))

    def _enlane(self, update: Json, chat_id: int) -> None:
        self._lanes.setdefault(chat_id, deque()).append(update)
        if chat_id not in self._tasks:
            self._tasks[chat_id] = asyncio.get_running_loop().create_task(self._run_lane(chat_id))

    async def _run_lane(self, chat_id: int) -> None:
        lane = self._lanes[chat_id]
        while lane and self.webhook is not None:
            failures = 0
            while not await self._deliver(lane[0]):
                if failures:
                    await asyncio.sleep(min(self.longest_pause, self.first_pause * 2 ** (failures - 1)))
                failures += 1
            lane.popleft()
            self.delivered += 1
        if self._lanes.get(chat_id) is lane:
            del self._lanes[chat_id]
        self._tasks.pop(chat_id, None)

    async def _deliver(self, update: Json) -> bool:
        webhook = self.webhook
        if webhook is None:
            return True
        headers = {"Content-Type": "application/json"}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
            )
        async with self._room:
            try:
                body = json.dumps(update).encode()
                async with self._session.post(webhook.url, data=body, headers=headers) as response:
                    answer = await response.read()
                    good = 200 <= response.status < 300
                    if not good:
                        webhook.last_error = (
                            f"Wrong response from the webhook: {response.status} {response.reason}"
                        )
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                good, answer = False, b""
                webhook.last_error = (
                    "Read timeout expired" if isinstance(error, TimeoutError) else "Connection refused"
                )
        if not good:
            webhook.last_error_at = int(time.time())
            return False
        if answer.startswith(b"{") and self.replied is not None:
            with suppress(ValueError):
                call = json.loads(answer)
                if "method" in call:
                    await self.replied(call)
        return True

    async def close(self) -> None:
        """Ends waiting polls and deliveries."""
        self._closed = True
        self._arrived.set()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None


def _chat_of(update: Json) -> int:
    for name, body in update.items():
        if name == "update_id" or not isinstance(body, dict):
            continue
        for holder in (body, body.get("message")):
            if isinstance(holder, dict) and isinstance(holder.get("chat"), dict):
                return int(holder["chat"].get("id", 0))
        if isinstance(body.get("from"), dict):
            return int(body["from"].get("id", 0))
    return 0
