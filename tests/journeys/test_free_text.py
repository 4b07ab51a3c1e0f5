"""Questions in one's own words, in twelve languages: town, topic, language and time; never a flat refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.dialog.labels import COUNSELLING_TOPICS
from bot.domain.directory import Article, Kind
from bot.domain.locales import LOCALES, Locale, find
from bot.services.answering import Answer, Answering, Verdict
from bot.services.quoting import Quoting
from bot.services.shelf import Holdings
from bot.translation import forms
from bot.understanding.lines import sentences
from bot.understanding.search import Scored
from tests.journeys.test_conversation import town
from tests.journeys.visitor import House, bare, data_of, labels, starting, words
from tests.services.nearness import Words, by_nearness, vector

pytestmark = pytest.mark.asyncio(loop_scope="package")

HOUSING_IN_SCHWERIN = {
    "de": "Ich suche eine Wohnung in Schwerin",
    "de-x-leicht": "Ich brauche eine Wohnung. Ich bin in Schwerin.",
    "en": "I need a flat in Schwerin",
    "uk": "Шукаю житло у Шверіні",
    "ru": "Ищу жильё в Шверине",
    "ar": "أبحث عن سكن في شفيرين",
    "fa-AF": "در شورین خانه پیدا می‌کنم",
    "tr": "Schwerin'de ev arıyorum",
    "pl": "Szukam mieszkania w Schwerinie",
    "ro": "Caut o locuință în Schwerin",
    "vi": "Tôi tìm nhà ở tại Schwerin",
    "fr": "Je cherche un logement à Schwerin",
}

STORIES = [
    # a Syrian mother names no topic: only the topic is missing, the town is known
    ("ar", "وين في استشارة بالعربي؟", None),
    ("uk", "Де визнати диплом, я в Stralsund?", "iq-recognition"),
    ("pl", "szef nie płaci, mieszkam na Usedomie", "correct"),
    ("vi", "hoi nguoi viet o dau", "dien-hong"),
    ("en", "My boss does not pay me. I live in Rostock", "correct"),
    ("de", "Beratung für Betroffene rechter Gewalt in Rostock", "lobbi-nord"),
]


async def test_every_launch_language_has_a_question() -> None:
    assert set(HOUSING_IN_SCHWERIN) == {locale.code for locale in LOCALES}


@pytest.mark.parametrize("code", HOUSING_IN_SCHWERIN)
async def test_topic_and_town_are_understood(house: House, code: str) -> None:
    visitor = await house.settled(code)
    doors = await visitor.say(HOUSING_IN_SCHWERIN[code])
    locale = find(code)
    assert locale is not None
    gazetteer = house.lotse.desk.gazetteer
    town = gazetteer.town("schwerin")
    assert town is not None
    heading = bare(doors.text).splitlines()[0]
    assert words(code)("Housing") in heading
    assert gazetteer.local_name(town, code) in heading
    assert starting(data_of(doors), "r")


@pytest.mark.parametrize(("code", "text", "id"), STORIES)
async def test_the_stories(house: House, code: str, text: str, id: str | None) -> None:
    visitor = house.visitor(code)
    found = await visitor.say(text)
    if id is None:
        assert words(code)("What is it about?") in bare(found.text)
        in_arabic = words(code)("Counselling in these languages: {languages}", languages="العربية")
        assert in_arabic in bare(found.text)
        return
    directory = (await house.holdings()).directory
    kind = Kind.OFFER if directory.get(Kind.OFFER, id) else Kind.ORGANISATION
    locale = find(code)
    assert locale is not None
    shown = bare(found.text) + " ".join(labels(found)) + " ".join(data_of(found))
    assert await house.title(kind, id, locale) in shown or f"|{id}" in shown
    assert (await visitor.stored())["recipient"] is None


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "детето ми е болно"),
        ("de", "Детето ми е болно, къде да отида?"),
        ("ru", "ребёнок заболел"),
        ("uk", "моя дитина хвора"),
        ("fr", "mon enfant est malade"),
    ],
)
async def test_whose_child_is_ill_is_led_to_the_doctor_on_call_and_not_to_the_poison_line(
    house: House, code: str, text: str
) -> None:
    visitor = await house.settled(code)
    found = await visitor.say(text)
    assert "x|offer|doctor-on-call" in data_of(found)
    assert "116117" in bare(found.text)


async def test_who_fears_poison_is_led_to_the_poison_line(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Welche Nummer hat der Giftnotruf?")
    assert "x|offer|poison" in data_of(found)


async def test_town_only_then_topic_then_done(house: House) -> None:
    visitor = await house.settled("de")
    asked = await visitor.say("Güstrow")
    assert words("de")("What are you looking for there?") in asked.text
    doors = await visitor.say("Ich suche eine Wohnung")
    assert "Güstrow" in doors.text
    assert starting(data_of(doors), "r")
    elsewhere = await visitor.say("Und in Wismar?")
    assert "Wismar" in elsewhere.text


@pytest.mark.parametrize("text", ["Güstrow", "18273", "ich wohne in Güstrow"])
async def test_town_only_then_the_topics_there_and_the_town_is_not_asked_for_again(
    house: House, text: str
) -> None:
    visitor = await house.settled("de")
    topics = await visitor.tap(await visitor.say(text), "Beratung finden")
    assert bare(topics.text).splitlines() == ["Güstrow", "Worum geht es?"]
    doors = await visitor.tap(topics, "Schulden")
    assert "Schulden · Güstrow" in bare(doors.text).splitlines()


async def test_counselling_in_a_town_without_a_topic(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("Where is counselling in Arabic in Güstrow?")
    assert "What is it about?" in found.text
    assert "Güstrow" in found.text
    doors = await visitor.tap(found, "Residence and asylum")
    assert "Güstrow" in doors.text


async def test_another_town_without_a_topic_leads_on_to_the_topics_there(house: House) -> None:
    visitor = await house.settled("en")
    asked = await visitor.say("Where is counselling in Güstrow?")
    elsewhere = await visitor.tap(await visitor.tap(asked, "Other town"), "Rostock")
    assert bare(elsewhere.text).splitlines() == ["Rostock", "What is it about?"]
    towns = await visitor.tap(elsewhere, "Other town")
    everywhere = await visitor.tap(towns, "All of Mecklenburg-Vorpommern")
    doors = await visitor.tap(everywhere, "Debt")
    assert bare(doors.text).splitlines()[0] == "Debt"
    assert starting(data_of(doors), "r")
    await visitor.tap(everywhere, "Other town")
    written = await visitor.say("Wismar")
    assert bare(written.text).splitlines() == ["Wismar", "What is it about?"]
    towns = await visitor.tap(written, "Other town")
    await visitor.tap(towns, "Near me (share location once)")
    _closing, near = await visitor.send("send_location", 53.6294, 11.4132)
    assert bare(near.text).splitlines() == ["Schwerin", "What is it about?"]
    doors = await visitor.tap(near, "Housing")
    assert bare(doors.text).splitlines()[0] == "Housing · Schwerin"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Beratung auf Arabisch in Güstrow"),
        ("de", "Ich suche eine Beratungsstelle in Güstrow, wo man Arabisch spricht"),
        ("en", "Counselling in Arabic in Güstrow"),
        ("en", "Where is counselling in Arabic in Güstrow?"),
        ("ar", "استشارة بالعربية في غوسترو"),
        ("uk", "Консультація арабською в Гюстрові"),
    ],
)
async def test_counselling_without_a_topic_keeps_town_and_language_up_to_the_list(
    house: House, code: str, text: str
) -> None:
    _ = words(code)
    locale = find(code)
    assert locale is not None
    spoken = _("Counselling in these languages: {languages}", languages=forms(locale).languages(["ar"]))
    visitor = await house.settled(code)
    topics = await visitor.say(text)
    assert bare(topics.text).splitlines()[1:] == [bare(spoken), _("What is it about?")]
    assert all(one.endswith("|guestrow|0||0|ar") for one in starting(data_of(topics), "o"))
    assert not starting(data_of(topics), "r"), "who asks for counselling in general has found nothing else"
    doors = await visitor.tap(topics, _("Housing"))
    assert all(one.endswith("|housing|guestrow|0||ar") for one in starting(data_of(doors), "r")[:5])
    back = await visitor.tap(doors, _("‹ Back"))
    assert back.text == topics.text
    towns = await visitor.tap(topics, _("Other town"))
    elsewhere = await visitor.tap(towns, "c|wismar|ar")
    assert bare(spoken) in bare(elsewhere.text).splitlines()


async def test_a_topic_written_next_keeps_town_and_language(house: House) -> None:
    visitor = await house.settled("de")
    asked = await visitor.say("Beratung auf Arabisch oder Kurdisch")
    assert set(starting(data_of(asked), "t")) >= {"t|c|housing|0||ar,ku"}
    topics = await visitor.say("Güstrow")
    assert "o|housing|guestrow|0||0|ar,ku" in data_of(topics)
    doors = await visitor.say("Wohnung")
    assert bare(doors.text).splitlines()[:2] == [
        "Es geht weiter um: Güstrow, Arabisch und Kurdisch",
        "Wohnen · Güstrow",
    ]
    assert "t|c|housing|0||ar,ku" in data_of(doors)


async def test_the_language_may_be_said_after_the_town(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Beratung in Güstrow")
    topics = await visitor.say("auf Ukrainisch?")
    assert "o|housing|guestrow|0||0|uk" in data_of(topics)
    await visitor.tap(await visitor.tap(topics, "Anderer Ort"), "In meiner Nähe")
    _closing, near = await visitor.send("send_location", 53.6294, 11.4132)
    assert "o|housing|schwerin|0||0|uk" in data_of(near)


async def test_where_nothing_was_understood_the_town_is_not_asked_for_again(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Beratung auf Arabisch in Güstrow")
    lost = await visitor.say("xqzw brlmpf")
    assert {"o|housing|guestrow|0||0|ar", "c|guestrow|ar"} <= set(data_of(lost))


async def test_what_was_found_leads_to_the_doors_for_the_language_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_only(house, monkeypatch, Kind.ORGANISATION, "miteinander-maan")
    visitor = await house.settled("de")
    card = await visitor.say("Beratung zum Nähen auf Arabisch in Güstrow")
    assert "c|guestrow|ar" in data_of(card)


async def test_a_language_asked_for_is_put_first_or_its_lack_admitted(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("Housing counselling in Schwerin in Tigrinya, please")
    assert "My list does not say who speaks Tigrinya" in bare(found.text)


@pytest.mark.parametrize(
    ("code", "text", "when"),
    [
        ("en", "Events this weekend in Rostock", "weekend"),
        ("de", "Was ist heute los?", "today"),
        ("de", "Veranstaltungen morgen in Wismar", "tomorrow"),
        ("en", "What is on this evening?", "today"),
        ("en", "Events on Tuesday", "tuesday"),
        ("fr", "Événements demain soir", "tomorrow"),
        ("en", "Events", "all"),
    ],
)
async def test_times_are_understood(house: House, code: str, text: str, when: str) -> None:
    visitor = await house.settled(code)
    found = await visitor.say(text)
    assert words(code)("Events") in found.text
    choices = [data.split("|") for data in starting(data_of(found), "e")]
    # The button for the reader's language keeps the time that is shown.
    assert [parts[1] for parts in choices if parts[3:4] == [code]] == [when]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Was ist in Wismar los?"),
        ("en", "what's up in Wismar?"),
        ("uk", "що у Вісмарі відбувається?"),
        ("ru", "чем заняться в Висмаре?"),
        ("fr", "que se passe-t-il à Wismar ?"),
        ("ar", "ماذا يحدث في فيسمار؟"),
        ("tr", "Wismar'da ne oluyor?"),
        ("pl", "co słychać w Wismarze?"),
        ("en", "¿Qué pasa en Wismar?"),
    ],
)
async def test_what_happens_in_a_town_is_its_events(house: House, code: str, text: str) -> None:
    visitor = await house.settled(code)
    found = (await visitor.all(text))[0]
    assert bare(found.text).splitlines()[0] == f"{words(code)('Events')} · {town(house, code, 'wismar')}"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        *(("de", "welcher film läuft heute im fernsehen"), ("tr", "yarın hava nasıl olacak")),
        *(("en", "gold price today"), ("ru", "какой курс доллара сегодня"), ("ar", "سعر الذهب اليوم")),
        *(("uk", "яка завтра погода"), ("fr", "il fait quel temps demain"), ("pl", "jaka pogoda jutro")),
        *(("ro", "cum e vremea maine"), ("vi", "giá vàng hôm nay"), ("fa-AF", "نرخ دالر امروز")),
        *(("ar", "marti bi souria bade jibha lahon"), ("ar", "biddi ijib marti mn suria")),
    ],
)
async def test_a_day_beside_what_is_nobody_s_business_asks_for_no_events(
    house: House, code: str, text: str
) -> None:
    visitor = await house.settled(code)
    found = await visitor.say(text)
    assert not bare(found.text).startswith(words(code)("Events"))
    assert not starting(data_of(found), "E")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("sq", "Per ekskursionin e klases duan 90 euro, ne s'i kemi"),
        ("en", "my boy needs money for the class trip and lunch, does the office give something extra"),
        ("ru", "За обеды и экскурсию класса просят 120 евро, кто это оплачивает"),
        ("pl", "na obiady w szkole i wycieczke brakuje, kolezanka mowi ze jest na to jakis pakiet"),
    ],
)
async def test_a_word_for_events_is_none_where_there_is_a_clear_answer(
    house: House, code: str, text: str
) -> None:
    visitor = house.visitor(code)
    assert "article|gl-bildungspaket" in " ".join(data_of(await visitor.say(text)))


@pytest.mark.parametrize(
    ("code", "text", "id"),
    [
        ("en", "just moved to Wismar where do i register", "gl-ummeldung"),
        ("ru", "переехали из Пархима в Росток куда сообщить", "gl-ummeldung"),
        ("de", "ich bin neu in Rostock, wo muss ich mich anmelden", "gl-anmeldung"),
    ],
)
async def test_a_town_named_by_the_way_is_not_what_is_asked(
    house: House, code: str, text: str, id: str
) -> None:
    visitor = await house.settled(code)
    assert f"x|article|{id}" in data_of(await visitor.say(text))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("vi", "có ai dịch giúp tôi khi đi khám bệnh ở Rostock không"),
        ("de", "Ich suche einen Dolmetscher beim Arzt in Rostock"),
    ],
)
async def test_who_needs_somebody_to_interpret_at_the_doctor_s_is_led_to_interpreters(
    house: House, code: str, text: str
) -> None:
    visitor = await house.settled(code)
    found = bare((await visitor.say(text)).text)
    assert found.splitlines()[0].startswith(words(code)(COUNSELLING_TOPICS["interpreting"]))


async def test_bulgarian_in_latin_letters_is_no_albanian(house: House) -> None:
    visitor = house.visitor("de")
    found, told = await visitor.all("shefa ne mi plashta veche 2 meseca")
    assert "CORRECT!" in found.text
    said = house.lotse.desk.unwritten["bg"].answer.format(language="Deutsch")
    assert bare(told.text) == said


async def test_events_in_a_language(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("Events in Arabic in Wismar")
    assert {data.split("|")[1] for data in starting(data_of(found), "E")} == {"demo-sprachcafe-wismar"}


async def test_associations_by_town_and_by_language(house: House) -> None:
    visitor = await house.settled("en")
    by_town = await visitor.say("Associations in Stralsund")
    assert "Stralsund" in by_town.text.splitlines()[0]
    assert "Tutmonde" in by_town.text
    by_language = await visitor.say("Ukrainian association")
    assert starting(data_of(by_language), "r")


async def test_a_word_of_the_office_is_explained(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Was ist eine Fiktionsbescheinigung?")
    assert "Fiktionsbescheinigung" in found.text.splitlines()[0]


async def test_the_bot_does_not_guess_about_a_case(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("is my duldung extended?")
    shown = found.text + " ".join(labels(found))
    assert "Duldung" in shown
    assert "counselling" in shown.lower()


@pytest.mark.parametrize(
    "text",
    [
        "asdfghjkl qwertz",
        "42",
        "???",
        "🙂",
        "።።።",
        "http://example.org",
        "<b>&amp;</i>",
        "\u200b\u200d",
        "\u202eabc",
        "a" * 4000,
        "🙂" * 2000,
        "{count} %s {0}",
        "ሰላም",
        "你好",
    ],
)
async def test_nothing_is_refused_flatly(house: House, text: str) -> None:
    visitor = await house.settled("en")
    found = await visitor.say(text)
    assert found.buttons
    assert len(found.text) > 20
    assert not any(word in found.text for word in ("error", "invalid", "Sorry", "Something went wrong"))


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
async def test_nonsense_is_answered_in_the_reader_s_language(house: House, locale: Locale) -> None:
    code = locale.code
    visitor = await house.settled(code)
    found = await visitor.say("xqzw")
    _ = words(code)
    sentence = _("I did not understand that well enough. Choose a topic, or write it in other words.")
    assert sentence in bare(found.text)
    assert words(code)("Housing") in labels(found)
    assert _("Pass my question to the office") in labels(found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hallo", "Hello!"),
        ("Danke", "You are welcome. Is there anything else?"),
        ("Wer bist du?", "I am Lotse, a program of MIGRANET-MV."),
        (
            "Ich möchte mit einem Menschen sprechen",
            "Nobody reads what you write here. At a counselling office you can speak with people.",
        ),
        ("Du bist dumm", "I am only a program. I would still like to help you."),
    ],
)
async def test_small_talk_is_answered_kindly(house: House, text: str, shown: str) -> None:
    visitor = await house.settled("de")
    found = await visitor.say(text)
    assert words("de")(shown) in found.text
    assert words("de")("Find counselling") in labels(found)


class Guessing(Answering):
    """Finds a number of records in whatever it is asked, and is sure of none."""

    def __init__(self, behind: Answering, count: int) -> None:
        super().__init__(behind.watch, behind.reader, behind.gazetteer, behind.languages)
        self.count = count

    async def search(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        found = await super().search(text, locale, holdings)
        offers = [Scored(offer.key, 0.2) for offer in holdings.directory.offers]
        return replace(found, verdict=Verdict.CHOICES, entries=tuple(offers[: self.count]))


async def test_a_topic_without_any_entry_asks_for_the_town(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.lotse.desk.answering, "search", Guessing(house.lotse.desk.answering, 0).search)
    visitor = await house.settled("en")
    found = await visitor.say("my landlord is angry with me")
    assert "Where do you live?" in found.text


async def test_a_doubtful_question_gets_up_to_three_choices_and_the_topics(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await house.settled("de")
    monkeypatch.setattr(house.lotse.desk.answering, "search", Guessing(house.lotse.desk.answering, 3).search)
    found = await visitor.say("plover")
    _ = words("de")
    assert _("Did you mean one of these?") in found.text
    assert len(starting(data_of(found), "r")) == 3
    assert _("None of these") in labels(found)
    topics = await visitor.tap(found, _("Find counselling"))
    assert {_(name) for name in COUNSELLING_TOPICS.values()} <= set(labels(topics))


@pytest.mark.parametrize(
    ("count", "asked", "none"),
    [
        (1, "Did you mean this?", "No, something else"),
        (2, "Did you mean one of these?", "None of these"),
    ],
)
async def test_a_single_guess_is_asked_in_the_singular(
    house: House, monkeypatch: pytest.MonkeyPatch, count: int, asked: str, none: str
) -> None:
    visitor = await house.settled("en")
    monkeypatch.setattr(
        house.lotse.desk.answering, "search", Guessing(house.lotse.desk.answering, count).search
    )
    found = await visitor.say("plover")
    assert asked in found.text
    assert none in labels(found)
    assert len(starting(data_of(found), "r")) == count


async def test_choices_name_the_next_date_and_the_town_of_an_event(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await house.settled("en")
    cafe = Certain(house.lotse.desk.answering, Kind.EVENT, "demo-sprachcafe-wismar")
    monkeypatch.setattr(house.lotse.desk.answering, "search", cafe.search)
    found = await visitor.say("plover")
    desk = house.lotse.desk
    day = forms(words("en").locale).day(
        desk.today(desk.clock()) + timedelta(days=2), desk.today(desk.clock())
    )
    assert f"({day}, Wismar)" in bare(found.text)


class Certain(Answering):
    """Answers whatever it is asked with one record, as if it had found that by the words' vector."""

    def __init__(self, behind: Answering, kind: Kind, id: str) -> None:
        super().__init__(behind.watch, behind.reader, behind.gazetteer, behind.languages)
        self.only = Scored((kind, id), 1.0)

    async def search(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        found = await super().search(text, locale, holdings)
        return replace(found, verdict=Verdict.ANSWER, entries=(self.only,), vector=vector(text))


def find_only(house: House, monkeypatch: pytest.MonkeyPatch, kind: Kind, id: str) -> None:
    """Let the bot find this record, whatever it is asked."""
    answering = house.lotse.desk.answering
    monkeypatch.setattr(answering, "search", Certain(answering, kind, id).search)


@pytest.mark.parametrize("said", ["zorgle Schwerin", "zorgle every week", "zorgle on Saturday"])
async def test_what_was_found_is_shown_though_a_town_or_a_time_is_named(
    house: House, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    visitor = await house.settled("en")
    find_only(house, monkeypatch, Kind.OFFER, "correct")
    assert "CORRECT" in bare((await visitor.say(said)).text)


async def test_a_town_or_a_time_alone_is_no_question_about_what_was_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_only(house, monkeypatch, Kind.OFFER, "correct")
    visitor = await house.settled("en")
    assert "What are you looking for there?" in (await visitor.say("in Schwerin")).text
    assert "CORRECT" not in bare((await (await house.settled("en")).say("on Saturday")).text)


async def test_who_is_asked_for_the_town_can_open_what_was_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_only(house, monkeypatch, Kind.OFFER, "correct")
    visitor = await house.settled("en")
    found = await visitor.say("Counselling about debts")
    assert "Where do you live?" in found.text
    assert starting(data_of(found), "r") == ["r|offer|correct"]
    assert "Debt · Schwerin" in bare((await visitor.say("Schwerin")).text)


async def test_a_door_that_is_shown_has_no_button_to_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_only(house, monkeypatch, Kind.OFFER, "iq-recognition")
    visitor = await house.settled("en")
    found = await visitor.say("recognition of my diploma in Stralsund")
    assert "Recognition of degrees · Stralsund" in found.text
    assert not starting(data_of(found), "r")


async def test_what_was_found_beyond_the_topic_is_a_tap_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_only(house, monkeypatch, Kind.OFFER, "lobbi-nord")
    visitor = await house.settled("en")
    for said, heading in (("debts in Güstrow", "Debt · Güstrow"), ("dance events", "Events")):
        found = await visitor.say(said)
        assert heading in bare(found.text)
        assert data_of(found).count("r|offer|lobbi-nord") == 1
        assert data_of(found)[-1] != "r|offer|lobbi-nord"  # the way back stays the last


async def test_a_town_that_was_named_is_not_asked_for_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_only(house, monkeypatch, Kind.ARTICLE, "mitmachen")
    visitor = await house.settled("en")
    found = await visitor.say("debts in Güstrow")
    doors = await visitor.tap(found, "Counselling in my town")
    assert "Güstrow" in bare(doors.text).splitlines()[0]


@contextmanager
def quoting(house: House, vectors: Words | None) -> Iterator[None]:
    """Let the bot have these vectors."""
    before = house.lotse.desk.quoting
    found = None if vectors is None else Quoting(vectors, by_nearness(0.1))
    object.__setattr__(house.lotse.desk, "quoting", found)
    try:
        yield
    finally:
        object.__setattr__(house.lotse.desk, "quoting", before)


async def test_a_long_article_is_answered_with_its_lines_and_the_whole_is_a_tap_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_only(house, monkeypatch, Kind.ARTICLE, "verein-gruenden")
    article = (await house.holdings()).directory.get(Kind.ARTICLE, "verein-gruenden")
    assert isinstance(article, Article)
    body = article.body.localize(LOCALES[0])
    assert body is not None
    asked, sought = "Protokoll", "Alles kommt in ein Protokoll."
    visitor = await house.settled("de")
    with quoting(house, Words()):
        found = await visitor.say(asked)
        assert sought in bare(found.text)
        assert sentences(body.text)[0] not in bare(found.text)
        assert await house.title(Kind.ARTICLE, "verein-gruenden", LOCALES[0]) in bare(found.text)
        assert words("de")("Source: {source}", source="")[:6] in found.text
        whole = await visitor.tap(found, words("de")("Whole text"))
        assert all(sentence in bare(whole.text) for sentence in sentences(body.text))
        # What no line answers, and what cannot be computed, is answered with the article as it is.
        for other, away in (("Xylophon", False), (asked, True)):
            vectors = Words()
            vectors.away = away
            with quoting(house, vectors):
                found = await visitor.say(other)
            assert sentences(body.text)[0] in bare(found.text)
            assert words("de")("Whole text") not in labels(found)


async def test_a_short_article_is_shown_as_it_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    find_only(house, monkeypatch, Kind.ARTICLE, "mitmachen")
    visitor = await house.settled("de")
    with quoting(house, Words()):
        found = await visitor.say("Protokoll")
    assert words("de")("Whole text") not in labels(found)


async def test_a_journalist_is_led_to_the_office(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Ich bin Journalistin und suche Kontakt zum MIGRANET-MV, Geschäftsstelle")
    assert "x|article|geschaeftsstelle" in data_of(found)
    assert "Waldemarstraße 33" in bare(found.text)


async def test_a_shouted_town_and_an_unknown_one(house: House) -> None:
    visitor = await house.settled("en")
    assert "Rostock" in (await visitor.say("ROSTOCK!!!")).text
    assert (await visitor.say("Hamburg")).buttons
    assert (await visitor.say("99999")).buttons


async def test_alt_schwerin_is_not_schwerin(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Alt Schwerin")
    assert "Alt Schwerin" in found.text.splitlines()[0]


async def test_a_situation_is_understood_without_its_topic_being_named(house: House) -> None:
    visitor = await house.settled("uk")
    found = await visitor.say("начальник з серпня не заплатив ні копійки")
    assert "CORRECT" in bare(found.text) or any("CORRECT" in bare(label) for label in labels(found))


async def test_the_starter_content_is_understood_from_the_start(house: House) -> None:
    """Its vectors and its head come with the package: python -m scripts.teach."""
    index = (await house.holdings()).index
    assert index.known is not None
    assert index.known.missing == ()
    assert index.trained is not None
    assert set(index.known.keys) <= set(index.trained.keys)


async def test_a_language_that_is_understood_but_not_written_is_told_so_once(house: House) -> None:
    visitor = await house.settled("de")
    first = await visitor.all("Necesito ayuda para buscar un piso para mi familia")
    assert any("español" in bare(message.text) for message in first)
    second = await visitor.all("¿Dónde puedo aprender alemán por la tarde sin pagar?")
    assert not any("español" in bare(message.text) for message in second)


@pytest.mark.parametrize("text", ["hello <b>x</b>", "<p>hallo</p>"])
async def test_tags_are_of_no_language(house: House, text: str) -> None:
    visitor = house.visitor("de")
    found = await visitor.all(text)
    assert len(found) == 1, "no other language is offered"
    assert words("de")("Hello!") in found[0].text
