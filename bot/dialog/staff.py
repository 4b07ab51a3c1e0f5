"""``/staff``: roles, who has them, and taking them. Invitations and contacts: :mod:`bot.dialog.inviting`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.dialog import stale
from bot.dialog.actions import ShowMenu
from bot.dialog.announce_draft import numbered
from bot.dialog.news_actions import AskConsent
from bot.dialog.office_actions import (
    InviteStaff,
    ListStaff,
    OpenMember,
    PickOrganisation,
    RemoveMember,
    SetRole,
    ShowAnnounce,
    ShowCampaigns,
    ShowContacts,
    ShowGaps,
    ShowInvitations,
    ShowLog,
    ShowStaff,
    ShowStale,
)
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import ROW_LABEL, Page, Reading, back, form, shorten
from bot.dialog.subscriptions import group_name, groups, subscribed
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast
from bot.domain.directory import Kind, PartialDate
from bot.domain.news import Topic
from bot.domain.staff import Contact, Fixed, Gone, NotAllowed, Role, Staff
from bot.services import staffing
from bot.translation import N_

ROLES: Mapping[Role, str] = {
    Role.AUTHOR: N_("author"),
    Role.RELEASER: N_("releaser"),
    Role.ADMIN: N_("admin"),
}
_GIVE: Mapping[Role, str] = {
    Role.AUTHOR: N_("Make an author"),
    Role.RELEASER: N_("Make a releaser"),
    Role.ADMIN: N_("Make an admin"),
}
ABOUT_ROLES: Mapping[Role, str] = {
    Role.AUTHOR: N_("An author may write announcements."),
    Role.RELEASER: N_("A releaser may also check and send them."),
    Role.ADMIN: N_("An admin may also invite people and take roles away."),
}
_LABEL = 30


async def show(turn: Turn, action: ShowStaff | None = None) -> Reply:
    """What one is, and what one may do; NotAllowed for who is neither staff nor a contact."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        me = await view.staff_of(turn.chat_id)
        mine = await view.contact_of(turn.chat_id)
    if me is None and not mine:
        raise NotAllowed
    text: list[Line | None] = [Bold(_("Staff and contacts"))]
    rows: list[tuple[Button, ...]] = []
    if me is not None:
        text += [_("You are: {role}", role=await described(turn, me)), _(ABOUT_ROLES[me.role])]
        text.append(own_number(turn, me.id))
        rows += [
            (Button(_("Announcements"), ShowAnnounce()),),
            (Button(_("Campaigns and their notices"), ShowCampaigns()),),
        ]
        if me.role is Role.ADMIN:
            rows += [
                (Button(_("Staff"), ListStaff()), Button(_("Invite staff"), InviteStaff())),
                (Button(_("Contacts of associations"), PickOrganisation()),),
                (Button(_("Open invitations"), ShowInvitations()),),
            ]
        if me.may(Role.ADMIN):
            rows.append((Button(_("What people did not find"), ShowGaps()),))
            due = len(await stale.entries(turn))
            rows.append((Button(_("Entries to check: {count}", count=due), ShowStale()),))
            rows.append((Button(_("Log of what staff did"), ShowLog()),))
    for contact in mine:
        name = await organisation_name(turn, contact.organisation_id)
        text.append(_("You are a contact of: {organisation}", organisation=name))
        text.append(own_number(turn, contact.number))
        label = _("Contacts: {organisation}", organisation=shorten(name, _LABEL))
        rows.append((Button(label, ShowContacts(contact.organisation_id)),))
    stopped = _("Stopped")
    text += [
        f"{group_name(group, _)}: {stopped} · /news"
        for group, wanted in (await groups(turn)).items()
        if not wanted
    ]
    if mine and not any(one.topic is Topic.INTERNAL for one in await subscribed(turn)):
        rows.append((internal_news(turn),))
    rows.append((back(turn, ShowMenu()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def list_staff(turn: Turn, action: ListStaff) -> Reply:
    """Everybody with a role whom this admin may see, without names."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        me = await staffing.admin(view, turn.chat_id)
        found = [one for one in await view.all_staff() if me.may(Role.ADMIN, one.organisation_id)]
    page = Page.of(action.page, len(found))
    text: list[Line | None] = [Bold(_("Staff")), _("There are no names here. Ask people for their number.")]
    rows: list[tuple[Button, ...]] = []
    for one in found[page.first : page.last]:
        label = " · ".join((_("Staff {number}", number=one.id), await described(turn, one)))
        you = " · " + _("you") if one.id == me.id else ""
        text.append(f"• {label} · {since(turn, one.created_at)}{you}")
        rows.append((Button(shorten(label, ROW_LABEL), OpenMember(one.id)),))
    rows += page.turning(turn, ListStaff)
    rows.append((back(turn, ShowStaff()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def open_member(turn: Turn, action: OpenMember) -> Reply:
    """One member of staff, with what can be changed."""
    async with turn.desk.store.read() as view:
        me = await staffing.admin(view, turn.chat_id)
        member = await view.staff_member(action.id)
    if member is None or member.removed_at is not None:
        return _gone(turn)
    if not me.may(Role.ADMIN, member.organisation_id):
        raise NotAllowed(Role.ADMIN)
    return await _member(turn, member)


async def _member(turn: Turn, member: Staff, *opening: Line) -> Reply:
    _ = turn.translator
    text: list[Line | None] = [
        *opening,
        Bold(_("Staff {number}", number=member.id)),
        await described(turn, member),
        since(turn, member.created_at),
    ]
    rows: list[tuple[Button, ...]] = []
    if member.chat_id in turn.desk.admins:
        text.append(_fixed(turn))
    else:
        rows += [
            (Button(_(words), SetRole(member.id, role.value)),)
            for role, words in _GIVE.items()
            if role is not member.role
        ]
        rows.append((Button(_("Take the role away"), RemoveMember(member.id)),))
    rows.append((back(turn, ListStaff()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def set_role(turn: Turn, action: SetRole) -> Reply:
    """Another role for somebody."""
    _ = turn.translator
    if action.role not in set(Role):
        return await open_member(turn, OpenMember(action.id))
    if not action.sure and turn.chat_id not in turn.desk.admins:
        async with turn.desk.store.read() as view:
            me = await staffing.admin(view, turn.chat_id)
        if me.id == action.id:
            text = lines(
                Bold(_("Give up your own role of admin?")),
                _("You cannot take it again yourself: another admin has to give it to you."),
            )
            rows = (
                (Button(_(_GIVE[Role(action.role)]), replace(action, sure=1)),),
                (back(turn, OpenMember(action.id)),),
            )
            return Reply((Message(text, rows),))
    try:
        paused = await staffing.change_role(
            turn.desk.store,
            turn.chat_id,
            action.id,
            Role(action.role),
            fixed=turn.desk.admins,
            now=turn.now,
            key=turn.desk.audit_key,
        )
    except Fixed:
        return _refused(turn, _fixed(turn))
    except Gone:
        return _gone(turn)
    turn.desk.bell.set()
    async with turn.desk.store.read() as view:
        member = await view.staff_member(action.id)
    if member is None or turn.chat_id == member.chat_id:
        return await show(turn)
    return await _member(turn, member, _("Done."), *await _paused(turn, paused))


async def remove(turn: Turn, action: RemoveMember) -> Reply:
    """Take a role, after asking once."""
    _ = turn.translator
    if not action.sure:
        reply = await open_member(turn, OpenMember(action.id))
        if not any(button.action == action for row in reply.messages[0].buttons for button in row):
            return reply
        text = lines(
            Bold(_("Take the role of staff {number} away?", number=action.id)),
            _("It ends at once. Announcements that this person has planned will pause."),
        )
        rows = (
            (Button(_("Yes, take it away"), RemoveMember(action.id, 1)),),
            (back(turn, OpenMember(action.id)),),
        )
        return Reply((Message(text, rows),))
    try:
        paused = await staffing.remove(
            turn.desk.store,
            turn.chat_id,
            action.id,
            fixed=turn.desk.admins,
            now=turn.now,
            key=turn.desk.audit_key,
        )
    except Fixed:
        return _refused(turn, _fixed(turn))
    except Gone:
        return _gone(turn)
    turn.desk.bell.set()
    text = lines(_("Staff {number} has no role any more.", number=action.id), *await _paused(turn, paused))
    return Reply((Message(text, ((back(turn, ShowStaff()),),)),))


async def _paused(turn: Turn, ids: tuple[int, ...]) -> tuple[Line, ...]:
    async with turn.desk.store.read() as view:
        found = {id: await view.broadcast(id) for id in ids}
    return (paused_line(turn, len(ids), found),) if ids else ()


def paused_line(turn: Turn, count: int, found: Mapping[int, Broadcast | None]) -> str:
    """What was planned by somebody who may not send any more: so many, of which these are known."""
    return turn.translator.n(
        "{count} planned announcement was paused: {ids}",
        "{count} planned announcements were paused: {ids}",
        count,
        ids=f"{form(turn).comma} ".join(numbered(turn, id, one) for id, one in found.items()),
    )


def refused(turn: Turn, error: NotAllowed) -> Reply:
    """What somebody gets who has no role for this, or has it no more."""
    _ = turn.translator
    words = _("This is only for staff and contacts of associations.")
    if error.role is not None:
        words = _("You need this role for it: {role}. Ask an admin of the office.", role=_(ROLES[error.role]))
    return Reply((Message((words,), ((Button(_("Menu"), ShowMenu()),),)),))


def _refused(turn: Turn, words: str) -> Reply:
    return Reply((Message((words,), ((back(turn, ListStaff()),),)),))


def _gone(turn: Turn) -> Reply:
    return _refused(turn, turn.translator("This person has no role any more."))


def _fixed(turn: Turn) -> str:
    return turn.translator(
        "This admin is named in the settings (LOTSE_ADMINS). Remove the number there and "
        "start the bot again; then the role can be changed here."
    )


async def described(turn: Turn, staff: Staff) -> str:
    """A role in words, with the organisation that it is limited to."""
    words = turn.translator(ROLES[staff.role])
    if staff.organisation_id is None:
        return words
    return f"{words} · {await organisation_name(turn, staff.organisation_id)}"


async def organisation_name(turn: Turn, id: str) -> str:
    """An organisation's name; its id where it is not in the content any more."""
    record = (await turn.desk.shelf.holdings()).directory.get(Kind.ORGANISATION, id)
    return (Reading(turn).name(record.title) if record is not None else "") or id


def internal_news(turn: Turn) -> Button:
    """What a contact becomes one for, asked for with the next tap."""
    return Button(turn.translator("Get news for associations"), AskConsent(Topic.INTERNAL.value))


def own_number(turn: Turn, number: int) -> str:
    """By what the others know somebody."""
    return turn.translator("Your number is {number}. Others see this number and no name.", number=number)


def since(turn: Turn, moment: datetime) -> str:
    """ "since March 2026"."""
    day = turn.desk.today(moment)
    return turn.translator("since {month}", month=form(turn).month(PartialDate(day.year, day.month)))


def contact_name(turn: Turn, contact: Contact) -> str:
    """ "contact 2, since March 2026": nobody has a name here."""
    _ = turn.translator
    name = _("contact {number}", number=contact.number)
    return f"{name}{form(turn).comma} {since(turn, contact.created_at)}"
