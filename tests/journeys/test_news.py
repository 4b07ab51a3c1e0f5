"""News: what was sent, subscribing with consent, quiet hours, stopping, and replies to a notice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.dialog.labels import NEWS_TOPICS
from bot.dialog.news_actions import StopNews
from bot.dialog.notices import button_topic
from bot.domain.broadcast import Audience, Body, Group, LinkButton, Media, State
from bot.domain.deliveries import Delivery
from bot.domain.directory import Kind
from bot.domain.minutes import to_minutes
from bot.domain.news import Frequency, Rhythm, Topic
from bot.domain.staff import Role
from bot.domain.text import State as TextState
from bot.sandbox import Message
from bot.services.calendar import occurrences
from bot.storage import tables
from bot.translation import forms
from tests.journeys.visitor import (
    House,
    Visitor,
    bare,
    button_of,
    content_of,
    data_of,
    in_both_houses,
    labels,
    starting,
    words,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

CONSENT = "Shall I send you this?"
YES = "Yes, I am 16 or older"


async def sent(
    house: House,
    *bodies: Body,
    topics: tuple[Topic, ...] = (Topic.LAW,),
    areas: tuple[str, ...] = (),
    groups: tuple[Group, ...] = (),
    event: str = "",
    date: int = 0,
    series: str = "",
    expires_at: datetime | None = None,
) -> int:
    """A broadcast that went out just now."""
    audience = Audience(
        topics=frozenset(topics), areas=frozenset(areas), groups=frozenset(groups), event=event, date=date
    )
    now = house.lotse.desk.clock()
    async with house.lotse.store.begin() as tx:
        id = await tx.draft(None, now, audience=audience, series=series)
        for body in bodies:
            await tx.put_body(id, body)
        await tx.move(id, State.SCHEDULED)
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=now, expires_at=expires_at)
        await tx.move(id, State.SENT)
    return id


async def got(house: House, visitor: Visitor, broadcast: int, message: Message) -> None:
    """The visitor's message is the notice."""
    row = {
        "broadcast_id": broadcast,
        "chat_id": visitor.chat_id,
        "at": int(datetime.now(UTC).timestamp()),
        "message_id": message.message_id,
        "state": int(Delivery.SENT),
        "locale": "en",
    }
    async with house.lotse.store.begin() as tx:
        await tx._run(sa.insert(tables.deliveries), row)


async def make_contact(house: House, visitor: Visitor) -> None:
    row = {"chat_id": visitor.chat_id, "organisation_id": "tutmonde", "created_at": datetime.now(UTC)}
    async with house.lotse.store.begin() as tx:
        await tx._run(sa.insert(tables.contacts), row)


async def subscriptions(visitor: Visitor) -> list[tuple[str, str, str]]:
    stored = await visitor.stored()
    return [(one["topic"], one["area"], one["frequency"]) for one in stored["subscriptions"]]


async def subscriber(house: House, *topics: str) -> Visitor:
    """Somebody who agreed to topics by their links."""
    visitor = await house.settled("en")
    for topic in topics:
        await visitor.tap(await visitor.say(f"/start news-{topic}"), YES)
    return visitor


# What was sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["/news", "/nachrichten"])
async def test_latecomers_find_what_was_sent(house: House, command: str) -> None:
    body = Body(
        locale="en",
        html='<b>New rule</b> for <i>residence</i>\nRead <a href="https://example.org/r">more</a> &amp; ask.',
        buttons=(LinkButton(label="The law", url="https://example.org/law"),),
    )
    await sent(house, body, Body(locale="de", html="Neue Regel"), topics=(Topic.LAW, Topic.WORK))
    visitor = await house.settled("en")
    listed = await visitor.say(command)
    assert "1. New rule for residence" in listed.text
    assert "Law and residence and Work" in listed.text
    opened = await visitor.tap(listed, "1. New rule")
    assert opened.message_id == listed.message_id
    assert "Read more & ask." in opened.text
    assert {entity["type"] for entity in opened.entities} >= {"bold", "italic", "text_link"}
    assert button_of(opened, "The law")["url"] == "https://example.org/law"
    assert "Get news like this" in labels(opened)
    back = await visitor.tap(opened, "Back")
    assert back.text == listed.text
    assert (await subscriptions(visitor)) == []


async def test_who_reads_another_language_is_told(house: House) -> None:
    await sent(house, Body(locale="de", html="Nur auf Deutsch", state=TextState.OUTDATED))
    visitor = await house.settled("uk")
    opened = await visitor.tap(await visitor.say("/news"), "1. Nur auf Deutsch")
    names = "німецька"
    assert words("uk")(
        "This text is not in your language. Here it is in: {languages}.", languages=names
    ) in bare(opened.text)
    assert words("uk")("The original has changed since this was translated.") in bare(opened.text)
    machine = await sent(house, Body(locale="uk", html="Переклад", state=TextState.MACHINE))
    (opened,), _toast = await visitor.data(opened, f"No|{machine}")
    assert words("uk")("Automatically translated.") in bare(opened.text)


async def test_a_long_one_stands_alone(house: House) -> None:
    id = await sent(house, Body(locale="en", html="Long. " + "word " * 780))
    visitor = await house.settled("en")
    found, _toast = await visitor.data(await visitor.say("/news"), f"No|{id}")
    assert len(found) == 2
    assert found[0].text.startswith("Long. word")
    assert "Law and residence" in found[1].text
    assert "‹ Back" in labels(found[1])


async def test_a_picture_and_an_event(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.send("send_photo")
    *_, file = house.sandbox.world.files.values()
    body = Body(
        locale="en",
        html="A feast",
        media=Media.PHOTO,
        file_id=file.file_id,
        event_id="demo-fest-greifswald",
    )
    id = await sent(house, body, topics=(Topic.EVENTS,))
    (opened,), _toast = await visitor.data(await visitor.say("/news"), f"No|{id}")
    assert "photo" in opened.raw
    assert "A feast" in opened.text
    card = await visitor.tap(opened, "Details")
    assert "Greifswald" in card.text
    assert house.sandbox.errors.pop("Bad Request: there is no text in the message to edit") == 1


async def test_what_is_opened_under_a_notice_leaves_it_there(house: House) -> None:
    id = await sent(house, Body(locale="en", html="Read this"))
    visitor = await house.settled("en")
    notice = await visitor.say("/menu")
    (opened,), _toast = await visitor.data(notice, f"No|{id}|0|1")
    assert opened.message_id != notice.message_id
    assert "Read this" in opened.text
    (card,), _toast = await visitor.data(notice, "E|demo-fest-greifswald|0|news")
    assert card.message_id != notice.message_id
    saved = await visitor.tap(card, "Save and remind me")
    assert saved.message_id == card.message_id


async def test_the_list_has_pages_and_forgets_what_expired(house: House) -> None:
    visitor = await house.settled("en")
    now = house.lotse.desk.clock()
    soon = now + timedelta(hours=1)
    ids = [
        await sent(house, Body(locale="en", html=f"Paged {number}"), expires_at=soon) for number in range(7)
    ]
    bare_one = await sent(house, expires_at=soon)
    listed = await visitor.say("/news")
    assert f"No|{bare_one}" not in data_of(listed), "a message without a text is none"
    more = await visitor.tap(listed, "More")
    opened = await visitor.tap(more, "Paged")
    assert opened.message_id == more.message_id
    assert "N|1" in data_of(opened)
    with house.clock(soon):
        later = await visitor.say("/news")
        assert not {f"No|{id}" for id in ids} & set(data_of(later))
        (gone,), _toast = await visitor.data(later, f"No|{ids[0]}")
        assert "no longer available" in gone.text
        (gone,), _toast = await visitor.data(gone, "N")
        (gone,), _toast = await visitor.data(gone, "No|99999")
        assert "no longer available" in gone.text


async def test_nothing_was_sent(house: House) -> None:
    visitor = await house.settled("en")
    with house.clock(house.lotse.desk.clock()):
        async with house.lotse.store.begin() as tx:
            for one in await tx.broadcasts([State.SENT]):
                await tx.move(one.id, State.WITHDRAWN)
    empty = await visitor.tap(await visitor.say("/menu"), "News")
    assert "Nothing was sent lately." in empty.text
    assert "I can send you news" in empty.text


# Subscribing --------------------------------------------------------------------------------------


async def test_subscribing_by_hand_to_a_town_every_day(house: House) -> None:
    visitor = await house.settled("en")
    page = await visitor.tap(await visitor.tap(await visitor.say("/menu"), "News"), "My subscriptions")
    assert "No news comes here yet." in page.text
    topics = await visitor.tap(page, "Add news")
    assert "For associations in the network" not in labels(topics)
    assert len(starting(data_of(topics), "Na")) == 7
    places = await visitor.tap(topics, "German courses")
    assert len([data for data in data_of(places) if "|district:" in data]) == 8
    towns = await visitor.tap(places, "A town")
    assert "German courses" in towns.text
    assert "For which place?" in (await visitor.tap(towns, "Back")).text
    await visitor.data(places, "t|n|courses")
    often = await visitor.say("Güstrow")
    assert "How often?" in often.text
    hours = await visitor.tap(often, "Once a day")
    assert "✓ 18:00" in labels(hours)
    consent = await visitor.tap(hours, "Nc|courses|town:guestrow|daily|7")
    for part in (CONSENT, "German courses", "Güstrow", "Once a day, at 7:00", "16 and older", "/forget"):
        assert part in consent.text
    assert data_of(consent)[0] == "NS|courses|town:guestrow|daily|7"
    assert (await visitor.stored())["subscriptions"] == []
    done = await visitor.tap(consent, YES)
    assert "Done. You will get: German courses." in done.text
    assert "• German courses: Güstrow · Once a day, at 7:00" in done.text
    stored = await visitor.stored()
    assert stored["recipient"]["digest_hour"] == 7
    (one,) = stored["subscriptions"]
    assert one["consent_version"] == 1
    assert one["consented_at"].startswith(house.lotse.desk.clock().date().isoformat())
    again = await visitor.say("Güstrow")
    assert "How often?" not in again.text, "the town is no place for news any more"


async def test_other_ways_to_name_a_place(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.data(await visitor.say("/menu"), "t|n|law")
    often = await visitor.say("Landkreis Rostock")
    assert "Nf|law|district:lro" not in data_of(often)
    consent = await visitor.tap(often, "At once")
    assert "Nc" not in data_of(consent)
    assert "NS|law|district:lro" in data_of(consent)
    await visitor.data(consent, "t|n|law")
    found = await visitor.send("send_location", 54.09, 12.1)
    assert any("How often?" in message.text for message in found)
    places = await visitor.data(await visitor.say("/menu"), "Na|law")
    everywhere = await visitor.tap(places[0][0], "All of Mecklenburg-Vorpommern")
    weekly = await visitor.tap(everywhere, "Once a week")
    consent = await visitor.tap(weekly, "9:00")
    assert "Once a week: Thursday, 9:00" in consent.text
    other = await visitor.tap(consent, "How often?")
    assert "At once" in labels(other)
    assert "For which place?" in (await visitor.tap(consent, "Na|law")).text
    archive = await visitor.tap(consent, "No, thank you")
    assert "News" in archive.text
    assert await subscriptions(visitor) == []
    towns, _toast = await visitor.data(archive, "t|n|law")
    everywhere = await visitor.tap(towns[0], "All of Mecklenburg-Vorpommern")
    assert "How often?" in everywhere.text


async def test_a_link_opens_the_consent_after_the_language(house: House) -> None:
    visitor = house.visitor("tr")
    picker = await visitor.say("/start news-courses")
    consent = await visitor.tap(picker, "Türkçe")
    _ = words("tr")
    assert _(CONSENT) in bare(consent.text)
    assert data_of(consent)[0] == "NS|courses"
    assert await subscriptions(visitor) == []
    await visitor.tap(consent, "NS|courses")
    assert await subscriptions(visitor) == [("courses", "mv", "now")]
    assert (await visitor.stored())["recipient"]["locale"] == "tr"
    again = await visitor.say("/start news-courses")
    assert _("Stop: {topic}", topic=_("German courses")) in labels(again)


async def test_a_link_to_nothing_shows_the_archive(house: House) -> None:
    visitor = await house.settled("en")
    for payload in ("news", "news-", "news-nonsense"):
        assert "My subscriptions" in labels(await visitor.say(f"/start {payload}"))


async def test_warnings_come_at_once(house: House) -> None:
    visitor = await house.settled("en")
    places, _toast = await visitor.data(await visitor.say("/menu"), "Na|urgent")
    consent = await visitor.tap(places[0], "Schwerin")
    assert CONSENT in consent.text
    assert not starting(data_of(consent), "Nf")
    page = await visitor.tap(await visitor.tap(consent, YES), "Urgent warnings")
    assert "How often?" not in labels(page)


async def test_agreeing_without_having_chosen_a_language(house: House) -> None:
    visitor = house.visitor("en")
    menu = await visitor.say("/menu")
    await visitor.data(menu, "NS|work")
    stored = await visitor.stored()
    assert stored["recipient"]["locale"] == "en"
    assert [one["topic"] for one in stored["subscriptions"]] == ["work"]


async def test_internal_news_is_for_contacts(house: House) -> None:
    visitor = await house.settled("en")
    id = await sent(house, Body(locale="en", html="Inner matters"), topics=(Topic.INTERNAL,))
    refused = await visitor.say("/start news-internal")
    assert "only for contacts" in refused.text
    for data in ("NS|internal", "Nc|internal|town:rostock|daily|9", "NS|internal|mv|weekly|9"):
        found, _toast = await visitor.data(await visitor.say("/menu"), data)
        assert "only for contacts" in found[0].text, data
    found, _toast = await visitor.data(await visitor.say("/menu"), f"No|{id}")
    assert "no longer available" in found[0].text
    assert "Inner matters" not in (await visitor.say("/news")).text
    assert await subscriptions(visitor) == []
    await make_contact(house, visitor)
    await visitor.tap(await visitor.say("/start news-internal"), YES)
    assert await subscriptions(visitor) == [("internal", "mv", "now")]
    assert "Inner matters" in (await visitor.say("/news")).text
    assert "You are a contact of: Tutmonde" in bare((await visitor.all("/mydata"))[0].text)
    (proof,) = await visitor.all("/forget")
    assert "that you are a contact" in proof.text


NONSENSE = (
    *("Na|nonsense", "Nf|nonsense|mv", "Nf|law|town:nowhere", "Nc|nonsense", "Nc|law|mv|hourly"),
    *("Nc|urgent|mv|weekly|9", "NS|law|mv|daily|24", "NS|law|district:x", "NS|nonsense"),
)


@pytest.mark.parametrize("data", NONSENSE)
async def test_what_nobody_made_leads_to_the_topics(house: House, data: str) -> None:
    visitor = await house.settled("en")
    (found,), _toast = await visitor.data(await visitor.say("/menu"), data)
    assert "What do you want to hear about?" in found.text
    assert await subscriptions(visitor) == []


OF_NO_USE = (
    *("Nf|law", "NT|law", "NT|nonsense", "NF|law|daily|9", "NF|law|hourly|9", "NF||now|24", "NF||now|9"),
    *("NX|nonsense", "NF|urgent|weekly|9"),
)


@pytest.mark.parametrize("data", OF_NO_USE)
async def test_changing_what_one_does_not_get(house: House, data: str) -> None:
    visitor = house.visitor("en")
    (found,), _toast = await visitor.data(await visitor.say("/menu"), data)
    assert "No news comes here yet." in found.text
    assert (await visitor.stored())["recipient"] is None


async def test_too_many_places(house: House) -> None:
    visitor = await house.settled("en")
    towns = [town.id for town in house.lotse.desk.gazetteer.towns[:11]]
    menu = await visitor.say("/menu")
    for town in towns:
        (found,), _toast = await visitor.data(menu, f"NS|law|town:{town}")
    assert "There are many places already." in found.text
    assert len(await subscriptions(visitor)) == 10


# Changing -----------------------------------------------------------------------------------------


async def test_places_and_how_often_of_a_topic(house: House) -> None:
    visitor = await subscriber(house, "law")
    page = await visitor.tap(await visitor.say("/start news-law"), "How often?")
    assert "✓ At once" in labels(page)
    hours = await visitor.tap(page, "Once a week")
    done = await visitor.tap(hours, "NF|law|weekly|10")
    assert "Law and residence: Once a week: Thursday, 10:00" in done.text
    assert await subscriptions(visitor) == [("law", "mv", "weekly")]
    page = await visitor.tap(done, "Law and residence")
    places = await visitor.tap(page, "Other place")
    consent = await visitor.tap(places, "Schwerin")
    assert "Once a week: Thursday, 10:00" in consent.text
    await visitor.tap(consent, YES)
    found, _toast = await visitor.data(consent, "NS|law|town:rostock|weekly|10")
    assert await subscriptions(visitor) == [
        ("law", "district:sn", "weekly"),
        ("law", "town:rostock", "weekly"),
    ]
    page = await visitor.tap(found[0], "Law and residence")
    done = await visitor.tap(page, "No more from: Rostock")
    assert "No more of this comes: Law and residence, Rostock." in done.text
    assert await subscriptions(visitor) == [("law", "district:sn", "weekly")]
    back = await visitor.tap(await visitor.tap(done, "Law and residence"), "How often?")
    done = await visitor.tap(back, "At once")
    assert await subscriptions(visitor) == [("law", "district:sn", "now")]
    assert (await visitor.stored())["recipient"]["digest_hour"] == 10
    topics = await visitor.tap(done, "Add news")
    assert "✓ Law and residence" in labels(topics)


async def test_the_hour_of_collected_news(house: House) -> None:
    visitor = await subscriber(house, "law")
    await visitor.data(await visitor.say("/menu"), "NF|law|daily|18")
    page = await visitor.tap(await visitor.say("/news"), "My subscriptions")
    hours = await visitor.tap(page, "Hour of collected news")
    done = await visitor.tap(hours, "7:00")
    assert "Collected news now comes at" in done.text
    assert (await visitor.stored())["recipient"]["digest_hour"] == 7


async def test_quiet_hours(house: House) -> None:
    visitor = await subscriber(house, "law")
    page = await visitor.tap(await visitor.say("/news"), "My subscriptions")
    assert "Quiet from 21:00 to 8:00" in page.text
    quiet = await visitor.tap(page, "Quiet hours")
    assert "✓ 21:00–8:00" in labels(quiet)
    (page,), toast = await visitor.data(quiet, "NQ|20|9")
    assert toast == "Saved."
    assert "Quiet from 20:00 to 9:00" in page.text
    own = await visitor.tap(await visitor.tap(page, "Quiet hours"), "Other hours")
    until = await visitor.tap(own, "Nq|to|13")
    assert "Quiet from 13:00. Until when?" in until.text
    page = await visitor.tap(until, "NQ|13|15")
    assert "Quiet from 13:00 to 15:00" in page.text
    page = await visitor.tap(await visitor.tap(page, "Quiet hours"), "No quiet hours")
    assert "There are no quiet hours." in page.text
    quiet = await visitor.tap(page, "Quiet hours")
    assert "✓ No quiet hours" in labels(quiet)
    for forged in ("NQ|24|1", "Nq|to|24", "Nq|nonsense"):
        (found,), _toast = await visitor.data(await visitor.say("/menu"), forged)
        assert "✓ No quiet hours" in labels(found)


async def test_a_pause(house: House) -> None:
    visitor = await subscriber(house, "law")
    page = await visitor.tap(await visitor.say("/news"), "My subscriptions")
    pause = await visitor.tap(page, "Pause")
    assert "End the pause" not in labels(pause)
    page = await visitor.tap(pause, "1 week")
    assert "Paused until" in page.text
    until = datetime.fromisoformat((await visitor.stored())["recipient"]["muted_until"])
    assert timedelta(days=6, hours=23) < until - house.lotse.desk.clock() <= timedelta(days=7)
    page = await visitor.tap(await visitor.tap(page, "Pause"), "End the pause")
    assert "Paused until" not in page.text
    assert (await visitor.stored())["recipient"]["muted_until"] is None
    (found,), _toast = await visitor.data(page, "NM|365")
    assert "For how long" in found.text


async def test_a_pause_until_a_day_that_is_tapped(house: House) -> None:
    visitor = await subscriber(house, "law")
    desk = house.lotse.desk
    today = desk.today(desk.clock())
    pause = await visitor.tap(await visitor.tap(await visitor.say("/news"), "My subscriptions"), "Pause")
    days = await visitor.tap(pause, "Until a certain day")
    assert "Until which day should no news come?" in days.text
    assert len(starting(data_of(days), "Nu")) == 28
    later = await visitor.tap(days, "More")
    day = today + timedelta(days=30)
    page = await visitor.tap(later, f"{day.day}.{day.month}.")
    assert "Paused until" in page.text
    until = datetime.fromisoformat((await visitor.stored())["recipient"]["muted_until"])
    assert desk.wall(until) == datetime.combine(day, time(10))
    (last,), _toast = await visitor.data(page, "Nm|99")
    furthest = today + timedelta(days=366)
    assert data_of(last)[-3] == f"Nu|{furthest.toordinal()}"
    assert labels(last)[-2:] == ["Previous", "‹ Back"]
    for nowhere in (today, furthest + timedelta(days=1)):
        (found,), _toast = await visitor.data(await visitor.say("/menu"), f"Nu|{nowhere.toordinal()}")
        assert "Until which day should no news come?" in found.text
    stored = (await visitor.stored())["recipient"]["muted_until"]
    assert datetime.fromisoformat(stored) == until


async def test_an_hour_of_collected_news_within_the_quiet_ones_is_said_to_be_kept(house: House) -> None:
    visitor = await subscriber(house, "work")
    kept = "Quiet from 21:00 to 8:00, except for urgent warnings and the collected news at 23:00."
    (consent,), _toast = await visitor.data(await visitor.say("/menu"), "Nc|law|mv|daily|23")
    assert kept in consent.text
    page = await visitor.tap(consent, YES)
    assert kept in page.text
    assert kept in (await visitor.tap(page, "Quiet hours")).text
    assert kept in (await visitor.all("/mydata"))[0].text
    (at_once,), _toast = await visitor.data(await visitor.say("/menu"), "Nc|events|mv|now")
    assert "Quiet from 21:00 to 8:00, except for urgent warnings." in at_once.text


@in_both_houses
async def test_a_pause_until_a_day_that_is_written(house: House) -> None:
    visitor = await subscriber(house, "law")
    pause = await visitor.tap(await visitor.tap(await visitor.say("/news"), "My subscriptions"), "Pause")
    day = house.lotse.desk.today(house.lotse.desk.clock()) + timedelta(days=20)
    assert "or write until which day" in pause.text
    page = await visitor.say(f"{day.day}.{day.month}.{day.year}")
    assert "Paused until" in page.text
    stored = datetime.fromisoformat((await visitor.stored())["recipient"]["muted_until"])
    assert house.lotse.desk.wall(stored).date() == day
    await visitor.tap(page, "Pause")
    page = await visitor.say("до пятницы")
    stored = datetime.fromisoformat((await visitor.stored())["recipient"]["muted_until"])
    assert house.lotse.desk.wall(stored).weekday() == 4
    await visitor.tap(page, "Pause")
    page = await visitor.say("1.1.2020")
    assert "is past. Nothing was changed." in page.text
    await visitor.tap(page, "Pause")
    for none in ("31.02.", "until 24.13.", "am 32. Mai"):
        again = await visitor.say(none)
        assert "I do not understand this day, or it does not exist." in again.text
        assert "or write until which day" in again.text
    page = await visitor.say(f"{day.day}.{day.month}.{day.year}")
    assert "Paused until" in page.text
    await visitor.tap(await visitor.tap(page, "Pause"), "Back")
    assert "do not understand this day" not in (await visitor.say("31.02.")).text, "nobody waits any more"
    await visitor.tap(page, "Pause")
    assert "Paused until" not in (await visitor.say("Where is counselling?")).text


# Stopping -----------------------------------------------------------------------------------------


async def test_who_writes_stop_is_asked_what_shall_stop(house: House) -> None:
    visitor = await subscriber(house, "law")
    for text in ("STOP", "unsubscribe", "cancel", "please no more messages"):
        asked = await visitor.say(text)
        assert asked.text.startswith("What shall I stop?"), text
        assert "Stop everything" in labels(asked)
    other = await visitor.say("відписатися")
    assert words("uk")("What shall I stop?") in other.text
    german = await (await house.settled("de")).say("STOP")
    assert words("de")("There is no subscription here that could be stopped.") in german.text
    moving = await (await house.settled("de")).say("abmelden")
    assert words("de")("There is no subscription here that could be stopped.") not in moving.text
    await visitor.tap(await visitor.say("stop"), "Stop everything")
    assert "There is no subscription here" in (await visitor.say("Stop!")).text


async def test_stopping_under_a_notice_leaves_the_notice(house: House) -> None:
    visitor = await subscriber(house, "law", "work", "courses")
    id = await sent(house, Body(locale="en", html="Read this"), topics=(Topic.LAW, Topic.WORK))
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    (asked,), _toast = await visitor.data(notice, f"Nx|law|{id}")
    assert asked.message_id != notice.message_id
    assert labels(asked) == [
        "Stop: Law and residence",
        "Stop: Work",
        "Stop everything",
        "Keep everything",
        "Menu",
    ]
    kept = await visitor.tap(asked, "Keep everything")
    assert "Law and residence" in kept.text
    assert len(await subscriptions(visitor)) == 3
    (asked,), _toast = await visitor.data(notice, f"Nx|law|{id}")
    done = await visitor.tap(asked, "Stop: Law and residence")
    assert "Done. No more of this comes: Law and residence." in done.text
    assert [topic for topic, _, _ in await subscriptions(visitor)] == ["courses", "work"]
    (asked,), _toast = await visitor.data(notice, "Nx||999999")
    assert labels(asked) == [
        "Stop: German courses",
        "Stop: Work",
        "Stop everything",
        "Keep everything",
        "Menu",
    ]
    done = await visitor.tap(asked, "Stop everything")
    assert "Done. No more news comes here." in done.text
    assert await subscriptions(visitor) == []
    (asked,), _toast = await visitor.data(notice, f"Nx|law|{id}")
    assert "no subscription here" in asked.text
    assert labels(asked) == ["My subscriptions", "Menu"], "there is nothing to keep"


async def test_stopping_everything_from_one_s_own_page(house: House) -> None:
    visitor = await subscriber(house, "law")
    page = await visitor.tap(await visitor.say("/news"), "My subscriptions")
    asked = await visitor.tap(page, "Stop everything")
    assert asked.message_id == page.message_id
    done = await visitor.tap(asked, "NX")
    assert "Done." in done.text
    assert await subscriptions(visitor) == []
    assert (await visitor.stored())["recipient"] is not None


async def of_the_network(house: House, code: str = "en") -> Visitor:
    """A contact of an association who works in the office, too."""
    visitor = await house.settled(code)
    await make_contact(house, visitor)
    async with house.lotse.store.begin() as tx:
        await tx.add_staff(visitor.chat_id, Role.AUTHOR, None, datetime.now(UTC))
    return visitor


async def wants(house: House, visitor: Visitor) -> dict[Group, bool]:
    async with house.lotse.store.read() as view:
        return await view.groups(visitor.chat_id)


CONTACTS = "Messages to contacts of associations"
OFFICE = "Messages to the office itself"
STILL_CONTACT = "You are still a contact of your association."
STILL_NEEDED = "What the office needs you for, such as requests to release something, still comes."


async def test_what_goes_to_contacts_is_stopped_under_its_notice(house: House) -> None:
    visitor = await of_the_network(house)
    await visitor.tap(await visitor.say("/start news-law"), YES)
    id = await sent(house, Body(locale="en", html="Inner"), topics=(), groups=(Group.CONTACTS,))
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    (asked,), _toast = await visitor.data(notice, f"Nx||{id}")
    assert labels(asked) == [f"Stop: {CONTACTS}", "Stop everything", "Keep everything", "Menu"]
    done = await visitor.tap(asked, f"Stop: {CONTACTS}")
    assert f"Done. No more of this comes: {CONTACTS}." in done.text
    assert STILL_CONTACT in done.text
    assert STILL_NEEDED not in done.text
    assert f"• {CONTACTS}: Stopped" in done.text
    assert f"• {OFFICE}: At once" in done.text
    assert await wants(house, visitor) == {Group.CONTACTS: False, Group.STAFF: True}
    assert await subscriptions(visitor) == [("law", "mv", "now")]
    (asked,), _toast = await visitor.data(notice, f"Nx||{id}")
    assert labels(asked) == ["Stop everything", "Keep everything", "Menu"]
    reply = await visitor.say("STOP", reply_to=notice)
    assert labels(reply) == labels(asked)


async def test_everything_means_what_goes_to_groups_too(house: House) -> None:
    visitor = await of_the_network(house)
    await visitor.tap(await visitor.say("/start news-law"), YES)
    for text in ("STOP", "cancel"):
        asked = await visitor.say(text)
        assert labels(asked)[:4] == [
            "Stop: Law and residence",
            f"Stop: {CONTACTS}",
            f"Stop: {OFFICE}",
            "Stop everything",
        ]
    done = await visitor.tap(asked, "Stop everything")
    assert "Done. No more news comes here." in done.text
    assert STILL_CONTACT in done.text
    assert STILL_NEEDED in done.text
    assert await wants(house, visitor) == {Group.CONTACTS: False, Group.STAFF: False}
    assert await subscriptions(visitor) == []
    assert "There is no subscription here" in (await visitor.say("STOP")).text
    page = await visitor.say("/staff")
    assert f"{CONTACTS}: Stopped" in page.text
    assert f"{OFFICE}: Stopped" in page.text


async def test_what_was_stopped_stands_under_news_and_comes_again(house: House) -> None:
    visitor = await of_the_network(house)
    page = await visitor.tap(await visitor.say("/news"), "My subscriptions")
    assert f"• {CONTACTS}: At once" in page.text
    assert "No news comes here yet." not in page.text
    assert {"Quiet hours", "Pause", "Stop everything"} <= set(labels(page))
    one = await visitor.tap(page, CONTACTS)
    assert "You get this as a contact of an association." in one.text
    other = await visitor.tap(await visitor.tap(one, "Back"), OFFICE)
    assert "You get this because you work in the office." in other.text
    asked = await visitor.tap(other, f"Stop: {OFFICE}")
    assert labels(asked)[0] == f"Stop: {OFFICE}"
    page = await visitor.tap(asked, f"Stop: {OFFICE}")
    assert STILL_NEEDED in page.text
    one = await visitor.tap(page, OFFICE)
    assert "You have stopped this." in one.text
    assert STILL_NEEDED in one.text
    page = await visitor.tap(one, "Get this again")
    assert f"Done. You will get: {OFFICE}." in page.text
    assert f"• {OFFICE}: At once" in page.text
    assert await wants(house, visitor) == {Group.CONTACTS: True, Group.STAFF: True}
    (again,), _toast = await visitor.data(await visitor.say("/menu"), "Ng|staff")
    assert f"• {OFFICE}: At once" in again.text


@pytest.mark.parametrize("data", ["NX|contacts", "NT|contacts", "Ng|contacts", "Ng|nonsense"])
async def test_who_belongs_to_no_group_has_nothing_of_it(house: House, data: str) -> None:
    visitor = await house.settled("en")
    (found,), _toast = await visitor.data(await visitor.say("/menu"), data)
    assert "No news comes here yet." in found.text
    assert (await visitor.stored())["declined"] == []


async def test_what_was_stopped_is_data_and_is_forgotten(house: House) -> None:
    visitor = await of_the_network(house)
    await visitor.data(await visitor.say("/menu"), "NX")
    readable, file = await visitor.all("/mydata")
    day = forms(words("en").locale).month(house.lotse.desk.today(house.lotse.desk.clock()))
    assert f"Stopped on {day}: {CONTACTS}" in readable.text
    assert f"Stopped on {day}: {OFFICE}" in readable.text
    assert [one["about"] for one in content_of(file)["declined"]] == ["contacts", "staff"]
    assert "If you stop the messages to the office or to contacts" in (await visitor.say("/privacy")).text
    (proof,) = await visitor.all("/forget")
    assert "what you had stopped" in proof.text
    assert not any((await visitor.stored()).values())


async def test_who_only_saved_an_event_is_offered_to_forget_it(house: House) -> None:
    visitor = await house.settled("en")
    now = house.lotse.desk.clock()
    coming = (
        (one, occurrences(one, now, now + timedelta(days=60), house.lotse.desk.zone))
        for one in (await house.holdings()).directory.events
        if one.repeats
    )
    event, dates = next(found for found in coming if len(found[1]) > 1)
    starts, later = (one.starts.astimezone(UTC) for one in dates[:2])
    id = await sent(house, Body(locale="en", html="Bring tea"), topics=(), event=event.id)
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    async with house.lotse.store.begin() as tx:
        for moment in (starts, later):
            await tx.save_event(visitor.chat_id, event.id, moment, {}, now)
        await tx.save_event(visitor.chat_id, "another", starts, {}, now)
    name = await house.title(Kind.EVENT, event.id, words("en").locale)
    (asked,), _toast = await visitor.data(notice, f"Nx||{id}")
    assert f"You get this because you saved: {name}" in bare(asked.text)
    assert [label.partition(" · ")[0] for label in labels(asked)] == [
        *("Do not remind me", "Do not remind me", "Keep everything", "Menu"),
    ]
    assert len(set(labels(asked))) == 4, "the dates are told apart"
    await visitor.data(asked, f"u|{event.id}|{to_minutes(later)}")
    (asked,), _toast = await visitor.data(notice, f"Nx||{id}")
    assert labels(asked) == ["Do not remind me", "Keep everything", "Menu"]
    await visitor.tap(asked, "Do not remind me")
    assert [one["event_id"] for one in (await visitor.stored())["saved_events"]] == ["another"]
    (asked,), _toast = await visitor.data(notice, f"Nx||{id}")
    assert "There is no subscription here" in asked.text
    assert labels(asked) == ["My subscriptions", "Menu"]


async def test_a_called_off_date_is_stopped_alone(house: House) -> None:
    visitor = await subscriber(house, "law")
    starts = datetime(2030, 5, 1, 10, tzinfo=UTC)
    other = starts + timedelta(days=7)
    id = await sent(
        house, Body(locale="en", html="Off"), topics=(), event="gone-from-content", date=to_minutes(starts)
    )
    async with house.lotse.store.begin() as tx:
        for moment in (starts, other):
            await tx.save_event(visitor.chat_id, "gone-from-content", moment, {}, datetime.now(UTC))
    (asked,), _toast = await visitor.data(await visitor.say("/menu"), f"Nx||{id}")
    assert "You get this because you saved: gone-from-content" in bare(asked.text)
    assert labels(asked) == [
        *("Stop: Law and residence", "Do not remind me", "Stop everything", "Keep everything", "Menu"),
    ]
    await visitor.tap(asked, "Do not remind me")
    (left,) = (await visitor.stored())["saved_events"]
    assert left["occurrence"] == other.isoformat()


async def test_the_row_under_a_notice() -> None:
    from bot.dialog.news import notice_rows

    ((button,),) = notice_rows(words("en"), 12, Topic.LAW)
    assert button.action is not None
    assert (button.label, button.action.pack()) == ("Stop this news", "Nx|law|12")
    ((button,),) = notice_rows(words("en"), 12, None)
    assert button.action is not None
    assert button.action.pack() == "Nx||12"


async def test_one_s_own_data_and_forgetting(house: House) -> None:
    visitor = await subscriber(house, "law", "work")
    id = await sent(house, Body(locale="en", html="Read this"))
    await got(house, visitor, id, await visitor.say("/menu"))
    until = datetime.now(UTC) + timedelta(days=3)
    async with house.lotse.store.begin() as tx:
        await tx.set_frequency(visitor.chat_id, Frequency.WEEKLY, Topic.WORK)
        await tx.set_rhythm(visitor.chat_id, Rhythm(digest_hour=7, muted_until=until))
    readable, file = await visitor.all("/mydata")
    assert "News: Law and residence, All of Mecklenburg-Vorpommern · At once. Agreed on:" in readable.text
    assert "News: Work, All of Mecklenburg-Vorpommern · Once a week. Agreed on:" in readable.text
    assert "Hour of collected news: 7:00" in readable.text
    assert "Paused until" in readable.text
    assert "Quiet from 21:00 to 8:00" in readable.text
    assert "1 message sent to many" in readable.text
    data: dict[str, Any] = content_of(file)
    assert [one["topic"] for one in data["subscriptions"]] == ["law", "work"]
    assert data["deliveries"][0]["broadcast_id"] == id
    (proof,) = await visitor.all("/forget")
    assert "2 subscriptions" in proof.text
    assert "what was sent to you" in proof.text
    stored = await visitor.stored()
    assert not any(stored.values())
    async with house.lotse.store.read() as view:
        assert (await view.tally(id))[Delivery.SENT] == 1


async def test_the_privacy_page_and_help_name_it(house: House) -> None:
    visitor = await house.settled("en")
    assert "If you choose to get news, I also keep" in (await visitor.say("/privacy")).text
    help_ = await visitor.say("/help")
    assert "/news" in help_.text


async def test_what_was_begun_is_in_memory_only(house: House) -> None:
    visitor = await house.settled("en")
    await visitor.data(await visitor.say("/menu"), "t|n|funding")
    readable = (await visitor.all("/mydata"))[0]
    assert "For one hour in memory: Funding for associations" in readable.text


# Replies ------------------------------------------------------------------------------------------


async def test_a_reply_to_a_notice_of_an_event_gets_its_card(house: House) -> None:
    visitor = await subscriber(house, "events")
    body = Body(locale="en", html="Come to the feast", event_id="demo-fest-greifswald")
    id = await sent(house, body, topics=(Topic.EVENTS,))
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    card = await visitor.say("When does it begin?", reply_to=notice)
    assert "Greifswald" in card.text
    assert starting(data_of(card), "i")
    asked = await visitor.say("I have debts", reply_to=notice)
    assert starting(data_of(asked), "o") or "debt" in asked.text
    plain = await visitor.say("When does it begin?")
    assert not starting(data_of(plain), "i")


async def test_a_reply_is_answered_for_the_notice_s_town(house: House) -> None:
    visitor = await subscriber(house, "law")
    id = await sent(house, Body(locale="en", html="News of Güstrow"), areas=("town:guestrow",))
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    doors = await visitor.say("Where is counselling about residence?", reply_to=notice)
    assert "Güstrow" in doors.text
    assert starting(data_of(doors), "r")


async def test_a_reply_that_nobody_understands(house: House) -> None:
    visitor = await subscriber(house, "law")
    body = Body(
        locale="en",
        html="Read the <b>rule</b>",
        buttons=(LinkButton(label="The rule", url="https://example.org/rule"),),
    )
    id = await sent(house, body, areas=("town:guestrow", "district:lup"))
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    found = await visitor.say("xyzzy qwrtz", reply_to=notice)
    assert "Nobody reads replies here." in found.text
    assert "Read the rule" in found.text
    assert labels(found) == ["The rule", "Find counselling", "Stop this news", "Menu"]
    stop = await visitor.tap(found, "Stop this news")
    assert "What shall I stop?" in stop.text
    other = await visitor.say("xyzzy qwrtz", reply_to=found)
    assert "Nobody reads replies here." not in other.text, "this one is no notice"
    urgent = await visitor.say("I want to kill myself", reply_to=notice)
    assert "112" in urgent.text


@pytest.mark.parametrize("text", ["STOP", "stop!", "Stopp"])
async def test_stop_as_a_reply(house: House, text: str) -> None:
    visitor = await subscriber(house, "law")
    id = await sent(house, Body(locale="en", html="Read this"))
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    asked = await visitor.say(text, reply_to=notice)
    assert words("en")("What shall I stop?") in asked.text
    await visitor.tap(asked, "Stop everything")
    assert await subscriptions(visitor) == []


async def test_a_reply_and_its_notice_offer_to_stop_the_same(house: House) -> None:
    visitor = await subscriber(house, "law")
    both = (Topic.LAW, Topic.CAMPAIGNS)
    id = await sent(house, Body(locale="en", html="Read this"), topics=both)
    notice = await visitor.say("/menu")
    await got(house, visitor, id, notice)
    asked = await visitor.say("stop", reply_to=notice)
    async with house.lotse.store.read() as view:
        broadcast = await view.broadcast(id)
    assert broadcast is not None
    stops = button_topic(broadcast)
    assert stops is Topic.LAW
    assert StopNews(stops, id).pack() in data_of(await visitor.say("xyzzy qwrtz", reply_to=notice))
    assert words("en")(NEWS_TOPICS[stops]) in asked.text + "".join(labels(asked))
