"""Who may do what: roles, contacts of member organisations, and the links that make them.

Everything here happens in one transaction that looks first whether the person still has the role:
between a screen and a tap it may have been taken. Every act is written into the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.audit import Act
from bot.domain.broadcast import State
from bot.domain.directory import Directory, Organisation
from bot.domain.errors import UnknownRecipient
from bot.domain.minutes import to_minutes
from bot.domain.news import Topic
from bot.domain.spelling import fold
from bot.domain.staff import (
    INVITATION_LIFETIME,
    ROLE_REMOVED,
    AlreadyHas,
    Contact,
    Fixed,
    Gone,
    Guesses,
    Invitation,
    InvitationVoid,
    NotAllowed,
    OtherRole,
    Role,
    Staff,
    Void,
    digest_of,
    new_token,
)
from bot.storage.store import Snapshot, Store, Transaction

_NAME = 16
"""Characters of a digest that tell one open invitation from all others."""
_NAMED = 20
"""Broadcasts that one entry of the log names at most; the count says how many there are."""


async def require(view: Snapshot, chat_id: int, role: Role, organisation_id: str | None = None) -> Staff:
    """The member of staff who writes in a chat, with at least this role; else NotAllowed.

    In a transaction nobody can take the role away before it ends. ``organisation_id``: the matter is
    that organisation's; a role that is limited to another one does not do.
    """
    staff = await view.staff_of(chat_id)
    if staff is None or not staff.may(role, organisation_id):
        raise NotAllowed(role)
    return staff


async def appoint(store: Store, admins: Iterable[int], now: datetime, key: bytes) -> int:
    """Make the chats of LOTSE_ADMINS admins of everything; how many were not yet.

    Groups are left out: a role belongs to a person.
    """
    wanted = sorted(chat_id for chat_id in admins if chat_id > 0)
    async with store.read() as view:
        missing = [chat_id for chat_id in wanted if not _is_admin(await view.staff_of(chat_id))]
    if not missing:
        return 0
    async with store.begin() as tx:
        for chat_id in missing:
            id = await tx.add_staff(chat_id, Role.ADMIN, None, now)
            await tx.audit(now, None, Act.APPOINT, {"staff": id}, key)
    return len(missing)


def _is_admin(staff: Staff | None) -> bool:
    return staff is not None and staff.may(Role.ADMIN)


# Changing and taking roles ------------------------------------------------------------------------


async def change_role(
    store: Store,
    chat_id: int,
    id: int,
    role: Role,
    *,
    fixed: Iterable[int],
    now: datetime,
    key: bytes,
) -> tuple[int, ...]:
    """An admin gives somebody another role, limited as before; the broadcasts that this has paused.

    NotAllowed, Gone, or Fixed for one of the chats in ``fixed`` (LOTSE_ADMINS).
    """
    async with store.begin() as tx:
        acting, member = await _both(tx, chat_id, id, fixed)
        if member.role is role:
            return ()
        await tx.set_role(id, role, member.organisation_id)
        planned = await _pause(tx, id) if role is Role.AUTHOR else {}
        if role is not Role.ADMIN:
            await tx.void_invitations(staff_id=id)
        await _log(tx, now, acting, Act.ROLE, {"staff": id, "role": role}, planned, key)
        return tuple(planned)


async def remove(
    store: Store, chat_id: int, id: int, *, fixed: Iterable[int], now: datetime, key: bytes
) -> tuple[int, ...]:
    """An admin takes somebody's role; the broadcasts that this has paused. Errors as in change_role."""
    async with store.begin() as tx:
        acting, _ = await _both(tx, chat_id, id, fixed)
        await tx.remove_staff(id, now)
        await tx.void_invitations(staff_id=id)
        planned = await _pause(tx, id)
        await _log(tx, now, acting, Act.REMOVE, {"staff": id}, planned, key)
        return tuple(planned)


async def forget(tx: Transaction, chat_id: int, now: datetime, key: bytes) -> dict[str, int]:
    """Remove all that is stored about a chat, and say how many rows that were, by table.

    What somebody of the office had planned pauses, and links that they made are void.
    """
    await tx.hold_sender()
    for contact in await tx.contact_of(chat_id):
        await tx.void_invitations(organisation_id=contact.organisation_id)
    staff = await tx.staff_of(chat_id)
    if staff is None:
        return await tx.forget(chat_id, now)
    await tx.remove_staff(staff.id, now)
    await tx.void_invitations(staff_id=staff.id)
    planned = await _pause(tx, staff.id)
    removed = await tx.forget(chat_id, now)
    await _log(tx, now, staff, Act.LEAVE, {"staff": staff.id}, planned, key)
    return removed


async def _both(tx: Transaction, chat_id: int, id: int, fixed: Iterable[int]) -> tuple[Staff, Staff]:
    acting, member = await tx.hold_staff(chat_id, id)
    if acting is None or not acting.may(Role.ADMIN, member.organisation_id if member else None):
        raise NotAllowed(Role.ADMIN)
    if member is None or member.removed_at is not None:
        raise Gone
    if member.chat_id in set(fixed):
        raise Fixed
    return acting, member


async def _pause(tx: Transaction, id: int) -> Mapping[int, State]:
    """Hold what somebody had planned who may not any more; the broadcasts, and the states they were in.

    What waits for its time pauses. A repetition ends, and its template is a draft again for somebody to
    release. What is being sent goes on.
    """
    planned = await tx.planned_by(id)
    for broadcast, state in planned.items():
        if state is State.TEMPLATE:
            await tx.move(broadcast, State.DRAFT, reason=ROLE_REMOVED)
            await tx.change(broadcast, releaser_id=None)
            await tx.halt_schedules(broadcast)
        else:
            await tx.move(broadcast, State.PAUSED, reason=ROLE_REMOVED)
    return planned


async def _log(
    tx: Transaction,
    now: datetime,
    who: Staff,
    act: Act,
    detail: dict[str, int | str],
    planned: Mapping[int, State],
    key: bytes,
) -> None:
    """Write into the log what was paused, too; what is a draft again by that is another revision."""
    if planned:
        named = ",".join(map(str, tuple(planned)[:_NAMED]))
        detail = {**detail, "paused": len(planned), "broadcasts": named}
    entry = await tx.audit(now, who.id, act, detail, key)
    for broadcast, state in planned.items():
        if state is State.TEMPLATE:
            await tx.change(broadcast, revision=entry.seq)


# Invitations --------------------------------------------------------------------------------------


async def invite(
    store: Store, chat_id: int, role: Role | None, organisation_id: str | None, now: datetime, key: bytes
) -> str:
    """Make a one-time link for a role, or (``role`` is None) for a contact of an organisation; its token.

    Roles are given by admins; contacts are invited by admins, and by contacts of the same organisation.
    """
    token = new_token()
    if role is None and organisation_id is None:
        raise ValueError("a contact speaks for an organisation")
    async with store.begin() as tx:
        staff = await tx.staff_of(chat_id)
        detail: dict[str, int | str] = {"role": role or "contact"}
        if organisation_id is not None:
            detail["organisation"] = organisation_id
        if staff is None or not staff.may(Role.ADMIN, organisation_id):
            own = await _own(tx, chat_id, organisation_id) if role is None else None
            if own is None:
                raise NotAllowed(Role.ADMIN)
            staff, detail["by"] = None, own.number
        by = None if staff is None else staff.id
        invitation = Invitation(
            role=role, organisation_id=organisation_id, created_by=by, expires_at=now + INVITATION_LIFETIME
        )
        await tx.expire_invitations(now - INVITATION_LIFETIME)
        await tx.invite(digest_of(token), invitation)
        await tx.audit(now, by, Act.INVITE, detail, key)
    return token


async def open_invitations(view: Snapshot, chat_id: int, now: datetime) -> dict[str, Invitation]:
    """The unused links that an admin may take back, by the beginnings of their digests; NotAllowed."""
    staff = await admin(view, chat_id)
    found = (await view.open_invitations(now)).items()
    return {digest[:_NAME]: one for digest, one in found if staff.may(Role.ADMIN, one.organisation_id)}


async def take_back(store: Store, chat_id: int, name: str, now: datetime, key: bytes) -> None:
    """An admin lets an unused link lead nowhere; NotAllowed, or Gone where it is not open any more.

    ``name`` is as in :func:`open_invitations`.
    """
    async with store.begin() as tx:
        one = (await open_invitations(tx, chat_id, now)).get(name)
        if one is None or not await tx.drop_invitation(name):
            raise Gone
        detail: dict[str, int | str] = {"role": one.role or "contact"}
        if one.organisation_id is not None:
            detail["organisation"] = one.organisation_id
        await tx.audit(now, (await admin(tx, chat_id)).id, Act.UNINVITE, detail, key)


async def admin(view: Snapshot, chat_id: int) -> Staff:
    """The admin who writes here, of everything or of one organisation; else NotAllowed."""
    staff = await view.staff_of(chat_id)
    if staff is None or staff.role is not Role.ADMIN:
        raise NotAllowed(Role.ADMIN)
    return staff


async def opened(view: Snapshot, token: str, chat_id: int, now: datetime, guesses: Guesses) -> Invitation:
    """What a link gives, for who has just opened it; nothing is used up by looking.

    InvitationVoid, AlreadyHas or OtherRole where it cannot be accepted.
    """
    if guesses.exhausted(chat_id, now):
        raise InvitationVoid(Void.OFTEN)
    invitation = await view.invitation(digest_of(token))
    if invitation is None:
        guesses.wrong(chat_id, now)
        raise InvitationVoid(Void.UNKNOWN)
    why = _void(invitation, now)
    await _gives_something(view, chat_id, invitation, usable=why is None)
    if why is not None:
        raise InvitationVoid(why)
    return invitation


def _void(invitation: Invitation, now: datetime) -> Void | None:
    if invitation.used_at is not None:
        return Void.USED
    return Void.EXPIRED if invitation.expires_at <= now else None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody has become: a member of staff or a contact."""

    role: Role | None
    organisation_id: str | None
    number: int
    """The internal id of staff, or the number among the organisation's contacts."""


async def accept(
    store: Store, token: str, chat_id: int, now: datetime, key: bytes, guesses: Guesses
) -> Accepted:
    """Use a link. Of two people at the same time one succeeds; the other gets InvitationVoid.

    Who accepts once more what they have become by it changes nothing.
    Errors as in :func:`opened`; UnknownRecipient when no language was chosen.
    """
    async with store.begin() as tx:
        before = await _accepted(tx, token, chat_id)
        if before is not None:
            return before
        invitation = await opened(tx, token, chat_id, now, guesses)
        if await tx.recipient(chat_id) is None:
            raise UnknownRecipient
        if not await tx.use_invitation(digest_of(token), now):
            raise InvitationVoid(Void.USED)
        role, organisation = invitation.role, invitation.organisation_id
        if role is not None:
            id = await tx.add_staff(chat_id, role, organisation, now)
            detail: dict[str, int | str] = {"staff": id, "role": role}
            if organisation is not None:
                detail["organisation"] = organisation
            await tx.audit(now, id, Act.ACCEPT, detail, key)
            return Accepted(role, organisation, id)
        contact = await tx.add_contact(chat_id, organisation or "", now)
        detail = {"organisation": contact.organisation_id, "contact": contact.number}
        await tx.audit(now, None, Act.ACCEPT, detail, key)
        return Accepted(None, organisation, contact.number)


async def _accepted(view: Snapshot, token: str, chat_id: int) -> Accepted | None:
    """What a used link has made of somebody, as far as they still are exactly that; else None."""
    invitation = await view.invitation(digest_of(token))
    if invitation is None or invitation.used_at is None:
        return None
    role, organisation = invitation.role, invitation.organisation_id
    if role is None:
        own = await _own(view, chat_id, organisation)
        return None if own is None else Accepted(None, organisation, own.number)
    staff = await view.staff_of(chat_id)
    if staff is None or (staff.role, staff.organisation_id) != (role, organisation):
        return None
    return Accepted(role, organisation, staff.id)


async def _gives_something(view: Snapshot, chat_id: int, invitation: Invitation, *, usable: bool) -> None:
    role, organisation = invitation.role, invitation.organisation_id
    if role is None:
        if await _own(view, chat_id, organisation) is not None:
            raise AlreadyHas(usable=usable)
        return
    staff = await view.staff_of(chat_id)
    if staff is None:
        return
    if staff.may(role, organisation):
        raise AlreadyHas(usable=usable)
    # One person has one role: it is replaced only by one that gives at least as much.
    offered = Staff(
        id=staff.id, chat_id=chat_id, role=role, organisation_id=organisation, created_at=staff.created_at
    )
    if usable and not offered.may(staff.role, staff.organisation_id):
        raise OtherRole


# Contacts -----------------------------------------------------------------------------------------


async def may_manage(view: Snapshot, chat_id: int, organisation_id: str) -> Contact | Staff:
    """Who may see, invite and revoke an organisation's contacts: an admin, or one of them; NotAllowed."""
    staff = await view.staff_of(chat_id)
    if staff is not None and staff.may(Role.ADMIN, organisation_id):
        return staff
    own = await _own(view, chat_id, organisation_id)
    if own is None:
        raise NotAllowed
    return own


async def revoke(
    store: Store, chat_id: int, organisation_id: str, number: int, since: int, now: datetime, key: bytes
) -> int:
    """End a contact, and tell which chat that was: by an admin, by another contact of the organisation, or
    by themselves.

    ``since`` is when the contact began, in minutes since 1970: a button of an old list never hits the
    next person with the same number. The links that the organisation's contacts made are void, but not
    when somebody hands over and goes. What is for contacts only is not sent to them any more, and whom
    somebody else has ended is still to be told. NotAllowed, or Gone.
    """
    async with store.begin() as tx:
        by = await may_manage(tx, chat_id, organisation_id)
        contact = next(
            (
                one
                for one in await tx.contacts(organisation_id)
                if one.number == number and to_minutes(one.created_at) == since
            ),
            None,
        )
        if contact is None or not await tx.drop_contact(contact.chat_id, organisation_id):
            raise Gone
        if contact.chat_id != chat_id:
            await tx.void_invitations(organisation_id=organisation_id)
            await tx.must_be_told(contact.chat_id, organisation_id)
        if not await tx.contact_of(contact.chat_id):
            await tx.unsubscribe(contact.chat_id, Topic.INTERNAL)
        detail: dict[str, int | str] = {"organisation": organisation_id, "contact": number}
        if isinstance(by, Contact):
            detail["by"] = by.number
        await tx.audit(now, by.id if isinstance(by, Staff) else None, Act.REVOKE, detail, key)
        return contact.chat_id


async def _own(view: Snapshot, chat_id: int, organisation_id: str | None) -> Contact | None:
    return next(
        (one for one in await view.contact_of(chat_id) if one.organisation_id == organisation_id), None
    )


def by_name(directory: Directory) -> list[Organisation]:
    """All organisations by their German titles."""
    return sorted(
        directory.organisations, key=lambda one: (fold(dict(one.title.texts()).get("de", one.id)), one.id)
    )
