"""``kill -9`` in the middle of 200 questions: nobody is forgotten, and hardly anybody answered twice."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from bot.sandbox import Person
from tests.proofs.running import BotProcess, Rows, WatchedSandbox, settled, spoken

CROWD, FEW = 200, 60
WORKERS = 64
LATENCY = 0.25
"""Seconds that Telegram takes: many answers are under way at once."""
QUESTIONS = (
    "Beratung Asyl Güstrow",
    "Schuldnerberatung in Rostock",
    "Fiktionsbescheinigung",
    "counselling about asylum in Schwerin",
)


class Phase(StrEnum):
    """Where the questions were when the bot died."""

    STORED = "stored"
    RUNNING = "running"
    SENT = "sent"


@dataclass
class Death:
    """What the database and the chats showed when the bot was killed."""

    phase: Phase
    unfinished: frozenset[int]
    begun: int
    """Questions whose answer was on its way to Telegram."""
    delivered: int
    """Of these, whose answer stood in the chat."""


@dataclass
class Ward:
    """One bot that is killed again and again, and the people who ask it."""

    sandbox: WatchedSandbox
    bot: BotProcess
    people: list[Person]
    random: random.Random
    deaths: list[Death] = field(default_factory=list)
    lost: int = 0
    twice: int = 0
    _since: int = 0
    _in_flight: Counter[int] = field(default_factory=Counter)

    @property
    def rows(self) -> Rows:
        return Rows(self.bot.database)

    def delivered(self, since: int) -> set[int]:
        return {person.id for person in self.people if spoken(self.sandbox, person.id, since)}

    async def ask(self) -> None:
        """Everybody asks once, at the same moment."""
        self._since = self.sandbox.world.revision
        self._in_flight.clear()
        for person in self.random.sample(self.people, len(self.people)):
            await self.sandbox.send_text(person, person, self.random.choice(QUESTIONS))

    async def kill(self, phase: Phase, life: int, many: int) -> bool:
        """Kill the bot when ``many`` questions are in a phase; False when all was answered before.

        ``life``: since which revision the answers are this life's.
        """
        before = self.sandbox.begun.copy()
        while True:
            waiting = set(self.rows.unfinished())
            if self._in(phase, waiting, before, life) >= many:
                # Frozen, the bot cannot change what is looked at.
                self.bot.send(signal.SIGSTOP)
                if self._in(phase, set(self.rows.unfinished()), before, life) >= many:
                    break
                self.bot.send(signal.SIGCONT)
            elif not waiting and self.sandbox.updates.pending == 0:
                return False
            await asyncio.sleep(0.001)
        self.bot.kill()
        unfinished = frozenset(self.rows.unfinished())
        delivered = self.delivered(life) & unfinished
        await asyncio.sleep(0.3)  # what was on its way arrives
        begun = set(self.sandbox.begun - before) & unfinished
        self.deaths.append(Death(phase, unfinished, len(begun), len(delivered)))
        self._in_flight.update(unfinished)
        return True

    def _in(self, phase: Phase, waiting: set[int], before: Counter[int], life: int) -> int:
        """How many of the waiting questions are in a phase."""
        begun = set(self.sandbox.begun - before)
        match phase:
            case Phase.STORED:
                return 0 if begun else len(waiting)
            case Phase.RUNNING:
                return len((begun - self.delivered(life)) & waiting)
            case Phase.SENT:
                return len(self.delivered(life) & waiting)

    async def account(self) -> None:
        """Wait for every answer, then count."""
        await settled(self.sandbox, self.rows)
        for person in self.people:
            answers = len(spoken(self.sandbox, person.id, self._since))
            self.lost += answers == 0
            self.twice += max(0, answers - 1)
            # Whoever was answered again had been in hand when the bot died.
            assert answers <= 1 + self._in_flight[person.id], (person.id, answers)

    def report(self, name: str) -> None:
        by_phase = Counter(death.phase.value for death in self.deaths)
        print(  # noqa: T201
            f"\n{name}: {len(self.deaths)} kills {dict(by_phase)}; "
            f"{sum(len(death.unfinished) for death in self.deaths)} questions unfinished at a kill, "
            f"{sum(death.begun for death in self.deaths)} begun, "
            f"{sum(death.delivered for death in self.deaths)} delivered but not finished; "
            f"lost {self.lost}, answered twice {self.twice}"
        )


async def _siege(
    folder: Path,
    processes: list[BotProcess],
    *,
    crowd: int,
    kills: int,
    webhook: bool,
    seed: int,
    phases: Sequence[Phase] = tuple(Phase),
    model: bool = False,
) -> Ward:
    """Kill in each phase in turn; every third time while the bot is still catching up from the last one."""
    async with WatchedSandbox(
        seed=seed, latency=LATENCY, webhook_first_pause=0.1, webhook_longest_pause=0.5
    ) as sandbox:
        people = [sandbox.person(f"Person {number}", "de", started=True) for number in range(crowd)]
        bot = BotProcess(folder, sandbox, webhook=webhook, model=model)
        processes.append(bot)
        ward = Ward(sandbox, bot, people, random.Random(seed))
        await bot.start()
        # As many as there will surely be: a webhook brings the questions one by one.
        most = {Phase.STORED: 3 if webhook else crowd // 2, Phase.RUNNING: crowd // 6, Phase.SENT: 2}
        catching_up = False
        for _ in range(4 * kills):  # a phase may be missed: then it is tried again
            if len(ward.deaths) == kills:
                break
            if not catching_up:
                await ward.ask()
            # A life's first answers count from here; what the last life sent is not this one's doing.
            life = sandbox.world.revision
            phase = phases[len(ward.deaths) % len(phases)]
            killed = await ward.kill(phase, life, ward.random.randint(1, most[phase]))
            if killed:
                bot.spawn()
            catching_up = killed and len(ward.deaths) % 3 == 2 and len(ward.deaths) < kills
            if not catching_up:
                await ward.account()
        assert await bot.terminate() == 0
        assert bot.complaints() == []
        return ward


def _prove(ward: Ward, kills: int, each: int) -> None:
    assert len(ward.deaths) == kills
    by_phase = Counter(death.phase for death in ward.deaths)
    assert all(by_phase[phase] >= each for phase in Phase)
    assert ward.lost == 0
    # Answered twice were those whose answer was on its way, no more at once than there are workers.
    assert all(death.begun <= WORKERS for death in ward.deaths)
    assert ward.twice <= sum(death.begun for death in ward.deaths)


async def test_one_kill_polling(folder: Path, processes: list[BotProcess]) -> None:
    ward = await _siege(folder, processes, crowd=FEW, kills=1, webhook=False, seed=1, phases=(Phase.RUNNING,))
    ward.report("polling")
    _prove(ward, 1, 0)


@pytest.mark.prove
async def test_three_kills_polling(folder: Path, processes: list[BotProcess]) -> None:
    ward = await _siege(folder, processes, crowd=FEW, kills=3, webhook=False, seed=1)
    ward.report("polling")
    _prove(ward, 3, 1)


@pytest.mark.prove
async def test_one_kill_webhook(folder: Path, processes: list[BotProcess]) -> None:
    ward = await _siege(folder, processes, crowd=FEW, kills=1, webhook=True, seed=5, phases=(Phase.RUNNING,))
    ward.report("webhook")
    _prove(ward, 1, 0)


@pytest.mark.prove
@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_twenty_kills(folder: Path, processes: list[BotProcess], webhook: bool) -> None:
    ward = await _siege(folder, processes, crowd=CROWD, kills=20, webhook=webhook, seed=3, model=not webhook)
    ward.report("webhook" if webhook else "polling")
    _prove(ward, 20, 2)
