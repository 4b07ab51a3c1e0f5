"""An event does not take place: those who saved it, and who follow events there, hear of it in two taps."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from bot.dialog.announce_draft import gone, load, office
from bot.dialog.announce_release import check
from bot.dialog.event_card import span_of
from bot.dialog.office_actions import CallOff, ShowAnnounce
from bot.dialog.reply import Bold, Button, Message, Reply, lines
from bot.dialog.showing import ROW_LABEL, Page, Reading, back, form, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import EventStatus, Kind
from bot.domain.locales import LOCALES, Locale
from bot.domain.news import ALL
from bot.domain.staff import Staff
from bot.services import correcting
from bot.services.calendar import Occurrence, occurrence_at
from bot.services.reminding import as_called_off
from bot.services.scope import holds
from bot.services.shelf import Holdings
from bot.translation import forms, translator

_AHEAD = timedelta(days=120)


@office
async def call_off(turn: Turn, member: Staff, action: CallOff) -> Reply:
    """Choose the event; its message is written at once in all languages, and waits for one more tap."""
    holdings = await turn.desk.shelf.holdings()
    occurrence = _chosen(turn, holdings, action)
    if occurrence is None:
        return await _list(turn, member, holdings, action.page)
    (shown,) = await as_called_off(turn.desk.store, (occurrence,), turn.now)
    if shown.status is EventStatus.CANCELLED:
        return gone(turn)
    place = occurrence.event.place
    area = f"town:{place.town}" if place is not None and turn.desk.gazetteer.town(place.town) else ALL
    texts = {locale.code: _text(occurrence, locale) for locale in LOCALES}
    draft = await correcting.event_cancelled(
        turn.desk.office, member, occurrence.event.id, occurrence.at, area, texts, turn.now
    )
    return await check(turn, await load(turn, member, draft.id))


def _chosen(turn: Turn, holdings: Holdings, action: CallOff) -> Occurrence | None:
    event = holdings.directory.get(Kind.EVENT, action.event)
    events = {one.id: one for one in holdings.directory.events}
    if event is None or action.event not in events:
        return None
    occurrence = occurrence_at(events[action.event], action.at, turn.desk.zone)
    return occurrence if occurrence is not None and occurrence.ends > turn.now else None


async def _list(turn: Turn, member: Staff, holdings: Holdings, number: int) -> Reply:
    _, form_, reading = turn.translator, form(turn), Reading(turn)
    desk, end = turn.desk, turn.now + _AHEAD
    every = await desk.agenda.upcoming(holdings.directory.events, turn.now, end, desk.zone)
    ours = [one for one in every if holds(member.organisation_id, one.event)]
    # What the office has called off, or whose entry says so already, is not offered once more.
    shown = await as_called_off(desk.store, ours, turn.now)
    coming = [one for one in shown if one.status is not EventStatus.CANCELLED]
    page = Page.of(number, len(coming))
    today = turn.desk.today(turn.now)
    rows: list[tuple[Button, ...]] = []
    for one in coming[page.first : page.last]:
        label = f"{reading.name(one.event.title)} · {form_.day(one.starts.date(), today)}"
        rows.append((Button(shorten(label, ROW_LABEL), CallOff(one.event.id, one.at)),))
    rows += page.turning(turn, lambda n: CallOff(page=n))
    rows.append((back(turn, ShowAnnounce()),))
    text = lines(
        Bold(_("Which event does not take place?")),
        _("Those who saved it, and those who follow events there, are told at once, even at night."),
        None if coming else _("I know of no events for this choice."),
    )
    return Reply((Message(text, tuple(rows)),))


def _text(occurrence: Occurrence, locale: Locale) -> str:
    """The news in one language: what, and when it would have been. It may wait, and is read on other days."""
    _, form_ = translator(locale), forms(locale)
    title = occurrence.event.title.localize(locale)
    name = title.text if title is not None else ""
    when = span_of(form_, occurrence, None)
    words = _("Cancelled: {when}", when=f"{name} · {when}" if name else when)
    return f"<b>{escape(words, quote=False)}</b>"
