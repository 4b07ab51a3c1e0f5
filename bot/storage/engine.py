"""Engines for SQLite and PostgreSQL, set up so that the rest of the storage need not know which."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.domain.errors import StorageFailed, StorageUnreachable
from bot.storage import sqlite

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_BEGIN = "begin_with"
_PASSING_STATES = ("08", "25P03", "40", "53", "55P03", "57P", "58")
"""SQLSTATEs of a server that stops, starts, has cut the line, or lacks something; of locks that stand
crosswise or are not to be had: nothing is wrong with what was asked."""
_WRONG_VALUE = "22"
_PASSING_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""SQLite's, for the like: everything else that it refuses it will refuse again."""
_PRIMARY = 0xFF
"""What of an extended code of SQLite is the code itself."""
AT_WORK = "lotse"
"""What the connections that read and write are called on a PostgreSQL server."""
BUSY_SECONDS = 30.0
"""How long a SQLite connection waits for another process that holds the lock."""
_READER_CACHE = 256
"""Kilobytes that each of the SQLite connections that read keeps; the system keeps the file as well."""
STALLED_SECONDS = 8
"""How long PostgreSQL waits for the next statement of a transaction before it ends it."""


def parse(url: str) -> sa.URL:
    """A database address with its async driver: ``sqlite:///lotse.db`` or ``postgresql://…``.

    ValueError says what is wrong with it, without repeating a password.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # a port that is no number is a ValueError
        raise ValueError("The database address is not one; use sqlite:///FILE or postgresql://…") from None
    kind = parsed.drivername.partition("+")[0]
    if kind not in _DRIVERS:
        raise ValueError(f"Databases of the kind {kind!r} are not supported; use sqlite or postgresql.")
    if kind == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("SQLite needs a file: sqlite:///lotse.db")
    return parsed.set(drivername=_DRIVERS[kind])


def sqlite_file(url: sa.URL) -> Path | None:
    """The database file, or None for PostgreSQL."""
    if url.get_backend_name() != "sqlite" or url.database is None:
        return None
    return Path(url.database)


def existing(url: str) -> sa.URL:
    """As :func:`parse`, for a database that must be there; SQLite would make an empty one of any name.

    StorageFailed when the file is not there; a server is not asked yet.
    """
    parsed = parse(url)
    file = sqlite_file(parsed)
    if file is not None and not file.is_file():
        raise StorageFailed(f"there is no database file {file}")
    return parsed


def _server(url: sa.URL) -> AsyncEngine:
    """PostgreSQL's connections, by whose name a restore sees that somebody works with the database."""
    named = {"server_settings": {"application_name": AT_WORK}}
    return create_async_engine(url, pool_size=8, max_overflow=0, hide_parameters=True, connect_args=named)


def writing_engine(url: sa.URL) -> AsyncEngine:
    """For write transactions. SQLite gets one connection that takes the write lock when it begins.

    Taking the lock first means that writers queue; a transaction that began by reading could only
    fail when it wants to write.
    """
    if sqlite_file(url) is not None:
        return _sqlite(url, begin="BEGIN IMMEDIATE", pool_size=1)
    engine = _server(url)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        # Who stands still in a transaction, or whose machine is gone, must not keep others waiting.
        statement = f"SET idle_in_transaction_session_timeout = '{STALLED_SECONDS}s'"
        connection.run_async(lambda driver: driver.execute(statement))

    return engine


def reading_engine(url: sa.URL) -> AsyncEngine:
    """For read transactions, which see one moment of the database throughout.

    Its pool is its own: readers that wait for a writer must not hold the writer's connection.
    """
    if sqlite_file(url) is not None:
        return _sqlite(
            url, begin="BEGIN", pool_size=4, pragmas=("query_only = ON", f"cache_size = -{_READER_CACHE}")
        )
    engine = _server(url)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def migrating_engine(url: sa.URL) -> AsyncEngine:
    """For changing the tables themselves.

    SQLite changes a table by copying it and dropping the old one; with foreign keys on, the drop
    would cascade into other tables. They are off here and checked before the commit instead.
    """
    if sqlite_file(url) is not None:
        return _sqlite(url, begin="BEGIN IMMEDIATE", pool_size=1, pragmas=("foreign_keys = OFF",))
    return create_async_engine(url, pool_size=1, max_overflow=0, hide_parameters=True)


def outside_transaction(engine: AsyncEngine) -> AsyncEngine:
    """The same connections without a transaction, for VACUUM and checkpoints."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_BEGIN: ""})
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection, given back whatever happens; StorageUnreachable when there is none to be had."""
    try:
        connection = await engine.connect()
    except OSError as error:  # asyncpg's, when nobody listens at the address
        raise StorageUnreachable(f"cannot connect: {error.strerror or type(error).__name__}") from error
    try:
        yield connection
    finally:
        await asyncio.shield(connection.close())


def failure(error: sa.exc.DBAPIError) -> StorageFailed:
    """An error of the driver as one that all layers may know and log.

    StorageUnreachable only for what may pass by itself: who waits for the rest would wait for ever.

    The drivers quote values only where a value itself is wrong; that message may be somebody's words
    and is left out. The rest names tables, constraints, or says "database is locked".
    """
    quotes = isinstance(error, sa.exc.DataError) or _state(error).startswith(_WRONG_VALUE)
    words = "" if quotes else str(next(iter(getattr(error.orig, "args", ())), ""))
    kind = StorageUnreachable if _passes(error) else StorageFailed
    return kind(f"{type(error).__name__}: {words.partition(chr(10))[0]}")


def _passes(error: sa.exc.DBAPIError) -> bool:
    """Whether the same may work in a moment."""
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0)  # what Python itself refuses has none
        return code & _PRIMARY in _PASSING_CODES
    state = _state(error)
    return state.startswith(_PASSING_STATES) if state else error.connection_invalidated


def _state(error: sa.exc.DBAPIError) -> str:
    """PostgreSQL's SQLSTATE; nothing where it did not say one."""
    return getattr(error.orig, "sqlstate", None) or ""


def _sqlite(url: sa.URL, *, begin: str, pool_size: int, pragmas: tuple[str, ...] = ()) -> AsyncEngine:
    # isolation_level=None keeps Python's sqlite3 from beginning transactions by its own rules.
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        execution_options={_BEGIN: begin},
    )

    sa.event.listen(engine.sync_engine, "do_connect", sqlite.connect)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in (
            "foreign_keys = ON",
            "synchronous = FULL",  # a committed update survives a power cut
            "secure_delete = ON",  # what is erased is overwritten with zeros
            "temp_store = MEMORY",  # and leaves no copy in a temporary file
            *pragmas,
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        statement = connection.get_execution_options()[_BEGIN]
        if not statement:
            return
        try:
            # Straight to the driver: a cursor made and closed costs two more turns of its thread.
            connection.connection.run_async(lambda driver: driver.execute(statement))
        except sqlite3.Error as error:
            raise sa.exc.OperationalError(statement, None, error) from error

    return engine
