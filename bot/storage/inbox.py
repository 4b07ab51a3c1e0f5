"""Queries about the inbox: updates that were acknowledged and are to be answered exactly once.

An update's id stays after it is answered, so that a repetition is dropped; its payload and its
chat do not. What "erased" means on disk is told at :meth:`bot.storage.store.Store.scrub`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.storage.queries import Queries, insert_new
from bot.storage.rows import StoredUpdate
from bot.storage.tables import inbox

_STORE = insert_new(inbox, returning=[inbox.c.update_id])
_FINISH = (
    sa.update(inbox)
    .where(inbox.c.update_id == sa.bindparam("update"), inbox.c.finished_at.is_(None))
    .values(finished_at=sa.bindparam("now"), payload=None, lane=0)
)
_UNFINISHED = (
    sa.select(inbox.c.update_id, inbox.c.lane, inbox.c.payload, inbox.c.received_at)
    .where(inbox.c.finished_at.is_(None))
    .order_by(inbox.c.received_at, inbox.c.update_id)
    .limit(sa.bindparam("n"))
)
_OLDEST = sa.select(sa.func.min(inbox.c.received_at)).where(inbox.c.finished_at.is_(None))
_EXPIRE = sa.delete(inbox).where(inbox.c.finished_at < sa.bindparam("before"))


class InboxQueries(Queries):
    """Reading the inbox."""

    async def unfinished(self, limit: int) -> tuple[StoredUpdate, ...]:
        """The updates that wait for their answer, in the order in which they arrived."""
        rows = await self._run(_UNFINISHED, {"n": limit})
        return tuple(StoredUpdate(**row) for row in rows.mappings())

    async def oldest_unfinished(self) -> datetime | None:
        """When the update arrived that waits longest, or None when all are answered."""
        arrived: datetime | None = (await self._run(_OLDEST)).scalar()
        return arrived


class InboxChanges(InboxQueries):
    """Filling and emptying the inbox."""

    async def store_updates(self, updates: Sequence[tuple[int, int, str]], now: datetime) -> frozenset[int]:
        """Store ``(update_id, lane, payload)``; the ids that were not stored before are returned.

        Known ids are left as they are, answered or not.
        """
        if not updates:
            return frozenset()
        rows = [
            {"update_id": id, "lane": lane, "payload": payload, "received_at": now}
            for id, lane, payload in updates
        ]
        result = await self._run(_STORE.on(self._connection), rows)
        return frozenset(result.scalars())

    async def finish_updates(self, ids: Iterable[int], now: datetime) -> None:
        """These are answered: payload and chat go, the id stays. Unknown ids are ignored."""
        if rows := [{"update": id, "now": now} for id in ids]:
            await self._run(_FINISH, rows)

    async def expire_finished(self, before: datetime) -> None:
        """Drop the ids of updates that were answered before this moment."""
        await self._run(_EXPIRE, {"before": before})
