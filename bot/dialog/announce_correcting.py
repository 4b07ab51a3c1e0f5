"""Correcting what is on people's phones: choose a language, send its text, look at it, confirm.

Until it is confirmed the corrected text is a draft of its own: it outlives restarts, and a text that
Telegram would refuse is named before anything changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.dialog.announce_below import buttons_of
from bot.dialog.announce_draft import Draft, expect, load, office
from bot.dialog.announce_texts import content_refusal, link_lines, problem_words, sample
from bot.dialog.expecting import What
from bot.dialog.office_actions import CorrectBroadcast, OpenBroadcast
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import back, button_rows, form
from bot.dialog.turn import Turn
from bot.domain.broadcast import Body, Broadcast, State, choose_body
from bot.domain.deliveries import Delivery
from bot.domain.locales import locale_of
from bot.domain.markup import from_entities
from bot.domain.staff import Staff
from bot.domain.text import State as TextState
from bot.services import correcting, drafting, releasing
from bot.services.correcting import correctable
from bot.services.office import NotADraft, NothingSent, SecondPerson, TextRefused

_GOING_OUT = frozenset({State.SENDING, State.PAUSED})


async def open_(turn: Turn, draft: Draft, action: OpenBroadcast) -> Reply:
    """Choose a language; then its text is expected."""
    if action.part == "fix" and action.value in draft.seen.bodies:
        return await _ask(turn, draft, action.value)
    if action.part == "links" and action.value in draft.seen.bodies:
        return await _links(turn, draft, action.value)
    _, form_, id = turn.translator, form(turn), draft.id
    buttons = [Button(form_.language(code), OpenBroadcast(id, "fix", code)) for code in draft.seen.bodies]
    text = lines(
        Bold(_("Correct which language?")),
        _("The message changes in place for all who have it."),
        _("Who still waits for it gets it corrected.") if draft.broadcast.state in _GOING_OUT else None,
    )
    return Reply((Message(text, (*button_rows(buttons), (back(turn, OpenBroadcast(id)),))),))


async def _ask(turn: Turn, draft: Draft, code: str, *opening: Line, new: bool = False) -> Reply:
    _, id = turn.translator, draft.id
    await expect(turn, draft, What.FIX, code)
    text = lines(
        Bold(_("Correct: {language}", language=form(turn).language(code))),
        *opening,
        _("Send the whole corrected text now. You see it before anything changes."),
        _("A photo or document stays as it is.") if draft.seen.bodies[code].media is not None else None,
    )
    rows = (
        (Button(_("Link buttons"), OpenBroadcast(id, "links", code)),),
        (back(turn, OpenBroadcast(id, "correct")),),
    )
    return Reply((Message(text, rows, replaces=not new),))


async def written(turn: Turn, draft: Draft, code: str) -> Reply:
    """The corrected text came: show it as its readers will see it, and ask."""
    _ = turn.translator
    before = draft.seen.bodies.get(code)
    if before is None or not correctable(draft.broadcast):
        raise NothingSent
    refusal = content_refusal(turn)
    if turn.file is not None:
        refusal = _("The photo or document of a sent message stays as it is. Send only the text.")
    if refusal is not None:
        return await _ask(turn, draft, code, refusal, new=True)
    body = replace(before, html=from_entities(turn.text, turn.entities), state=TextState.HUMAN)
    try:
        return await _confirm(turn, draft, body, *link_lines(turn))
    except TextRefused as refused:
        words = [f"⚠ {problem_words(turn, fault)}" for fault in refused.problems]
        return await _ask(turn, draft, code, *words, _("It was not saved."), new=True)


async def _links(turn: Turn, draft: Draft, code: str, *opening: Line, new: bool = False) -> Reply:
    """The link buttons of what was sent: the next text lists those that they become."""
    _, id = turn.translator, draft.id
    await expect(turn, draft, What.LINKS, code)
    text = lines(
        Bold(_("Link buttons: {language}", language=form(turn).language(code))),
        *opening,
        *(f"• {one.label} – {one.url}" for one in draft.seen.bodies[code].buttons),
        "",
        _("Send each button on a line of its own: what it says, a dash, the address. For example:"),
        _("More about it – https://example.org"),
    )
    return Reply((Message(text, ((back(turn, OpenBroadcast(id, "fix", code)),),), replaces=not new),))


async def links_written(turn: Turn, draft: Draft, code: str) -> Reply:
    """The corrected link buttons came."""
    before, found = draft.seen.bodies.get(code), buttons_of(turn)
    if before is None or not correctable(draft.broadcast):
        raise NothingSent
    if isinstance(found, str):
        return await _links(turn, draft, code, found, new=True)
    try:
        return await _confirm(turn, draft, replace(before, buttons=found))
    except TextRefused as refused:
        return await _links(turn, draft, code, problem_words(turn, refused.problems[0]), new=True)


async def _confirm(turn: Turn, draft: Draft, body: Body, *opening: Line) -> Reply:
    """Keep a correction, and show it as its readers will see it; TextRefused."""
    _, id, code = turn.translator, draft.id, body.locale
    kept = await correcting.keep_correction(turn.desk.office, draft.member, id, body, turn.now)
    async with turn.desk.store.read() as view:
        tally = await view.tally(id)
    bodies, late = draft.seen.bodies, draft.broadcast.options.late_language
    sent = sum(
        states.get(Delivery.SENT, 0)
        for one, states in tally.by_locale.items()
        if (read := choose_body(bodies, locale_of(one), late)) is not None and read.locale == code
    )
    text = lines(
        Bold(_("Is the correction right?")),
        *opening,
        _("Above you see it as its readers will."),
        turn.translator.n(
            "It changes in place for {count} reader.", "It changes in place for {count} readers.", sent
        ),
    )
    rows = [(Button(_("Correct it"), CorrectBroadcast(id, kept.id, code)),)]
    if len(draft.seen.bodies) > 1:
        label = _("Correct it; others are wrong, too")
        rows.append((Button(label, CorrectBroadcast(id, kept.id, code, 1)),))
    rows.append((Button(_("No, leave it as it was"), CorrectBroadcast(id, kept.id)),))
    shown = await sample(turn, draft.broadcast, body)
    return Reply((shown, Message(text, tuple(rows), replaces=False)))


@office
async def confirm(turn: Turn, member: Staff, action: CorrectBroadcast) -> Reply:
    """Carry a correction out, or drop it; pressed twice it is done once."""
    from bot.dialog.announce_sending import page

    _, office_ = turn.translator, turn.desk.office
    draft, kept = await load(turn, member, action.id), await load(turn, member, action.draft)
    if kept.broadcast.corrects is None or kept.broadcast.corrects[0] != draft.id:
        raise NotADraft
    body = kept.seen.bodies.get(action.locale)
    old = draft.seen.bodies.get(action.locale)
    done = body is not None and old is not None and (body.html, body.buttons) == (old.html, old.buttons)
    on_its_way = _("The correction is on its way to all who have the message.")
    words = on_its_way if done else _("It stays as it was.")
    if kept.broadcast.state in (State.DRAFT, State.REVIEW):
        turn.desk.bell.set()
        if body is not None and old is not None:
            if not draft.may_release and kept.broadcast.state is State.DRAFT:
                return await _hand_over(turn, kept, action, may=False)
            new = replace(body, media=old.media, file_id=old.file_id)
            try:
                flagged = await correcting.correct(
                    office_,
                    member,
                    draft.id,
                    new,
                    turn.now,
                    outdates_others=bool(action.others),
                    written=kept.id,
                    override=bool(action.alone),
                )
            except SecondPerson:
                if kept.broadcast.state is State.REVIEW:
                    raise
                return await _hand_over(turn, kept, action, may=True)
            words = on_its_way
            if flagged:
                names = form(turn).languages(flagged)
                words += " " + _("Please correct these, too: {languages}", languages=names)
        else:
            drop = drafting.discard if kept.broadcast.state is State.DRAFT else releasing.cancel
            await drop(office_, member, kept.id, turn.now)
    return await page(turn, member, draft.id, words)


async def _hand_over(turn: Turn, kept: Draft, action: CorrectBroadcast, *, may: bool) -> Reply:
    """Somebody else must confirm it: who wrote it may not release, or (``may``) so many have it."""
    _ = turn.translator
    await correcting.hand_over_correction(
        turn.desk.office, kept.member, action.id, kept.id, turn.now, outdates_others=bool(action.others)
    )
    text = (
        _(
            "A second person must confirm this correction, because so many get the message. Those who may "
            "do that are asked now."
        )
        if may
        else _(
            "Somebody who may release announcements must confirm this correction. Those who may do that are "
            "asked now."
        ),
    )
    emergency = Button(_("Emergency: correct it without a second person"), replace(action, alone=1))
    rows = (
        *(((emergency,),) if may else ()),
        (Button(_("No, leave it as it was"), CorrectBroadcast(action.id, kept.id)),),
        (back(turn, OpenBroadcast(action.id)),),
    )
    return Reply((Message(text, rows),))


async def waiting(
    turn: Turn, kept: Broadcast, bodies: Mapping[str, Body], *, may: bool
) -> tuple[Message, ...]:
    """A correction that waits for a second person: its text as readers will see it, and the question."""
    _, (id, others) = turn.translator, kept.corrects or (0, 0)
    async with turn.desk.store.read() as view:
        corrected = await view.broadcast(id) or kept
    shown = [await sample(turn, corrected, body) for body in bodies.values()]
    text = lines(
        Bold(_("A correction waits for a second person: {name}", name=kept.name)),
        _("Above you see it as its readers will."),
        _("The other languages are marked as outdated then.") if others else None,
    )
    rows = [(Button(_("Correct it"), CorrectBroadcast(id, kept.id, code, others)),) for code in bodies if may]
    rows.append((Button(_("No, leave it as it was"), CorrectBroadcast(id, kept.id)),))
    return (*shown, Message(text, tuple(rows), replaces=False))
