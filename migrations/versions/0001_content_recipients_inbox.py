"""Content, recipients with their saved events, and the inbox.

Revision: 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _chat(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("chat_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["recipients.chat_id"],
            name=f"fk_{table}_chat_id_recipients",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
    )


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "records",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("imported", sa.Text()),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_records"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "outdated_reports",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "day", name="pk_outdated_reports"),
    )
    op.create_table(
        "recipients",
        sa.Column("chat_id", BIG, nullable=False, autoincrement=False),
        sa.Column("chat_type", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("retired_at", MOMENT),
        sa.Column("announced_at", MOMENT),
        sa.PrimaryKeyConstraint("chat_id", name="pk_recipients"),
    )
    op.create_table(
        "saved_events",
        *_chat("saved_events"),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("occurrence", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "event_id", "occurrence", name="pk_saved_events"),
    )
    op.create_index("ix_saved_events_event_id_occurrence", "saved_events", ["event_id", "occurrence"])
    op.create_table(
        "reminders",
        sa.Column("id", BIG, nullable=False),
        *_chat("reminders"),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("occurrence", MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_reminders"),
        sa.UniqueConstraint(
            "chat_id", "event_id", "occurrence", "kind", name="uq_reminders_chat_id_event_id_occurrence_kind"
        ),
        sqlite_autoincrement=True,
    )
    unsent = sa.text("sent_at IS NULL")
    op.create_index(
        "ix_reminders_due_at", "reminders", ["due_at"], sqlite_where=unsent, postgresql_where=unsent
    )
    op.create_table(
        "notices",
        sa.Column("id", BIG, nullable=False),
        *_chat("notices"),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("occurrence", MOMENT, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("moved_to", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint(
            "chat_id",
            "event_id",
            "occurrence",
            "change",
            name="uq_notices_chat_id_event_id_occurrence_change",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_unsent", "notices", ["id"], sqlite_where=unsent, postgresql_where=unsent)
    op.create_table(
        "inbox",
        sa.Column("update_id", BIG, nullable=False, autoincrement=False),
        sa.Column("lane", BIG, nullable=False),
        sa.Column("payload", sa.Text()),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("update_id", name="pk_inbox"),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_inbox_unfinished",
        "inbox",
        ["received_at", "update_id"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )


def downgrade() -> None:
    """Back to an empty database."""
    for table in (
        "inbox",
        "notices",
        "reminders",
        "saved_events",
        "recipients",
        "outdated_reports",
        "meta",
        "records",
    ):
        op.drop_table(table)
