"""What all queries share: the connection of their transaction, and "insert, unless it is there"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


class Queries:
    """A group of queries that run on one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _run(self, statement: sa.Executable, values: Any = None) -> sa.CursorResult[Any]:
        return await self._connection.execute(statement, values)

    async def _count(self, statement: sa.Executable, values: dict[str, Any]) -> int:
        """Run a statement that changes rows, and say how many it changed."""
        return (await self._run(statement, values)).rowcount


@dataclass(frozen=True)
class PerDialect:
    """One statement that the two databases have separate constructs for."""

    sqlite: sa.Executable
    postgresql: sa.Executable

    def on(self, connection: AsyncConnection) -> sa.Executable:
        """The form for this connection's database."""
        return self.sqlite if connection.dialect.name == "sqlite" else self.postgresql


def insert_new(
    table: sa.Table,
    *,
    source: sa.Select[Any] | None = None,
    returning: Sequence[sa.Column[Any]] = (),
) -> PerDialect:
    """Insert rows; those whose key is there already are left alone and not returned.

    ``source`` is a query whose columns carry the names of the table's columns.
    """

    def build(insert: sqlite.Insert | postgresql.Insert) -> sa.Executable:
        if source is not None:
            insert = insert.from_select([column.name for column in source.selected_columns], source)
        statement = insert.on_conflict_do_nothing()
        return statement.returning(*returning) if returning else statement

    return PerDialect(build(sqlite.insert(table)), build(postgresql.insert(table)))


def insert_or_update(table: sa.Table, changes: dict[str, Any]) -> PerDialect:
    """Insert one row, or where its primary key is there already, set ``changes`` on it.

    A change of None takes the new row's value; anything else is an expression.
    """

    def build(insert: sqlite.Insert | postgresql.Insert) -> sa.Executable:
        values = {name: insert.excluded[name] if to is None else to for name, to in changes.items()}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)

    return PerDialect(build(sqlite.insert(table)), build(postgresql.insert(table)))
