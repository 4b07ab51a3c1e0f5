"""Who does not count as the second person for a broadcast, and what goes to too many for one alone.

What goes to many is looked at by two people. Who did what, the staff's log tells.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.audit import Act, Entry
from bot.domain.broadcast import Broadcast
from bot.domain.news import areas_reaching
from bot.domain.places import Gazetteer
from bot.storage.store import Snapshot

_CHANGED = frozenset({Act.DRAFT})
_SEEN = frozenset({Act.SUBMIT, Act.APPROVE, Act.RELEASE, Act.OVERRIDE})


async def hands(view: Snapshot, one: Broadcast, *, ever: bool = False) -> frozenset[int]:
    """Who changed a draft without that somebody else has handed it over or released it since.

    They are not the second person for it. ``ever``: whoever else has looked at it.
    """
    return _hands(one, await _done_with(view, one, _CHANGED if ever else _CHANGED | _SEEN))


def _hands(one: Broadcast, done: Iterable[Entry]) -> frozenset[int]:
    # Of a time of a repetition that is gone nobody knows who else wrote it.
    found = {one.author_id} if one.schedule_id is not None else set[int | None]()
    for entry in done:
        if entry.act in _CHANGED:
            found.add(entry.staff_id)
        else:
            found &= {entry.staff_id}
    return frozenset(staff_id for staff_id in found if staff_id is not None)


async def _done_with(view: Snapshot, one: Broadcast, acts: Iterable[Act]) -> tuple[Entry, ...]:
    """What was done with a broadcast, the oldest first; with a time of a repetition also what was done with
    the template until it was made."""
    done = await view.audit_of(one.id, acts)
    schedules = await view.schedules() if one.schedule_id is not None else ()
    template = next((it.broadcast_id for it in schedules if it.id == one.schedule_id), None)
    if template is None:
        return done
    before = await view.audit_of(template, acts)
    return (*(entry for entry in before if entry.at <= one.created_at), *done)


async def outgrown(view: Snapshot, gazetteer: Gazetteer, one: Broadcast, two_person_from: int) -> bool:
    """Whether one person alone has released what is for so many by now that it needs two.

    Not where that was said to be an emergency. Counted only where nobody else has looked at it: what two
    have released, to however many, costs nothing here.
    """
    done = await _done_with(view, one, _CHANGED | _SEEN)
    last = next((entry.act for entry in reversed(done) if entry.act in _SEEN), None)
    if one.releaser_id not in _hands(one, done) or last == Act.OVERRIDE:
        return False
    areas = areas_reaching(one.audience.areas, gazetteer) if one.audience.areas else None
    return sum((await view.audience_counts(one.audience, areas)).values()) >= two_person_from
