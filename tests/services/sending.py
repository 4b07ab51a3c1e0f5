"""A network of subscribers, and a lane that remembers what it was given, for tests of the sender."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.content.gazetteer import load_gazetteer
from bot.domain.broadcast import USUAL, Audience, Body, Broadcast, Options, State
from bot.domain.deliveries import Tally
from bot.domain.news import Topic
from bot.domain.outcomes import Outcome, Status
from bot.services.delivering import Sender
from bot.services.jobs import Job
from bot.services.ledger import Ledger
from bot.services.pacing import Pace
from bot.storage.store import Store
from bot.storage.tables import recipients, subscriptions

ZONE = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
"""A Monday, twelve o'clock in the towns."""
PATIENCE = 60.0
"""Seconds until something is called lost; a busy machine is no reason to fail."""
EVENTS = Audience(topics=frozenset({Topic.EVENTS}))


class Clock:
    """A clock that a test sets, and that goes on from there."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    @property
    def now(self) -> datetime:
        return self._set + timedelta(seconds=time.monotonic() - self._at)

    @now.setter
    def now(self, moment: datetime) -> None:
        self._set, self._at = moment, time.monotonic()


@contextmanager
def reads(store: Store) -> Iterator[list[str]]:
    """The statements that are run meanwhile outside of transactions that write."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    engine = store._reading.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


@contextmanager
def fails_once(store: Store, beginning: str) -> Iterator[None]:
    """The next statement that begins so and writes finds no database any more."""
    left = [beginning]

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if left and statement.startswith(left[0]):
            raise sa.exc.OperationalError(left.pop(), {}, OSError("the database is gone"))

    engine = store._writing.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


class Lane:
    """Delivers to nobody, remembers everything, and fails as told."""

    def __init__(self) -> None:
        self.got: Counter[tuple[int, int]] = Counter()
        """How often a chat got a broadcast."""
        self.jobs: list[Job] = []
        self.changed: list[tuple[int, int, tuple[str, ...]]] = []
        self.withdrawn: list[tuple[int, bool]] = []
        self.as_digests: set[int] = set()
        """Chats whose message was changed as a digest."""
        self.captions: set[int] = set()
        """Chats whose message was taken back as what stands under a photo."""
        self.outcome: Callable[[Job], Outcome | None] = lambda _: None
        self.edit_outcome: Callable[[int], Outcome | None] = lambda _: None
        self.delay = 0.0
        self.gate = asyncio.Event()
        """Closed, it keeps on their way what has been begun."""
        self.gate.set()
        self.under_way = 0

    async def deliver(self, job: Job) -> Outcome:
        self.under_way += 1
        try:
            await asyncio.sleep(self.delay)
            await self.gate.wait()
            said = self.outcome(job)
            if said is None or said.status in (Status.SENT, Status.UNKNOWN):
                self.jobs.append(job)
                self.got.update((broadcast.id, job.chat_id) for broadcast, _ in job.notices)
            return said or Outcome(Status.SENT, message_id=len(self.jobs))
        finally:
            self.under_way -= 1

    async def change(
        self,
        chat_id: int,
        message_id: int,
        locale: str,
        notices: Sequence[tuple[Broadcast, Body]],
        *,
        digest: bool,
    ) -> Outcome:
        await asyncio.sleep(0)
        if digest:
            self.as_digests.add(chat_id)
        self.changed.append((chat_id, message_id, tuple(body.html for _, body in notices)))
        return self.edit_outcome(chat_id) or Outcome(Status.SENT)

    async def withdraw(
        self, chat_id: int, message_id: int, locale: str, *, media: bool, old: bool
    ) -> Outcome:
        await asyncio.sleep(0)
        if media:
            self.captions.add(chat_id)
        self.withdrawn.append((chat_id, old))
        return self.edit_outcome(chat_id) or Outcome(Status.SENT)

    @property
    def chats(self) -> list[int]:
        """Who got something, in order."""
        return [job.chat_id for job in self.jobs]


async def people(
    store: Store,
    chats: Sequence[int],
    *,
    locales: Sequence[str] = ("de", "ar", "uk"),
    topic: Topic = Topic.EVENTS,
    area: str = "mv",
    frequency: str = "now",
    kind: str = "private",
    **columns: object,
) -> None:
    """Subscribers, their languages in turn; ``columns`` are of their recipients' rows."""
    long_ago = NOON - timedelta(days=30)
    rows = [
        {
            "chat_id": chat,
            "chat_type": kind,
            "locale": locales[n % len(locales)],
            "created_at": long_ago,
            "seen_on": long_ago.date(),
        }
        for n, chat in enumerate(chats)
    ]
    wishes = [
        {
            "chat_id": chat,
            "topic": topic.value,
            "area": area,
            "frequency": frequency,
            "consent_version": 1,
            "consented_at": long_ago,
        }
        for chat in chats
    ]
    async with store.begin() as tx:
        await tx._run(recipients.insert(), rows)
        await tx._run(subscriptions.insert(), wishes)
        for name, value in columns.items():
            await tx._run(recipients.update().where(recipients.c.chat_id.in_(chats)).values({name: value}))


async def scheduled(
    store: Store,
    *,
    audience: Audience = EVENTS,
    options: Options = USUAL,
    locales: Sequence[str] = ("de", "ar", "uk"),
    at: datetime = NOON,
) -> int:
    """A broadcast that is due."""
    async with store.begin() as tx:
        id = await tx.draft(None, at, name="An example", audience=audience, options=options)
        for code in locales:
            await tx.put_body(id, Body(locale=code, html=f"<b>Example</b> {code}"))
        await tx.change(id, send_at=at)
        await tx.move(id, State.SCHEDULED)
    return id


def make_ledger(
    store: Store, *, daily_cap: int = 3, blocks_share: int = 40, two_person_from: int = 500
) -> Ledger:
    return Ledger(
        store,
        load_gazetteer(),
        ZONE,
        daily_cap=daily_cap,
        blocks_share=blocks_share,
        two_person_from=two_person_from,
    )


def make_sender(
    store: Store,
    lane: Lane,
    clock: Clock,
    *,
    ledger: Ledger | None = None,
    holder: str = "test",
    rate: float = 100_000,
    lease_seconds: float = 6.0,
    in_flight: int = 16,
) -> Sender:
    async def nothing(_: datetime) -> None:
        return None

    return Sender(
        ledger or make_ledger(store),
        lane,
        Pace(rate),
        holder=holder,
        tick=nothing,
        clock=clock,
        lease_seconds=lease_seconds,
        in_flight=in_flight,
    )


def wake(sender: Sender) -> None:
    """Let it look at the database now."""
    sender._refreshed = -math.inf
    sender._stirred.set()


@asynccontextmanager
async def running(sender: Sender) -> AsyncIterator[Sender]:
    """The sender at work; it ends in order."""
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        sender.stop()
        await asyncio.wait_for(task, 30)


async def tally(store: Store, id: int) -> Tally:
    async with store.read() as view:
        return await view.tally(id)


async def state(store: Store, id: int) -> State | None:
    async with store.read() as view:
        found = await view.broadcast(id)
    return None if found is None else found.state


async def until(store: Store, id: int, *wanted: State, seconds: float = PATIENCE) -> None:
    """Wait until a broadcast is in one of the states."""
    async with asyncio.timeout(seconds):
        while await state(store, id) not in wanted:
            await asyncio.sleep(0.02)
