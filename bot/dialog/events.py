"""Events: finding them, opening one, keeping a date; what is said of one is in ``event_card.py``."""

from __future__ import annotations

import asyncio
from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from bot.dialog.actions import (
    About,
    ChooseTown,
    OpenEvent,
    ReportOutdated,
    SaveEvent,
    SendCalendar,
    ShowEvents,
    ShowMenu,
    ShowSaved,
    UnsaveEvent,
)
from bot.dialog.articles import find, gone
from bot.dialog.desk import Thread
from bot.dialog.event_card import card_text, occurrence_of, when_is, where_is
from bot.dialog.reply import Bold, Button, Document, Line, Message, Reply, lines
from bot.dialog.showing import (
    Page,
    Reading,
    back,
    button_rows,
    deep_link,
    form,
    map_link,
    name_of,
    none_here,
    shorten,
    sources,
)
from bot.dialog.turn import Turn
from bot.domain.directory import Event, EventStatus, Kind, PartialDate
from bot.domain.minutes import from_minutes, to_minutes
from bot.domain.recipients import ReminderKind
from bot.services.browsing import events_by_town, spoken_as
from bot.services.calendar import Occurrence, calendar_file, occurrence_at
from bot.services.reminding import MOST_SAVED, as_called_off, reminder_times, room_for, saved_dates
from bot.understanding.questions import WEEKDAYS

_AHEAD = timedelta(days=90)
_YEAR = timedelta(days=370)
"""How far ahead events of a day or a month can be listed."""
_LATE = time(18)
_OnCard = TypeVar("_OnCard", OpenEvent, SaveEvent, UnsaveEvent)


async def show(turn: Turn, action: ShowEvents | None = None) -> Reply:
    """Coming events: today, this weekend, this week or all, in a town or everywhere."""
    action = action or ShowEvents()
    found = await _coming(turn, action)
    when = "" if action.when == "all" else action.when
    thread = Thread("", action.town, About.EVENTS, when=when, spoken=action.language, page=action.page)
    turn.desk.threads.keep(turn.chat_id, turn.now, thread)
    return Reply((_list(turn, action, found),))


async def _coming(turn: Turn, action: ShowEvents) -> list[tuple[Occurrence, float | None]]:
    """What a list has on all its pages, with the way there from the town."""
    desk = turn.desk
    holdings = await desk.shelf.holdings()
    start, end = _window(turn, action.when)
    spoken = spoken_as(action.language) if action.language else set()
    coming = await desk.agenda.upcoming(holdings.directory.events, turn.now, end, desk.zone)
    found = [
        occurrence
        for occurrence in await as_called_off(desk.store, coming, turn.now)
        if occurrence.ends > start and (not spoken or spoken & set(occurrence.event.languages))
    ]
    return events_by_town(found, desk.gazetteer, action.town)


async def shown(turn: Turn, thread: Thread, town: str, page: int) -> list[Occurrence]:
    """What a page of a list, or a card, showed last, computed again; of an event's dates on it the first."""
    if thread.event is not None:
        id, at = thread.event
        event = await find(turn, Kind.EVENT, id)
        found = await occurrence_of(turn, event, at) if isinstance(event, Event) else None
        return [found] if found is not None else []
    listed = await _coming(turn, ShowEvents(thread.when or "all", town, thread.spoken))
    part = Page.of(page, len(listed))
    on_page = [occurrence for occurrence, _km in listed[part.first : part.last]]
    first = {occurrence.event.id: occurrence for occurrence in reversed(on_page)}
    return [occurrence for occurrence in on_page if occurrence is first[occurrence.event.id]]


def _days(when: str) -> tuple[date, date] | None:
    """The first and the last day that a list of events is for, where it is for a date or a month."""
    try:
        named = PartialDate.parse(when)
    except ValueError:
        return None
    if named.month is None:
        return None
    first, last = named.day or 1, named.day or monthrange(named.year, named.month)[1]
    return date(named.year, named.month, first), date(named.year, named.month, last)


def is_ahead(when: str, today: date) -> bool:
    """Whether events of a date or a month can be listed: of today on, within a year."""
    days = _days(when)
    return days is not None and today <= days[1] and days[0] <= today + _YEAR


def dated(turn: Turn, when: str, today: date | None) -> str:
    """A date or a month as the reader writes it, as in :meth:`bot.translation.forms.Forms.day`; empty for
    any other time."""
    days = _days(when)
    if days is None:
        return ""
    first, last = days
    return form(turn).day(first, today) if first == last else form(turn).month(PartialDate.parse(when))


def _window(turn: Turn, when: str) -> tuple[datetime, datetime]:
    """From now, or the coming weekend's Friday evening, to the end of what was asked for."""
    now = turn.now.astimezone(turn.desk.zone)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(0), turn.desk.zone)
    match when:
        case "today":
            return now, midnight
        case "tomorrow":
            return midnight, midnight + timedelta(days=1)
        case "week":
            return now, midnight + timedelta(days=6)
        case "weekend":
            friday = now.date() + timedelta(days=4 - now.weekday())
            start = datetime.combine(friday, _LATE, turn.desk.zone)
            monday = datetime.combine(friday + timedelta(days=3), time(0), turn.desk.zone)
            return max(now, start), monday
        case day if day in WEEKDAYS:
            ahead = (WEEKDAYS.index(day) - now.weekday()) % 7
            start = datetime.combine(now.date() + timedelta(days=ahead), time(0), turn.desk.zone)
            return max(now, start), start + timedelta(days=1)
        case _:
            days = _days(when)
            if days is None or not is_ahead(when, now.date()):
                return now, now + _AHEAD
            start, last = (datetime.combine(day, time(0), turn.desk.zone) for day in days)
            return max(now, start), last + timedelta(days=1)


def _list(turn: Turn, action: ShowEvents, found: list[tuple[Occurrence, float | None]]) -> Message:
    _, form_ = turn.translator, form(turn)
    reading = Reading(turn)
    page = Page.of(action.page, len(found))
    town = turn.desk.gazetteer.town(action.town)
    about = [_("Events"), name_of(turn, town) if town else "", dated(turn, action.when, None)]
    text: list[Line | None] = [Bold(" · ".join(filter(None, about)))]
    if not found:
        text += ["", _("I know of no events for this choice.")]
    elif town and any(km is not None for _occurrence, km in found):
        text.append(none_here(turn, town))
    rows: list[tuple[Button, ...]] = []
    shown = found[page.first : page.last]
    for position, (occurrence, km) in enumerate(shown, page.first + 1):
        text += ["", Bold(f"{position}. {reading.text(occurrence.event.title)}"), *when_is(turn, occurrence)]
        if where := where_is(turn, occurrence.event):
            text.append(where if km is None else f"{where} ({form_.distance(km)})")
        label = f"{position}. {shorten(reading.name(occurrence.event.title))}"
        rows.append((Button(label, _opening(occurrence, replace(action, page=page.number))),))
    if notes := [*reading.marks(), *sources(turn, [occurrence.event for occurrence, _km in shown])]:
        text += ["", *notes]
    rows += page.turning(turn, lambda n: replace(action, page=n))
    choices = [
        Button(label, replace(action, when=when, page=0))
        for when, label in (
            ("today", _("Today")),
            ("weekend", _("This weekend")),
            ("week", _("Next 7 days")),
            ("all", _("All dates")),
        )
        if when != action.when
    ]
    rows += button_rows(choices, 3)
    own = turn.locale.language
    if action.language:
        rows.append((Button(_("In any language"), replace(action, language="", page=0)),))
    else:
        label = _("In this language: {language}", language=form_.language(own))
        rows.append((Button(label, replace(action, language=own, page=0)),))
    elsewhere = ChooseTown(
        About.EVENTS, when="" if action.when == "all" else action.when, language=action.language
    )
    rows.append((Button(_("Other town"), elsewhere), back(turn, ShowMenu())))
    return Message(lines(*text), tuple(rows))


def _opening(occurrence: Occurrence, listed: ShowEvents) -> OpenEvent:
    """The button to an occurrence's card, with the way back to the list."""
    way = OpenEvent("", 0, listed.when, listed.town, listed.language, listed.page)
    return _on_the_way(OpenEvent, occurrence.event.id, occurrence.at, way)


def _on_the_way(kind: type[_OnCard], id: str, at: int, card: OpenEvent | SaveEvent | UnsaveEvent) -> _OnCard:
    """An action for an occurrence with the way back that its card knows, given up where it does not fit."""
    action = kind(id, at, card.when, card.town, card.language, card.page)
    return action if action.fits else kind(id, at)


async def open_event(turn: Turn, action: OpenEvent) -> Reply:
    """An event's card; without a date, or once that is over, the next one."""
    event = await find(turn, Kind.EVENT, action.id)
    if not isinstance(event, Event):
        return _gone(turn, action)
    occurrence, at = await occurrence_of(turn, event, action.at), action.at
    instead = occurrence is not None and occurrence.ends <= turn.now
    if occurrence is None or instead:
        occurrence = await occurrence_of(turn, event, 0)
        at = action.at if occurrence is None else 0
    text = await card_text(turn, event, occurrence, instead=instead)
    threads = turn.desk.threads
    before = threads.get(turn.chat_id, turn.now)
    about = before if before.what == About.EVENTS else Thread(town=before.town, what=About.EVENTS)
    threads.keep(turn.chat_id, turn.now, replace(about, event=(event.id, at), door=None))
    noticed = action.when == "news"
    if noticed:
        action = replace(action, when="")
    if action.when == "saved":
        leave = back(turn, ShowSaved(action.page))
    else:
        leave = back(turn, ShowEvents(action.when or "all", action.town, action.language, action.page))
    rows = (*await _buttons(turn, event, occurrence, action), (leave,))
    return Reply((Message(text, rows, replaces=not noticed),))


def _gone(turn: Turn, action: OpenEvent | SaveEvent) -> Reply:
    """It is not there any more; a notice stays."""
    reply = gone(turn)
    if action.when != "news":
        return reply
    return replace(reply, messages=tuple(replace(one, replaces=False) for one in reply.messages))


async def _buttons(
    turn: Turn, event: Event, occurrence: Occurrence | None, card: OpenEvent
) -> tuple[tuple[Button, ...], ...]:
    _ = turn.translator
    buttons = []
    if occurrence is not None:
        at = occurrence.at
        if turn.private and occurrence.starts > turn.now:
            async with turn.desk.store.read() as view:
                saved = {
                    (s.event_id, to_minutes(s.occurrence)) for s in await view.saved_events(turn.chat_id)
                }
            if (event.id, at) in saved:
                forget = _on_the_way(UnsaveEvent, event.id, at, card)
                buttons.append(Button(_("Do not remind me"), forget))
            elif occurrence.status is not EventStatus.CANCELLED:
                keep = _on_the_way(SaveEvent, event.id, at, card)
                buttons.append(Button(_("Save and remind me"), keep))
        # A file is a message of its own: where others read along, it is sent in private.
        link = None if turn.private else deep_link(turn.desk.bot_username, f"{event.KIND}-{event.id}")
        file = SendCalendar(event.id, at) if link is None else None
        buttons.append(Button(_("Calendar file"), file, url=link))
    if event.place and event.publish_address and event.place.address:
        buttons.append(Button(_("Map"), url=map_link(event.place.address)))
    buttons.append(Button(_("Share"), inline=f"{event.KIND}:{event.id}"))
    if not event.demo:
        buttons.append(Button(_("Outdated?"), ReportOutdated(event.KIND, event.id)))
    return button_rows(buttons)


async def save(turn: Turn, action: SaveEvent) -> Reply:
    """Keep a date: reminders a day and two hours before."""
    _ = turn.translator
    event = await find(turn, Kind.EVENT, action.id)
    occurrence = await occurrence_of(turn, event, action.at) if isinstance(event, Event) else None
    if occurrence is None or not turn.private:
        return _gone(turn, action)
    card = _on_the_way(OpenEvent, action.id, action.at, action)
    if occurrence.starts <= turn.now or occurrence.status is EventStatus.CANCELLED:
        return replace(await open_event(turn, card), toast=_("This date cannot be saved any more."))
    due, starts = reminder_times(occurrence, turn.now), occurrence.starts.astimezone(UTC)
    async with turn.desk.store.begin() as tx:
        saved, gone = await tx.saved_events(turn.chat_id), await tx.cancelled_starts()
        if not room_for((action.id, starts), saved, gone, turn.now):
            return _no_room(turn)
        if turn.recipient is None:
            today = turn.desk.today(turn.now)
            await tx.choose_locale(turn.chat_id, turn.chat_type.value, turn.locale.code, turn.now, today)
        await tx.save_event(turn.chat_id, action.id, starts, due, turn.now)
    all_day = occurrence.event.all_day
    if all_day and ReminderKind.DAY in due:
        toast = _("Saved. I will remind you the evening before, and in the morning of the day.")
    elif all_day and due:
        toast = _("Saved. I will remind you in the morning of the day.")
    elif ReminderKind.DAY in due:
        toast = _("Saved. I will remind you one day before and two hours before.")
    elif due:
        toast = _("Saved. I will remind you two hours before.")
    else:
        toast = _("Saved. It starts soon.")
    return replace(await open_event(turn, card), toast=toast)


def _no_room(turn: Turn) -> Reply:
    """What somebody gets who has saved as many dates as there may be; the card stays."""
    _ = turn.translator
    words = _(
        "You can save {count} dates at most. Open one of them and press “{button}”, then save this one.",
        count=MOST_SAVED,
        button=_("Do not remind me"),
    )
    return Reply((Message((words,), ((Button(_("My saved events"), ShowSaved()),),), replaces=False),))


async def unsave(turn: Turn, action: UnsaveEvent) -> Reply:
    """Forget a date and its reminders, also where it has moved since the button was made."""
    starts = {from_minutes(action.at)}
    event = await find(turn, Kind.EVENT, action.id)
    if isinstance(event, Event) and (found := occurrence_at(event, action.at, turn.desk.zone)) is not None:
        starts.add(found.starts.astimezone(UTC))
    async with turn.desk.store.begin() as tx:
        for start in starts:
            await tx.unsave_event(turn.chat_id, action.id, start)
    reply = await open_event(turn, _on_the_way(OpenEvent, action.id, action.at, action))
    return replace(reply, toast=turn.translator("Removed. You will get no reminder."))


async def saved(turn: Turn, action: ShowSaved | None = None) -> Reply:
    """The dates a person keeps."""
    _ = turn.translator
    reading = Reading(turn)
    async with turn.desk.store.read() as view:
        kept = await view.saved_events(turn.chat_id)
    directory = (await turn.desk.shelf.holdings()).directory
    coming = await asyncio.to_thread(saved_dates, kept, directory, turn.desk.zone, turn.now)
    page = Page.of(action.page if action is not None else 0, len(coming))
    here = coming[page.first : page.last]
    shown = await as_called_off(turn.desk.store, [occurrence for _at, occurrence in here], turn.now)
    text: list[Line | None] = [Bold(_("My saved events"))]
    rows: list[tuple[Button, ...]] = []
    for (at, _kept), occurrence in zip(here, shown, strict=True):
        text += ["", Bold(reading.text(occurrence.event.title)), *when_is(turn, occurrence)]
        opening = _on_the_way(OpenEvent, occurrence.event.id, at, OpenEvent("", 0, "saved", page=page.number))
        rows.append((Button(reading.name(occurrence.event.title), opening),))
    if not rows:
        text.append(_("You have saved no events."))
    rows += page.turning(turn, ShowSaved)
    rows.append((Button(_("Events"), ShowEvents()), back(turn, ShowMenu())))
    return Reply((Message(lines(*text), tuple(rows)),))


async def calendar(turn: Turn, action: SendCalendar) -> Reply:
    """An .ics file of the event, with all its dates."""
    event = await find(turn, Kind.EVENT, action.id)
    if not isinstance(event, Event):
        return gone(turn)
    content = calendar_file(event, turn.locale, where_is(turn, event) or "", turn.desk.zone, turn.now)
    text = turn.translator("Open this file to put the event into your calendar.")
    return Reply((Message((text,), document=Document(f"{event.id}.ics", content), replaces=False),))
