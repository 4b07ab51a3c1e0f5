"""What staff of one organisation may write to: only those whom their organisation concerns.

That is: subscribers of any topic but the network's internal one, in the towns of the organisation and
their districts, and whoever saved an event that it holds, also in that event's town. Never the whole
state, never groups. Staff of the network may write to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.broadcast import Audience
from bot.domain.directory import Event, Kind, Organisation, Place
from bot.domain.errors import DomainError
from bot.domain.news import ALL
from bot.domain.places import Gazetteer
from bot.domain.staff import Staff
from bot.storage.store import Snapshot


class OutOfScope(DomainError):
    """An audience goes beyond the organisation that somebody's role is limited to.

    ``areas`` are those that would be allowed, as in :mod:`bot.domain.news`.
    """

    def __init__(self, organisation_id: str, areas: Iterable[str]) -> None:
        self.areas = tuple(sorted(areas))
        super().__init__(
            f"This goes beyond {organisation_id}, to which your role is limited. Allowed are topics other "
            f"than internal in: {', '.join(self.areas) or 'no area, for its towns are not known'}; and who "
            "saved an event that it holds. Not allowed are the whole state, groups, and others' events."
        )


class NotOurEvent(DomainError):
    """Somebody limited to one organisation wants to speak for an event that another one holds."""

    def __init__(self, event_id: str) -> None:
        super().__init__(f"The event {event_id!r} is not held by your organisation.")


async def own_areas(view: Snapshot, gazetteer: Gazetteer, organisation_id: str) -> frozenset[str]:
    """The towns of an organisation and their districts, as areas."""
    found = await view.content_record(Kind.ORGANISATION, organisation_id)
    return _areas(found.places if isinstance(found, Organisation) else (), gazetteer)


def holds(organisation_id: str | None, event: Event) -> bool:
    """Whether staff limited to this organisation (None: to none) may speak for an event."""
    return organisation_id is None or event.organiser == organisation_id


async def check_scope(view: Snapshot, gazetteer: Gazetteer, staff: Staff, audience: Audience) -> None:
    """OutOfScope unless somebody's role reaches as far as an audience."""
    organisation_id = staff.organisation_id
    if organisation_id is None or not audience:
        return
    allowed = await own_areas(view, gazetteer, organisation_id)
    event = await view.content_record(Kind.EVENT, audience.event) if audience.event else None
    ours = isinstance(event, Event) and holds(organisation_id, event)
    if isinstance(event, Event) and ours and event.place is not None:
        allowed |= {one for one in _areas((event.place,), gazetteer) if one.startswith("town:")}
    internal = any(topic.internal for topic in audience.topics)
    somewhere = bool(audience.areas) or not audience.topics
    within = audience.areas <= allowed and ALL not in audience.areas
    if audience.groups or internal or not somewhere or not within or (audience.event and not ours):
        raise OutOfScope(organisation_id, allowed)


def _areas(places: Iterable[Place], gazetteer: Gazetteer) -> frozenset[str]:
    towns = [town for place in places if (town := gazetteer.town(place.town)) is not None]
    return frozenset(f"town:{town.id}" for town in towns) | {f"district:{town.district}" for town in towns}
