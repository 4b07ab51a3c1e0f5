"""When an announcement goes out, in words."""

from __future__ import annotations

from datetime import datetime

from bot.dialog.announce_draft import Draft
from bot.dialog.labels import holiday_name
from bot.dialog.progress import moment_words
from bot.dialog.reply import Line
from bot.dialog.showing import Reading, form
from bot.dialog.turn import Turn
from bot.domain.broadcast import Anchor
from bot.domain.directory import AnyRecord, Kind
from bot.domain.news import Rhythm
from bot.services.anchoring import anchored
from bot.services.repeating import Every, describe, off_holidays
from bot.understanding.moments import Shift, clock_change


async def when_lines(turn: Turn, draft: Draft) -> list[Line]:
    """When it goes out, in words, and what is special about that time."""
    _ = turn.translator
    broadcast = draft.broadcast
    if broadcast.anchor is not None:
        directory = (await turn.desk.shelf.holdings()).directory
        moment = anchored(broadcast.anchor, directory, turn.desk.zone, broadcast.options)
        found: list[Line] = [await anchor_words(turn, broadcast.anchor)]
        if moment is None:
            return [*found, _("The date it depends on is not known (any more). Please choose again.")]
        return [*found, _("That is {time}", time=moment_words(turn, moment)), *_notes(turn, draft, moment)]
    if broadcast.send_at is None:
        return [_("At once, as soon as it is released"), *_notes(turn, draft, turn.now)]
    moment = broadcast.send_at
    if not draft.rule and moment > turn.now:
        moment = off_holidays(moment, broadcast.options, turn.desk.zone) or moment
    found = [moment_words(turn, moment), *_notes(turn, draft, moment)]
    if moment != broadcast.send_at:
        before = holiday_name(turn.desk.wall(broadcast.send_at).date(), _)
        found.append((_("Moved here from a public holiday."), f" ({before})"))
    if draft.rule:
        found = [rule_words(turn, draft.rule), _("For the first time: {time}", time=found[0]), *found[1:]]
    return found


def _notes(turn: Turn, draft: Draft, moment: datetime) -> list[Line]:
    """What the author should know about a time: it is past, at night, in a night of the clock change, or on
    a public holiday."""
    _ = turn.translator
    if draft.seen.late is not None:  # so long past that it cannot be released any more
        return [_("This time has passed. Choose another one.")]
    wall = turn.desk.wall(moment)
    notes: list[Line] = []
    if name := holiday_name(wall.date(), _):
        notes.append(_("Public holiday: {name}", name=name))
    if moment < turn.now:
        notes.append(_("This time is past: the announcement goes out as soon as it is released."))
    if not draft.broadcast.urgent and Rhythm().quiet(wall):
        notes.append(night_words(turn))
    if moment > turn.now and off_holidays(moment, draft.broadcast.options, turn.desk.zone) is None:
        notes.append(_("Left out: that day is a public holiday."))
    if clock_change(wall, turn.desk.zone) is Shift.FOLD:
        notes.append(
            _("That night the clocks are put back, and this time comes twice. It is sent the first time.")
        )
    return notes


def night_words(turn: Turn) -> str:
    """What becomes of something that goes out in the usual quiet hours."""
    return turn.translator("That is at night: those who have quiet hours then get it when these end.")


def rule_words(turn: Turn, rule: str) -> str:
    """ "Every Monday, until 24 December 2026"."""
    _, form_ = turn.translator, form(turn)
    what = describe(rule)
    match what.every:
        case Every.WEEK:
            days = form_.list(form_.weekday(day, short=False) for _which, day in what.weekdays)
            words = _("Every week: {days}", days=days)
        case Every.MONTH if what.days:
            words = _("Every month, on day {day}", day=what.days[0])
        case Every.MONTH:
            words = _("Every month")
        case _:
            words = _("Every day")
    if what.until is not None:
        words += " · " + _("until {date}", date=form_.month(what.until.date()))
    return words


async def anchor_words(turn: Turn, anchor: Anchor) -> str:
    """ "3 days before: summer festival, 10:00"."""
    record = await record_of(turn, anchor.record)
    name = Reading(turn).name(record.title) if record is not None else anchor.record
    form_ = form(turn)
    return f"{name}: {offset_words(turn, anchor.days)}{form_.comma} {form_.time(anchor.clock)}"


def offset_words(turn: Turn, days: int) -> str:
    """ "7 days before", seen from the date."""
    if days == 0:
        return turn.translator("on the day itself")
    if days < 0:
        return turn.translator.n("{count} day before", "{count} days before", -days)
    return turn.translator.n("{count} day after", "{count} days after", days)


async def record_of(turn: Turn, name: str) -> AnyRecord | None:
    """The event or campaign that ``kind/id`` names, if there is one."""
    kind, _, id = name.partition("/")
    holdings = await turn.desk.shelf.holdings()
    return holdings.directory.get(Kind(kind), id) if kind in (Kind.EVENT, Kind.CAMPAIGN) else None
