"""The one way from an update to its answer.

Every update goes it (:meth:`Routes.handle`): load the recipient, choose the locale, make a Turn, look
for danger, call the endpoint (``endpoints.py``), send the Reply. There are no layers of handlers.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

from bot.dialog import (
    actions,
    announce,
    asking,
    attachments,
    campaigns,
    emergency,
    gaps,
    groups,
    guide,
    inline,
    inviting,
    office_actions,
    organisations,
    privacy,
    rhythm,
    staff,
)
from bot.dialog.callback import unpack
from bot.dialog.desk import Desk
from bot.dialog.reply import SILENCE, Message, Reply
from bot.dialog.turn import ChatType, Location, Turn
from bot.domain.errors import DomainError, StorageFailed, StorageUnreachable
from bot.domain.locales import negotiate
from bot.domain.outcomes import Status
from bot.domain.recipients import Recipient
from bot.domain.staff import NotAllowed
from bot.storage.group import Batcher
from bot.telegram.endpoints import ACTIONS, COMMANDS, OPEN_COMMANDS
from bot.telegram.incoming import Incoming, Kind
from bot.telegram.lanes import Postponed
from bot.telegram.menus import chat_commands
from bot.telegram.messenger import Sent, TelegramMessenger
from bot.telegram.profile import clear_chat_menu, set_chat_menu
from bot.telegram.transport import TelegramApi
from bot.translation import translator

_log = logging.getLogger(__name__)

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A deep link's payload (Bot API, deep linking)."""
_DATABASE_PAUSE = 2.0
"""Seconds after which an update is tried again that the database did not let us answer."""
_ALBUMS = 200
"""How many albums are remembered, so that each gets one answer."""
_HERE = frozenset({"member", "administrator"})
_ABSENT = frozenset({"left", "kicked"})


class Routes:
    """Answers updates: the ``handle`` of the inbox. ``working`` is entered around each: broadcasts stand
    back meanwhile."""

    def __init__(
        self,
        desk: Desk,
        messenger: TelegramMessenger,
        api: TelegramApi,
        *,
        working: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._desk = desk
        self._working = working
        self._messenger = messenger
        self._api = api
        self._albums: dict[str, int] = {}
        """The update whose answer was for its whole album."""
        # When many write at once, their recipients are read together: one way to the database for all.
        self._recipients: Batcher[int, Recipient | None] = Batcher(self._read)

    async def handle(self, update: Incoming) -> None:
        """Answer one update. Raises Postponed when Telegram or the database cannot be reached just now."""
        try:
            with self._working():
                await self._handle(update)
        except StorageUnreachable as error:
            raise _waits(update, error) from error

    async def _handle(self, update: Incoming) -> None:
        turn = await self._turn(update)
        match update.kind:
            case Kind.INLINE:
                cards = await inline.search(turn)
                await self._messenger.answer_inline(
                    update.query_id or "", cards, rtl=turn.locale.rtl, otherwise=inline.otherwise(turn)
                )
            case Kind.MEMBER:
                await self._member(turn, update)
            case Kind.MIGRATED:
                if update.new_chat_id is not None:
                    async with self._desk.store.begin() as tx:
                        await tx.migrate_chat(update.chat_id, update.new_chat_id)
            case Kind.PAYMENT:
                reason = turn.translator("Everything here is free of charge. Please do not send money.")
                await self._messenger.decline_payment(update.query_id or "", reason)
            case _:
                await self._answer(turn, update)

    def urgent(self, text: str) -> bool:
        """Whether a text must be answered however many others wait."""
        return self._desk.answering.alarm(text, None) is not None

    async def apologise(self, update: Incoming) -> None:
        """What a person gets when an answer failed: one sentence, and what to do."""
        turn = await self._turn(update)
        words = turn.translator("Something went wrong on our side. Please try again, or use /start.")
        if update.query_id and update.kind is Kind.CALLBACK:
            await self._messenger.answer_callback(update.query_id, rtl=turn.locale.rtl)
        if update.kind in (Kind.MESSAGE, Kind.CALLBACK):
            await self._messenger.send(
                update.chat_id, Reply.of(words, replaces=False), rtl=turn.locale.rtl, private=turn.private
            )

    async def _turn(self, update: Incoming) -> Turn:
        recipient = await self._recipient(update.chat_id)
        own = recipient.locale if recipient is not None else None
        locale = negotiate((own, update.hint))
        location = Location(*update.location) if update.location is not None else None
        return Turn(
            chat_id=update.chat_id,
            chat_type=ChatType(update.chat_type),
            locale=locale,
            translator=translator(locale),
            now=self._desk.clock(),
            desk=self._desk,
            recipient=recipient,
            hint=update.hint,
            text=update.text,
            arguments=update.arguments,
            action=unpack(update.data),
            location=location,
            attachment=update.attachment,
            forwarded=update.forwarded,
            replied=update.replied,
            administers=partial(self._administers, update),
            message_id=update.message_id,
            update_id=update.update_id,
            album=update.album,
            entities=update.entities,
            file=update.file,
            written=update.written,
        )

    async def _administers(self, update: Incoming) -> bool:
        """Whether who did this administers the group or channel. Postponed when Telegram cannot say."""
        if update.anonymous or update.sender is None:
            return update.anonymous
        found = await self._messenger.is_admin(update.chat_id, update.sender)
        if found is None:
            raise Postponed(0)
        return found

    async def _recipient(self, chat_id: int) -> Recipient | None:
        try:
            return await self._recipients.put(chat_id)
        except StorageFailed:
            # Without the database an emergency is answered all the same; what needs it fails later.
            return None

    async def _touch(self, turn: Turn) -> None:
        """Note the day on which a recipient was last here, once a day."""
        today = self._desk.today(turn.now)
        if turn.recipient is not None and turn.recipient.seen_on != today:
            async with self._desk.store.begin() as tx:
                await tx.touch(turn.chat_id, today)

    async def _read(self, chat_ids: Sequence[int]) -> list[Recipient | None]:
        async with self._desk.store.read() as view:
            found = await view.recipients(chat_ids)
        return [found.get(chat_id) for chat_id in chat_ids]

    async def _answer(self, turn: Turn, update: Incoming) -> None:
        try:
            reply = await self._reply(turn, update)
        except NotAllowed as error:
            reply = staff.refused(turn, error)
        except DomainError:
            _log.warning("update %d asked for what cannot be done", update.update_id)
            reply = Reply.of(
                turn.translator("This is not possible. Use /start for the menu."), replaces=False
            )
        after = turn
        if isinstance(turn.action, actions.ChooseLanguage) or turn.arguments.startswith("lang-"):
            after = await self._turn(update)
        if update.skipped:
            words = after.translator("Many messages came at once. I answer the last one.")
            reply = replace(reply, messages=(*reply.messages, Message((words,), replaces=False)))
        if update.kind is Kind.CALLBACK and update.query_id:
            sent, _ = await asyncio.gather(
                self._send(after, update, reply),
                self._messenger.answer_callback(update.query_id, reply.toast, rtl=after.locale.rtl),
            )
        else:
            sent = await self._send(after, update, reply)
        became = isinstance(turn.action, office_actions.AcceptInvitation | office_actions.RevokeContact)
        try:
            await self._take_note(sent, update)
            if not reply.urgent:
                await self._touch(turn)
            if after.private and (after is not turn or (became and turn.recipient is not None)):
                menu = await chat_commands(self._desk, update.chat_id, after.locale)
                await set_chat_menu(self._api, update.chat_id, menu)
            elif turn.private and _forgets(update, turn) and not _asks_first(reply):
                await clear_chat_menu(self._api, update.chat_id)
        except StorageUnreachable as error:
            raise _waits(update, error, len(sent.message_ids)) from error

    async def _reply(self, turn: Turn, update: Incoming) -> Reply:
        # "/help" is no cry for help, nor is a deep link's payload; what is written after a command may be.
        words = turn.text if update.command is None else turn.arguments
        if update.command == "start" and _PAYLOAD.fullmatch(words):
            words = ""
        alarm = self._desk.answering.alarm(words, turn.locale.code) if words else None
        if alarm is not None and groups.is_no_cry(turn, words, alarm):
            alarm = None
        if turn.private and turn.chat_id in self._desk.staff_chats:
            try:
                expected = await self._expected(turn, update)
            except StorageFailed:
                if alarm is None:
                    raise  # it may be for an announcement: it is no question, and not lost
                expected = None  # a cry for help is answered without the database
            if expected is not None:
                return expected
        if alarm is not None:
            return await emergency.card(turn, alarm) if turn.private else groups.in_danger(turn)
        if update.kind is Kind.CALLBACK or update.command is not None:
            self._desk.threads.leave(turn.chat_id, turn.now)
        if update.kind is Kind.CALLBACK:
            return await self._pressed(turn)
        if update.command is not None:
            if not turn.private and update.command not in COMMANDS:
                return SILENCE  # another bot's
            if not turn.private and update.command not in OPEN_COMMANDS:
                return await groups.started(turn, update.command)
            return await COMMANDS.get(update.command, guide.menu)(turn)
        if turn.location is not None:
            return await organisations.near(turn) if turn.private else groups.private_only(turn)
        if turn.attachment is not None:
            if self._answered_with_another(update):
                return SILENCE  # the pictures of an album come one by one; one answer is enough for all
            self._answers_for_all(update)
        captioned = turn.text and turn.attachment not in ("voice", "payment", "photo", "document")
        if turn.attachment is not None and not captioned:
            return await attachments.answer(turn)
        for take in (
            rhythm.mute_written,
            rhythm.quiet_written,
            campaigns.days_written,
            inviting.search,
            gaps.search,
        ):
            if (reply := await take(turn)) is not None:
                return reply
        return await asking.ask(turn)

    async def _pressed(self, turn: Turn) -> Reply:
        if not turn.private and not await groups.may_press(turn):
            return await groups.in_place(turn, groups.private_only(turn))
        press = ACTIONS.get(type(turn.action)) if turn.action is not None else None
        reply = await (press(turn, turn.action) if press else guide.menu(turn))
        return reply if turn.private else await groups.in_place(turn, reply)

    async def _expected(self, turn: Turn, update: Incoming) -> Reply | None:
        """The answer to what an announcement's author sends for it; None when it is no such thing."""
        if update.kind is Kind.CALLBACK or update.command is not None:
            await announce.leave(turn)
            return None
        if self._answered_with_another(update):
            return SILENCE
        reply = await announce.receive(turn)
        if reply is not None:
            self._answers_for_all(update)
        return reply

    def _answered_with_another(self, update: Incoming) -> bool:
        """Whether another picture of its album got the answer. The same one, offered again, gets it again."""
        return self._albums.get(update.album or "", update.update_id) != update.update_id

    def _answers_for_all(self, update: Incoming) -> None:
        if update.album:
            self._albums[update.album] = update.update_id
        while len(self._albums) > _ALBUMS:
            self._albums.pop(next(iter(self._albums)))

    async def _send(self, turn: Turn, update: Incoming, reply: Reply) -> Sent:
        return await self._messenger.send(
            update.chat_id,
            reply,
            rtl=turn.locale.rtl,
            private=turn.private,
            edit_message_id=update.message_id if update.kind is Kind.CALLBACK else None,
            reply_to=update.message_id if not turn.private and update.kind is Kind.MESSAGE else None,
            arrived=update.arrived,
        )

    async def _take_note(self, sent: Sent, update: Incoming) -> None:
        """What the outcome says about the chat: it moved, it blocked the bot, it must be tried again."""
        if sent.moved:
            async with self._desk.store.begin() as tx:
                await tx.migrate_chat(update.chat_id, sent.chat_id)
        if sent.status is Status.UNREACHABLE:
            async with self._desk.store.begin() as tx:
                await tx.retire(sent.chat_id, self._desk.clock())
        elif sent.status in (Status.NOT_SENT, Status.RATE_LIMITED):
            raise Postponed(sent.outcome.retry_after, len(sent.message_ids))
        elif sent.status is not Status.SENT:
            _log.warning("the answer to update %d: %s", update.update_id, sent.outcome.reason)

    async def _member(self, turn: Turn, update: Incoming) -> None:
        """The bot was blocked, unblocked, added to a group or removed from one."""
        if update.member in _ABSENT:
            async with self._desk.store.begin() as tx:
                await tx.retire(update.chat_id, turn.now)
            return
        if turn.private or update.member in _HERE:
            async with self._desk.store.begin() as tx:
                await tx.revive(update.chat_id)
        if turn.chat_type is ChatType.GROUP and update.member in _HERE and update.was in (*_ABSENT, None):
            reply = await groups.introduce(turn)
            await self._send(turn, update, reply)


def _waits(update: Incoming, error: StorageUnreachable, arrived: int = 0) -> Postponed:
    _log.error("update %d waits for the database: %s", update.update_id, error)
    return Postponed(_DATABASE_PAUSE, arrived)


def _asks_first(reply: Reply) -> bool:
    """Whether nothing is forgotten yet: who has a role is asked before."""
    buttons = (button for message in reply.messages for row in message.buttons for button in row)
    return any(isinstance(button.action, actions.Forget) and button.action.sure for button in buttons)


def _forgets(update: Incoming, turn: Turn) -> bool:
    return isinstance(turn.action, actions.Forget) or COMMANDS.get(update.command or "") is privacy.forget
