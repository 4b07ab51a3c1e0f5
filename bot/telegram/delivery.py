"""The lane of broadcasts: what the sender has in hand, rendered once for all and put into chats."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.dialog import notices as pages
from bot.dialog.notices import notice, withdrawn
from bot.dialog.reply import Message, Text
from bot.domain.broadcast import Body, Broadcast
from bot.domain.errors import StorageFailed, StorageUnreachable
from bot.domain.locales import Locale, locale_of
from bot.domain.outcomes import TOO_LONG, Outcome, Status
from bot.services.jobs import Job
from bot.telegram.bulk import BulkLane
from bot.telegram.rendering import changes, parameters

_KEPT = 500
"""Rendered bodies in memory: twelve languages, private and group, of twenty broadcasts."""
_LONGEST = 0.5
"""Seconds that a date may take to be read between the look at the lease and the sending."""
_TOO_LONG = Outcome(Status.REJECTED, reason=TOO_LONG)
_NOT_YET = Outcome(Status.NOT_SENT, reason="the date of its event cannot be read at this moment")


class TelegramLane:
    """Delivers the sender's jobs over a :class:`BulkLane`.

    ``username`` is the bot's, for links to the private chat; ``card`` says when and where the event of a
    message is. ``paid``: ask Telegram for its paid rate (Bot API, ``allow_paid_broadcast``).
    """

    def __init__(
        self,
        bulk: BulkLane,
        *,
        username: str,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
        card: Callable[[Broadcast, Body, Locale], Awaitable[Text]] | None = None,
        paid: bool = False,
    ) -> None:
        self._bulk = bulk
        self._username = username
        self._zone = zone
        self._clock = clock
        self._card = card
        self._paid = paid
        self._rendered: dict[tuple[object, ...], tuple[str, bytes]] = {}

    async def deliver(self, job: Job) -> Outcome:
        """Send a notice, or several as a digest."""
        locale = locale_of(job.locale)
        try:
            if len(job.notices) > 1:
                method, body = self._prepared(
                    self._digest(job.notices, locale, group=job.group), locale, group=job.group
                )
            else:
                method, body = await self._notice(*job.notices[0], locale, group=job.group)
        except ValueError:
            return _TOO_LONG
        except StorageFailed:
            return _NOT_YET
        return await self._bulk.send(job.chat_id, method, body)

    async def change(
        self,
        chat_id: int,
        message_id: int,
        locale: str,
        notices: Sequence[tuple[Broadcast, Body]],
        *,
        digest: bool,
    ) -> Outcome:
        """Make an older message say what these notices say now. A digest of which one is left stays one."""
        reader = locale_of(locale)
        group = chat_id < 0  # Bot API: only people have positive ids
        if digest:
            message = self._digest(notices, reader, group=group)
        else:
            try:
                card = await self._card_of(*notices[0], reader)
            except StorageFailed:
                return _NOT_YET
            message = notice(*notices[0], reader, card=card, public=self._public(group))
        return await self._change(chat_id, message_id, message, reader)

    async def withdraw(
        self, chat_id: int, message_id: int, locale: str, *, media: bool, old: bool
    ) -> Outcome:
        """Delete a message, or say in its place that it was withdrawn."""
        if not old:
            outcome = await self._bulk.send(chat_id, "deleteMessage", b"{}", message_id=message_id)
            if outcome.status is not Status.REJECTED:
                return outcome
        reader = locale_of(locale)
        message = withdrawn(reader)
        if media:  # the picture stays; only what stands under it can be changed
            _, found = changes(message, rtl=reader.rtl)
            body = {"caption": found["text"], "parse_mode": "HTML"}
            return await self._bulk.send(chat_id, "editMessageCaption", _json(body), message_id=message_id)
        return await self._change(chat_id, message_id, message, reader)

    async def _change(self, chat_id: int, message_id: int, message: Message, locale: Locale) -> Outcome:
        try:
            method, found = changes(message, rtl=locale.rtl)
        except ValueError:
            return _TOO_LONG
        return await self._bulk.send(chat_id, method, _json(found), message_id=message_id)

    async def _notice(
        self, broadcast: Broadcast, body: Body, locale: Locale, *, group: bool
    ) -> tuple[str, bytes]:
        """Method and body, made once for all readers of a language."""
        card = await self._card_of(broadcast, body, locale)
        key = (broadcast.id, body.locale, body.revision, body.html, body.state, locale.code, group, card)
        found = self._rendered.get(key)
        if found is None:
            while len(self._rendered) >= _KEPT:
                del self._rendered[next(iter(self._rendered))]
            message = notice(broadcast, body, locale, card=card, public=self._public(group))
            found = self._prepared(message, locale, group=group)
            self._rendered[key] = found
        return found

    async def _card_of(self, broadcast: Broadcast, body: Body, locale: Locale) -> Text:
        """The date and place of a message's event, as they are at this moment.

        StorageUnreachable where that took so long that the right to send, looked at before, may have gone:
        the next try finds it ready.
        """
        if self._card is None:
            return ()
        began = time.monotonic()
        card = await self._card(broadcast, body, locale)
        if time.monotonic() - began > _LONGEST:
            raise StorageUnreachable("an event's date took too long")
        return card

    def _prepared(self, message: Message, locale: Locale, *, group: bool) -> tuple[str, bytes]:
        method, found = parameters(message, rtl=locale.rtl, private=not group)
        if self._paid:
            found["allow_paid_broadcast"] = True
        return method, _json(found)

    def _digest(self, notices: Sequence[tuple[Broadcast, Body]], locale: Locale, *, group: bool) -> Message:
        today = self._clock().astimezone(self._zone).date()
        return pages.digest(notices, locale, today, public=self._public(group))

    def _public(self, group: bool) -> str:
        """The bot's name, where buttons lead to the private chat."""
        return self._username if group else ""


def _json(parameters: dict[str, Any]) -> bytes:
    return json.dumps(parameters, separators=(",", ":")).encode()
