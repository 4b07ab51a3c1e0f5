"""Questions without success: counts by day, and texts that people agreed to pass on.

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "gaps",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "topic", "locale", "town", "outcome", name="pk_gaps"),
    )
    op.create_table(
        "gap_texts",
        sa.Column("id", BIG, nullable=False, autoincrement=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap_texts"),
    )


def downgrade() -> None:
    """Back to 0002: what was asked without success is lost."""
    op.drop_table("gap_texts")
    op.drop_table("gaps")
