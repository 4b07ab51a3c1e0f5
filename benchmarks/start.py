"""From nothing to the first answer: seconds and memory, stage by stage, each in a fresh process.

``python -m benchmarks.start [ROUNDS]``: a first start (empty database: migrating and importing) and a usual
one (the database is there); medians. The stages are those of the parts alone; the last table is ``lotse run``
as it is, with web server, inbox and sender, polling a Telegram that answers at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.load import median
from bot.sandbox import Sandbox

QUESTION = "Ich wohne in Güstrow und brauche Beratung zum Aufenthalt"
_CATALOGUES = 3.0
"""Seconds after which all catalogues have been read."""

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
    text = sys.argv[4]
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
    command = [sys.executable, "-W", "ignore", "-c", CHILD, f"sqlite:///{database}", str(time.time()), model]
    command.append(QUESTION)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [(float(seconds), float(memory)) for seconds, memory in json.loads(done.stdout)]


async def whole(database: Path, model: str, rounds: int) -> list[tuple[float, float, float]]:
    """``lotse run``: seconds to the first answer, memory then, and once all catalogues are read, in MB.

    The first start, which imports the content, is left out.
    """
    found = []
    async with Sandbox() as telegram:
        person = telegram.person("Ada")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = {
            "TELEGRAM_TOKEN": telegram.token,
            "TELEGRAM_API": telegram.api_url,
            "DATABASE_URL": f"sqlite:///{database}",
            "LISTEN": f"127.0.0.1:{port}",
            "MODEL": model,
        }
        environment = {**os.environ, **{f"LOTSE_{name}": value for name, value in settings.items()}}
        command = (sys.executable, "-W", "ignore", "-m", "bot", "run", "--test")
        for _ in range(rounds + 1):
            await telegram.send_text(person, person, QUESTION)
            begun = time.monotonic()
            bot = await asyncio.create_subprocess_exec(
                *command, env=environment, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                await telegram.answers(person, timeout=60)
                seconds, then = time.monotonic() - begun, _resident(bot.pid)
                await asyncio.sleep(_CATALOGUES)
                found.append((seconds, then, _resident(bot.pid)))
            finally:
                bot.terminate()
                await bot.wait()
    return found[1:]


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


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
    print(
        "\n`lotse run`\n\n| start | s | MB at the first answer | MB with all catalogues |\n|---|---|---|---|"
    )
    for model, words in (("no", "without the model"), ("yes", "with the model")):
        with tempfile.TemporaryDirectory() as folder:
            runs = asyncio.run(whole(Path(folder) / "start.sqlite", model, rounds))
        seconds, then, later = (median([run[at] for run in runs]) for at in range(3))
        print(f"| usual, {words} | {seconds:.2f} | {then:.0f} | {later:.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
