"""What can be shown right now: one immutable picture of the directory, kept up to date.

Reading the content version is one cheap query; everything else is rebuilt only when it has moved,
in a thread; who asks meanwhile gets the picture of a moment ago. So an edit is visible in every process
within a second and no answer waits. New texts are found by their words at once, by their meaning as soon
as their vectors are computed, and told apart from their neighbours when the head has been trained again in
the background.
"""

from __future__ import annotations

import asyncio
import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from bot.domain.directory import AnyRecord, Directory, Event, Kind, Organisation
from bot.domain.errors import StorageFailed, where
from bot.domain.places import Gazetteer, Town
from bot.services.browsing import OfferHit, offers_for
from bot.services.calendar import over
from bot.services.meaning import Meaning
from bot.storage.content import Content
from bot.storage.store import Store
from bot.understanding.embedding import Use, Vectors
from bot.understanding.heads import Head
from bot.understanding.meaning import Records, texts_of, train
from bot.understanding.ranking import Index
from bot.understanding.teaching import Teaching, Trained, text_key

_log = logging.getLogger(__name__)

_CHECK_EVERY = 0.25
"""Seconds for which a picture is trusted without asking the database."""
_QUIET = 10.0
"""Seconds without a change of content after which a head is trained: imports come in bursts."""
_LATEST = 20.0
"""Seconds after which one is trained, however often the content changes."""
_FIRST, _AT_ONCE = 16, 200
"""Texts whose vectors are shown and kept together: what was edited just now is not kept waiting."""
_AGAIN = 30.0
"""Seconds after which vectors that could not be had are asked for again."""
_SHARE = 0.4
"""Share of a core that training may take: answers come first."""
_HEAD = "told:"
_KEY_DIGITS = 16
"""Of the hexadecimal number that a text's vector is found by."""


class _UnwantedError(Exception):
    """Nobody waits any more for what is being trained."""


@dataclass(frozen=True)
class Holdings:
    """The directory and the index over it, of one content version."""

    version: int
    directory: Directory
    index: Index
    unreadable: frozenset[str] = frozenset()
    """Records (kind/id) that are there but cannot be read: that is no sign that they are gone."""
    hidden: frozenset[str] = frozenset()
    """Records (kind/id) that are there and are not shown, the unreadable among them."""
    _offers: dict[tuple[str, str, str], list[OfferHit]] = field(default_factory=dict, compare=False)

    def offers(self, gazetteer: Gazetteer, topic: str, town: Town | None, age: str = "") -> list[OfferHit]:
        """:func:`~bot.services.browsing.offers_for`, computed once for a state of the directory."""
        wanted = topic, town.id if town is not None else "", age
        found = self._offers.get(wanted)
        if found is None:
            found = self._offers[wanted] = offers_for(self.directory, gazetteer, topic, town, age)
        return list(found)

    def organiser(self, event: Event) -> Organisation | str:
        """Who organises an event: an association, or the name that stands there; empty for what is hidden."""
        named = event.organiser or ""
        found = self.directory.get(Kind.ORGANISATION, named)
        if isinstance(found, Organisation):
            return found
        return "" if f"{Kind.ORGANISATION}/{named}" in self.hidden else named

    @classmethod
    def of(
        cls,
        version: int,
        records: Iterable[AnyRecord],
        teaching: Teaching | None = None,
        more: Mapping[int, Vectors] | None = None,
        trained: Trained | None = None,
        today: date = date.min,
        before: Holdings | None = None,
        unreadable: Iterable[str] = (),
    ) -> Holdings:
        """Build the index: computing only; ``before`` saves most of it where few records have changed.

        Events that are over ``today`` can be opened by who kept them, but are not found any more.
        """
        records, unreadable = tuple(records), frozenset(unreadable)
        directory = Directory.of(records)
        hidden = unreadable | {f"{r.KIND}/{r.id}" for r in records if r.key not in directory.records}
        shown = tuple(r for r in directory.records.values() if not (isinstance(r, Event) and over(r, today)))
        known = None if teaching is None else Records.of(shown, teaching, more)
        index = Index(shown, known, trained, before.index if before else None)
        return cls(version, directory, index, unreadable, hidden)


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
        self._content = Content((), {})
        self._more: dict[int, Vectors] | None = None
        self._trained = teaching.starter if teaching is not None else None
        self._today = today
        self._day = date.min
        self._checked = self._changed = float("-inf")
        self._lock = asyncio.Lock()
        self._learning: asyncio.Task[None] | None = None

    async def holdings(self) -> Holdings:
        """The picture of this moment, at most a quarter of a second old, or older while a new one is made."""
        if self._holdings is not None and (self._lock.locked() or self._is_fresh()):
            return self._holdings
        async with self._lock:
            if self._holdings is not None and self._is_fresh():
                return self._holdings
            try:
                version, content = await self._look()
            except StorageFailed:
                if self._holdings is None:
                    raise
                self._checked = time.monotonic()  # the next moment does not wait for it either
                return self._holdings  # what was known a moment ago is better than nothing
            if content is not None:
                self._content, self._changed = content, time.monotonic()
                self._holdings = await self._built(version)
                self._learn_soon(self._holdings)
            self._checked = time.monotonic()
            assert self._holdings is not None  # noqa: S101 (set above or before)
            return self._holdings

    async def watch(self) -> None:
        """Look for as long as the bot runs: what was edited is learned though nobody has asked yet."""
        while True:
            rest = _CHECK_EVERY
            try:
                await self.holdings()
            except StorageFailed:
                pass  # the next moment may know more
            except Exception as error:  # noqa: BLE001 (nobody would look any more)
                _log.error("the content could not be looked through: %s", where(error))
                rest = _AGAIN
            await asyncio.sleep(rest)

    async def close(self) -> None:
        """Stop learning; what is half learned is learned again by the next process."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._checked < _CHECK_EVERY

    async def _built(self, version: int) -> Holdings:
        return await asyncio.to_thread(
            Holdings.of,
            version,
            self._content.records,
            self._teaching,
            self._more,
            self._trained,
            self._day,
            self._holdings,
            self._content.faulty,
        )

    async def _look(self) -> tuple[int, Content | None]:
        """The content version, and the records where it, or the day, is new."""
        day = self._today()
        async with self._store.read() as view:
            version = await view.content_version()
            if self._holdings is not None and self._holdings.version == version and self._day == day:
                return version, None
            if self._teaching is not None and self._more is None:
                beginning, size = _vector_key(self._teaching.model, ""), len(self._teaching.mean)
                self._more = {
                    int(key[len(beginning) :], 16): _unpacked(value)
                    for key, value in (await view.learned(beginning)).items()
                    # Longer keys are of a model whose name begins like this one's: "e5", "e5:large". Other
                    # vectors are of another model that had its name.
                    if len(key) == len(beginning) + _KEY_DIGITS and len(value) == 2 * size
                }
                head = await view.learned(_HEAD + self._teaching.digest)
                self._trained = next(map(_head, head.values()), self._trained)
            content = await view.content()
        self._day = day
        return version, content

    # Learning what is new ---------------------------------------------------------------------

    def _learn_soon(self, holdings: Holdings) -> None:
        known = holdings.index.known
        if known is None or self._meaning is None:
            return
        if (known.missing or not known.known_to(self._trained)) and (
            self._learning is None or self._learning.done()
        ):
            self._learning = asyncio.create_task(self._learn(self._meaning))

    async def _learn(self, meaning: Meaning) -> None:
        """Compute the vectors that are missing, then train a head, until nothing is left to be learned."""
        begun, most = time.monotonic(), _FIRST
        while True:
            known = self._holdings.index.known if self._holdings is not None else None
            assert known is not None  # noqa: S101 (see _learn_soon)
            if known.missing:
                if await self._embed(known.missing[:most], meaning):
                    most = _AT_ONCE
                else:
                    await asyncio.sleep(_AGAIN)
            elif known.known_to(self._trained):
                return
            elif (rest := min(self._changed + _QUIET, begun + _LATEST) - time.monotonic()) > 0:
                await asyncio.sleep(min(rest, 1.0))
            else:
                trained = await self._train(known)
                if trained is None:
                    _log.info("no head over %d records: nothing, or too much, to learn from", len(known.keys))
                    return
                self._trained, begun = trained, time.monotonic()
                await self._publish()
                await self._keep({_HEAD + known.teaching.digest: _head_bytes(trained)}, tidy=True)
                _log.info("a head over %d records was trained", len(trained.keys))

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

    async def _embed(self, texts: Sequence[str], meaning: Meaning) -> bool:
        """Vectors for some texts that have none; False where they cannot be had at present."""
        assert self._more is not None  # noqa: S101 (looked up with the first records)
        assert self._teaching is not None  # noqa: S101
        vectors = await meaning.passages(texts, Use.QUESTION)
        if vectors is None:
            return False
        new = {text_key(text): vector for text, vector in zip(texts, vectors, strict=True)}
        self._more = self._more | new
        await self._publish()
        model = self._teaching.model
        await self._keep({_vector_key(model, _hex(key)): _packed(row) for key, row in new.items()})
        return True

    async def _publish(self) -> None:
        """Show what was learned."""
        async with self._lock:
            assert self._holdings is not None  # noqa: S101
            self._holdings = await self._built(self._holdings.version)

    async def _keep(self, values: Mapping[str, bytes], *, tidy: bool = False) -> None:
        """Store what was learned; ``tidy``: and forget what no record and no model needs any more."""
        try:
            async with self._store.begin() as tx:
                await tx.learn(values)
                if tidy:
                    await tx.unlearn(set(await tx.learned_keys()) - self._needed() - values.keys())
        except StorageFailed as error:
            _log.warning("what was learned is not kept: %s", error)

    def _needed(self) -> set[str]:
        """The keys of the vectors of all that is shown."""
        assert self._holdings is not None  # noqa: S101
        assert self._teaching is not None  # noqa: S101
        model, records = self._teaching.model, self._holdings.directory.records.values()
        return {
            _vector_key(model, _hex(text_key(text))) for record in records for _, text in texts_of(record)
        }


def _hex(key: int) -> str:
    return f"{key:0{_KEY_DIGITS}x}"


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
        fingerprints=trained.fingerprints,
        keys=np.array([f"{kind}/{id}" for kind, id in trained.keys]),
        weights=trained.head.weights.astype(np.float16),
    )
    return file.getvalue()


def _head(value: bytes) -> Trained:
    with np.load(io.BytesIO(value)) as data:
        keys = (key.partition("/") for key in data["keys"].tolist())
        return Trained(
            tuple((Kind(kind), id) for kind, _, id in keys),
            data["fingerprints"],
            Head(data["weights"].astype(np.float32)),
        )
