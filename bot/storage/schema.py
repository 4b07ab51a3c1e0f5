"""The tables' revisions: which there are, where a database stands, going up and down.

All of it happens in one transaction that holds the write lock, so that a change that fails leaves
everything as it was (both databases take table changes back).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import DatabaseTooNew, StorageFailed
from bot.storage.engine import (
    BUSY_SECONDS,
    failure,
    migrating_engine,
    outside_transaction,
    parse,
    sqlite_file,
)

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic itself is loaded only where tables change: a usual start compares two revisions, and the
# library would cost it 12 MB and a tenth of a second.

_LOCK = 5_602_113_871  # any number, as long as every version of Lotse uses this one


@asynccontextmanager
async def changing_tables(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction that nobody else can migrate or write in, kept on leaving, undone on errors."""
    parsed = parse(url)
    engine = migrating_engine(parsed)
    try:
        file = sqlite_file(parsed)
        await _open(engine, file)
        async with engine.begin() as connection:
            if file is None:
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection
            if file is not None:
                orphan = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first()
                if orphan is not None:
                    raise StorageFailed(f"the change leaves rows without what they refer to: {orphan}")
    except sa.exc.DBAPIError as error:
        raise failure(error) from None
    finally:
        await engine.dispose()


def scripts() -> Path:
    """The folder of the migrations: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's settings, for running its commands on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision that this version knows."""
    return max(revisions())


def revisions() -> set[str]:
    """All revisions that this version knows: the numbers at the start of the migrations' file names."""
    found = {path.stem.partition("_")[0] for path in (scripts() / "versions").glob("[0-9]*.py")}
    if not found:
        raise StorageFailed(f"there are no migrations in {scripts()}")
    return found


def ensure_known(revision: str | None) -> None:
    """DatabaseTooNew for a revision that this version does not know."""
    if revision is not None and revision not in revisions():
        raise DatabaseTooNew(revision)


def current_revision(connection: sa.Connection) -> str | None:
    """The database's revision, or None where nothing has been migrated yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def upgrade(connection: sa.Connection, revision: str) -> None:
    """Go up to a revision, ``head`` for the newest."""
    from alembic import command

    command.upgrade(configuration(connection), revision)


def downgrade(connection: sa.Connection, revision: str) -> None:
    """Go down to a revision; ``base`` removes all tables with what is in them."""
    from alembic import command

    command.downgrade(configuration(connection), revision)


async def _open(engine: AsyncEngine, file: Path | None) -> None:
    """Connect; a SQLite file is made if need be, readable by its owner alone."""
    try:
        if file is not None:
            await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(file.touch, mode=0o600)
            await _use_write_ahead_log(engine)
        else:
            async with engine.connect():
                pass
    except OSError as error:
        raise StorageFailed(f"cannot open the database: {error.strerror or type(error).__name__}") from error


async def _use_write_ahead_log(engine: AsyncEngine) -> None:
    """Switch the file to write-ahead logging, which it remembers: readers and the writer run at once."""
    deadline = asyncio.get_running_loop().time() + BUSY_SECONDS
    while True:
        try:
            async with outside_transaction(engine).connect() as connection:
                await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
        except sa.exc.OperationalError as error:
            # SQLite does not wait here by itself when two processes switch a new file together.
            busy = getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not busy or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.05)
