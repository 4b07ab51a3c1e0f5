"""Vectors of questions, computed beside the event loop: one thread, and several questions at a time.

The model takes some 20 ms a question. Who asks while it computes is answered with the next batch, so
that many questions at once never stop the loop, and each waits for few others. While nothing comes from the
model (an endpoint that is down, or hangs), nobody waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bot.understanding.embedding import Embedder, EmbedderFailed, Use, Vectors

_log = logging.getLogger(__name__)

_LONGEST_WAIT = 1.5
"""Seconds that a question may have to wait for others; one that would wait longer is answered by words."""
_LATE = 1.5
"""Seconds that questions wait for their own vectors."""
_AGAIN = 10.0
"""Seconds for which all are answered by words at once, when vectors failed or did not come in time."""
_PACE = 0.02
"""Seconds that a text takes, before any was timed."""
_BATCH = 8
"""Texts computed together at most: the first of them waits for the last."""


class Meaning:
    """The embedder of this process, whose vectors have ``size`` numbers.

    ``load`` makes it in the thread, when it is first needed.
    """

    def __init__(self, load: Callable[[], Embedder], size: int) -> None:
        self._load = load
        self._size = size
        self._embedder: Embedder | None = None
        self._thread = ThreadPoolExecutor(1, "meaning")
        self._one_at_a_time = asyncio.Lock()
        self._waiting: list[tuple[str, asyncio.Future[Vectors | None]]] = []
        self._draining: asyncio.Task[None] | None = None
        self._pace = _PACE
        self._away_until = 0.0

    async def warm(self) -> None:
        """Load the model, so that the first question does not wait for it."""
        await self.passages(("?",), Use.QUESTION)  # some endpoints refuse an empty text

    async def question(self, text: str) -> Vectors | None:
        """The vector of a question, shape (size,); None when there is none to be had at present.

        That is also so for who would have to wait too long.
        """
        if self._away or len(self._waiting) * self._pace > _LONGEST_WAIT:
            return None
        future: asyncio.Future[Vectors | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, future))
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await future

    async def passages(self, texts: Sequence[str], use: Use) -> Vectors | None:
        """Vectors of texts of ours, shape (texts, size); questions that come meanwhile go in between."""
        found = []
        for at in range(0, len(texts), _BATCH):
            async with self._one_at_a_time:  # however many ask, a question waits for one batch of theirs
                part = await self._compute(texts[at : at + _BATCH], use)
            if part is None:
                return None
            found.append(part)
        return np.concatenate(found) if found else None

    async def close(self) -> None:
        """Let go of the thread once it has finished what it computes."""
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)

    @property
    def _away(self) -> bool:
        return time.monotonic() < self._away_until

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            texts = [text for text, _ in batch]
            limit = None if self._embedder is None else _LATE  # loading takes longer, and ends
            vectors = None if self._away else await self._compute(texts, Use.QUESTION, limit)
            for number, (_, future) in enumerate(batch):
                if not future.done():
                    future.set_result(None if vectors is None else vectors[number])
                    await asyncio.sleep(0)  # one answer after the other: the loop belongs to all

    async def _compute(self, texts: Sequence[str], use: Use, limit: float | None = None) -> Vectors | None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(limit):
                vectors = await loop.run_in_executor(self._thread, self._tried, texts, use)
        except TimeoutError:
            _log.warning("answering by words alone: no vectors in time")
            vectors = None
        if vectors is None:
            self._away_until = time.monotonic() + _AGAIN
        return vectors

    def _tried(self, texts: Sequence[str], use: Use) -> Vectors | None:
        """In the thread: whatever breaks in a model, who asked is waiting."""
        try:
            return self._embed(texts, use)
        except EmbedderFailed as error:
            _log.warning("answering by words alone: %s", error)
        except Exception as error:  # noqa: BLE001
            _log.error("answering by words alone: %s", type(error).__name__)
        return None

    def _embed(self, texts: Sequence[str], use: Use) -> Vectors:
        if self._embedder is None:
            self._embedder = self._load()
        begun = time.monotonic()
        vectors = self._embedder.embed(texts, use)
        if vectors.shape != (len(texts), self._size):
            raise EmbedderFailed(f"vectors of {vectors.shape[-1]} numbers, not of {self._size}")
        if not np.isfinite(vectors).all():
            raise EmbedderFailed("vectors that are no numbers")
        self._pace += 0.3 * ((time.monotonic() - begun) / len(texts) - self._pace)
        self._away_until = 0.0
        return vectors
