"""Changing what is on people's phones already, and telling at once that an event does not take place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain.audit import Act
from bot.domain.broadcast import Audience, Body, Broadcast, Missing, Options, State, Unknown
from bot.domain.directory import Event, Kind
from bot.domain.minutes import to_minutes
from bot.domain.news import ALL, Topic
from bot.domain.staff import Role, Staff
from bot.domain.text import State as TextState
from bot.services.drafting import check, end_draft, name_of, preview
from bot.services.office import (
    MediaFixed,
    NotADraft,
    NothingSent,
    Office,
    SecondPerson,
    acting,
    handled,
    log,
    visible,
)
from bot.services.scheduling import window_before
from bot.services.scope import NotOurEvent, check_scope, holds, own_areas
from bot.services.second_person import hands
from bot.storage.store import Snapshot, Transaction

_CORRECTABLE = frozenset({State.SENDING, State.PAUSED, State.SENT, State.CANCELLED, State.MISSED})


def correctable(broadcast: Broadcast) -> bool:
    """Whether a text can be corrected where it is: somebody may have it, and it was not taken back."""
    return broadcast.state in _CORRECTABLE and broadcast.launched_at is not None


async def correct(
    office: Office,
    staff: Staff,
    id: int,
    body: Body,
    now: datetime,
    *,
    outdates_others: bool = False,
    written: int | None = None,
    override: bool = False,
) -> tuple[str, ...]:
    """Change one language (``body.locale``) for all who have it and all who will get it.

    ``outdates_others``: the other languages say the same wrong thing: until each is corrected too, it
    carries a mark, also on the phones; their codes are returned. What hangs on a message cannot be
    changed: MediaFixed. TextRefused, NothingSent, NotAllowed, NoBroadcast.

    What is for ``office.two_person_from`` recipients or more needs two people, however few have it yet:
    SecondPerson where who confirms the text wrote it. ``written`` is the correction's draft that holds it,
    as one of its hands (:mod:`bot.services.second_person`; None: who acts did); it is over then.
    ``override`` goes without in an emergency, and all admins hear of it. NotADraft where that draft is
    over, says something else by now, or corrects another broadcast.
    """
    check(office, body)
    recipients = await _recipients(office, staff, id, now)
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER)
        if not correctable(found):
            raise NothingSent
        writers = frozenset({who.id}) if written is None else await _writers(tx, written, id, body)
        alone = recipients >= office.two_person_from and who.id in writers
        if alone and not override:
            raise SecondPerson(recipients)
        bodies = await tx.bodies(id)
        old = bodies.get(body.locale)
        if old is not None and (old.media, old.file_id) != (body.media, body.file_id):
            raise MediaFixed
        await tx.put_body(id, replace(body, revision=old.revision + 1 if old is not None else 0))
        await tx.add_edit(id, now, locale=body.locale, withdraw=False)
        flagged = tuple(
            code
            for code, other in bodies.items()
            if outdates_others and code != body.locale and other.state is not TextState.OUTDATED
        )
        for code in flagged:
            other = bodies[code]
            await tx.put_body(id, replace(other, state=TextState.OUTDATED, revision=other.revision + 1))
            await tx.add_edit(id, now, locale=code, withdraw=False)
        await tx.change(id, name=name_of(await tx.bodies(id)))
        if written is not None:
            await end_draft(tx, who, written, now)
        act, part = (Act.OVERRIDE, {"part": "correction"}) if alone else (Act.CORRECT, {})
        await log(tx, office, now, who, act, id, locale=body.locale, flagged=len(flagged), **part)
        return flagged


async def _recipients(office: Office, staff: Staff, id: int, now: datetime) -> int:
    """How many it is for: those who have it, those who wait, and those who may be added while it launches."""
    seen = await preview(office, staff, id, now)
    async with office.store.read() as view:
        return max(seen.total + seen.excluded, (await view.tally(id)).total)


async def _writers(tx: Transaction, draft_id: int, id: int, body: Body) -> frozenset[int]:
    draft = _correction(await tx.hold_broadcast(draft_id), id)
    kept = (await tx.bodies(draft.id)).get(body.locale)
    if kept is None or (kept.html, kept.buttons) != (body.html, body.buttons):
        raise NotADraft
    return await hands(tx, draft)


def _correction(draft: Broadcast | None, id: int) -> Broadcast:
    """A draft that can be confirmed as a correction of a broadcast; else NotADraft."""
    if draft is None or draft.state not in (State.DRAFT, State.REVIEW):
        raise NotADraft
    if draft.corrects is None or draft.corrects[0] != id:
        raise NotADraft
    return draft


async def keep_correction(office: Office, staff: Staff, id: int, body: Body, now: datetime) -> Broadcast:
    """A corrected text as a draft of its own until it is confirmed, in place of one that was given up.

    TextRefused, NoBroadcast, NotAllowed.
    """
    check(office, body)
    async with office.store.begin() as tx:
        await visible(tx, staff, id)
        who = await acting(tx, staff, Role.AUTHOR, staff.organisation_id)
        drafts = await tx.broadcasts((State.DRAFT,))
        before = [
            one.id for one in drafts if one.author_id == who.id and one.corrects and one.corrects[0] == id
        ]
        for draft_id in before:
            await end_draft(tx, who, draft_id, now)
        name = name_of({body.locale: body})
        new = await tx.draft(who.id, now, name=name, organisation_id=who.organisation_id)
        await tx.change(new, corrects=(id, 0))
        await tx.put_body(new, replace(body, revision=0))
        await tx.take_in_hand(who.id, new, who.expecting)
        for draft_id in before:
            await log(tx, office, now, who, Act.DISCARD, draft_id)
        await log(tx, office, now, who, Act.DRAFT, new, part="correction", locale=body.locale)
        return await visible(tx, who, new)


async def hand_over_correction(
    office: Office, staff: Staff, id: int, draft_id: int, now: datetime, *, outdates_others: bool = False
) -> None:
    """A correction waits for somebody else: those who may release it are asked.

    Whoever may write may do this. Errors as in :func:`correct`; WrongState where it waits already.
    """
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.AUTHOR)
        if not correctable(found):
            raise NothingSent
        _who, draft = await handled(tx, staff, draft_id, Role.AUTHOR)
        _correction(draft, id)
        await tx.move(draft_id, State.REVIEW)
        await tx.change(draft_id, corrects=(id, int(outdates_others)), organisation_id=found.organisation_id)
        if who.editing == draft_id:
            await tx.take_in_hand(who.id, None, None)
        await log(tx, office, now, who, Act.SUBMIT, id, part="correction")


async def event_cancelled(
    office: Office,
    staff: Staff,
    event_id: str,
    date: int,
    area: str,
    texts: Mapping[str, str],
    now: datetime,
) -> Broadcast:
    """A ready draft that tells who saved a date of an event, or follows events in its area, that it is off.

    ``date`` is its start in minutes since 1970; ``texts`` are HTML by locale code; ``area`` as in
    :mod:`bot.domain.news`. It is urgent, and rather comes twice than not at all; but not when the date is
    over. Approve it to send it. Called twice, it is the same draft.
    NotOurEvent for staff of an organisation that does not hold it. TextRefused, NotAllowed.
    """
    for locale, html in texts.items():
        check(office, Body(locale=locale, html=html, event_id=event_id))
    async with office.store.begin() as tx:
        who = await acting(tx, staff, Role.AUTHOR, staff.organisation_id)
        areas = await _areas(tx, office, who, event_id, area)
        topics = frozenset({Topic.EVENTS}) if areas else frozenset[Topic]()
        audience = Audience(topics=topics, areas=areas, event=event_id, date=date)
        await check_scope(tx, office.gazetteer, who, audience)
        id = await _begun(tx, who, audience)
        if id is None:
            options = Options(
                urgent=True,
                unknown=Unknown.RESEND,
                missing=Missing.FALLBACK,
                window=window_before(date - to_minutes(now)),
            )
            id = await tx.draft(
                who.id, now, audience=audience, options=options, organisation_id=who.organisation_id
            )
        there = await tx.bodies(id)
        wanted = [locale for locale in texts if locale not in there]
        for locale in wanted:
            await tx.put_body(id, Body(locale=locale, html=texts[locale], event_id=event_id))
        await tx.change(id, name=name_of(await tx.bodies(id)))
        await tx.take_in_hand(who.id, id, None)
        if wanted:
            await log(tx, office, now, who, Act.DRAFT, id, part="call_off")
        return await visible(tx, who, id)


async def _areas(view: Snapshot, office: Office, who: Staff, event_id: str, area: str) -> frozenset[str]:
    """Where it is told that an event is off; NotOurEvent."""
    if who.organisation_id is None:
        return frozenset({area})
    event = await view.content_record(Kind.EVENT, event_id)
    if not isinstance(event, Event) or not holds(who.organisation_id, event):
        raise NotOurEvent(event_id)
    if area != ALL:
        return frozenset({area})
    return await own_areas(view, office.gazetteer, who.organisation_id)


async def _begun(view: Snapshot, who: Staff, audience: Audience) -> int | None:
    """The draft that this person has for the same date, perhaps since a moment ago."""
    drafts = await view.broadcasts((State.DRAFT,))
    return next((one.id for one in drafts if (one.author_id, one.audience) == (who.id, audience)), None)
