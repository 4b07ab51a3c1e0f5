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
from bot.services.drafting import check, discard, hands, name_of, preview, set_text, start_draft
from bot.services.office import (
    MediaFixed,
    NotADraft,
    NothingSent,
    Office,
    SecondPerson,
    handled,
    log,
    visible,
)
from bot.services.scheduling import window_before
from bot.services.scope import NotOurEvent, holds, own_areas
from bot.storage.store import Transaction

CORRECTABLE = frozenset({State.SENDING, State.PAUSED, State.SENT})
"""States in which a text can be corrected where it is."""


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
    SecondPerson where who confirms the text wrote it. ``written`` is the draft that holds it, as one of
    its :func:`~bot.services.drafting.hands` (None: who acts did); ``override`` goes without in an
    emergency, and all admins hear of it. NotADraft where the draft says something else by now.
    """
    check(office, body)
    recipients = await _recipients(office, staff, id, now)
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER)
        if found.state not in CORRECTABLE or found.launched_at is None:
            raise NothingSent
        writers = frozenset({who.id}) if written is None else await _writers(tx, written, body)
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
        act, part = (Act.OVERRIDE, {"part": "correction"}) if alone else (Act.CORRECT, {})
        await log(tx, office, now, who, act, id, locale=body.locale, flagged=len(flagged), **part)
        return flagged


async def _recipients(office: Office, staff: Staff, id: int, now: datetime) -> int:
    """How many it is for: those who have it, those who wait, and those who may be added while it launches."""
    seen = await preview(office, staff, id, now)
    async with office.store.read() as view:
        return max(seen.total + seen.excluded, (await view.tally(id)).total)


async def _writers(tx: Transaction, draft_id: int, body: Body) -> frozenset[int]:
    draft = await tx.hold_broadcast(draft_id)
    kept = (await tx.bodies(draft_id)).get(body.locale)
    if draft is None or draft.state not in (State.DRAFT, State.REVIEW) or kept is None:
        raise NotADraft
    if (kept.html, kept.buttons) != (body.html, body.buttons):
        raise NotADraft
    return await hands(tx, draft_id)


async def keep_correction(office: Office, staff: Staff, id: int, body: Body, now: datetime) -> Broadcast:
    """A corrected text as a draft of its own until it is confirmed, in place of one that was given up.

    TextRefused, NotAllowed.
    """
    check(office, body)
    async with office.store.read() as view:
        drafts = await view.broadcasts((State.DRAFT,))
    for one in drafts:
        if one.author_id == staff.id and one.corrects is not None and one.corrects[0] == id:
            await discard(office, staff, one.id, now)
    draft = await start_draft(office, staff, now)
    async with office.store.begin() as tx:
        await tx.change(draft.id, corrects=(id, 0))
    await set_text(office, staff, draft.id, replace(body, revision=0), now)
    return draft


async def hand_over_correction(
    office: Office, staff: Staff, id: int, draft_id: int, now: datetime, *, outdates_others: bool = False
) -> None:
    """A correction waits for a second person: those who may release it are asked. Errors as in correct."""
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER)
        if found.state not in CORRECTABLE:
            raise NothingSent
        _who, _draft = await handled(tx, staff, draft_id, Role.AUTHOR)
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
    areas = frozenset({area})
    if staff.organisation_id is not None:
        async with office.store.read() as view:
            event = await view.content_record(Kind.EVENT, event_id)
            if not isinstance(event, Event) or not holds(staff.organisation_id, event):
                raise NotOurEvent(event_id)
            if area == ALL:
                areas = await own_areas(view, office.gazetteer, staff.organisation_id)
    audience = Audience(
        topics=frozenset({Topic.EVENTS}) if areas else frozenset(), areas=areas, event=event_id, date=date
    )
    options = Options(
        urgent=True,
        unknown=Unknown.RESEND,
        missing=Missing.FALLBACK,
        window=window_before(date - to_minutes(now)),
    )
    draft = await _begun(office, staff, audience)
    if draft is None:
        draft = await start_draft(office, staff, now, audience=audience, options=options)
    async with office.store.read() as view:
        there = await view.bodies(draft.id)
    for locale, html in texts.items():
        if locale not in there:
            await set_text(office, staff, draft.id, Body(locale=locale, html=html, event_id=event_id), now)
    async with office.store.read() as view:
        return await visible(view, staff, draft.id)


async def _begun(office: Office, staff: Staff, audience: Audience) -> Broadcast | None:
    """The draft that this person has for the same date, perhaps since a moment ago."""
    async with office.store.read() as view:
        drafts = await view.broadcasts((State.DRAFT,))
    return next((one for one in drafts if (one.author_id, one.audience) == (staff.id, audience)), None)
