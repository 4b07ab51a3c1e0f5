"""Tells the author of a broadcast how it goes: one message, edited; and each new state once.

Nothing here is needed for sending: what it last said is in the database (``progress``, ``told``), and
after a restart it goes on with the same message.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.dialog.announce_correcting import waiting
from bot.dialog.announce_draft import Draft
from bot.dialog.announce_release import review_message
from bot.dialog.desk import Desk
from bot.dialog.progress import edits_message, news_message, progress_message
from bot.dialog.reply import Message, Reply
from bot.dialog.turn import ChatType, Turn
from bot.domain.audit import Act
from bot.domain.broadcast import Broadcast, Edit, State
from bot.domain.errors import StorageUnreachable, where
from bot.domain.locales import locale_of
from bot.domain.outcomes import Status
from bot.domain.staff import ROLE_REMOVED, Role, Staff
from bot.services import accounting
from bot.services.accounting import Account
from bot.services.drafting import measure
from bot.services.releasing import BY_AUTHOR
from bot.services.scheduling import TOO_LATE
from bot.telegram.messenger import Sent, TelegramMessenger
from bot.translation import translator

_log = logging.getLogger(__name__)

PAUSE = 3.0
"""Seconds between two edits of one progress message at least."""
SHARE = 50
"""A count that took some time is followed by that many times as long without one."""
_GOING_ON = (State.SENDING, State.PAUSED)
_PLANNED = (State.REVIEW, State.SCHEDULED, State.TEMPLATE)
_OVER = (State.SENT, State.MISSED, State.CANCELLED, State.WITHDRAWN)
_FOR_ADMINS = (State.PAUSED, State.MISSED, State.REVIEW)
_LATER = frozenset({Status.NOT_SENT, Status.RATE_LIMITED})


@dataclass
class _Watched:
    """What is remembered of one broadcast between rounds. Times are of this process's own clock."""

    not_before: float = 0.0
    counted_at: float | None = None
    done: int = 0
    rate: float | None = None
    shown: Message | None = None
    editing: bool = False
    """A correction was on its way when it was last looked at."""


class Reporter:
    """Run by a ticker, in the process that sends; each round tells what is new."""

    def __init__(
        self,
        desk: Desk,
        messenger: TelegramMessenger,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._messenger = messenger
        self._monotonic = monotonic
        self._watched: dict[int, _Watched] = {}
        self._since = desk.clock()
        self._closed: set[int] = set()
        """The corrections and withdrawals whose end was told."""

    async def report(self) -> int:
        """One round; returns how many messages were sent or changed."""
        async with self._desk.store.read() as view:
            broadcasts = {one.id: one for one in await view.broadcasts(_GOING_ON)}
            broadcasts |= {one.id: one for one in await view.untold_broadcasts((*_PLANNED, *_OVER))}
            returned = await view.untold_broadcasts((State.DRAFT,))
            # Of a draft that was never out of its author's hands nothing was ever told.
            broadcasts |= {one.id: one for one in returned if one.told}
            edits = {edit.broadcast_id for edit in await view.open_edits()}
            finished = [
                one
                for one in await view.finished_edits(self._since)
                if one.id not in self._closed and one.broadcast_id not in edits
            ]
            for one in finished:  # it may have been too quick to be seen on its way
                self._watched.setdefault(one.broadcast_id, _Watched()).editing = True
            for id in edits | {id for id, watched in self._watched.items() if watched.editing}:
                if id not in broadcasts and (found := await view.broadcast(id)) is not None:
                    broadcasts[id] = found
        told = 0
        for broadcast in broadcasts.values():
            try:
                told += await self._tell(broadcast, correcting=broadcast.id in edits)
                told += await self._close(broadcast, [e for e in finished if e.broadcast_id == broadcast.id])
            except StorageUnreachable:
                raise  # the others would fail as well
            except Exception as error:  # noqa: BLE001 (the others go on; the next round may succeed)
                _log.error("a report of broadcast %d failed: %s", broadcast.id, where(error))
        for id in [id for id in self._watched if id not in broadcasts]:
            del self._watched[id]
        return told

    async def _tell(self, broadcast: Broadcast, *, correcting: bool) -> int:
        watched = self._watched.setdefault(broadcast.id, _Watched())
        new = broadcast.told != broadcast.state.value
        moves = broadcast.state is State.SENDING or correcting or watched.editing or watched.shown is None
        early = self._monotonic() < watched.not_before and watched.editing == correcting
        if not new and (early or not moves):
            return 0
        watched.editing = correcting
        account = await self._count(broadcast, watched)
        told = await self._show(broadcast, watched, account)
        if new:
            told += await self._announce(broadcast, account)
        return told

    async def _count(self, broadcast: Broadcast, watched: _Watched) -> Account:
        began = self._monotonic()
        async with self._desk.store.read() as view:
            account = await accounting.count(view, broadcast.id)
        now = self._monotonic()
        watched.not_before = now + max(PAUSE, SHARE * (now - began))
        done = account.tally.total - account.tally.open
        if watched.counted_at is not None and now > watched.counted_at:
            watched.rate = max(0, done - watched.done) / (now - watched.counted_at)
        watched.counted_at, watched.done = now, done
        return replace(account, rate=watched.rate)

    # The message that is edited ---------------------------------------------------------------

    async def _show(self, broadcast: Broadcast, watched: _Watched, account: Account) -> int:
        """Bring the progress message up to date; 1 when it changed."""
        if broadcast.launched_at is None:
            return 0
        chat_id = await self._author(broadcast)
        turn = None if chat_id is None else await self._turn(chat_id)
        if turn is None:
            return 0
        message = progress_message(turn, broadcast, account, may=await self._may(turn, broadcast))
        if message == watched.shown:
            return 0
        shown = broadcast.progress if broadcast.progress and broadcast.progress[0] == chat_id else None
        before = None if shown is None else shown[1]
        sent = await self._send(turn, message, edit=before)
        if sent.status in _LATER:
            return 0
        watched.shown = message
        if sent.message_ids and sent.message_ids[-1] != before:
            async with self._desk.store.begin() as tx:
                await tx.show_progress(broadcast.id, turn.chat_id, sent.message_ids[-1])
        return 1

    # The news that is told once ---------------------------------------------------------------

    async def _announce(self, broadcast: Broadcast, account: Account) -> int:
        """Tell a new state; it is marked once everybody who can be reached has it."""
        asked: list[int] = []
        if broadcast.state is State.REVIEW and not await self._ask_release(broadcast, asked):
            return len(asked)
        chats: dict[int, None] = {}
        if (author := await self._author(broadcast)) is not None:
            chats[author] = None
        # Who lost a role is told of by the staff's log.
        if broadcast.state in _FOR_ADMINS and broadcast.pause_reason not in ("", ROLE_REMOVED):
            chats.update(dict.fromkeys(await self._admins()))
        if broadcast.state is State.PAUSED and broadcast.pause_reason == BY_AUTHOR:
            chats.update({one.chat_id: None for one in await self._releasers(broadcast) if one.chat_id})
        if broadcast.state is State.DRAFT and broadcast.pause_reason == TOO_LATE:
            chats.update({one.chat_id: None for one in await self._releasers(broadcast) if one.chat_id})
        told = len(asked)
        for chat_id in (one for one in chats if one not in asked):
            turn = await self._turn(chat_id)
            if turn is None:
                continue
            may = await self._may(turn, broadcast)
            message = news_message(turn, broadcast, account, may=may)
            if message is None:
                continue
            if (await self._send(turn, message)).status in _LATER:
                return told  # the next round begins anew: rather twice than never
            told += 1
        await self._mark(broadcast)
        return told

    async def _close(self, broadcast: Broadcast, edits: list[Edit]) -> int:
        """Tell who ordered corrections, or a withdrawal, that they are through; 1 when it was told."""
        if not edits:
            return 0
        async with self._desk.store.read() as view:
            done = await view.audit_of(broadcast.id, (Act.CORRECT, Act.WITHDRAW, Act.OVERRIDE))
            last = next((one.staff_id for one in reversed(done) if one.staff_id is not None), None)
            member = None if last is None else await view.staff_member(last)
        chat_id = member.chat_id if member is not None and member.removed_at is None else None
        turn = None if chat_id is None else await self._turn(chat_id)
        if (
            turn is not None
            and (await self._send(turn, edits_message(turn, broadcast, edits))).status in _LATER
        ):
            return 0
        self._closed.update(one.id for one in edits)
        return int(turn is not None)

    async def _ask_release(self, broadcast: Broadcast, asked: list[int]) -> bool:
        """Ask everybody who may release it, but those who wrote it; False to begin anew in the next round."""
        for member in await self._releasers(broadcast):
            turn = None if member.chat_id is None else await self._turn(member.chat_id)
            if turn is None:
                continue
            async with self._desk.store.read() as view:
                seen = await measure(view, turn.desk.office, broadcast, turn.now)
            wrote = seen.alone(member.id) if broadcast.corrects is None else member.id == broadcast.author_id
            if wrote:
                continue
            messages = (
                (await review_message(turn, Draft(member, seen)),)
                if broadcast.corrects is None
                else await waiting(turn, broadcast, seen.bodies, may=True)
            )
            if (await self._send(turn, *messages)).status in _LATER:
                return False
            asked.append(turn.chat_id)
        return True

    async def _releasers(self, broadcast: Broadcast) -> list[Staff]:
        async with self._desk.store.read() as view:
            members = await view.all_staff()
        return [one for one in members if one.may(Role.RELEASER, broadcast.organisation_id)]

    async def _may(self, turn: Turn, broadcast: Broadcast) -> bool:
        """Whether who reads a message may continue a broadcast that is paused."""
        if broadcast.state is not State.PAUSED:
            return True
        async with self._desk.store.read() as view:
            member = await view.staff_of(turn.chat_id)
        return member is not None and member.may(Role.RELEASER, broadcast.organisation_id)

    async def _mark(self, broadcast: Broadcast) -> None:
        async with self._desk.store.begin() as tx:
            await tx.change(broadcast.id, told=broadcast.state.value)

    async def _author(self, broadcast: Broadcast) -> int | None:
        """The chat of who wrote it, or released it, as long as they are in the office."""
        async with self._desk.store.read() as view:
            for id in (broadcast.author_id, broadcast.releaser_id):
                found = None if id is None else await view.staff_member(id)
                if found is not None and found.removed_at is None and found.chat_id is not None:
                    return found.chat_id
        return None

    async def _admins(self) -> Iterable[int]:
        async with self._desk.store.read() as view:
            told = await view.admin_chats()
        # Of the settings' chats only the groups: people are among the staff, until they use /forget.
        groups = (chat_id for chat_id in sorted(self._desk.admins) if chat_id < 0)
        return dict.fromkeys((*(admin.chat_id for admin in told), *groups))

    async def _turn(self, chat_id: int) -> Turn | None:
        """A turn of somebody in the office; None when the chat is closed."""
        async with self._desk.store.read() as view:
            recipient = await view.recipient(chat_id)
        if recipient is not None and recipient.retired_at is not None:
            return None
        locale = locale_of(recipient.locale if recipient is not None else None)
        now = self._desk.clock()
        return Turn(chat_id, ChatType.PRIVATE, locale, translator(locale), now, self._desk, recipient)

    async def _send(self, turn: Turn, *messages: Message, edit: int | None = None) -> Sent:
        sent = await self._messenger.send(
            turn.chat_id, Reply(messages), rtl=turn.locale.rtl, private=True, edit_message_id=edit
        )
        if sent.status is Status.UNREACHABLE:
            async with self._desk.store.begin() as tx:
                await tx.retire(turn.chat_id, turn.now)
        return sent
