"""What must be true of a record in an import file, beyond its fields having the right types.

:func:`examine` also brings language codes and telephone numbers into their one usual form; :func:`advise`
finds what may be meant, and is probably a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

import babel
import opening_hours
import phonenumbers
from dateutil.rrule import rrulestr

from bot.content.meaning import load_topics
from bot.domain.directory import (
    AnyRecord,
    Campaign,
    ContactDetails,
    CounsellingOffer,
    Event,
    Organisation,
    PartialDate,
    Place,
    Record,
)
from bot.domain.locales import LOCALES, SOURCE, canonical
from bot.domain.markup import is_web_address
from bot.domain.places import Gazetteer
from bot.domain.text import LocalizedText, Rendition
from bot.services.calendar import over
from bot.storage.codec import Problem, field_types

MAX_ID = 28
MAX_SUMMARY = 200
MAX_TITLE = 120

SHORT_CODES = frozenset({"110", "112", "115", "116016", "116111", "116117"})
"""Numbers that telephone libraries may not know; 116016 is the most important one of all."""

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOPIC = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_FREE_CALL = re.compile(r"\+49800[0-9]{7,8}")
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_RULE_PART = re.compile(r"[A-Z]+=[A-Z0-9,+:-]+")
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}

_SHELTER = re.compile(
    "shelter|refuge(?!e)|frauenh[aä]us|schutzh[aä]us|schutzwohnung|zufluchts", re.IGNORECASE
)
"""What a house is called whose address nobody may know."""

OFFER_TYPES = (
    "antidiscrimination_counselling",
    "asylum_counselling",
    "crisis",
    "crisis_youth",
    "domestic_violence",
    "emergency",
    "everyday_help",
    "information_portal",
    "labour_counselling",
    "language_and_interpreting",
    "lgbtiq_refugees",
    "medical",
    "medical_help",
    "migration_counselling",
    "online_counselling",
    "psychosocial",
    "recognition_counselling",
    "victim_support",
    "women_shelter",
    "youth_migration_service",
)
"""The kinds of counselling that the starter content has, in order."""

_TEXT_CODES = {locale.code.lower(): locale.code for locale in LOCALES}
# German Sign Language and sign languages in general: CLDR has no names for them.
_SPOKEN = {*babel.Locale("en").languages, "sgn", "gsg"}
_APPOINTMENTS = ("required", "not_required")
_NEAR = 0.75
"""How alike two topics or ids are, from 0 to 1, so that one is a typing error of the other."""


def examine(record: AnyRecord, gazetteer: Gazetteer, today: date) -> tuple[AnyRecord, tuple[Problem, ...]]:
    """The record in its usual form, and everything that is wrong with it."""
    examination = _Examination(gazetteer, today)
    record = examination.normalise(record)
    examination.check(record)
    return record, tuple(examination.problems)


@cache
def known_topics() -> tuple[str, ...]:
    """The topics that come with the program, in order; ``counselling`` is for lists only."""
    return tuple(sorted({*load_topics(), "counselling"}))


def advise(
    record: AnyRecord, organisations: Collection[str], raw: Mapping[str, Any], today: date
) -> Iterator[Problem]:
    """Topics of a record that are not known: nobody's questions are inherited from them; a kind of
    counselling that no other offer has; an event that is over; an organiser
    who looks like an id and is none of the ``organisations``: people would read it as a name; and languages
    that stand in ``raw``, its data before they were read, with a country."""
    for name in ("languages", "interpreters"):
        given = raw.get(name)
        for index, tag in enumerate(given if isinstance(given, list) else ()):
            code = language_code(tag) if isinstance(tag, str) and re.search("[-_]", tag.strip()) else None
            if code is not None and code.lower() != canonical(tag).lower():
                yield Problem(
                    (name, index), f"{tag!r} is taken as {code}; if it is two languages, write both"
                )
    for index, topic in enumerate(record.topics):
        if topic not in known_topics() and _TOPIC.fullmatch(topic):
            yield Problem(("topics", index), _unknown(topic))
    if isinstance(record, CounsellingOffer) and record.type and record.type not in OFFER_TYPES:
        yield Problem(("type",), _unknown_type(record.type))
    if isinstance(record, Event) and not record.repeats and over(record, today):
        yield Problem(("starts",), "this event is over: nobody is shown it; check the date")
    if not isinstance(record, Event) or record.organiser is None or record.organiser in organisations:
        return
    if _ID.fullmatch(record.organiser):
        near = get_close_matches(record.organiser, sorted(organisations), 1, _NEAR)
        advice = f"did you mean {near[0]}?" if near else "if it is a name, write it as people shall read it"
        yield Problem(("organiser",), f"{record.organiser!r} is the id of no organisation; {advice}")


def _unknown_type(type: str) -> str:
    near = get_close_matches(type, OFFER_TYPES, 1, _NEAR)
    advice = f"did you mean {near[0]}?" if near else "those that it knows stand in docs/content.md"
    return f"{type!r} is none of the kinds of counselling that Lotse knows; {advice}"


@lru_cache(1000)
def _unknown(topic: str) -> str:
    near = get_close_matches(topic, known_topics(), 1, _NEAR)
    advice = f"did you mean {near[0]}?" if near else "if it is your own, give its records examples"
    return f"{topic!r} is none of the topics that Lotse knows; {advice}"


def text_code(tag: str) -> str | None:
    """The launch language that a text's key means (``vn`` → ``vi``, ``ar_SY`` → None), or None."""
    return _TEXT_CODES.get(canonical(tag).lower())


def language_code(tag: str) -> str | None:
    """The usual code of a language that somebody speaks (``kmr`` → ``ku``), or None if there is none.

    Without a country, by which nobody looks for a language: ``ar-SY`` → ``ar``.
    """
    if (code := text_code(tag)) is not None:
        return code
    code = canonical(tag)
    language = canonical(code.partition("-")[0].lower())
    return language if _TAG.fullmatch(code) and language in _SPOKEN else None


def phone_number(text: str) -> str | None:
    """A telephone number as it is stored (E.164 or a short code), or None if it is none."""
    digits = re.sub(r"[\s/().–-]", "", text)
    if digits in SHORT_CODES:
        return digits
    try:
        number = phonenumbers.parse(digits, "DE")
    except phonenumbers.NumberParseException:
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if phonenumbers.is_valid_number(number) or _FREE_CALL.fullmatch(written) else None


def recurrence_error(rule: str, event: Event) -> str | None:
    """What is wrong with an event's RRULE, or None."""
    example = "write it like FREQ=WEEKLY;BYDAY=TU"
    parts = rule.split(";")
    if not all(_RULE_PART.fullmatch(part) for part in parts):
        return f"{rule!r} is not a rule of repetition; {example}"
    values = dict(part.split("=", 1) for part in parts)
    if values.get("FREQ") not in _FREQUENCIES:
        return f"FREQ must be one of {', '.join(sorted(_FREQUENCIES))}; {example}"
    if not values.get("INTERVAL", "1").strip("0"):
        return "INTERVAL must be 1 or more"
    if "COUNT" in values and "UNTIL" in values:
        return "COUNT and UNTIL exclude each other; keep one"
    try:
        first = next(iter(rrulestr(rule, dtstart=event.starts, ignoretz=True)), None)
    except (ValueError, TypeError, IndexError, OverflowError):
        return f"{rule!r} is not a rule of repetition; {example}"
    return None if first else "by this rule the event never takes place; check UNTIL and the days"


class _Examination:
    def __init__(self, gazetteer: Gazetteer, today: date) -> None:
        self._gazetteer = gazetteer
        self._today = today
        self.problems: list[Problem] = []

    def _wrong(self, message: str, *path: str | int) -> None:
        self.problems.append(Problem(path, message))

    # The usual form

    def normalise(self, record: AnyRecord) -> AnyRecord:
        changes: dict[str, Any] = {}
        for name, (_, tp) in field_types(type(record)).items():
            value = getattr(record, name)
            if tp is LocalizedText:
                changes[name] = LocalizedText(self._keyed(value.renditions, name, text_code))
            elif name == "examples":
                changes[name] = self._keyed(value, name, language_code)
            elif name in {"languages", "interpreters"}:
                codes = [self._spoken(tag, name, index) for index, tag in enumerate(value)]
                changes[name] = tuple(dict.fromkeys(codes))
            elif isinstance(value, ContactDetails):
                changes[name] = replace(
                    value, phone=self._phone(value.phone, "phone"), mobile=self._phone(value.mobile, "mobile")
                )
        return replace(record, **changes)

    def _keyed(self, values: Any, name: str, read: Callable[[str], str | None]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for tag, value in values.items():
            code = read(tag)
            if code is None and read is text_code:
                self._wrong(f"{tag!r} is none of the languages {', '.join(_TEXT_CODES.values())}", name, tag)
            elif code is None:
                self._wrong(f"{tag!r} is not a language code; write it like de, ar or uk", name, tag)
            elif code in found:
                self._wrong(f"{tag!r} means {code}, which stands here already; keep one", name, tag)
            else:
                found[code] = value
        return found

    def _spoken(self, tag: str, name: str, index: int) -> str:
        code = language_code(tag)
        if code is None:
            self._wrong(f"{tag!r} is not a language code; write it like de, ar or uk", name, index)
        return code or tag

    def _phone(self, text: str | None, name: str) -> str | None:
        if text is None:
            return None
        number = phone_number(text)
        if number is None:
            self._wrong(f"{text!r} is not a telephone number; write it like +493811286990", "contact", name)
        return number or text

    # What all kinds share

    def check(self, record: AnyRecord) -> None:
        self._check_words(record)
        self._check_origin(record)
        if isinstance(record, Organisation | CounsellingOffer):
            self._check_contact(record.contact)
            for index, place in enumerate(record.places):
                self._check_place(place, "places", index)
            if _is_shelter(record) and any(place.address for place in record.places):
                self._wrong("the address of a shelter is secret; take it out", "places")
        if isinstance(record, Organisation):
            self._check_past(record.founded, "founded")
        elif isinstance(record, CounsellingOffer):
            self._check_offer(record)
        elif isinstance(record, Event):
            self._check_event(record)
        elif isinstance(record, Campaign):
            self._check_campaign(record)
        else:
            self._check_url(record.website, "website")

    def _check_words(self, record: AnyRecord) -> None:
        if not _ID.fullmatch(record.id):
            self._wrong(f"{record.id!r} may have only a-z, 0-9 and single hyphens, like lobbi-ost", "id")
        elif len(record.id) > MAX_ID:
            self._wrong(f"{record.id!r} is longer than {MAX_ID} characters; shorten it", "id")
        for name, (_, tp) in field_types(type(record)).items():
            value = getattr(record, name)
            if tp is LocalizedText:
                for code, rendition in value.renditions.items():
                    self._check_text(name, code, rendition)
            elif name == "source" and not value.strip():
                self._wrong("every record needs a source; write where it was read", name)
            elif isinstance(value, str) and not value.strip():
                self._wrong("nothing stands here; write a value or take the line out", name)
        for name in ("title", "summary"):
            if SOURCE not in getattr(record, name).renditions:
                self._wrong("the German text (de) is missing", name)
        for code, questions in record.examples.items():
            for index, question in enumerate(questions):
                if not question.strip():
                    self._wrong(
                        "the question is empty; write it or take the line out", "examples", code, index
                    )
        self._check_names(record.topics, "topics")

    def _check_text(self, name: str, code: str, rendition: Rendition) -> None:
        limit = {"title": MAX_TITLE, "summary": MAX_SUMMARY}.get(name)
        length = len(rendition.text)
        if not rendition.text.strip():
            self._wrong("the text is empty; write it or take the line out", name, code)
        elif limit and length > limit:
            self._wrong(f"the text has {length} characters; shorten it to {limit}", name, code)

    def _check_names(self, values: tuple[str, ...], *path: str) -> None:
        for index, value in enumerate(values):
            if not _TOPIC.fullmatch(value):
                self._wrong(f"{value!r} may have only a-z, 0-9, - and _", *path, index)
            elif value in values[:index]:
                self._wrong(f"{value!r} stands here twice; keep one", *path, index)

    def _check_origin(self, record: Record) -> None:
        if record.confirmed_on and not record.confirmed_by:
            self._wrong(
                "write under confirmed_by who has confirmed it: a role, no person's name", "confirmed_on"
            )
        if record.confirmed_by and not record.confirmed_on:
            self._wrong("write under confirmed_on when it was confirmed, like 2026-12-31", "confirmed_by")
        if record.confirmed_on and record.confirmed_on > self._today:
            self._wrong(f"{record.confirmed_on} is in the future", "confirmed_on")
        self._check_past(record.as_of, "as_of")
        for name in ("review_due", "funding_until"):
            day = getattr(record, name)
            if day and not 2000 <= day.year <= self._today.year + 20:
                self._wrong(f"{day} cannot be right; check the year", name)
        if record.review_due and record.confirmed_on and record.review_due < record.confirmed_on:
            self._wrong("the review is due before the confirmation; one of the two is wrong", "review_due")
        if record.publish_address and not any(place.address for place in _places(record)):
            self._wrong(
                "there is no address to show; write one, or take publish_address out", "publish_address"
            )

    def _check_past(self, when: PartialDate | None, name: str) -> None:
        if when is None:
            return
        first_day = date(when.year, when.month or 1, when.day or 1)
        if first_day > self._today:
            self._wrong(f"{when} is in the future", name)
        elif when.year < 1800:
            self._wrong(f"{when} cannot be right; check the year", name)

    # Parts

    def _check_contact(self, contact: ContactDetails) -> None:
        if contact.email is not None and not _EMAIL.fullmatch(contact.email):
            self._wrong(
                f"{contact.email!r} is not an e-mail address; write it like info@example.org",
                "contact",
                "email",
            )
        self._check_url(contact.website, "contact", "website")

    def _check_url(self, url: str | None, *path: str | int) -> None:
        if url is not None and not is_web_address(url):
            self._wrong(f"{url!r} is not a web address; write it like https://example.org", *path)

    def _check_place(self, place: Place, *path: str | int) -> None:
        if self._gazetteer.town(place.town) is None:
            similar = self._gazetteer.search(place.town.replace("-", " "), limit=1)
            example = f"perhaps {similar[0].id}" if similar else "write its id, like rostock"
            self._wrong(f"{place.town!r} is not a town of the gazetteer; {example}", *path, "town")
        if (place.latitude is None) != (place.longitude is None):
            self._wrong("latitude and longitude belong together; write both or none", *path)
        for name, limit in (("latitude", 90), ("longitude", 180)):
            value = getattr(place, name)
            if value is not None and not -limit <= value <= limit:
                self._wrong(f"{value} is not between -{limit} and {limit}", *path, name)

    def _check_district(self, id: str, *path: str | int) -> None:
        if self._gazetteer.district(id) is None:
            self._wrong(f"{id!r} is not a district of the gazetteer; write its id, like vr", *path)

    # Kinds

    def _check_offer(self, offer: CounsellingOffer) -> None:
        for index, id in enumerate(offer.districts_served):
            self._check_district(id, "districts_served", index)
        for name in ("min_age", "max_age"):
            age = getattr(offer, name)
            if age is not None and not 0 <= age <= 120:
                self._wrong(f"{age} is not an age in years", name)
        if offer.min_age is not None and offer.max_age is not None and offer.min_age > offer.max_age:
            self._wrong("min_age is above max_age; exchange them", "min_age")
        if offer.appointment is not None and offer.appointment not in _APPOINTMENTS:
            self._wrong(f"{offer.appointment!r} is none of {', '.join(_APPOINTMENTS)}", "appointment")
        if offer.hotline and not (offer.contact.phone or offer.contact.mobile):
            self._wrong("a hotline needs a telephone number in contact", "hotline")
        if offer.hours is not None and not opening_hours.validate(offer.hours):
            self._wrong(
                f"{offer.hours!r} cannot be read as hours; write them like 'Mo-Th 09:00-12:00; PH off', "
                "or in words under hours_note",
                "hours",
            )

    def _check_event(self, event: Event) -> None:
        if event.ends is not None and event.ends < event.starts:
            self._wrong("the event ends before it starts", "ends")
        elif event.ends == event.starts and not event.all_day:
            self._wrong("the event ends the moment it starts; take the line out or correct it", "ends")
        if event.repeats is not None:
            error = recurrence_error(event.repeats, event)
            if error:
                self._wrong(error, "repeats")
            else:
                self._check_exceptions(event, event.repeats)
        else:
            for name in ("except_on", "changes"):
                if getattr(event, name):
                    self._wrong("this is for events that repeat; write repeats, or take it out", name)
        for index, change in enumerate(event.changes):
            if (change.starts is None) == (not change.cancelled):
                self._wrong("write either a new starts or cancelled: true", "changes", index)
        if event.place is not None:
            self._check_place(event.place, "place")
        self._check_url(event.online, "online")

    def _check_exceptions(self, event: Event, repeats: str) -> None:
        """A date that the series does not have excludes nothing, and its change would be one date more."""
        named: list[tuple[datetime, tuple[str | int, ...]]] = [
            (moment, ("except_on", index)) for index, moment in enumerate(event.except_on)
        ]
        named += [(one.original, ("changes", index, "original")) for index, one in enumerate(event.changes)]

        def clock(moment: datetime) -> datetime:
            return datetime.combine(moment, time()) if event.all_day else moment.replace(microsecond=0)

        first = clock(event.starts)
        series = rrulestr(repeats, dtstart=first, ignoretz=True)
        for moment, path in named:
            wanted = clock(moment)
            if wanted == first or wanted in series.between(wanted, wanted, inc=True):
                continue
            after = series.after(wanted)
            hint = f"the next is {after:%Y-%m-%d %H:%M}" if after else "it ends before that"
            self._wrong(f"the series has no date on {moment:%Y-%m-%d at %H:%M}; {hint}", *path)

    def _check_campaign(self, campaign: Campaign) -> None:
        for id in campaign.districts:
            self._check_district(id, "districts", id)
        started, ended = campaign.started, campaign.ended
        self._check_past(started, "started")
        if started and ended and _last(ended) < _first(started):
            self._wrong("the campaign ended before it started", "ended")


def _is_shelter(record: Organisation | CounsellingOffer) -> bool:
    """Whether its address is secret: by its kind, or because it is about violence and its title says so."""
    if _SHELTER.search(record.type or ""):
        return True
    titles = " ".join(rendition.text for rendition in record.title.renditions.values())
    return "violence" in record.topics and _SHELTER.search(titles) is not None


def _places(record: Record) -> tuple[Place, ...]:
    if isinstance(record, Organisation | CounsellingOffer):
        return record.places
    return (record.place,) if isinstance(record, Event) and record.place else ()


def _first(when: PartialDate) -> tuple[int, int, int]:
    return when.year, when.month or 1, when.day or 1


def _last(when: PartialDate) -> tuple[int, int, int]:
    return when.year, when.month or 12, when.day or 31
