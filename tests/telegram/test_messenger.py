"""A reply's way into the chat, against the stand-in of the Bot API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.dialog.actions import ShowMenu
from bot.dialog.reply import Bold, Button, Card, Document, Html, LocationRequest, Message, Reply, Venue
from bot.domain.outcomes import Status
from bot.sandbox import Person, Sandbox
from bot.sandbox.faults import Fault
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.transport import TelegramApi, Timeouts

MENU = ((Button("Menu", action=ShowMenu()),),)


@dataclass
class World:
    sandbox: Sandbox
    api: TelegramApi
    messenger: TelegramMessenger
    person: Person
    naps: list[float] = field(default_factory=list)

    def methods(self) -> list[str]:
        return [call.method for call in self.sandbox.calls]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with Sandbox() as sandbox:
        api = TelegramApi(sandbox.token, sandbox.api_url, timeouts=Timeouts(read=0.5))
        await api.connect()
        naps: list[float] = []

        async def nap(seconds: float) -> None:
            naps.append(seconds)
            await asyncio.sleep(0)

        messenger = TelegramMessenger(api, sleep=nap)
        yield World(sandbox, api, messenger, sandbox.person("Amira", "ar", started=True), naps)
        await api.disconnect()
        assert not sandbox.unknown_methods
        assert not sandbox.unknown_parameters


async def test_a_text_is_sent_and_then_edited_in_place(world: World) -> None:
    chat = world.person.id
    sent = await world.messenger.send(
        chat, Reply.of("a & ", Bold("b"), buttons=MENU), rtl=False, private=True
    )
    assert sent.status is Status.SENT
    (message_id,) = sent.message_ids
    again = await world.messenger.send(
        chat, Reply.of("second", buttons=MENU), rtl=False, private=True, edit_message_id=message_id
    )
    assert again.message_ids == (message_id,)
    (shown,) = await world.sandbox.answers(world.person, 1)
    assert shown.text == "second"
    same = await world.messenger.send(
        chat, Reply.of("second", buttons=MENU), rtl=False, private=True, edit_message_id=message_id
    )
    assert same.status is Status.SENT
    assert same.message_ids == (message_id,)
    assert world.methods() == ["sendMessage", "editMessageText", "editMessageText"]


async def test_what_cannot_be_edited_is_sent(world: World) -> None:
    chat = world.person.id
    replies = [
        Reply.of("the message is gone"),
        Reply.of("word " * 1_000),
        Reply((Message(text=("where?",), ask_location=LocationRequest("here", "no")),)),
        Reply((Message(venue=Venue(54.1, 12.1, "Office", "Street 1")),)),
        Reply.of("do not replace", replaces=False),
    ]
    for reply in replies:
        sent = await world.messenger.send(chat, reply, rtl=False, private=True, edit_message_id=999)
        assert sent.status is Status.SENT
        assert 999 not in sent.message_ids
    assert world.methods()[:2] == ["editMessageText", "sendMessage"]
    assert world.methods()[2:] == ["sendMessage"] * 3 + ["sendVenue", "sendMessage"]


async def test_a_map_pin_is_not_edited_into_text(world: World) -> None:
    pin = Reply((Message(venue=Venue(54.1, 12.1, "Office", "Street 1"), buttons=MENU),))
    sent = await world.messenger.send(world.person.id, pin, rtl=True, private=True)
    after = await world.messenger.send(
        world.person.id, Reply.of("text"), rtl=True, private=True, edit_message_id=sent.message_ids[0]
    )
    assert after.status is Status.SENT
    assert after.message_ids != sent.message_ids


async def test_only_the_first_message_replaces(world: World) -> None:
    chat = world.person.id
    first = await world.messenger.send(chat, Reply.of("old"), rtl=False, private=True)
    both = Reply((Message(text=("one",)), Message(text=("two",))))
    sent = await world.messenger.send(
        chat, both, rtl=False, private=True, edit_message_id=first.message_ids[0]
    )
    assert len(sent.message_ids) == 2
    assert sent.message_ids[0] == first.message_ids[0]


async def test_what_arrived_before_is_passed_over(world: World) -> None:
    chat = world.person.id
    first = await world.messenger.send(chat, Reply.of("old"), rtl=False, private=True)
    both = Reply((Message(text=("one",)), Message(text=("word " * 1_000,)), Message(text=("three",))))
    for arrived, ways in (
        (0, ["editMessageText", "sendMessage", "sendMessage", "sendMessage"]),
        (2, ["sendMessage", "sendMessage"]),
        (4, []),
    ):
        before = len(world.methods())
        edited = first.message_ids[0]
        sent = await world.messenger.send(
            chat, both, rtl=False, private=True, edit_message_id=edited, arrived=arrived
        )
        assert world.methods()[before:] == ways
        assert len(sent.message_ids) == 4 - arrived


async def test_a_file_has_its_caption_or_a_text_before_it(world: World) -> None:
    file = Document("fest.ics", b"BEGIN:VCALENDAR")
    short = Reply((Message(text=("a caption",), document=file, silent=True, buttons=MENU),))
    sent = await world.messenger.send(world.person.id, short, rtl=False, private=True)
    assert len(sent.message_ids) == 1
    long = Reply((Message(text=("words " * 300,), document=file),))
    sent = await world.messenger.send(world.person.id, long, rtl=False, private=True, reply_to=1)
    assert len(sent.message_ids) == 3
    assert world.methods() == ["sendDocument", "sendMessage", "sendMessage", "sendDocument"]
    assert "reply_parameters" in world.sandbox.calls[1].params
    assert "reply_parameters" not in world.sandbox.calls[2].params
    assert world.sandbox.calls[0].params["disable_notification"]


async def test_a_file_that_telegram_has_is_sent_by_its_id(world: World) -> None:
    photo, file = await uploaded(world)
    body = Html("<b>Fest</b> &amp; <u>Tanz</u>")
    both = Reply(
        (
            Message(text=(body,), photo=photo, buttons=MENU, silent=True),
            Message(text=(body,), file=file),
            Message(file=file),
        )
    )
    sent = await world.messenger.send(world.person.id, both, rtl=False, private=True, edit_message_id=1)
    assert sent.status is Status.SENT
    assert len(sent.message_ids) == 3
    assert 1 not in sent.message_ids
    assert world.methods() == ["sendPhoto", "sendDocument", "sendDocument"]
    first, second, third = world.sandbox.calls
    assert (first.params["photo"], first.params["caption"]) == (photo, body.html)
    assert first.params["disable_notification"]
    assert second.params["document"] == file
    assert "caption" not in third.params
    (shown, *_) = await world.sandbox.answers(world.person, 3)
    assert [one["type"] for one in shown.raw["caption_entities"]] == ["bold", "underline"]


async def test_a_text_too_long_for_a_caption_goes_before_the_file(world: World) -> None:
    photo, _ = await uploaded(world)
    long = Reply((Message(text=("words " * 300,), photo=photo, buttons=MENU),))
    sent = await world.messenger.send(world.person.id, long, rtl=False, private=True)
    assert sent.status is Status.SENT
    assert world.methods() == ["sendMessage", "sendPhoto"]
    before, file = world.sandbox.calls
    assert "reply_markup" not in before.params
    assert "reply_markup" in file.params


async def uploaded(world: World) -> tuple[str, str]:
    """The file ids of a photo and a document that somebody sent to the bot."""
    photo = await world.sandbox.send_photo(world.person, world.person)
    file = await world.sandbox.send_document(world.person, world.person)
    return photo.raw["photo"][-1]["file_id"], file.raw["document"]["file_id"]


async def test_who_blocked_the_bot_is_unreachable_and_the_rest_is_not_sent(world: World) -> None:
    await world.sandbox.block(world.person)
    both = Reply((Message(text=("one",)), Message(text=("two",))))
    sent = await world.messenger.send(world.person.id, both, rtl=False, private=True)
    assert sent.status is Status.UNREACHABLE
    assert sent.message_ids == ()
    assert world.methods() == ["sendMessage"]


async def test_a_chat_that_never_was_is_unreachable(world: World) -> None:
    sent = await world.messenger.send(424242, Reply.of("x"), rtl=False, private=True)
    assert sent.status is Status.UNREACHABLE


async def test_a_group_that_moved_is_followed(world: World) -> None:
    group = world.sandbox.group("Chor", [world.person])
    await world.sandbox.add_bot_to_group(group, world.person)
    new = await world.sandbox.migrate(group, world.person)
    sent = await world.messenger.send(group.id, Reply.of("hello"), rtl=False, private=False)
    assert sent.status is Status.SENT
    assert sent.moved
    assert sent.chat_id == new.id
    assert len(sent.message_ids) == 1


async def test_telegrams_wait_is_honoured_but_not_for_ever(world: World) -> None:
    world.sandbox.fault("flood", times=2, retry_after=7)
    sent = await world.messenger.send(world.person.id, Reply.of("x"), rtl=False, private=True)
    assert sent.status is Status.SENT
    assert world.naps == [7, 7]
    world.sandbox.fault("flood", times=1, retry_after=3_600)
    sent = await world.messenger.send(world.person.id, Reply.of("x"), rtl=False, private=True)
    assert sent.status is Status.RATE_LIMITED
    assert sent.outcome.retry_after == 3_600


async def test_an_answer_of_unknown_fate_is_not_repeated(world: World) -> None:
    for kind in ("lost_response", "reset", "server_error"):
        world.sandbox.fault(kind)
        before = world.sandbox.counts["sendMessage"]
        sent = await world.messenger.send(world.person.id, Reply.of("x"), rtl=False, private=True)
        assert sent.status is Status.UNKNOWN
        assert world.sandbox.counts["sendMessage"] == before + 1


async def test_a_slow_answer_is_not_repeated_either(world: World) -> None:
    world.sandbox.fault("delay_after", seconds=1.0)
    sent = await world.messenger.send(world.person.id, Reply.of("x"), rtl=False, private=True)
    assert sent.status is Status.UNKNOWN
    assert world.sandbox.counts["sendMessage"] == 1


async def test_an_edit_of_unknown_fate_is_repeated(world: World) -> None:
    sent = await world.messenger.send(world.person.id, Reply.of("old"), rtl=False, private=True)
    world.sandbox.fault("lost_response", method="editMessageText")
    again = await world.messenger.send(
        world.person.id, Reply.of("new"), rtl=False, private=True, edit_message_id=sent.message_ids[0]
    )
    assert again.status is Status.SENT
    assert again.message_ids == sent.message_ids
    assert world.sandbox.counts["editMessageText"] == 2
    world.sandbox.fault("server_error", method="editMessageText", times=None)
    again = await world.messenger.send(
        world.person.id, Reply.of("newer"), rtl=False, private=True, edit_message_id=sent.message_ids[0]
    )
    assert again.status is Status.UNKNOWN


async def test_without_a_network_it_tries_a_while(world: World) -> None:
    api = TelegramApi(world.sandbox.token, "http://127.0.0.1:9")
    await api.connect()
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    sent = await TelegramMessenger(api, sleep=nap).send(1, Reply.of("x"), rtl=False, private=True)
    assert sent.status is Status.NOT_SENT
    assert naps == sorted(naps)
    assert len(naps) == 5
    await api.disconnect()


async def test_callbacks_are_answered_and_late_is_no_error(world: World) -> None:
    sent = await world.messenger.send(world.person.id, Reply.of("x", buttons=MENU), rtl=False, private=True)
    assert sent.message_ids
    (message,) = await world.sandbox.answers(world.person, 1)
    press = await world.sandbox.press(world.person, message, "Menu")
    assert (await world.messenger.answer_callback(press.asked.id, "saved " * 60)).status is Status.SENT
    assert (await world.sandbox.answer_to(press.asked))["text"].startswith("saved")
    assert (await world.messenger.answer_callback("12345", None)).status is Status.SENT


async def test_inline_cards(world: World) -> None:
    cards = [
        Card("organisation|1", "Verein", "in Rostock", Message(text=(Bold("Verein"),), buttons=MENU)),
        Card("empty", "nothing", "", Message()),
    ]

    async def answer() -> None:
        while not (waiting := await world.api.call("getUpdates", {"timeout": 1})):
            pass
        query = waiting[0]["inline_query"]["id"]
        assert (await world.messenger.answer_inline(query, cards, rtl=False)).status is Status.SENT

    (results, _) = await asyncio.gather(world.sandbox.inline_query(world.person, "Rostock"), answer())
    (card,) = results
    assert card["title"] == "Verein"
    assert card["input_message_content"]["message_text"] == "<b>Verein</b>"
    assert (await world.messenger.answer_inline("12345", cards, rtl=True)).status is Status.SENT


async def test_what_has_no_text_and_a_refusal_are_told_apart(world: World) -> None:
    nothing = Reply((Message(text=(" ",), buttons=MENU),))
    sent = await world.messenger.send(world.person.id, nothing, rtl=False, private=True, edit_message_id=1)
    assert (sent.status, sent.message_ids) == (Status.SENT, ())
    world.sandbox.fault("blocked", method="editMessageText")
    sent = await world.messenger.send(
        world.person.id, Reply.of("x"), rtl=False, private=True, edit_message_id=1
    )
    assert sent.status is Status.UNREACHABLE
    world.sandbox.fault("flood", method="answerCallbackQuery", retry_after=900)
    assert (await world.messenger.answer_callback("1")).status is Status.RATE_LIMITED


class Recorder:
    """An API that agrees to everything and remembers it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def call(self, method: str, parameters: dict[str, Any]) -> bool:
        self.calls.append((method, parameters))
        return True


async def test_a_payment_is_declined() -> None:
    recorder = Recorder()
    messenger = TelegramMessenger(recorder)  # type: ignore[arg-type]
    assert (await messenger.decline_payment("4", "All of this is free.")).status is Status.SENT
    assert recorder.calls == [
        (
            "answerPreCheckoutQuery",
            {"pre_checkout_query_id": "4", "ok": False, "error_message": "All of this is free."},
        )
    ]


async def test_an_empty_reply_is_silence(world: World) -> None:
    sent = await world.messenger.send(world.person.id, Reply(), rtl=False, private=True)
    assert sent.status is Status.SENT
    assert world.methods() == []


async def test_who_administers_a_group(world: World) -> None:
    boss, other = world.person, world.sandbox.person("Linh", "vi")
    stranger = world.sandbox.person("Oleh", "uk")
    group = world.sandbox.group("Nachbarschaft", [boss, other])
    group.members[boss.id] = "administrator"
    group.members[other.id] = "member"
    await world.sandbox.add_bot_to_group(group, boss)
    assert await world.messenger.is_admin(group.id, boss.id) is True
    group.members[boss.id] = "creator"
    assert await world.messenger.is_admin(group.id, boss.id) is True
    assert await world.messenger.is_admin(group.id, other.id) is False
    assert await world.messenger.is_admin(group.id, stranger.id) is False
    assert await world.messenger.is_admin(group.id, 999) is False
    world.sandbox.faults.add(Fault("server_error", "getChatMember", times=3))
    assert await world.messenger.is_admin(group.id, boss.id) is None
    assert await world.messenger.is_admin(group.id, boss.id) is True
    await world.sandbox.migrate(group, boss)
    assert await world.messenger.is_admin(group.id, boss.id) is True, "asked under the new number"
    assert await world.messenger.is_admin(group.id, other.id) is False
