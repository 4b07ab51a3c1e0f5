"""What a chat asked to be told: topics, areas, how often, and the hours in which it wants quiet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.places import Gazetteer

CONSENT_VERSION = 1
"""Of the text that people agree to. Raise it when the text changes in what it allows."""
QUIET_FROM, QUIET_TO = 21, 8
"""Hours of the towns' clocks between which nothing arrives, unless a person chose others."""
DIGEST_HOUR = 18
DIGEST_WEEKDAY = 3
"""Weekly digests come on Thursdays (Monday is 0): before the weekend."""
ALL = "mv"
"""The area of the whole state. Others are ``district:<id>`` and ``town:<id>``."""


class Topic(StrEnum):
    """What news can be about."""

    EVENTS = "events"
    LAW = "law"
    CAMPAIGNS = "campaigns"
    COURSES = "courses"
    WORK = "work"
    FUNDING = "funding"
    INTERNAL = "internal"
    """From the network to its organisations: only their contacts can have it."""
    URGENT = "urgent"

    @property
    def internal(self) -> bool:
        """Whether it is for contacts of organisations alone."""
        return self is Topic.INTERNAL


class Frequency(StrEnum):
    """When news is passed on."""

    NOW = "now"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One topic for one area, with the consent it rests on."""

    chat_id: int
    topic: Topic
    area: str
    frequency: Frequency
    consent_version: int
    consented_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When a chat wants to hear from us. Hours are the towns' wall clock, 0 to 23.

    ``quiet_from`` equal to ``quiet_to`` means no quiet hours.
    """

    quiet_from: int = QUIET_FROM
    quiet_to: int = QUIET_TO
    digest_hour: int = DIGEST_HOUR
    muted_until: datetime | None = None

    def quiet(self, wall: datetime) -> bool:
        """Whether a moment of the towns' clock falls into the quiet hours."""
        return self.quiet_at(wall.hour)

    def quiet_at(self, hour: int) -> bool:
        """The same of an hour."""
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to


def next_hour(after: datetime, hour: int, zone: ZoneInfo, *, weekday: int | None = None) -> datetime:
    """The next moment at or after ``after`` at which the towns' clocks show ``hour`` o'clock, in UTC.

    With ``weekday`` (Monday is 0) only on such days. For the nights of summer time see :func:`at_wall`.
    """
    day = after.astimezone(zone).date()
    while True:
        if weekday is None or day.weekday() == weekday:
            moment = at_wall(day, time(hour), zone)
            if moment >= after:
                return moment
        day += timedelta(days=1)


def at_wall(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the towns' clocks show a time.

    A time that the clocks jump over in spring is taken an hour later on them; one that comes twice in
    autumn is taken the first time.
    """
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def areas_reaching(areas: Iterable[str], gazetteer: Gazetteer) -> frozenset[str] | None:
    """The areas whose subscribers news for ``areas`` concerns; None for everybody.

    News for a town concerns those who asked for the town, its district or the whole state; news for
    a district also those of its towns; news for the state everybody.
    """
    found = {ALL}
    for area in areas:
        kind, _, id = area.partition(":")
        if area == ALL:
            return None
        found.add(area)
        if kind == "town" and (town := gazetteer.town(id)) is not None:
            found.add(f"district:{town.district}")
        if kind == "district":
            found.update(f"town:{town.id}" for town in gazetteer.towns if town.district == id)
    return frozenset(found)
