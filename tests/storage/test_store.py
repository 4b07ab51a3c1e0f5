from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg
import pytest
import sqlalchemy as sa

from bot.domain.broadcast import State
from bot.domain.errors import StorageFailed, StorageUnreachable
from bot.storage import engine, schema
from bot.storage.engine import parse
from bot.storage.store import Store
from tests.conftest import Databases

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def count_up(store: Store) -> None:
    async with store.begin() as transaction:
        value = int(await transaction.meta("n") or 0)
        await asyncio.sleep(0)
        await transaction.set_meta("n", str(value + 1))


async def value_of(store: Store, key: str) -> str | None:
    async with store.read() as snapshot:
        return await snapshot.meta(key)


async def write_and_raise(store: Store, error: Exception) -> None:
    async with store.begin() as transaction:
        await transaction.set_meta("a", "1")
        raise error


async def test_an_exception_takes_everything_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await write_and_raise(store, ZeroDivisionError())
    assert await value_of(store, "a") is None


async def test_an_error_of_somebody_else_is_not_taken_for_the_database(store: Store) -> None:
    with pytest.raises(ConnectionResetError):
        await write_and_raise(store, ConnectionResetError())


async def test_a_reader_sees_one_moment_and_does_not_block(store: Store) -> None:
    async with store.read() as snapshot:
        assert await snapshot.meta("a") is None
        async with store.begin() as transaction:
            await transaction.set_meta("a", "1")
        assert await snapshot.meta("a") is None
    assert await value_of(store, "a") == "1"


async def test_a_picture_cannot_be_written_on(store: Store) -> None:
    async with store.read() as snapshot:
        from bot.storage.content import ContentChanges

        with pytest.raises(Exception, match=r"read-?only"):
            await ContentChanges(snapshot._connection).set_meta("a", "1")
    assert await value_of(store, "a") is None


async def test_many_writers_queue_on_sqlite(sqlite_store: Store) -> None:
    await asyncio.gather(*(count_up(sqlite_store) for _ in range(100)))
    assert await value_of(sqlite_store, "n") == "100"


async def test_many_readers_and_writers_do_not_starve_each_other(store: Store) -> None:
    async def look_then_write(number: int) -> None:
        async with store.read() as snapshot:
            await snapshot.meta("n")
            async with store.begin() as transaction:
                await transaction.set_meta(f"n{number}", "x")

    async with asyncio.timeout(20):
        await asyncio.gather(*(look_then_write(number) for number in range(40)))
    assert await value_of(store, "n39") == "x"


async def test_a_cancelled_transaction_leaves_nothing_and_frees_the_way(store: Store) -> None:
    started = asyncio.Event()

    async def slow() -> None:
        async with store.begin() as transaction:
            await transaction.set_meta("a", "1")
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(slow())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for delay in range(12):  # cancelled at any step of a transaction
        task = asyncio.create_task(count_up(store))
        await asyncio.sleep(delay / 2_000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5), store.begin() as transaction:
        assert await transaction.meta("a") is None
        await transaction.set_meta("a", "2")
    assert await value_of(store, "a") == "2"


async def test_another_process_with_the_lock_is_waited_for(sqlite_databases: Databases) -> None:
    url = await sqlite_databases.migrated()
    store = await Store.open(url)
    script = (
        "import sqlite3, sys, time\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "print('locked', flush=True)\n"
        "time.sleep(1)\n"
        "connection.execute('COMMIT')\n"
    )
    command = [sys.executable, "-c", script, url.removeprefix("sqlite:///")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        await asyncio.to_thread(other.stdout.readline)
        began = time.monotonic()
        assert await value_of(store, "n") is None
        read_after = time.monotonic() - began
        await asyncio.gather(count_up(store), count_up(store))
        wrote_after = time.monotonic() - began
    assert read_after < 0.5 < wrote_after
    assert await value_of(store, "n") == "2"
    await store.close()


async def test_a_lock_that_stays_is_a_storage_failure_and_no_more(
    sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    url = await sqlite_databases.migrated()
    store = await Store.open(url)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results = await asyncio.gather(count_up(store), count_up(store), return_exceptions=True)
    assert [str(result) for result in results] == ["OperationalError: database is locked"] * 2
    with pytest.raises(StorageFailed, match="database is locked"):
        await store.scrub()
    with pytest.raises(StorageFailed, match="database is locked"):
        await schema.changing_tables(url).__aenter__()
    other.execute("COMMIT")
    other.close()
    await asyncio.gather(count_up(store), count_up(store))
    assert await value_of(store, "n") == "2"
    await store.close()


async def test_a_failing_database_is_a_storage_failure_without_anybodys_words(store: Store) -> None:
    async with store.begin() as transaction:
        await transaction.choose_locale(7, "private", "uk", NOW)

    async def break_it() -> None:
        async with store.begin() as transaction:
            await transaction.store_updates([(1, 7, "geheim")], NOW)
            await transaction.choose_locale(8, None, "geheim", NOW)  # type: ignore[arg-type]

    with pytest.raises(StorageFailed) as caught:
        await break_it()
    assert "geheim" not in str(caught.value)
    assert "Integrity" in str(caught.value)
    assert caught.value.__cause__ is None
    async with store.read() as snapshot:
        assert await snapshot.unfinished(1) == ()


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql://a:b@127.0.0.1:1/x"])
async def test_an_unreachable_database_is_a_storage_failure(url: str) -> None:
    with pytest.raises(StorageFailed):
        await Store.open(url)


async def test_a_server_that_refuses_connections_is_waited_for() -> None:
    store = Store("postgresql://a:b@127.0.0.1:1/x")
    for begin in (store.begin, store.read):
        with pytest.raises(StorageUnreachable):
            async with begin():
                pass
    await store._dispose()


async def test_a_server_that_stops_at_work_is_waited_for(postgresql_databases: Databases) -> None:
    url = await postgresql_databases.migrated()
    store = await Store.open(url)
    with pytest.raises(StorageUnreachable):
        async with store.begin() as transaction:
            await transaction._connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    await store._dispose()
    await postgresql_databases.drop()


async def test_a_database_that_was_never_migrated_is_a_storage_failure(databases: Databases) -> None:
    url = await databases.empty()
    if databases.kind == "sqlite":
        with pytest.raises(StorageFailed, match="no database file"):
            await Store.open(url)
        Path(url.removeprefix("sqlite:///")).touch()
    with pytest.raises(StorageFailed, match="meta") as caught:
        await Store.open(url)
    assert not isinstance(caught.value, StorageUnreachable), "waiting would bring no table"


def full(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "full.db", isolation_level=None)) as file:
        file.execute("CREATE TABLE a (b)")
        file.execute("PRAGMA max_page_count = 2")
        file.execute("INSERT INTO a VALUES (zeroblob(100000))")


def locked(folder: Path) -> None:
    with (
        closing(sqlite3.connect(folder / "locked.db", isolation_level=None)) as one,
        closing(sqlite3.connect(folder / "locked.db", isolation_level=None, timeout=0)) as other,
    ):
        one.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


def without_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "empty.db")) as file:
        file.execute("SELECT * FROM nowhere")


def read_only(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "empty.db")) as file:
        file.execute("PRAGMA query_only = ON")
        file.execute("CREATE TABLE a (b)")


@pytest.mark.parametrize(
    ("fault", "passes"),
    [
        (full, True),
        (locked, True),
        (lambda folder: sqlite3.connect(folder / "no" / "folder.db"), True),
        (without_table, False),
        (read_only, False),
    ],
    ids=["full", "locked", "no folder", "no table", "read only"],
)
def test_what_sqlite_refuses_for_now_is_told_from_what_it_always_refuses(
    tmp_path: Path, fault: Callable[[Path], object], *, passes: bool
) -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        fault(tmp_path)
    told = engine.failure(sa.exc.OperationalError("SELECT", None, caught.value))
    assert isinstance(told, StorageUnreachable) == passes, told


@pytest.mark.parametrize(
    ("state", "passes"),
    [("40P01", True), ("53300", True), ("57P01", True), ("58030", True), ("42P01", False), ("22012", False)],
)
async def test_what_postgresql_refuses_for_now_is_told_from_what_it_always_refuses(
    postgresql_databases: Databases, state: str, *, passes: bool
) -> None:
    store = await Store.open(await postgresql_databases.migrated())
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'so' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(StorageFailed) as caught:
        async with store.begin() as transaction:
            await transaction._connection.exec_driver_sql(raising)
    assert isinstance(caught.value, StorageUnreachable) == passes
    await store._dispose()
    await postgresql_databases.drop()


async def test_a_value_that_the_driver_refuses_is_not_quoted(postgresql_databases: Databases) -> None:
    store = await Store.open(await postgresql_databases.migrated())
    with pytest.raises(StorageFailed) as caught:
        async with store.read() as snapshot:
            await snapshot._connection.execute(sa.text("SELECT 1 + :n"), {"n": "secret"})
    assert not isinstance(caught.value, StorageUnreachable)
    assert "secret" not in str(caught.value)
    await store._dispose()
    await postgresql_databases.drop()


async def test_who_finds_no_free_connection_waits_for_one(store: Store) -> None:
    store._reading.sync_engine.pool._timeout = 0.01  # type: ignore[attr-defined]
    async with AsyncExitStack() as stack:
        for _ in range(store._reading.sync_engine.pool.size()):  # type: ignore[attr-defined]
            view = await stack.enter_async_context(store.read())
            await view.content_version()
        with pytest.raises(StorageUnreachable, match="free"):
            await stack.enter_async_context(store.read())


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "is not one"),
        ("lotse.db", "is not one"),
        ("mysql://user:geheim@host/x", "'mysql' are not supported"),
        ("postgresql://user:geheim@host:port/x", "is not one"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_wrong_addresses_are_named(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        parse(url)
    assert "geheim" not in str(caught.value)


async def test_sqlite_is_set_up_to_be_safe_and_to_forget(sqlite_databases: Databases) -> None:
    url = await sqlite_databases.migrated()
    store = await Store.open(url)
    expected = {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "synchronous": 2}
    async with store.begin() as transaction:
        for pragma, value in expected.items():
            row = (await transaction._connection.exec_driver_sql(f"PRAGMA {pragma}")).one()
            assert row[0] == value, pragma
    await count_up(store)
    path = Path(url.removeprefix("sqlite:///"))
    await store.close()
    assert not path.with_name(f"{path.name}-wal").exists()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'n'").fetchone() == ("1",)
    connection.close()


async def test_the_log_is_carried_back_beside_a_writer(sqlite_databases: Databases, tmp_path: Path) -> None:
    url = await sqlite_databases.migrated()
    store = await Store.open(url)
    async with store.begin() as transaction:
        await transaction.set_meta("a", "1")
    async with store.begin() as transaction:
        await transaction.set_meta("a", "2")
        await asyncio.wait_for(store.carry_back(), 10)
    # The file alone, without the log beside it, holds what was committed before.
    alone = shutil.copy(url.removeprefix("sqlite:///"), tmp_path / "alone.db")
    with closing(sqlite3.connect(alone)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'a'").fetchone() == ("1",)
    assert await value_of(store, "a") == "2"
    await store.close()


async def test_a_server_has_no_log_to_carry_back(postgresql_databases: Databases) -> None:
    store = await Store.open(await postgresql_databases.migrated())
    await store.carry_back()
    assert await value_of(store, "a") is None
    await store.close()


async def test_every_table_that_knows_a_chat_is_scrubbed(postgresql_databases: Databases) -> None:
    url = await postgresql_databases.migrated()
    store = await Store.open(url)
    async with store.begin() as transaction:
        await transaction.choose_locale(5, "private", "de", NOW)
        await transaction.forget(5)
    assert await store.scrub()
    await store._dispose()
    connection = await asyncpg.connect(url)
    knows = await connection.fetch(
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'chat_id'"
    )
    done = await connection.fetch("SELECT relname FROM pg_stat_user_tables WHERE vacuum_count > 0")
    await connection.close()
    wanted = {row["table_name"] for row in knows} | {"inbox", "broadcasts", "gap_texts"}
    assert {"deliveries", "edit_waits", "staff"} < wanted <= {row["relname"] for row in done}
    await postgresql_databases.drop()


async def test_scrubbing_does_not_disturb_a_sender_at_work(store: Store) -> None:
    async with store.begin() as transaction:
        id = await transaction.draft(None, NOW)
        await transaction.move(id, State.SCHEDULED)
        await transaction.move(id, State.SENDING)
        lease = await transaction.take_lease("a sender", None)
    assert lease is not None
    assert not await store.scrub()
    async with store.begin() as transaction:
        await transaction.release_lease(lease)
    assert await store.scrub()


async def test_a_statement_of_sqlite_wakes_its_thread_once(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []
    act: Any = aiosqlite.Connection._execute

    async def noted(connection: aiosqlite.Connection, call: Any, *args: Any, **more: Any) -> Any:
        turns.append(call.__name__)
        return await act(connection, call, *args, **more)

    await count_up(sqlite_store)
    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    await count_up(sqlite_store)
    assert len(turns) == 4, turns  # begin, read, write, commit
    turns.clear()
    assert await value_of(sqlite_store, "n") == "2"
    assert len(turns) == 3, turns  # begin, read, end
