"""Since when a delivery that was put off is due; corrections that wait, for their time or a second person.

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """To this revision."""
    op.add_column("deliveries", sa.Column("since", BIG))
    op.add_column("broadcasts", sa.Column("corrects", sa.Text()))
    op.create_table(
        "edit_waits",
        sa.Column("edit_id", BIG, nullable=False),
        sa.Column("chat_id", BIG, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edit_id"], ["edits.id"], name="fk_edit_waits_edit_id_edits", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["recipients.chat_id"],
            name="fk_edit_waits_chat_id_recipients",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("edit_id", "chat_id", name="pk_edit_waits"),
    )


def downgrade() -> None:
    """Back to 0002: what was put off is due when it is tried again; waiting corrections are given up."""
    op.drop_table("edit_waits")
    op.drop_column("broadcasts", "corrects")
    op.drop_column("deliveries", "since")
