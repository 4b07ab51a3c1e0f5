"""What a reader gets of a broadcast: a notice, a digest of several, and what becomes of them.

These are the only messages that nobody in a conversation asks for, so they know no Turn: the same
function makes what is previewed, tested, sent and corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.dialog.actions import OpenEvent, OpenNews, SendCalendar
from bot.dialog.news import notice_rows
from bot.dialog.reply import Bold, Button, Html, Italic, Line, Message, Rows, Span, lines
from bot.domain.broadcast import Body, Broadcast, Media
from bot.domain.locales import Locale, find
from bot.domain.markup import first_line
from bot.domain.news import Topic
from bot.domain.text import State
from bot.translation import Translator, translator
from bot.translation.forms import forms

_TITLE = 120
_LABEL = 40
_PER_DIGEST = 20
"""More than a caption or keyboard can show is never due at once: the daily cap is three."""


def notice(broadcast: Broadcast, body: Body, locale: Locale) -> Message:
    """The one message that a reader of ``locale`` gets; ``body`` may be in another language."""
    _ = translator(locale)
    text: list[Line] = [Html(body.html)]
    marks = remarks(body, locale)
    if marks:
        text += ["", *marks] if body.html else marks
    rows = (*body_rows(body, _), *notice_rows(_, broadcast.id, topic_of(broadcast)))
    return Message(
        lines(*text),
        rows,
        replaces=False,
        photo=body.file_id if body.media is Media.PHOTO else None,
        file=body.file_id if body.media is Media.DOCUMENT else None,
        rtl=locale.rtl,
    )


def digest(notices: Sequence[tuple[Broadcast, Body]], locale: Locale, day: date) -> Message:
    """Several notices as one message: their first lines, and a button for each that shows it whole."""
    _ = translator(locale)
    heading = _("News of {date}", date=forms(locale).day(day, day))
    text: list[Line] = [Bold(heading), ""]
    rows: list[tuple[Button, ...]] = []
    for number, (broadcast, body) in enumerate(notices[:_PER_DIGEST], 1):
        title = first_line(body.html, _TITLE)
        text.append(f"{number}. {title}")
        rows.append((Button(f"{number}. {first_line(body.html, _LABEL)}", OpenNews(broadcast.id)),))
    return Message(lines(*text), (*rows, *notice_rows(_, 0, None)), replaces=False, rtl=locale.rtl)


def withdrawn(locale: Locale) -> Message:
    """What stands in place of a message that is too old to be deleted."""
    _ = translator(locale)
    return Message((Italic(_("This message was withdrawn.")),), replaces=False, rtl=locale.rtl)


def remarks(body: Body, locale: Locale) -> list[Span]:
    """What a reader of ``locale`` should know about a text: another language, made by machine."""
    _ = translator(locale)
    found: list[Span] = []
    told = find(body.locale)
    # Who reads German reads plain German too.
    if body.locale != locale.code and not (told is not None and told.babel == locale.babel):
        names = forms(locale).languages([body.locale])
        found.append(Italic(_("This text is only available in: {languages}.", languages=names)))
    if body.state is State.MACHINE:
        found.append(Italic(_("Automatically translated.")))
    if body.state is State.OUTDATED:
        found.append(Italic(_("The original has changed since this was translated.")))
    return found


def body_rows(body: Body, _: Translator) -> Rows:
    """The buttons of a text: its links, and its event's card."""
    rows: Rows = tuple((Button(one.label, url=one.url),) for one in body.buttons)
    if body.event_id:
        card = Button(_("Details"), OpenEvent(body.event_id))
        rows = (*rows, (card, Button(_("Calendar file"), SendCalendar(body.event_id))))
    return rows


def topic_of(broadcast: Broadcast) -> Topic | None:
    """What a broadcast's stop button stops: its topic, where it has just one."""
    topics = broadcast.audience.topics
    return next(iter(topics)) if len(topics) == 1 else None
