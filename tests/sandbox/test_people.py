"""What people do in the stand-in, and what the bot gets to see of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox import Person, Sandbox

from .conftest import Client

KEYS = {
    "inline_keyboard": [
        [{"text": "Data", "callback_data": "d"}, {"text": "Copy", "copy_text": {"text": "112"}}],
        [
            {"text": "Web", "url": "https://example.org/"},
            {"text": "Deep", "url": "https://t.me/lotse_bot?start=org_7"},
        ],
    ]
}


async def updates(api: Client) -> list[Any]:
    found: list[Any] = (await api("getUpdates")).result
    if found:
        await api("getUpdates", offset=found[-1]["update_id"] + 1, limit=1)
    return found


async def test_buttons(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sent = (await api("sendMessage", chat_id=amira.id, text="choose", reply_markup=KEYS)).result
    message = sandbox.chat_of(amira).messages[sent["message_id"]]
    assert message.button_texts == ["Data", "Copy", "Web", "Deep"]
    assert (await sandbox.press(amira, message, "Copy")).value == "112"
    assert (await sandbox.press(amira, message, "Web")).value == "https://example.org/"
    press = await sandbox.press(amira, message, "d")
    (update,) = await updates(api)
    assert update["callback_query"]["data"] == "d"
    assert update["callback_query"]["message"]["reply_markup"] == KEYS
    await api(
        "answerCallbackQuery", callback_query_id=update["callback_query"]["id"], text="ok", show_alert=True
    )
    assert await sandbox.answer_to(press.asked) == {"text": "ok", "show_alert": True, "url": ""}
    await sandbox.press(amira, message, "Deep")
    (update,) = await updates(api)
    assert update["message"]["text"] == "/start org_7"
    with pytest.raises(ValueError, match="no button 'Nothing'"):
        await sandbox.press(amira, message, "Nothing")
    await api("deleteMessage", chat_id=amira.id, message_id=message.message_id)
    await sandbox.press_data(amira, message, "d")
    (update,) = await updates(api)
    assert update["callback_query"]["message"]["date"] == 0


async def test_reply_keyboards(api: Client, sandbox: Sandbox, amira: Person) -> None:
    markup = {"keyboard": [[{"text": "Here", "request_location": True}, "No"]], "one_time_keyboard": True}
    sent = (await api("sendMessage", chat_id=amira.id, text="where?", reply_markup=markup)).result
    message = sandbox.chat_of(amira).messages[sent["message_id"]]
    with pytest.raises(ValueError, match="needs a location"):
        await sandbox.press(amira, message, "Here")
    await sandbox.press(amira, message, "Here", location=(54.09, 12.14))
    assert sandbox.chat_of(amira).reply_keyboard is None
    await sandbox.press(amira, message, "No")
    seen = await updates(api)
    assert seen[0]["message"]["location"] == {"latitude": 54.09, "longitude": 12.14}
    assert seen[1]["message"]["text"] == "No"


async def test_all_kinds_of_messages(api: Client, sandbox: Sandbox, amira: Person) -> None:
    await sandbox.send_photo(amira, amira, "look")
    await sandbox.send_voice(amira, amira)
    await sandbox.send_document(amira, amira, "letter.pdf")
    await sandbox.send_sticker(amira, amira)
    await sandbox.send_contact(amira, amira, "+49 30 23125 014", "Ali")
    await sandbox.send_poll(amira, amira, "when?", ["now", "later"])
    await sandbox.send_dice(amira, amira)
    text = await sandbox.send_text(amira, amira, "orignal")
    await sandbox.edit(amira, text, "original")
    await sandbox.forward(amira, amira, text)
    await sandbox.send_text(amira, amira, "that one", reply_to=text)
    seen = await updates(api)
    kinds = ("photo", "voice", "document", "sticker", "contact", "poll", "dice", "text")
    for kind, update in zip(kinds, seen, strict=False):
        assert kind in update["message"]
    assert seen[8]["edited_message"]["text"] == "original"
    assert seen[9]["message"]["forward_origin"]["sender_user"]["id"] == amira.id
    assert seen[10]["message"]["reply_to_message"]["message_id"] == text.message_id


async def test_blocking(api: Client, sandbox: Sandbox, amira: Person) -> None:
    await sandbox.block(amira)
    await sandbox.block(amira)
    (update,) = await updates(api)
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    answer = await api("sendMessage", chat_id=amira.id, text="a")
    assert (answer.status, answer.error) == (403, "Forbidden: bot was blocked by the user")
    with pytest.raises(ValueError, match="has blocked the bot"):
        await sandbox.send_text(amira, amira, "hello?")
    await sandbox.unblock(amira)
    assert (await api("sendMessage", chat_id=amira.id, text="a")).status == 200


async def test_a_bot_cannot_write_first(api: Client, sandbox: Sandbox) -> None:
    olena = sandbox.person("Olena", "uk")
    assert (await api("sendMessage", chat_id=olena.id, text="a")).error == "Bad Request: chat not found"
    sandbox.group("Verein", [olena])
    answer = await api("sendMessage", chat_id=olena.id, text="a")
    assert (answer.status, answer.error) == (403, "Forbidden: bot can't initiate conversation with a user")
    await sandbox.send_text(olena, olena, "/start")
    assert (await api("sendMessage", chat_id=olena.id, text="a")).status == 200


async def test_groups(api: Client, sandbox: Sandbox, amira: Person) -> None:
    group = sandbox.group("Verein", [amira])
    await sandbox.send_text(group, amira, "nobody listens")
    answer = await api("sendMessage", chat_id=group.id, text="a")
    assert (answer.status, answer.error) == (403, "Forbidden: bot is not a member of the group chat")
    await sandbox.add_bot_to_group(group, amira)
    joined, service = await updates(api)
    assert joined["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["username"] == "lotse_bot"
    hers = await sandbox.send_text(group, amira, "hello")
    assert (await api("deleteMessage", chat_id=group.id, message_id=hers.message_id)).error == (
        "Bad Request: message can't be deleted for everyone"
    )
    assert (await api("getChatMember", chat_id=group.id, user_id=amira.id)).result["status"] == "creator"
    assert (await api("getChatAdministrators", chat_id=group.id)).result[0]["user"]["id"] == amira.id
    assert (await api("getChat", chat_id=group.id)).result["title"] == "Verein"
    await sandbox.remove_bot_from_group(group, amira)
    answer = await api("sendMessage", chat_id=group.id, text="a")
    assert (answer.status, answer.error) == (403, "Forbidden: bot was kicked from the group chat")
    with pytest.raises(ValueError, match="not in this group"):
        await sandbox.send_text(group, sandbox.person("Jonas"), "hello")


async def test_leaving_a_group(api: Client, sandbox: Sandbox, amira: Person) -> None:
    group = sandbox.group("Verein", [amira], supergroup=True)
    await sandbox.add_bot_to_group(group, amira, administrator=True)
    hers = await sandbox.send_text(group, amira, "hello")
    assert (await api("deleteMessage", chat_id=group.id, message_id=hers.message_id)).result is True
    assert (await api("leaveChat", chat_id=group.id)).result is True
    answer = await api("sendMessage", chat_id=group.id, text="a")
    assert answer.error == "Forbidden: bot is not a member of the supergroup chat"


async def test_migration(api: Client, sandbox: Sandbox, amira: Person) -> None:
    group = sandbox.group("Verein", [amira])
    await sandbox.add_bot_to_group(group, amira)
    new = await sandbox.migrate(group, amira)
    answer = await api("sendMessage", chat_id=group.id, text="a")
    assert answer.error == "Bad Request: group chat was upgraded to a supergroup chat"
    assert answer.body["parameters"] == {"migrate_to_chat_id": new.id}
    assert new.id < -1_000_000_000_000
    assert (await api("sendMessage", chat_id=new.id, text="a")).result["chat"]["type"] == "supergroup"
    seen = await updates(api)
    assert seen[-2]["message"]["migrate_to_chat_id"] == new.id
    assert seen[-1]["message"]["migrate_from_chat_id"] == group.id


async def test_privacy_mode_shows_only_what_is_meant_for_the_bot(api: Client) -> None:
    async with Sandbox(privacy_mode=True) as shy:
        client = Client(shy, api.session)
        amira = shy.person("Amira", "ar")
        group = shy.group("Verein", [amira])
        await shy.add_bot_to_group(group, amira)
        await updates(client)
        for text in ("hello", "/help", "/help@other_bot", "@lotse_bot hi"):
            await shy.send_text(group, amira, text)
        said = (await client("sendMessage", chat_id=group.id, text="?")).result
        await shy.send_text(group, amira, "an answer", reply_to=said["message_id"])
        assert [update["message"]["text"] for update in await updates(client)] == [
            "/help",
            "@lotse_bot hi",
            "an answer",
        ]


async def test_inline_mode(api: Client, sandbox: Sandbox, amira: Person) -> None:
    asked = asyncio.create_task(sandbox.inline_query(amira, "swim"))
    (update,) = (await api("getUpdates", timeout=5)).result
    assert update["inline_query"]["query"] == "swim"
    content = {"message_text": "<b>Swim</b>", "parse_mode": "HTML"}
    markup = {"inline_keyboard": [[{"text": "More", "callback_data": "m"}]]}
    result = {
        "type": "article",
        "id": "1",
        "title": "Swim",
        "input_message_content": content,
        "reply_markup": markup,
    }
    await api("answerInlineQuery", inline_query_id=update["inline_query"]["id"], results=[result])
    (offered,) = await asked
    await updates(api)
    group = sandbox.group("Verein", [amira])
    posted = await sandbox.choose_inline(group, amira, "swim", offered)
    assert posted.text == "Swim"
    assert posted.entities == [{"type": "bold", "offset": 0, "length": 4}]
    assert posted.raw["via_bot"]["username"] == "lotse_bot"
    (chosen,) = await updates(api)
    inline_id = chosen["chosen_inline_result"]["inline_message_id"]
    await sandbox.press(amira, posted, "More")
    (pressed,) = await updates(api)
    assert pressed["callback_query"]["inline_message_id"] == inline_id
    assert (await api("editMessageText", inline_message_id=inline_id, text="gone")).result is True
    assert posted.text == "gone"
    with pytest.raises(TimeoutError, match="query unanswered"):
        await sandbox.inline_query(amira, "nothing", timeout=0.05)


async def test_waiting(api: Client, sandbox: Sandbox, amira: Person) -> None:
    await sandbox.send_text(amira, amira, "hello")
    waiting = asyncio.create_task(sandbox.answers(amira, 2))
    await api("sendMessage", chat_id=amira.id, text="one")
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await api("sendMessage", chat_id=amira.id, text="two")
    assert [message.text for message in await waiting] == ["one", "two"]
    since = sandbox.world.revision
    assert (await sandbox.wait_for(amira, lambda message: message.text == "one")).text == "one"
    with pytest.raises(TimeoutError, match="Lotse: two"):
        await sandbox.wait_for(amira, lambda message: True, 0.05, since=since)
    assert sandbox.transcript(amira) == "Amira: hello\nLotse: one\nLotse: two"


async def test_history_is_bounded(api: Client) -> None:
    async with Sandbox(history=5) as small:
        client = Client(small, api.session)
        amira = small.person("Amira", "ar", started=True)
        for number in range(8):
            await client("sendMessage", chat_id=amira.id, text=str(number))
        assert len(small.chat_of(amira).messages) == 5
        assert small.chat_of(amira).forgotten == 3


async def test_profile(api: Client, sandbox: Sandbox, amira: Person) -> None:
    menu = [{"command": "start", "description": "Start"}]
    arabic = [{"command": "start", "description": "ابدأ"}]
    chat = {"type": "chat", "chat_id": amira.id}
    await api("setMyCommands", commands=menu)
    await api("setMyCommands", commands=arabic, language_code="ar")
    assert (await api("getMyCommands")).result == menu
    assert (await api("getMyCommands", scope=chat)).result == []
    assert sandbox.profile.commands_for(amira.id, True, "ar-SY") == arabic
    own = [{"command": "own", "description": "Own"}]
    await api("setMyCommands", commands=own, scope=chat)
    assert sandbox.profile.commands_for(amira.id, True, "ar") == own
    await api("deleteMyCommands", scope=chat)
    assert sandbox.profile.commands_for(amira.id, True, "uk") == menu
    await api("setMyDescription", description="مرحبا", language_code="ar")
    assert (await api("getMyDescription", language_code="ar")).result == {"description": "مرحبا"}
    assert (await api("getMyDescription")).result == {"description": ""}
    await api("setMyShortDescription", short_description="short")
    assert (await api("getMyShortDescription", language_code="uk")).result == {"short_description": "short"}
    await api("setMyName", name="Navigator", language_code="en")
    assert (await api("getMyName", language_code="en")).result == {"name": "Navigator"}
    assert (await api("getMyName")).result == {"name": "Lotse"}
    await api("setChatMenuButton", chat_id=amira.id, menu_button={"type": "commands"})
    assert (await api("getChatMenuButton", chat_id=amira.id)).result == {"type": "commands"}


async def test_copies_forwards_media_and_drafts(api: Client, sandbox: Sandbox, amira: Person) -> None:
    hers = await sandbox.send_text(amira, amira, "keep this")
    place = {"chat_id": amira.id, "from_chat_id": amira.id, "message_id": hers.message_id}
    copied = (await api("copyMessage", **place)).result
    assert sandbox.chat_of(amira).messages[copied["message_id"]].text == "keep this"
    forwarded = (await api("forwardMessage", **place)).result
    assert forwarded["forward_origin"]["sender_user"]["id"] == amira.id
    missing = await api("copyMessage", **{**place, "message_id": 999})
    assert missing.error == "Bad Request: message to copy not found"
    venue = {"latitude": 54.09, "longitude": 12.1, "title": "Office", "address": "Street 1"}
    sent = (await api("sendVenue", chat_id=amira.id, **venue)).result
    assert (sent["venue"]["title"], sent["location"]["latitude"]) == ("Office", 54.09)
    far = await api("sendLocation", chat_id=amira.id, latitude=91, longitude=0)
    assert far.error == "Bad Request: invalid location specified"
    photo = (await api("sendPhoto", chat_id=amira.id, photo="https://example.org/a.png", caption="a")).result
    media = {"type": "document", "media": "https://example.org/b.pdf", "caption": "b"}
    changed = await api("editMessageMedia", chat_id=amira.id, message_id=photo["message_id"], media=media)
    assert (changed.result["document"]["file_name"], changed.result["caption"]) == ("b.pdf", "b")
    assert (await api("sendMessageDraft", chat_id=amira.id, draft_id=1, text="think")).result is True
    assert sandbox.methods.messages.drafts[amira.id] == "think"
    await api("sendMessage", chat_id=amira.id, text="thought")
    assert amira.id not in sandbox.methods.messages.drafts
