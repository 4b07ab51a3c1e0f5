"""What is not text: a kind and useful answer in the reader's language; nothing is opened or kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.directory import CounsellingOffer, Kind
from bot.services.browsing import OfferHit
from bot.services.shelf import Holdings
from bot.telegram import incoming
from tests.journeys.visitor import (
    House,
    Visitor,
    bare,
    button_of,
    data_of,
    in_both_houses,
    labels,
    starting,
    words,
)

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


@pytest.mark.parametrize("first", ["", "Ich suche eine Wohnung in Schwerin"])
async def test_a_letter_leads_to_what_is_open_today(house: House, first: str) -> None:
    visitor = house.visitor("de")
    if first:
        await visitor.say(first)
    (found,) = await visitor.send("send_photo")
    _ = words("de")
    shown = await visitor.tap(found, _("What is open today?"))
    if first:
        assert f"{_('Counselling')} · Schwerin" in shown.text
    else:
        assert _("Where do you live? Choose a town, or write its name or postal code.") in shown.text
        shown = await visitor.tap(shown, "o|counselling|wismar")
        assert f"{_('Counselling')} · Wismar" in shown.text
    card = await visitor.tap(shown, starting(data_of(shown), "r")[0])
    assert (await visitor.tap(card, _("‹ Back"))).text == shown.text


async def test_a_town_written_after_a_letter_leads_to_counselling_there(house: House) -> None:
    visitor = house.visitor("de-x-leicht")
    await visitor.send("send_document")
    doors = await visitor.say("Grabow")
    _ = words("de")
    assert _("What are you looking for there?") not in doors.text
    assert f"{_('Counselling')} · Grabow" in doors.text
    assert starting(data_of(doors), "r")


async def test_doors_for_any_question_begin_with_those_open_today(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = (await house.holdings()).directory
    near, closed = directory.get(Kind.OFFER, "iz-schwerin-alltag"), directory.get(Kind.OFFER, "mbe")
    assert isinstance(near, CounsellingOffer)
    assert isinstance(closed, CounsellingOffer)
    hits = [
        OfferHit(
            replace(closed, hours="Mo 08:00-10:00"), closed.places[0], 0.0, specific=False, reaches=True
        ),
        OfferHit(replace(closed, id="unknown"), closed.places[0], 1.0, specific=False, reaches=True),
        OfferHit(replace(near, hours="Tu 14:00-17:00"), near.places[0], 2.0, specific=False, reaches=True),
    ]
    monkeypatch.setattr(Holdings, "offers", lambda *_arguments: list(hits))
    visitor = await house.settled("en")
    (letter,) = await visitor.send("send_photo")
    with house.clock(house.wall("2026-11-24T12:00")):  # a Tuesday
        doors = await visitor.screen(letter, "o|counselling|schwerin")
    opened = [data.split("|")[2] for data in starting(data_of(doors), "r")]
    assert opened == ["iz-schwerin-alltag", "unknown", "mbe"]
    assert "What is open today comes first." in doors.text
    with house.clock(house.wall("2026-11-25T12:00")):
        doors = await visitor.screen(letter, "o|counselling|schwerin")
    assert starting(data_of(doors), "r")[0].startswith("r|offer|unknown|")
    assert "I know of none that is certainly open today." in doors.text


@in_both_houses
async def test_an_album_gets_one_answer(house: House) -> None:
    visitor = house.visitor("de")
    first, second, third = (f"{visitor.chat_id}/{number}" for number in range(3))
    photo = [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]
    assert len(await visitor.raw(photo=photo, media_group_id=first)) == 1
    assert not await visitor.raw(photo=photo, media_group_id=first)
    assert len(await visitor.raw(photo=photo, media_group_id=second)) == 1
    assert len(await visitor.raw(photo=photo, media_group_id=third, caption="Was heißt das?")) == 1
    assert not await visitor.raw(photo=photo, media_group_id=third)


async def test_many_albums_do_not_fill_the_memory(house: House) -> None:
    from bot.telegram.routes import Routes

    routes = Routes(house.lotse.desk, None, None)  # type: ignore[arg-type]
    for number in range(500):
        picture = incoming.Incoming(
            update_id=number, kind=incoming.Kind.MESSAGE, chat_id=1, album=str(number)
        )
        assert not routes._answered_with_another(picture)
        routes._answers_for_all(picture)
        assert not routes._answered_with_another(picture), "offered again, it gets its answer"
        assert routes._answered_with_another(replace(picture, update_id=1_000))
    assert len(routes._albums) <= 200


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
    about = await visitor.screen(found, button_of(found, _("About the network"))["callback_data"])
    assert about.buttons
    notices = await visitor.tap(found, _("Official notices"))
    assert _("News") in bare(notices.text)
    await nothing_kept(house, visitor)


@pytest.mark.parametrize("caption", ["Free visas at MIGRANET for 100 euro!", ""])
async def test_a_forwarded_picture_is_not_from_us_and_may_be_a_letter(house: House, caption: str) -> None:
    visitor, friend = house.visitor("en"), house.visitor("en")
    picture = await house.sandbox.send_photo(friend.person, friend.person, caption)
    await house.quiet()
    (found,) = await visitor.send("forward", picture)
    assert "This message is not from me." in found.text
    assert "A letter may contain a deadline" in found.text
    assert {"Official notices", "What is open today?"} <= set(labels(found))
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
