"""Seeded hostile input: what a person, a broken app or an attacker may put into an update."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bot.sandbox import Chat, Person
from bot.sandbox.world import World

Json = dict[str, Any]

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c\u180e"
RTL = "\u202e\u202d\u202b\u2067\u2066\u2068\u2069\u202c\u200f\u200e"
FRAGMENTS = (
    "<b>",
    "</b></i>",
    "<a href='x",
    "&lt;&amp;&#x0;&#1114112;",
    "<tg-spoiler><pre><code class=",
    "```",
    "[x](tg://user?id=1)",
    "*_~`|\\",
    "<![CDATA[",
    "<script>alert(1)</script>",
    "'; DROP TABLE inbox; --",
    '" OR 1=1 --',
    "{0} {x} {0.__class__} {{}}",
    "%s %d %(x)s %n %",
    "${jndi:ldap://x/y}",
    "$(reboot) `id`",
    "../../etc/passwd",
    "\r\n\r\nHTTP/1.1 200 OK",
    "123456:AAFakeTokenThatOpensNothing_0123456789",
    "NaN",
    "-1e999",
    "0x7fffffffffffffff",
    "1" * 400,
    "٠١٢٣٤٥٦٧٨٩",
    "𝟙𝟚𝟛",
    "18057",
    "Rostock",
    "Beratung",
    "asylum",
    "112",
    "morgen",
    "سكن",
    "робота",
    "null",
    "\\u0000",
    "\x1b[2J\x07",
    "\x7f\x80\x9f",
    "\u2028\u2029\x0b\x0c",
    "🏳️‍🌈👨‍👩‍👧‍👦🇩🇪",
    "ﷺ" * 50,
    "ǅ ß ẞ İ ı ﬁ",
    "@lotse_bot",
    "/",
    "//start",
    "tel:110",
    "https://t.me/lotse_bot?start=x",
)
COMMANDS = (
    "/nothing",
    "/start",
    "/start " + "x" * 64,
    "/start o-%%%",
    "/start lang-xx",
    "/start lang-ar",
    "/start e-../..",
    "/START",
    "/start@somebody_else",
    "/start@lotse_bot",
    "/help " + "🦄" * 50,
    "/" + "a" * 64,
    "/1",
    "/ü",
    "/stale",
    "/mydata",
    "/forget",
    "/language de",
    "/id",
    "/\u202estart",
)
DATA = (
    "",
    "m",
    "zz|1",
    "m|x|y|z",
    "c|99999999999999999999",
    "c|-5",
    "t|c|nothing|-1",
    "o|asylum|nowhere|9999999",
    "o|||",
    "r|offer|",
    "r|nonsense|id",
    "r|article|' OR 1=1",
    "v|offer|x|-1",
    "x|offer|x",
    "G|town|nowhere|3",
    "G|bad|value",
    "p|lang|-3",
    "p|bad",
    "n|q",
    "e|never|nowhere|xx|77",
    "E|x|-99999999999999",
    "E|x|99999999999999999",
    "s|x|0",
    "s|x|999999999999999999999999",
    "u|x|0",
    "i|x|-1",
    "L|xx",
    "L|ar|" + "y" * 50,
    "A|bad|9",
    "d|bad|bad",
    "h|xx",
    "P|bad",
    "D",
    "|" * 64,
    "\0\0\0",
    "🦄" * 16,
    "x" * 64,
    "x" * 5000,
    "m|\u202e",
    "٣",
    "c|٣",
    "c|1_0",
)
ATTACHMENTS: dict[str, Any] = {
    "voice": {"file_id": "v", "file_unique_id": "v", "duration": 1},
    "audio": {"file_id": "v", "file_unique_id": "v", "duration": 1, "title": "<b>"},
    "video": {"file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 1},
    "video_note": {"file_id": "v", "file_unique_id": "v", "length": 1, "duration": 1},
    "animation": {"file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 1},
    "photo": [],
    "document": {"file_id": "d", "file_unique_id": "d", "file_name": "../../<b>.exe"},
    "sticker": {"file_id": "s", "file_unique_id": "s", "emoji": "\u202e"},
    "contact": {"phone_number": "'; --", "first_name": "{0}"},
    "poll": {"id": "1", "question": "<b>", "options": []},
    "dice": {"emoji": "🎰", "value": 64},
    "invoice": {"title": "x", "description": "x", "currency": "XTR", "total_amount": 1},
    "successful_payment": {"currency": "XTR", "total_amount": 10**12, "invoice_payload": "x"},
    "refunded_payment": {"currency": "XTR", "total_amount": 1},
    "paid_media": {"star_count": 1, "paid_media": []},
    "story": {"id": 1},
    "game": {"title": "x"},
    "giveaway": {},
    "web_app_data": {"data": "{}", "button_text": "x"},
    "passport_data": {"data": []},
    "users_shared": {"request_id": 1, "users": []},
    "chat_shared": {"request_id": 1, "chat_id": 1},
    "checklist": {"title": "x", "tasks": []},
    "something_new": {"deep": [{"er": [None]}]},
}
UNKNOWN: tuple[Json, ...] = (
    {"something_new": {"a": 1}},
    {"message_reaction": {"chat": {"id": 1, "type": "private"}}},
    {"poll": {"id": "1"}},
    {"poll_answer": {"poll_id": "1"}},
    {"business_message": {"text": "x"}},
    {"chat_join_request": {}},
    {"channel_post": {"chat": {"id": -1001, "type": "channel"}, "text": "x", "message_id": 1, "date": 1}},
    {"edited_channel_post": {}},
    {"message": {}},
    {"message": {"chat": {}}},
    {"message": []},
    {"message": "text"},
    {"message": {"chat": {"id": "1", "type": 5}, "message_id": None}},
    {"callback_query": {}},
    {"callback_query": {"id": 5, "from": {}}},
    {"inline_query": {"id": "1", "from": {}, "query": None}},
    {"my_chat_member": {"chat": {"id": 0}}},
    {"pre_checkout_query": {"id": "1"}},
    {},
)


class Corpus:
    """Hostile updates from people and groups of a sandbox's world, the same for the same seed."""

    def __init__(self, world: World, people: list[Person], groups: list[Chat], seed: int) -> None:
        self._world = world
        self._people = people
        self._groups = groups
        self._random = random.Random(seed)
        self._message_id = 500_000
        self._kinds: tuple[tuple[int, Callable[[Person], Json]], ...] = (
            (42, self._message),
            (8, self._edited),
            (16, self._attached),
            (14, self._pressed),
            (6, self._in_group),
            (5, self._inline),
            (4, self._unknown),
            (2, self._payment),
            (3, self._place),
        )

    def update(self, person: Person) -> Json:
        """One update from this person, without a number."""
        weights = [weight for weight, _ in self._kinds]
        (_, make), *_ = self._random.choices(self._kinds, weights)
        return make(person)

    def words(self, person: Person) -> Json:
        """A hostile text in the person's private chat: something that must be answered."""
        return {
            "message": {
                **self._body(person),
                "text": f"{self._random.choice(FRAGMENTS)} {self.text()}"[:4096],
            }
        }

    def text(self) -> str:
        """One hostile text of 1 to 4,096 characters (a surrogate half counts as one)."""
        chance = self._random
        match chance.randrange(16):
            case 0:
                return chance.choice(ZERO_WIDTH) * chance.randint(1, 4096)
            case 1:
                return "".join(chance.choices(RTL, k=chance.randint(1, 200))) + chance.choice(FRAGMENTS)
            case 2:
                return chance.choice("🦄👍🏽🧿") * (4096 if chance.random() < 0.2 else 300)
            case 3:
                halves = [chr(chance.randint(0xD800, 0xDFFF)) for _ in range(chance.randint(1, 20))]
                return "a" + "".join(halves) + "b"
            case 4:
                return chance.choice(COMMANDS)
            case 5:
                return "\0" * chance.randint(1, 50) + chance.choice(FRAGMENTS) + "\0"
            case 6:
                marks = "".join(chr(chance.randint(0x300, 0x36F)) for _ in range(30))
                return "".join(letter + marks for letter in chance.choice(("Hilfe", "Beratung", "zalgo")))
            case 7:
                return chance.choice("aЖعß字") * 4096
            case 8:
                return "".join(chr(chance.randint(1, 0xD7FF)) for _ in range(chance.randint(1, 300)))
            case 9:
                return "".join(chr(chance.randint(0x10000, 0x10FFFF)) for _ in range(40))
            case 10:
                return "<b>" * chance.randint(1, 1000)
            case 11:
                return "\n" * chance.randint(1, 4096)
            case _:
                return chance.choice(("", " ", ZERO_WIDTH[0])).join(
                    chance.choices(FRAGMENTS, k=chance.randint(1, 12))
                )[:4096]

    def _body(self, person: Person, chat: Chat | None = None) -> Json:
        self._message_id += 1
        place = chat or self._world.chats[person.id]
        sender = person.as_user()
        if self._random.random() < 0.2:
            sender["language_code"] = self._random.choice(("xx", "", "zh-hant", "ar-" + "x" * 99, "\0", 5))
        return {
            "message_id": self._message_id,
            "date": self._random.choice((0, 1_800_000_000, -1)),
            "chat": self._world.chat_json(place),
            "from": sender,
        }

    def _message(self, person: Person) -> Json:
        body = {**self._body(person), "text": self.text()}
        match self._random.randrange(12):
            case 0:
                body["reply_to_message"] = self._nested(self._random.randint(1, 300))
            case 1:
                body["forward_origin"] = {"type": "unknown", "date": 1}
            case 2:
                body["entities"] = [{"type": "bot_command", "offset": -5, "length": 10**9}]
            case 3:
                body["media_group_id"] = self._random.choice(("1", "x" * 5000))
        return {"message": body}

    def _nested(self, depth: int) -> Json:
        inner: Json = {}
        for _ in range(depth):
            inner = {"reply_to_message": inner, "text": "<b>", "from": {"id": 1}}
        return inner

    def _edited(self, person: Person) -> Json:
        return {"edited_message": {**self._body(person), "text": self.text(), "edit_date": 1}}

    def _attached(self, person: Person) -> Json:
        name = self._random.choice(tuple(ATTACHMENTS))
        body = {**self._body(person), name: ATTACHMENTS[name]}
        if self._random.random() < 0.3:
            body["caption"] = self.text()
        return {"message": body}

    def _place(self, person: Person) -> Json:
        numbers = (0, -90, 90, 180, 54.08, 12.1, 1e308, -1e-300)
        place = {"latitude": self._random.choice(numbers), "longitude": self._random.choice(numbers)}
        return {"message": {**self._body(person), "location": place}}

    def _pressed(self, person: Person) -> Json:
        """A button of a message of the bot's, or of none; the query itself Telegram has long forgotten."""
        own = [m.message_id for m in self._world.chats[person.id].messages.values() if m.from_bot]
        body = self._body(person)
        body["message_id"] = self._random.choice(own) if own else 1
        if self._random.random() < 0.2:
            body = {"chat": body["chat"], "message_id": 999_999_999, "date": 0}
        query: Json = {"id": "1", "from": person.as_user(), "chat_instance": "1", "message": body}
        if self._random.random() < 0.95:
            query["data"] = self._random.choice((*DATA, self.text()))
        return {"callback_query": query}

    def _inline(self, person: Person) -> Json:
        offset = self._random.choice(("", "-1", "x" * 999, "9" * 40))
        return {"inline_query": {"id": "1", "from": person.as_user(), "query": self.text(), "offset": offset}}

    def _in_group(self, person: Person) -> Json:
        group = self._random.choice(self._groups)
        text = self.text()
        if self._random.random() < 0.3:
            text = f"@lotse_bot {text}"
        return {"message": {**self._body(person, group), "text": text}}

    def _unknown(self, _: Person) -> Json:
        return dict(self._random.choice(UNKNOWN))

    def _payment(self, person: Person) -> Json:
        money = {"currency": "XTR", "total_amount": -1, "invoice_payload": self.text()}
        return {"pre_checkout_query": {"id": "1", "from": person.as_user(), **money}}
