"""Many small requests as few transactions: a commit costs the same for one row or a hundred, and so
does the way to the database and back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, cast

from typing_extensions import TypeVar

T = TypeVar("T")
R = TypeVar("R", default=None)


class WriterClosed(Exception):
    """Something was put into a writer that is closed."""


class Batcher(Generic[T, R]):
    """Collects items from many coroutines and writes them in batches, one batch at a time.

    ``write`` stores a batch in one transaction and returns one result per item, in their order, or
    None when there is nothing to say. The first item is written at once; what arrives meanwhile
    makes the next batch, of at most ``limit`` items. There is no timer: a lone item never waits.
    It serves for reading just as well.

        async def store(batch: Sequence[Update]) -> list[bool]:
            async with store.begin() as transaction:
                ...
        writer = Batcher(store)
        is_new = await writer.put(update)
    """

    def __init__(
        self, write: Callable[[Sequence[T]], Awaitable[Sequence[R] | None]], *, limit: int = 200
    ) -> None:
        self._write = write
        self._limit = limit
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def put(self, item: T) -> R:
        """Write the item; returns its result after the commit, or raises the error of its batch.

        When the caller is cancelled meanwhile, the item may still be written.
        """
        if self._closed:
            raise WriterClosed
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await future

    async def settle(self) -> None:
        """Wait until everything that was put is written, or has failed."""
        while self._task is not None:
            await asyncio.wait((self._task,))

    async def close(self) -> None:
        """Write what is waiting, then take no more."""
        self._closed = True
        await self.settle()

    async def _drain(self) -> None:
        """Lives as long as something is waiting."""
        try:
            while self._waiting:
                await self._flush()
        finally:
            self._task = None
            while self._waiting:  # only when this task was cancelled
                self._waiting.popleft()[1].cancel()

    async def _flush(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
        # Who was cancelled before its batch began wants nothing written.
        batch = [(item, future) for item, future in batch if not future.done()]
        if not batch:
            return
        try:
            results = await self._write([item for item, _ in batch])
            if results is not None and len(results) != len(batch):
                raise ValueError(f"{len(batch)} items were written, {len(results)} results came back")
        except Exception as error:  # noqa: BLE001  (whatever it is, those who wait must hear of it)
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        else:
            for index, (_, future) in enumerate(batch):
                if not future.done():
                    future.set_result(cast("R", None) if results is None else results[index])
