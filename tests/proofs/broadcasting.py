"""A crowd in the sandbox, announcements to it, and the ledger held against what stands in the chats."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import asyncpg
import sqlalchemy as sa

from bot.domain.broadcast import Audience, Body, Options, State, Unknown
from bot.domain.deliveries import Delivery
from bot.domain.directory import Directory
from bot.sandbox import Sandbox
from bot.services import scheduling
from bot.services.delivering import Sender
from bot.services.pacing import Pace
from bot.storage.store import Store
from bot.storage.tables import deliveries, recipients, subscriptions
from bot.telegram.bulk import BulkLane
from bot.telegram.delivery import TelegramLane
from tests.services.sending import EVENTS, ZONE, Clock, make_ledger, running, tally, until

HOLD = Options(urgent=True)
RESEND = Options(urgent=True, unknown=Unknown.RESEND)
"""Urgent ones: the hour of the day at which the tests run does not matter."""


async def subscribe(store: Store, chats: Sequence[int], now: datetime, **columns: object) -> None:
    """Make chats subscribers of events, who read German; ``columns`` are of their recipients' rows."""
    since = now - timedelta(days=1)
    row = {"chat_type": "private", "locale": "de", "created_at": since, "seen_on": now.date(), **columns}
    wish = {"topic": "events", "area": "mv", "consent_version": 1, "consented_at": since}
    async with store.begin() as tx:
        await tx._run(recipients.insert(), [{"chat_id": chat, **row} for chat in chats])
        await tx._run(
            subscriptions.insert(), [{"chat_id": chat, "frequency": "now", **wish} for chat in chats]
        )


async def crowd(sandbox: Sandbox, store: Store, count: int, now: datetime | None = None) -> list[int]:
    """So many people who have started the bot and follow its events; their chats."""
    chats = [sandbox.person(f"Person {number}", "de", started=True).id for number in range(count)]
    await subscribe(store, chats, now or datetime.now(UTC))
    return chats


async def announce(
    store: Store, now: datetime | None = None, *, options: Options = HOLD, audience: Audience = EVENTS
) -> int:
    """An announcement that is due, with a text of its own; see :func:`received`."""
    now = now or datetime.now(UTC)
    async with store.begin() as tx:
        id = await tx.draft(None, now, name="A notice", audience=audience, options=options)
        await tx.put_body(id, Body(locale="de", html=text_of(id)))
        await tx.change(id, send_at=now)
        await tx.move(id, State.SCHEDULED)
    return id


def text_of(id: int) -> str:
    """What an announcement says; in no other's text."""
    return f"Notice number {id} of the network."


def received(sandbox: Sandbox, id: int) -> Counter[int]:
    """How many messages of an announcement stand in each chat."""
    return Counter(
        chat.id
        for chat in sandbox.world.chats.values()
        for message in chat.messages.values()
        if message.from_bot and text_of(id) in message.text
    )


@dataclass(frozen=True)
class Account:
    """An announcement by the ledger, and by the chats."""

    states: dict[int, Delivery]
    got: Counter[int]

    def count(self, state: Delivery) -> int:
        return sum(one is state for one in self.states.values())

    @property
    def doubles(self) -> int:
        """Messages beyond the first in a chat."""
        return sum(number - 1 for number in self.got.values())

    def prove(self, chats: Sequence[int], *, doubles: bool = False) -> None:
        """Everybody is in the ledger once; who is noted as having it has it once, the unknown may, no others.

        ``doubles``: unknown ones were sent again, so that some have it more than once.
        """
        assert set(self.states) == set(chats)
        for chat, state in self.states.items():
            number = self.got[chat]
            match state:
                case Delivery.SENT:
                    assert number >= 1, (chat, "noted as sent, but did not get it")
                case Delivery.UNKNOWN:
                    pass
                case _:
                    assert number == 0, (chat, state, "got it all the same")
            assert doubles or number <= 1, (chat, state, number)


async def account(store: Store, sandbox: Sandbox, id: int) -> Account:
    """The account as it is now; the ledger's own totals agree with its rows."""
    rows = sa.select(deliveries.c.chat_id, deliveries.c.state).where(deliveries.c.broadcast_id == id)
    async with store.read() as view:
        states = {row.chat_id: Delivery(row.state) for row in await view._run(rows)}
        counted = await view.tally(id)
    assert counted.total >= len(states)  # the forgotten are counted without a row
    return Account(states, received(sandbox, id))


@asynccontextmanager
async def sending(
    store: Store,
    sandbox: Sandbox,
    clock: Clock | None = None,
    *,
    rate: float = 1000.0,
    in_flight: int = 32,
    lease_seconds: float = 1.0,
    holder: str = "here",
) -> AsyncIterator[Sender]:
    """The sender of the real bot, in this process, over real HTTP; it ends in order."""
    clock = clock or Clock(datetime.now(UTC))
    lane = BulkLane(sandbox.token, sandbox.api_url, in_flight=in_flight)
    await lane.open()

    async def tick(now: datetime) -> None:
        await scheduling.tick(store, Directory(), now, ZONE)

    sender = Sender(
        make_ledger(store),
        TelegramLane(lane, username="lotse", zone=ZONE, clock=clock),
        Pace(rate),
        holder=holder,
        tick=tick,
        clock=clock,
        lease_seconds=lease_seconds,
        in_flight=in_flight,
    )
    try:
        async with running(sender):
            yield sender
    finally:
        await lane.close()


async def finished(store: Store, id: int, seconds: float = 30.0) -> None:
    """Wait until nothing of an announcement is open."""
    await until(store, id, State.SENT, State.CANCELLED, State.WITHDRAWN, seconds=seconds)
    assert (await tally(store, id)).open == 0


async def has(store: Store, id: int, enough: Callable[[dict[Delivery, int]], bool]) -> None:
    """Wait until the account looks so."""
    await until_true(lambda: _looks(store, id, enough))


async def _looks(store: Store, id: int, enough: Callable[[dict[Delivery, int]], bool]) -> bool:
    found = await tally(store, id)
    return enough({state: found[state] for state in Delivery})


async def until_true(done: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait for an asynchronous condition."""
    async with asyncio.timeout(seconds):
        while not await done():
            await asyncio.sleep(0.005)


class Outside:
    """Looks into the bot's database from outside, often: one connection that stays open.

    ``url`` as in LOTSE_DATABASE_URL. Statements carry their numbers, for both kinds alike.
    """

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._file: sqlite3.Connection | None = None
        self._server: asyncpg.Connection | None = None

    async def __aenter__(self) -> Self:
        if self._url.get_backend_name() == "sqlite":
            assert self._url.database is not None
            self._file = sqlite3.connect(self._url.database, timeout=20, isolation_level=None)
        else:
            self._server = await asyncpg.connect(self._url.render_as_string(hide_password=False))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        if self._server is not None:
            await self._server.close()

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        if self._file is not None:
            return self._file.execute(statement).fetchall()
        assert self._server is not None
        return [tuple(row) for row in await self._server.fetch(statement)]

    async def claimed(self, id: int) -> set[int]:
        """The chats that a sender has in hand."""
        number = int(Delivery.CLAIMED)
        found = await self.rows(
            f"SELECT chat_id FROM deliveries WHERE broadcast_id = {id} AND state = {number}"  # noqa: S608
        )
        return {chat for (chat,) in found}

    async def within_a_release(self) -> bool:
        """Whether somebody is within the transaction that releases something; nothing else may be written.

        A SQLite file shows only that somebody writes.
        """
        if self._file is not None:
            return await self.writing()
        found = await self.rows(
            "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' "
            "AND datname = current_database() "
            "AND (query LIKE 'UPDATE broadcasts SET state=%' OR query LIKE 'INSERT INTO audit %')"
        )
        return bool(found)

    async def writing(self) -> bool:
        """Whether somebody holds the lock of a SQLite file at this moment."""
        assert self._file is not None
        self._file.execute("PRAGMA busy_timeout = 0")
        try:
            self._file.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        else:
            self._file.execute("ROLLBACK")
            return False
        finally:
            self._file.execute("PRAGMA busy_timeout = 20000")

    async def lease(self) -> tuple[str, int]:
        """Who may send, and how often that has changed."""
        found = await self.rows("SELECT holder, epoch FROM leases WHERE name = 'sender'")
        return (found[0][0], found[0][1]) if found else ("", 0)
