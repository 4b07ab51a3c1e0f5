"""Stopping news: asked once so that nobody loses it by a slip, then done at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialog.actions import UnsaveEvent
from bot.dialog.news_actions import EndNews, ShowSubscriptions, StopNews
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import Reading, form
from bot.dialog.subscriptions import (
    area_name,
    decided,
    group_name,
    groups,
    menu,
    overview,
    stays,
    subscribed,
    topic_name,
)
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast, Group
from bot.domain.directory import Kind
from bot.domain.minutes import from_minutes, to_minutes
from bot.domain.news import Topic
from bot.domain.recipients import SavedEvent
from bot.services import subscribing
from bot.services.subscribing import group_of, topic_of


@decided
async def stop(turn: Turn, action: StopNews) -> Reply:
    """What shall stop: a topic, what goes to a group, a saved date, or everything? Under a notice the notice
    itself stays.
    """
    _ = turn.translator
    broadcast = await _notice(turn, action)
    asked = _asked(action, broadcast)
    topics = {one.topic for one in await subscribed(turn)}
    wanted = [group for group, wants in (await groups(turn)).items() if wants]
    saved = await _saved(turn, broadcast)
    text: list[Line] = [Bold(_("What shall I stop?"))]
    rows: list[tuple[Button, ...]] = [
        (Button(_("Stop: {topic}", topic=topic_name(topic, _)), EndNews(topic)),)
        for topic in Topic
        if topic in topics and (topic in asked or not asked)
    ]
    rows += [
        (Button(_("Stop: {topic}", topic=group_name(group, _)), EndNews(group)),)
        for group in wanted
        if group in asked or not asked
    ]
    if saved:
        text.append(_("You get this because you saved: {event}", event=await _event(turn, saved[0].event_id)))
        rows += [(_unsaving(turn, one, alone=len(saved) == 1),) for one in saved]
    if topics or wanted:
        rows.append((Button(_("Stop everything"), EndNews()),))
    if not rows:
        text = [_("There is no subscription here that could be stopped.")]
        if turn.private:
            text.append(_("With /forget everything about you is deleted, and no message comes any more."))
    keep = _("Keep everything") if rows else _("My subscriptions")
    rows.append((Button(keep, ShowSubscriptions()), *menu(turn)))
    return Reply((Message(lines(*text), tuple(rows), replaces=not action.broadcast),))


async def _notice(turn: Turn, action: StopNews) -> Broadcast | None:
    """The notice below which it was asked."""
    if not action.broadcast:
        return None
    async with turn.desk.store.read() as view:
        return await view.broadcast(action.broadcast)


def _asked(action: StopNews, broadcast: Broadcast | None) -> set[Topic | Group]:
    """What the notice went out for, or what was named; nothing: all that comes here, as for a digest."""
    named = topic_of(action.topic) or group_of(action.topic)
    asked: set[Topic | Group] = set() if named is None else {named}
    if broadcast is not None and (asked or not broadcast.audience.topics):
        asked |= broadcast.audience.topics | broadcast.audience.groups
    return asked


async def _saved(turn: Turn, broadcast: Broadcast | None) -> Sequence[SavedEvent]:
    """The saved dates for which a notice came here."""
    if broadcast is None or not broadcast.audience.event:
        return ()
    date = broadcast.audience.date
    async with turn.desk.store.read() as view:
        kept = await view.saved_events(turn.chat_id)
    return [
        one
        for one in kept
        if one.event_id == broadcast.audience.event and (not date or one.occurrence == from_minutes(date))
    ]


async def _event(turn: Turn, id: str) -> str:
    record = (await turn.desk.shelf.holdings()).directory.get(Kind.EVENT, id)
    return Reading(turn).text(record.title) if record is not None else id


def _unsaving(turn: Turn, one: SavedEvent, *, alone: bool) -> Button:
    """No more of a saved date, which is named where it is not the only one."""
    label = turn.translator("Do not remind me")
    if not alone:
        starts = turn.desk.wall(one.occurrence)
        label = f"{label} · {form(turn).moment(starts, turn.desk.today(turn.now))}"
    return Button(label, UnsaveEvent(one.event_id, to_minutes(one.occurrence)))


@decided
async def end(turn: Turn, action: EndNews) -> Reply:
    """Stop it at once, and say so."""
    _ = turn.translator
    what = topic_of(action.topic) or group_of(action.topic)
    unknown = what is None and bool(action.topic)
    if unknown or (isinstance(what, Group) and what not in await groups(turn)):
        return await overview(turn)
    await subscribing.stop(turn.desk.store, turn.chat_id, what, action.area or None, now=turn.now)
    if what is None:
        text = lines(
            Bold(_("Done. No more news comes here.")),
            *[stays(turn, group) for group in await groups(turn)],
            _("Everything else, such as saved events, stays: /saved, /mydata, /forget.")
            if turn.private
            else None,
        )
        rows = ((Button(_("My subscriptions"), ShowSubscriptions()), *menu(turn)),)
        return Reply((Message(text, rows),), toast=_("Stopped"))
    name = topic_name(what, _) if isinstance(what, Topic) else group_name(what, _)
    if action.area:
        name = f"{name}{form(turn).comma} {area_name(turn, action.area)}"
    done = _("Done. No more of this comes: {topic}.", topic=name)
    opening = [done] if isinstance(what, Topic) else [done, stays(turn, what)]
    return replace(await overview(turn, *opening), toast=_("Stopped"))
