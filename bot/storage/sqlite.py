"""SQLite with one turn of the connection's thread for each statement.

A SQLite connection lives in a thread of its own, and each turn there and back wakes two sleeping
threads, which at a quiet rate costs more than the statement. SQLAlchemy's adapter takes four turns for
a query (make a cursor, execute, fetch, close) and one more for a rollback after each commit.
"""

# ruff: noqa: SLF001 (neither library offers this, and the adapter itself reaches into aiosqlite)
from __future__ import annotations

import sqlite3
from collections import deque
from typing import Any

from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.util import EMPTY_DICT


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """Makes its cursor, executes and fetches in one turn. Nothing is left to close then."""

    __slots__ = ()

    def __init__(self, adapt_connection: Any) -> None:  # the base's would make a cursor now
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor: Any = None
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._turn("execute", operation, () if parameters is None else parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._turn("executemany", operation, seq_of_parameters)

    async def _turn(self, method: str, operation: Any, parameters: Any) -> None:
        driver: Any = self._connection

        def act() -> tuple[sqlite3.Cursor, list[Any]]:
            cursor = driver._conn.cursor()
            getattr(cursor, method)(operation, parameters)
            return cursor, cursor.fetchall() if cursor.description else []

        async with self._adapt_connection._execute_mutex:
            self._cursor, rows = await driver._execute(act)
            self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Forget what was not read."""
        self._rows.clear()


class Connection(AsyncAdapt_aiosqlite_connection):
    """Does not roll back what it has just committed."""

    __slots__ = ("_over",)
    _cursor_cls = Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._over = False

    def cursor(self, server_side: bool = False) -> Any:
        """As the base's; what it does is to be committed or rolled back."""
        self._over = False
        return super().cursor(server_side)

    def run_async(self, fn: Any) -> Any:
        """As the base's."""
        self._over = False
        return super().run_async(fn)

    def commit(self) -> None:
        """As the base's."""
        super().commit()
        self._over = True

    def rollback(self) -> None:
        """As the base's, when there may be something: the pool calls it for each connection it gets back."""
        if not self._over:
            super().rollback()


def connect(dialect: Any, _: Any, args: Any, params: Any) -> Connection:
    """Answers SQLAlchemy's ``do_connect``: connect as it does."""
    made = dialect.connect(*args, **params)
    return Connection(made.dbapi, made._connection)
