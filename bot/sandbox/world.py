"""What exists in the stand-in: people, chats, messages and files, all in memory.

The world knows no HTTP and no rules of the Bot API; it stores what happened and hands out the
dictionaries that Telegram would put on the wire. Chat ids follow Telegram's ranges: people are
positive, basic groups negative, supergroups start with -100.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """An answer with `ok: false`; `description` is Telegram's own text, `parameters` its extra hints."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters


def bad_request(text: str) -> ApiError:
    """A 400 with the prefix that Telegram puts before every such text."""
    return ApiError(400, f"Bad Request: {text}")


@dataclass
class Person:
    """Somebody with a Telegram account; `id` is also the id of the private chat with the bot."""

    id: int
    first_name: str
    language_code: str | None
    username: str | None = None
    last_name: str | None = None
    phone: str = ""
    blocked: bool = False
    started: bool = False

    def as_user(self) -> Json:
        """The User object of the Bot API; empty optional fields are left out as Telegram does."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            value = getattr(self, name)
            if value:
                user[name] = value
        return user


@dataclass
class StoredFile:
    """One file; `file_id` is what the API calls it, `path` where it can be downloaded."""

    file_id: str
    unique_id: str
    path: str
    name: str
    mime: str
    content: bytes


@dataclass
class Message:
    """A message as it stands now. `raw` is the Telegram object; the rest is the stand-in's own note.

    `revision` grows with every send and edit in the whole world, so "newer than" is one comparison.
    """

    chat_id: int
    message_id: int
    raw: Json
    from_bot: bool
    sender_id: int
    at: float
    revision: int
    reply_keyboard: Json | None = None
    file: StoredFile | None = None
    edits: int = 0

    @property
    def text(self) -> str:
        """The text or caption, without formatting; empty where the message has none."""
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def entities(self) -> list[Json]:
        """Formatting of `text`; offsets and lengths count UTF-16 units."""
        found: list[Json] = self.raw.get("entities") or self.raw.get("caption_entities") or []
        return found

    @property
    def buttons(self) -> list[Json]:
        """All inline buttons in reading order."""
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    @property
    def button_texts(self) -> list[str]:
        """The captions of all inline buttons in reading order."""
        return [str(button["text"]) for button in self.buttons]


@dataclass
class Chat:
    """A private chat or a group, with the latest messages (oldest first)."""

    id: int
    type: str
    title: str = ""
    members: dict[int, str] = field(default_factory=dict)
    bot_status: str = "member"
    migrated_to: int | None = None
    messages: OrderedDict[int, Message] = field(default_factory=OrderedDict)
    reply_keyboard: Json | None = None
    acted_at_revision: int = 0
    forgotten: int = 0


class World:
    """People, chats, messages and files; `history` bounds the messages per chat, `keep_files` the files."""

    def __init__(
        self,
        bot_id: int,
        bot_name: str,
        bot_username: str,
        *,
        history: int = 1000,
        keep_files: int = 500,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.bot_id = bot_id
        self.bot_name = bot_name
        self.bot_username = bot_username
        self.now = now
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.files: OrderedDict[str, StoredFile] = OrderedDict()
        self.revision = 0
        self._history = history
        self._keep_files = keep_files
        self._next_person = 410_000_001
        self._next_group = -520_000_001
        self._next_message = 1
        self._next_file = 1
        self.inline_messages: dict[str, tuple[int, int]] = {}

    def bot_user(self) -> Json:
        """The bot as the sender of a message."""
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": self.bot_name,
            "username": self.bot_username,
        }

    def add_person(
        self,
        first_name: str,
        language_code: str | None,
        username: str | None = None,
        last_name: str | None = None,
        phone: str = "",
        started: bool = False,
    ) -> Person:
        """A new person and the (still empty) private chat with the bot."""
        person = Person(
            self._next_person, first_name, language_code, username, last_name, phone, started=started
        )
        self._next_person += 1
        self.people[person.id] = person
        self.chats[person.id] = Chat(person.id, "private", members={person.id: "member"})
        return person

    def add_group(self, title: str, members: Iterable[int], *, supergroup: bool = False) -> Chat:
        """A new group; the bot is in it once somebody adds it."""
        number = self._next_group
        self._next_group -= 1
        chat_id = -1_000_000_000_000 + number if supergroup else number
        chat = Chat(chat_id, "supergroup" if supergroup else "group", title, bot_status="left")
        for index, member in enumerate(members):
            chat.members[member] = "creator" if index == 0 else "member"
        self.chats[chat.id] = chat
        return chat

    def chat_json(self, chat: Chat) -> Json:
        """The short Chat object that travels inside messages."""
        if chat.type == "private":
            person = self.people[chat.id]
            card: Json = {"id": chat.id, "type": "private", "first_name": person.first_name}
            if person.last_name:
                card["last_name"] = person.last_name
            if person.username:
                card["username"] = person.username
            return card
        card = {"id": chat.id, "type": chat.type, "title": chat.title}
        if chat.type == "group":
            card["all_members_are_administrators"] = False
        return card

    def next_revision(self) -> int:
        """The number of the next change anywhere."""
        self.revision += 1
        return self.revision

    def store(
        self,
        chat: Chat,
        sender: Json,
        content: Json,
        *,
        file: StoredFile | None = None,
        reply_keyboard: Json | None = None,
    ) -> Message:
        """Appends a message; `content` holds everything beyond id, sender, chat and date."""
        at = self.now()
        raw: Json = {
            "message_id": self._next_message,
            "from": sender,
            "chat": self.chat_json(chat),
            "date": int(at),
            **content,
        }
        self._next_message += 1
        message = Message(
            chat.id,
            raw["message_id"],
            raw,
            bool(sender["is_bot"]),
            int(sender["id"]),
            at,
            self.next_revision(),
            reply_keyboard,
            file,
        )
        chat.messages[message.message_id] = message
        while len(chat.messages) > self._history:
            chat.messages.popitem(last=False)
            chat.forgotten += 1
        return message

    def add_file(self, name: str, mime: str, content: bytes, folder: str) -> StoredFile:
        """Keeps a file and gives it the ids and the download path of the API."""
        number = self._next_file
        self._next_file += 1
        suffix = f".{name.rsplit('.', 1)[1]}" if "." in name else ""
        file = StoredFile(
            f"BQACAgI{secrets.token_urlsafe(18)}{number}",
            f"AgAD{number:08d}",
            f"{folder}/file_{number}{suffix}",
            name,
            mime,
            content,
        )
        self.files[file.file_id] = file
        while len(self.files) > self._keep_files:
            self.files.popitem(last=False)
        return file

    def upgrade(self, chat: Chat) -> Chat:
        """Turns a basic group into a supergroup with a new id; the old one only points to it."""
        new = self.add_group(chat.title, chat.members, supergroup=True)
        new.members = dict(chat.members)
        new.bot_status = chat.bot_status
        chat.migrated_to = new.id
        return new
