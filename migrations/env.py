"""Runs migrations on the connection and in the transaction that `bot.storage.migrating` opened."""

from __future__ import annotations

from alembic import context

from bot.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a table in place: Alembic then copies it.
    render_as_batch=True,
)
context.run_migrations()
