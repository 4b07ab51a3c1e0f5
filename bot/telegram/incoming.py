"""What is kept of an update, and nothing else.

An update arrives full of names, usernames, phone numbers and other people's talk. ``scrub`` picks
out, field by field, the few things an answer needs; whatever is not picked here is never stored,
logged or even held in memory. What remains is a small flat record, the same before and after a
restart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, Literal

from bot.domain.text import blanked, clean
from bot.telegram.pasted import authored

MAX_TEXT = 8_192
"""Characters of a text that are kept; Telegram itself sends at most 4,096 (Bot API, Message)."""

_MAX_DATA = 256
_MAX_TAG = 35

Json = Mapping[str, Any]


class Kind(StrEnum):
    """What an update is about."""

    MESSAGE = "message"
    CALLBACK = "callback"
    INLINE = "inline"
    MEMBER = "member"
    MIGRATED = "migrated"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself: what decides whether talk in a group is meant for it."""

    id: int
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One update, freed of everything personal.

    - ``chat_id``: where the answer goes; for an inline query (and a button under a card shared
      elsewhere, which has no ``message_id``) the asker's own private chat, which has the same number.
      For ``MIGRATED`` it is the old group, and ``new_chat_id`` its new number.
    - ``hint``: language of the person's app, as Telegram gives it.
    - ``text``: text or caption, without a mention of the bot. For a command it is the whole line;
      ``command`` is in lower case, without slash and address; ``arguments`` is what follows.
    - ``attachment``: ``voice``, ``photo``, ``document``, ``sticker``, ``contact``, ``video``, ``poll``,
      ``dice``, ``payment``, ``other``, or None. ``location`` is (latitude, longitude) in degrees.
    - ``query_id``: to be answered: of a pressed button, an inline query, or a payment that was begun.
      ``data`` is what the button carries; an inline query's words are in ``text``.
    - ``member``: the bot's own new status in the chat (``member``, ``administrator``, ``kicked``,
      ``left``, ``restricted``, ``other``), ``was`` the one before.
    - ``album``: the mark that pictures sent together share.
    - ``entities``: the formatting of ``text`` (type, offset, length, url, language, as Telegram gives
      them), ``file`` (``photo`` or ``document``, and its file id) and ``written`` (when, in seconds since
      1970): of authors alone, see :func:`scrub`.
    - ``replied``: the number of the bot's own message that this one answers.
    - ``sender``: who speaks or presses in a group or channel, and only where something is to be chosen
      for it: whether it is an administrator must be asked. ``anonymous``: the group or channel speaks itself.
    - ``skipped``: how many updates of the same chat this one stands for, because they came too fast.
    - ``arrived``: how many messages of its answer were delivered before the rest had to be put off.
    """

    update_id: int
    kind: Kind
    chat_id: int
    chat_type: Literal["private", "group", "channel"] = "private"
    message_id: int | None = None
    hint: str | None = None
    text: str = ""
    command: str | None = None
    arguments: str = ""
    data: str | None = None
    query_id: str | None = None
    attachment: str | None = None
    location: tuple[float, float] | None = None
    forwarded: bool = False
    member: str | None = None
    was: str | None = None
    new_chat_id: int | None = None
    album: str | None = None
    entities: tuple[Mapping[str, Any], ...] = ()
    file: tuple[str, str] | None = None
    written: int | None = None
    replied: int | None = None
    sender: int | None = None
    anonymous: bool = False
    skipped: int = 0
    arrived: int = 0

    @classmethod
    def parse(cls, kept: Json) -> Incoming:
        """The update behind what ``scrub`` returned; ValueError when it is not such a record.

        Keys that this version does not know are passed over, so that an inbox survives an upgrade.
        """
        try:
            values = {key: kept[key] for key in _FIELDS if key in kept}
            values["kind"] = Kind(values["kind"])
            if values.get("location") is not None:
                latitude, longitude = values["location"]
                values["location"] = (float(latitude), float(longitude))
            if "entities" in values:
                values["entities"] = tuple(values["entities"])
            if values.get("file") is not None:
                values["file"] = (values["file"]["kind"], values["file"]["id"])
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise ValueError("not a record of the inbox") from error


_FIELDS = tuple(field.name for field in fields(Incoming))
_DEFAULTS = {field.name: field.default for field in fields(Incoming) if field.default is not MISSING}

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+|$)")

# What a message may carry, most telling first: an animation also has a document, a venue a location.
_ATTACHMENTS = (
    ("voice", "voice"),
    ("audio", "voice"),
    ("video_note", "video"),
    ("animation", "video"),
    ("video", "video"),
    ("live_photo", "photo"),
    ("paid_media", "photo"),
    ("photo", "photo"),
    ("sticker", "sticker"),
    ("contact", "contact"),
    ("users_shared", "contact"),
    ("poll", "poll"),
    ("dice", "dice"),
    ("successful_payment", "payment"),
    ("refunded_payment", "payment"),
    ("invoice", "payment"),
    ("document", "document"),
)

# Notes that Telegram writes into a chat by itself; an answer to them would puzzle everybody.
_SERVICE = frozenset(
    {
        "boost_added",
        "channel_chat_created",
        "chat_background_set",
        "chat_owner_changed",
        "chat_owner_left",
        "checklist_tasks_added",
        "checklist_tasks_done",
        "community_chat_added",
        "community_chat_joined",
        "community_chat_removed",
        "connected_website",
        "delete_chat_photo",
        "direct_message_price_changed",
        "forum_topic_closed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "giveaway_completed",
        "giveaway_created",
        "group_chat_created",
        "left_chat_member",
        "managed_bot_created",
        "message_auto_delete_timer_changed",
        "new_chat_members",
        "new_chat_photo",
        "new_chat_title",
        "paid_message_price_changed",
        "pinned_message",
        "poll_option_added",
        "poll_option_deleted",
        "proximity_alert_triggered",
        "supergroup_chat_created",
        "video_chat_ended",
        "video_chat_participants_invited",
        "video_chat_scheduled",
        "video_chat_started",
        "write_access_allowed",
    }
)

_CHOOSING = frozenset({"news", "nachrichten", "forget", "loeschen", "mydata", "meinedaten"})
"""The commands of a group's administrators."""
_IN_CHANNELS = _CHOOSING | {"language", "sprache"}
_CHOICE = re.compile(r"N|[DFL](?:\||$)")
"""How the buttons begin that are for a group's administrators (news, what is stored, forgetting, language):
:mod:`bot.dialog.actions`."""
_STATUSES = ("creator", "administrator", "member", "restricted", "left", "kicked")
_REAL = frozenset({"text", "caption", "location", "venue", *(key for key, _ in _ATTACHMENTS)})
_CHAT_TYPES = {"private": "private", "group": "group", "supergroup": "group", "channel": "channel"}


def never(_: int) -> bool:
    """Nobody is an author."""
    return False


def scrub(update: Json, me: Me, *, author: Callable[[int], bool] = never) -> dict[str, Any] | None:
    """The flat record of an update that needs an answer, or None where there is nothing to answer.

    ``author`` tells whether a chat belongs to staff who write announcements. Of those, and only of
    what they say in their private chat, the formatting, the handle of a photo or document and the second
    are kept until the update is answered. Nobody else's files leave more than a word.

    None is given for talk in a group that is not meant for the bot, for Telegram's own notes in a
    chat, for the bot's own words coming back, and for kinds of update that Lotse does not serve.
    Only values that differ from the defaults of :class:`Incoming` are in the record. ValueError
    when the update is not shaped as the Bot API says.
    """
    try:
        number = _integer(update["update_id"])
        kept = _pick(update, me, author)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        # No message of the original: it may quote what was written.
        raise ValueError(f"an update of an unknown shape ({type(error).__name__})") from None
    if kept is None:
        return None
    kept["update_id"] = number
    return {key: value for key, value in kept.items() if key not in _DEFAULTS or _DEFAULTS[key] != value}


def _pick(update: Json, me: Me, author: Callable[[int], bool]) -> dict[str, Any] | None:
    if (message := update.get("message")) is not None:
        return _message(message, me, author, edited=False)
    if (message := update.get("edited_message")) is not None:
        return _message(message, me, author, edited=True)
    if (post := update.get("channel_post")) is not None:
        return _post(post, me)
    if (query := update.get("callback_query")) is not None:
        return _callback(query)
    if (query := update.get("inline_query")) is not None:
        return {
            **_asker(query),
            "kind": Kind.INLINE,
            "query_id": _line(query["id"]),
            "text": _text(query.get("query", "")),
        }
    if (change := update.get("my_chat_member")) is not None:
        return {
            **_chat(change["chat"]),
            "kind": Kind.MEMBER,
            "hint": _hint(change["from"]),
            "member": _status(change["new_chat_member"]),
            "was": _status(change["old_chat_member"]),
        }
    if (query := update.get("pre_checkout_query")) is not None:
        return {**_asker(query), "kind": Kind.PAYMENT, "query_id": _line(query["id"])}
    return None


def _message(message: Json, me: Me, author: Callable[[int], bool], *, edited: bool) -> dict[str, Any] | None:
    chat = _chat(message["chat"])
    if "migrate_to_chat_id" in message:
        return {**chat, "kind": Kind.MIGRATED, "new_chat_id": _integer(message["migrate_to_chat_id"])}
    if "migrate_from_chat_id" in message:
        moved = {**chat, "chat_id": _integer(message["migrate_from_chat_id"]), "new_chat_id": chat["chat_id"]}
        return {**moved, "kind": Kind.MIGRATED}
    sender = message.get("from") or {}
    # The bot's own cards, sent by inline mode into a chat it is in, and other bots: never an answer,
    # or two bots talk for ever. An anonymous administrator speaks as a bot, with a sender_chat.
    if (message.get("via_bot") or {}).get("id") == me.id:
        return None
    if sender.get("is_bot") and "sender_chat" not in message:
        return None
    if not _REAL.intersection(message) and _SERVICE.intersection(message):
        return None
    kept: dict[str, Any] = {
        **chat,
        "kind": Kind.MESSAGE,
        "message_id": _integer(message["message_id"]),
        "hint": _hint(sender),
        "forwarded": "forward_origin" in message or "forward_date" in message,
        "album": _line(message["media_group_id"]) if "media_group_id" in message else None,
        **_body(message),
    }
    if edited and "location" in kept:
        return None  # A live location moves: one answer is enough.
    meant = _understand(kept, message, me)
    answered = message.get("reply_to_message") or {}
    if (answered.get("from") or {}).get("id") == me.id:
        kept["replied"] = _integer(answered["message_id"])
    if chat["chat_type"] != "private" and _chooses(kept):
        kept.update(_chooser(message))
    if chat["chat_type"] == "private" and author(chat["chat_id"]):
        kept.update(text=_as_written(message), **authored(message, kept.get("attachment")))
    return kept if meant or chat["chat_type"] == "private" else None


def _post(post: Json, me: Me) -> dict[str, Any] | None:
    """Of a channel's posts only the commands about its news; all others are none of our business."""
    kept: dict[str, Any] = {
        **_chat(post["chat"]),
        "kind": Kind.MESSAGE,
        "message_id": _integer(post["message_id"]),
        "text": _text(post.get("text", "")),
        "anonymous": True,  # only administrators can post
    }
    meant = _understand(kept, post, me) and kept.get("command") in _IN_CHANNELS
    return kept if meant else None


def _chooses(kept: Mapping[str, Any]) -> bool:
    """Whether a command is for a group's administrators; a link for adding the bot may ask for news there."""
    command = kept.get("command")
    return command in _CHOOSING or (command == "start" and kept["arguments"].startswith("news-"))


def _chooser(message: Json) -> dict[str, Any]:
    """Who speaks in a group: a person, or the group itself (an administrator who stays anonymous)."""
    if (message.get("sender_chat") or {}).get("id") == message["chat"]["id"]:
        return {"anonymous": True}
    sender = message.get("from")
    return {} if sender is None or "sender_chat" in message else {"sender": _integer(sender["id"])}


def _body(message: Json) -> dict[str, Any]:
    text = message.get("text")
    body: dict[str, Any] = {"text": _text(message.get("caption", "") if text is None else text)}
    place = message.get("location") or (message.get("venue") or {}).get("location")
    if place is not None:
        # To a kilometre: what the nearest doors need, and no more.
        body["location"] = (round(float(place["latitude"]), 2), round(float(place["longitude"]), 2))
    elif text is None:
        body["attachment"] = next((name for key, name in _ATTACHMENTS if key in message), "other")
    return body


def _understand(kept: dict[str, Any], message: Json, me: Me) -> bool:
    """Set command, arguments and the text without mentions; say whether the bot is meant."""
    text = kept["text"]
    command = _COMMAND.match(text)
    if command is not None:
        name, address = command.groups()
        if address is not None and address.casefold() != me.username.casefold():
            return False
        kept["command"] = name.lower()
        kept["arguments"] = text[command.end() :].strip()
        return True
    mention = re.compile(rf"(?<![\w@])@{re.escape(me.username)}(?!\w)\s*[,:]?", re.IGNORECASE)
    without, mentions = mention.subn(" ", text)
    if mentions:
        kept["text"] = " ".join(without.split()) if "\n" not in without else without.strip()
        return True
    answered = message.get("reply_to_message") or {}
    return bool((answered.get("from") or {}).get("id") == me.id)


def _callback(query: Json) -> dict[str, Any]:
    message = query.get("message")
    where = _asker(query) if message is None else _chat(message["chat"])
    data = _line(query["data"]) if "data" in query else None
    chooses = where["chat_type"] != "private" and data is not None and bool(_CHOICE.match(data))
    return {
        **where,
        "kind": Kind.CALLBACK,
        "hint": _hint(query["from"]),
        "message_id": None if message is None else _integer(message["message_id"]),
        "query_id": _line(query["id"]),
        "data": data,
        **({"sender": _integer(query["from"]["id"])} if chooses else {}),
    }


def _asker(query: Json) -> dict[str, Any]:
    """The private chat of whoever asks: a private chat has the number of its person."""
    return {"chat_id": _integer(query["from"]["id"]), "chat_type": "private", "hint": _hint(query["from"])}


def _chat(chat: Json) -> dict[str, Any]:
    return {"chat_id": _integer(chat["id"]), "chat_type": _CHAT_TYPES.get(chat["type"], "group")}


def _hint(person: Json) -> str | None:
    tag = person.get("language_code")
    return tag if isinstance(tag, str) and len(tag) <= _MAX_TAG and tag.replace("-", "").isalnum() else None


def _status(membership: Json) -> str:
    status = membership["status"]
    return status if status in _STATUSES else "other"


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise TypeError("not an integer")
    return value


def _line(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return clean(value[:_MAX_DATA])


def _as_written(message: Json) -> str:
    """A message's text or caption, in which formatting counts its places: what is dropped elsewhere is a
    space here."""
    text = message.get("text")
    value = message.get("caption", "") if text is None else text
    return blanked(value[:MAX_TEXT])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return clean(value[:MAX_TEXT])
