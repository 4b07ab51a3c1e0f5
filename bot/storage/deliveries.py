"""Queries about deliveries: one row for each recipient of a broadcast, by the million.

How they come about and what happens to them stands in :mod:`bot.storage.claims`, here how they stand.
Nothing is looked for that an index or the order of the primary key does not give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.broadcast import Audience
from bot.domain.deliveries import DOUBTS, Count, Delivery, Tally
from bot.storage.audience import CURSOR, UPPER, everybody, readers
from bot.storage.queries import PerDialect, Queries
from bot.storage.tables import (
    broadcasts,
    deliveries,
    delivery_counts,
    recipients,
)

FIRST, LAST = -(2**63), 2**63 - 1
"""Chat ids lie between these."""
_COUNTED = 50_000
"""Rows that are counted at a time."""


# What queries about deliveries have in common: those of a broadcast, of a part of it, of some chats.
BROADCAST = deliveries.c.broadcast_id == sa.bindparam("broadcast")
PART = (deliveries.c.chat_id > CURSOR, deliveries.c.chat_id <= UPPER)
AMONG = deliveries.c.chat_id.in_(sa.bindparam("chats", expanding=True))


def is_in(state: Delivery) -> sa.ColumnElement[bool]:
    """As a literal: a partial index is used only when the query repeats its condition."""
    return deliveries.c.state == sa.literal_column(str(int(state)))


_why = sa.func.coalesce(deliveries.c.reason, "")
DOUBTFUL = sa.or_(*(_why == mark for mark in DOUBTS))
"""It may have arrived; meant for what is open."""
_IN_ORDER = sa.text("SET LOCAL enable_sort = off")

_upper_open = (
    sa.select(deliveries.c.chat_id)
    .where(BROADCAST, deliveries.c.chat_id > CURSOR)
    .order_by(deliveries.c.chat_id)
    .limit(1)
    .offset(sa.bindparam("most"))
)
_RECALL = sa.update(deliveries).where(BROADCAST, AMONG).values(state=Delivery.RECALLED)


_hour = deliveries.c.at // 3600
_WAITS = (
    sa.select(sa.func.min(deliveries.c.at), sa.func.count())
    .where(BROADCAST, is_in(Delivery.WAITING))
    .group_by(_hour)
    .order_by(_hour)
)
_TALLY = (
    sa.select(
        deliveries.c.locale,
        deliveries.c.state,
        sa.func.coalesce(deliveries.c.reason, "").label("reason"),
        sa.func.count().label("count"),
    )
    .where(BROADCAST, *PART)
    .group_by(deliveries.c.locale, deliveries.c.state, deliveries.c.reason)
)
_KEPT = sa.select(
    delivery_counts.c.locale, delivery_counts.c.state, delivery_counts.c.reason, delivery_counts.c.count
).where(delivery_counts.c.broadcast_id == sa.bindparam("broadcast"))


def count_on(source: sa.Select[Any]) -> PerDialect:
    """Add a query's deliveries to what is kept of them without persons."""

    def build(insert: sqlite.Insert | postgresql.Insert) -> sa.Executable:
        insert = insert.from_select([column.name for column in source.selected_columns], source)
        more = delivery_counts.c.count + insert.excluded["count"]
        return insert.on_conflict_do_update(
            index_elements=list(delivery_counts.primary_key), set_={"count": more}
        )

    return PerDialect(build(sqlite.insert(delivery_counts)), build(postgresql.insert(delivery_counts)))


_folded = (
    sa.select(
        deliveries.c.broadcast_id.label("broadcast_id"),
        deliveries.c.locale.label("locale"),
        deliveries.c.state.label("state"),
        sa.func.coalesce(deliveries.c.reason, sa.literal_column("''")).label("reason"),
        sa.func.count().label("count"),
    )
    .where(BROADCAST, *PART)
    .group_by(
        deliveries.c.broadcast_id,
        deliveries.c.locale,
        deliveries.c.state,
        sa.func.coalesce(deliveries.c.reason, sa.literal_column("''")),
    )
)


_FOLD = count_on(_folded)
_DROP_FOLDED = sa.delete(deliveries).where(BROADCAST, *PART)
_HAVE = (
    sa.select(deliveries.c.chat_id, deliveries.c.message_id, deliveries.c.at, deliveries.c.locale)
    .where(
        BROADCAST,
        deliveries.c.chat_id > CURSOR,
        deliveries.c.state == Delivery.SENT,
        deliveries.c.message_id.is_not(None),
    )
    .order_by(deliveries.c.chat_id)
    .limit(sa.bindparam("n"))
)
_HAVE_OF = sa.select(
    deliveries.c.chat_id, deliveries.c.message_id, deliveries.c.at, deliveries.c.locale
).where(BROADCAST, AMONG, deliveries.c.state == Delivery.SENT, deliveries.c.message_id.is_not(None))
_also, _this = deliveries.alias("also"), deliveries.alias("this")
_COMPANIONS = (
    sa.select(_also.c.chat_id, _also.c.broadcast_id, _also.c.state)
    .join(_this, sa.and_(_this.c.chat_id == _also.c.chat_id, _this.c.message_id == _also.c.message_id))
    .where(
        _this.c.broadcast_id == sa.bindparam("broadcast"),
        _this.c.chat_id.in_(sa.bindparam("chats", expanding=True)),
        _also.c.chat_id.in_(sa.bindparam("chats", expanding=True)),
        _also.c.broadcast_id.in_(sa.select(broadcasts.c.id)),
        _also.c.state.in_((Delivery.SENT, Delivery.RECALLED)),
    )
    .order_by(_also.c.broadcast_id)
)


@dataclass(frozen=True, slots=True)
class Held:
    """A chat that has a broadcast's message: where, and since when (seconds since 1970)."""

    chat_id: int
    message_id: int
    at: int
    locale: str


class DeliveryQueries(Queries):
    """Reading deliveries."""

    async def _in_order(self) -> None:
        """Let PostgreSQL follow the key in this transaction.

        It has no statistics of a broadcast that has just begun, takes it for a few rows, and would sort
        all that are left of a million to find the next ten.
        """
        if self._connection.dialect.name == "postgresql":
            await self._run(_IN_ORDER)

    async def _part(self, broadcast_id: int, cursor: int, most: int) -> tuple[dict[str, Any], int | None]:
        """Bounds of the next ``most`` deliveries behind ``cursor``; where to go on, or None at the end."""
        await self._in_order()
        values = {"broadcast": broadcast_id, "cursor": cursor}
        upper: int | None = (await self._run(_upper_open, {**values, "most": most - 1})).scalar()
        return {**values, "upper": LAST if upper is None else upper}, upper

    async def audience_counts(
        self,
        audience: Audience,
        areas: frozenset[str] | None,
        *,
        recent: Sequence[int] = (),
        not_since: int | None = None,
    ) -> dict[str, int]:
        """How many people a broadcast would be for right now, by locale."""
        if not audience:
            return {}
        statement = (
            sa.select(recipients.c.locale, sa.func.count().label("people"))
            .where(
                recipients.c.chat_id.in_(everybody(audience, areas)),
                *readers(audience, recent, not_since),
            )
            .group_by(recipients.c.locale)
            .order_by(recipients.c.locale)
        )
        return {row.locale: row.people for row in await self._run(statement)}

    async def tally(self, broadcast_id: int) -> Tally:
        """The account of a broadcast, counted now. It looks at every row: a million take 0.2 s."""
        found: Counter[tuple[str, int, str]] = Counter()
        at: int | None = FIRST
        while at is not None:
            # In parts: SQLite sorts what it groups, in memory, which a million rows have 50 MB of.
            part, at = await self._part(broadcast_id, at, _COUNTED)
            counted = await self._run(_TALLY, part)
            found.update({(locale, state, why): n for locale, state, why, n in map(tuple, counted)})
        kept = await self._run(_KEPT, {"broadcast": broadcast_id})
        found.update({(locale, state, why): n for locale, state, why, n in map(tuple, kept)})
        return Tally(
            tuple(Count(locale, Delivery(state), why, n) for (locale, state, why), n in sorted(found.items()))
        )

    async def waits(self, broadcast_id: int) -> tuple[tuple[int, int], ...]:
        """When deliveries that wait, but not for a digest, go out, and how many: hour by hour, each with its
        first moment (seconds since 1970)."""
        found = await self._run(_WAITS, {"broadcast": broadcast_id})
        return tuple((at, count) for at, count in map(tuple, found))

    async def holders(self, broadcast_id: int, cursor: int, limit: int) -> list[Held]:
        """Chats that have the message, in the order of their ids, behind ``cursor``."""
        await self._in_order()
        values = {"broadcast": broadcast_id, "cursor": cursor, "n": limit}
        return [Held(**row) for row in (await self._run(_HAVE, values)).mappings()]

    async def holders_among(self, broadcast_id: int, chats: Sequence[int]) -> list[Held]:
        """Those of the chats that have the message."""
        values = {"broadcast": broadcast_id, "chats": list(chats)}
        return [Held(**row) for row in (await self._run(_HAVE_OF, values)).mappings()]

    async def companions(self, broadcast_id: int, chats: Sequence[int]) -> dict[int, dict[int, bool]]:
        """The broadcasts that came in one message with this one, itself among them, by chat; whether they
        still stand in it. More than one: it is a digest."""
        found: dict[int, dict[int, bool]] = {}
        for row in await self._run(_COMPANIONS, {"broadcast": broadcast_id, "chats": list(chats)}):
            found.setdefault(row.chat_id, {})[row.broadcast_id] = row.state == Delivery.SENT
        return found


class DeliveryChanges(DeliveryQueries):
    """Letting go of deliveries, and what was withdrawn."""

    async def fold_chunk(self, broadcast_id: int, most: int) -> bool:
        """Turn the first ``most`` deliveries of what is over into counts; whether more are left."""
        part, upper = await self._part(broadcast_id, FIRST, most)
        await self._run(_FOLD.on(self._connection), part)
        await self._run(_DROP_FOLDED, part)
        return upper is not None

    async def recall(self, broadcast_id: int, chats: Sequence[int]) -> None:
        """The message was withdrawn from these chats."""
        await self._run(_RECALL, {"broadcast": broadcast_id, "chats": list(chats)})
