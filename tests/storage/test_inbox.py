from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.rows import StoredUpdate
from bot.storage.store import Store
from tests.conftest import Databases

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BIG = 2**40


async def test_an_update_is_stored_once(store: Store) -> None:
    async with store.begin() as transaction:
        assert await transaction.store_updates([], NOW) == frozenset()
        assert await transaction.store_updates([(BIG, -7, "a"), (2, 7, "b"), (2, 7, "c")], NOW) == {BIG, 2}
    async with store.begin() as transaction:
        assert await transaction.store_updates([(2, 7, "again"), (3, 0, "d")], NOW) == {3}
        assert await transaction.store_updates([(3, 0, "again")], NOW) == frozenset()
        assert await transaction.store_updates([(4, 0, "e")], NOW) == {4}
    async with store.read() as snapshot:
        payloads = {update.update_id: update.payload for update in await snapshot.unfinished(10)}
    assert payloads == {BIG: "a", 2: "b", 3: "d", 4: "e"}


async def test_a_finished_update_keeps_only_its_id_and_drops_repetitions(store: Store) -> None:
    async with store.begin() as transaction:
        await transaction.store_updates([(1, 7, "a"), (2, 7, "b")], NOW)
        await transaction.finish_updates([1, 99], NOW + timedelta(seconds=1))
        await transaction.finish_updates([], NOW)
        assert await transaction.unfinished(10) == (StoredUpdate(2, 7, "b", NOW),)
        assert await transaction.store_updates([(1, 7, "a")], NOW) == frozenset()
        assert (await transaction.everything_about(7))["unanswered_messages"] == 1


async def test_unfinished_updates_come_in_the_order_of_their_arrival(store: Store) -> None:
    async with store.begin() as transaction:
        assert await transaction.oldest_unfinished() is None
        # After a week of silence Telegram starts from a new number, which may be a smaller one.
        await transaction.store_updates([(900, 1, "first"), (901, 1, "second")], NOW)
        await transaction.store_updates([(5, 1, "third")], NOW + timedelta(seconds=1))
        assert [u.payload for u in await transaction.unfinished(10)] == ["first", "second", "third"]
        assert [u.payload for u in await transaction.unfinished(2)] == ["first", "second"]
        assert await transaction.oldest_unfinished() == NOW
        await transaction.finish_updates([900, 901], NOW)
        assert await transaction.oldest_unfinished() == NOW + timedelta(seconds=1)


async def test_ids_expire_and_what_is_unfinished_does_not(store: Store) -> None:
    async with store.begin() as transaction:
        await transaction.store_updates([(1, 7, "a"), (2, 7, "b"), (3, 7, "c")], NOW)
        await transaction.finish_updates([1], NOW)
        await transaction.finish_updates([2], NOW + timedelta(days=1))
        await transaction.expire_finished(NOW + timedelta(hours=1))
        assert await transaction.store_updates([(1, 7, "a"), (2, 7, "b"), (3, 7, "c")], NOW) == {1}


async def test_scrubbing_works_on_both(store: Store) -> None:
    async with store.begin() as transaction:
        await transaction.store_updates([(1, 7, "a")], NOW)
    assert await store.scrub()
    async with store.read() as snapshot:
        assert len(await snapshot.unfinished(10)) == 1


def _files_with(mark: bytes, folder: Path, name: str) -> list[str]:
    return [path.name for path in sorted(folder.glob(f"{name}*")) if mark in path.read_bytes()]


@pytest.mark.parametrize("seed", range(6))
async def test_a_finished_payload_is_in_no_file_any_more(sqlite_databases: Databases, seed: int) -> None:
    """Payloads of many sizes come and go in any order, so that rows move about in the file."""
    path = Path((await sqlite_databases.migrated()).removeprefix("sqlite:///"))
    store = await Store.open(f"sqlite:///{path}")
    chance = random.Random(seed)
    mark, chat = "Schiffbruch", 987_654_321
    unfinished: set[int] = set()
    async with store.begin() as transaction:
        await transaction.choose_locale(chat, "private", mark, NOW)
    for step in range(30):
        at = NOW + timedelta(seconds=step)
        updates = [
            (chance.randrange(10**9), chat, mark * chance.choice([1, 3, 20, 90, 200, 380, 800]))
            for _ in range(chance.randint(1, 40))
        ]
        async with store.begin() as transaction:
            unfinished |= await transaction.store_updates(updates, at)
        done = chance.sample(sorted(unfinished), len(unfinished) * 2 // 3)
        async with store.begin() as transaction:
            await transaction.finish_updates(done, at)
            await transaction.expire_finished(at - timedelta(seconds=10))
        unfinished -= set(done)
    assert _files_with(mark.encode(), path.parent, path.name) != []
    async with store.begin() as transaction:
        await transaction.finish_updates(unfinished, NOW)
        await transaction.forget(chat)
    assert await store.scrub()
    found = [_files_with(part, path.parent, path.name) for part in (b"iffbr", chat.to_bytes(4, "big"))]
    await store.close()
    assert found == [[], []]


async def test_what_is_written_while_it_tidies_up_is_tidied_next_time(store: Store) -> None:
    begun = 0

    def meanwhile(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal begun
        if statement.startswith("VACUUM"):
            begun += 1
            store._changed = store._changed or begun == 1  # as a transaction that begins now notes it

    sa.event.listen(store._writing.sync_engine, "before_cursor_execute", meanwhile)
    async with store.begin() as transaction:
        await transaction.store_updates([(1, 7, "a")], NOW)
    for _ in range(3):
        assert await store.scrub()
    assert begun == 2


async def test_scrubbing_costs_nothing_when_nothing_changed(sqlite_databases: Databases) -> None:
    path = Path((await sqlite_databases.migrated()).removeprefix("sqlite:///"))
    store = await Store.open(f"sqlite:///{path}")
    assert await store.scrub()
    before = path.stat().st_mtime_ns
    async with store.read() as snapshot:
        await snapshot.unfinished(1)
    assert await store.scrub()
    assert path.stat().st_mtime_ns == before
    await store.close()


async def test_scrubbing_says_when_a_reader_keeps_it_from_finishing(sqlite_databases: Databases) -> None:
    path = Path((await sqlite_databases.migrated()).removeprefix("sqlite:///"))
    store = await Store.open(f"sqlite:///{path}")
    async with store.begin() as transaction:
        await transaction.store_updates([(1, 7, "a")], NOW)
    async with store.read() as snapshot:
        await snapshot.unfinished(1)
        async with store.begin() as transaction:
            await transaction.finish_updates([1], NOW)
        assert not await store.scrub()
    assert await store.scrub()
    await store.close()
