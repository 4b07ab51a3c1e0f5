"""``/announce``: where the office writes one message in many languages, and finds the earlier ones."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog import (
    announce_audience,
    announce_below,
    announce_correcting,
    announce_options,
    announce_release,
    announce_sending,
    announce_texts,
    announce_timing,
)
from bot.dialog.actions import ShowMenu
from bot.dialog.announce_draft import (
    Draft,
    begin_draft,
    is_part,
    listed,
    load,
    member_of,
    office,
    opens,
    part_came,
    taken,
    templates,
    unfinished,
)
from bot.dialog.announce_when import when_lines
from bot.dialog.expecting import Expected, What
from bot.dialog.office_actions import CallOff, ChangeDraft, NewDraft, OpenDraft, ReleaseDraft, ShowAnnounce
from bot.dialog.progress import called, stored_state_words
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import ROW_LABEL, Page, back, form, shorten
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast, State
from bot.domain.errors import DomainError
from bot.domain.staff import Staff
from bot.translation import N_

_SHOWN = 8
_LISTS = {
    "drafts": (N_("Drafts"), (State.DRAFT,)),
    "waiting": (N_("Waiting for a second person"), (State.REVIEW,)),
    "planned": (N_("Planned"), (State.SCHEDULED, State.TEMPLATE, State.PAUSED)),
    "sent": (
        N_("Sent"),
        (State.SENDING, State.PAUSED, State.SENT, State.CANCELLED, State.MISSED, State.WITHDRAWN),
    ),
}
"""The lists of announcements, by the page that a button names, with the states in each."""


@office
async def begin(turn: Turn, member: Staff, action: ShowAnnounce | None = None) -> Reply:
    """``/announce`` and its lists. An unfinished draft is offered first."""
    if action is not None and action.page in _LISTS:
        return await _list(turn, member, action)
    if action is not None and action.page == "templates":
        return await _templates(turn, member, action)
    _ = turn.translator
    draft = await unfinished(turn, member)
    text: list[Line | None] = [Bold(_("Announcements"))]
    rows: list[tuple[Button, ...]] = []
    if draft is not None:
        name = draft.name or _("no text yet")
        text.append(_("You have an unfinished announcement: {name}", name=name))
        rows.append((Button(_("Go on with it"), OpenDraft(draft.id)),))
    else:
        text.append(_("One message in many languages, to those who asked for it."))
    rows += [
        (Button(_("New announcement"), NewDraft()),),
        (Button(_("From an earlier one"), ShowAnnounce("templates")),),
        (Button(_("An event is cancelled"), CallOff()),),
        *(
            (Button(_(first), ShowAnnounce(one)), Button(_(second), ShowAnnounce(two)))
            for (one, first), (two, second) in (
                (("drafts", _LISTS["drafts"][0]), ("planned", _LISTS["planned"][0])),
                (("waiting", N_("To be released")), ("sent", _LISTS["sent"][0])),
            )
        ),
        (back(turn, ShowMenu()),),
    ]
    return Reply((Message(lines(*text), tuple(rows)),))


async def _list(turn: Turn, member: Staff, action: ShowAnnounce) -> Reply:
    _, form_ = turn.translator, form(turn)
    heading, states = _LISTS[action.page]
    found = await listed(turn, member, states)
    page = Page.of(action.number, len(found), _SHOWN)
    text: list[Line | None] = [Bold(f"{_(heading)} ({form_.number(len(found))})")]
    if not found:
        text.append(_("There is nothing here."))
    rows: list[tuple[Button, ...]] = []
    for one in found[page.first : page.last]:
        name = called(turn, one)
        text.append(await _line(turn, one))
        rows.append((Button(shorten(name), opens(one)),))
    rows += page.turning(turn, lambda n: ShowAnnounce(action.page, n))
    rows.append((back(turn, ShowAnnounce()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def _line(turn: Turn, one: Broadcast) -> str:
    """When it went out, what it is called, and how far it is."""
    name, today = called(turn, one), turn.desk.today(turn.now)
    day = f"{form(turn).day(turn.desk.today(one.launched_at), today)} · " if one.launched_at else ""
    return f"• {day}{name} – {await stored_state_words(turn, one)}"


async def _templates(turn: Turn, member: Staff, action: ShowAnnounce) -> Reply:
    """Earlier announcements to start from."""
    _ = turn.translator
    found = await templates(turn, member)
    page = Page.of(action.number, len(found), _SHOWN)
    shown = found[page.first : page.last]
    text = lines(
        Bold(_("From an earlier one")),
        _("Texts, audience and options are taken over. The earlier one stays as it is.")
        if found
        else _("There is nothing here."),
        _("The new one is not urgent, whatever the earlier one was.")
        if found and not any(one.warning for one in shown)
        else None,
        *[await _line(turn, one) for one in shown],
    )
    rows: list[tuple[Button, ...]] = []
    for one in shown:
        day = form(turn).month(turn.desk.today(one.launched_at or one.created_at))
        rows.append((Button(shorten(f"{day} · {one.name or one.id}", ROW_LABEL), NewDraft(one.id)),))
    rows += page.turning(turn, lambda n: ShowAnnounce("templates", n))
    rows.append((back(turn, ShowAnnounce()),))
    return Reply((Message(text, tuple(rows)),))


@office
async def new(turn: Turn, member: Staff, action: NewDraft) -> Reply:
    """A new draft, empty or a copy; its first step is the text, or the overview of what was copied."""
    draft = await begin_draft(turn, member, action.source)
    return await (overview(turn, draft) if action.source else announce_texts.screen(turn, draft))


@office
async def open_(turn: Turn, member: Staff, action: OpenDraft) -> Reply:
    """A draft, or one of its parts."""
    draft = await load(turn, member, action.id)
    if draft.broadcast.corrects is not None and draft.broadcast.state is State.DRAFT:
        return await announce_sending.page(turn, member, draft.broadcast.corrects[0])
    if draft.broadcast.state is not State.DRAFT and action.part not in ("show", "preview"):
        return await announce_sending.page(turn, member, action.id)
    match action.part:
        case "texts":
            return await announce_texts.screen(turn, draft)
        case "text":
            return await announce_texts.language(turn, draft, action.value)
        case "move":
            return await announce_texts.move(turn, draft, action.value)
        case "buttons":
            return await announce_below.buttons(turn, draft, action.value)
        case "events":
            return await announce_below.events(turn, draft, action.page)
        case "preview":
            return announce_texts.preview(turn, draft)
        case "show":
            return await announce_texts.show(turn, draft, action.value)
        case "audience":
            return announce_audience.screen(turn, draft)
        case "topics":
            return announce_audience.topics(turn, draft)
        case "areas":
            return await announce_audience.areas(turn, draft)
        case "locales":
            return announce_audience.locales(turn, draft)
        case "groups":
            return announce_audience.groups(turn, draft)
        case "when":
            return await announce_timing.screen(turn, draft)
        case "repeat":
            return await announce_timing.repeat(turn, draft)
        case "anchors":
            return await announce_timing.anchors(turn, draft, action.page)
        case "offset":
            return await announce_timing.offset(turn, draft, action.value, action.page)
        case "options":
            return announce_options.screen(turn, draft)
        case "expiry":
            return await announce_options.expiry(turn, draft)
        case "missing" | "unknown" | "cap" | "late" | "holidays":
            return announce_options.part(turn, draft, action.part)
        case "again":
            words = turn.translator("It is a draft again: nobody gets it until it is sent once more.")
            return await overview(turn, draft, Bold(words), "")
        case _:
            return await overview(turn, draft)


async def open_draft(turn: Turn, draft_id: int, part: str = "") -> Reply:
    """A draft that another dialog has begun, or made of something again."""
    return await open_(turn, OpenDraft(draft_id, part))


@office
async def change(turn: Turn, member: Staff, action: ChangeDraft) -> Reply:
    """Something of a draft was tapped."""
    draft = await load(turn, member, action.id)
    if draft.broadcast.state is not State.DRAFT or draft.broadcast.corrects is not None:
        return await announce_sending.page(turn, member, action.id)
    match action.what:
        case "topic" | "locale" | "group" | "area" | "recent":
            return await announce_audience.changed(turn, draft, action.what, action.value)
        case "missing" | "unknown" | "cap" | "urgent" | "first" | "late" | "holidays" | "expiry":
            return await announce_options.changed(turn, draft, action.what, action.value)
        case "now" | "at" | "repeat" | "anchor":
            return await announce_timing.changed(turn, draft, action.what, action.value)
        case "drop":
            return await announce_texts.drop(turn, draft, action.value)
        case "move":
            return await announce_texts.moved(turn, draft, action.value)
        case "bare":
            return await announce_below.bare(turn, draft, action.value)
        case "plain":
            return await announce_texts.plain(turn, draft, action.value)
        case "photo":
            return await announce_texts.share(turn, draft)
        case "event":
            return await announce_below.event_chosen(turn, draft, action.value)
        case _:
            return await overview(turn, draft)


async def overview(turn: Turn, draft: Draft, *opening: Line) -> Reply:
    """Everything about a draft on one screen, and what is still missing before it can be sent."""
    _, form_, id = turn.translator, form(turn), draft.id
    seen = draft.seen
    missing = [f"{form_.language(code)} ({form_.number(n)})" for code, n in seen.missing.items()]
    obstacles = announce_release.obstacles(turn, draft)
    text = lines(
        *opening,
        Bold(draft.broadcast.name or _("New announcement")),
        "",
        _("Texts: {languages}", languages=form_.languages(seen.bodies) if seen.bodies else _("none yet")),
        _("Without a text: {languages}", languages=form_.list(missing)) if missing else None,
        *announce_texts.uneven_lines(turn, draft),
        *await announce_texts.event_lines(turn, seen.bodies),
        *announce_audience.whom_lines(turn, draft.broadcast.audience),
        *announce_audience.count_lines(turn, draft),
        "",
        Bold(_("When?")),
        *await when_lines(turn, draft),
        *announce_options.option_lines(turn, draft),
        "",
        Bold(_("Still missing:")) if obstacles else None,
        *(f"• {words}" for words in obstacles),
    )
    rows = (
        (Button(_("Texts"), OpenDraft(id, "texts")), Button(_("Who gets it"), OpenDraft(id, "audience"))),
        (Button(_("When"), OpenDraft(id, "when")), Button(_("How"), OpenDraft(id, "options"))),
        (Button(_("See it as readers do"), OpenDraft(id, "preview")),),
        *(() if obstacles else ((Button(_("Send …"), ReleaseDraft(id, "check")),),)),
        (Button(_("Discard"), ReleaseDraft(id, "discard")), back(turn, ShowAnnounce())),
    )
    return Reply((Message(text, rows),))


async def receive(turn: Turn) -> Reply | None:
    """What somebody of the office sends while a draft expects it; None when nothing does.

    Whatever words are in it, it belongs to the draft; who cries for help in it is shown the numbers too.
    Offered again, it is taken for the same again.
    """
    member = await member_of(turn)
    if member is None:
        return None
    expected = Expected.unpack(member.expecting)
    if expected is not None and is_part(turn, expected):
        await part_came(turn, member, expected)
        words = turn.translator(
            "Telegram has cut your text into several messages, because it is too long for one. "
            "This part was not saved."
        )
        reply = Reply.of(words, replaces=False)
    elif expected is not None and (expected.takes(turn.update_id) or announce_below.goes_on(turn, expected)):
        if not expected.takes(turn.update_id):
            expected = announce_below.more(expected)
        try:
            reply = await _written(turn, expected)
        except DomainError:
            await taken(turn, expected)
            raise
        await taken(turn, expected)
    elif turn.file is not None and member.editing is not None:
        return await _file_alone(turn, member.editing)
    else:
        return None
    if turn.text and turn.desk.answering.alarm(turn.text, turn.locale.code) is not None:
        line = turn.translator("In danger: call 110 (police) or 112 (ambulance, fire).")
        reply = replace(reply, messages=(*reply.messages, Message((Bold(line),), replaces=False)))
    return reply


async def _file_alone(turn: Turn, id: int) -> Reply | None:
    """A photo or document came when no text was expected: how it gets into the draft in hand."""
    async with turn.desk.store.read() as view:
        draft = await view.broadcast(id)
    if draft is None or draft.state is not State.DRAFT or draft.corrects is not None:
        return None
    text = turn.translator(
        "To put a photo or document above a text, choose its language, and then send the file with the "
        "text below it, as one message."
    )
    rows = ((Button(turn.translator("Texts"), OpenDraft(id, "texts")),),)
    return Reply.of(text, buttons=rows, replaces=False)


@office
async def _written(turn: Turn, member: Staff, expected: Expected) -> Reply:
    draft = await load(turn, member, expected.draft)
    state = draft.broadcast.state
    match expected.what:
        case What.FIX:
            return await announce_correcting.written(turn, draft, expected.value)
        case What.LINKS:
            return await announce_correcting.links_written(turn, draft, expected.value)
        case What.WHY if state in (State.REVIEW, State.DRAFT):
            return await announce_release.sent_back(turn, draft, turn.text)
        case _ if state is not State.DRAFT:
            return await announce_sending.page(turn, member, draft.id, new=True)
        case What.TEXT:
            return await announce_texts.written(turn, draft, expected.value)
        case What.BUTTONS:
            return await announce_below.buttons_written(turn, draft, expected.value)
        case What.TOWN:
            return await announce_audience.town_written(turn, draft)
        case What.EXPIRY:
            return await announce_options.expiry_written(turn, draft)
        case What.WHEN:
            return await announce_timing.written(turn, draft, expected.value)
        case _:
            return await announce_timing.until_written(turn, draft)


async def leave(turn: Turn) -> None:
    """Somebody of the office went elsewhere: what they write next is a question, not a text."""
    member = await member_of(turn)
    if member is not None and member.expecting is not None:
        async with turn.desk.store.begin() as tx:
            await tx.take_in_hand(member.id, member.editing, None)
