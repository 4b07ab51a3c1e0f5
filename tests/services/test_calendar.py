"""Occurrences over summer time, exceptions and moves; the calendar file."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from bot.domain.directory import Event, EventStatus, OccurrenceChange
from bot.domain.locales import DEFAULT
from bot.domain.text import LocalizedText
from bot.services.calendar import (
    Agenda,
    calendar_file,
    dates_from,
    occurrence_at,
    occurrences,
    over,
    upcoming,
)

ZONE = ZoneInfo("Europe/Berlin")


def event(**fields: object) -> Event:
    given: dict[str, object] = {
        "id": "cafe",
        "title": LocalizedText.of(de="Café"),
        "summary": LocalizedText.of(de="Ein Beispiel"),
        "source": "example",
        "verified": True,
        "starts": datetime(2026, 10, 20, 17),
        "ends": datetime(2026, 10, 20, 19),
    }
    return Event(**{**given, **fields})  # type: ignore[arg-type]


def between(found: Event, start: str, end: str) -> list[str]:
    window = (
        datetime.fromisoformat(start).replace(tzinfo=ZONE),
        datetime.fromisoformat(end).replace(tzinfo=ZONE),
    )
    return [f"{o.starts:%m-%d %H:%M %z} {o.status}" for o in occurrences(found, *window, ZONE)]


WEEKLY = event(repeats="FREQ=WEEKLY")


def test_weekly_keeps_its_hour_over_the_end_of_summer_time() -> None:
    assert between(WEEKLY, "2026-10-19", "2026-11-04") == [
        "10-20 17:00 +0200 planned",
        "10-27 17:00 +0100 planned",
        "11-03 17:00 +0100 planned",
    ]


def test_exceptions_cancellations_and_moves() -> None:
    changed = event(
        repeats="FREQ=WEEKLY;UNTIL=20261117T170000",
        except_on=(datetime(2026, 10, 27, 17),),
        changes=(
            OccurrenceChange(datetime(2026, 11, 3, 17), cancelled=True),
            OccurrenceChange(datetime(2026, 11, 10, 17), starts=datetime(2026, 11, 11, 18)),
        ),
    )
    assert between(changed, "2026-10-19", "2026-12-31") == [
        "10-20 17:00 +0200 planned",
        "11-03 17:00 +0100 cancelled",
        "11-11 18:00 +0100 moved",
        "11-17 17:00 +0100 planned",
    ]


def test_all_day_events_end_at_the_end_of_their_last_day() -> None:
    festival = event(starts=datetime(2026, 11, 27), ends=datetime(2026, 11, 29), all_day=True)
    (found,) = occurrences(
        festival, datetime(2026, 11, 20, tzinfo=ZONE), datetime(2026, 12, 1, tzinfo=ZONE), ZONE
    )
    assert found.starts == datetime(2026, 11, 27, tzinfo=ZONE)
    assert found.ends == datetime(2026, 11, 30, tzinfo=ZONE)


def test_a_button_finds_its_date_after_a_move() -> None:
    before = int(datetime(2026, 11, 10, 17, tzinfo=ZONE).timestamp() // 60)
    moved = event(
        repeats="FREQ=WEEKLY",
        changes=(OccurrenceChange(datetime(2026, 11, 10, 17), starts=datetime(2026, 11, 12, 9)),),
    )
    found = occurrence_at(moved, before, ZONE)
    assert found is not None
    assert found.starts == datetime(2026, 11, 12, 9, tzinfo=ZONE)
    assert found.status is EventStatus.MOVED
    again = occurrence_at(moved, found.at, ZONE)
    assert again is not None
    assert again.starts == found.starts


def test_the_only_date_of_an_event_is_found_wherever_it_went() -> None:
    old = int(datetime(2026, 10, 1, 10, tzinfo=UTC).timestamp() // 60)
    found = occurrence_at(event(), old, ZONE)
    assert found is not None
    assert found.starts == datetime(2026, 10, 20, 17, tzinfo=ZONE)


def test_a_date_that_a_series_does_not_have_is_not_found() -> None:
    assert occurrence_at(WEEKLY, int(datetime(2026, 11, 4, 17, tzinfo=ZONE).timestamp() // 60), ZONE) is None


def test_a_series_of_many_years_still_has_dates_that_buttons_name() -> None:
    old = event(starts=datetime(2009, 1, 6, 17), ends=datetime(2009, 1, 6, 19), repeats="FREQ=WEEKLY")
    found = occurrence_at(old, int(datetime(2026, 11, 3, 17, tzinfo=ZONE).timestamp() // 60), ZONE)
    assert found is not None
    assert found.starts == datetime(2026, 11, 3, 17, tzinfo=ZONE)


def test_a_cancelled_series_keeps_no_date() -> None:
    off = replace(
        WEEKLY,
        changes=(OccurrenceChange(datetime(2026, 10, 27, 17), starts=datetime(2026, 10, 28, 17)),),
        event_status=EventStatus.CANCELLED,
    )
    assert between(off, "2026-10-19", "2026-11-01") == [
        "10-20 17:00 +0200 cancelled",
        "10-28 17:00 +0100 cancelled",
    ]
    calendar = icalendar.Calendar.from_ical(calendar_file(off, DEFAULT, "", ZONE, NOW))
    assert [str(part["STATUS"]) for part in calendar.walk("VEVENT")] == ["CANCELLED", "CANCELLED"]


def test_what_has_no_date_any_more_is_over() -> None:
    day, later = date(2026, 11, 3), date(2026, 11, 4)
    assert not over(event(starts=datetime(2026, 11, 1, 9), ends=datetime(2026, 11, 3, 9)), day)
    assert over(event(starts=datetime(2026, 11, 1, 9), ends=datetime(2026, 11, 3, 9)), later)
    assert not over(WEEKLY, date(2040, 1, 1))
    ended = event(repeats="FREQ=WEEKLY;COUNT=3")
    assert not over(ended, day)
    assert over(ended, later)
    moved = replace(ended, changes=(OccurrenceChange(datetime(2026, 11, 3, 17), datetime(2026, 11, 9, 17)),))
    assert not over(moved, later)
    assert over(
        event(repeats="FREQ=WEEKLY;COUNT=2", except_on=(datetime(2026, 10, 27, 17),)), date(2026, 10, 21)
    )


def test_upcoming_leaves_out_what_has_ended_and_sorts() -> None:
    early = event(id="early", starts=datetime(2026, 11, 23, 9), ends=datetime(2026, 11, 23, 10))
    late = event(id="late", starts=datetime(2026, 11, 23, 20), ends=datetime(2026, 11, 23, 21))
    running = event(id="running", starts=datetime(2026, 11, 23, 11), ends=datetime(2026, 11, 23, 13))
    now = datetime(2026, 11, 23, 12, tzinfo=ZONE)
    found = upcoming((late, early, running), now, now.replace(hour=23), ZONE)
    assert [o.event.id for o in found] == ["running", "late"]


def test_the_next_dates_of_an_event_come_one_by_one() -> None:
    now = datetime(2026, 10, 27, 18, tzinfo=ZONE)
    daily = event(repeats="FREQ=DAILY", except_on=(datetime(2026, 10, 29, 17),))
    # It runs at this moment; and it never ends.
    assert [one.starts.day for one in islice(dates_from(daily, now, ZONE), 4)] == [27, 28, 30, 31]
    after = now.replace(hour=19)
    assert next(dates_from(daily, after, ZONE)).starts == datetime(2026, 10, 28, 17, tzinfo=ZONE)
    moved = event(
        repeats="FREQ=WEEKLY;COUNT=4",
        changes=(
            OccurrenceChange(datetime(2026, 11, 3, 17), cancelled=True),
            OccurrenceChange(datetime(2026, 11, 10, 17), starts=datetime(2027, 3, 10, 17)),
        ),
    )
    assert list(dates_from(moved, now, ZONE)) == upcoming((moved,), now, now + timedelta(days=370), ZONE)
    assert next(dates_from(event(), now, ZONE), None) is None
    years_ahead = event(starts=datetime(2029, 1, 6, 17), ends=None)
    assert next(dates_from(years_ahead, now, ZONE)).starts == datetime(2029, 1, 6, 17, tzinfo=ZONE)
    whole = event(
        starts=datetime(2026, 10, 26), ends=datetime(2026, 10, 26), all_day=True, repeats="FREQ=DAILY"
    )
    assert next(dates_from(whole, now, ZONE)).starts == datetime(2026, 10, 27, tzinfo=ZONE)


SERIES = tuple(event(id=f"cafe-{n}", repeats="FREQ=WEEKLY") for n in range(20))
NOW = datetime(2026, 11, 3, 18, tzinfo=ZONE)


async def test_the_agenda_is_computed_once_for_a_day_and_a_state_of_the_directory() -> None:
    agenda, week = Agenda(), NOW + timedelta(days=7)
    first = await agenda.upcoming(SERIES, NOW, week, ZONE)
    assert first == upcoming(SERIES, NOW, week, ZONE)
    later = NOW + timedelta(hours=2)
    again = await agenda.upcoming(SERIES, later, NOW + timedelta(days=30), ZONE)
    assert again == upcoming(SERIES, later, NOW + timedelta(days=30), ZONE)
    assert again[0] is first[20]  # what ended meanwhile is left out, the rest is as it was
    further = await agenda.upcoming(SERIES, NOW, NOW + timedelta(days=300), ZONE)
    assert further == upcoming(SERIES, NOW, NOW + timedelta(days=300), ZONE)
    tomorrow = NOW + timedelta(days=1)
    assert await agenda.upcoming(SERIES, tomorrow, week, ZONE) == upcoming(SERIES, tomorrow, week, ZONE)
    assert await agenda.upcoming(SERIES[:1], NOW, week, ZONE) == upcoming(SERIES[:1], NOW, week, ZONE)


async def test_others_are_answered_while_the_agenda_is_computed() -> None:
    looking = asyncio.create_task(Agenda().upcoming(SERIES, NOW, NOW + timedelta(days=90), ZONE))
    turns = 0
    while not looking.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert await looking


def test_calendar_file_has_recurrence_exceptions_and_the_status() -> None:
    changed = event(
        repeats="FREQ=WEEKLY",
        except_on=(datetime(2026, 10, 27, 17),),
        changes=(OccurrenceChange(datetime(2026, 11, 3, 17), cancelled=True),),
    )
    calendar = icalendar.Calendar.from_ical(calendar_file(changed, DEFAULT, "Rostock", ZONE, NOW))
    found: list[Any] = calendar.walk("VEVENT")
    master, change = found
    assert str(master["SUMMARY"]) == "Café"
    assert str(master["LOCATION"]) == "Rostock"
    assert master["RRULE"]["FREQ"] == ["WEEKLY"]
    assert master["EXDATE"].dts[0].dt == datetime(2026, 10, 27, 17, tzinfo=ZONE)
    assert str(change["STATUS"]) == "CANCELLED"
    assert calendar.walk("VTIMEZONE")


def test_a_calendar_takes_over_a_later_file() -> None:
    def stamps(now: datetime) -> tuple[datetime, int]:
        found: Any
        (found,) = icalendar.Calendar.from_ical(calendar_file(event(), DEFAULT, "", ZONE, now)).walk("VEVENT")
        return found["DTSTAMP"].dt, found["SEQUENCE"]

    first, later = stamps(NOW), stamps(NOW + timedelta(minutes=1))
    assert first[0] == NOW
    assert later > first
    assert later[1] > first[1]
