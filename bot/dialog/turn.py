"""One thing a person did, with everything an endpoint needs to answer it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.dialog.callback import Action
from bot.dialog.reply import Reply
from bot.domain.locales import Locale
from bot.domain.recipients import Recipient
from bot.translation import Translator

if TYPE_CHECKING:
    from bot.dialog.desk import Desk


class ChatType(StrEnum):
    """Where it was said."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Location:
    """A shared location; used once and dropped."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One update, freed of Telegram and of everything personal.

    ``text`` is what was written (a caption too), ``arguments`` what followed a command,
    ``action`` the button pressed, ``attachment`` what else came: ``voice``, ``photo``, ``document``,
    ``sticker``, ``contact``, ``video``, ``poll``, ``dice``, ``payment``, ``other``; ``forwarded``: it
    is somebody else's text. ``hint`` is the language of the person's app. ``replied``: the number of
    the bot's own message that it answers. ``administers`` asks Telegram whether who did this is an
    administrator of the group or channel. ``message_id`` is the message that was said or pressed.
    ``update_id`` tells whether it is offered again, because its answer may not have got out.

    Only staff's private chats have ``entities`` (the text's formatting, for
    :func:`bot.domain.markup.from_entities`), ``file`` (``photo`` or ``document``, and its file id) and
    ``written`` (when, in seconds since 1970); ``album`` marks pictures that were sent together.
    """

    chat_id: int
    chat_type: ChatType
    locale: Locale
    translator: Translator
    now: datetime
    desk: Desk
    recipient: Recipient | None = None
    hint: str | None = None
    text: str = ""
    arguments: str = ""
    action: Action | None = None
    location: Location | None = None
    attachment: str | None = None
    forwarded: bool = False
    replied: int | None = None
    administers: Callable[[], Awaitable[bool]] | None = None
    message_id: int | None = None
    update_id: int = 0
    album: str | None = None
    entities: tuple[Mapping[str, Any], ...] = ()
    file: tuple[str, str] | None = None
    written: int | None = None

    @property
    def private(self) -> bool:
        """Whether nobody else reads along in this chat."""
        return self.chat_type is ChatType.PRIVATE

    async def decides(self) -> bool:
        """Whether this person may choose for the chat: for one's own always, else administrators."""
        return self.private or (self.administers is not None and await self.administers())


Endpoint = Callable[[Turn], Awaitable[Reply]]
