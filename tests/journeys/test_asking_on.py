"""What is asked about the doors or events just shown, a day, a language; what who is afraid gets."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime, timedelta

import pytest
from babel.dates import format_date

from bot.dialog.labels import COUNSELLING_TOPICS
from bot.domain.directory import CounsellingOffer, Event, Kind, Organisation
from bot.domain.locales import locale_of
from bot.domain.minutes import to_minutes
from bot.domain.text import LocalizedText
from bot.sandbox import Message
from bot.services.browsing import spoken_as
from bot.storage.codec import encode
from bot.translation import forms
from tests.journeys.test_conversation import town
from tests.journeys.visitor import House, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

ASKED = {
    "de": (
        "Ich suche eine Wohnung in Schwerin",
        "wann ist da auf?",
        "kostet das was?",
        "wie komme ich da hin?",
    ),
    "ar": ("أبحث عن سكن في شفيرين", "ايمتى بتفتح", "قديش بتكلف", "كيف بروح لهنيك"),
    "ru": ("Ищу квартиру в Шверине", "когда открыто", "это бесплатно?", "как туда доехать"),
}


@pytest.mark.parametrize("code", ASKED)
async def test_hours_cost_and_way_of_the_doors_just_shown(house: House, code: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    first, *more = ASKED[code]
    listed = starting(data_of(await visitor.say(first)), "r")[:5]
    for text, heading in zip(more, ("Opening hours", "Cost", "The way there"), strict=True):
        (told,) = await visitor.all(text)
        assert bare(told.text).splitlines()[1] == f"{_(heading)} · {town(house, code, 'schwerin')}"
        assert starting(data_of(told), "r") == listed  # the same doors, in the same order
        assert _("Forget this") in labels(told)


async def test_what_is_known_stands_first_and_who_does_not_say_it_is_to_be_asked(house: House) -> None:
    _ = words("en")
    visitor = await house.settled("en")
    await visitor.say("I need a doctor in Rostock")
    told = bare((await visitor.say("phone?")).text)
    known, _found, unknown = told.partition(_("My list does not say it for these. Please ask there:"))
    assert "116117" in known
    assert "Medinetz Rostock · Website" in unknown


async def test_after_an_answer_without_a_town_it_is_that_entry_s(house: House) -> None:
    visitor = await house.settled("ro")
    found = await visitor.say("șeful nu mă plătește de două luni, lucrez la depozit")
    assert "CORRECT!" in found.text
    told = await visitor.say("cât costă?")
    assert "CORRECT!" in told.text
    assert bare(words("ro")("Cost")) in bare(told.text)
    assert len(starting(data_of(told), "r")) == 1


async def test_after_the_card_of_an_association_it_is_that_one_s(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    await visitor.say("Ich suche eine Wohnung in Schwerin")
    assert "migra e.V." in (await visitor.say("Migra e.V.")).text
    told = await visitor.say("wie ist die Adresse?")
    assert [one.split("|")[2] for one in starting(data_of(told), "r")] == ["migra"]
    assert bare(told.text).splitlines()[0] == _("Still about: {what}", what="migra e.V.")
    assert _("Forget this") in labels(told)


@pytest.mark.parametrize("way", ["link", "button"])
async def test_after_a_door_that_was_opened_it_is_that_one_s(house: House, way: str) -> None:
    visitor = await house.settled("de")
    if way == "link":
        await visitor.say("/start offer-violence-men")
    else:
        listed = await visitor.say("Ich suche eine Wohnung in Schwerin")
        assert len(starting(data_of(listed), "r")) > 1
        await visitor.data(listed, "r|offer|violence-men")
    name = await house.title(Kind.OFFER, "violence-men", locale_of("de"))
    for text, heading in (
        ("Wann haben Sie geöffnet?", "Opening hours"),
        ("Telefonnummer?", "Telephone and e-mail"),
    ):
        told = await visitor.say(text)
        assert entries_of(told) == ["violence-men"]
        assert words("de")(heading) in bare(told.text)
        assert words("de")("Still about: {what}", what=name) in bare(told.text)
    assert name in bare((await visitor.say("/mydata")).text)
    await visitor.say("/start article-wer-ist-zustaendig")
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.door is None


async def test_with_a_town_it_is_about_the_doors_there_and_no_more_about_the_one(house: House) -> None:
    visitor = await house.settled("de")
    listed = await visitor.say("Ich suche eine Wohnung in Schwerin")
    await visitor.data(listed, "r|offer|violence-men")
    told = await visitor.say("Telefonnummer in Rostock?")
    assert "violence-men" not in entries_of(told)
    assert entries_of(told)


async def test_after_choices_it_is_the_event_that_stands_first_among_them(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("ich will deutsch sprechen üben in wismar")
    (event,) = starting(data_of(found), "E")
    told = await visitor.say("ist das kostenlos?")
    assert entries_of(told) == [event.split("|")[1]]


async def test_after_a_card_and_a_town_it_is_the_doors_of_that_town(house: House) -> None:
    visitor = await house.settled("de")
    assert "CORRECT!" in (await visitor.say("mein chef zahlt seit zwei monaten nicht")).text
    listed = starting(data_of(await visitor.say("Rostock")), "r")[:5]
    told = await visitor.say("wie kommt man da hin?")
    assert starting(data_of(told), "r") == listed


def entries_of(message: Message) -> list[str]:
    """The ids of the doors, associations and events that a message has buttons for, each once."""
    records = [data.split("|")[2] for data in starting(data_of(message), "r")]
    events = [data.split("|")[1] for data in starting(data_of(message), "E")]
    return list(dict.fromkeys((*records, *events)))


@pytest.mark.parametrize(
    "asked", ["Beratung zum Aufenthalt in Rostock", "Vereine in Rostock", "Termine in Rostock"]
)
async def test_on_a_second_page_it_is_about_what_stands_there(house: House, asked: str) -> None:
    visitor = await house.settled("de")
    page = await visitor.tap(await visitor.say(asked), "Weitere")
    told = await visitor.say("wo ist das?")
    assert entries_of(told) == entries_of(page) != []
    # Another town begins with its first page.
    elsewhere = await visitor.say("und in Schwerin?")
    assert "1. " in bare(elsewhere.text)
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.page == 0


async def test_of_associations_too(house: House) -> None:
    visitor = await house.settled("en")
    listed = starting(data_of(await visitor.say("Associations in Rostock")), "r")
    told = await visitor.say("what is the address?")
    assert [one.split("|")[2] for one in starting(data_of(told), "r")] == [
        one.split("|")[2] for one in listed[:5]
    ]


async def test_of_associations_by_their_language_it_is_those(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("Associations in Rostock")
    listed = starting(data_of(await visitor.say("who speaks Arabic?")), "r")
    assert listed
    told = await visitor.say("what is the address?")
    assert starting(data_of(told), "r") == listed


async def test_a_list_opened_with_a_button_is_that_meant(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("I need a flat in Schwerin")
    listed = await visitor.screen(await visitor.say("/start"), "G|town|rostock")
    told = await visitor.say("what is the address?")
    assert starting(data_of(told), "r") == starting(data_of(listed), "r")[:5]


async def test_how_old_it_is_stands_below(house: House) -> None:
    visitor = await house.settled("en")
    listed = bare((await visitor.say("I need a flat in Schwerin")).text)
    (oldest,) = (line for line in listed.splitlines() if line.startswith("Oldest dated source"))
    assert oldest in bare((await visitor.say("phone?")).text)


async def test_a_town_named_with_it_is_that_meant(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Ich suche eine Wohnung in Schwerin")
    told = bare((await visitor.say("Telefonnummer in Rostock?")).text)
    assert told.splitlines()[:2] == ["Es geht weiter um: Wohnen", "Telefon und E-Mail · Rostock"]
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.town == "rostock"


async def test_where_nothing_was_shown_it_is_a_question_like_any_other(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("wann ist da auf?")
    assert words("de")("Opening hours") not in found.text


async def test_without_a_town_it_is_asked_for(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Was bedeutet Fiktionsbescheinigung? Mein Aufenthalt läuft ab")
    asked = await visitor.say("wann ist da auf?")
    assert words("de")("Where do you live? Choose a town, or write its name or postal code.") in asked.text


@pytest.mark.parametrize(
    ("text", "group"), [("ich bin 25", "y"), ("mein Sohn ist 8 Jahre alt", "y"), ("sie ist 47", "o")]
)
async def test_an_age_narrows_the_doors(house: House, text: str, group: str) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    await visitor.say("Ich suche eine Wohnung in Rostock")
    found = await visitor.say(text)
    assert bare(found.text).splitlines()[0] == f"{_('Still about: {what}', what=_('Housing'))}, Rostock"
    assert _("All ages") in labels(found)
    assert {one.split("|")[-1] for one in starting(data_of(found), "r")} == {group}


@pytest.mark.parametrize(
    ("asked", "lacking"), [("mowia tam po polsku?", ""), ("czy ktoś mówi tam po arabsku?", "arabski")]
)
async def test_which_languages_are_spoken_at_the_one_door_that_was_shown(
    house: House, asked: str, lacking: str
) -> None:
    _ = words("pl")
    visitor = await house.settled("pl")
    assert "CORRECT!" in (await visitor.say("szef mi nie płaci od miesięcy")).text
    told = await visitor.say(asked)
    first, *others = bare(told.text).splitlines()
    elsewhere = _("Counselling in these languages: {languages}", languages=lacking)
    assert first == elsewhere if lacking else first.startswith("CORRECT!")
    assert any("polski" in line for line in others)
    assert entries_of(told)[0] == "correct"
    assert (len(entries_of(told)) > 1) is bool(lacking)
    spoken = "ar" if lacking else "pl"
    assert f"c|work||{spoken}" not in data_of(told)
    assert "CORRECT!" in (await visitor.say("numer telefonu?")).text


@pytest.mark.parametrize("asked", ["ma jiraa qof af soomaali ku hadla", "ትግርኛ ዝዛረብ ሰብ ኣሎ ዶ"])
async def test_who_speaks_a_language_is_not_asked_for_a_day(house: House, asked: str) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    await visitor.say("Rostock")
    found = bare((await visitor.say(asked)).text)
    assert _("I know of none that is certainly open today. Please ask before you go.") not in found
    assert _("What is open today comes first.") not in found


async def test_after_a_cry_the_town_that_it_named_is_known(house: House) -> None:
    _ = words("en")
    visitor = await house.settled("en")
    card = (await visitor.all("I live in Wismar, my husband beats me"))[-1]
    assert "110" in card.text
    doors = await visitor.say("is there someone who speaks Arabic")
    assert f"{_('Violence at home')} · Wismar" in bare(doors.text).splitlines()


async def test_an_association_of_the_town_stands_beside_a_door_for_the_whole_state(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("wo kann ich deutsch lernen")
    found = await visitor.say("und in Schwerin?")
    assert "r|organisation|perspektive-deutschland|german|schwerin" in " ".join(data_of(found))


async def test_one_s_own_language(house: House) -> None:
    visitor = await house.settled("pl")
    await visitor.say("firma mnie zwolniła, mieszkam w Stralsundzie, praca")
    found = await visitor.say("czy ktoś mówi w moim języku?")
    assert "CORRECT!" in bare(found.text).split("\n\n")[1]
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.spoken == "pl"
    told = bare((await visitor.say("numer telefonu?")).text)
    assert told.splitlines()[0].endswith("Stralsund, polski")
    assert "1. CORRECT!" in told


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("ar", ("أبحث عن سكن في شفيرين", "حدا بيحكي لغتي")),
        ("en", ("I need a flat in Schwerin", "does anyone speak my language")),
        ("fa-AF", ("در شورین خانه میخواهم", "کسی به زبان من گپ میزند")),
        ("de-x-leicht", ("Ich suche eine Wohnung in Schwerin", "spricht jemand meine Sprache?")),
    ],
)
async def test_one_s_own_language_is_named_as_entries_name_it(
    house: House, code: str, asked: tuple[str, str]
) -> None:
    visitor = await house.settled(code)
    for text in asked:
        found = await visitor.say(text)
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.spoken == code.removesuffix("-x-leicht")
    first = starting(data_of(found), "r")[0].split("|")[2]
    record = (await house.holdings()).directory.get(Kind.OFFER, first)
    assert isinstance(record, CounsellingOffer)
    assert spoken_as(thread.spoken) & {*record.languages, *record.interpreters}


async def test_who_speaks_a_language_before_anything_else(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    await visitor.say("Rostock")
    found = await visitor.say("spricht da jemand Tigrinya?")
    assert _(
        "My list does not say who speaks {languages}. Ask for an interpreter.", languages="Tigrinya"
    ) in (bare(found.text))
    assert starting(data_of(found), "r")


@pytest.mark.parametrize(
    ("asked", "then", "named"),
    [
        ("Beratung zum Aufenthalt in Rostock auf Tigrinya oder Arabisch", "und in Schwerin?", "ti,ar"),
        ("Beratung zum Aufenthalt in Rostock", "auf Tigrinya oder Arabisch?", "ti,ar"),
        ("Termine in Schwerin auf Vietnamesisch und Arabisch", "und in Rostock?", "vi,ar"),
        ("Vereine in Schwerin", "und auf Vietnamesisch und Arabisch?", "vi,ar"),
    ],
)
async def test_of_several_languages_none_is_forgotten(
    house: House, asked: str, then: str, named: str
) -> None:
    visitor = await house.settled("de")
    await visitor.say(asked)
    found = await visitor.say(then)
    assert any(named in one.split("|") for one in data_of(found))
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.spoken == named


async def test_all_languages_asked_for_are_named_when_it_goes_on(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Beratung zum Aufenthalt in Rostock auf Tigrinya oder Arabisch")
    found = await visitor.say("und in Schwerin?")
    assert bare(found.text).splitlines()[0].endswith("Tigrinya und Arabisch")


async def test_choices_that_are_doors_say_what_it_is_about(house: House) -> None:
    _ = words("uk")
    visitor = await house.settled("uk")
    await visitor.say("шось мій діплом інженера тут ніхто не признає шо робить")
    found = await visitor.say("а в Шверіні?")
    assert _("Recognition of degrees") in bare(found.text).splitlines()[0]


async def test_the_town_stays_when_the_question_changes(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Ich suche eine Wohnung in Güstrow")
    await visitor.say("Was ist eine Fiktionsbescheinigung?")
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.town == "guestrow"


async def test_who_says_where_they_live_asks_for_nothing_else(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("ich wohne in teterow")
    assert words("de")("What are you looking for there?") in found.text


@pytest.mark.parametrize("address", ["Hafenstraße 5, Stralsund", "Hafenstr. 5 18439 Stralsund"])
async def test_an_address_is_the_town_it_is_in_and_no_german(house: House, address: str) -> None:
    _ = words("pl")
    visitor = house.visitor("pl")
    await visitor.say("jestem kierowcą, firma mnie zwolniła, praca")
    (found,) = await visitor.all(address)
    assert _("Still about: {what}", what=_("Work and rights at work")) == bare(found.text).splitlines()[0]
    assert "Stralsund" in bare(found.text).splitlines()[1]


async def test_who_understands_nothing_is_sent_near(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Ich suche eine Wohnung in Wismar")
    found = await visitor.say("blorb frizzle")
    assert "Wismar" in found.text


TRUST = {
    "de": "gibst du das an die Polizei weiter?",
    "en": "do you tell the police?",
    "fa-AF": "پولیس را خبر میکنی؟",
}


@pytest.mark.parametrize("code", TRUST)
async def test_whoever_fears_to_be_betrayed_gets_an_answer(house: House, code: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    (told,) = await visitor.all(TRUST[code])
    assert _("I pass nothing on to the police, to authorities or to employers.") in told.text
    assert _("Find counselling") in labels(told)


@pytest.mark.parametrize(
    ("code", "text", "topic"),
    [
        ("de", "Bin ich anonym bei der Schwangerschaftsberatung in Rostock?", "Pregnancy"),
        ("ro", "mă dați la poliție dacă nu am contract? locuiesc în Rostock", "Work and rights at work"),
    ],
)
async def test_what_is_asked_beside_it_is_answered_too(
    house: House, code: str, text: str, topic: str
) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    told, found = await visitor.all(text)
    assert _("I pass nothing on to the police, to authorities or to employers.") in told.text
    assert bare(found.text).splitlines()[0] == f"{_(topic)} · {town(house, code, 'rostock')}"


async def test_what_is_asked_beside_it_is_not_about_the_police(house: House) -> None:
    visitor = await house.settled("ar")
    found = (await visitor.all("هل تبلغ الشرطة؟ انا حامل"))[-1]
    assert "offer|police" not in " ".join(data_of(found))


async def test_what_is_said_beside_it_may_be_a_cry(house: House) -> None:
    visitor = await house.settled("en")
    text = "he smashes everything im in the bathtub, is this anonymous"
    *card, told = await visitor.all(text)  # only its meaning sounds like danger
    assert "110" in card[0].text
    assert words("en")("I pass nothing on to the police, to authorities or to employers.") in told.text


async def test_asking_on_is_no_cry_whatever_it_sounds_like(house: House) -> None:
    visitor = await house.settled("fa-AF")
    await visitor.say("در روستوک")
    (found,) = await visitor.all("کسی دری گپ میزند")
    assert "110" not in found.text


async def test_who_has_chosen_no_language_may_keep_that_written_in(house: House) -> None:
    visitor = house.visitor("so")
    _answer, offer = await visitor.all("I am pregnant and I have no health insurance")
    assert words("en")("Shall I always speak this language with you?") in offer.text
    assert (await visitor.stored())["recipient"] is None
    await visitor.tap(offer, "English")
    assert (await visitor.stored())["recipient"]["locale"] == "en"


# Events ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["de", "ru", "ar"])
async def test_of_events_just_listed(house: House, code: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    first = {"de": "Veranstaltungen in Rostock", "ru": "мероприятия в Ростоке", "ar": "فعاليات في روستوك"}[
        code
    ]
    listed = [one.split("|")[1] for one in starting(data_of(await visitor.say(first)), "E")]
    asked = {
        "de": ("was kostet das?", "wo ist das?", "wann beginnt es?", "gibt es Kinderbetreuung?"),
        "ru": ("сколько это стоит", "где это?", "во сколько начинается", "есть присмотр за детьми?"),
        "ar": ("قديش بتكلف", "وين العنوان", "متى يبدأ؟", "هل يوجد رعاية أطفال؟"),
    }[code]
    headings = ("Cost", "The way there", "When", "With childcare")
    for text, heading in zip(asked, headings, strict=True):
        (told,) = await visitor.all(text)
        assert bare(told.text).splitlines()[1] == f"{_(heading)} · {town(house, code, 'rostock')}"
        assert [one.split("|")[1] for one in starting(data_of(told), "E")] == list(dict.fromkeys(listed[:5]))


async def test_of_the_event_whose_card_was_opened(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    card = await visitor.tap(await visitor.say("Veranstaltungen in Rostock"), "Schwimmkurs")
    assert "3 Euro" in card.text
    told = await visitor.say("was kostet das?")
    assert bare(told.text).splitlines()[1:] == [
        "Kosten",
        "",
        "1. Beispiel: Schwimmkurs für Frauen",
        "3 Euro pro Abend",
    ]
    assert "Beispielverein" in (await visitor.say("Telefon?")).text
    listed = await visitor.say("und morgen?")  # the list is about all of them again
    assert "Schwimmkurs" not in (await visitor.say("was kostet das?")).text, listed.text


async def test_an_organiser_who_is_not_shown_stands_on_no_card(house: House) -> None:
    _ = words("de")
    words_ = LocalizedText.of(de="Fest von gestern")
    hidden = Organisation(id="ungeprueft", source="example", verified=False, title=words_, summary=words_)
    starts = datetime(2024, 5, 3, 17)  # long over, so that no list has it
    fest = Event(
        id="altes-fest",
        source="example",
        verified=True,
        starts=starts,
        organiser=hidden.id,
        title=words_,
        summary=words_,
    )
    async with house.lotse.store.begin() as tx:
        for one in (hidden, fest):
            await tx.put_record(one.KIND, one.id, encode(one), None)
        version = await tx.content_version()
    while (await house.holdings()).version < version:
        await asyncio.sleep(0.02)
    visitor = await house.settled("de")
    at = to_minutes(starts.replace(tzinfo=house.lotse.desk.zone))
    card = await visitor.screen(await visitor.say("/menu"), f"E|{fest.id}|{at}")
    assert "Fest von gestern" in card.text
    assert _("Organised by: {name}", name="") not in card.text
    told = await visitor.say("Telefon?")
    assert "1. Fest von gestern" in bare(told.text)
    assert hidden.id not in card.text + told.text


async def test_childcare_is_a_topic_where_no_events_were_shown(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Ich suche eine Wohnung in Schwerin")
    found = await visitor.say("Kinderbetreuung?")
    assert words("de")("With childcare") not in bare(found.text)


# A day, and the way back ----------------------------------------------------------------------------


def in_a_week(house: House) -> date:
    """The day of the demo's family afternoon, and of the last day of its festival."""
    return house.lotse.desk.today(house.lotse.desk.clock()) + timedelta(days=7)


@pytest.mark.parametrize(
    ("code", "pattern"),
    [("de", "d.M."), ("de", "'am' d. MMMM"), ("fr", "'le' d MMMM"), ("ru", "d MMMM"), ("ar", "d MMMM")],
)
async def test_a_date_alone_shows_the_events_of_that_day(house: House, code: str, pattern: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    (found,) = await visitor.all(format_date(in_a_week(house), pattern, locale=code))
    assert bare(found.text).startswith(f"{_('Events')} · ")
    assert {one.split("|")[1] for one in starting(data_of(found), "E")} == {
        "demo-fest-greifswald",
        "demo-familien-neubrandenb",
    }


@pytest.mark.parametrize(
    ("code", "text", "place"),
    [
        ("de", "Termine am {d.M.}", ""),
        ("de", "Welche Termine gibt es am {d. MMMM} in Wismar", "wismar"),
        ("de", "Was ist am {d. MMMM} los?", ""),
        ("de", "was ist los am {d.M.} in Wismar?", "wismar"),
        ("de", "Was ist in Wismar am {EEEE}, dem {d.M.} los?", "wismar"),
        ("en", "events on {d MMMM}", ""),
        ("en", "What is going on in Wismar on {MMMM d}?", "wismar"),
        ("fr", "événements le {d MMMM}", ""),
        ("uk", "події {d MMMM} у Вісмарі", "wismar"),
        ("uk", "що відбувається {d MMMM}?", ""),
        ("ru", "мероприятия {d MMMM} в Висмаре", "wismar"),
        ("ar", "فعاليات يوم {d MMMM}", ""),
        ("tr", "{d MMMM} etkinlikleri", ""),
        ("tr", "Wismar'da {d MMMM}'ta neler oluyor?", "wismar"),
        ("pl", "wydarzenia {d MMMM}", ""),
        ("pl", "co się dzieje {d.M.} w Wismarze?", "wismar"),
        ("fa-AF", "برنامه های {d MMMM}", ""),
        ("ro", "evenimente pe {d MMMM}", ""),
        ("vi", "sự kiện ngày {d MMMM}", ""),
    ],
)
async def test_a_date_in_a_question_about_events_is_their_day(
    house: House, code: str, text: str, place: str
) -> None:
    day = in_a_week(house)
    tag = locale_of(code).babel

    def written(pattern: re.Match[str]) -> str:
        return format_date(day, pattern[1], locale=tag)

    visitor = await house.settled(code)
    (found,) = await visitor.all(re.sub("{(.+?)}", written, text))
    where = [town(house, code, place)] if place else []
    heading = (words(code)("Events"), *where, forms(locale_of(code)).day(day, None))
    assert bare(found.text).splitlines()[0] == " · ".join(heading)
    assert {one.split("|")[1] for one in starting(data_of(found), "E")} >= {
        "demo-fest-greifswald",
        "demo-familien-neubrandenb",
    }
    assert starting(data_of(found), "e|today"), "another time is a tap away"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Mein Antrag wurde am {:%d.%m.} abgelehnt, was kann ich machen?"),
        ("fr", "j'ai reçu une lettre le {:%d.%m.}, que faire ?"),
        ("pl", "dostałem list {:%d.%m.}, co robić?"),
        ("tr", "{:%d.%m.} tarihli mektup aldım, ne yapabilirim?"),
        ("de", "Was bedeutet § 5 Abs. 1 vom {:%d.%m.}?"),
        ("en", "I got a yellow letter on {:%d.%m.}"),
        ("ru", "мне пришло письмо {:%d.%m.} из ведомства"),
    ],
)
async def test_a_date_in_a_story_is_none_of_events(house: House, code: str, text: str) -> None:
    visitor = await house.settled(code)
    found = await visitor.say(text.format(in_a_week(house)))
    assert not bare(found.text).startswith(words(code)("Events"))


@pytest.mark.parametrize("text", ["Termine, Telefon 0381 12.34.56", "Termine am 31.2.", "Termine 12.12.2020"])
async def test_numbers_that_are_no_coming_day_are_no_filter_of_events(house: House, text: str) -> None:
    visitor = await house.settled("de")
    found = await visitor.say(text)
    assert bare(found.text).splitlines()[0] == "Termine"


IN_MAY = {
    "de": ("Veranstaltungen im Mai", "und im Juni?", "Mai 2027", "Juni 2027"),
    "de-x-leicht": ("Was ist im Mai los?", "und im Juni?", "Mai 2027", "Juni 2027"),
    "en": ("events in May", "and in June?", "May 2027", "June 2027"),
    "fr": ("événements en mai", "et en juin ?", "mai 2027", "juin 2027"),
    "uk": ("події в травні", "а в червні?", "травень 2027 р.", "червень 2027 р."),
    "ru": ("мероприятия в мае", "а в июне?", "май 2027 г.", "июнь 2027 г."),
    "ar": ("فعاليات في أيار", "وفي حزيران؟", "أيار 2027", "حزيران 2027"),
    "fa-AF": ("برنامه ها در ماه می", "و در جون؟", "می 2027", "جون 2027"),
    "tr": ("mayısta etkinlikler", "ya haziranda?", "Mayıs 2027", "Haziran 2027"),
    "pl": ("wydarzenia w maju", "a w czerwcu?", "maj 2027", "czerwiec 2027"),
    "ro": ("evenimente în mai", "și în iunie?", "mai 2027", "iunie 2027"),
    "vi": ("sự kiện tháng 5", "còn tháng 6?", "tháng 5 năm 2027", "tháng 6 năm 2027"),
}


@pytest.mark.parametrize("code", IN_MAY)
async def test_a_month_is_a_filter_of_events(house: House, code: str) -> None:
    _ = words(code)
    asked, then, *months = IN_MAY[code]
    visitor = await house.settled(code)
    with house.clock(house.wall("2026-11-23T12:00")):
        found = bare((await visitor.all(asked))[0].text).splitlines()
        more = bare((await visitor.all(then))[0].text).splitlines()
    assert found[0].replace("\u202f", " ") == f"{_('Events')} · {months[0]}"
    assert more[0] == _("Still about: {what}", what=_("Events"))
    assert more[1].replace("\u202f", " ") == f"{_('Events')} · {months[1]}"


@pytest.mark.parametrize("text", ["5 de diciembre", "5 декември", "5 dhjetor", "5 diseembar"])
async def test_a_date_is_read_in_languages_that_are_not_written(house: House, text: str) -> None:
    visitor = await house.settled("en")
    with house.clock(house.wall("2026-11-28T12:00")):
        found = (await visitor.all(text))[0]
    assert re.search(r"\b5\b.*2026", bare(found.text).splitlines()[0])
    assert starting(data_of(found), "e|today")


async def test_of_a_month_there_is_all_from_now_to_its_last_day(house: House) -> None:
    visitor = await house.settled("de")
    with house.clock(house.wall("2026-11-28T12:00")):
        shown = await visitor.say("Termine im November")
        text = bare(shown.text)
    dates = re.findall(r"\d+\. (?:November|Dezember)", text)
    assert dates, "something is on at the end of the month"
    assert set(dates) <= {"28. November", "29. November", "30. November"}


async def test_a_month_alone_is_no_question_about_events(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Dezember")
    assert not bare(found.text).startswith("Termine")


async def test_a_date_goes_on_with_the_town_and_a_town_with_the_date(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    await visitor.say("Veranstaltungen in Rostock")
    day = in_a_week(house)
    heading = format_date(day, "EEEE, d. MMMM y", locale="de")
    found = bare((await visitor.say(f"{day:%d.%m.}")).text)
    assert found.splitlines()[:2] == ["Es geht weiter um: Termine, Rostock", f"Termine · Rostock · {heading}"]
    there = bare((await visitor.say("und in Neubrandenburg?")).text)
    assert there.splitlines()[1] == f"Termine · Neubrandenburg · {heading}"
    assert not bare((await visitor.say("12.12.2020")).text).startswith("Es geht weiter")


@pytest.mark.parametrize(
    ("code", "text"), [("de", "zurück"), ("en", "back"), ("ru", "назад"), ("ar", "رجوع"), ("de", "Menü")]
)
async def test_back_in_words_is_the_menu(house: House, code: str, text: str) -> None:
    visitor = await house.settled(code)
    (menu,) = await visitor.all(text)
    assert words(code)("Associations near me") in labels(menu)


async def test_help_stays_a_cry(house: House) -> None:
    visitor = await house.settled("de")
    assert "110" in (await visitor.say("hilfe")).text


# The language that is wished for --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "text", "code"),
    [
        *(("de", "English please", "en"), ("tr", "Almanca", "de"), ("de", "عربي", "ar")),
        *(("de", "Leichte Sprache", "de-x-leicht"), ("en", "speak Ukrainian?", "uk"), ("uk", "Polski", "pl")),
    ],
)
async def test_a_language_named_is_answered_in_and_offered(
    house: House, own: str, text: str, code: str
) -> None:
    _ = words(code)
    visitor = await house.settled(own)
    menu, offer = await visitor.all(text)
    assert _("Find counselling") in labels(menu)
    assert _("Shall I always speak this language with you?") in bare(offer.text)
    await visitor.tap(offer, f"L|{code}")
    assert (await visitor.stored())["recipient"]["locale"] == code


async def test_after_a_list_it_is_also_who_speaks_it(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.say("I look for a flat in Rostock")
    doors, offer = await visitor.all("Arabic?")
    assert words("en")("Still about: {what}", what="Housing, Rostock") in bare(doors.text)
    assert labels(offer) == ["العربية"]


def opened(message: Message) -> list[str]:
    """The doors that its buttons open."""
    return [data for data in data_of(message) if "|offer|" in data]


@pytest.mark.parametrize(
    ("code", "text"),
    [("ar", "Können Sie das bitte auf Arabisch sagen?"), ("uk", "can you say that in Ukrainian please")],
)
async def test_the_last_answer_is_said_once_more_in_another_language(
    house: House, code: str, text: str
) -> None:
    _ = words(code)
    visitor = await house.settled("de")
    before = await visitor.say("ich suche eine wohnung in rostock")
    doors, offer = await visitor.all(text)
    assert opened(doors) == opened(before) != []
    assert "ich suche eine wohnung in rostock" in bare(doors.text).splitlines()[0]
    assert words("de")("Housing") not in bare(doors.text)
    assert _("Shall I always speak this language with you?") in bare(offer.text)


async def test_an_answer_that_went_on_is_said_once_more_as_it_was(house: House) -> None:
    visitor = await house.settled("uk")
    await visitor.say("хазяїн виселяє нас з квартири у Вісмарі")
    before = await visitor.say("а в Штральзунді?")
    doors, _offer = await visitor.all("скажи це німецькою")
    assert opened(doors) == opened(before) != []
    first, second = bare(doors.text).splitlines()[:2]
    assert first == words("de")("Still about: {what}", what="Wohnen")
    assert second == "Wohnen · Stralsund"


async def test_with_no_answer_before_it_the_language_is_all_that_is_wished_for(house: House) -> None:
    visitor = await house.settled("de")
    menu, offer = await visitor.all("Können Sie das bitte auf Arabisch sagen?")
    assert words("ar")("Find counselling") in labels(menu)
    assert labels(offer) == ["العربية"]


async def test_german_is_wished_for_also_where_courses_were_asked_for(house: House) -> None:
    visitor = await house.settled("tr")
    await visitor.say("almanca kursu")
    again, offer = await visitor.all("Almanca")
    assert words("de")("Counselling in my town") in labels(again)  # the same answer, in German
    assert labels(offer) == ["Deutsch"]


@pytest.mark.parametrize(
    ("code", "text"),
    [("en", "I don't speak German"), ("ar", "Ich spreche kein Deutsch"), ("uk", "не розумію німецької")],
)
async def test_who_knows_no_german_is_asked_to_write_in_their_own_language(
    house: House, code: str, text: str
) -> None:
    _ = words(code)
    visitor = house.visitor(code)
    (menu,) = await visitor.all(text)
    assert _("Choose, or just write your question in your own words, in your language.") == bare(menu.text)
    assert _("Find counselling") in labels(menu)


async def test_capitals_say_what_small_letters_say(house: House) -> None:
    visitor = await house.settled("ru")
    small = await visitor.say("пришло письмо не понимаю")
    assert bare((await visitor.say("ПРИШЛО ПИСЬМО НЕ ПОНИМАЮ")).text) == bare(small.text)


# Who cannot be written to in their own language -----------------------------------------------------


@pytest.mark.parametrize("code", ["so", "ti", "ku", "ps", "bg", "sq", "es-MX"])
async def test_a_phone_in_a_language_that_is_not_written_is_told_so(house: House, code: str) -> None:
    said = house.lotse.desk.unwritten[code.partition("-")[0]]
    visitor = house.visitor(code)
    picker = await visitor.say("/start")
    assert bare(picker.text).splitlines()[1] == said.choose
    _answer, told = await visitor.all("xqzw")
    assert bare(told.text) == said.answer.format(language="Deutsch")
    assert "l" in data_of(told)
    (again,) = await visitor.all("xqzw")
    assert bare(again.text) != bare(told.text)
    assert "l" in data_of(again)
    await visitor.say("/start lang-en")
    assert len(await visitor.all("xqzw")) == 1


async def test_thanks_in_a_language_that_is_not_written_raise_no_alarm(house: House) -> None:
    visitor = house.visitor("ti")
    thanked = await visitor.say("የቐንየለይ")
    assert words("de")("You are welcome. Is there anything else?") in thanked.text


@pytest.mark.parametrize(
    "text", ["გამარჯობა, სად ვიპოვო კურსი", "የጀርመንኛ ትምህርት የት ነው", "مجھے جرمن کورس کہاں ملے گا"]
)
async def test_a_language_that_is_not_understood_is_not_taken_for_another(house: House, text: str) -> None:
    visitor = await house.settled("de")
    answers = await visitor.all(text)
    taken_for = [said.answer.partition("{")[0] for said in house.lotse.desk.unwritten.values()]
    assert not [start for start in taken_for for answer in answers if start in bare(answer.text)]
    assert words("de")("Shall I always speak this language with you?") not in str([a.text for a in answers])


# Tired and afraid -----------------------------------------------------------------------------------


async def test_few_buttons_where_nothing_was_understood(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    found = await visitor.say("blorb frizzle")
    assert len(labels(found)) <= 9
    assert {"c", "m"} <= set(data_of(found))
    assert len(starting(data_of(found), "r")) == 2  # people
    topics = await visitor.tap(found, _("Find counselling"))
    assert {_(name) for name in COUNSELLING_TOPICS.values()} <= set(labels(topics))


async def test_what_is_open_comes_before_what_is_closed(house: House) -> None:
    visitor = await house.settled("de")
    doors = ("TelefonSeelsorge", "Nummer gegen Kummer")
    for moment, first in (
        ("2026-11-28 22:00", "TelefonSeelsorge"),
        ("2026-11-27 15:00", "Nummer gegen Kummer"),
    ):
        with house.clock(house.wall(moment)):
            found = await visitor.say("ich hab angst")
            named = [name for line in bare(found.text).splitlines() for name in doors if name in line]
            assert named[0] == first


async def test_a_hotline_whose_hours_are_not_known_stays_where_it_was_found(house: House) -> None:
    visitor = await house.settled("de")
    with house.clock(house.wall("2026-11-28 22:00")):
        found = await visitor.say("ärztlicher Bereitschaftsdienst am Sonntag, mein Kind hat Fieber")
    assert bare(found.text).startswith("Ärztlicher Bereitschaftsdienst")
