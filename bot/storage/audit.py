"""Queries about the log of what staff did; what its codes mean is told in :mod:`bot.domain.audit`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from bot.domain.audit import Detail, Entry, Head, entry, fits, head
from bot.storage.queries import Queries, insert_new
from bot.storage.tables import audit, meta

AUDIT_HEAD = "audit_head"

_LAST = sa.select(audit).order_by(audit.c.seq.desc()).limit(1)
_AFTER = (
    sa.select(audit).where(audit.c.seq > sa.bindparam("after")).order_by(audit.c.seq).limit(sa.bindparam("n"))
)
_LATEST = sa.select(audit).order_by(audit.c.seq.desc()).limit(sa.bindparam("n")).offset(sa.bindparam("skip"))
_ABOUT = (
    sa.select(audit)
    .where(
        audit.c.act.in_(sa.bindparam("acts", expanding=True)),
        sa.or_(audit.c.detail.like(sa.bindparam("middle")), audit.c.detail.like(sa.bindparam("end"))),
    )
    .order_by(audit.c.seq)
)
_COUNT = sa.select(sa.func.count()).select_from(audit)
_ADD = sa.insert(audit)
_HEAD = sa.select(meta.c.value).where(meta.c.key == AUDIT_HEAD)
_RESERVE = insert_new(meta)
_MOVE_HEAD = sa.update(meta).where(meta.c.key == AUDIT_HEAD).values(value=sa.bindparam("to"))


class AuditQueries(Queries):
    """Reading the log."""

    async def audit_head(self) -> Head | None:
        """The end of the log as it was last written; None where there is none, or it is broken."""
        return Head.read((await self._run(_HEAD)).scalar())

    async def audit_entries(self, after: int = 0, limit: int = 500) -> tuple[Entry, ...]:
        """Entries behind a number, the oldest first."""
        rows = await self._run(_AFTER, {"after": after, "n": limit})
        return tuple(Entry(**row) for row in rows.mappings())

    async def latest_audit(self, limit: int, skip: int = 0) -> tuple[Entry, ...]:
        """Entries, the newest first."""
        rows = await self._run(_LATEST, {"n": limit, "skip": skip})
        return tuple(Entry(**row) for row in rows.mappings())

    async def audit_of(self, id: int, acts: Iterable[str], *, what: str = "broadcast") -> tuple[Entry, ...]:
        """What was done with a broadcast (or another thing of which entries name the id), of some kinds, the
        oldest first. It looks through the whole log."""
        named = f'%"{what}":{id}'
        values = {"acts": list(map(str, acts)), "middle": f"{named},%", "end": f"{named}}}"}
        return tuple(Entry(**row) for row in (await self._run(_ABOUT, values)).mappings())

    async def audit_count(self) -> int:
        """How many entries there are."""
        return int((await self._run(_COUNT)).scalar_one())


class AuditChanges(AuditQueries):
    """Writing the log."""

    async def audit(self, now: datetime, staff_id: int | None, act: str, detail: Detail, key: bytes) -> Entry:
        """Write down an act, in the transaction of the act itself.

        Call it last: it holds everybody else's entries off until the transaction ends, so what is
        locked after it could stand crosswise to another transaction. Where the log was damaged, one
        number is left out: the damage stays to be seen. ValueError where ``detail`` holds words.
        """
        await self._run(_RESERVE.on(self._connection), {"key": AUDIT_HEAD, "value": ""})
        written = (await self._run(_HEAD.with_for_update())).scalar()
        row = (await self._run(_LAST)).mappings().first()
        last = None if row is None else Entry(**row)
        found = Head.read(written)
        sound = fits(found, last, key)
        seq = 1 + max(0 if last is None else last.seq, 0 if found is None else found.seq)
        if not sound and (found is None or (last is not None and found.seq <= last.seq)):
            seq += 1
        new = entry(seq, now, staff_id, act, detail, "" if last is None else last.mac, key)
        values = {"seq": new.seq, "at": now, "staff_id": staff_id, "act": new.act}
        await self._run(_ADD, {**values, "detail": new.detail, "mac": new.mac})
        await self._run(_MOVE_HEAD, {"to": str(head(new.seq, new.mac, key))})
        return new
