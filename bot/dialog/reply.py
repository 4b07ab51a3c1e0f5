"""What an endpoint answers: messages made of text spans and buttons, without any markup.

Rendering (escaping, splitting, isolating left-to-right runs) happens once, in
``bot.telegram.rendering``; an endpoint can therefore not produce broken or unsafe HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialog.callback import Action
from bot.domain.markup import visible_text


@dataclass(frozen=True, slots=True)
class Bold:
    """Bold text."""

    text: str


@dataclass(frozen=True, slots=True)
class Italic:
    """Italic text, for marks such as "automatically translated"."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Monospaced text, which a tap copies."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quotation; ``expandable`` folds a long one."""

    text: str
    expandable: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A named web address (http or https)."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Html:
    """Text with its own looks: a broadcast's body. Already checked: from :mod:`bot.domain.markup` alone.

    A message that holds one is never split: too long a one is a ValueError when it is rendered.
    """

    html: str

    @property
    def text(self) -> str:
        """What a reader sees of it."""
        return visible_text(self.html)


Span = str | Bold | Italic | Code | Quote | Link | Html
Text = tuple[Span, ...]
Line = Span | Text
"""One line of a message: a span, or several side by side."""


def lines(*items: Line | None) -> Text:
    """Spans joined by line breaks; None is left out, an empty string makes an empty line."""
    result: list[Span] = []
    first = True
    for item in items:
        if item is None:
            continue
        if not first:
            result.append("\n")
        first = False
        if isinstance(item, str | Bold | Italic | Code | Quote | Link | Html):
            result.append(item)
        else:
            result.extend(item)
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: exactly one of action, url, copy or inline is set.

    ``copy`` copies a telephone number (Telegram refuses ``tel:`` links); ``inline`` opens the
    bot's inline mode in another chat with this query.
    """

    label: str
    action: Action | None = None
    url: str | None = None
    copy: str | None = None
    inline: str | None = None


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Venue:
    """A map pin."""

    latitude: float
    longitude: float
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Document:
    """A small file made on the spot."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LocationRequest:
    """A reply keyboard with one button that shares the location, and one that does not."""

    label: str
    cancel: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Its body is a text, a venue, or a file with the text as its caption: a ``document``
    made on the spot, or a ``photo`` or ``file`` that Telegram already has, by its file id.

    ``replaces``: edit the message whose button was pressed instead of sending a new one.
    """

    text: Text = ()
    buttons: Rows = ()
    replaces: bool = True
    venue: Venue | None = None
    document: Document | None = None
    photo: str | None = None
    file: str | None = None
    ask_location: LocationRequest | None = None
    remove_keyboard: bool = False
    silent: bool = False
    rtl: bool | None = None
    """Set where the message is not in the turn's language, but in one of this direction."""

    @property
    def captions(self) -> bool:
        """Whether the text stands under a file, where Telegram allows less of it."""
        return not (self.document is None and self.photo is None and self.file is None)


@dataclass(frozen=True, slots=True)
class Reply:
    """All that is sent for one turn. An empty reply is silence (groups)."""

    messages: tuple[Message, ...] = ()
    toast: str | None = None
    """A short line over the screen, for a pressed button (≤ 200 characters)."""
    urgent: bool = False
    """An emergency: rather sent twice than not at all, and nothing stands before it."""

    @classmethod
    def of(cls, *text: Span, buttons: Rows = (), replaces: bool = True) -> Reply:
        """One message."""
        return cls((Message(text=text, buttons=buttons, replaces=replaces),))


SILENCE = Reply()


@dataclass(frozen=True, slots=True)
class Card:
    """One result of an inline query: what is listed, and the message that choosing it sends."""

    id: str
    title: str
    description: str
    message: Message
