"""Of a recipient's first message only the day is kept.

Revision: 0007, after 0006.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE recipients SET created_at = substr(created_at, 1, 10) || ' 00:00:00.000000'")
    else:
        op.execute("UPDATE recipients SET created_at = date_trunc('day', created_at, 'UTC')")


def downgrade() -> None:
    """Back to 0005: the time of day is gone for good."""
