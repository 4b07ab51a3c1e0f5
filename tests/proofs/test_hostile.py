"""Hostile input: no exception, everybody is answered, memory stays flat, and the next question too."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import Person
from tests.proofs.corpus import Corpus
from tests.proofs.running import BotProcess, Memory, Rows, WatchedSandbox, settled, spoken

# What a query, a message or a repetition that is none earns from Telegram; the bot lives with it.
_EXPECTED = (
    "query is too old",
    "query_id_invalid",
    "query id is invalid",
    "not modified",
    "to edit not found",
    "no text in the message to edit",  # a button under a file or a pin: the answer comes as a new message
)
_WAVE = 100
GROWTH = 5.0
"""Megabytes that the second half of the input may add to what the bot itself holds."""


def _escaped(body: Any) -> bytes:
    # As Telegram writes its answers: letters beyond ASCII as escapes, halves of pairs too.
    return json.dumps(body).encode()


async def _ask(sandbox: WatchedSandbox, person: Person) -> float:
    """Seconds until a normal question has its answer."""
    began = time.monotonic()
    await sandbox.send_text(person, person, "Beratung Asyl Güstrow")
    await sandbox.wait_for(person, lambda message: "Güstrow" in message.text, 20)
    return time.monotonic() - began


async def _held(bot: BotProcess) -> Memory:
    """The least memory of the seconds in which an idle bot tidies up.

    Every five seconds, when nobody waits, it rewrites its database, of which a copy lies in memory meanwhile,
    and gives back what it does not need: before that it holds up to 8 MB more that are free.
    """
    moments = []
    for _ in range(32):
        moments.append(bot.memory)
        await asyncio.sleep(0.25)
    return min(moments, key=lambda moment: moment.own)


async def _flood(
    folder: Path,
    processes: list[BotProcess],
    monkeypatch: pytest.MonkeyPatch,
    inputs: int,
    people: int,
    seed: int,
    model: bool,
) -> None:
    monkeypatch.setattr("bot.sandbox.server._dump", _escaped)
    chance = random.Random(seed)
    async with WatchedSandbox(seed=seed, history=60) as sandbox:
        crowd = [sandbox.person(f"P{number}", None, started=True) for number in range(people)]
        groups = [sandbox.group(f"G{number}", crowd[:5]) for number in range(3)]
        asker = sandbox.person("Asker", "de", started=True)
        bot = BotProcess(folder, sandbox, model=model)
        processes.append(bot)
        await bot.start()
        memory = [bot.memory]
        for group in groups:
            await sandbox.add_bot_to_group(group, crowd[0])
        rows = Rows(bot.database)
        corpus = Corpus(sandbox.world, crowd, groups, seed)
        ids: list[int] = []
        began = time.monotonic()
        for _ in range(2):
            since = sandbox.world.revision
            for start in range(0, inputs // 2, _WAVE):
                for number in range(start, min(start + _WAVE, inputs // 2)):
                    person = crowd[number % people]
                    update = corpus.update(person)
                    if ids and chance.random() < 0.02:
                        update["update_id"] = chance.choice(ids)
                        await sandbox.raw_update(update)
                    else:
                        ids.append(await sandbox.raw_update(update))
                await settled(sandbox, rows)
            for person in crowd:  # whoever only pressed buttons or drew a repetition writes now
                await sandbox.raw_update(corpus.words(person))
            await settled(sandbox, rows)
            silent = [person.id for person in crowd if not spoken(sandbox, person.id, since)]
            assert silent == [], f"{len(silent)} chats were not answered"
            memory.append(await _held(bot))
        seconds = time.monotonic() - began
        waited = await _ask(sandbox, asker)
        assert await bot.terminate() == 0
        print(  # noqa: T201
            f"\nhostile: {inputs} inputs from {people} chats in {seconds:.0f} s, memory "
            f"{', '.join(f'{at.own:.1f} of {at.resident:.1f}' for at in memory)} MB, "
            f"a question after {waited:.2f} s; "
            f"refused by Telegram: {dict(sandbox.errors)}"
        )
        assert bot.complaints() == []
        assert not sandbox.unknown_methods
        assert sandbox.unknown_parameters == []
        refused = Counter(
            {
                words: n
                for words, n in sandbox.errors.items()
                if not any(e in words.lower() for e in _EXPECTED)
            }
        )
        assert refused == Counter()
        assert waited <= 2.0
        assert memory[2].own <= memory[1].own + GROWTH


async def test_hostile_input(
    folder: Path, processes: list[BotProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _flood(folder, processes, monkeypatch, 300, 30, seed=1, model=False)


@pytest.mark.prove
async def test_ten_thousand_hostile_inputs(
    folder: Path, processes: list[BotProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _flood(folder, processes, monkeypatch, 10_000, 500, seed=2, model=True)
