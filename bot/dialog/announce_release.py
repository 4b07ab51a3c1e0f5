"""The way out of a draft: what is missing, the numbers once more, a second person, or the emergency."""

from __future__ import annotations

from bot.dialog import announce_sending
from bot.dialog.actions import OpenDraft, ReleaseDraft, ShowAnnounce
from bot.dialog.announce_draft import Draft, approve, discard, gone, load, obstacles, office, release, send_back
from bot.dialog.announce_options import MISSING
from bot.dialog.announce_timing import when_lines
from bot.dialog.progress import moment_words
from bot.dialog.reply import Bold, Button, Message, Reply, Rows, lines
from bot.dialog.showing import back, form
from bot.dialog.turn import Turn
from bot.domain.broadcast import State
from bot.domain.staff import Role, Staff


@office
async def step(turn: Turn, member: Staff, action: ReleaseDraft) -> Reply:
    """One step on the way out. Every step looks anew: another may have been faster."""
    draft = await load(turn, member, action.id)
    if draft is None:
        return gone(turn)
    state = draft.broadcast.state
    match action.step:
        case "check" if state is State.DRAFT:
            return await check(turn, draft)
        case "send" | "override" if state is State.DRAFT:
            if obstacles(turn, draft):
                return await check(turn, draft)
            await approve(turn, draft, override=action.step == "override")
        case "send" | "override" if state is State.REVIEW:
            await release(turn, draft, override=action.step == "override")
        case "return" if state is State.REVIEW:
            await send_back(turn, draft)
            return await _returned(turn, member, draft)
        case "discard" if state in (State.DRAFT, State.MISSED):
            return _discard(turn, draft)
        case "sure" if state in (State.DRAFT, State.MISSED):
            await discard(turn, draft)
            text = (turn.translator("Discarded. Nobody has got anything."),)
            return Reply((Message(text, ((back(turn, ShowAnnounce()),),)),))
    return await announce_sending.page(turn, member, action.id)


async def check(turn: Turn, draft: Draft) -> Reply:
    """The numbers once more, before the tap that counts."""
    _, form_, id = turn.translator, form(turn), draft.broadcast.id
    missing = obstacles(turn, draft)
    if missing:
        text = lines(Bold(_("Still missing:")), *(f"• {words}" for words in missing))
        return Reply((Message(text, ((back(turn, OpenDraft(id)),),)),))
    served = [code for code in draft.counts if code not in draft.without_text]
    without = draft.without_text
    text = lines(
        Bold(_("Is everything right?")),
        draft.broadcast.name,
        "",
        Bold(_("Recipients: {count}", count=form_.number(draft.total))),
        _("Languages: {languages}", languages=form_.languages(served)) if served else None,
        _("No text in: {languages}", languages=form_.languages(without)) if without else None,
        f"→ {_(MISSING[draft.broadcast.options.missing])}" if without else None,
        *await when_lines(turn, draft),
        _("First to {count} people, then a pause for a look.", count=draft.broadcast.options.first)
        if draft.broadcast.options.first
        else None,
        "",
        _("So many people: a second person must release it.") if draft.needs_second else None,
        None if draft.total else _("Nobody would get it right now."),
    )
    if draft.needs_second:
        rows: Rows = ((Button(_("Hand it to a second person"), ReleaseDraft(id, "send")),),)
        if draft.may_release:
            label = _("Emergency: send it without a second person")
            rows = (*rows, (Button(label, ReleaseDraft(id, "override")),))
    elif not draft.may_release:
        rows = ((Button(_("Hand it to somebody who may release it"), ReleaseDraft(id, "send")),),)
    else:
        label = turn.translator.n("Send to {count} person", "Send to {count} people", draft.total)
        rows = ((Button(label, ReleaseDraft(id, "send")),),)
    return Reply((Message(text, (*rows, (back(turn, OpenDraft(id)),))),))


def _discard(turn: Turn, draft: Draft) -> Reply:
    _, id = turn.translator, draft.broadcast.id
    text = lines(Bold(_("Discard this announcement?")), draft.broadcast.name or None, _("Its texts are lost."))
    rows = ((Button(_("Yes, discard it"), ReleaseDraft(id, "sure")),), (back(turn, OpenDraft(id)),))
    return Reply((Message(text, rows),))


async def _returned(turn: Turn, member: Staff, draft: Draft) -> Reply:
    _ = turn.translator
    text = lines(Bold(draft.broadcast.name), _("It is a draft again. Its author is told."))
    return Reply((Message(text, ((back(turn, ShowAnnounce("waiting")),),)),))
