"""The office's calendar: what will go out in the next weeks, and what is in its way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bot.dialog.announce_draft import office
from bot.dialog.announce_when import night_words, rule_words
from bot.dialog.campaigns import name_of
from bot.dialog.labels import holiday_name
from bot.dialog.office_actions import OpenBroadcast, ShowCalendar, ShowCampaigns
from bot.dialog.progress import moment_words
from bot.dialog.reply import Bold, Button, Italic, Line, Message, Reply, lines
from bot.dialog.showing import Page, back, form, shorten
from bot.dialog.turn import Turn
from bot.domain.staff import Role, Staff
from bot.services.scheduling import Coming, coming

AHEAD = timedelta(days=30)
"""How far the calendar looks."""
_SHOWN = 6


@office
async def calendar(turn: Turn, member: Staff, action: ShowCalendar) -> Reply:
    """What will go out in the next 30 days, with public holidays and quiet hours."""
    _, form_ = turn.translator, form(turn)
    async with turn.desk.store.read() as view:
        everything = await coming(view, turn.now, turn.now + AHEAD, turn.desk.zone)
    found = [one for one in everything if member.may(Role.AUTHOR, one.broadcast.organisation_id)]
    page = Page.of(action.page, len(found), _SHOWN)
    today = turn.desk.today(turn.now)
    days = [today + timedelta(days=n) for n in range(AHEAD.days + 1)]
    free = [f"{form_.day(day, today)} ({name})" for day in days if (name := holiday_name(day, _))]
    text: list[Line | None] = [
        Bold(_("What will go out in the next {days} days", days=AHEAD.days)),
        None if found else _("Nothing is planned."),
    ]
    rows: list[tuple[Button, ...]] = []
    for one in found[page.first : page.last]:
        text += ["", *_entry(turn, one)]
        label = f"{form_.time(turn.desk.wall(one.at))} {name_of(turn, one.broadcast)}"
        rows.append((Button(shorten(label), OpenBroadcast(one.broadcast.id)),))
    if free:
        text += ["", Italic(_("Public holidays: {days}", days=form_.list(free)))]
    rows += page.turning(turn, ShowCalendar)
    rows.append((back(turn, ShowCampaigns()),))
    return Reply((Message(lines(*text), tuple(rows)),))


def _entry(turn: Turn, one: Coming) -> Iterable[Line]:
    _ = turn.translator
    yield Bold(moment_words(turn, one.at))
    name = name_of(turn, one.broadcast)
    yield f"{name} · {rule_words(turn, one.schedule.rule)}" if one.schedule is not None else name
    if one.left_out:
        yield _("Left out: that day is a public holiday.")
        return
    if one.moved:
        yield _("Moved here from a public holiday.")
    elif one.holiday:
        yield _("Public holiday: {name}", name=holiday_name(turn.desk.wall(one.at).date(), _))
    if one.quiet:
        yield night_words(turn)
