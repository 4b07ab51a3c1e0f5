"""Who can be reached, and the methods that put a new message into a chat."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .checks import Upload
from .markup import CAPTION_LIMIT, TEXT_LIMIT, check_reply_markup, formatted
from .world import ApiError, Chat, Json, Message, StoredFile, World, bad_request

_ACTIONS = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
]


class Sending:
    """Sending under Telegram's rules; every change is told to `changed(kind, payload)`.

    `max_upload` and `max_photo` are bytes.
    """

    def __init__(
        self,
        world: World,
        changed: Callable[[str, Json], None],
        *,
        max_upload: int = 50 * 1024 * 1024,
        max_photo: int = 10 * 1024 * 1024,
    ) -> None:
        self.world = world
        self.changed = changed
        self.max_upload = max_upload
        self.max_photo = max_photo
        self.drafts: dict[int, str] = {}

    def chat(self, chat_id: Any) -> Chat:
        """The chat of an id as the bot may address it; raises 400 or 403 like Telegram."""
        chat = self._known_chat(chat_id)
        if chat.migrated_to is not None:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        if chat.type == "private":
            person = self.world.people[chat.id]
            if person.blocked:
                raise ApiError(403, "Forbidden: bot was blocked by the user")
            if not person.started:
                if any(
                    person.id in group.members for group in self.world.chats.values() if group is not chat
                ):
                    raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
                raise bad_request("chat not found")
        elif chat.bot_status == "kicked":
            raise ApiError(403, f"Forbidden: bot was kicked from the {chat.type} chat")
        elif chat.bot_status == "left":
            raise ApiError(403, f"Forbidden: bot is not a member of the {chat.type} chat")
        return chat

    def _known_chat(self, chat_id: Any) -> Chat:
        chat = self.world.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def _markup(self, params: Json, chat: Chat, *, inline_only: bool = False) -> Json | None:
        given = params.get("reply_markup")
        if given is None:
            return None
        return check_reply_markup(given, private=chat.type == "private", inline_only=inline_only)

    def _post(self, params: Json, chat: Chat, content: Json, file: StoredFile | None = None) -> Message:
        markup = self._markup(params, chat)
        reply = self._reply(params, chat)
        body = {**reply, **content}
        keyboard = None
        if markup:
            if markup.get("inline_keyboard"):
                body["reply_markup"] = markup
            elif "inline_keyboard" not in markup:
                keyboard = markup
        message = self.world.store(chat, self.world.bot_user(), body, file=file, reply_keyboard=keyboard)
        if keyboard is not None:
            chat.reply_keyboard = keyboard if "keyboard" in keyboard else None
        self.drafts.pop(chat.id, None)
        self.changed("message", {"chat_id": chat.id, "message": message})
        return message

    def _reply(self, params: Json, chat: Chat) -> Json:
        wanted = params.get("reply_parameters")
        if wanted is None and "reply_to_message_id" in params:
            wanted = {
                "message_id": params["reply_to_message_id"],
                "allow_sending_without_reply": params.get("allow_sending_without_reply", False),
            }
        if not wanted:
            return {}
        if not isinstance(wanted, dict):
            raise bad_request("object expected as reply parameters")
        target = chat.messages.get(int(wanted.get("message_id") or 0))
        if target is None:
            if wanted.get("allow_sending_without_reply"):
                return {}
            raise bad_request("message to be replied not found")
        return {"reply_to_message": _quoted(target.raw)}

    def text(self, params: Json) -> Json:
        """The checked text of a message with its entities."""
        text, entities = formatted(
            str(params["text"]),
            params.get("parse_mode"),
            params.get("entities"),
            limit=TEXT_LIMIT,
            caption=False,
        )
        content: Json = {"text": text}
        if entities:
            content["entities"] = entities
        preview = params.get("link_preview_options")
        if preview:
            content["link_preview_options"] = preview
        return content

    def _caption(self, params: Json) -> Json:
        text, entities = formatted(
            str(params.get("caption", "")),
            params.get("parse_mode"),
            params.get("caption_entities"),
            limit=CAPTION_LIMIT,
            caption=True,
        )
        content: Json = {}
        if text:
            content["caption"] = text
        if entities:
            content["caption_entities"] = entities
        return content

    def send_message(self, params: Json) -> Json:
        """sendMessage."""
        chat = self.chat(params["chat_id"])
        return self._post(params, chat, self.text(params)).raw

    def send_file(self, params: Json, kind: str) -> Json:
        """sendPhoto or sendDocument: an upload, a known file id, an address or `attach://name`."""
        chat = self.chat(params["chat_id"])
        caption = self._caption(params)
        file, media = self._take(params[kind], kind, params)
        return self._post(params, chat, {**media, **caption}, file).raw

    def _take(self, source: Any, kind: str, params: Json) -> tuple[StoredFile, Json]:
        if isinstance(source, str) and source.startswith("attach://"):
            source = params.get("_attached", {}).get(source.removeprefix("attach://"))
            if source is None:
                raise bad_request(f"there is no {kind} in the request")
        if isinstance(source, Upload):
            size = len(source.content)
            if size == 0:
                raise bad_request("file must be non-empty")
            if size > self.max_upload:
                raise ApiError(413, "Request Entity Too Large")
            if kind == "photo" and size > self.max_photo:
                raise bad_request(
                    f"file of size {size} bytes is too big for a photo; "
                    f"the maximum size is {self.max_photo} bytes"
                )
            name = source.name or kind
            file = self.world.add_file(name, source.mime, source.content, f"{kind}s")
        elif re.match(r"https?://", source):
            name = source.rsplit("/", 1)[1] or kind
            file = self.world.add_file(name, "application/octet-stream", source.encode(), f"{kind}s")
        else:
            known = self.world.files.get(source)
            if known is None:
                raise bad_request("wrong file identifier/HTTP URL specified")
            file = known
        return file, media_json(kind, file)

    def send_location(self, params: Json) -> Json:
        """sendLocation."""
        chat = self.chat(params["chat_id"])
        return self._post(params, chat, {"location": _point(params)}).raw

    def send_venue(self, params: Json) -> Json:
        """sendVenue."""
        chat = self.chat(params["chat_id"])
        point = _point(params)
        venue = {"location": point, "title": params["title"], "address": params["address"]}
        return self._post(params, chat, {"venue": venue, "location": point}).raw

    def chat_action(self, params: Json) -> bool:
        """sendChatAction: the chat shows that the bot is busy."""
        chat = self.chat(params["chat_id"])
        if params["action"] not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        self.changed("action", {"chat_id": chat.id, "action": params["action"]})
        return True

    def draft(self, params: Json) -> bool:
        """sendMessageDraft: a passing preview in a private chat."""
        chat = self.chat(params["chat_id"])
        if chat.type != "private":
            raise bad_request("method is available only for private chats")
        if int(params["draft_id"]) == 0:
            raise bad_request("draft_id must be non-zero")
        text = ""
        if params.get("text"):
            text = str(self.text(params)["text"])
        self.drafts[chat.id] = text
        self.changed("draft", {"chat_id": chat.id, "text": text})
        return True


def media_json(kind: str, file: StoredFile) -> Json:
    """The part of a message that describes its file; a photo comes in two sizes."""
    ids = {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": len(file.content)}
    if kind == "photo":
        return {"photo": [{**ids, "width": 90, "height": 60}, {**ids, "width": 800, "height": 533}]}
    if kind == "voice":
        return {"voice": {**ids, "duration": 4, "mime_type": file.mime}}
    return {"document": {**ids, "file_name": file.name, "mime_type": file.mime}}


def _quoted(raw: Json) -> Json:
    return {name: value for name, value in raw.items() if name != "reply_to_message"}


def _point(params: Json) -> Json:
    latitude, longitude = float(params["latitude"]), float(params["longitude"])
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise bad_request("invalid location specified")
    point: Json = {"latitude": latitude, "longitude": longitude}
    if params.get("horizontal_accuracy"):
        point["horizontal_accuracy"] = params["horizontal_accuracy"]
    return point
