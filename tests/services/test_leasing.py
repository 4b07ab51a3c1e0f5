"""The sender when somebody else takes over, when Telegram is away, and when much is due at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

import pytest

from bot.domain.broadcast import Body, Broadcast, Options, State, Unknown
from bot.domain.deliveries import Delivery
from bot.domain.outcomes import Outcome, Status
from bot.services import accounting, ledger
from bot.services.jobs import Job
from bot.storage.store import Store
from bot.storage.tables import deliveries
from tests.conftest import Databases
from tests.services.sending import (
    NOON,
    PATIENCE,
    Clock,
    Lane,
    make_ledger,
    make_sender,
    people,
    running,
    scheduled,
    state,
    tally,
    until,
)


async def _when(done: Callable[[], object], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)


async def _counted(store: Store, id: int, state: Delivery, number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await tally(store, id))[state] < number:
            await asyncio.sleep(0.01)


async def _take_over(store: Store) -> int:
    """Another process takes the lease and judges, as after a long silence; how many were in hand."""
    other = make_ledger(store)
    async with store.begin() as tx:
        lease = await tx.take_lease("another", await tx.lease())
    assert lease is not None
    return await other.judge(lease, NOON)


async def test_who_has_lost_the_lease_drops_what_was_in_hand(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_JUDGED", 50)  # in parts
    store = sqlite_store
    await people(store, range(1, 201))
    id = await scheduled(store, options=Options(unknown=Unknown.RESEND))
    lane, clock = Lane(), Clock()
    lane.gate.clear()
    sender = make_sender(store, lane, clock, lease_seconds=0.5)
    async with running(sender):
        await _when(lambda: lane.under_way == 16)
        assert await _take_over(store) > 16
        await _when(lambda: sender._lease is None)
        lane.gate.set()
        await until(store, id, State.SENT)
    doubled = [key for key, number in lane.got.items() if number > 1]
    assert set(lane.got.values()) <= {1, 2}
    assert len(doubled) == 16, "what was on its way, and nothing that was only claimed"
    assert (await tally(store, id))[Delivery.SENT] == 200


async def test_a_lease_that_somebody_else_took_a_moment_before_is_not_taken(sqlite_store: Store) -> None:
    async with sqlite_store.begin() as tx:
        first = await tx.take_lease("one", None)
        assert first is not None
        await tx.release_lease(first)
        seen = await tx.lease()
        assert await tx.take_lease("two", seen) is not None
        assert await tx.take_lease("three", seen) is None
    # The one that waits sees a holder that is silent, and takes over.
    await people(sqlite_store, [1])
    id = await scheduled(sqlite_store)
    lane = Lane()
    async with running(make_sender(sqlite_store, lane, Clock(), lease_seconds=0.3)):
        await until(sqlite_store, id, State.SENT)
    assert lane.chats == [1]


class _SlowEdits(Lane):
    """Its first edit takes longer than a lease lasts."""

    async def change(
        self,
        chat_id: int,
        message_id: int,
        locale: str,
        notices: Sequence[tuple[Broadcast, Body]],
        *,
        digest: bool,
    ) -> Outcome:
        if not self.changed:
            await asyncio.sleep(1.2)
        return await super().change(chat_id, message_id, locale, notices, digest=digest)


async def test_a_long_correction_keeps_the_lease(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [1, 2, 3], locales=("de",))
    id = await scheduled(store, locales=("de",))
    lane, clock = _SlowEdits(), Clock()
    one = make_sender(store, lane, clock, holder="one", lease_seconds=0.4)
    other = make_sender(store, lane, clock, holder="other", lease_seconds=0.4)
    async with running(one), running(other):
        await until(store, id, State.SENT)
        async with store.begin() as tx:
            await tx.put_body(id, Body(locale="de", html="corrected", revision=1))
            await tx.add_edit(id, NOON, locale="de", withdraw=False)
        async with asyncio.timeout(PATIENCE):
            while True:
                async with store.read() as view:
                    (edit,) = await view.edits(id)
                if edit.finished_at is not None:
                    break
                await asyncio.sleep(0.02)
    assert sorted(chat for chat, _, _ in lane.changed) == [1, 2, 3]
    assert edit.done == 3


async def test_edits_are_tried_again_and_given_up_at_last(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [1, 2, 3], locales=("de",))
    id = await scheduled(store, locales=("de",))
    lane = Lane()
    tries: list[int] = []

    def outcome(chat: int) -> Outcome | None:
        tries.append(chat)
        match chat:
            case 1 if tries.count(1) == 1:
                return Outcome(Status.RATE_LIMITED, retry_after=0.1)
            case 2:
                return Outcome(Status.UNKNOWN)
        return None

    lane.edit_outcome = outcome
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.SENT)
        async with store.begin() as tx:
            await tx.put_body(id, Body(locale="de", html="corrected", revision=1))
            await tx.add_edit(id, NOON, locale="de", withdraw=False)
        async with asyncio.timeout(PATIENCE):
            while True:
                async with store.read() as view:
                    (edit,) = await view.edits(id)
                if edit.finished_at is not None:
                    break
                await asyncio.sleep(0.02)
    assert (edit.done, edit.failed) == (2, 1)
    assert (tries.count(1), tries.count(2), tries.count(3)) == (2, 5, 1)


async def test_what_a_broken_lane_does_is_unknown_and_the_sender_lives(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [1, 2])
    id = await scheduled(store)
    lane = Lane()

    def outcome(job: Job) -> Outcome | None:
        if job.chat_id == 1:
            raise RuntimeError("a bug")
        return None

    lane.outcome = outcome
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.SENT)
    account = await tally(store, id)
    assert (account[Delivery.UNKNOWN], account[Delivery.SENT]) == (1, 1)


async def test_while_telegram_is_away_nothing_is_lost(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [1, 2])
    id = await scheduled(store)
    tries: list[int] = []

    def outcome(job: Job) -> Outcome | None:
        tries.append(job.chat_id)
        if tries.count(job.chat_id) > 1:
            return None
        return Outcome(Status.NOT_SENT if job.chat_id == 1 else Status.UNAUTHORISED)

    lane, clock = Lane(), Clock()
    lane.outcome = outcome
    async with running(make_sender(store, lane, clock)):
        await _counted(store, id, Delivery.SENT, 1)
        assert lane.chats == [1], "tried again soon"
        assert (await tally(store, id))[Delivery.WAITING] == 1
        clock.now += timedelta(seconds=31)
        await until(store, id, State.SENT)
    assert lane.chats == [1, 2]


async def test_a_digest_that_must_wait_stays_one_message(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [1], frequency="daily")
    clock, lane = Clock(), Lane()
    ids = [await scheduled(store) for _ in range(2)]
    limited: list[int] = []

    def outcome(job: Job) -> Outcome | None:
        limited.append(len(job.notices))
        return Outcome(Status.RATE_LIMITED, retry_after=0.5) if len(limited) == 1 else None

    lane.outcome = outcome
    async with running(make_sender(store, lane, clock)):
        for id in ids:
            await _counted(store, id, Delivery.DIGEST, 1)
        clock.now = NOON.replace(hour=17, minute=1)
        for id in ids:
            await until(store, id, State.SENT)
    assert limited == [2, 2]
    assert [len(job.notices) for job in lane.jobs] == [2]


async def test_first_some_counts_what_is_due_and_lets_digests_through(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, range(1, 4), frequency="daily")
    await people(store, range(11, 16), quiet_from=0, quiet_to=13)  # asleep at noon
    await people(store, range(21, 31))
    clock, lane = Clock(), Lane()
    id = await scheduled(store, options=Options(first=4))
    async with running(make_sender(store, lane, clock)) as sender:
        await until(store, id, State.PAUSED)
        assert (await tally(store, id))[Delivery.SENT] == 4
        await _when(lambda: not sender._ledger.actives)
        async with store.begin() as tx:
            await tx.change(id, options=Options(first=12))
        clock.now = NOON.replace(hour=17, minute=1)  # digests and sleepers are due, and six others left
        async with store.begin() as tx:
            await tx.move(id, State.SENDING)
        await _when(lambda: len(lane.jobs) >= 12)
        await until(store, id, State.PAUSED)
        assert (await tally(store, id))[Delivery.SENT] == 12
        async with store.begin() as tx:
            await tx.move(id, State.SENDING)
        await until(store, id, State.SENT)
    assert set(lane.got.values()) == {1}
    assert len(lane.got) == 18


async def test_a_small_first_does_not_keep_digests_waiting(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [1, 2], frequency="daily")
    clock, lane = Clock(), Lane()
    staged = await scheduled(store, options=Options(first=5))
    async with running(make_sender(store, lane, clock)):
        await _counted(store, staged, Delivery.DIGEST, 2)
        clock.now = NOON.replace(hour=17, minute=1)
        await until(store, staged, State.SENT)
    assert sorted(lane.chats) == [1, 2]


async def test_what_waits_for_later_does_not_hide_what_is_new(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [1])
    clock, lane = Clock(NOON.replace(hour=21)), Lane()
    quiet = await scheduled(store, at=clock.now)
    async with running(make_sender(store, lane, clock)) as sender:
        await _counted(store, quiet, Delivery.WAITING, 1)
        await _when(lambda: sender._lease is None)
        urgent = await scheduled(store, options=Options(urgent=True), at=clock.now)
        await until(store, urgent, State.SENT)
        async with store.begin() as tx:
            await tx.move(quiet, State.CANCELLED)
        await _when(lambda: sender._lease is None)
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, quiet)).open:
                await asyncio.sleep(0.02)
    assert await state(store, quiet) is State.CANCELLED


# Two processes on one PostgreSQL -------------------------------------------------------------------


@pytest.fixture
async def two_stores(postgresql_databases: Databases) -> AsyncIterator[tuple[Store, Store]]:
    url = await postgresql_databases.migrated()
    stores = await Store.open(url), await Store.open(url)
    yield stores
    for one in stores:
        await one._dispose()
    await postgresql_databases.drop()


async def test_two_that_let_go_of_the_same_count_everybody_once(two_stores: tuple[Store, Store]) -> None:
    """Beside people who have themselves forgotten."""
    first, second = two_stores
    id = await scheduled(first, locales=("de",))
    row = {"broadcast_id": id, "at": 1, "state": int(Delivery.SENT), "locale": "de"}
    async with first.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.move(id, State.SENT)
        await tx.change(id, launched_at=NOON, finished_at=NOON)
        await tx._run(deliveries.insert(), [{**row, "chat_id": chat} for chat in range(1, 12_001)])
    later = NOON + timedelta(days=200)

    async def forget() -> None:
        for chat in range(12_000, 11_900, -1):
            async with second.begin() as tx:
                await tx.forget(chat, later)

    await asyncio.gather(
        accounting.expire(first, later, 180), accounting.expire(second, later, 180), forget()
    )
    account = await tally(first, id)
    assert (account.total, account[Delivery.SENT]) == (12_000, 12_000)
    async with first.read() as view:
        assert (await view._run(deliveries.select())).first() is None


async def test_who_leaves_while_a_launch_is_not_committed_leaves_nothing_behind(
    two_stores: tuple[Store, Store],
) -> None:
    first, second = two_stores
    await people(first, [-7, *range(1, 100)], locales=("de",))
    id = await scheduled(first, locales=("de",))
    sender = make_sender(first, Lane(), Clock())
    lease = await sender._take(NOON)
    assert lease is not None
    async with first.read() as view:
        found = await view.broadcast(id)
    assert found is not None
    await sender._ledger.begin(lease, found, NOON)
    await sender._look(NOON)
    active = sender._ledger.actives[id]
    assert active.walk is not None
    assert active.broadcast.launch is not None

    async def leave() -> int:
        async with second.begin() as tx:
            return (await tx.forget(77, NOON))["deliveries"]

    async def move() -> None:
        async with second.begin() as tx:
            await tx.migrate_chat(-7, -1007)

    async with first.begin() as tx:
        await tx.beat(lease)
        following = await tx.launch_chunk(active.walk, *active.broadcast.launch, 1000)
        leaving, moving = asyncio.create_task(leave()), asyncio.create_task(move())
        assert not (await asyncio.wait((leaving, moving), timeout=0.3))[0], "they wait for the launch"
        await tx.change(id, launch=following)
    assert await leaving == 1
    await moving
    async with first.read() as view:
        left = set((await view._run(deliveries.select())).scalars("chat_id"))
    assert left == {-1007, *range(1, 100)} - {77}
    assert (await tally(first, id)).skipped == {"forgotten": 1}
