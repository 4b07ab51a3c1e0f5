"""Queries about broadcasts, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.broadcast import (
    SHOWN_FOR,
    TRANSITIONS,
    Anchor,
    Audience,
    Body,
    Cap,
    Group,
    Lease,
    LeaseLost,
    LinkButton,
    Media,
    Missing,
    Options,
    State,
    Unknown,
    WrongState,
)
from bot.domain.deliveries import Delivery
from bot.domain.news import Topic
from bot.domain.text import State as TextState
from bot.storage.store import Store
from bot.storage.tables import broadcasts, deliveries
from tests.services.sending import NOON

LATER = NOON + timedelta(hours=1)
EVERYTHING = Audience(
    topics=frozenset({Topic.EVENTS, Topic.URGENT}),
    areas=frozenset({"town:schwerin"}),
    locales=frozenset({"uk", "de"}),
    groups=frozenset({Group.CONTACTS, Group.STAFF}),
    event="fest",
    not_within=24,
)
CHOSEN = Options(
    urgent=True,
    unknown=Unknown.RESEND,
    missing=Missing.FALLBACK,
    cap=Cap.SKIP,
    first=20,
    window=60,
    skip_holidays=True,
    move_holidays=True,
)
RICH = Body(
    locale="de",
    html="<b>ä</b>",
    state=TextState.MACHINE,
    media=Media.DOCUMENT,
    file_id="file",
    buttons=(LinkButton(label="Mehr", url="https://example.org"),),
    event_id="fest",
    revision=2,
)


async def made(store: Store, state: State = State.DRAFT, **fields: object) -> int:
    """A broadcast in a state, whichever way it would have got there."""
    async with store.begin() as tx:
        id = await tx.draft(None, NOON, name="Name")
        await tx._run(broadcasts.update().where(broadcasts.c.id == id).values(state=state.value))
        if fields:
            await tx.change(id, **fields)
    return id


async def test_everything_comes_back_as_it_was(store: Store) -> None:
    async with store.begin() as tx:
        id = await tx.draft(
            7,
            NOON,
            name="N",
            audience=EVERYTHING,
            options=CHOSEN,
            organisation_id="verein",
            series="green",
        )
        anchor = Anchor(record="event/fest", days=-1, hour=9, at=5)
        await tx.change(id, anchor=anchor, launch=(1, -5), send_at=LATER, releaser_id=8, told="draft")
        await tx.show_progress(id, 1, 2)
        await tx.put_body(id, RICH)
        assert await tx.hold_broadcast(id) == await tx.broadcast(id)
        assert await tx.hold_broadcast(id + 1) is None
    async with store.read() as view:
        found = await view.broadcast(id)
        assert found is not None
        assert (found.audience, found.options, found.anchor) == (EVERYTHING, CHOSEN, anchor)
        assert (found.launch, found.progress, found.send_at) == ((1, -5), (1, 2), LATER)
        assert (found.author_id, found.releaser_id, found.organisation_id) == (7, 8, "verein")
        assert (found.series, found.name, found.told, found.created_at) == ("green", "N", "draft", NOON)
        assert await view.bodies(id) == {"de": RICH}
        assert await view.broadcast(id + 1) is None
        assert [one.id for one in await view.series("green")] == [id]
        assert await view.series("other") == ()
    async with store.begin() as tx:
        await tx.change(id, anchor=None, launch=None, progress=None)
        found = await tx.broadcast(id)
        assert found is not None
        assert (found.anchor, found.launch, found.progress) == (None, None, None)
        with pytest.raises(ValueError, match="move"):
            await tx.change(id, state=State.SENT)


async def test_texts_are_replaced_and_dropped(store: Store) -> None:
    id = await made(store)
    async with store.begin() as tx:
        await tx.put_body(id, RICH)
        plain = Body(locale="de", html="x")
        await tx.put_body(id, plain)
        await tx.put_body(id, Body(locale="uk", html="y"))
        assert (await tx.bodies(id))["de"] == plain
        assert await tx.drop_body(id, "de")
        assert not await tx.drop_body(id, "de")
        await tx.drop_bodies(id)
        assert await tx.bodies(id) == {}


async def test_lists(store: Store) -> None:
    first, second = await made(store), await made(store, State.SENT)
    third = await made(store)
    async with store.read() as view:
        assert [one.id for one in await view.broadcasts((State.DRAFT,))] == [third, first]
        both = (State.DRAFT, State.SENT)
        assert [one.id for one in await view.broadcasts(both, limit=2)] == [third, second]
        assert await view.broadcasts(()) == ()


async def test_what_is_due_and_coming(store: Store) -> None:
    now = await made(store, State.SCHEDULED, send_at=NOON)
    later = await made(store, State.SCHEDULED, send_at=LATER)
    await made(store, State.DRAFT, send_at=NOON)
    async with store.read() as view:
        assert [one.id for one in await view.at_work(NOON)] == [now]
        assert [one.id for one in await view.at_work(LATER)] == [now, later]
        assert [one.id for one in await view.coming_broadcasts(LATER, LATER)] == [later]


async def test_what_a_sender_has_to_do(store: Store) -> None:
    due = await made(store, State.SCHEDULED, send_at=NOON)
    await made(store, State.SCHEDULED, send_at=LATER)
    sending = await made(store, State.SENDING, launched_at=NOON, options=CHOSEN)
    stopped = await made(store, State.CANCELLED, launched_at=NOON)
    await made(store, State.CANCELLED)
    await made(store, State.WITHDRAWN, launched_at=NOON, finished_at=NOON)
    again = await made(store, State.SENDING, launched_at=NOON, launch=(0, 7), finished_at=NOON)
    paused = await made(store, State.PAUSED, launched_at=NOON)
    async with store.read() as view:
        assert {one.id for one in await view.at_work(NOON)} == {due, sending, stopped, again}
        assert await view.sending() == {sending: None, again: NOON}
        held = await view.held_broadcasts()
        assert set(held) == {sending, stopped, again, paused}
        assert (held[sending], held[paused]) == (Unknown.RESEND, Unknown.HOLD)
        recent = await view.recent_broadcasts(NOON, but=again)
        assert {sending, stopped, paused} <= set(recent)
        assert again not in recent
        assert await view.recent_broadcasts(LATER) == ()


@pytest.mark.parametrize("state", list(State))
async def test_only_allowed_moves_are_made(sqlite_store: Store, state: State) -> None:
    for wanted in State:
        id = await made(sqlite_store, state)
        if wanted in TRANSITIONS[state]:
            async with sqlite_store.begin() as tx:
                assert await tx.move(id, wanted, reason="why") is state
                found = await tx.broadcast(id)
            assert found is not None
            assert (found.state, found.pause_reason) == (wanted, "why")
        else:
            with pytest.raises(WrongState) as refused:
                async with sqlite_store.begin() as tx:
                    await tx.move(id, wanted)
            assert (refused.value.state, refused.value.wanted) == (state, wanted)


async def test_of_two_moves_at_once_one_is_made(store: Store) -> None:
    id = await made(store, State.SCHEDULED)

    async def move(wanted: State) -> bool:
        try:
            async with store.begin() as tx:
                await tx.move(id, wanted)
        except WrongState:
            return False
        return True

    assert sorted(await asyncio.gather(move(State.SENDING), move(State.DRAFT))) == [False, True]
    with pytest.raises(WrongState) as refused:
        async with store.begin() as tx:
            await tx.move(99, State.SENDING)
    assert refused.value.state is None


async def test_copies(store: Store) -> None:
    source = await made(
        store,
        State.TEMPLATE,
        audience=EVERYTHING,
        options=CHOSEN,
        series="green",
        organisation_id="verein",
        releaser_id=4,
        anchor=Anchor(record="event/fest", days=1),
    )
    async with store.begin() as tx:
        await tx.put_body(source, RICH)
        schedule = await tx.add_schedule(source, "FREQ=DAILY", NOON, NOON)
        free = await tx.copy(source, LATER, author_id=5)
        assert free is not None
        child = await tx.copy(
            source, LATER, author_id=5, fire_at=NOON, schedule_id=schedule, state=State.SCHEDULED
        )
        assert child is not None
        again = await tx.copy(
            source, LATER, author_id=5, fire_at=NOON, schedule_id=schedule, state=State.SCHEDULED
        )
        assert again is None
        one, two = await tx.broadcast(free), await tx.broadcast(child)
        assert one is not None
        assert two is not None
        assert (one.state, one.audience, one.options, one.series) == (
            State.DRAFT,
            EVERYTHING,
            replace(CHOSEN, urgent=False),
            "green",
        )
        assert two.options == CHOSEN
        assert (one.author_id, one.releaser_id, one.created_at, one.anchor) == (5, None, LATER, None)
        assert (one.organisation_id, one.send_at, one.expires_at) == ("verein", None, None)
        assert (two.state, two.send_at, two.fire_at, two.releaser_id) == (State.SCHEDULED, NOON, NOON, 4)
        assert (two.schedule_id, two.expires_at) == (schedule, NOON + SHOWN_FOR)
        assert await tx.bodies(child) == {"de": RICH}


async def test_corrections(store: Store) -> None:
    id = await made(store, State.SENT)
    async with store.begin() as tx:
        one = await tx.add_edit(id, NOON, locale="de", withdraw=False)
        two = await tx.add_edit(id, NOON, locale=None, withdraw=True)
        await tx.move_edit(one, 5, done=2, failed=1)
        await tx.move_edit(one, 9, done=1, failed=0, finished_at=LATER)
    async with store.read() as view:
        assert [edit.id for edit in await view.open_edits()] == [two]
        done, _ = await view.edits(id)
        assert (done.cursor, done.done, done.failed, done.finished_at) == (9, 3, 1, LATER)
        (waiting,) = await view.open_edits()
        assert (waiting.withdraw, waiting.locale, waiting.cursor) == (True, None, -(2**63))
        assert await view.edits(id + 1) == ()


async def test_schedules(store: Store) -> None:
    id = await made(store, State.TEMPLATE)
    async with store.begin() as tx:
        assert await tx.schedule_of(id) is None
        key = await tx.add_schedule(id, "FREQ=DAILY", NOON, NOON)
        await tx.add_schedule(id, "FREQ=DAILY", NOON, None)
        assert {one.next_at for one in await tx.schedules()} == {NOON, None}
        assert await tx.advance_schedule(key, NOON, LATER)
        assert not await tx.advance_schedule(key, NOON, LATER)
        assert {one.next_at for one in await tx.schedules()} == {LATER, None}
        await tx.stop_schedule(key)
        assert {one.next_at for one in await tx.schedules()} == {None}
        await tx.resume_schedule(key, LATER)
        assert {one.next_at for one in await tx.schedules()} == {LATER, None}
        await tx.halt_schedules(id)
        assert {one.next_at for one in await tx.schedules()} == {None}
        newest = await tx.schedule_of(id)
        assert newest is not None
        assert newest.id != key
        await tx.drop_schedules(id)
        assert await tx.schedule_of(id) is None


async def test_the_right_to_send_has_one_holder(store: Store) -> None:
    async with store.begin() as tx:
        assert await tx.lease() is None
        mine = await tx.take_lease("a", None)
        assert mine == Lease(1, "a")
        assert await tx.lease() == (mine, 0)
        await tx.beat(mine)
        assert await tx.lease() == (mine, 1)
    async with store.begin() as tx:
        assert await tx.take_lease("b", None) is None
        assert await tx.take_lease("b", (mine, 0)) is None  # it has been heard of since
        yours = await tx.take_lease("b", (mine, 1))
        assert yours == Lease(2, "b")
        with pytest.raises(LeaseLost):
            await tx.beat(mine)
        await tx.release_lease(mine)  # not theirs any more: changes nothing
        assert await tx.lease() == (yours, 0)
        await tx.release_lease(yours)
        assert await tx.lease() == (Lease(2, ""), 1)


async def test_what_is_over_and_old(store: Store) -> None:
    """By when it ended, or else when it was due, or made; with texts or deliveries left."""
    long_ago = NOON - timedelta(days=10)
    ended = await made(store, State.SENT, finished_at=long_ago, send_at=NOON)
    missed = await made(store, State.MISSED, send_at=long_ago)
    dropped = await made(store, State.CANCELLED, created_at=long_ago)
    bare = await made(store, State.SENT, finished_at=long_ago, name="")
    fresh = await made(store, State.SENT, finished_at=NOON)
    running = await made(store, State.SENDING, created_at=long_ago)
    async with store.begin() as tx:
        for id in (ended, missed, fresh, running):
            await tx.put_body(id, RICH)
        row = {"broadcast_id": dropped, "chat_id": 1, "at": 0, "state": int(Delivery.SKIPPED), "locale": "de"}
        await tx._run(deliveries.insert(), row)
        assert await tx.expired_broadcasts(NOON) == (ended, missed, dropped)
        assert bare not in await tx.expired_broadcasts(LATER)
        assert fresh in await tx.expired_broadcasts(LATER)
