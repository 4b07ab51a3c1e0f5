"""Newcomers in their first minutes: short words, half sentences, a few words of German, a name they read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.dialog.labels import COUNSELLING_TOPICS
from bot.domain.directory import CounsellingOffer, Kind
from bot.domain.locales import LOCALES, find
from bot.services.answering import Answer, Answering, Verdict
from bot.services.shelf import Holdings
from bot.understanding.search import Scored
from tests.journeys.visitor import House, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

COUNSELLING = {
    "de": "Wo finde ich in Rostock Beratung?",
    "de-x-leicht": "Wo ist Beratung in Rostock?",
    "en": "where is counselling in rostock",
    "uk": "де консультація в ростоку",
    "ru": "консультация росток",
    "ar": "وين استشارة بروستوك",
    "fa-AF": "در روستوک مشوره کجا است؟",
    "tr": "rostokta danışmanlık nerede",
    "pl": "gdzie poradnia w rostocku",
    "ro": "unde este consiliere in rostock",
    "vi": "tư vấn ở rostock",
    "fr": "Où y a-t-il un conseil à Rostock ?",
}


@pytest.mark.parametrize("code", COUNSELLING)
async def test_counselling_without_a_topic_leads_to_the_topics_of_the_town(house: House, code: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    found = await visitor.say(COUNSELLING[code])
    assert bare(found.text).splitlines()[1] == _("What is it about?")
    assert {_(name) for name in COUNSELLING_TOPICS.values()} <= set(labels(found))
    assert not starting(data_of(found), "r")
    assert set(COUNSELLING) == {locale.code for locale in LOCALES}


# Names that stand in entries ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "id"),
    [
        ("de", "mbeon", "mbeon"),
        ("uk", "MBEON?", "mbeon"),
        ("de", "jugendmigrationsdienst waren", "jmd-waren"),
        ("tr", "Jugendmigrationsdienst Rostock", "jmd-rostock"),
        ("pl", "correct", "correct"),
        ("en", "Integreat", "integreat-rostock"),
    ],
)
async def test_who_writes_a_name_alone_finds_its_entry(house: House, code: str, text: str, id: str) -> None:
    visitor = await house.settled(code)
    locale = find(code)
    assert locale is not None
    found = await visitor.say(text)
    assert bare(found.text).startswith(bare(await house.title(Kind.OFFER, id, locale)))


PARTS = ("Nord", "West", "Ost")


async def test_of_a_name_that_several_have_all_are_offered(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("lobbi")
    offered = " ".join([bare(found.text), *labels(found)])
    assert all(f"LOBBI – Beratung für Betroffene rechter Gewalt ({part})" in offered for part in PARTS)


@pytest.mark.parametrize(
    ("code", "text"), [("ru", "садик"), ("vi", "nhà trẻ"), ("ro", "gradinita"), ("tr", "kreş")]
)
async def test_a_nursery_is_known_by_its_name(house: House, code: str, text: str) -> None:
    visitor = await house.settled(code)
    assert bare((await visitor.say(text)).text).startswith("Kita-Platz")


async def test_an_entry_without_a_contact_offers_the_way_to_the_town_once_and_its_age_once(
    house: House,
) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Jugendmigrationsdienst Rostock")
    assert labels(found).count("Beratung in meinem Ort") == 1
    assert "Alter: 12 bis 26 Jahre" in bare(found.text)
    assert "27" not in bare(found.text)


# Needs in a few words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text"),
    [
        *(
            ("ar", "ما عندي محل نام فيه الليلة"),
            ("ro", "nu am unde dormi la noapte"),
            ("pl", "gdzie mogę spać dziś"),
        ),
        *(("de", "weiß nicht wo ich heute Nacht schlafen soll"), ("ru", "негде ночевать сегодня")),
        *(("en", "homeless tonight"), ("fa-AF", "امشب جای خواب ندارم"), ("tr", "bu gece kalacak yerim yok")),
    ],
)
async def test_who_has_nowhere_to_sleep_is_led_to_doors_for_housing(
    house: House, code: str, text: str
) -> None:
    visitor = await house.settled(code)
    found = await visitor.say(text)
    locale = find(code)
    assert locale is not None
    asked = bare(found.text).startswith(words(code)("Housing"))
    assert asked or bare(found.text).startswith(bare(await house.title(Kind.OFFER, "mbe", locale)))
    assert asked or any("|housing" in data for data in data_of(found))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        *(("en", "no money"), ("de", "kein geld"), ("ru", "нет денег"), ("ro", "nu am bani")),
        *(("ar", "ما معي مصاري"), ("vi", "tôi không có tiền"), ("so", "lacag ma haysto")),
    ],
)
async def test_who_has_no_money_finds_the_office_that_pays_and_beside_it_help_with_debts(
    house: House, code: str, text: str
) -> None:
    visitor = house.visitor(code)
    found = await visitor.say(text)
    assert bare(found.text).startswith("Jobcenter")
    assert "r|article|gl-schuldnerberatung" in data_of(found)


@pytest.mark.parametrize(
    ("code", "text", "id"),
    [
        ("en", "letter says i must leave germany in 30 days", "fluechtlingsrat-beratung"),
        ("de", "Asylantrag abgelehnt", "fluechtlingsrat-beratung"),
        ("fa-AF", "نوشته تا ۱۵ دسمبر باید بروم", "fluechtlingsrat-beratung"),
        ("en", "my boss holds my passport", "correct"),
        ("fr", "est-ce légal de me virer pendant un arrêt maladie", "correct"),
        ("vi", "hợp đồng hết hạn tôi có phải về nước không", "mbe"),
        ("so", "guri ma haysto", "mbe"),
        ("so", "warqad baa ii timid", "mbe"),
        ("so", "waxaan rabaa inaan barto af jarmal", "dien-hong-sprache"),
    ],
)
async def test_a_need_leads_to_the_door_for_it(house: House, code: str, text: str, id: str) -> None:
    visitor = house.visitor(code)
    locale = find(code) or find("de")
    assert locale is not None
    found, *_told = await visitor.all(text)
    assert bare(found.text).startswith(bare(await house.title(Kind.OFFER, id, locale)))


async def test_who_looks_for_a_home_in_somali_gets_the_doors_of_the_town(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("guri ayaan raadinayaa rostock")
    assert bare(found.text).startswith("Wohnen · Rostock")


async def test_who_can_not_sleep_is_not_without_a_flat(house: House) -> None:
    visitor = await house.settled("tr")
    assert "PSZ" in bare((await visitor.say("gece uyuyamıyorum")).text).splitlines()[0]


# People ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), ("Rostock",), ("Waren",)])
async def test_people_are_those_who_can_be_called_or_visited(house: House, before: tuple[str, ...]) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    for text in before:
        await visitor.say(text)
    found = await visitor.say("frobnix zorgle")
    people = bare(found.text).partition(_("People who help by telephone or on site:"))[2]
    directory = (await house.holdings()).directory
    shown = [offer for offer in directory.offers if f"• {offer.title.renditions['de'].text}" in people]
    assert len(shown) == len(starting(data_of(found), "r")) == people.count("•")
    for offer in shown:
        assert offer.contact.phone or offer.contact.mobile or (offer.places and offer.reachable)


async def test_where_somebody_can_be_visited_stands_with_it(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("frobnix zorgle")
    assert "(MBE) (Rostock, Wismar, Güstrow und Schwerin): Internetseite" in bare(found.text)


# Few words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text"),
    [
        *(
            ("de", "Ich verstehe nicht"),
            ("en", "I don't understand"),
            ("ru", "не понимаю"),
            ("ar", "لا أفهم"),
        ),
        *(
            ("fa-AF", "ich verstehe nicht"),
            ("ar", "Ich verstehe nicht bitte Hilfe"),
            ("uk", "нічого не розумію"),
        ),
    ],
)
async def test_who_does_not_understand_is_told_how_to_go_on(house: House, code: str, text: str) -> None:
    _ = words(code)
    visitor = house.visitor(code)
    (found,) = await visitor.all(text)
    said = bare(found.text)
    assert said.startswith(_("That is all right. There are three ways to go on:"))
    assert _("Or write one word, for example: {word}", word=_("Housing")) in said
    assert _("People who help by telephone or on site:") in said
    assert {"c", "l"} <= set(data_of(found))


@pytest.mark.parametrize(
    ("code", "text", "shown"),
    [
        ("tr", "slm", "Hello!"),
        ("de", "ok", "All right. Write to me whenever you have a question."),
        ("tr", "tamam", "All right. Write to me whenever you have a question."),
        ("de", "👍", "All right. Write to me whenever you have a question."),
        ("fr", "bonne soirée", "You are welcome. Is there anything else?"),
        (
            "en",
            "i have a question",
            "Choose, or just write your question in your own words, in your language.",
        ),
    ],
)
async def test_words_in_passing_get_a_kind_answer(house: House, code: str, text: str, shown: str) -> None:
    visitor = await house.settled(code)
    found = await visitor.say(text)
    assert bare(found.text).startswith(words(code)(shown))
    assert "c" in data_of(found)


# A few words of German ------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["ar", "fa-AF", "uk"])
async def test_a_few_words_of_german_leave_the_own_language(house: House, code: str) -> None:
    _ = words(code)
    visitor = house.visitor(code)
    found, offer = await visitor.all("vo ich in güstrow hilfe")
    assert _("What is it about?") in bare(found.text)
    assert labels(offer) == ["Deutsch"]
    (again,) = await visitor.all("wo ist Beratung bitte")
    assert _("What is it about?") in bare(again.text)
    asked = await visitor.say("Ich suche eine Wohnung in Schwerin für meine Familie")
    assert words("de")("Housing") in bare(asked.text)


async def test_a_phone_without_a_language_says_nothing_about_it(house: House) -> None:
    visitor = house.visitor(None)
    found = await visitor.say("Wo ist Beratung in Güstrow?")
    assert words("de")("What is it about?") in bare(found.text)


async def test_in_a_language_that_is_not_written_the_way_to_others_stays(house: House) -> None:
    visitor = house.visitor("so")
    _answer, told = await visitor.all("xqzw")
    assert "l" in data_of(told)
    (later,) = await visitor.all("xqzw blorb")
    assert "l" in data_of(later)
    (menu,) = await visitor.all("asc")
    assert data_of(menu).count("l") == 1


# A door for people from one country -----------------------------------------------------------------


class Sure(Answering):
    """Finds these hotlines whatever it is asked, and is sure of the first."""

    def __init__(self, behind: Answering, *ids: str) -> None:
        super().__init__(behind.watch, behind.reader, behind.gazetteer, behind.languages)
        self.entries = tuple(Scored((Kind.OFFER, id), 0.9 / number) for number, id in enumerate(ids, 1))

    async def search(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        found = await super().search(text, locale, holdings)
        return replace(found, verdict=Verdict.ANSWER, entries=self.entries)


@pytest.mark.parametrize(
    ("code", "text", "first"),
    [
        ("de", "zorgle", False),
        ("ar", "zorgle", False),
        ("de", "zorgle, ich komme aus der Ukraine", True),
        ("uk", "zorgle", True),
    ],
)
async def test_a_door_for_one_country_comes_first_only_for_who_is_from_there(
    house: House, monkeypatch: pytest.MonkeyPatch, code: str, text: str, first: bool
) -> None:
    found = Sure(house.lotse.desk.answering, "helpline-ukraine", "violence-men")
    monkeypatch.setattr(house.lotse.desk.answering, "search", found.search)
    visitor = await house.settled(code)
    with house.clock(house.wall("2026-11-27 15:00")):
        answer = await visitor.say(text)
    record = (await house.holdings()).directory.get(Kind.OFFER, "helpline-ukraine")
    assert isinstance(record, CounsellingOffer)
    assert bare(answer.text).startswith("Helpline Ukraine") is first
    assert ("Helpline Ukraine" in bare(answer.text)) is True
    order = [data.split("|")[2] for data in starting(data_of(answer), "r")]
    assert (order[-1:] == ["helpline-ukraine"]) is not first


@pytest.mark.parametrize(("code", "first"), [("de", False), ("ar", False), ("uk", True), ("ru", True)])
async def test_so_it_is_in_a_list(house: House, code: str, first: bool) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    await visitor.say("Parchim")
    with house.clock(house.wall("2026-11-24 15:00")):  # it is open
        doors = await visitor.screen(await visitor.say("/start"), "o|mental|parchim")
    listed = [data.split("|")[2] for data in starting(data_of(doors), "r")]
    assert (listed[0] == "helpline-ukraine") is first
    assert "helpline-ukraine" in listed
