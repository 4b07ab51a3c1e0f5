"""Chats that Lotse may write to, and what they asked to be reminded of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.domain.news import DIGEST_HOUR, QUIET_FROM, QUIET_TO, Rhythm

NUMBERS_KEPT_DAYS = 14
"""Days for which the number of a message stays once it is answered, so that no answer comes twice."""
SILENCE_MONTHS = 24
"""Months without a word after which everything about a chat is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A chat in which somebody chose something. There is no name here, and there never will be.

    ``created_at`` is the day of the first message (its midnight in UTC), ``seen_on`` that of the last one:
    neither has a time of day. ``retired_at`` is set when the chat blocked the bot; ``announced_at`` when it
    was told that its data will be deleted for silence.
    """

    chat_id: int
    chat_type: str
    locale: str
    created_at: datetime
    seen_on: date
    retired_at: datetime | None = None
    announced_at: datetime | None = None
    quiet_from: int = QUIET_FROM
    quiet_to: int = QUIET_TO
    digest_hour: int = DIGEST_HOUR
    muted_until: datetime | None = None

    @property
    def rhythm(self) -> Rhythm:
        """When it wants to hear from us."""
        return Rhythm(
            quiet_from=self.quiet_from,
            quiet_to=self.quiet_to,
            digest_hour=self.digest_hour,
            muted_until=self.muted_until,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedEvent:
    """One occurrence of an event that a chat wants to be reminded of."""

    chat_id: int
    event_id: str
    occurrence: datetime
    """When it starts, in UTC."""
    created_at: datetime


class ReminderKind(StrEnum):
    """How long before the start a reminder goes out."""

    DAY = "day"
    """A day before."""
    HOURS = "hours"
    """Two hours before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A reminder that is due, with the locale to write it in."""

    id: int
    chat_id: int
    locale: str
    event_id: str
    occurrence: datetime
    kind: ReminderKind
    due_at: datetime


class Change(StrEnum):
    """What can happen to an occurrence that somebody saved."""

    CANCELLED = "cancelled"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """News about a saved event, waiting to be told to one chat, in its locale."""

    id: int
    chat_id: int
    locale: str
    event_id: str
    occurrence: datetime
    """When it was to start before the change."""
    change: Change
    moved_to: datetime | None
    """The new start, for :attr:`Change.MOVED`."""
