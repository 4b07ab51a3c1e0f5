"""About the network: its sections, campaigns with an honest status, and the glossary."""

from __future__ import annotations

import pytest

from bot.dialog.labels import SECTIONS
from bot.domain.directory import Campaign, Kind, Status
from bot.domain.locales import LOCALES, Locale, find
from tests.journeys.visitor import House, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("code", ["de", "ar", "vi"])
async def test_every_section_has_something_in_it(house: House, code: str) -> None:
    visitor = await house.settled(code)
    about = await visitor.say("/about")
    _ = words(code)
    for section, name in SECTIONS.items():
        assert _(name) in labels(about)
        page = await visitor.tap(about, f"A|{section}")
        assert _(name) in bare(page.text)
        assert any(data.startswith(("r|article", "r|campaign")) for data in data_of(page))
        back = await visitor.tap(page, _("‹ Back"))
        assert labels(back) == labels(about)


async def test_the_glossary_has_at_least_forty_words_in_order(house: House) -> None:
    visitor = await house.settled("de")
    about = await visitor.say("/about")
    page = await visitor.tap(about, "A|glossary")
    assert words("de")("General explanations. For your own case, ask a counselling office.") in page.text
    found: list[str] = []
    while True:
        found += [
            label
            for label, button in zip(labels(page), page.buttons, strict=True)
            if "r|article" in str(button)
        ]
        if words("de")("More") not in labels(page):
            break
        page = await visitor.tap(page, words("de")("More"))
    assert len(found) >= 40
    assert found == sorted(found, key=str.casefold)
    first = await visitor.tap(page, words("de")("Previous"))
    assert first.text


@pytest.mark.parametrize("code", ["de", "ar", "uk"])
async def test_a_campaign_answers_by_district(house: House, code: str) -> None:
    visitor = await house.settled(code)
    _ = words(code)
    locale = find(code)
    assert locale is not None
    card = await visitor.say("/start campaign-gesundheitskarte")
    assert _("partly achieved") in bare(card.text)
    ask = await visitor.tap(card, _("In my district"))
    assert len(starting(data_of(ask), "d")) == 8
    campaign = (await house.holdings()).directory.get(Kind.CAMPAIGN, "gesundheitskarte")
    assert isinstance(campaign, Campaign)
    for id, status in campaign.districts.items():
        answer = await visitor.tap(ask, f"d|gesundheitskarte|{id}")
        district = house.lotse.desk.gazetteer.district(id)
        assert district is not None
        name = house.lotse.desk.gazetteer.local_name(district, code)
        said = _("achieved") if status is Status.ACHIEVED else _("not achieved")
        assert f"{name}: {said}" in bare(answer.text)
        assert _("Achieved in {done} of {all} districts.", done=5, all=8) in bare(answer.text)
        ask = await visitor.tap(answer, _("Other district"))


async def test_campaigns_are_listed_with_their_status(house: House) -> None:
    visitor = await house.settled("en")
    page = await visitor.tap(await visitor.say("/about"), "Campaigns")
    assert "partly achieved" in page.text
    assert "not achieved" in page.text


@pytest.mark.parametrize(
    "locale", [one for one in LOCALES if not one.code.startswith("de")], ids=lambda locale: locale.code
)
async def test_a_text_that_is_not_in_the_reader_s_language_says_so(house: House, locale: Locale) -> None:
    """Titles and summaries: in the reader's language, or with the mark that they are not."""
    visitor = await house.settled(locale.code)
    _ = words(locale.code)
    marks = {_("Automatically translated.")}
    only = (
        _("This text is not in your language. Here it is in: {languages}.", languages="\0")
        .partition("\0")[0]
        .strip()
    )
    directory = (await house.holdings()).directory
    for record in (*directory.offers[:4], *directory.organisations[:3], *directory.articles[:4]):
        card = await visitor.say(f"/start {record.KIND}-{record.id}")
        found = record.title.localize(locale)
        assert found is not None
        text = bare(card.text)
        if found.exact:
            assert any(mark in text for mark in marks) or only in text, text
        else:
            assert only in text, text


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
async def test_nothing_in_the_front_hall_is_in_english(house: House, locale: Locale) -> None:
    """That the catalogues are complete is looked at in test_catalogues."""
    visitor = await house.settled(locale.code)
    menu = await visitor.say("/menu")
    page = await visitor.say("/help")
    english = words("en")
    if locale.code == "en":
        return
    for sentence in (
        "Choose, or just write your question in your own words, in your language.",
        "I am a program, not a person. Please write no names and send no documents.",
        (
            "I give information and show you where to find help. I cannot judge your case: a "
            "counselling office does that."
        ),
        "In danger: call 110 (police) or 112 (ambulance, fire).",
        "Find counselling",
        "About the network",
    ):
        assert english(sentence) not in bare(menu.text) + bare(page.text) + "\n".join(labels(menu)), sentence


async def test_a_campaign_is_answered_for_the_district_of_the_town(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Gesundheitskarte in Stralsund")
    assert "Vorpommern-Rügen: nicht erreicht" in found.text
    assert "5 von 8" in found.text
    assert "August 2024" in found.text
    there = await visitor.say("Gesundheitskarte in Güstrow")
    assert "Landkreis Rostock: erreicht" in there.text
