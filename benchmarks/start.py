"""From nothing to the first answer: seconds and memory, stage by stage, each in a fresh process.

``python -m benchmarks.start [ROUNDS]``: a first start (empty database: migrating and importing) and a usual
one (the database is there); medians.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.load import median

STAGES = (
    "interpreter and imports",
    "rules, vocabularies",
    "database",
    "content and index",
    "first answer",
)

CHILD = """
import asyncio, json, os, sys, time
from bot import memory
memory.be_lean()
begun = float(sys.argv[2])
marks = []
def mark():
    with open("/proc/self/statm") as file:
        memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    marks.append((time.time() - begun, memory))
from bot import app, parts
from bot.dialog import asking
from bot.dialog.turn import ChatType, Turn
from bot.domain.locales import LOCALES
from bot.settings import load
from bot.telegram.rendering import render
from bot.translation import translator
mark()
async def main():
    settings = load(env_file=None, database_url=sys.argv[1], model=sys.argv[3])
    meaning, teaching = parts.make_meaning(settings)
    answering = await asyncio.to_thread(parts.make_answering, meaning)
    mark()
    store = await parts.open_store(settings)
    mark()
    desk = parts.make_desk(settings, store, answering, "bench_bot", teaching=teaching)
    await desk.shelf.holdings()
    mark()
    text = "Ich wohne in Güstrow und brauche Beratung zum Aufenthalt"
    turn = Turn(1, ChatType.PRIVATE, LOCALES[0], translator(LOCALES[0]), desk.clock(), desk, text=text)
    for message in (await asking.ask(turn)).messages:
        assert render(message, rtl=False)
    mark()
    await desk.shelf.close()
    if meaning is not None:
        await meaning.close()
    await store.close()
asyncio.run(main())
print(json.dumps(marks))
"""


def once(database: Path, model: str) -> list[tuple[float, float]]:
    """One start: for each stage the seconds since the process began, and its memory in MB."""
    import time

    command = [sys.executable, "-W", "ignore", "-c", CHILD, f"sqlite:///{database}", str(time.time()), model]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [(float(seconds), float(memory)) for seconds, memory in json.loads(done.stdout)]


def table(title: str, rounds: list[list[tuple[float, float]]]) -> None:
    """Print one table of medians."""
    print(f"\n{title}\n\n| stage | s | s since start | MB |\n|---|---|---|---|")
    before = 0.0
    for number, stage in enumerate(STAGES):
        seconds = median([marks[number][0] for marks in rounds])
        memory = median([marks[number][1] for marks in rounds])
        print(f"| {stage} | {seconds - before:.2f} | {seconds:.2f} | {memory:.0f} |")
        before = seconds


def main(rounds: int) -> None:
    """Measure first and usual starts in turn, without and with the language model."""
    for model, words in (("no", "without the model"), ("yes", "with the model")):
        first, usual = [], []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                database = Path(folder) / "start.sqlite"
                first.append(once(database, model))
                usual.append(once(database, model))
        table(f"First start (migrates, imports the starter content), {words}", first)
        table(f"Usual start, {words}", usual)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
