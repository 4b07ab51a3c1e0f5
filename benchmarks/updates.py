"""Updates answered per second: ours against python-telegram-bot's default transport, in one run.

``python -m benchmarks.updates [ROUNDS] [SECONDS]``: webhook in, sendMessage out, 64 in flight, a Bot API
of 50 ms; rounds interleaved, medians. The bot runs on one core, this program on the other (Linux).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import psutil

from benchmarks.load import BotApi, Crowd, Person, World, median, percentile
from bot.web.pages import WEBHOOK_PATH

ROUND_TRIP = 0.05
IN_FLIGHT = 64
QUESTION = "Ich wohne in Güstrow und brauche Beratung zum Aufenthalt"
ARMS = ("echo-default", "echo-ours", "journey-default", "journey-ours")


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement: answers per second, milliseconds, CPU in microseconds per answer, MB."""

    rate: float
    p50: float
    p99: float
    cpu: float
    memory: float
    refused: int


async def measure(arm: str, seconds: float) -> Result:
    """Start a bot, warm it up, and load it for some seconds."""
    loop = asyncio.get_running_loop()
    world = World(ROUND_TRIP)
    server = await loop.create_server(lambda: BotApi(world), "127.0.0.1", 0, backlog=1024)
    api_port = server.sockets[0].getsockname()[1]
    probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "benchmarks.bots",
            arm,
            str(port),
            str(api_port),
            folder,
        ]
        pinned = ["taskset", "-c", "0", *command] if sys.platform == "linux" else command
        process = subprocess.Popen(pinned, stdout=subprocess.PIPE, stderr=None)
        try:
            assert process.stdout is not None
            line = await asyncio.wait_for(loop.run_in_executor(None, process.stdout.readline), 60)
            if b"READY" not in line:
                raise RuntimeError(f"{arm} did not start")
            return await _load(world, arm, port, process.pid, seconds)
        finally:
            process.terminate()
            process.wait(30)
            server.close()


async def _load(world: World, arm: str, port: int, pid: int, seconds: float) -> Result:
    loop = asyncio.get_running_loop()
    crowd = Crowd(world, QUESTION, WEBHOOK_PATH)
    for _ in range(IN_FLIGHT):
        _, person = await connect(loop, crowd, port)
        crowd.free.append(person)
    world.answered = crowd.answered
    process = psutil.Process(pid)
    crowd.running = True
    for _ in range(IN_FLIGHT):
        crowd.ask()
    await asyncio.sleep(1.5)
    world.seconds.clear()
    times = process.cpu_times()
    before, begun = times.user + times.system, loop.time()
    await asyncio.sleep(seconds)
    took, found = loop.time() - begun, list(world.seconds)
    times = process.cpu_times()
    cpu = times.user + times.system - before
    memory = process.memory_info().rss / 1e6
    crowd.running = False
    await asyncio.sleep(0.5)
    count = max(1, len(found))
    return Result(
        len(found) / took,
        percentile(found, 0.5),
        percentile(found, 0.99),
        cpu / count * 1e6,
        memory,
        crowd.refused,
    )


async def connect(
    loop: asyncio.AbstractEventLoop, crowd: Crowd, port: int
) -> tuple[asyncio.BaseTransport, Person]:
    """A connection to the bot's webhook, as soon as it listens."""
    for _ in range(100):
        try:
            return await loop.create_connection(lambda: Person(crowd), "127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
    raise RuntimeError("the bot does not listen")


async def main(rounds: int, seconds: float) -> None:
    """Measure all arms in turn and print the table."""
    results: dict[str, list[Result]] = {arm: [] for arm in ARMS}
    for _ in range(rounds):
        for arm in ARMS:
            results[arm].append(await measure(arm, seconds))
    print(
        f"{IN_FLIGHT} in flight, Bot API of {ROUND_TRIP * 1000:.0f} ms, "
        f"{rounds} rounds of {seconds:g} s, medians\n"
    )
    print("| arm | answers/s | p50 ms | p99 ms | CPU µs/answer | MB | refused |")
    print("|---|---|---|---|---|---|---|")
    rates = {}
    for arm, found in results.items():
        rates[arm] = median([one.rate for one in found])
        columns = [median([getattr(one, name) for one in found]) for name in ("p50", "p99", "cpu", "memory")]
        refused = sum(one.refused for one in found)
        print(
            f"| {arm} | {rates[arm]:.0f} | "
            + " | ".join(f"{value:.0f}" for value in columns)
            + f" | {refused} |"
        )
    for kind in ("echo", "journey"):
        print(f"\n{kind}: {rates[f'{kind}-ours'] / rates[f'{kind}-default']:.1f} times the default transport")


if __name__ == "__main__":
    if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    import uvloop

    uvloop.run(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, float(sys.argv[2]) if len(sys.argv) > 2 else 4.0)
    )
