"""Repetitions: which rules are allowed, and when they fire on the clocks of the towns."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.broadcast import Options
from bot.services.repeating import (
    BadRule,
    Every,
    Fire,
    Repetition,
    describe,
    fires,
    first_fire,
    is_holiday,
    monthly,
    nearest_working_day,
    next_fire,
    weekly,
)

ZONE = ZoneInfo("Europe/Berlin")
SKIP = Options(skip_holidays=True)
MOVE = Options(move_holidays=True)


def wall(text: str) -> datetime:
    """A moment, in UTC, from the clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def shown(moment: datetime | None) -> str | None:
    """A moment as the clock on the wall shows it, with the distance to UTC."""
    return None if moment is None else f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M %z}"


def some(rule: str, starts: str, count: int, options: Options = Options()) -> list[str | None]:  # noqa: B008
    """The next so many times from the first date on."""
    found: list[str | None] = []
    after = wall(starts) - timedelta(seconds=1)
    while len(found) < count:
        following = next_fire(rule, wall(starts), after, ZONE, options)
        found.append(shown(following))
        if following is None:
            break
        after = following
    return found


# Which rules there are


def test_what_a_rule_says() -> None:
    assert describe("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,MO;COUNT=5") == Repetition(
        every=Every.WEEK, interval=2, weekdays=((0, 3), (0, 0)), count=5
    )
    assert describe("freq=monthly;byday=-1FR;until=20271231") == Repetition(
        every=Every.MONTH, weekdays=((-1, 4),), until=datetime(2027, 12, 31, 23, 59, 59)
    )
    assert describe("FREQ=DAILY;UNTIL=20270101T120000") == Repetition(
        every=Every.DAY, until=datetime(2027, 1, 1, 12)
    )
    assert describe("FREQ=MONTHLY;BYMONTHDAY=1,-1") == Repetition(every=Every.MONTH, days=(1, -1))
    assert describe(monthly(31)) == Repetition(every=Every.MONTH, days=(31,), or_last=True)
    assert describe(monthly(28)) == Repetition(every=Every.MONTH, days=(28,))
    assert describe(weekly([4, 0, 4], date(2027, 6, 30))) == Repetition(
        every=Every.WEEK, weekdays=((0, 0), (0, 4)), until=datetime(2027, 6, 30, 23, 59, 59)
    )


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "weekly",
        "FREQ=HOURLY",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=YEARLY",
        "FREQ=WEEKLY;BYHOUR=1,2,3",
        "FREQ=DAILY;BYDAY=MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=54",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=٣",
        "FREQ=WEEKLY;COUNT=1001",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20271231",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=5",
        "FREQ=MONTHLY;BYMONTHDAY=1,2;BYSETPOS=-1",
        "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO",
        "FREQ=WEEKLY;UNTIL=20271301",
        "FREQ=WEEKLY;UNTIL=20271231T100000Z",
        "FREQ=WEEKLY;UNTIL=tomorrow",
        "FREQ=WEEKLY;UNTIL=99991231",
        "FREQ=WEEKLY;COUNT=",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 100),
    ],
)
def test_what_is_refused(rule: str) -> None:
    with pytest.raises(BadRule):
        describe(rule)
    with pytest.raises(BadRule):
        next_fire(rule, wall("2026-11-02 10:00"), wall("2026-11-02 10:00"), ZONE)


@pytest.mark.parametrize(
    ("rule", "starts"),
    [
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2026-02-01 10:00"),
        ("FREQ=WEEKLY;UNTIL=20261101", "2026-11-02 10:00"),
        ("FREQ=DAILY;COUNT=2", "2020-01-01 10:00"),
    ],
)
def test_what_never_fires_is_refused_in_good_time(rule: str, starts: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadRule, match="no date"):
        first_fire(rule, wall(starts), wall("2026-11-23 12:00"), ZONE)
    assert time.monotonic() - began < 5


def test_what_only_falls_on_holidays_and_leaves_them_out_is_refused() -> None:
    rule, starts = "FREQ=MONTHLY;INTERVAL=12", wall("2026-05-01 10:00")
    with pytest.raises(BadRule, match="no date"):
        first_fire(rule, starts, wall("2026-11-23 12:00"), ZONE, SKIP)
    assert shown(first_fire(rule, starts, wall("2026-11-23 12:00"), ZONE)) == "2027-05-01 10:00 +0200"


# On the clocks of the towns


def test_weekly_ten_o_clock_stays_over_both_changes_of_summer_time() -> None:
    assert some("FREQ=WEEKLY;BYDAY=SU", "2026-10-18 10:00", 3) == [
        "2026-10-18 10:00 +0200",
        "2026-10-25 10:00 +0100",
        "2026-11-01 10:00 +0100",
    ]
    assert some("FREQ=WEEKLY", "2027-03-21 10:00", 3) == [
        "2027-03-21 10:00 +0100",
        "2027-03-28 10:00 +0200",
        "2027-04-04 10:00 +0200",
    ]


def test_an_hour_that_does_not_exist_comes_an_hour_later_that_night_alone() -> None:
    assert some("FREQ=DAILY", "2027-03-27 02:30", 3) == [
        "2027-03-27 02:30 +0100",
        "2027-03-28 03:30 +0200",
        "2027-03-29 02:30 +0200",
    ]


def test_an_hour_that_comes_twice_fires_the_first_time_alone() -> None:
    assert some("FREQ=DAILY", "2026-10-24 02:30", 3) == [
        "2026-10-24 02:30 +0200",
        "2026-10-25 02:30 +0200",
        "2026-10-26 02:30 +0100",
    ]


@pytest.mark.parametrize("minutes", range(0, 240, 30))
def test_asked_at_any_minute_of_both_nights_the_next_time_is_the_next_time(minutes: int) -> None:
    for night, starts in (("2026-10-25 00:00", "2026-10-20 02:30"), ("2027-03-28 00:00", "2027-03-20 02:30")):
        after = wall(night) + timedelta(minutes=minutes)
        all_of_them = [
            one.at for one in fires("FREQ=DAILY", wall(starts), wall(starts), wall("2027-04-30"), ZONE)
        ]
        expected = min(at for at in all_of_them if at is not None and at > after)
        assert next_fire("FREQ=DAILY", wall(starts), after, ZONE) == expected


def test_leap_day() -> None:
    assert some("FREQ=MONTHLY;INTERVAL=12", "2024-02-29 10:00", 3) == [
        "2024-02-29 10:00 +0100",
        "2028-02-29 10:00 +0100",
        "2032-02-29 10:00 +0100",
    ]
    found = next_fire("FREQ=MONTHLY;INTERVAL=12", wall("2096-02-29 10:00"), wall("2096-03-01"), ZONE)
    assert shown(found) == "2104-02-29 10:00 +0100"
    assert some("FREQ=DAILY", "2028-02-28 10:00", 3)[1:] == [
        "2028-02-29 10:00 +0100",
        "2028-03-01 10:00 +0100",
    ]


def test_monthly_on_the_31st_means_the_last_day_of_shorter_months() -> None:
    assert some(monthly(31), "2027-12-31 10:00", 5) == [
        "2027-12-31 10:00 +0100",
        "2028-01-31 10:00 +0100",
        "2028-02-29 10:00 +0100",
        "2028-03-31 10:00 +0200",
        "2028-04-30 10:00 +0200",
    ]
    assert some(monthly(30), "2027-01-30 10:00", 3)[1:] == [
        "2027-02-28 10:00 +0100",
        "2027-03-30 10:00 +0200",
    ]
    assert some(monthly(29), "2027-02-01 10:00", 2) == ["2027-02-28 10:00 +0100", "2027-03-29 10:00 +0200"]


def test_a_written_rule_for_the_31st_leaves_out_shorter_months_as_the_standard_says() -> None:
    assert some("FREQ=MONTHLY;BYMONTHDAY=31", "2027-01-31 10:00", 3) == [
        "2027-01-31 10:00 +0100",
        "2027-03-31 10:00 +0200",
        "2027-05-31 10:00 +0200",
    ]
    assert some("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31 10:00", 2)[1:] == ["2027-02-28 10:00 +0100"]
    assert some("FREQ=MONTHLY;BYDAY=-1FR", "2027-01-01 10:00", 2) == [
        "2027-01-29 10:00 +0100",
        "2027-02-26 10:00 +0100",
    ]


def test_until_holds_the_whole_of_its_day() -> None:
    assert some(weekly([0], date(2026, 11, 9)), "2026-11-02 10:00", 5) == [
        "2026-11-02 10:00 +0100",
        "2026-11-09 10:00 +0100",
        None,
    ]
    assert some("FREQ=WEEKLY;UNTIL=20261109T095959", "2026-11-02 10:00", 5)[1:] == [None]
    assert some("FREQ=WEEKLY;COUNT=2", "2026-11-02 10:00", 5)[2:] == [None]


@given(
    st.sampled_from(
        ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", weekly([0, 3]), monthly(31), "FREQ=MONTHLY;BYDAY=1MO"]
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.integers(0, 23),
    st.sampled_from([Options(), SKIP, MOVE]),
)
def test_the_next_time_is_the_first_of_all_later_ones(
    rule: str, after: datetime, hour: int, options: Options
) -> None:
    moment = after.replace(tzinfo=UTC)
    starts = datetime(2026, 1, 1, hour, tzinfo=ZONE).astimezone(UTC)
    last = moment + timedelta(days=90)
    found = [one.at for one in fires(rule, starts, moment, last, ZONE, options) if one.at is not None]
    assert next_fire(rule, starts, moment, ZONE, options) == found[0]
    assert found == sorted(set(found))
    assert len(found) <= 91
    if options != Options():
        assert not any(is_holiday(at.astimezone(ZONE).date()) for at in found)


# Around public holidays


def test_a_holiday_is_left_out_where_that_is_wanted() -> None:
    rule, starts = "FREQ=WEEKLY;BYDAY=FR", "2026-12-18 10:00"
    assert some(rule, starts, 2) == ["2026-12-18 10:00 +0100", "2026-12-25 10:00 +0100"]
    # Christmas and New Year's Day are Fridays.
    assert some(rule, starts, 2, SKIP) == ["2026-12-18 10:00 +0100", "2027-01-08 10:00 +0100"]
    left_out = list(fires(rule, wall(starts), wall(starts), wall("2026-12-31 00:00"), ZONE, SKIP))
    assert left_out == [Fire(wall("2026-12-25 10:00"), None)]
    assert not left_out[0].moved


def test_a_holiday_moves_to_the_next_working_day_where_that_is_wanted() -> None:
    assert some("FREQ=WEEKLY;BYDAY=FR", "2026-12-18 10:00", 3, MOVE) == [
        "2026-12-18 10:00 +0100",
        "2026-12-28 10:00 +0100",
        "2027-01-04 10:00 +0100",
    ]


def test_what_moves_to_the_same_day_is_sent_once() -> None:
    # Christmas is a Friday and a Saturday; the Sunday's own stays where it is.
    assert some("FREQ=DAILY", "2026-12-24 10:00", 4, MOVE) == [
        "2026-12-24 10:00 +0100",
        "2026-12-27 10:00 +0100",
        "2026-12-28 10:00 +0100",
        "2026-12-29 10:00 +0100",
    ]


def test_the_nearest_working_day() -> None:
    assert nearest_working_day(date(2027, 3, 26), 1) == date(2027, 3, 30)  # Good Friday to Tuesday
    assert nearest_working_day(date(2027, 3, 29), -1) == date(2027, 3, 25)
    assert nearest_working_day(date(2026, 11, 23), 1) == date(2026, 11, 23)
