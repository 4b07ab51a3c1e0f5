from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.domain.broadcast import Anchor, Audience, Options
from bot.domain.directory import Kind
from bot.domain.errors import DatabaseTooNew, StorageFailed
from bot.storage import backup, engine, schema
from bot.storage.migrating import migrate, sweep_backups
from bot.storage.rows import StoredRecord
from bot.storage.store import Store
from bot.storage.tables import audit, broadcasts, metadata, recipients, saved_events
from tests.conftest import Databases

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory.from_config(schema.configuration()).walk_revisions()))
]


def test_old_copies_of_ours_go_and_what_somebody_made_stays(tmp_path: Path) -> None:
    database = tmp_path / "lotse.sqlite"
    ours, own = (
        database.with_name(f"lotse.sqlite.{name}.backup")
        for name in (f"{REVISIONS[-1]}-20260101T120000Z", "before-the-move")
    )
    for file in (ours, own):
        file.touch()
        os.utime(file, (0, 0))
    assert sweep_backups(f"sqlite:///{database}", NOW) == 1
    assert not ours.exists()
    assert own.exists()


async def revision(url: str) -> str | None:
    async with schema.changing_tables(url) as connection:
        return await connection.run_sync(schema.current_revision)


async def set_revision(url: str, name: str) -> None:
    async with schema.changing_tables(url) as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": name})


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


async def test_tables_and_migrations_agree(database_url: str) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with schema.changing_tables(database_url) as connection:
        assert await connection.run_sync(differences) == []


async def test_names_of_constraints_and_indexes_agree(database_url: str) -> None:
    """Comparing by Alembic passes over names of keys, which later migrations rely on."""

    def names(connection: sa.Connection) -> set[str]:
        found = sa.MetaData()
        found.reflect(connection)
        tables = found.tables.values()
        constraints = {str(item.name) for table in tables for item in table.constraints}
        return constraints | {str(item.name) for table in tables for item in table.indexes}

    async with schema.changing_tables(database_url) as connection:
        migrated = await connection.run_sync(names)
        await connection.run_sync(schema.downgrade, "base")
        await connection.run_sync(metadata.create_all)
        assert await connection.run_sync(names) == migrated


async def test_every_migration_goes_up_and_down(databases: Databases) -> None:
    url = await databases.empty()
    async with schema.changing_tables(url) as connection:
        for name in REVISIONS:
            await connection.run_sync(schema.upgrade, name)
            assert await connection.run_sync(schema.current_revision) == name
            await connection.run_sync(schema.downgrade, "-1")
            await connection.run_sync(schema.upgrade, name)
        for _ in REVISIONS:
            await connection.run_sync(schema.downgrade, "-1")
        assert await connection.run_sync(schema.current_revision) is None
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        assert names == ["alembic_version"]
    assert await migrate(url) is None
    assert await revision(url) == schema.head()


async def test_the_hour_of_a_first_message_is_dropped(databases: Databases) -> None:
    url = await databases.empty()
    row = {"chat_id": 7, "chat_type": "private", "locale": "de", "created_at": NOW, "seen_on": NOW.date()}
    async with schema.changing_tables(url) as connection:
        await connection.run_sync(schema.upgrade, "0005")
        await connection.execute(sa.insert(recipients), row)
        await connection.run_sync(schema.upgrade, "head")
        kept = (await connection.execute(sa.select(recipients.c.created_at))).scalar_one()
    assert kept == datetime(2026, 3, 1, tzinfo=UTC)


async def test_before_its_date_was_kept_a_broadcast_is_read_without(databases: Databases) -> None:
    url = await databases.migrated()
    store = await Store.open(url)
    async with store.begin() as tx:
        id = await tx.draft(None, NOW, options=Options(urgent=True, card_at=7))
    async with schema.changing_tables(url) as connection:
        await connection.run_sync(schema.downgrade, "0007")
        left = (await connection.execute(sa.select(broadcasts.c.options))).scalar_one()
        await connection.run_sync(schema.upgrade, "head")
    assert "card_at" not in json.loads(left)
    async with store.read() as view:
        found = await view.broadcast(id)
    await store.close()
    assert found is not None
    assert found.options == Options(urgent=True)


async def test_what_was_on_a_screen_before_stays_what_was_looked_at(databases: Databases) -> None:
    """The revision of a draft is that of the log, to which the buttons in the chats refer."""
    url = await databases.migrated()
    store = await Store.open(url)
    async with store.begin() as tx:
        first, second, third = [await tx.draft(None, NOW) for _ in range(3)]
        for act, id in (("draft", first), ("draft", second), ("submit", first), ("release", first)):
            await tx.audit(NOW, None, act, {"broadcast": id, "locale": "de"}, b"key")
        await tx.audit(NOW, None, "draft", {"broadcast": third}, b"key")
        await tx._run(audit.update().where(audit.c.seq == 5).values(detail="{broken"))
    async with schema.changing_tables(url) as connection:
        await connection.run_sync(schema.downgrade, "0008")
        await connection.run_sync(schema.upgrade, "head")
    async with store.read() as view:
        found = [await view.broadcast(id) for id in (first, second, third)]
    await store.close()
    assert [one and one.revision for one in found] == [3, 2, 0]


async def test_what_was_imported_before_counts_as_the_programs_and_as_an_own_file(
    databases: Databases,
) -> None:
    url = await databases.migrated()
    store = await Store.open(url)
    async with store.begin() as tx:
        await tx.put_record(Kind.OFFER, "a", {"id": "a", "n": 1}, {"id": "a"}, {"id": "b"})
        await tx.put_record(Kind.OFFER, "own", {"id": "own"}, None)
    async with schema.changing_tables(url) as connection:
        await connection.run_sync(schema.downgrade, "0010")
        await connection.run_sync(schema.upgrade, "head")
    async with store.read() as view:
        stored = await view.record_bodies()
    await store.close()
    assert stored[Kind.OFFER, "a"] == StoredRecord({"id": "a", "n": 1}, {"id": "a"}, {"id": "a"})
    assert stored[Kind.OFFER, "own"] == StoredRecord({"id": "own"}, None, None)


def test_what_is_stored_of_a_broadcast_belongs_to_a_revision() -> None:
    """A field more (or another one) is a migration more, if only an empty one.

    A program that does not know the field then refuses the database at its start; else it would fail with
    every broadcast, or send what it does not understand.
    """
    assert {one.__name__: {field.name for field in fields(one)} for one in (Options, Audience, Anchor)} == {
        "Options": {
            *("urgent", "unknown", "missing", "cap", "first", "window", "skip_holidays", "move_holidays"),
            "card_at",  # 0008
        },
        "Audience": {"topics", "areas", "locales", "groups", "event", "date", "not_within"},
        "Anchor": {
            *("record", "days", "hour", "at"),
            "minute",  # 0009
        },
    }


async def test_migrating_again_changes_nothing(databases: Databases) -> None:
    url = await databases.empty()
    assert await migrate(url) is None
    assert await migrate(url) is None
    store = await Store.open(url)
    await store.close()


@pytest.mark.parametrize("rounds", [1, pytest.param(4, marks=pytest.mark.prove)])
async def test_two_processes_that_start_together(databases: Databases, tmp_path: Path, rounds: int) -> None:
    for number in range(rounds):
        url = f"sqlite:///{tmp_path}/new/{number}.db"
        if databases.kind == "postgresql":
            url = await databases.empty()
        code = "import asyncio, sys, bot.storage.migrating as m; asyncio.run(m.migrate(sys.argv[1]))"
        others = [subprocess.Popen([sys.executable, "-W", "error", "-c", code, url]) for _ in range(2)]
        assert [await asyncio.to_thread(other.wait) for other in others] == [0, 0]
        assert await revision(url) == schema.head()


async def test_a_new_file_that_somebody_holds_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(tmp_path / "lotse.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    migration = asyncio.create_task(migrate(f"sqlite:///{tmp_path}/lotse.db"))
    await asyncio.sleep(0.4)
    assert not migration.done()
    other.execute("ROLLBACK")
    other.close()
    await migration
    assert await revision(f"sqlite:///{tmp_path}/lotse.db") == schema.head()


async def test_a_new_file_that_stays_held_is_a_storage_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    other = sqlite3.connect(tmp_path / "lotse.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageFailed, match="database is locked"):
        await migrate(f"sqlite:///{tmp_path}/lotse.db")
    other.close()


async def test_two_migrations_in_one_process(databases: Databases) -> None:
    url = await databases.empty()
    assert await asyncio.gather(*(migrate(url) for _ in range(3))) == [None] * 3
    assert await revision(url) == schema.head()


async def test_a_database_from_the_future_is_refused_and_left_alone(databases: Databases) -> None:
    url = await databases.migrated()
    await set_revision(url, "9999")
    with pytest.raises(DatabaseTooNew, match="9999") as caught:
        await migrate(url)
    assert caught.value.revision == "9999"
    assert await revision(url) == "9999"


async def test_a_migration_that_fails_leaves_everything_as_it_was(databases: Databases) -> None:
    url = await databases.empty()
    async with schema.changing_tables(url) as connection:
        await connection.execute(sa.text("CREATE TABLE inbox (something INTEGER)"))  # in 0001's way
    with pytest.raises(StorageFailed):
        await migrate(url)
    async with schema.changing_tables(url) as connection:
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
    assert names == ["inbox"]


async def test_rows_without_their_owner_stop_a_change(sqlite_databases: Databases) -> None:
    url = await sqlite_databases.migrated()

    async def break_it() -> None:
        row = {"chat_id": 1, "event_id": "e", "occurrence": NOW, "created_at": NOW}
        async with schema.changing_tables(url) as connection:
            await connection.execute(sa.insert(saved_events), row)

    with pytest.raises(StorageFailed, match="saved_events"):
        await break_it()


async def test_an_existing_sqlite_file_is_saved_before_it_changes(
    sqlite_databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/lotse.db"
    await migrate(url)
    store = await Store.open(url)
    async with store.begin() as transaction:
        await transaction.choose_locale(7, "private", "uk", NOW)
    await store.close()

    steps: list[str] = []
    monkeypatch.setattr(schema, "head", lambda: "a later one")
    monkeypatch.setattr(schema, "upgrade", lambda _, to: steps.append(to))
    saved = await migrate(url)
    monkeypatch.undo()

    assert steps == ["head"]
    assert saved is not None
    assert saved.parent == tmp_path
    assert saved.name.startswith(f"lotse.db.{schema.head()}-")
    assert saved.stat().st_mode & 0o077 == 0
    restored = await sqlite_databases.empty()
    assert (await backup.restore(restored, saved)).rows["recipients"] == 1


async def test_a_new_file_is_private(tmp_path: Path) -> None:
    await migrate(f"sqlite:///{tmp_path}/deep/er/lotse.db")
    assert (tmp_path / "deep/er/lotse.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("url", ["sqlite:////proc/none/x.db", "postgresql://a:b@127.0.0.1:1/x"])
async def test_a_place_where_no_database_can_be_is_a_storage_failure(url: str) -> None:
    with pytest.raises(StorageFailed, match="cannot open the database"):
        await migrate(url)


def test_migrations_are_found_beside_the_package_or_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (schema.scripts() / "env.py").is_file()
    (tmp_path / "bot" / "storage").mkdir(parents=True)
    (tmp_path / "bot" / "migrations").mkdir()
    monkeypatch.setattr(schema, "__file__", str(tmp_path / "bot" / "storage" / "schema.py"))
    assert schema.scripts() == tmp_path / "bot" / "migrations"
    with pytest.raises(Exception, match="no migrations in"):
        schema.head()
