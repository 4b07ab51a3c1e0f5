"""Queries about what goes on beside a broadcast: corrections, repetitions, and the right to send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from bot.domain.broadcast import Edit, Lease, LeaseLost, Schedule
from bot.storage.deliveries import FIRST, LAST
from bot.storage.queries import Queries, insert_new, insert_or_update
from bot.storage.tables import edit_waits, edits, leases, recipients, schedules

WALKED = LAST
"""The cursor of an edit that has met all chats; some may be put off."""
_EDITS = sa.select(edits).where(edits.c.finished_at.is_(None)).order_by(edits.c.id)
_WAITS_OF = edit_waits.c.edit_id == sa.bindparam("key")
_DUE_NOW = edit_waits.c.due_at <= sa.bindparam("now", type_=edit_waits.c.due_at.type)
_of_edit = edit_waits.c.edit_id == edits.c.id
_EDITS_TO_DO = _EDITS.where(
    sa.or_(edits.c.cursor < WALKED, sa.exists().where(_of_edit, _DUE_NOW), ~sa.exists().where(_of_edit))
)
_DUE_WAITS = (
    sa.select(edit_waits.c.chat_id)
    .where(_WAITS_OF, _DUE_NOW)
    .order_by(edit_waits.c.due_at, edit_waits.c.chat_id)
    .limit(sa.bindparam("n"))
)
_ANY_WAIT = sa.select(edit_waits.c.chat_id).where(_WAITS_OF).limit(1)
_WAIT = insert_or_update(edit_waits, {"due_at": None})
_DROP_WAITS = sa.delete(edit_waits).where(
    _WAITS_OF, edit_waits.c.chat_id.in_(sa.bindparam("chats", expanding=True))
)
_KNOWN = sa.select(recipients.c.chat_id).where(
    recipients.c.chat_id.in_(sa.bindparam("chats", expanding=True))
)
_EDITS_OF = sa.select(edits).where(edits.c.broadcast_id == sa.bindparam("key")).order_by(edits.c.id)
_ADD_EDIT = sa.insert(edits).returning(edits.c.id)
_MOVE_EDIT = (
    sa.update(edits)
    .where(edits.c.id == sa.bindparam("key"))
    .values(
        cursor=sa.bindparam("at"),
        done=edits.c.done + sa.bindparam("well"),
        failed=edits.c.failed + sa.bindparam("badly"),
        finished_at=sa.bindparam("over", type_=edits.c.finished_at.type),
    )
)

_ADD_SCHEDULE = sa.insert(schedules).returning(schedules.c.id)
_SCHEDULES = sa.select(schedules).order_by(schedules.c.id)
_OF_BROADCAST = schedules.c.broadcast_id == sa.bindparam("key")
_SCHEDULE_OF = sa.select(schedules).where(_OF_BROADCAST).order_by(schedules.c.id.desc()).limit(1)
_DROP_SCHEDULES = sa.delete(schedules).where(_OF_BROADCAST)
_HALT_SCHEDULES = sa.update(schedules).where(_OF_BROADCAST).values(next_at=None)
_RESUME_SCHEDULE = (
    sa.update(schedules)
    .where(schedules.c.id == sa.bindparam("key"))
    .values(next_at=sa.bindparam("following", type_=schedules.c.next_at.type))
)
_NEXT = (
    sa.update(schedules)
    .where(
        schedules.c.id == sa.bindparam("key"),
        schedules.c.next_at == sa.bindparam("fired", type_=schedules.c.next_at.type),
    )
    .values(next_at=sa.bindparam("following", type_=schedules.c.next_at.type))
)

_LEASE = sa.select(leases).where(leases.c.name == sa.bindparam("key"))
_NEW_LEASE = insert_new(leases)
_TAKE = (
    sa.update(leases)
    .where(
        leases.c.name == sa.bindparam("key"),
        leases.c.epoch == sa.bindparam("seen"),
        leases.c.beat == sa.bindparam("heard"),
    )
    .values(holder=sa.bindparam("who"), epoch=leases.c.epoch + 1, beat=0)
)
_BEAT = (
    sa.update(leases)
    .where(leases.c.name == sa.bindparam("key"), leases.c.epoch == sa.bindparam("mine"))
    .values(beat=leases.c.beat + 1)
)
_RELEASE = (
    sa.update(leases)
    .where(leases.c.name == sa.bindparam("key"), leases.c.epoch == sa.bindparam("mine"))
    .values(holder="", beat=leases.c.beat + 1)
)
_SENDER = "sender"
_NOBODY = {"name": _SENDER, "holder": "", "epoch": 0, "beat": 0}
_HOLD_OFF = _LEASE.with_for_update()


class SendingQueries(Queries):
    """Reading corrections, repetitions and the lease."""

    async def open_edits(self, now: datetime | None = None) -> tuple[Edit, ...]:
        """Corrections and withdrawals that are not finished, the oldest first.

        With ``now`` only those for which there is something to do at that moment.
        """
        rows = await self._run(_EDITS if now is None else _EDITS_TO_DO, {} if now is None else {"now": now})
        return tuple(Edit(**row) for row in rows.mappings())

    async def due_edit_waits(self, edit_id: int, now: datetime, limit: int) -> list[int]:
        """Chats that were put off and are due, the longest first."""
        return list((await self._run(_DUE_WAITS, {"key": edit_id, "now": now, "n": limit})).scalars())

    async def any_edit_wait(self, edit_id: int) -> bool:
        """Whether any chat of an edit is put off."""
        return (await self._run(_ANY_WAIT, {"key": edit_id})).first() is not None

    async def edits(self, id: int) -> tuple[Edit, ...]:
        """All corrections and withdrawals of a broadcast."""
        return tuple(Edit(**row) for row in (await self._run(_EDITS_OF, {"key": id})).mappings())

    async def schedules(self) -> tuple[Schedule, ...]:
        """All schedules."""
        return tuple(Schedule(**row) for row in (await self._run(_SCHEDULES)).mappings())

    async def schedule_of(self, broadcast_id: int) -> Schedule | None:
        """The repetition that a broadcast has, as a template or as the draft of one."""
        row = (await self._run(_SCHEDULE_OF, {"key": broadcast_id})).mappings().first()
        return None if row is None else Schedule(**row)

    async def lease(self) -> tuple[Lease, int] | None:
        """Who may send, and how often they have said so; None before the first sender."""
        row = (await self._run(_LEASE, {"key": _SENDER})).mappings().first()
        return None if row is None else (Lease(row["epoch"], row["holder"]), row["beat"])


class SenderHeld(Queries):
    """What must not happen beside the sender's own transactions."""

    async def hold_sender(self) -> None:
        """Nobody launches, claims, records or lets go of deliveries until the end of this transaction.

        First of all in it: the sender holds its lease before anything else, and two that wait for each
        other wait for ever. SQLite has one writer anyway.
        """
        if self._connection.dialect.name == "postgresql":
            await self._run(_NEW_LEASE.on(self._connection), _NOBODY)
            await self._run(_HOLD_OFF, {"key": _SENDER})


class SendingChanges(SenderHeld, SendingQueries):
    """Changing them."""

    async def add_edit(self, id: int, now: datetime, *, locale: str | None, withdraw: bool) -> int:
        """Order the correction of one language, or the withdrawal of all; its id."""
        values = {
            "broadcast_id": id,
            "locale": locale,
            "withdraw": withdraw,
            "created_at": now,
            "cursor": FIRST,
        }
        return int((await self._run(_ADD_EDIT, values)).scalar_one())

    async def move_edit(
        self, edit_id: int, cursor: int, *, done: int, failed: int, finished_at: datetime | None = None
    ) -> None:
        """Note how far a correction is; counts are those since the last note."""
        await self._run(
            _MOVE_EDIT, {"key": edit_id, "at": cursor, "well": done, "badly": failed, "over": finished_at}
        )

    async def put_off_edit(self, edit_id: int, chats: Mapping[int, datetime]) -> None:
        """An edit comes back to these chats at their times."""
        known = (await self._run(_KNOWN, {"chats": list(chats)})).scalars()
        if rows := [{"edit_id": edit_id, "chat_id": chat, "due_at": chats[chat]} for chat in known]:
            await self._run(_WAIT.on(self._connection), rows)

    async def drop_edit_waits(self, edit_id: int, chats: Iterable[int]) -> None:
        """An edit has come back to these chats."""
        await self._run(_DROP_WAITS, {"key": edit_id, "chats": list(chats)})

    async def add_schedule(
        self, broadcast_id: int, rule: str, starts_at: datetime, next_at: datetime | None
    ) -> int:
        """A repetition of a template; its id. ``rule`` is an RRULE on the towns' wall clock."""
        values = {"broadcast_id": broadcast_id, "rule": rule, "starts_at": starts_at, "next_at": next_at}
        return int((await self._run(_ADD_SCHEDULE, values)).scalar_one())

    async def advance_schedule(self, id: int, fired: datetime, following: datetime | None) -> bool:
        """Move a schedule from one time to the next; False when somebody else has done so already."""
        return bool(await self._count(_NEXT, {"key": id, "fired": fired, "following": following}))

    async def stop_schedule(self, id: int) -> None:
        """No more children."""
        await self._run(sa.update(schedules).where(schedules.c.id == id).values(next_at=None))

    async def halt_schedules(self, broadcast_id: int) -> None:
        """No more children of a template; its rules stay."""
        await self._run(_HALT_SCHEDULES, {"key": broadcast_id})

    async def resume_schedule(self, id: int, next_at: datetime | None) -> None:
        """Let a schedule fire, first at this time."""
        await self._run(_RESUME_SCHEDULE, {"key": id, "following": next_at})

    async def drop_schedules(self, broadcast_id: int) -> None:
        """A draft is not repeated."""
        await self._run(_DROP_SCHEDULES, {"key": broadcast_id})

    async def take_lease(self, who: str, seen: tuple[Lease, int] | None) -> Lease | None:
        """Take the right to send from whoever was ``seen`` holding it; None when that has changed since."""
        if seen is None:
            await self._run(_NEW_LEASE.on(self._connection), _NOBODY)
        epoch, heard = (seen[0].epoch, seen[1]) if seen is not None else (0, 0)
        values = {"key": _SENDER, "seen": epoch, "heard": heard, "who": who}
        return Lease(epoch + 1, who) if await self._count(_TAKE, values) else None

    async def beat(self, lease: Lease) -> None:
        """Say that the holder lives, and hold off others until the end of this transaction.

        LeaseLost when somebody else has taken over: nothing of this transaction may be kept then.
        """
        if not await self._count(_BEAT, {"key": _SENDER, "mine": lease.epoch}):
            raise LeaseLost

    async def release_lease(self, lease: Lease) -> None:
        """Give the right back, so that nobody has to wait for it."""
        await self._run(_RELEASE, {"key": _SENDER, "mine": lease.epoch})
