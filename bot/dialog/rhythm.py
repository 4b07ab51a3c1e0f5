"""When news comes: how often, at which hour, in which hours never, and a pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.dialog.expecting import Expected, What
from bot.dialog.news import hours
from bot.dialog.news_actions import (
    Mute,
    MuteUntil,
    SetFrequency,
    SetQuiet,
    ShowMute,
    ShowQuiet,
    ShowSubscriptions,
)
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import Page, back, button_rows, form
from bot.dialog.subscriptions import (
    clock,
    collected_at,
    decided,
    often,
    overview,
    quiet_line,
    rhythm_of,
    subscribed,
    topic_name,
)
from bot.dialog.turn import Turn
from bot.domain.news import QUIET_FROM, QUIET_TO, at_wall
from bot.services import subscribing
from bot.services.subscribing import frequency_of, topic_of
from bot.understanding.day_words import read_span
from bot.understanding.moments import DEFAULT_TIME, coming, read_hours, read_moment

_OFFERED = ((QUIET_FROM, QUIET_TO), (20, 9), (22, 7))
_PAUSES = (1, 7, 30)
"""Days."""
_LONGEST = timedelta(days=366)
_PAGE = 28
"""Days to choose from at a time."""


@decided
async def set_frequency(turn: Turn, action: SetFrequency) -> Reply:
    """How often a topic comes from now on, or the hour of all collected news."""
    _ = turn.translator
    store, hour = turn.desk.store, action.hour
    if hour > 23:
        return await overview(turn)
    topic, frequency = topic_of(action.topic), frequency_of(action.frequency)
    if topic is None:
        if not await subscribing.set_digest_hour(store, turn.chat_id, hour):
            return await overview(turn)
        return await overview(turn, _("Collected news now comes at {time}.", time=clock(turn, hour)))
    if frequency is None or frequency not in subscribing.frequencies(topic):
        return await overview(turn)
    digest_hour = hour if len(subscribing.frequencies(topic)) > 1 and frequency != "now" else None
    if not await subscribing.change_frequency(store, turn.chat_id, topic, frequency, digest_hour):
        return await overview(turn)
    words = f"{topic_name(topic, _)}: {often(turn, frequency, hour)}"
    return await overview(turn, words)


@decided
async def show_quiet(turn: Turn, action: ShowQuiet) -> Reply:
    """Some quiet hours to choose from; one's own in two taps: from, and to."""
    _ = turn.translator
    if action.own == "from":
        rows = hours(turn, lambda hour: ShowQuiet("to", hour))
        _expect(turn, What.QUIET)
        text = lines(
            Bold(_("Quiet hours")), _("When should the quiet hours begin?"), _written_hours_hint(turn)
        )
        return Reply((Message(text, (*rows, (back(turn, ShowQuiet()),))),))
    if action.own == "to" and action.since <= 23:
        rows = hours(turn, lambda hour: SetQuiet(action.since, hour))
        since = clock(turn, action.since)
        text = lines(Bold(_("Quiet hours")), _("Quiet from {since}. Until when?", since=since))
        return Reply((Message(text, (*rows, (back(turn, ShowQuiet("from")),))),))
    rhythm = rhythm_of(turn)
    now = (rhythm.quiet_from, rhythm.quiet_to)
    buttons = [
        Button(f"{'✓ ' if now == pair else ''}{clock(turn, pair[0])}–{clock(turn, pair[1])}", SetQuiet(*pair))
        for pair in _OFFERED
    ]
    text = lines(
        Bold(_("Quiet hours")),
        quiet_line(turn, rhythm, collected_at(await subscribed(turn), rhythm)),
        _("What comes meanwhile is sent afterwards."),
        _written_hours_hint(turn),
    )
    _expect(turn, What.QUIET)
    none = Button(("✓ " if now[0] == now[1] else "") + _("No quiet hours"), SetQuiet(0, 0))
    return Reply(
        (
            Message(
                text,
                (
                    tuple(buttons),
                    (Button(_("Other hours"), ShowQuiet("from")), none),
                    (back(turn, ShowSubscriptions()),),
                ),
            ),
        )
    )


@decided
async def set_quiet(turn: Turn, action: SetQuiet) -> Reply:
    """Store the quiet hours."""
    if max(action.since, action.until) > 23:
        return await show_quiet(turn, ShowQuiet())
    await subscribing.set_quiet_hours(turn.desk.store, turn.chat_id, action.since, action.until)
    return replace(await overview(turn), toast=turn.translator("Saved."))


@decided
async def show_mute(turn: Turn, action: ShowMute) -> Reply:
    """For how long nothing shall come."""
    return _days(turn, action.days) if action.days else _pause(turn)


def _days(turn: Turn, number: int) -> Reply:
    """The days until which nothing shall come, some weeks at a time: where nobody can write one."""
    _, form_, today = turn.translator, form(turn), turn.desk.today(turn.now)
    page = Page.of(number - 1, _LONGEST.days, _PAGE)
    days = [today + timedelta(days=1 + after) for after in range(page.first, page.last)]
    buttons = [Button(f"{day.day}.{day.month}.", MuteUntil(day.toordinal())) for day in days]
    text = lines(
        Bold(_("Pause")),
        _("Until which day should no news come?"),
        f"{form_.day(days[0], None)} – {form_.day(days[-1], None)}",
    )
    turning = page.turning(turn, lambda n: ShowMute(n + 1))
    return Reply((Message(text, (*button_rows(buttons, 7), *turning, (back(turn, ShowMute()),))),))


def _pause(turn: Turn, *opening: Line) -> Reply:
    _ = turn.translator
    until = rhythm_of(turn).muted_until
    _expect(turn, What.PAUSE)
    rows: list[tuple[Button, ...]] = [
        (Button(_("1 day"), Mute(1)), Button(_("1 week"), Mute(7)), Button(_("1 month"), Mute(30)))
    ]
    rows.append((Button(_("Until a certain day"), ShowMute(1)),))
    if until is not None and until > turn.now:
        rows.append((Button(_("End the pause"), Mute(0)),))
    rows.append((back(turn, ShowSubscriptions()),))
    text = lines(
        Bold(_("Pause")),
        *opening,
        _("For how long should no news come? You can read later, with /news, what was sent in the meantime."),
        _("Urgent warnings come all the same."),
        _("Choose, or write until which day, for example: {example}", example=_example(turn))
        if turn.private
        else None,
    )
    return Reply((Message(text, tuple(rows)),))


def _example(turn: Turn) -> str:
    day = turn.desk.today(turn.now) + timedelta(days=14)
    return f"{day.day}.{day.month}."


def _written_hours_hint(turn: Turn) -> str | None:
    words = turn.translator("Choose, or write the hours, for example: {example}", example="22–7")
    return words if turn.private else None


async def quiet_written(turn: Turn) -> Reply | None:
    """Two hours were written where the quiet ones are chosen; None: no such thing."""
    threads = turn.desk.threads
    if not turn.private or threads.take(turn.chat_id, turn.now, What.QUIET, turn.update_id) is None:
        return None
    found = read_hours(turn.text)
    return None if found is None else await set_quiet(turn, SetQuiet(*found))


def _expect(turn: Turn, what: What) -> None:
    """What is written next, in a private chat, is for this."""
    if turn.private:
        threads = turn.desk.threads
        thread = replace(threads.get(turn.chat_id, turn.now), expected=Expected(what))
        threads.keep(turn.chat_id, turn.now, thread)


async def mute_written(turn: Turn) -> Reply | None:
    """A day was written while the pause was chosen: news comes again from then on; None: no such thing.

    What looks like a day and is none is said to be none; anything else is a question like any other.
    """
    _, threads = turn.translator, turn.desk.threads
    if not turn.private or threads.take(turn.chat_id, turn.now, What.PAUSE, turn.update_id) is None:
        return None
    wall = _day(turn)
    if wall is None and _like_a_day(turn):
        return _pause(turn, _("I do not understand this day, or it does not exist. Nothing was changed."))
    if wall is None:
        return None
    until = min(at_wall(wall.date(), wall.time(), turn.desk.zone), turn.now + _LONGEST)
    if until <= turn.now:
        when = form(turn).moment(wall, turn.desk.today(turn.now))
        return _pause(turn, _("{time} is past. Nothing was changed.", time=when))
    await subscribing.mute(turn.desk.store, turn.chat_id, until)
    return await overview(turn, _("Saved."))


def _day(turn: Turn) -> datetime | None:
    """The day that is written, as an office writes one, or a day of the week in any language."""
    desk, now = turn.desk, turn.desk.wall(turn.now)
    if (found := read_moment(turn.text, now)) is not None:
        return found
    if (days := read_span(turn.text)) is not None:
        return (now + timedelta(days=days)).replace(second=0, microsecond=0)
    question = desk.answering.reader.read(turn.text)
    if question.times == ("week",) and not question.rest:
        return coming(0, now)
    weekday = desk.following.weekday(question)
    return None if weekday is None else coming(weekday, now)


def _like_a_day(turn: Turn) -> bool:
    """Whether there is a number in what was written, or a time, and nothing else that can be asked for."""
    question = turn.desk.answering.reader.read(turn.text)
    asks = question.topics or question.kinds or question.towns or question.districts or question.smalltalk
    return not asks and (bool(question.times) or any(map(str.isdigit, turn.text)))


@decided
async def mute(turn: Turn, action: Mute) -> Reply:
    """Hold news back for some days, or no longer."""
    if action.days and action.days not in _PAUSES:
        return await show_mute(turn, ShowMute())
    until = turn.now + timedelta(days=action.days) if action.days else None
    await subscribing.mute(turn.desk.store, turn.chat_id, until)
    return replace(await overview(turn), toast=turn.translator("Saved."))


@decided
async def mute_until(turn: Turn, action: MuteUntil) -> Reply:
    """Hold news back until the morning of a day."""
    day = turn.desk.today(turn.now).toordinal()
    if not day < action.day <= day + _LONGEST.days:
        return _days(turn, 1)
    until = at_wall(date.fromordinal(action.day), DEFAULT_TIME, turn.desk.zone)
    await subscribing.mute(turn.desk.store, turn.chat_id, until)
    return replace(await overview(turn), toast=turn.translator("Saved."))
