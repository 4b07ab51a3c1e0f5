"""What the bot does of its own accord: reminders, news of saved events, and goodbyes.

Each message is sent first and marked afterwards: after a crash one may come twice, none is lost. What
fails rests before it is tried again, longer each time, so that no number of them stands before the others.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.dialog import event_card
from bot.dialog.desk import Desk
from bot.dialog.news_actions import ShowSubscriptions
from bot.dialog.reply import Button, Message, Reply
from bot.dialog.turn import ChatType, Turn
from bot.domain.directory import Event, EventStatus, Kind
from bot.domain.errors import StorageUnreachable, where
from bot.domain.locales import locale_of
from bot.domain.minutes import to_minutes
from bot.domain.outcomes import Status
from bot.domain.recipients import SILENCE_MONTHS, Notice, Recipient, Reminder
from bot.services import gaps
from bot.services.accounting import expire
from bot.services.calendar import Occurrence, occurrence_at
from bot.services.reminding import as_called_off, reconcile, settle_called_off, too_late
from bot.services.staffing import forget
from bot.telegram.messenger import TelegramMessenger
from bot.translation import translator

_log = logging.getLogger(__name__)

BATCH = 100
FAREWELL = timedelta(days=30)
"""How long before the deletion a silent chat is told."""
_SILENT_DAYS = SILENCE_MONTHS * 365 // 12
_REST, _LONGEST_REST = timedelta(minutes=1), timedelta(minutes=30)
"""How long what has failed is left alone: twice as long each time, up to the second."""
_Due = TypeVar("_Due", Reminder, Notice, Recipient)


class _Away(Exception):
    """Telegram cannot be reached: the others would fail as well."""


@dataclass(frozen=True, slots=True)
class _Rest:
    until: datetime
    pause: timedelta


class Errands:
    """Run by a ticker; each call does what is due now and returns how many messages it sent."""

    def __init__(self, desk: Desk, messenger: TelegramMessenger) -> None:
        self._desk = desk
        self._messenger = messenger
        self._reconciled: int | None = None
        self._resting: dict[tuple[str, int], _Rest] = {}
        """What has failed, by its kind and number. Only here: after a restart everything is tried again."""

    async def remind(self) -> int:
        """Send the reminders that are due.

        One whose event has begun is dropped, not sent late; so is one whose event does not take place, and
        the earlier one where the later one is due as well, after the bot has stood still.
        """
        now = self._desk.clock()
        unreadable = await self._unreadable()

        async def due(most: int) -> Sequence[Reminder]:
            async with self._desk.store.read() as view:
                return await view.due_reminders(now, most, unreadable=unreadable)

        return await self._each("reminder", now, due, partial(self._remind, now))

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

        async def due(most: int) -> Sequence[Notice]:
            async with self._desk.store.read() as view:
                return await view.due_notices(most, but=going, unreadable=unreadable)

        return await self._each("notice", now, due, partial(self._tell_change, now))

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

        async def over(most: int) -> Sequence[Recipient]:
            async with self._desk.store.read() as view:
                return await view.silent_since(told_from, most, announced_before=now - FAREWELL)

        async def silent(most: int) -> Sequence[Recipient]:
            async with self._desk.store.read() as view:
                return await view.silent_since(told_from, most)

        if await self._each("goodbye", now, over, partial(self._forget, now), everybody=True):
            await self._desk.store.scrub()
        return await self._each("farewell", now, silent, partial(self._announce, now), everybody=True)

    async def _forget(self, now: datetime, recipient: Recipient) -> bool:
        # Each in a transaction of its own: many at once would keep everybody who writes waiting.
        async with self._desk.store.begin() as tx:
            if await tx.recipient(recipient.chat_id) != recipient:
                return False  # it has just written
            await forget(tx, recipient.chat_id, now, self._desk.audit_key)
        return True

    async def _announce(self, now: datetime, recipient: Recipient) -> bool:
        if recipient.retired_at is None:
            turn = self._turn(recipient.chat_id, recipient.locale)
            if not await self._send(turn, _farewell(turn, private=recipient.chat_type == "private")):
                return False
        async with self._desk.store.begin() as tx:
            await tx.mark_announced(recipient.chat_id, now)
        return True

    async def _each(
        self,
        what: str,
        now: datetime,
        due: Callable[[int], Awaitable[Sequence[_Due]]],
        act: Callable[[_Due], Awaitable[bool]],
        *,
        everybody: bool = False,
    ) -> int:
        """Do something with the first of those that are due, or with all; for how many it came true.

        What fails with one of them keeps the others from nothing.
        """
        done = 0
        while True:
            resting = self._resting_now(what, now)
            found = await due(BATCH + len(resting))
            fresh = [one for one in found if _number(one) not in resting][:BATCH]
            for one in fresh:
                well, away = False, False
                try:
                    well = await act(one)
                except StorageUnreachable:
                    raise  # the others would fail as well
                except _Away:
                    away = True
                except Exception as error:  # noqa: BLE001 (a later round may succeed)
                    _log.error("a %s failed: %s", what, where(error))
                self._note(what, _number(one), now, well=well)
                done += well
                if away:
                    return done
            if not (everybody and fresh):
                return done

    def _note(self, what: str, number: int, now: datetime, *, well: bool) -> None:
        before = self._resting.pop((what, number), None)
        if not well:
            pause = _REST if before is None else min(2 * before.pause, _LONGEST_REST)
            self._resting[what, number] = _Rest(now + pause, pause)

    def _resting_now(self, what: str, now: datetime) -> frozenset[int]:
        """Those that have failed and are left alone. What was not tried again for long is forgotten, and what
        a clock that was ahead has put off."""
        near = {key: one for key, one in self._resting.items() if abs(one.until - now) <= _LONGEST_REST}
        self._resting = near
        return frozenset(id for (kind, id), one in near.items() if kind == what and one.until > now)

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
        """Whether it needs no further attempt: it was sent, or never can be. _Away where no other can be."""
        sent = await self._messenger.send(turn.chat_id, Reply((message,)), rtl=turn.locale.rtl, private=True)
        if sent.status is Status.UNREACHABLE:
            async with self._desk.store.begin() as tx:
                await tx.retire(turn.chat_id, turn.now)
        if sent.status is Status.NOT_SENT:
            raise _Away
        return sent.status is not Status.RATE_LIMITED


def _number(one: Reminder | Notice | Recipient) -> int:
    return one.chat_id if isinstance(one, Recipient) else one.id


def _farewell(turn: Turn, *, private: bool) -> Message:
    """That everything will be deleted, and what keeps it; in a group or channel nobody writes to the bot."""
    _ = turn.translator
    if private:
        words = _(
            "You have not written for a long time. In {days} days I will delete what is stored "
            "about this chat. To keep it, just write to me.",
            days=FAREWELL.days,
        )
        return Message((words,), replaces=False)
    words = _(
        "Nobody has used me here for a long time. In {days} days I will delete what is stored about "
        "this chat, and no more news will come here. To keep it, press the button below.",
        days=FAREWELL.days,
    )
    return Message((words,), ((Button(_("Keep it"), ShowSubscriptions()),),), replaces=False)
