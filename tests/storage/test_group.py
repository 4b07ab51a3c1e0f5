from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.storage.group import Batcher, WriterClosed
from bot.storage.store import Store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Update = tuple[int, int, str]


class Disk:
    """Remembers batches; each write takes until `go` is set, and fails for items below zero."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def write(self, batch: Sequence[int]) -> list[int]:
        self.batches.append(list(batch))
        await self.go.wait()
        if min(batch) < 0:
            raise OSError("the disk is full")
        return [item * 10 for item in batch]


async def test_what_arrives_during_a_write_makes_the_next_batch() -> None:
    disk = Disk()
    writer = Batcher(disk.write, limit=3)
    disk.go.clear()
    first = asyncio.create_task(writer.put(0))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(writer.put(item)) for item in range(1, 6)]
    await asyncio.sleep(0.01)
    assert not first.done()
    disk.go.set()
    assert await asyncio.gather(first, *others) == [0, 10, 20, 30, 40, 50]
    assert disk.batches == [[0], [1, 2, 3], [4, 5]]
    assert await writer.put(6) == 60
    await writer.close()


async def test_an_error_reaches_everybody_in_its_batch_and_nobody_after() -> None:
    disk = Disk()
    writer = Batcher(disk.write)
    results = await asyncio.gather(*(writer.put(item) for item in (1, -2, 3)), return_exceptions=True)
    assert [str(result) for result in results] == ["the disk is full"] * 3
    assert list(await asyncio.gather(writer.put(4), writer.put(5))) == [40, 50]
    await writer.close()


async def test_who_is_cancelled_before_the_write_is_left_out() -> None:
    disk = Disk()
    writer = Batcher(disk.write)
    disk.go.clear()
    first = asyncio.create_task(writer.put(1))
    await asyncio.sleep(0.01)
    second, third = (asyncio.create_task(writer.put(item)) for item in (2, 3))
    await asyncio.sleep(0.01)
    first.cancel()
    second.cancel()
    disk.go.set()
    assert await third == 30
    assert disk.batches == [[1], [3]]
    fourth = asyncio.create_task(writer.put(4))
    await asyncio.sleep(0)
    fourth.cancel()
    await writer.close()
    assert disk.batches == [[1], [3]]


async def test_closing_writes_what_waits_and_takes_no_more() -> None:
    disk = Disk()
    writer = Batcher(disk.write, limit=2)
    tasks = [asyncio.create_task(writer.put(item)) for item in range(5)]
    await asyncio.sleep(0)
    await writer.close()
    assert await asyncio.gather(*tasks) == [0, 10, 20, 30, 40]
    with pytest.raises(WriterClosed):
        await writer.put(6)
    await writer.close()


async def test_results_that_do_not_match_are_an_error() -> None:
    async def forgetful(batch: Sequence[int]) -> list[int]:
        return []

    with pytest.raises(ValueError, match="1 items were written, 0 results"):
        await Batcher(forgetful).put(1)


async def test_a_cancelled_write_lets_nobody_wait_for_ever() -> None:
    async def stopped(batch: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError

    writer = Batcher(stopped, limit=1)
    results = await asyncio.gather(writer.put(1), writer.put(2), return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2


async def test_updates_from_many_sides_share_transactions(store: Store) -> None:
    transactions = 0

    async def write(batch: Sequence[Update]) -> list[bool]:
        nonlocal transactions
        transactions += 1
        async with store.begin() as transaction:
            new = await transaction.store_updates(batch, NOW)
        return [update_id in new for update_id, _, _ in batch]

    async def finish(batch: Sequence[int]) -> None:
        async with store.begin() as transaction:
            await transaction.finish_updates(batch, NOW)

    writer = Batcher(write)
    finisher: Batcher[int] = Batcher(finish)

    async def one(update_id: int) -> bool:
        is_new = await writer.put((update_id, 1, "payload"))
        await finisher.put(update_id)
        return is_new

    assert all(await asyncio.gather(*(one(update_id) for update_id in range(300))))
    assert not await one(7)
    assert transactions < 20
    await writer.close()
    await finisher.close()
    async with store.read() as snapshot:
        assert await snapshot.unfinished(10) == ()
