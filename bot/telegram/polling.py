"""Fetching updates from Telegram, without losing one.

The library's own polling moves the offset as soon as updates are queued in memory; what was queued
is gone after a crash. Here the offset moves when the inbox has committed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.error import BadRequest, TelegramError

from bot.domain.errors import StorageFailed, where
from bot.domain.outcomes import Outcome, Status
from bot.telegram.inbox import Full, Inbox
from bot.telegram.incoming import Me
from bot.telegram.transport import TelegramApi, classify

ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "my_chat_member",
    "channel_post",
    "pre_checkout_query",
)
"""What Lotse serves; Telegram sends nothing else. A webhook is set with the same list."""

LONG_POLL = 50
"""Seconds that Telegram may keep a question open; more is cut by its servers."""

_BATCH = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0

_log = logging.getLogger(__name__)


class WrongToken(Exception):
    """Telegram does not know the token (401, 404)."""


class SecondInstance(Exception):
    """Another process asks for the updates of the same bot, or a webhook is set (409)."""


class WebhookRefused(Exception):
    """Telegram does not accept the webhook's address."""


class Heard:
    """When Telegram was last heard; for the health page."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None

    def note(self) -> None:
        """Telegram answered, or called, just now."""
        self._last = self._clock()

    def age(self) -> float | None:
        """Seconds since then; None: never yet."""
        return None if self._last is None else self._clock() - self._last


class Pauses:
    """Growing pauses between attempts: 0.5, 1, 2 … 30 seconds."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._next = _FIRST_PAUSE

    async def wait(self, at_least: float = 0.0) -> None:
        """Wait, longer each time."""
        pause, self._next = self._next, min(_LONGEST_PAUSE, self._next * 2)
        await self._sleep(max(pause, at_least))

    def reset(self) -> None:
        """All is well again."""
        self._next = _FIRST_PAUSE


async def persist(
    api: TelegramApi,
    method: str,
    parameters: dict[str, Any],
    *,
    heard: Heard,
    pauses: Pauses | None = None,
) -> Any:
    """Call a method until Telegram answers; network trouble is waited out.

    WrongToken and SecondInstance end it, and so does a refusal (:class:`telegram.error.BadRequest`),
    because the same question would be refused again.
    """
    pauses = pauses or Pauses()
    while True:
        try:
            result = await api.call(method, parameters)
        except TelegramError as error:
            outcome = classify(error)
            _give_up(outcome)
            if outcome.status in {Status.REJECTED, Status.UNREACHABLE, Status.MIGRATED}:
                raise
            _log.warning("%s: %s, trying again", method, outcome.reason)
            await pauses.wait(outcome.retry_after)
        else:
            heard.note()
            return result


async def introduce(
    api: TelegramApi, *, heard: Heard, pauses: Pauses | None = None
) -> tuple[Me, dict[str, Any]]:
    """Who the bot is, and all that getMe says (``supports_inline_queries`` …). Waits for the network."""
    found = await persist(api, "getMe", {}, heard=heard, pauses=pauses)
    return Me(int(found["id"]), str(found.get("username", ""))), found


async def set_webhook(api: TelegramApi, url: str, secret: str, *, heard: Heard) -> None:
    """Have Telegram bring the updates to ``url``; those that wait are kept. WebhookRefused."""
    parameters = {
        "url": url,
        "secret_token": secret,
        "allowed_updates": list(ALLOWED_UPDATES),
        "max_connections": 40,
    }
    try:
        await persist(api, "setWebhook", parameters, heard=heard)
    except BadRequest as error:
        raise WebhookRefused(f"Telegram refuses LOTSE_WEBHOOK_URL: {error.message}") from error


class Polling:
    """Asks for updates, for ever. ``long_poll`` in seconds (0 to 50)."""

    def __init__(
        self,
        api: TelegramApi,
        inbox: Inbox,
        heard: Heard,
        *,
        long_poll: int = LONG_POLL,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._inbox = inbox
        self._heard = heard
        self._long_poll = long_poll
        self._pauses = Pauses(sleep)
        self._offset: int | None = None

    async def run(self) -> None:
        """Until cancelled; raises WrongToken or SecondInstance. Removes a webhook first.

        What is being stored when it is cancelled is stored; Telegram repeats it, and the inbox knows it.
        """
        await persist(self._api, "deleteWebhook", {}, heard=self._heard, pauses=self._pauses)
        self._pauses.reset()
        while True:
            await self._inbox.room()
            await self._round()

    async def _round(self) -> None:
        parameters = {
            "offset": self._offset,
            "limit": _BATCH,
            "timeout": self._long_poll,
            "allowed_updates": list(ALLOWED_UPDATES),
        }
        try:
            updates = await self._api.call("getUpdates", parameters, read_timeout=self._long_poll + 10.0)
        except TelegramError as error:
            outcome = classify(error)
            _give_up(outcome)
            _log.warning("no updates: %s", outcome.reason)
            await self._pauses.wait(outcome.retry_after)
            return
        self._heard.note()
        if not isinstance(updates, list):
            _log.warning("no updates: an answer without a list")
            await self._pauses.wait()
            return
        try:
            await self._inbox.accept(updates)
        except (StorageFailed, Full) as error:
            _log.error("updates could not be stored, they are fetched again: %s", where(error))
            await self._pauses.wait()
            return
        numbers = [number for update in updates if (number := _number(update)) is not None]
        if updates and not numbers:
            _log.warning("no updates: %d without a number", len(updates))
            await self._pauses.wait()
            return
        self._pauses.reset()
        if numbers:
            # Not the greatest: after a quiet week the numbers may begin anew at any smaller one.
            self._offset = numbers[-1] + 1


def _number(update: object) -> int | None:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else None


def _give_up(outcome: Outcome) -> None:
    if outcome.status is Status.UNAUTHORISED:
        raise WrongToken(
            "Telegram does not know this token. Copy it again from @BotFather into LOTSE_TELEGRAM_TOKEN."
        )
    if outcome.status is Status.CONFLICT:
        raise SecondInstance(
            "Another instance fetches the updates of this bot. End it, or use a token of its own here."
        )
