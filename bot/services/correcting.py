"""Changing what is on people's phones already, and telling at once that an event does not take place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain.audit import Act
from bot.domain.broadcast import Audience, Body, Broadcast, Missing, Options, State, Unknown
from bot.domain.directory import Event, Kind
from bot.domain.news import ALL, Topic
from bot.domain.staff import Role, Staff
from bot.domain.text import State as TextState
from bot.services.drafting import check, name_of, set_text, start_draft
from bot.services.office import MediaFixed, NothingSent, Office, handled, log, visible
from bot.services.scope import NotOurEvent, holds, own_areas

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
) -> tuple[str, ...]:
    """Change one language (``body.locale``) for all who have it and all who will get it.

    ``outdates_others``: the other languages say the same wrong thing: until each is corrected too, it
    carries a mark, also on the phones; their codes are returned. What hangs on a message cannot be
    changed: MediaFixed. TextRefused, NothingSent, NotAllowed, NoBroadcast.
    """
    check(office, body)
    async with office.store.begin() as tx:
        who, found = await handled(tx, staff, id, Role.RELEASER)
        if found.state not in CORRECTABLE or found.launched_at is None:
            raise NothingSent
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
        await log(tx, office, now, who, Act.CORRECT, id, locale=body.locale, flagged=len(flagged))
        return flagged


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
    :mod:`bot.domain.news`. It is urgent, and rather comes twice than not at all. Approve it to send it.
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
    draft = await start_draft(
        office,
        staff,
        now,
        audience=Audience(
            topics=frozenset({Topic.EVENTS}) if areas else frozenset(),
            areas=areas,
            event=event_id,
            date=date,
        ),
        options=Options(urgent=True, unknown=Unknown.RESEND, missing=Missing.FALLBACK),
    )
    for locale, html in texts.items():
        await set_text(office, staff, draft.id, Body(locale=locale, html=html, event_id=event_id), now)
    async with office.store.read() as view:
        return await visible(view, staff, draft.id)
