"""The control side of the stand-in: people act, tests wait for answers, faults are ordered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from . import acting
from .acting import Press
from .checks import BY_LOWER, read
from .faults import Dropped, Fault, Faults
from .methods import Methods
from .profile import Profile
from .updates import Updates
from .watching import Watching, Where
from .world import ApiError, Chat, Json, Message, Person, World

LOCAL_TOKEN = "7000000001:AAHsandbox-token-for-local-use-only_00"  # noqa: S105 - opens nothing


@dataclass(frozen=True)
class Call:
    """One recorded call of the bot; `error` is empty when it succeeded, `at` seconds since the epoch."""

    method: str
    params: Json
    at: float
    chat_id: int | None
    error: str


class Sandbox(Watching):
    """A Telegram of one's own; the manual stands in the package's docstring.

    `stored` serves the page's panel about the data the bot keeps of a chat. `keep_calls` bounds the
    recorded calls, `history` the messages per chat; `counts` is never bounded.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = LOCAL_TOKEN,
        bot_name: str = "Lotse",
        bot_username: str = "lotse_bot",
        stored: Callable[[int], Awaitable[Json]] | None = None,
        seed: int = 0,
        latency: float = 0.0,
        keep_calls: int = 10_000,
        history: int = 1000,
        privacy_mode: bool = False,
        inline_feedback: bool = True,
        callback_lifetime: float = 60.0,
        webhook_first_pause: float = 2.0,
        webhook_longest_pause: float = 60.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.host = host
        self.port = port
        self.token = token
        self.stored = stored
        self.latency = latency
        self.inline_feedback = inline_feedback
        self.privacy_mode = privacy_mode
        super().__init__(
            World(int(token.partition(":")[0]), bot_name, bot_username, history=history, now=now)
        )
        self.updates = Updates(first_pause=webhook_first_pause, longest_pause=webhook_longest_pause)
        self.profile = Profile(bot_name)
        self.methods = Methods(
            self.world,
            self.updates,
            self.profile,
            self.changed,
            callback_lifetime=callback_lifetime,
            privacy_mode=privacy_mode,
        )
        self.updates.replied = self._webhook_reply
        self.faults = Faults(seed)
        self.calls: deque[Call] = deque(maxlen=keep_calls)
        self.counts: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.unknown_methods: list[str] = []
        self.unknown_parameters: list[tuple[str, str]] = []
        self._server: Any = None

    # -- life -------------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """The address of the server; the bot appends `/bot<token>` itself."""
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listens on `host:port` (0: any free port) in the running loop, without signal handlers."""
        from .server import Server

        self._server = Server(self)
        self.port = await self._server.start(self.host, self.port)

    async def stop(self) -> None:
        """Ends polls, deliveries and page streams, then the server."""
        await self.updates.close()
        self.changed("close", {})
        if self._server is not None:
            await self._server.stop()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- calls of the bot -------------------------------------------------------------------

    async def api_call(self, name: str, given: Json) -> tuple[Any, bool]:
        """Runs one call as it came over HTTP; returns the result and whether the answer gets lost.

        Raises `ApiError`, `faults.Gateway` or `faults.Dropped`.
        """
        method = BY_LOWER.get(name.lower())
        if method is None:
            self.unknown_methods.append(name)
            del self.unknown_methods[:-1000]
            raise ApiError(404, "Not Found")
        self.counts[method] += 1
        chat_id = _number(given.get("chat_id"))
        strike, trouble = self.faults.strike(method, chat_id)
        error = ""
        try:
            pause = strike.before + (self.latency if method != "getUpdates" else 0.0)
            if pause > 0:
                await asyncio.sleep(pause)
            if trouble is not None:
                raise trouble
            params, unknown = read(method, given)
            if unknown:
                self.unknown_parameters.extend((method, parameter) for parameter in unknown)
                del self.unknown_parameters[:-1000]
            result = await self.methods.call(method, params)
            if strike.after > 0:
                await asyncio.sleep(strike.after)
            error = "response lost" if strike.lost else ""
        except ApiError as refused:
            error = refused.description
            self.errors[refused.description] += 1
            raise
        except Dropped:
            error = "connection reset"
            raise
        else:
            return result, strike.lost
        finally:
            self.calls.append(Call(method, given, self.world.now(), chat_id, error))

    async def _webhook_reply(self, call: Json) -> None:
        given = dict(call)
        name = str(given.pop("method"))
        try:
            await self.api_call(name, given)
        except (ApiError, Dropped):
            return

    def fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        chat: Where | None = None,
        times: int | None = 1,
        share: float = 1.0,
        retry_after: float = 1,
        status: int = 502,
        seconds: float = 0.0,
    ) -> Fault:
        """Orders trouble (see `faults`) for the next `times` calls (None: always), by the chance `share`."""
        where = None if chat is None else chat if isinstance(chat, int) else chat.id
        return self.faults.add(Fault(kind, method, where, times, share, retry_after, status, seconds))

    # -- people and groups ------------------------------------------------------------------

    def person(
        self,
        first_name: str,
        language_code: str | None = "de",
        *,
        username: str | None = None,
        last_name: str | None = None,
        phone: str = "",
        started: bool = False,
    ) -> Person:
        """A new person. Before the first message the bot cannot write to them, unless `started`."""
        person = self.world.add_person(first_name, language_code, username, last_name, phone, started)
        self.changed("people", {})
        return person

    def group(self, title: str, members: Iterable[Person], *, supergroup: bool = False) -> Chat:
        """A new group; its first member is the owner. The bot joins by `add_bot_to_group`."""
        chat = self.world.add_group(title, [member.id for member in members], supergroup=supergroup)
        self.changed("people", {})
        return chat

    # -- what people do (all return what Telegram shows at once) ------------------------------

    async def send_text(
        self, chat: Where, person: Person, text: str, *, reply_to: Message | int | None = None
    ) -> Message:
        """Writes a text; commands, links and mentions in it get their entities."""
        return acting.post(self, self.chat_of(chat), person, acting.text_content(text), reply_to=reply_to)

    async def send_location(
        self,
        chat: Where,
        person: Person,
        latitude: float,
        longitude: float,
        *,
        reply_to: Message | int | None = None,
    ) -> Message:
        """Shares a place once."""
        content = {"location": {"latitude": latitude, "longitude": longitude}}
        return acting.post(self, self.chat_of(chat), person, content, reply_to=reply_to)

    async def send_photo(
        self, chat: Where, person: Person, caption: str = "", *, content: bytes = acting.TINY_PNG
    ) -> Message:
        """Sends a photo (a tiny picture of its own unless `content` is given)."""
        return acting.send_file(
            self, self.chat_of(chat), person, "photo", "photo.png", "image/png", content, caption
        )

    async def send_voice(self, chat: Where, person: Person, *, content: bytes = b"OggS") -> Message:
        """Sends a voice message."""
        return acting.send_file(
            self, self.chat_of(chat), person, "voice", "voice.ogg", "audio/ogg", content, ""
        )

    async def send_document(
        self,
        chat: Where,
        person: Person,
        name: str = "letter.pdf",
        *,
        content: bytes = b"%PDF-1.4",
        mime: str = "application/pdf",
        caption: str = "",
    ) -> Message:
        """Sends a file."""
        return acting.send_file(self, self.chat_of(chat), person, "document", name, mime, content, caption)

    async def send_sticker(self, chat: Where, person: Person, emoji: str = "👋") -> Message:
        """Sends a sticker."""
        return acting.post(self, self.chat_of(chat), person, acting.sticker_content(self.world, emoji))

    async def send_contact(self, chat: Where, person: Person, phone: str, first_name: str) -> Message:
        """Sends somebody's contact card."""
        content = {"contact": {"phone_number": phone, "first_name": first_name}}
        return acting.post(self, self.chat_of(chat), person, content)

    async def send_poll(self, chat: Where, person: Person, question: str, options: Iterable[str]) -> Message:
        """Sends a poll."""
        return acting.post(self, self.chat_of(chat), person, acting.poll_content(question, list(options)))

    async def send_dice(self, chat: Where, person: Person, value: int = 4) -> Message:
        """Rolls a die."""
        return acting.post(self, self.chat_of(chat), person, {"dice": {"emoji": "🎲", "value": value}})

    async def forward(self, chat: Where, person: Person, message: Message) -> Message:
        """Forwards any message into a chat."""
        return acting.forward(self, self.chat_of(chat), person, message)

    async def edit(self, person: Person, message: Message, text: str) -> Message:
        """Edits an own text message; the bot gets `edited_message`."""
        return acting.edit(self, person, message, text)

    async def press(
        self, person: Person, message: Message, button: str, *, location: tuple[float, float] | None = None
    ) -> Press:
        """Presses a button by its caption or its callback data: inline, or of the reply keyboard.

        A `request_location` button of a reply keyboard sends `location`. Raises ValueError when
        there is no such button.
        """
        return acting.press(self, person, message, button, location)

    async def press_data(self, person: Person, message: Message, data: str) -> Press:
        """Presses a button that need not exist (any more): sends `data` as it is."""
        return acting.callback(self, person, message.chat_id, message.message_id, data)

    async def inline_query(
        self,
        person: Person,
        text: str,
        *,
        offset: str = "",
        timeout: float = 5.0,  # noqa: ASYNC109
    ) -> list[Json]:
        """Types `@bot text` and returns the results; TimeoutError when the bot does not answer."""
        query = acting.ask_inline(self, person, text, offset)
        answer = await self.answer_to(query, timeout)
        results: list[Json] = answer["results"]
        return results

    async def choose_inline(self, chat: Where, person: Person, query_text: str, result: Json) -> Message:
        """Sends one of the inline results into a chat."""
        return acting.choose_inline(self, self.chat_of(chat), person, query_text, result)

    async def block(self, person: Person) -> None:
        """Blocks the bot: `my_chat_member` for the bot, 403 for everything it sends."""
        acting.set_blocked(self, person, True)

    async def unblock(self, person: Person) -> None:
        """Takes the bot back."""
        acting.set_blocked(self, person, False)

    async def add_bot_to_group(self, group: Where, person: Person, *, administrator: bool = False) -> None:
        """Adds the bot: `my_chat_member` and the service message."""
        acting.add_bot(self, self.chat_of(group), person, administrator)

    async def remove_bot_from_group(self, group: Where, person: Person) -> None:
        """Throws the bot out of a group."""
        acting.remove_bot(self, self.chat_of(group), person)

    async def migrate(self, group: Where, person: Person) -> Chat:
        """Upgrades a basic group: a new id, both service messages, and `migrate_to_chat_id` for the old."""
        return acting.migrate(self, self.chat_of(group), person)

    async def raw_update(self, update: Json) -> int:
        """Delivers any update as it is (also one with an old `update_id`) and returns its id."""
        return self.updates.add_raw(update)


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
