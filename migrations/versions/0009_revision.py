"""A broadcast knows its revision, which was looked up in the whole log before.

Revision: 0009, after 0008.
"""

from __future__ import annotations

import json
from contextlib import suppress

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOVED = ("draft", "submit", "reject")


def upgrade() -> None:
    """To this revision: the last entry of the log that made another draft of it."""
    op.add_column("broadcasts", sa.Column("revision", BIG, nullable=False, server_default="0"))
    audit = sa.table("audit", sa.column("seq"), sa.column("act"), sa.column("detail"))
    broadcasts = sa.table("broadcasts", sa.column("id"), sa.column("revision"))
    rows = op.get_bind().execute(
        sa.select(audit.c.seq, audit.c.detail).where(audit.c.act.in_(_MOVED)).order_by(audit.c.seq)
    )
    last = {}
    for seq, detail in map(tuple, rows):
        with suppress(ValueError, KeyError, TypeError):  # somebody has broken the log
            last[int(json.loads(detail)["broadcast"])] = seq
    for id, seq in last.items():
        op.execute(sa.update(broadcasts).where(broadcasts.c.id == id).values(revision=seq))


def downgrade() -> None:
    """Back to 0008: it stands in the log."""
    op.drop_column("broadcasts", "revision")
