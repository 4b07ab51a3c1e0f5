"""What the bot does of its own accord: reminders, news of saved events, and goodbyes.

Each message is sent first and marked afterwards: after a crash one may come twice, none is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.dialog import event_card
from bot.dialog.desk import Desk
from bot.dialog.privacy import SILENCE_MONTHS
from bot.dialog.reply import Message, Reply
from bot.dialog.turn import ChatType, Turn
from bot.domain.directory import Event, EventStatus, Kind
from bot.domain.errors import StorageUnreachable, where
from bot.domain.locales import locale_of
from bot.domain.minutes import to_minutes
from bot.domain.recipients import Notice, Recipient, Reminder
from bot.services import gaps
from bot.services.accounting import expire
from bot.services.calendar import Occurrence, occurrence_at
from bot.services.reminding import as_called_off, reconcile, settle_called_off, too_late
from bot.services.staffing import forget
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.transport import Status
from bot.translation import translator

_log = logging.getLogger(__name__)

BATCH = 100
FAREWELL = timedelta(days=30)
"""How long before the deletion a silent chat is told."""
_SILENT_DAYS = SILENCE_MONTHS * 365 // 12
_Due = TypeVar("_Due")


class Errands:
    """Run by a ticker; each call does what is due now and returns how many messages it sent."""

    def __init__(self, desk: Desk, messenger: TelegramMessenger) -> None:
        self._desk = desk
        self._messenger = messenger
        self._reconciled: int | None = None

    async def remind(self) -> int:
        """Send the reminders that are due.

        One whose event has begun is dropped, not sent late; so is one whose event does not take place, and
        the earlier one where the later one is due as well, after the bot has stood still.
        """
        now = self._desk.clock()
        unreadable = await self._unreadable()
        async with self._desk.store.read() as view:
            due = await view.due_reminders(now, BATCH, unreadable=unreadable)
        return len(await self._each("reminder", due, partial(self._remind, now)))

    async def _remind(self, now: datetime, reminder: Reminder) -> bool:
        if reminder.occurrence > now and reminder.event_id in await self._unreadable():
            return False  # it waits until its event can be read again, or has begun
        occurrence = await self._occurrence(reminder)
        sent, done = False, True
        if occurrence is not None and occurrence.status is EventStatus.CANCELLED:
            occurrence = None
        if (
            occurrence is not None
            and not too_late(reminder.kind, occurrence, now)
            and await self._still_wanted(reminder)
        ):
            turn = self._turn(reminder.chat_id, reminder.locale)
            sent = done = await self._send(turn, event_card.reminder_message(turn, occurrence))
        if done:
            async with self._desk.store.begin() as tx:
                await tx.mark_reminded((reminder.id,), now)
        return sent

    async def tell_changes(self) -> int:
        """Tell those who saved a date, and have not removed it since, that it is cancelled or moved."""
        now = self._desk.clock()
        holdings = await self._desk.shelf.holdings()
        if self._reconciled != holdings.version:
            await reconcile(self._desk.store, holdings.directory, self._desk.zone, now, holdings.unreadable)
            self._reconciled = holdings.version
        # To some the office's announcement is on its way.
        going = await settle_called_off(self._desk.store, now)
        unreadable = await self._unreadable()
        async with self._desk.store.read() as view:
            due = await view.due_notices(BATCH, but=going, unreadable=unreadable)
        return len(await self._each("notice", due, partial(self._tell_change, now)))

    async def _tell_change(self, now: datetime, notice: Notice) -> bool:
        if notice.event_id in await self._unreadable():
            return False
        wanted = await self._still_wanted(notice)
        if wanted:
            turn = self._turn(notice.chat_id, notice.locale)
            occurrence = await self._occurrence(notice)
            if occurrence is not None:
                again = notice.moved_to == notice.occurrence
                message = event_card.change_message(turn, occurrence, again=again)
            else:
                message = event_card.vanished_message(turn, notice.occurrence)
            if not await self._send(turn, message):
                return False
        # One that nobody wants any more would stand before all others for ever.
        async with self._desk.store.begin() as tx:
            await tx.mark_noticed((notice.id,), now)
        return wanted

    async def expire(self, days: int) -> int:
        """Let go of the texts and recipients of broadcasts that were over so many days ago; how many.

        Also of what people did not find, when its time is over.
        """
        now = self._desk.clock()
        await gaps.erase(self._desk.store, self._desk.today(now))
        return await expire(self._desk.store, now, days)

    async def say_goodbye(self) -> int:
        """Tell chats silent for 23 months that their data will go; delete those told a month ago."""
        now = self._desk.clock()
        told_from = self._desk.today(now) - timedelta(days=_SILENT_DAYS) + FAREWELL
        deleted, more = 0, True
        while more:
            async with self._desk.store.read() as view:
                over = await view.silent_since(told_from, BATCH, announced_before=now - FAREWELL)
            gone = len(await self._each("goodbye", over, partial(self._forget, now)))
            deleted, more = deleted + gone, gone == BATCH
        if deleted:
            await self._desk.store.scrub()
        told = 0
        while True:
            async with self._desk.store.read() as view:
                silent = await view.silent_since(told_from, BATCH)
            done = await self._each("farewell", silent, self._announce)
            async with self._desk.store.begin() as tx:
                for recipient in done:
                    await tx.mark_announced(recipient.chat_id, now)
            told += len(done)
            # Whom Telegram did not let us tell is told at the next round.
            if len(done) < BATCH:
                return told

    async def _forget(self, now: datetime, recipient: Recipient) -> bool:
        # Each in a transaction of its own: many at once would keep everybody who writes waiting.
        async with self._desk.store.begin() as tx:
            if await tx.recipient(recipient.chat_id) != recipient:
                return False  # it has just written
            await forget(tx, recipient.chat_id, now, self._desk.audit_key)
        return True

    async def _announce(self, recipient: Recipient) -> bool:
        if recipient.retired_at is not None:
            return True
        turn = self._turn(recipient.chat_id, recipient.locale)
        words = turn.translator(
            "You have not written for a long time. In {days} days I will delete what is stored "
            "about this chat. To keep it, just write to me.",
            days=FAREWELL.days,
        )
        return await self._send(turn, Message((words,), replaces=False))

    async def _each(
        self, what: str, due: Iterable[_Due], act: Callable[[_Due], Awaitable[bool]]
    ) -> list[_Due]:
        """Those of which the act comes true. What fails with one of them keeps the others from nothing."""
        done = []
        for one in due:
            try:
                if await act(one):
                    done.append(one)
            except StorageUnreachable:
                raise  # the others would fail as well
            except Exception as error:  # noqa: BLE001 (the next round may succeed)
                _log.error("a %s failed: %s", what, where(error))
        return done

    async def _still_wanted(self, due: Reminder | Notice) -> bool:
        """Whether the date is still saved: under a flood the round may take minutes, and people leave."""
        starts = {due.occurrence, due.moved_to if isinstance(due, Notice) else None}
        async with self._desk.store.read() as view:
            saved = await view.saved_events(due.chat_id)
        return any(one.event_id == due.event_id and one.occurrence in starts for one in saved)

    async def _unreadable(self) -> frozenset[str]:
        """Events of which nothing can be said until they can be read again."""
        found = (await self._desk.shelf.holdings()).unreadable
        prefix = f"{Kind.EVENT}/"
        return frozenset(one.removeprefix(prefix) for one in found if one.startswith(prefix))

    async def _occurrence(self, due: Reminder | Notice) -> Occurrence | None:
        holdings = await self._desk.shelf.holdings()
        event = holdings.directory.get(Kind.EVENT, due.event_id)
        starts = due.moved_to if isinstance(due, Notice) and due.moved_to else due.occurrence
        if not isinstance(event, Event):
            return None
        found = occurrence_at(event, to_minutes(starts), self._desk.zone)
        if found is None:
            return None
        (shown,) = await as_called_off(self._desk.store, (found,), self._desk.clock())
        return shown

    def _turn(self, chat_id: int, code: str) -> Turn:
        locale = locale_of(code)
        return Turn(chat_id, ChatType.PRIVATE, locale, translator(locale), self._desk.clock(), self._desk)

    async def _send(self, turn: Turn, message: Message) -> bool:
        """Whether it needs no further attempt: it was sent, or never can be."""
        sent = await self._messenger.send(turn.chat_id, Reply((message,)), rtl=turn.locale.rtl, private=True)
        if sent.status is Status.UNREACHABLE:
            async with self._desk.store.begin() as tx:
                await tx.retire(turn.chat_id, turn.now)
        return sent.status not in (Status.NOT_SENT, Status.RATE_LIMITED)
