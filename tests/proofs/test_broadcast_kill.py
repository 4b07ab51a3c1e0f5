"""``kill -9`` in the middle of a broadcast: everybody has it once, or is shown as unknown."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from bot.domain.audit import Act
from bot.domain.broadcast import Body, Options, State
from bot.domain.deliveries import Delivery
from bot.domain.staff import Role
from bot.sandbox import Message, Person
from bot.storage.store import Store
from bot.storage.tables import deliveries, recipients, subscriptions
from tests.conftest import Databases
from tests.proofs.broadcasting import (
    HOLD,
    RESEND,
    Outside,
    account,
    announce,
    crowd,
    finished,
    has,
    received,
    text_of,
)
from tests.proofs.running import BotProcess, WatchedSandbox, until
from tests.services.sending import EVENTS, ZONE, state, tally

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


# The transaction of a release ----------------------------------------------------------------------


async def _handed_over(store: Store, author: int) -> int:
    """An announcement that waits for a second person."""
    now = datetime.now(UTC)
    async with store.begin() as tx:
        writer = await tx.staff_of(author)
        assert writer is not None
        id = await tx.draft(writer.id, now, name="A notice", audience=EVENTS, options=HOLD)
        await tx.put_body(id, Body(locale="de", html=text_of(id)))
        await tx.move(id, State.REVIEW)
    return id


async def _tap(sandbox: WatchedSandbox, person: Person, id: int) -> None:
    """Wait for the request to release it, and do so."""

    def requests() -> list[tuple[Message, str]]:
        return [
            (message, button["callback_data"])
            for message in sandbox.world.chats[person.id].messages.values()
            for row in message.raw.get("reply_markup", {}).get("inline_keyboard", ())
            for button in row
            if button.get("callback_data", "").startswith(f"wr|{id}|send")
        ]

    await until(requests, 30, "the request to release")
    await asyncio.sleep(0.5)  # it is noted by then that it was sent
    message, data = requests()[-1]
    await sandbox.press_data(person, message, data)


@pytest.mark.prove
async def test_kills_in_the_transaction_of_a_release(
    folder: Path, processes: list[BotProcess], databases: Databases
) -> None:
    """By a tap in the chat; it is released once, when the tap is answered in the next life."""
    url = await _url(databases)
    async with WatchedSandbox(seed=5, latency=LATENCY, keep_calls=100) as sandbox:
        author, releaser = (sandbox.person(name, "de", started=True) for name in ("Author", "Releaser"))
        office = {"LOTSE_ADMINS": f"{releaser.id}"}
        bot = BotProcess(folder, sandbox, database_url=url or None, settings={**SETTINGS, **office})
        processes.append(bot)
        await bot.start()
        where = url or f"sqlite:///{bot.database}"
        store = await Store.open(where)
        chats = await crowd(sandbox, store, 100)
        async with store.begin() as tx:
            for member in (author, releaser):  # who are told about it, beside
                await tx.choose_locale(member.id, "private", "de", datetime.now(UTC))
            await tx.add_staff(author.id, Role.AUTHOR, None, datetime.now(UTC))
        deaths = 0
        ids: list[int] = []
        async with Outside(where) as outside:
            while deaths < 2 and len(ids) < 20:
                ids.append(id := await _handed_over(store, author.id))
                await _tap(sandbox, releaser, id)
                async with asyncio.timeout(30):
                    while await state(store, id) is State.REVIEW:
                        tapped = await outside.rows("SELECT 1 FROM inbox WHERE finished_at IS NULL")
                        if not tapped or not await outside.within_a_release():
                            continue
                        bot.send(SIGSTOP)
                        if await outside.within_a_release() and await state(store, id) is State.REVIEW:
                            bot.kill()
                            deaths += 1
                            await asyncio.sleep(0.2)
                            assert await state(store, id) is State.REVIEW, "nothing of it was kept"
                            bot.spawn()
                            break
                        bot.send(SIGCONT)
                await finished(store, id, seconds=60)
        for id in ids:
            found = await account(store, sandbox, id)
            found.prove(chats)
            assert {chat: found.got[chat] for chat in chats} == dict.fromkeys(chats, 1)
        async with store.read() as view:
            acts = Counter(
                entry.about["broadcast"] for entry in await view.audit_entries() if entry.act == Act.RELEASE
            )
        assert acts == dict.fromkeys(ids, 1)
        print(f"\nrelease, {databases.kind}: {deaths} kills in {len(ids)} releases")  # noqa: T201
        assert deaths == 2
        assert await bot.terminate() == 0
        assert (await bot.command("check", "--audit"))[0] == 0
        await store.close()


# Digests and quiet hours ---------------------------------------------------------------------------


@pytest.mark.prove
async def test_kills_when_sleepers_wake_and_summaries_are_due(
    folder: Path, processes: list[BotProcess], databases: Databases
) -> None:
    """Two announcements: some sleep, some want a summary; the morning is made by the test."""
    url = await _url(databases)
    async with WatchedSandbox(seed=6, latency=LATENCY, keep_calls=100) as sandbox:
        bot = BotProcess(folder, sandbox, database_url=url or None, settings=SETTINGS)
        processes.append(bot)
        await bot.start()
        where = url or f"sqlite:///{bot.database}"
        store = await Store.open(where)
        async with Outside(where) as outside:
            chats = sorted(await crowd(sandbox, store, 2400))
            awake, asleep, daily = chats[::3], chats[1::3], chats[2::3]
            hour = datetime.now(ZONE).hour
            late = {"quiet_from": hour, "quiet_to": (hour + 3) % 24}
            for group, rhythm in ((asleep, late), (awake, WAKING), (daily, WAKING)):
                await _live(store, group, rhythm)
            async with store.begin() as tx:
                change = subscriptions.update().where(subscriptions.c.chat_id.in_(daily))
                await tx._run(change.values(frequency="daily"))
            ids = [await announce(store, options=Options()) for _ in range(2)]
            waits = {Delivery.SENT: 800, Delivery.WAITING: 800, Delivery.DIGEST: 800}
            for id in ids:
                await has(store, id, lambda tally: waits.items() <= tally.items())
            await _live(store, asleep, WAKING)
            async with store.begin() as tx:
                open_ = deliveries.c.state.in_((Delivery.WAITING, Delivery.DIGEST))
                await tx._run(deliveries.update().where(open_).values(at=int(time.time()) - 1))
            siege = Siege(sandbox, bot, store, outside, chats, random.Random(6))
            in_hand: dict[int, set[int]] = {id: set() for id in ids}
            for phase in (Phase.CLAIM, Phase.IN_FLIGHT, Phase.COMMIT) * 2:
                siege._turn()
                if not any([await siege.kill(id, phase) for id in ids[1:]]):
                    break
                for id in ids:
                    in_hand[id] |= await outside.claimed(id)
                bot.spawn()
            for id in ids:
                await finished(store, id, seconds=90)
        siege.report(f"summaries and sleepers, {databases.kind}")
        assert len(siege.deaths) >= 3
        for id in ids:
            found = await account(store, sandbox, id)
            found.prove(chats)
            assert {chat for chat, one in found.states.items() if one is Delivery.UNKNOWN} <= in_hand[id]
            assert found.count(Delivery.SENT) + found.count(Delivery.UNKNOWN) == len(chats)
        for chat in daily:
            messages = [one for one in sandbox.world.chats[chat].messages.values() if one.from_bot]
            assert len(messages) <= 1, "a summary is one message"
            assert all(text_of(id) in one.text for one in messages for id in ids)
        assert await bot.terminate() == 0
        assert bot.complaints() == []
        await store.close()


WAKING = {"quiet_from": 0, "quiet_to": 0}


async def _live(store: Store, chats: Sequence[int], rhythm: dict[str, int]) -> None:
    """Give people quiet hours, or none."""
    async with store.begin() as tx:
        await tx._run(recipients.update().where(recipients.c.chat_id.in_(chats)).values(**rhythm))


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
