"""Sends a Reply: renders it, picks the method, and makes the best of whatever goes wrong.

What is repeated follows from one rule. A request that surely was not delivered (no connection, or
Telegram's "wait") is repeated. An *edit* may always be repeated: twice the same is once. An *answer*
whose fate is unknown is not: the Bot API has no key against duplicates, and a person who gets no
answer asks again, while one who gets three of them is lost in the list. Only an emergency's card is
repeated: two of them harm nobody.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from telegram import InputFile
from telegram.error import TelegramError

from bot.dialog.reply import Card, Message, Reply
from bot.domain.outcomes import Outcome, Status
from bot.telegram.rendering import HTML, Markup, Piece, keyboard, parameters, plain, render
from bot.telegram.transport import TelegramApi, classify

_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts while there is no connection; after the last the caller decides."""

_TOAST_LIMIT = 200
_EDIT_ATTEMPTS = 3
_CACHED = 60
"""Seconds for which Telegram may keep the cards of an inline query."""
_TITLE_LIMIT = 128
_ID_LIMIT = 64
_NOT_MODIFIED = "message is not modified"
_GONE = re.compile(
    r"message to edit not found|message can't be edited|no text in the message|message_id_invalid"
    r"|message identifier is not specified",
    re.IGNORECASE,
)
_TOO_LATE = re.compile(r"query is too old|query id is invalid|query_id_invalid", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a Reply.

    ``outcome`` is that of the last thing tried: after a failure the rest is not sent. ``message_ids``
    are the messages that now show the answer. ``chat_id`` differs from the one asked for when the group
    has moved; ``moved`` tells.
    """

    outcome: Outcome
    chat_id: int
    message_ids: tuple[int, ...] = ()
    moved: bool = False

    @property
    def status(self) -> Status:
        """How it ended."""
        return self.outcome.status


class _Refused(Exception):
    """An outcome other than sent."""

    def __init__(self, outcome: Outcome, words: str = "") -> None:
        super().__init__(outcome.status)
        self.outcome = outcome
        self.words = words


class TelegramMessenger:
    """The only one who sends answers.

    ``inline`` says whether the bot has inline mode (``supports_inline_queries`` of getMe). ``patience``
    is how many seconds one request may wait altogether because Telegram says so (429). ``answering`` is
    entered around each message: broadcasts stand back meanwhile.
    """

    def __init__(
        self,
        api: TelegramApi,
        *,
        inline: bool = True,
        patience: float = 60.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        answering: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._answering = answering
        self._api = api
        self._inline = inline
        self._patience = patience
        self._sleep = sleep

    async def send(
        self,
        chat_id: int,
        reply: Reply,
        *,
        rtl: bool,
        private: bool,
        edit_message_id: int | None = None,
        reply_to: int | None = None,
        arrived: int = 0,
    ) -> Sent:
        """Send all messages of a reply in order; the first that replaces takes ``edit_message_id``'s place.

        ``arrived``: so many messages were delivered when this was tried before; they are passed over.
        Never raises for what Telegram or the network do: see ``Sent.outcome``. The toast is not sent
        here but with :meth:`answer_callback`.
        """
        delivery = _Delivery(
            self,
            chat_id,
            rtl=rtl,
            private=private,
            reply_to=reply_to,
            repeatable=reply.urgent,
            arrived=arrived,
        )
        outcome = Outcome(Status.SENT)
        try:
            for message in reply.messages:
                with self._answering():
                    if message.replaces and edit_message_id is not None:
                        await delivery.replace(message, edit_message_id)
                        edit_message_id = None
                    else:
                        await delivery.send(message)
        except _Refused as refused:
            outcome = refused.outcome
        return Sent(outcome, delivery.chat_id, tuple(delivery.message_ids), moved=delivery.chat_id != chat_id)

    async def answer_callback(self, query_id: str, toast: str | None = None, *, rtl: bool = False) -> Outcome:
        """Stop the clock on a pressed button, with a short line over the screen if there is one.

        A button pressed too long ago, or before a restart, cannot be answered any more: that is no error.
        """
        parameters: dict[str, Any] = {"callback_query_id": query_id}
        if toast:
            parameters["text"] = plain(toast, rtl=rtl)[:_TOAST_LIMIT]
        return await self._answer("answerCallbackQuery", parameters)

    async def answer_inline(
        self, query_id: str, cards: Sequence[Card], *, rtl: bool, otherwise: str = ""
    ) -> Outcome:
        """Answer an inline query with at most 50 cards, ``otherwise`` with a button to the private chat.

        The result is kept for this person only, because it is in this person's language, and not for
        long, because that language may be changed.
        """
        results = [found for card in cards[:50] if (found := self._card(card, rtl=rtl)) is not None]
        parameters: dict[str, Any] = {
            "inline_query_id": query_id,
            "results": results,
            "is_personal": True,
            "cache_time": _CACHED,
        }
        if otherwise and not results:
            parameters["button"] = {"text": plain(otherwise, rtl=rtl), "start_parameter": "start"}
        return await self._answer("answerInlineQuery", parameters)

    async def is_admin(self, chat_id: int, person: int) -> bool | None:
        """Whether somebody administers a group or channel; None when Telegram cannot be asked just now.

        Of a group that got another number the new one is asked: the notice of that may wait behind this.
        """
        parameters = {"chat_id": chat_id, "user_id": person}
        try:
            found = await self.request("getChatMember", parameters, repeatable=True)
        except _Refused as refused:
            moved_to = refused.outcome.new_chat_id
            if refused.outcome.status is Status.MIGRATED:
                return False if moved_to in (None, chat_id) else await self.is_admin(moved_to, person)
            definite = refused.outcome.status in (Status.REJECTED, Status.UNREACHABLE)
            return False if definite else None
        return isinstance(found, dict) and found.get("status") in ("creator", "administrator")

    async def decline_payment(self, query_id: str, reason: str) -> Outcome:
        """Refuse a payment that somebody tries to make; Lotse costs nothing and takes nothing."""
        parameters = {"pre_checkout_query_id": query_id, "ok": False, "error_message": reason[:_TOAST_LIMIT]}
        return await self._answer("answerPreCheckoutQuery", parameters)

    # What follows is shared with _Delivery ------------------------------------------------------

    def pieces(self, message: Message, *, rtl: bool, private: bool) -> tuple[Piece, ...]:
        """The message, rendered for this bot."""
        return render(message, rtl=rtl, private=private, inline=self._inline)

    def parameters(self, message: Message, *, rtl: bool, private: bool) -> tuple[str, dict[str, Any]]:
        """What sends a message that is one for Telegram too, without the chat's number."""
        return parameters(message, rtl=rtl, private=private, inline=self._inline)

    def markup(self, message: Message, *, rtl: bool, private: bool) -> Markup | None:
        """The keyboard of a message that has no text."""
        return keyboard(message, rtl=rtl, private=private, inline=self._inline)

    async def request(self, method: str, parameters: dict[str, Any], *, repeatable: bool) -> Any:
        """One request, repeated as far as it is harmless. Raises :class:`_Refused`.

        ``repeatable``: harmless even when the first one was delivered.
        """
        waited = 0.0
        attempts = 0
        while True:
            try:
                return await self._api.call(method, parameters)
            except TelegramError as error:
                outcome = classify(error)
                words = str(error)
            attempts += 1
            pause = _PAUSES[min(attempts, len(_PAUSES)) - 1]
            match outcome.status:
                case Status.RATE_LIMITED if waited + outcome.retry_after <= self._patience:
                    waited += outcome.retry_after
                    attempts -= 1  # Telegram asked for it: it does not count
                    pause = outcome.retry_after
                case Status.NOT_SENT if attempts <= len(_PAUSES):
                    pass
                case Status.UNKNOWN if repeatable and attempts < _EDIT_ATTEMPTS:
                    pass
                case _:
                    raise _Refused(outcome, words)
            await self._sleep(pause)

    async def _answer(self, method: str, parameters: dict[str, Any]) -> Outcome:
        """Answer a query: repeating it is harmless, and coming too late is no error."""
        try:
            await self.request(method, parameters, repeatable=True)
        except _Refused as refused:
            if refused.outcome.status is not Status.REJECTED or not _TOO_LATE.search(refused.words):
                return refused.outcome
        return Outcome(Status.SENT)

    def _card(self, card: Card, *, rtl: bool) -> dict[str, Any] | None:
        pieces = self.pieces(card.message, rtl=rtl, private=False)
        if not pieces:
            return None
        result: dict[str, Any] = {
            "type": "article",
            "id": card.id.encode()[:_ID_LIMIT].decode(errors="ignore"),
            "title": plain(card.title, rtl=rtl)[:_TITLE_LIMIT] or "…",
            "description": plain(card.description, rtl=rtl)[:256],
            "input_message_content": {"message_text": pieces[0].html, **HTML},
        }
        markup = self.markup(card.message, rtl=rtl, private=False)
        if markup is not None and "inline_keyboard" in markup:
            result["reply_markup"] = markup
        return result


class _Delivery:
    """One reply on its way to one chat, whose number may change meanwhile."""

    def __init__(
        self,
        messenger: TelegramMessenger,
        chat_id: int,
        *,
        rtl: bool,
        private: bool,
        reply_to: int | None,
        repeatable: bool,
        arrived: int,
    ) -> None:
        self._messenger = messenger
        self._rtl = rtl
        self._private = private
        self._reply_to = reply_to
        self._repeatable = repeatable
        self._arrived = arrived
        self.chat_id = chat_id
        self.message_ids: list[int] = []

    async def replace(self, message: Message, message_id: int) -> None:
        """Change an older message into this one, or send it where that cannot be."""
        if message.venue is None and not message.captions:
            pieces = self._messenger.pieces(message, rtl=self._rtl, private=self._private)
            if len(pieces) == 1 and pieces[0].editable and await self._edit(pieces[0], message_id):
                return
        await self.send(message)

    async def send(self, message: Message) -> None:
        """Send a message as new."""
        if message.venue is not None:
            await self._one(message)
        elif message.captions:
            await self._file(message)
        else:
            await self._text(message)

    async def _one(self, message: Message) -> None:
        method, parameters = self._messenger.parameters(message, rtl=self._rtl, private=self._private)
        await self._send(method, message, **parameters)

    async def _text(self, message: Message) -> None:
        for piece in self._messenger.pieces(message, rtl=self._rtl, private=self._private):
            await self._send("sendMessage", message, text=piece.html, reply_markup=piece.markup, **HTML)

    async def _file(self, message: Message) -> None:
        """A file with its caption; a text too long for a caption goes before it, as messages."""
        pieces = self._messenger.pieces(message, rtl=self._rtl, private=self._private)
        if message.document is None:
            if len(pieces) > 1:
                await self._text(replace(message, photo=None, file=None, buttons=()))
                message = replace(message, text=())
            await self._one(message)
            return
        caption: dict[str, Any] = {
            "reply_markup": self._messenger.markup(message, rtl=self._rtl, private=self._private)
        }
        if len(pieces) == 1:
            caption = {"caption": pieces[0].html, "parse_mode": "HTML", "reply_markup": pieces[0].markup}
        else:
            for piece in pieces:
                await self._send("sendMessage", message, text=piece.html, **HTML)
        file = InputFile(message.document.content, filename=message.document.name)
        await self._send("sendDocument", message, document=file, **caption)

    async def _edit(self, piece: Piece, message_id: int) -> bool:
        """Whether the older message now shows the piece."""
        if self._passed_over():
            return True
        parameters = {"message_id": message_id, "text": piece.html, "reply_markup": piece.markup, **HTML}
        try:
            await self._request("editMessageText", parameters, repeatable=True)
        except _Refused as refused:
            if refused.outcome.status is not Status.REJECTED:
                raise
            if _GONE.search(refused.words):
                return False
            if _NOT_MODIFIED not in refused.words.lower():
                raise
        self.message_ids.append(message_id)
        return True

    def _passed_over(self) -> bool:
        """Whether the message to be sent next has arrived before."""
        self._arrived -= 1
        return self._arrived >= 0

    async def _send(self, method: str, message: Message, **parameters: Any) -> None:
        if self._passed_over():
            self._reply_to = None
            return
        if message.silent:
            parameters["disable_notification"] = True
        if self._reply_to is not None:
            parameters["reply_parameters"] = {
                "message_id": self._reply_to,
                "allow_sending_without_reply": True,
            }
        result = await self._request(method, parameters, repeatable=self._repeatable)
        self._reply_to = None  # only the first message hangs on the question
        if isinstance(result, dict) and isinstance(result.get("message_id"), int):
            self.message_ids.append(result["message_id"])

    async def _request(self, method: str, parameters: dict[str, Any], *, repeatable: bool) -> Any:
        try:
            return await self._messenger.request(
                method, {"chat_id": self.chat_id, **parameters}, repeatable=repeatable
            )
        except _Refused as refused:
            if refused.outcome.status is not Status.MIGRATED or refused.outcome.new_chat_id is None:
                raise
            self.chat_id = refused.outcome.new_chat_id
        return await self._messenger.request(
            method, {"chat_id": self.chat_id, **parameters}, repeatable=repeatable
        )
