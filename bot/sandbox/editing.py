"""The methods that change, remove or repeat a message that is there already."""

from __future__ import annotations

from typing import Any

from .sending import Sending
from .world import Chat, Json, Message, StoredFile, bad_request

DELETE_WINDOW = 48 * 3600
"""Seconds in which a bot may delete a message."""


class Editing(Sending):
    """Sending and everything that follows it; an edit that changes nothing is refused as Telegram does."""

    def _target(self, params: Json) -> tuple[Chat, Message, bool]:
        inline_id = params.get("inline_message_id")
        if inline_id:
            place = self.world.inline_messages.get(str(inline_id))
            if place is None:
                raise bad_request("MESSAGE_ID_INVALID")
            chat = self.world.chats[place[0]]
            found = chat.messages.get(place[1])
            if found is None:
                raise bad_request("MESSAGE_ID_INVALID")
            return chat, found, True
        if "chat_id" not in params:
            raise bad_request("chat_id is empty")
        chat = self.chat(params["chat_id"])
        if "message_id" not in params:
            raise bad_request("message identifier is not specified")
        found = chat.messages.get(params["message_id"])
        if found is None:
            raise bad_request("message to edit not found")
        if not found.from_bot:
            raise bad_request("message can't be edited")
        return chat, found, False

    def _replace(
        self, params: Json, content: Json, drop: tuple[str, ...], file: StoredFile | None = None
    ) -> Any:
        chat, message, inline = self._target(params)
        markup = self._markup(params, chat, inline_only=True)
        raw = {name: value for name, value in message.raw.items() if name not in (*drop, "reply_markup")}
        raw.update(content)
        if markup and markup.get("inline_keyboard"):
            raw["reply_markup"] = markup
        compared = [
            {name: value for name, value in side.items() if name not in ("edit_date", "link_preview_options")}
            for side in (raw, message.raw)
        ]
        if compared[0] == compared[1]:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        raw["edit_date"] = int(self.world.now())
        message.raw = raw
        message.edits += 1
        message.revision = self.world.next_revision()
        if file is not None:
            message.file = file
        self.changed("edit", {"chat_id": chat.id, "message": message})
        return True if inline else raw

    def edit_text(self, params: Json) -> Any:
        """editMessageText."""
        _, message, _ = self._target(params)
        if "text" not in message.raw:
            raise bad_request("there is no text in the message to edit")
        return self._replace(params, self.text(params), ("text", "entities", "link_preview_options"))

    def edit_caption(self, params: Json) -> Any:
        """editMessageCaption."""
        _, message, _ = self._target(params)
        if not any(kind in message.raw for kind in ("photo", "document", "voice")):
            raise bad_request("there is no caption in the message to edit")
        return self._replace(params, self._caption(params), ("caption", "caption_entities"))

    def edit_markup(self, params: Json) -> Any:
        """editMessageReplyMarkup; without a markup the buttons go."""
        return self._replace(params, {}, ())

    def edit_media(self, params: Json) -> Any:
        """editMessageMedia: a photo or document in the place of what was there."""
        media = params["media"]
        if not isinstance(media, dict) or media.get("type") not in ("photo", "document"):
            raise bad_request("can't parse InputMedia: invalid type specified")
        _, message, _ = self._target(params)
        if not any(kind in message.raw for kind in ("photo", "document", "text")):
            raise bad_request("message can't be edited")
        caption = self._caption(media)
        file, content = self._take(media.get("media", ""), str(media["type"]), params)
        gone = ("photo", "document", "text", "entities", "caption", "caption_entities")
        return self._replace(params, {**content, **caption}, gone, file)

    def delete(self, params: Json) -> bool:
        """deleteMessage: within 48 hours, others' messages in a group only as administrator."""
        chat = self.chat(params["chat_id"])
        message = chat.messages.get(params["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        if not self._may_delete(chat, message):
            raise bad_request("message can't be deleted for everyone")
        self._remove(chat, message)
        return True

    def delete_many(self, params: Json) -> bool:
        """deleteMessages: what can be deleted goes, the rest is passed over."""
        chat = self.chat(params["chat_id"])
        ids = params["message_ids"]
        if not isinstance(ids, list) or not ids:
            raise bad_request("message identifiers are not specified")
        if len(ids) > 100:
            raise bad_request("too many message identifiers specified")
        for message_id in ids:
            message = chat.messages.get(int(message_id))
            if message is not None and self._may_delete(chat, message):
                self._remove(chat, message)
        return True

    def _may_delete(self, chat: Chat, message: Message) -> bool:
        if chat.type != "private" and not message.from_bot:
            return chat.bot_status == "administrator"
        return self.world.now() - message.at < DELETE_WINDOW

    def _remove(self, chat: Chat, message: Message) -> None:
        del chat.messages[message.message_id]
        self.changed("delete", {"chat_id": chat.id, "message_id": message.message_id})

    def _source(self, params: Json, what: str) -> Message:
        source = self.chat(params["from_chat_id"])
        message = source.messages.get(params["message_id"])
        if message is None:
            raise bad_request(f"message to {what} not found")
        return message

    def copy(self, params: Json) -> Json:
        """copyMessage."""
        chat = self.chat(params["chat_id"])
        message = self._source(params, "copy")
        content = _content(message.raw)
        if "caption" in params:
            for name in ("caption", "caption_entities"):
                content.pop(name, None)
            content.update(self._caption(params))
        return {"message_id": self._post(params, chat, content, message.file).message_id}

    def forward(self, params: Json) -> Json:
        """forwardMessage."""
        chat = self.chat(params["chat_id"])
        message = self._source(params, "forward")
        content = {**_content(message.raw), "forward_origin": origin(message.raw)}
        return self._post({}, chat, content, message.file).raw


def origin(raw: Json) -> Json:
    """Where a forwarded message came from."""
    return {"type": "user", "date": raw["date"], "sender_user": raw["from"]}


def _content(raw: Json) -> Json:
    skipped = (
        "message_id",
        "from",
        "chat",
        "date",
        "edit_date",
        "reply_markup",
        "reply_to_message",
        "forward_origin",
    )
    return {name: value for name, value in raw.items() if name not in (*skipped, "via_bot")}
