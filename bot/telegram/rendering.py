"""From a Message to what Telegram takes: escaped HTML in pieces of bounded length, and keyboards.

Everything an endpoint says passes through here exactly once, so no text can break the markup. Spans
are split as plain text and tagged afterwards; a tag can therefore never be cut in two.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from bot.dialog.reply import (
    Bold,
    Button,
    Code,
    Html,
    Italic,
    Link,
    LocationRequest,
    Message,
    Quote,
    Rows,
    Span,
    Text,
)
from bot.domain import markup as bodies
from bot.domain.markup import is_web_address
from bot.domain.markup import text_units as units
from bot.domain.text import clean_shown
from bot.translation.bidi import FSI, PDI, isolate

LIMIT = bodies.TEXT_UNITS
"""UTF-16 units of one message, where it may be split."""

CAPTION_LIMIT = bodies.CAPTION_UNITS
"""UTF-16 units under a file."""

_TELEGRAM_LIMIT, _TELEGRAM_CAPTION_LIMIT = 4_096, 1_024
"""Bot API, sendMessage and sendPhoto. What must not be split may use the margin, for the marks we add."""

HTML: dict[str, Any] = {"parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
"""How every text is sent."""

LABEL_LIMIT = 64
"""Characters of a button; a phone shows fewer."""

_COPY_LIMIT = 256
_PER_ROW, _PER_KEYBOARD = 8, 100
_GLUE = "\u00a0\u2007\u202f"
_BLANK = re.compile(r"[\s\u200b\u2060\ufeff\u2066-\u2069]*")

Markup = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """One Telegram message: HTML, and the ``reply_markup`` below it."""

    html: str
    markup: Markup | None = None

    @property
    def editable(self) -> bool:
        """Whether an older message may be changed into this: one with another kind of keyboard may not."""
        return self.markup is None or "inline_keyboard" in self.markup


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of text with one look. ``open`` and ``close`` are its tags."""

    text: str
    open: str = ""
    close: str = ""


def render(message: Message, *, rtl: bool, private: bool = True, inline: bool = True) -> tuple[Piece, ...]:
    """The pieces of a message's text, the keyboard under the last one; () when there is no text.

    A message with an :class:`Html` span is one piece, or a ValueError when Telegram would refuse its
    length. ``private``: only there may a keyboard ask for a location. ``inline``: whether the bot has inline
    mode; without it Telegram refuses a message with such a button, so they are left out. Inline buttons
    win over ``remove_keyboard``: Telegram takes one of the two.
    """
    rtl = rtl if message.rtl is None else message.rtl
    if any(isinstance(span, Html) for span in message.text):
        return _whole(message, keyboard(message, rtl=rtl, private=private, inline=inline), rtl=rtl)
    limit = CAPTION_LIMIT if message.captions else LIMIT
    runs = list(_runs(message.text, rtl=rtl))
    text = "".join(run.text for run in runs)
    markup = keyboard(message, rtl=rtl, private=private, inline=inline)
    pieces: list[Piece] = []
    for start, end in _cuts(text, limit):
        before, after = FSI * _depth(text, start), PDI * _depth(text, end)
        pieces.append(Piece(f"{before}{_html(runs, start, end)}{after}"))
    if pieces:
        pieces[-1] = Piece(pieces[-1].html, markup)
    return tuple(pieces)


def parameters(
    message: Message, *, rtl: bool, private: bool = True, inline: bool = True
) -> tuple[str, dict[str, Any]]:
    """The method, and its parameters without ``chat_id``, that send a message which is one for Telegram too.

    ValueError when it is none (empty, or too long for one), and for a document that must be uploaded.
    """
    found: dict[str, Any]
    if message.document is not None:
        raise ValueError("a file made on the spot has to be uploaded")
    if message.venue is not None:
        venue = message.venue
        method = "sendVenue"
        found = {
            "latitude": venue.latitude,
            "longitude": venue.longitude,
            "title": plain(venue.title, rtl=rtl) or "…",
            "address": plain(venue.address, rtl=rtl) or "…",
        }
    else:
        pieces = render(message, rtl=rtl, private=private, inline=inline)
        if len(pieces) > 1 or (not pieces and not message.captions):
            raise ValueError("not one message")
        if message.captions:
            method = "sendDocument" if message.photo is None else "sendPhoto"
            found = {"document": message.file} if message.photo is None else {"photo": message.photo}
            if pieces:
                found |= {"caption": pieces[0].html, "parse_mode": "HTML"}
        else:
            method, found = "sendMessage", {"text": pieces[0].html, **HTML}
    under = keyboard(message, rtl=rtl, private=private, inline=inline)
    if under is not None:
        found["reply_markup"] = under
    if message.silent:
        found["disable_notification"] = True
    return method, found


def changes(message: Message, *, rtl: bool) -> tuple[str, dict[str, Any]]:
    """The method, and its parameters without ``chat_id`` and ``message_id``, that make an older message
    of the same kind (text, or caption of the same file) say this. ValueError as for :func:`parameters`.
    """
    sending, found = parameters(message, rtl=rtl)
    if sending == "sendVenue" or not {"inline_keyboard"}.issuperset(found.get("reply_markup", ())):
        raise ValueError("this cannot replace an older message")
    method = "editMessageText" if sending == "sendMessage" else "editMessageCaption"
    return method, {
        key: value for key, value in found.items() if key not in ("photo", "document", "disable_notification")
    }


def _whole(message: Message, markup: Markup | None, *, rtl: bool) -> tuple[Piece, ...]:
    """A text that is never split."""
    rtl = rtl if message.rtl is None else message.rtl
    html = "".join(_span(span, rtl=rtl) for span in message.text)
    if bodies.is_blank(html):
        return ()
    if bodies.units(html) > (_TELEGRAM_CAPTION_LIMIT if message.captions else _TELEGRAM_LIMIT):
        raise ValueError("a text that must not be split is too long")
    return (Piece(html, markup),)


def _span(span: Span, *, rtl: bool) -> str:
    if isinstance(span, Html):
        # Parsed in either case: what is not in the subset must not go out.
        return bodies.isolated(span.html, isolate if rtl else str)
    return _html(_runs((span,), rtl=rtl))


def keyboard(message: Message, *, rtl: bool, private: bool = True, inline: bool = True) -> Markup | None:
    """The ``reply_markup`` of a message."""
    if message.ask_location is not None and private:
        return _location_keyboard(message.ask_location, rtl=rtl)
    rtl = rtl if message.rtl is None else message.rtl
    rows = _inline_rows(message.buttons, rtl=rtl, inline=inline)
    if rows:
        return {"inline_keyboard": rows}
    return {"remove_keyboard": True} if message.remove_keyboard else None


def plain(text: str, *, rtl: bool) -> str:
    """A text for a place without markup, with nothing in it that Telegram or a reader stumbles over."""
    text = clean_shown(text)
    return isolate(text) if rtl else text


def _runs(text: Text, *, rtl: bool) -> Iterator[_Run]:
    for span in text:
        if isinstance(span, str):
            yield _Run(plain(span, rtl=rtl))
            continue
        words = clean_shown(span.text) if isinstance(span, Code) else plain(span.text, rtl=rtl)
        if not words:
            continue
        match span:
            case Bold():
                yield _Run(words, "<b>", "</b>")
            case Italic():
                yield _Run(words, "<i>", "</i>")
            case Code():
                # The marks stand outside: what a tap copies must be the bare number.
                yield from (
                    (_Run(FSI), _Run(words, "<code>", "</code>"), _Run(PDI))
                    if rtl
                    else (_Run(words, "<code>", "</code>"),)
                )
            case Quote():
                start = "<blockquote expandable>" if span.expandable else "<blockquote>"
                yield _Run(words, start, "</blockquote>")
            case Link():
                if is_web_address(span.url):
                    yield _Run(words, f'<a href="{escape(span.url)}">', "</a>")
                else:
                    yield _Run(words)


def _html(runs: Iterable[_Run], start: int = 0, end: int = sys.maxsize) -> str:
    """The HTML of characters ``start`` to ``end``: a tag that is cut is closed, and opened again."""
    parts: list[str] = []
    position = 0
    for run in runs:
        part = run.text[max(0, start - position) : max(0, end - position)]
        if part:
            parts.append(f"{run.open}{escape(part, quote=False)}{run.close}")
        position += len(run.text)
    return "".join(parts)


def _cuts(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Where the pieces of a text begin and end, without the white space between them."""
    if units(text) <= limit:
        if not _BLANK.fullmatch(text):
            yield 0, len(text)
        return
    start = 0
    while start < len(text):
        # Two units are kept back: a cut may have to close an isolate, and open it again.
        stop = _fit(text, start, limit - 2)
        if stop < len(text):
            stop = _break(text, start, stop)
        if not _BLANK.fullmatch(text, start, stop):
            yield start, stop
        start = stop
        while start < len(text) and text[start].isspace():
            start += 1


def _fit(text: str, start: int, limit: int) -> int:
    """The furthest end of a piece that begins at ``start``."""
    stop = min(len(text), start + limit)
    while (over := units(text[start:stop]) - limit) > 0:
        stop -= max(1, over // 2)
    return stop


def _break(text: str, start: int, stop: int) -> int:
    """The best place to cut at or before ``stop``: paragraph, line, word, and at worst anywhere."""
    early = start + (stop - start) // 3
    for gap in ("\n\n", "\n"):
        found = text.rfind(gap, early, stop + len(gap))
        if found > early:
            return found
    depth = _depth(text, stop)
    inside = 0
    for position in range(stop, early, -1):
        if text[position].isspace() and text[position] not in _GLUE:
            if not depth:
                return position
            inside = inside or position
        depth += {FSI: -1, PDI: 1}.get(text[position - 1], 0)
    if inside:
        return inside
    return next((at for at in range(stop, max(early, stop - 64), -1) if not _joined(text, at)), stop)


def _joined(text: str, position: int) -> bool:
    """Whether the characters before and at a position make one sign: an accent, a composed emoji."""
    before, after = text[position - 1], text[position]
    return (
        unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or "\u200d" in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )


def _depth(text: str, position: int) -> int:
    return text.count(FSI, 0, position) - text.count(PDI, 0, position)


# Keyboards ----------------------------------------------------------------------------------------


def _location_keyboard(asked: LocationRequest, *, rtl: bool) -> Markup:
    return {
        "keyboard": [
            [{"text": _label(asked.label, rtl=rtl), "request_location": True}],
            [{"text": _label(asked.cancel, rtl=rtl)}],
        ],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }


def _inline_rows(rows: Rows, *, rtl: bool, inline: bool) -> list[list[Markup]]:
    result: list[list[Markup]] = []
    room = _PER_KEYBOARD
    for row in rows:
        made = [one for button in row if (one := _button(button, rtl=rtl, inline=inline)) is not None][:room]
        room -= len(made)
        result.extend(made[at : at + _PER_ROW] for at in range(0, len(made), _PER_ROW))
    return result


def _button(button: Button, *, rtl: bool, inline: bool) -> Markup | None:
    """The button as Telegram wants it, or None for one that would have the whole message refused."""
    label = {"text": _label(button.label, rtl=rtl)}
    if button.action is not None:
        return {**label, "callback_data": button.action.pack()}
    if button.url is not None:
        return {**label, "url": button.url} if is_web_address(button.url) else None
    if button.copy is not None:
        words = clean_shown(button.copy)
        return {**label, "copy_text": {"text": words}} if 0 < units(words) <= _COPY_LIMIT else None
    if button.inline is not None and inline:
        return {**label, "switch_inline_query": clean_shown(button.inline)[:_COPY_LIMIT]}
    return None


def _label(text: str, *, rtl: bool) -> str:
    words = " ".join(clean_shown(text).split())
    if len(words) > LABEL_LIMIT:
        words = f"{words[: LABEL_LIMIT - 1].rstrip()}…"
    return (isolate(words) if rtl else words) or "…"
