"""The way out of a draft: what is missing, the numbers once more, a second person, or the emergency."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog import announce_sending
from bot.dialog.announce_draft import Draft, expect, load, office
from bot.dialog.announce_look import look_lines
from bot.dialog.expecting import What
from bot.dialog.office_actions import OpenBroadcast, OpenDraft, ReleaseDraft, ShowAnnounce
from bot.dialog.progress import MISSES, moment_words, pause_words
from bot.dialog.reply import Bold, Button, Message, Quote, Reply, lines
from bot.dialog.showing import back, form
from bot.dialog.turn import Turn
from bot.domain.audit import Act
from bot.domain.broadcast import Broadcast, State
from bot.domain.staff import Role, Staff
from bot.services import drafting, releasing
from bot.services.office import Changed, Obstacle
from bot.services.releasing import Approved
from bot.services.scheduling import TOO_LATE

_OPEN = frozenset({State.DRAFT, State.REVIEW})


def obstacles(turn: Turn, draft: Draft) -> list[str]:
    """What must be done before it can be sent; none: it can."""
    _, form_, seen = turn.translator, form(turn), draft.seen
    words = {
        Obstacle.NO_TEXT: _("a text"),
        Obstacle.NO_AUDIENCE: _("who gets it"),
        Obstacle.PROBLEMS: _(
            "a text without mistakes: {languages}", languages=form_.languages(seen.problems)
        ),
        Obstacle.MISSING_TEXTS: _(
            "a text in: {languages} (or choose under “How” what these people get)",
            languages=form_.languages(seen.missing),
        ),
    }
    found = [words[one] for one in seen.obstacles]
    return [*found, _("This time has passed. Choose another one.")] if seen.late else found


@office
async def step(turn: Turn, member: Staff, action: ReleaseDraft) -> Reply:
    """One step on the way out. Every step looks anew: another may have been faster."""
    draft = await load(turn, member, action.id)
    office_, state = turn.desk.office, draft.broadcast.state
    match action.step:
        case "check" if state is State.DRAFT:
            return await check(turn, draft)
        case "send" if state is State.REVIEW and await _handed_in(turn, draft):
            done = Approved(broadcast_id=draft.id, state=state, at=None, recipients=draft.seen.total)
            return await _handed_over(turn, member, done)
        case "send" | "override" if state is State.DRAFT and obstacles(turn, draft):
            return await check(turn, draft)
        case "send" | "override" | "alone" if state is State.REVIEW and draft.seen.late:
            too_late = turn.translator(MISSES[TOO_LATE])
            return await announce_sending.page(turn, member, draft.id, Bold(too_late))
        case "override" if state is State.REVIEW:
            return await _alone(turn, draft, action)
        case "send" | "override" | "alone" if state in _OPEN:
            agree = releasing.approve if state is State.DRAFT else releasing.release
            try:
                done = await agree(
                    office_,
                    member,
                    draft.id,
                    turn.now,
                    override=action.step != "send",
                    revision=action.seen,
                )
            except Changed:
                return await _look_again(turn, draft)
            return await _handed_over(turn, member, done)
        case "return" if state is State.REVIEW and not draft.own:
            return await _why(turn, draft)
        case "return" | "back" if state in (State.REVIEW, State.DRAFT):
            return await sent_back(turn, draft)
        case "discard" if state is State.DRAFT:
            return _discard(turn, draft)
        case "sure" if state is State.DRAFT or (state is State.CANCELLED and _never_out(draft)):
            if state is State.DRAFT:
                await drafting.discard(office_, member, draft.id, turn.now)
            text = (turn.translator("Discarded. It will not be sent."),)
            return Reply((Message(text, ((back(turn, ShowAnnounce()),),)),))
    return await announce_sending.page(turn, member, action.id)


def _never_out(draft: Draft) -> bool:
    """Whether it was neither sent nor repeated, as far as it can be told."""
    return draft.broadcast.launched_at is None and draft.seen.schedule is None


async def _look_again(turn: Turn, draft: Draft) -> Reply:
    """An older screen would send something else than it showed."""
    _, words = turn.translator, turn.translator("Something has changed meanwhile. Please look at it again.")
    if draft.broadcast.state is State.REVIEW:
        return await announce_sending.page(turn, draft.member, draft.id, words)
    rows = ((Button(_("Open the draft"), OpenDraft(draft.id)),), (back(turn, ShowAnnounce()),))
    return Reply((Message(lines(Bold(draft.broadcast.name), words), rows),))


async def check(turn: Turn, draft: Draft) -> Reply:
    """The numbers once more, before the tap that counts."""
    _, id, seen = turn.translator, draft.id, draft.seen
    if missing := obstacles(turn, draft):
        text = lines(Bold(_("Still missing:")), *(f"• {words}" for words in missing))
        return Reply((Message(text, ((back(turn, OpenDraft(id)),),)),))
    alone = (draft.second or not draft.may_release) and not await _somebody_else(turn, draft)
    text = lines(
        Bold(_("Is everything right?")),
        draft.broadcast.name,
        "",
        *await look_lines(turn, draft),
        "",
        _("This goes to many people: a second person must release it.") if draft.second else None,
        Bold(_("There is nobody else who may release it: an admin can invite somebody with /staff."))
        if alone
        else None,
        _("In an emergency you can send it alone: all admins are told.")
        if alone and draft.may_release
        else None,
    )
    send = ReleaseDraft(id, "send", seen.revision)
    rows: list[tuple[Button, ...]] = []
    if draft.second:
        if not alone:
            rows.append((Button(_("Hand it to a second person"), send),))
        if draft.may_release:
            label = _("Emergency: send it without a second person")
            rows.append((Button(label, replace(send, step="override")),))
    elif draft.may_release:
        label = turn.translator.n("Send it to {count} person", "Send it to {count} people", seen.reached)
        rows.append((Button(label, send),))
    elif not alone:
        rows.append((Button(_("Hand it to somebody who may release it"), send),))
    return Reply((Message(text, (*rows, (back(turn, OpenDraft(id)),))),))


async def _alone(turn: Turn, draft: Draft, action: ReleaseDraft) -> Reply:
    """The second look before an emergency."""
    _ = turn.translator
    text = lines(
        Bold(draft.broadcast.name),
        *await look_lines(turn, draft),
        "",
        _("In an emergency you can send it alone: all admins are told."),
    )
    rows = (
        (Button(_("Emergency: release it myself"), replace(action, step="alone")),),
        (back(turn, OpenBroadcast(draft.id)),),
    )
    return Reply((Message(text, rows),))


async def review_message(turn: Turn, draft: Draft) -> Message:
    """What those get who may release it: what it is, for whom, when, and the buttons to decide."""
    _, id, seen = turn.translator, draft.id, draft.seen
    text = lines(
        Bold(_("Please look at it and release it: {name}", name=draft.broadcast.name)),
        pause_words(turn, draft.broadcast),
        _("Texts: {languages}", languages=form(turn).languages(seen.bodies)),
        *await look_lines(turn, draft),
        _("Two people look at everything that goes to many.") if seen.second_person else None,
    )
    rows = (
        (Button(_("See it"), OpenDraft(id, "preview")),),
        (Button(_("Release it"), ReleaseDraft(id, "send", seen.revision)),),
        (Button(_("Send it back"), ReleaseDraft(id, "return")),),
    )
    return Message(text, rows, replaces=False)


async def _somebody_else(turn: Turn, draft: Draft) -> bool:
    """Whether there is anybody who can be asked to release it."""
    async with turn.desk.store.read() as view:
        members = await view.all_staff()
    return any(
        one.id != draft.member.id
        and one.may(Role.RELEASER, draft.broadcast.organisation_id)
        and not draft.seen.alone(one.id)
        for one in members
    )


async def _handed_in(turn: Turn, draft: Draft) -> bool:
    """Whether it waits for somebody else because this person has handed it over."""
    if draft.may_release and not draft.second:
        return False
    async with turn.desk.store.read() as view:
        submitted = await view.audit_of(draft.id, {Act.SUBMIT})
    return bool(submitted) and submitted[-1].staff_id == draft.member.id


async def _handed_over(turn: Turn, member: Staff, done: Approved) -> Reply:
    """What pressing "Send" has led to."""
    _ = turn.translator
    turn.desk.bell.set()
    match done.state:
        case State.REVIEW:
            words = _("Handed over. Those who may release it get a message now; you will hear from me.")
        case State.TEMPLATE if done.at is not None:
            words = _("It repeats. For the first time: {time}", time=moment_words(turn, done.at))
        case _ if done.at is not None and done.at > turn.now:
            words = _("It will be sent: {time}", time=moment_words(turn, done.at))
        case _:
            words = _("It is being sent now. One message here shows you how it goes.")
    opening = [Bold(words)]
    if done.override:
        opening.append(Bold(_("Without a second person: all admins are told.")))
    return await announce_sending.page(turn, member, done.broadcast_id, *opening)


async def _why(turn: Turn, draft: Draft) -> Reply:
    """Ask for a line to its author; none is needed."""
    _, id = turn.translator, draft.id
    await expect(turn, draft, What.WHY)
    text = lines(Bold(draft.broadcast.name), _("You can write in one line what is to be changed."))
    rows = (
        (Button(_("Send it back without words"), ReleaseDraft(id, "back")),),
        (back(turn, OpenBroadcast(id)),),
    )
    return Reply((Message(text, rows),))


async def sent_back(turn: Turn, draft: Draft, why: str = "") -> Reply:
    """It is a draft again, and its author hears of it; who came too late with a reason hears of that."""
    found = await releasing.send_back(turn.desk.office, draft.member, draft.id, turn.now, why=why)
    if found.pause_reason != releasing.one_line(why):
        return _late(turn, found, why)
    return await _returned(turn, draft.member, found)


def _late(turn: Turn, draft: Broadcast, why: str) -> Reply:
    _ = turn.translator
    text = lines(
        Bold(draft.name),
        _("It was sent back before: it is a draft again already."),
        _("Your words did not reach its author:") if why else None,
        Quote(why) if why else None,
    )
    return Reply((Message(text, ((back(turn, ShowAnnounce()),),)),))


def _discard(turn: Turn, draft: Draft) -> Reply:
    _, id = turn.translator, draft.id
    text = lines(
        Bold(_("Discard this announcement?")), draft.broadcast.name or None, _("Its texts are lost.")
    )
    rows = ((Button(_("Yes, discard it"), ReleaseDraft(id, "sure")),), (back(turn, OpenDraft(id)),))
    return Reply((Message(text, rows),))


async def _returned(turn: Turn, member: Staff, draft: Broadcast) -> Reply:
    _ = turn.translator
    text = lines(Bold(draft.name), _("It is a draft again: it can be changed, and handed over once more."))
    own = ((Button(_("Open the draft"), OpenDraft(draft.id)),),) if draft.author_id == member.id else ()
    return Reply((Message(text, (*own, (back(turn, ShowAnnounce()),))),))
