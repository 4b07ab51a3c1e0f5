"""What can be shown right now: one immutable picture of the directory, kept up to date.

Reading the content version is one cheap query; everything else is rebuilt only when it has moved,
in a thread, so that an edit is visible in every process within a second and no answer waits.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from bot.domain.directory import AnyRecord, Directory
from bot.domain.errors import StorageFailed
from bot.domain.places import Gazetteer, Town
from bot.services.browsing import OfferHit, offers_for
from bot.storage.store import Store
from bot.understanding.search import WordIndex

_CHECK_EVERY = 0.5
"""Seconds for which a picture is trusted without asking the database."""


@dataclass(frozen=True)
class Holdings:
    """The directory and the index over it, of one content version."""

    version: int
    directory: Directory
    index: WordIndex
    _offers: dict[tuple[str, str, str], list[OfferHit]] = field(default_factory=dict, compare=False)

    def offers(self, gazetteer: Gazetteer, topic: str, town: Town | None, age: str = "") -> list[OfferHit]:
        """:func:`~bot.services.browsing.offers_for`, computed once for a state of the directory."""
        wanted = topic, town.id if town is not None else "", age
        found = self._offers.get(wanted)
        if found is None:
            found = self._offers[wanted] = offers_for(self.directory, gazetteer, topic, town, age)
        return list(found)

    @classmethod
    def of(cls, version: int, records: tuple[AnyRecord, ...]) -> Holdings:
        """Build the index: computing only, some 100 ms for a thousand records."""
        directory = Directory.of(records)
        return cls(version, directory, WordIndex(directory.records.values()))


class Shelf:
    """Gives the current :class:`Holdings`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._holdings: Holdings | None = None
        self._checked = float("-inf")
        self._lock = asyncio.Lock()

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
                self._holdings = await asyncio.to_thread(Holdings.of, version, records)
            self._checked = time.monotonic()
            assert self._holdings is not None  # noqa: S101 (set above or before)
            return self._holdings

    async def _look(self) -> tuple[int, tuple[AnyRecord, ...] | None]:
        """The content version, and the records where it is new."""
        async with self._store.read() as view:
            version = await view.content_version()
            if self._holdings is not None and self._holdings.version == version:
                return version, None
            return version, await view.records()
