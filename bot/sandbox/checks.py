"""The table of methods and parameters, and the conversion of whatever arrived over HTTP.

Form fields are always text, JSON bodies carry types; `read` brings both to the same shape. A
missing or misshapen parameter is Telegram's 400, an unknown one is only reported, because
Telegram ignores it but a test wants to know.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .world import ApiError, Json, bad_request


@dataclass(frozen=True)
class Upload:
    """A file that came with a multipart request."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Field:
    """One parameter: `kind` is str, int, float, bool, json, chat or file."""

    name: str
    kind: str
    required: bool


_COPY = (
    "chat_id:chat! message_thread_id:int direct_messages_topic_id:int disable_notification:bool "
    "protect_content:bool allow_paid_broadcast:bool message_effect_id suggested_post_parameters:json "
    "reply_parameters:json reply_markup:json reply_to_message_id:int allow_sending_without_reply:bool "
)
_SEND = _COPY + "business_connection_id ephemeral_message_parameters:json "
_CAPTION = "caption parse_mode caption_entities:json "
_ABOVE = "show_caption_above_media:bool "
_EDIT = "business_connection_id chat_id:chat message_id:int inline_message_id reply_markup:json "
_TEXT = "text! parse_mode entities:json link_preview_options:json disable_web_page_preview:bool "
_SCOPE = "scope:json language_code "

_TABLE: dict[str, str] = {
    "getMe": "",
    "getUpdates": "offset:int limit:int timeout:int allowed_updates:json",
    "setWebhook": "url certificate:file ip_address max_connections:int allowed_updates:json "
    "drop_pending_updates:bool secret_token",
    "deleteWebhook": "drop_pending_updates:bool",
    "getWebhookInfo": "",
    "sendMessage": _SEND + _TEXT,
    "sendPhoto": _SEND + _CAPTION + _ABOVE + "photo:file! has_spoiler:bool",
    "sendDocument": _SEND + _CAPTION + "document:file! thumbnail:file disable_content_type_detection:bool",
    "sendLocation": _SEND + "latitude:float! longitude:float! horizontal_accuracy:float live_period:int "
    "heading:int proximity_alert_radius:int",
    "sendVenue": _SEND + "latitude:float! longitude:float! title! address! foursquare_id foursquare_type "
    "google_place_id google_place_type",
    "sendChatAction": "business_connection_id chat_id:chat! message_thread_id:int action!",
    "sendMessageDraft": "chat_id:chat! message_thread_id:int draft_id:int! text parse_mode entities:json "
    "can_stop:bool keep_on_stop:bool",
    "editMessageText": _EDIT + _TEXT + "rich_message:json",
    "editMessageCaption": _EDIT + _CAPTION + _ABOVE,
    "editMessageReplyMarkup": _EDIT,
    "editMessageMedia": _EDIT + "media:json!",
    "deleteMessage": "chat_id:chat! message_id:int!",
    "deleteMessages": "chat_id:chat! message_ids:json!",
    "copyMessage": _COPY + _CAPTION + _ABOVE + "from_chat_id:chat! message_id:int! video_start_timestamp:int",
    "forwardMessage": "chat_id:chat! message_thread_id:int direct_messages_topic_id:int from_chat_id:chat! "
    "video_start_timestamp:int disable_notification:bool protect_content:bool message_effect_id "
    "suggested_post_parameters:json message_id:int!",
    "answerCallbackQuery": "callback_query_id! text show_alert:bool url cache_time:int",
    "answerPreCheckoutQuery": "pre_checkout_query_id! ok:bool! error_message",
    "answerInlineQuery": "inline_query_id! results:json! cache_time:int is_personal:bool next_offset "
    "button:json",
    "setMyCommands": _SCOPE + "commands:json!",
    "getMyCommands": _SCOPE,
    "deleteMyCommands": _SCOPE,
    "setMyName": "name language_code",
    "getMyName": "language_code",
    "setMyDescription": "description language_code",
    "getMyDescription": "language_code",
    "setMyShortDescription": "short_description language_code",
    "getMyShortDescription": "language_code",
    "setChatMenuButton": "chat_id:chat menu_button:json",
    "getChatMenuButton": "chat_id:chat",
    "getChat": "chat_id:chat!",
    "getChatMember": "chat_id:chat! user_id:int!",
    "getChatAdministrators": "chat_id:chat! return_bots:bool",
    "leaveChat": "chat_id:chat!",
    "getFile": "file_id!",
}

_MISSING = {
    "chat_id": "chat_id is empty",
    "from_chat_id": "from_chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "action": "wrong parameter action in request",
    "latitude": "latitude is empty",
    "longitude": "longitude is empty",
    "file_id": "file_id not specified",
    "media": "media is empty",
    "user_id": "invalid user_id specified",
}


def _fields(text: str) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for word in text.split():
        name, _, kind = word.rstrip("!").partition(":")
        found[name] = Field(name, kind or "str", word.endswith("!"))
    return found


METHODS: dict[str, dict[str, Field]] = {name: _fields(text) for name, text in _TABLE.items()}
"""Every known method with its parameters, by Telegram's spelling."""

BY_LOWER: dict[str, str] = {name.lower(): name for name in METHODS}
"""Method names are case-insensitive on the wire."""


def read(method: str, given: dict[str, Any]) -> tuple[Json, list[str]]:
    """The parameters in their proper types, and the names that the method does not have.

    Uploads stay `Upload`; a `file` parameter may also be text (a file id, a link or `attach://name`).
    """
    fields = METHODS[method]
    params: Json = {}
    attached = {name for name, value in given.items() if isinstance(value, Upload)}
    unknown = sorted(name for name in given if name not in fields and name not in attached)
    for field in fields.values():
        value = given.get(field.name)
        if value is None or (value == "" and field.kind != "str"):
            if field.required:
                raise bad_request(_MISSING.get(field.name, f'parameter "{field.name}" is required'))
            continue
        if field.required and value == "":
            raise bad_request(_MISSING.get(field.name, f'parameter "{field.name}" is required'))
        params[field.name] = _convert(field, value)
    for name in attached - set(fields):
        params.setdefault("_attached", {})[name] = given[name]
    return params, unknown


def _convert(field: Field, value: Any) -> Any:
    wrong = bad_request(f'parameter "{field.name}" has a wrong type')
    if field.kind == "file":
        if isinstance(value, Upload | str):
            return value
        raise wrong
    if isinstance(value, Upload):
        raise wrong
    _check_unicode(value)
    if field.kind == "json":
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            what = {"reply_markup": "reply keyboard markup", "reply_parameters": "reply parameters"}
            raise bad_request(f"can't parse {what.get(field.name, field.name)} JSON object") from None
    if field.kind == "bool":
        if isinstance(value, bool):
            return value
        return str(value).lower() in ("true", "yes", "1")
    if field.kind == "str":
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise wrong
    return _number(field, value, wrong)


def _check_unicode(value: Any) -> None:
    """Half a surrogate pair, which JSON can carry and UTF-8 cannot, is refused anywhere."""
    try:
        (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


def _number(field: Field, value: Any, wrong: ApiError) -> int | float | str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise wrong
    if field.kind == "chat" and isinstance(value, str) and value.startswith("@"):
        return value
    try:
        return float(value) if field.kind == "float" else int(value)
    except ValueError:
        if field.kind == "chat":
            raise bad_request("chat not found") from None
        raise wrong from None


def language(params: Json) -> str:
    """The two-letter language of a profile text, empty for the fallback."""
    code = str(params.get("language_code", ""))
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


def commands(given: Any) -> list[Json]:
    """A checked command list: at most 100, names of `a-z0-9_` up to 32, descriptions up to 256."""
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    seen: list[Json] = []
    for entry in given:
        if not isinstance(entry, dict) or "command" not in entry or "description" not in entry:
            raise bad_request("can't parse BotCommand: BotCommand must be an Object")
        name = str(entry["command"]).lstrip("/")
        description = str(entry["description"]).strip()
        if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        seen.append({"command": name, "description": description})
    return seen


def start_parameter(value: str, wrong: str) -> None:
    """A deep-link payload: 1 to 64 of `A-Za-z0-9_-`."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise bad_request(wrong)
