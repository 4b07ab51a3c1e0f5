"""Opening hours: regular weeks, now and next, and the holidays of this state."""

from __future__ import annotations

from datetime import date, datetime, time

import holidays
import pytest

from bot.services.hours import Hours, InvalidHours, Span, parse, public_holidays

OFFICE = "Mo-Th 08:00-20:00; Fr 08:00-15:00"
MONDAY = date(2026, 11, 23)


def test_regular_week_joins_days_that_are_alike() -> None:
    assert parse(OFFICE).week(MONDAY) == (
        ((0, 1, 2, 3), (Span(time(8), time(20)),)),
        ((4,), (Span(time(8), time(15)),)),
    )


def test_regular_week_is_the_same_in_a_week_with_a_holiday() -> None:
    assert parse(OFFICE).week(date(2027, 3, 10)) == parse(OFFICE).week(MONDAY)


@pytest.mark.parametrize(
    ("now", "is_open", "changes"),
    [
        (datetime(2026, 11, 23, 7, 59), False, datetime(2026, 11, 23, 8)),
        (datetime(2026, 11, 23, 8, 0), True, datetime(2026, 11, 23, 20)),
        (datetime(2026, 11, 23, 19, 59), True, datetime(2026, 11, 23, 20)),
        (datetime(2026, 11, 23, 20, 0), False, datetime(2026, 11, 24, 8)),
        (datetime(2026, 11, 27, 15, 0), False, datetime(2026, 11, 30, 8)),
        (datetime(2026, 11, 28, 12, 0), False, datetime(2026, 11, 30, 8)),
    ],
)
def test_open_now_and_next(now: datetime, is_open: bool, changes: datetime) -> None:
    state = parse(OFFICE).at(now)
    assert (state.open, state.changes_at, state.holiday) == (is_open, changes, False)


@pytest.mark.parametrize("year", range(2000, 2061))
def test_holidays_are_those_of_the_field_s_own_package(year: int) -> None:
    assert public_holidays(year).keys() == set(holidays.country_holidays("DE", subdiv="MV", years=year))


def test_womens_day_is_a_holiday_in_this_state() -> None:
    assert date(2027, 3, 8) in public_holidays(2027)
    state = parse(OFFICE).at(datetime(2027, 3, 8, 10))
    assert not state.open
    assert state.holiday
    assert state.changes_at == datetime(2027, 3, 9, 8)


def test_hours_that_speak_of_holidays_are_believed() -> None:
    assert parse("Mo-Fr 08:00-12:00; PH off").on(date(2027, 3, 8)) == ()
    assert parse("Mo-Fr 08:00-12:00; PH 10:00-11:00").on(date(2027, 3, 8)) == (Span(time(10), time(11)),)


def test_day_and_night_has_no_holiday() -> None:
    state = parse("24/7").at(datetime(2027, 3, 8, 3))
    assert state.open
    assert state.always
    assert state.changes_at is None


@pytest.mark.parametrize("text", ['"by appointment"', 'Mo-Fr "nach Vereinbarung"'])
def test_what_is_only_by_appointment_is_not_open(text: str) -> None:
    state = parse(text).at(datetime(2026, 11, 24, 10))
    assert (state.open, state.changes_at, state.arranged) == (False, None, True)
    assert parse(text).week(MONDAY) == ()


def test_what_the_hours_say_in_words_stays_beside_them() -> None:
    hours = parse('Mo-Fr 09:00-12:00 "nur mit Anmeldung"')
    assert hours.week(MONDAY) == (((0, 1, 2, 3, 4), (Span(time(9), time(12), "nur mit Anmeldung"),)),)
    during, before = hours.at(datetime(2026, 11, 24, 10)), hours.at(datetime(2026, 11, 24, 8))
    assert (during.open, during.arranged, during.comment) == (True, False, "nur mit Anmeldung")
    assert (before.open, before.comment) == (False, "nur mit Anmeldung")


def test_an_open_end_is_no_midnight() -> None:
    hours = parse("Mo 09:00+; Tu 18:00-24:00; We 09:00-12:00+")
    assert hours.week(MONDAY) == (
        ((0,), (Span(time(9), time(0), open_end=True),)),
        ((1,), (Span(time(18), time(0)),)),
        ((2,), (Span(time(9), time(12)),)),
    )
    state = hours.at(datetime(2026, 11, 23, 10))
    assert (state.open, state.changes_at, state.arranged) == (True, None, False)
    assert hours.at(datetime(2026, 11, 24, 19)).changes_at == datetime(2026, 11, 25)
    assert hours.at(datetime(2026, 11, 23, 8)).changes_at == datetime(2026, 11, 23, 9)


@pytest.mark.parametrize("text", ["We[1] 14:00-16:00", "We[1,3] 14:00-16:00", "We[-1] 14:00-16:00"])
@pytest.mark.parametrize(
    "day", [date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 31)]
)
def test_what_is_not_every_week_is_no_regular_week_and_has_a_next_date(text: str, day: date) -> None:
    hours = parse(text)
    assert hours.week(day) == ()
    found = hours.special(day)
    assert found is not None
    assert found[1] == (Span(time(14), time(16)),)
    opens = hours.at(datetime.combine(day, time(8))).changes_at
    assert opens == datetime.combine(found[0], time(14))
    assert opens.weekday() == 2


def test_the_next_first_wednesday() -> None:
    spans = (Span(time(14), time(16)),)
    assert parse("We[1] 14:00-16:00").special(date(2026, 12, 3)) == (date(2027, 1, 6), spans)


@pytest.mark.parametrize("day", [date(2026, 12, 14), date(2026, 12, 22), date(2026, 12, 28)])
def test_a_closed_week_is_not_the_rule(day: date) -> None:
    hours = parse("Mo-Fr 09:00-12:00; Dec 24-31 off")
    assert hours.week(day) == (((0, 1, 2, 3, 4), (Span(time(9), time(12)),)),)
    assert hours.special(day) is None
    assert hours.at(datetime(2026, 12, 28, 10)).changes_at == datetime(2027, 1, 4, 9), (
        "New Year's Day is a Friday"
    )


def test_hours_of_a_holiday_are_special() -> None:
    hours = parse("Mo-Fr 08:00-12:00; PH 10:00-11:00")
    assert hours.special(date(2027, 3, 1)) == (date(2027, 3, 8), (Span(time(10), time(11)),))
    assert hours.special(date(2027, 4, 6)) == (date(2027, 5, 1), (Span(time(10), time(11)),))


def test_over_midnight() -> None:
    night = parse("Mo-Su 22:00-06:00")
    assert night.at(datetime(2026, 11, 24, 23)).changes_at == datetime(2026, 11, 25, 6)
    assert night.at(datetime(2026, 11, 25, 2)).open
    assert not night.at(datetime(2026, 11, 25, 7)).open


def test_a_door_that_never_opens_has_no_next_opening() -> None:
    state = parse("off").at(datetime(2026, 11, 23, 10))
    assert not state.open
    assert state.changes_at is None


def test_nonsense_is_refused() -> None:
    with pytest.raises(InvalidHours):
        Hours("from nine to five")
