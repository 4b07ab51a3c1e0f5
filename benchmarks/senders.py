"""The senders under test, each a process of its own: ``python -m benchmarks.senders ARM API_PORT OPTIONS``.

``ours``: the bot's own store, ledger, sender and lane. ``naive``: what one writes first — the library's
default transport, a task for each recipient, 64 at a time, and a commit for each row. Both keep to the
same tables with the same durability (SQLite, synchronous FULL). OPTIONS is JSON; so is what is printed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import ApplicationBuilder

from benchmarks.load import TOKEN
from benchmarks.network import HTML, announce, people, subscribe
from bot.content.gazetteer import load_gazetteer
from bot.domain.broadcast import Broadcast, State
from bot.domain.deliveries import Delivery
from bot.domain.outcomes import Outcome
from bot.services.delivering import Sender
from bot.services.jobs import Job
from bot.services.ledger import Ledger
from bot.services.pacing import Pace
from bot.settings import load
from bot.storage.migrating import migrate
from bot.storage.store import Store
from bot.storage.tables import deliveries
from bot.telegram.bulk import BulkLane
from bot.telegram.delivery import TelegramLane
from bot.translation.forms import warm

ZONE = ZoneInfo("Europe/Berlin")
_USUAL = load(env_file=None)
LIMITS = {
    "daily_cap": _USUAL.daily_cap,
    "blocks_share": _USUAL.blocks_share,
    "two_person_from": _USUAL.two_person_from,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What a sender is to do. ``rate``: messages a second (0: as fast as it can)."""

    count: int
    in_flight: int
    rate: float = 0.0
    loop: str = "asyncio"


@dataclass(frozen=True, slots=True)
class Done:
    """What it did: seconds, and CPU seconds of the whole process."""

    count: int
    seconds: float
    cpu: float


def now() -> datetime:
    """The usual clock."""
    return datetime.now(UTC)


class CountingLane(TelegramLane):
    """The bot's lane, which notes its first message and says when it has sent so many."""

    def __init__(self, bulk: BulkLane) -> None:
        super().__init__(bulk, username="lotse", zone=ZONE, clock=now)
        self.first = 0.0
        """When the first message went out, on the performance counter."""
        self.count = 0
        """How many it has delivered."""
        self._left = 0
        self._there = asyncio.Event()

    async def deliver(self, job: Job) -> Outcome:
        """As the bot."""
        self.first = self.first or time.perf_counter()
        outcome = await super().deliver(job)
        self.count += 1
        self._left -= 1
        if self._left == 0:
            self._there.set()
        return outcome

    async def sent(self, count: int) -> None:
        """Wait for so many messages more. Looking at the database instead would be measured too."""
        self._left = count
        self._there.clear()
        await self._there.wait()


def make_sender(ledger: Ledger, lane: TelegramLane, rate: float, in_flight: int) -> Sender:
    """The bot's sender, put together as :mod:`bot.app` does."""

    async def nothing(_: datetime) -> None:
        return None

    return Sender(
        ledger,
        lane,
        Pace(rate or 1e6),
        holder="benchmark",
        tick=nothing,
        lease_seconds=_USUAL.lease_seconds,
        in_flight=in_flight,
        clock=now,
    )


async def ours(api: str, order: Order, folder: str) -> Done:
    """From the moment at which the announcement is due to the one at which the last result is stored.

    Where a rate is set, from the first quarter on: what only the first messages cost is not the rate's.
    """
    store = await _store(folder, order.count)
    id = await announce(store)
    warm()  # as the running bot has long done
    bulk = BulkLane(TOKEN, api, in_flight=order.in_flight)
    await bulk.open()
    lane = CountingLane(bulk)
    sender = make_sender(Ledger(store, load_gazetteer(), ZONE, **LIMITS), lane, order.rate, order.in_flight)
    began, cpu = now(), time.process_time()
    task = asyncio.create_task(sender.run())
    try:
        if order.rate:
            await lane.sent(order.count // 4)
            began, cpu = now(), time.process_time()
        await lane.sent(order.count - lane.count)
        while (found := await _broadcast(store, id)).state is not State.SENT:
            await asyncio.sleep(0.05)
        cpu = time.process_time() - cpu
        assert found.finished_at is not None
        assert await _sent(store, id) == order.count
        part = order.count * 3 // 4 if order.rate else order.count
        done = Done(part, (found.finished_at - began).total_seconds(), cpu)
    finally:
        sender.stop()
        await task
        await bulk.close()
        await store.close()
    return done


async def naive(api: str, order: Order, folder: str) -> Done:
    """From the first request to the last commit; the rows are there, the connections are open."""
    store = await _store(folder, order.count)
    id = await announce(store)
    rows = {"broadcast_id": id, "at": 0, "state": int(Delivery.PENDING), "locale": "de"}
    async with store.begin() as tx:
        await tx._run(deliveries.insert(), [{**rows, "chat_id": n} for n in range(1, order.count + 1)])
    bot = ApplicationBuilder().token(TOKEN).base_url(f"{api}/bot").pool_timeout(600).build().bot
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/bench.sqlite")

    @sa.event.listens_for(engine.sync_engine, "connect")
    def _durable(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = FULL")

    update = (
        sa.update(deliveries)
        .where(deliveries.c.broadcast_id == id, deliveries.c.chat_id == sa.bindparam("chat"))
        .values(state=int(Delivery.SENT), message_id=sa.bindparam("message"), at=sa.bindparam("when"))
    )
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Stop such news", callback_data="stop")]])
    room = asyncio.Semaphore(order.in_flight)

    async def one(chat: int) -> None:
        async with room:
            message = await bot.send_message(chat, HTML, parse_mode="HTML", reply_markup=keyboard)
            values = {"chat": chat, "message": message.message_id, "when": int(time.time())}
            async with engine.begin() as connection:
                await connection.execute(update, values)

    async with bot:
        await asyncio.gather(*(bot.get_me() for _ in range(order.in_flight)))
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one(chat) for chat in range(1, order.count + 1)))
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert await _sent(store, id) == order.count
    done = Done(order.count, took, cpu)
    await engine.dispose()
    await store.close()
    return done


async def _store(folder: str, count: int) -> Store:
    url = f"sqlite:///{folder}/bench.sqlite"
    await migrate(url)
    store = await Store.open(url)
    await people(store, count)
    await subscribe(store, count)
    return store


async def _broadcast(store: Store, id: int) -> Broadcast:
    async with store.read() as view:
        found = await view.broadcast(id)
    assert found is not None
    return found


async def _sent(store: Store, id: int) -> int:
    async with store.read() as view:
        return (await view.tally(id))[Delivery.SENT]


ARMS: dict[str, Callable[[str, Order, str], Coroutine[Any, Any, Done]]] = {"ours": ours, "naive": naive}


def main(arm: str, api_port: str, options: str) -> None:
    """Send, and print what it took."""
    order = Order(**json.loads(options))
    new_loop = asyncio.new_event_loop
    if order.loop == "uvloop":
        import uvloop

        new_loop = uvloop.new_event_loop
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=new_loop) as runner:
        done = runner.run(ARMS[arm](f"http://127.0.0.1:{api_port}", order, folder))
    print(json.dumps(asdict(done)))


if __name__ == "__main__":
    main(*sys.argv[1:])
