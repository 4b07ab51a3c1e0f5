"""Associations: by town, language or community, topic, near me; their cards and their sharing."""

from __future__ import annotations

import pytest

from bot.domain.directory import Kind
from bot.domain.locales import find
from bot.services.browsing import choices
from bot.translation import forms
from tests.journeys.visitor import House, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_by_town_the_nearest_come_first(house: House) -> None:
    visitor = await house.settled("en")
    how = await visitor.say("/organisations")
    towns = await visitor.tap(how, "By town")
    found = await visitor.tap(towns, "G|town|schwerin")
    directory = (await house.holdings()).directory
    ids = [data.split("|")[2] for data in starting(data_of(found), "r")]
    assert len(ids) == 5
    for id in ids:
        organisation = directory.get(Kind.ORGANISATION, id)
        assert organisation is not None
        assert "schwerin" in {place.town for place in organisation.places}  # type: ignore[union-attr]
    assert "These are the nearest:" not in found.text
    card = await visitor.tap(found, starting(data_of(found), "r")[0])
    again = await visitor.tap(card, "Back")
    assert again.text == found.text


@pytest.mark.parametrize("code", ["en", "ar", "pl"])
async def test_a_town_without_an_association_says_so_above_the_nearest(house: House, code: str) -> None:
    visitor = await house.settled(code)
    menu = await visitor.say("/menu")
    (found,), _toast = await visitor.data(menu, "G|town|sassnitz")
    town = house.lotse.desk.gazetteer.town("sassnitz")
    locale = find(code)
    assert town is not None
    assert locale is not None
    local = house.lotse.desk.gazetteer.local_name(town, code)
    named = local if local == town.name else f"{local} ({town.name})"
    sentence = words(code)("Nothing that fits is listed in {town}. These are the nearest:", town=named)
    assert sentence in bare(found.text)
    assert starting(data_of(found), "r")[0].split("|")[2] == "tutmonde"


async def test_a_written_town_narrows_the_associations(house: House) -> None:
    visitor = await house.settled("en")
    how = await visitor.say("/organisations")
    await visitor.tap(how, "By town")
    found = await visitor.say("Stralsund")
    assert "Stralsund" in found.text
    assert starting(data_of(found), "r")[0].split("|")[2] == "tutmonde"


@pytest.mark.parametrize("code", ["uk", "ar", "vi", "fr"])
async def test_one_s_own_language_stands_first(house: House, code: str) -> None:
    visitor = await house.settled(code)
    how = await visitor.say("/organisations")
    picked = await visitor.tap(how, "p|lang")
    locale = find(code)
    assert locale is not None
    assert labels(picked)[0] == forms(locale).language(code)
    found = await visitor.tap(picked, f"G|lang|{code}")
    assert starting(data_of(found), "r")


async def test_communities_are_named_in_words(house: House) -> None:
    visitor = await house.settled("en")
    how = await visitor.say("/organisations")
    picked = await visitor.tap(how, "p|lang")
    found = await visitor.tap(picked, "Vietnamese community")
    assert "Diên Hông" in found.text


async def test_every_topic_of_the_associations_can_be_reached(house: House) -> None:
    visitor = await house.settled("en")
    how = await visitor.say("/organisations")
    picked = await visitor.tap(how, "p|topic")
    reached = set(starting(data_of(picked), "G"))
    for _turn in range(5):
        if "More" not in labels(picked):
            break
        picked = await visitor.tap(picked, "More")
        reached |= set(starting(data_of(picked), "G"))
    directory = (await house.holdings()).directory
    assert {data.split("|")[2] for data in reached} == {value for value, _ in choices(directory, "topic")}


async def test_near_me_uses_the_location_once(house: House) -> None:
    visitor = await house.settled("ar")
    _ = words("ar")
    how = await visitor.say("/organisations")
    ask = await visitor.tap(how, "n|g")
    assert ask.reply_keyboard is not None
    closing, found = await visitor.send("send_location", 53.6294, 11.4132)
    assert "Schwerin" in bare(closing.text)
    assert starting(data_of(found), "r")


async def test_near_me_for_associations_forgets_the_topic_before(house: House) -> None:
    visitor = await house.settled("en")
    towns = await visitor.tap(await visitor.say("/counselling"), "Housing")
    assert "Housing" in towns.text
    await visitor.tap(await visitor.say("/organisations"), "n|g")
    _closing, found = await visitor.send("send_location", 53.6294, 11.4132)
    assert "Associations of migrants" in found.text


async def test_a_pin_out_of_the_blue_shows_what_is_near(house: House) -> None:
    visitor = house.visitor("uk")
    closing, doors, associations = await visitor.send("send_location", 54.3155, 13.0916)
    _ = words("uk")
    assert "Stralsund" in bare(closing.text)
    assert bare(doors.text).index(_("Counselling")) < bare(doors.text).index("Stralsund")
    assert _("Associations of migrants") in associations.text
    assert starting(data_of(doors), "r")
    assert starting(data_of(associations), "r")
    assert (await visitor.stored())["recipient"] is None


async def test_a_card_can_be_shared_by_inline_mode(house: House) -> None:
    visitor = await house.settled("en")
    card = await visitor.say("/start organisation-dien-hong")
    (share,) = [button["switch_inline_query"] for button in card.buttons if "switch_inline_query" in button]
    (result,) = await house.sandbox.inline_query(visitor.person, share)
    assert "Diên Hông" in result["title"]
    friend = house.visitor("de")
    sent = await house.sandbox.choose_inline(friend.person, friend.person, share, result)
    assert "Diên Hông" in sent.text
    await house.quiet()
    (link,) = [button["url"] for button in sent.buttons]
    assert link.endswith("?start=organisation-dien-hong")
    card = await visitor.say(f"/start {link.partition('=')[2]}")
    assert "Diên Hông" in card.text


async def test_all_of_them_page_by_page(house: House) -> None:
    visitor = await house.settled("en")
    how = await visitor.say("/organisations")
    page = await visitor.tap(how, "All")
    seen = set(starting(data_of(page), "r"))
    while "More" in labels(page):
        page = await visitor.tap(page, "More")
        seen |= set(starting(data_of(page), "r"))
    assert len(seen) == len((await house.holdings()).directory.organisations)


async def test_nothing_found_says_so_and_leads_on(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/menu")
    (found,), _toast = await visitor.data(menu, "G|lang|ti")
    assert "I know no association for this yet" in found.text
    assert "‹ Back" in labels(found)
