"""The office plans a campaign's notices, and sees what will go out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bot.dialog.office_actions import BeginNotice, PlanNotice
from bot.domain.broadcast import Anchor, Audience, Broadcast, Options, State
from bot.domain.directory import Campaign, Kind, PartialDate
from bot.domain.news import Topic, at_wall
from bot.domain.staff import Role
from bot.domain.text import LocalizedText
from bot.sandbox import Message
from bot.services.repeating import nearest_working_day, weekly
from bot.storage.codec import encode
from bot.storage.tables import broadcasts
from tests.journeys.visitor import House, Visitor, bare, data_of, labels, starting

pytestmark = pytest.mark.asyncio(loop_scope="package")

YEAR = datetime.now(UTC).year + 1
END = date(YEAR, 12, 27)
"""The day after two public holidays, whenever this runs; far enough that nothing is really sent."""
ONLY_OFFICE = "This is only for the office."


async def seen(house: House) -> None:
    """Wait until the bot shows what the database holds."""
    async with house.lotse.store.read() as view:
        version = await view.content_version()
    while (await house.holdings()).version != version:
        await asyncio.sleep(0.02)


async def put(house: House, *campaigns: Campaign) -> None:
    async with house.lotse.store.begin() as tx:
        for one in campaigns:
            await tx.put_record(one.KIND, one.id, encode(one), None)
    await seen(house)


async def drop(house: House, *ids: str) -> None:
    """Show these campaigns no more."""
    await put(house, *(replace(vote(id, None), verified=False) for id in ids))


def vote(id: str, ended: str | None) -> Campaign:
    return Campaign(
        id=id,
        title=LocalizedText.of(en=f"Vote {id}", de=f"Wahl {id}"),
        summary=LocalizedText.of(en="An example", de="Ein Beispiel"),
        source="example",
        verified=True,
        ended=PartialDate.parse(ended) if ended else None,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def shared(_running: House) -> AsyncIterator[Campaign]:
    """One campaign for all: showing a new one takes the bot half a second."""
    found = vote("vote-1", END.isoformat())
    await put(_running, found)
    yield found
    await drop(_running, found.id)


@pytest_asyncio.fixture(loop_scope="package")
async def campaign(house: House, shared: Campaign) -> AsyncIterator[str]:
    """A campaign with an end to come and no notices; the clock stands on 1 December before it."""
    id = shared.id
    if (await house.holdings()).directory.get(Kind.CAMPAIGN, id) != shared:
        await put(house, shared)
    with house.clock(house.wall(f"{YEAR}-12-01 12:00")):
        yield id
    async with house.lotse.store.begin() as tx:
        for one in await tx.broadcasts((State.SCHEDULED, State.TEMPLATE, State.PAUSED, State.DRAFT)):
            if one.series == id:
                await tx.move(one.id, State.CANCELLED)
        for schedule in await tx.schedules():
            await tx.stop_schedule(schedule.id)
        await tx._run(broadcasts.update().where(broadcasts.c.series == id).values(series=""))


async def of_the_office(house: House, role: Role = Role.AUTHOR, organisation: str | None = None) -> Visitor:
    visitor = await house.settled("en")
    async with house.lotse.store.begin() as tx:
        await tx.add_staff(visitor.chat_id, role, organisation, datetime.now(UTC))
    return visitor


async def notices(house: House, campaign: str) -> list[Broadcast]:
    async with house.lotse.store.read() as view:
        return list(await view.series(campaign))


async def scheduled(
    house: House,
    campaign: str,
    name: str,
    send_at: datetime,
    *,
    anchor: Anchor | None = None,
    options: Options = Options(),  # noqa: B008
    organisation: str | None = None,
) -> int:
    async with house.lotse.store.begin() as tx:
        id = await tx.draft(
            None, send_at, name=name, series=campaign, options=options, organisation_id=organisation
        )
        await tx.change(id, send_at=send_at, anchor=anchor)
        await tx.move(id, State.SCHEDULED)
        return id


async def repeated(
    house: House, campaign: str, name: str, first: datetime, options: Options
) -> tuple[int, int]:
    zone = house.lotse.desk.zone
    rule = weekly([first.astimezone(zone).weekday()], date(YEAR, 12, 31))
    async with house.lotse.store.begin() as tx:
        id = await tx.draft(None, first, name=name, series=campaign, options=options)
        await tx.move(id, State.TEMPLATE)
        return id, await tx.add_schedule(id, rule, first, first)


async def opened(visitor: Visitor, campaign: str) -> Message:
    screen = await visitor.say("/campaign")
    return await visitor.tap(screen, f"kc|{campaign}")


# Who may


async def test_only_the_office_gets_in(house: House, campaign: str) -> None:
    stranger = await house.settled("en")
    refused = await stranger.say("/campaign")
    assert bare(refused.text) == ONLY_OFFICE
    assert labels(refused) == ["Menu"]
    for data in ("k", f"kc|{campaign}", f"kn|{campaign}", f"kb|{campaign}|-7", "kk"):
        (found,), _toast = await stranger.data(await stranger.say("/menu"), data)
        assert bare(found.text) == ONLY_OFFICE, data
    assert not await notices(house, campaign)


async def test_a_role_that_was_taken_is_gone_at_the_next_tap(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    plan = await visitor.tap(await opened(visitor, campaign), "Add a notice")
    async with house.lotse.store.begin() as tx:
        member = await tx.staff_of(visitor.chat_id)
        assert member is not None
        await tx.remove_staff(member.id, datetime.now(UTC))
    (found,), _toast = await visitor.data(plan, starting(data_of(plan), "kb")[0])
    assert bare(found.text) == ONLY_OFFICE
    assert not await notices(house, campaign)


async def test_in_a_group_it_is_not_spoken_of(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    group = house.sandbox.group("Office", [visitor.person])
    found = await visitor.within(group).all("/campaign")
    assert not any(campaign in message.text for message in found)


# The campaigns


async def test_campaigns_with_an_end_to_come_stand_first(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    earlier = f"{campaign}-first"
    await put(house, vote(earlier, f"{YEAR}-12-20"))
    try:
        screen = await visitor.say("/campaign")
        assert starting(data_of(screen), "kc")[:2] == [f"kc|{earlier}", f"kc|{campaign}"]
        assert f"Vote {campaign}: running, until 27 December {YEAR}" in bare(screen.text)
        assert "not achieved" in screen.text
        again = await visitor.tap(await visitor.tap(screen, f"kc|{campaign}"), "Back")
        assert again.text == screen.text
    finally:
        await drop(house, earlier)


async def test_without_any_campaign_it_says_where_they_come_from(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    every = (await house.holdings()).directory.campaigns
    await put(house, *(replace(one, verified=False) for one in every))
    try:
        screen = await visitor.say("/campaign")
    finally:
        await put(house, *every)
    assert "There is no campaign yet." in screen.text
    assert "imported on the server: lotse import." in screen.text


async def test_many_campaigns_are_turned_over(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    more = [f"{campaign}-{n}" for n in range(7)]
    await put(house, *(vote(id, None) for id in more))
    try:
        screen = await visitor.say("/campaign")
        first = starting(data_of(screen), "kc")
        assert len(first) == 6
        following = await visitor.tap(screen, "More")
        assert not set(first) & set(starting(data_of(following), "kc"))
    finally:
        await drop(house, *more)


async def test_a_campaign_that_is_gone_leads_to_the_others(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    for data in ("kc|nonsense", "kn|nonsense", "kb|nonsense|-7", f"kb|{campaign}|x", f"kb|{campaign}|-999"):
        (found,), _toast = await visitor.data(await visitor.say("/menu"), data)
        assert "Campaigns and their notices" in found.text, data
    assert not await notices(house, campaign)


async def test_an_id_too_long_for_buttons_is_listed_without_one(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    long = "v" * 50
    await put(house, vote(long, f"{YEAR}-12-20"))
    try:
        screen = await visitor.say("/campaign")
        assert f"Vote {long}: running" in bare(screen.text)
        assert starting(data_of(screen), "kc")[0] == f"kc|{campaign}"
    finally:
        await drop(house, long)


# A new notice


async def test_a_notice_a_week_before_the_end(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    page = await opened(visitor, campaign)
    assert "There are no notices yet." in page.text
    plan = await visitor.tap(page, "Add a notice")
    assert f"The campaign ends on 27 December {YEAR}." in bare(plan.text)
    # 30 days before is past.
    assert [data.split("|")[2:] for data in starting(data_of(plan), "kb")] == [["-7"], ["-1"], ["1"], []]
    assert {"7 days before", "1 day before", "1 day after"} <= set(labels(plan))
    composer = await visitor.tap(plan, "7 days before")
    (draft,) = await notices(house, campaign)
    assert draft.anchor == Anchor(record=f"campaign/{campaign}", days=-7)
    assert draft.send_at == house.wall(f"{YEAR}-12-20 10:00")
    assert draft.options == Options(window=720, move_holidays=True)
    assert draft.audience == Audience(topics=frozenset({Topic.CAMPAIGNS}))
    assert f"wd|{draft.id}|texts" in data_of(composer)
    # Pressed twice, it is the same draft.
    again = await visitor.data(plan, f"kb|{campaign}|-7")
    assert [message.text for message in again[0]] in ([], [composer.text])
    assert len(await notices(house, campaign)) == 1
    async with house.lotse.store.read() as view:
        acts = [one.act for one in await view.latest_audit(5) if one.about.get("broadcast") == draft.id]
        member = await view.staff_of(visitor.chat_id)
    assert acts == ["draft", "draft"]
    assert member is not None
    assert member.editing == draft.id
    page = await opened(visitor, campaign)
    assert "• no text yet: Draft · " in bare(page.text)
    assert "10:00 · 7 days before" in bare(page.text)
    assert f"wd|{draft.id}" in data_of(page)


async def test_a_day_before_on_a_holiday_comes_earlier_or_as_one_wants(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    plan = await visitor.tap(await opened(visitor, campaign), "Add a notice")
    assert "On a public holiday: It goes out on the next working day" in bare(plan.text)
    stays = "What is for a day before that date stays before it, and what is for the day itself stays on it."
    assert stays in bare(plan.text)
    await visitor.tap(plan, "1 day before")
    choice = await visitor.tap(plan, "Public holidays")
    assert "✓ It goes out on the next working day" in labels(choice)
    plan = await visitor.tap(choice, "It goes out all the same")
    assert "On a public holiday: It goes out all the same" in bare(plan.text)
    assert stays not in bare(plan.text)
    plan = await visitor.tap(await visitor.tap(plan, "If it is late"), "However late it is")
    assert "If it cannot go out in time: However late it is" in bare(plan.text)
    await visitor.tap(plan, "1 day before")
    plan = await visitor.tap(await visitor.tap(plan, "Public holidays"), "It does not go out")
    await visitor.tap(plan, "1 day before")
    moved, kept, left = await notices(house, campaign)
    before = nearest_working_day(END - timedelta(days=1), -1)
    assert before < date(YEAR, 12, 25)
    assert moved.send_at == at_wall(before, time(10), house.lotse.desk.zone)
    assert kept.send_at == left.send_at == house.wall(f"{YEAR}-12-26 10:00")
    assert (kept.options, left.options) == (Options(), Options(skip_holidays=True))


async def test_any_number_of_days_by_stepping_to_it(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    plan = await visitor.tap(await opened(visitor, campaign), "Add a notice")
    assert "write how many days before or after" in bare(plan.text)
    assert "5 days before: " in bare((await visitor.say("5 days before")).text)
    stepper = await visitor.tap(plan, "Other number of days")
    assert "14 days before: " in bare(stepper.text)
    stepper = await visitor.tap(stepper, "+10")
    assert "24 days before: " in bare(stepper.text)
    stepper = await visitor.tap(await visitor.tap(stepper, "+1"), "+1")
    assert "This time has passed." in stepper.text
    assert "Write it" not in labels(stepper)
    stepper = await visitor.tap(await visitor.tap(await visitor.tap(stepper, "−10"), "−10"), "−10")
    assert "4 days after: " in bare(stepper.text)
    stepper = await visitor.tap(await visitor.tap(stepper, "−1"), "+1")
    await visitor.tap(stepper, "Write it")
    (draft,) = await notices(house, campaign)
    assert draft.anchor == Anchor(record=f"campaign/{campaign}", days=4)
    await visitor.data(stepper, PlanNotice(campaign, "days", "-14").pack())
    for text, days in (("10 Tage vorher", 10), ("9 days", 9), ("8", 8)):
        assert f"{days} days before: " in bare((await visitor.say(text)).text)
        await visitor.data(stepper, PlanNotice(campaign, "days", "-14").pack())
    assert "before: " not in bare((await visitor.say("Where is counselling?")).text)
    (zero,), _toast = await visitor.data(stepper, PlanNotice(campaign, "days", "0").pack())
    assert "on the day itself" in bare(zero.text)
    (edge,), _toast = await visitor.data(stepper, PlanNotice(campaign, "days", "366").pack())
    assert {"−10", "−1"} <= set(labels(edge))
    assert not {"+1", "+10"} & set(labels(edge))


async def test_a_time_of_its_own(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    plan = await visitor.tap(await opened(visitor, campaign), "Add a notice")
    composer = await visitor.tap(plan, "A time of its own")
    (draft,) = await notices(house, campaign)
    assert (draft.anchor, draft.send_at, draft.series) == (None, None, campaign)
    assert f"wd|{draft.id}|repeat" in data_of(composer)


async def test_where_the_end_is_not_known_there_is_nothing_to_count_from(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    await put(house, vote(campaign, f"{YEAR}-12"))
    plan = await visitor.tap(await opened(visitor, campaign), "Add a notice")
    assert "The day on which this campaign ends is not known." in plan.text
    assert starting(data_of(plan), "kb") == [f"kb|{campaign}"]
    (same,), _toast = await visitor.data(
        await visitor.say("/campaign"), PlanNotice(campaign, "days", "-7").pack()
    )
    assert same.text == plan.text


async def test_a_button_that_came_too_late_or_was_never_made_makes_nothing(
    house: House, campaign: str
) -> None:
    visitor = await of_the_office(house)
    screen = await visitor.say("/campaign")
    for data in (
        BeginNotice(campaign, "-30").pack(),
        BeginNotice(campaign, "-7", "never").pack(),
        BeginNotice(campaign, "-7", "move", 7).pack(),
        PlanNotice(campaign, "", "", "never").pack(),
        PlanNotice(campaign, "", "", "move", 7).pack(),
    ):
        found, _toast = await visitor.data(screen, data)
        if found:
            screen = found[0]
        assert "New notice: " in screen.text, data
        assert "Up to 12 hours late" in screen.text
    assert not await notices(house, campaign)


# Its notices


async def test_a_campaign_s_notices_with_their_time_and_what_can_be_done(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    at = house.wall(f"{YEAR}-12-20 10:00")
    anchor = Anchor(record=f"campaign/{campaign}", days=-7)
    single = await scheduled(house, campaign, "Come and vote", at, anchor=anchor)
    gone = await scheduled(house, campaign, "Call us", at + timedelta(hours=1))
    cancelled = await scheduled(house, campaign, "Cancelled before", at)
    elsewhere = await scheduled(house, campaign, "Another association", at, organisation="fabro")
    template, schedule = await repeated(house, campaign, "Every week", at + timedelta(hours=2), Options())
    async with house.lotse.store.begin() as tx:
        await tx.move(gone, State.PAUSED, reason="anchor")
        await tx.move(cancelled, State.CANCELLED)
        child = await tx.copy(
            template, at, author_id=None, fire_at=at, schedule_id=schedule, state=State.SCHEDULED
        )
    page = await opened(visitor, campaign)
    text = bare(page.text)
    assert "• Come and vote: Will be sent: " in text
    assert "10:00 · 7 days before" in text
    assert "• Call us: Paused · The event or campaign that its time depends on is gone" in text
    assert "• Every week: " in text
    assert ", 12:00" in text
    assert "Cancelled before" not in text
    assert data_of(page)[:6] == [
        f"wb|{single}",
        f"wb|{single}|cancel",
        f"wb|{elsewhere}",
        f"wb|{elsewhere}|cancel",
        f"wb|{gone}",
        f"wb|{gone}|cancel",
    ]
    assert f"wb|{template}|stop" in data_of(page)
    assert f"wb|{child}" not in data_of(page)
    # Who works for one association sees its notices alone.
    other = await of_the_office(house, Role.AUTHOR, "fabro")
    page = await opened(other, campaign)
    assert starting(data_of(page), "wb") == [f"wb|{elsewhere}", f"wb|{elsewhere}|cancel"]
    assert "3 notices of others are not shown to you." in bare(page.text)
    page = await opened(await of_the_office(house, Role.AUTHOR, "another"), campaign)
    assert "4 notices of others are not shown to you." in bare(page.text)
    assert "There are no notices yet." not in page.text
    # A repetition that was stopped is named without a next time.
    async with house.lotse.store.begin() as tx:
        await tx.stop_schedule(schedule)
    assert "next: " not in bare((await opened(visitor, campaign)).text)


async def test_many_notices_are_turned_over(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    for n in range(8):
        await scheduled(house, campaign, f"Notice {n}", house.wall(f"{YEAR}-12-{10 + n} 10:00"))
    page = await opened(visitor, campaign)
    assert "Notice 5" in page.text
    assert "Notice 6" not in page.text
    assert "Notice 6" in (await visitor.tap(page, "More")).text


# The calendar


async def test_the_calendar_says_what_will_go_out(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    screen = await visitor.say("/campaign")
    empty = await visitor.tap(screen, "Calendar of what will go out")
    assert "Nothing is planned." in empty.text
    assert "Public holidays: " in empty.text
    assert "25 December (Christmas Day)" in bare(empty.text)
    assert "26 December (Second Day of Christmas)" in bare(empty.text)
    zone: ZoneInfo = house.lotse.desk.zone
    late = await scheduled(house, campaign, "Late", house.wall(f"{YEAR}-12-02 22:00"))
    await scheduled(
        house, campaign, "Another association", house.wall(f"{YEAR}-12-02 23:00"), organisation="fabro"
    )
    await scheduled(house, campaign, "Much later", house.wall(f"{YEAR + 1}-02-02 10:00"))
    christmas = at_wall(date(YEAR, 12, 25), time(10), zone)
    plain, _ = await repeated(house, campaign, "Plain", christmas, Options())
    moved, _ = await repeated(house, campaign, "Moving", christmas, Options(move_holidays=True))
    left, _ = await repeated(house, campaign, "Leaving", christmas, Options(skip_holidays=True))
    found = await visitor.tap(await visitor.say("/campaign"), "Calendar of what will go out")
    text = bare(found.text)
    assert text.index("22:00\nLate\nThat is at night") < text.index("23:00\nAnother association")
    assert "\nPlain · " in text
    assert text.count("Public holiday: Christmas Day") == 1
    assert text.count("Left out: that day is a public holiday.") == 1
    assert text.count("Moved here from a public holiday.") == 1
    assert "Much later" not in text
    assert {f"wb|{id}" for id in (late, plain, moved, left)} <= set(data_of(found))
    other = await of_the_office(house, Role.AUTHOR, "fabro")
    alone = await other.tap(await other.say("/campaign"), "Calendar of what will go out")
    assert "Another association" in alone.text
    assert "Late" not in alone.text


async def test_a_full_calendar_is_turned_over(house: House, campaign: str) -> None:
    visitor = await of_the_office(house)
    for n in range(8):
        await scheduled(house, campaign, f"Notice {n}", house.wall(f"{YEAR}-12-{10 + n} 10:00"))
    found = await visitor.tap(await visitor.say("/campaign"), "Calendar of what will go out")
    assert "Notice 5" in found.text
    assert "Notice 6" not in found.text
    assert "Notice 7" in (await visitor.tap(found, "More")).text
    # In July there is no public holiday.
    with house.clock(house.wall(f"{YEAR}-07-01 12:00")):
        summer = await visitor.tap(await visitor.say("/campaign"), "Calendar of what will go out")
    assert "Public holidays" not in summer.text
