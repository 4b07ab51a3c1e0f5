"""What readers of a broadcast get: the message itself, and the digest of several."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.dialog.actions import OpenEvent, SaveEvent, SendCalendar
from bot.dialog.desk import Desk
from bot.dialog.event_card import date_and_place
from bot.dialog.news import notice_rows
from bot.dialog.news_actions import OpenNews, ShowNews
from bot.dialog.reply import Bold, Button, Html, Italic, Line, Message, Rows, Text, lines
from bot.dialog.showing import button_rows, deep_link, remarks, shorten
from bot.domain.broadcast import Body, Broadcast, Media
from bot.domain.directory import Kind
from bot.domain.locales import Locale, find
from bot.domain.markup import first_line, is_blank
from bot.domain.news import Topic
from bot.domain.text import State
from bot.translation import Translator, forms, translator

MOST_LISTED = 25
"""Messages that one digest names; more stand in ``/news``."""
_TITLE = 90
_FRESH = timedelta(minutes=1)


class EventCards:
    """The dates and places below announcements, each made once for all readers of a language.

    They are made anew when the content has changed; and after a minute, because a date may have been called
    off without that.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._made: dict[tuple[object, ...], Text] = {}
        self._state: tuple[int, datetime] | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, broadcast: Broadcast, body: Body, locale: Locale) -> Text:
        """That of one message; see :func:`bot.dialog.event_card.date_and_place`."""
        if not body.event_id:
            return ()
        version, now = (await self._desk.shelf.holdings()).version, self._desk.clock()
        if self._state is None or self._state[0] != version or abs(now - self._state[1]) >= _FRESH:
            self._state, self._made = (version, now), {}
        made, key = self._made, (broadcast.id, body.event_id, locale.code)
        if key not in made:
            async with self._lock:  # working it out takes a while: once, not for all who are sent to now
                if key not in made:
                    made[key] = await date_and_place(self._desk, broadcast, body, locale)
        return made[key]


def notice(broadcast: Broadcast, body: Body, locale: Locale, *, card: Text = (), public: str = "") -> Message:
    """One broadcast as a reader of ``locale`` gets it, who reads the language of ``body`` if need be.

    The text as it was written, the date and place of its event (``card``, see
    :func:`bot.dialog.event_card.date_and_place`), what must be said about it, its own buttons, those of its
    event, and the button that stops such news. Where a body passed :func:`bot.services.office.faults`, the
    whole fits into one message. ``rtl`` follows the language of the text.

    ``public`` is the bot's name in a group or channel: there a button that would answer with another
    message leads to the private chat instead.
    """
    _ = translator(locale)
    written = find(body.locale)
    blank = is_blank(body.html)
    said = marks(body, locale)
    text: list[Line | None] = [] if blank else [Html(body.html)]
    if card:
        text += [*([] if blank else [""]), card]
    if said:
        text += [*([] if blank and not card else [""]), *said]
    rows: Rows = tuple((Button(one.label, url=one.url),) for one in body.buttons)
    if body.event_id:
        rows = (*rows, *_event_rows(_, body.event_id, broadcast, public))
    return Message(
        lines(*text),
        (*rows, *notice_rows(_, broadcast.id, button_topic(broadcast))),
        replaces=False,
        photo=body.file_id if body.media is Media.PHOTO else None,
        file=body.file_id if body.media is Media.DOCUMENT else None,
        rtl=written.rtl if written is not None else locale.rtl,
    )


def _event_rows(_: Translator, event_id: str, broadcast: Broadcast, public: str) -> Rows:
    """They mean the date below the text, before it went out the next; or the one that is called off."""
    off = broadcast.audience.date
    at = off or broadcast.options.card_at
    if public:
        return ((Button(_("Details"), url=deep_link(public, f"{Kind.EVENT}-{event_id}")),),)
    details = Button(_("Details"), OpenEvent(event_id, at, "news"))
    if off:
        return ((details,),)
    save = Button(_("Save and remind me"), SaveEvent(event_id, at, "news"))
    return ((save,), *button_rows((details, Button(_("Calendar file"), SendCalendar(event_id, at)))))


def button_topic(broadcast: Broadcast) -> Topic | None:
    """What the button below a notice offers to stop; None where it went to people for another reason."""
    return next((topic for topic in Topic if topic in broadcast.audience.topics), None)


def marks(body: Body, locale: Locale) -> list[Italic]:
    """What a reader should know about a text: another language, a translation by machine, an older state."""
    foreign = body.locale != locale.code and not (body.locale == "de" and locale.babel == "de")
    return remarks(
        locale,
        {body.locale} if foreign else (),
        machine=body.state is State.MACHINE,
        outdated=body.state is State.OUTDATED,
    )


def digest(
    items: Sequence[tuple[Broadcast, Body]],
    locale: Locale,
    today: date,
    *,
    public: str = "",
) -> Message:
    """What was collected for a reader, as one message: the first line of each, and a button to read it.

    ``public`` as for :func:`notice`; ``today`` is the day in the towns. ValueError when there is nothing: an
    empty digest is not sent.
    """
    if not items:
        raise ValueError("nothing to tell")
    _, form = translator(locale), forms(locale)
    text: list[Line | None] = [Bold(_("News of {date}", date=form.month(today))), ""]
    rows: list[tuple[Button, ...]] = []
    for number, (broadcast, body) in enumerate(items[:MOST_LISTED], 1):
        title = first_line(body.html, _TITLE) or broadcast.name or _("News")
        text.append(f"{number}. {title}")
        label = shorten(f"{number}. {title}")
        link = deep_link(public, f"news-{broadcast.id}") if public else None
        rows.append((Button(label, None if link else OpenNews(broadcast.id, below=1), url=link),))
    if len(items) > MOST_LISTED:
        text += ["", _("There is more in /news.")]
        link = deep_link(public, "news") if public else None
        rows.append((Button(_("News"), None if link else ShowNews(), url=link),))
    return Message(
        lines(*text),
        (*rows, *notice_rows(_, items[-1][0].id, None)),
        replaces=False,
        rtl=locale.rtl,
    )


def withdrawn(locale: Locale) -> Message:
    """What stands in place of a message that was taken back when Telegram did not delete it any more."""
    _ = translator(locale)
    text = _("This message was withdrawn. Please do not rely on it any more.")
    return Message((Italic(text),), replaces=False, rtl=locale.rtl)
