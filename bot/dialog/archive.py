"""``/news``: what was sent lately, for those who came later or missed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.dialog.actions import OpenEvent, ShowMenu
from bot.dialog.news_actions import ChooseArea, OpenNews, ShowNews, ShowSubscriptions
from bot.dialog.notices import marks, withdrawn
from bot.dialog.reply import Bold, Button, Html, Italic, Line, Message, Reply, Rows, lines
from bot.dialog.showing import Page, back, form, shorten
from bot.dialog.subscriptions import open_topics, subscribed, topic_name
from bot.dialog.turn import Turn
from bot.domain.broadcast import Body, Broadcast, Media
from bot.domain.markup import CAPTION_UNITS, TEXT_UNITS, first_line, units
from bot.domain.news import Topic
from bot.services import subscribing
from bot.services.subscribing import Sent, Withdrawn

_LABEL = 45
_TITLE = 80
_MARGIN = 300
"""Units that our own lines around a text may take; a longer text stands alone."""


async def show(turn: Turn, action: ShowNews | None = None) -> Reply:
    """The list, the newest first."""
    _, form_ = turn.translator, form(turn)
    topics = await open_topics(turn)
    async with turn.desk.store.read() as view:
        past = await subscribing.archive(view, topics, turn.now)
        page = Page.of(action.page if action is not None else 0, len(past))
        shown = [
            await subscribing.in_language(view, one, turn.locale) for one in past[page.first : page.last]
        ]
        have = await view.subscriptions(turn.chat_id)
    text: list[Line | None] = [Bold(_("News"))]
    rows: list[tuple[Button, ...]] = []
    for number, sent in enumerate(shown, page.first + 1):
        if sent is None:
            continue
        title = f"{number}. {first_line(sent.body.html, _TITLE)}"
        day = form_.day(turn.desk.today(_sent_at(sent.broadcast)), turn.desk.today(turn.now))
        text += ["", Bold(title), f"{day} · {_topics(turn, sent.broadcast, topics)}"]
        rows.append((Button(shorten(title, _LABEL), OpenNews(sent.broadcast.id, page.number)),))
    if not rows:
        text.append(_("Nothing was sent lately."))
    if not have:
        text += ["", _("I can send you news like this, if you want.")] if turn.private else []
    rows += page.turning(turn, ShowNews)
    label = _("My subscriptions") if turn.private else _("News for this chat")
    rows.append((Button(label, ShowSubscriptions()),))
    if turn.private:
        rows.append((back(turn, ShowMenu()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def open_news(turn: Turn, action: OpenNews) -> Reply:
    """One message as it was sent, whole."""
    topics = await open_topics(turn)
    async with turn.desk.store.read() as view:
        try:
            sent = await subscribing.read(view, action.id, topics, turn.locale, turn.now, turn.chat_id)
        except Withdrawn:
            words = withdrawn(turn.locale)
            return Reply((replace(words, buttons=((back(turn, ShowNews(action.page)),),)),))
    if sent is None:
        text = turn.translator("This message is no longer available.")
        return Reply.of(text, buttons=((back(turn, ShowNews(action.page)),),))
    return await _whole(turn, sent, topics, action)


async def _whole(turn: Turn, sent: Sent, topics: Sequence[Topic], action: OpenNews) -> Reply:
    _, form_, body = turn.translator, form(turn), sent.body
    day = form_.day(turn.desk.today(_sent_at(sent.broadcast)), turn.desk.today(turn.now))
    about = Italic(f"{day} · {_topics(turn, sent.broadcast, topics)}")
    told: list[Line] = [*marks(body, turn.locale)]
    have = {one.topic for one in await subscribed(turn)}
    missing = [topic for topic in _about(sent.broadcast, topics) if topic not in have]
    rows = body_rows(turn, body)
    if missing:
        rows = (*rows, (Button(_("Get news like this"), ChooseArea(missing[0])),))
    rows = (*rows, (back(turn, ShowNews(action.page)),))
    whole = Message(
        (Html(body.html),),
        replaces=body.media is None and not action.below,
        photo=body.file_id if body.media is Media.PHOTO else None,
        file=body.file_id if body.media is Media.DOCUMENT else None,
    )
    if units(body.html) > (CAPTION_UNITS if whole.captions else TEXT_UNITS) - _MARGIN:
        return Reply((whole, Message(lines(about, *told), rows, replaces=False)))
    text = lines(about, "", Html(body.html), *(["", *told] if told else []))
    return Reply((replace(whole, text=text, buttons=rows),))


def body_rows(turn: Turn, body: Body) -> Rows:
    """The buttons of a message: its links, and its event's card."""
    rows: Rows = tuple((Button(one.label, url=one.url),) for one in body.buttons)
    if body.event_id:
        rows = (*rows, (Button(turn.translator("Details"), OpenEvent(body.event_id)),))
    return rows


def _about(broadcast: Broadcast, topics: Sequence[Topic]) -> list[Topic]:
    return [topic for topic in topics if topic in broadcast.audience.topics]


def _topics(turn: Turn, broadcast: Broadcast, topics: Sequence[Topic]) -> str:
    return form(turn).list(topic_name(topic, turn.translator) for topic in _about(broadcast, topics))


def _sent_at(broadcast: Broadcast) -> datetime:
    return broadcast.launched_at or broadcast.created_at
