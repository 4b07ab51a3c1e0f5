"""What a broadcast does to people who ask meanwhile: stalls of the event loop, and how long answers take.

``python -m benchmarks.loop [RECIPIENTS] [SECONDS] [RATE]``: the whole bot with web server, inbox and sender
answers questions while a broadcast goes out; windows with and without it in turn (it is paused and
resumed), until it is done. The bot runs on one core, this program with the Bot API on the other (Linux).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field

import psutil

from benchmarks.load import SECRET, TOKEN, BotApi, Crowd, World, median, percentile
from benchmarks.network import announce, people, subscribe
from benchmarks.updates import QUESTION, ROUND_TRIP, connect
from bot import app, parts
from bot.domain.broadcast import State
from bot.domain.deliveries import Delivery
from bot.settings import load
from bot.storage.store import Store
from bot.web.pages import WEBHOOK_PATH

ASKING = 20.0
"""Questions a second, at random moments. Four milliseconds of CPU each."""
FIRST_PERSON = 10_000_000
"""People who ask are no subscribers: the bot would keep a second between messages to one chat."""


@dataclass
class Window:
    """What was seen in some seconds: milliseconds, and messages a second."""

    answers: list[float] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)


# The bot, in a process of its own ------------------------------------------------------------------


async def bot(folder: str, port: str, api_port: str, rate: str) -> None:
    """The bot as it is, and a task beside it that sleeps a millisecond and looks how late it wakes."""
    settings = load(
        env_file=None,
        telegram_token=TOKEN,
        telegram_api=f"http://127.0.0.1:{api_port}",
        database_url=f"sqlite:///{folder}/bench.sqlite",
        webhook_url="http://127.0.0.1",
        webhook_secret=SECRET,
        listen=f"127.0.0.1:{port}",
        rate=rate,
        model="no",  # with it a core answers fewer questions a second than are asked here
        paid_broadcast="yes",
    )
    late: list[float] = []
    lotse = await app.start(settings)
    watching = asyncio.create_task(_watch(late))
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: _tell(late, told))
    print("READY", flush=True)
    await told.wait()
    watching.cancel()
    await lotse.stop()


async def _watch(late: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - began - 0.001)


def _tell(late: list[float], told: asyncio.Event) -> None:
    """Print what was measured since the last line of input; end at the end of input."""
    if not sys.stdin.readline():
        asyncio.get_running_loop().remove_reader(sys.stdin)
        told.set()
        return
    print(json.dumps(late), flush=True)
    late.clear()


# The other side ------------------------------------------------------------------------------------


class Visitors:
    """People who ask at random moments, whatever becomes of the others."""

    def __init__(self, world: World) -> None:
        self.crowd = Crowd(world, QUESTION, WEBHOOK_PATH, number=FIRST_PERSON)
        self._random = random.Random(1)

    async def connect(self, port: int, connections: int = 8) -> None:
        """Open the connections they ask over: few, so that none is idle for so long that it is closed."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, person = await connect(loop, self.crowd, port)
            self.crowd.free.append(person)

    async def ask(self, seconds: float) -> None:
        """For so long."""
        loop = asyncio.get_running_loop()
        at, end = loop.time(), loop.time() + seconds
        while (at := at + self._random.expovariate(ASKING)) < end:
            await asyncio.sleep(at - loop.time())
            self.crowd.ask()
        await asyncio.sleep(end - loop.time())


class Bench:
    """The bot, its broadcast and its visitors."""

    def __init__(
        self, store: Store, world: World, process: asyncio.subprocess.Process, seconds: float
    ) -> None:
        self._store = store
        self._world = world
        self._process = process
        self._seconds = seconds
        self.visitors = Visitors(world)

    async def stalls(self) -> list[float]:
        """How late the bot's task woke since the last time this was asked, in seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        return [float(one) for one in json.loads(await self._process.stdout.readline())]

    async def window(self, window: Window, id: int) -> None:
        """Measure for some seconds."""
        await self.visitors.ask(1.0)  # let the change before it settle
        await self.stalls()
        self._world.seconds.clear()
        times = psutil.Process(self._process.pid).cpu_times
        before, sent, began = sum(times()[:2]), await self.sent(id), time.perf_counter()
        await self.visitors.ask(self._seconds)
        took = time.perf_counter() - began
        window.cpu.append((sum(times()[:2]) - before) / took)
        window.rate.append((await self.sent(id) - sent) / took)
        window.stalls += await self.stalls()
        window.answers += self._world.seconds

    async def sent(self, id: int) -> int:
        """How many have the message."""
        async with self._store.read() as view:
            return (await view.tally(id))[Delivery.SENT]

    async def move(self, id: int, to: State) -> State:
        """Pause or resume; the state that it has then."""
        async with self._store.begin() as tx:
            held = await tx.hold_broadcast(id)
            assert held is not None
            if held.state in (State.SENDING, State.PAUSED) and held.state is not to:
                await tx.move(id, to)
                return to
            return held.state


async def main(recipients: int, seconds: float, rate: int) -> None:
    """Windows in turn until everybody has the message, and a table."""
    loop = asyncio.get_running_loop()
    world = World(ROUND_TRIP)
    server = await loop.create_server(lambda: BotApi(world), "127.0.0.1", 0, backlog=1024)
    api_port = server.sockets[0].getsockname()[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    without, with_ = Window(), Window()
    with tempfile.TemporaryDirectory() as folder:
        store = await parts.open_store(load(env_file=None, database_url=f"sqlite:///{folder}/bench.sqlite"))
        await people(store, recipients)
        await subscribe(store, recipients)
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.loop", "bot", folder]
        pinned = ["taskset", "-c", "0", *command] if sys.platform == "linux" else command
        process = await asyncio.create_subprocess_exec(
            *pinned,
            *(str(port), str(api_port), str(rate)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**26,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            if b"READY" not in line:
                raise RuntimeError("the bot did not start")
            bench = Bench(store, world, process, seconds)
            await bench.visitors.connect(port)
            await bench.visitors.ask(6)  # catalogues are read meanwhile
            id = await announce(store)
            state = State.SCHEDULED
            while state is not State.SENT:
                await bench.window(with_, id)
                state = await bench.move(id, State.PAUSED)
                await bench.window(without, id)
                if state is State.PAUSED:
                    state = await bench.move(id, State.SENDING)
            assert await bench.sent(id) == recipients
            process.stdin.close()
            await asyncio.wait_for(process.wait(), 60)
        finally:
            if process.returncode is None:
                process.kill()
            server.close()
            await store._dispose()
    assert not bench.visitors.crowd.refused
    report(with_, without, rate)


def report(with_: Window, without: Window, rate: int) -> None:
    """Print the table."""
    print(f"{len(with_.rate)} windows each; {ASKING:g} questions a second; rate set to {rate}/s\n")
    print("| | answers p50 ms | p99 ms | stall p99 ms | p99.9 ms | longest ms | core | messages/s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, window in (("without", without), ("with a broadcast", with_)):
        numbers = [
            *(percentile(window.answers, share) for share in (0.5, 0.99)),
            *(percentile(window.stalls, share) for share in (0.99, 0.999, 1.0)),
        ]
        print(
            f"| {name} | "
            + " | ".join(f"{number:.1f}" for number in numbers)
            + f" | {median(window.cpu):.0%} | {median(window.rate):.0f} |"
        )
    ratio = percentile(with_.answers, 0.99) / percentile(without.answers, 0.99)
    print(f"\nAnswers' p99 with a broadcast: {ratio:.2f} times that without")


if __name__ == "__main__":
    if sys.argv[1:2] == ["bot"]:
        app.configure_logging("ERROR")
        asyncio.run(bot(*sys.argv[2:]))
    else:
        if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {1})
        import uvloop

        numbers = [int(word) for word in sys.argv[1:]]
        uvloop.run(main(*numbers, *(100_000, 10, 1000)[len(numbers) :]))
