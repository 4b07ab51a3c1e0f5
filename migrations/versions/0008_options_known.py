"""A broadcast's options may name the date of its event (``card_at``).

No table changes. But a program that does not know an option cannot read a broadcast that has it, and must not
send what it does not understand: by the revision it refuses the database at its start.

Revision: 0008, after 0007.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""


def downgrade() -> None:
    """Back to 0007: the date is that of the event as it is now."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE broadcasts SET options = json_remove(options, '$.card_at')")
    else:
        op.execute("UPDATE broadcasts SET options = (options::jsonb - 'card_at')::text")
