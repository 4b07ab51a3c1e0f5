"""Queries about saved events: reminders of them, and notices when they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from bot.domain.deliveries import Delivery
from bot.domain.errors import UnknownRecipient
from bot.domain.recipients import Change, Notice, Reminder, ReminderKind, SavedEvent
from bot.storage.queries import Queries, insert_new
from bot.storage.tables import deliveries, notices, recipients, reminders, saved_events

Start = tuple[str, datetime]
"""A date of an event: its id, and when it starts."""

_EVENT = sa.bindparam("event", type_=sa.Text)
_AT = sa.bindparam("at", type_=saved_events.c.occurrence.type)
_TO = sa.bindparam("to", type_=saved_events.c.occurrence.type)
_NOW = sa.bindparam("now", type_=saved_events.c.occurrence.type)


def _of(table: sa.Table) -> sa.ColumnElement[bool]:
    """The rows of one occurrence."""
    return sa.and_(table.c.event_id == _EVENT, table.c.occurrence == _AT)


def _of_chat(table: sa.Table) -> sa.ColumnElement[bool]:
    """The rows of one chat for one occurrence."""
    return sa.and_(table.c.chat_id == sa.bindparam("chat"), _of(table))


_KNOWN = sa.select(recipients.c.chat_id).where(recipients.c.chat_id == sa.bindparam("chat"))
_SAVE = insert_new(saved_events)
_REMIND = insert_new(reminders)
_UNSAVE = tuple(sa.delete(table).where(_of_chat(table)) for table in (reminders, notices, saved_events))
_SAVED = (
    sa.select(
        saved_events.c.chat_id, saved_events.c.event_id, saved_events.c.occurrence, saved_events.c.created_at
    )
    .where(saved_events.c.chat_id == sa.bindparam("chat"))
    .order_by(saved_events.c.occurrence, saved_events.c.event_id)
)
_UNREADABLE: sa.BindParameter[str] = sa.bindparam("unreadable", expanding=True)
_SAVED_STARTS = (
    sa.select(saved_events.c.event_id, saved_events.c.occurrence)
    .distinct()
    .where(saved_events.c.occurrence > _NOW)
    .order_by(saved_events.c.event_id, saved_events.c.occurrence)
)
_DUE = (
    sa.select(
        reminders.c.id,
        reminders.c.chat_id,
        recipients.c.locale,
        reminders.c.event_id,
        reminders.c.occurrence,
        reminders.c.kind,
        reminders.c.due_at,
    )
    .join(recipients, recipients.c.chat_id == reminders.c.chat_id)
    .where(
        reminders.c.sent_at.is_(None),
        reminders.c.due_at <= _NOW,
        recipients.c.retired_at.is_(None),
        sa.or_(reminders.c.event_id.not_in(_UNREADABLE), reminders.c.occurrence <= _NOW),
    )
    .order_by(reminders.c.due_at, reminders.c.id)
    .limit(sa.bindparam("n"))
)
_REMINDED = sa.update(reminders).where(reminders.c.id == sa.bindparam("key")).values(sent_at=_NOW)

_WAITING = (
    sa.select(
        notices.c.id,
        notices.c.chat_id,
        recipients.c.locale,
        notices.c.event_id,
        notices.c.occurrence,
        notices.c.change,
        notices.c.moved_to,
    )
    .join(recipients, recipients.c.chat_id == notices.c.chat_id)
    .where(
        notices.c.sent_at.is_(None),
        recipients.c.retired_at.is_(None),
        notices.c.event_id.not_in(_UNREADABLE),
        sa.or_(
            notices.c.change != Change.CANCELLED.value,
            sa.tuple_(notices.c.event_id, notices.c.occurrence).not_in(sa.bindparam("but", expanding=True)),
        ),
    )
    .order_by(notices.c.id)
    .limit(sa.bindparam("n"))
)
_UNTOLD = (
    sa.select(notices.c.event_id, notices.c.occurrence)
    .distinct()
    .where(notices.c.sent_at.is_(None), notices.c.change == Change.CANCELLED.value)
)
_NOTICED = sa.update(notices).where(notices.c.id == sa.bindparam("key")).values(sent_at=_NOW)
# Who has the office's announcement of it knows.
_TOLD_OTHERWISE = (
    sa.update(notices)
    .where(
        _of(notices),
        notices.c.change == Change.CANCELLED.value,
        notices.c.sent_at.is_(None),
        sa.exists().where(
            deliveries.c.broadcast_id.in_(sa.bindparam("ids", expanding=True)),
            deliveries.c.chat_id == notices.c.chat_id,
            deliveries.c.state == Delivery.SENT,
        ),
    )
    .values(sent_at=_NOW)
)
_NOTIFY = insert_new(
    notices,
    source=sa.select(
        saved_events.c.chat_id,
        saved_events.c.event_id,
        saved_events.c.occurrence,
        sa.bindparam("change", type_=sa.Text).label("change"),
        _TO.label("moved_to"),
        _NOW.label("created_at"),
    )
    .where(_of(saved_events))
    .order_by(saved_events.c.chat_id),
)
# The occurrence takes place at this time after all: what was told about it holds no more.
_UNTELL = sa.delete(notices).where(notices.c.event_id == _EVENT, notices.c.occurrence == _TO)

_other = saved_events.alias("other")
_DROP_DOUBLE = sa.delete(saved_events).where(
    _of(saved_events),
    sa.exists().where(
        _other.c.chat_id == saved_events.c.chat_id, _other.c.event_id == _EVENT, _other.c.occurrence == _TO
    ),
)
_MOVE = sa.update(saved_events).where(_of(saved_events)).values(occurrence=_TO)
_DROP_REMINDERS = sa.delete(reminders).where(_of(reminders))
_DROP_UNSENT = sa.delete(reminders).where(_of(reminders), reminders.c.sent_at.is_(None))
_REMIND_ALL = insert_new(
    reminders,
    source=sa.select(
        saved_events.c.chat_id,
        saved_events.c.event_id,
        saved_events.c.occurrence,
        sa.bindparam("kind", type_=sa.Text).label("kind"),
        sa.bindparam("due", type_=reminders.c.due_at.type).label("due_at"),
    )
    .where(saved_events.c.event_id == _EVENT, saved_events.c.occurrence == _TO)
    .order_by(saved_events.c.chat_id),
)
_ORIGINS = (
    sa.select(notices.c.event_id, notices.c.moved_to, notices.c.occurrence)
    .distinct()
    .where(notices.c.moved_to != notices.c.occurrence)
)
# Who was told that an occurrence is cancelled, and is to hear that it takes place after all.
_CANCELLED = sa.and_(_of(notices), notices.c.change == Change.CANCELLED.value)
_DROP_UNTOLD = sa.delete(notices).where(_CANCELLED, notices.c.sent_at.is_(None))
_AFTER_ALL = insert_new(
    notices,
    source=sa.select(
        notices.c.chat_id,
        notices.c.event_id,
        notices.c.occurrence,
        sa.literal(Change.MOVED.value).label("change"),
        notices.c.occurrence.label("moved_to"),
        _NOW.label("created_at"),
    )
    .where(_CANCELLED)
    .order_by(notices.c.chat_id),
)
_DROP_CANCELLED = sa.delete(notices).where(_CANCELLED)
_CANCELLED_STARTS = (
    sa.select(notices.c.event_id, notices.c.occurrence)
    .distinct()
    .where(notices.c.change == Change.CANCELLED.value)
)
# Those who were told that it is cancelled were told that it takes place after all.
_RESTORED = sa.select(sa.func.max(notices.c.created_at)).where(
    _of(notices), notices.c.change == Change.MOVED.value, notices.c.moved_to == notices.c.occurrence
)
_ANY_CANCELLED = sa.select(notices.c.id).where(_CANCELLED).limit(1)

_EXPIRE = tuple(
    sa.delete(table).where(table.c.occurrence < sa.bindparam("before"))
    for table in (reminders, notices, saved_events)
)


class EventQueries(Queries):
    """Reading saved events."""

    async def saved_events(self, chat_id: int) -> tuple[SavedEvent, ...]:
        """What a chat saved, the next first."""
        rows = await self._run(_SAVED, {"chat": chat_id})
        return tuple(SavedEvent(**row) for row in rows.mappings())

    async def saved_starts(self, now: datetime) -> tuple[Start, ...]:
        """The dates to come that anybody has saved, each once."""
        return tuple((row.event_id, row.occurrence) for row in await self._run(_SAVED_STARTS, {"now": now}))

    async def origins(self) -> dict[Start, datetime]:
        """When occurrences that were moved to a start were to start before."""
        return {(row.event_id, row.moved_to): row.occurrence for row in await self._run(_ORIGINS)}

    async def cancelled_starts(self) -> frozenset[Start]:
        """Dates of which somebody was told, or is to be told, that they are cancelled."""
        return frozenset((row.event_id, row.occurrence) for row in await self._run(_CANCELLED_STARTS))

    async def untold_cancellations(self) -> frozenset[Start]:
        """Dates of which somebody is still to be told that they are cancelled."""
        return frozenset((row.event_id, row.occurrence) for row in await self._run(_UNTOLD))

    async def restored_at(self, event_id: str, occurrence: datetime) -> datetime | None:
        """When those who were told of a cancellation were last told that it takes place after all."""
        found: datetime | None = (await self._run(_RESTORED, {"event": event_id, "at": occurrence})).scalar()
        return found

    async def due_reminders(
        self, now: datetime, limit: int, *, unreadable: Iterable[str] = ()
    ) -> tuple[Reminder, ...]:
        """Reminders to be sent by now and not sent yet, the longest due first; none for the retired, nor of
        these events as long as they have not begun."""
        rows = await self._run(_DUE, {"now": now, "n": limit, "unreadable": list(unreadable)})
        return tuple(Reminder(**{**row, "kind": ReminderKind(row["kind"])}) for row in rows.mappings())

    async def due_notices(
        self, limit: int, *, but: Iterable[Start] = (), unreadable: Iterable[str] = ()
    ) -> tuple[Notice, ...]:
        """Notices not sent yet, the oldest first; none for the retired, nor of the cancellation of these
        dates, nor of these events."""
        rows = await self._run(_WAITING, {"n": limit, "but": list(but), "unreadable": list(unreadable)})
        return tuple(Notice(**{**row, "change": Change(row["change"])}) for row in rows.mappings())


class EventChanges(EventQueries):
    """Changing saved events."""

    async def save_event(
        self,
        chat_id: int,
        event_id: str,
        occurrence: datetime,
        due: Mapping[ReminderKind, datetime],
        now: datetime,
    ) -> bool:
        """Save an occurrence for a chat, with its reminders; False when it was saved before.

        ``due`` tells when each reminder goes out; leave out those whose time has passed.
        UnknownRecipient when the chat has not chosen a language yet.
        """
        if (await self._run(_KNOWN, {"chat": chat_id})).first() is None:
            raise UnknownRecipient
        row = {"chat_id": chat_id, "event_id": event_id, "occurrence": occurrence}
        if not await self._count(_SAVE.on(self._connection), {**row, "created_at": now}):
            return False
        rows = [{**row, "kind": kind.value, "due_at": due_at} for kind, due_at in due.items()]
        if rows:
            await self._run(_REMIND.on(self._connection), rows)
        return True

    async def unsave_event(self, chat_id: int, event_id: str, occurrence: datetime) -> bool:
        """Drop a saved occurrence with its reminders and notices; False when it was not saved."""
        values = {"chat": chat_id, "event": event_id, "at": occurrence}
        counts = [await self._count(statement, values) for statement in _UNSAVE]
        return bool(counts[-1])

    async def mark_reminded(self, ids: Iterable[int], now: datetime) -> None:
        """These reminders are sent (or given up)."""
        if rows := [{"key": id, "now": now} for id in ids]:
            await self._run(_REMINDED, rows)

    async def mark_noticed(self, ids: Iterable[int], now: datetime) -> None:
        """These notices are sent (or given up)."""
        if rows := [{"key": id, "now": now} for id in ids]:
            await self._run(_NOTICED, rows)

    async def reschedule(
        self,
        event_id: str,
        old: datetime,
        new: datetime,
        due: Mapping[ReminderKind, datetime],
        now: datetime,
    ) -> int:
        """An occurrence moved: everyone who saved it keeps it at its new time and will be told.

        The reminders start afresh with ``due`` (leave out those whose time has passed). Returns how
        many chats will be told; repeating the call tells nobody twice.
        """
        if old == new:
            return 0
        values = {"event": event_id, "at": old, "to": new, "now": now}
        await self._run(_UNTELL, values)
        told = await self._count(_NOTIFY.on(self._connection), {**values, "change": Change.MOVED.value})
        await self._run(_DROP_DOUBLE, values)
        await self._run(_DROP_REMINDERS, values)
        await self._run(_MOVE, values)
        for kind, due_at in due.items():
            remind = {**values, "kind": kind.value, "due": due_at}
            await self._run(_REMIND_ALL.on(self._connection), remind)
        return told

    async def cancel_occurrence(self, event_id: str, occurrence: datetime, now: datetime) -> int:
        """An occurrence is cancelled: no reminders, and everyone who saved it will be told.

        It stays among the saved ones. Returns how many chats will be told; repeating the call tells
        nobody twice.
        """
        values = {"event": event_id, "at": occurrence, "to": None, "now": now}
        await self._run(_DROP_UNSENT, values)
        return await self._count(_NOTIFY.on(self._connection), {**values, "change": Change.CANCELLED.value})

    async def settle_cancelled(
        self, event_id: str, occurrence: datetime, broadcasts: Iterable[int], now: datetime
    ) -> None:
        """Who got one of these announcements of a cancellation needs no notice of it."""
        values = {"event": event_id, "at": occurrence, "ids": list(broadcasts), "now": now}
        await self._run(_TOLD_OTHERWISE, values)

    async def restore_occurrence(
        self, event_id: str, occurrence: datetime, due: Mapping[ReminderKind, datetime], now: datetime
    ) -> int:
        """A cancelled occurrence takes place after all: reminders again, and who was told is told.

        Nothing happens where it was not cancelled. Returns how many chats will be told; the notice is
        a move to the same start.
        """
        values = {"event": event_id, "at": occurrence, "to": occurrence, "now": now}
        if (await self._run(_ANY_CANCELLED, values)).first() is None:
            return 0
        await self._run(_DROP_UNTOLD, values)
        told = await self._count(_AFTER_ALL.on(self._connection), values)
        await self._run(_DROP_CANCELLED, values)
        for kind, due_at in due.items():
            await self._run(_REMIND_ALL.on(self._connection), {**values, "kind": kind.value, "due": due_at})
        return told

    async def expire_events(self, before: datetime) -> None:
        """Drop what was saved about occurrences before this moment."""
        for statement in _EXPIRE:
            await self._run(statement, {"before": before})
