"""What has been handed over: its numbers, and what can still be done about it."""

from __future__ import annotations

from bot.dialog.actions import ActOnBroadcast, NewDraft, OpenBroadcast, OpenDraft, ReleaseDraft, ShowAnnounce
from bot.dialog.announce_audience import area_words, audience_words
from bot.dialog.announce_draft import (
    Draft,
    act,
    correct,
    drop_correction,
    expect,
    gone,
    keep_correction,
    load,
    office,
    pending_correction,
)
from bot.dialog.announce_report import report
from bot.dialog.announce_texts import body_of, content_refusal, problem_words, sample
from bot.dialog.progress import Account, account_lines, pause_words, state_words
from bot.dialog.reply import Bold, Button, Line, Message, Reply, Rows, lines
from bot.dialog.showing import back, button_rows, form
from bot.dialog.turn import Turn
from bot.domain.broadcast import Delivery, State
from bot.domain.staff import Staff
from bot.domain.text import State as TextState

_ACTS = ("pause", "resume", "cancel", "withdraw", "failed", "unknown", "draft", "stop")
_BEFORE = frozenset({State.REVIEW, State.SCHEDULED, State.TEMPLATE})
_CAN_CORRECT = frozenset({State.SENDING, State.PAUSED, State.SENT, State.CANCELLED})


async def account_of(turn: Turn, id: int) -> Account:
    """The numbers of a broadcast, counted now."""
    async with turn.desk.store.read() as view:
        return Account(await view.tally(id), await view.next_due([id]), None, await view.edits(id))


async def page(turn: Turn, member: Staff, id: int, *opening: Line, new: bool = False) -> Reply:
    """One announcement: how far it is, its numbers, and the buttons that its state allows."""
    _, form_ = turn.translator, form(turn)
    draft = await load(turn, member, id)
    if draft is None:
        return gone(turn)
    broadcast = draft.broadcast
    account = await account_of(turn, id)
    flagged = [code for code, body in draft.bodies.items() if body.state is TextState.OUTDATED]
    text = lines(
        *opening,
        Bold(broadcast.name or _("Announcement")),
        state_words(turn, broadcast),
        pause_words(turn, broadcast) if broadcast.state is State.PAUSED else None,
        "",
        _("For: {who}", who=audience_words(turn, broadcast.audience)),
        _("Where: {areas}", areas=area_words(turn, broadcast.audience)),
        _("Texts: {languages}", languages=form_.languages(draft.bodies)) if draft.bodies else None,
        _("Not checked since the correction: {languages}", languages=form_.languages(flagged))
        if flagged
        else None,
        "",
        *(account_lines(turn, broadcast, account) if broadcast.launched_at is not None else ()),
        _("Recipients: {count}", count=form_.number(draft.total)) if broadcast.state in _BEFORE else None,
    )
    rows = (*_rows(turn, draft, account), (back(turn, ShowAnnounce(_list_of(broadcast.state))),))
    return Reply((Message(text, rows, replaces=not new),))


def _list_of(state: State) -> str:
    match state:
        case State.REVIEW:
            return "waiting"
        case State.SCHEDULED | State.TEMPLATE:
            return "planned"
        case _:
            return "sent"


def _rows(turn: Turn, draft: Draft, account: Account) -> Rows:
    _, id, state, tally = turn.translator, draft.broadcast.id, draft.broadcast.state, account.tally
    see = Button(_("See it"), OpenDraft(id, "preview"))
    cancel = Button(_("Cancel it"), OpenBroadcast(id, "cancel"))
    again = Button(_("Use it again"), NewDraft(id))
    table = Button(_("Report"), ActOnBroadcast(id, "report"))
    correct_ = Button(_("Correct"), OpenBroadcast(id, "correct"))
    take_back = Button(_("Withdraw"), OpenBroadcast(id, "withdraw"))
    pause, go_on = Button(_("Pause"), ActOnBroadcast(id, "pause")), Button(_("Continue"), ActOnBroadcast(id, "resume"))
    match state:
        case State.REVIEW:
            buttons = [see]
            if draft.may_release and not draft.own:
                buttons.append(Button(_("Release it"), ReleaseDraft(id, "send")))
            elif draft.may_release:
                buttons.append(Button(_("Emergency: release it myself"), ReleaseDraft(id, "override")))
            buttons.append(Button(_("Back to the draft"), ReleaseDraft(id, "return")))
        case State.SCHEDULED:
            buttons = [see, Button(_("Back to the draft"), ActOnBroadcast(id, "draft")), cancel]
        case State.TEMPLATE:
            buttons = [see, Button(_("Stop repeating"), OpenBroadcast(id, "stop"))]
        case State.SENDING:
            buttons = [pause, cancel, correct_, take_back, table]
        case State.PAUSED:
            buttons = [go_on, cancel, *([correct_, take_back] if tally.total else []), table]
        case State.SENT | State.CANCELLED:
            buttons = [correct_, take_back, table, again] if tally[Delivery.SENT] else [table, again]
            if state is State.SENT and tally[Delivery.REJECTED]:
                label = _("Send again: refused ({count})", count=tally[Delivery.REJECTED])
                buttons.append(Button(label, OpenBroadcast(id, "failed")))
            if state is State.SENT and tally[Delivery.UNKNOWN]:
                label = _("Send again: unknown ({count})", count=tally[Delivery.UNKNOWN])
                buttons.append(Button(label, OpenBroadcast(id, "unknown")))
        case State.MISSED:
            buttons = [
                Button(_("Back to the draft"), ActOnBroadcast(id, "draft")),
                Button(_("Discard"), ReleaseDraft(id, "discard")),
            ]
        case _:
            buttons = [table, again]
    return button_rows(buttons)


@office
async def open_(turn: Turn, member: Staff, action: OpenBroadcast) -> Reply:
    """The page of an announcement, or the question before something that cannot be taken back."""
    draft = await load(turn, member, action.id)
    if draft is None:
        return gone(turn)
    match action.part:
        case "correct" if draft.broadcast.state in _CAN_CORRECT:
            return _choose_correction(turn, draft)
        case "fix" if draft.broadcast.state in _CAN_CORRECT and action.value in draft.bodies:
            return await _ask_correction(turn, draft, action.value)
        case "cancel" | "withdraw" | "failed" | "unknown" | "stop":
            return await _ask(turn, draft, action.part)
        case _:
            return await page(turn, member, action.id)


async def _ask(turn: Turn, draft: Draft, part: str) -> Reply:
    """The second look before an act."""
    _, id, number = turn.translator, draft.broadcast.id, form(turn).number
    tally = (await account_of(turn, id)).tally
    match part:
        case "cancel":
            heading, yes = _("Cancel this announcement?"), _("Yes, cancel it")
            words = [
                _("Who has it keeps it: {count}", count=number(tally[Delivery.SENT])),
                _("Who is still waiting does not get it: {count}", count=number(tally.open)),
            ]
        case "withdraw":
            heading, yes = _("Withdraw this announcement?"), _("Yes, withdraw it")
            words = [
                _("I delete it from {count} chats.", count=number(tally[Delivery.SENT])),
                _(
                    "Telegram lets me delete a message for 48 hours only. "
                    "Older ones are changed to say that the message was withdrawn."
                ),
                _("This cannot be undone. Who has read it has read it."),
            ]
        case "failed":
            heading, yes = _("Send the refused ones again?"), _("Yes, send them again")
            words = [
                _("Telegram refused it in {count} chats.", count=number(tally[Delivery.REJECTED])),
                _("That helps only after a correction: the same text is refused again."),
            ]
        case "unknown":
            heading, yes = _("Send the unknown ones again?"), _("Yes, send them again")
            words = [
                _("Of {count} messages nobody knows whether they arrived.", count=number(tally[Delivery.UNKNOWN])),
                _("Who has got it already gets it a second time. Who has not gets it at last."),
            ]
        case _:
            heading, yes = _("Stop repeating this announcement?"), _("Yes, stop it")
            words = [_("What is sent already stays.")]
    rows = ((Button(yes, ActOnBroadcast(id, part)),), (back(turn, OpenBroadcast(id)),))
    return Reply((Message(lines(Bold(heading), draft.broadcast.name or None, "", *words), rows),))


@office
async def act_on(turn: Turn, member: Staff, action: ActOnBroadcast) -> Reply:
    """Something was decided about an announcement; the service looks at rights and state once more."""
    draft = await load(turn, member, action.id)
    if draft is None:
        return gone(turn)
    if action.act == "report":
        return report(turn, draft.broadcast, await account_of(turn, action.id))
    if action.act == "fix":
        return await _correct(turn, member, draft, action.value)
    if action.act not in _ACTS:
        return await page(turn, member, action.id)
    await act(turn, draft, action.act)
    if action.act == "draft":
        from bot.dialog.announce import open_draft

        return await open_draft(turn, action.id)
    return await page(turn, member, action.id)


# Correcting ---------------------------------------------------------------------------------------


def _choose_correction(turn: Turn, draft: Draft) -> Reply:
    _, form_, id = turn.translator, form(turn), draft.broadcast.id
    buttons = [Button(form_.language(code), OpenBroadcast(id, "fix", code)) for code in draft.bodies]
    text = lines(
        Bold(_("Correct which language?")),
        _("The message changes in place for all who have it, and goes out corrected to all who wait."),
    )
    return Reply((Message(text, (*button_rows(buttons), (back(turn, OpenBroadcast(id)),))),))


async def _ask_correction(turn: Turn, draft: Draft, code: str, *opening: Line, new: bool = False) -> Reply:
    _, id = turn.translator, draft.broadcast.id
    await expect(turn, draft.member, id, f"fix:{code}")
    text = lines(
        Bold(_("Correct: {language}", language=form(turn).language(code))),
        *opening,
        _("Send the whole corrected text now. You see it before anything changes."),
    )
    return Reply((Message(text, ((back(turn, OpenBroadcast(id)),),), replaces=not new),))
