"""What waits is found by its broadcast: an urgent one does not stand behind all the others.

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NEW = {"waiting": sa.text("state = 1"), "digest": sa.text("state = 2")}
_OLD = sa.text("state IN (1, 2)")


def upgrade() -> None:
    """To this revision."""
    op.drop_index("ix_deliveries_later", "deliveries")
    for name, where in _NEW.items():
        columns = ["broadcast_id", "at", "chat_id"]
        op.create_index(
            f"ix_deliveries_{name}", "deliveries", columns, sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    """Back to 0005: what waits is found by its time alone."""
    for name in _NEW:
        op.drop_index(f"ix_deliveries_{name}", "deliveries")
    columns = ["at", "broadcast_id", "chat_id"]
    op.create_index("ix_deliveries_later", "deliveries", columns, sqlite_where=_OLD, postgresql_where=_OLD)
