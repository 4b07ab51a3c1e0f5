"""The log of what staff did, in words, for admins."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.dialog.announce_draft import numbered, opens
from bot.dialog.office_actions import ShowLog, ShowStaff
from bot.dialog.reply import Bold, Button, Code, Line, Message, Reply, Rows, Text, lines
from bot.dialog.showing import ROW_LABEL, Page, back, form, shorten
from bot.dialog.staff import ROLES
from bot.dialog.turn import Turn
from bot.domain.audit import Act, Entry, Head
from bot.domain.broadcast import Broadcast
from bot.domain.staff import Role
from bot.services import staffing
from bot.translation import N_

ACTS: Mapping[Act, str] = {
    Act.APPOINT: N_("made an admin by the settings"),
    Act.INVITE: N_("made an invitation"),
    Act.UNINVITE: N_("took an invitation back"),
    Act.ACCEPT: N_("accepted an invitation"),
    Act.ROLE: N_("changed a role"),
    Act.REMOVE: N_("took a role away"),
    Act.LEAVE: N_("left and was forgotten"),
    Act.REVOKE: N_("ended a contact"),
    Act.DRAFT: N_("began a draft"),
    Act.SUBMIT: N_("asked for a second person"),
    Act.APPROVE: N_("approved"),
    Act.RELEASE: N_("released"),
    Act.OVERRIDE: N_("released alone, as an emergency"),
    Act.REJECT: N_("sent back"),
    Act.PAUSE: N_("paused"),
    Act.RESUME: N_("continued"),
    Act.CANCEL: N_("cancelled"),
    Act.CORRECT: N_("corrected"),
    Act.WITHDRAW: N_("withdrew"),
    Act.RESEND: N_("sent the failed ones again"),
    Act.DISCARD: N_("discarded"),
    Act.TEST: N_("sent a test"),
    Act.EXPORT: N_("saved a report"),
    Act.TEACH: N_("made a question an example"),
    Act.DROP: N_("deleted a question"),
}
_CHANGES: Mapping[int | str, str] = {
    "text": N_("Texts"),
    "no_text": N_("Texts"),
    "event": N_("Event's card"),
    "audience": N_("Who gets it"),
    "options": N_("How"),
    "expiry": N_("How"),
    "time": N_("When"),
    "anchor": N_("When"),
    "repetition": N_("Repeats"),
}
"""What of a draft was changed, by the button that one does it with."""
_PARTS: Mapping[int | str, str] = {
    **_CHANGES,
    "correction": N_("a correction"),
    "call_off": N_("An event is cancelled"),
}
_DETAILS: Mapping[str, str] = {
    "staff": N_("staff {value}"),
    "contact": N_("contact {value}"),
    "organisation": N_("association {value}"),
    "role": N_("role: {value}"),
    "by": N_("by contact {value}"),
    "broadcast": N_("announcement {value}"),
    "locale": N_("language: {value}"),
    "broadcasts": N_("announcements {value}"),
    "paused": N_("paused: {value}"),
    "count": N_("recipients: {value}"),
    "recipients": N_("recipients: {value}"),
    "entry": N_("entry {value}"),
}
_PAGE = 8
_NUMBER = re.compile(r"\d+")


async def show(turn: Turn, action: ShowLog) -> Reply:
    """Entries, the newest first; for admins of everything."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        await staffing.require(view, turn.chat_id, Role.ADMIN)
        page = Page.of(action.page, await view.audit_count(), _PAGE)
        entries = await view.latest_audit(_PAGE, page.first)
        head = await view.audit_head()
    text: list[Line | None] = [Bold(_("Log of what staff did"))]
    if head is not None:
        text.append(head_line(turn, head))
    about = await announcements(turn, *entries)
    text += [line(turn, entry, about) for entry in entries]
    rows = (*opening_rows(turn, about), *page.turning(turn, ShowLog), (back(turn, ShowStaff()),))
    return Reply((Message(lines(*text), rows),))


def head_line(turn: Turn, head: Head) -> Text:
    """The end of the log, to be copied: what ``lotse check --audit --head`` takes."""
    return (turn.translator("Number of entries, and the code:"), " ", Code(f"{head.seq}:{head.code}"))


async def announcements(turn: Turn, *entries: Entry) -> Mapping[int, Broadcast]:
    """What entries are about, as far as that is announcements."""
    named = " ".join(str(one.about.get(key, "")) for one in entries for key in ("broadcast", "broadcasts"))
    async with turn.desk.store.read() as view:
        found = [await view.broadcast(int(id)) for id in dict.fromkeys(_NUMBER.findall(named))]
    return {one.id: one for one in found if one is not None}


def opening_rows(turn: Turn, about: Mapping[int, Broadcast]) -> Rows:
    """A button for each announcement."""
    return tuple(
        (Button(shorten(numbered(turn, id, one), ROW_LABEL), opens(one)),) for id, one in about.items()
    )


def line(turn: Turn, entry: Entry, announced: Mapping[int, Broadcast]) -> str:
    """One entry: its number, when, who by number, what, and what it was about."""
    _, form_ = turn.translator, form(turn)
    wall = turn.desk.wall(entry.at)
    who = _("Staff {number}", number=entry.staff_id) if entry.staff_id is not None else "–"
    about = entry.about
    act = _(ACTS[Act(entry.act)]) if entry.act in set(Act) else entry.act
    if entry.act == Act.DRAFT and about.get("part") in _CHANGES:
        act = _("changed a draft")
    details = [words for name, value in about.items() if (words := _detail(turn, name, value, announced))]
    more = f" ({f'{form_.comma} '.join(details)})" if details else ""
    return f"{entry.seq}. {form_.month(wall.date())}{form_.comma} {form_.time(wall)} · {who}: {act}{more}"


def _detail(turn: Turn, name: str, value: int | str, announced: Mapping[int, Broadcast]) -> str | None:
    _ = turn.translator
    if name == "part" and value in _PARTS:
        return _(_PARTS[value])
    if name == "unknown" and value:
        return _("the unknown ones, too")
    if name not in _DETAILS:
        return None
    if name == "role" and value in set(Role):
        value = _(ROLES[Role(value)])
    if name in ("broadcast", "broadcasts"):
        ids = map(int, _NUMBER.findall(str(value)))
        value = f"{form(turn).comma} ".join(numbered(turn, id, announced.get(id)) for id in ids)
    if name == "locale":
        value = form(turn).language(str(value))
    return _(_DETAILS[name], value=value)
