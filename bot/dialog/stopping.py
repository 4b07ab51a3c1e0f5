"""Stopping news: asked once so that nobody loses it by a slip, then done at once."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog.news_actions import EndNews, ShowSubscriptions, StopNews
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import form
from bot.dialog.subscriptions import area_name, decided, menu, overview, subscribed, topic_name
from bot.dialog.turn import Turn
from bot.domain.news import Topic
from bot.services import subscribing
from bot.services.subscribing import topic_of


@decided
async def stop(turn: Turn, action: StopNews) -> Reply:
    """What shall stop: a topic, or everything? Under a notice the notice itself stays."""
    _ = turn.translator
    have = {one.topic for one in await subscribed(turn)}
    asked = await _asked(turn, action)
    named = [topic for topic in Topic if topic in have and (topic in asked or not asked)]
    rows: list[tuple[Button, ...]] = [
        (Button(_("Stop: {topic}", topic=topic_name(topic, _)), EndNews(topic)),) for topic in named
    ]
    text: list[Line] = [Bold(_("What shall I stop?"))]
    if have:
        rows.append((Button(_("Stop everything"), EndNews()),))
    else:
        text = [_("There is no subscription here that could be stopped.")]
        if turn.private:
            text.append(_("With /forget everything about you is deleted, and no message comes any more."))
    rows.append((Button(_("Keep everything"), ShowSubscriptions()), *menu(turn)))
    return Reply((Message(lines(*text), tuple(rows), replaces=not action.broadcast),))


async def _asked(turn: Turn, action: StopNews) -> set[Topic]:
    """The topics of the notice, or the one that was named; none: all."""
    asked = {topic} if (topic := topic_of(action.topic)) is not None else set()
    if action.broadcast:
        async with turn.desk.store.read() as view:
            broadcast = await view.broadcast(action.broadcast)
        if broadcast is not None and asked:
            asked |= broadcast.audience.topics
    return asked


@decided
async def end(turn: Turn, action: EndNews) -> Reply:
    """Stop it at once, and say so."""
    _ = turn.translator
    topic = topic_of(action.topic)
    if topic is None and action.topic:
        return await overview(turn)
    await subscribing.stop(turn.desk.store, turn.chat_id, topic, action.area or None)
    if topic is None:
        text = lines(
            Bold(_("Done. No more news comes here.")),
            _("Everything else, such as saved events, stays: /saved, /mydata, /forget.")
            if turn.private
            else None,
        )
        rows = ((Button(_("My subscriptions"), ShowSubscriptions()), *menu(turn)),)
        return Reply((Message(text, rows),), toast=_("Stopped"))
    name = topic_name(topic, _)
    if action.area:
        name = f"{name}{form(turn).comma} {area_name(turn, action.area)}"
    done = _("Done. No more of this comes: {topic}.", topic=name)
    return replace(await overview(turn, done), toast=_("Stopped"))
