"""Queries about recipients: the chats that chose something, and forgetting one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

import sqlalchemy as sa

from bot.domain.broadcast import State
from bot.domain.deliveries import OPEN, Delivery, Reason
from bot.domain.recipients import Recipient
from bot.storage.deliveries import DOUBTFUL, count_on
from bot.storage.queries import Queries, insert_new, insert_or_update
from bot.storage.sending import SenderHeld
from bot.storage.tables import (
    broadcasts,
    contacts,
    declined,
    deliveries,
    edit_waits,
    farewells,
    notices,
    recipients,
    reminders,
    saved_events,
    staff,
    subscriptions,
)

_CHAT = recipients.c.chat_id == sa.bindparam("chat")
_COLUMNS = sa.select(
    recipients.c.chat_id,
    recipients.c.chat_type,
    recipients.c.locale,
    recipients.c.created_at,
    recipients.c.seen_on,
    recipients.c.retired_at,
    recipients.c.announced_at,
    recipients.c.quiet_from,
    recipients.c.quiet_to,
    recipients.c.digest_hour,
    recipients.c.muted_until,
)
_ONE = _COLUMNS.where(_CHAT)
_SOME = _COLUMNS.where(recipients.c.chat_id.in_(sa.bindparam("chats", expanding=True)))
_SILENT = (
    _COLUMNS.where(recipients.c.seen_on < sa.bindparam("day"), recipients.c.announced_at.is_(None))
    .order_by(recipients.c.seen_on, recipients.c.chat_id)
    .limit(sa.bindparam("n"))
)
_SILENT_AND_TOLD = (
    _COLUMNS.where(
        recipients.c.seen_on < sa.bindparam("day"), recipients.c.announced_at < sa.bindparam("announced")
    )
    .order_by(recipients.c.seen_on, recipients.c.chat_id)
    .limit(sa.bindparam("n"))
)

_CHOOSE = insert_or_update(
    recipients,
    {
        "chat_type": None,
        "locale": None,
        "seen_on": None,
        "retired_at": sa.null(),
        "announced_at": sa.null(),
    },
)
_TOUCH = (
    sa.update(recipients)
    .where(_CHAT, recipients.c.seen_on < sa.bindparam("today"))
    .values(seen_on=sa.bindparam("today"), announced_at=None)
)
_RETIRE = (
    sa.update(recipients)
    .where(_CHAT, recipients.c.retired_at.is_(None))
    .values(retired_at=sa.bindparam("now"))
)
_REVIVE = sa.update(recipients).where(_CHAT, recipients.c.retired_at.is_not(None)).values(retired_at=None)
_ANNOUNCED = sa.update(recipients).where(_CHAT).values(announced_at=sa.bindparam("now"))

_target = recipients.alias("target")
_RENUMBER = (
    sa.update(recipients)
    .where(
        _CHAT,
        ~sa.exists().where(_target.c.chat_id == sa.bindparam("to")),
    )
    .values(chat_id=sa.bindparam("to"))
)


def _hand_over(table: sa.Table, *key: str) -> sa.Update:
    """Give a chat's rows to another chat, except where that one has the same already."""
    same = table.alias("same")
    taken = sa.exists().where(
        same.c.chat_id == sa.bindparam("to"), *(same.c[name] == table.c[name] for name in key)
    )
    return (
        sa.update(table)
        .where(table.c.chat_id == sa.bindparam("chat"), ~taken)
        .values(chat_id=sa.bindparam("to"))
    )


_HAND_OVER = (
    _hand_over(saved_events, "event_id", "occurrence"),
    _hand_over(reminders, "event_id", "occurrence", "kind"),
    _hand_over(notices, "event_id", "occurrence", "change"),
    _hand_over(subscriptions, "topic", "area"),
    _hand_over(contacts, "organisation_id"),
    _hand_over(declined, "about"),
    _hand_over(farewells, "organisation_id"),
)
# Everything that belongs to a chat, children first.
_OWNED = (
    *(edit_waits, saved_events, reminders, notices, subscriptions),
    *(contacts, declined, farewells, recipients),
)
_FORGET = {table.name: sa.delete(table).where(table.c.chat_id == sa.bindparam("chat")) for table in _OWNED}

# Deliveries are millions and belong to nobody by a foreign key. Their key begins with the broadcast, and
# of broadcasts there are few: by way of them each lookup is one step in the key.
_OF_CHAT = (
    deliveries.c.broadcast_id.in_(sa.select(broadcasts.c.id)),
    deliveries.c.chat_id == sa.bindparam("chat"),
)
_WAITS = deliveries.c.state.in_((Delivery.PENDING, Delivery.WAITING, Delivery.DIGEST))
# What waited is not sent any more; what was being sent just now, or before, may have arrived or not.
_counted = sa.select(
    deliveries.c.broadcast_id.label("broadcast_id"),
    deliveries.c.locale.label("locale"),
    sa.case(
        (sa.and_(_WAITS, ~DOUBTFUL), int(Delivery.SKIPPED)),
        (deliveries.c.state.in_(OPEN), int(Delivery.UNKNOWN)),
        else_=deliveries.c.state,
    ).label("state"),
    sa.case(
        (_WAITS, Reason.FORGOTTEN.value),
        (deliveries.c.state == Delivery.CLAIMED, ""),
        else_=sa.func.coalesce(deliveries.c.reason, ""),
    ).label("reason"),
    sa.literal_column("1").label("count"),
).where(*_OF_CHAT)
_COUNT_ON = count_on(_counted)
# Where an author's progress message stands would tell who a number in the log is.
_HIDE_PROGRESS = (
    sa.update(broadcasts).where(broadcasts.c.progress.like(sa.bindparam("mine"))).values(progress=None)
)
_DROP_DELIVERIES = sa.delete(deliveries).where(*_OF_CHAT)
_had = deliveries.alias("had")
# What is in hand keeps its number, under which its sender will report. What was sent stays behind as a
# fact, without its message: in a supergroup the numbers of messages begin anew. What is to be sent waits:
# the claims may be beyond the new number already.
_MOVE_DELIVERIES = (
    sa.update(deliveries)
    .where(
        *_OF_CHAT,
        deliveries.c.state != Delivery.CLAIMED,
        ~sa.exists().where(
            _had.c.broadcast_id == deliveries.c.broadcast_id, _had.c.chat_id == sa.bindparam("to")
        ),
    )
    .values(
        chat_id=sa.bindparam("to"),
        message_id=None,
        state=sa.case((deliveries.c.state == Delivery.PENDING, Delivery.WAITING), else_=deliveries.c.state),
    )
)
# A launch that is under way may be beyond the new number already, and has not met the old one. Whether it is
# for the group at all, in its places, is looked at when its turn comes, as for everybody.
_old, _new = deliveries.alias("old"), deliveries.alias("new")
_LAUNCHING = sa.select(broadcasts.c.id, broadcasts.c.launched_at).where(
    broadcasts.c.state.in_((State.SENDING.value, State.PAUSED.value)), broadcasts.c.launch.is_not(None)
)
_MEET = insert_new(
    deliveries,
    source=sa.select(
        broadcasts.c.id.label("broadcast_id"),
        recipients.c.chat_id,
        sa.bindparam("now", type_=sa.BigInteger).label("at"),
        sa.literal_column(str(int(Delivery.WAITING))).label("state"),
        recipients.c.locale,
    )
    .select_from(broadcasts.join(recipients, recipients.c.chat_id == sa.bindparam("to")))
    .where(
        broadcasts.c.id == sa.bindparam("key"),
        recipients.c.retired_at.is_(None),
        sa.exists().where(
            subscriptions.c.chat_id == recipients.c.chat_id,
            broadcasts.c.audience.contains(sa.literal('"') + subscriptions.c.topic + sa.literal('"')),
        ),
        ~sa.exists().where(_old.c.broadcast_id == broadcasts.c.id, _old.c.chat_id == sa.bindparam("chat")),
        ~sa.exists().where(_new.c.broadcast_id == broadcasts.c.id, _new.c.chat_id == sa.bindparam("to")),
    ),
)
# The row stays for the audit log, which knows people by its number.
_LEAVE_STAFF = (
    sa.update(staff)
    .where(staff.c.chat_id == sa.bindparam("chat"))
    .values(
        chat_id=None,
        removed_at=sa.func.coalesce(staff.c.removed_at, sa.bindparam("now", type_=staff.c.removed_at.type)),
        editing=None,
        expecting=None,
    )
)


class RecipientQueries(Queries):
    """Reading recipients."""

    async def recipient(self, chat_id: int) -> Recipient | None:
        """The recipient, retired or not; None when nothing is stored about the chat."""
        row = (await self._run(_ONE, {"chat": chat_id})).mappings().first()
        return None if row is None else Recipient(**row)

    async def recipients(self, chat_ids: Iterable[int]) -> dict[int, Recipient]:
        """Those of the chats about which something is stored."""
        rows = await self._run(_SOME, {"chats": list(chat_ids)})
        return {row["chat_id"]: Recipient(**row) for row in rows.mappings()}

    async def silent_since(
        self, day: date, limit: int, *, announced_before: datetime | None = None
    ) -> tuple[Recipient, ...]:
        """Recipients last seen before ``day``, the most silent first.

        Without ``announced_before`` those who were not told yet that their data will be deleted; with
        it those who were told before that moment, and have not written since.
        """
        if announced_before is None:
            rows = await self._run(_SILENT, {"day": day, "n": limit})
        else:
            values = {"day": day, "n": limit, "announced": announced_before}
            rows = await self._run(_SILENT_AND_TOLD, values)
        return tuple(Recipient(**row) for row in rows.mappings())


class RecipientChanges(SenderHeld, RecipientQueries):
    """Changing recipients."""

    async def choose_locale(
        self, chat_id: int, chat_type: str, locale: str, now: datetime, today: date | None = None
    ) -> None:
        """Store a person's choice of language: the first choice makes the recipient, without its hour.

        Who chooses is here ``today`` (by default the day of ``now`` in its own zone): the recipient is
        no longer retired, nor announced as silent.
        """
        day = today or now.date()
        values = {
            "chat_id": chat_id,
            "chat_type": chat_type,
            "locale": locale,
            "created_at": datetime.combine(day, time(0), UTC),
            "seen_on": day,
        }
        await self._run(_CHOOSE.on(self._connection), values)

    async def touch(self, chat_id: int, today: date) -> bool:
        """The chat wrote today. False, and nothing written, when that is known or nothing is stored."""
        return bool(await self._count(_TOUCH, {"chat": chat_id, "today": today}))

    async def retire(self, chat_id: int, now: datetime) -> bool:
        """The chat blocked the bot (403): nothing is sent to it until :meth:`revive`."""
        return bool(await self._count(_RETIRE, {"chat": chat_id, "now": now}))

    async def retire_all(self, chats: Iterable[int], now: datetime) -> None:
        """These chats do not take our messages any more."""
        values = [{"chat": chat, "now": now} for chat in chats]
        if values:
            await self._run(_RETIRE, values)

    async def revive(self, chat_id: int) -> bool:
        """The chat is back; False when it was not retired."""
        return bool(await self._count(_REVIVE, {"chat": chat_id}))

    async def migrate_chat(self, old: int, new: int) -> None:
        """Telegram gave the chat a new id (a group became a supergroup).

        Where the new id is a recipient already, its own choices win and the rest is added to them.
        """
        if old == new:
            return
        await self.hold_sender()  # a launch may have met it, and not be committed
        values = {"chat": old, "to": new}
        await self._run(_MOVE_DELIVERIES, values)
        # The rows that belong to it follow by ON UPDATE CASCADE.
        if await self._count(_RENUMBER, values):
            for id, launched_at in map(tuple, (await self._run(_LAUNCHING)).all()):
                meet = {**values, "key": id, "now": int(launched_at.timestamp())}
                await self._run(_MEET.on(self._connection), meet)
            return
        if (await self._run(_ONE, {"chat": old})).first() is None:
            return
        for statement in _HAND_OVER:
            await self._run(statement, values)
        await self.forget(old)

    async def mark_announced(self, chat_id: int, now: datetime) -> None:
        """The chat was told that its data will be deleted if it stays silent."""
        await self._run(_ANNOUNCED, {"chat": chat_id, "now": now})

    async def forget(self, chat_id: int, now: datetime | None = None) -> dict[str, int]:
        """Remove all that is stored about a chat, and say how many rows that were, by table.

        What became of its deliveries is counted on, without the chat. A member of staff loses every right
        (``now``, by default this moment); of the row only the number stays, which the audit log speaks of.
        The second time all counts are 0. Updates in hand are not among them: each is erased when it
        is answered. Call :meth:`bot.storage.store.Store.scrub` afterwards.
        """
        await self.hold_sender()  # a launch may have met it, and not be committed
        values = {"chat": chat_id}
        await self._run(_HIDE_PROGRESS, {"mine": f"[{chat_id},%"})
        await self._run(_COUNT_ON.on(self._connection), values)
        removed = {"deliveries": await self._count(_DROP_DELIVERIES, values)}
        left = {"chat": chat_id, "now": now or datetime.now(UTC)}
        removed["staff"] = await self._count(_LEAVE_STAFF, left)
        for name, statement in _FORGET.items():
            removed[name] = await self._count(statement, values)
        return removed
