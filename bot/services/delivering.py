"""The sender: one process at a time brings broadcasts from the database to the chats.

It rests until something is due, takes the lease, and then repeats one small transaction: write down
what became of the last messages, claim the next few. Between two of them its workers send what is
claimed. Whatever dies, and whenever: a delivery is either recorded, or claimed and not recorded,
and the next sender counts the latter as unknown.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast

from bot.domain.broadcast import Broadcast, Edit, Lease, LeaseLost, State, Unknown
from bot.domain.deliveries import Delivery, Result
from bot.domain.errors import StorageFailed, where
from bot.domain.outcomes import Outcome, Status
from bot.services.editing import Editing
from bot.services.jobs import Job, Lane, judged, seconds
from bot.services.ledger import Ledger
from bot.services.pacing import Pace
from bot.storage.sending import WALKED
from bot.storage.store import Store

_log = logging.getLogger(__name__)
_Found = TypeVar("_Found")

REST = 1.0
"""Seconds between looks at the database when nothing is due."""
TICK = 2.0
"""Seconds between looks at what schedules want made."""
REFRESH = 1.0
"""Seconds after which a busy sender looks for what staff has changed."""
_CLAIM_SECONDS, _MOST_CLAIMED, _LEAST_CLAIMED = 0.4, 250, 5
_QUIET_SECONDS, _QUIET_CLAIM = 0.8, 20
"""At a quiet rate a claim is for longer, up to so many: there transactions cost more than messages."""
_ATTEMPTS = 3
"""How often an unknown delivery is tried again where the author wants that."""
_PAUSES = (0.5, 5.0)
"""Seconds after each attempt while Telegram cannot be reached; afterwards the delivery waits its turn."""
_LATER = 5
"""Seconds until the turn of what could not be sent: others come first."""
_FRESH = 1.0
"""Seconds for which it counts how a recipient stood when claimed. Who had to wait for longer is looked at
anew: meanwhile they may have left, or it may have been cancelled."""


@dataclass
class _Beat:
    """When the lease was last shown to the database, on this process's own clock."""

    at: float = -math.inf

    def fresh(self, lifetime: float) -> bool:
        return time.monotonic() - self.at < lifetime


class Sender:
    """Sends what is due for as long as it runs.

    ``holder`` names this process among those that share the database; ``lease_seconds`` is how long a
    silent holder is waited for; ``in_flight`` how many messages are on their way at the same time.
    ``tick`` is called before each look: it makes what schedules want made.
    """

    def __init__(
        self,
        ledger: Ledger,
        lane: Lane,
        pace: Pace,
        *,
        holder: str,
        tick: Callable[[datetime], Awaitable[None]],
        lease_seconds: float,
        in_flight: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ledger = ledger
        self._store: Store = ledger.store
        self._lane = lane
        self._pace = pace
        self._holder = holder
        self._tick = tick
        self._lifetime = lease_seconds
        self._in_flight = in_flight
        self._clock = clock
        self._editing = Editing(ledger, lane, pace, in_flight)
        self._lease: Lease | None = None
        self._seen: tuple[Lease, int] | None = None
        self._seen_at = 0.0
        self._beat = _Beat()
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._waiting: dict[asyncio.Task[Any], tuple[Job, Lease | None]] = {}
        """Workers that wait with a job which is surely not on its way, and under which lease."""
        self._results: list[Result] = []
        self._attempts: Counter[tuple[int, int]] = Counter()
        self._stirred = asyncio.Event()
        self._beaten = asyncio.Event()
        self._stopping = False
        self._doubtful = False
        self._stepping = False
        self._calm = False
        """The last round found nothing to do."""
        self._failing: dict[str, float] = {}
        """What has failed each time that it was tried, since when."""
        self._refreshed = -math.inf
        self._ticked = -math.inf
        self._work: tuple[Broadcast, ...] = ()
        self._edits: tuple[Edit, ...] = ()
        self._begun_edits: set[int] = set()
        """Edits that nothing is on its way from before: what is claimed from then on says the new thing."""

    # Life -------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until :meth:`stop`; what is in hand then is finished and recorded."""
        workers = [asyncio.create_task(self._worker()) for _ in range(self._in_flight)]
        try:
            while not self._stopping:
                await self._guarded(self._round)
            await self._end()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def stop(self) -> None:
        """Claim no more, and end when what is in hand is recorded."""
        self._stopping = True
        self._stirred.set()

    @property
    def elsewhere(self) -> bool:
        """Whether another process was seen sending."""
        return self._lease is None and self._seen is not None and bool(self._seen[0].holder)

    @property
    def failing(self) -> float:
        """Seconds for which something has failed each time that it was tried; 0.0: all is well."""
        now = time.monotonic()
        return now - min(self._failing.values(), default=now)

    def _went(self, *acts: str, well: bool) -> None:
        for act in acts:
            if well:
                self._failing.pop(act, None)
            else:
                self._failing.setdefault(act, time.monotonic())

    async def _guarded(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do something with the database; its troubles, and any surprise, are waited out."""
        try:
            await act()
        except LeaseLost:
            _log.warning("another process sends now")
            self._went("begin", "round", well=True)  # it is the other's matter now
            self._forget_all()
        except StorageFailed as error:
            _log.error("the sender waits for the database: %s", error)
            self._doubtful = True
            self._went("round", well=False)
            await self._pause(REST)
        except Exception as error:  # noqa: BLE001 (answers must go on, and the next round may succeed)
            _log.error("a round of the sender failed: %s", where(error))
            self._forget_all()  # what was in hand is judged as after a crash
            self._went("round", well=False)
            await self._pause(REST)

    async def _end(self) -> None:
        """Record what is in hand, and give the lease back; who has surely got nothing waits for the next."""
        deadline = time.monotonic() + self._lifetime * 2
        left = [job for job, lease in self._waiting.values() if lease is self._lease]
        for worker in self._waiting:
            worker.cancel()
        while not self._queue.empty():
            left.append(self._queue.get_nowait())
        for job in left:
            self._results += self._put_off(job)
        while (lease := self._lease) and self._ledger.outstanding and time.monotonic() < deadline:
            await self._guarded(partial(self._step, lease, 0))
            await self._pause(0.02)
        if self._lease is not None:
            await self._guarded(self._release)

    async def _release(self) -> None:
        if self._lease is not None:
            async with self._store.begin() as tx:
                await tx.release_lease(self._lease)
            self._lease = None

    def _forget_all(self) -> None:
        """Drop what is in hand: it is the new holder's to judge."""
        self._lease = None
        self._seen = None
        self._beat.at = -math.inf
        self._results.clear()
        self._attempts.clear()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._ledger.actives.clear()
        self._refreshed = -math.inf
        self._beaten.set()

    async def _pause(self, longest: float) -> None:
        """Until something happens, or ``longest`` seconds."""
        try:
            async with asyncio.timeout(longest):
                await self._stirred.wait()
        except TimeoutError:
            pass
        self._stirred.clear()

    # One round --------------------------------------------------------------------------------

    async def _round(self) -> None:
        now = self._clock()
        if time.monotonic() - self._refreshed >= REFRESH:
            await self._look(now)
        if self._nothing_to_do(now):
            await self._rest()
            return
        lease = self._lease or await self._take(now)
        if lease is None:
            if self._seen is not None and self._seen[0].holder != self._holder:
                self._went("begin", "round", well=True)  # it is another's matter now
            await self._pause(min(REST, self._lifetime / 4))
            self._refreshed = -math.inf
            return
        if self._doubtful and not self._ledger.outstanding:
            await self._ledger.take_back(lease, now)
            self._doubtful = False
        begun = [await self._prepare(lease, broadcast, now) for broadcast in self._work]
        self._went("begin", well=None not in begun)
        edited = await self._edit(lease, now)
        launched = await self._launch(lease)
        size = _claim_size(self._pace.current_rate)
        claimed = 0
        # A launch shows the lease itself, and goes faster alone while there is enough to send.
        if not launched or self._ahead <= size // 2 or len(self._results) >= size // 2:
            # While in doubt, what is in hand runs out: only then can the rest be told from it.
            hold = self._doubtful or self._pace.paused
            claimed = await self._step(lease, 0 if hold else size - self._ahead)
        finished = not self._doubtful and await self._ledger.finish(lease, now)
        launching = any(active.launching for active in self._ledger.actives.values())
        self._calm = not (claimed or finished or launching or self._edits)
        if finished:
            self._refreshed = -math.inf
        self._went("round", well=True)
        unwritten = self._results and self._running_out
        if any(begun) or launching or edited or unwritten or (claimed and self._ahead < size // 2):
            await asyncio.sleep(0)
        else:
            await self._pause(REFRESH)

    async def _prepare(self, lease: Lease, broadcast: Broadcast, now: datetime) -> bool | None:
        """Begin what is due, tidy up what has stopped; whether it was begun, None where that failed.

        One of which that cannot be done must not hold up the others.
        """
        if broadcast.state is State.SENDING:
            return False
        begins = broadcast.state is State.SCHEDULED
        try:
            await (self._ledger.begin if begins else self._ledger.tidy)(lease, broadcast, now)
        except (LeaseLost, StorageFailed):
            raise
        except Exception as error:  # noqa: BLE001
            _log.error("broadcast %d can be neither begun nor ended: %s", broadcast.id, where(error))
            return None
        self._refreshed = -math.inf
        return begins

    async def _launch(self, lease: Lease) -> bool:
        """Make the next deliveries of each launch; whether there is any."""
        launches = [active for active in self._ledger.actives.values() if active.launching]
        for active in launches:
            began = time.monotonic()
            await self._ledger.launch(lease, active)
            self._alive(began)
        return bool(launches)

    def _nothing_to_do(self, now: datetime) -> bool:
        if not (self._work or self._edits or self._ledger.outstanding):
            return True
        changed = self._edits or any(one.state is not State.SENDING for one in self._work)
        return self._calm and not changed and not self._doubtful and self._ledger.waiting(now)

    async def _look(self, now: datetime) -> None:
        """Make what schedules want made, and read what there is to do."""
        if time.monotonic() - self._ticked >= TICK:
            await self._make_planned(now)
            self._ticked = time.monotonic()
        self._work = await self._ledger.refresh(now)
        async with self._store.read() as view:
            self._edits = await view.open_edits(now)
        self._refreshed = time.monotonic()

    async def _make_planned(self, now: datetime) -> None:
        """What is wrong with one schedule or record must not hold up what is being sent."""
        try:
            await self._tick(now)
            self._went("plan", well=True)
        except StorageFailed:
            raise
        except Exception as error:  # noqa: BLE001 (the next look may succeed)
            _log.error("what is planned could not be looked over: %s", where(error))
            self._went("plan", well=False)

    async def _rest(self) -> None:
        """Nothing to do: whoever has something may have the lease."""
        await self._release()
        self._seen = None
        self._went("begin", "round", well=True)
        await self._pause(REST)
        self._refreshed = -math.inf

    async def _take(self, now: datetime) -> Lease | None:
        """Take the lease when nobody holds it, or its holder has been silent for too long.

        Silence is measured with our own monotonic clock: clocks that jump give nobody the lease.
        """
        async with self._store.read() as view:
            seen = await view.lease()
        free = seen is None or not seen[0].holder
        if seen != self._seen:
            self._seen, self._seen_at = seen, time.monotonic()
        if not free and time.monotonic() - self._seen_at < self._lifetime:
            return None
        began = time.monotonic()
        async with self._store.begin() as tx:
            lease = await tx.take_lease(self._holder, seen)
        if lease is None:
            return None
        if judged := await self._ledger.judge(lease, now):
            _log.warning("%d deliveries of a sender that ended are unknown", judged)
        self._lease, self._seen, self._doubtful = lease, None, False
        self._alive(began)
        self._ledger.actives.clear()
        await self._look(now)
        return lease

    async def _step(self, lease: Lease, want: int) -> int:
        """One transaction of the ledger; how many jobs came out of it."""
        results = list(self._results)
        began = time.monotonic()
        self._stepping = True
        try:
            jobs = await self._ledger.step(lease, results, 0 if self._stopping else want, self._clock())
        finally:
            self._stepping = False
        del self._results[: len(results)]
        self._alive(began)
        for job in jobs:
            self._queue.put_nowait(job)
        return len(jobs)

    def _alive(self, at: float) -> None:
        """The database has seen the lease in a transaction that began at this moment, or later."""
        self._beat.at = at
        self._beaten.set()

    async def _edit(self, lease: Lease, now: datetime) -> bool:
        """Corrections and withdrawals go before new messages; whether any went on just now.

        One whose broadcast has messages on their way waits for them before it begins; not where only chats
        that were put off are left, for these have theirs.
        """
        went_on = False
        self._hold_edited()
        for edit in self._edits:
            active = self._ledger.actives.get(edit.broadcast_id)
            begun = edit.id in self._begun_edits or edit.cursor == WALKED
            if not begun and active is not None and active.outstanding:
                continue
            self._begun_edits.add(edit.id)
            await self._meanwhile_beating(lease, self._editing.go_on(lease, edit, now))
            went_on = True
        if self._edits:
            await self._look(now)  # texts too: what is claimed next must not say the old thing
            self._hold_edited()
        return went_on

    def _hold_edited(self) -> None:
        """Claim nothing of what is to be corrected, and little before all who have it were met."""
        self._begun_edits &= {edit.id for edit in self._edits}
        walking = [edit for edit in self._edits if edit.cursor != WALKED]
        self._ledger.held = {edit.broadcast_id for edit in walking if edit.id not in self._begun_edits}
        self._ledger.behind = {edit.broadcast_id for edit in walking}

    async def _meanwhile_beating(self, lease: Lease, work: Coroutine[Any, Any, None]) -> None:
        """Do what may take longer than the lease lasts: Telegram may tell a chat to wait for a minute."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait((task,), timeout=self._lifetime / 4))[0]:
                await self._step(lease, 0)
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def _ahead(self) -> int:
        """Claimed, and not on their way yet; a crash makes them unknown, so there are few."""
        return self._queue.qsize() + len(self._waiting)

    @property
    def _running_out(self) -> bool:
        """Whether it is time for the next claim; results go along with it, unless none comes.

        What is claimed lasts for 40 ms then: a claim takes less, and a crash leaves few unknown.
        """
        rate = self._pace.current_rate
        size = _claim_size(rate)
        return self._ahead <= min(size // 2, rate * 0.04) or len(self._results) >= 2 * size

    # Sending ----------------------------------------------------------------------------------

    async def _worker(self) -> None:
        while True:
            job = await self._queue.get()
            lease = self._lease
            try:
                results = await self._send(job, lease)
            except Exception as error:  # noqa: BLE001 (one bad message must not end the sender)
                _log.error("a delivery failed: %s", where(error))
                now = self._now()
                results = [job.result(n, Delivery.UNKNOWN, now, "error") for n in range(len(job.claims))]
            if self._lease is not lease:
                continue  # whoever has it now has judged this one
            self._results += results
            # While a step is under way it is too early to tell: more may come of it.
            if not self._stepping and self._running_out:
                self._stirred.set()

    async def _may_send(self, lease: Lease | None) -> bool:
        """Whether this lease is still ours for certain; waits while the database does not say."""
        while self._lease is lease and not self._beat.fresh(self._lifetime / 2):
            self._beaten.clear()
            self._stirred.set()
            await self._beaten.wait()
        return lease is not None and self._lease is lease

    async def _send(self, job: Job, lease: Lease | None) -> list[Result]:
        turn = self._pace.admit(job.chat_id, group=job.group, patience=_FRESH)
        if wait := await self._while_waiting(job, lease, turn):
            return self._put_off(job, math.ceil(wait))
        looked_at = time.monotonic()
        for pause in _PAUSES:
            if not await self._may_send(lease):  # each time: the pauses before it may have been long
                return []
            if self._stale(job) or time.monotonic() - looked_at > _FRESH:  # to be looked at once more
                return self._put_off(job)
            outcome = await self._lane.deliver(job)
            if outcome.status is Status.RATE_LIMITED:
                self._pace.limited(job.chat_id, outcome.retry_after)
            if outcome.status is not Status.NOT_SENT or self._stopping:
                return [self._judged(job, n, outcome) for n in range(len(job.claims))]
            await self._while_waiting(job, lease, asyncio.sleep(pause))
        return self._put_off(job, _LATER)

    async def _while_waiting(self, job: Job, lease: Lease | None, awaited: Awaitable[_Found]) -> _Found:
        """Wait for something before a job goes on its way; an orderly end does not wait for that."""
        worker = cast("asyncio.Task[Any]", asyncio.current_task())
        self._waiting[worker] = job, lease
        try:
            return await awaited
        finally:
            del self._waiting[worker]

    def _put_off(self, job: Job, wait: int = 0) -> list[Result]:
        """A job goes back, to be claimed again after so many seconds."""
        now = self._now()
        return [job.put_off(n, now, now + wait) for n in range(len(job.claims))]

    def _stale(self, job: Job) -> bool:
        """Whether the window of anything in a job has passed while it waited to be sent."""
        now = self._now()
        found = ((self._ledger.actives.get(claim.broadcast_id), claim) for claim in job.claims)
        return any(active is not None and active.stale(claim, now) for active, claim in found)

    def _judged(self, job: Job, n: int, outcome: Outcome) -> Result:
        """What an outcome means for one delivery; an unknown one is tried again where that is wished."""
        claim, (broadcast, _) = job.claims[n], job.notices[n]
        key = (claim.broadcast_id, claim.chat_id)
        again = broadcast.options.unknown is Unknown.RESEND and self._attempts[key] < _ATTEMPTS
        if again and outcome.status is Status.UNKNOWN:
            self._attempts[key] += 1
        return judged(job, n, outcome, self._now(), again=again)

    def _now(self) -> int:
        return seconds(self._clock())


def _claim_size(rate: float) -> int:
    """How many deliveries to claim at a time, at so many messages a second."""
    quiet = min(_QUIET_CLAIM, int(rate * _QUIET_SECONDS))
    return min(_MOST_CLAIMED, max(_LEAST_CLAIMED, quiet, int(rate * _CLAIM_SECONDS)))
