"""Finding by tapping: which offers, organisations and events fit, in which order.

Pure functions over a :class:`~bot.domain.directory.Directory` and the gazetteer.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.directory import AnyRecord, CounsellingOffer, Directory, EventStatus, Organisation, Place
from bot.domain.places import Gazetteer, Town, distance_km
from bot.domain.spelling import WORD, fold, one_slip
from bot.services.calendar import Occurrence

_Record = TypeVar("_Record", bound=AnyRecord)

_LONGER = 5
"""Letters of a word that may be another one with a slip of the finger."""
_PERSIAN = frozenset({"fa", "fa-AF"})
YOUTH_UNTIL = 27
"""The age at which youth migration services end and migration counselling begins."""


@dataclass(frozen=True, slots=True)
class OfferHit:
    """An offer that fits, its nearest place and how far that is from the town asked for."""

    offer: CounsellingOffer
    place: Place | None
    km: float | None
    specific: bool
    """Its counselling is said to cover this topic; otherwise it takes any question."""
    reaches: bool
    """Responsible for the town asked for, or near enough, or reached by phone."""


NEAR_KM = 45.0
"""A place nearer than this is shown as being near: about an hour by bus in this state."""


def offers_for(
    directory: Directory, gazetteer: Gazetteer, topic: str, town: Town | None, age: str = ""
) -> list[OfferHit]:
    """The offers for a counselling topic, the best door first.

    ``age`` is ``y`` (under 27), ``o`` (27 and over) or empty: offers for another age are left out.
    Order: doors that cover this topic and reach the town, nearest first; doors for any question,
    nearest first; what is reached by telephone or online; then what is far away.
    """
    hits = []
    for offer in directory.offers:
        specific = topic in offer.topics
        if not (specific or offer.general) or not fits_age(offer, age):
            continue
        place, km = nearest_place(offer.places, gazetteer, town)
        hits.append(OfferHit(offer, place, km, specific, _reaches(offer, town, km)))
    return sorted(hits, key=_order)


def offers_speaking(
    directory: Directory, gazetteer: Gazetteer, languages: set[str], town: Town | None, age: str = ""
) -> list[OfferHit]:
    """The offers for whatever topic that reach a town and speak one of some languages, or interpret: those in
    the town first, then those near it, and last who is nowhere but at the telephone."""
    hits = []
    for offer in directory.offers:
        if languages.isdisjoint((*offer.languages, *offer.interpreters)) or not fits_age(offer, age):
            continue
        place, km = nearest_place(offer.places, gazetteer, town)
        if _reaches(offer, town, km):
            hits.append(OfferHit(offer, place, km, specific=False, reaches=True))
    return sorted(hits, key=lambda hit: (not hit.offer.places, *_order(hit)))


def responsible_offers(
    directory: Directory, gazetteer: Gazetteer, topic: str, district: str
) -> list[CounsellingOffer]:
    """The offers that a district has for a topic (empty: for any).

    First those for this topic, then those that name the district as theirs, then those that are in it.
    What is there for the whole state is left out: it differs nowhere.
    """

    def inside(offer: CounsellingOffer) -> bool:
        towns = (gazetteer.town(place.town) for place in offer.places)
        return any(town is not None and town.district == district for town in towns)

    found = [
        offer
        for offer in directory.offers
        if (not topic or topic in offer.topics or offer.general)
        and (district in offer.districts_served or (inside(offer) and not offer.statewide))
    ]
    return sorted(
        found,
        key=lambda offer: (topic not in offer.topics, district not in offer.districts_served, offer.id),
    )


def _order(hit: OfferHit) -> tuple[int, float, int, str]:
    at_hand = bool(hit.offer.places) and hit.reaches
    if hit.specific:
        group = 0 if at_hand else 1 if hit.reaches else 4
    else:
        group = 2 if at_hand else 3 if hit.reaches else 5
    youth = int(hit.offer.max_age is not None)
    # A place that the gazetteer does not know is nowhere near.
    unknown = math.inf if hit.offer.places else 0.0
    return group, hit.km if hit.km is not None else unknown, youth, hit.offer.id


def _reaches(offer: CounsellingOffer, town: Town | None, km: float | None) -> bool:
    if offer.statewide or town is None or not (offer.places or offer.districts_served):
        return True
    return town.district in offer.districts_served or (km is not None and km <= NEAR_KM)


def fits_age(offer: CounsellingOffer, age: str) -> bool:
    """Whether an offer is for people under 27 (``y``), of 27 and over (``o``), or anybody."""
    if age == "y":
        return offer.min_age is None or offer.min_age < YOUTH_UNTIL
    if age == "o":
        return offer.max_age is None or offer.max_age >= YOUTH_UNTIL
    return True


def nearest_place(
    places: Sequence[Place], gazetteer: Gazetteer, town: Town | None
) -> tuple[Place | None, float | None]:
    """The place nearest to a town and its distance in km; the first place where no town is given."""
    if not places:
        return None, None
    if town is None:
        return places[0], None
    best: tuple[float, Place] | None = None
    for place in places:
        there = gazetteer.town(place.town)
        if there is None:
            continue
        km = distance_km(town, there)
        if best is None or km < best[0]:
            best = (km, place)
    return (places[0], None) if best is None else (best[1], best[0])


def organisations_by(
    directory: Directory, gazetteer: Gazetteer, by: str, value: str
) -> list[tuple[Organisation, float | None]]:
    """Organisations in or near a town (with km), speaking a language, working on a topic, or all."""
    if by == "town":
        town = gazetteer.town(value)
        if town is None:
            return []
        found = [
            (organisation, km)
            for organisation in directory.organisations
            for _, km in [nearest_place(organisation.places, gazetteer, town)]
            if km is not None
        ]
        return sorted(found, key=lambda pair: (pair[1], pair[0].id))
    wanted = spoken_as(value) if by == "lang" else {value}
    return [(o, None) for o in directory.organisations if by == "all" or wanted & set(_values(o, by))]


def events_by_town(
    found: Sequence[Occurrence], gazetteer: Gazetteer, town_id: str
) -> list[tuple[Occurrence, float | None]]:
    """The occurrences in a town, and those online: they are in every town. All where none is named.

    Where nothing takes place in the town itself: the next date of each event elsewhere, nearest first,
    with its distance in km, after what is online.
    """
    town = gazetteer.town(town_id)
    if town is None:
        return [(occurrence, None) for occurrence in found]
    at_hand = [o for o in found if o.event.place is None or o.event.place.town == town.id]
    if any(o.event.place is not None for o in at_hand):
        return [(occurrence, None) for occurrence in at_hand]
    near: dict[str, tuple[Occurrence, float]] = {}
    for occurrence in found:
        place = occurrence.event.place
        if place is None or occurrence.status is EventStatus.CANCELLED:
            continue
        _, km = nearest_place((place,), gazetteer, town)
        if km is not None:
            near.setdefault(occurrence.event.id, (occurrence, km))
    # Sorting is stable: at the same distance the order of time stays.
    return [*((o, None) for o in at_hand), *sorted(near.values(), key=lambda pair: pair[1])]


def _values(organisation: Organisation, by: str) -> Iterable[str]:
    if by == "lang":
        return (*organisation.languages, *organisation.communities)
    return organisation.topics


def spoken_as(languages: str) -> set[str]:
    """The codes under which a language may stand, or any of several with commas between.

    Who speaks Dari is understood in Persian and back.
    """
    asked = {code for code in languages.split(",") if code}
    return asked if asked.isdisjoint(_PERSIAN) else asked | _PERSIAN


def named(records: Iterable[_Record], text: str, *, slips: bool = False) -> list[_Record]:
    """Those with a title in any language whose words begin with all words of ``text``.

    ``slips``: or are a longer one of them with a slip of the finger.
    """
    wanted, longer = _words(text), _LONGER if slips else math.inf

    def has(title: str) -> bool:
        words = _words(title)
        return all(
            any(word.startswith(part) or (len(part) >= longer and one_slip(word, part)) for word in words)
            for part in wanted
        )

    return [one for one in records if wanted and any(has(title) for _, title in one.title.texts())]


def _words(text: str) -> list[str]:
    return [fold(word) for word in WORD.findall(text)]


def choices(directory: Directory, by: str) -> list[tuple[str, int]]:
    """The languages or topics that organisations have, with how many each, most first."""
    counts = Counter(
        value
        for o in directory.organisations
        for value in set(_values(o, by))
        if not (by == "lang" and value == "de")
    )
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def towns_with_offers(directory: Directory, gazetteer: Gazetteer) -> list[Town]:
    """The towns offered as buttons: where there are doors, and the largest towns; largest first."""
    ids = {place.town for offer in directory.offers for place in offer.places}
    ids |= {place.town for organisation in directory.organisations for place in organisation.places}
    largest = {town.id for town in sorted(gazetteer.towns, key=lambda t: -t.population)[:18]}
    towns = [town for id in ids | largest if (town := gazetteer.town(id)) is not None]
    return sorted(towns, key=lambda town: -town.population)
