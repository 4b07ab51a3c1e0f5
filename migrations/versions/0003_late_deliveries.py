"""Since when a delivery that was put off is due.

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


def downgrade() -> None:
    """Back to 0002: what was put off counts as due when it is tried again."""
    op.drop_column("deliveries", "since")
