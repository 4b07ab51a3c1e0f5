"""What can be shown right now: one immutable picture of the directory, kept up to date.

Reading the content version is one cheap query; everything else is rebuilt only when it has moved,
in a thread, so that an edit is visible in every process within a second and no answer waits. New texts
are found by their words at once, by their meaning as soon as their vectors are computed, and told apart
from their neighbours when the head has been trained again in the background.
"""

from __future__ import annotations

import asyncio
import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from bot.domain.directory import AnyRecord, Directory, Event, Kind
from bot.domain.errors import StorageFailed
from bot.domain.places import Gazetteer, Town
from bot.services.browsing import OfferHit, offers_for
from bot.services.calendar import over
from bot.services.meaning import Meaning
from bot.storage.store import Store
from bot.understanding.embedding import Use, Vectors
from bot.understanding.heads import Head
from bot.understanding.meaning import Records, train
from bot.understanding.ranking import Index
from bot.understanding.teaching import Teaching, Trained, text_key

_log = logging.getLogger(__name__)

_CHECK_EVERY = 0.5
"""Seconds for which a picture is trusted without asking the database."""
_QUIET = 20.0
"""Seconds without a change of content after which a head is trained: imports come in bursts."""
_SHARE = 0.3
"""Share of a core that training may take: answers come first."""
_HEAD = "head:"


class _UnwantedError(Exception):
    """Nobody waits any more for what is being trained."""


@dataclass(frozen=True)
class Holdings:
    """The directory and the index over it, of one content version."""

    version: int
    directory: Directory
    index: Index
    _offers: dict[tuple[str, str, str], list[OfferHit]] = field(default_factory=dict, compare=False)

    def offers(self, gazetteer: Gazetteer, topic: str, town: Town | None, age: str = "") -> list[OfferHit]:
        """:func:`~bot.services.browsing.offers_for`, computed once for a state of the directory."""
        wanted = topic, town.id if town is not None else "", age
        found = self._offers.get(wanted)
        if found is None:
            found = self._offers[wanted] = offers_for(self.directory, gazetteer, topic, town, age)
        return list(found)

    @classmethod
    def of(
        cls,
        version: int,
        records: Iterable[AnyRecord],
        teaching: Teaching | None = None,
        more: Mapping[int, Vectors] | None = None,
        trained: Trained | None = None,
        today: date = date.min,
    ) -> Holdings:
        """Build the index: computing only, some 100 ms for a thousand records.

        Events that are over ``today`` can be opened by who kept them, but are not found any more.
        """
        directory = Directory.of(records)
        shown = tuple(r for r in directory.records.values() if not (isinstance(r, Event) and over(r, today)))
        known = None if teaching is None else Records.of(shown, teaching, more)
        return cls(version, directory, Index(shown, known, trained))


class Shelf:
    """Gives the current :class:`Holdings`. Without ``meaning`` and ``teaching`` by words alone."""

    def __init__(
        self,
        store: Store,
        meaning: Meaning | None = None,
        teaching: Teaching | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._store = store
        self._meaning = meaning
        self._teaching = teaching if meaning is not None else None
        self._holdings: Holdings | None = None
        self._records: tuple[AnyRecord, ...] = ()
        self._more: dict[int, Vectors] | None = None
        self._trained = teaching.starter if teaching is not None else None
        self._today = today
        self._day = date.min
        self._checked = float("-inf")
        self._lock = asyncio.Lock()
        self._learning: asyncio.Task[None] | None = None

    async def holdings(self) -> Holdings:
        """The picture of this moment, at most half a second old."""
        if self._holdings is not None and time.monotonic() - self._checked < _CHECK_EVERY:
            return self._holdings
        async with self._lock:
            if self._holdings is not None and time.monotonic() - self._checked < _CHECK_EVERY:
                return self._holdings
            try:
                version, records = await self._look()
            except StorageFailed:
                if self._holdings is None:
                    raise
                self._checked = time.monotonic()  # the next half second does not wait for it either
                return self._holdings  # what was known a moment ago is better than nothing
            if records is not None:
                self._records = records
                self._holdings = await self._built(version)
                self._learn_soon(self._holdings)
            self._checked = time.monotonic()
            assert self._holdings is not None  # noqa: S101 (set above or before)
            return self._holdings

    async def close(self) -> None:
        """Stop learning; what is half learned is learned again by the next process."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)

    async def _built(self, version: int) -> Holdings:
        return await asyncio.to_thread(
            Holdings.of, version, self._records, self._teaching, self._more, self._trained, self._day
        )

    async def _look(self) -> tuple[int, tuple[AnyRecord, ...] | None]:
        """The content version, and the records where it, or the day, is new."""
        day = self._today()
        async with self._store.read() as view:
            version = await view.content_version()
            if self._holdings is not None and self._holdings.version == version and self._day == day:
                return version, None
            if self._teaching is not None and self._more is None:
                found = await view.learned(_vector_key(self._teaching.model, ""))
                self._more = {
                    int(key.rpartition(":")[2], 16): _unpacked(value) for key, value in found.items()
                }
                head = await view.learned(_HEAD + self._teaching.model)
                self._trained = next(map(_head, head.values()), self._trained)
            records = await view.records()
        self._day = day
        return version, records

    # Learning what is new ---------------------------------------------------------------------

    def _learn_soon(self, holdings: Holdings) -> None:
        known = holdings.index.known
        if known is None or self._meaning is None:
            return
        if known.missing or not known.known_to(self._trained):
            if self._learning is not None:
                self._learning.cancel()
            self._learning = asyncio.create_task(self._learn(holdings.version, self._meaning))

    async def _learn(self, version: int, meaning: Meaning) -> None:
        """Compute what is missing, then train; a newer state of the content starts anew."""
        try:
            if not await self._embed(version, meaning):
                return
            await asyncio.sleep(_QUIET)
            known = self._holdings.index.known if self._holdings is not None else None
            if known is None or known.known_to(self._trained):
                return
            trained = await self._train(known)
            if trained is None:
                return
            self._trained = trained
            await self._publish(version)
            async with self._store.begin() as tx:
                await tx.learn({_HEAD + known.teaching.model: _head_bytes(trained)})
            _log.info("a head over %d records was trained", len(trained.keys))
        except StorageFailed as error:
            _log.warning("what was learned is not kept: %s", error)

    async def _train(self, known: Records) -> Trained | None:
        """A head, trained in a thread that leaves most of the core to others and ends when this task does."""
        unwanted = threading.Event()

        def rest(seconds: float) -> None:
            if unwanted.wait(seconds * (1 / _SHARE - 1)):
                raise _UnwantedError

        try:
            return await asyncio.to_thread(train, known, rest)
        finally:
            unwanted.set()

    async def _embed(self, version: int, meaning: Meaning) -> bool:
        """Vectors for the texts that have none; False where they cannot be had."""
        known = self._holdings.index.known if self._holdings is not None else None
        if known is None or self._more is None:
            return False
        for use in Use:
            texts = [text for text, one in known.missing if one is use]
            if not texts:
                continue
            vectors = await meaning.passages(texts, use)
            if vectors is None:
                return False
            new = {text_key(text, use): vector for text, vector in zip(texts, vectors, strict=True)}
            self._more |= new
            model = known.teaching.model
            async with self._store.begin() as tx:
                await tx.learn({_vector_key(model, f"{key:016x}"): _packed(row) for key, row in new.items()})
        if known.missing:
            await self._publish(version)
        return True

    async def _publish(self, version: int) -> None:
        """Show what was learned, unless the content has moved on meanwhile."""
        holdings = await self._built(version)
        if self._holdings is not None and self._holdings.version == version:
            self._holdings = holdings


def _vector_key(model: str, key: str) -> str:
    return f"vector:{model}:{key}"


def _packed(vector: Vectors) -> bytes:
    return vector.astype(np.float16).tobytes()


def _unpacked(value: bytes) -> Vectors:
    return np.frombuffer(value, dtype=np.float16).astype(np.float32)


def _head_bytes(trained: Trained) -> bytes:
    file = io.BytesIO()
    np.savez(
        file,
        fingerprints=np.array(trained.fingerprints),
        keys=np.array([f"{kind}/{id}" for kind, id in trained.keys]),
        weights=trained.head.weights.astype(np.float16),
    )
    return file.getvalue()


def _head(value: bytes) -> Trained:
    with np.load(io.BytesIO(value)) as data:
        keys = (key.partition("/") for key in data["keys"].tolist())
        return Trained(
            tuple((Kind(kind), id) for kind, _, id in keys),
            tuple(data["fingerprints"].tolist()),
            Head(data["weights"].astype(np.float32)),
        )
