"""Events: finding, the calendar file, saving, reminders, and news when a date changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
import yaml

from bot.content import DEMO
from bot.domain.broadcast import State
from bot.domain.directory import Event, Kind
from bot.domain.news import ALL, CONSENT_VERSION, Frequency, Subscription, Topic
from bot.sandbox import Message
from bot.services.calendar import Occurrence, occurrences
from bot.services.importing import apply, plan_import
from bot.services.reminding import MOST_SAVED, as_called_off
from bot.storage.store import Store
from bot.telegram.errands import BATCH, Errands
from bot.telegram.messenger import TelegramMessenger
from bot.translation import forms
from tests.journeys.office import draft_of, member, until_state
from tests.journeys.test_groups import joined
from tests.journeys.visitor import House, Visitor, bare, button_of, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

NONE_HERE = "Nothing that fits is listed in {town}. These are the nearest:"


def listed(message: Message) -> list[str]:
    """The events on a page of a list, in order."""
    return [data.split("|")[1] for data in starting(data_of(message), "E")]


def errands(house: House) -> Errands:
    return Errands(house.lotse.desk, TelegramMessenger(house.lotse.apis[1]))


async def event(house: House, id: str) -> Event:
    found = (await house.holdings()).directory.get(Kind.EVENT, id)
    assert isinstance(found, Event)
    return found


async def first_date(house: House, id: str) -> datetime:
    """The next start of an event, in UTC."""
    now = house.lotse.desk.clock()
    found = occurrences(await event(house, id), now, now + timedelta(days=30), house.lotse.desk.zone)
    return next(o for o in found if o.starts > now).starts.astimezone(UTC)


def minutes(moment: datetime) -> int:
    return int(moment.timestamp() // 60)


async def keep(house: House, visitor: Visitor, id: str) -> datetime:
    """Save the next date of an event."""
    starts = await first_date(house, id)
    card = await visitor.say(f"/start event-{id}")
    (save,) = starting(data_of(card), "s")
    assert save == f"s|{id}|{int(starts.timestamp() // 60)}"
    await visitor.tap(card, save)
    return starts


async def heard(house: House, visitor: Visitor, revision: int) -> list[str]:
    """What the bot sent to a visitor of its own accord."""
    await house.quiet()
    chat = house.sandbox.chat_of(visitor.person)
    return [bare(m.text) for m in chat.messages.values() if m.from_bot and m.revision > revision]


async def changed(house: House, tmp_path: Path, id: str, **fields: object) -> None:
    """Import the demo's events again, with one of them changed."""
    data = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    record = next(record for record in data["events"] if record["id"] == id)
    record.update(fields)
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump({"schema": 1, "events": [record]}, allow_unicode=True), encoding="utf-8")
    await imported(house, path)


async def imported(house: House, path: Path) -> None:
    desk = house.lotse.desk
    today = desk.today(datetime.now(UTC))
    plan = await plan_import(house.lotse.store, (path,), gazetteer=desk.gazetteer, today=today)
    assert not plan.errors, plan.describe()
    await apply(plan, house.lotse.store)
    async with house.lotse.store.read() as view:
        version = await view.content_version()
    while (await house.holdings()).version != version:
        await asyncio.sleep(0.02)  # the picture before is shown while a new one is made


async def restored(house: House, tmp_path: Path) -> None:
    """Import the demo's events as they were; what only a change had named is taken back by name."""
    data = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    usual = {"event_status": "planned", "reason": None, "changes": None, "except_on": None}
    data["events"] = [{**usual, **record} for record in data["events"]]
    path = tmp_path / "restored.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    await imported(house, path)


async def test_lists_by_time_town_and_language(house: House) -> None:
    visitor = await house.settled("en")
    everything = await visitor.say("/events")
    assert len(starting(data_of(everything), "E")) == 5
    more = await visitor.tap(everything, "More")
    assert more.text != everything.text
    week = await visitor.tap(more, "Next 7 days")
    assert starting(data_of(week), "E")
    # What was chosen stays chosen on the way to another town.
    narrow = await visitor.tap(week, "In this language: English")
    towns = await visitor.tap(narrow, "Other town")
    assert "e|week|wismar|en" in data_of(towns)
    assert "e|week||en" in data_of(towns)
    written = await visitor.say("Wismar")
    assert "e|all|wismar|en" in data_of(written)
    assert "Next 7 days" not in labels(written)
    towns = await visitor.tap(everything, "Other town")
    wismar = await visitor.tap(towns, "e|all|wismar")
    assert "Wismar" in wismar.text
    assert {data.split("|")[1] for data in starting(data_of(wismar), "E")} == {
        "demo-sprachcafe-wismar",
        "demo-online-mietvertrag",
    }
    english = await visitor.tap(wismar, "In this language: English")
    # Nothing in Wismar itself is in English: what is online, then what is nearest.
    assert NONE_HERE.format(town="Wismar") in english.text
    assert listed(english)[:2] == ["demo-online-mietvertrag", "demo-schwimmen-rostock"]
    again = await visitor.tap(english, "In any language")
    assert again.text == wismar.text


async def test_a_town_without_events_shows_the_nearest_once_each_and_says_so(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/menu")
    (grimmen,), _toast = await visitor.data(menu, "e|all|grimmen")
    assert NONE_HERE.format(town="Grimmen") in grimmen.text
    seen, page = listed(grimmen), grimmen
    while "More" in labels(page):
        page = await visitor.tap(page, "More")
        assert NONE_HERE.format(town="Grimmen") in page.text
        seen += listed(page)
    assert len(seen) == len(set(seen))
    assert seen[:3] == ["demo-online-mietvertrag", "demo-anerkennung-stralsund", "demo-fest-greifswald"]
    assert "demo-kochen-guestrow" not in seen, "nobody travels to what is cancelled"
    assert re.search(r"Stralsund \(\d+ km\)", grimmen.text)
    (rostock,), _toast = await visitor.data(menu, "e|all|rostock")
    assert NONE_HERE.format(town="Rostock") not in rostock.text
    assert " km)" not in rostock.text


async def test_nothing_at_all_is_not_called_the_nearest(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/menu")
    (found,), _toast = await visitor.data(menu, "e|all|grimmen|ti")
    assert "I know of no events for this choice." in found.text
    assert NONE_HERE.format(town="Grimmen") not in found.text


async def test_today_and_the_weekend_follow_the_clock(house: House) -> None:
    visitor = await house.settled("en")
    now = datetime.now(UTC).astimezone(house.lotse.desk.zone)
    with house.clock(now.replace(hour=9, minute=0)):
        menu = await visitor.say("/menu")
        (today,), _toast = await visitor.data(menu, "e|today")
    assert "demo-chor-ludwigslust" in {data.split("|")[1] for data in starting(data_of(today), "E")}
    saturday = now + timedelta(days=(5 - now.weekday()) % 7)
    with house.clock(saturday.replace(hour=9, minute=0)):
        (weekend,), _toast = await visitor.data(menu, "e|weekend")
        weekdays = {
            datetime.fromtimestamp(int(data.split("|")[2]) * 60, UTC)
            .astimezone(house.lotse.desk.zone)
            .weekday()
            for data in starting(data_of(weekend), "E")
        }
        assert weekdays <= {4, 5, 6}
        (tomorrow,), _toast = await visitor.data(menu, "e|tomorrow")
    assert "Events" in tomorrow.text


async def test_a_weekly_event_shows_its_next_dates_and_a_cancelled_one(house: House) -> None:
    visitor = await house.settled("en")
    card = await visitor.say("/start event-demo-sprachcafe-wismar")
    assert "Next dates:" in card.text
    assert "Cancelled:" in card.text
    moved = await visitor.say("/start event-demo-hausaufgaben-schwerin")
    assert "New date:" in moved.text
    cancelled = await visitor.say("/start event-demo-kochen-guestrow")
    assert "Cancelled:" in cancelled.text
    assert "Reason:" in cancelled.text
    assert not starting(data_of(cancelled), "s")
    online = await visitor.say("/start event-demo-online-mietvertrag")
    assert "Take part online" in online.text
    swimming = await visitor.say("/start event-demo-schwimmen-rostock")
    assert "With childcare" in swimming.text


async def test_the_calendar_file_is_a_calendar(house: House) -> None:
    visitor = await house.settled("ar")
    card = await visitor.say("/start event-demo-sprachcafe-wismar")
    (sent,) = await visitor.press(card, words("ar")("Calendar file"))
    assert sent.file is not None
    assert sent.file.name == "demo-sprachcafe-wismar.ics"
    parts: list[Any] = icalendar.Calendar.from_ical(sent.file.content).walk("VEVENT")
    assert len(parts) == 2
    assert parts[0]["RRULE"]["FREQ"] == ["WEEKLY"]
    assert parts[1]["STATUS"] == "CANCELLED"
    starts = await first_date(house, "demo-sprachcafe-wismar")
    assert parts[0]["DTSTART"].dt <= starts
    fest = await visitor.say("/start event-demo-fest-greifswald")
    (sent,) = await visitor.press(fest, words("ar")("Calendar file"))
    assert sent.file is not None
    whole_days: list[Any] = icalendar.Calendar.from_ical(sent.file.content).walk("VEVENT")
    assert len(whole_days) == 1
    assert not isinstance(whole_days[0]["DTSTART"].dt, datetime)


async def test_saving_showing_and_forgetting_a_date(house: House) -> None:
    visitor = await house.settled("en")
    empty = await visitor.say("/saved")
    assert "You have saved no events." in empty.text
    card = await visitor.say("/start event-demo-anerkennung-stralsund")
    (save,) = starting(data_of(card), "s")
    (card,), toast = await visitor.data(card, save)
    assert toast is not None
    assert "Saved." in toast
    stored = await visitor.stored()
    assert len(stored["saved_events"]) == 1
    assert len(stored["reminders"]) == 2
    menu = await visitor.say("/menu")
    mine = await visitor.tap(menu, "My saved events")
    assert len(starting(data_of(mine), "E")) == 1
    card = await visitor.tap(mine, starting(data_of(mine), "E")[0])
    (_again,), toast = await visitor.data(card, starting(data_of(card), "u")[0])
    assert toast is not None
    assert "Removed." in toast
    stored = await visitor.stored()
    assert not stored["saved_events"]
    assert not stored["reminders"]


async def test_many_saved_events_have_pages(house: House) -> None:
    visitor = await house.settled("en")
    event = (await house.holdings()).directory.get(Kind.EVENT, "demo-sprachcafe-wismar")
    assert isinstance(event, Event)
    zone, now = house.lotse.desk.zone, datetime.now(UTC)
    dates = [one.starts.astimezone(UTC) for one in occurrences(event, now, now + timedelta(days=90), zone)]
    assert len(dates) > 6
    async with house.lotse.store.begin() as tx:
        for starts in dates:
            await tx.save_event(visitor.chat_id, event.id, starts, {}, now)
    first = await visitor.say("/saved")
    assert len(starting(data_of(first), "E")) == 5
    second = await visitor.tap(first, "More")
    assert not set(starting(data_of(first), "E")) & set(starting(data_of(second), "E"))
    card = await visitor.tap(second, starting(data_of(second), "E")[0])
    (card,), _toast = await visitor.data(card, starting(data_of(card), "u")[0])
    back = await visitor.tap(card, "‹ Back")
    assert button_of(back, "Previous")["callback_data"] == "S"
    assert (await visitor.tap(back, "Previous")).text == first.text


async def test_saved_dates_are_read_together_and_there_is_an_end_to_them(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await house.settled("uk")
    store, now = house.lotse.store, datetime.now(UTC)
    weekly = await event(house, "demo-sprachcafe-wismar")
    until = now + timedelta(days=370)
    dates = [o.starts.astimezone(UTC) for o in occurrences(weekly, now, until, house.lotse.desk.zone)]
    assert len(dates) > MOST_SAVED
    async with store.begin() as tx:
        for starts in dates[:MOST_SAVED]:
            await tx.save_event(visitor.chat_id, weekly.id, starts, {}, now)
    asked: list[tuple[Occurrence, ...]] = []

    async def counted(store: Store, dates: Iterable[Occurrence], now: datetime) -> list[Occurrence]:
        asked.append(tuple(dates))
        return await as_called_off(store, asked[-1], now)

    monkeypatch.setattr("bot.dialog.events.as_called_off", counted)
    mine = await visitor.say("/saved")
    assert [len(dates) for dates in asked] == [len(starting(data_of(mine), "E"))]
    # What is saved already can be saved once more; one more date cannot.
    (card,), toast = await visitor.data(mine, f"s|{weekly.id}|{minutes(dates[9])}")
    assert toast == words("uk")("Saved. I will remind you one day before and two hours before.")
    (full,), toast = await visitor.data(card, f"s|{weekly.id}|{minutes(dates[MOST_SAVED])}")
    stop = words("uk")("Do not remind me")
    most = "You can save {count} dates at most. Open one of them and press “{button}”, then save this one."
    assert bare(full.text) == words("uk")(most, count=MOST_SAVED, button=stop)
    assert not toast
    # There is room where one is taken out.
    mine = await visitor.tap(full, words("uk")("My saved events"))
    card = await visitor.tap(mine, starting(data_of(mine), "E")[0])
    (card,), _toast = await visitor.data(card, starting(data_of(card), "u")[0])
    await visitor.data(card, f"s|{weekly.id}|{minutes(dates[MOST_SAVED])}")
    kept = [one["occurrence"] for one in (await visitor.stored())["saved_events"]]
    assert len(kept) == MOST_SAVED
    async with store.read() as view:
        assert dates[MOST_SAVED] in [one.occurrence for one in await view.saved_events(visitor.chat_id)]


async def test_saving_leads_back_to_the_list_it_came_from(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/menu")
    (listing,), _toast = await visitor.data(menu, "e|week|stralsund|en")
    card = await visitor.tap(listing, starting(data_of(listing), "E")[0])
    for press in ("s", "u", "s"):
        (card,), _toast = await visitor.data(card, starting(data_of(card), press)[0])
        assert button_of(card, "‹ Back")["callback_data"] == "e|week|stralsund|en"
    mine = await visitor.say("/saved")
    card = await visitor.tap(mine, starting(data_of(mine), "E")[0])
    for press in ("u", "s"):
        (card,), _toast = await visitor.data(card, starting(data_of(card), press)[0])
        assert button_of(card, "‹ Back")["callback_data"] == "S"
    again = await visitor.tap(card, "‹ Back")
    assert again.text == mine.text
    await visitor.data(card, starting(data_of(card), "u")[0])


async def test_a_choice_after_midnight_counts_for_the_day_in_the_towns(house: House) -> None:
    tomorrow = house.lotse.desk.today(datetime.now(UTC)) + timedelta(days=1)
    with house.clock(house.wall(f"{tomorrow} 00:30")):
        choosing, saving = await house.settled("en"), house.visitor("uk")
        listing = await saving.say("/events")
        card = await saving.tap(listing, starting(data_of(listing), "E|demo-schwimmen-rostock")[0])
        card = await saving.tap(card, starting(data_of(card), "s")[0])
        for visitor in (choosing, saving):
            assert (await visitor.stored())["recipient"]["seen_on"] == tomorrow.isoformat()
        shown = await choosing.say("/mydata")
        await saving.tap(card, starting(data_of(card), "u")[0])
    day = forms(words("en").locale).month(tomorrow)
    assert f"Stored since: {day}" in shown.text
    assert f"Last message on: {day}" in shown.text


async def test_saving_without_a_language_chosen_stores_the_language_of_the_app(house: House) -> None:
    visitor = house.visitor("uk")
    menu = await visitor.say("/events")
    card = await visitor.tap(menu, starting(data_of(menu), "E|demo-schwimmen-rostock")[0])
    await visitor.tap(card, starting(data_of(card), "s")[0])
    assert (await visitor.stored())["recipient"]["locale"] == "uk"


async def test_an_old_button_leads_on_from_a_date_that_is_over(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/events")
    (old,) = [data for data in starting(data_of(menu), "E") if data.startswith("E|demo-schwimmen-rostock|")]
    first = await first_date(house, "demo-schwimmen-rostock")
    over = "This date is over. The next one is:"
    assert over not in bare((await visitor.screen(menu, old)).text)
    with house.clock(first + timedelta(hours=3)):
        later = await first_date(house, "demo-schwimmen-rostock")
        card = await visitor.screen(menu, old)
        assert later > first
        assert over in bare(card.text)
        (save,) = starting(data_of(card), "s")
        assert save.split("|")[:3] == ["s", "demo-schwimmen-rostock", str(minutes(later))]
        assert f"i|demo-schwimmen-rostock|{minutes(later)}" in data_of(card)
        when = await visitor.say("when is it?")
        assert bare(when.text) != bare(card.text)
        local = later.astimezone(house.lotse.desk.zone)
        assert f"{local.day} " in bare(when.text)


async def test_an_old_button_to_what_took_place_once_says_that_it_is_over(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/events")
    once = await event(house, "demo-fest-greifswald")
    assert not once.repeats
    starts = once.starts.replace(tzinfo=house.lotse.desk.zone)
    with house.clock(starts + timedelta(days=10)):
        card = await visitor.screen(menu, f"E|{once.id}|{minutes(starts)}")
    assert "This event is over." in card.text
    assert not [data for data in data_of(card) if data.startswith(("s|", "i|"))]


async def test_a_button_to_a_date_that_there_never_was_opens_the_next(house: House) -> None:
    visitor = await house.settled("en")
    menu = await visitor.say("/events")
    card = await visitor.screen(menu, "E|demo-schwimmen-rostock|5")
    starts = await first_date(house, "demo-schwimmen-rostock")
    assert "This date is over" not in card.text
    assert starting(data_of(card), "s") == [f"s|demo-schwimmen-rostock|{minutes(starts)}"]


async def test_an_old_button_does_not_save_what_is_over_or_cancelled(house: House) -> None:
    visitor = await house.settled("en")
    card = await visitor.say("/help")
    over = await event(house, "demo-schwimmen-rostock")
    starts = over.starts.replace(tzinfo=house.lotse.desk.zone)
    with house.clock(starts + timedelta(hours=3)):
        _found, toast = await visitor.data(card, f"s|{over.id}|{int(starts.timestamp() // 60)}")
    assert "Saved." not in (toast or "")
    off = await event(house, "demo-kochen-guestrow")
    at = int(off.starts.replace(tzinfo=house.lotse.desk.zone).timestamp() // 60)
    _found, toast = await visitor.data(card, f"s|{off.id}|{at}")
    assert "Saved." not in (toast or "")
    assert not (await visitor.stored())["saved_events"]


async def test_reminders_come_a_day_and_two_hours_before_and_once(house: House) -> None:
    visitor = await house.settled("uk")
    starts = await keep(house, visitor, "demo-familien-neubrandenb")
    errand = errands(house)
    revision = house.sandbox.world.revision
    with house.clock(starts - timedelta(days=1, minutes=5)):
        await errand.remind()
        assert not await heard(house, visitor, revision)
    with house.clock(starts - timedelta(days=1) + timedelta(minutes=1)):
        await errand.remind()
        await errand.remind()
    first = await heard(house, visitor, revision)
    assert len(first) == 1
    assert words("uk")("Reminder") in first[0]
    revision = house.sandbox.world.revision
    with house.clock(starts - timedelta(hours=2) + timedelta(minutes=1)):
        assert await errand.remind() == 1
    (second,) = await heard(house, visitor, revision)
    assert words("uk")("Reminder") in second
    with house.clock(starts - timedelta(hours=1)):
        assert await errand.remind() == 0


async def test_after_standing_still_only_the_nearer_reminder_comes(house: House) -> None:
    visitor = await house.settled("en")
    starts = await keep(house, visitor, "demo-familien-neubrandenb")
    errand = errands(house)
    revision = house.sandbox.world.revision
    with house.clock(starts - timedelta(hours=1)):
        await errand.remind()
        await errand.remind()
    assert len(await heard(house, visitor, revision)) == 1


async def test_a_whole_day_is_reminded_of_when_it_was_promised(house: House) -> None:
    visitor = await house.settled("en")
    starts = await first_date(house, "demo-fest-greifswald")
    card = await visitor.say("/start event-demo-fest-greifswald")
    _found, toast = await visitor.data(card, starting(data_of(card), "s")[0])
    assert toast == "Saved. I will remind you the evening before, and in the morning of the day."
    errand = errands(house)
    for hours in (-5, 10):
        revision = house.sandbox.world.revision
        with house.clock(starts + timedelta(hours=hours)):
            await errand.remind()
        assert len(await heard(house, visitor, revision)) == 1, hours


async def test_a_reminder_that_is_too_late_is_dropped(house: House) -> None:
    visitor = await house.settled("de")
    starts = await keep(house, visitor, "demo-online-mietvertrag")
    revision = house.sandbox.world.revision
    with house.clock(starts + timedelta(minutes=1)):
        await errands(house).remind()
    assert not await heard(house, visitor, revision)
    async with house.lotse.store.read() as view:
        assert not [r for r in await view.due_reminders(starts, BATCH) if r.chat_id == visitor.chat_id]


async def test_a_cancelled_event_is_told_to_those_who_saved_it(house: House, tmp_path: Path) -> None:
    visitor, other = await house.settled("ar"), await house.settled("de")
    starts = await keep(house, visitor, "demo-anerkennung-stralsund")
    await keep(house, other, "demo-online-mietvertrag")
    errand = errands(house)
    await errand.tell_changes()
    revision = house.sandbox.world.revision
    await changed(
        house,
        tmp_path,
        "demo-anerkennung-stralsund",
        event_status="cancelled",
        reason="Die Referentin ist krank.",
    )
    try:
        assert await errand.tell_changes() == 1
        assert await errand.tell_changes() == 0
        (news,) = await heard(house, visitor, revision)
        assert words("ar")("Cancelled: {when}", when="").strip() in news
        assert "Die Referentin ist krank." in news
        assert not await heard(house, other, revision)
        with house.clock(starts - timedelta(hours=1)):
            await errand.remind()
        assert len(await heard(house, visitor, revision)) == 1
        # It can be let go of, so that there is room for another date.
        mine = await visitor.say("/saved")
        (opening,) = starting(data_of(mine), "E")
        card, _toast = await visitor.data(mine, opening)
        shown = await visitor.tap(card[0], words("ar")("Do not remind me"))
        assert not {words("ar")("Do not remind me"), words("ar")("Save and remind me")} & set(labels(shown))
    finally:
        await restored(house, tmp_path)


async def test_a_moved_event_is_told_and_its_reminders_move_along(house: House, tmp_path: Path) -> None:
    visitor = await house.settled("en")
    starts = await keep(house, visitor, "demo-anerkennung-stralsund")
    errand = errands(house)
    await errand.tell_changes()
    revision = house.sandbox.world.revision
    await changed(
        house,
        tmp_path,
        "demo-anerkennung-stralsund",
        event_status="moved",
        starts="+6d 17:00",
        ends="+6d 19:00",
    )
    try:
        assert await errand.tell_changes() >= 1
        (news,) = await heard(house, visitor, revision)
        assert "New date:" in news
        assert "17:00" in news
        revision = house.sandbox.world.revision
        with house.clock(starts - timedelta(hours=1)):
            await errand.remind()
        assert not await heard(house, visitor, revision)
        moved = (await event(house, "demo-anerkennung-stralsund")).starts.replace(
            tzinfo=house.lotse.desk.zone
        )
        with house.clock(moved - timedelta(hours=1, minutes=59)):
            await errand.remind()
        assert any("Reminder" in text for text in await heard(house, visitor, revision))
        mine = await visitor.say("/saved")
        assert "17:00" in mine.text
        # The button of the card from before the move.
        old = f"u|demo-anerkennung-stralsund|{int(starts.timestamp() // 60)}"
        _found, toast = await visitor.data(mine, old)
        assert toast == "Removed. You will get no reminder."
        stored = await visitor.stored()
        assert not stored["saved_events"]
        assert not stored["reminders"]
    finally:
        await restored(house, tmp_path)
    await errand.tell_changes()


async def test_a_vanished_event_is_told_too(house: House) -> None:
    visitor = await house.settled("fr")
    starts = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=3)
    async with house.lotse.store.begin() as tx:
        await tx.save_event(visitor.chat_id, "gone-for-good", starts, {}, datetime.now(UTC))
    revision = house.sandbox.world.revision
    await errands(house).tell_changes()
    (news,) = await heard(house, visitor, revision)
    assert words("fr")("An event that you saved is no longer in the programme.") in news
    menu = await visitor.say("/saved")
    assert words("fr")("You have saved no events.") in menu.text


async def test_a_reader_who_blocked_the_bot_is_retired_not_retried(house: House) -> None:
    visitor = await house.settled("de")
    starts = await keep(house, visitor, "demo-fussball-anklam")
    house.sandbox.fault("blocked", method="sendMessage", chat=visitor.person, times=1)
    with house.clock(starts - timedelta(minutes=90)):
        await errands(house).remind()
    assert (await visitor.stored())["recipient"]["retired_at"] is not None
    menu = await visitor.say("/start")
    assert words("de")("Find counselling") in labels(menu)
    assert (await visitor.stored())["recipient"]["retired_at"] is None


async def test_silence_of_24_months_is_announced_and_then_deleted(house: House) -> None:
    silent, back = await house.settled("uk"), await house.settled("en")
    now = datetime.now(UTC)
    errand = errands(house)
    revision = house.sandbox.world.revision
    with house.clock(now + timedelta(days=690)):
        await errand.say_goodbye()
        assert not await heard(house, silent, revision)
    with house.clock(now + timedelta(days=702)):
        await errand.say_goodbye()
        (goodbye,) = await heard(house, silent, revision)
        assert "30" in goodbye
        await errand.say_goodbye()
        assert len(await heard(house, silent, revision)) == 1
        await back.say("/menu")
    with house.clock(now + timedelta(days=725)):
        await errand.say_goodbye()
        assert (await silent.stored())["recipient"] is not None
    with house.clock(now + timedelta(days=733)):
        await errand.say_goodbye()
        assert (await silent.stored())["recipient"] is None
        assert (await back.stored())["recipient"] is not None
        assert len(await heard(house, silent, revision)) == 1


async def test_a_silent_group_is_told_what_keeps_its_news(house: House) -> None:
    """Nobody writes to the bot there: any press of the button is life enough."""
    here, group, _hello = await joined(house)
    now = datetime.now(UTC)
    news = Subscription(
        chat_id=group.id,
        topic=Topic.LAW,
        area=ALL,
        frequency=Frequency.NOW,
        consent_version=CONSENT_VERSION,
        consented_at=now,
    )
    async with house.lotse.store.begin() as tx:
        await tx.choose_locale(group.id, "group", "de", now)
        await tx.subscribe(news)
    revision = house.sandbox.world.revision
    with house.clock(now + timedelta(days=702)):
        await errands(house).say_goodbye()
        await house.quiet()
        (goodbye,) = [m for m in group.messages.values() if m.from_bot and m.revision > revision]
        assert words("de")("Keep it") in labels(goodbye)
        await here.tap(goodbye, words("de")("Keep it"))
    with house.clock(now + timedelta(days=740)):
        await errands(house).say_goodbye()
    async with house.lotse.store.read() as view:
        assert await view.recipient(group.id) is not None
        assert await view.subscriptions(group.id) != ()


async def test_who_was_told_by_the_office_is_not_told_again_by_the_calendar(
    house: House, tmp_path: Path
) -> None:
    visitor, author = await house.settled("de"), await member(house)
    id = "demo-familien-neubrandenb"
    starts = await keep(house, visitor, id)
    revision = house.sandbox.world.revision
    start = await author.say("/announce")
    (check,), _toast = await author.data(start, f"we|{id}|{int(starts.timestamp() // 60)}")
    await author.tap(check, f"wr|{draft_of(check)}|send")
    await until_state(house, draft_of(check), State.SENT)
    assert len(await heard(house, visitor, revision)) == 1
    await changed(house, tmp_path, id, event_status="cancelled")
    await errands(house).tell_changes()
    assert len(await heard(house, visitor, revision)) == 1
    await restored(house, tmp_path)
    async with house.lotse.store.begin() as tx:
        await tx.move(draft_of(check), State.WITHDRAWN)  # it takes place for the other tests


async def test_staff_of_an_association_call_off_only_its_own_events(house: House) -> None:
    author = await member(house, organisation="demo-verein")
    start = await author.say("/announce")
    listed = await author.tap(start, words("de")("An event is cancelled"))
    assert [data for data in data_of(listed) if data.startswith("we|demo")] == []
    over = await event(house, "demo-schwimmen-rostock")
    at = int(over.starts.replace(tzinfo=house.lotse.desk.zone).timestamp() // 60)
    (refused,), _toast = await author.data(listed, f"we|{over.id}|{at}")
    assert "gehört nicht zu ihm" in refused.text
