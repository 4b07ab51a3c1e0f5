"""Groups and inline mode: silent unless addressed, and never a word about somebody's trouble."""

from __future__ import annotations

import pytest

from bot.dialog import actions
from bot.domain.directory import Kind
from bot.domain.locales import Locale, find
from bot.sandbox import Chat
from tests.journeys.visitor import House, Visitor, bare, button_of, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

PRIVATE = "https://t.me/lotse_bot?start="


def _german() -> Locale:
    locale = find("de")
    assert locale is not None
    return locale


async def joined(
    house: House, language: str = "de", *, supergroup: bool = False
) -> tuple[Visitor, Chat, str]:
    """Somebody in a group that the bot was just added to, and what it said."""
    visitor = house.visitor(language)
    group = house.sandbox.group("Nachbarschaft", [visitor.person], supergroup=supergroup)
    here = visitor.within(group)
    revision = house.sandbox.world.revision
    await house.sandbox.add_bot_to_group(group, visitor.person)
    (hello,) = await here._after(revision)
    return here, group, hello.text


@pytest.mark.parametrize("language", ["de", "uk", "ar"])
async def test_the_introduction_is_in_two_languages(house: House, language: str) -> None:
    _visitor, _group, hello = await joined(house, language)
    other = "en" if language == "de" else language
    for code in ("de", other):
        assert words(code)("I am Lotse, a program of MIGRANET-MV.") in bare(hello)
        assert words(code)("For personal questions, write to me in private.") in bare(hello)
        assert words(code)("Administrators can get news for this group with /news.") in bare(hello)


async def test_it_is_silent_unless_addressed(house: House) -> None:
    here, group, _hello = await joined(house)
    for text in (
        "Wo ist Beratung in Rostock?",
        "Hallo zusammen",
        "ich will nicht mehr leben",
        "/start@other_bot",
    ):
        assert not await here.all(text), text
    assert not await here.send("send_photo", "Schaut mal")
    assert not await here.send("send_voice")
    assert not await here.send("send_location", 54.09, 12.1)
    assert not await here.send("send_sticker")
    found = await here.say("@lotse_bot Diên Hông")
    (refused,) = await here.send("send_location", 54.09, 12.1, reply_to=found)
    assert words("de")("I answer this in private, where nobody else can read it.") in refused.text
    async with house.lotse.store.read() as view:
        assert (await view.everything_about(group.id))["recipient"] is None


async def test_associations_and_events_are_answered_openly(house: House) -> None:
    here, _group, _hello = await joined(house)
    found = await here.say("@lotse_bot Diên Hông")
    assert "Diên Hông" in found.text
    assert found.raw["reply_to_message"]
    assert [button["url"].startswith(PRIVATE) for button in found.buttons if "url" in button] == [True]
    answered = await here.say("Tutmonde Stralsund", reply_to=found)
    assert "Tutmonde" in answered.text


IN_PRIVATE = "I answer this in private, where nobody else can read it."


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "@lotse_bot I am gay and from Iran, where is asylum counselling?"),
        ("de", "@lotse_bot Wo ist Beratung zum Aufenthalt in Rostock?"),
        ("de", "@lotse_bot Schulden"),
        ("de", "@lotse_bot mein Mann schlägt mich"),
        ("de", "@lotse_bot Was ist eine Duldung?"),
    ],
)
async def test_what_is_sensitive_is_led_to_the_private_chat(house: House, code: str, text: str) -> None:
    here, _group, _hello = await joined(house)
    (found,) = await here.all(text)
    assert words(code)(IN_PRIVATE) in found.text
    assert not data_of(found)
    assert [button["url"].startswith(PRIVATE) for button in found.buttons] == [True]


@pytest.mark.parametrize("command", ["/counselling@lotse_bot", "/beratung", "/saved", "/start", "/menu"])
async def test_no_command_opens_what_is_private(house: House, command: str) -> None:
    here, _group, _hello = await joined(house)
    (found,) = await here.all(command)
    assert not data_of(found)
    assert [button["url"].startswith(PRIVATE) for button in found.buttons] == [True]


@pytest.mark.parametrize("data", ["c|0", "t|c|housing", "o|residence|rostock", "r|offer|mbe", "S"])
async def test_no_button_opens_counselling_in_a_group(house: House, data: str) -> None:
    here, _group, _hello = await joined(house)
    shown = await here.say("@lotse_bot Diên Hông")
    found, toast = await here.data(shown, data)
    assert not found, "whoever presses cannot make the bot post"
    assert words("de")(IN_PRIVATE) in (toast or "")


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("@lotse_bot Schulden", "article-gl-schuldnerberatung"),
        ("@lotse_bot Beratung zu Schulden", "topic-debt"),
        ("@lotse_bot Schuldnerberatung in Wismar", "topic-debt-wismar"),
        ("@lotse_bot Was ist eine Duldung?", "article-gl-duldung"),
        ("@lotse_bot Was ist ein Frauenhaus?", "start"),
        ("@lotse_bot mein Mann schlägt mich", "start"),
    ],
)
async def test_the_question_is_not_lost_on_the_way_to_the_private_chat(
    house: House, text: str, payload: str
) -> None:
    here, _group, _hello = await joined(house)
    found = await here.say(text)
    assert [button["url"] for button in found.buttons] == [PRIVATE + payload]


async def test_a_link_to_a_topic_may_name_the_town(house: House) -> None:
    reader = await house.settled("de")
    doors = await reader.say("/start topic-debt-wismar")
    assert "Wismar" in doors.text
    assert words("de")("Debt") in doors.text
    asked = await reader.say("/start topic-debt-nowhere")
    assert "o|debt|wismar" in data_of(asked)


async def test_associations_of_a_town_are_listed_as_in_private(house: House) -> None:
    here, _group, _hello = await joined(house)
    found = await here.say("@lotse_bot Welche Vereine gibt es in Schwerin?")
    reader = await house.settled("de")
    private = await reader.say("Welche Vereine gibt es in Schwerin?")
    assert len(starting(data_of(found), "r")) > 1
    assert set(starting(data_of(found), "r")) <= set(starting(data_of(private), "r"))
    one = await here.say("@lotse_bot Diên Hông")
    assert not starting(data_of(one), "r"), "what is named stands alone"


async def test_what_is_public_about_the_network_is_said_openly(house: House) -> None:
    here, _group, _hello = await joined(house)
    found = await here.say("@lotse_bot Was ist MIGRANET?")
    assert await house.title(Kind.ARTICLE, "was-ist-migranet", _german()) in bare(found.text)
    status = await here.say("@lotse_bot Gesundheitskarte in Wismar")
    assert await house.title(Kind.CAMPAIGN, "gesundheitskarte", _german()) in bare(status.text)
    assert "Nordwestmecklenburg" in status.text
    word = await here.say("@lotse_bot Gesundheitskarte")
    assert words("de")(IN_PRIVATE) in word.text, "a word of the office"


@pytest.mark.parametrize("text", ["@lotse_bot", "@lotse_bot ?", "@lotse_bot hallo", "@lotse_bot wer bist du"])
async def test_who_only_calls_the_bot_hears_who_it_is(house: House, text: str) -> None:
    here, _group, _hello = await joined(house)
    (found,) = await here.all(text)
    assert words("de")("I am Lotse, a program of MIGRANET-MV.") in bare(found.text)


@pytest.mark.parametrize(
    ("code", "text", "warned"),
    [
        ("de", "@lotse_bot kannst du mir helfen?", False),
        ("en", "@lotse_bot can you help me please", False),
        ("tr", "@lotse_bot bana yardım eder misin", False),
        ("uk", "@lotse_bot можете мені допомогти?", False),
        ("ar", "@lotse_bot ممكن تساعدني", False),
        ("de", "@lotse_bot Hilfe", True),
        ("en", "@lotse_bot can you help me!!!", True),
        ("de", "@lotse_bot kannst du mir helfen, er schlägt mich", True),
    ],
)
async def test_who_asks_whether_it_can_help_is_not_given_the_police_before_everybody(
    house: House, code: str, text: str, warned: bool
) -> None:
    here, _group, _hello = await joined(house, code)
    await here.tap(await here.say("/language"), f"L|{code}")
    (found,) = await here.all(text)
    assert ("110" in found.text) is warned
    assert words(code)(IN_PRIVATE) in bare(found.text)
    assert button_of(found, words(code)("Write to me in private"))["url"].startswith(PRIVATE)


async def test_thanks_are_answered_with_a_word(house: House) -> None:
    here, _group, _hello = await joined(house)
    found = await here.say("@lotse_bot danke")
    assert bare(found.text) == words("de")("You are welcome. Is there anything else?")
    assert not found.buttons


async def test_a_picture_for_the_bot_is_answered_in_private(house: House) -> None:
    here, group, _hello = await joined(house)
    (found,) = await here.send("send_photo", "@lotse_bot was heißt das?")
    assert words("de")(IN_PRIVATE) in found.text
    assert [button["url"].startswith(PRIVATE) for button in found.buttons] == [True]
    chat = {"id": group.id, "type": "group", "title": "Nachbarschaft"}
    gesture = {"chat": chat, "sticker": {"file_id": "x"}, "reply_to_message": found.raw}
    assert not await here.raw(**gesture), "a gesture asks for no answer"
    (refused,) = await here.raw(**{**gesture, "voice": {"file_id": "x"}})
    assert words("de")(IN_PRIVATE) in refused.text


async def test_a_group_is_not_asked_to_write_a_town(house: House) -> None:
    """What is written there without a mention is not read."""
    here, _group, _hello = await joined(house)
    towns = await here.tap(await here.say("/organisations"), words("de")("By town"))
    assert bare(towns.text) == words("de")("Choose a town.")
    assert "G|town|schwerin" in data_of(towns)


@pytest.mark.parametrize("command", ["/organisations", "/about", "/events", "/help", "/privacy", "/imprint"])
async def test_no_first_screen_of_a_group_leads_back_to_a_menu(house: House, command: str) -> None:
    here, _group, _hello = await joined(house)
    found = await here.say(command)
    assert actions.ShowMenu().pack() not in data_of(found)
    assert words("de")("‹ Back") not in labels(found)
    assert button_of(found, words("de")("Write to me in private"))["url"] == f"{PRIVATE}start"


async def test_a_word_of_the_office_is_looked_up_in_private(house: House) -> None:
    """Who asks for "Duldung" says something about themselves, by a button as well as in words."""
    here, _group, _hello = await joined(house)
    about = await here.say("/about")
    glossary = button_of(about, words("de")("Office words explained"))
    assert glossary["url"] == f"{PRIVATE}glossary"
    assert actions.ListArticles("glossary").pack() not in data_of(about)
    articles = (await house.holdings()).directory.articles
    word = next(one.id for one in articles if one.section == "glossary")
    for action in (actions.ListArticles("glossary"), actions.OpenRecord("article", word)):
        found, toast = await here.data(about, action.pack())
        assert not found
        assert words("de")(IN_PRIVATE) in (toast or "")
    other = next(one for one in articles if one.section != "glossary")
    opened, _toast = await here.data(about, actions.OpenRecord("article", other.id).pack())
    assert await house.title(other.KIND, other.id, _german()) in bare(opened[0].text)
    reader = await house.settled("de")
    assert words("de")("Office words explained") in (await reader.say("/start glossary")).text


async def test_every_other_command_is_answered_once(house: House) -> None:
    here, _group, _hello = await joined(house)
    for command in (
        "/help",
        "/events",
        "/organisations",
        "/about",
        "/privacy",
        "/imprint",
        "/id",
        "/language",
    ):
        found = await here.all(command)
        assert len(found) == 1, command
        assert found[0].text


async def test_events_in_a_group_cannot_be_saved(house: House) -> None:
    here, group, _hello = await joined(house)
    shown = await here.say("/events")
    card = await here.tap(shown, data_of(shown)[0])
    assert not any(data.startswith(("s|", "i|")) for data in data_of(card))
    assert any(button.get("url", "").startswith(f"{PRIVATE}event-") for button in card.buttons)
    await here.data(card, "s|demo-fest-greifswald|30000000")
    async with house.lotse.store.read() as view:
        assert not (await view.everything_about(group.id))["saved_events"]


async def test_a_group_may_choose_its_language_and_takes_it_along(house: House) -> None:
    here, group, _hello = await joined(house)
    picker = await here.say("/language@lotse_bot")
    await here.tap(picker, "Türkçe")
    found = await here.say("@lotse_bot borçlarım var")
    assert words("tr")(IN_PRIVATE) in found.text
    moved = await house.sandbox.migrate(group, here.person)
    await house.quiet()
    async with house.lotse.store.read() as view:
        recipient = await view.recipient(moved.id)
        assert recipient is not None
        assert recipient.locale == "tr"
        assert await view.recipient(group.id) is None
    again = Visitor(house, here.person, moved)
    found = await again.say("@lotse_bot borçlarım var")
    assert words("tr")(IN_PRIVATE) in found.text
    await house.sandbox.remove_bot_from_group(moved, here.person)
    await house.quiet()
    async with house.lotse.store.read() as view:
        recipient = await view.recipient(moved.id)
    assert recipient is not None
    assert recipient.retired_at is not None


async def test_the_private_button_leads_to_the_menu(house: House) -> None:
    visitor = await house.settled("de")
    menu = await visitor.say("/start start")
    assert words("de")("Find counselling") in labels(menu)


async def test_blocking_and_coming_back(house: House) -> None:
    visitor = await house.settled("de")
    await house.sandbox.block(visitor.person)
    await house.quiet()
    assert (await visitor.stored())["recipient"]["retired_at"] is not None
    await house.sandbox.unblock(visitor.person)
    await house.quiet()
    assert (await visitor.stored())["recipient"]["retired_at"] is None


@pytest.mark.parametrize(
    ("language", "query", "id"),
    [
        ("en", "swim Rostock", "event:demo-schwimmen-rostock"),
        ("de", "schwimmen Rostock", "event:demo-schwimmen-rostock"),
        ("de", "Diên Hông", "organisation:dien-hong"),
        ("ar", "Tutmonde", "organisation:tutmonde"),
    ],
)
async def test_inline_mode_finds_associations_and_events(
    house: House, language: str, query: str, id: str
) -> None:
    visitor = house.visitor(language)
    results = await house.sandbox.inline_query(visitor.person, query)
    assert id in {result["id"] for result in results[:3]}
    chosen = next(result for result in results if result["id"] == id)
    group = house.sandbox.group("Runde", [visitor.person])
    sent = await house.sandbox.choose_inline(group, visitor.person, query, chosen)
    assert sent.text
    assert [button["url"] for button in sent.buttons] == [PRIVATE + id.replace(":", "-")]
    await house.quiet()


async def test_inline_mode_says_nothing_about_counselling(house: House) -> None:
    visitor = house.visitor("de")
    for query in ("", "Asyl", "Gewalt", "xqzw", "@lotse_bot", ":", "offer:", "event:gone", "🙂"):
        results = await house.sandbox.inline_query(visitor.person, query)
        assert all(result["id"].partition(":")[0] in {"organisation", "event"} for result in results), query
    assert (await visitor.stored())["recipient"] is None


@pytest.mark.parametrize("query", ["xyzzy blorb", "Schulden", "mein Mann schlägt mich"])
async def test_inline_mode_offers_nothing_that_only_happens_to_be_there(house: House, query: str) -> None:
    visitor = house.visitor("de")
    assert not await house.sandbox.inline_query(visitor.person, query)
    answers = [one.answer for one in house.sandbox.methods.queries.values() if one.chat_id == visitor.chat_id]
    assert [answer["button"] for answer in answers if answer is not None] == [
        {"text": words("de")("Nothing found. Ask me in private."), "start_parameter": "start"}
    ]


async def test_inline_mode_lists_what_is_in_a_town(house: House) -> None:
    visitor = house.visitor("de")
    found = {result["id"] for result in await house.sandbox.inline_query(visitor.person, "Rostock")}
    assert {"organisation:dien-hong", "organisation:migro-rostock", "event:demo-schwimmen-rostock"} <= found
    assert not any("schwerin" in id or "wismar" in id for id in found)
