"""Bringing a database to the tables this version of Lotse works with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.storage import backup, schema
from bot.storage.engine import parse, sqlite_file


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
