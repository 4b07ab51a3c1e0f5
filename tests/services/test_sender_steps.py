"""The sender step by step: what others do between two of its transactions, which no clock can bring about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.broadcast import Body, Broadcast, Lease, LeaseLost, Options, State
from bot.domain.deliveries import Delivery, Result
from bot.domain.errors import StorageFailed
from bot.domain.minutes import to_minutes
from bot.services import editing
from bot.services.delivering import Sender
from bot.services.jobs import Job, seconds
from bot.storage.claims import Still
from bot.storage.codec import encode
from bot.storage.deliveries import FIRST
from bot.storage.store import Store
from bot.storage.tables import broadcasts, recipients
from tests.services.sending import (
    NOON,
    PATIENCE,
    ZONE,
    Clock,
    Lane,
    make_sender,
    people,
    running,
    scheduled,
    state,
    tally,
    until,
)
from tests.services.test_scope import event


async def leased(store: Store, clock: Clock | None = None) -> tuple[Sender, Lease]:
    """A sender that holds the lease and does nothing by itself."""
    sender = make_sender(store, Lane(), clock or Clock(), lease_seconds=0.2)
    lease = await sender._take(sender._clock())
    assert lease is not None
    return sender, lease


async def stored(store: Store, id: int) -> Broadcast:
    async with store.read() as view:
        found = await view.broadcast(id)
    assert found is not None
    return found


async def launched(store: Store, sender: Sender, lease: Lease, id: int) -> None:
    """Begin a broadcast and make all its deliveries."""
    ledger, now = sender._ledger, sender._clock()
    await ledger.begin(lease, await stored(store, id), now)
    await ledger.refresh(now)
    while ledger.actives[id].launching:
        await ledger.launch(lease, ledger.actives[id])


async def claimed(sender: Sender, lease: Lease, want: int) -> list[Job]:
    return await sender._ledger.step(lease, (), want, sender._clock())


async def test_who_sees_another_at_work_waits_and_says_so(sqlite_store: Store) -> None:
    async with sqlite_store.begin() as tx:
        assert await tx.take_lease("another", None) is not None
    await people(sqlite_store, [1])
    await scheduled(sqlite_store)
    sender = make_sender(sqlite_store, Lane(), Clock(), lease_seconds=0.2)
    assert not sender.elsewhere
    await sender._round()
    assert sender.elsewhere
    assert sender._lease is None


async def test_claims_that_nobody_remembers_wait_again(sqlite_store: Store) -> None:
    """The database failed while it committed: what it took in hand was surely not sent."""
    await people(sqlite_store, range(1, 11))
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    assert len(await claimed(sender, lease, 4)) == 4
    sender._ledger.actives.clear()

    async def failing() -> None:
        raise StorageFailed("the disk is full")

    sender._stirred.set()
    await sender._guarded(failing)
    assert sender._doubtful
    assert (await tally(sqlite_store, id))[Delivery.CLAIMED] == 4
    await sender._round()
    assert not sender._doubtful
    async with running(sender):
        await until(sqlite_store, id, State.SENT)
    assert (await tally(sqlite_store, id))[Delivery.SENT] == 10


async def test_a_surprise_in_a_round_ends_nothing(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await people(sqlite_store, [1])
    id = await scheduled(sqlite_store)
    sender = make_sender(sqlite_store, Lane(), Clock())
    refreshed, failures = sender._ledger.refresh, iter([KeyError("secret")])

    async def refresh(now: datetime) -> tuple[Broadcast, ...]:
        for error in failures:
            raise error
        return await refreshed(now)

    sender._ledger.refresh = refresh  # type: ignore[method-assign]
    sender._stirred.set()  # the rest after it is not waited for
    await sender._guarded(sender._round)
    assert sender._lease is None
    assert "a round of the sender failed: KeyError at " in caplog.text
    assert "secret" not in caplog.text
    assert sender.failing > 0
    async with running(sender):
        await until(sqlite_store, id, State.SENT)
    assert (await tally(sqlite_store, id))[Delivery.SENT] == 1
    assert sender.failing == 0


async def test_a_sender_whose_every_round_fails_says_since_when(sqlite_store: Store) -> None:
    await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)

    async def step(*_: object) -> list[Job]:
        raise KeyError("secret")

    sender._ledger.step = step  # type: ignore[method-assign,assignment]
    for _ in range(2):
        sender._lease = lease
        sender._stirred.set()
        await sender._guarded(sender._round)
    since = dict(sender._failing)
    sender._stirred.set()
    await sender._guarded(sender._round)  # it waits until its own lease is over
    assert sender._failing == since
    async with sqlite_store.begin() as tx:
        assert await tx.take_lease("another", await tx.lease()) is not None
    sender._stirred.set()
    await sender._guarded(sender._round)
    assert sender.failing == 0, "it is another's matter"


async def test_a_broadcast_that_cannot_begin_holds_up_no_other(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await people(sqlite_store, [1])
    bad, good = await scheduled(sqlite_store), await scheduled(sqlite_store)
    sender = make_sender(sqlite_store, Lane(), Clock(), lease_seconds=0.2)
    begin, troubles = sender._ledger.begin, iter([StorageFailed("away"), LeaseLost()])

    async def begins(lease: Lease, broadcast: Broadcast, now: datetime) -> None:
        if broadcast.id == bad:
            raise KeyError("secret")
        for trouble in troubles:
            raise trouble
        await begin(lease, broadcast, now)

    sender._ledger.begin = begins  # type: ignore[method-assign]
    async with running(sender):
        await until(sqlite_store, good, State.SENT)
        assert sender.failing > 0
        assert await state(sqlite_store, bad) is State.SCHEDULED
        async with sqlite_store.begin() as tx:
            await tx.move(bad, State.PAUSED)
        async with asyncio.timeout(PATIENCE):
            while sender.failing:
                await asyncio.sleep(0.01)
    assert next(troubles, None) is None, "those are waited out by the whole round"
    assert f"broadcast {bad} can be neither begun nor ended: KeyError at " in caplog.text
    assert "secret" not in caplog.text


async def test_what_is_wrong_with_one_schedule_holds_up_no_sending(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await people(sqlite_store, [1])
    id = await scheduled(sqlite_store)
    sender = make_sender(sqlite_store, Lane(), Clock())

    async def tick(_: datetime) -> None:
        if troubled:
            raise KeyError("secret")

    sender._tick, troubled = tick, True
    async with running(sender):
        await until(sqlite_store, id, State.SENT)
        assert sender.failing > 0
        troubled = False
        async with asyncio.timeout(PATIENCE):
            while sender.failing:
                await asyncio.sleep(0.01)
    assert "what is planned could not be looked over: KeyError at " in caplog.text
    assert "secret" not in caplog.text


async def test_a_database_that_is_away_while_schedules_are_looked_over_is_waited_for(
    sqlite_store: Store,
) -> None:
    sender = make_sender(sqlite_store, Lane(), Clock())

    async def tick(_: datetime) -> None:
        raise StorageFailed("away")

    sender._tick = tick
    with pytest.raises(StorageFailed):
        await sender._look(NOON)


async def test_an_edit_waits_for_what_is_on_its_way(sqlite_store: Store) -> None:
    await people(sqlite_store, [1, 2])
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    jobs = await claimed(sender, lease, 1)
    async with sqlite_store.begin() as tx:
        await tx.add_edit(id, NOON, locale="de", withdraw=False)
    await sender._look(sender._clock())
    assert not await sender._edit(lease, sender._clock())
    assert sender._ledger.held == {id}
    assert await claimed(sender, lease, 1) == [], "it is held"
    claim = jobs[0].claims[0]
    result = Result(broadcast_id=id, chat_id=claim.chat_id, state=Delivery.SENT, at=claim.at, message_id=1)
    await sender._ledger.step(lease, [result], 0, sender._clock())
    assert await sender._edit(lease, sender._clock())


async def test_a_long_correction_keeps_nobody_from_the_evenings_digest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has it is met first, whom it waits for gets it at their hour, and the others come after."""
    monkeypatch.setattr(editing, "BATCH", 1)
    clock = Clock()
    await people(store, [1, 2, 3, 4], locales=("de",))
    await people(store, [5, 6], locales=("de",), frequency="daily")
    await people(store, [7], locales=("de",), quiet_from=8, quiet_to=18)
    wrong, other = [await scheduled(store, locales=("de",)) for _ in range(2)]
    sender, lease = await leased(store, clock)
    for id in (wrong, other):
        await launched(store, sender, lease, id)
    ledger = sender._ledger
    mine = [job for job in await claimed(sender, lease, 3) if job.claims[0].broadcast_id == wrong]
    assert [job.chat_id for job in mine] == [1, 2, 3]
    clock.now = NOON.replace(hour=17, minute=1)  # after six in the towns
    async with store.begin() as tx:
        await tx.put_body(wrong, Body(locale="de", html="corrected", revision=1))
        await tx.add_edit(wrong, NOON, locale="de", withdraw=False)
    await sender._look(clock.now)
    assert not await sender._edit(lease, clock.now)
    jobs = await claimed(sender, lease, 20)
    assert {claim.broadcast_id for job in jobs for claim in job.claims} == {other}
    assert all(len(job.claims) == 1 and not job.claims[0].digest for job in jobs), "no digest without it"
    results = [
        Result(broadcast_id=wrong, chat_id=job.chat_id, state=Delivery.SENT, at=1, message_id=job.chat_id)
        for job in mine
    ]
    await ledger.step(lease, results, 0, clock.now)
    assert await sender._edit(lease, clock.now)
    jobs = await claimed(sender, lease, 20)
    texts = {
        job.chat_id: [body.html for broadcast, body in job.notices if broadcast.id == wrong] for job in jobs
    }
    assert texts == {7: ["corrected"], 5: ["corrected"], 6: ["corrected"]}, "4 comes after the correction"
    assert [len(job.notices) for job in jobs if job.chat_id in (5, 6)] == [2, 2]
    while ledger.behind:  # those on their way do not stop it
        assert ledger.actives[wrong].outstanding
        assert await sender._edit(lease, clock.now)
    assert isinstance(sender._lane, Lane)
    assert [chat for chat, *_rest in sender._lane.changed] == [1, 2, 3]
    assert [job.chat_id for job in await claimed(sender, lease, 20)] == [4]


async def test_rejections_stop_only_the_broadcast_that_they_belong_to(sqlite_store: Store) -> None:
    await people(sqlite_store, range(1, 6))
    bad, good = await scheduled(sqlite_store), await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    for id in (bad, good):
        await launched(sqlite_store, sender, lease, id)
    jobs = await claimed(sender, lease, 10)
    results = [
        Result(
            broadcast_id=claim.broadcast_id,
            chat_id=claim.chat_id,
            state=Delivery.REJECTED if claim.broadcast_id == bad else Delivery.SENT,
            at=claim.at,
        )
        for job in jobs
        for claim in job.claims
    ]
    await sender._ledger.step(lease, results, 0, sender._clock())
    assert [await state(sqlite_store, id) for id in (bad, good)] == [State.PAUSED, State.SENDING]


async def test_nothing_is_sent_under_a_lease_that_is_lost(sqlite_store: Store) -> None:
    await people(sqlite_store, [1])
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    (job,) = await claimed(sender, lease, 1)
    sender._forget_all()
    assert await sender._send(job, lease) == []
    lane = sender._lane
    assert isinstance(lane, Lane)
    assert not lane.jobs


async def test_what_was_stopped_a_moment_before_is_not_begun(sqlite_store: Store) -> None:
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    seen = await stored(sqlite_store, id)
    async with sqlite_store.begin() as tx:
        await tx.move(id, State.CANCELLED)
    await sender._ledger.begin(lease, seen, NOON)
    assert await state(sqlite_store, id) is State.CANCELLED


async def test_a_launch_is_over_once_and_may_begin_anew(sqlite_store: Store) -> None:
    await people(sqlite_store, [1, 2])
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    active = sender._ledger.actives[id]
    await sender._ledger.launch(lease, active)
    assert (await tally(sqlite_store, id)).total == 2
    active.walk = None
    async with sqlite_store.begin() as tx:
        await tx.change(id, launch=(0, FIRST))
    await sender._ledger.refresh(NOON)
    while active.launching:
        await sender._ledger.launch(lease, active)
    assert (await tally(sqlite_store, id)).total == 2, "nobody is there twice"


async def test_nothing_is_finished_while_it_is_held_or_somebody_waits(sqlite_store: Store) -> None:
    await people(sqlite_store, [1])
    await people(sqlite_store, [2], quiet_from=0, quiet_to=13)  # asleep at noon
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    ledger = sender._ledger
    await launched(sqlite_store, sender, lease, id)
    (job,) = await claimed(sender, lease, 2)
    result = Result(
        broadcast_id=id, chat_id=job.chat_id, state=Delivery.SENT, at=job.claims[0].at, message_id=1
    )
    await ledger.step(lease, [result], 5, sender._clock())
    assert ledger.actives[id].exhausted
    assert not await ledger.finish(lease, NOON), "one sleeps"
    async with sqlite_store.begin() as tx:
        await tx.move(id, State.PAUSED)
        await tx.move(id, State.CANCELLED)
    ledger.held = {id}
    assert not await ledger.finish(lease, NOON), "it is held"
    await ledger.tidy(lease, await stored(sqlite_store, id), NOON)
    ledger.held = set()
    assert not await ledger.finish(lease, NOON), "it is cancelled"
    assert await state(sqlite_store, id) is State.CANCELLED


async def test_a_large_rest_is_skipped_in_portions(sqlite_store: Store) -> None:
    await people(sqlite_store, range(1, 2_102))
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    async with sqlite_store.begin() as tx:
        await tx.move(id, State.PAUSED)
        await tx.move(id, State.CANCELLED)
    await sender._ledger.tidy(lease, await stored(sqlite_store, id), NOON)
    assert (await tally(sqlite_store, id)).skipped == {"cancelled": 2_101}


async def test_a_result_of_what_is_in_hand_no_more_is_written_down(sqlite_store: Store) -> None:
    await people(sqlite_store, [1])
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    (job,) = await claimed(sender, lease, 1)
    sender._ledger.actives.clear()
    result = Result(
        broadcast_id=id, chat_id=job.chat_id, state=Delivery.SENT, at=job.claims[0].at, message_id=1
    )
    await sender._ledger.step(lease, [result], 0, sender._clock())
    assert (await tally(sqlite_store, id))[Delivery.SENT] == 1


async def test_who_left_after_the_launch_is_skipped(sqlite_store: Store) -> None:
    await people(sqlite_store, [1, 2])
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    async with sqlite_store.begin() as tx:
        await tx._run(recipients.update().where(recipients.c.chat_id == 1).values(retired_at=NOON))
    (job,) = await claimed(sender, lease, 2)
    assert job.chat_id == 2
    assert (await tally(sqlite_store, id)).skipped == {"blocked": 1}


async def test_what_sleepers_would_get_too_late_is_skipped(sqlite_store: Store) -> None:
    await people(sqlite_store, [1], quiet_from=0, quiet_to=13)  # asleep at noon
    clock = Clock()
    id = await scheduled(sqlite_store, options=Options(window=60))
    sender, lease = await leased(sqlite_store, clock)
    await launched(sqlite_store, sender, lease, id)
    assert await claimed(sender, lease, 1) == []
    clock.now = NOON + timedelta(hours=24)
    sender._ledger.actives[id].due = seconds(NOON)
    assert await claimed(sender, lease, 1) == []
    assert (await tally(sqlite_store, id)).skipped == {"stale": 1}


async def test_whoever_is_answered_comes_between_claims(sqlite_store: Store) -> None:
    await people(sqlite_store, range(1, 251))
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    async with sqlite_store.begin() as tx:
        claims = await tx.claim(id, FIRST, 250)
        found = await tx.still(sender._ledger.actives[id].standing, range(1, 251))

        async def still(*_: object) -> Mapping[int, Still]:
            return found  # without giving way

        tx.still = still  # type: ignore[method-assign,assignment]
        turns = 0

        async def answering() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(answering())
        jobs, _others = await sender._ledger._sort_out(tx, claims, NOON)
        task.cancel()
    assert len(jobs) == 250
    assert turns >= 4


async def test_what_is_urgent_goes_before_all_that_was_waited_with(store: Store) -> None:
    await people(store, range(1, 9), quiet_from=8, quiet_to=13)  # asleep at noon
    clock = Clock()
    usual = await scheduled(store)
    sender, lease = await leased(store, clock)
    await launched(store, sender, lease, usual)
    clock.now = NOON + timedelta(hours=1, minutes=1)
    await sender._ledger.refresh(clock.now)
    urgent = await scheduled(store, options=Options(urgent=True))
    await launched(store, sender, lease, urgent)
    jobs = await claimed(sender, lease, 6)
    put_off = Result(broadcast_id=urgent, chat_id=1, state=Delivery.WAITING, at=seconds(clock.now))
    jobs += await sender._ledger.step(lease, [put_off], 3, clock.now)
    jobs += await claimed(sender, lease, 20)
    order = [job.claims[0].broadcast_id for job in jobs]
    assert order == [urgent] * 8 + [usual] + [urgent] + [usual] * 7


@pytest.mark.parametrize("steps", [0, 2, 4], ids=["before", "within", "after"])
async def test_an_evening_that_falls_into_a_launch_has_one_digest(store: Store, steps: int) -> None:
    clock = Clock()
    await people(store, [1, 2, 3], frequency="daily")
    sender, lease = await leased(store, clock)
    ledger = sender._ledger
    early = await scheduled(store)
    await launched(store, sender, lease, early)
    clock.now = NOON.replace(hour=16, minute=59)  # one minute to six in the towns
    late = await scheduled(store, at=clock.now)
    await ledger.begin(lease, await stored(store, late), clock.now)
    await ledger.refresh(clock.now)
    left = ledger.actives[late]
    for _ in range(steps):
        left.chunk = 2
        await ledger.launch(lease, left)
    clock.now = NOON.replace(hour=17)
    assert left.launching == (steps < 4)
    jobs = await claimed(sender, lease, 9)
    while left.launching:
        assert not jobs
        await ledger.launch(lease, left)
        jobs = await claimed(sender, lease, 9)
    assert [len(job.notices) for job in jobs] == [2, 2, 2]


async def test_an_edit_of_what_is_gone_changes_nothing(sqlite_store: Store) -> None:
    await people(sqlite_store, [1])
    id = await scheduled(sqlite_store)
    sender, lease = await leased(sqlite_store)
    async with sqlite_store.begin() as tx:
        await tx.add_edit(id, NOON, locale="de", withdraw=False)
    async with sqlite_store.read() as view:
        (edit,) = await view.open_edits()
    async with sqlite_store.begin() as tx:
        await tx._run(broadcasts.delete().where(broadcasts.c.id == id))
    await sender._editing.go_on(lease, edit, NOON)
    lane = sender._lane
    assert isinstance(lane, Lane)
    assert not lane.changed


async def test_a_digest_whose_other_notice_lost_its_text_is_deleted(sqlite_store: Store) -> None:
    await people(sqlite_store, [1], frequency="daily", locales=("de",))
    clock, lane = Clock(), Lane()
    ids = [await scheduled(sqlite_store, locales=("de",)) for _ in range(2)]
    async with running(make_sender(sqlite_store, lane, clock)):
        for id in ids:
            await until(sqlite_store, id, State.SENDING)
        clock.now = NOON.replace(hour=17, minute=1)  # after 18 o'clock
        for id in ids:
            await until(sqlite_store, id, State.SENT)
        assert [len(job.notices) for job in lane.jobs] == [2]
        async with sqlite_store.begin() as tx:
            await tx.drop_bodies(ids[1])
            await tx.move(ids[0], State.WITHDRAWN)
            await tx.add_edit(ids[0], NOON, locale=None, withdraw=True)
        async with asyncio.timeout(PATIENCE):
            while not lane.withdrawn:
                await asyncio.sleep(0.02)
    assert [chat for chat, _ in lane.withdrawn] == [1]
    assert not lane.changed


async def test_the_date_of_its_event_is_kept_when_it_goes_out_and_not_copied(sqlite_store: Store) -> None:
    cafe = event("cafe", None, "schwerin")  # the fifth of December
    await people(sqlite_store, [1])
    id = await scheduled(sqlite_store)
    async with sqlite_store.begin() as tx:
        await tx.put_record(cafe.KIND, cafe.id, encode(replace(cafe, repeats="FREQ=WEEKLY")), None)
        for body in (await tx.bodies(id)).values():
            await tx.put_body(id, replace(body, event_id=cafe.id))
    before = await stored(sqlite_store, id)
    sender, lease = await leased(sqlite_store)
    await launched(sqlite_store, sender, lease, id)
    options = (await stored(sqlite_store, id)).options
    kept = to_minutes(cafe.starts.replace(tzinfo=ZONE))
    assert options == replace(before.options, card_at=kept)
    async with sqlite_store.begin() as tx:
        copy = await tx.copy(id, NOON, author_id=None)
    assert copy is not None
    assert (await stored(sqlite_store, copy)).options == before.options
