"""What the sender takes in hand: making deliveries, claiming them, and what became of them.

A launch (:mod:`bot.storage.audience`) makes them in the order of chat ids, a few thousand at a time, so
that nobody waits behind a long write lock; a claim takes the next ones in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.domain.deliveries import DOUBT, DOUBTED_DIGEST, Claim, Delivery, Reason, Result
from bot.domain.news import Rhythm
from bot.storage.audience import CURSOR, Standing, Walk, perhaps_had
from bot.storage.deliveries import (
    AMONG,
    BROADCAST,
    DOUBTFUL,
    FIRST,
    LAST,
    PART,
    DeliveryQueries,
    is_in,
)
from bot.storage.tables import broadcasts, deliveries

_UNHURRIED = sa.text("SET LOCAL synchronous_commit = off")

_next = (
    sa.select(deliveries.c.chat_id)
    .where(BROADCAST, deliveries.c.chat_id > CURSOR, deliveries.c.state == Delivery.PENDING)
    .order_by(deliveries.c.chat_id)
    .limit(sa.bindparam("n"))
)
_DUE_SINCE = sa.func.coalesce(deliveries.c.since, deliveries.c.at).label("at")
_CLAIM = (
    sa.update(deliveries)
    .where(BROADCAST, deliveries.c.chat_id.in_(_next.scalar_subquery()))
    .values(state=Delivery.CLAIMED)
    .returning(deliveries.c.chat_id, deliveries.c.locale, _DUE_SINCE)
)


def _due(state: Delivery) -> sa.Select[Any]:
    """What waits in a state for a time that has come, the longest due first; as the index has it."""
    return (
        sa.select(deliveries.c.chat_id)
        .where(
            BROADCAST,
            is_in(state),
            deliveries.c.at <= sa.bindparam("now"),
        )
        .order_by(deliveries.c.at)
        .limit(sa.bindparam("n"))
    )


_CLAIM_DUE = (
    sa.update(deliveries)
    .where(BROADCAST, deliveries.c.chat_id.in_(_due(Delivery.WAITING).scalar_subquery()))
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
        AMONG,
    )
    .values(state=Delivery.CLAIMED, reason=sa.case((DOUBTFUL, DOUBTED_DIGEST), else_=_AS_DIGEST))
    .returning(deliveries.c.broadcast_id, deliveries.c.chat_id, deliveries.c.locale, _DUE_SINCE)
)
_became = sa.bindparam("became", type_=sa.SmallInteger)
_RECORD = (
    sa.update(deliveries)
    .where(
        BROADCAST,
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
    .where(BROADCAST, *PART, deliveries.c.state == Delivery.CLAIMED)
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
_SKIP = (
    sa.update(deliveries)
    .where(
        BROADCAST,
        *PART,
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
    .where(BROADCAST, *PART, deliveries.c.state.in_(sa.bindparam("states", expanding=True)))
    .values(
        state=Delivery.WAITING,
        at=sa.bindparam("when"),
        reason=sa.case((deliveries.c.state == Delivery.UNKNOWN, DOUBT)),
        since=None,
    )
)


def _first(state: Delivery) -> sa.ScalarSelect[int]:
    """When the first of a broadcast that wait in a state is due: one step in the index."""
    return (
        sa.select(deliveries.c.at)
        .where(
            deliveries.c.broadcast_id == broadcasts.c.id,
            is_in(state),
        )
        .order_by(deliveries.c.at)
        .limit(1)
        .scalar_subquery()
    )


_NEXT_DUE = sa.select(
    broadcasts.c.id, _first(Delivery.WAITING).label("waiting"), _first(Delivery.DIGEST).label("digest")
).where(broadcasts.c.id.in_(sa.bindparam("sending", expanding=True)))


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
    AMONG,
    perhaps_had(deliveries, sa.bindparam("since")),
)


class ClaimQueries(DeliveryQueries):
    """What there is to be sent, and to whom."""

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


class ClaimChanges(ClaimQueries):
    """Taking deliveries in hand, and writing down what became of them."""

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
