"""Backups: one format for both databases, so that a backup of the one can be restored on the other.

A gzip file of JSON lines: a header (revision of the tables, time), then for each table a line with
its columns followed by its rows as lists, then a trailer with the number of rows of each table. The
inbox is left out: it holds people's words for the moments until they are answered; so is what was
learned from content, which can be learned again. Tables are read
as they are found, not as this version expects them, so that a database can be saved before it is
migrated.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import sqlite3
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import BackupDamaged, DatabaseInUse, DatabaseNotEmpty, StorageFailed
from bot.storage import schema
from bot.storage.engine import AT_WORK, connected, existing, failure, parse, reading_engine, sqlite_file

FORMAT = "lotse-backup-1"
_LEFT_OUT = ("inbox", "learned", "alembic_version")
_ROWS = 500
_IN_USE = "Something else has this database open: stop the bot first."
_AT_WORK = sa.text(
    "SELECT 1 FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = :name AND pid <> pg_backend_pid()"
).bindparams(name=AT_WORK)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: the tables' revision, when it was made, and rows by table."""

    revision: str
    created_at: datetime
    rows: Mapping[str, int]


async def write(url: str, path: Path) -> Contents:
    """Save a database, which may be in use, as it is at this moment.

    ``path`` is replaced only when the backup is complete, and is readable by its owner alone: it
    holds chat ids. StorageFailed when the database cannot be read or has never been migrated;
    OSError when the file cannot be written.
    """
    engine = reading_engine(existing(url))
    try:
        async with connected(engine) as connection:
            return await write_from(connection, path)
    except sa.exc.DBAPIError as error:
        raise failure(error) from None
    finally:
        await engine.dispose()


async def write_from(connection: AsyncConnection, path: Path) -> Contents:
    """Save what a transaction sees; see :func:`write`."""
    revision = await connection.run_sync(schema.current_revision)
    if revision is None:
        raise StorageFailed("there is nothing to save: the database has never been migrated")
    created_at = datetime.now(UTC)
    counts: dict[str, int] = {}
    async with _complete_file(path) as file:
        await _put(file, [{"format": FORMAT, "revision": revision, "created_at": created_at.isoformat()}])
        for table in await connection.run_sync(_tables):
            if table.name in _LEFT_OUT:
                continue
            await _put(file, [{"table": table.name, "columns": [column.name for column in table.columns]}])
            counts[table.name] = 0
            rows = await connection.stream(sa.select(table).order_by(*table.primary_key))
            async for some in rows.partitions(_ROWS):
                await _put(file, [[_to_json(value) for value in row] for row in some])
                counts[table.name] += len(some)
        await _put(file, [{"rows": counts}])
    return Contents(revision, created_at, counts)


async def restore(url: str, path: Path, *, replace: bool = False) -> Contents:
    """Fill a database from a backup and bring it to the newest revision: all of it, or nothing.

    DatabaseNotEmpty when something is stored there, unless ``replace`` says that it may go (the
    inbox with it). BackupDamaged when the file is not whole; DatabaseTooNew when a newer version of
    Lotse made it, or the database. Stop the bot before: where it (or, with SQLite, anybody) has the
    database open, nothing is replaced, and that is DatabaseInUse.
    """
    contents = await asyncio.to_thread(_verify, path)
    schema.ensure_known(contents.revision)
    target = sqlite_file(parse(url)) if replace else None
    if target is not None and target.is_file() and await asyncio.to_thread(_open_elsewhere, target):
        raise DatabaseInUse(_IN_USE)
    async with schema.changing_tables(url) as connection:
        if replace and connection.dialect.name != "sqlite" and (await connection.execute(_AT_WORK)).first():
            raise DatabaseInUse(_IN_USE)
        current = await connection.run_sync(schema.current_revision)
        if current is not None:
            schema.ensure_known(current)
            if not replace and await _has_rows(connection):
                raise DatabaseNotEmpty("The database is not empty; add --replace if its content may be lost.")
            await connection.run_sync(schema.downgrade, "base")
        await connection.run_sync(schema.upgrade, contents.revision)
        tables = {table.name: table for table in await connection.run_sync(_tables)}
        with gzip.open(path, "rt", encoding="utf-8") as file:
            batches = _batches(file)
            while batch := await asyncio.to_thread(next, batches, None):
                name, columns, rows = batch
                await _insert(connection, tables.get(name), columns, rows)
        await _continue_numbering(connection, tables.values())
        await connection.run_sync(schema.upgrade, "head")
    return contents


def _open_elsewhere(file: Path) -> bool:
    """Whether another connection has a SQLite file open: only who is alone may end its write-ahead log.

    Opening it the next time begins a new one.
    """
    with closing(sqlite3.connect(file, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:
            return False  # it is no database, which is told when it is opened
    return False


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """The database's tables as they are, those that others refer to first."""
    found = sa.MetaData()
    found.reflect(connection)
    return found.sorted_tables


async def _has_rows(connection: AsyncConnection) -> bool:
    for table in await connection.run_sync(_tables):
        if table.name == "alembic_version":
            continue
        if (await connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1))).first():
            return True
    return False


async def _insert(
    connection: AsyncConnection, table: sa.Table | None, columns: Sequence[str], rows: Sequence[Any]
) -> None:
    if table is None or not set(columns) <= {column.name for column in table.columns}:
        raise BackupDamaged("The backup has tables that its revision does not know.")
    types = [table.c[name].type for name in columns]
    naive = connection.dialect.name == "sqlite"
    try:
        values = [
            {
                name: _from_json(value, type_, naive=naive)
                for name, type_, value in zip(columns, types, row, strict=True)
            }
            for row in rows
        ]
    except (TypeError, ValueError) as error:
        raise BackupDamaged(f"The backup has a row of {table.name} that cannot be read.") from error
    if values:
        await connection.execute(sa.insert(table), values)


async def _continue_numbering(connection: AsyncConnection, tables: Iterable[sa.Table]) -> None:
    """PostgreSQL's counters do not notice rows that bring their own number."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        key = list(table.primary_key)
        if len(key) == 1 and key[0].server_default is not None:
            highest = sa.select(sa.func.max(key[0]) + 1).scalar_subquery()
            counter = sa.func.pg_get_serial_sequence(table.name, key[0].name)
            await connection.execute(sa.select(sa.func.setval(counter, sa.func.coalesce(highest, 1), False)))


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def _from_json(value: Any, type_: sa.types.TypeEngine[Any], *, naive: bool) -> Any:
    if value is None:
        return None
    if isinstance(type_, sa.DateTime):
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=None) if naive else moment
    if isinstance(type_, sa.Date):
        return date.fromisoformat(value)
    if isinstance(type_, sa.LargeBinary):
        return base64.b64decode(value, validate=True)
    return value


@asynccontextmanager
async def _complete_file(path: Path) -> AsyncIterator[gzip.GzipFile]:
    """A gzip file that takes its name only when it is whole and on the disk."""
    part = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb") as file:
                yield file
            raw.flush()
            await asyncio.to_thread(os.fsync, raw.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


async def _put(file: gzip.GzipFile, lines: Sequence[Any]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    await asyncio.to_thread(file.write, text.encode())


def _batches(file: IO[str]) -> Iterator[tuple[str, list[str], list[Any]]]:
    """The rows in portions, each with its table and columns; the trailer is left out."""
    name, columns, rows = "", list[str](), list[Any]()
    for line in islice(file, 1, None):
        value = json.loads(line)
        if isinstance(value, list):
            rows.append(value)
            if len(rows) < _ROWS:
                continue
        if rows:
            yield name, columns, rows
            rows = []
        if isinstance(value, dict) and "table" in value:
            name, columns = value["table"], value["columns"]


def _verify(path: Path) -> Contents:
    """Read the whole file once; BackupDamaged when anything is missing or cannot be read."""
    counts: dict[str, int] = {}
    name, promised = "", None
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            header = json.loads(file.readline())
            if header["format"] != FORMAT:
                raise BackupDamaged(f"{path.name} is in a format that this version does not read.")
            for line in file:
                value = json.loads(line)
                if isinstance(value, list):
                    counts[name] += 1
                elif "table" in value:
                    name = value["table"]
                    counts[name] = 0
                else:
                    promised = value["rows"]
        contents = Contents(header["revision"], datetime.fromisoformat(header["created_at"]), counts)
    except OSError as error:  # gzip's complaints among them
        raise BackupDamaged(f"{path.name} cannot be read: {error.strerror or error}") from error
    except (EOFError, zlib.error, ValueError, LookupError, TypeError) as error:
        raise BackupDamaged(f"{path.name} is not a backup of Lotse, or it is cut short.") from error
    if promised != counts:
        raise BackupDamaged(f"{path.name} is cut short: its rows are not all there.")
    return contents
