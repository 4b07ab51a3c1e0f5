"""What hangs below the texts of a draft: link buttons, and an event's card."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialog.announce_audience import count_lines
from bot.dialog.announce_draft import Draft, expect, put_text, set_event
from bot.dialog.announce_texts import event_lines, event_of, language, problem_words, sample, screen
from bot.dialog.expecting import Expected, What
from bot.dialog.office_actions import ChangeDraft, OpenDraft
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import BUTTON_LABEL, PAGE, ROW_LABEL, Page, Reading, back, form, shorten
from bot.dialog.turn import Turn
from bot.domain.broadcast import LinkButton
from bot.domain.directory import Kind
from bot.domain.markup import is_web_address
from bot.services.calendar import Occurrence
from bot.services.office import MOST_BUTTONS, TextRefused

_AHEAD = timedelta(days=120)
_MORE = "+"
"""Behind the language to which further link buttons are added."""


async def buttons(turn: Turn, draft: Draft, code: str, *opening: Line, new: bool = False) -> Reply:
    """The link buttons below one text: the next text that is sent lists them."""
    _, form_ = turn.translator, form(turn)
    body = draft.seen.bodies.get(code)
    if body is None:
        return await language(turn, draft, code)
    id = draft.id
    await expect(turn, draft, What.BUTTONS, code)
    listed = [f"• {one.label} – {one.url}" for one in body.buttons]
    text = lines(
        Bold(_("Link buttons: {language}", language=form_.language(code))),
        *opening,
        *listed,
        "",
        _("Send each button on a line of its own: what it says, a dash, the address. For example:"),
        _("More about it – https://example.org"),
        _("A new list replaces these buttons.") if listed else None,
        "",
        *count_lines(turn, draft),
    )
    rows = [(Button(_("Remove the buttons"), ChangeDraft(id, "bare", code)),)] if listed else []
    rows.append((back(turn, OpenDraft(id, "text", code)),))
    return Reply((Message(text, tuple(rows), replaces=not new),))


def read_buttons(text: str) -> tuple[LinkButton, ...] | str:
    """Buttons from lines "Label – https://…", or the line that is none."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        label, _, url = line.rpartition(" ")
        label = label.strip().rstrip("–—-:|").strip()
        if not label or not is_web_address(url):
            return line
        found.append(LinkButton(label=label, url=url))
    return tuple(found)


def buttons_of(turn: Turn, before: tuple[LinkButton, ...] = ()) -> tuple[LinkButton, ...] | str:
    """The buttons that were written, behind those that were there, or what is wrong with them."""
    _, found = turn.translator, read_buttons(turn.text)
    if isinstance(found, str) or not found:
        return _line_refusal(turn, found if isinstance(found, str) else turn.text)
    if (long := next((one.label for one in found if shorten(one.label) != one.label), None)) is not None:
        return _("A button has room for {count} characters: {label}", count=BUTTON_LABEL, label=long)
    found = tuple(dict.fromkeys((*before, *found)))
    if len(found) > MOST_BUTTONS:
        return _("Please use at most {count} buttons.", count=MOST_BUTTONS)
    return found


def goes_on(turn: Turn, expected: Expected) -> bool:
    """Whether what came are more link buttons, right after others: some send each as a message."""
    found = read_buttons(turn.text) if expected.what is What.BUTTONS else ()
    return bool(found) and not isinstance(found, str)


def more(expected: Expected) -> Expected:
    """The same, to which what comes is added."""
    return expected if expected.value.endswith(_MORE) else replace(expected, value=expected.value + _MORE)


def _line_refusal(turn: Turn, line: str) -> str:
    """Why a line is no button."""
    _, shown = turn.translator, shorten(line)
    if "://" in line:
        return _("This link does not work: {link}", link=shown)
    if is_web_address(f"https://{line.rpartition(' ')[2]}") and "." in line.rpartition(" ")[2]:
        return _("The address must begin with https:// or http:// – {line}", line=shown)
    return _("I do not understand this line: {line}", line=shown)


async def buttons_written(turn: Turn, draft: Draft, value: str) -> Reply:
    """Lines came that list the buttons of a text, or, see :func:`more`, further ones."""
    _, code = turn.translator, value.removesuffix(_MORE)
    body = draft.seen.bodies.get(code)
    if body is None:
        return await screen(turn, draft)
    found = buttons_of(turn, body.buttons if value.endswith(_MORE) else ())
    if isinstance(found, str):
        return await buttons(turn, draft, code, found, new=True)
    try:
        draft = await put_text(turn, draft, replace(body, buttons=found))
    except TextRefused as refused:
        words = problem_words(turn, refused.problems[0])
        return await buttons(turn, draft, code, words, new=True)
    id = draft.id
    rows = ((Button(_("Change them"), OpenDraft(id, "buttons", code)), Button(_("Overview"), OpenDraft(id))),)
    text = lines(_("Saved: {count} buttons", count=len(found)), *count_lines(turn, draft))
    end = Message(text, rows, replaces=False)
    return Reply((await sample(turn, draft.broadcast, draft.seen.bodies[code]), end))


async def bare(turn: Turn, draft: Draft, code: str) -> Reply:
    """No link buttons."""
    if (body := draft.seen.bodies.get(code)) is not None:
        draft = await put_text(turn, draft, replace(body, buttons=()))
    return await buttons(turn, draft, code)


async def events(turn: Turn, draft: Draft, page: int | None) -> Reply:
    """Upcoming events to choose from, whose card hangs below every text; what is chosen stands above.

    Without a page: that of the one that is chosen.
    """
    _, form_, reading = turn.translator, form(turn), Reading(turn)
    id, chosen = draft.id, event_of(draft)
    holdings = await turn.desk.shelf.holdings()
    desk, end = turn.desk, turn.now + _AHEAD
    coming = await desk.agenda.upcoming(holdings.directory.events, turn.now, end, desk.zone)
    nearest: dict[str, Occurrence] = {}
    for one in coming:
        nearest.setdefault(one.event.id, one)
    listed = list(nearest.values())
    today = turn.desk.today(turn.now)
    if page is None:
        page = next((n // PAGE for n, one in enumerate(listed) if one.event.id == chosen), 0)
    shown = Page.of(page, len(listed))
    rows: list[tuple[Button, ...]] = []
    for one in listed[shown.first : shown.last]:
        mark = "✓ " if one.event.id == chosen else ""
        label = f"{mark}{reading.name(one.event.title)} · {form_.day(one.starts.date(), today)}"
        rows.append((Button(shorten(label, ROW_LABEL), ChangeDraft(id, "event", one.event.id)),))
    rows += shown.turning(turn, lambda n: OpenDraft(id, "events", "", n))
    if chosen:
        rows.append((Button(_("No event"), ChangeDraft(id, "event")),))
    rows.append((back(turn, OpenDraft(id, "texts")),))
    text = lines(
        Bold(_("Event's card")),
        *await event_lines(turn, draft.seen.bodies),
        _("Buttons for saving the date and for details come below the text, in every language."),
        None if listed else _("I know of no events for this choice."),
        "",
        *count_lines(turn, draft),
    )
    return Reply((Message(text, tuple(rows)),))


async def event_chosen(turn: Turn, draft: Draft, event_id: str) -> Reply:
    """The event whose card hangs below every text; empty: none."""
    holdings = await turn.desk.shelf.holdings()
    if event_id and holdings.directory.get(Kind.EVENT, event_id) is None:
        return await events(turn, draft, 0)
    try:
        draft = await set_event(turn, draft, event_id)
    except TextRefused as refused:
        words = f"⚠ {problem_words(turn, refused.problems[0])}"
        return await language(turn, draft, refused.locale, words)
    return await events(turn, draft, None)
