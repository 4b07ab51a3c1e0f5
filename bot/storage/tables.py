"""The tables. Migrations build them; a test checks that both agree."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware moment, kept in UTC on both databases.

    SQLite has no zones and stores the naive UTC time. A naive value is refused, because nobody can
    say later which clock it was read from.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """From an aware moment to what the driver takes; ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _: sa.Dialect) -> datetime | None:
        """From the driver's value to an aware moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Telegram's ids need 64 bits. In SQLite, INTEGER has them, and as primary key it *is* the row's number.
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

records = sa.Table(
    "records",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("imported", sa.Text),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

outdated_reports = sa.Table(
    "outdated_reports",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

recipients = sa.Table(
    "recipients",
    metadata,
    sa.Column("chat_id", BIG, primary_key=True, autoincrement=False),
    sa.Column("chat_type", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_on", sa.Date, nullable=False),
    sa.Column("retired_at", UtcDateTime),
    sa.Column("announced_at", UtcDateTime),
)


def _chat() -> sa.Column[int]:
    """Whose row it is: it follows the chat when Telegram renumbers it, and goes when it is forgotten."""
    owner = sa.ForeignKey("recipients.chat_id", ondelete="CASCADE", onupdate="CASCADE")
    return sa.Column("chat_id", BIG, owner, nullable=False)


saved_events = sa.Table(
    "saved_events",
    metadata,
    _chat(),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("occurrence", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("chat_id", "event_id", "occurrence"),
    sa.Index(None, "event_id", "occurrence"),
)

# AUTOINCREMENT: an id taken for sending must never come to mean another row meanwhile.
reminders = sa.Table(
    "reminders",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    _chat(),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("occurrence", UtcDateTime, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.UniqueConstraint("chat_id", "event_id", "occurrence", "kind"),
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_reminders_due_at",
    reminders.c.due_at,
    sqlite_where=reminders.c.sent_at.is_(None),
    postgresql_where=reminders.c.sent_at.is_(None),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    _chat(),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("occurrence", UtcDateTime, nullable=False),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("moved_to", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.UniqueConstraint("chat_id", "event_id", "occurrence", "change"),
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_notices_unsent",
    notices.c.id,
    sqlite_where=notices.c.sent_at.is_(None),
    postgresql_where=notices.c.sent_at.is_(None),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("update_id", BIG, primary_key=True, autoincrement=False),
    sa.Column("lane", BIG, nullable=False),
    sa.Column("payload", sa.Text),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
)
sa.Index(
    "ix_inbox_unfinished",
    inbox.c.received_at,
    inbox.c.update_id,
    sqlite_where=inbox.c.finished_at.is_(None),
    postgresql_where=inbox.c.finished_at.is_(None),
)
