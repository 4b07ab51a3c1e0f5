"""News for groups and channels: their administrators choose, and nobody learns who that is."""

from __future__ import annotations

import json

import pytest

from bot.domain.broadcast import Body
from bot.domain.locales import find
from bot.sandbox import Chat, Message
from bot.sandbox.faults import Fault
from bot.translation import translator
from tests.journeys.test_news import sent
from tests.journeys.visitor import House, Visitor, labels

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
        assert toast == "I answer this in private, where nobody else reads along. @lotse_bot", data


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
