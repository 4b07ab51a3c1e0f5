"""Subscriptions, staff with their audit log, and broadcasts with a delivery for each recipient.

Revision: 0002, after 0001.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
_LATER = sa.text("state IN (1, 2)")


def _rhythm() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("quiet_from", sa.SmallInteger(), nullable=False, server_default="21"),
        sa.Column("quiet_to", sa.SmallInteger(), nullable=False, server_default="8"),
        sa.Column("digest_hour", sa.SmallInteger(), nullable=False, server_default="18"),
        sa.Column("muted_until", MOMENT),
    )


_TABLES = (
    "leases",
    "schedules",
    "edits",
    "delivery_counts",
    "deliveries",
    "bodies",
    "broadcasts",
    "audit",
    "invitations",
    "staff",
    "contacts",
    "subscriptions",
)


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


def _broadcast(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("broadcast_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcasts.id"],
            name=f"fk_{table}_broadcast_id_broadcasts",
            ondelete="CASCADE",
        ),
    )


def upgrade() -> None:
    """To this revision."""
    for column in _rhythm():
        op.add_column("recipients", column)
    op.create_table(
        "subscriptions",
        *_chat("subscriptions"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("consent_version", sa.SmallInteger(), nullable=False),
        sa.Column("consented_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "topic", "area", name="pk_subscriptions"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_subscriptions_topic_frequency_chat_id_area",
        "subscriptions",
        ["topic", "frequency", "chat_id", "area"],
    )
    op.create_table(
        "contacts",
        *_chat("contacts"),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "organisation_id", name="pk_contacts"),
    )
    op.create_table(
        "staff",
        sa.Column("id", BIG, nullable=False),
        sa.Column("chat_id", BIG),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.Column("editing", BIG),
        sa.Column("expecting", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("chat_id", name="uq_staff_chat_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "invitations",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("role", sa.Text()),
        sa.Column("organisation_id", sa.Text()),
        sa.Column("created_by", BIG),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("digest", name="pk_invitations"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", BIG, nullable=False, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("staff_id", BIG),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_table(
        "broadcasts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("author_id", BIG),
        sa.Column("releaser_id", BIG),
        sa.Column("organisation_id", sa.Text()),
        sa.Column("series", sa.Text(), nullable=False, server_default=""),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("send_at", MOMENT),
        sa.Column("launched_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("expires_at", MOMENT),
        sa.Column("launch", sa.Text()),
        sa.Column("pause_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("anchor", sa.Text()),
        sa.Column("schedule_id", BIG),
        sa.Column("fire_at", MOMENT),
        sa.Column("progress", sa.Text()),
        sa.Column("told", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_broadcasts"),
        sa.UniqueConstraint("schedule_id", "fire_at", name="uq_broadcasts_schedule_id_fire_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_broadcasts_state_send_at", "broadcasts", ["state", "send_at"])
    op.create_table(
        "bodies",
        *_broadcast("bodies"),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("media", sa.Text()),
        sa.Column("file_id", sa.Text()),
        sa.Column("buttons", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("event_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("revision", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("broadcast_id", "locale", name="pk_bodies"),
    )
    op.create_table(
        "deliveries",
        sa.Column("broadcast_id", BIG, nullable=False),
        sa.Column("chat_id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("message_id", BIG),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("broadcast_id", "chat_id", name="pk_deliveries"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_deliveries_later",
        "deliveries",
        ["at", "broadcast_id", "chat_id"],
        sqlite_where=_LATER,
        postgresql_where=_LATER,
    )
    op.create_table(
        "delivery_counts",
        *_broadcast("delivery_counts"),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.PrimaryKeyConstraint("broadcast_id", "locale", "state", "reason", name="pk_delivery_counts"),
    )
    op.create_table(
        "edits",
        sa.Column("id", BIG, nullable=False),
        *_broadcast("edits"),
        sa.Column("locale", sa.Text()),
        sa.Column("withdraw", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("cursor", BIG, nullable=False),
        sa.Column("done", BIG, nullable=False, server_default="0"),
        sa.Column("failed", BIG, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_edits"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "schedules",
        sa.Column("id", BIG, nullable=False),
        *_broadcast("schedules"),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", BIG, nullable=False),
        sa.Column("beat", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def downgrade() -> None:
    """Back to 0001: subscriptions, staff and broadcasts are lost."""
    for table in _TABLES:
        op.drop_table(table)
    with op.batch_alter_table("recipients") as batch:
        for column in reversed(_rhythm()):
            batch.drop_column(column.name)
