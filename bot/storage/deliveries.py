"""Queries about deliveries: one row for each recipient of a broadcast, by the million.

A launch (:mod:`bot.storage.audience`) makes them in the order of chat ids, a few thousand at a time, so
that nobody waits behind a long write lock; a claim takes the next ones in the same order. Nothing is
looked for that an index or the order of the primary key does not give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.broadcast import (
    DOUBT,
    DOUBTED_DIGEST,
    DOUBTS,
    Audience,
    Claim,
    Count,
    Delivery,
    Reason,
    Result,
    Tally,
)
from bot.domain.news import Rhythm
from bot.storage.audience import CURSOR, UPPER, Standing, Walk, everybody, perhaps_had, readers
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


_BROADCAST = deliveries.c.broadcast_id == sa.bindparam("broadcast")
_PART = (deliveries.c.chat_id > CURSOR, deliveries.c.chat_id <= UPPER)
_IN = deliveries.c.chat_id.in_(sa.bindparam("chats", expanding=True))


def _in(state: Delivery) -> sa.ColumnElement[bool]:
    """As a literal: a partial index is used only when the query repeats its condition."""
    return deliveries.c.state == sa.literal_column(str(int(state)))


_why = sa.func.coalesce(deliveries.c.reason, "")
DOUBTFUL = sa.or_(*(_why == mark for mark in DOUBTS))
"""It may have arrived; meant for what is open."""
_IN_ORDER = sa.text("SET LOCAL enable_sort = off")
_UNHURRIED = sa.text("SET LOCAL synchronous_commit = off")

# What happens to deliveries -----------------------------------------------------------------------

_next = (
    sa.select(deliveries.c.chat_id)
    .where(_BROADCAST, deliveries.c.chat_id > CURSOR, deliveries.c.state == Delivery.PENDING)
    .order_by(deliveries.c.chat_id)
    .limit(sa.bindparam("n"))
)
_DUE_SINCE = sa.func.coalesce(deliveries.c.since, deliveries.c.at).label("at")
_CLAIM = (
    sa.update(deliveries)
    .where(_BROADCAST, deliveries.c.chat_id.in_(_next.scalar_subquery()))
    .values(state=Delivery.CLAIMED)
    .returning(deliveries.c.chat_id, deliveries.c.locale, _DUE_SINCE)
)


def _due(state: Delivery) -> sa.Select[Any]:
    """What waits in a state for a time that has come, the longest due first; as the index has it."""
    return (
        sa.select(deliveries.c.chat_id)
        .where(
            _BROADCAST,
            _in(state),
            deliveries.c.at <= sa.bindparam("now"),
        )
        .order_by(deliveries.c.at)
        .limit(sa.bindparam("n"))
    )


_CLAIM_DUE = (
    sa.update(deliveries)
    .where(_BROADCAST, deliveries.c.chat_id.in_(_due(Delivery.WAITING).scalar_subquery()))
    .values(state=Delivery.CLAIMED)
    .returning(deliveries.c.chat_id, deliveries.c.locale, _DUE_SINCE)
)
_DIGEST_CHATS = _due(Delivery.DIGEST)
_AS_DIGEST = "digest"
"""Why a delivery is claimed, as long as it is: should it have to wait again, it waits for a digest."""
_CLAIM_DIGESTS = (
    sa.update(deliveries)
    .where(
        # By the chats, in the key: "+ 0" keeps SQLite from walking through all digests that are due.
        deliveries.c.state + 0 == Delivery.DIGEST,
        deliveries.c.at <= sa.bindparam("now"),
        deliveries.c.broadcast_id.in_(sa.bindparam("sending", expanding=True)),
        _IN,
    )
    .values(state=Delivery.CLAIMED, reason=sa.case((DOUBTFUL, DOUBTED_DIGEST), else_=_AS_DIGEST))
    .returning(deliveries.c.broadcast_id, deliveries.c.chat_id, deliveries.c.locale, _DUE_SINCE)
)
_became = sa.bindparam("became", type_=sa.SmallInteger)
_RECORD = (
    sa.update(deliveries)
    .where(
        _BROADCAST,
        deliveries.c.chat_id == sa.bindparam("chat"),
        deliveries.c.state == Delivery.CLAIMED,
    )
    .values(
        state=sa.case((DOUBTFUL, sa.bindparam("doubted", type_=sa.SmallInteger)), else_=_became),
        at=sa.bindparam("when"),
        message_id=sa.bindparam("message"),
        reason=sa.case(
            (DOUBTFUL, sa.bindparam("doubt", type_=sa.Text)), else_=sa.bindparam("why", type_=sa.Text)
        ),
        since=sa.bindparam("first"),
        locale=sa.func.coalesce(sa.bindparam("code", type_=sa.Text), deliveries.c.locale),
    )
)
_JUDGE = (
    sa.update(deliveries)
    .where(_BROADCAST, *_PART, deliveries.c.state == Delivery.CLAIMED)
    .values(
        state=sa.case(
            (
                sa.and_(
                    _became == int(Delivery.WAITING), deliveries.c.reason.in_((_AS_DIGEST, DOUBTED_DIGEST))
                ),
                int(Delivery.DIGEST),
            ),
            else_=_became,
        ),
        reason=sa.case(
            (
                sa.and_(
                    _became == int(Delivery.WAITING),
                    sa.or_(DOUBTFUL, sa.bindparam("doubt", type_=sa.Boolean)),
                ),
                DOUBT,
            ),
        ),
        at=sa.bindparam("when"),
        since=sa.func.coalesce(deliveries.c.since, deliveries.c.at),
    )
)
_upper_open = (
    sa.select(deliveries.c.chat_id)
    .where(_BROADCAST, deliveries.c.chat_id > CURSOR)
    .order_by(deliveries.c.chat_id)
    .limit(1)
    .offset(sa.bindparam("most"))
)
_SKIP = (
    sa.update(deliveries)
    .where(
        _BROADCAST,
        *_PART,
        deliveries.c.state.in_((Delivery.PENDING, Delivery.WAITING, Delivery.DIGEST)),
    )
    .values(
        state=sa.case((DOUBTFUL, int(Delivery.UNKNOWN)), else_=int(Delivery.SKIPPED)),
        reason=sa.bindparam("why"),
        at=sa.bindparam("when"),
    )
)
_AGAIN = (
    sa.update(deliveries)
    .where(_BROADCAST, *_PART, deliveries.c.state.in_(sa.bindparam("states", expanding=True)))
    .values(
        state=Delivery.WAITING,
        at=sa.bindparam("when"),
        reason=sa.case((deliveries.c.state == Delivery.UNKNOWN, DOUBT)),
        since=None,
    )
)
_RECALL = sa.update(deliveries).where(_BROADCAST, _IN).values(state=Delivery.RECALLED)


def _first(state: Delivery) -> sa.ScalarSelect[int]:
    """When the first of a broadcast that wait in a state is due: one step in the index."""
    return (
        sa.select(deliveries.c.at)
        .where(
            deliveries.c.broadcast_id == broadcasts.c.id,
            _in(state),
        )
        .order_by(deliveries.c.at)
        .limit(1)
        .scalar_subquery()
    )


_NEXT_DUE = sa.select(
    broadcasts.c.id, _first(Delivery.WAITING).label("waiting"), _first(Delivery.DIGEST).label("digest")
).where(broadcasts.c.id.in_(sa.bindparam("sending", expanding=True)))
_hour = deliveries.c.at // 3600
_WAITS = (
    sa.select(sa.func.min(deliveries.c.at), sa.func.count())
    .where(_BROADCAST, _in(Delivery.WAITING))
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
    .where(_BROADCAST, *_PART)
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
    .where(_BROADCAST, *_PART)
    .group_by(
        deliveries.c.broadcast_id,
        deliveries.c.locale,
        deliveries.c.state,
        sa.func.coalesce(deliveries.c.reason, sa.literal_column("''")),
    )
)


_FOLD = count_on(_folded)
_DROP_FOLDED = sa.delete(deliveries).where(_BROADCAST, *_PART)
_HAVE = (
    sa.select(deliveries.c.chat_id, deliveries.c.message_id, deliveries.c.at, deliveries.c.locale)
    .where(
        _BROADCAST,
        deliveries.c.chat_id > CURSOR,
        deliveries.c.state == Delivery.SENT,
        deliveries.c.message_id.is_not(None),
    )
    .order_by(deliveries.c.chat_id)
    .limit(sa.bindparam("n"))
)
_HAVE_OF = sa.select(
    deliveries.c.chat_id, deliveries.c.message_id, deliveries.c.at, deliveries.c.locale
).where(_BROADCAST, _IN, deliveries.c.state == Delivery.SENT, deliveries.c.message_id.is_not(None))
# A digest is one message. Of what may have arrived, or is in hand, the number is not known: then each
# broadcast counts for itself, except in a digest that is in hand.
_message = sa.func.coalesce(
    sa.case(
        (deliveries.c.state == Delivery.SENT, deliveries.c.message_id),
        (deliveries.c.reason.in_((_AS_DIGEST, DOUBTED_DIGEST)), -1),
    ),
    -1 - deliveries.c.broadcast_id,
)
_TODAY = sa.select(deliveries.c.chat_id, deliveries.c.broadcast_id, _message.label("message")).where(
    deliveries.c.broadcast_id.in_(sa.bindparam("recent", expanding=True)),
    _IN,
    perhaps_had(deliveries, sa.bindparam("since")),
)


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


@dataclass(frozen=True, slots=True)
class Still:
    """A claimed recipient as it is now. ``wanted``: it is still in the audience."""

    locale: str
    chat_type: str
    rhythm: Rhythm
    wanted: bool


def _doubted(result: Result) -> dict[str, int | str | None]:
    """What a result means for a delivery that may have arrived before."""
    if result.state in (Delivery.WAITING, Delivery.DIGEST):
        return {"doubted": int(result.state), "doubt": DOUBT}
    sent = result.state is Delivery.SENT
    return {"doubted": int(Delivery.SENT if sent else Delivery.UNKNOWN), "doubt": result.reason}


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

    async def next_due(self, sending: Iterable[int]) -> dict[int, int]:
        """When the next waiting delivery of each broadcast that has any is due (seconds since 1970)."""
        await self._in_order()
        found = {}
        for id, *moments in map(tuple, await self._run(_NEXT_DUE, {"sending": list(sending)})):
            if known := [at for at in moments if at is not None]:
                found[id] = min(known)
        return found

    async def first_pending(self, broadcast_id: int) -> int | None:
        """The first chat whose delivery is pending; it looks at all that are over before it."""
        await self._in_order()
        values = {"broadcast": broadcast_id, "cursor": FIRST, "n": 1}
        found: int | None = (await self._run(_next, values)).scalar()
        return found

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

    async def got_since(
        self, chats: Iterable[int], recent: Sequence[int], since: int
    ) -> dict[int, dict[int, int]]:
        """From which broadcasts chats got a message since a moment, may have got one, or will in a moment.

        By chat and broadcast a mark of the message: the same one twice is one message, a digest.
        """
        values = {"chats": list(chats), "recent": list(recent), "since": since}
        found: dict[int, dict[int, int]] = {}
        for row in await self._run(_TODAY, values):
            found.setdefault(row.chat_id, {})[row.broadcast_id] = row.message
        return found

    async def still(self, standing: Standing, chats: Iterable[int]) -> Mapping[int, Still]:
        """How claimed recipients stand now; those who blocked the bot or forgot themselves are not there."""
        rows: Sequence[Any] = (await self._run(standing.statement, {"chats": list(chats)})).all()
        found = {}
        # By position, which is much faster than by name; there are thousands a second.
        for chat, locale, kind, muted, since, until, wanted in rows:
            rhythm = Rhythm(quiet_from=since, quiet_to=until, muted_until=muted)
            found[chat] = Still(locale, kind, rhythm, bool(wanted))
        return found


class DeliveryChanges(DeliveryQueries):
    """Changing deliveries."""

    async def launch_chunk(self, walk: Walk, number: int, cursor: int, most: int) -> tuple[int, int] | None:
        """Make the deliveries of the next ``most`` rows of a pass; where to go on, or None at the end.

        Who has a delivery already keeps it. PostgreSQL's commit does not wait for the disk: what a power
        cut takes back, it takes back together with the cursor, which is to move in the same transaction;
        and a claim of any of these deliveries waits for them too.
        """
        if self._connection.dialect.name == "postgresql":
            await self._run(_UNHURRIED)
        values = {"cursor": cursor, "most": most - 1}
        upper: int | None = (await self._run(walk.upper(number), values)).scalar()
        chunk = {"cursor": cursor, "upper": LAST if upper is None else upper}
        await self._run(walk.insert(number, self._connection), chunk)
        if upper is not None:
            return number, upper
        return (number + 1, FIRST) if number + 1 < walk.passes else None

    async def claim(self, broadcast_id: int, cursor: int, limit: int) -> list[Claim]:
        """Take the next pending deliveries behind ``cursor`` in hand, in the order of chat ids."""
        await self._in_order()
        values = {"broadcast": broadcast_id, "cursor": cursor, "n": limit}
        rows: Sequence[Any] = (await self._run(_CLAIM, values)).all()
        claims = [Claim(broadcast_id, chat, locale, at) for chat, locale, at in rows]
        return sorted(claims, key=lambda claim: claim.chat_id)

    async def claim_due(self, broadcast_id: int, now: int, limit: int) -> list[Claim]:
        """Take waiting deliveries whose time has come in hand, the longest due first."""
        await self._in_order()
        values = {"broadcast": broadcast_id, "now": now, "n": limit}
        rows: Sequence[Any] = (await self._run(_CLAIM_DUE, values)).all()
        return [Claim(broadcast_id, chat, locale, at) for chat, locale, at in rows]

    async def claim_digests(self, sending: Sequence[int], now: int, limit: int) -> list[Claim]:
        """Take all that at most ``limit`` chats have due in their digests in hand."""
        await self._in_order()
        chats: set[int] = set()
        for id in sending:
            if len(chats) < limit:
                due = {"broadcast": id, "now": now, "n": limit - len(chats)}
                chats.update((await self._run(_DIGEST_CHATS, due)).scalars())
        if not chats:
            return []
        values = {"sending": list(sending), "now": now, "chats": list(chats)}
        rows = await self._run(_CLAIM_DIGESTS, values)
        return [Claim(**row, digest=True) for row in rows.mappings()]

    async def record(self, results: Sequence[Result]) -> None:
        """Write down what became of claimed deliveries. Those not in hand any more are left as they are.

        What may have arrived before is SENT, or waits as such, or is UNKNOWN.
        """
        if results:
            await self._run(
                _RECORD,
                [
                    {
                        **_doubted(result),
                        "broadcast": result.broadcast_id,
                        "chat": result.chat_id,
                        "became": int(result.state),
                        "when": result.at,
                        "message": result.message_id,
                        "why": result.reason,
                        "code": result.locale,
                        "first": result.since,
                    }
                    for result in results
                ],
            )

    async def judge_chunk(
        self, broadcast_id: int, became: Delivery, cursor: int, most: int, now: int, *, doubt: bool = True
    ) -> tuple[int, int | None]:
        """What a dead sender had in hand among the next ``most`` deliveries becomes UNKNOWN, or WAITING to
        be sent again; how many, and where to go on, or None at the end.

        What was in a digest waits for the next one. ``doubt``: it may have arrived.
        """
        part, upper = await self._part(broadcast_id, cursor, most)
        values = {**part, "became": int(became), "when": now, "doubt": doubt}
        return await self._count(_JUDGE, values), upper

    async def skip_chunk(
        self, broadcast_id: int, reason: Reason, cursor: int, most: int, now: int
    ) -> int | None:
        """Skip what is open among the next ``most`` deliveries; where to go on, or None at the end.

        What may have arrived before is unknown.
        """
        part, upper = await self._part(broadcast_id, cursor, most)
        await self._run(_SKIP, {**part, "why": str(reason), "when": now})
        return upper

    async def again_chunk(
        self, broadcast_id: int, states: Iterable[Delivery], cursor: int, most: int, now: int
    ) -> tuple[int, int | None]:
        """Let those of the next ``most`` deliveries that are over in these states wait to be sent again at
        once; how many, and where to go on, or None at the end."""
        part, upper = await self._part(broadcast_id, cursor, most)
        values = {**part, "states": [int(state) for state in states], "when": now}
        return await self._count(_AGAIN, values), upper

    async def fold_chunk(self, broadcast_id: int, most: int) -> bool:
        """Turn the first ``most`` deliveries of what is over into counts; whether more are left."""
        part, upper = await self._part(broadcast_id, FIRST, most)
        await self._run(_FOLD.on(self._connection), part)
        await self._run(_DROP_FOLDED, part)
        return upper is not None

    async def recall(self, broadcast_id: int, chats: Sequence[int]) -> None:
        """The message was withdrawn from these chats."""
        await self._run(_RECALL, {"broadcast": broadcast_id, "chats": list(chats)})
