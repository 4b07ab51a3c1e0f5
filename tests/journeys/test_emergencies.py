"""Danger: the numbers come at once, below them the way to people; nothing is stored."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from bot.dialog.actions import About
from bot.dialog.desk import Thread, Threads
from bot.domain.directory import Kind
from bot.domain.locales import Locale, find
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
async def test_the_numbers_come_at_once_and_nothing_is_stored(
    house: House, code: str, cry: str, numbers: set[str]
) -> None:
    visitor = house.visitor(code)
    before = time.monotonic()
    found = await visitor.all(cry)
    assert time.monotonic() - before < 3, "too slow"  # a second is the aim, a busy machine is no reason
    card = found[-1]
    for number in numbers:
        assert number in bare(card.text).replace(" ", "")
        assert number in copied(card), "not copyable"
    *ways, hint = data_of(card)
    assert hint.startswith("h|"), "no hint how to delete the chat"
    assert 1 <= len(ways) <= 2
    assert "m" not in [way.partition("|")[0] for way in ways], "a menu would ask for a choice"
    assert [button.get("callback_data") for button in card.buttons][-len(ways) - 1 :] == [
        *ways,
        hint,
    ], "numbers below"
    stored = await visitor.stored()
    assert stored["recipient"] is None
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread in (Thread(), Thread(topic=thread.topic)), "more than what it is about is remembered"


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
    german, own = await visitor.all(cry)
    assert "Polizei" in german.text
    assert "116 016" in bare(german.text)
    assert not german.buttons, "to show to somebody: the buttons are below one's own language"
    assert "116016" in copied(own), "what one reads oneself is not the last that came"
    alone = await (await house.settled("de")).all("Mein Mann schlägt mich")
    assert len(alone) == 1


async def test_the_hint_says_how_to_delete_the_chat(house: House) -> None:
    visitor = await house.settled("ru")
    _german, card = await visitor.all("я больше не хочу жить")
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


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "I am dying of boredom"),
        ("en", "this heat kills me"),
        ("de", "ich sterbe vor langeweile"),
        ("de", "ich lach mich tot"),
        ("de", "Vermieter macht die Heizung nicht"),
        ("de", "mein betreuer sagt ich muss ausziehen"),
        ("uk", "помираю з нудьги"),
        ("uk", "мене виганяють з квартири"),
        ("ru", "умираю со скуки"),
        ("tr", "sıkıntıdan ölüyorum"),
        ("tr", "canım sıkılıyor"),
        ("tr", "gülmekten öldüm"),
        ("tr", "bu gece kalacak yerim yok"),
        ("pl", "umieram z nudów"),
        ("vi", "chán chết đi được"),
        ("ar", "شغلي عم يقتلني من التعب"),
        ("de", "zarokê min cihê kita tune"),
        ("de", "ez ji kenê mirim"),
        ("en", "is the movie Kill Bill on at the cinema"),
    ],
)
async def test_a_figure_of_speech_is_no_emergency(house: House, code: str, text: str) -> None:
    visitor = await house.settled(code)
    for found in await visitor.all(text):
        assert not starting(data_of(found), "h")
        assert "110" not in copied(found)
        assert "112" not in copied(found)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Heizung nicht an, er schlägt mich"),
        ("tr", "kalacak yerim yok kocam beni dövüyor"),
        ("ru", "умираю со скуки, не хочу жить"),
        ("uk", "мене виганяють з квартири і б'ють"),
    ],
)
async def test_a_cry_beside_a_figure_of_speech_is_heard(house: House, code: str, text: str) -> None:
    card = (await (await house.settled(code)).all(text))[-1]
    assert starting(data_of(card), "h")


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


@pytest.mark.parametrize(
    ("code", "cry"),
    [
        ("ru", "муж ломится в дверь с ножом"),
        ("ar", "ابو ولادي عم يخبط عالباب معو سكين"),
        ("ar", "zawji 3am yedrobni hala2"),
        ("uk", "чоловік бє мене прямо зараз"),
        ("tr", "kocam kapıda elinde bıçak var"),
        ("en", "my husband is at the door with a knife"),
    ],
)
async def test_who_attacks_at_home_is_no_right_wing_attacker(house: House, code: str, cry: str) -> None:
    card = (await (await house.settled(code)).all(cry))[-1]
    assert "116016" in copied(card)
    assert "03812009379" not in copied(card)
    assert words(code)("Right-wing violence") not in labels(card)


@pytest.mark.parametrize(
    ("code", "cry"), [("de", "Nazis schlagen meinen Mann"), ("uk", "нацисти б'ють мого чоловіка")]
)
async def test_after_an_attack_by_nazis_their_victims_find_those_who_help(
    house: House, code: str, cry: str
) -> None:
    card = (await (await house.settled(code)).all(cry))[-1]
    assert "03812009379" in copied(card)
    assert words(code)("Right-wing violence") in labels(card)


async def test_who_is_forced_gets_the_numbers_and_no_helpline_for_men_below(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.all("they trapped me and took my phone and i must have sex with men")
    assert [bool(copied(one)) for one in found] == [False, True], "more than the card"
    assert copied(found[-1])[2] == "116016"


async def test_a_child_beaten_at_school_gets_the_number_for_children(house: House) -> None:
    card = (await (await house.settled("uk")).all("мій син 9 років в школі його б'ють інші діти"))[-1]
    assert "116111" in copied(card)
    assert "08001239900" not in copied(card)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "can you help me"),
        ("en", "help"),
        ("en", "how can you help"),
        ("pl", "proszę o pomoc"),
        ("tr", "yardım eder misiniz"),
        ("de", "Können Sie mir helfen"),
    ],
)
async def test_who_asks_for_help_finds_the_topics_below_the_numbers(
    house: House, code: str, text: str
) -> None:
    visitor = await house.settled(code)
    card = (await visitor.all(text))[-1]
    assert {"110", "112"} <= set(copied(card))
    topics = await visitor.tap(card, words(code)("Find counselling"))
    assert words(code)("Housing") in labels(topics)


@pytest.mark.parametrize(
    ("code", "before", "text"),
    [
        ("de", "Schuldnerberatung Güstrow", "TelefonSeelsorge"),
        ("ru", "консультация в шверине", "телефон доверия"),
        ("en", "counselling in Güstrow", "crisis telephone"),
    ],
)
async def test_who_asks_for_the_crisis_line_gets_its_numbers(
    house: House, code: str, before: str, text: str
) -> None:
    visitor = await house.settled(code)
    await visitor.say(before)
    card = (await visitor.all(text))[-1]
    assert {"08001110111", "08001110222"} <= set(copied(card))


# The way on from a card


def locale_of(code: str) -> Locale:
    locale = find(code)
    assert locale is not None
    return locale


@pytest.mark.parametrize(
    ("code", "cry", "topic"),
    [
        ("en", "my husband hits me", "Violence at home"),
        ("ar", "زوجي يضربني", "Violence at home"),
        ("uk", "не хочу більше жити", "Mental health"),
        ("en", "chest pain and my left arm is numb", "Health and health card"),
        ("de", "Nazis greifen uns an", "Right-wing violence"),
    ],
)
async def test_below_the_numbers_are_the_doors_and_a_town_leads_to_them(
    house: House, code: str, cry: str, topic: str
) -> None:
    visitor = await house.settled(code)
    card = (await visitor.all(cry))[-1]
    everywhere = await visitor.tap(card, words(code)(topic))
    assert bare(everywhere.text).startswith(words(code)(topic))
    assert words(code)("Other town") in labels(everywhere)
    await visitor.all(cry)
    listed = await visitor.say(
        {"en": "in rostock", "ar": "بروستوك", "uk": "у ростоку", "de": "Rostock"}[code]
    )
    assert f"{words(code)(topic)} · " in bare(listed.text)
    assert words(code)("Forget this") in labels(listed)
    if topic == "Violence at home":
        shelters = await house.title(Kind.OFFER, "frauenhaeuser-mv", locale_of(code))
        assert shelters in bare(listed.text)


@pytest.mark.parametrize("cry", ["es brennt in der küche", "mein kind ist verschwunden", "Hilfe!!!", "112"])
async def test_where_no_topic_fits_a_card_leads_to_all_of_them(house: House, cry: str) -> None:
    visitor = await house.settled("de")
    await visitor.say("/start topic-housing")
    card = await visitor.say(cry)
    assert labels(card)[-2] == "Beratung finden"
    assert "Menü" not in labels(card)
    topics = await visitor.tap(card, "Beratung finden")
    assert "Gewalt zu Hause" in labels(topics)
    kept = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert kept == Thread(what=About.COUNSELLING), "what was before the cry goes on"


async def test_the_town_of_before_is_not_asked_for_again(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Deutschkurs in Rostock")
    card = await visitor.say("Mein Mann schlägt mich")
    listed = await visitor.tap(card, "Gewalt zu Hause")
    assert bare(listed.text).startswith("Gewalt zu Hause · Rostock")


async def test_what_a_cry_was_about_is_forgotten_with_a_button_and_with_forget(house: House) -> None:
    threads = house.lotse.desk.threads
    visitor = await house.settled("de")
    await visitor.say("Mein Mann schlägt mich")
    listed = await visitor.say("Rostock")
    assert "Es geht weiter um: Gewalt zu Hause" in bare(listed.text)
    await visitor.press(listed, "Das vergessen")
    assert not threads.drop(visitor.chat_id)
    assert "Gewalt" not in bare((await visitor.say("Rostock")).text)
    await visitor.say("Mein Mann schlägt mich")
    await visitor.say("/forget")
    assert not threads.drop(visitor.chat_id)


async def test_an_hour_later_nobody_knows_what_a_cry_was_about(house: House) -> None:
    visitor = await house.settled("de")
    now = house.lotse.desk.clock()
    with house.clock(now):
        await visitor.say("Mein Mann schlägt mich")
    with house.clock(now + Threads.LIFETIME):
        assert "Gewalt" not in bare((await visitor.say("Rostock")).text)


async def test_who_asks_where_to_sleep_after_a_cry_finds_the_shelters(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.all("my husband hits me")
    await visitor.say("in rostock")
    found = await visitor.say("and where can i sleep tonight with my kids")
    assert await house.title(Kind.OFFER, "frauenhaeuser-mv", locale_of("en")) in bare(found.text)
    assert "Mental health" not in bare(found.text)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "where is a women's shelter"),
        ("de", "Wo ist das nächste Frauenhaus?"),
        ("de", "Frauenhaus"),
        ("ar", "وين بيت النساء بروستوك"),
        ("pl", "dom dla kobiet rostock przemoc"),
        ("fr", "foyer pour femmes battues rostock"),
        ("uk", "де притулок для жінок"),
        ("ru", "где есть приют для женщин"),
        ("tr", "kadın sığınma evi nerede"),
        ("fa-AF", "پناهگاه برای زنان کجاست"),
        ("vi", "nhà tạm lánh cho phụ nữ ở đâu"),
        ("ro", "unde este un adăpost pentru femei"),
    ],
)
async def test_who_asks_for_a_shelter_finds_the_doors_and_no_card(house: House, code: str, text: str) -> None:
    visitor = await house.settled(code)
    (found,) = await visitor.all(text)
    assert await house.title(Kind.OFFER, "frauenhaeuser-mv", locale_of(code)) in bare(found.text)
    assert "116016" in bare(found.text)
    assert not starting(data_of(found), "h")


async def test_what_a_shelter_is_is_explained(house: House) -> None:
    found = await (await house.settled("de")).say("Was ist ein Frauenhaus?")
    assert bare(found.text).startswith("Frauenhaus\n")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "i was beaten by my husband before, now i need counselling in rostock"),
        ("en", "my husband beat me years ago"),
        ("de", "mein mann hat mich früher geschlagen, jetzt sind wir geschieden"),
        ("ar", "زوجي ضربني من سنين وهلق مطلقة"),
        ("uk", "мій чоловік мене бив колись давно"),
        ("pl", "mąż mnie bił lata temu"),
        ("ro", "soțul m-a bătut acum mulți ani"),
        ("fr", "mon mari me frappait il y a des années"),
        ("vi", "chồng cũ đánh tôi nhiều năm trước"),
    ],
)
async def test_who_tells_of_what_is_long_past_gets_an_answer(house: House, code: str, text: str) -> None:
    visitor = await house.settled(code)
    answer = (await visitor.all(text))[-1]
    assert not starting(data_of(answer), "h"), "only a card"
    opened = [data for data in data_of(answer) if data.startswith(("r|offer|", "o|violence|"))]
    assert opened, "no door"


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
    assert house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock()).asked is None, "remembered"


@pytest.mark.usefixtures("suspicious")
async def test_a_suspicion_forgets_what_was_spoken_of_before(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("/start topic-housing")
    _card, answer = await visitor.all("Güstrow")
    assert bare(answer.text).startswith(words("de")("Housing")), "the answer itself goes on with it"
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread == Thread(topic="violence", town="guestrow")


@pytest.mark.usefixtures("suspicious")
async def test_after_a_suspicion_the_usual_answer_goes_on(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.all("Wo ist Schuldnerberatung?")
    _card, answer = await visitor.all("Rostock")
    assert "Schulden · Rostock" in bare(answer.text)


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
