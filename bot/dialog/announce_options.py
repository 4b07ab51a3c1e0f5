"""How an announcement goes out: missing languages, unknown fates, a first few, urgency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import time, timedelta

from bot.dialog.announce_audience import count_lines
from bot.dialog.announce_draft import Draft, expect, set_expiry, set_options, set_repetition
from bot.dialog.expecting import What
from bot.dialog.office_actions import ChangeDraft, OpenDraft
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import back, form
from bot.dialog.turn import Turn
from bot.domain.broadcast import SHOWN_FOR, Anchor, Cap, Missing, Options, Unknown
from bot.domain.news import at_wall
from bot.services.scheduling import WINDOWS
from bot.translation import N_
from bot.understanding.moments import read_moment

MISSING = {
    Missing.WAIT: N_("Wait until every language is there"),
    Missing.OTHERS: N_("Send to the others, these get nothing"),
    Missing.FALLBACK: N_("Send the nearest language, with a mark"),
}
"""What to do where a language has no text."""
UNKNOWN = {
    Unknown.HOLD: N_("Leave it, and show me how many"),
    Unknown.RESEND: N_("Send again: better twice than never"),
}
"""What to do with messages of which nobody knows whether they arrived."""
CAPS = {
    Cap.MOVE: N_("Send it to them the next day"),
    Cap.SKIP: N_("They do not get it"),
}
"""What to do with people who have had their share of a day."""
HOLIDAYS = {
    "move": N_("It goes out on the next working day"),
    "skip": N_("It does not go out"),
    "send": N_("It goes out all the same"),
}
"""What becomes of something planned for a public holiday."""
LATE = {
    **dict(
        zip(
            WINDOWS,
            (N_("Up to one hour late"), N_("Up to 12 hours late"), N_("Up to two days late")),
            strict=True,
        )
    ),
    0: N_("However late it is"),
}
"""How late something may still go out, by :attr:`Options.window`."""
SHOWN = {7: N_("1 week"), SHOWN_FOR.days: N_("1 month"), 90: N_("3 months")}
"""How many days something can be read with ``/news``."""
FIRST = 20
"""How many go out first, for a look."""


def on_holidays(options: Options) -> str:
    """The choice of :data:`HOLIDAYS`."""
    return "skip" if options.skip_holidays else "move" if options.move_holidays else "send"


def with_holidays(options: Options, choice: str) -> Options:
    """Options with another choice of :data:`HOLIDAYS`."""
    return replace(options, skip_holidays=choice == "skip", move_holidays=choice == "move")


def _holidays(options: Options, anchor: Anchor | None) -> tuple[str, Mapping[str, str]]:
    """What is chosen of :data:`HOLIDAYS`, and what there is to choose from, in words that hold for what hangs
    on a date: see :func:`bot.services.anchoring.anchored`."""
    chosen = on_holidays(options)
    if anchor is None or anchor.days > 0:
        return chosen, HOLIDAYS
    if anchor.days < 0:
        return chosen, {**HOLIDAYS, "move": N_("It goes out on another working day, before that date")}
    return "send" if chosen == "move" else chosen, {one: HOLIDAYS[one] for one in ("skip", "send")}


def planned_lines(
    turn: Turn, options: Options, anchor: Anchor | None = None, *, timed: bool = True
) -> Iterable[Line]:
    """What becomes of something planned that is late, or falls on a public holiday."""
    _ = turn.translator
    if timed:
        chosen, words = _holidays(options, anchor)
        yield (_("On a public holiday"), ": ", _(words[chosen]))
    if options.window in LATE:
        yield (_("If it cannot go out in time"), ": ", _(LATE[options.window]))


def _timed(draft: Draft) -> bool:
    one = draft.broadcast
    return one.send_at is not None or one.anchor is not None or bool(draft.rule)


def _planned_lines(turn: Turn, draft: Draft) -> Iterable[Line]:
    return planned_lines(turn, draft.broadcast.options, draft.broadcast.anchor, timed=_timed(draft))


def option_lines(turn: Turn, draft: Draft) -> list[Line]:
    """The options that differ from the usual ones, and what happens to missing languages."""
    _, options = turn.translator, draft.broadcast.options
    found: list[Line] = [_("If a language has no text: {what}", what=_(MISSING[options.missing]))]
    if draft.broadcast.urgent:
        found.append(_("Urgent: it also goes out at night."))
    if options.first:
        found.append(_("First to {count} people, then a pause for a look.", count=options.first))
    if options.unknown is Unknown.RESEND:
        found.append(_("If it is unknown whether it arrived: {what}", what=_(UNKNOWN[options.unknown])))
    if options.cap is Cap.SKIP and not draft.broadcast.urgent:
        found.append(_cap_line(turn, options))
    return [*found, *_planned_lines(turn, draft), *expiry_lines(turn, draft)]


def _cap_line(turn: Turn, options: Options) -> str:
    _ = turn.translator
    return _(
        "People who have had enough messages ({count}) that day: {what}",
        count=turn.desk.daily_cap,
        what=_(CAPS[options.cap]),
    )


def expiry_lines(turn: Turn, draft: Draft) -> Iterable[Line]:
    """Until when it can be read, where that was chosen."""
    if (at := draft.broadcast.expires_at) is not None:
        yield turn.translator("In /news until {date}", date=form(turn).month(turn.desk.today(at)))


def screen(turn: Turn, draft: Draft) -> Reply:
    """All options, each with what it means in plain words."""
    _ = turn.translator
    id, options = draft.id, draft.broadcast.options
    on, off, warning = "✓ ", "✗ ", draft.broadcast.warning
    urgent = Button(
        (on if options.urgent else "") + _("Urgent"),
        ChangeDraft(id, "urgent", "-" if options.urgent else "+"),
    )
    text = lines(
        Bold(_("How is it sent?")),
        "",
        _("If a language has no text: {what}", what=_(MISSING[options.missing])),
        "",
        _(
            "Unknown: now and then the connection breaks while a message is on its way. Then nobody can tell "
            "whether it arrived."
        ),
        _("If it is unknown whether it arrived: {what}", what=_(UNKNOWN[options.unknown])),
        "",
        (on if draft.broadcast.urgent else off)
        + _("Urgent: also at night, to everybody at once. Only for warnings and cancellations."),
        _("Urgent warnings always are: that is what their readers were promised.") if warning else None,
        (on if options.first else off)
        + _("First to {count} people, then a pause for a look.", count=options.first or FIRST),
        # What is urgent is not among the messages of a day.
        None if draft.broadcast.urgent else _cap_line(turn, options),
        *_planned_lines(turn, draft),
        *expiry_lines(turn, draft),
        "",
        *count_lines(turn, draft),
    )
    rows = (
        (Button(_("If a language is missing"), OpenDraft(id, "missing")),),
        (Button(_("If it is unknown whether it arrived"), OpenDraft(id, "unknown")),),
        *(
            ()
            if draft.broadcast.urgent
            else ((Button(_("People who have had enough messages"), OpenDraft(id, "cap")),),)
        ),
        (
            Button(_("If it is late"), OpenDraft(id, "late")),
            *((Button(_("Public holidays"), OpenDraft(id, "holidays")),) if _timed(draft) else ()),
        ),
        # What is repeated is shown for the usual time, each time.
        *(() if draft.rule else ((Button(_("How long in /news?"), OpenDraft(id, "expiry")),),)),
        (
            *(() if warning else (urgent,)),
            Button(
                (on if options.first else "")
                + _("First {count}, then all", count=form(turn).number(options.first or FIRST)),
                ChangeDraft(id, "first", "-" if options.first else "+"),
            ),
        ),
        (back(turn, OpenDraft(id)),),
    )
    return Reply((Message(text, rows),))


async def expiry(turn: Turn, draft: Draft, *opening: Line, new: bool = False) -> Reply:
    """How long it can be read with ``/news``; the next text is read as the last day."""
    if draft.rule:
        return screen(turn, draft)
    await expect(turn, draft, What.EXPIRY)
    day = turn.desk.today(turn.now) + timedelta(days=14)
    words = turn.translator(
        "Choose, or write until which day, for example: {example}", example=f"{day.day}.{day.month}."
    )
    (shown,) = part(turn, draft, "expiry", *opening, words).messages
    return Reply((replace(shown, replaces=not new),))


async def expiry_written(turn: Turn, draft: Draft) -> Reply:
    """The last day on which it can be read was written."""
    _ = turn.translator
    moment = read_moment(turn.text, turn.desk.wall(turn.now))
    if moment is None or draft.rule:
        words = _("I do not understand this day, or it does not exist. Nothing was changed.")
        return await expiry(turn, draft, words, new=True)
    since = max(draft.broadcast.send_at or turn.now, turn.now)
    until = at_wall(moment.date(), time(23, 59), turn.desk.zone)
    if until <= since:
        words = _("{time} is past. Nothing was changed.", time=form(turn).month(moment.date()))
        return await expiry(turn, draft, words, new=True)
    (shown,) = screen(turn, await set_expiry(turn, draft, until)).messages
    return Reply((replace(shown, replaces=False),))


def part(turn: Turn, draft: Draft, what: str, *opening: Line) -> Reply:
    """The choices of one option."""
    _, id, options = turn.translator, draft.id, draft.broadcast.options
    choices: Mapping[str, str]
    match what:
        case "missing":
            heading = _("If a language has no text")
            chosen, choices = options.missing.value, {one.value: words for one, words in MISSING.items()}
        case "unknown":
            heading = _("If it is unknown whether it arrived")
            chosen, choices = options.unknown.value, {one.value: words for one, words in UNKNOWN.items()}
        case "late":
            heading = _("If it cannot go out in time")
            chosen, choices = str(options.window), {str(one): words for one, words in LATE.items()}
        case "expiry":
            heading = _("How long in /news?")
            chosen, choices = "", {str(days): words for days, words in SHOWN.items()}
        case "holidays":
            heading = _("On a public holiday")
            chosen, choices = _holidays(options, draft.broadcast.anchor)
        case _:
            heading = _("People who have had enough messages ({count}) that day", count=turn.desk.daily_cap)
            chosen, choices = options.cap.value, {one.value: words for one, words in CAPS.items()}
    rows = [
        (Button(("✓ " if value == chosen else "") + _(words), ChangeDraft(id, what, value)),)
        for value, words in choices.items()
    ]
    text = lines(Bold(heading), *opening, "", *count_lines(turn, draft))
    return Reply((Message(text, (*rows, (back(turn, OpenDraft(id, "options")),))),))


async def changed(turn: Turn, draft: Draft, what: str, value: str) -> Reply:
    """An option was tapped; what nobody offered changes nothing."""
    options = draft.broadcast.options
    if what == "expiry":
        if value in map(str, SHOWN) and not draft.rule:
            since = max(draft.broadcast.send_at or turn.now, turn.now)
            draft = await set_expiry(turn, draft, since + timedelta(days=int(value)))
        return screen(turn, draft)
    match what:
        case "missing" if value in set(Missing):
            options = replace(options, missing=Missing(value))
        case "unknown" if value in set(Unknown):
            options = replace(options, unknown=Unknown(value))
        case "cap" if value in set(Cap):
            options = replace(options, cap=Cap(value))
        case "late" if value in map(str, LATE):
            options = replace(options, window=int(value))
        case "holidays" if value in HOLIDAYS:
            options = with_holidays(options, value)
        case "urgent":
            # What is urgent is rather sent twice than not at all; what was chosen, or seen, is not undone.
            unknown = Unknown.RESEND if value == "+" else options.unknown
            options = replace(options, urgent=value == "+", unknown=unknown)
        case "first":
            options = replace(options, first=FIRST if value == "+" else 0)
    draft = await set_options(turn, draft, options)
    if what == "holidays" and draft.seen.schedule is not None:
        draft = await set_repetition(turn, draft, draft.rule, draft.seen.schedule.starts_at)
    return screen(turn, draft)
