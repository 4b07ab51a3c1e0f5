"""What is not text: a kind and useful answer in the reader's language; nothing is opened or kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.visitor import House, Visitor, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def nothing_kept(house: House, visitor: Visitor) -> None:
    stored = await visitor.stored()
    assert stored["recipient"] is None
    assert not any(stored[name] for name in ("saved_events", "reminders", "notices"))
    assert not house.sandbox.counts["getFile"], "something was downloaded"


@pytest.mark.parametrize("code", ["uk", "fa-AF", "pl"])
@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        ("send_voice", (), "I do not listen to voice messages or watch videos, and I do not keep them."),
        ("send_photo", (), "I do not open photos, letters or files."),
        ("send_document", (), "I do not open photos, letters or files."),
        (
            "send_contact",
            ("+491700000000", "Jemand"),
            "I do not keep telephone numbers and contacts. Please delete the contact here.",
        ),
        ("send_poll", ("Was?", ("a", "b")), "I cannot vote in polls."),
        ("send_dice", (), "Find counselling"),
        ("send_sticker", (), "Find counselling"),
    ],
)
async def test_it_is_answered_kindly_in_the_reader_s_language(
    house: House, code: str, kind: str, values: tuple[Any, ...], sentence: str
) -> None:
    visitor = house.visitor(code)
    (found,) = await visitor.send(kind, *values)
    _ = words(code)
    assert _(sentence) in bare(found.text) + "\n".join(labels(found))
    assert _("Menu") in labels(found) or _("Find counselling") in labels(found)
    assert len(data_of(found)) >= 5
    await nothing_kept(house, visitor)


async def test_a_letter_warns_of_the_deadline_and_leads_to_counselling(house: House) -> None:
    visitor = house.visitor("de")
    (found,) = await visitor.send("send_photo", "Was heißt das?")
    _ = words("de")
    assert _("Please delete them here, for your own safety.") in found.text
    assert _("A letter may contain a deadline: go to a counselling office today or tomorrow.") in found.text
    towns = await visitor.tap(found, starting(data_of(found), "t")[0])
    doors = await visitor.say("Grabow")
    assert "Grabow" in doors.text
    assert towns.text
    assert starting(data_of(doors), "r")
    await nothing_kept(house, visitor)


async def test_an_album_gets_one_answer(house: House) -> None:
    visitor = house.visitor("de")
    photo = [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]
    assert len(await visitor.raw(photo=photo, media_group_id="77")) == 1
    assert not await visitor.raw(photo=photo, media_group_id="77")
    assert len(await visitor.raw(photo=photo, media_group_id="78")) == 1


async def test_many_albums_do_not_fill_the_memory(house: House) -> None:
    from bot.telegram.routes import Routes

    routes = Routes(house.lotse.desk, None, None)  # type: ignore[arg-type]
    assert not any(routes._seen(str(number)) for number in range(500))
    assert len(routes._albums) <= 200
    assert routes._seen("499")


@pytest.mark.parametrize(
    "content",
    [
        {"game": {"title": "x"}},
        {"story": {"chat": {"id": 1, "type": "private"}, "id": 1}},
        {"video": {"file_id": "a"}},
        {"video_note": {"file_id": "a"}},
        {"audio": {"file_id": "a"}},
        {"giveaway": {}},
        {"checklist": {"title": "x", "tasks": []}},
        {"successful_payment": {"currency": "EUR", "total_amount": 100}},
        {"some_future_thing": {"a": 1}},
        {},
    ],
    ids=lambda content: next(iter(content), "empty"),
)
async def test_anything_else_is_answered_too(house: House, content: dict[str, Any]) -> None:
    visitor = house.visitor("ru")
    (found,) = await visitor.raw(**content)
    assert len(found.text) > 20
    assert any("\u0400" <= char <= "\u04ff" for char in found.text)
    await nothing_kept(house, visitor)


async def test_a_video_with_words_is_answered_by_its_words(house: House) -> None:
    visitor = house.visitor("de")
    (found,) = await visitor.raw(video={"file_id": "a"}, caption="Was ist eine Duldung?")
    assert "Duldung" in found.text


async def test_a_forwarded_message_is_not_from_us(house: House) -> None:
    visitor, friend = house.visitor("uk"), house.visitor("uk")
    fake = await house.sandbox.send_text(friend.person, friend.person, "Free visas at MIGRANET for 100 euro!")
    await house.quiet()
    _ = words("uk")
    (found,) = await visitor.send("forward", fake)
    assert _("This message is not from me.") in found.text
    assert _("MIGRANET-MV never asks for money, and sells no visas, papers or appointments.") in found.text
    about = await visitor.tap(found, _("About the network"))
    assert about.buttons
    await nothing_kept(house, visitor)


async def test_an_edited_question_is_answered_again(house: House) -> None:
    visitor = house.visitor("de")
    await visitor.say("Was ist eine Duldnug?")
    revision = house.sandbox.world.revision
    chat = house.sandbox.chat_of(visitor.person)
    own = next(message for message in chat.messages.values() if not message.from_bot)
    await house.sandbox.edit(visitor.person, own, "Was ist eine Duldung?")
    (found,) = await visitor._after(revision)
    assert "Duldung" in found.text


async def test_a_payment_is_declined(house: House) -> None:
    visitor = house.visitor("de")
    await visitor.say("/start")
    query = {
        "id": "4711",
        "from": visitor.person.as_user(),
        "currency": "EUR",
        "total_amount": 500,
        "invoice_payload": "x",
    }
    await house.sandbox.raw_update({"pre_checkout_query": query})
    await house.quiet()
    (call,) = [call for call in house.sandbox.calls if call.method == "answerPreCheckoutQuery"]
    assert call.params["ok"] is False
    assert call.params["error_message"]


@pytest.mark.parametrize(
    "update",
    [
        {"poll": {"id": "1"}},
        {"poll_answer": {"poll_id": "1"}},
        {"chat_join_request": {}},
        {"some_future_update": {}},
        {"channel_post": {"message_id": 1, "chat": {"id": -1, "type": "channel"}, "date": 1, "text": "x"}},
    ],
    ids=lambda update: next(iter(update)),
)
async def test_an_unknown_update_is_passed_over(house: House, update: dict[str, Any]) -> None:
    before = len(house.sandbox.calls)
    await house.sandbox.raw_update(update)
    await house.quiet()
    sent = [call.method for call in list(house.sandbox.calls)[before:] if call.method != "getUpdates"]
    assert not sent
