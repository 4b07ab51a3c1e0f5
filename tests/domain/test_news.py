"""Quiet hours, the towns' clocks, and which areas a message reaches."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.gazetteer import load_gazetteer
from bot.domain.news import ALL, DIGEST_WEEKDAY, Rhythm, Topic, areas_reaching, at_wall, next_hour
from bot.domain.recipients import Recipient

BERLIN = ZoneInfo("Europe/Berlin")


def wall(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute)


@pytest.mark.parametrize(
    ("since", "until", "quiet"),
    [
        (21, 8, {21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7}),
        (13, 15, {13, 14}),
        (0, 6, {0, 1, 2, 3, 4, 5}),
        (23, 0, {23}),
        (0, 0, set()),
        (9, 9, set()),
    ],
)
def test_quiet_hours(since: int, until: int, quiet: set[int]) -> None:
    rhythm = Rhythm(quiet_from=since, quiet_to=until)
    assert {hour for hour in range(24) if rhythm.quiet(wall(hour, 59))} == quiet


@given(since=st.integers(0, 23), until=st.integers(0, 23))
def test_quiet_hours_last_as_long_as_from_one_to_the_other(since: int, until: int) -> None:
    rhythm = Rhythm(quiet_from=since, quiet_to=until)
    assert sum(rhythm.quiet(wall(hour)) for hour in range(24)) == (until - since) % 24
    assert not rhythm.quiet(wall(until))


def test_a_recipient_has_the_usual_rhythm() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    recipient = Recipient(chat_id=7, chat_type="private", locale="de", created_at=now, seen_on=now.date())
    assert recipient.rhythm == Rhythm()


def test_the_next_hour() -> None:
    after = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # Monday, 18:00 there
    assert next_hour(after, 18, BERLIN) == after
    assert next_hour(after, 19, BERLIN) == datetime(2026, 3, 2, 18, tzinfo=UTC)
    assert next_hour(after, 8, BERLIN) == datetime(2026, 3, 3, 7, tzinfo=UTC)
    thursday = next_hour(after, 18, BERLIN, weekday=DIGEST_WEEKDAY)
    assert thursday == datetime(2026, 3, 5, 17, tzinfo=UTC)
    assert next_hour(thursday, 8, BERLIN, weekday=DIGEST_WEEKDAY) == datetime(2026, 3, 12, 7, tzinfo=UTC)


def test_the_nights_of_summer_time() -> None:
    # 2:30 is jumped over on 29 March 2026, and comes twice on 25 October.
    assert at_wall(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert at_wall(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at_wall(date(2026, 7, 1), time(8), BERLIN) == datetime(2026, 7, 1, 6, tzinfo=UTC)


def test_which_areas_a_message_reaches() -> None:
    gazetteer = load_gazetteer()
    rostock = gazetteer.town("rostock")
    assert rostock is not None
    assert areas_reaching(["town:rostock"], gazetteer) == frozenset(
        {ALL, "town:rostock", f"district:{rostock.district}"}
    )
    district = areas_reaching(["district:lup"], gazetteer)
    assert district is not None
    towns = {f"town:{town.id}" for town in gazetteer.towns if town.district == "lup"}
    assert towns
    assert district == {ALL, "district:lup", *towns}
    assert areas_reaching(["town:rostock", ALL], gazetteer) is None
    assert areas_reaching(["town:nowhere"], gazetteer) == frozenset({ALL, "town:nowhere"})
    assert areas_reaching([], gazetteer) == frozenset({ALL})


def test_internal_is_internal() -> None:
    assert [topic for topic in Topic if topic.internal] == [Topic.INTERNAL]
