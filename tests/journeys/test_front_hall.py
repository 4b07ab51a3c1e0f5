"""Start, the picker, deep links, the menu, help, and changing the language."""

from __future__ import annotations

import pytest

from bot.domain.directory import Kind
from bot.domain.locales import LOCALES, Locale, find
from tests.journeys.visitor import House, bare, button_of, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(
    ("app", "marked"),
    [
        ("ar", "العربية"),
        ("uk", "Українська"),
        ("fa", "دری"),
        ("prs", "دری"),
        ("en-GB", "English"),
        ("de", "Deutsch"),
        ("ckb", None),
        (None, None),
    ],
)
async def test_the_first_screen_is_a_picker_that_marks_the_hint(
    house: House, app: str | None, marked: str | None
) -> None:
    visitor = house.visitor(app)
    picker = await visitor.say("/start")
    assert [label.removeprefix("✓ ") for label in labels(picker)] == [locale.name for locale in LOCALES]
    assert [label for label in labels(picker) if label.startswith("✓ ")] == (
        [f"✓ {marked}"] if marked else []
    )
    assert not any("\U0001f1e6" <= char <= "\U0001f1ff" for label in labels(picker) for char in label)
    # What it is stands there in every language that may be read: in the hinted one first.
    own = find(app.partition("-")[0]) if app and marked else None
    what = words(own.code if own else "de")("Lotse: I show you where to find help in Mecklenburg-Vorpommern.")
    assert bare(picker.text).splitlines()[1].startswith(bare(what))
    assert (await visitor.stored())["recipient"] is None


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
async def test_choosing_a_language_opens_the_menu_in_it(house: House, locale: Locale) -> None:
    code = locale.code
    visitor = house.visitor("en")
    picker = await visitor.say("/start")
    menu = await visitor.tap(picker, f"L|{code}")
    assert menu.message_id == picker.message_id
    _ = words(code)
    assert _("Find counselling") in labels(menu)
    assert _("I am a program, not a person. Please write no names and send no documents.") in bare(menu.text)
    stored = await visitor.stored()
    assert stored["recipient"]["locale"] == code
    commands = house.sandbox.profile.commands_for(visitor.chat_id, private=True, language="en")
    assert _("Find counselling") in {command["description"] for command in commands}
    again = await visitor.say("/start")
    assert _("Find counselling") in labels(again)


async def test_a_picker_from_before_keeps_the_choice_marked(house: House) -> None:
    visitor = await house.settled("pl")
    picker = await visitor.say("/language")
    assert "✓ Polski" in labels(picker)
    picker = await visitor.say("/sprache")
    assert "✓ Polski" in labels(picker)


@pytest.mark.parametrize(
    ("payload", "kind", "id"),
    [
        ("organisation-dien-hong", Kind.ORGANISATION, "dien-hong"),
        ("offer-lobbi-ost", Kind.OFFER, "lobbi-ost"),
        ("event-demo-fest-greifswald", Kind.EVENT, "demo-fest-greifswald"),
        ("campaign-gesundheitskarte", Kind.CAMPAIGN, "gesundheitskarte"),
        ("article-was-ist-mso", Kind.ARTICLE, "was-ist-mso"),
    ],
)
async def test_a_deep_link_opens_its_record_after_the_picker_and_without_it(
    house: House, payload: str, kind: Kind, id: str
) -> None:
    visitor = house.visitor("de")
    picker = await visitor.say(f"/start {payload}")
    locale = find("uk")
    assert locale is not None
    title = await house.title(kind, id, locale)
    card = await visitor.tap(picker, "Українська")
    assert title in bare(card.text)
    again = await visitor.say(f"/start {payload}")
    assert title in bare(again.text)


async def test_a_topic_link_asks_for_the_town_only(house: House) -> None:
    visitor = house.visitor("ar")
    picker = await visitor.say("/start topic-housing")
    asked = await visitor.tap(picker, "العربية")
    assert words("ar")("Housing") in bare(asked.text)
    assert "o|housing|guestrow" in {part.rsplit("|0", 1)[0] for part in starting(data_of(asked), "o")}


async def test_a_language_link_needs_no_picker(house: House) -> None:
    visitor = house.visitor("de")
    menu = await visitor.say("/start lang-prs")
    assert words("fa-AF")("Find counselling") in labels(menu)
    assert (await visitor.stored())["recipient"]["locale"] == "fa-AF"
    picker = await visitor.say("/start language")
    assert "✓ دری" in labels(picker)
    page = await visitor.say("/start privacy")
    assert words("fa-AF")("Privacy in plain words") in bare(page.text)


@pytest.mark.parametrize(
    "payload",
    ["organisation-gone", "offer-", "event-gone", "topic-gone", "lang-xx", "nonsense", "-", "a|b|c"],
)
async def test_a_link_to_nothing_gives_the_menu(house: House, payload: str) -> None:
    visitor = await house.settled("en")
    shown = await visitor.say(f"/start {payload}")
    assert "Find counselling" in labels(shown)
    newcomer = house.visitor("en")
    picker = await newcomer.say(f"/start {payload}")
    menu = await newcomer.tap(picker, "English")
    assert "Find counselling" in labels(menu)


async def test_help_shows_examples_and_leads_back(house: House) -> None:
    visitor = await house.settled("en")
    for command in ("/help", "/hilfe"):
        page = await visitor.say(command)
        assert "What is a Fiktionsbescheinigung?" in page.text
        assert "110" in page.text
    menu = await visitor.tap(page, "Back")
    assert menu.message_id == page.message_id
    assert "Find counselling" in labels(menu)
    page = await visitor.tap(menu, "Help and privacy")
    assert "What I can do" in page.text
    assert {"Privacy", "Imprint"} <= set(labels(page))


async def test_commands_open_their_screens(house: House) -> None:
    visitor = await house.settled("en")
    expected = {
        "/menu": "Find counselling",
        "/counselling": "Residence and asylum",
        "/beratung": "Residence and asylum",
        "/organisations": "By town",
        "/vereine": "By town",
        "/events": "This weekend",
        "/termine": "This weekend",
        "/saved": "Events",
        "/about": "Campaigns",
        "/Privacy": "Forget me",
        "/nonsense": "Find counselling",
    }
    for command, label in expected.items():
        shown = await visitor.say(command)
        assert any(label in found for found in labels(shown)), command


async def test_writing_another_language_is_answered_in_it_and_offered_not_forced(house: House) -> None:
    visitor = await house.settled("de")
    answer, offer = await visitor.all("Де я можу знайти консультацію щодо житла у Шверіні?")
    uk = words("uk")
    assert uk("Housing") in bare(answer.text)
    assert uk("Shall I always speak this language with you?") in offer.text
    assert (await visitor.stored())["recipient"]["locale"] == "de"
    menu = await visitor.tap(offer, "Українська")
    assert uk("Find counselling") in labels(menu)
    assert (await visitor.stored())["recipient"]["locale"] == "uk"


async def test_a_town_alone_does_not_change_the_language(house: House) -> None:
    visitor = await house.settled("ar")
    (answer,) = await visitor.all("Rostock")
    assert words("ar")("What are you looking for there?") in bare(answer.text)


async def test_old_buttons_answer_after_a_change_of_language(house: House) -> None:
    visitor = await house.settled("de")
    menu = await visitor.say("/menu")
    await visitor.say("/start lang-tr")
    shown = await visitor.tap(menu, "c")
    assert words("tr")("What is it about?") in shown.text
    assert button_of(shown, words("tr")("Housing"))


@pytest.mark.parametrize(
    "data",
    [
        "zz",
        "",
        "m|extra",
        "c|many",
        "o",
        "L|xx",
        "L|",
        "r|nothing|at-all",
        "r|offer|gone",
        "E|gone|5",
        "s|gone|5",
        "u|gone|5",
        "i|gone",
        "v|offer|mbe|99",
        "v|offer|mbe|-9",
        "v|organisation|fabro|-9",
        "x|offer|gone",
        "d|gone",
        "d|gesundheitskarte|nowhere",
        "A|nothing",
        "P|nothing",
        "G|nothing",
        "G|town|nowhere",
        "p|nothing",
        "n|nothing",
        "e|whenever",
        "e|all|nowhere|xx|99",
        "o|housing|nowhere|99|z",
        "o|nothing|rostock",
        "t|c|nothing",
        "t|c||-3",
        "c|999999999999999999999999",
        "h|zz",
        "E|demo-fest-greifswald|99999999999999999999",
        "E|demo-fest-greifswald|-99999999999999999999",
        "s|demo-fest-greifswald|99999999999999999999",
        "u|demo-fest-greifswald|99999999999999999999",
        "t|c" + "x" * 58,
        "o|" + "x" * 50 + "|rostock",
        "r|offer|mbe" + "x" * 40 + "|rostock",
        "G|lang" + "x" * 50,
        "e|" + "x" * 55,
        "\u202e|\u2066",
    ],
)
async def test_damaged_buttons_are_answered_with_a_screen(house: House, data: str) -> None:
    visitor = await house.settled("en")
    page = await visitor.say("/id")
    shown, _toast = await visitor.data(page, data)
    assert shown, "a dead button"
    assert not any("Something went wrong" in message.text for message in shown)
