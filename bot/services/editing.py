"""Corrections and withdrawals on their way through the chats that have a message.

Edits and deletions may be repeated without harm; so the place that was reached is noted after each
batch, and a crash repeats a batch at most. A chat that is told to wait is put off, in the database, and
met again when it is due: nobody else waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.broadcast import WITHDRAW_WITHIN, Body, Broadcast, Edit, Lease, choose_body
from bot.domain.locales import locale_of
from bot.domain.outcomes import Outcome, Status
from bot.services.jobs import Lane, seconds
from bot.services.ledger import Ledger
from bot.services.pacing import Pace
from bot.storage.deliveries import Held
from bot.storage.sending import WALKED

BATCH = 100
_PATIENCE = 5.0
"""Seconds that a batch waits for one chat; who has to wait longer is put off."""
_GIVE_UP = timedelta(days=2)
"""After so long a chat that is told to wait again and again has failed."""
_ATTEMPTS = 5
_AGAIN = frozenset({Status.RATE_LIMITED, Status.NOT_SENT, Status.UNKNOWN})
"""Repeating these is harmless here: twice the same edit is once."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a chat was sent: a digest, or a notice, with a photo or document or without."""

    digest: bool
    media: bool


class Editing:
    """Carries out what :class:`bot.domain.broadcast.Edit` rows order."""

    def __init__(self, ledger: Ledger, lane: Lane, pace: Pace, in_flight: int) -> None:
        self._ledger = ledger
        self._lane = lane
        self._pace = pace
        self._room = asyncio.Semaphore(in_flight)

    async def go_on(self, lease: Lease, edit: Edit, now: datetime) -> None:
        """Do the next chats of an edit, those that were put off first, and note how far it is."""
        cursor = edit.cursor
        async with self._ledger.store.read() as view:
            broadcast = await view.broadcast(edit.broadcast_id)
            bodies = await view.bodies(edit.broadcast_id)
            again = await view.due_edit_waits(edit.id, now, BATCH)
            if again:
                held = await view.holders_among(edit.broadcast_id, again)
            else:
                held = await view.holders(edit.broadcast_id, cursor, BATCH)
                cursor = held[-1].chat_id if len(held) == BATCH else WALKED
            shared = await view.companions(edit.broadcast_id, [one.chat_id for one in held]) if held else {}
            siblings = [await view.broadcast(id) for id in {id for found in shared.values() for id in found}]
            others = {one.id: (one, await view.bodies(one.id)) for one in siblings if one is not None}
        if broadcast is None:
            return
        todo = [one for one in held if edit.withdraw or self._concerns(broadcast, bodies, edit, one)]
        old = seconds(now - WITHDRAW_WITHIN)

        async def one(holder: Held) -> float | bool:
            together = shared.get(holder.chat_id, {})
            notices = []
            for id, stands in together.items():
                if not stands or id not in others or (edit.withdraw and id == broadcast.id):
                    continue
                sibling, texts = others[id]
                body = choose_body(texts, locale_of(holder.locale), sibling.options.late_language)
                if body is not None:
                    notices.append((sibling, body))
            own = choose_body(bodies, locale_of(holder.locale), broadcast.options.late_language)
            kind = _Kind(digest=len(together) > 1, media=own is not None and own.media is not None)
            return await self._apply(edit, holder, notices, kind, old=holder.at < old)

        outcomes = await asyncio.gather(*map(one, todo))
        went = {holder.chat_id: outcome for holder, outcome in zip(todo, outcomes, strict=True)}
        succeeded = [chat for chat, good in went.items() if good is True]
        late = now - edit.created_at > _GIVE_UP
        put_off = {
            chat: now + timedelta(seconds=wait)
            for chat, wait in went.items()
            if not isinstance(wait, bool) and not late
        }
        async with self._ledger.store.begin() as tx:
            await tx.beat(lease)
            if edit.withdraw and succeeded:
                await tx.recall(edit.broadcast_id, succeeded)
            await tx.drop_edit_waits(edit.id, again)
            await tx.put_off_edit(edit.id, put_off)
            over = cursor == WALKED and not await tx.any_edit_wait(edit.id)
            await tx.move_edit(
                edit.id,
                cursor,
                done=len(succeeded),
                failed=len(went) - len(succeeded) - len(put_off),
                finished_at=now if over else None,
            )

    @staticmethod
    def _concerns(broadcast: Broadcast, bodies: dict[str, Body], edit: Edit, holder: Held) -> bool:
        """Whether a chat has the text that was corrected, in its own language or in place of it."""
        body = choose_body(bodies, locale_of(holder.locale), broadcast.options.late_language)
        return body is not None and body.locale == edit.locale

    async def _apply(
        self,
        edit: Edit,
        holder: Held,
        notices: Sequence[tuple[Broadcast, Body]],
        kind: _Kind,
        *,
        old: bool,
    ) -> float | bool:
        """Whether the chat now shows what it should; or seconds after which to come back."""
        patience = _PATIENCE
        for _ in range(_ATTEMPTS):
            while wait := await self._pace.admit(holder.chat_id, group=holder.chat_id < 0):
                if wait > patience:
                    return wait
                patience -= wait
                await asyncio.sleep(wait)
            async with self._room:
                outcome = await self._once(edit, holder, notices, kind, old=old)
            if outcome.status is Status.RATE_LIMITED:
                self._pace.limited(holder.chat_id, outcome.retry_after)
            if outcome.status not in _AGAIN:
                break
        else:
            if outcome.status is Status.RATE_LIMITED:
                return max(outcome.retry_after, _PATIENCE)
        return outcome.status is Status.SENT

    async def _once(
        self,
        edit: Edit,
        holder: Held,
        notices: Sequence[tuple[Broadcast, Body]],
        kind: _Kind,
        *,
        old: bool,
    ) -> Outcome:
        where = (holder.chat_id, holder.message_id, holder.locale)
        if edit.withdraw and not notices:
            # A digest is a text, whatever hangs on its notices.
            return await self._lane.withdraw(*where, media=kind.media and not kind.digest, old=old)
        return await self._lane.change(*where, notices, digest=kind.digest)
