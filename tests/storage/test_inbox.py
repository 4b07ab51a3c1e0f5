from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

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
        assert await transaction.expire_finished(NOW + timedelta(hours=1)) == 1
        assert await transaction.store_updates([(1, 7, "a"), (2, 7, "b"), (3, 7, "c")], NOW) == {1}


async def test_scrubbing_works_on_both(store: Store) -> None:
    async with store.begin() as transaction:
        await transaction.store_updates([(1, 7, "a")], NOW)
    assert await store.scrub()
    async with store.read() as snapshot:
        assert len(await snapshot.unfinished(10)) == 1


def _files_with(mark: bytes, folder: Path, name: str) -> list[str]:
    return [path.name for path in sorted(folder.glob(f"{name}*")) if mark in path.read_bytes()]


@pytest.mark.parametrize("size", [20, 700, 3_000, 9_000])
async def test_a_finished_payload_is_in_no_file_any_more(sqlite_databases: Databases, size: int) -> None:
    path = Path((await sqlite_databases.migrated()).removeprefix("sqlite:///"))
    store = await Store.open(f"sqlite:///{path}")
    mark = "Schiffbruch"
    count = 400
    async with store.begin() as transaction:
        await transaction.choose_locale(7, "private", mark, NOW)
    for start in range(0, count, 50):
        async with store.begin() as transaction:
            updates = [(id, 987_654_321, (mark * size)[: size + id % 7]) for id in range(start, start + 50)]
            await transaction.store_updates(updates, NOW)
        if start >= 50:
            async with store.begin() as transaction:
                await transaction.finish_updates(range(start - 50, start - 30), NOW)
    assert _files_with(mark.encode(), path.parent, path.name) != []
    async with store.begin() as transaction:
        await transaction.finish_updates(range(count), NOW)
        await transaction.forget(7)
    assert await store.scrub()
    found = await asyncio.to_thread(_files_with, mark[3:].encode(), path.parent, path.name)
    lane = await asyncio.to_thread(_files_with, (987_654_321).to_bytes(4, "big"), path.parent, path.name)
    await store.close()
    assert found == []
    assert lane == []


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
