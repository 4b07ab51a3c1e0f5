"""Writing an announcement: everything that can be set while it is a draft, and what it would become.

A draft is always stored whole: it outlives restarts. Who changes somebody else's draft becomes its
author; whose work in it somebody else has to look at: :mod:`bot.services.second_person`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from bot.domain.audit import Act
from bot.domain.broadcast import (
    NOBODY,
    STILL_SENDING,
    USUAL,
    Anchor,
    Audience,
    Body,
    Broadcast,
    Missing,
    Options,
    Schedule,
    State,
    choose_body,
)
from bot.domain.directory import Directory
from bot.domain.locales import SOURCE, find, locale_of
from bot.domain.markup import Problem, first_line
from bot.domain.news import areas_reaching, at_wall
from bot.domain.staff import Role, Staff
from bot.services.anchoring import anchored, due_at, too_late
from bot.services.office import (
    NAME,
    DateUnknown,
    NotADraft,
    Obstacle,
    Office,
    TextRefused,
    TimePast,
    acting,
    faults,
    handled,
    in_scope,
    log,
    visible,
)
from bot.services.repeating import first_fire
from bot.services.scope import check_scope, own_areas
from bot.services.second_person import hands
from bot.storage.store import Snapshot, Transaction
from bot.understanding.moments import Shift, clock_change

GRACE = timedelta(minutes=5)
"""A time that is over by no more than this is still taken, and means "at once"."""
_STILL_AHEAD = frozenset({State.PAUSED, State.MISSED})
_EARLIER = (State.SENDING, State.SENT, State.TEMPLATE, State.WITHDRAWN, State.CANCELLED, *_STILL_AHEAD)
"""What can be begun from, of those last ones only what went out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A draft and what it would become if it were sent now.

    ``counts`` are recipients by locale code, all of them; ``missing`` those whose language has no text
    (under FALLBACK: for whom there is none at all); ``excluded`` how many were left out because they
    got something lately; ``problems`` what is wrong with which text.
    """

    broadcast: Broadcast
    bodies: Mapping[str, Body]
    counts: Mapping[str, int]
    missing: Mapping[str, int]
    excluded: int = 0
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    schedule: Schedule | None = None
    two_person_from: int = 0
    late: datetime | None = None
    """The time it was planned for, where that is over and it is not sent any more."""
    hands: frozenset[int] = frozenset()
    """See :func:`bot.services.second_person.hands`; only looked up where a second person is needed."""

    @property
    def revision(self) -> int:
        """See :attr:`bot.domain.broadcast.Broadcast.revision`."""
        return self.broadcast.revision

    @property
    def total(self) -> int:
        """All recipients, whether there is a text for them or not."""
        return sum(self.counts.values())

    @property
    def reached(self) -> int:
        """Recipients who would get a text."""
        return self.total - sum(self.missing.values())

    @property
    def second_person(self) -> bool:
        """Whether so many need somebody else than who wrote it to release it.

        Those left out for what they got lately count too: when it goes out, they may be in again.
        """
        return self.total + self.excluded >= self.two_person_from

    def alone(self, staff_id: int) -> bool:
        """Whether one person would both write and release it, although it needs two."""
        return self.second_person and staff_id in self.hands

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Why it cannot be approved yet; () when it can."""
        found = []
        if not self.broadcast.audience:
            found.append(Obstacle.NO_AUDIENCE)
        if not self.bodies:
            found.append(Obstacle.NO_TEXT)
        elif self.missing and self.broadcast.options.missing is Missing.WAIT:
            found.append(Obstacle.MISSING_TEXTS)
        if self.problems:
            found.append(Obstacle.PROBLEMS)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Timed:
    """When a draft will go out (None: at once), and what is special about that night's clocks."""

    at: datetime | None
    shift: Shift | None = None


async def start_draft(
    office: Office,
    staff: Staff,
    now: datetime,
    *,
    audience: Audience = NOBODY,
    options: Options = USUAL,
    series: str = "",
    in_hand: bool = True,
) -> Broadcast:
    """A new, empty draft, in this person's hand from now on; NotAllowed, OutOfScope.

    ``series`` is the id of the campaign it belongs to. ``in_hand``: False for one that is made elsewhere
    than in the chat; there what was begun goes on. Staff of an organisation write in its name, and
    begin with its own places.
    """
    async with office.store.begin() as tx:
        who = await acting(tx, staff, Role.AUTHOR, staff.organisation_id)
        await check_scope(tx, office.gazetteer, who, audience)
        if who.organisation_id is not None and not audience:
            audience = replace(audience, areas=await own_areas(tx, office.gazetteer, who.organisation_id))
        id = await tx.draft(
            who.id,
            now,
            audience=audience,
            options=options,
            organisation_id=who.organisation_id,
            series=series,
        )
        if in_hand:
            await tx.take_in_hand(who.id, id, who.expecting)
        return await _begun(tx, office, who, id, now)


async def from_template(office: Office, staff: Staff, id: int, now: datetime) -> Broadcast:
    """A new draft with texts, audience and options of an earlier announcement.

    It is not urgent by itself: the earlier one was. NoBroadcast, NotAllowed, OutOfScope.
    """
    async with office.store.begin() as tx:
        source = await visible(tx, staff, id)
        who = await acting(tx, staff, Role.AUTHOR, source.organisation_id)
        await check_scope(tx, office.gazetteer, who, source.audience)
        # Only children of a schedule can be there already.
        new = cast("int", await tx.copy(source.id, now, author_id=who.id))
        await tx.take_in_hand(who.id, new, who.expecting)
        return await _begun(tx, office, who, new, now, source=source.id)


async def _begun(
    tx: Transaction, office: Office, who: Staff, id: int, now: datetime, **detail: int | str
) -> Broadcast:
    await log(tx, office, now, who, Act.DRAFT, id, **detail)
    return await visible(tx, who, id)


async def resume(view: Snapshot, staff: Staff) -> Broadcast | None:
    """The unfinished draft that this person had in hand, or the last they began; None without one."""
    drafts = [one for one in in_scope(staff, await view.broadcasts((State.DRAFT,))) if one.corrects is None]
    in_hand = next((one for one in drafts if one.id == staff.editing), None)
    return in_hand or next((one for one in drafts if one.author_id == staff.id), None)


async def templates(view: Snapshot, staff: Staff) -> tuple[Broadcast, ...]:
    """Earlier announcements to begin from, the newest first: those that still have their texts."""
    found = in_scope(staff, await view.broadcasts(_EARLIER, with_texts=True))
    return tuple(
        one for one in found if one.corrects is None and (one.launched_at or one.state not in _STILL_AHEAD)
    )


# What can be set ----------------------------------------------------------------------------------


async def set_text(office: Office, staff: Staff, id: int, body: Body, now: datetime) -> None:
    """Store the text of one language (``body.locale``) and name the draft by its first line.

    TextRefused, and nothing stored, where it could not be sent. NotADraft, NoBroadcast, NotAllowed.
    """
    check(office, body)
    async with office.store.begin() as tx:
        who, _draft = await _editing(tx, staff, id)
        await tx.put_body(id, body)
        await tx.change(id, name=name_of(await tx.bodies(id)))
        await log(tx, office, now, who, Act.DRAFT, id, part="text", locale=body.locale)


async def set_event(office: Office, staff: Staff, id: int, event_id: str, now: datetime) -> None:
    """Hang an event's card below all texts; empty: none.

    TextRefused, and nothing stored, where the card leaves one of them too little room. NotADraft,
    NoBroadcast, NotAllowed.
    """
    async with office.store.begin() as tx:
        who, _draft = await _editing(tx, staff, id)
        for body in (await tx.bodies(id)).values():
            carrying = replace(body, event_id=event_id)
            check(office, carrying)
            await tx.put_body(id, carrying)
        await log(tx, office, now, who, Act.DRAFT, id, part="event")


async def drop_text(office: Office, staff: Staff, id: int, locale: str, now: datetime) -> bool:
    """Remove the text of one language; False when there was none. Errors as for :func:`set_text`."""
    async with office.store.begin() as tx:
        who, _draft = await _editing(tx, staff, id)
        if not await tx.drop_body(id, locale):
            return False
        await tx.change(id, name=name_of(await tx.bodies(id)))
        await log(tx, office, now, who, Act.DRAFT, id, part="no_text", locale=locale)
        return True


async def move_text(office: Office, staff: Staff, id: int, locale: str, to: str, now: datetime) -> None:
    """Take the text of one language for that of another, which has none. Errors as for :func:`set_text`."""
    async with office.store.begin() as tx:
        who, _draft = await _editing(tx, staff, id)
        bodies = await tx.bodies(id)
        if locale not in bodies or to in bodies:
            return
        body = replace(bodies[locale], locale=to)
        check(office, body)
        await tx.put_body(id, body)
        await tx.drop_body(id, locale)
        await tx.change(id, name=name_of(await tx.bodies(id)))
        await log(tx, office, now, who, Act.DRAFT, id, part="text", locale=to)


async def set_audience(office: Office, staff: Staff, id: int, audience: Audience, now: datetime) -> None:
    """Whom it is for. OutOfScope; NotADraft, NoBroadcast, NotAllowed."""
    await _set(office, staff, id, now, "audience", audience=audience)


async def set_options(office: Office, staff: Staff, id: int, options: Options, now: datetime) -> None:
    """How it is sent. NotADraft, NoBroadcast, NotAllowed."""
    await _set(office, staff, id, now, "options", options=options)


async def set_expiry(office: Office, staff: Staff, id: int, at: datetime | None, now: datetime) -> None:
    """When it leaves ``/news`` (None: after the usual time). NotADraft, NoBroadcast, NotAllowed."""
    await _set(office, staff, id, now, "expiry", expires_at=at)


async def set_time(office: Office, staff: Staff, id: int, at: datetime | None, now: datetime) -> Timed:
    """When it goes out; None: at once. A time without zone is one of the towns' clocks.

    Tells when that time does not exist (it is an hour later then) or comes twice (it is the first one).
    TimePast beyond :data:`GRACE`. NotADraft, NoBroadcast, NotAllowed. Repetition and anchor are dropped; the
    time in ``/news`` moves along.
    """
    shift = None
    if at is not None and at.tzinfo is None:
        shift = clock_change(at, office.zone)
        at = at_wall(at.date(), at.time(), office.zone)
    if at is not None and at < now - GRACE:
        raise TimePast(at)
    await _set(office, staff, id, now, "time", send_at=at, anchor=None)
    return Timed(at, shift)


async def set_anchor(
    office: Office, staff: Staff, id: int, anchor: Anchor, directory: Directory, now: datetime
) -> datetime:
    """It goes out relative to a campaign's or an event's date, whatever that date becomes; when that is.

    DateUnknown, TimePast; NotADraft, NoBroadcast, NotAllowed. A repetition is dropped.
    """
    async with office.store.read() as view:
        options = (await visible(view, staff, id)).options
    at = anchored(anchor, directory, office.zone, options)
    if at is None:
        raise DateUnknown(anchor.record)
    if at < now - GRACE:
        raise TimePast(at)
    await _set(office, staff, id, now, "anchor", send_at=at, anchor=anchor)
    return at


async def set_repetition(
    office: Office, staff: Staff, id: int, rule: str, starts_at: datetime, now: datetime
) -> datetime:
    """It goes out again and again, by an RRULE on the towns' clocks; when for the first time.

    ``starts_at`` is the first date, in UTC. BadRule; NotADraft, NoBroadcast, NotAllowed. Approving makes
    it a template whose copies are sent.
    """
    async with office.store.begin() as tx:
        who, draft = await _editing(tx, staff, id)
        first = first_fire(rule, starts_at, now, office.zone, draft.options)
        await tx.change(id, send_at=first, anchor=None)
        await tx.drop_schedules(id)
        await tx.add_schedule(id, rule, starts_at, None)
        await log(tx, office, now, who, Act.DRAFT, id, part="repetition")
        return first


async def discard(office: Office, staff: Staff, id: int, now: datetime) -> None:
    """Give a draft up; it stays among the cancelled ones. NotADraft, NoBroadcast, NotAllowed."""
    async with office.store.begin() as tx:
        who, _draft = await _editing(tx, staff, id)
        await end_draft(tx, who, id, now)
        await log(tx, office, now, who, Act.DISCARD, id)


async def end_draft(tx: Transaction, who: Staff, id: int, now: datetime) -> None:
    """A draft comes to nothing more, in a transaction that says why: given up, or done."""
    await tx.move(id, State.CANCELLED)
    await tx.change(id, finished_at=now)
    await tx.drop_schedules(id)
    if who.editing == id:
        await tx.take_in_hand(who.id, None, who.expecting)


async def _set(office: Office, staff: Staff, id: int, now: datetime, part: str, **fields: object) -> None:
    async with office.store.begin() as tx:
        who, draft = await _editing(tx, staff, id)
        if isinstance(audience := fields.get("audience"), Audience):
            await check_scope(tx, office.gazetteer, who, audience)
        if "send_at" in fields:
            at = cast("datetime | None", fields["send_at"])
            fields = {**fields, "expires_at": _expiry(draft, at or now, now)}
            await tx.drop_schedules(id)
        await tx.change(id, **fields)
        await log(tx, office, now, who, Act.DRAFT, id, part=part)


def _expiry(draft: Broadcast, at: datetime, now: datetime) -> datetime | None:
    """When a draft leaves ``/news`` that goes out at another time: it is to be read there for as long.

    None, the usual time, where that would end before it is sent.
    """
    if draft.expires_at is None:
        return None
    ends = draft.expires_at + (at - (draft.send_at or now))
    return ends if ends > at else None


async def _editing(tx: Transaction, staff: Staff, id: int) -> tuple[Staff, Broadcast]:
    """Who changes a draft, and the draft; who does it is its author from now on."""
    who, draft = await handled(tx, staff, id, Role.AUTHOR)
    if draft.state is not State.DRAFT:
        raise NotADraft
    if draft.author_id != who.id:
        await tx.change(id, author_id=who.id)
    return who, draft


def check(office: Office, body: Body) -> None:
    """TextRefused unless a text can be sent as it is."""
    found = faults(body, office.isolate)
    if found:
        raise TextRefused(body.locale, found)
    if find(body.locale) is None:
        raise ValueError(f"{body.locale!r} is none of our languages")


def name_of(bodies: Mapping[str, Body]) -> str:
    """What staff call a broadcast: the first line of its German text, or of another one."""
    order = sorted(bodies, key=lambda code: (code != SOURCE, code))
    return next((name for code in order if (name := first_line(bodies[code].html, NAME))), "")


async def note_test(office: Office, staff: Staff, id: int, now: datetime, locale: str = "") -> None:
    """Note in the log that an author was sent a text as its readers see it (no locale: all texts).

    NoBroadcast, NotAllowed.
    """
    async with office.store.begin() as tx:
        who, _found = await handled(tx, staff, id, Role.AUTHOR)
        await log(tx, office, now, who, Act.TEST, id, **({"locale": locale} if locale else {}))


# What it would become -----------------------------------------------------------------------------


async def preview(office: Office, staff: Staff, id: int, now: datetime) -> Preview:
    """A draft with the exact numbers of this moment; NoBroadcast."""
    async with office.store.read() as view:
        return await measure(view, office, await visible(view, staff, id), now)


async def measure(view: Snapshot, office: Office, broadcast: Broadcast, now: datetime) -> Preview:
    """The same within a transaction."""
    audience, bodies = broadcast.audience, await view.bodies(broadcast.id)
    areas = areas_reaching(audience.areas, office.gazetteer) if audience.areas else None
    counts = everybody = await view.audience_counts(audience, areas)
    if audience.not_within:
        since = now - timedelta(hours=audience.not_within)
        recent = await view.recent_broadcasts(since - STILL_SENDING, but=broadcast.id)
        counts = await view.audience_counts(audience, areas, recent=recent, not_since=int(since.timestamp()))
    due, schedule = await due_at(view, broadcast, office.zone), await view.schedule_of(broadcast.id)
    late = schedule is None and due is not None and await too_late(view, broadcast, due, now, office.zone)
    policy = broadcast.options.missing
    missing = {
        code: count for code, count in counts.items() if choose_body(bodies, locale_of(code), policy) is None
    }
    seen = Preview(
        broadcast=broadcast,
        bodies=bodies,
        counts=counts,
        missing=missing,
        excluded=sum(everybody.values()) - sum(counts.values()),
        problems={code: found for code, body in bodies.items() if (found := faults(body, office.isolate))},
        schedule=schedule,
        two_person_from=office.two_person_from,
        late=due if late else None,
    )
    return replace(seen, hands=await hands(view, broadcast)) if seen.second_person else seen
