"""The rarer refusals and courtesies of the API."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.sandbox import Person, Sandbox, acting

from .conftest import Client

TEXT = {"text": "a"}


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        (
            "sendMessage",
            {**TEXT, "entities": [{"type": "loud"}]},
            "can't parse MessageEntity: Unsupported type specified",
        ),
        (
            "sendMessage",
            {**TEXT, "entities": [{"type": "bold", "offset": 0}]},
            'can\'t parse MessageEntity: Field "length" must be of type Number',
        ),
        (
            "sendMessage",
            {**TEXT, "reply_markup": {"nonsense": 1}},
            "can't parse reply keyboard markup JSON object",
        ),
        (
            "sendMessage",
            {**TEXT, "reply_markup": {"inline_keyboard": "x"}},
            'can\'t parse reply keyboard markup JSON object: Field "inline_keyboard" must be of type Array',
        ),
        (
            "sendMessage",
            {**TEXT, "reply_markup": {"inline_keyboard": ["x"]}},
            "can't parse reply keyboard markup JSON object: Row must be an Array",
        ),
        (
            "sendMessage",
            {**TEXT, "reply_markup": {"inline_keyboard": [["x"]]}},
            "can't parse inline keyboard button: InlineKeyboardButton must be an Object",
        ),
        (
            "sendMessage",
            {**TEXT, "reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            "sendMessage",
            {
                **TEXT,
                "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "x", "phone": 1}]]},
            },
            'can\'t parse inline keyboard button: unexpected field "phone"',
        ),
        (
            "sendMessage",
            {
                **TEXT,
                "reply_markup": {"inline_keyboard": [[{"text": "x", "web_app": {"url": "http://a.de"}}]]},
            },
            "inline keyboard button Web App URL 'http://a.de' is invalid: Only HTTPS links are allowed",
        ),
        (
            "sendMessage",
            {**TEXT, "reply_markup": {"keyboard": [[1]]}},
            "can't parse keyboard button: KeyboardButton must be a String or an Object",
        ),
        (
            "sendMessage",
            {**TEXT, "reply_markup": {"keyboard": [[{"text": ""}]]}},
            "can't parse keyboard button: Can't find field \"text\"",
        ),
        (
            "sendMessage",
            {
                **TEXT,
                "reply_markup": {
                    "keyboard": [[{"text": "x", "request_contact": True, "request_location": True}]]
                },
            },
            "can't parse keyboard button: KeyboardButton must have at most one optional field",
        ),
        ("sendMessage", {**TEXT, "reply_parameters": [1]}, "object expected as reply parameters"),
        ("sendMessage", {"text": ["a"]}, 'parameter "text" has a wrong type'),
        ("sendMessage", {**TEXT, "message_thread_id": "x"}, 'parameter "message_thread_id" has a wrong type'),
        ("sendMessage", {**TEXT, "message_thread_id": [1]}, 'parameter "message_thread_id" has a wrong type'),
        ("sendPhoto", {"photo": 5}, 'parameter "photo" has a wrong type'),
        ("sendPhoto", {"photo": "attach://missing"}, "there is no photo in the request"),
        ("sendPhoto", {"photo": "unknown"}, "wrong file identifier/HTTP URL specified"),
        ("sendMessageDraft", {"draft_id": 0, "text": "a"}, "draft_id must be non-zero"),
        ("editMessageText", {**TEXT, "inline_message_id": "x"}, "MESSAGE_ID_INVALID"),
        (
            "editMessageMedia",
            {"message_id": 1, "media": {"type": "dance"}},
            "can't parse InputMedia: invalid type specified",
        ),
        ("deleteMessages", {"message_ids": []}, "message identifiers are not specified"),
        ("getChatMember", {"user_id": 1}, "user not found"),
        ("getChatAdministrators", {}, "there are no administrators in the private chat"),
        ("leaveChat", {}, "chat member status can't be changed in private chats"),
        ("setMyCommands", {"commands": "x"}, "can't parse commands JSON object"),
        ("setMyCommands", {"commands": {}}, "expected an Array of BotCommand"),
        ("setMyCommands", {"commands": ["x"]}, "can't parse BotCommand: BotCommand must be an Object"),
        (
            "setMyCommands",
            {"commands": [], "scope": {"type": "moon"}},
            "can't parse BotCommandScope: BotCommandScope must be an Object",
        ),
        (
            "setMyCommands",
            {"commands": [], "scope": {"type": "chat"}},
            "can't parse BotCommandScope: Can't find field \"chat_id\"",
        ),
        ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": "x"}}, "chat not found"),
        ("setMyName", {"name": ""}, "BOT_TITLE_INVALID"),
        (
            "setChatMenuButton",
            {"menu_button": {"type": "x"}},
            "can't parse menu button: MenuButton has unsupported type",
        ),
    ],
)
async def test_refusals(api: Client, amira: Person, method: str, params: dict[str, Any], error: str) -> None:
    given = {"chat_id": amira.id, **params} if "commands" not in params and method != "setMyName" else params
    answer = await api(method, **given)
    assert (answer.status, answer.error) == (400, f"Bad Request: {error}")


async def test_replies_to_what_is_gone(api: Client, sandbox: Sandbox, amira: Person) -> None:
    hers = await sandbox.send_text(amira, amira, "question")
    reply = (await api("sendMessage", chat_id=amira.id, text="a", reply_to_message_id=hers.message_id)).result
    assert reply["reply_to_message"]["text"] == "question"
    lenient = {"message_id": 999, "allow_sending_without_reply": True}
    sent = (await api("sendMessage", chat_id=amira.id, text="a", reply_parameters=lenient)).result
    assert "reply_to_message" not in sent
    for markup in ({"remove_keyboard": True}, {"force_reply": True}, {}):
        assert (
            "reply_markup"
            not in (await api("sendMessage", chat_id=amira.id, text="a", reply_markup=markup)).result
        )


async def test_uploads_by_name_and_lost_uploads(api: Client, sandbox: Sandbox, amira: Person) -> None:
    def form() -> aiohttp.FormData:
        data = aiohttp.FormData({"chat_id": str(amira.id), "document": "attach://here"})
        data.add_field("here", b"BEGIN", filename="a.ics", content_type="text/calendar")
        return data

    assert (await api.upload("sendDocument", form())).result["document"]["mime_type"] == "text/calendar"
    sandbox.fault("lost_response")
    with pytest.raises(aiohttp.ClientError):
        await api.upload("sendDocument", form())
    assert len(sandbox.chat_of(amira).messages) == 2
    assert sandbox.transcript(amira).splitlines()[-1] == "Lotse: <document a.ics>"
    async with api.session.get(f"{sandbox.api_url}/file/bot{sandbox.token}/documents/none") as missing:
        assert missing.status == 404
    async with api.session.get(f"{sandbox.api_url}/file/bot1:x/documents/none") as foreign:
        assert foreign.status == 401
    async with api.session.get(f"{sandbox.api_url}/botnothing") as nothing:
        assert nothing.status == 404


async def test_captions_are_edited_and_replaced(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sent = (
        await api("sendDocument", chat_id=amira.id, document="https://example.org/a.pdf", caption="a")
    ).result
    where = {"chat_id": amira.id, "message_id": sent["message_id"]}
    edited = (await api("editMessageCaption", caption="<b>b</b>", parse_mode="HTML", **where)).result
    assert (edited["caption"], edited["caption_entities"][0]["type"]) == ("b", "bold")
    no_text = await api("editMessageText", text="x", **where)
    assert no_text.error == "Bad Request: there is no text in the message to edit"
    copied = (await api("copyMessage", from_chat_id=amira.id, caption="c", **where)).result
    assert sandbox.chat_of(amira).messages[copied["message_id"]].text == "c"


async def test_links_of_all_kinds(sandbox: Sandbox, amira: Person) -> None:
    name = sandbox.world.bot_username
    assert acting.deep_link(f"https://t.me/{name}?start=abc", name) == "abc"
    assert acting.deep_link(f"https://t.me/{name.upper()}", name) == ""
    assert acting.deep_link(f"tg://resolve?domain={name}&start=x-1_", name) == "x-1_"
    assert acting.deep_link(f"https://t.me/{name}?startgroup=1", name) is None
    assert acting.deep_link("https://t.me/other_bot?start=abc", name) is None
    assert acting.deep_link("https://example.org/lotse_bot?start=abc", name) is None
    assert acting.deep_link(f"https://t.me/{name}?start={'a' * 65}", name) == ""


async def test_inline_results_of_places(api: Client, sandbox: Sandbox, amira: Person) -> None:
    venue = {
        "type": "venue",
        "id": "v",
        "title": "Office",
        "address": "Street 1",
        "latitude": 54.0,
        "longitude": 12.0,
    }
    query = acting.ask_inline(sandbox, amira, "office", "")
    assert (await api("answerInlineQuery", inline_query_id=query.id, results=[venue])).result is True
    posted = await sandbox.choose_inline(amira, amira, "office", venue)
    assert posted.raw["venue"]["title"] == "Office"
    assert sandbox.transcript(amira) == "Amira: <venue Office, Street 1>"
    for wrong, error in (
        (5, "can't parse inline query result: Inline query result must be an object"),
        ({"type": "dance", "id": "1"}, 'can\'t parse inline query result: type "dance" is unsupported'),
        ({"type": "article", "id": "1"}, "can't parse inline query result: Can't find field \"title\""),
        (
            {"type": "article", "id": "1", "title": "t"},
            "can't parse inline query result: Input message content is not specified",
        ),
    ):
        query = acting.ask_inline(sandbox, amira, "x", "")
        answer = await api("answerInlineQuery", inline_query_id=query.id, results=[wrong])
        assert answer.error.startswith(f"Bad Request: {error}")
