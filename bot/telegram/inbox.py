"""The durable inbox: an update is on disk before Telegram hears that it arrived.

What arrives is freed of everything personal, stored under its ``update_id`` and committed; only
then does ``accept`` return, and with it the offset move or the webhook answer 200. The transaction
that finishes an update erases its payload; its number stays for 14 days and drops repetitions by
value (Telegram may begin its numbers anew after a quiet week, so "greater than" would lose updates).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.errors import where
from bot.domain.recipients import NUMBERS_KEPT_DAYS
from bot.storage.group import Batcher
from bot.storage.store import Store
from bot.telegram.incoming import Incoming, Json, Kind, Me, never, scrub
from bot.telegram.lanes import CROWD, Lanes, Postponed

KEEP = timedelta(days=NUMBERS_KEPT_DAYS)
"""How long the number of an answered update is kept; Telegram repeats updates for a day at most."""

Handler = Callable[[Incoming], Awaitable[None]]

_LAST_WORDS = 10.0
"""Seconds that upkeep under way may take at the end."""
_PRESSES = 1_000
"""So many presses that are left out wait for their clock to be stopped; of more the oldest are given up:
Telegram itself gives them up before long."""

_log = logging.getLogger(__name__)


class Full(Exception):
    """More updates wait than may be held in memory, or older ones come first: offer it again later."""

    retry_after = 5
    """Seconds."""


@dataclass(frozen=True, slots=True)
class _Arrived:
    updates: tuple[tuple[Incoming, str], ...]


@dataclass(frozen=True, slots=True)
class _Finished:
    ids: tuple[int, ...]


async def _silence(_: Incoming) -> None:
    """Nobody apologises."""


async def _unheard(_: str) -> None:
    """Nobody stops the clock on a button."""


class Inbox:
    """Stores updates, has them answered, erases them.

    ``handle`` answers one update. It raises ``Postponed`` when Telegram cannot be reached: the update
    is then kept and tried again, ahead of its chat's later ones. After any other exception ``apologise``
    is called once and the update is over. After a crash an update may be handled a second time.
    ``urgent`` tells the words that must be answered however many others wait; ``author`` the chats of
    staff who write announcements, whose formatting and files are kept until they are answered.
    ``stop_clock`` is called, one after another and behind everybody's answers, for each press of a button
    that gets no answer of its own because its chat presses too fast. ``capacity`` is how many updates may
    be held in memory, ``patience`` the seconds that one answer may take, ``crowd`` how many updates of one
    chat may wait.
    """

    def __init__(
        self,
        store: Store,
        me: Me,
        handle: Handler,
        *,
        apologise: Handler = _silence,
        urgent: Callable[[str], bool] = lambda _: False,
        author: Callable[[int], bool] = never,
        stop_clock: Callable[[str], Awaitable[object]] = _unheard,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        workers: int,
        capacity: int,
        crowd: int = CROWD,
        patience: float = 180.0,
        tick: float = 5.0,
    ) -> None:
        self._store = store
        self._me = me
        self._handle = handle
        self._apologise = apologise
        self._author = author
        self._stop_clock = stop_clock
        self._presses: deque[str] = deque(maxlen=_PRESSES)
        self._stopping_clocks = False
        self._now = now
        self._capacity = capacity
        self._patience = patience
        self._tick = tick
        self._writer: Batcher[_Arrived | _Finished] = Batcher(self._write)
        self._lanes = Lanes(self._answer, self._leave_out, urgent, workers=workers, crowd=crowd)
        self._held: set[int] = set()
        self._looking = False
        self._finished_meanwhile: set[int] = set()
        """What was finished while the database is looked through: that look may still show it."""
        self._arriving = 0
        self._unsaved: list[int] = []
        self._caught_up = False
        self._closing = False
        self._stop = asyncio.Event()
        self._room = asyncio.Event()
        self._dirty = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take up what was not finished before the last end; new updates come after that."""
        await self._take_up()
        self._lanes.start()
        self._spawn(self._maintain())

    async def accept(self, updates: Iterable[Json]) -> None:
        """Store updates; on return they are committed and will be answered.

        Repeated ones, and those that are none of the bot's business, are passed over; one that cannot
        be read is passed over with a line in the log. Full: nothing was stored, offer them again later.
        StorageFailed: nothing is known to be stored, offer them again.
        """
        if not self.has_room:
            raise Full
        arrived: list[tuple[Incoming, str]] = []
        for update in updates:
            try:
                kept = scrub(update, self._me, author=self._author)
            except ValueError as error:
                _log.warning("an update was passed over: %s", error)
                continue
            if kept is not None:
                arrived.append(
                    (Incoming.parse(kept), json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
                )
        if not arrived:
            return
        self._arriving += len(arrived)
        try:
            await self._writer.put(_Arrived(tuple(arrived)))
        finally:
            self._arriving -= len(arrived)
            self._note_room()

    async def offer(self, update: Json) -> float | None:
        """``accept`` for the webhook: None when it is stored, else after how many seconds to come again."""
        try:
            await self.accept((update,))
        except Full:
            return float(Full.retry_after)
        return None

    @property
    def has_room(self) -> bool:
        """Whether ``accept`` takes updates now."""
        waiting = len(self._held) + self._arriving
        return self._caught_up and not self._closing and waiting < self._capacity

    async def room(self) -> None:
        """Wait until ``accept`` takes updates; for whoever fetches them."""
        while not self.has_room:
            self._room.clear()
            await self._room.wait()

    async def age(self) -> float:
        """Seconds that the oldest unanswered update has waited, 0 when there is none; asks the database."""
        async with self._store.read() as snapshot:
            oldest = await snapshot.oldest_unfinished()
        return 0.0 if oldest is None else max(0.0, (self._now() - oldest).total_seconds())

    async def drain(self, seconds: float) -> int:
        """Take nothing more, answer what is waiting for at most ``seconds``, stop.

        How many updates are left; they are stored and taken up at the next start.
        """
        self._closing = True
        self._stop.set()
        # What is being committed right now is queued by the commit: only then are idle lanes really idle.
        await self._writer.settle()
        await self._lanes.drain(seconds)
        # Not cancelled: a query that is cancelled may turn that into an error of its own.
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_WORDS)
        await self._save_unsaved()
        await self._writer.close()
        return len(self._held)

    # Answering ----------------------------------------------------------------------------------

    async def _answer(self, update: Incoming) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._handle(update)
        except Postponed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next update must be answered
            if self._lanes.stopped:
                # A query that is cancelled at the end fails in its own way: the next start answers.
                raise Postponed from None
            _log.error("update %d failed: %s", update.update_id, where(error))
            await self._excuse(update)
        # Shielded: what was answered must not be answered again because the bot is being stopped.
        await asyncio.shield(self._finish((update.update_id,)))

    async def _excuse(self, update: Incoming) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._apologise(update)
        except Exception as error:  # noqa: BLE001 - nobody is left to be told
            _log.error("no apology for update %d: %s", update.update_id, where(error))

    async def _finish(self, ids: tuple[int, ...]) -> None:
        try:
            await self._writer.put(_Finished(ids))
        except Exception as error:  # noqa: BLE001 - a worker must not end of it
            # They were answered: they stay held, so that nobody takes them up again, and are tried later.
            _log.error("%d answered updates could not be finished: %s", len(ids), where(error))
            self._unsaved.extend(ids)

    def _leave_out(self, updates: list[Incoming]) -> None:
        """Called from within a write, so the writer must not be waited for."""
        self._finish_later([update.update_id for update in updates])
        presses = [one.query_id for one in updates if one.kind is Kind.CALLBACK and one.query_id]
        self._presses.extend(presses)
        if presses and not self._stopping_clocks:
            self._stopping_clocks = True
            self._spawn(self._stop_clocks())

    def _finish_later(self, ids: list[int]) -> None:
        self._unsaved.extend(ids)
        self._spawn(self._save_unsaved())

    async def _stop_clocks(self) -> None:
        while self._presses and not self._lanes.stopped:
            try:
                await self._stop_clock(self._presses.popleft())
            except Exception as error:  # noqa: BLE001 - a clock runs out by itself
                _log.error("the clock on a button could not be stopped: %s", where(error))
        self._stopping_clocks = False

    async def _save_unsaved(self) -> None:
        ids, self._unsaved = tuple(self._unsaved), []
        if ids:
            await self._finish(ids)

    # The database -------------------------------------------------------------------------------

    async def _write(self, batch: Sequence[_Arrived | _Finished]) -> None:
        """One transaction for all that arrived or was finished meanwhile."""
        arrived = [update for item in batch if isinstance(item, _Arrived) for update in item.updates]
        finished = [id for item in batch if isinstance(item, _Finished) for id in item.ids]
        now = self._now()
        new: frozenset[int] = frozenset()
        async with self._store.begin() as transaction:
            if arrived:
                rows = {one.update_id: (one.update_id, one.chat_id, kept) for one, kept in arrived}
                new = await transaction.store_updates(tuple(rows.values()), now)
            if finished:
                await transaction.finish_updates(finished, now)
        self._held.difference_update(finished)
        if self._looking:
            self._finished_meanwhile.update(finished)
        self._dirty = self._dirty or bool(finished)
        # Here and not in accept(): whoever called that may have gone away since.
        for update, _ in arrived:
            if update.update_id in new:
                self._enqueue(update)
        self._note_room()

    async def _take_up(self) -> None:
        """Queue stored updates that are not in memory, oldest first, as far as there is room."""
        self._looking = True
        try:
            async with self._store.read() as snapshot:
                stored = await snapshot.unfinished(self._capacity)
        finally:
            self._looking = False
            finished, self._finished_meanwhile = self._finished_meanwhile, set()
        for row in stored:
            if row.update_id in self._held or row.update_id in finished:
                continue
            try:
                update = Incoming.parse(json.loads(row.payload))
            except ValueError as error:
                _log.error("stored update %d cannot be read: %s", row.update_id, where(error))
                self._held.add(row.update_id)
                self._finish_later([row.update_id])
            else:
                self._enqueue(update)
        self._caught_up = self._caught_up or len(stored) < self._capacity
        self._note_room()

    def _enqueue(self, update: Incoming) -> None:
        if update.update_id not in self._held:
            self._held.add(update.update_id)
            self._lanes.add(update)

    def _note_room(self) -> None:
        if self.has_room:
            self._room.set()

    # Upkeep -------------------------------------------------------------------------------------

    async def _maintain(self) -> None:
        """Take up what a failed commit left behind, repeat what failed, forget what is over."""
        expire_at = sweep_at = self._now()
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05 if not self._caught_up else self._tick):
                    await self._stop.wait()
            try:
                await self._save_unsaved()
                now = self._now()
                if not self._caught_up:
                    if len(self._held) <= self._capacity // 2:
                        await self._take_up()
                    continue
                if now >= sweep_at:
                    sweep_at = now + timedelta(minutes=1)
                    await self._take_up()
                if now >= expire_at:
                    expire_at = now + timedelta(hours=1)
                    async with self._store.begin() as transaction:
                        await transaction.expire_finished(now - KEEP)
                if self._dirty and self._lanes.idle:
                    self._dirty = not await self._store.scrub()
            except Exception as error:  # noqa: BLE001 - the next round may succeed
                _log.error("the inbox could not be tidied: %s", where(error))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
