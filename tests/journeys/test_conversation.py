"""A conversation goes on: what was said before is used, shown, and forgotten on demand and by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox import Message
from tests.journeys.visitor import House, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

HOUSING = {
    "de": ("Ich suche eine Wohnung in Güstrow", "Und in Rostock?", "auf Arabisch?", "und für meine Frau?"),
    "ar": ("أبحث عن سكن في شفيرين", "وفي روستوك؟", "بالعربي؟", "ولزوجتي؟"),
    "uk": ("Шукаю житло у Шверіні", "і в Ростоку?", "а арабською?", "і для дружини?"),
}
EVENTS = {
    "de": ("Veranstaltungen in Wismar", "und am Samstag?"),
    "ar": ("ما هي الفعاليات في فيسمار؟", "ويوم السبت؟"),
    "uk": ("Які події у Вісмарі?", "і в суботу?"),
}


def still(house: House, code: str, *about: str) -> str:
    """The line that says what was taken from before."""
    comma = "، " if code in ("ar", "fa-AF") else ", "
    return bare(words(code)("Still about: {what}", what=comma.join(about)))


def town(house: House, code: str, id: str) -> str:
    """A town's name as its reader sees it in lists."""
    gazetteer = house.lotse.desk.gazetteer
    found = gazetteer.town(id)
    assert found is not None
    local = gazetteer.local_name(found, code)
    return local if local == found.name else f"{local} ({found.name})"


def first_line(message: Message) -> str:
    return bare(message.text).splitlines()[0]


@pytest.mark.parametrize("code", HOUSING)
async def test_a_town_a_language_a_person(house: House, code: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    first, in_rostock, in_arabic, for_my_wife = HOUSING[code]
    found = await visitor.say(first)
    assert "Forget this" not in labels(found)
    found = await visitor.say(in_rostock)
    assert first_line(found) == still(house, code, _("Housing"))
    assert town(house, code, "rostock") in bare(found.text)
    found = await visitor.say(in_arabic)
    assert first_line(found) == still(house, code, _("Housing"), town(house, code, "rostock"))
    found = await visitor.say(for_my_wife)
    assert still(house, code, _("Housing"), town(house, code, "rostock")) in first_line(found)
    assert starting(data_of(found), "r")
    assert _("Forget this") in labels(found)
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert (thread.topic, thread.town, thread.spoken) == ("housing", "rostock", "ar")


@pytest.mark.parametrize("code", EVENTS)
async def test_a_day(house: House, code: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    await visitor.say(EVENTS[code][0])
    found = await visitor.say(EVENTS[code][1])
    assert first_line(found) == still(house, code, _("Events"), town(house, code, "wismar"))
    kept = [data.split("|") for data in starting(data_of(found), "e")]
    assert {parts[1] for parts in kept if len(parts) > 3} == {"saturday"}
    again = await visitor.say("Rostock")
    assert _("Events") in first_line(again)
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert (thread.town, thread.when) == ("rostock", "saturday")


async def test_a_day_for_counselling_points_to_the_opening_hours(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("I need a flat in Schwerin")
    found = await visitor.say("and tomorrow?")
    assert "Opening hours are in the entries." in found.text
    assert first_line(found) == "Still about: Housing, Schwerin"
    later = await visitor.say("and in Wismar?")
    assert first_line(later) == "Still about: Housing, Tomorrow"


async def test_associations_of_another_town_or_language(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("Associations in Stralsund")
    found = await visitor.say("and in Rostock?")
    assert first_line(found) == "Still about: Associations"
    assert "Rostock" in found.text
    found = await visitor.say("in Ukrainian?")
    assert first_line(found) == "Still about: Associations"
    assert starting(data_of(found), "r")
    apart = await visitor.say("and tomorrow?")  # associations have no days
    assert "Still about" not in apart.text


async def test_a_campaign_in_another_district(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("Health card for refugees in Stralsund")
    found = await visitor.say("and in Rostock?")
    assert first_line(found) == "Still about: Campaigns"
    assert "Rostock: achieved" in bare(found.text)


async def test_a_topic_without_a_town_asks_for_it_again(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.data(await visitor.say("/counselling"), "t|c|debt")
    asked = await visitor.say("auf Arabisch?")
    assert words("de")("Debt") in asked.text
    assert starting(data_of(asked), "o")
    assert not starting(data_of(asked), "z")  # a question back is no answer that could help
    found = await visitor.say("Wismar halt, glaube ich jedenfalls")
    assert "Wismar" in found.text
    assert first_line(found).startswith("Es geht weiter um: Schulden, Arabisch")


async def test_a_town_remembered_for_a_new_topic_is_shown(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("Güstrow")
    found = await visitor.say("I need a flat")
    assert first_line(found) == "Still about: Güstrow"


async def test_what_stands_for_itself_takes_nothing(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("I need a flat in Güstrow")
    found = await visitor.say("blorb frizzle Wismar")
    assert "Still about" not in found.text
    assert "What are you looking for there?" in found.text


async def test_forget_this(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("I need a flat in Güstrow")
    found = await visitor.say("and in Rostock?")
    assert "Housing" in (await visitor.say("/mydata")).text
    changed, toast = await visitor.data(found, "zf")
    assert not changed
    assert toast == "Forgotten. Your next question starts afresh."
    assert "hour in memory" not in (await visitor.say("/mydata")).text
    anew = await visitor.say("and in Wismar?")
    assert "What are you looking for there?" in anew.text


async def test_my_data_names_all_that_is_remembered(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("Events on Saturday in Arabic in Wismar")
    told = bare((await visitor.say("/mydata")).text)
    assert "For one hour in memory: Events, Wismar, Sat, Arabic and your last question" in told


async def test_after_an_hour_it_is_gone(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("I need a flat in Güstrow")
    with house.clock(datetime.now(UTC) + timedelta(minutes=59)):
        found = await visitor.say("and in Rostock?")
        assert first_line(found) == "Still about: Housing"
    with house.clock(datetime.now(UTC) + timedelta(minutes=59 + 61)):
        found = await visitor.say("and in Wismar?")
        assert "What are you looking for there?" in found.text


async def test_nothing_is_written_down(house: House) -> None:
    visitor = house.visitor("en")
    await visitor.say("I need a flat in Güstrow")
    await visitor.say("and in Rostock?")
    stored = await visitor.stored()
    assert not any(value for name, value in stored.items() if name != "unanswered_messages")


# The last question anew -----------------------------------------------------------------------------

ELSEWHERE = {
    "de": ("Ich habe einen gelben Brief bekommen", "und in Rostock?", "und in Wismar?"),
    "en": ("I got a yellow letter", "and in Rostock?", "what about Wismar?"),
    "uk": ("Я отримав жовтий лист", "а в Ростоку?", "а у Вісмарі?"),
    "ar": ("وين بلاقي ملعب كرة قدم", "وفي روستوك؟", "وفي فيسمار؟"),
    "fr": ("Y a-t-il une piscine ?", "et à Rostock ?", "et à Wismar ?"),
    "ru": ("Где можно поиграть в футбол?", "а в Ростоке?", "а в Висмаре?"),
    "tr": ("Nerede futbol oynayabilirim?", "peki Rostock'ta?", "peki Wismar'da?"),
    "pl": ("Gdzie mogę pograć w piłkę?", "a w Rostocku?", "a w Wismarze?"),
}


@pytest.mark.parametrize("code", ELSEWHERE)
async def test_another_town_asks_the_last_question_anew(house: House, code: str) -> None:
    asked, *towns = ELSEWHERE[code]
    visitor = await house.settled(code)
    (first, *_others) = await visitor.all(asked)
    found = starting(data_of(first), "r") + starting(data_of(first), "E")
    assert found, "something is shown for it"
    for said, id in zip(towns, ("rostock", "wismar"), strict=True):
        (again, *_others) = await visitor.all(said)
        assert first_line(again) == still(house, code, asked)
        assert f"c|{id}" in data_of(again), "counselling there is a tap away"
        assert starting(data_of(again), "zf")
        assert set(found) & {*data_of(again)}


@pytest.mark.parametrize(
    ("code", "asked", "then", "said"),
    [
        ("en", "Busco un gato en Rostock", "¿y en Schwerin?", "Busco un gato en Schwerin"),
    ],
)
async def test_where_it_is_not_understood_its_topic_is_asked_for(
    house: House, code: str, asked: str, then: str, said: str
) -> None:
    visitor = await house.settled(code)
    await visitor.all(asked)
    (again, *_others) = await visitor.all(then)
    assert first_line(again) == still(house, code, said)
    assert "o|housing|schwerin" in data_of(again)
    (more, *_others) = await visitor.all("Wismar")
    assert first_line(more) == still(house, code, said.replace("Schwerin", "Wismar"))
    assert "o|housing|wismar" in data_of(more)


@pytest.mark.parametrize(
    ("code", "asked", "then", "heading"),
    [
        ("tr", "Rostock ta iş danışmanlığı nerede", "peki Schwerin'de?", "Work and rights at work"),
        ("en", "په روستوک کې د کور لپاره مشوره", "او په شویرین کې؟", "Housing"),
        ("en", "¿Dónde hay asesoría de vivienda en Rostock?", "¿y en Schwerin?", "Housing"),
        ("en", "Guri ayaan ka raadinayaa Rostock", "iyo Schwerin?", "Housing"),
        ("en", "ኣብ ሮስቶክ ገዛ ይደሊ ኣለኹ", "ኣብ ሽወሪን ከ?", "Housing"),
        ("en", "Kërkoj banesë në Rostock", "po në Schwerin?", "Housing"),
    ],
)
async def test_a_topic_that_was_named_is_not_asked_for(
    house: House, code: str, asked: str, then: str, heading: str
) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    (first, *_others) = await visitor.all(asked)
    assert first_line(first) == f"{_(heading)} · Rostock"
    (again, *_others) = await visitor.all(then)
    assert bare(again.text).splitlines()[:2] == [still(house, code, _(heading)), f"{_(heading)} · Schwerin"]


async def test_a_question_taken_up_again_is_forgotten_on_demand(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Ich habe einen gelben Brief bekommen")
    again = await visitor.say("und in Rostock?")
    await visitor.data(again, "zf")
    assert "gelben Brief" not in (await visitor.say("und in Wismar?")).text


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("Was ist MIGRANET?", "Rostock"),
        ("Danke", "und in Rostock?"),
        ("Ich habe einen gelben Brief bekommen", "Beratung in Rostock"),
        ("Beratung auf Arabisch in Güstrow", "und in Rostock?"),
        ("Ich suche eine Wohnung in Güstrow", "und in Rostock?"),
    ],
)
async def test_what_is_not_asked_anew(house: House, asked: str, then: str) -> None:
    visitor = await house.settled("de")
    await visitor.say(asked)
    assert asked not in bare((await visitor.say(then)).text)


# Who is responsible ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("¿Qué oficina es responsable en Güstrow?", "Kîjan ofîs berpirsiyar e li Güstrow?"),
        *("ኣየናይ ቤት ጽሕፈት ኣብ ጉስትሮው ሓላፍነት ኣለዎ?", "Xafiiskee ayaa mas'uul ka ah Güstrow?"),
        *("Коя служба е отговорна в Гюстров?", "Cila zyrë është përgjegjëse në Güstrow?"),
        *("کوم دفتر په ګوسترو کې مسئول دی؟", "کدوم اداره توی گوسترو مسئوله؟"),
    ],
)
async def test_who_is_responsible_is_asked_in_languages_that_are_only_understood(
    house: House, text: str
) -> None:
    visitor = await house.settled("en")
    (found, *_others) = await visitor.all(text)
    assert starting(data_of(found), "zr"), "another district is a tap away"
    assert starting(data_of(found), "r|article|wer-ist-zustaendig")


async def test_the_office_of_a_town_s_district(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Welche Ausländerbehörde ist für Güstrow zuständig?")
    assert first_line(found) == "Landkreis Rostock · Aufenthalt und Asyl"
    assert "nicht die Behörden selbst" in found.text
    assert "r|article|wer-ist-zustaendig" in data_of(found)
    elsewhere = await visitor.say("Und in Wismar?")
    assert "Nordwestmecklenburg" in elsewhere.text
    assert first_line(elsewhere) == "Es geht weiter um: Aufenthalt und Asyl"


async def test_an_offer_that_names_the_district_and_a_campaign_that_differs(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("Who is responsible for my diploma in Stralsund?")
    assert starting(data_of(found), "r")[0] == "r|offer|iq-recognition"
    found = await visitor.say("Which office is responsible for the health card in Wismar?")
    assert "What differs by district:" in found.text
    _, _, said = found.text.partition("not achieved")
    assert "As of August 2024." in said
    assert "Source: ndr.de" in bare(said)
    assert "d|gesundheitskarte|nwm" in data_of(found)


async def test_without_a_place_the_district_is_asked_for(house: House) -> None:
    visitor = await house.settled("en")
    asked = await visitor.say("Which office is responsible for me?")
    assert "Which district do you live in?" in asked.text
    assert len(starting(data_of(asked), "zr")) == 8
    found = await visitor.tap(asked, "Vorpommern-Rügen")
    assert first_line(found) == "Vorpommern-Rügen"
    again = await visitor.tap(found, "Other district")
    assert again.text == asked.text
    by_town = await visitor.say("Schwerin")
    assert "Offices that are responsible for this district, or located in it:" in by_town.text
    unknown, _toast = await visitor.data(again, "zr|debt|atlantis")
    assert "Which district do you live in?" in unknown[0].text


async def test_a_town_known_before_is_taken_and_shown(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("Güstrow")
    found = await visitor.say("Which office is responsible for me?")
    assert first_line(found) == "Still about: Güstrow"
    assert "Landkreis Rostock" in found.text
