"""Saved events: when people are reminded, and what they are told when a date changes."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import icalendar
import pytest

from bot.domain.directory import AnyRecord, Directory, Event, EventStatus, Kind, OccurrenceChange
from bot.domain.errors import UnknownRecipient
from bot.domain.locales import DEFAULT
from bot.domain.recipients import Change, Notice, ReminderKind, SavedEvent
from bot.domain.text import LocalizedText
from bot.services.calendar import Occurrence, calendar_file, occurrence_at, occurrences
from bot.services.reminding import (
    KEEP,
    MOST_SAVED,
    reconcile,
    reminder_times,
    room_for,
    saved_dates,
    too_late,
)
from bot.storage.store import Store

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DAY, HOURS = ReminderKind.DAY, ReminderKind.HOURS


def event(id: str = "cafe", **fields: object) -> Event:
    given: dict[str, object] = {
        "title": LocalizedText.of(de="Café"),
        "summary": LocalizedText.of(de="Ein Beispiel"),
        "source": "example",
        "verified": True,
        "starts": datetime(2026, 10, 20, 17),
        "ends": datetime(2026, 10, 20, 19),
    }
    return Event(id=id, **{**given, **fields})  # type: ignore[arg-type]


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[arg-type,misc]


def minutes(moment: datetime) -> int:
    return int(moment.timestamp() // 60)


def the_date(found: Event) -> Occurrence:
    occurrence = occurrence_at(found, minutes(found.starts.replace(tzinfo=ZONE)), ZONE)
    assert occurrence is not None
    return occurrence


# What is saved


def kept(*starts: datetime, id: str = "cafe") -> list[SavedEvent]:
    return [SavedEvent(chat_id=1, event_id=id, occurrence=one, created_at=NOW) for one in starts]


def test_of_the_saved_dates_those_are_shown_that_are_known_and_not_over() -> None:
    weekly = event(repeats="FREQ=WEEKLY")
    first, second = (local(2026, 10, day, 17).astimezone(UTC) for day in (20, 27))
    saved = [*kept(first, second, first + timedelta(days=1)), *kept(first, id="gone")]
    directory = Directory.of([weekly])
    found = saved_dates(saved, directory, ZONE, first + timedelta(hours=1))
    assert [at for at, _ in found] == [minutes(first), minutes(second)]
    assert [one.starts for _, one in found] == [first, second]
    found = saved_dates(saved, directory, ZONE, first + timedelta(hours=3))
    assert [at for at, _ in found] == [minutes(second)]


def test_there_is_room_for_so_many_dates_to_come_and_for_one_of_them_again() -> None:
    dates = [NOW + timedelta(days=day) for day in range(-5, MOST_SAVED + 1)]
    over, coming = kept(*dates[:6]), kept(*dates[6:])  # one begins this very moment
    another = ("cafe", NOW + timedelta(hours=1))
    assert len(coming) == MOST_SAVED
    assert not room_for(another, [*over, *coming], (), NOW)
    assert room_for(another, [*over, *coming[1:]], (), NOW)
    assert room_for(("cafe", coming[0].occurrence), [*over, *coming], (), NOW)
    off = (coming[0].event_id, coming[0].occurrence)
    assert room_for(another, [*over, *coming], {off}, NOW), "what does not take place takes no room"


# When to remind


@pytest.mark.parametrize(
    ("starts", "day_before", "hours_before"),
    [
        # The night to 25 October 2026 has 25 hours, the one to 28 March 2027 has 23.
        ((2026, 10, 25, 17), "2026-10-24T15:00", "2026-10-25T14:00"),
        ((2027, 3, 28, 17), "2027-03-27T16:00", "2027-03-28T13:00"),
        ((2026, 11, 24, 14), "2026-11-23T13:00", "2026-11-24T11:00"),
        # Two hours before are two hours, also where the clock says three or one.
        ((2026, 10, 25, 4), "2026-10-24T02:00", "2026-10-25T01:00"),
        ((2027, 3, 28, 4), "2027-03-27T03:00", "2027-03-28T00:00"),
    ],
)
def test_a_day_before_is_the_same_hour_on_the_clock(
    starts: tuple[int, ...], day_before: str, hours_before: str
) -> None:
    times = reminder_times(the_date(event(starts=datetime(*starts), ends=None)), LONG_AGO)  # type: ignore[arg-type]
    assert {kind: f"{at:%Y-%m-%dT%H:%M}" for kind, at in times.items()} == {
        DAY: day_before,
        HOURS: hours_before,
    }
    assert {at.tzinfo for at in times.values()} == {UTC}


@pytest.mark.parametrize(
    ("day", "evening", "morning"),
    [
        ((2026, 11, 27), "2026-11-26T17:00", "2026-11-27T08:00"),
        ((2026, 10, 25), "2026-10-24T16:00", "2026-10-25T08:00"),
        ((2027, 3, 28), "2027-03-27T17:00", "2027-03-28T07:00"),
    ],
)
def test_a_whole_day_is_announced_the_evening_before_and_in_the_morning(
    day: tuple[int, int, int], evening: str, morning: str
) -> None:
    feast = event(starts=datetime(*day), ends=None, all_day=True)
    times = reminder_times(the_date(feast), LONG_AGO)
    assert {kind: f"{at:%Y-%m-%dT%H:%M}" for kind, at in times.items()} == {DAY: evening, HOURS: morning}


def test_times_that_have_passed_are_left_out() -> None:
    meeting, feast = the_date(event()), the_date(event(all_day=True))
    assert set(reminder_times(meeting, local(2026, 10, 19, 16, 59))) == {DAY, HOURS}
    assert set(reminder_times(meeting, local(2026, 10, 19, 17))) == {HOURS}
    assert reminder_times(meeting, local(2026, 10, 20, 15)) == {}
    assert set(reminder_times(feast, local(2026, 10, 19, 18))) == {HOURS}
    assert reminder_times(feast, local(2026, 10, 20, 9)) == {}


def test_a_reminder_is_too_late_when_the_next_one_is_due_or_the_event_runs() -> None:
    meeting = the_date(event())
    assert not too_late(DAY, meeting, local(2026, 10, 20, 14, 59))
    assert too_late(DAY, meeting, local(2026, 10, 20, 15))
    assert not too_late(HOURS, meeting, local(2026, 10, 20, 16, 59))
    assert too_late(HOURS, meeting, local(2026, 10, 20, 17))
    feast = the_date(event(starts=datetime(2026, 10, 20), ends=None, all_day=True))
    assert not too_late(DAY, feast, local(2026, 10, 20, 8))
    assert too_late(DAY, feast, local(2026, 10, 20, 9))
    assert not too_late(HOURS, feast, local(2026, 10, 20, 23))
    assert too_late(HOURS, feast, local(2026, 10, 21))


# Dates that buttons and saved events name


def test_a_changed_whole_day_is_known_by_the_day_it_had() -> None:
    weekly = event(
        starts=datetime(2026, 10, 20),
        ends=None,
        all_day=True,
        repeats="FREQ=WEEKLY",
        changes=(OccurrenceChange(datetime(2026, 10, 27), starts=datetime(2026, 10, 28)),),
    )
    found = occurrences(weekly, local(2026, 10, 25), local(2026, 11, 1), ZONE)
    assert [(o.starts, o.ends, o.original, o.status) for o in found] == [
        (local(2026, 10, 28), local(2026, 10, 29), local(2026, 10, 27), EventStatus.MOVED)
    ]
    by_old_button = occurrence_at(weekly, minutes(local(2026, 10, 27)), ZONE)
    assert by_old_button == found[0]


@pytest.mark.parametrize("years", [-6, 6, 1900])
def test_a_button_that_names_a_year_far_away_finds_nothing(years: int) -> None:
    first = datetime(1990, 1, 1, 17)
    at = minutes(datetime.now(UTC)) + years * 365 * 24 * 60
    assert occurrence_at(event(starts=first, ends=None, repeats="FREQ=WEEKLY"), at, ZONE) is None
    assert occurrence_at(event(starts=first, ends=None), at, ZONE) is None


def test_a_series_is_known_for_some_years() -> None:
    weekly = event(repeats="FREQ=WEEKLY")
    later = local(2026, 10, 20, 17) + timedelta(weeks=52 * 2)
    found = occurrence_at(weekly, minutes(later), ZONE)
    assert found is not None
    assert found.starts == later


# What is told when a date changes


@pytest.fixture
async def chats(sqlite_store: Store) -> Store:
    async with sqlite_store.begin() as tx:
        for chat_id, locale in ((7, "uk"), (8, "ar")):
            await tx.choose_locale(chat_id, "private", locale, NOW)
    return sqlite_store


async def save(store: Store, chat_id: int, found: Event, starts: datetime | None = None) -> None:
    moment = starts or found.starts.replace(tzinfo=ZONE)
    occurrence = occurrence_at(found, minutes(moment), ZONE)
    assert occurrence is not None
    start = occurrence.starts.astimezone(UTC)
    async with store.begin() as tx:
        assert await tx.save_event(chat_id, found.id, start, reminder_times(occurrence, NOW), NOW)


async def changed(store: Store, *events: Event, now: datetime = NOW) -> int:
    """How many are told; and telling it again tells nobody."""
    directory = Directory.of(events)
    told = await reconcile(store, directory, ZONE, now)
    assert await reconcile(store, directory, ZONE, now) == 0
    return told


async def notices(store: Store) -> tuple[Notice, ...]:
    async with store.read() as view:
        return await view.due_notices(10)


async def reminders(store: Store) -> list[tuple[int, ReminderKind, datetime]]:
    async with store.read() as view:
        due = await view.due_reminders(datetime(2030, 1, 1, tzinfo=UTC), 10)
    return [(reminder.chat_id, reminder.kind, reminder.due_at) for reminder in due]


async def starts_of(store: Store, chat_id: int) -> list[datetime]:
    async with store.read() as view:
        return [saved.occurrence for saved in await view.saved_events(chat_id)]


async def test_nobody_is_told_of_what_stays_as_it_is(chats: Store) -> None:
    await save(chats, 7, event())
    assert await changed(chats, event(summary=LocalizedText.of(de="Neue Worte"))) == 0
    assert await notices(chats) == ()
    assert len(await reminders(chats)) == 2


class Watched(Directory):
    """Notes where it is asked."""

    asked: ClassVar[set[int]] = set()

    def get(self, kind: Kind, id: str) -> AnyRecord | None:
        self.asked.add(threading.get_ident())
        return super().get(kind, id)


async def test_working_out_dates_holds_up_nobody(chats: Store) -> None:
    await save(chats, 7, event())
    Watched.asked.clear()
    await reconcile(chats, Watched.of([event()]), ZONE, NOW)
    assert Watched.asked
    assert threading.get_ident() not in Watched.asked


async def test_a_cancelled_event_is_told_to_all_who_saved_it_and_reminds_nobody(chats: Store) -> None:
    for chat_id in (7, 8):
        await save(chats, chat_id, event())
    await save(chats, 7, event("other"))
    assert await changed(chats, event(event_status=EventStatus.CANCELLED), event("other")) == 2
    told = await notices(chats)
    assert [(n.chat_id, n.locale, n.change, n.occurrence, n.moved_to) for n in told] == [
        (7, "uk", Change.CANCELLED, local(2026, 10, 20, 17), None),
        (8, "ar", Change.CANCELLED, local(2026, 10, 20, 17), None),
    ]
    async with chats.read() as view:
        left = await view.due_reminders(local(2026, 12, 1), 10)
    assert {reminder.event_id for reminder in left} == {"other"}


async def test_one_cancelled_date_of_a_series_leaves_the_others(chats: Store) -> None:
    weekly = event(repeats="FREQ=WEEKLY")
    await save(chats, 7, weekly, local(2026, 10, 20, 17))
    await save(chats, 7, weekly, local(2026, 10, 27, 17))
    cancelled = event(
        repeats="FREQ=WEEKLY", changes=(OccurrenceChange(datetime(2026, 10, 27, 17), cancelled=True),)
    )
    assert await changed(chats, cancelled) == 1
    (told,) = await notices(chats)
    assert told.occurrence == local(2026, 10, 27, 17)
    assert {at.date() for _, _, at in await reminders(chats)} == {date(2026, 10, 19), date(2026, 10, 20)}


async def test_a_date_taken_out_of_a_series_counts_as_cancelled(chats: Store) -> None:
    weekly = event(repeats="FREQ=WEEKLY")
    await save(chats, 7, weekly, local(2026, 10, 27, 17))
    without = event(repeats="FREQ=WEEKLY", except_on=(datetime(2026, 10, 27, 17),))
    assert await changed(chats, without) == 1
    assert [notice.change for notice in await notices(chats)] == [Change.CANCELLED]


@pytest.mark.parametrize("hidden", [False, True])
async def test_a_removed_or_hidden_event_counts_as_cancelled(chats: Store, hidden: bool) -> None:
    await save(chats, 8, event())
    left = [event(verified=False)] if hidden else []
    assert await changed(chats, *left) == 1
    (told,) = await notices(chats)
    assert (told.chat_id, told.event_id, told.change) == (8, "cafe", Change.CANCELLED)
    assert await reminders(chats) == []


async def test_a_moved_event_takes_its_reminders_along(chats: Store) -> None:
    await save(chats, 7, event())
    moved = event(starts=datetime(2026, 11, 3, 18), ends=None)
    assert await changed(chats, moved) == 1
    (told,) = await notices(chats)
    new = local(2026, 11, 3, 18)
    assert (told.change, told.occurrence, told.moved_to) == (Change.MOVED, local(2026, 10, 20, 17), new)
    assert await starts_of(chats, 7) == [new]
    assert await reminders(chats) == [
        (7, DAY, local(2026, 11, 2, 18)),
        (7, HOURS, local(2026, 11, 3, 16)),
    ]


async def test_an_event_moved_to_today_reminds_only_of_what_is_still_ahead(chats: Store) -> None:
    await save(chats, 7, event())
    assert await changed(chats, event(starts=datetime(2026, 10, 1, 18), ends=None)) == 1
    assert await reminders(chats) == [(7, HOURS, local(2026, 10, 1, 16))]


async def test_one_moved_date_of_a_series_leaves_the_others(chats: Store) -> None:
    weekly = event(repeats="FREQ=WEEKLY")
    await save(chats, 7, weekly, local(2026, 10, 27, 17))
    await save(chats, 8, weekly, local(2026, 11, 3, 17))
    moved = event(
        repeats="FREQ=WEEKLY",
        changes=(OccurrenceChange(datetime(2026, 10, 27, 17), starts=datetime(2026, 10, 29, 10)),),
    )
    assert await changed(chats, moved) == 1
    assert [notice.moved_to for notice in await notices(chats)] == [local(2026, 10, 29, 10)]
    assert await starts_of(chats, 8) == [local(2026, 11, 3, 17)]


async def test_a_date_of_a_series_that_moves_again_and_again_is_followed(chats: Store) -> None:
    await save(chats, 7, event(repeats="FREQ=WEEKLY"), local(2026, 10, 27, 17))
    for day in (29, 30, 28):
        moved = event(
            repeats="FREQ=WEEKLY",
            changes=(OccurrenceChange(datetime(2026, 10, 27, 17), starts=datetime(2026, 10, day, 10)),),
        )
        assert await changed(chats, moved) == 1
        assert await starts_of(chats, 7) == [local(2026, 10, day, 10)]
    assert await changed(chats, event(repeats="FREQ=WEEKLY")) == 1
    assert await starts_of(chats, 7) == [local(2026, 10, 27, 17)]
    assert {due for _, _, due in await reminders(chats)} == {
        local(2026, 10, 26, 17),
        local(2026, 10, 27, 15),
    }


async def test_who_was_told_of_a_cancellation_hears_that_it_takes_place_after_all(chats: Store) -> None:
    for chat_id in (7, 8):
        await save(chats, chat_id, event())
    assert await changed(chats, event(event_status=EventStatus.CANCELLED)) == 2
    first, second = await notices(chats)
    async with chats.begin() as tx:
        await tx.mark_noticed((first.id,), NOW)
    assert await changed(chats, event()) == 1
    (again,) = await notices(chats)
    assert (again.chat_id, again.change, again.moved_to) == (first.chat_id, Change.MOVED, again.occurrence)
    assert second.chat_id != again.chat_id
    assert len(await reminders(chats)) == 4
    assert await changed(chats, event(event_status=EventStatus.CANCELLED)) == 2


async def test_a_start_that_only_went_in_circles_is_not_followed_for_ever(chats: Store) -> None:
    await save(chats, 7, event(repeats="FREQ=WEEKLY"), local(2026, 10, 27, 17))
    there = event(
        repeats="FREQ=WEEKLY",
        changes=(OccurrenceChange(datetime(2026, 10, 27, 17), starts=datetime(2026, 10, 29, 10)),),
    )
    assert await changed(chats, there) == 1
    assert await changed(chats, event(repeats="FREQ=MONTHLY", starts=datetime(2026, 10, 1, 17))) == 1


async def test_another_hour_for_the_whole_series_moves_every_saved_date(chats: Store) -> None:
    weekly = event(repeats="FREQ=WEEKLY")
    for starts in (local(2026, 10, 20, 17), local(2026, 10, 27, 17)):
        await save(chats, 7, weekly, starts)
    later = event(starts=datetime(2026, 10, 20, 18, 30), ends=None, repeats="FREQ=WEEKLY")
    assert await changed(chats, later) == 2
    assert await starts_of(chats, 7) == [local(2026, 10, 20, 18, 30), local(2026, 10, 27, 18, 30)]
    assert [n.change for n in await notices(chats)] == [Change.MOVED, Change.MOVED]


async def test_another_weekday_for_the_whole_series_cancels_the_saved_dates(chats: Store) -> None:
    await save(chats, 7, event(repeats="FREQ=WEEKLY"), local(2026, 10, 27, 17))
    thursdays = event(starts=datetime(2026, 10, 22, 17), ends=None, repeats="FREQ=WEEKLY")
    assert await changed(chats, thursdays) == 1
    assert [notice.change for notice in await notices(chats)] == [Change.CANCELLED]


async def test_what_has_begun_is_not_told_any_more(chats: Store) -> None:
    await save(chats, 7, event())
    cancelled = event(event_status=EventStatus.CANCELLED)
    assert await changed(chats, cancelled, now=local(2026, 10, 20, 17)) == 0


async def test_past_dates_are_kept_for_a_week(chats: Store) -> None:
    await save(chats, 7, event())
    starts = local(2026, 10, 20, 17)
    await changed(chats, event(), now=starts + KEEP)
    assert await starts_of(chats, 7) == [starts]
    await changed(chats, event(), now=starts + KEEP + timedelta(minutes=1))
    assert await starts_of(chats, 7) == []


async def test_with_nothing_saved_there_is_nothing_to_do(chats: Store) -> None:
    assert await changed(chats, event()) == 0


async def test_only_a_chat_that_chose_a_language_can_save(chats: Store) -> None:
    with pytest.raises(UnknownRecipient, match="language has to be chosen"):
        await save(chats, 404, event())


# What a person keeps


def test_the_calendar_file_says_only_what_is_known() -> None:
    online = event(summary=LocalizedText(), title=LocalizedText())
    calendar = icalendar.Calendar.from_ical(calendar_file(online, DEFAULT, "", ZONE, NOW))
    (kept,) = calendar.walk("VEVENT")
    assert str(kept["SUMMARY"]) == "cafe"
    assert "LOCATION" not in kept
    assert "DESCRIPTION" not in kept
