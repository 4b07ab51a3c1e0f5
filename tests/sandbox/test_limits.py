"""Every limit that Telegram enforces, at its edge and one step beyond."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.sandbox import Person, Sandbox

from .conftest import Client, Clock


def inline(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


def key(**kind: Any) -> dict[str, Any]:
    return {"text": "x", **kind}


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n\u200b"}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "half a pair \ud83d"}, "strings must be encoded in UTF-8"),
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "a", "parse_mode": "Klingon"}, "unsupported parse_mode"),
        ({"text": "a", "reply_markup": "no json"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "a", "reply_markup": []}, "object expected as reply markup"),
        ({"text": "a", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        (
            {"text": "a", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
            "entity beginning at UTF-16 offset 0 ends after the end of the text",
        ),
    ],
)
async def test_refuses_texts(api: Client, amira: Person, params: dict[str, Any], error: str) -> None:
    answer = await api("sendMessage", chat_id=amira.id, **params)
    assert (answer.status, answer.error) == (400, f"Bad Request: {error}")


@pytest.mark.parametrize(
    "params",
    [
        {"text": "a" * 4096},
        {"text": "<b>" + "a" * 4096 + "</b>", "parse_mode": "HTML"},
        {"text": "a", "reply_markup": inline([key(callback_data="ä" * 32)])},
        {"text": "a", "reply_markup": inline([key(copy_text={"text": "1" * 256})])},
        {"text": "a", "reply_markup": inline([key(url="tg://resolve?domain=x")], [key(url="example.org")])},
        {"text": "a", "reply_markup": inline(*[[key(callback_data="a")] * 5] * 20)},
        {"text": "a", "reply_markup": {"keyboard": [[{"text": "here", "request_location": True}]]}},
    ],
)
async def test_accepts_what_just_fits(api: Client, amira: Person, params: dict[str, Any]) -> None:
    message = (await api("sendMessage", chat_id=amira.id, **params)).result
    assert message["text"] == params["text"].removeprefix("<b>").removesuffix("</b>")
    if "keyboard" in params.get("reply_markup", {}):
        assert "reply_markup" not in message, "Telegram never echoes reply keyboards"


@pytest.mark.parametrize(
    ("markup", "error"),
    [
        (inline([key(callback_data="ä" * 33)]), "BUTTON_DATA_INVALID"),
        (inline([key(callback_data="")]), "BUTTON_DATA_INVALID"),
        (inline(*[[key(callback_data="a")] * 5] * 20, [key(callback_data="a")]), "reply markup is too long"),
        (inline([key(callback_data="a")] * 9), "reply markup is too long"),
        (
            inline([key(url="tel:110")]),
            "inline keyboard button URL 'tel:110' is invalid: Unsupported URL protocol",
        ),
        (
            inline([key(url="mailto:a@b.de")]),
            "inline keyboard button URL 'mailto:a@b.de' is invalid: Unsupported URL protocol",
        ),
        (
            inline([key(url="http://nowhere")]),
            "inline keyboard button URL 'http://nowhere' is invalid: Wrong HTTP URL",
        ),
        (inline([key(copy_text={"text": ""})]), "BUTTON_COPY_TEXT_INVALID"),
        (inline([key(copy_text={"text": "1" * 257})]), "BUTTON_COPY_TEXT_INVALID"),
        (
            inline([key()]),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            inline([key(callback_data="a", url="https://example.org")]),
            "can't parse inline keyboard button: InlineKeyboardButton must have exactly one optional field",
        ),
        (inline([{"text": " ", "callback_data": "a"}]), "inline keyboard button text must be non-empty"),
        ({"keyboard": [[{"text": "x"}] * 9]}, "reply markup is too long"),
    ],
)
async def test_refuses_keyboards(api: Client, amira: Person, markup: dict[str, Any], error: str) -> None:
    answer = await api("sendMessage", chat_id=amira.id, text="a", reply_markup=markup)
    assert (answer.status, answer.error) == (400, f"Bad Request: {error}")


async def test_location_is_asked_for_in_private_only(api: Client, sandbox: Sandbox, amira: Person) -> None:
    group = sandbox.group("Verein", [amira])
    await sandbox.add_bot_to_group(group, amira)
    markup = {"keyboard": [[{"text": "here", "request_location": True}]]}
    answer = await api("sendMessage", chat_id=group.id, text="a", reply_markup=markup)
    assert answer.error == "Bad Request: location can be requested in private chats only"


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("sendMessage", {"text": "a"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": "nobody", "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": 12345, "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": "@nobody", "text": "a"}, "chat not found"),
        ("sendDocument", {"chat_id": 1}, "there is no document in the request"),
        ("sendLocation", {"chat_id": 1, "latitude": 1}, "longitude is empty"),
        ("getFile", {"file_id": "nothing"}, "wrong file_id or the file is temporarily unavailable"),
        ("setMyCommands", {"commands": [{"command": "Ä", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": [{"command": "a" * 33, "description": "x"}]}, "BOT_COMMAND_INVALID"),
        (
            "setMyCommands",
            {"commands": [{"command": "a", "description": "x" * 257}]},
            "BOT_COMMAND_DESCRIPTION_INVALID",
        ),
        (
            "setMyCommands",
            {"commands": [{"command": "a", "description": "x"}] * 101},
            "BOT_COMMANDS_TOO_MUCH",
        ),
        ("setMyCommands", {"commands": [], "language_code": "pt-br"}, "invalid language code specified"),
        ("setMyName", {"name": "x" * 65}, "BOT_TITLE_INVALID"),
        ("setMyDescription", {"description": "x" * 513}, "BOT_DESCRIPTION_TOO_LONG"),
        ("setMyShortDescription", {"short_description": "x" * 121}, "BOT_ABOUT_TOO_LONG"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "1"},
            "query is too old and response timeout expired or query ID is invalid",
        ),
        (
            "setWebhook",
            {"url": "http://example.org/"},
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            "setWebhook",
            {"url": "https://example.org/", "secret_token": "ä"},
            "secret token contains unallowed characters",
        ),
        (
            "setWebhook",
            {"url": "https://example.org/", "secret_token": "a" * 257},
            "secret token is too long",
        ),
    ],
)
async def test_refuses_parameters(api: Client, method: str, params: dict[str, Any], error: str) -> None:
    answer = await api(method, **params)
    assert (answer.status, answer.error) == (400, f"Bad Request: {error}")


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"action": "dancing"}, "wrong parameter action in request"),
        ({}, "wrong parameter action in request"),
    ],
)
async def test_chat_actions(api: Client, amira: Person, params: dict[str, Any], error: str) -> None:
    assert (await api("sendChatAction", chat_id=amira.id, **params)).error == f"Bad Request: {error}"
    assert (await api("sendChatAction", chat_id=amira.id, action="typing")).result is True


async def test_captions_and_files(api: Client, sandbox: Sandbox, amira: Person) -> None:
    def form(kind: str, content: bytes, caption: str) -> aiohttp.FormData:
        data = aiohttp.FormData({"chat_id": str(amira.id), "caption": caption})
        data.add_field(kind, content, filename="a.ics", content_type="text/calendar")
        return data

    sent = (await api.upload("sendDocument", form("document", b"BEGIN", "c" * 1024))).result
    assert sent["document"]["file_name"] == "a.ics"
    assert sent["document"]["file_size"] == 5
    assert sent["caption"] == "c" * 1024
    long = await api.upload("sendDocument", form("document", b"BEGIN", "c" * 1025))
    assert long.error == "Bad Request: message caption is too long"
    empty = await api.upload("sendDocument", form("document", b"", ""))
    assert empty.error == "Bad Request: file must be non-empty"
    sandbox.methods.messages.max_upload = 10
    sandbox.methods.messages.max_photo = 5
    assert (await api.upload("sendDocument", form("document", b"x" * 11, ""))).status == 413
    photo = await api.upload("sendPhoto", form("photo", b"x" * 6, ""))
    assert (
        photo.error == "Bad Request: file of size 6 bytes is too big for a photo; the maximum size is 5 bytes"
    )
    again = (await api("sendDocument", chat_id=amira.id, document=sent["document"]["file_id"])).result
    assert again["document"]["file_id"] == sent["document"]["file_id"]
    path = (await api("getFile", file_id=sent["document"]["file_id"])).result["file_path"]
    async with api.session.get(f"{sandbox.api_url}/file/bot{sandbox.token}/{path}") as download:
        assert await download.read() == b"BEGIN"


async def test_edits(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sent = (await api("sendMessage", chat_id=amira.id, text="one")).result
    where = {"chat_id": amira.id, "message_id": sent["message_id"]}
    same = await api("editMessageText", text="one", **where)
    assert same.error.startswith("Bad Request: message is not modified: specified new message content")
    edited = (await api("editMessageText", text="<i>two</i>", parse_mode="HTML", **where)).result
    assert edited["text"] == "two"
    assert edited["entities"] == [{"type": "italic", "offset": 0, "length": 3}]
    assert edited["edit_date"] >= sent["date"]
    markup = inline([key(callback_data="a")])
    assert (await api("editMessageReplyMarkup", reply_markup=markup, **where)).result[
        "reply_markup"
    ] == markup
    assert "reply_markup" not in (await api("editMessageText", text="three", **where)).result
    gone = await api("editMessageText", text="x", chat_id=amira.id, message_id=999)
    assert gone.error == "Bad Request: message to edit not found"
    hers = await sandbox.send_text(amira, amira, "mine")
    foreign = await api("editMessageText", text="x", chat_id=amira.id, message_id=hers.message_id)
    assert foreign.error == "Bad Request: message can't be edited"
    caption = await api("editMessageCaption", caption="x", **where)
    assert caption.error == "Bad Request: there is no caption in the message to edit"
    missing = await api("editMessageText", text="x", chat_id=amira.id)
    assert missing.error == "Bad Request: message identifier is not specified"


async def test_deletes_within_48_hours(api: Client, clock: Clock, sandbox: Sandbox, amira: Person) -> None:
    first = (await api("sendMessage", chat_id=amira.id, text="one")).result
    second = (await api("sendMessage", chat_id=amira.id, text="two")).result
    assert (await api("deleteMessage", chat_id=amira.id, message_id=first["message_id"])).result is True
    again = await api("deleteMessage", chat_id=amira.id, message_id=first["message_id"])
    assert again.error == "Bad Request: message to delete not found"
    clock.time += 48 * 3600
    late = await api("deleteMessage", chat_id=amira.id, message_id=second["message_id"])
    assert late.error == "Bad Request: message can't be deleted for everyone"
    many = await api("deleteMessages", chat_id=amira.id, message_ids=list(range(1, 102)))
    assert many.error == "Bad Request: too many message identifiers specified"
    assert sandbox.chat_of(amira).messages.keys() == {second["message_id"]}


async def test_old_queries_cannot_be_answered(
    api: Client, clock: Clock, sandbox: Sandbox, amira: Person
) -> None:
    sent = await api("sendMessage", chat_id=amira.id, text="a", reply_markup=inline([key(callback_data="a")]))
    message = sandbox.chat_of(amira).messages[sent.result["message_id"]]
    press = await sandbox.press(amira, message, "x")
    long = await api("answerCallbackQuery", callback_query_id=press.asked.id, text="x" * 201)
    assert long.error == "Bad Request: MESSAGE_TOO_LONG"
    assert (await api("answerCallbackQuery", callback_query_id=press.asked.id, text="x" * 200)).result is True
    twice = await api("answerCallbackQuery", callback_query_id=press.asked.id)
    assert twice.error.startswith("Bad Request: query is too old")
    late = await sandbox.press(amira, message, "a")
    clock.time += 61
    too_late = await api("answerCallbackQuery", callback_query_id=late.asked.id)
    assert too_late.error.startswith("Bad Request: query is too old")


async def test_inline_answers(api: Client, sandbox: Sandbox, amira: Person) -> None:
    await sandbox.raw_update({"message": {"chat": {"id": 1}, "text": "keeps the queue non-empty"}})
    from bot.sandbox import acting

    article = {"type": "article", "id": "1", "title": "t", "input_message_content": {"message_text": "m"}}
    for results, extra, error in (
        ([{**article, "id": str(n)} for n in range(51)], {}, "RESULTS_TOO_MUCH"),
        ([article, article], {}, "RESULT_ID_DUPLICATE"),
        ([{**article, "id": "i" * 65}], {}, "RESULT_ID_INVALID"),
        ([article], {"next_offset": "n" * 65}, "NEXT_OFFSET_INVALID"),
        ([article], {"button": {"text": "x", "start_parameter": "ä"}}, "START_PARAM_INVALID"),
        ([{**article, "input_message_content": {"message_text": ""}}], {}, "message text is empty"),
    ):
        query = acting.ask_inline(sandbox, amira, "x", "")
        answer = await api("answerInlineQuery", inline_query_id=query.id, results=results, **extra)
        assert answer.error == f"Bad Request: {error}"
        assert query.answer is None


async def test_tokens_and_methods(api: Client, sandbox: Sandbox) -> None:
    async with api.session.get(f"{sandbox.api_url}/bot123:{'A' * 35}/getMe") as wrong:
        assert wrong.status == 401
        assert await wrong.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    async with api.session.get(f"{sandbox.api_url}/botnonsense/getMe") as malformed:
        assert malformed.status == 404
    unknown = await api("sendTelepathy", chat_id=1)
    assert (unknown.status, unknown.body["description"]) == (404, "Not Found")
    assert sandbox.unknown_methods == ["sendTelepathy"]
    assert (await api("GETME")).result["is_bot"] is True
    await api("getMe", telepathy=True)
    assert sandbox.unknown_parameters == [("getMe", "telepathy")]


async def test_parameters_arrive_in_every_form(api: Client, sandbox: Sandbox, amira: Person) -> None:
    url = f"{sandbox.api_url}/bot{sandbox.token}/sendMessage"
    markup = '{"inline_keyboard":[[{"text":"x","callback_data":"a"}]]}'
    params = {"chat_id": str(amira.id), "text": "q", "reply_markup": markup, "disable_notification": "true"}
    async with api.session.get(url, params=params) as response:
        assert (await response.json())["result"]["reply_markup"]["inline_keyboard"][0][0]["text"] == "x"
    async with api.session.post(url, data=params) as response:
        assert (await response.json())["result"]["text"] == "q"
    async with api.session.post(url, data=b"[1]", headers={"Content-Type": "application/json"}) as response:
        assert response.status == 400
    assert sandbox.counts["sendMessage"] == 2
    assert [call.method for call in sandbox.calls] == ["sendMessage", "sendMessage"]
