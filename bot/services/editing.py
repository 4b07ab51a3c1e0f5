"""Corrections and withdrawals on their way through the chats that have a message.

Edits and deletions may be repeated without harm; so the place that was reached is noted after each
batch, and a crash repeats a batch at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.domain.broadcast import WITHDRAW_WITHIN, Body, Broadcast, Edit, Lease, choose_body
from bot.domain.locales import negotiate
from bot.domain.outcomes import Outcome, Status
from bot.services.ledger import Ledger, seconds
from bot.services.pacing import Pace
from bot.storage.deliveries import Held

if TYPE_CHECKING:
    from bot.services.delivering import Lane

BATCH = 100
_ATTEMPTS = 5
_AGAIN = frozenset({Status.RATE_LIMITED, Status.NOT_SENT, Status.UNKNOWN})
"""Repeating these is harmless here: twice the same edit is once."""


class Editing:
    """Carries out what :class:`bot.domain.broadcast.Edit` rows order."""

    def __init__(self, ledger: Ledger, lane: Lane, pace: Pace, in_flight: int) -> None:
        self._ledger = ledger
        self._lane = lane
        self._pace = pace
        self._room = asyncio.Semaphore(in_flight)

    async def go_on(self, lease: Lease, edit: Edit, now: datetime) -> None:
        """Do the next chats of an edit, and note how far it is."""
        async with self._ledger.store.read() as view:
            broadcast = await view.broadcast(edit.broadcast_id)
            bodies = await view.bodies(edit.broadcast_id)
            held = await view.holders(edit.broadcast_id, edit.cursor, BATCH)
            shared = await view.companions(edit.broadcast_id, [one.chat_id for one in held]) if held else {}
            siblings = [await view.broadcast(id) for id in {id for ids in shared.values() for id in ids}]
            others = {one.id: (one, await view.bodies(one.id)) for one in siblings if one is not None}
        if broadcast is None:
            return
        todo = [one for one in held if edit.withdraw or self._concerns(broadcast, bodies, edit, one)]
        old = seconds(now - WITHDRAW_WITHIN)

        async def one(holder: Held) -> bool:
            notices = []
            for id in shared.get(holder.chat_id, [broadcast.id]):
                if id not in others or (edit.withdraw and id == broadcast.id):
                    continue
                sibling, texts = others[id]
                body = choose_body(texts, negotiate((holder.locale,)), sibling.options.missing)
                if body is not None:
                    notices.append((sibling, body))
            return await self._apply(edit, holder, notices, old=holder.at < old, media=_media(bodies))

        well = await asyncio.gather(*map(one, todo))
        recalled = [holder.chat_id for holder, good in zip(todo, well, strict=True) if good]
        async with self._ledger.store.begin() as tx:
            await tx.beat(lease)
            if edit.withdraw and recalled:
                await tx.recall(edit.broadcast_id, recalled)
            await tx.move_edit(
                edit.id,
                held[-1].chat_id if held else edit.cursor,
                done=sum(well),
                failed=len(well) - sum(well),
                finished_at=now if len(held) < BATCH else None,
            )

    @staticmethod
    def _concerns(broadcast: Broadcast, bodies: dict[str, Body], edit: Edit, holder: Held) -> bool:
        """Whether a chat has the text that was corrected, in its own language or in place of it."""
        body = choose_body(bodies, negotiate((holder.locale,)), broadcast.options.missing)
        return body is not None and body.locale == edit.locale

    async def _apply(
        self,
        edit: Edit,
        holder: Held,
        notices: Sequence[tuple[Broadcast, Body]],
        *,
        old: bool,
        media: bool,
    ) -> bool:
        """Whether the chat now shows what it should."""
        async with self._room:
            for _ in range(_ATTEMPTS):
                if wait := await self._pace.admit(holder.chat_id, group=holder.chat_id < 0):
                    await asyncio.sleep(wait)
                outcome = await self._once(edit, holder, notices, old=old, media=media)
                if outcome.status is Status.RATE_LIMITED:
                    self._pace.limited(holder.chat_id, outcome.retry_after)
                if outcome.status not in _AGAIN:
                    break
            return outcome.status is Status.SENT

    async def _once(
        self,
        edit: Edit,
        holder: Held,
        notices: Sequence[tuple[Broadcast, Body]],
        *,
        old: bool,
        media: bool,
    ) -> Outcome:
        if edit.withdraw and not notices:
            return await self._lane.withdraw(
                holder.chat_id, holder.message_id, holder.locale, media=media, old=old
            )
        return await self._lane.change(holder.chat_id, holder.message_id, holder.locale, notices)


def _media(bodies: dict[str, Body]) -> bool:
    return any(body.media is not None for body in bodies.values())
