"""From a draft to what is sent: handing in, releasing by a second person, and every way to stop it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.audit import Act
from bot.domain.broadcast import SHOWN_FOR, Broadcast, State, WrongState
from bot.domain.deliveries import Delivery
from bot.domain.staff import ROLE_REMOVED, NotAllowed, Role, Staff, Told
from bot.services.anchoring import due_at, retime, too_late
from bot.services.drafting import Preview, measure, name_of, preview
from bot.services.office import (
    Changed,
    DateUnknown,
    NotADraft,
    NotReady,
    Office,
    SecondPerson,
    TimePast,
    handled,
    log,
    visible,
)
from bot.services.repeating import first_fire, off_holidays
from bot.services.scope import check_scope
from bot.services.second_person import hands
from bot.storage.deliveries import FIRST
from bot.storage.store import Transaction

_CHUNK = 10_000
"""Deliveries that are looked through in one transaction."""
_LINE = 300
"""Characters of what is said to an author."""
BY_AUTHOR = "author"
"""Why it is paused, where somebody else has to decide how it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What approving or releasing has led to.

    ``state``: SCHEDULED, TEMPLATE (it repeats) or REVIEW (somebody else must release it). ``at``: when it
    goes out, None while it is reviewed. ``override``: it went without the second person; ``tell`` are
    all admins who can be written to, who must hear of it then.
    """

    broadcast_id: int
    state: State
    at: datetime | None
    recipients: int
    override: bool = False
    tell: tuple[Told, ...] = ()


async def approve(
    office: Office,
    staff: Staff,
    id: int,
    now: datetime,
    *,
    override: bool = False,
    revision: int | None = None,
) -> Approved:
    """The author is done: it is sent at its time, or handed to a second person.

    That is needed where the author may not release, or where it is for ``office.two_person_from``
    recipients or more and nobody else has looked at what this person wrote in it. ``override`` goes
    without, for those who may release. ``revision``: what was looked at, nothing else is sent.
    From now on texts and name are frozen. NotReady, NotAllowed, NoBroadcast, BadRule, WrongState (it is
    no draft any more), NotADraft (it is a correction), OutOfScope, DateUnknown (what it hangs on has none
    any more), TimePast (its time is over), Changed (it is another revision).
    """
    while True:
        seen = await _looked_at(office, staff, id, now, revision)
        async with office.store.begin() as tx:
            who, draft = await handled(tx, staff, id, Role.AUTHOR)
            if draft.corrects is not None:
                raise NotADraft  # it goes to those who have what it corrects
            await check_scope(tx, office.gazetteer, who, draft.audience)
            if not await _as_seen(tx, draft, seen, State.DRAFT):
                continue
            may_release = who.may(Role.RELEASER, draft.organisation_id)
            second = seen.alone(who.id)
            if override and not may_release:
                raise NotAllowed(Role.RELEASER)
            if who.editing == id:
                await tx.take_in_hand(who.id, None, None)
            if not may_release or (second and not override):
                await tx.change(id, name=name_of(seen.bodies))
                await tx.move(id, State.REVIEW)
                await log(tx, office, now, who, Act.SUBMIT, id, recipients=seen.total)
                return Approved(broadcast_id=id, state=State.REVIEW, at=None, recipients=seen.total)
            act = Act.OVERRIDE if second else Act.APPROVE if draft.author_id == who.id else Act.RELEASE
            return await _planned(tx, office, who, seen, now, act)


async def release(
    office: Office,
    staff: Staff,
    id: int,
    now: datetime,
    *,
    override: bool = False,
    revision: int | None = None,
) -> Approved:
    """A second person agrees: it is sent at its time. SecondPerson where that is who wrote it, see
    :func:`bot.services.second_person.hands`.

    ``override`` goes without, in an emergency; ``revision`` as in :func:`approve`. NotReady (the audience
    or a limit has changed), NotAllowed, NoBroadcast, BadRule, WrongState (somebody else was faster),
    OutOfScope, DateUnknown, TimePast, Changed.
    """
    while True:
        seen = await _looked_at(office, staff, id, now, revision)
        async with office.store.begin() as tx:
            who, waiting = await handled(tx, staff, id, Role.RELEASER)
            await check_scope(tx, office.gazetteer, who, waiting.audience)
            if not await _as_seen(tx, waiting, seen, State.REVIEW):
                continue
            alone = seen.alone(who.id)
            if alone and not override:
                raise SecondPerson(seen.total)
            return await _planned(tx, office, who, seen, now, Act.OVERRIDE if alone else Act.RELEASE)


async def send_back(office: Office, staff: Staff, id: int, now: datetime, *, why: str = "") -> Broadcast:
    """Make it a draft again, to be changed: what waits for release or for its time, was paused before it
    began, was missed, or repeats.

    Its author is told of it, unless they did it. ``why``: a line for them, kept until it is handed over
    again; see :func:`one_line`. What is a draft already stays as it is. By its author or who may release. A
    repetition ends until it is approved anew.
    WrongState, NotAllowed, NoBroadcast.
    """
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER, own=True)
        if found.state is State.DRAFT:
            return found
        if found.launched_at is not None:
            raise WrongState(found.state, State.DRAFT)  # some have it: it can be used again, as another one
        await tx.move(id, State.DRAFT, reason=one_line(why))
        told = State.DRAFT if who.id == found.author_id else found.state
        await tx.change(id, releaser_id=None, finished_at=None, told=told.value)
        await tx.halt_schedules(id)
        await log(tx, office, now, who, Act.REJECT, id, state=found.state.value)
        return await visible(tx, who, id)


def one_line(why: str) -> str:
    """What an author is told in one line."""
    return " ".join(why.split())[:_LINE]


async def _looked_at(office: Office, staff: Staff, id: int, now: datetime, revision: int | None) -> Preview:
    """A broadcast as it is now, which is as it was looked at; Changed."""
    seen = await preview(office, staff, id, now)
    if revision not in (None, seen.revision):
        raise Changed
    return seen


async def _as_seen(tx: Transaction, held: Broadcast, seen: Preview, state: State) -> bool:
    """Whether a broadcast is still what was counted before; False when somebody has just changed it.

    Counting an audience takes a while: nobody waits for the write lock meanwhile.
    """
    if held.state is not state:
        raise WrongState(held.state, State.SCHEDULED)
    if held != seen.broadcast or await tx.bodies(held.id) != seen.bodies:
        return False
    if await tx.schedule_of(held.id) != seen.schedule:
        return False
    if seen.obstacles:
        raise NotReady(seen.obstacles, seen.missing)
    if seen.late is not None:
        raise TimePast(seen.late)
    return True


async def _planned(
    tx: Transaction, office: Office, who: Staff, seen: Preview, now: datetime, act: Act
) -> Approved:
    """Plan it for its time, or begin its repetition."""
    draft, schedule = seen.broadcast, seen.schedule
    at, options = draft.send_at, draft.options
    if schedule is not None:
        at = first_fire(schedule.rule, schedule.starts_at, now, office.zone, draft.options)
    elif draft.anchor is not None:
        at = await due_at(tx, draft, office.zone)  # the date may have moved since it was written
        if at is None:
            raise DateUnknown(draft.anchor.record)
    elif at is not None and at > now:
        at = off_holidays(at, options, office.zone) or at  # what is to be left out, the tick takes off
    else:
        at = now  # at once is at once, also what lay for a while and on a public holiday
        options = replace(options, skip_holidays=False, move_holidays=False)
    expires_at = draft.expires_at if draft.expires_at is not None and draft.expires_at > at else None
    if expires_at is None and schedule is None:
        expires_at = at + SHOWN_FOR
    state = State.SCHEDULED if schedule is None else State.TEMPLATE
    await tx.move(draft.id, state)
    await tx.change(
        draft.id,
        name=name_of(seen.bodies),
        releaser_id=who.id,
        send_at=at,
        expires_at=expires_at,
        options=options,
    )
    if schedule is not None:
        await tx.resume_schedule(schedule.id, at)
    tell = await tx.admin_chats() if act is Act.OVERRIDE else ()
    await log(tx, office, now, who, act, draft.id, recipients=seen.total)
    return Approved(
        broadcast_id=draft.id,
        state=state,
        at=at,
        recipients=seen.total,
        override=act is Act.OVERRIDE,
        tell=tell,
    )


# Stopping and going on ----------------------------------------------------------------------------


async def pause(office: Office, staff: Staff, id: int, now: datetime) -> None:
    """Stop for the moment: by its author or who may release. WrongState, NotAllowed, NoBroadcast.

    Where its author may not continue it, those who may are told.
    """
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER, own=True)
        may = who.may(Role.RELEASER, found.organisation_id)
        await tx.move(id, State.PAUSED, reason="" if may else BY_AUTHOR)
        await log(tx, office, now, who, Act.PAUSE, id)


async def resume_sending(office: Office, staff: Staff, id: int, now: datetime) -> State:
    """Go on with what was paused, where it was; the state it has now.

    Where the pause came because somebody lost their role, whoever goes on has released it: SecondPerson
    where that is who wrote something that needs two. DateUnknown, TimePast: it cannot go out any more.
    WrongState, NotAllowed, NoBroadcast.
    """
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER)
        state = State.SCHEDULED if found.launched_at is None else State.SENDING
        if found.state is not State.PAUSED:
            raise WrongState(found.state, state)
        await _again(tx, office, found, now)
        if found.pause_reason == ROLE_REMOVED:
            await check_scope(tx, office.gazetteer, who, found.audience)
            seen = await measure(tx, office, found, now)
            if seen.second_person and who.id in await hands(tx, found, ever=True):
                raise SecondPerson(seen.total)
            await tx.change(id, releaser_id=who.id)
        await tx.move(id, state)
        await tx.change(id, told=state.value)  # the next pause is news, however soon it comes
        await log(tx, office, now, who, Act.RESUME, id)
        return state


async def _again(tx: Transaction, office: Office, found: Broadcast, now: datetime) -> None:
    """Plan a paused one anew; refused where it would stop again at once.

    What has begun has its window from now on: whoever goes on has decided that the others get it still.
    """
    begun = found.launched_at is not None
    at = now if begun else await due_at(tx, found, office.zone)
    if found.anchor is not None and at is None:
        raise DateUnknown(found.anchor.record)
    if at is not None:
        if await too_late(tx, found, at, now, office.zone):
            raise TimePast(found.send_at or at if begun else at)
        await retime(tx, found, at)


async def cancel(office: Office, staff: Staff, id: int, now: datetime) -> None:
    """Send nothing more of it, ever; what was sent stays. By its author or who may release.

    A repetition ends. WrongState, NotAllowed, NoBroadcast.
    """
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER, own=True)
        await tx.move(id, State.CANCELLED)
        if found.launched_at is None:
            await tx.change(id, finished_at=now)  # else the sender skips what is left, and then says so
        await tx.halt_schedules(id)
        await log(tx, office, now, who, Act.CANCEL, id)


async def withdraw(office: Office, staff: Staff, id: int, now: datetime) -> None:
    """Send nothing more, and take back what was sent.

    Within 48 hours their message is deleted, after that it is changed to say so. By its author or who
    may release. WrongState, NotAllowed, NoBroadcast.
    """
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER, own=True)
        await tx.move(id, State.WITHDRAWN)
        if found.launched_at is None:
            await tx.change(id, finished_at=now)
        else:
            await tx.add_edit(id, now, locale=None, withdraw=True)
        await log(tx, office, now, who, Act.WITHDRAW, id)


async def resend_failed(
    office: Office, staff: Staff, id: int, now: datetime, *, include_unknown: bool = False
) -> int:
    """Send again what Telegram refused; with ``include_unknown`` also what may have arrived. How many.

    WrongState unless it is sent, being sent or paused. NotAllowed, NoBroadcast.
    """
    states = {Delivery.REJECTED, *({Delivery.UNKNOWN} if include_unknown else ())}
    again, at = 0, FIRST
    while True:
        # In parts: among a million it takes long, and whoever is answered waits for it.
        async with office.store.begin() as tx:
            who, found = await handled(tx, staff, id, Role.RELEASER)
            if found.state not in (State.SENT, State.SENDING, State.PAUSED) or found.launched_at is None:
                raise WrongState(found.state, State.SENDING)
            count, following = await tx.again_chunk(id, states, at, _CHUNK, int(now.timestamp()))
            if count and found.state is State.SENT:
                await tx.move(id, State.SENDING)
                await tx.change(id, finished_at=None)
            if count or at == FIRST:
                await log(tx, office, now, who, Act.RESEND, id, count=count, unknown=int(include_unknown))
        again += count
        if following is None:
            return again
        at = following
