"""What people asked without success: counts for the office, and texts that they agreed to pass on.

Nothing here leads back to a person: a count has no chat, and a text has neither chat nor day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.errors import DomainError

KEPT_DAYS = 30
"""Days after which counts and texts are erased."""
FEW = 3
"""A smaller count than this is not told: it could be one person's."""
LONGEST = 300
"""Characters of a text that are kept."""

_TRACES = re.compile(
    r"https?://\S+|www\.\S+"  # addresses on the web
    r"|\S+@\S+|(?<!\w)@\w+"  # e-mail, names in Telegram
    r"|[A-Za-z]{0,2}\+?\d(?:[\s./()-]{0,2}\d){5,}"  # telephone, files, accounts; a postal code may stay
)


class Missed(StrEnum):
    """How a question stayed without success."""

    NONE = "none"
    """Nothing was found."""
    REFUSED = "refused"
    """None of the choices was it."""
    UNHELPFUL = "unhelpful"
    """The answer was not what was looked for."""


@dataclass(frozen=True, slots=True)
class Gap:
    """So many questions about a topic, in a language, for a town (empty where it was not clear)."""

    topic: str
    locale: str
    town: str
    outcome: Missed
    count: int = 1

    @property
    def few(self) -> bool:
        """Whether the count is too small to be told."""
        return self.count < FEW


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A question that somebody agreed to pass on; ``id`` is drawn by lot and tells no order."""

    id: int
    locale: str
    text: str


class TextGone(DomainError):
    """The text was used, deleted, or its time is over."""

    def __init__(self) -> None:
        super().__init__("This text is not there any more.")


class EntryGone(DomainError):
    """The entry that a text was to become an example of is not there any more."""

    def __init__(self) -> None:
        super().__init__("This entry is not there any more.")


def without_traces(text: str) -> str:
    """A question as it may be passed on: on one line, short, without numbers and addresses of people."""
    return " ".join(_TRACES.sub("…", text).split())[:LONGEST]


def week_of(day: date) -> date:
    """The Monday before: all that is kept of when a text came, so that it can be erased in time."""
    return day - timedelta(days=day.weekday())


def erase_before(today: date) -> date:
    """What is of this day or older is over its time. A text counts from its Monday, so it goes sooner."""
    return today - timedelta(days=KEPT_DAYS)
