"""Choosing when an announcement goes out: at once, at a time, again and again, or by a date of something."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from bot.dialog.announce_audience import count_lines
from bot.dialog.announce_draft import Draft, expect, set_anchor, set_repetition, set_time
from bot.dialog.announce_when import (
    offset_words,
    record_of,
    rule_words,
    when_lines,
)
from bot.dialog.expecting import What
from bot.dialog.office_actions import ChangeDraft, OpenDraft
from bot.dialog.progress import moment_words
from bot.dialog.reply import Bold, Button, Line, Message, Reply, Rows, lines
from bot.dialog.showing import Page, Reading, back, button_rows, form, shorten
from bot.dialog.turn import Turn
from bot.domain.broadcast import Anchor
from bot.domain.directory import AnyRecord, Event, EventStatus, Kind
from bot.domain.minutes import from_minutes, to_minutes
from bot.domain.news import at_wall
from bot.services.anchoring import anchored
from bot.services.calendar import Occurrence, dates_from
from bot.services.office import DateUnknown, TimePast
from bot.services.repeating import Every, describe, monthly, weekly
from bot.understanding.day_words import read_days
from bot.understanding.moments import DEFAULT_TIME, Shift, clock_change, read_clock, read_moment

OFFSETS = (-30, -14, -7, -3, -1, 0, 1, 7)
"""Days from a date that are offered as buttons."""
_AHEAD = timedelta(days=400)
_QUICK = ((0, 18), (1, 9), (1, 18), (2, 10))
"""Days from today and hours that are offered as buttons."""
_DATES = 4
"""Dates of an event that repeats which are offered."""
_DIGITS = 10
"""Minutes since 1970 have fewer until the year 3871."""


async def screen(turn: Turn, draft: Draft, *opening: Line | None, new: bool = False) -> Reply:
    """The time, and the ways of choosing another; the next text that is sent is read as one."""
    _, form_, id = turn.translator, form(turn), draft.id
    await expect(turn, draft, What.WHEN)
    text = lines(
        Bold(_("When?")),
        *opening,
        *await when_lines(turn, draft),
        "",
        *count_lines(turn, draft),
        "",
        _("Choose, or write a day and a time, for example: {example}", example=_example(turn)),
    )
    today, broadcast = turn.desk.today(turn.now), draft.broadcast
    once = broadcast.anchor is None and not draft.rule
    quick = []
    for days, hour in _QUICK:
        moment = at_wall(today + timedelta(days=days), time(hour), turn.desk.zone)
        if moment > turn.now:
            words = form_.moment(turn.desk.wall(moment), today)
            label = _mark(words, on=once and moment == broadcast.send_at)
            quick.append((Button(label, ChangeDraft(id, "at", str(to_minutes(moment)))),))
    rows: Rows = (
        (Button(_mark(_("At once"), on=once and broadcast.send_at is None), ChangeDraft(id, "now")),),
        *quick,
        (Button(_mark(_("Again and again"), on=bool(draft.rule)), OpenDraft(id, "repeat")),),
        (
            Button(
                _mark(_("By the date of an event or campaign"), on=broadcast.anchor is not None),
                OpenDraft(id, "anchors"),
            ),
        ),
        (back(turn, OpenDraft(id)),),
    )
    return Reply((Message(text, rows, replaces=not new),))


def _mark(label: str, *, on: bool) -> str:
    """The label of what is chosen has a mark."""
    return f"✓ {label}" if on else label


def _example(turn: Turn) -> str:
    soon = turn.desk.wall(turn.now) + timedelta(days=8)
    return f"{soon.day}.{soon.month}. 10:00"


async def written(turn: Turn, draft: Draft, record: str) -> Reply:
    """A day and a time were written, or another day or time by the date that it depends on.

    ``record`` is the one whose days were to be chosen, as a button of :func:`offset` names it.
    """
    _, zone = turn.translator, turn.desk.zone
    if (anchor := await _written_anchor(turn, draft, record)) is not None:
        return await _depend(turn, draft, anchor, record, new=True)
    wall = read_moment(turn.text, turn.desk.wall(turn.now))
    if wall is None:
        words = _("I do not understand this time. Nothing was changed.")
        return await _again(turn, draft, record, words, new=True)
    moment, before = at_wall(wall.date(), wall.time(), zone), draft.broadcast.anchor
    try:
        draft = await _at(turn, draft, moment)
    except TimePast:
        words = _("{time} is past. Nothing was changed.", time=moment_words(turn, moment))
        return await screen(turn, draft, words, new=True)
    freed = _("It does not depend on the date of an event or campaign any more.") if before else None
    if clock_change(wall, zone) is not Shift.GAP:
        return await screen(turn, draft, freed, new=True)
    words = _(
        "That night the clocks are put forward, and {asked} does not exist. It is sent at {time}.",
        asked=form(turn).time(wall),
        time=form(turn).time(turn.desk.wall(moment)),
    )
    return await screen(turn, draft, freed, words, new=True)


async def _again(turn: Turn, draft: Draft, record: str, words: Line | None, *, new: bool) -> Reply:
    """The screen on which something was written that changes nothing: days before or after a date, or any
    time."""
    name, _sign, at = record.partition("@")
    if not record:
        return await screen(turn, draft, words, new=new)
    return await offset(turn, draft, name, int(at) if at.isdecimal() else 0, words, new=new)


async def _at(turn: Turn, draft: Draft, moment: datetime) -> Draft:
    """Send it then; a repetition follows to that day of the week or month. TimePast."""
    if not draft.rule:
        return (await set_time(turn, draft, moment))[0]
    if moment <= turn.now:
        raise TimePast(moment)
    rule = _rule(describe(draft.rule).every, turn.desk.wall(moment), _last_day(draft))
    return await set_repetition(turn, draft, rule, moment)


# Again and again ----------------------------------------------------------------------------------


async def repeat(turn: Turn, draft: Draft, *opening: Line, new: bool = False) -> Reply:
    """A repetition, which begins at the time that is chosen; the next text is read as its last day."""
    _, form_, id = turn.translator, form(turn), draft.id
    await expect(turn, draft, What.UNTIL)
    starts = _starts(turn, draft)
    wall = turn.desk.wall(starts)
    weekday = form_.weekday(wall.weekday(), short=False)
    chosen = describe(draft.rule).every if draft.rule else None
    text = lines(
        Bold(_("Again and again")),
        *opening,
        rule_words(turn, draft.rule) if draft.rule else _("It goes out once."),
        _("For the first time: {time}", time=moment_words(turn, starts)),
        "",
        _("To let it end, write the last day, for example: {example}", example=_example(turn).split(" ")[0])
        if draft.rule
        else None,
        *count_lines(turn, draft),
    )

    week = _mark(_("Every week: {days}", days=weekday), on=chosen is Every.WEEK)
    month = _mark(_("Every month, on day {day}", day=wall.day), on=chosen is Every.MONTH)
    rows: list[tuple[Button, ...]] = [
        (Button(week, ChangeDraft(id, "repeat", "week")),),
        (Button(month, ChangeDraft(id, "repeat", "month")),),
    ]
    if draft.rule:
        if describe(draft.rule).until is not None:
            rows.append((Button(_("Without an end"), ChangeDraft(id, "repeat", "endless")),))
        rows.append((Button(_("Only once"), ChangeDraft(id, "repeat", "once")),))
    rows.append((back(turn, OpenDraft(id, "when")),))
    return Reply((Message(lines(text), tuple(rows), replaces=not new),))


def _starts(turn: Turn, draft: Draft) -> datetime:
    """The first time of a repetition: as chosen, else tomorrow at ten."""
    if draft.broadcast.send_at is not None and draft.broadcast.send_at > turn.now:
        return draft.broadcast.send_at
    return at_wall(turn.desk.today(turn.now) + timedelta(days=1), DEFAULT_TIME, turn.desk.zone)


def _last_day(draft: Draft) -> date | None:
    """The last day of a repetition; None: it has no end, or there is no repetition yet."""
    until = describe(draft.rule).until if draft.rule else None
    return None if until is None else until.date()


def _rule(every: Every, starts: datetime, until: date | None) -> str:
    return weekly([starts.weekday()], until) if every is Every.WEEK else monthly(starts.day, until)


async def until_written(turn: Turn, draft: Draft) -> Reply:
    """The last day of a repetition was written, or the hour at which it goes out."""
    _ = turn.translator
    starts = _starts(turn, draft)
    wall = turn.desk.wall(starts)
    if (clock := read_clock(turn.text)) is not None:
        moment = at_wall(wall.date(), clock, turn.desk.zone)
        try:
            return await repeat(turn, await _at(turn, draft, moment), new=True)
        except TimePast as past:
            words = _("{time} is past. Nothing was changed.", time=moment_words(turn, past.at))
            return await repeat(turn, draft, words, new=True)
    day = _day_behind(turn, wall)
    if day is None or not draft.rule:
        words = _("I do not understand this time. Nothing was changed.")
        return await repeat(turn, draft, words, new=True)
    if day < wall.date():
        words = _("That is before the first time. Nothing was changed.")
        return await repeat(turn, draft, words, new=True)
    rule = _rule(describe(draft.rule).every, wall, day)
    return await repeat(turn, await set_repetition(turn, draft, rule, starts), new=True)


def _day_behind(turn: Turn, starts: datetime) -> date | None:
    """The day that was written; one without a year is the next such day from the first time on."""
    found = read_moment(turn.text, turn.desk.wall(turn.now))
    later = read_moment(turn.text, datetime.combine(starts.date(), time()))
    if found is None or later is None:
        return None
    yearless = (found.month, found.day) == (later.month, later.day)
    return later.date() if yearless else found.date()


# By a date ----------------------------------------------------------------------------------------


async def anchors(turn: Turn, draft: Draft, page: int) -> Reply:
    """Coming events and campaigns with an end, to choose from."""
    _, reading, id = turn.translator, Reading(turn), draft.id
    directory = (await turn.desk.shelf.holdings()).directory
    today = turn.desk.today(turn.now)
    desk, until = turn.desk, turn.now + _AHEAD
    coming = await desk.agenda.upcoming(directory.events, turn.now, until, desk.zone)
    records: dict[str, AnyRecord] = {f"{Kind.EVENT}/{one.event.id}": one.event for one in coming}
    for campaign in directory.campaigns:
        end = campaign.ended.exact if campaign.ended else None
        if end is not None and end >= today:
            records[f"{Kind.CAMPAIGN}/{campaign.id}"] = campaign
    listed = list(records.items())
    shown = Page.of(page, len(listed))
    anchor = draft.broadcast.anchor
    rows: list[tuple[Button, ...]] = []
    for name, record in listed[shown.first : shown.last]:
        label = _mark(reading.name(record.title), on=anchor is not None and anchor.record == name)
        rows.append((Button(shorten(label), OpenDraft(id, "offset", name)),))
    rows += shown.turning(turn, lambda n: OpenDraft(id, "anchors", "", n))
    rows.append((back(turn, OpenDraft(id, "when")),))
    text = lines(
        Bold(_("By the date of an event or campaign")),
        _(
            "If that date moves, the announcement moves with it; if the date is cancelled, the "
            "announcement waits for you."
        ),
        None if listed else _("There is no event or campaign with a date to come."),
        "",
        *count_lines(turn, draft),
    )
    return Reply((Message(text, tuple(rows)),))


async def offset(
    turn: Turn, draft: Draft, name: str, at: int = 0, *opening: Line | None, new: bool = False
) -> Reply:
    """How many days before or after the date, as far as that is to come.

    Of an event that repeats, ``at`` is which date (0: the next).
    """
    _, id = turn.translator, draft.id
    record = await record_of(turn, name)
    if record is None:
        return await anchors(turn, draft, 0)
    dates = _dates(turn, record)
    chosen = next((one for one in dates if one.at == at), dates[0] if dates else None)
    behind = f"@{chosen.at}" if chosen is not None else ""
    directory = (await turn.desk.shelf.holdings()).directory
    await expect(turn, draft, What.WHEN, name + behind)
    base = await _anchor(turn, draft, name + behind) or Anchor(record=name, days=0)
    buttons = []
    for days in OFFSETS:
        anchor = replace(base, days=days)
        moment = anchored(anchor, directory, turn.desk.zone, draft.broadcast.options)
        if moment is not None and moment > turn.now:
            label = _mark(offset_words(turn, days), on=anchor == draft.broadcast.anchor)
            buttons.append(Button(label, ChangeDraft(id, "anchor", f"{days}/{name}{behind}")))
    others = [
        Button(moment_words(turn, one.starts), OpenDraft(id, "offset", name, one.at))
        for one in dates
        if one is not chosen
    ]
    heading = Bold(_("How long before or after? {name}", name=Reading(turn).name(record.title)))
    text = lines(
        heading,
        *opening,
        moment_words(turn, chosen.starts) if chosen is not None else None,
        _("It goes out at {time} on that day.", time=form(turn).time(base.clock))
        if buttons
        else _("The date it depends on is not known (any more). Please choose again."),
        _(
            "Choose, or write how many days before or after, for example: {example}",
            example=offset_words(turn, -14),
        )
        if buttons
        else None,
        "",
        *count_lines(turn, draft),
        *(("", _("Next dates:")) if others else ()),
    )
    leave = (back(turn, OpenDraft(id, "anchors")),)
    rows = (*button_rows(buttons), *button_rows(others, 1), leave)
    return Reply((Message(text, rows, replaces=not new),))


def _dates(turn: Turn, record: AnyRecord) -> list[Occurrence]:
    """The coming dates of an event that repeats; of anything else there is only one, wherever it moves."""
    if not isinstance(record, Event) or not record.repeats or record.event_status is EventStatus.CANCELLED:
        return []
    coming = dates_from(record, turn.now, turn.desk.zone)
    return list(islice((one for one in coming if one.status is not EventStatus.CANCELLED), _DATES))


async def _anchor(turn: Turn, draft: Draft, value: str) -> Anchor | None:
    """The date that a button of :func:`offset` names, at the time that was chosen for it; None: no such."""
    name, _sign, at = value.partition("@")
    record = await record_of(turn, name)
    if record is None:
        return None
    dates = [one.at for one in _dates(turn, record)]
    chosen = int(at) if at.isdecimal() and int(at) in dates else next(iter(dates), 0)
    before = draft.broadcast.anchor
    if before is not None and before.record == name:
        return replace(before, at=chosen)
    return Anchor(record=name, days=0, at=chosen)


async def _written_anchor(turn: Turn, draft: Draft, record: str) -> Anchor | None:
    """What was written, as far as it counts from a date; None where it does not."""
    anchor = await _anchor(turn, draft, record) if record else draft.broadcast.anchor
    if anchor is None:
        return None
    if (days := read_days(turn.text)) is not None:
        return replace(anchor, days=days)
    clock = None if record else read_clock(turn.text)
    return None if clock is None else replace(anchor, hour=clock.hour, minute=clock.minute)


async def changed(turn: Turn, draft: Draft, what: str, value: str) -> Reply:
    """A time was tapped; what nobody offered changes nothing."""
    _ = turn.translator
    try:
        match what:
            case "now":
                draft, _timed = await set_time(turn, draft, None)
            case "at" if value.isdecimal() and len(value) < _DIGITS:
                draft = await _at(turn, draft, from_minutes(int(value)))
            case "repeat":
                return await _repeat(turn, draft, value)
            case "anchor":
                days, _sign, record = value.partition("/")
                anchor = await _anchor(turn, draft, record)
                if anchor is not None and days in map(str, OFFSETS):
                    return await _depend(turn, draft, replace(anchor, days=int(days)))
    except TimePast as past:
        return await screen(
            turn, draft, _("{time} is past. Nothing was changed.", time=moment_words(turn, past.at))
        )
    return await screen(turn, draft)


async def _depend(turn: Turn, draft: Draft, anchor: Anchor, record: str = "", *, new: bool = False) -> Reply:
    """It goes out by a date from now on. ``record`` as for :func:`written`."""
    _ = turn.translator
    try:
        draft = await set_anchor(turn, draft, anchor)
        return await screen(turn, draft, new=new)
    except TimePast as past:
        words = _("{time} is past. Nothing was changed.", time=moment_words(turn, past.at))
    except DateUnknown:
        words = _("The date it depends on is not known (any more). Please choose again.")
    return await _again(turn, draft, record, words, new=new)


async def _repeat(turn: Turn, draft: Draft, value: str) -> Reply:
    starts = _starts(turn, draft)
    if value == "once":
        draft, _timed = await set_time(turn, draft, starts)
    elif value in ("week", "month"):
        every = Every.WEEK if value == "week" else Every.MONTH
        rule = _rule(every, turn.desk.wall(starts), _last_day(draft))
        draft = await set_repetition(turn, draft, rule, starts)
    elif value == "endless" and draft.rule:
        rule = _rule(describe(draft.rule).every, turn.desk.wall(starts), None)
        draft = await set_repetition(turn, draft, rule, starts)
    return await repeat(turn, draft)
