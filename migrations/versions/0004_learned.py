"""What was computed from content: vectors of texts, and what was learned from them.

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Room for vectors that did not come with the package."""
    op.create_table(
        "learned",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_learned"),
    )


def downgrade() -> None:
    """All of it can be computed again."""
    op.drop_table("learned")
