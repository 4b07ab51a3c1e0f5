"""What has been handed over: its numbers, and what can still be done about it."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from bot.dialog import announce_correcting
from bot.dialog.announce_audience import count_lines, whom_lines
from bot.dialog.announce_draft import Draft, Press, load, office
from bot.dialog.announce_look import look_lines
from bot.dialog.announce_options import planned_lines
from bot.dialog.announce_report import report
from bot.dialog.labels import CHANGED_BY
from bot.dialog.office_actions import (
    ActOnBroadcast,
    NewDraft,
    OpenBroadcast,
    OpenDraft,
    ReleaseDraft,
    ShowAnnounce,
)
from bot.dialog.progress import (
    account_lines,
    another_time,
    moment_words,
    pause_words,
    state_words,
)
from bot.dialog.reply import Bold, Button, Line, Message, Reply, Rows, lines
from bot.dialog.showing import back, button_rows, capital, form
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast, State, WrongState
from bot.domain.deliveries import Delivery, Tally
from bot.domain.directory import Event, EventStatus, Kind
from bot.domain.staff import Staff
from bot.domain.text import State as TextState
from bot.services import accounting, releasing
from bot.services.accounting import Account
from bot.services.calendar import occurrence_at
from bot.services.correcting import correctable
from bot.services.office import DateUnknown
from bot.services.scheduling import ANCHOR_GONE, CAMPAIGN_OVER

_TOLD = frozenset({State.SCHEDULED, State.SENDING, State.PAUSED, State.SENT})
_BEFORE = frozenset({State.REVIEW, State.SCHEDULED, State.TEMPLATE})
_WHY = frozenset({State.REVIEW, State.PAUSED})
"""What may have stopped by itself, for a reason."""


def _below_progress(press: Press) -> Press:
    """Let the answer to a button of the progress message come below it.

    That message is edited every few seconds: a question in its place would vanish under the finger.
    """

    @wraps(press)
    async def guarded(turn: Turn, action: OpenBroadcast | ActOnBroadcast) -> Reply:
        reply = await press(turn, action)
        async with turn.desk.store.read() as view:
            found = await view.broadcast(action.id)
        if found is None or found.progress != (turn.chat_id, turn.message_id):
            return reply
        return replace(reply, messages=tuple(replace(one, replaces=False) for one in reply.messages))

    return guarded


async def account_of(turn: Turn, id: int) -> Account:
    """The numbers of a broadcast, counted now."""
    async with turn.desk.store.read() as view:
        return await accounting.count(view, id)


async def page(turn: Turn, member: Staff, id: int, *opening: Line, new: bool = False) -> Reply:
    """One announcement: how far it is, its numbers, and the buttons that its state allows."""
    _, form_ = turn.translator, form(turn)
    draft = await load(turn, member, id)
    broadcast = draft.broadcast
    if broadcast.corrects is not None and broadcast.state is State.REVIEW:
        may = draft.may_release and not draft.own
        return Reply(await announce_correcting.waiting(turn, broadcast, draft.seen.bodies, may=may))
    account = await account_of(turn, id)
    waits = broadcast.state is State.REVIEW
    flagged = [code for code, body in draft.seen.bodies.items() if body.state is TextState.OUTDATED]
    text = lines(
        *opening,
        Bold(broadcast.name or _("Announcement")),
        state_words(turn, broadcast, account.tally),
        pause_words(turn, broadcast) if broadcast.state in _WHY else None,
        _("Began: {time}", time=moment_words(turn, broadcast.launched_at)) if broadcast.launched_at else None,
        capital(_("announcement {value}", value=id)),
        "",
        *(() if waits else whom_lines(turn, broadcast.audience)),
        _("Texts: {languages}", languages=form_.languages(draft.seen.bodies)) if draft.seen.bodies else None,
        _("Not checked since the correction: {languages}", languages=form_.languages(flagged))
        if flagged
        else None,
        await _entry_line(turn, broadcast),
        "",
        *(account_lines(turn, broadcast, account) if broadcast.launched_at is not None else ()),
        *(await look_lines(turn, draft) if waits else ()),
        *(planned_lines(turn, broadcast.options, broadcast.anchor) if broadcast.state in _BEFORE else ()),
        *(count_lines(turn, draft) if broadcast.state in _BEFORE and not waits else ()),
    )
    rows = (*_rows(turn, draft, account), (back(turn, ShowAnnounce(_list_of(broadcast.state))),))
    return Reply((Message(text, rows, replaces=not new),))


async def _entry_line(turn: Turn, broadcast: Broadcast) -> str | None:
    """What is left to do after an event was called off: its entry does not know it."""
    event = (await turn.desk.shelf.holdings()).directory.get(Kind.EVENT, broadcast.audience.event)
    if not broadcast.audience.date or broadcast.state not in _TOLD or not isinstance(event, Event):
        return None
    date = occurrence_at(event, broadcast.audience.date, turn.desk.zone)
    if date is None or date.status is EventStatus.CANCELLED:
        return None
    _ = turn.translator
    words = _("Please change the event's entry, too: it still says that it takes place.")
    return f"{words} {_(CHANGED_BY)}"


def _list_of(state: State) -> str:
    match state:
        case State.REVIEW:
            return "waiting"
        case State.SCHEDULED | State.TEMPLATE:
            return "planned"
        case _:
            return "sent"


def _rows(turn: Turn, draft: Draft, account: Account) -> Rows:
    _, id, state, tally = turn.translator, draft.id, draft.broadcast.state, account.tally
    see = Button(_("See it"), OpenDraft(id, "preview"))
    to_draft = Button(_("Back to the draft"), ActOnBroadcast(id, "draft"))
    cancel = Button(_("Cancel it"), OpenBroadcast(id, "cancel"))
    stop = Button(_("Stop repeating"), OpenBroadcast(id, "stop"))
    again = Button(_("Use it again"), NewDraft(id))
    table = Button(_("Report"), ActOnBroadcast(id, "report"))
    correct_ = Button(_("Correct"), OpenBroadcast(id, "correct"))
    take_back = Button(_("Withdraw"), OpenBroadcast(id, "withdraw"))
    another = another_time(turn, draft.broadcast)
    pause = Button(_("Pause"), ActOnBroadcast(id, "pause"))
    label = _("Back to the draft") if draft.own else _("Send it back")
    give_back = Button(label, ReleaseDraft(id, "return"))
    # Who may not release sees it in the progress, too: somebody else has been asked.
    go_on = [Button(_("Continue"), ActOnBroadcast(id, "resume"))] if draft.may_release else []
    match state:
        case State.REVIEW:
            buttons = [see]
            if draft.seen.late:
                buttons.append(another)
            elif draft.may_release and not draft.second:
                buttons.append(Button(_("Release it"), ReleaseDraft(id, "send", draft.seen.revision)))
            elif draft.may_release:
                alone = ReleaseDraft(id, "override", draft.seen.revision)
                buttons.append(Button(_("Emergency: release it myself"), alone))
            buttons.append(give_back)
        case State.SCHEDULED:
            buttons = [see, to_draft, cancel]
        case State.TEMPLATE:
            buttons = [see, stop]
        case State.SENDING:
            buttons = [pause, cancel, correct_, take_back, table, again, *_resending(turn, draft, tally)]
        case State.PAUSED if draft.broadcast.launched_at is None:
            over = draft.broadcast.pause_reason == CAMPAIGN_OVER
            gone = over or draft.broadcast.pause_reason == ANCHOR_GONE
            buttons = [see, *([] if over else go_on), *([another] if gone else []), to_draft, cancel]
        case State.PAUSED:
            edits = [correct_, take_back] if tally.total else []
            buttons = [*go_on, cancel, *edits, table, again, *_resending(turn, draft, tally)]
        case State.MISSED if draft.broadcast.launched_at is None:
            buttons = [to_draft, cancel]
        case State.SENT | State.CANCELLED | State.MISSED:
            edits = [correct_, take_back] if tally[Delivery.SENT] else []
            resending = _resending(turn, draft, tally) if state is State.SENT else []
            buttons = [*edits, table, again, *resending]
        case _:
            buttons = [table, again]
    decisions = (to_draft, give_back, another, pause, cancel, stop, take_back)
    decides = draft.may_release or draft.own
    return button_rows([one for one in buttons if decides or one not in decisions])


def _resending(turn: Turn, draft: Draft, tally: Tally) -> list[Button]:
    """What failed can be sent again, also while others wait for their time: a weekly summary takes days."""
    if not draft.may_release:
        return []
    _ = turn.translator
    labels = {
        "failed": _("Send again: refused ({count})", count=tally[Delivery.REJECTED]),
        "unknown": _("Send again: unknown ({count})", count=tally[Delivery.UNKNOWN]),
    }
    counts = {"failed": tally[Delivery.REJECTED], "unknown": tally[Delivery.UNKNOWN]}
    return [Button(label, OpenBroadcast(draft.id, part)) for part, label in labels.items() if counts[part]]


@_below_progress
@office
async def open_(turn: Turn, member: Staff, action: OpenBroadcast) -> Reply:
    """The page of an announcement, or the question before something that cannot be taken back."""
    draft = await load(turn, member, action.id)
    match action.part:
        case "correct" | "fix" | "links" if correctable(draft.broadcast):
            return await announce_correcting.open_(turn, draft, action)
        case "cancel" | "withdraw" | "failed" | "unknown" | "stop":
            return await _ask(turn, draft, action.part)
        case _:
            return await page(turn, member, action.id)


async def _ask(turn: Turn, draft: Draft, part: str) -> Reply:
    """The second look before an act."""
    _, id, number = turn.translator, draft.id, form(turn).number
    tally = (await account_of(turn, id)).tally
    going = tally[Delivery.CLAIMED]
    match part:
        case "cancel":
            heading, yes = _("Cancel this announcement?"), _("Yes, cancel it")
            words = [
                _("They have it already and keep it: {count}", count=number(tally[Delivery.SENT])),
                _("They are still waiting and will not get it: {count}", count=number(tally.open - going)),
            ]
            if going:
                words.append(_("What is on its way at this moment still arrives."))
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
                _(
                    "Nobody knows whether these messages arrived: {count}.",
                    count=number(tally[Delivery.UNKNOWN]),
                ),
                _(
                    "People who already have it get it a second time. People who do not have it yet get "
                    "it at last."
                ),
            ]
        case _:
            heading, yes = _("Stop repeating this announcement?"), _("Yes, stop it")
            words = [_("What is sent already stays.")]
    rows = ((Button(yes, ActOnBroadcast(id, part)),), (back(turn, OpenBroadcast(id)),))
    return Reply((Message(lines(Bold(heading), draft.broadcast.name or None, "", *words), rows),))


@_below_progress
@office
async def act_on(turn: Turn, member: Staff, action: ActOnBroadcast) -> Reply:
    """Something was decided about an announcement; the service looks at rights and state once more."""
    draft = await load(turn, member, action.id)
    if action.act == "report":
        await accounting.note_export(turn.desk.office, member, action.id, turn.now)
        return report(turn, draft.broadcast, await account_of(turn, action.id))
    try:
        reply = await _do(turn, draft, action)
    except WrongState as before:
        if before.state is not before.wanted:
            raise
        reply = None  # it is what it was to become
    return reply or await page(turn, member, action.id)


async def _do(turn: Turn, draft: Draft, action: ActOnBroadcast) -> Reply | None:
    """Carry out an act; what it answers, if not the announcement's page."""
    member, id, now, office_ = draft.member, action.id, turn.now, turn.desk.office
    turn.desk.bell.set()
    match action.act:
        case "pause":
            await releasing.pause(office_, member, id, now)
        case "resume":
            try:
                await releasing.resume_sending(office_, member, id, now)
            except DateUnknown:
                _ = turn.translator
                words = _("The date it depends on is not known (any more). Please choose again.")
                return await page(turn, member, id, Bold(words))
        case "cancel" | "stop":
            await releasing.cancel(office_, member, id, now)
        case "withdraw":
            await releasing.withdraw(office_, member, id, now)
        case "failed" | "unknown":
            again = await releasing.resend_failed(
                office_, member, id, now, include_unknown=action.act == "unknown"
            )
            words = turn.translator.n(
                "{count} message is sent again now.", "{count} messages are sent again now.", again
            )
            return await page(turn, member, id, words)
        case "draft" | "when":
            from bot.dialog.announce import open_draft

            if draft.broadcast.state is not State.DRAFT:  # pressed twice it is done once
                await releasing.send_back(office_, member, id, now)
            return await open_draft(turn, id, "again" if action.act == "draft" else "when")
    return None
