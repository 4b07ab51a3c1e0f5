"""Texts, entities and keyboards as Telegram reads them, with Telegram's own error texts.

HTML is the only parse mode known here. Offsets of entities count UTF-16 units, byte offsets in
error texts count UTF-8 bytes, both as in the Bot API. Lengths are measured in UTF-16 units, the
strictest reading of the limits.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

from .world import Json, bad_request

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_INVISIBLE = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_PLAIN_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}
_TAGS = {*_PLAIN_TAGS, "a", "span", "tg-emoji", "tg-time", "blockquote"}
_ENTITY_TYPES = {
    *_PLAIN_TAGS.values(),
    *(["blockquote", "expandable_blockquote", "text_link", "text_mention", "custom_emoji", "date_time"]),
    *(["mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"]),
}
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[\w.-]+))?""")
_REFERENCE = re.compile(r"&(?:#x[0-9a-fA-F]{1,7}|#[0-9]{1,8}|lt|gt|amp|quot);?")
_FOUND = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])"
    r"|(?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<mention>(?<![\w/])@[A-Za-z]\w{3,31})"
    r"|(?P<bot_command>(?<![\w/<])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<hashtag>(?<!\w)#\w{1,256})"
)


def utf16(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def _refuse(text: str) -> Exception:
    return bad_request(f"can't parse entities: {text}")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Text and entities of Telegram HTML; raises the 400 that Telegram answers on bad markup."""
    parts: list[str] = []
    length = 0
    entities: list[Json] = []
    stack: list[tuple[str, dict[str, str], int, int]] = []
    position = 0
    while position < len(source):
        character = source[position]
        if character == "&":
            reference = _REFERENCE.match(source, position)
            decoded = html.unescape(reference[0].rstrip(";") + ";") if reference else ""
            if reference and decoded:
                parts.append(decoded)
                length += utf16(decoded)
                position = reference.end()
                continue
        if character != "<":
            end = position + 1
            while end < len(source) and source[end] not in "<&":
                end += 1
            parts.append(source[position:end])
            length += utf16(source[position:end])
            position = end
            continue
        at = len(source[:position].encode())
        if source.startswith("</", position):
            position = _close(source, position, at, stack, entities, parts, length)
        else:
            name, attributes, position = _open(source, position, at)
            stack.append((name, attributes, length, len(parts)))
    if stack:
        raise _refuse(f'Can\'t find end tag corresponding to start tag "{stack[-1][0]}"')
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return "".join(parts), entities


def _open(source: str, position: int, at: int) -> tuple[str, dict[str, str], int]:
    end = position + 1
    while end < len(source) and not source[end].isspace() and source[end] != ">":
        end += 1
    if end >= len(source):
        raise _refuse(f"Unclosed start tag at byte offset {at}")
    name = source[position + 1 : end].lower()
    if name not in _TAGS:
        raise _refuse(f'Unsupported start tag "{name}" at byte offset {at}')
    attributes: dict[str, str] = {}
    while True:
        while end < len(source) and source[end].isspace():
            end += 1
        if end >= len(source):
            raise _refuse(f"Unclosed start tag at byte offset {at}")
        if source[end] == ">":
            break
        attribute = _ATTRIBUTE.match(source, end)
        if attribute is None:
            raise _refuse(f'Empty attribute name in the tag "{name}" at byte offset {at}')
        value = attribute[2]
        if value is None and not (name == "blockquote" and attribute[1] == "expandable"):
            raise _refuse(
                f'Expected equal sign in declaration of an attribute of the tag "{name}" at byte offset {at}'
            )
        value = value or ""
        attributes[attribute[1].lower()] = html.unescape(value[1:-1] if value[:1] in "\"'" else value)
        end = attribute.end()
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise _refuse(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
    return name, attributes, end + 1


def _close(
    source: str,
    position: int,
    at: int,
    stack: list[tuple[str, dict[str, str], int, int]],
    entities: list[Json],
    parts: list[str],
    length: int,
) -> int:
    if not stack:
        raise _refuse(f"Unexpected end tag at byte offset {at}")
    end_match = re.compile(r"</([^\s>]*)\s*>").match(source, position)
    if end_match is None:
        raise _refuse(f"Unclosed end tag at byte offset {at}")
    name, attributes, offset, first_part = stack[-1]
    found = end_match[1].lower()
    if found and found != name:
        raise _refuse(f'Unmatched end tag at byte offset {at}, expected "</{name}>", found "</{found}>"')
    stack.pop()
    if length > offset:
        entity = _entity(name, attributes, "".join(parts[first_part:]))
        if entity is not None:
            entities.append({**entity, "offset": offset, "length": length - offset})
    return end_match.end()


def _entity(name: str, attributes: dict[str, str], inner: str) -> Json | None:
    if name == "span":
        return {"type": "spoiler"}
    if name == "blockquote":
        return {"type": "expandable_blockquote" if "expandable" in attributes else "blockquote"}
    if name == "tg-emoji":
        number = attributes.get("emoji-id", "")
        if not number.isdigit() or int(number) == 0:
            raise _refuse("Invalid custom emoji identifier specified")
        return {"type": "custom_emoji", "custom_emoji_id": number}
    if name == "tg-time":
        unix = attributes.get("unix", "")
        if not unix.isdigit():
            raise _refuse("Invalid date-time format specified")
        moment: Json = {"type": "date_time", "unix_time": int(unix)}
        if attributes.get("format"):
            moment["date_time_format"] = attributes["format"]
        return moment
    if name == "a":
        url = attributes.get("href") or inner
        if link_problem(url) is not None:
            return None
        return {"type": "text_link", "url": url}
    if name == "code" and attributes.get("class", "").startswith("language-"):
        return {"type": "code"}
    return {"type": _PLAIN_TAGS[name]}


def link_problem(url: str) -> str | None:
    """Why Telegram refuses a link, or None: only http, https, tg and ton, and a host with a dot."""
    parts = urlsplit(url if re.match(r"^[A-Za-z][\w+.-]*:", url) else f"http://{url}")
    if parts.scheme.lower() not in ("http", "https", "tg", "ton"):
        return "Unsupported URL protocol"
    if parts.scheme.lower() in ("tg", "ton"):
        return None
    host = parts.hostname or ""
    if not host:
        return "URL host is empty"
    if " " in url or ("." not in host and ":" not in host):
        return "Wrong HTTP URL"
    return None


def detect(text: str, entities: list[Json]) -> list[Json]:
    """Adds the links, mentions, commands and hashtags that Telegram finds by itself in plain text."""
    if not any(sign in text for sign in "@/#:"):
        return entities
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in ("code", "pre", "text_link", "text_mention", "url", "mention", "bot_command")
    ]
    found = list(entities)
    for match in _FOUND.finditer(text):
        offset = utf16(text[: match.start()])
        length = utf16(match[0])
        if any(offset < end and start < offset + length for start, end in taken):
            continue
        found.append({"type": str(match.lastgroup), "offset": offset, "length": length})
    found.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return found


def formatted(
    text: str, parse_mode: str | None, entities: list[Json] | None, *, limit: int, caption: bool
) -> tuple[str, list[Json]]:
    """Parses, trims and measures a text; the limit counts after parsing.

    Raises the 400 for bad markup, an empty text (not for captions) and one that is too long.
    """
    found: list[Json] = []
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        text, found = parse_html(text)
    elif entities:
        found = _given(text, entities)
    text = text.replace("\r", "").replace("\x00", "")
    stripped = text.rstrip()
    lead = len(stripped) - len(stripped.lstrip())
    shift = utf16(stripped[:lead])
    text = stripped[lead:]
    size = utf16(text)
    kept = []
    for entity in found:
        start = max(0, entity["offset"] - shift)
        end = min(size, entity["offset"] + entity["length"] - shift)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    if not caption and not text.strip(_INVISIBLE + " \n\t\u3000"):
        raise bad_request("message text is empty")
    if size > limit:
        raise bad_request("message caption is too long" if caption else "message is too long")
    return text, detect(text, kept)


def _given(text: str, entities: list[Json]) -> list[Json]:
    size = utf16(text)
    for entity in entities:
        if entity.get("type") not in _ENTITY_TYPES:
            raise bad_request("can't parse MessageEntity: Unsupported type specified")
        offset, length = entity.get("offset"), entity.get("length")
        if not isinstance(offset, int) or not isinstance(length, int) or offset < 0 or length <= 0:
            raise bad_request('can\'t parse MessageEntity: Field "length" must be of type Number')
        if offset + length > size:
            raise bad_request(f"entity beginning at UTF-16 offset {offset} ends after the end of the text")
    return entities


_INLINE_KINDS = {
    *(
        [
            "url",
            "callback_data",
            "web_app",
            "login_url",
            "switch_inline_query",
            "switch_inline_query_current_chat",
        ]
    ),
    *(["switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay", "disabled"]),
}
_REPLY_KINDS = (
    "request_contact",
    "request_location",
    "request_poll",
    "request_users",
    "request_chat",
    "web_app",
)


def check_reply_markup(markup: Any, *, private: bool, inline_only: bool = False) -> Json:
    """The checked markup: an inline keyboard, a reply keyboard, a removal or a forced reply."""
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return {"inline_keyboard": _inline_rows(markup["inline_keyboard"])}
    if inline_only:
        raise bad_request("inline keyboard expected")
    if "keyboard" in markup:
        return {**markup, "keyboard": _reply_rows(markup["keyboard"], private)}
    if markup.get("remove_keyboard") is True or markup.get("force_reply") is True:
        return markup
    if not markup:
        return {}
    raise bad_request("can't parse reply keyboard markup JSON object")


def _rows(rows: Any, field: str) -> list[list[Any]]:
    if not isinstance(rows, list):
        raise bad_request(
            f'can\'t parse reply keyboard markup JSON object: Field "{field}" must be of type Array'
        )
    if any(not isinstance(row, list) for row in rows):
        raise bad_request("can't parse reply keyboard markup JSON object: Row must be an Array")
    if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
        raise bad_request("reply markup is too long")
    return [row for row in rows if row]


def _inline_rows(rows: Any) -> list[list[Json]]:
    checked = _rows(rows, "inline_keyboard")
    for row in checked:
        for button in row:
            _check_inline_button(button)
    return checked


def _check_inline_button(button: Any) -> None:
    prefix = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad_request(prefix + "InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request(prefix + 'Can\'t find field "text"')
    if not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    kinds = [name for name in _INLINE_KINDS if name in button]
    if not kinds:
        raise bad_request(prefix + "Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad_request(prefix + "InlineKeyboardButton must have exactly one optional field")
    unknown = set(button) - _INLINE_KINDS - {"text", "style", "icon_custom_emoji_id"}
    if unknown:
        raise bad_request(prefix + f'unexpected field "{min(unknown)}"')
    value = button[kinds[0]]
    if kinds[0] == "callback_data":
        if not isinstance(value, str) or not 1 <= len(value.encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    elif kinds[0] == "url":
        problem = "URL is empty" if not isinstance(value, str) or not value else link_problem(value)
        if problem:
            raise bad_request(f"inline keyboard button URL '{value}' is invalid: {problem}")
    elif kinds[0] == "copy_text":
        copied = value.get("text") if isinstance(value, dict) else None
        if not isinstance(copied, str) or not 1 <= utf16(copied) <= 256:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    elif kinds[0] in ("web_app", "login_url"):
        url = value.get("url") if isinstance(value, dict) else None
        if not isinstance(url, str) or not url.startswith("https://"):
            raise bad_request(
                f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed"
            )


def _reply_rows(rows: Any, private: bool) -> list[list[Json]]:
    checked = []
    for row in _rows(rows, "keyboard"):
        line: list[Json] = []
        for button in row:
            card: Any = {"text": button} if isinstance(button, str) else button
            if not isinstance(card, dict):
                raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
            if not isinstance(card.get("text"), str) or not card["text"].strip():
                raise bad_request("can't parse keyboard button: Can't find field \"text\"")
            kinds = [name for name in _REPLY_KINDS if card.get(name)]
            if len(kinds) > 1:
                raise bad_request(
                    "can't parse keyboard button: KeyboardButton must have at most one optional field"
                )
            if kinds and not private:
                what = {"request_contact": "phone number", "request_location": "location"}.get(
                    kinds[0], "data"
                )
                raise bad_request(f"{what} can be requested in private chats only")
            line.append(card)
        checked.append(line)
    return checked
