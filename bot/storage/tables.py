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
    sa.Column("shipped", sa.Text),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# Computed from content, by keys that name the model and the text: it can always be computed again.
learned = sa.Table(
    "learned",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
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
    # Hours of the towns' clocks; see bot.domain.news.Rhythm. Here, because launches read them by millions.
    sa.Column("quiet_from", sa.SmallInteger, nullable=False, server_default="21"),
    sa.Column("quiet_to", sa.SmallInteger, nullable=False, server_default="8"),
    sa.Column("digest_hour", sa.SmallInteger, nullable=False, server_default="18"),
    sa.Column("muted_until", UtcDateTime),
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

# News and staff -----------------------------------------------------------------------------------

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    _chat(),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("area", sa.Text, nullable=False),
    sa.Column("frequency", sa.Text, nullable=False),
    sa.Column("consent_version", sa.SmallInteger, nullable=False),
    sa.Column("consented_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("chat_id", "topic", "area"),
    # In the order in which a launch walks.
    sa.Index(None, "topic", "frequency", "chat_id", "area"),
    sqlite_with_rowid=False,
)

contacts = sa.Table(
    "contacts",
    metadata,
    _chat(),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("number", sa.SmallInteger, nullable=False, server_default="1"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("chat_id", "organisation_id"),
)

# What somebody does not want though it goes to the group (bot.domain.broadcast.Group) that they belong to.
declined = sa.Table(
    "declined",
    metadata,
    _chat(),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("declined_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("chat_id", "about"),
)

# Contacts whom somebody else has ended, until they were told.
farewells = sa.Table(
    "farewells",
    metadata,
    _chat(),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("chat_id", "organisation_id"),
)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("chat_id", BIG, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime),
    sa.Column("editing", BIG),
    sa.Column("expecting", sa.Text),
    sqlite_autoincrement=True,
)

# The link itself is not kept: who reads the database cannot use it.
invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("role", sa.Text),
    sa.Column("organisation_id", sa.Text),
    sa.Column("created_by", BIG),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", BIG, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("staff_id", BIG),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("mac", sa.Text, nullable=False),
)

# Broadcasts ---------------------------------------------------------------------------------------

broadcasts = sa.Table(
    "broadcasts",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("author_id", BIG),
    sa.Column("releaser_id", BIG),
    sa.Column("organisation_id", sa.Text),
    sa.Column("series", sa.Text, nullable=False, server_default=""),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("send_at", UtcDateTime),
    sa.Column("launched_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("launch", sa.Text),
    sa.Column("pause_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("anchor", sa.Text),
    sa.Column("schedule_id", BIG),
    sa.Column("fire_at", UtcDateTime),
    sa.Column("progress", sa.Text),
    sa.Column("told", sa.Text, nullable=False, server_default=""),
    sa.Column("corrects", sa.Text),
    sa.Column("revision", BIG, nullable=False, server_default="0"),
    sa.UniqueConstraint("schedule_id", "fire_at"),
    sa.Index(None, "state", "send_at"),
    sqlite_autoincrement=True,
)


def _broadcast() -> sa.Column[int]:
    owner = sa.ForeignKey("broadcasts.id", ondelete="CASCADE")
    return sa.Column("broadcast_id", BIG, owner, nullable=False)


bodies = sa.Table(
    "bodies",
    metadata,
    _broadcast(),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("media", sa.Text),
    sa.Column("file_id", sa.Text),
    sa.Column("buttons", sa.Text, nullable=False, server_default="[]"),
    sa.Column("event_id", sa.Text, nullable=False, server_default=""),
    sa.Column("revision", sa.SmallInteger, nullable=False, server_default="0"),
    sa.PrimaryKeyConstraint("broadcast_id", "locale"),
)

# Millions of rows: no foreign keys (each would be looked up for each row), seconds in place of moments.
# ``at`` is when a waiting delivery is due, and when one that is over was over; ``since`` when it was due at
# first, where it could not be sent then.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("broadcast_id", BIG, nullable=False),
    sa.Column("chat_id", BIG, nullable=False),
    sa.Column("at", BIG, nullable=False),
    sa.Column("message_id", BIG),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("since", BIG),
    sa.PrimaryKeyConstraint("broadcast_id", "chat_id"),
    sqlite_with_rowid=False,
)
for _name, _number in (("waiting", "1"), ("digest", "2")):
    _waits = deliveries.c.state == sa.literal_column(_number)
    sa.Index(
        f"ix_deliveries_{_name}",
        deliveries.c.broadcast_id,
        deliveries.c.at,
        deliveries.c.chat_id,
        sqlite_where=_waits,
        postgresql_where=_waits,
    )

# What is left of deliveries whose persons are forgotten, or whose time to be kept is over.
delivery_counts = sa.Table(
    "delivery_counts",
    metadata,
    _broadcast(),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("count", BIG, nullable=False),
    sa.PrimaryKeyConstraint("broadcast_id", "locale", "state", "reason"),
)

# Corrections and withdrawals on their way through the chats that have a message.
edits = sa.Table(
    "edits",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    _broadcast(),
    sa.Column("locale", sa.Text),
    sa.Column("withdraw", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("cursor", BIG, nullable=False),
    sa.Column("done", BIG, nullable=False, server_default="0"),
    sa.Column("failed", BIG, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

# Chats whose correction waits, because Telegram told them to: it is made when it is due.
edit_waits = sa.Table(
    "edit_waits",
    metadata,
    sa.Column("edit_id", BIG, sa.ForeignKey("edits.id", ondelete="CASCADE"), nullable=False),
    _chat(),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("edit_id", "chat_id"),
)

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    _broadcast(),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime),
    sqlite_autoincrement=True,
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("epoch", BIG, nullable=False),
    sa.Column("beat", BIG, nullable=False),
)

# Questions without success ------------------------------------------------------------------------

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("locale", sa.Text, primary_key=True),
    sa.Column("town", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

# Only with consent. No chat and no day: the Monday is there to erase it in time, the id drawn by lot.
gap_texts = sa.Table(
    "gap_texts",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("week", sa.Date, nullable=False),
)

# An inbox holds what people wrote, a broadcast where its author's progress message stands.
PERSONAL = (
    *(table for table in metadata.sorted_tables if "chat_id" in table.columns),
    *(inbox, broadcasts, gap_texts),
)
"""Every table that holds something of a person: what is erased there must leave the files too."""
