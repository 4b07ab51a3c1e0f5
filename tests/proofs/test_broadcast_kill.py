"""``kill -9`` in the middle of a broadcast: everybody has it once, or is shown as unknown."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from bot.domain.broadcast import Delivery, Options, State
from bot.storage.store import Store
from tests.conftest import Databases
from tests.proofs.broadcasting import HOLD, RESEND, Outside, account, announce, crowd, finished, received
from tests.proofs.running import BotProcess, WatchedSandbox
from tests.services.sending import tally

RATE = 1000
LATENCY = 0.05
"""Seconds of a round trip."""
IN_FLIGHT = int(RATE * LATENCY)
CLAIM = min(250, int(RATE * 0.4))
SETTINGS = {
    "LOTSE_RATE": str(RATE),
    "LOTSE_PAID_BROADCAST": "yes",
    "LOTSE_IN_FLIGHT": str(IN_FLIGHT),
    "LOTSE_LEASE_SECONDS": "1",
}


class Phase(StrEnum):
    """How far the broadcast was when the bot died."""

    APPROVAL = "approval"
    """Just scheduled."""
    LAUNCH = "launch"
    """Some deliveries are made, others are not."""
    CLAIM = "claim"
    """Claims are committed, none of them has been begun."""
    IN_FLIGHT = "in flight"
    """Messages are on their way."""
    COMMIT = "commit"
    """Messages have arrived and are not written down."""


ONCE = tuple(Phase)
OFTEN = (Phase.APPROVAL, Phase.LAUNCH, *(Phase.CLAIM, Phase.IN_FLIGHT, Phase.COMMIT) * 3)
"""A broadcast has one beginning; while it sends, it can be killed as often as one likes."""


@dataclass(frozen=True)
class Death:
    """What the database and the chats showed when the bot was killed."""

    phase: Phase
    claimed: frozenset[int]
    begun: int
    """Of these, whose message was on its way or had arrived."""
    delivered: int


@dataclass
class Siege:
    """One bot that is killed again and again while it sends."""

    sandbox: WatchedSandbox
    bot: BotProcess
    store: Store
    outside: Outside
    chats: Sequence[int]
    random: random.Random
    deaths: list[Death] = field(default_factory=list)
    unknown: int = 0
    doubles: int = 0
    sent: int = 0
    _epoch: int = 0
    _before: Counter[int] = field(default_factory=Counter)
    _since: int = 0

    async def broadcast(self, options: Options, phases: Sequence[Phase]) -> None:
        """Send one announcement to all, with a death in each of the phases that can be met."""
        deaths = len(self.deaths)
        self._turn()
        id = await announce(self.store, options=options)
        for phase in phases:
            if await self.kill(id, phase):
                await self.check(id)
                self._turn()
                self.bot.spawn()
        await finished(self.store, id, seconds=90)
        found = await account(self.store, self.sandbox, id)
        resend = options is RESEND
        found.prove(self.chats, doubles=resend)
        in_hand = [death.claimed for death in self.deaths[deaths:]]
        doubtful = {chat for claimed in in_hand for chat in claimed}
        assert {chat for chat, number in found.got.items() if number > 1} <= doubtful
        assert {chat for chat, one in found.states.items() if one is Delivery.UNKNOWN} <= doubtful
        if resend:
            assert set(found.got) == set(self.chats)
            assert found.count(Delivery.SENT) == len(self.chats)
            assert found.doubles <= sum(map(len, in_hand))
        self.unknown += found.count(Delivery.UNKNOWN)
        self.doubles += found.doubles
        self.sent += found.count(Delivery.SENT)

    def _turn(self) -> None:
        """What is begun from now on is another life's doing."""
        self._before = self.sandbox.begun.copy()
        self._since = self.sandbox.world.revision

    async def kill(self, id: int, phase: Phase) -> bool:
        """Kill the bot in a phase; False when the broadcast was past it before."""
        many = {Phase.CLAIM: CLAIM // 3, Phase.IN_FLIGHT: self.random.randint(1, 30)}.get(
            phase, self.random.randint(1, 60)
        )
        async with asyncio.timeout(90):
            while not await self._at(id, phase, many):
                assert self.bot.running, self.bot.output[-2000:]
                if await self._past(id, phase):
                    return False
                await asyncio.sleep(0.001)
            self.bot.send(SIGSTOP)  # frozen, it cannot change what is looked at
            if not await self._at(id, phase, 1):
                self.bot.send(SIGCONT)
                return await self.kill(id, phase)
        claimed = frozenset(await self.outside.claimed(id))
        self.bot.kill()
        await asyncio.sleep(LATENCY + 0.1)  # what was on its way arrives
        delivered = claimed & self._delivered(claimed)
        begun = len((set(self.sandbox.begun - self._before) & claimed) | delivered)
        self.deaths.append(Death(phase, claimed, begun, len(delivered)))
        _, self._epoch = await self.outside.lease()
        return True

    async def _past(self, id: int, phase: Phase) -> bool:
        """Whether a phase will not come any more."""
        state, launching, _ = await self._broadcast(id)
        match phase:
            case Phase.APPROVAL:
                return state != State.SCHEDULED
            case Phase.LAUNCH:
                return state != State.SCHEDULED and not launching
            case _:
                return state == State.SENT

    def lacks(self, kills: int, each: int) -> bool:
        """Whether there were fewer deaths than these, or fewer than that in any of the phases."""
        by_phase = Counter(death.phase for death in self.deaths)
        return len(self.deaths) < kills or any(by_phase[phase] < each for phase in Phase)

    async def _broadcast(self, id: int) -> tuple[str, bool, bool]:
        """State, whether it is being launched, whether there are deliveries."""
        (found,) = await self.outside.rows(
            "SELECT state, launch IS NOT NULL, EXISTS (SELECT 1 FROM deliveries WHERE broadcast_id = b.id) "  # noqa: S608
            f"FROM broadcasts AS b WHERE id = {id}"
        )
        return str(found[0]), bool(found[1]), bool(found[2])

    async def _at(self, id: int, phase: Phase, many: int) -> bool:
        """Whether the broadcast is in a phase, with so many deliveries."""
        state, launching, any_there = await self._broadcast(id)
        if phase is Phase.APPROVAL:
            return state == State.SCHEDULED
        if phase is Phase.LAUNCH:
            return state == State.SENDING and launching and any_there
        if (await self.outside.lease())[1] == self._epoch:
            return False  # what is claimed is the dead one's
        claimed = await self.outside.claimed(id)
        begun = claimed & set(self.sandbox.begun - self._before)
        match phase:
            case Phase.CLAIM:
                return len(claimed - begun) >= many
            case Phase.IN_FLIGHT:
                return len(begun - self._delivered(begun)) >= many
            case _:
                return len(self._delivered(claimed)) >= many

    def _delivered(self, among: frozenset[int] | set[int]) -> set[int]:
        """In whose chats this life's message stands."""
        chats = self.sandbox.world.chats
        return {
            chat for chat in among if any(one.revision > self._since for one in chats[chat].messages.values())
        }

    async def check(self, id: int) -> None:
        """The totals add up, now that it is dead."""
        state, launching, _ = await self._broadcast(id)
        account = await tally(self.store, id)
        if state == State.SCHEDULED:
            assert account.total == 0
        elif launching:
            assert 0 <= account.total <= len(self.chats)
        else:
            assert account.total == len(self.chats)
        assert account[Delivery.SENT] + account[Delivery.CLAIMED] >= len(received(self.sandbox, id)) - (
            account[Delivery.UNKNOWN] + account[Delivery.WAITING]
        )

    def report(self, name: str) -> None:
        by_phase = Counter(death.phase.value for death in self.deaths)
        in_hand = [len(death.claimed) for death in self.deaths]
        print(  # noqa: T201
            f"\n{name}: {len(self.deaths)} kills {dict(by_phase)}; sent {self.sent}, "
            f"in hand at the kills {sum(in_hand)} (at most {max(in_hand)} at one, allowed {ALLOWED}), "
            f"of these begun {sum(death.begun for death in self.deaths)}, "
            f"delivered {sum(death.delivered for death in self.deaths)}; "
            f"unknown {self.unknown}, doubles {self.doubles}"
        )


ALLOWED = int(RATE * LATENCY) + CLAIM
"""Deliveries in hand: what is on its way, and one claim."""


async def _besiege(
    folder: Path,
    processes: list[BotProcess],
    series: Sequence[tuple[Options, Sequence[Phase]]],
    *,
    people: int,
    kills: int = 0,
    each: int = 0,
    url: str = "",
    seed: int = 1,
) -> Siege:
    """The series as long as there are fewer ``kills``, or fewer than ``each`` in one of the phases."""
    async with WatchedSandbox(seed=seed, latency=LATENCY, keep_calls=100) as sandbox:
        bot = BotProcess(folder, sandbox, database_url=url or None, settings=SETTINGS)
        processes.append(bot)
        await bot.start()
        where = url or f"sqlite:///{bot.database}"
        store = await Store.open(where)
        try:
            async with Outside(where) as outside:
                chats = await crowd(sandbox, store, people)
                siege = Siege(sandbox, bot, store, outside, chats, random.Random(seed))
                for options, phases in series:
                    if siege.lacks(kills, each):
                        await siege.broadcast(options, phases)
            assert await bot.terminate() == 0
            assert bot.complaints() == []
        finally:
            await store.close()
        return siege


def _prove(siege: Siege) -> None:
    for death in siege.deaths:
        assert len(death.claimed) <= ALLOWED
        assert death.begun <= len(death.claimed)
    assert siege.unknown <= sum(len(death.claimed) for death in siege.deaths)


async def test_one_kill(folder: Path, processes: list[BotProcess]) -> None:
    siege = await _besiege(folder, processes, [(HOLD, (Phase.IN_FLIGHT,))], people=700, kills=1)
    siege.report("hold")
    _prove(siege)
    assert [death.phase for death in siege.deaths] == [Phase.IN_FLIGHT]


@pytest.mark.prove
async def test_twenty_kills(folder: Path, processes: list[BotProcess], databases: Databases) -> None:
    """Twenty, two of them in each phase: what was missed is tried again in another series."""
    series = [(HOLD, OFTEN)] * 2 + [(HOLD, ONCE)] * 4
    url = await _url(databases)
    siege = await _besiege(folder, processes, series, people=5000, kills=20, each=2, url=url, seed=2)
    siege.report(f"hold, {databases.kind}")
    _prove(siege)
    assert not siege.lacks(20, 2)


@pytest.mark.prove
async def test_kills_with_resend(folder: Path, processes: list[BotProcess], databases: Databases) -> None:
    """Fewer than with hold, for the time that they take: eight, one of them in each phase."""
    series = [(RESEND, OFTEN)] + [(RESEND, ONCE)] * 2
    url = await _url(databases)
    siege = await _besiege(folder, processes, series, people=5000, kills=8, each=1, url=url, seed=3)
    siege.report(f"resend, {databases.kind}")
    _prove(siege)
    assert siege.unknown == 0
    assert not siege.lacks(8, 1)


async def _url(databases: Databases) -> str:
    """A database for the bot; on SQLite it has one in its folder."""
    return "" if databases.kind == "sqlite" else await databases.migrated()
