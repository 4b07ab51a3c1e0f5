"""A record knows what came with the program apart from what an own file gave.

What the last import gave counts as both: nobody can say any more which it was.

Revision: 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("records", sa.Column("shipped", sa.Text))
    op.execute("UPDATE records SET shipped = imported")


def downgrade() -> None:
    """Back to 0010: own files keep their base."""
    op.drop_column("records", "shipped")
