"""Invitation links, what opening one shows, and the contacts of member organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.dialog.actions import Forget, ShowMenu, ShowPrivacy
from bot.dialog.desk import Thread
from bot.dialog.expecting import Expected, What
from bot.dialog.office_actions import (
    AcceptInvitation,
    InviteStaff,
    MakeInvitation,
    PickOrganisation,
    RevokeContact,
    ShowContacts,
    ShowInvitations,
    ShowStaff,
    TakeBack,
)
from bot.dialog.reply import Bold, Button, Code, Line, Message, Reply, lines
from bot.dialog.showing import ROW_LABEL, Page, Reading, back, capital, form, shorten
from bot.dialog.staff import (
    ABOUT_ROLES,
    ROLES,
    contact_name,
    internal_news,
    organisation_name,
    own_number,
)
from bot.dialog.turn import Turn
from bot.domain.directory import Kind, Organisation
from bot.domain.minutes import to_minutes
from bot.domain.staff import (
    INVITATION,
    INVITATION_LIFETIME,
    AlreadyHas,
    Gone,
    Invitation,
    InvitationVoid,
    OtherRole,
    Role,
    Void,
    link,
)
from bot.services import staffing
from bot.services.browsing import named
from bot.translation import N_

_VOID: Mapping[Void, str] = {
    Void.UNKNOWN: N_("This link is not valid. Ask the person who sent it for a new one."),
    Void.USED: N_("This link was used already. It works only once. Ask for a new one."),
    Void.EXPIRED: N_("This link is too old: it works for seven days. Ask for a new one."),
    Void.OFTEN: N_("You have opened too many links that are not valid. Try again in an hour."),
}
_PAGE = 8


async def invite_staff(turn: Turn, action: InviteStaff) -> Reply:
    """The role of an invitation, then what it is for."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        me = await staffing.admin(view, turn.chat_id)
    role = _role(action.role)
    rows: list[tuple[Button, ...]]
    if role is None:
        text = lines(
            Bold(_("Invite staff")),
            *(_(ABOUT_ROLES[role]) for role in Role),
            "",
            _("Which role shall it be?"),
        )
        rows = [(Button(capital(_(ROLES[role])), InviteStaff(role.value)),) for role in Role]
        return Reply((Message(text, (*rows, (back(turn, ShowStaff()),))),))
    text = lines(Bold(_("Invite staff: {role}", role=_(ROLES[role]))), _("What shall this person work for?"))
    if me.organisation_id is None:
        rows = [
            (Button(_("For everything"), MakeInvitation(role.value)),),
            (Button(_("Only for one association"), PickOrganisation(role.value)),),
        ]
    else:
        name = shorten(await organisation_name(turn, me.organisation_id))
        rows = [(Button(name, MakeInvitation(role.value, me.organisation_id)),)]
    return Reply((Message(text, (*rows, (back(turn, InviteStaff()),))),))


async def pick_organisation(turn: Turn, action: PickOrganisation) -> Reply:
    """All associations, page by page; or one writes a part of the name."""
    holdings = await turn.desk.shelf.holdings()
    return await _choice(turn, action, staffing.by_name(holdings.directory))


async def search(turn: Turn) -> Reply | None:
    """A text by somebody who is choosing an association; None when it is none of that."""
    threads = turn.desk.threads
    role = threads.take(turn.chat_id, turn.now, What.ORGANISATION, turn.update_id) if turn.private else None
    if role is None:
        return None
    holdings = await turn.desk.shelf.holdings()
    every, action = staffing.by_name(holdings.directory), PickOrganisation(role)
    if found := named(every, turn.text):
        return await _choice(turn, action, found[:_PAGE])
    # Anything else is a question like any other: nobody is kept here.
    if near := named(every, turn.text, slips=True):
        sentence = turn.translator("I know no association of this name. Did you mean one of these?")
        return await _choice(turn, action, near[:_PAGE], sentence)
    return None


async def _choice(
    turn: Turn, action: PickOrganisation, found: Sequence[Organisation], *opening: Line
) -> Reply:
    _ = turn.translator
    async with turn.desk.store.read() as view:
        me = await staffing.admin(view, turn.chat_id)
        counts = await view.contact_counts()
    role = _role(action.role)
    found = [one for one in found if me.may(Role.ADMIN, one.id)]
    expected = Expected(What.ORGANISATION, role.value if role is not None else "")
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(expected=expected))
    page = Page.of(action.page, len(found), _PAGE)
    rows: list[tuple[Button, ...]] = []
    for one in found[page.first : page.last]:
        name = shorten(Reading(turn).name(one.title))
        if role is not None:
            rows.append((Button(name, MakeInvitation(role.value, one.id)),))
        else:
            count = f" ({counts[one.id]})" if one.id in counts else ""
            rows.append((Button(name + count, ShowContacts(one.id)),))
    rows += page.turning(turn, lambda n: PickOrganisation(action.role, n))
    rows.append((back(turn, ShowStaff() if role is None else InviteStaff(role.value)),))
    text = lines(Bold(_("Which association?")), *opening, _("Choose one, or write a part of its name."))
    return Reply((Message(text, tuple(rows)),))


async def make(turn: Turn, action: MakeInvitation) -> Reply:
    """A new one-time link, to be passed on by whoever asked for it."""
    _ = turn.translator
    role, organisation = _role(action.role), action.organisation or None
    directory = (await turn.desk.shelf.holdings()).directory
    known = organisation is None or directory.get(Kind.ORGANISATION, organisation) is not None
    if not known or (role is None and organisation is None):
        async with turn.desk.store.read() as view:
            await staffing.admin(view, turn.chat_id)
        return await pick_organisation(turn, PickOrganisation())
    token = await staffing.invite(
        turn.desk.store, turn.chat_id, role, organisation, turn.now, turn.desk.audit_key
    )
    turn.desk.threads.drop(turn.chat_id)
    until = form(turn).month(turn.desk.today(turn.now + INVITATION_LIFETIME))
    text = lines(
        Bold(_("An invitation for one person")),
        _("Whoever opens this link becomes: {what}", what=await _becomes(turn, role, organisation)),
        Code(link(turn.desk.bot_username, token)),
        _("It works once, until {date}.", date=until),
        _("Send it only to this one person, in a private message. Anyone who has the link can use it."),
    )
    before = ShowContacts(organisation) if role is None and organisation is not None else ShowStaff()
    return Reply((Message(text, ((back(turn, before),),)),))


async def _becomes(turn: Turn, role: Role | None, organisation: str | None) -> str:
    _ = turn.translator
    name = await organisation_name(turn, organisation) if organisation is not None else ""
    if role is None:
        return _("contact of {organisation}", organisation=name)
    return f"{_(ROLES[role])} · {name}" if name else _(ROLES[role])


def _role(text: str) -> Role | None:
    return Role(text) if text in set(Role) else None


async def open_(turn: Turn, action: ShowInvitations, *opening: Line) -> Reply:
    """Links that nobody has used yet: what they give and until when, and a way to take them back."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        found = await staffing.open_invitations(view, turn.chat_id, turn.now)
    listed, page = list(found.items()), Page.of(action.page, len(found), _PAGE)
    text: list[Line | None] = [*opening, Bold(_("Open invitations"))]
    if not listed:
        text.append(_("There is nothing here."))
    rows: list[tuple[Button, ...]] = []
    for number, (name, one) in enumerate(listed[page.first : page.last], page.first + 1):
        what = await _becomes(turn, one.role, one.organisation_id)
        until = _("until {date}", date=form(turn).month(turn.desk.today(one.expires_at)))
        text.append(f"{number}. {what} · {until}")
        label = _("Take back: {what}", what=f"{number}. {what}")
        rows.append((Button(shorten(label, ROW_LABEL), TakeBack(name)),))
    rows += page.turning(turn, ShowInvitations)
    rows.append((back(turn, ShowStaff()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def take_back(turn: Turn, action: TakeBack) -> Reply:
    """An open invitation leads nowhere any more."""
    _, desk = turn.translator, turn.desk
    words = _("Done. This link leads nowhere any more.")
    try:
        await staffing.take_back(desk.store, turn.chat_id, action.name, turn.now, desk.audit_key)
    except Gone:
        words = _("This invitation is not open any more.")
    return await open_(turn, ShowInvitations(), words, "")


# Opening a link -----------------------------------------------------------------------------------


async def invitation(turn: Turn, token: str) -> Reply:
    """A link was opened: what one becomes, what is stored; the first button accepts."""
    _ = turn.translator
    try:
        async with turn.desk.store.read() as view:
            found = await staffing.opened(view, token, turn.chat_id, turn.now, turn.desk.guesses)
    except (InvitationVoid, AlreadyHas, OtherRole) as error:
        return _why_not(turn, error)
    accept_ = AcceptInvitation(token)
    rows = (
        (Button(_("Yes, I accept"), accept_),),
        (Button(_("No, thank you"), ShowMenu()), Button(_("Privacy"), ShowPrivacy("privacy"))),
    )
    return Reply((Message(lines(*await _offer(turn, found)), rows),))


async def _offer(turn: Turn, found: Invitation) -> list[Line | None]:
    _ = turn.translator
    what = await _becomes(turn, found.role, found.organisation_id)
    text: list[Line | None] = [Bold(_("You are invited: {what}", what=what))]
    if found.role is None:
        text += [
            _("As a contact you can get news for associations in the network, and invite colleagues."),
            _("If you accept, I store: the number of this chat, the association, and the day."),
        ]
    else:
        text += [
            _(ABOUT_ROLES[found.role]),
            _("If you accept, I store: the number of this chat, the role, and the day."),
            _("What you do in this role is written into a log, under a number and without your name."),
        ]
    text.append(
        _(
            "You can end this at any time with /forget. What the log says about your number stays. "
            "Only for people of 16 and older."
        )
    )
    return text


async def accept(turn: Turn, action: AcceptInvitation) -> Reply:
    """Become what the link says."""
    _ = turn.translator
    desk = turn.desk
    if turn.recipient is None:
        from bot.dialog import guide

        return guide.languages_screen(turn, then=f"{INVITATION}-{action.token}")
    try:
        done = await staffing.accept(
            desk.store, action.token, turn.chat_id, turn.now, desk.audit_key, desk.guesses
        )
    except (InvitationVoid, AlreadyHas, OtherRole) as error:
        return _why_not(turn, error)
    desk.bell.set()
    what = await _becomes(turn, done.role, done.organisation_id)
    text = lines(
        Bold(_("Welcome. You are now: {what}", what=what)),
        own_number(turn, done.number),
        _("What you can do now is under /staff."),
    )
    news = ((internal_news(turn),),) if done.role is None else ()
    return Reply((Message(text, (*news, (Button(_("Staff and contacts"), ShowStaff()),))),))


def _why_not(turn: Turn, error: InvitationVoid | AlreadyHas | OtherRole) -> Reply:
    _ = turn.translator
    match error:
        case InvitationVoid():
            words = _(_VOID[error.why])
            button = Button(_("Menu"), ShowMenu())
        case AlreadyHas():
            words = (
                _("You have this role already. The link was not used up: you can pass it on.")
                if error.usable
                else _("You have this role already.")
            )
            button = Button(_("Staff and contacts"), ShowStaff())
        case OtherRole():
            words = _("You have another role already. Ask an admin to change it. The link was not used up.")
            button = Button(_("Staff and contacts"), ShowStaff())
    return Reply((Message((words,), ((button,),)),))


# Contacts -----------------------------------------------------------------------------------------


async def contacts(turn: Turn, action: ShowContacts, *opening: Line) -> Reply:
    """The contacts of an association: numbers, no names."""
    _ = turn.translator
    turn.desk.threads.drop(turn.chat_id)
    organisation = action.organisation
    async with turn.desk.store.read() as view:
        await staffing.may_manage(view, turn.chat_id, organisation)
        found = await view.contacts(organisation)
    name = await organisation_name(turn, organisation)
    text: list[Line | None] = [*opening, Bold(_("Contacts: {organisation}", organisation=name))]
    if not found:
        text.append(_("Nobody yet."))
    page = Page.of(action.page, len(found))
    rows: list[tuple[Button, ...]] = []
    mine = any(one.chat_id == turn.chat_id for one in found)
    for one in found[page.first : page.last]:
        own = one.chat_id == turn.chat_id
        text.append(f"• {contact_name(turn, one)}" + (" · " + _("you") if own else ""))
        label = _("Stop being a contact") if own else _("Remove contact {number}", number=one.number)
        rows.append((Button(label, RevokeContact(organisation, one.number, to_minutes(one.created_at))),))
    if mine:
        text += ["", _("To hand over: invite your successor first, then tap “Stop being a contact”.")]
    rows += page.turning(turn, lambda n: ShowContacts(organisation, n))
    rows.append((Button(_("Invite a contact"), MakeInvitation("", organisation)),))
    rows.append((back(turn, ShowStaff()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def revoke(turn: Turn, action: RevokeContact) -> Reply:
    """End a contact, after asking once."""
    _ = turn.translator
    organisation = action.organisation
    if not action.sure:
        async with turn.desk.store.read() as view:
            await staffing.may_manage(view, turn.chat_id, organisation)
            found = await view.contacts(organisation)
        name = await organisation_name(turn, organisation)
        own = any((one.chat_id, one.number) == (turn.chat_id, action.number) for one in found)
        text = lines(
            Bold(_("Remove contact {number} of {organisation}?", number=action.number, organisation=name)),
            _("You then get no more news for associations. An invitation that you have made stays valid.")
            if own
            else _("This person then gets no more news for associations. Unused links of contacts end too."),
            Bold(_("Nobody else is a contact of this association yet.")) if len(found) == 1 else None,
        )
        sure = RevokeContact(organisation, action.number, action.since, 1)
        rows = ((Button(_("Yes, end it"), sure),), (back(turn, ShowContacts(organisation)),))
        return Reply((Message(text, rows),))
    desk = turn.desk
    try:
        ended = await staffing.revoke(
            desk.store, turn.chat_id, organisation, action.number, action.since, turn.now, desk.audit_key
        )
    except Gone:
        return await contacts(
            turn, ShowContacts(organisation), _("This contact has been removed before."), ""
        )
    if ended != turn.chat_id:
        desk.bell.set()
        return await contacts(turn, ShowContacts(organisation), _("Done."), "")
    text = lines(
        _("You are no longer a contact of this association. Thank you for your work."),
        _("To delete everything about you, press the button."),
    )
    return Reply((Message(text, ((Button(_("Forget me"), Forget()), Button(_("Menu"), ShowMenu())),)),))
