"""All that is stored about one chat, for whom it concerns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.audit import Act, Entry
from bot.domain.deliveries import Delivery
from bot.storage.queries import Queries
from bot.storage.tables import (
    audit,
    broadcasts,
    contacts,
    declined,
    deliveries,
    edit_waits,
    farewells,
    inbox,
    invitations,
    notices,
    recipients,
    reminders,
    saved_events,
    staff,
    subscriptions,
)

_HIDDEN = frozenset({"id", "chat_id"})
_RECIPIENT = sa.select(recipients).where(recipients.c.chat_id == sa.bindparam("chat"))
_OF_CHAT = {
    table.name: sa.select(*(column for column in table.columns if column.name not in _HIDDEN))
    .where(table.c.chat_id == sa.bindparam("chat"))
    .order_by(*table.primary_key)
    for table in (saved_events, reminders, notices, subscriptions, contacts, declined, farewells, edit_waits)
}
_STAFF = sa.select(*(column for column in staff.columns if column.name != "chat_id")).where(
    staff.c.chat_id == sa.bindparam("chat")
)
# By way of the broadcasts, of which there are few: the key of a delivery begins with its broadcast.
_DELIVERIES = (
    sa.select(
        deliveries.c.broadcast_id,
        deliveries.c.state,
        deliveries.c.at,
        deliveries.c.since,
        deliveries.c.locale,
        deliveries.c.reason,
        deliveries.c.message_id,
    )
    .where(
        deliveries.c.broadcast_id.in_(sa.select(broadcasts.c.id)),
        deliveries.c.chat_id == sa.bindparam("chat"),
    )
    .order_by(deliveries.c.broadcast_id)
)
_WAITING = (
    sa.select(sa.func.count())
    .select_from(inbox)
    .where(inbox.c.finished_at.is_(None), inbox.c.lane == sa.bindparam("chat"))
)

# What there is under somebody's number. A detail is JSON with its names in order, see bot.domain.audit.
_ENTRIES = sa.select(audit).order_by(audit.c.seq)
_ENTRIES_OF_STAFF = _ENTRIES.where(
    sa.or_(
        audit.c.staff_id == sa.bindparam("who"),
        *(audit.c.detail.like(sa.bindparam(name)) for name in ("middle", "end")),
    )
)
_ENTRIES_SINCE = _ENTRIES.where(
    audit.c.at >= sa.bindparam("since", type_=audit.c.at.type), audit.c.detail.like(sa.bindparam("at_their"))
)
_CONTACTS = sa.select(contacts).where(contacts.c.chat_id == sa.bindparam("chat"))
_INVITATIONS = (
    sa.select(*(column for column in invitations.columns if column.name not in ("digest", "created_by")))
    .where(invitations.c.created_by == sa.bindparam("who"))
    .order_by(invitations.c.expires_at)
)
_BROADCASTS = (
    sa.select(
        broadcasts.c.id,
        broadcasts.c.name,
        broadcasts.c.state,
        broadcasts.c.created_at,
        sa.func.coalesce(broadcasts.c.author_id == sa.bindparam("who"), sa.false()).label("author"),
        sa.func.coalesce(broadcasts.c.releaser_id == sa.bindparam("who"), sa.false()).label("releaser"),
        sa.case((broadcasts.c.progress.like(sa.bindparam("mine")), broadcasts.c.progress)).label("progress"),
    )
    .where(
        sa.or_(
            broadcasts.c.author_id == sa.bindparam("who"),
            broadcasts.c.releaser_id == sa.bindparam("who"),
            broadcasts.c.progress.like(sa.bindparam("mine")),
        )
    )
    .order_by(broadcasts.c.id)
)
_NOBODY = 0
"""No member of staff has this number."""


class DisclosingQueries(Queries):
    """Reading everything about a chat."""

    async def everything_about(self, chat_id: int) -> dict[str, Any]:
        """All that is stored about a chat, ready for JSON (times as ISO 8601 in UTC).

        ``recipient`` is None when nothing was chosen. ``unanswered_messages`` counts the updates that
        are in hand, among them usually the one that asks; they are erased as they are answered.
        ``deliveries`` are the messages to many that were for this chat, and what became of each.

        ``log``, ``invitations`` and ``broadcasts`` are what there is under somebody's number as staff or
        contact: entries that they made (``by_you``) or that are about them; the links, without the secret;
        what they wrote or released, and the message in their chat that shows its progress.
        """
        chat = {"chat": chat_id}
        found: dict[str, Any] = {"recipient": None}
        row = (await self._run(_RECIPIENT, chat)).mappings().first()
        if row is not None:
            found["recipient"] = _readable(row)
        for name, query in _OF_CHAT.items():
            found[name] = _all((await self._run(query, chat)).mappings())
        members = list((await self._run(_STAFF, chat)).mappings())
        found["staff"] = _all(members)
        found["deliveries"] = [
            {
                **row,
                "state": Delivery(row["state"]).name.lower(),
                **{
                    name: None if row[name] is None else datetime.fromtimestamp(row[name], UTC).isoformat()
                    for name in ("at", "since")
                },
            }
            for row in (await self._run(_DELIVERIES, chat)).mappings()
        ]
        who = members[0]["id"] if members else _NOBODY
        found["log"] = await self._log(chat_id, who)
        found["invitations"] = _all((await self._run(_INVITATIONS, {"who": who})).mappings())
        found["broadcasts"] = [
            {
                **_readable(row),
                **{name: bool(row[name]) for name in ("author", "releaser")},
                "progress": json.loads(row["progress"]) if row["progress"] else None,
            }
            for row in (await self._run(_BROADCASTS, {"who": who, "mine": f"[{chat_id},%"})).mappings()
        ]
        found["unanswered_messages"] = (await self._run(_WAITING, chat)).scalar_one()
        return found

    async def _log(self, chat_id: int, who: int) -> list[dict[str, Any]]:
        """The entries of a member of staff, and of a contact by its number, which may have been another's."""
        found: dict[int, dict[str, Any]] = {}
        if who != _NOBODY:
            named = f'%"staff":{who}'
            values = {"who": who, "middle": f"{named},%", "end": f"{named}}}"}
            for row in (await self._run(_ENTRIES_OF_STAFF, values)).mappings():
                entry = Entry(**row)
                found[entry.seq] = _entry(entry, by_you=entry.staff_id == who)
        speaks_for = (await self._run(_CONTACTS, {"chat": chat_id})).mappings().all()
        for contact in speaks_for:
            organisation, number = contact["organisation_id"], contact["number"]
            values = {"since": contact["created_at"], "at_their": f'%"organisation":"{organisation}"%'}
            for row in (await self._run(_ENTRIES_SINCE, values)).mappings():
                entry = Entry(**row)
                is_about = entry.about.get("contact") == number
                made = entry.about.get("by") == number or (is_about and entry.act == Act.ACCEPT)
                if made or is_about:
                    found.setdefault(entry.seq, _entry(entry, by_you=made))
        return [found[seq] for seq in sorted(found)]


def _entry(entry: Entry, *, by_you: bool) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "act": entry.act,
        "detail": entry.detail,
        "by_you": by_you,
    }


def _all(rows: Iterable[sa.RowMapping]) -> list[dict[str, Any]]:
    return list(map(_readable, rows))


def _readable(row: sa.RowMapping) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
