"""Queries about staff, contacts of member organisations, and the invitations that make them.

Locks are taken in one order everywhere: staff, then broadcasts, then the audit log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.broadcast import Group, State
from bot.domain.staff import Contact, Invitation, Role, Staff, Told
from bot.storage.queries import Queries, insert_new
from bot.storage.tables import (
    broadcasts,
    contacts,
    declined,
    farewells,
    invitations,
    recipients,
    staff,
)

_CHAT = staff.c.chat_id == sa.bindparam("chat")
_ID = staff.c.id == sa.bindparam("key")
_ACTIVE = staff.c.removed_at.is_(None)
_OF = sa.select(staff).where(_CHAT, _ACTIVE)
_ONE = sa.select(staff).where(_ID)
_BOTH = sa.select(staff).where(sa.or_(_CHAT, _ID)).order_by(staff.c.id).with_for_update()
_ALL = sa.select(staff).where(_ACTIVE).order_by(staff.c.id)
_ADMINS = (
    sa.select(staff.c.id, staff.c.chat_id, recipients.c.locale)
    .outerjoin(recipients, recipients.c.chat_id == staff.c.chat_id)
    .where(
        _ACTIVE,
        staff.c.role == Role.ADMIN.value,
        staff.c.organisation_id.is_(None),
        staff.c.chat_id.is_not(None),
        recipients.c.retired_at.is_(None),
    )
    .order_by(staff.c.id)
)
_ADD = insert_new(staff, returning=(staff.c.id,))
_BACK = (
    sa.update(staff)
    .where(_CHAT)
    .values(role=sa.bindparam("to"), organisation_id=sa.bindparam("of"), removed_at=None)
    .returning(staff.c.id)
)
_SET_ROLE = (
    sa.update(staff).where(_ID, _ACTIVE).values(role=sa.bindparam("to"), organisation_id=sa.bindparam("of"))
)
_REMOVE = (
    sa.update(staff)
    .where(_ID, _ACTIVE)
    .values(removed_at=sa.bindparam("now", type_=staff.c.removed_at.type), editing=None, expecting=None)
)
_WANT_NOTHING_AS_STAFF = sa.delete(declined).where(
    declined.c.about == Group.STAFF.value,
    declined.c.chat_id.in_(sa.select(staff.c.chat_id).where(_ID)),
)
_LET_GO = sa.update(staff).where(_ID, staff.c.removed_at.is_not(None)).values(chat_id=None)
_IN_HAND = (
    sa.update(staff)
    .where(_ID, _ACTIVE)
    .values(
        editing=sa.bindparam("draft", type_=staff.c.editing.type),
        expecting=sa.bindparam("next", type_=staff.c.expecting.type),
    )
)

_PLANNED = sa.or_(
    broadcasts.c.author_id == sa.bindparam("who"), broadcasts.c.releaser_id == sa.bindparam("who")
)
_PLANNED_BY = (
    sa.select(broadcasts.c.id, broadcasts.c.state)
    .where(_PLANNED, broadcasts.c.state.in_((State.SCHEDULED.value, State.TEMPLATE.value)))
    .order_by(broadcasts.c.id)
)

_INVITE = sa.insert(invitations)
_DIGEST = invitations.c.digest == sa.bindparam("hashed")
_INVITATION = sa.select(*(column for column in invitations.c if column.name != "digest")).where(_DIGEST)
_USE = (
    sa.update(invitations)
    .where(_DIGEST, invitations.c.used_at.is_(None), invitations.c.expires_at > sa.bindparam("now"))
    .values(used_at=sa.bindparam("now", type_=invitations.c.used_at.type))
)
_OPEN = invitations.c.used_at.is_(None)
_VOID_OF_STAFF = sa.delete(invitations).where(_OPEN, invitations.c.created_by == sa.bindparam("who"))
_VOID_OF_CONTACTS = sa.delete(invitations).where(
    _OPEN, invitations.c.created_by.is_(None), invitations.c.organisation_id == sa.bindparam("at")
)
_ALL_OPEN = (
    sa.select(invitations)
    .where(_OPEN, invitations.c.expires_at > sa.bindparam("now"))
    .order_by(invitations.c.expires_at, invitations.c.digest)
)
_DROP_INVITATION = sa.delete(invitations).where(
    invitations.c.digest.startswith(sa.bindparam("begins"), autoescape=False), _OPEN
)
_EXPIRE = sa.delete(invitations).where(invitations.c.expires_at < sa.bindparam("before"))

_AT = contacts.c.organisation_id == sa.bindparam("at")
_CONTACTS = sa.select(contacts).where(_AT).order_by(contacts.c.number, contacts.c.created_at)
_CONTACT_OF = (
    sa.select(contacts).where(contacts.c.chat_id == sa.bindparam("chat")).order_by(contacts.c.organisation_id)
)
_COUNTS = (
    sa.select(contacts.c.organisation_id, sa.func.count().label("n"))
    .group_by(contacts.c.organisation_id)
    .order_by(contacts.c.organisation_id)
)
_NEXT_NUMBER = sa.select(sa.func.coalesce(sa.func.max(contacts.c.number), 0) + 1).where(_AT)
_ADD_CONTACT = sa.insert(contacts)
_DROP_CONTACT = sa.delete(contacts).where(_AT, contacts.c.chat_id == sa.bindparam("chat"))
_WANT_NOTHING_AS_CONTACT = sa.delete(declined).where(
    declined.c.about == Group.CONTACTS.value,
    declined.c.chat_id == sa.bindparam("chat"),
    ~sa.exists().where(contacts.c.chat_id == declined.c.chat_id),
)
_FAREWELLS = sa.select(farewells).order_by(*farewells.primary_key)
_TO_TELL = insert_new(farewells)
_TOLD = sa.delete(farewells).where(
    farewells.c.chat_id == sa.bindparam("chat"), farewells.c.organisation_id == sa.bindparam("at")
)


class StaffQueries(Queries):
    """Reading staff, contacts and invitations."""

    async def staff_of(self, chat_id: int) -> Staff | None:
        """The member of staff who writes in this chat; None also for one who was removed."""
        row = (await self._run(_OF, {"chat": chat_id})).mappings().first()
        return None if row is None else _staff(row)

    async def staff_member(self, id: int) -> Staff | None:
        """A member of staff by internal id, removed or not."""
        row = (await self._run(_ONE, {"key": id})).mappings().first()
        return None if row is None else _staff(row)

    async def all_staff(self) -> tuple[Staff, ...]:
        """Everybody with a role, the longest there first."""
        return tuple(map(_staff, (await self._run(_ALL)).mappings()))

    async def admin_chats(self) -> tuple[Told, ...]:
        """The admins of everything who can be written to, with their languages."""
        return tuple(Told(**row) for row in (await self._run(_ADMINS)).mappings())

    async def planned_by(self, id: int) -> dict[int, State]:
        """What a member of staff wrote or released and what has not begun: what waits for its time, and the
        templates of what repeats."""
        rows = await self._run(_PLANNED_BY, {"who": id})
        return {row.id: State(row.state) for row in rows}

    async def invitation(self, digest: str) -> Invitation | None:
        """The invitation behind a link's digest, used or not."""
        row = (await self._run(_INVITATION, {"hashed": digest})).mappings().first()
        return None if row is None else _invitation(row)

    async def open_invitations(self, now: datetime) -> dict[str, Invitation]:
        """Those that can still be used, by the digests of their links; the next to expire first."""
        rows = (await self._run(_ALL_OPEN, {"now": now})).mappings()
        return {row["digest"]: _invitation({k: v for k, v in row.items() if k != "digest"}) for row in rows}

    async def contacts(self, organisation_id: str) -> tuple[Contact, ...]:
        """The contacts of an organisation by number."""
        rows = (await self._run(_CONTACTS, {"at": organisation_id})).mappings()
        return tuple(Contact(**row) for row in rows)

    async def contact_of(self, chat_id: int) -> tuple[Contact, ...]:
        """The organisations that a person speaks for."""
        return tuple(Contact(**row) for row in (await self._run(_CONTACT_OF, {"chat": chat_id})).mappings())

    async def farewells(self) -> tuple[tuple[int, str], ...]:
        """Chats that somebody else has ended as contacts of an organisation, and that were not told yet."""
        return tuple((row.chat_id, row.organisation_id) for row in await self._run(_FAREWELLS))

    async def contact_counts(self) -> dict[str, int]:
        """How many contacts each organisation has that has any."""
        return {row.organisation_id: int(row.n) for row in await self._run(_COUNTS)}


class StaffChanges(StaffQueries):
    """Changing staff, contacts and invitations. Rights are checked in :mod:`bot.services.staffing`."""

    async def staff_of(self, chat_id: int) -> Staff | None:
        """As when reading; nobody can take the role away until this transaction ends."""
        row = (await self._run(_OF.with_for_update(read=True), {"chat": chat_id})).mappings().first()
        return None if row is None else _staff(row)

    async def hold_staff(self, chat_id: int, id: int) -> tuple[Staff | None, Staff | None]:
        """Who acts (None without a role) and who it is about, both held until this transaction ends."""
        found = [_staff(row) for row in (await self._run(_BOTH, {"chat": chat_id, "key": id})).mappings()]
        acting = next((one for one in found if one.chat_id == chat_id and one.removed_at is None), None)
        return acting, next((one for one in found if one.id == id), None)

    async def add_staff(self, chat_id: int, role: Role, organisation_id: str | None, now: datetime) -> int:
        """Give a chat a role, in place of the one it has or had; the internal id."""
        row = {"chat_id": chat_id, "role": role.value, "organisation_id": organisation_id, "created_at": now}
        new = (await self._run(_ADD.on(self._connection), row)).scalar()
        if new is None:
            values = {"chat": chat_id, "to": role.value, "of": organisation_id}
            new = (await self._run(_BACK, values)).scalar_one()
        return int(new)

    async def set_role(self, id: int, role: Role, organisation_id: str | None) -> bool:
        """Change a role and what it is limited to; False when it was removed."""
        return bool(await self._count(_SET_ROLE, {"key": id, "to": role.value, "of": organisation_id}))

    async def remove_staff(self, id: int, now: datetime) -> bool:
        """Take every right; False when that was done before. The chat is forgotten by :meth:`let_go`."""
        await self._run(_WANT_NOTHING_AS_STAFF, {"key": id})
        return bool(await self._count(_REMOVE, {"key": id, "now": now}))

    async def let_go(self, id: int) -> None:
        """Forget the chat of somebody who was removed: of the row only the number stays."""
        await self._run(_LET_GO, {"key": id})

    async def take_in_hand(self, id: int, editing: int | None, expecting: str | None) -> None:
        """Remember which draft a member of staff works on, and what the next text is for."""
        await self._run(_IN_HAND, {"key": id, "draft": editing, "next": expecting})

    async def planned_by(self, id: int) -> dict[int, State]:
        """As when reading; held until this transaction ends."""
        rows = await self._run(_PLANNED_BY.with_for_update(), {"who": id})
        return {row.id: State(row.state) for row in rows}

    async def invite(self, digest: str, invitation: Invitation) -> None:
        """Store an invitation under the digest of its link."""
        await self._run(
            _INVITE,
            {
                "digest": digest,
                "role": None if invitation.role is None else invitation.role.value,
                "organisation_id": invitation.organisation_id,
                "created_by": invitation.created_by,
                "expires_at": invitation.expires_at,
            },
        )

    async def use_invitation(self, digest: str, now: datetime) -> bool:
        """Use it up; False when somebody was faster, or it is over. Of two at once one succeeds."""
        return bool(await self._count(_USE, {"hashed": digest, "now": now}))

    async def drop_invitation(self, begins: str) -> bool:
        """Take the unused link back whose digest begins so; False when it was used or taken back before."""
        return bool(await self._count(_DROP_INVITATION, {"begins": begins}))

    async def void_invitations(
        self, *, staff_id: int | None = None, organisation_id: str | None = None
    ) -> int:
        """Drop the unused links of a member of staff, or those that contacts of an organisation made."""
        if staff_id is not None:
            return await self._count(_VOID_OF_STAFF, {"who": staff_id})
        return await self._count(_VOID_OF_CONTACTS, {"at": organisation_id})

    async def expire_invitations(self, before: datetime) -> int:
        """Drop links, used or not, that could not be used any more at a moment; how many."""
        return await self._count(_EXPIRE, {"before": before})

    async def add_contact(self, chat_id: int, organisation_id: str, now: datetime) -> Contact:
        """Make a recipient a contact of an organisation that it is no contact of yet."""
        number = int((await self._run(_NEXT_NUMBER, {"at": organisation_id})).scalar_one())
        contact = Contact(chat_id=chat_id, organisation_id=organisation_id, number=number, created_at=now)
        await self._run(_ADD_CONTACT, asdict(contact))
        return contact

    async def drop_contact(self, chat_id: int, organisation_id: str) -> bool:
        """End it; False when that was done before."""
        dropped = bool(await self._count(_DROP_CONTACT, {"chat": chat_id, "at": organisation_id}))
        await self._run(_WANT_NOTHING_AS_CONTACT, {"chat": chat_id})
        return dropped

    async def must_be_told(self, chat_id: int, organisation_id: str) -> None:
        """Somebody else has ended this contact."""
        values = {"chat_id": chat_id, "organisation_id": organisation_id}
        await self._run(_TO_TELL.on(self._connection), values)

    async def was_told(self, chat_id: int, organisation_id: str) -> None:
        """It knows, or need not."""
        await self._run(_TOLD, {"chat": chat_id, "at": organisation_id})


def _invitation(row: Mapping[Any, Any]) -> Invitation:
    return Invitation(**{**row, "role": None if row["role"] is None else Role(row["role"])})


def _staff(row: sa.RowMapping) -> Staff:
    return Staff(**{**row, "role": Role(row["role"])})
