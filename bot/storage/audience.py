"""Whom a broadcast is for: sources of recipients, the walk of a launch through them, and who still belongs.

A launch walks the audience in the order of chat ids, a few thousand at a time; every way of being a
recipient is walked by its own index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.broadcast import Audience, Group
from bot.domain.deliveries import Delivery, Reason
from bot.domain.minutes import from_minutes
from bot.domain.news import Frequency
from bot.domain.recipients import Change
from bot.storage.queries import insert_new
from bot.storage.tables import (
    contacts,
    declined,
    deliveries,
    notices,
    recipients,
    saved_events,
    staff,
    subscriptions,
)


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


CURSOR, UPPER = sa.bindparam("cursor", type_=sa.BigInteger), sa.bindparam("upper", type_=sa.BigInteger)


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
        groups.append(_Source(contacts.c.chat_id, (), (_wants(Group.CONTACTS, contacts.c.chat_id),)))
    if Group.STAFF in audience.groups:
        rows = [staff.c.removed_at.is_(None), staff.c.chat_id.is_not(None)]
        groups.append(_Source(staff.c.chat_id, tuple(rows), (_wants(Group.STAFF, staff.c.chat_id),)))
    if audience.event:
        rows_ = [saved_events.c.event_id == audience.event]
        if audience.date:
            rows_.append(saved_events.c.occurrence == from_minutes(audience.date))
        groups.append(_Source(saved_events.c.chat_id, tuple(rows_)))
    return [*groups, *found]


def _wants(group: Group, chat: sa.Column[int]) -> sa.ColumnElement[bool]:
    """Whether a chat has not stopped what goes to a group that it belongs to."""
    return ~sa.exists().where(declined.c.chat_id == chat, declined.c.about == group.value)


def everybody(audience: Audience, areas: frozenset[str] | None) -> sa.CompoundSelect[Any] | sa.Select[Any]:
    """All chats of an audience, each once."""
    selects = [
        sa.select(source.chat.label("chat_id")).where(*source.conditions)
        for source in _sources(audience, areas, None, by_frequency=False)
    ]
    return sa.union(*selects) if len(selects) > 1 else selects[0]


def _knows(audience: Audience) -> sa.ColumnElement[bool]:
    """Whether a recipient was told already that the date does not take place."""
    return sa.exists().where(
        notices.c.chat_id == recipients.c.chat_id,
        notices.c.event_id == audience.event,
        notices.c.occurrence == from_minutes(audience.date),
        notices.c.change == Change.CANCELLED.value,
        notices.c.sent_at.is_not(None),
    )


def perhaps_had(table: sa.FromClause, since: Any) -> sa.ColumnElement[bool]:
    """Whether a delivery has arrived since a moment, may have, or is in hand."""
    return sa.or_(
        table.c.state == Delivery.CLAIMED,
        sa.and_(table.c.state.in_((Delivery.SENT, Delivery.UNKNOWN)), table.c.at >= since),
    )


def _got_something(recent: Sequence[int], since: int) -> sa.ColumnElement[bool]:
    past = deliveries.alias("past")
    return sa.exists().where(
        past.c.broadcast_id.in_(recent),
        past.c.chat_id == recipients.c.chat_id,
        perhaps_had(past, since),
    )


def readers(audience: Audience, recent: Sequence[int], not_since: int | None) -> list[sa.ColumnElement[bool]]:
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
            .where(*source.rows, source.chat > CURSOR)
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
            if source.frequency is not Frequency.NOW:
                hours = clock.next_weekly if source.frequency is Frequency.WEEKLY else clock.next_hour
                otherwise, at = Delivery.DIGEST, _by_hour(recipients.c.digest_hour, hours)
                # A digest brings what came before it: who is muted for a day misses nothing by Thursday.
                muted = recipients.c.muted_until > _by_hour(recipients.c.digest_hour, hours, _instant)
                cases.append((muted, Delivery.SKIPPED, now, Reason.MUTED))
            else:
                muted = recipients.c.muted_until > launch.cutoff
                cases.append((muted, Delivery.SKIPPED, now, Reason.MUTED))
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
                    for bound in (chat > CURSOR, chat <= UPPER)
                ),
                *readers(launch.audience, launch.recent, launch.not_since),
            )
            .order_by(source.chat)
        )


def _case(cases: list[tuple[Any, Any]], otherwise: Any) -> sa.ColumnElement[Any]:
    return sa.case(*cases, else_=otherwise) if cases else otherwise


def _seconds(moment: int) -> sa.ColumnElement[Any]:
    return sa.literal_column(str(moment))


def _instant(moment: int) -> sa.ColumnElement[Any]:
    return sa.literal(datetime.fromtimestamp(moment, UTC), recipients.c.muted_until.type)


def _by_hour(
    column: sa.ColumnElement[int],
    moments: Sequence[int],
    written: Callable[[int], sa.ColumnElement[Any]] = _seconds,
) -> sa.ColumnElement[Any]:
    """The moment that belongs to an hour in a column."""
    whens: dict[Any, Any] = {hour: written(moment) for hour, moment in enumerate(moments)}
    return sa.case(whens, value=column, else_=written(moments[0]))


def _quiet(hour: int) -> sa.ColumnElement[bool]:
    """Whether this hour is in a recipient's quiet hours; see :meth:`bot.domain.news.Rhythm.quiet`."""
    since, until = recipients.c.quiet_from, recipients.c.quiet_to
    return sa.or_(
        sa.and_(since <= until, since <= hour, until > hour),
        sa.and_(since > until, sa.or_(since <= hour, until > hour)),
    )


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
