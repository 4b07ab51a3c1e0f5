"""What contacts and staff do not want to get; and contacts who are still to be told that they are none.

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_chat(name: str, key: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("chat_id", BIG, nullable=False),
        sa.Column(key, sa.Text(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["recipients.chat_id"],
            name=f"fk_{name}_chat_id_recipients",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chat_id", key, name=f"pk_{name}"),
    )


def upgrade() -> None:
    """To this revision."""
    _of_chat("declined", "about", sa.Column("declined_at", sa.DateTime(timezone=True), nullable=False))
    _of_chat("farewells", "organisation_id")


def downgrade() -> None:
    """Back to 0009: what was stopped comes again, and nobody is told any more."""
    op.drop_table("farewells")
    op.drop_table("declined")
