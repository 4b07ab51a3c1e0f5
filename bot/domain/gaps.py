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
_LOOKED_AT = 4 * LONGEST
"""Characters of a text in which numbers and addresses are looked for; what follows is not kept anyway."""
_GUESS = "~"
"""Stands before a topic that is only a guess."""

# An address is taken out by these forms alone, and each of them needs the number of a house: what is written
# in another way stays, and so does every ordinary question.
_HOUSE = r"\d{1,3}(?!\d|[.,]\d{1,2}(?!\d))(?:\s?[a-zA-Zа-яА-Я]\b|\s?[/-]\s?\d{1,3}\b)?"
"""The number of a house: no year, and no part of a decimal."""
_COUNTED = (
    r"Uhr|km\b|m\b|€|Euro|Min|Stund|Nächt|Nacht|Tag|Woche|Monat|Jahr|Kind|Person|[Mm]al\b|Zimmer"
    r"|أشهر|شهر|سن|أيام|يوم|أسابيع|أسبوع|أطفال|ليال|ساع|ماه|سال|شب|روز|هفته|نفر|طفل|ساعت"
)
"""What stands behind a number that is none of a house: “2 Monate auf der Straße”."""
_HERE = rf"{_HOUSE}(?!\s*(?:{_COUNTED}))"
_LARGE = r"[A-ZÀ-ÖØ-ÞĄĆŁŃŚŹŻÇĞİŞȘȚĐА-ЯЁІЇЄҐ]"
_PART = r"[\w.-]{1,40}"
_BEGINS = r"(?<![\w.-])"  # a long word is not looked through from each of its letters
_KIND_LARGE = r"(?:Weg|Gasse|Allee|Chaussee|Damm|Ring|Ufer|Platz|Markt)"
_KIND_FIRST = (
    r"(?:(?i:(?:ул|вул)(?!\w)\.?|(?:просп|пер|пров|ul|al)\.)\s*"
    rf"|(?i:улиц|вулиц|проспект|переул|провул|ulic|alej)\w*\s+(?={_LARGE})"
    rf"|(?i:strada|rue|đường|phố)\s+(?=(?:d\S{{1,3}}\s+)?(?:la\s+)?{_LARGE}))"
)
_KIND_UNCASED = "(?:شارع|خیابان|سرک|کوچه)"
_NUMBER = r"(?:(?i:дом|буд|д|no|nr|số|رقم|پلاک|نمبر)[.:]?\s*|№\s*)?"
_STREETS = "|".join(
    (
        # Lange Straße 5, Bahnhofstr. 7 a
        rf"{_BEGINS}(?:{_LARGE}[\w.-]{{0,40}}\s+)?[\w.-]{{0,40}}(?i:stra(?:ß|ss)e|str\.?)\s*{_HERE}",
        # Heideweg 3
        rf"{_BEGINS}{_LARGE}[\w-]{{1,40}}(?:weg|gasse|allee|chaussee|damm|ring|ufer)\s+{_HERE}",
        # Doberaner Platz 1, Ernst-Thälmann-Ring 2
        rf"{_BEGINS}(?:{_LARGE}\w{{1,40}}er\s+|{_PART}-{_PART}-){_KIND_LARGE}\s+{_HERE}",
        # ул. Ленина 5; улица Ленина, дом 5; rue de la Gare 5. A word that also means just the street ("in the
        # street for 2 months") has a name behind it, written large.
        rf"\b{_KIND_FIRST}(?:[^\s\d,]{{1,40}}[\s,]+){{1,4}}?{_NUMBER}{_HOUSE}",
        # شارع لانغه رقم 5
        rf"(?<!\w){_KIND_UNCASED}\s+(?:[^\s\d,،]{{1,40}}[\s,،]+){{1,3}}?{_NUMBER}{_HERE}",
        # 5 Long Street
        rf"\b\d{{1,3}}\w?\s+(?:{_LARGE}[\w'’-]{{1,40}}\s+){{1,3}}(?:Street|Road|Avenue|Lane)\b",
    )
)
_STREET = re.compile(_STREETS)
_TRACES = re.compile(
    r"https?://\S+|www\.\S+|\b[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+/\S+"  # addresses on the web
    r"|(?<!\S)\S+@\S+|(?<!\w)@\w+"  # e-mail, names in Telegram
    rf"|{_STREETS}"  # with the house; the town is kept anyway
    r"|[A-Za-z]{0,2}\+?\d(?:[\s./()‐-―-]{0,4}\d){5,}"  # telephone, files, accounts; a postal code may stay
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
    line = " ".join(INVISIBLE.sub(" ", text).split())
    if len(line) > _LOOKED_AT:  # looking for traces takes time that grows with the square of the length
        line = line[:_LOOKED_AT].rpartition(" ")[0] or line[:_LOOKED_AT]
    return " ".join(_TRACES.sub("…", line).split())[:LONGEST]


def without_street(text: str) -> str:
    """A text without streets and the numbers of their houses: of an address, the town."""
    return _STREET.sub(" ", text)


def week_of(day: date) -> date:
    """The Monday before: all that is kept of when a text came, so that it can be erased in time."""
    return day - timedelta(days=day.weekday())


def erase_before(today: date) -> date:
    """What is of this day or older is over its time. A text counts from its Monday, so it goes sooner."""
    return today - timedelta(days=KEPT_DAYS)
