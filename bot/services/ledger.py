"""The sender's bookkeeping: launching, claiming, and writing down what became of it.

Every change begins by showing the lease, so that a sender which has been replaced can neither claim
nor record anything. Nothing here waits for Telegram.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.broadcast import STILL_SENDING, Body, Broadcast, Lease, Missing, State, Unknown, WrongState
from bot.domain.deliveries import Claim, Delivery, Reason, Result
from bot.domain.news import DIGEST_WEEKDAY, areas_reaching, at_wall, next_hour
from bot.domain.places import Gazetteer
from bot.services.anchoring import card_at, due_at, ends_at, too_late
from bot.services.jobs import Active, Job, result_of, seconds
from bot.services.scheduling import GROWN, TOO_LATE, settle
from bot.services.second_person import outgrown
from bot.storage.audience import Clock, Launch, Standing, Walk
from bot.storage.claims import Still
from bot.storage.deliveries import FIRST
from bot.storage.store import Snapshot, Store, Transaction

CHUNK_SECONDS = 0.04
"""How long a launch may hold the write lock at a time; the size of its chunks follows from it."""
_LEFT_OVER = {State.CANCELLED: Reason.CANCELLED, State.MISSED: Reason.STALE}
_LEAST_CHUNK, _MOST_CHUNK = 500, 20_000
_TIDY = 2_000
_JUDGED = 50_000
"""Deliveries that are looked through in one transaction: 5 to 17 ms."""
_SLICE = 50
"""Claims that are looked at in one turn of the event loop: whoever is answered comes between."""


def _free(active: Active, claims: Sequence[Claim], want: int) -> int:
    """How many more deliveries of a broadcast may be claimed beside these."""
    mine = sum(claim.broadcast_id == active.broadcast.id for claim in claims)
    return min(want - len(claims), active.room(want) - mine)


class Ledger:
    """What the sender reads from and writes to the database.

    ``daily_cap``: so many messages one chat gets on one day, urgent ones aside; what it may have got counts.
    ``blocks_share``: more per cent of closed chats than that make a broadcast pause. ``two_person_from``:
    what is for so many by its time goes out only if two people have looked at it.
    """

    def __init__(
        self,
        store: Store,
        gazetteer: Gazetteer,
        zone: ZoneInfo,
        *,
        daily_cap: int,
        blocks_share: int,
        two_person_from: int,
    ) -> None:
        self.store = store
        self.actives: dict[int, Active] = {}
        self.held: set[int] = set()
        """Broadcasts of which nothing is claimed at the moment: something uncorrected may be on its way."""
        self.behind: set[int] = set()
        """Broadcasts of which only those get it who have waited for this moment: the others come after those
        who have it, and are being corrected."""
        self._gazetteer = gazetteer
        self._zone = zone
        self._daily_cap = daily_cap
        self._blocks_share = blocks_share
        self._two_person_from = two_person_from

    @property
    def outstanding(self) -> int:
        """Claimed, and not written down yet."""
        return sum(active.outstanding for active in self.actives.values())

    def waiting(self, now: datetime) -> bool:
        """Whether all that is left waits for a later time."""
        actives = self.actives.values()
        return any(one.due is not None for one in actives) and all(
            one.exhausted and not one.launching and not one.outstanding and not one.is_due(seconds(now))
            for one in actives
        )

    # What there is to do ----------------------------------------------------------------------

    async def refresh(self, now: datetime) -> tuple[Broadcast, ...]:
        """Read what is being sent; all broadcasts that need the sender, in any way."""
        async with self.store.read() as view:
            work = await view.at_work(now)
            sending = {one.id: one for one in work if one.state is State.SENDING}
            for id, broadcast in sending.items():
                bodies = await view.bodies(id)
                active = self.actives.get(id)
                if active is None:
                    active = self.actives[id] = await self._activate(view, broadcast, bodies)
                elif active.broadcast.launch is None and broadcast.launch is not None:
                    active.walk = await self._walk(view, active, broadcast)
                active.broadcast, active.bodies = broadcast, bodies
                active.recent = await view.recent_broadcasts(now - STILL_SENDING, but=id)
            due = await view.next_due(sending) if sending else {}
        for id in sending:
            self.actives[id].due = due.get(id)
        for id in [id for id, active in self.actives.items() if id not in sending]:
            if not self.actives[id].outstanding:
                del self.actives[id]
        return work

    async def _activate(self, view: Snapshot, broadcast: Broadcast, bodies: Mapping[str, Body]) -> Active:
        wanted = broadcast.audience
        areas = areas_reaching(wanted.areas, self._gazetteer) if wanted.areas else None
        active = Active(broadcast, bodies, areas, Standing(wanted, areas), self._blocks_share)
        if (ends := await ends_at(view, broadcast, self._zone)) is not None:
            active.ends = seconds(ends)
        if broadcast.options.first:
            sent = (await view.tally(broadcast.id))[Delivery.SENT]
            active.first_left = broadcast.options.first - sent
        if broadcast.launch is not None:
            active.walk = await self._walk(view, active, broadcast)
        elif (first := await view.first_pending(broadcast.id)) is not None:
            active.cursor = first - 1
        else:
            active.exhausted = True
        return active

    async def _walk(self, view: Snapshot, active: Active, broadcast: Broadcast) -> Walk:
        """The statements of the launch: the same ones again, should another process have begun it."""
        launched_at = broadcast.launched_at or broadcast.created_at
        hours = broadcast.audience.not_within
        since = launched_at - timedelta(hours=hours)
        served = None if broadcast.options.late_language is Missing.FALLBACK else frozenset(active.bodies)
        return Walk(
            Launch(
                broadcast_id=broadcast.id,
                audience=broadcast.audience,
                areas=active.areas,
                served=served,
                urgent=broadcast.urgent,
                cutoff=launched_at,
                clock=Clock(
                    now=seconds(launched_at),
                    hour=launched_at.astimezone(self._zone).hour,
                    next_hour=self._hours(launched_at, None),
                    next_weekly=self._hours(launched_at, DIGEST_WEEKDAY),
                ),
                recent=await view.recent_broadcasts(since - STILL_SENDING, but=broadcast.id) if hours else (),
                not_since=seconds(since) if hours else None,
            )
        )

    def _hours(self, after: datetime, weekday: int | None) -> list[int]:
        return [seconds(next_hour(after, hour, self._zone, weekday=weekday)) for hour in range(24)]

    async def judge(self, lease: Lease, now: datetime) -> int:
        """What a dead sender had in hand: unknown, or to be sent again where the author wants that; how many.

        To be done before anything is claimed. Who dies within leaves the rest to the next one.
        """
        async with self.store.read() as view:
            held = await view.held_broadcasts()
        became = {Unknown.RESEND: Delivery.WAITING}
        return sum([await self._judge(lease, id, became.get(held[id], Delivery.UNKNOWN), now) for id in held])

    async def _judge(
        self, lease: Lease, id: int, became: Delivery, now: datetime, *, doubt: bool = True
    ) -> int:
        """In parts: to find what was in hand among a million takes 0.1 s."""
        judged, at = 0, FIRST
        while True:
            async with self.store.begin() as tx:
                await tx.beat(lease)
                count, following = await tx.judge_chunk(id, became, at, _JUDGED, seconds(now), doubt=doubt)
            judged += count
            if following is None:
                return judged
            at = following

    async def take_back(self, lease: Lease, now: datetime) -> None:
        """Claims that were committed without our knowledge were surely not sent: they wait again.

        Only when nothing is outstanding: what is in hand must not be taken for forgotten.
        """
        async with self.store.read() as view:
            held = await view.held_broadcasts()
        for id in held:
            await self._judge(lease, id, Delivery.WAITING, now, doubt=False)

    # From scheduled to sent -------------------------------------------------------------------

    async def begin(self, lease: Lease, broadcast: Broadcast, now: datetime) -> None:
        """Launch a scheduled broadcast, unless somebody has stopped it meanwhile or its date has moved.

        What has grown too much for the one person who released it waits for a second one instead.
        """
        async with self.store.read() as view:  # counting takes a while: nobody waits for it
            grown = await outgrown(view, self._gazetteer, broadcast, self._two_person_from)
        async with self.store.begin() as tx:
            await tx.beat(lease)
            held = await tx.hold_broadcast(broadcast.id)
            if held is None or held.state is not State.SCHEDULED:
                return
            if (held.revision, held.releaser_id) != (broadcast.revision, broadcast.releaser_id):
                return  # somebody has changed and released it meanwhile: look at it once more
            due = await due_at(tx, held, self._zone)
            became = await settle(tx, held, due, now, self._zone)
            if became not in (None, State.SCHEDULED) or due is None or due > now:
                return
            if await too_late(tx, held, due, now, self._zone):
                await tx.move(broadcast.id, State.MISSED, reason=TOO_LATE)
            elif grown:
                await tx.move(broadcast.id, State.REVIEW, reason=GROWN)
                await tx.change(broadcast.id, told=State.SCHEDULED.value)  # whatever was told: it is news
            else:
                options = replace(held.options, card_at=await card_at(tx, held, now, self._zone))
                await tx.move(broadcast.id, State.SENDING)
                await tx.change(broadcast.id, launched_at=now, launch=(0, FIRST), options=options)

    async def launch(self, lease: Lease, active: Active) -> None:
        """Make the next deliveries of a launch, as many as do not keep others waiting."""
        at = active.broadcast.launch
        if active.walk is None or at is None:
            return
        async with self.store.begin() as tx:
            began = time.monotonic()  # waiting for the lock is not holding it
            await tx.beat(lease)
            following = await tx.launch_chunk(active.walk, *at, active.chunk)
            await tx.change(active.broadcast.id, launch=following)
            due = await tx.next_due([active.broadcast.id]) if following is None else {}
        took = max(time.monotonic() - began, 0.001)
        await self.store.carry_back()
        # Half or twice at most: a moment in which the machine did something else says little.
        wanted = int(active.chunk * max(0.5, min(2.0, CHUNK_SECONDS / took)))
        active.chunk = min(_MOST_CHUNK, max(_LEAST_CHUNK, wanted))
        active.broadcast = replace(active.broadcast, launch=following)
        if following is None:
            active.due = due.get(active.broadcast.id)
        if following is None or following[0] != at[0]:
            active.cursor = FIRST  # another way through the audience begins at the smallest chat id

    async def finish(self, lease: Lease, now: datetime) -> bool:
        """Bring to SENT what nothing is left of; whether there was any."""
        done = [
            active.broadcast.id
            for active in self.actives.values()
            if active.exhausted and not active.launching and not active.outstanding
        ]
        return any([await self._finish(lease, id, now) for id in done if id not in self.held])

    async def _finish(self, lease: Lease, id: int, now: datetime) -> bool:
        """Bring one to SENT, unless somebody waits for it or it was stopped."""
        with suppress(WrongState):
            async with self.store.begin() as tx:
                await tx.beat(lease)
                await tx.hold_broadcast(id)  # who sends refused ones again comes before this, or after
                if await tx.next_due([id]):
                    return False
                await tx.move(id, State.SENT)
                await tx.change(id, finished_at=now)
                return True
        return False

    async def tidy(self, lease: Lease, broadcast: Broadcast, now: datetime) -> None:
        """Skip what is left of a broadcast that was cancelled, withdrawn or left paused."""
        active = self.actives.get(broadcast.id)
        if active is not None and active.outstanding:
            return
        reason = _LEFT_OVER.get(broadcast.state, Reason.WITHDRAWN)
        at: int | None = FIRST
        while at is not None:
            async with self.store.begin() as tx:
                await tx.beat(lease)
                at = await tx.skip_chunk(broadcast.id, reason, at, _TIDY, seconds(now))
                if at is None:
                    await tx.change(broadcast.id, finished_at=now, launch=None)

    # Claiming and recording -------------------------------------------------------------------

    async def step(self, lease: Lease, results: Sequence[Result], want: int, now: datetime) -> list[Job]:
        """Write results down and take about ``want`` deliveries in hand, in one transaction.

        Returns what is to be sent now. Claims that must not be sent any more (who left, who sleeps,
        who got enough today) are written down at once.
        """
        async with self.store.begin() as tx:
            await tx.beat(lease)
            await self._record(tx, results, now)
            claims, moved = await self._claim(tx, want, now) if want > 0 else ([], {})
            jobs, others = await self._sort_out(tx, claims, now)
            await tx.record(others)
            pauses = self._pauses(results)
            for id, reason in pauses.items():
                with suppress(WrongState):
                    await tx.move(id, State.PAUSED, reason=reason)
                    options = self.actives[id].broadcast.options
                    await tx.change(id, options=replace(options, first=0))
        # Only what is committed counts.
        for result in results:
            if result.broadcast_id in self.actives:
                self.actives[result.broadcast_id].note(result)
        for id in pauses:
            self.actives[id].begin_anew()
        for result in (*results, *others):
            if result.state in (Delivery.WAITING, Delivery.DIGEST) and result.broadcast_id in self.actives:
                self.actives[result.broadcast_id].wake_at(result.at)
        for job in jobs:
            for claim in job.claims:
                self.actives[claim.broadcast_id].outstanding += 1
        for id, (cursor, exhausted) in moved.items():
            self.actives[id].cursor, self.actives[id].exhausted = cursor, exhausted
        return jobs

    async def _record(self, tx: Transaction, results: Sequence[Result], now: datetime) -> None:
        await tx.record(results)
        # What waits goes along to the new number.
        for old, new in {(one.chat_id, one.new_chat_id) for one in results if one.new_chat_id is not None}:
            await tx.migrate_chat(old, new)
        await tx.retire_all({one.chat_id for one in results if one.state is Delivery.UNREACHABLE}, now)

    def _pauses(self, results: Sequence[Result]) -> dict[int, str]:
        """Which broadcasts stop by themselves after these results, and why."""
        found = {}
        critical = (Delivery.REJECTED, Delivery.UNREACHABLE)
        for id in {
            one.broadcast_id
            for one in results
            if one.broadcast_id in self.actives
            and (one.state in critical or self.actives[one.broadcast_id].first_left is not None)
        }:
            active = self.actives[id]
            ahead = replace(
                active,
                results=Counter(active.results),
                rejected_in_a_row=Counter(active.rejected_in_a_row),
            )
            for one in results:
                if one.broadcast_id == id:
                    ahead.note(one)
            if reason := ahead.why_pause():
                found[id] = reason
        return found

    async def _claim(
        self, tx: Transaction, want: int, now: datetime
    ) -> tuple[list[Claim], dict[int, tuple[int, bool]]]:
        """Claims, and how far each broadcast is walked through with them."""
        sending = await tx.sending()
        usable = [
            active
            for id, active in self.actives.items()
            if id in sending and id not in self.held and active.room(1) > 0
        ]
        usable.sort(key=lambda active: active.broadcast.id)
        # A launch makes digests of the hours after it began: until it is over, those are not complete.
        begun = [seconds(at) for at in sending.values() if at is not None]
        complete = min([seconds(now), *(at - 1 for at in begun)])
        claims: list[Claim] = []
        moved = {}
        # Urgent ones first, whatever of the others has become due meanwhile.
        for urgent in (True, False):
            group = [active for active in usable if active.broadcast.urgent is urgent]
            await self._claim_due(tx, group, claims, want, seconds(now), complete)
            for active in group:
                if active.broadcast.id in self.behind or active.exhausted:
                    continue
                if (count := _free(active, claims, want)) <= 0:
                    continue
                found = await tx.claim(active.broadcast.id, active.cursor, count)
                claims += found
                cursor = found[-1].chat_id if found else active.cursor
                moved[active.broadcast.id] = (cursor, len(found) < count and not active.launching)
        return claims, moved

    async def _claim_due(
        self,
        tx: Transaction,
        group: Sequence[Active],
        claims: list[Claim],
        want: int,
        now: int,
        complete: int,
    ) -> None:
        """Add those who waited, and whose time has come, to the claims.

        ``complete``: what was due by then for a digest is all there.
        """
        due = [active for active in group if active.is_due(now)]
        for active in due:
            if (count := _free(active, claims, want)) > 0:
                claims += await tx.claim_due(active.broadcast.id, now, count)
        fitting = [active for active in due if _free(active, claims, want) > 0]
        if fitting and not self.held:
            # A digest is one message, with all that its reader has due: none is made without what is held.
            least = min(_free(active, claims, want) for active in fitting)
            ids = [active.broadcast.id for active in fitting]
            claims += await tx.claim_digests(ids, complete, least)
        got = {claim.broadcast_id for claim in claims}
        for active in fitting:
            if active.broadcast.id not in got:
                active.due = (await tx.next_due([active.broadcast.id])).get(active.broadcast.id)

    async def _sort_out(
        self, tx: Transaction, claims: Sequence[Claim], now: datetime
    ) -> tuple[list[Job], list[Result]]:
        """Apart: what is to be sent, and what is not, or not now."""
        jobs: list[Job] = []
        digests: dict[int, list[tuple[Claim, Body, Still]]] = {}
        others: list[Result] = []
        given: Counter[int] = Counter()
        for id in dict.fromkeys(claim.broadcast_id for claim in claims):
            active = self.actives[id]
            mine = [claim for claim in claims if claim.broadcast_id == id]
            chats = [claim.chat_id for claim in mine]
            still = await tx.still(active.standing, chats)
            had = await self._had(tx, active, mine, claims, now)
            for number, claim in enumerate(mine, 1):
                if number % _SLICE == 0:
                    await asyncio.sleep(0)
                now_is = still.get(claim.chat_id)
                if now_is is None:
                    others.append(result_of(claim, Delivery.SKIPPED, seconds(now), Reason.BLOCKED))
                    continue
                chat = claim.chat_id
                # What joins a digest makes no message of its own.
                share = had.get(chat, 0) + given[chat] + (chat in digests and not claim.digest)
                full = share >= self._daily_cap
                found = active.look(claim, now_is, now, self._zone, full=full)
                if isinstance(found, Result):
                    others.append(found)
                elif claim.digest:
                    digests.setdefault(chat, []).append((claim, found, now_is))
                else:
                    group = now_is.chat_type != "private"
                    given[chat] += 1
                    jobs.append(Job((claim,), ((active.broadcast, found),), now_is.locale, group))
        for items in digests.values():
            standing = items[0][2]
            jobs.append(
                Job(
                    tuple(claim for claim, _, _ in items),
                    tuple((self.actives[claim.broadcast_id].broadcast, body) for claim, body, _ in items),
                    standing.locale,
                    standing.chat_type != "private",
                )
            )
        return jobs, others

    async def _had(
        self,
        tx: Transaction,
        active: Active,
        mine: Sequence[Claim],
        claims: Sequence[Claim],
        now: datetime,
    ) -> dict[int, int]:
        """How many messages each chat has had today, may have had, or is just being sent.

        ``claims`` are all that were taken in hand at this moment, of which nothing is decided yet.
        """
        if active.broadcast.urgent or len(active.recent) < self._daily_cap:
            return {}
        today = at_wall(now.astimezone(self._zone).date(), datetime.min.time(), self._zone)
        got = await tx.got_since([claim.chat_id for claim in mine], active.recent, seconds(today))
        for claim in claims:
            got.get(claim.chat_id, {}).pop(claim.broadcast_id, None)
        return {chat: len(set(found.values())) for chat, found in got.items()}
