"""Whom staff of one organisation may write to, from the draft to the release."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.broadcast import Audience, Group, Missing, State
from bot.domain.directory import Event, Organisation, Place
from bot.domain.news import Topic
from bot.domain.staff import ROLE_REMOVED, Role
from bot.domain.text import LocalizedText
from bot.services import drafting, releasing
from bot.services.scope import OutOfScope
from bot.storage.codec import encode
from bot.storage.store import Store
from tests.services.sending import EVENTS, NOON, people
from tests.services.test_broadcasting import ALL_THREE, DE, World, _world

TOWN = "town:guestrow"
OURS = replace(EVENTS, areas=frozenset({TOWN}))
WORDS = LocalizedText.of(de="Ein Beispiel")


def event(id: str, organiser: str | None, town: str | None) -> Event:
    return Event(
        id=id,
        title=WORDS,
        summary=WORDS,
        source="example",
        verified=True,
        starts=datetime(2026, 12, 5, 17),
        organiser=organiser,
        place=None if town is None else Place(town),
    )


@pytest.fixture
async def world(store: Store) -> World:
    """The guest's organisation is in Güstrow, and holds an event there, one in Schwerin and one online."""
    made = await _world(store)
    verein = Organisation(
        id="verein", title=WORDS, summary=WORDS, source="example", verified=True, places=(Place("guestrow"),)
    )
    found: list[Organisation | Event] = [
        verein,
        event("own", "verein", "guestrow"),
        event("away", "verein", "schwerin"),
        event("online", "verein", None),
        event("other", "somebody", "guestrow"),
    ]
    async with store.begin() as tx:
        for one in found:
            await tx.put_record(one.KIND, one.id, encode(one), None)
    return made


async def test_a_draft_begins_with_the_own_places(world: World) -> None:
    draft = await drafting.start_draft(world.office, world.guest, NOON)
    assert draft.audience.areas == {TOWN, "district:lro"}
    everywhere = await drafting.start_draft(world.office, world.boss, NOON)
    assert everywhere.audience.areas == frozenset()


@pytest.mark.parametrize(
    "audience",
    [
        OURS,
        replace(EVENTS, areas=frozenset({TOWN, "district:lro"}), locales=frozenset({"de"}), not_within=24),
        Audience(event="own"),
        replace(OURS, event="own"),
        replace(EVENTS, areas=frozenset({"town:schwerin"}), event="away"),
        replace(OURS, event="online"),
        Audience(),
    ],
)
async def test_what_concerns_the_organisation_is_allowed(world: World, audience: Audience) -> None:
    draft = await drafting.start_draft(world.office, world.guest, NOON)
    await drafting.set_audience(world.office, world.guest, draft.id, audience, NOON)
    assert (await world.get(draft.id)).audience == audience


WIDER = [
    EVENTS,
    replace(EVENTS, areas=frozenset({"mv"})),
    replace(EVENTS, areas=frozenset({TOWN, "town:rostock"})),
    replace(EVENTS, areas=frozenset({"district:sn"}), event="away"),
    Audience(topics=frozenset({Topic.INTERNAL}), areas=frozenset({TOWN})),
    Audience(groups=frozenset({Group.STAFF})),
    replace(OURS, groups=frozenset({Group.CONTACTS})),
    Audience(event="other"),
    replace(OURS, event="other"),
    Audience(event="gone"),
]


@pytest.mark.parametrize("audience", WIDER)
async def test_what_goes_beyond_it_is_refused(world: World, audience: Audience) -> None:
    office, guest = world.office, world.guest
    with pytest.raises(OutOfScope, match="town:guestrow"):
        await drafting.start_draft(office, guest, NOON, audience=audience)
    draft = await drafting.start_draft(office, guest, NOON, audience=OURS)
    with pytest.raises(OutOfScope) as refused:
        await drafting.set_audience(office, guest, draft.id, audience, NOON)
    assert set(refused.value.areas) >= {TOWN, "district:lro"}
    assert (await world.get(draft.id)).audience == OURS
    await drafting.set_audience(office, world.boss, draft.id, audience, NOON)  # the network's own staff may


async def test_it_is_looked_at_again_before_it_goes_out(world: World) -> None:
    office, guest = world.office, world.guest
    await people(world.store, range(1, 3), area=TOWN)
    draft = await drafting.start_draft(office, guest, NOON, audience=OURS)
    await drafting.set_text(office, guest, draft.id, DE, NOON)
    await drafting.set_options(office, guest, draft.id, replace(draft.options, missing=Missing.OTHERS), NOON)
    async with world.store.begin() as tx:
        await tx.change(draft.id, audience=EVENTS)
    with pytest.raises(OutOfScope):
        await releasing.approve(office, guest, draft.id, NOON)
    with pytest.raises(OutOfScope):
        await drafting.from_template(office, guest, draft.id, NOON)
    async with world.store.begin() as tx:
        await tx.move(draft.id, State.REVIEW)
    with pytest.raises(OutOfScope):
        await releasing.release(office, guest, draft.id, NOON)
    async with world.store.begin() as tx:
        await tx.move(draft.id, State.SCHEDULED)
        await tx.move(draft.id, State.PAUSED, reason=ROLE_REMOVED)
    with pytest.raises(OutOfScope):
        await releasing.resume_sending(office, guest, draft.id, NOON)
    async with world.store.begin() as tx:
        await tx.change(draft.id, audience=OURS)
    assert await releasing.resume_sending(office, guest, draft.id, NOON) is State.SCHEDULED


async def test_the_network_releases_what_it_likes(world: World) -> None:
    await people(world.store, range(1, 3))
    draft = await drafting.start_draft(world.office, world.boss, NOON, audience=EVENTS)
    for code in ALL_THREE:
        await drafting.set_text(world.office, world.boss, draft.id, replace(DE, locale=code), NOON)
    assert world.boss.role is Role.ADMIN
    assert (await releasing.approve(world.office, world.boss, draft.id, NOON)).state is State.SCHEDULED


async def test_an_organisation_without_a_town_may_write_to_savers_alone(world: World) -> None:
    async with world.store.begin() as tx:
        await tx.set_role(world.guest.id, Role.RELEASER, "elsewhere")
    guest = replace(world.guest, organisation_id="elsewhere")
    with pytest.raises(OutOfScope, match="no area"):
        await drafting.start_draft(world.office, guest, NOON, audience=OURS)
