"""Bringing a database to the tables this version of Lotse works with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.domain.errors import DatabaseMissing, DatabaseTooOld
from bot.storage import backup, schema
from bot.storage.engine import connected, failure, parse, reading_engine, sqlite_file

KEEP_BACKUPS = timedelta(days=14)
"""How long the copy from before a migration is kept: what was forgotten must not live on in it."""


def sweep_backups(url: str, now: datetime) -> int:
    """Delete this database's backups from before migrations that are too old; how many.

    What :func:`migrate` has not named itself stays: it is somebody's own.
    """
    file = sqlite_file(parse(url))
    if file is None:
        return 0
    ours = re.compile(re.escape(file.name) + r"\.\w+-[0-9]{8}T[0-9]{6}Z\.backup")
    old = [
        path
        for path in file.parent.glob(f"{file.name}.*.backup")
        if ours.fullmatch(path.name) and now.timestamp() - path.stat().st_mtime > KEEP_BACKUPS.total_seconds()
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


async def migrate(url: str) -> Path | None:
    """Bring the database to the newest revision, making it where there is none.

    Returns the backup that was made of an existing SQLite database before it was changed, or None.
    DatabaseTooNew when a newer version of Lotse has migrated it; StorageFailed when it cannot be
    reached or somebody else holds its lock for too long. A second process that starts meanwhile
    waits and then finds nothing to do.
    """
    async with schema.changing_tables(url) as connection:
        revision = await connection.run_sync(schema.current_revision)
        if revision == schema.head():
            return None
        schema.ensure_known(revision)
        kept = None
        file = sqlite_file(parse(url))
        if file is not None and revision is not None:
            moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            kept = file.with_name(f"{file.name}.{revision}-{moment}.backup")
            await backup.write_from(connection, kept)
        await connection.run_sync(schema.upgrade, "head")
        return kept


async def ensure_current(url: str) -> None:
    """Make sure that the database can be read as it is; nothing is made or migrated.

    DatabaseMissing where there is none, or an empty one; DatabaseTooOld or DatabaseTooNew where it has
    other tables than this version; StorageFailed when it cannot be reached.
    """
    parsed = parse(url)
    file = sqlite_file(parsed)
    if file is not None and not file.is_file():
        raise DatabaseMissing
    engine = reading_engine(parsed)
    try:
        async with connected(engine) as connection:
            revision = await connection.run_sync(schema.current_revision)
    except sa.exc.DBAPIError as error:
        raise failure(error) from None
    finally:
        await engine.dispose()
    if revision is None:
        raise DatabaseMissing
    schema.ensure_known(revision)
    if revision != schema.head():
        raise DatabaseTooOld(revision)
