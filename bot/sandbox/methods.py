"""What each method of the Bot API does to the world.

`Methods.call` runs one checked call and returns its `result`; a refusal is an `ApiError` with
Telegram's own text. Every visible change is told to `changed(kind, payload)`, where the waiting
tests and the chat page listen.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from . import checks
from .checks import Upload
from .markup import CAPTION_LIMIT, TEXT_LIMIT, check_reply_markup, formatted, utf16
from .profile import Profile
from .updates import Updates, Webhook
from .world import ApiError, Chat, Json, Message, StoredFile, World, bad_request

DELETE_WINDOW = 48 * 3600
_ACTIONS = (
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker "
    "find_location record_video_note upload_video_note"
).split()
_LOOPBACK = re.compile(r"^http://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(/|$)")


@dataclass
class Query:
    """A button press or an inline query that waits for its answer."""

    id: str
    chat_id: int
    person_id: int
    at: float
    answer: Json | None = None


class Methods:
    """The Bot API over one world. `callback_lifetime` is the time in seconds to answer a query."""

    def __init__(
        self,
        world: World,
        updates: Updates,
        profile: Profile,
        changed: Callable[[str, Json], None],
        *,
        callback_lifetime: float = 60.0,
        max_upload: int = 50 * 1024 * 1024,
        max_photo: int = 10 * 1024 * 1024,
        privacy_mode: bool = False,
    ) -> None:
        self.world = world
        self.updates = updates
        self.profile = profile
        self.changed = changed
        self.callback_lifetime = callback_lifetime
        self.max_upload = max_upload
        self.max_photo = max_photo
        self.privacy_mode = privacy_mode
        self.queries: OrderedDict[str, Query] = OrderedDict()
        self.drafts: dict[int, str] = {}
        self._table: dict[str, Callable[[Json], Any]] = {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._webhook_info,
            "sendMessage": self._send_message,
            "sendPhoto": lambda p: self._send_file(p, "photo"),
            "sendDocument": lambda p: self._send_file(p, "document"),
            "sendLocation": self._send_location,
            "sendVenue": self._send_venue,
            "sendChatAction": self._chat_action,
            "sendMessageDraft": self._draft,
            "editMessageText": self._edit_text,
            "editMessageCaption": self._edit_caption,
            "editMessageReplyMarkup": self._edit_markup,
            "editMessageMedia": self._edit_media,
            "deleteMessage": self._delete,
            "deleteMessages": self._delete_many,
            "copyMessage": self._copy,
            "forwardMessage": self._forward,
            "answerCallbackQuery": self._answer_callback,
            "answerInlineQuery": self._answer_inline,
            "setMyCommands": profile.set_commands,
            "getMyCommands": profile.get_commands,
            "deleteMyCommands": profile.delete_commands,
            "setMyName": lambda p: profile.set_text("name", p),
            "getMyName": lambda p: profile.get_text("name", p),
            "setMyDescription": lambda p: profile.set_text("description", p),
            "getMyDescription": lambda p: profile.get_text("description", p),
            "setMyShortDescription": lambda p: profile.set_text("short_description", p),
            "getMyShortDescription": lambda p: profile.get_text("short_description", p),
            "setChatMenuButton": profile.set_menu_button,
            "getChatMenuButton": profile.get_menu_button,
            "getChat": self._get_chat,
            "getChatMember": self._get_member,
            "getChatAdministrators": self._get_administrators,
            "leaveChat": self._leave,
            "getFile": self._get_file,
        }

    async def call(self, method: str, params: Json) -> Any:
        """Runs a method by Telegram's spelling with parameters that `checks.read` gave back."""
        if method == "getUpdates":
            return await self.updates.poll(
                int(params.get("offset", 0)),
                int(params.get("limit", 100)),
                int(params.get("timeout", 0)),
                params.get("allowed_updates"),
            )
        result = self._table[method](params)
        if isinstance(result, Awaitable):
            result = await result
        return result

    # -- the bot and its webhook ------------------------------------------------------------

    def _get_me(self, _params: Json) -> Json:
        return {
            **self.world.bot_user(),
            "can_join_groups": True,
            "can_read_all_group_messages": not self.privacy_mode,
            "supports_inline_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": False,
            "allows_users_to_create_topics": False,
        }

    def _set_webhook(self, params: Json) -> bool:
        url = str(params.get("url", ""))
        drop = bool(params.get("drop_pending_updates"))
        if not url:
            self.updates.set_webhook(None, params.get("allowed_updates"), drop)
            return True
        if not url.startswith("https://") and not _LOOPBACK.match(url):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        secret = str(params.get("secret_token", ""))
        if len(secret) > 256:
            raise bad_request("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise bad_request("secret token contains unallowed characters")
        most = max(1, min(100, int(params.get("max_connections", 40))))
        self.updates.set_webhook(Webhook(url, secret, most), params.get("allowed_updates"), drop)
        return True

    def _delete_webhook(self, params: Json) -> bool:
        self.updates.set_webhook(None, None, bool(params.get("drop_pending_updates")))
        return True

    def _webhook_info(self, _params: Json) -> Json:
        hook = self.updates.webhook
        info: Json = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": self.updates.pending,
        }
        if hook is not None:
            info["max_connections"] = hook.max_connections
            if hook.last_error:
                info["last_error_message"] = hook.last_error
                info["last_error_date"] = hook.last_error_at
        if self.updates.allowed:
            info["allowed_updates"] = self.updates.allowed
        return info

    # -- who can be reached -----------------------------------------------------------------

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

    # -- sending ----------------------------------------------------------------------------

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

    def _text(self, params: Json) -> Json:
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

    def _send_message(self, params: Json) -> Json:
        chat = self.chat(params["chat_id"])
        return self._post(params, chat, self._text(params)).raw

    def _send_file(self, params: Json, kind: str) -> Json:
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
                    f"file of size {size} bytes is too big for a photo; the maximum size is {self.max_photo} bytes"
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

    def _send_location(self, params: Json) -> Json:
        chat = self.chat(params["chat_id"])
        return self._post(params, chat, {"location": _point(params)}).raw

    def _send_venue(self, params: Json) -> Json:
        chat = self.chat(params["chat_id"])
        point = _point(params)
        venue = {"location": point, "title": params["title"], "address": params["address"]}
        return self._post(params, chat, {"venue": venue, "location": point}).raw

    def _chat_action(self, params: Json) -> bool:
        chat = self.chat(params["chat_id"])
        if params["action"] not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        self.changed("action", {"chat_id": chat.id, "action": params["action"]})
        return True

    def _draft(self, params: Json) -> bool:
        chat = self.chat(params["chat_id"])
        if chat.type != "private":
            raise bad_request("method is available only for private chats")
        if int(params["draft_id"]) == 0:
            raise bad_request("draft_id must be non-zero")
        text = ""
        if params.get("text"):
            text = str(self._text(params)["text"])
        self.drafts[chat.id] = text
        self.changed("draft", {"chat_id": chat.id, "text": text})
        return True

    # -- editing and deleting ---------------------------------------------------------------

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
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        raw["edit_date"] = int(self.world.now())
        message.raw = raw
        message.edits += 1
        message.revision = self.world.next_revision()
        if file is not None:
            message.file = file
        self.changed("edit", {"chat_id": chat.id, "message": message})
        return True if inline else raw

    def _edit_text(self, params: Json) -> Any:
        _, message, _ = self._target(params)
        if "text" not in message.raw:
            raise bad_request("there is no text in the message to edit")
        return self._replace(params, self._text(params), ("text", "entities", "link_preview_options"))

    def _edit_caption(self, params: Json) -> Any:
        _, message, _ = self._target(params)
        if not any(kind in message.raw for kind in ("photo", "document", "voice")):
            raise bad_request("there is no caption in the message to edit")
        return self._replace(params, self._caption(params), ("caption", "caption_entities"))

    def _edit_markup(self, params: Json) -> Any:
        return self._replace(params, {}, ())

    def _edit_media(self, params: Json) -> Any:
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

    def _delete(self, params: Json) -> bool:
        chat = self.chat(params["chat_id"])
        message = chat.messages.get(params["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        if not self._may_delete(chat, message):
            raise bad_request("message can't be deleted for everyone")
        self._remove(chat, message)
        return True

    def _delete_many(self, params: Json) -> bool:
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

    def _copy(self, params: Json) -> Json:
        chat = self.chat(params["chat_id"])
        message = self._source(params, "copy")
        content = _content(message.raw)
        if "caption" in params:
            for name in ("caption", "caption_entities"):
                content.pop(name, None)
            content.update(self._caption(params))
        return {"message_id": self._post(params, chat, content, message.file).message_id}

    def _forward(self, params: Json) -> Json:
        chat = self.chat(params["chat_id"])
        message = self._source(params, "forward")
        content = {**_content(message.raw), "forward_origin": origin(message.raw)}
        return self._post({}, chat, content, message.file).raw

    # -- queries ----------------------------------------------------------------------------

    def ask(self, query: Query) -> None:
        """Remembers a query until it is answered; the oldest are forgotten beyond 10,000."""
        self.queries[query.id] = query
        while len(self.queries) > 10_000:
            self.queries.popitem(last=False)

    def _open_query(self, query_id: str) -> Query:
        query = self.queries.get(query_id)
        late = query is None or self.world.now() - query.at > self.callback_lifetime
        if query is None or late or query.answer is not None:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        return query

    def _answer_callback(self, params: Json) -> bool:
        query = self._open_query(str(params["callback_query_id"]))
        text = str(params.get("text", ""))
        if utf16(text) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        query.answer = {
            "text": text,
            "show_alert": bool(params.get("show_alert")),
            "url": params.get("url", ""),
        }
        self.changed("answer", {"chat_id": query.chat_id, "query_id": query.id, **query.answer})
        return True

    def _answer_inline(self, params: Json) -> bool:
        query = self._open_query(str(params["inline_query_id"]))
        results = params["results"]
        if not isinstance(results, list):
            raise bad_request("expected an Array of inline query results")
        if len(results) > 50:
            raise bad_request("RESULTS_TOO_MUCH")
        if len(str(params.get("next_offset", "")).encode()) > 64:
            raise bad_request("NEXT_OFFSET_INVALID")
        button = params.get("button")
        if isinstance(button, dict) and "start_parameter" in button:
            checks.start_parameter(str(button["start_parameter"]), "START_PARAM_INVALID")
        checked = [self._inline_result(result) for result in results]
        if len({result["id"] for result in checked}) != len(checked):
            raise bad_request("RESULT_ID_DUPLICATE")
        query.answer = {
            "results": checked,
            "next_offset": params.get("next_offset", ""),
            "button": button,
            "cache_time": params.get("cache_time", 300),
            "is_personal": bool(params.get("is_personal")),
        }
        self.changed("inline", {"chat_id": query.chat_id, "query_id": query.id, **query.answer})
        return True

    def _inline_result(self, result: Any) -> Json:
        if not isinstance(result, dict):
            raise bad_request("can't parse inline query result: Inline query result must be an object")
        if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
            raise bad_request("RESULT_ID_INVALID")
        kind = result.get("type")
        if kind not in ("article", "location", "venue"):
            raise bad_request(
                f'can\'t parse inline query result: type "{kind}" is unsupported for the inline query result'
            )
        if not result.get("title"):
            raise bad_request("can't parse inline query result: Can't find field \"title\"")
        checked = dict(result)
        if "reply_markup" in result:
            checked["reply_markup"] = check_reply_markup(
                result["reply_markup"], private=False, inline_only=True
            )
        content = result.get("input_message_content")
        if isinstance(content, dict) and "message_text" in content:
            checked["_content"] = self._text(
                {
                    "text": content["message_text"],
                    **{k: content[k] for k in ("parse_mode", "entities") if k in content},
                }
            )
        elif kind == "article":
            raise bad_request("can't parse inline query result: Input message content is not specified")
        return checked

    # -- chats and files --------------------------------------------------------------------

    def _get_chat(self, params: Json) -> Json:
        chat = self.chat(params["chat_id"])
        card = {
            **self.world.chat_json(chat),
            "accent_color_id": 1,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False,
                "limited_gifts": False,
                "unique_gifts": False,
                "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }
        if chat.type != "private":
            card["permissions"] = {"can_send_messages": True}
        return card

    def member(self, chat: Chat, user_id: int) -> Json:
        """A ChatMember object of the bot or a person."""
        if user_id == self.world.bot_id:
            return bot_member(self.world, chat.bot_status)
        person = self.world.people.get(user_id)
        status = chat.members.get(user_id)
        if person is None:
            raise bad_request("user not found")
        card: Json = {"user": person.as_user(), "status": status or "left"}
        if status == "creator":
            card["is_anonymous"] = False
        if status == "administrator":
            card.update(bot_member(self.world, "administrator"), user=person.as_user())
        return card

    def _get_member(self, params: Json) -> Json:
        return self.member(self.chat(params["chat_id"]), int(params["user_id"]))

    def _get_administrators(self, params: Json) -> list[Json]:
        chat = self.chat(params["chat_id"])
        if chat.type == "private":
            raise bad_request("there are no administrators in the private chat")
        people = [user for user, status in chat.members.items() if status in ("creator", "administrator")]
        found = [self.member(chat, user) for user in people]
        if chat.bot_status == "administrator" and params.get("return_bots"):
            found.append(bot_member(self.world, "administrator"))
        return found

    def _leave(self, params: Json) -> bool:
        chat = self.chat(params["chat_id"])
        if chat.type == "private":
            raise bad_request("chat member status can't be changed in private chats")
        chat.bot_status = "left"
        self.changed("left", {"chat_id": chat.id})
        return True

    def _get_file(self, params: Json) -> Json:
        file = self.world.files.get(str(params["file_id"]))
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(file.content) > 20 * 1024 * 1024:
            raise bad_request("file is too big")
        return {
            "file_id": file.file_id,
            "file_unique_id": file.unique_id,
            "file_size": len(file.content),
            "file_path": file.path,
        }


def media_json(kind: str, file: StoredFile) -> Json:
    """The part of a message that describes its file; a photo comes in two sizes."""
    ids = {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": len(file.content)}
    if kind == "photo":
        return {"photo": [{**ids, "width": 90, "height": 60}, {**ids, "width": 800, "height": 533}]}
    if kind == "voice":
        return {"voice": {**ids, "duration": 4, "mime_type": file.mime}}
    return {"document": {**ids, "file_name": file.name, "mime_type": file.mime}}


def bot_member(world: World, status: str) -> Json:
    """The bot as a ChatMember."""
    card: Json = {"user": world.bot_user(), "status": status}
    if status == "kicked":
        card["until_date"] = 0
    if status == "administrator":
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
            "can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories "
            "can_edit_stories can_delete_stories"
        )
        card.update({right: right in ("can_manage_chat", "can_delete_messages") for right in rights.split()})
    return card


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
