"""What people asked without success: counts for the office, and texts that they agreed to pass on.

Nothing here leads back to a person: a count has no chat, and a text has neither chat nor day.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.errors import DomainError
from bot.domain.text import INVISIBLE

KEPT_DAYS = 30
"""Days after which counts and texts are erased."""
FEW = 3
"""A smaller count than this is not told: it could be one person's."""
LONGEST = 300
"""Characters of a text that are kept."""
_GUESS = "~"
"""Stands before a topic that is only a guess."""

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
    """So many questions about a topic, in a language, for a town (empty where it was not clear).

    Without a language: of several, for several towns, put together by :func:`pooled`.
    """

    topic: str
    """Empty where none was recognised; a guess is written as :func:`guessed` writes it."""
    locale: str
    town: str
    outcome: Missed
    count: int = 1

    @property
    def guess(self) -> str:
        """The topic where it is only a guess, else nothing."""
        return self.topic.removeprefix(_GUESS) if self.topic.startswith(_GUESS) else ""

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


def guessed(topic: str) -> str:
    """A topic that nobody named and the question is likeliest about; nothing for nothing."""
    return topic and _GUESS + topic


def pooled(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps as they may be told: a small count could be one person's, so small ones are put together.

    First those of a topic; what is then still small, all of it, even if that is no great number.
    """
    told, small = [], Counter[str]()
    for gap in gaps:
        if gap.few:
            small[gap.topic] += gap.count
        else:
            told.append(gap)
    rest = Counter[str]()
    for topic, count in small.items():
        rest[topic if count >= FEW else ""] += count
    others = (Gap(topic, "", "", Missed.NONE, count) for topic, count in rest.most_common())
    return (*told, *others)


def without_traces(text: str) -> str:
    """A question as it may be passed on: on one line, short, without numbers and addresses of people."""
    return " ".join(_TRACES.sub("…", INVISIBLE.sub(" ", text)).split())[:LONGEST]


def week_of(day: date) -> date:
    """The Monday before: all that is kept of when a text came, so that it can be erased in time."""
    return day - timedelta(days=day.weekday())


def erase_before(today: date) -> date:
    """What is of this day or older is over its time. A text counts from its Monday, so it goes sooner."""
    return today - timedelta(days=KEPT_DAYS)
