"""News for groups and channels: their administrators choose, and nobody learns who that is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.dialog.actions import CampaignDistrict
from bot.dialog.desk import Thread
from bot.domain.broadcast import Body, LinkButton
from bot.domain.directory import Kind
from bot.domain.locales import find
from bot.domain.news import Topic
from bot.sandbox import Chat, Message
from bot.sandbox.faults import Fault
from bot.translation import translator
from tests.journeys.test_news import got, sent
from tests.journeys.visitor import House, Visitor, bare, content_of, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

ONLY_ADMINS = "Only administrators can choose this here."


async def group_of(house: House, status: str) -> tuple[Visitor, Visitor, Chat]:
    """A group with the bot: one person of the given status, and one that is an ordinary member."""
    one, other = house.visitor("en"), house.visitor("en")
    group = house.sandbox.group("Nachbarschaft", [one.person, other.person])
    group.members[one.person.id] = status
    group.members[other.person.id] = "member"
    await house.sandbox.add_bot_to_group(group, one.person)
    await house.quiet()
    return one.within(group), other.within(group), group


async def topics(house: House, chat_id: int) -> list[str]:
    async with house.lotse.store.read() as view:
        return [one.topic.value for one in await view.subscriptions(chat_id)]


async def subscribe(admin: Visitor, page: Message, first: str = "News for this chat") -> Message:
    page = await admin.tap(page, first)
    assert "News that comes here" in page.text
    places = await admin.tap(await admin.tap(page, "Add news"), "Law and residence")
    consent = await admin.tap(await admin.tap(places, "All of Mecklenburg-Vorpommern"), "At once")
    assert "Shall I send this here?" in consent.text
    return await admin.tap(consent, "Yes, I am 16 or older")


async def test_a_link_that_adds_the_bot_leads_to_the_consent(house: House) -> None:
    """t.me/…?startgroup=news-law: Telegram says so in the group in the name of who added the bot."""
    admin, member, group = await group_of(house, "creator")
    consent = await admin.say("/start@lotse_bot news-law")
    assert "Shall I send this here?" in consent.text
    (refused,) = await member.all("/start@lotse_bot news-law")
    assert ONLY_ADMINS in refused.text
    await admin.tap(consent, "Yes, I am 16 or older")
    assert await topics(house, group.id) == ["law"]
    assert "Law and residence" in (await admin.say("/start@lotse_bot news-law")).text
    assert "only for contacts" in (await admin.say("/start@lotse_bot news-internal")).text
    for other in ("/start@lotse_bot", "/start@lotse_bot news-7", "/start@lotse_bot topic-debt", "/help"):
        assert "I am Lotse" in (await admin.say(other)).text, other


async def test_a_group_pauses_until_a_day(house: House) -> None:
    admin, member, group = await group_of(house, "creator")
    page = await subscribe(admin, await admin.say("/news"))
    days = await admin.tap(await admin.tap(page, "Pause"), "Until a certain day")
    first = starting(data_of(days), "Nu")[0]
    found, toast = await member.data(days, first)
    assert (found, toast) == ([], ONLY_ADMINS)
    assert "Paused until" in (await admin.tap(days, first)).text
    async with house.lotse.store.read() as view:
        recipient = await view.recipient(group.id)
    assert recipient is not None
    assert recipient.muted_until is not None


@pytest.mark.parametrize("status", ["creator", "administrator"])
async def test_an_administrator_subscribes_the_group(house: House, status: str) -> None:
    admin, _member, group = await group_of(house, status)
    page = await admin.say("/news@lotse_bot")
    assert "‹ Back" not in labels(page)
    done = await subscribe(admin, page)
    assert "Done. You will get: Law and residence." in done.text
    async with house.lotse.store.read() as view:
        about = await view.everything_about(group.id)
        everybody = await view.everything_about(admin.person.id)
    assert about["recipient"]["chat_type"] == "group"
    assert [one["topic"] for one in about["subscriptions"]] == ["law"]
    assert str(admin.person.id) not in json.dumps(about)
    assert not any(everybody.values())
    asked, _toast = await admin.data(done, "Nx|law|5")
    await admin.tap(asked[0], "Stop everything")
    assert await topics(house, group.id) == []


async def test_the_subscription_moves_with_the_group(house: House) -> None:
    admin, _member, group = await group_of(house, "creator")
    await subscribe(admin, await admin.say("/nachrichten"))
    moved = await house.sandbox.migrate(group, admin.person)
    await house.quiet()
    assert await topics(house, moved.id) == ["law"]
    assert await topics(house, group.id) == []


MANAGED = (
    *("Ns", "NT|law", "Nt", "Na|law", "Nf|law|mv", "Nh|law|daily|mv", "Nc|law", "NS|law", "NF|law|daily|9"),
    *("Nq", "NQ|1|2", "Nm", "NM|7", "Nx|law", "Nx|law|5", "NX|law", "NX"),
)


async def test_nobody_else_chooses_for_the_group(house: House) -> None:
    admin, member, group = await group_of(house, "creator")
    done = await subscribe(admin, await admin.say("/news"))
    for data in MANAGED:
        found, toast = await member.data(done, data)
        assert not found, data
        assert toast == ONLY_ADMINS, data
    assert await topics(house, group.id) == ["law"]
    async with house.lotse.store.read() as view:
        recipient = await view.recipient(group.id)
    assert recipient is not None
    assert (recipient.quiet_from, recipient.muted_until) == (21, None)


async def test_nobody_else_undoes_it(house: House) -> None:
    admin, member, group = await group_of(house, "creator")
    assert "Türkçe" in labels(await member.say("/language"))
    done = await subscribe(admin, await admin.say("/news"))
    for data in ("F", "L|tr"):
        found, toast = await member.data(done, data)
        assert (found, toast) == ([], ONLY_ADMINS), data
    (refused,) = await member.all("/forget")
    assert ONLY_ADMINS in refused.text
    assert await topics(house, group.id) == ["law"]
    (proof,) = await admin.all("/forget")
    assert "1 subscription" in proof.text
    assert await topics(house, group.id) == []


async def test_everybody_may_read_what_was_sent(house: House) -> None:
    _admin, member, _group = await group_of(house, "creator")
    page = await member.say("/news")
    assert "News" in page.text
    found, toast = await member.data(page, "No|99999")
    assert not toast
    assert "no longer available" in found[0].text


async def test_no_reader_makes_the_bot_post(house: House) -> None:
    _admin, member, _group = await group_of(house, "creator")
    page = await member.say("/news")
    event = (await house.holdings()).directory.events[0].id
    long = await sent(house, Body(locale="en", html="Long " * 760))
    for data in (f"E|{event}|0|news", f"i|{event}", f"No|{long}|0|1", f"No|{long}"):
        found, toast = await member.data(page, data)
        assert not found, data
        assert toast == "I answer this in private, where nobody else can read it. @lotse_bot", data


async def test_a_link_opens_one_message_in_private(house: House) -> None:
    reader = await house.settled("en")
    id = await sent(house, Body(locale="en", html="The whole text"))
    assert "The whole text" in (await reader.say(f"/start news-{id}")).text
    assert "no longer available" in (await reader.say("/start news-999999")).text


async def test_internal_news_is_not_for_groups(house: House) -> None:
    admin, _member, group = await group_of(house, "creator")
    for data in ("Nc|internal", "NS|internal"):
        found, _toast = await admin.data(await admin.say("/news"), data)
        assert "only for contacts" in found[0].text
    assert await topics(house, group.id) == []


async def test_who_was_an_administrator_is_none_any_more(house: House) -> None:
    admin, _member, group = await group_of(house, "administrator")
    page = await admin.tap(await admin.say("/news"), "News for this chat")
    group.members[admin.person.id] = "member"
    found, toast = await admin.data(page, "NS|law")
    assert not found
    assert toast == ONLY_ADMINS
    del group.members[admin.person.id]
    found, toast = await admin.data(page, "NS|law")
    assert toast == ONLY_ADMINS


async def test_telegram_cannot_say_just_now(house: House) -> None:
    admin, _member, group = await group_of(house, "creator")
    page = await admin.tap(await admin.say("/news"), "News for this chat")
    fault = house.sandbox.faults.add(Fault("server_error", "getChatMember", times=3))
    await admin.data(page, "NS|law")
    assert fault.struck == 3
    assert await topics(house, group.id) == ["law"]


async def test_an_administrator_sees_what_is_stored_of_the_group(house: House) -> None:
    admin, member, group = await group_of(house, "administrator")
    (nothing,) = await admin.all("/mydata@lotse_bot")
    assert "Nothing is stored for this chat." in nothing.text
    await subscribe(admin, await admin.say("/news"))
    readable, file = await admin.all("/meinedaten")
    assert "News: Law and residence, All of Mecklenburg-Vorpommern · At once. Agreed on:" in readable.text
    assert labels(readable) == ["Forget this chat"]
    assert "saved event" not in readable.text
    assert content_of(file)["recipient"]["chat_id"] == group.id
    for person in (admin.person, member.person):
        for written in (bare(readable.text), json.dumps(content_of(file))):
            assert str(person.id) not in written
            assert person.first_name not in written
    await admin.press(readable, "Forget this chat")
    assert await topics(house, group.id) == []


async def test_whoever_else_asks_means_themselves(house: House) -> None:
    admin, member, _group = await group_of(house, "creator")
    await subscribe(admin, await admin.say("/news"))
    (refused,) = await member.all("/mydata")
    assert "I answer this in private" in refused.text
    assert not data_of(refused)
    page = await member.say("/privacy")
    assert {"What is stored about this chat", "Forget this chat"} <= set(labels(page))
    found, toast = await member.data(page, "D")
    assert not found
    assert "I answer this in private" in (toast or "")
    found, _toast = await admin.data(page, "D")
    assert any(message.file is not None for message in found)


async def test_nothing_of_what_was_asked_is_remembered(house: House) -> None:
    admin, member, group = await group_of(house, "creator")
    campaign = next(one for one in (await house.holdings()).directory.campaigns if one.districts)
    district = next(iter(campaign.districts))
    await member.data(await member.say("/about"), CampaignDistrict(campaign.id, district).pack())
    await member.data(await member.say("/events"), "e|week|wismar")
    desk = house.lotse.desk
    assert desk.threads.get(group.id, desk.clock()) == Thread()
    (readable,) = await admin.all("/mydata")
    assert "Nothing is stored for this chat." in readable.text


# Replies ------------------------------------------------------------------------------------------


async def noticed(house: House, member: Visitor, body: Body, **about: Any) -> Message:
    """A message in the group that is this notice."""
    id = await sent(house, body, **about)
    notice = await member.say("/about")
    await got(house, member, id, notice)
    return notice


async def test_a_reply_to_a_notice_gets_its_event(house: House) -> None:
    _admin, member, _group = await group_of(house, "creator")
    body = Body(locale="en", html="Come to the feast", event_id="demo-fest-greifswald")
    notice = await noticed(house, member, body, topics=(Topic.EVENTS,))
    card = await member.say("When does it begin?", reply_to=notice)
    assert "Greifswald" in card.text
    assert not starting(data_of(card), "s")
    for text in ("I have debts", "Where is counselling about residence?", "What is a Duldung?"):
        (private,) = await member.all(text, reply_to=notice)
        assert "I answer this in private" in private.text, text
        assert not data_of(private), text
    other = await member.say("Tutmonde Stralsund", reply_to=notice)
    assert "Tutmonde" in other.text


@pytest.mark.parametrize("in_group", [True, False])
async def test_a_reply_to_a_notice_gets_its_campaign(house: House, in_group: bool) -> None:
    if in_group:
        _admin, reader, _group = await group_of(house, "creator")
    else:
        reader = await house.settled("en")
    campaign = (await house.holdings()).directory.campaigns[0]
    english = find("en")
    assert english is not None
    title = await house.title(Kind.CAMPAIGN, campaign.id, english)
    notice = await noticed(house, reader, Body(locale="en", html="It goes on"), series=campaign.id)
    card = await reader.say("xyzzy qwrtz", reply_to=notice)
    assert title in bare(card.text)
    gone = await noticed(house, reader, Body(locale="en", html="It goes on"), series="gone")
    assert "Nobody reads replies here." in (await reader.say("xyzzy qwrtz", reply_to=gone)).text


async def test_a_reply_is_about_the_notice_s_town(house: House) -> None:
    _admin, member, _group = await group_of(house, "creator")
    body = Body(locale="en", html="News of Greifswald")
    notice = await noticed(house, member, body, areas=("town:greifswald",))
    shown = await member.say("Which events are there?", reply_to=notice)
    assert "Greifswald" in shown.text
    assert "Rostock" not in shown.text
    everywhere = await member.say("@lotse_bot Which events are there?")
    assert "Greifswald" not in everywhere.text.splitlines()[0]


async def test_a_reply_in_a_group_that_nobody_understands(house: House) -> None:
    _admin, member, _group = await group_of(house, "creator")
    link = LinkButton(label="The rule", url="https://example.org/rule")
    notice = await noticed(house, member, Body(locale="en", html="Read the <b>rule</b>", buttons=(link,)))
    found = await member.say("xyzzy qwrtz", reply_to=notice)
    assert "Read the rule" in found.text
    assert labels(found) == ["The rule", "Write to me in private", "Stop this news"]
    (urgent,) = await member.all("I want to kill myself", reply_to=notice)
    assert "112" in urgent.text


async def test_stop_as_a_reply_in_a_group(house: House) -> None:
    admin, member, group = await group_of(house, "creator")
    await subscribe(admin, await admin.say("/news"))
    notice = await noticed(house, member, Body(locale="en", html="Read this"))
    told = await member.say("STOP", reply_to=notice)
    assert "Only administrators can stop this news here" in told.text
    data = data_of(told)[0]
    found, toast = await member.data(told, data)
    assert (found, toast) == ([], ONLY_ADMINS)
    assert await topics(house, group.id) == ["law"]
    asked, _toast = await admin.data(told, data)
    await admin.tap(asked[0], "Stop everything")
    assert await topics(house, group.id) == []


# Channels -----------------------------------------------------------------------------------------


def channel_post(channel: Chat, text: str | None, number: int) -> dict[str, object]:
    chat = {"id": channel.id, "type": "channel", "title": "Kanal"}
    post: dict[str, object] = {"message_id": 900_000 + number, "date": 1, "chat": chat, "sender_chat": chat}
    return {"channel_post": {**post, **({} if text is None else {"text": text})}}


async def test_a_channel_is_subscribed_by_a_post(house: House) -> None:
    owner, reader, channel = await group_of(house, "creator")
    channel.type = "channel"
    revision = house.sandbox.world.revision
    for number, text in enumerate(("Hallo", None, "/news@other_bot", "/start", "/help@lotse_bot")):
        await house.sandbox.raw_update(channel_post(channel, text, number))
    assert not await owner._after(revision)
    await house.sandbox.raw_update(channel_post(channel, "/news@lotse_bot", 9))
    (page,) = await owner._after(revision)
    found, toast = await reader.data(page, "NS|law")
    assert (found, toast) == ([], ONLY_ADMINS)
    german = find("de")
    assert german is not None
    # A post has no person, so its answer is German; whoever presses is spoken to in their own language.
    done = await subscribe(owner, page, translator(german)("News for this chat"))
    assert "Law and residence" in done.text
    async with house.lotse.store.read() as view:
        recipient = await view.recipient(channel.id)
    assert recipient is not None
    assert recipient.chat_type == "channel"
    assert await topics(house, channel.id) == ["law"]


async def test_a_channel_sees_changes_and_erases_what_is_stored(house: House) -> None:
    owner, reader, channel = await group_of(house, "creator")
    channel.type = "channel"
    numbers = iter(range(100, 200))

    async def post(text: str) -> list[Message]:
        revision = house.sandbox.world.revision
        await house.sandbox.raw_update(channel_post(channel, text, next(numbers)))
        return await owner._after(revision)

    (picker,) = await post("/sprache")
    for data in ("L|tr", "F", "D"):
        found, toast = await reader.data(picker, data)
        assert not found, data
        assert toast, data
    assert not await post("/events")
    chosen = await owner.tap(picker, "Türkçe")
    assert words("tr")("News for this chat") in labels(chosen)
    _ = words("tr")
    (picker,) = await post("/language@lotse_bot")
    assert "✓ Türkçe" in labels(picker)
    assert _("‹ Back") not in labels(picker)
    page = await owner.tap(await owner.tap(chosen, _("News for this chat")), _("Language"))
    await owner.tap(page, "Русский")
    _ = words("ru")
    (readable, file) = await post("/mydata")
    assert _("Language: {language}", language="Русский") in bare(readable.text)
    assert content_of(file)["recipient"]["locale"] == "ru"
    (proof,) = await post("/loeschen")
    assert _("your language") in bare(proof.text)
    async with house.lotse.store.read() as view:
        assert await view.recipient(channel.id) is None
