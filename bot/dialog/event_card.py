"""What is said of an event: on its card, in a line of a list, below a notice, in a reminder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import islice, takewhile

from bot.dialog.actions import OpenEvent, ShowEvents
from bot.dialog.desk import Desk
from bot.dialog.reply import Bold, Button, Italic, Line, Link, Message, Text, lines
from bot.dialog.showing import Reading, cost_line, form, origin, shorten, town_name
from bot.dialog.turn import ChatType, Turn
from bot.domain.broadcast import Body, Broadcast
from bot.domain.directory import Event, EventStatus, Kind, Organisation, Record
from bot.domain.locales import Locale
from bot.services.anchoring import date_shown
from bot.services.calendar import Occurrence, dates_from, occurrence_at
from bot.services.reminding import as_called_off
from bot.translation import translator
from bot.translation.forms import Forms

_PLACE = 100
"""Characters of a place below a notice; see :data:`bot.services.office.CARD_UNITS`."""


def span_of(form_: Forms, occurrence: Occurrence, today: date | None) -> str:
    """From when until when it is, all its days; ``today`` as in :meth:`bot.translation.forms.Forms.day`."""
    starts, ends = (moment.replace(tzinfo=None) for moment in (occurrence.starts, occurrence.ends))
    if not occurrence.event.all_day:
        return form_.span(starts, ends, today)
    last, first = (ends - timedelta(days=1)).date(), form_.day(starts.date(), today)
    return first if last <= starts.date() else f"{first} – {form_.day(last, today)}"


def when_is(turn: Turn, occurrence: Occurrence, *, lasting: bool = False) -> Iterable[Line]:
    """When it is; ``lasting``: as it can be read on any day."""
    _ = turn.translator
    written = span_of(form(turn), occurrence, None if lasting else turn.desk.today(turn.now))
    if occurrence.status is EventStatus.CANCELLED:
        yield Bold(_("Cancelled: {when}", when=written))
    elif occurrence.status is EventStatus.MOVED:
        yield Bold(_("New date: {when}", when=written))
    else:
        yield written


def where_is(turn: Turn, event: Event) -> str | None:
    """The place and its address or town, or that it is online; None where nothing is known."""
    if event.place is not None:
        return f"{form(turn).comma} ".join(part for part in (event.place.name, _address(turn, event)) if part)
    return turn.translator("Online") if event.online else None


def _address(turn: Turn, event: Event) -> str:
    assert event.place is not None  # noqa: S101 (callers have looked)
    return (
        event.place.address if event.publish_address and event.place.address else town_name(turn, event.place)
    )


async def card_text(
    turn: Turn, event: Event, occurrence: Occurrence | None = None, *, instead: bool = False
) -> Text:
    """What a card says of an event; ``occurrence`` None: of its next date, or that it is over.

    ``instead``: the date that was asked for is over, this is the next.
    """
    occurrence = occurrence or await occurrence_of(turn, event, 0)
    _, form_ = turn.translator, form(turn)
    reading = Reading(turn)
    text: list[Line | None] = [Bold(reading.text(event.title))]
    if occurrence is None:
        text.append(_("This event is over."))
    else:
        if instead:
            text.append(Italic(_("This date is over. The next one is:")))
        text += when_is(turn, occurrence)
    if event.reason:
        text.append(_("Reason: {reason}", reason=reading.text(event.reason)))
    text += ["", reading.text(event.summary) or None]
    if where := where_is(turn, event):
        text.append(_("Where: {address}", address=where))
    if event.online:
        text.append(Link(_("Take part online"), event.online))
    if organiser := (await turn.desk.shelf.holdings()).organiser(event):
        name = reading.text(organiser.title) if isinstance(organiser, Organisation) else organiser
        text.append(_("Organised by: {name}", name=name))
    if event.languages:
        text.append(_("Languages: {languages}", languages=form_.languages(event.languages)))
    text.append(cost_line(turn, event, reading))
    if event.childcare:
        text.append(_("With childcare"))
    if event.repeats and occurrence is not None:
        text += await _following(turn, event, occurrence)
    text += ["", *reading.marks(), *origin(turn, event)]
    return lines(*text)


async def occurrence_of(turn: Turn, event: Event, at: int) -> Occurrence | None:
    """The date that a button means; 0: the next one."""
    zone = turn.desk.zone
    one = occurrence_at(event, at, zone) if at else next(dates_from(event, turn.now, zone), None)
    found = [one] if one is not None else []
    return next(iter(await as_called_off(turn.desk.store, found, turn.now)), None)


async def _following(turn: Turn, event: Event, occurrence: Occurrence) -> list[Line]:
    """The next dates of a recurring event."""
    end = occurrence.starts + timedelta(days=60)
    coming = takewhile(lambda one: one.starts < end, dates_from(event, occurrence.ends, turn.desk.zone))
    later = list(islice((one for one in coming if one.at != occurrence.at), 3))
    found: list[Line] = [turn.translator("Next dates:")] if later else []
    for following in await as_called_off(turn.desk.store, later, turn.now):
        found += [("• ", line) if isinstance(line, str | Bold) else line for line in when_is(turn, following)]
    return found


def listed(turn: Turn, reading: Reading, record: Record) -> str:
    """How a list of choices names a record: an event with its next date and its town."""
    title = reading.text(record.title)
    if not isinstance(record, Event):
        return title
    coming = islice(dates_from(record, turn.now, turn.desk.zone), 1)
    written = [form(turn).day(one.starts.date(), turn.desk.today(turn.now)) for one in coming]
    if record.place is not None:
        written.append(town_name(turn, record.place))
    return f"{title} ({f'{form(turn).comma} '.join(written)})" if written else title


def facts(turn: Turn, detail: str, occurrence: Occurrence, reading: Reading) -> list[Line]:
    """What is known of one of :data:`bot.understanding.following.DETAILS`; nothing where it is not."""
    event = occurrence.event
    match detail:
        case "hours":
            return list(when_is(turn, occurrence))
        case "cost" if cost := cost_line(turn, event, reading):
            return [cost]
        case "way" if where := where_is(turn, event):
            return [where]
        case "childcare" if event.childcare:
            return list(when_is(turn, occurrence))
        case _:
            return []


async def date_and_place(desk: Desk, broadcast: Broadcast, body: Body, locale: Locale) -> Text:
    """When and where the event of an announcement is, for a text that is read on other days, too.

    Nothing where it has no event, or tells that a date is off.
    """
    if not body.event_id or broadcast.audience.date:
        return ()
    now = desk.clock()
    turn = Turn(0, ChatType.PRIVATE, locale, translator(locale), now, desk)
    event = (await desk.shelf.holdings()).directory.get(Kind.EVENT, body.event_id)
    found = date_shown(broadcast, event, now, desk.zone) if isinstance(event, Event) else None
    if found is None:
        return ()
    (shown,) = await as_called_off(desk.store, [found], now)
    where = where_is(turn, shown.event)
    return lines(*when_is(turn, shown, lasting=True), shorten(where, _PLACE) if where else None)


def reminder_message(turn: Turn, occurrence: Occurrence) -> Message:
    """A reminder of a saved event."""
    _ = turn.translator
    reading = Reading(turn)
    text = lines(
        _("Reminder"),
        Bold(reading.text(occurrence.event.title)),
        *when_is(turn, occurrence),
        where_is(turn, occurrence.event),
    )
    return Message(
        text, ((Button(_("Details"), OpenEvent(occurrence.event.id, occurrence.at)),),), replaces=False
    )


def change_message(turn: Turn, occurrence: Occurrence, *, again: bool = False) -> Message:
    """News for those who saved a date: it is cancelled, moved, or takes place ``again``."""
    _ = turn.translator
    reading = Reading(turn)
    event = occurrence.event
    text = lines(
        Bold(reading.text(event.title)),
        Bold(_("It takes place after all.")) if again else None,
        *when_is(turn, occurrence),
        _("Reason: {reason}", reason=reading.text(event.reason)) if event.reason else None,
    )
    return Message(text, ((Button(_("Details"), OpenEvent(event.id, occurrence.at)),),), replaces=False)


def vanished_message(turn: Turn, starts: datetime) -> Message:
    """News for those who saved a date of an event that is no longer listed."""
    _ = turn.translator
    local = starts.astimezone(turn.desk.zone).replace(tzinfo=None)
    when = form(turn).moment(local, turn.desk.today(turn.now))
    text = lines(
        Bold(_("Cancelled: {when}", when=when)), _("An event that you saved is no longer in the programme.")
    )
    return Message(text, ((Button(_("Events"), ShowEvents()),),), replaces=False)
