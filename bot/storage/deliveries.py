"""Queries about deliveries: one row for each recipient of a broadcast, by the million.

A launch walks the audience in the order of chat ids, a few thousand at a time, so that nobody waits
behind a long write lock; a claim takes the next ones in the same order. Nothing is looked for that
an index or the order of the primary key does not give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.broadcast import Audience, Claim, Count, Delivery, Group, Reason, Result, Tally
from bot.domain.news import Frequency, Rhythm
from bot.domain.recipients import Change
from bot.storage.queries import PerDialect, Queries, insert_new
from bot.storage.tables import (
    broadcasts,
    contacts,
    deliveries,
    delivery_counts,
    notices,
    recipients,
    saved_events,
    staff,
    subscriptions,
)

FIRST, LAST = -(2**63), 2**63 - 1
"""Chat ids lie between these."""
_COUNTED = 50_000
"""Rows that are counted at a time."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The towns' clocks at the launch. Moments are seconds since 1970, for each hour of the day (0 to 23)
    when it comes next."""

    now: int
    hour: int
    """What the clocks show."""
    next_hour: Sequence[int]
    next_weekly: Sequence[int]
    """The same on the day of weekly digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a launch needs to know beside the database.

    ``areas``: those whose subscribers are concerned, None for all. ``served``: locales that get a text,
    None for all; others are written down as skipped. ``recent``: broadcasts of the last hours, whose
    recipients since ``not_since`` are left out (None: nobody is). ``cutoff``: who subscribed later is
    not among the recipients.
    """

    broadcast_id: int
    audience: Audience
    areas: frozenset[str] | None
    served: frozenset[str] | None
    urgent: bool
    cutoff: datetime
    clock: Clock
    recent: Sequence[int] = ()
    not_since: int | None = None


_CURSOR, _UPPER = sa.bindparam("cursor", type_=sa.BigInteger), sa.bindparam("upper", type_=sa.BigInteger)
_BROADCAST = deliveries.c.broadcast_id == sa.bindparam("broadcast")
_IN = deliveries.c.chat_id.in_(sa.bindparam("chats", expanding=True))


def _literal(*states: Delivery) -> sa.ColumnElement[bool]:
    """The states as literals: a partial index is used only when the query repeats its condition."""
    return deliveries.c.state.in_([sa.literal_column(str(int(state))) for state in states])


# Whom it is for ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    """One way of being a recipient: a table of chats, in which rows, and how often they want to hear.

    ``rows`` are those that an index gives in the order of chats; ``also`` is looked at in each of them.
    """

    chat: sa.Column[int]
    rows: tuple[sa.ColumnElement[bool], ...]
    also: tuple[sa.ColumnElement[bool], ...] = ()
    frequency: Frequency = Frequency.NOW

    @property
    def conditions(self) -> tuple[sa.ColumnElement[bool], ...]:
        """All of them."""
        return (*self.rows, *self.also)


def _sources(
    audience: Audience, areas: frozenset[str] | None, cutoff: datetime | None, *, by_frequency: bool
) -> list[_Source]:
    """All ways of being a recipient, the most immediate first: who is met twice keeps the first.

    ``by_frequency`` tells apart how often subscribers want to hear; a launch walks them one by one.
    """
    found = []
    topic, chat = subscriptions.c.topic, subscriptions.c.chat_id
    shared: list[sa.ColumnElement[bool]] = []
    if areas is not None:
        shared.append(subscriptions.c.area.in_(sorted(areas)))
    if cutoff is not None:
        shared.append(subscriptions.c.consented_at <= cutoff)
    for frequency in Frequency if by_frequency else (None,):
        for wanted in sorted(audience.topics):
            rows = [topic == wanted.value]
            also = list(shared)
            if frequency is not None:
                rows.append(subscriptions.c.frequency == frequency.value)
            if wanted.internal:
                also.append(sa.exists().where(contacts.c.chat_id == chat))
            found.append(_Source(chat, tuple(rows), tuple(also), frequency or Frequency.NOW))
    groups = []
    if Group.CONTACTS in audience.groups:
        groups.append(_Source(contacts.c.chat_id, ()))
    if Group.STAFF in audience.groups:
        groups.append(_Source(staff.c.chat_id, (staff.c.removed_at.is_(None), staff.c.chat_id.is_not(None))))
    if audience.event:
        rows_ = [saved_events.c.event_id == audience.event]
        if audience.date:
            rows_.append(saved_events.c.occurrence == _moment(audience.date))
        groups.append(_Source(saved_events.c.chat_id, tuple(rows_)))
    return [*groups, *found]


def _everybody(audience: Audience, areas: frozenset[str] | None) -> sa.CompoundSelect[Any] | sa.Select[Any]:
    """All chats of an audience, each once."""
    selects = [
        sa.select(source.chat.label("chat_id")).where(*source.conditions)
        for source in _sources(audience, areas, None, by_frequency=False)
    ]
    return sa.union(*selects) if len(selects) > 1 else selects[0]


def _moment(minutes: int) -> datetime:
    return datetime.fromtimestamp(minutes * 60, UTC)


def _knows(audience: Audience) -> sa.ColumnElement[bool]:
    """Whether a recipient was told already that the date does not take place."""
    return sa.exists().where(
        notices.c.chat_id == recipients.c.chat_id,
        notices.c.event_id == audience.event,
        notices.c.occurrence == _moment(audience.date),
        notices.c.change == Change.CANCELLED.value,
        notices.c.sent_at.is_not(None),
    )


def _got_something(recent: Sequence[int], since: int) -> sa.ColumnElement[bool]:
    past = deliveries.alias("past")
    return sa.exists().where(
        past.c.broadcast_id.in_(recent),
        past.c.chat_id == recipients.c.chat_id,
        past.c.state == Delivery.SENT,
        past.c.at >= since,
    )


def _readers(
    audience: Audience, recent: Sequence[int], not_since: int | None
) -> list[sa.ColumnElement[bool]]:
    """What a recipient must fulfil beside being in a source."""
    conditions: list[sa.ColumnElement[bool]] = [recipients.c.retired_at.is_(None)]
    if audience.locales:
        conditions.append(recipients.c.locale.in_(sorted(audience.locales)))
    if audience.date:
        conditions.append(~_knows(audience))
    if not_since is not None and recent:
        conditions.append(~_got_something(recent, not_since))
    return conditions


class Walk:
    """The statements of one launch, built once and run for every chunk."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._sources = _sources(launch.audience, launch.areas, launch.cutoff, by_frequency=True)
        self._uppers = [self._upper(source) for source in self._sources]
        self._inserts = [insert_new(deliveries, source=self._select(source)) for source in self._sources]

    @property
    def passes(self) -> int:
        """How many times the audience is walked through."""
        return len(self._sources)

    def upper(self, number: int) -> sa.Executable:
        """The last chat of the next chunk of a pass."""
        return self._uppers[number]

    def insert(self, number: int, connection: Any) -> sa.Executable:
        """Makes the deliveries of a chunk."""
        return self._inserts[number].on(connection)

    @staticmethod
    def _upper(source: _Source) -> sa.Executable:
        # A chunk is measured by what must be looked at, not by what is found: a rare area is no long wait.
        return (
            sa.select(source.chat)
            .where(*source.rows, source.chat > _CURSOR)
            .order_by(source.chat)
            .limit(1)
            .offset(sa.bindparam("most"))
        )

    def _select(self, source: _Source) -> sa.Select[Any]:
        launch, clock = self._launch, self._launch.clock
        number = sa.literal_column
        cases: list[tuple[sa.ColumnElement[bool], Delivery, sa.ColumnElement[Any], Reason | None]] = []
        now: sa.ColumnElement[Any] = number(str(clock.now))
        if launch.served is not None:
            unserved = recipients.c.locale.not_in(sorted(launch.served))
            cases.append((unserved, Delivery.SKIPPED, now, Reason.LANGUAGE))
        otherwise = Delivery.PENDING
        at = now
        if not launch.urgent:
            muted = recipients.c.muted_until > launch.cutoff
            cases.append((muted, Delivery.SKIPPED, now, Reason.MUTED))
            if source.frequency is not Frequency.NOW:
                hours = clock.next_weekly if source.frequency is Frequency.WEEKLY else clock.next_hour
                otherwise, at = Delivery.DIGEST, _by_hour(recipients.c.digest_hour, hours)
            else:
                until = _by_hour(recipients.c.quiet_to, clock.next_hour)
                cases.append((_quiet(clock.hour), Delivery.WAITING, until, None))
        return (
            sa.select(
                number(str(launch.broadcast_id)).label("broadcast_id"),
                recipients.c.chat_id.label("chat_id"),
                _case([(test, when) for test, _, when, _ in cases], at).label("at"),
                sa.null().label("message_id"),
                _case(
                    [(test, number(str(int(state)))) for test, state, _, _ in cases],
                    number(str(int(otherwise))),
                ).label("state"),
                recipients.c.locale.label("locale"),
                _case(
                    [
                        (test, sa.literal(str(why), sa.Text) if why else sa.null())
                        for test, _, _, why in cases
                    ],
                    sa.null(),
                ).label("reason"),
            )
            .select_from(recipients)
            .join(source.chat.table, source.chat == recipients.c.chat_id)
            .where(
                *source.conditions,
                # On both sides: PostgreSQL would read the recipients from the first one on, for every chunk.
                *(
                    bound
                    for chat in (source.chat, recipients.c.chat_id)
                    for bound in (chat > _CURSOR, chat <= _UPPER)
                ),
                *_readers(launch.audience, launch.recent, launch.not_since),
            )
            .order_by(source.chat)
        )


def _case(cases: list[tuple[Any, Any]], otherwise: Any) -> sa.ColumnElement[Any]:
    return sa.case(*cases, else_=otherwise) if cases else otherwise


def _by_hour(column: sa.ColumnElement[int], moments: Sequence[int]) -> sa.ColumnElement[Any]:
    """The moment that belongs to an hour in a column."""
    whens: dict[Any, Any] = {hour: sa.literal_column(str(moment)) for hour, moment in enumerate(moments)}
    return sa.case(whens, value=column, else_=sa.literal_column(str(moments[0])))


def _quiet(hour: int) -> sa.ColumnElement[bool]:
    """Whether this hour is in a recipient's quiet hours; see :meth:`bot.domain.news.Rhythm.quiet`."""
    since, until = recipients.c.quiet_from, recipients.c.quiet_to
    return sa.or_(
        sa.and_(since <= until, since <= hour, until > hour),
        sa.and_(since > until, sa.or_(since <= hour, until > hour)),
    )


_IN_ORDER = sa.text("SET LOCAL enable_sort = off")
_UNHURRIED = sa.text("SET LOCAL synchronous_commit = off")

# What happens to deliveries -----------------------------------------------------------------------

_next = (
    sa.select(deliveries.c.chat_id)
    .where(_BROADCAST, deliveries.c.chat_id > _CURSOR, deliveries.c.state == Delivery.PENDING)
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
_KEY = sa.tuple_(deliveries.c.broadcast_id, deliveries.c.chat_id)
_due = (
    sa.select(deliveries.c.broadcast_id, deliveries.c.chat_id)
    .where(
        _literal(Delivery.WAITING, Delivery.DIGEST),
        deliveries.c.state == Delivery.WAITING,
        deliveries.c.at <= sa.bindparam("now"),
        deliveries.c.broadcast_id.in_(sa.bindparam("sending", expanding=True)),
    )
    .order_by(deliveries.c.at)
    .limit(sa.bindparam("n"))
)
_CLAIM_DUE = (
    sa.update(deliveries)
    .where(_KEY.in_(_due))
    .values(state=Delivery.CLAIMED)
    .returning(deliveries.c.broadcast_id, deliveries.c.chat_id, deliveries.c.locale, _DUE_SINCE)
)
_DIGEST_CHATS = (
    sa.select(deliveries.c.chat_id)
    .distinct()
    .where(
        _literal(Delivery.WAITING, Delivery.DIGEST),
        deliveries.c.state == Delivery.DIGEST,
        deliveries.c.at <= sa.bindparam("now"),
        deliveries.c.broadcast_id.in_(sa.bindparam("sending", expanding=True)),
    )
    .limit(sa.bindparam("n"))
)
_CLAIM_DIGESTS = (
    sa.update(deliveries)
    .where(
        deliveries.c.state == Delivery.DIGEST,
        deliveries.c.at <= sa.bindparam("now"),
        deliveries.c.broadcast_id.in_(sa.bindparam("sending", expanding=True)),
        _IN,
    )
    .values(state=Delivery.CLAIMED)
    .returning(deliveries.c.broadcast_id, deliveries.c.chat_id, deliveries.c.locale, _DUE_SINCE)
)
_RECORD = (
    sa.update(deliveries)
    .where(
        _BROADCAST,
        deliveries.c.chat_id == sa.bindparam("chat"),
        deliveries.c.state == Delivery.CLAIMED,
    )
    .values(
        state=sa.bindparam("became"),
        at=sa.bindparam("when"),
        message_id=sa.bindparam("message"),
        reason=sa.bindparam("why"),
        since=sa.bindparam("first"),
        locale=sa.func.coalesce(sa.bindparam("code", type_=sa.Text), deliveries.c.locale),
    )
)
_RETIRE = (
    sa.update(recipients)
    .where(recipients.c.chat_id == sa.bindparam("chat"), recipients.c.retired_at.is_(None))
    .values(retired_at=sa.bindparam("now"))
)
_JUDGE = (
    sa.update(deliveries)
    .where(_BROADCAST, deliveries.c.state == Delivery.CLAIMED)
    .values(
        state=sa.bindparam("became"),
        at=sa.bindparam("when"),
        since=sa.func.coalesce(deliveries.c.since, deliveries.c.at),
    )
)
_upper_open = (
    sa.select(deliveries.c.chat_id)
    .where(_BROADCAST, deliveries.c.chat_id > _CURSOR)
    .order_by(deliveries.c.chat_id)
    .limit(1)
    .offset(sa.bindparam("most"))
)
_SKIP = (
    sa.update(deliveries)
    .where(
        _BROADCAST,
        deliveries.c.chat_id > _CURSOR,
        deliveries.c.chat_id <= _UPPER,
        deliveries.c.state.in_((Delivery.PENDING, Delivery.WAITING, Delivery.DIGEST)),
    )
    .values(state=Delivery.SKIPPED, reason=sa.bindparam("why"), at=sa.bindparam("when"))
)
_AGAIN = (
    sa.update(deliveries)
    .where(_BROADCAST, deliveries.c.state.in_(sa.bindparam("states", expanding=True)))
    .values(state=Delivery.WAITING, at=sa.bindparam("when"), reason=None, since=None)
)
_RECALL = sa.update(deliveries).where(_BROADCAST, _IN).values(state=Delivery.RECALLED)
_ANY_LATER = sa.select(sa.func.min(deliveries.c.at)).where(
    _literal(Delivery.WAITING, Delivery.DIGEST), _BROADCAST
)
_NEXT_DUE = (
    sa.select(deliveries.c.at)
    .where(
        _literal(Delivery.WAITING, Delivery.DIGEST),
        deliveries.c.broadcast_id.in_(sa.bindparam("sending", expanding=True)),
    )
    .order_by(deliveries.c.at)
    .limit(1)
)
_TALLY = (
    sa.select(
        deliveries.c.locale,
        deliveries.c.state,
        sa.func.coalesce(deliveries.c.reason, "").label("reason"),
        sa.func.count().label("count"),
    )
    .where(_BROADCAST, deliveries.c.chat_id > _CURSOR, deliveries.c.chat_id <= _UPPER)
    .group_by(deliveries.c.locale, deliveries.c.state, deliveries.c.reason)
)
_KEPT = sa.select(
    delivery_counts.c.locale, delivery_counts.c.state, delivery_counts.c.reason, delivery_counts.c.count
).where(delivery_counts.c.broadcast_id == sa.bindparam("broadcast"))
_folded = (
    sa.select(
        deliveries.c.broadcast_id.label("broadcast_id"),
        deliveries.c.locale.label("locale"),
        deliveries.c.state.label("state"),
        sa.func.coalesce(deliveries.c.reason, sa.literal_column("''")).label("reason"),
        sa.func.count().label("count"),
    )
    .where(_BROADCAST, deliveries.c.chat_id <= _UPPER)
    .group_by(
        deliveries.c.broadcast_id,
        deliveries.c.locale,
        deliveries.c.state,
        sa.func.coalesce(deliveries.c.reason, sa.literal_column("''")),
    )
)


def _fold() -> PerDialect:
    """Add deliveries to what is kept without persons."""

    def build(insert: sqlite.Insert | postgresql.Insert) -> sa.Executable:
        insert = insert.from_select([column.name for column in _folded.selected_columns], _folded)
        more = delivery_counts.c.count + insert.excluded["count"]
        keys = list(delivery_counts.primary_key)
        return insert.on_conflict_do_update(index_elements=keys, set_={"count": more})

    return PerDialect(build(sqlite.insert(delivery_counts)), build(postgresql.insert(delivery_counts)))


_FOLD = _fold()
_DROP_FOLDED = sa.delete(deliveries).where(_BROADCAST, deliveries.c.chat_id <= _UPPER)
_HAVE = (
    sa.select(deliveries.c.chat_id, deliveries.c.message_id, deliveries.c.at, deliveries.c.locale)
    .where(
        _BROADCAST,
        deliveries.c.chat_id > _CURSOR,
        deliveries.c.state == Delivery.SENT,
        deliveries.c.message_id.is_not(None),
    )
    .order_by(deliveries.c.chat_id)
    .limit(sa.bindparam("n"))
)
_HAVE_OF = sa.select(
    deliveries.c.chat_id, deliveries.c.message_id, deliveries.c.at, deliveries.c.locale
).where(_BROADCAST, _IN, deliveries.c.state == Delivery.SENT, deliveries.c.message_id.is_not(None))
_TODAY = (
    sa.select(deliveries.c.chat_id, sa.func.count(deliveries.c.message_id.distinct()).label("messages"))
    .where(
        deliveries.c.broadcast_id.in_(sa.bindparam("recent", expanding=True)),
        _IN,
        deliveries.c.state == Delivery.SENT,
        deliveries.c.at >= sa.bindparam("since"),
    )
    .group_by(deliveries.c.chat_id)
)


_also, _this = deliveries.alias("also"), deliveries.alias("this")
_COMPANIONS = (
    sa.select(_also.c.chat_id, _also.c.broadcast_id)
    .join(_this, sa.and_(_this.c.chat_id == _also.c.chat_id, _this.c.message_id == _also.c.message_id))
    .where(
        _this.c.broadcast_id == sa.bindparam("broadcast"),
        _this.c.chat_id.in_(sa.bindparam("chats", expanding=True)),
        _also.c.chat_id.in_(sa.bindparam("chats", expanding=True)),
        _also.c.broadcast_id.in_(sa.select(broadcasts.c.id)),
        _also.c.state == Delivery.SENT,
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


class Standing:
    """The question whether chats are still in an audience, built once and asked for every claim."""

    def __init__(self, audience: Audience, areas: frozenset[str] | None) -> None:
        wanted = sa.or_(
            *(
                sa.exists().where(source.chat == recipients.c.chat_id, *source.conditions)
                for source in _sources(audience, areas, None, by_frequency=False)
            )
        )
        if audience.date:
            wanted = sa.and_(wanted, ~_knows(audience))
        self.statement = sa.select(
            recipients.c.chat_id,
            recipients.c.locale,
            recipients.c.chat_type,
            recipients.c.muted_until,
            recipients.c.quiet_from,
            recipients.c.quiet_to,
            wanted.label("wanted"),
        ).where(
            recipients.c.chat_id.in_(sa.bindparam("chats", expanding=True)), recipients.c.retired_at.is_(None)
        )


class DeliveryQueries(Queries):
    """Reading deliveries."""

    async def _in_order(self) -> None:
        """Let PostgreSQL follow the key in this transaction.

        It has no statistics of a broadcast that has just begun, takes it for a few rows, and would sort
        all that are left of a million to find the next ten.
        """
        if self._connection.dialect.name == "postgresql":
            await self._run(_IN_ORDER)

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
                recipients.c.chat_id.in_(_everybody(audience, areas)),
                *_readers(audience, recent, not_since),
            )
            .group_by(recipients.c.locale)
            .order_by(recipients.c.locale)
        )
        return {row.locale: row.people for row in await self._run(statement)}

    async def tally(self, broadcast_id: int) -> Tally:
        """The account of a broadcast, counted now. It looks at every row: a million take 0.2 s."""
        await self._in_order()
        found: Counter[tuple[str, int, str]] = Counter()
        at: int | None = FIRST
        while at is not None:
            # In parts: SQLite sorts what it groups, in memory, which a million rows have 50 MB of.
            values = {"broadcast": broadcast_id, "cursor": at}
            upper: int | None = (await self._run(_upper_open, {**values, "most": _COUNTED - 1})).scalar()
            part = await self._run(_TALLY, {**values, "upper": LAST if upper is None else upper})
            found.update({(locale, state, why): n for locale, state, why, n in map(tuple, part)})
            at = upper
        kept = await self._run(_KEPT, {"broadcast": broadcast_id})
        found.update({(locale, state, why): n for locale, state, why, n in map(tuple, kept)})
        return Tally(
            tuple(Count(locale, Delivery(state), why, n) for (locale, state, why), n in sorted(found.items()))
        )

    async def next_due(self, sending: Sequence[int]) -> int | None:
        """When the next waiting delivery of these broadcasts is due (seconds since 1970); None: never."""
        found: int | None = (await self._run(_NEXT_DUE, {"sending": list(sending)})).scalar()
        return found

    async def first_pending(self, broadcast_id: int) -> int | None:
        """The first chat whose delivery is pending; it looks at all that are over before it."""
        await self._in_order()
        values = {"broadcast": broadcast_id, "cursor": FIRST, "n": 1}
        found: int | None = (await self._run(_next, values)).scalar()
        return found

    async def any_later(self, broadcast_id: int) -> bool:
        """Whether any delivery waits for its time."""
        return (await self._run(_ANY_LATER, {"broadcast": broadcast_id})).scalar() is not None

    async def holders(self, broadcast_id: int, cursor: int, limit: int) -> list[Held]:
        """Chats that have the message, in the order of their ids, behind ``cursor``."""
        await self._in_order()
        values = {"broadcast": broadcast_id, "cursor": cursor, "n": limit}
        return [Held(**row) for row in (await self._run(_HAVE, values)).mappings()]

    async def holders_among(self, broadcast_id: int, chats: Sequence[int]) -> list[Held]:
        """Those of the chats that have the message."""
        values = {"broadcast": broadcast_id, "chats": list(chats)}
        return [Held(**row) for row in (await self._run(_HAVE_OF, values)).mappings()]

    async def companions(self, broadcast_id: int, chats: Sequence[int]) -> dict[int, list[int]]:
        """The broadcasts that share one message with this one, itself among them, by chat: digests."""
        found: dict[int, list[int]] = {}
        for row in await self._run(_COMPANIONS, {"broadcast": broadcast_id, "chats": list(chats)}):
            found.setdefault(row.chat_id, []).append(row.broadcast_id)
        return found

    async def got_since(self, chats: Iterable[int], recent: Sequence[int], since: int) -> dict[int, int]:
        """How many messages chats got from broadcasts since a moment; a digest is one message."""
        values = {"chats": list(chats), "recent": list(recent), "since": since}
        return {row.chat_id: row.messages for row in await self._run(_TODAY, values)}

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

    async def claim_due(self, sending: Sequence[int], now: int, limit: int) -> list[Claim]:
        """Take waiting deliveries whose time has come in hand."""
        rows = await self._run(_CLAIM_DUE, {"sending": list(sending), "now": now, "n": limit})
        return [Claim(**row) for row in rows.mappings()]

    async def claim_digests(self, sending: Sequence[int], now: int, limit: int) -> list[Claim]:
        """Take all that at most ``limit`` chats have due in their digests in hand."""
        values = {"sending": list(sending), "now": now}
        chats = list((await self._run(_DIGEST_CHATS, {**values, "n": limit})).scalars())
        if not chats:
            return []
        rows = await self._run(_CLAIM_DIGESTS, {**values, "chats": chats})
        return [Claim(**row, digest=True) for row in rows.mappings()]

    async def record(self, results: Sequence[Result]) -> None:
        """Write down what became of claimed deliveries. Those not in hand any more are left as they are."""
        if results:
            await self._run(
                _RECORD,
                [
                    {
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

    async def retire_all(self, chats: Iterable[int], now: datetime) -> None:
        """These chats do not take our messages any more."""
        values = [{"chat": chat, "now": now} for chat in chats]
        if values:
            await self._run(_RETIRE, values)

    async def judge_claimed(self, broadcast_id: int, became: Delivery, now: int) -> int:
        """What a dead sender had in hand becomes UNKNOWN, or WAITING to be sent again; how many."""
        return await self._count(_JUDGE, {"broadcast": broadcast_id, "became": int(became), "when": now})

    async def skip_chunk(
        self, broadcast_id: int, reason: Reason, cursor: int, most: int, now: int
    ) -> int | None:
        """Skip what is open among the next ``most`` deliveries; where to go on, or None at the end."""
        await self._in_order()
        values: dict[str, Any] = {"broadcast": broadcast_id, "cursor": cursor}
        upper: int | None = (await self._run(_upper_open, {**values, "most": most - 1})).scalar()
        values = {**values, "upper": LAST if upper is None else upper, "why": str(reason), "when": now}
        await self._run(_SKIP, values)
        return upper

    async def send_again(self, broadcast_id: int, states: Iterable[Delivery], now: int) -> int:
        """Let deliveries that are over in these states wait to be sent again at once; how many."""
        values = {"broadcast": broadcast_id, "states": [int(state) for state in states], "when": now}
        return await self._count(_AGAIN, values)

    async def fold_chunk(self, broadcast_id: int, most: int) -> bool:
        """Turn the first ``most`` deliveries of what is over into counts; whether more are left."""
        await self._in_order()
        values: dict[str, Any] = {"broadcast": broadcast_id, "cursor": FIRST, "most": most - 1}
        upper: int | None = (await self._run(_upper_open, values)).scalar()
        chunk = {"broadcast": broadcast_id, "upper": LAST if upper is None else upper}
        await self._run(_FOLD.on(self._connection), chunk)
        await self._run(_DROP_FOLDED, chunk)
        return upper is not None

    async def recall(self, broadcast_id: int, chats: Sequence[int]) -> None:
        """The message was withdrawn from these chats."""
        await self._run(_RECALL, {"broadcast": broadcast_id, "chats": list(chats)})
