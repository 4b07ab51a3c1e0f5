"""Counselling in at most three taps: topic, town, doors; ages, hours, pins, numbers."""

from __future__ import annotations

import re

import pytest

from bot.domain.directory import CounsellingOffer, Kind, Organisation
from bot.domain.locales import LOCALES, find
from bot.sandbox import Message
from bot.services.browsing import offers_for
from bot.translation import forms
from tests.journeys.visitor import House, Visitor, bare, button_of, copied, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")


def doors_of(message: Message) -> list[str]:
    """The ids of the doors that a list has buttons for; what is found besides knows no way back to it."""
    found = [data.split("|") for data in starting(data_of(message), "r")]
    return [id for _code, _kind, id, *way in found if way]


async def asked(house: House, code: str, topic: str) -> tuple[Visitor, Message]:
    """Somebody who was asked for the town."""
    visitor = await house.settled(code)
    menu = await visitor.say("/menu")
    topics = await visitor.tap(menu, words(code)("Find counselling"))
    return visitor, await visitor.tap(topics, f"t|c|{topic}")


@pytest.mark.parametrize("code", ["de", "ar", "uk", "en", "fa-AF"])
async def test_three_taps_from_the_menu_to_the_doors(house: House, code: str) -> None:
    visitor, towns = await asked(house, code, "residence")
    doors = await visitor.tap(towns, "o|residence|guestrow")
    locale = find(code)
    assert locale is not None
    text = bare(doors.text)
    assert await house.title(Kind.OFFER, "mbe", locale) in text
    assert words(code)("Residence and asylum") in text
    assert words(code)("Languages: {languages}", languages="").strip() in text
    # The way back: the topics, and from there the menu.
    topics = await visitor.tap(doors, words(code)("‹ Back"))
    assert words(code)("What is it about?") in bare(topics.text)
    menu = await visitor.tap(topics, words(code)("‹ Back"))
    assert words(code)("Find counselling") in labels(menu)
    assert doors.message_id == towns.message_id == menu.message_id


@pytest.mark.parametrize("code", ["de", "ar", "uk"])
async def test_an_answer_in_one_s_own_words_says_how_old_it_is(house: House, code: str) -> None:
    visitor = await house.settled(code)
    doors = await visitor.say({"de": "Beratung zu Schulden", "ar": "ديون", "uk": "борги"}[code] + " Rostock")
    assert starting(data_of(doors), "r")
    dated = words(code)("Oldest dated source: {date}. The sources are named in the entries.", date="\n")
    for words_ in bare(dated).split("\n"):
        assert words_ in bare(doors.text)


async def test_all_topics_stand_on_buttons_and_voluntary_return_does_not(house: House) -> None:
    visitor = await house.settled("en")
    topics = await visitor.say("/counselling")
    assert len(starting(data_of(topics), "t")) == 17
    assert not re.search("return|Rückkehr", " ".join(labels(topics)), re.IGNORECASE)


@pytest.mark.parametrize(
    "written",
    ["Güstrow", "guestrow", "Gustrow", "GÜSTROW", "18273", "Ich wohne in Güstrow", "Гюстров", "غوسترو"],
)
async def test_the_town_may_be_written(house: House, written: str) -> None:
    visitor, _towns = await asked(house, "de", "residence")
    doors = await visitor.say(written)
    # Who writes Russian is answered in Russian.
    heading = "ВНЖ и убежище · Гюстров (Güstrow)" if written == "Гюстров" else "Aufenthalt und Asyl · Güstrow"
    assert bare(doors.text).splitlines()[0] == heading
    assert starting(data_of(doors), "r")[0] == "r|offer|mbe|residence|guestrow"  # the one that is there


@pytest.mark.parametrize(
    ("written", "town"),
    [
        ("Шверин", "Schwerin"),
        ("Шверін", "Schwerin"),
        ("روستوك", "Rostock"),
        ("18057", "Rostock"),
        ("Greifswald", "Greifswald"),
    ],
)
async def test_a_town_in_another_script_or_as_a_number(house: House, written: str, town: str) -> None:
    visitor, _towns = await asked(house, "en", "housing")
    doors = await visitor.say(written)
    assert town in bare(doors.text)


async def test_nearest_first_and_telephone_later(house: House) -> None:
    visitor, towns = await asked(house, "de", "rightwing")
    doors = await visitor.tap(towns, "o|rightwing|neubrandenburg")
    order = [data.split("|")[2] for data in starting(data_of(doors), "r")]
    assert order[0] == "lobbi-ost"
    wismar = await visitor.say("Wismar")
    order = [data.split("|")[2] for data in starting(data_of(wismar), "r")]
    assert order[0] == "lobbi-west"


async def test_the_location_is_used_once_and_not_kept(house: House) -> None:
    visitor, towns = await asked(house, "uk", "housing")
    _ = words("uk")
    ask = await visitor.tap(towns, _("Near me (share location once)"))
    assert ask.reply_keyboard is not None
    assert ask.reply_keyboard["keyboard"][0][0]["request_location"] is True
    closing, doors = await visitor.send("send_location", 54.0887, 12.1405)
    assert "Rostock" in bare(closing.text)
    assert _("Housing") in bare(doors.text)
    assert starting(data_of(doors), "r")
    assert "54.0" not in str(await visitor.stored())
    assert house.sandbox.chat_of(visitor.person).reply_keyboard is None


@pytest.mark.parametrize("meanwhile", ["", "Ich habe Schulden in Wismar", "Veranstaltungen morgen"])
async def test_near_me_means_what_its_own_screen_asks_for(house: House, meanwhile: str) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    towns = await visitor.say("Ich suche Beratung zum Wohnen auf Arabisch")
    assert _("Housing") in towns.text
    if meanwhile:
        await visitor.say(meanwhile)
    else:
        house.lotse.desk.threads.drop(visitor.chat_id)  # as after a restart
    await visitor.tap(towns, _("Near me (share location once)"))
    _closing, doors = await visitor.send("send_location", 54.0887, 12.1405)
    assert bare(doors.text).splitlines()[0] == f"{_('Housing')} · Rostock"
    assert all("|housing|" in one and one.endswith("|ar") for one in starting(data_of(doors), "r"))


async def test_who_gives_no_location_is_asked_for_a_town_for_the_same(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    events = await visitor.say("Veranstaltungen am Wochenende auf Arabisch")
    towns = await visitor.tap(events, _("Other town"))
    house.lotse.desk.threads.drop(visitor.chat_id)
    ask = await visitor.tap(towns, _("Near me (share location once)"))
    _closing, again = await visitor.press(ask, _("No, I choose a town"))
    assert data_of(again) == data_of(towns)


async def test_a_location_elsewhere_asks_for_a_town(house: House) -> None:
    visitor, towns = await asked(house, "en", "housing")
    await visitor.tap(towns, "Near me (share location once)")
    closing, again = await visitor.send("send_location", 52.52, 13.405)
    assert "not in Mecklenburg-Vorpommern" in closing.text
    assert starting(data_of(again), "o")


async def test_who_does_not_share_the_location_chooses_a_town(house: House) -> None:
    visitor, towns = await asked(house, "en", "housing")
    ask = await visitor.tap(towns, "Near me (share location once)")
    found = await visitor.press(ask, "No, I choose a town")
    assert house.sandbox.chat_of(visitor.person).reply_keyboard is None
    assert any(starting(data_of(message), "o") for message in found)
    assert not any("did not understand" in message.text for message in found)


@pytest.mark.parametrize(
    ("code", "moment", "first"),
    [
        ("de", "2026-11-24 22:00", "violence-women"),
        ("de", "2026-11-24 12:00", "violence-men"),
        ("ar", "2026-11-24 12:00", "violence-women"),
    ],
)
async def test_of_two_that_only_answer_the_telephone_who_answers_now_comes_first(
    house: House, code: str, moment: str, first: str
) -> None:
    visitor, towns = await asked(house, code, "violence")
    with house.clock(house.wall(moment)):
        page, listed = towns, list[str]()
        for number in range(3):
            page = await visitor.screen(page, f"o|violence|*|{number}" if number else "o|violence|*")
            listed += [data.split("|")[2] for data in starting(data_of(page), "r")]
    assert next(id for id in listed if id in ("violence-women", "violence-men")) == first


async def test_that_key_is_known_after_another_language_was_chosen(house: House) -> None:
    visitor, towns = await asked(house, "de", "housing")
    ask = await visitor.tap(towns, words("de")("Near me (share location once)"))
    key = words("de")("No, I choose a town")
    await visitor.screen(towns, "L|ar")
    assert house.sandbox.chat_of(visitor.person).reply_keyboard is not None
    closing, *_others = await visitor.press(ask, key)
    assert words("ar")("All right, without your location.") in closing.text
    assert house.sandbox.chat_of(visitor.person).reply_keyboard is None


async def test_under_27_and_27_or_older_are_two_doors(house: House) -> None:
    visitor, towns = await asked(house, "en", "residence")
    both = await visitor.tap(towns, "o|residence|rostock")
    ids = {data.split("|")[2] for data in starting(data_of(both), "r")}
    assert {"mbe", "jmd-rostock"} <= ids
    young = await visitor.tap(both, "I am under 27")
    ids = {data.split("|")[2] for data in starting(data_of(young), "r")}
    assert "jmd-rostock" in ids
    assert "mbe" not in ids
    everybody = await visitor.tap(young, "All ages")
    old = await visitor.tap(everybody, "I am 27 or older")
    ids = {data.split("|")[2] for data in starting(data_of(old), "r")}
    assert "mbe" in ids
    assert "jmd-rostock" not in ids


async def test_everywhere_and_no_entry(house: House) -> None:
    visitor, towns = await asked(house, "en", "driving")
    doors = await visitor.tap(towns, "All of Mecklenburg-Vorpommern")
    assert doors.text
    assert labels(doors)
    card = await visitor.tap(doors, starting(data_of(doors), "r")[0])
    again = await visitor.tap(card, "Back")
    assert again.text == doors.text


async def test_a_card_says_where_how_and_how_far_to_trust_it(house: House) -> None:
    visitor = await house.settled("de")
    _ = words("de")
    card = await visitor.say("/start offer-lobbi-nord")
    assert "0381 2009379" in card.text
    assert copied(card) == ["+493812009379", "+491707326984"]
    assert [label for label in labels(card) if "kopieren" in label] == [
        _("Copy {number}", number="0381 2009379"),
        _("Copy {number}", number="0170 7326984"),
    ]
    for record in (await house.holdings()).directory.offers[:12]:
        text = (await visitor.say(f"/start offer-{record.id}")).text
        assert _("Source: {source}", source=record.source) in text
        assert record.confirmed_on is None
        assert _("Not yet confirmed by the office.") in text
        if record.as_of is not None:
            assert str(record.as_of.year) in text


async def test_what_is_past_its_review_says_so(house: House) -> None:
    visitor = await house.settled("en")
    with house.clock(house.wall("2031-06-03T12:00")):
        card = await visitor.say("/start offer-iq-recognition")
    assert re.search(r"Please ask first\.", card.text)


@pytest.mark.parametrize("code", ["en", "uk", "ar"])
async def test_what_is_past_its_review_without_a_date_names_the_day_of_the_review(
    house: House, code: str
) -> None:
    directory = (await house.holdings()).directory
    record = next(one for one in directory.offers if not (one.as_of or one.confirmed_on or one.funding_until))
    assert record.review_due is not None
    visitor = await house.settled(code)
    locale = find(code)
    assert locale is not None
    with house.clock(house.wall("2031-06-03T12:00")):
        card = await visitor.say(f"/start offer-{record.id}")
    sentence = "This may be out of date: it was to be checked by {date}. Please ask first."
    assert words(code)(sentence, date=forms(locale).month(record.review_due)) in bare(card.text)


@pytest.mark.parametrize("code", ["de", "ar"])
async def test_lists_say_of_each_entry_past_its_review_that_it_may_be_out_of_date(
    house: House, code: str
) -> None:
    visitor, towns = await asked(house, code, "residence")
    end = words(code)("This may be out of date. Please ask first.").split(".")[-2].split("؟")[-1].strip()
    with house.clock(house.wall("2031-06-03T12:00")):  # when everything is
        doors = await visitor.tap(towns, "o|residence|rostock")
        associations = await visitor.screen(doors, "G|town|rostock")
    for shown, opening in ((doors, "r"), (associations, "r")):
        assert bare(shown.text).count(end) == len(starting(data_of(shown), opening)) > 1


async def test_one_door_alone_is_opened_at_once_and_the_others_are_a_tap_away(house: House) -> None:
    visitor, towns = await asked(house, "en", "recognition")
    card = await visitor.tap(towns, "o|recognition|stralsund")
    door = await house.title(Kind.OFFER, "iq-recognition", LOCALES[2])
    assert bare(card.text).splitlines()[:2] == ["Recognition of degrees · Stralsund", door]
    assert "Source:" in card.text
    assert "Not yet confirmed by the office." in card.text
    assert (await visitor.tap(card, "‹ Back")).text.splitlines() == ["Stralsund", "What is it about?"]
    several = await visitor.tap(card, "More counselling offices")
    assert door in bare(several.text)
    other = await visitor.tap(several, starting(data_of(several), "r")[1])
    assert (await visitor.tap(other, "‹ Back")).text == several.text


@pytest.mark.parametrize("code", ["de", "uk", "ar"])
async def test_where_only_farther_doors_are_just_for_it_the_nearest_of_them_is_named(
    house: House, code: str
) -> None:
    locale = find(code)
    assert locale is not None
    visitor, towns = await asked(house, code, "recognition")
    doors = await visitor.tap(towns, "o|recognition|schwerin")
    heading, note, *_rest = bare(doors.text).splitlines()
    assert heading.startswith(words(code)("Recognition of degrees"))
    assert await house.title(Kind.OFFER, "iq-recognition", locale) in note
    assert "70" in note
    # Who is near comes first all the same; that door is a tap away, and back leads to the list.
    assert doors_of(doors)[0] == "iz-schwerin-alltag"
    card = await visitor.tap(doors, "r|offer|iq-recognition|recognition|schwerin")
    assert (await visitor.tap(card, words(code)("‹ Back"))).text == doors.text
    second = await visitor.tap(doors, words(code)("More"))
    assert doors_of(second).count("iq-recognition") == 1


async def test_where_no_door_at_all_is_just_for_it_that_is_said(house: House) -> None:
    visitor, towns = await asked(house, "en", "debt")
    doors = await visitor.tap(towns, "o|debt|schwerin")
    assert "There is no office just for this in my list." in bare(doors.text)


async def test_a_list_names_the_telephone_of_each_door(house: House) -> None:
    visitor, towns = await asked(house, "ar", "rightwing")
    doors = await visitor.tap(towns, "o|rightwing|neubrandenburg")
    assert "\u20680395 4550718\u2069" in doors.text
    assert "code" in {entity["type"] for entity in doors.entities}


async def test_116016_survives_and_its_languages_are_named(house: House) -> None:
    visitor = await house.settled("tr")
    card = await visitor.say("/start offer-violence-women")
    assert copied(card) == ["116016"]
    assert words("tr")("Copy number") in labels(card)
    assert "116016" in bare(card.text).replace(" ", "")
    assert "Türkçe" in card.text


@pytest.mark.parametrize(
    ("moment", "words_"),
    [
        ("2026-11-24T10:00", "Open now, until"),
        ("2026-11-24T03:00", "Closed now, opens"),
        ("2027-03-08T10:00", "Closed today (public holiday)"),
    ],
)
async def test_open_now_follows_the_clock_and_the_holidays(house: House, moment: str, words_: str) -> None:
    directory = (await house.holdings()).directory
    offer = next(o for o in directory.offers if o.id == "ads-bund")
    assert offer.hours
    visitor = await house.settled("en")
    with house.clock(house.wall(moment)):
        card = await visitor.say("/start offer-ads-bund")
    assert words_ in card.text


async def test_day_and_night_is_said_so(house: House) -> None:
    visitor = await house.settled("en")
    card = await visitor.say("/start offer-police")
    assert "Open day and night" in card.text


async def test_the_pin_shows_a_published_address_and_no_other(house: House) -> None:
    visitor = await house.settled("uk")
    directory = (await house.holdings()).directory
    record = next(o for o in directory.offers if o.publish_address and any(p.address for p in o.places))
    card = await visitor.say(f"/start {record.KIND}-{record.id}")
    found = await visitor.press(card, words("uk")("Map"))
    pin = next(message for message in found if "venue" in message.raw)
    address = next(place.address for place in record.places if place.address)
    assert bare(pin.raw["venue"]["address"]) == address
    assert any("openstreetmap.org" in str(message.entities) for message in found)


async def test_what_is_not_to_be_published_is_not_shown(house: House) -> None:
    directory = (await house.holdings()).directory
    both: tuple[CounsellingOffer | Organisation, ...] = (*directory.offers, *directory.organisations)
    hidden = [
        (record, place.address)
        for record in both
        for place in record.places
        if place.address and not record.publish_address
    ]
    assert hidden
    visitor = await house.settled("de")
    for record, address in hidden:
        card = await visitor.say(f"/start {record.KIND}-{record.id}")
        assert address not in card.text
        assert not starting(data_of(card), "v")
        found, _toast = await visitor.data(card, f"v|{record.KIND}|{record.id}")
        assert not any("venue" in message.raw for message in found)


async def test_outdated_is_counted_without_who_pressed_it(house: House) -> None:
    visitor = await house.settled("en")
    card = await visitor.say("/start offer-mbeon")
    found, toast = await visitor.data(card, "x|offer|mbeon")
    assert not found
    assert toast is not None
    assert "office will check" in toast
    async with house.lotse.store.read() as view:
        counts = {report.id: report.count for report in await view.outdated_counts()}
    assert counts["mbeon"] >= 1
    stored = await visitor.stored()
    assert not any(stored[name] for name in ("saved_events", "reminders", "notices"))


async def test_pages_of_doors_turn_both_ways(house: House) -> None:
    visitor, towns = await asked(house, "en", "residence")
    first = await visitor.tap(towns, "o|residence|rostock")
    second = await visitor.tap(first, "More")
    assert second.text != first.text
    again = await visitor.tap(second, "Previous")
    assert again.text == first.text


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("", "Beratung zum Aufenthalt in Rostock auf Arabisch"),
        ("", "Beratung zum Aufenthalt in Rostock auf Tigrinya oder Arabisch"),
        ("Beratung zum Aufenthalt in Rostock", "auf Arabisch?"),
    ],
)
async def test_each_door_stands_once_on_the_pages_of_a_list_by_language(
    house: House, before: str, question: str
) -> None:
    visitor = await house.settled("de")
    if before:
        await visitor.say(before)
    page = await visitor.say(question)
    beginning = doors_of(page)
    pages = [beginning]
    while words("de")("More") in labels(page):
        page = await visitor.tap(page, words("de")("More"))
        pages.append(doors_of(page))
    directory, gazetteer = (await house.holdings()).directory, house.lotse.desk.gazetteer
    fitting = offers_for(directory, gazetteer, "residence", gazetteer.town("rostock"))
    assert len(pages) > 1
    assert sorted(id for ids in pages for id in ids) == sorted(hit.offer.id for hit in fitting)
    assert beginning != [hit.offer.id for hit in fitting][: len(beginning)]
    thread = house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock())
    assert thread.spoken
    # A card, and the towns, know the order of the list.
    card = await visitor.tap(page, starting(data_of(page), "r")[0])
    assert doors_of(await visitor.tap(card, words("de")("‹ Back"))) == pages[-1]
    towns = await visitor.tap(page, words("de")("Other town"))
    assert doors_of(await visitor.tap(towns, "Rostock"))[:1] == beginning[:1]


async def test_that_nobody_speaks_a_language_is_said_again_on_the_way_back(house: House) -> None:
    visitor = await house.settled("de")
    doors = await visitor.say("Beratung zum Aufenthalt in Rostock auf Tigrinya")
    note = "In meiner Liste steht nicht, wer Tigrinya spricht."
    assert note in bare(doors.text)
    second = await visitor.tap(doors, words("de")("More"))
    assert note not in bare(second.text)
    assert note in bare((await visitor.tap(second, words("de")("Previous"))).text)


async def test_an_age_keeps_the_language_asked_for(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("Beratung zum Aufenthalt in Rostock auf Arabisch")
    found = await visitor.say("ich bin 45")
    assert "Arabisch" in bare(found.text).splitlines()[0]
    assert {one.split("|", 6)[-1] for one in starting(data_of(found), "r")} == {"o|ar"}


@pytest.mark.parametrize(
    ("id", "way"), [("jmd-waren", "o|school|waren"), ("mbeon", "t|c|residence"), ("integreat-rostock", "c")]
)
async def test_an_offer_that_nobody_knows_how_to_reach_leads_to_those_that_help(
    house: House, id: str, way: str
) -> None:
    visitor = await house.settled("en")
    card = await visitor.say(f"/start offer-{id}")
    assert "I have no telephone number and no address here." in card.text
    assert button_of(card, "Counselling in my town")["callback_data"] == way
    reached = await visitor.say("/start offer-violence-women")
    assert "I know no telephone number" not in reached.text
