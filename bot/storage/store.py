"""The door to the database: ``Store.begin()`` for changing, ``Store.read()`` for looking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import memory
from bot.domain.errors import StorageFailed, StorageUnreachable
from bot.storage.audit import AuditChanges, AuditQueries
from bot.storage.broadcasts import BroadcastChanges, BroadcastQueries
from bot.storage.claims import ClaimChanges, ClaimQueries
from bot.storage.content import ContentChanges, ContentQueries
from bot.storage.deliveries import DeliveryChanges, DeliveryQueries
from bot.storage.disclosing import DisclosingQueries
from bot.storage.engine import (
    BUSY_SECONDS,
    connected,
    existing,
    failure,
    outside_transaction,
    reading_engine,
    sqlite_file,
    writing_engine,
)
from bot.storage.events import EventChanges, EventQueries
from bot.storage.gaps import GapChanges, GapQueries
from bot.storage.inbox import InboxChanges, InboxQueries
from bot.storage.recipients import RecipientChanges, RecipientQueries
from bot.storage.sending import SendingChanges, SendingQueries
from bot.storage.staff import StaffChanges, StaffQueries
from bot.storage.subscriptions import SubscriptionChanges, SubscriptionQueries
from bot.storage.tables import PERSONAL

_SENDING = sa.text(
    "SELECT 1 FROM broadcasts, leases WHERE broadcasts.state = 'sending' AND leases.holder <> '' LIMIT 1"
)
_VACUUM = sa.text("VACUUM " + ", ".join(table.name for table in PERSONAL))


class Snapshot(
    ContentQueries,
    RecipientQueries,
    DisclosingQueries,
    EventQueries,
    InboxQueries,
    BroadcastQueries,
    SendingQueries,
    ClaimQueries,
    DeliveryQueries,
    SubscriptionQueries,
    StaffQueries,
    AuditQueries,
    GapQueries,
):
    """Every query that changes nothing, at one moment of the database."""


class Transaction(
    ContentChanges,
    RecipientChanges,
    EventChanges,
    InboxChanges,
    BroadcastChanges,
    SendingChanges,
    ClaimChanges,
    DeliveryChanges,
    SubscriptionChanges,
    StaffChanges,
    AuditChanges,
    GapChanges,
    Snapshot,
):
    """Every query, in one transaction: all its changes are kept, or none."""


class Store:
    """A migrated database (see :func:`bot.storage.migrating.migrate`).

    Errors of the database come out as StorageFailed, those that may pass as StorageUnreachable. Do not
    begin a transaction inside another one of the same store: with SQLite it would wait for itself.
    """

    def __init__(self, url: str) -> None:
        parsed = existing(url)
        self._writing = writing_engine(parsed)
        self._reading = reading_engine(parsed)
        self._changed = True  # since the last scrub; a crash may have come before it
        # One writer at a time is all SQLite can do. Waiting here is fair and costs no thread.
        self._turn: asyncio.Lock | nullcontext[None] = (
            asyncio.Lock() if sqlite_file(parsed) is not None else nullcontext()
        )

    @classmethod
    async def open(cls, url: str) -> Store:
        """Connect to ``sqlite:///FILE`` or ``postgresql://…``; StorageFailed when that fails."""
        store = cls(url)
        try:
            async with store.read() as snapshot:
                await snapshot.content_version()
        except BaseException:
            await store._dispose()
            raise
        return store

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """A transaction that is committed on leaving, and rolled back on an exception."""
        with _translated():
            async with self._turn, connected(self._writing) as connection, connection.begin():
                self._changed = True
                yield Transaction(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Snapshot]:
        """A consistent picture of the database, also over several queries. It never blocks writers."""
        with _translated():
            async with connected(self._reading) as connection:
                yield Snapshot(connection)

    async def carry_back(self) -> None:
        """Bring SQLite's write-ahead log back into the file, beside writers.

        A commit does that by itself when the log has become long, and holds the write lock meanwhile, a third
        of a second on a slow disk: who writes much calls this between transactions. PostgreSQL needs none.
        """
        if self._reading.dialect.name == "sqlite":
            with _translated():
                async with connected(outside_transaction(self._reading)) as connection:
                    await connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    async def scrub(self) -> bool:
        """Make what was erased disappear from the files too; False when something kept it from that.

        SQLite overwrites erased rows with zeros (``secure_delete``), which is not all: rows that moved
        within a page while it filled leave copies in its free space, and old pages stay in the
        write-ahead log. So the file is rewritten from what is left (VACUUM, in memory), and the log cut
        to nothing. Writers wait meanwhile, some 10 ms per megabyte: call it when the bot has been idle
        for a while, and after a chat was forgotten. Closing does it too; without changes since the
        last time it does nothing, and not while a sender is at work: a file with a million deliveries
        takes a second. What the disk keeps of a cut file is beyond us.

        In PostgreSQL an erased row stays as a dead one until VACUUM, which runs here for every table
        that holds something of a person and frees the space without overwriting it; the
        server's own log keeps old pages until it is recycled or archived. Who needs more encrypts the
        server's disk and keeps its log archive short.
        """
        with _translated():
            async with self._turn:
                if not self._changed:
                    return True
                scrubbed = False
                try:
                    async with connected(outside_transaction(self._writing)) as connection:
                        if (await connection.execute(_SENDING)).first() is not None:
                            return False
                        self._changed = False  # before it begins: on PostgreSQL others write meanwhile
                        if connection.dialect.name == "sqlite":
                            scrubbed = await _rewrite(connection)
                        else:
                            await connection.execute(_VACUUM)
                            scrubbed = True
                finally:
                    self._changed = self._changed or not scrubbed
                return scrubbed

    async def close(self) -> None:
        """Scrub and disconnect."""
        await self._reading.dispose()
        try:
            await self.scrub()
        finally:
            await self._dispose()

    async def _dispose(self) -> None:
        engines: tuple[AsyncEngine, ...] = (self._reading, self._writing)
        for engine in engines:
            await engine.dispose()


async def _rewrite(connection: AsyncConnection) -> bool:
    await connection.exec_driver_sql("VACUUM")
    await asyncio.to_thread(memory.give_back)  # a copy of the whole file lay in it
    # The checkpoint stands in every writer's way, so it does not wait long for readers to end.
    await connection.exec_driver_sql("PRAGMA busy_timeout = 200")
    try:
        row = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()
    finally:
        await connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
    return bool(row[0] == 0)


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the database as one kind that all layers may know, without anybody's words."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise failure(error) from None
    except sa.exc.TimeoutError as error:
        raise StorageUnreachable("no connection has become free") from error
    except sa.exc.SQLAlchemyError as error:
        raise StorageFailed(type(error).__name__) from error
