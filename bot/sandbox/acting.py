"""What people do in their apps, turned into stored messages and updates for the bot."""

from __future__ import annotations

import base64
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from .editing import origin
from .markup import detect
from .methods import Query, bot_member
from .sending import media_json
from .world import Chat, Json, Message, Person, World

if TYPE_CHECKING:
    from .sandbox import Sandbox

TINY_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_ids = itertools.count(4_400_000_000_000_001)


@dataclass(frozen=True)
class Press:
    """What a button did: `kind` is callback, url, copy_text, text or location.

    `query` of a callback goes to `Sandbox.answer_to`; `value` is the data, address or copied text.
    """

    kind: str
    value: str
    query: Query | None = None
    message: Message | None = None

    @property
    def asked(self) -> Query:
        """The query of a callback button; ValueError for every other kind."""
        if self.query is None:
            raise ValueError(f"a {self.kind} button asks the bot nothing")
        return self.query


def text_content(text: str) -> Json:
    """The part of a message that is its text, with what Telegram recognises in it."""
    content: Json = {"text": text}
    entities = detect(text, [])
    if entities:
        content["entities"] = entities
    return content


def sticker_content(world: World, emoji: str) -> Json:
    """A sticker."""
    file = world.add_file("sticker.webp", "image/webp", b"RIFF", "stickers")
    ids = {"file_id": file.file_id, "file_unique_id": file.unique_id}
    kind = {"type": "regular", "is_animated": False, "is_video": False, "emoji": emoji}
    return {"sticker": {**ids, **kind, "width": 512, "height": 512}}


def poll_content(question: str, options: list[str]) -> Json:
    """An open, anonymous poll."""
    return {
        "poll": {
            "id": str(next(_ids)),
            "question": question,
            "options": [
                {"text": option, "voter_count": 0, "persistent_id": str(number)}
                for number, option in enumerate(options)
            ],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
    }


def post(
    sandbox: Sandbox,
    chat: Chat,
    person: Person,
    content: Json,
    *,
    reply_to: Message | int | None = None,
    via_bot: bool = False,
) -> Message:
    """Puts a person's message into a chat and, where the bot may see it, into its updates."""
    world = sandbox.world
    if chat.type == "private":
        if chat.id != person.id:
            raise ValueError("a private chat belongs to one person")
        if person.blocked:
            raise ValueError(f"{person.first_name} has blocked the bot; unblock first")
        person.started = True
    elif chat.members.get(person.id) is None:
        raise ValueError(f"{person.first_name} is not in this group")
    body = dict(content)
    if reply_to is not None:
        target = chat.messages[reply_to if isinstance(reply_to, int) else reply_to.message_id]
        body = {"reply_to_message": {k: v for k, v in target.raw.items() if k != "reply_to_message"}, **body}
    if via_bot:
        body["via_bot"] = world.bot_user()
    message = world.store(chat, person.as_user(), body)
    chat.acted_at_revision = message.revision
    if chat.reply_keyboard and chat.reply_keyboard.get("one_time_keyboard"):
        chat.reply_keyboard = None
    if chat.type == "private" or (
        chat.bot_status in ("member", "administrator") and _seen(sandbox, chat, message)
    ):
        sandbox.updates.add("message", _wire(message.raw), chat.id)
    sandbox.changed("message", {"chat_id": chat.id, "message": message})
    return message


def _seen(sandbox: Sandbox, chat: Chat, message: Message) -> bool:
    if not sandbox.privacy_mode or chat.bot_status == "administrator":
        return True
    raw = message.raw
    reply = raw.get("reply_to_message", {})
    name = f"@{sandbox.world.bot_username}".lower()
    text = message.text.lower()
    command = re.match(r"/\w+(@\w+)?", text)
    if command and command[1] in (None, name):
        return True
    return bool(name in text or "via_bot" in raw or reply.get("from", {}).get("id") == sandbox.world.bot_id)


def _wire(raw: Json) -> Json:
    return {name: value for name, value in raw.items() if not name.startswith("_")}


def send_file(
    sandbox: Sandbox,
    chat: Chat,
    person: Person,
    kind: str,
    name: str,
    mime: str,
    content: bytes,
    caption: str,
) -> Message:
    """Posts a photo, voice message or document."""
    file = sandbox.world.add_file(name, mime, content, f"{kind}s")
    body = media_json(kind, file)
    if caption:
        body["caption"] = caption
    message = post(sandbox, chat, person, body)
    message.file = file
    return message


def forward(sandbox: Sandbox, chat: Chat, person: Person, message: Message) -> Message:
    """Forwards a message."""
    kept = (
        "text",
        "entities",
        "caption",
        "caption_entities",
        "photo",
        "document",
        "voice",
        "location",
        "venue",
    )
    content = {name: message.raw[name] for name in kept if name in message.raw}
    copy = post(sandbox, chat, person, {**content, "forward_origin": origin(message.raw)})
    copy.file = message.file
    return copy


def edit(sandbox: Sandbox, person: Person, message: Message, text: str) -> Message:
    """Changes an own text message."""
    if message.sender_id != person.id or "text" not in message.raw:
        raise ValueError("only own text messages can be edited")
    chat = sandbox.world.chats[message.chat_id]
    raw = {name: value for name, value in message.raw.items() if name not in ("text", "entities")}
    message.raw = {**raw, **text_content(text), "edit_date": int(sandbox.world.now())}
    message.edits += 1
    message.revision = chat.acted_at_revision = sandbox.world.next_revision()
    if chat.type == "private" or chat.bot_status in ("member", "administrator"):
        sandbox.updates.add("edited_message", message.raw, chat.id)
    sandbox.changed("edit", {"chat_id": chat.id, "message": message})
    return message


def press(
    sandbox: Sandbox, person: Person, message: Message, wanted: str, location: tuple[float, float] | None
) -> Press:
    """Presses a button by caption or callback data."""
    chat = sandbox.world.chats[message.chat_id]
    for button in message.buttons:
        if wanted in (button["text"], button.get("callback_data")):
            return _press_inline(sandbox, person, chat, message, button)
    for row in (message.reply_keyboard or {}).get("keyboard", []):
        for button in row:
            if button["text"] != wanted:
                continue
            if button.get("request_location"):
                if location is None:
                    raise ValueError("this button needs a location")
                point = {"location": {"latitude": location[0], "longitude": location[1]}}
                return Press("location", wanted, message=post(sandbox, chat, person, point))
            return Press("text", wanted, message=post(sandbox, chat, person, text_content(wanted)))
    raise ValueError(f"no button {wanted!r} among {message.button_texts}")


def _press_inline(sandbox: Sandbox, person: Person, chat: Chat, message: Message, button: Json) -> Press:
    if "callback_data" in button:
        return callback(sandbox, person, chat.id, message.message_id, str(button["callback_data"]))
    if "url" in button:
        return follow(sandbox, person, str(button["url"]))
    if "copy_text" in button:
        return Press("copy_text", str(button["copy_text"]["text"]))
    for kind in ("switch_inline_query", "switch_inline_query_current_chat"):
        if kind in button:
            return Press(kind, str(button[kind]))
    return Press("other", "")


def follow(sandbox: Sandbox, person: Person, url: str) -> Press:
    """Opens a link; a deep link to the bot becomes `/start payload` in the private chat."""
    payload = deep_link(url, sandbox.world.bot_username)
    if payload is None:
        return Press("url", url)
    chat = sandbox.world.chats[person.id]
    text = f"/start {payload}".strip()
    return Press("url", url, message=post(sandbox, chat, person, text_content(text)))


def deep_link(url: str, username: str) -> str | None:
    """The payload of a link to the bot (maybe empty), or None for any other link."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.scheme in ("http", "https") and parts.hostname in ("t.me", "telegram.me"):
        name = parts.path.strip("/")
    elif parts.scheme == "tg" and parts.netloc == "resolve":
        name = query.get("domain", [""])[0]
    else:
        return None
    if name.lower() != username.lower() or "startgroup" in query:
        return None
    payload = query.get("start", [""])[0]
    return payload if re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload) else ""


def callback(sandbox: Sandbox, person: Person, chat_id: int, message_id: int, data: str) -> Press:
    """Sends a callback query; a deleted message arrives as an inaccessible one."""
    world = sandbox.world
    chat = world.chats[chat_id]
    if chat.type == "private":
        if person.blocked:
            raise ValueError(f"{person.first_name} has blocked the bot; unblock first")
        person.started = True
    query = Query(str(next(_ids)), chat.id, world.now())
    sandbox.methods.ask(query)
    found = chat.messages.get(message_id)
    body: Json = {
        "id": query.id,
        "from": person.as_user(),
        "chat_instance": str(-7_000_000 - abs(chat.id)),
        "data": data,
    }
    inline_id = next(
        (key for key, place in world.inline_messages.items() if place == (chat_id, message_id)), None
    )
    if inline_id is not None:
        body["inline_message_id"] = inline_id
    else:
        gone: Json = {"chat": world.chat_json(chat), "message_id": message_id, "date": 0}
        body["message"] = _wire(found.raw) if found is not None else gone
    chat.acted_at_revision = world.next_revision()
    sandbox.updates.add("callback_query", body, chat.id)
    return Press("callback", data, query=query)


def ask_inline(sandbox: Sandbox, person: Person, text: str, offset: str) -> Query:
    """Sends an inline query."""
    query = Query(str(next(_ids)), person.id, sandbox.world.now())
    sandbox.methods.ask(query)
    body = {
        "id": query.id,
        "from": person.as_user(),
        "query": text[:256],
        "offset": offset,
        "chat_type": "sender",
    }
    sandbox.updates.add("inline_query", body, person.id)
    return query


def choose_inline(sandbox: Sandbox, chat: Chat, person: Person, text: str, result: Json) -> Message:
    """Posts an inline result as the person's message via the bot."""
    content: Json = dict(result.get("_content") or {})
    given = result.get("input_message_content")
    if not content:
        source: Any = given or result
        point = {"latitude": source["latitude"], "longitude": source["longitude"]}
        content = {"location": point}
        if "address" in source:
            content["venue"] = {"location": point, "title": source["title"], "address": source["address"]}
    if "reply_markup" in result:
        content["reply_markup"] = result["reply_markup"]
    message = post(sandbox, chat, person, content, via_bot=True)
    inline_id = f"AQAAA{message.chat_id}_{message.message_id}"
    if "reply_markup" in result:
        sandbox.world.inline_messages[inline_id] = (message.chat_id, message.message_id)
    if sandbox.inline_feedback:
        body = {"result_id": result["id"], "from": person.as_user(), "query": text}
        if "reply_markup" in result:
            body["inline_message_id"] = inline_id
        sandbox.updates.add("chosen_inline_result", body, person.id)
    return message


def _membership(sandbox: Sandbox, chat: Chat, person: Person, old: str, new: str) -> None:
    world = sandbox.world
    body = {
        "chat": world.chat_json(chat),
        "from": person.as_user(),
        "date": int(world.now()),
        "old_chat_member": bot_member(world, old),
        "new_chat_member": bot_member(world, new),
    }
    sandbox.updates.add("my_chat_member", body, chat.id)
    sandbox.changed("people", {})


def set_blocked(sandbox: Sandbox, person: Person, blocked: bool) -> None:
    """Blocks or unblocks the bot; nothing happens when it is so already."""
    if person.blocked == blocked:
        return
    person.blocked = blocked
    chat = sandbox.world.chats[person.id]
    states = ("member", "kicked") if blocked else ("kicked", "member")
    _membership(sandbox, chat, person, *states)


def add_bot(sandbox: Sandbox, chat: Chat, person: Person, administrator: bool) -> None:
    """Adds the bot to a group."""
    old = chat.bot_status
    chat.bot_status = "administrator" if administrator else "member"
    _membership(sandbox, chat, person, old, chat.bot_status)
    post(sandbox, chat, person, {"new_chat_members": [sandbox.world.bot_user()]})


def remove_bot(sandbox: Sandbox, chat: Chat, person: Person) -> None:
    """Removes the bot from a group."""
    old = chat.bot_status
    chat.bot_status = "kicked"
    _membership(sandbox, chat, person, old, "kicked")


def migrate(sandbox: Sandbox, chat: Chat, person: Person) -> Chat:
    """Upgrades a basic group to a supergroup."""
    if chat.type != "group":
        raise ValueError("only a basic group can be upgraded")
    new = sandbox.world.upgrade(chat)
    post(sandbox, chat, person, {"migrate_to_chat_id": new.id})
    post(sandbox, new, person, {"migrate_from_chat_id": chat.id})
    sandbox.changed("people", {})
    return new


def describe(world: World, message: Message) -> str:
    """One message of a transcript."""
    name = world.bot_name if message.from_bot else world.people[message.sender_id].first_name
    shown: list[str] = [message.text] if message.text else []
    for kind in ("photo", "document", "voice", "sticker", "contact", "location", "venue", "poll", "dice"):
        if kind in message.raw and not (kind == "location" and "venue" in message.raw):
            label: str = kind
            if kind == "document" and message.file is not None:
                label = f"document {message.file.name}"
            if kind == "venue":
                label = f"venue {message.raw['venue']['title']}, {message.raw['venue']['address']}"
            shown.append(f"<{label}>")
    rows = message.raw.get("reply_markup", {}).get("inline_keyboard", [])
    shown.extend("  " + " ".join(f"[{button['text']}]" for button in row) for row in rows)
    keys = (message.reply_keyboard or {}).get("keyboard", [])
    shown.extend("  " + " ".join(f"({button['text']})" for button in row) for row in keys)
    edited = " (edited)" if message.edits else ""
    return f"{name}{edited}: " + "\n".join(shown or ["<service message>"])
