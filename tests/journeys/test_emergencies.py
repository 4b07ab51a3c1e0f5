"""Danger: the card comes first, at once, without a menu; nothing is stored."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from bot.services.answering import Answer, Answering
from bot.services.shelf import Holdings
from bot.understanding.danger import Alarm
from bot.understanding.lexicon import Danger
from tests.journeys.visitor import House, bare, copied, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

CRIES = [
    ("de", "Mein Mann schlägt mich, er ist noch da", {"110", "116016"}),
    ("de-x-leicht", "mein mann hat mich geschlagen", {"110", "116016"}),
    ("en", "my husband beats me", {"110", "116016"}),
    ("uk", "чоловік мене б'є", {"110", "116016"}),
    ("uk", "нас б'ють, тут нацисти", {"110"}),
    ("ru", "я больше не хочу жить", {"112", "08001110111"}),
    ("ar", "زوجي يضربني", {"110", "116016"}),
    ("fa-AF", "شوهرم مرا لت می‌کند", {"110", "116016"}),
    ("fa-AF", "شوهرم من را می‌زند", {"110", "116016"}),
    ("tr", "kocam beni dövüyor", {"110", "116016"}),
    ("pl", "mąż mnie bije", {"110", "116016"}),
    ("ro", "soțul mă bate", {"110", "116016"}),
    ("vi", "chồng tôi đánh tôi", {"110", "116016"}),
    ("fr", "mon mari me frappe", {"110", "116016"}),
    ("en", "mi marido me pega", {"110", "116016"}),  # Spanish
    ("de", "mêrê min li min dixe", {"110", "116016"}),  # Kurmanji
    ("en", "በዓል ቤተይ ይወቕዓኒ ኣሎ", {"110", "116016"}),  # Tigrinya
    ("en", "ninkaygu wuu i garaacaa", {"110", "116016"}),  # Somali
    ("fa-AF", "خاوند مې وهي", {"110", "116016"}),  # Pashto
    ("en", "мъжът ми ме бие", {"110", "116016"}),  # Bulgarian
    ("de", "muzh b'ye mene, pomoshch", {"110"}),  # Ukrainian in Latin letters
    ("de", "Ich bekomme keine Luft, Herzinfarkt", {"112"}),
    ("de", "es brennt, Feuer im Haus!", {"112"}),
    ("de", "Ein Kind ist allein in der Wohnung eingesperrt und weint", {"110", "116111"}),
]


@pytest.mark.parametrize(("code", "cry", "numbers"), CRIES)
async def test_the_card_comes_first_and_nothing_is_stored(
    house: House, code: str, cry: str, numbers: set[str]
) -> None:
    visitor = house.visitor(code)
    before = time.monotonic()
    found = await visitor.all(cry)
    assert time.monotonic() - before < 3, "too slow"  # a second is the aim, a busy machine is no reason
    card = found[0]
    assert numbers <= set(copied(card)) | set(bare(card.text).replace(" ", "").split(":"))
    for number in numbers:
        assert number in bare(card.text).replace(" ", "")
        assert any(number == one for message in found for one in copied(message)), "not copyable"
    assert not any(data.startswith(("m", "c", "t|")) for data in data_of(card)), "a menu in an emergency"
    assert starting(data_of(card), "h"), "no hint how to delete the chat"
    stored = await visitor.stored()
    assert stored["recipient"] is None
    assert not visitor.house.lotse.desk.threads.drop(visitor.chat_id)


@pytest.mark.parametrize(
    ("code", "cry"),
    [
        ("uk", "чоловік мене б'є"),
        ("ar", "زوجي يضربني"),
        ("tr", "kocam beni dövüyor"),
        ("vi", "chồng tôi đánh tôi"),
    ],
)
async def test_a_card_nobody_reviewed_carries_the_german_text_too(house: House, code: str, cry: str) -> None:
    visitor = await house.settled(code)
    found = await visitor.all(cry)
    assert len(found) == 2
    assert "Polizei" in found[1].text
    assert copied(found[0]) == copied(found[1])
    assert "116 016" in bare(found[1].text)
    german = await (await house.settled("de")).all("Mein Mann schlägt mich")
    assert len(german) == 1


async def test_the_hint_says_how_to_delete_the_chat(house: House) -> None:
    visitor = await house.settled("ru")
    card = await visitor.say("я больше не хочу жить")
    (hint,) = await visitor.press(card, starting(data_of(card), "h")[0])
    assert len(hint.text) > 20
    assert hint.message_id != card.message_id


async def test_no_human_reads_along_is_said(house: House) -> None:
    visitor = house.visitor("de")
    card = await visitor.say("Ich will nicht mehr leben")
    assert "kein Mensch" in card.text
    assert "0800 111 0 111" in card.text


async def test_a_caption_and_an_edited_message_cry_too(house: House) -> None:
    visitor = house.visitor("de")
    card = (await visitor.send("send_photo", "Mein Mann schlägt mich"))[0]
    assert "116016" in copied(card)
    harmless = await house.sandbox.send_text(visitor.person, visitor.person, "Hallo")
    await house.quiet()
    revision = house.sandbox.world.revision
    await house.sandbox.edit(visitor.person, harmless, "Mein Mann schlägt mich")
    card = (await visitor._after(revision))[0]
    assert "116016" in copied(card)


async def test_a_cry_after_start_is_heard(house: House) -> None:
    visitor = house.visitor("de")
    card = await visitor.say("/start Mein Mann schlägt mich")
    assert "116016" in copied(card)


@pytest.mark.parametrize(
    "text",
    [
        "/help",
        "/hilfe",
        "Ich brauche Hilfe bei der Wohnungssuche",
        "Beratung gegen Gewalt an Frauen: wer macht das?",
        "Die Prüfung hat mich umgehauen",
        "I need help with my papers",
        "Kurs Erste Hilfe in Rostock",
        "Feuerwehr Ausbildung",
        "Der Kurs schlägt mir Dienstag vor",
    ],
)
async def test_an_ordinary_question_is_no_emergency(house: House, text: str) -> None:
    visitor = await house.settled("de")
    found = await visitor.say(text)
    assert not copied(found)
    assert not starting(data_of(found), "h")


async def test_in_a_group_nothing_is_said_openly(house: House) -> None:
    visitor = house.visitor("de")
    group = house.sandbox.group("Nachbarn", [visitor.person])
    await house.sandbox.add_bot_to_group(group, visitor.person)
    await house.quiet()
    here = visitor.within(group)
    assert not await here.all("Mein Mann schlägt mich")
    found = await here.say("@lotse_bot Mein Mann schlägt mich")
    assert "schlägt" not in found.text
    assert any("t.me/lotse_bot" in button.get("url", "") for button in found.buttons)
    assert labels(found)


# What the model only suspects


@pytest.fixture
def suspicious(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model to which everything sounds like violence."""
    search = Answering.search

    async def suspecting(self: Answering, text: str, locale: str | None, holdings: Holdings) -> Answer:
        answer = await search(self, text, locale, holdings)
        return replace(answer, alarm=Alarm(Danger.VIOLENCE, answer.language or "de"))

    monkeypatch.setattr(Answering, "search", suspecting)


@pytest.mark.usefixtures("suspicious")
@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("Wo ist Schuldnerberatung in Rostock?", "Schulden · Rostock"),
        ("Was ist eine Duldung?", "Duldung"),
        ("Wer ist in Rostock zuständig?", "Rostock"),
        ("Hallo", "Guten Tag!"),
        ("xqzw plorg", "Menschen, die am Telefon oder vor Ort helfen:"),
    ],
)
async def test_a_suspicion_only_adds_its_card_above_the_usual_answer(
    house: House, text: str, usual: str
) -> None:
    visitor = await house.settled("de")
    card, *answer = await visitor.all(text)
    assert {"110", "116016"} <= set(copied(card))
    assert usual in bare(answer[0].text)
    assert not any(starting(data_of(one), code) for one in answer for code in ("z", "zp")), "rated"
    assert not house.lotse.desk.threads.drop(visitor.chat_id), "remembered"


@pytest.mark.usefixtures("suspicious")
async def test_a_suspicion_forgets_what_was_spoken_of_before(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("/start topic-housing")
    _card, answer = await visitor.all("Güstrow")
    assert bare(answer.text).startswith(words("de")("Housing")), "the answer itself goes on with it"
    assert not house.lotse.desk.threads.drop(visitor.chat_id)


@pytest.mark.usefixtures("suspicious")
async def test_a_suspicion_is_no_gap(house: House) -> None:
    async with house.lotse.store.read() as view:
        before = await view.gap_count()
    await (await house.settled("de")).say("xqzw plorg")
    async with house.lotse.store.read() as view:
        assert await view.gap_count() == before


@pytest.mark.usefixtures("suspicious")
@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("Diên Hông", "Diên Hông"),
        ("Welche Veranstaltungen gibt es?", "Termine"),
        ("Ich habe Schulden", "Das beantworte ich im privaten Chat"),
    ],
)
async def test_in_a_group_a_suspicion_puts_the_numbers_above_the_usual_answer(
    house: House, text: str, usual: str
) -> None:
    visitor = house.visitor("de")
    group = house.sandbox.group("Nachbarn", [visitor.person])
    await house.sandbox.add_bot_to_group(group, visitor.person)
    await house.quiet()
    (found,) = await visitor.within(group).all(f"@lotse_bot {text}")
    numbers, _gap, *answer = bare(found.text).split("\n")
    assert "110" in numbers
    assert "112" in numbers
    assert usual in "\n".join(answer)
    assert "116016" not in bare(found.text).replace(" ", ""), "which danger it is, is nobody else's business"
    assert len([one for one in found.buttons if "t.me/lotse_bot" in one.get("url", "")]) == 1
    assert not house.lotse.desk.threads.drop(group.id), "remembered"
