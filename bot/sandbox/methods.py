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
from .editing import Editing
from .markup import check_reply_markup, utf16
from .profile import Profile
from .updates import Updates, Webhook
from .world import Chat, Json, World, bad_request

_LOOPBACK = re.compile(r"^http://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(/|$)")


@dataclass
class Query:
    """A button press or an inline query that waits for its answer."""

    id: str
    chat_id: int
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
        self.messages = Editing(world, changed, max_upload=max_upload, max_photo=max_photo)
        self.privacy_mode = privacy_mode
        self.queries: OrderedDict[str, Query] = OrderedDict()
        self._table: dict[str, Callable[[Json], Any]] = {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._webhook_info,
            "sendMessage": self.messages.send_message,
            "sendPhoto": lambda p: self.messages.send_file(p, "photo"),
            "sendDocument": lambda p: self.messages.send_file(p, "document"),
            "sendLocation": self.messages.send_location,
            "sendVenue": self.messages.send_venue,
            "sendChatAction": self.messages.chat_action,
            "sendMessageDraft": self.messages.draft,
            "editMessageText": self.messages.edit_text,
            "editMessageCaption": self.messages.edit_caption,
            "editMessageReplyMarkup": self.messages.edit_markup,
            "editMessageMedia": self.messages.edit_media,
            "deleteMessage": self.messages.delete,
            "deleteMessages": self.messages.delete_many,
            "copyMessage": self.messages.copy,
            "forwardMessage": self.messages.forward,
            "answerCallbackQuery": self._answer_callback,
            "answerInlineQuery": self._answer_inline,
            "answerPreCheckoutQuery": lambda _: True,
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
            checked["_content"] = self.messages.text(
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
        chat = self.messages.chat(params["chat_id"])
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
        return self.member(self.messages.chat(params["chat_id"]), int(params["user_id"]))

    def _get_administrators(self, params: Json) -> list[Json]:
        chat = self.messages.chat(params["chat_id"])
        if chat.type == "private":
            raise bad_request("there are no administrators in the private chat")
        people = [user for user, status in chat.members.items() if status in ("creator", "administrator")]
        found = [self.member(chat, user) for user in people]
        if chat.bot_status == "administrator" and params.get("return_bots"):
            found.append(bot_member(self.world, "administrator"))
        return found

    def _leave(self, params: Json) -> bool:
        chat = self.messages.chat(params["chat_id"])
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
