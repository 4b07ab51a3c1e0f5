"""What Lotse knows: organisations, counselling offers, events, campaigns and articles.

Every record says where its facts come from and how old they are; :func:`shown` and
:func:`freshness` are the only places that decide whether and how a record may be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

from bot.domain.text import LocalizedText


class Kind(StrEnum):
    """The kinds of records. The values stand in import files, links and callback data."""

    ORGANISATION = "organisation"
    OFFER = "offer"
    EVENT = "event"
    CAMPAIGN = "campaign"
    ARTICLE = "article"


Key = tuple[Kind, str]
"""Kind and id: what identifies a record among all."""


class Status(StrEnum):
    """What is known about whether the thing still exists, or how far a campaign has come."""

    ACTIVE = "active"
    UNCERTAIN = "uncertain"
    ENDED = "ended"
    ACHIEVED = "achieved"
    PARTLY_ACHIEVED = "partly_achieved"
    NOT_ACHIEVED = "not_achieved"


GENERAL_KNOWLEDGE = "general knowledge"
"""The source of what everybody in the field knows; it is named in the reader's language."""
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date as precise as its source: ``2023``, ``2023-06`` or ``2023-06-14``."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; ValueError for anything else."""
        match = _PARTIAL_DATE.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a date like 2023, 2023-06 or 2023-06-14")
        year, month, day = (int(part) if part else None for part in match.groups())
        date(year or 0, month or 1, day or 1)  # raises ValueError for a 13th month
        return cls(year or 0, month, day)

    @property
    def exact(self) -> date | None:
        """The day; None where it is not known to the day."""
        return date(self.year, self.month, self.day) if self.month and self.day else None

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        if self.month is not None:
            parts.append(f"{self.month:02d}")
        if self.day is not None:
            parts.append(f"{self.day:02d}")
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is. ``town`` is a gazetteer id; the address is shown only with consent."""

    town: str
    address: str | None = None
    name: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """How to reach an organisation or offer. Phones are E.164 or German short codes."""

    phone: str | None = None
    mobile: str | None = None
    email: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all kinds share: its words, and where its facts come from.

    ``verified`` says that the source was read and says so; ``confirmed_on``/``confirmed_by`` that
    the office (a role, never a person's name) stands behind it. ``publish_address`` is the consent
    to show a street address. ``examples`` are questions that this record answers, by locale.
    ``note`` is for the office and never shown.
    """

    KIND: ClassVar[Kind]

    id: str
    title: LocalizedText
    summary: LocalizedText
    topics: tuple[str, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    status: Status = Status.ACTIVE
    source: str
    verified: bool
    as_of: PartialDate | None = None
    confirmed_on: date | None = None
    confirmed_by: str | None = None
    review_due: date | None = None
    funding_until: date | None = None
    publish_address: bool = False
    demo: bool = False
    note: str | None = None

    @property
    def key(self) -> Key:
        """What identifies this record among all."""
        return self.KIND, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation(Record):
    """A migrant self-organisation (MSO), a centre, an umbrella or a council."""

    KIND: ClassVar[Kind] = Kind.ORGANISATION

    type: str = "mso"
    places: tuple[Place, ...] = ()
    languages: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    contact: ContactDetails = ContactDetails()
    founded: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounsellingOffer(Record):
    """A door where somebody helps: an office, a desk, or a hotline.

    ``general`` marks the offers that take any everyday question (migration counselling), so that
    a topic without an office of its own still has a door. ``districts_served``
    widens the reach beyond ``places``; ``statewide`` covers all of MV. ``hours`` is in
    OpenStreetMap's opening_hours syntax; ``hours_note`` where the source has only words.
    """

    KIND: ClassVar[Kind] = Kind.OFFER

    type: str
    general: bool = False
    hotline: bool = False
    provider: str | None = None
    places: tuple[Place, ...] = ()
    districts_served: tuple[str, ...] = ()
    statewide: bool = False
    languages: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    min_age: int | None = None
    max_age: int | None = None
    target_group: LocalizedText = LocalizedText()
    free: bool | None = None
    cost: LocalizedText = LocalizedText()
    anonymous: bool = False
    appointment: str | None = None
    """``required``, ``not_required`` or None where the source does not say."""
    contact: ContactDetails = ContactDetails()
    hours: str | None = None
    hours_note: LocalizedText = LocalizedText()

    @property
    def reachable(self) -> bool:
        """Whether it says how to reach it: a contact, or an address that may be shown."""
        address = self.publish_address and any(place.address for place in self.places)
        return address or self.contact != ContactDetails()


class EventStatus(StrEnum):
    """Whether an event takes place as announced."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class OccurrenceChange:
    """One date of a recurring event that differs: cancelled, or moved to ``starts``."""

    original: datetime
    starts: datetime | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Record):
    """Something to go to. Times are the town's wall-clock (Europe/Berlin), without zone.

    ``repeats`` is an RFC 5545 RRULE, ``except_on`` its EXDATEs.
    """

    KIND: ClassVar[Kind] = Kind.EVENT

    starts: datetime
    ends: datetime | None = None
    all_day: bool = False
    repeats: str | None = None
    except_on: tuple[datetime, ...] = ()
    changes: tuple[OccurrenceChange, ...] = ()
    event_status: EventStatus = EventStatus.PLANNED
    reason: LocalizedText = LocalizedText()
    organiser: str | None = None
    """Id of an organisation, or a name."""
    place: Place | None = None
    online: str | None = None
    free: bool | None = None
    cost: LocalizedText = LocalizedText()
    childcare: bool = False
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign(Record):
    """What the network fights for, with its honest status, by district where that differs."""

    KIND: ClassVar[Kind] = Kind.CAMPAIGN

    body: LocalizedText = LocalizedText()
    started: PartialDate | None = None
    ended: PartialDate | None = None
    districts: Mapping[str, Status] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Record):
    """Something to read. ``section`` groups them; ``terms`` are a glossary entry's spellings."""

    KIND: ClassVar[Kind] = Kind.ARTICLE

    section: str = "network"
    body: LocalizedText = LocalizedText()
    terms: tuple[str, ...] = ()
    website: str | None = None


AnyRecord = Organisation | CounsellingOffer | Event | Campaign | Article
KINDS: Mapping[Kind, type[AnyRecord]] = {
    Kind.ORGANISATION: Organisation,
    Kind.OFFER: CounsellingOffer,
    Kind.EVENT: Event,
    Kind.CAMPAIGN: Campaign,
    Kind.ARTICLE: Article,
}


class Freshness(StrEnum):
    """How a record's age is spoken of."""

    CONFIRMED = "confirmed"
    """The office stands behind it."""
    UNCONFIRMED = "unconfirmed"
    """Read in a published source, not yet confirmed by the office."""
    STALE = "stale"
    """Past its review date, its funding has run out, or nobody knows whether it goes on."""


_DOORS = (Kind.OFFER, Kind.ORGANISATION)


def shown(record: Record) -> bool:
    """Whether people may see it: its source was read, or the office has confirmed it.

    An ended offer or association is no door; an ended campaign or project is history and told as such.
    """
    if not (record.verified or record.confirmed_on):
        return False
    return not (record.KIND in _DOORS and record.status is Status.ENDED)


def freshness(record: Record, today: date) -> Freshness:
    """How sure the reader can be of this record today."""
    expired = any(due is not None and due < today for due in (record.review_due, record.funding_until))
    if expired or record.status is Status.UNCERTAIN:
        return Freshness.STALE
    return Freshness.CONFIRMED if record.confirmed_on else Freshness.UNCONFIRMED


@dataclass(frozen=True)
class Directory:
    """Everything that may be shown, as one immutable picture of a moment."""

    records: Mapping[Key, AnyRecord] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[AnyRecord]) -> Directory:
        """The records that may be shown; the others are left out here and nowhere else."""
        return cls({record.key: record for record in records if shown(record)})

    def get(self, kind: Kind, id: str) -> AnyRecord | None:
        """One record, or None."""
        return self.records.get((kind, id))

    @cached_property
    def organisations(self) -> tuple[Organisation, ...]:
        """All organisations, in import order."""
        return tuple(r for r in self.records.values() if isinstance(r, Organisation))

    @cached_property
    def offers(self) -> tuple[CounsellingOffer, ...]:
        """All counselling offers, hotlines among them."""
        return tuple(r for r in self.records.values() if isinstance(r, CounsellingOffer))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All events, past ones too."""
        return tuple(r for r in self.records.values() if isinstance(r, Event))

    @cached_property
    def campaigns(self) -> tuple[Campaign, ...]:
        """All campaigns."""
        return tuple(r for r in self.records.values() if isinstance(r, Campaign))

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        """All articles, glossary entries among them."""
        return tuple(r for r in self.records.values() if isinstance(r, Article))
