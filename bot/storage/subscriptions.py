"""Queries about what chats asked to be told, when they want quiet, and what was sent lately."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from bot.domain.broadcast import Broadcast, Group, State
from bot.domain.deliveries import Delivery
from bot.domain.news import Frequency, Rhythm, Subscription, Topic
from bot.storage.broadcasts import broadcast_of
from bot.storage.queries import Queries, insert_new, insert_or_update
from bot.storage.tables import broadcasts, contacts, declined, deliveries, recipients, staff, subscriptions

_CHAT = subscriptions.c.chat_id == sa.bindparam("chat")
_TOPIC = subscriptions.c.topic == sa.bindparam("about")
_OF = sa.select(subscriptions).where(_CHAT).order_by(subscriptions.c.topic, subscriptions.c.area)
_IS_CONTACT = sa.select(sa.exists().where(contacts.c.chat_id == sa.bindparam("chat")))
_SUBSCRIBE = insert_or_update(subscriptions, dict.fromkeys(("frequency", "consent_version", "consented_at")))
_STOP_ALL = sa.delete(subscriptions).where(_CHAT)
_STOP_TOPIC = _STOP_ALL.where(_TOPIC)
_STOP_AREAS = _STOP_TOPIC.where(subscriptions.c.area.in_(sa.bindparam("areas", expanding=True)))
_ALL_FREQUENCIES = sa.update(subscriptions).where(_CHAT).values(frequency=sa.bindparam("often"))
_FREQUENCY = _ALL_FREQUENCIES.where(_TOPIC)
_MEMBERS = {
    Group.CONTACTS: sa.exists().where(contacts.c.chat_id == recipients.c.chat_id),
    Group.STAFF: sa.exists().where(staff.c.chat_id == recipients.c.chat_id, staff.c.removed_at.is_(None)),
}
_GROUPS = sa.select(
    *_MEMBERS.values(),
    *(
        sa.exists().where(declined.c.chat_id == recipients.c.chat_id, declined.c.about == group.value)
        for group in _MEMBERS
    ),
).where(recipients.c.chat_id == sa.bindparam("chat"))
_DECLINE = insert_new(declined)
_WANT_AGAIN = sa.delete(declined).where(
    declined.c.chat_id == sa.bindparam("chat"), declined.c.about == sa.bindparam("what")
)
_RHYTHM = (
    sa.update(recipients)
    .where(recipients.c.chat_id == sa.bindparam("chat"))
    .values(
        quiet_from=sa.bindparam("since"),
        quiet_to=sa.bindparam("until"),
        digest_hour=sa.bindparam("hour"),
        muted_until=sa.bindparam("muted", type_=recipients.c.muted_until.type),
    )
)
_ARCHIVE = (
    sa.select(broadcasts)
    .where(
        broadcasts.c.state.in_((State.SENDING.value, State.SENT.value)),
        sa.or_(broadcasts.c.expires_at.is_(None), broadcasts.c.expires_at > sa.bindparam("now")),
    )
    .order_by(
        sa.func.coalesce(broadcasts.c.launched_at, broadcasts.c.created_at).desc(), broadcasts.c.id.desc()
    )
    .limit(sa.bindparam("n"))
)
_GOT = sa.select(deliveries.c.chat_id).where(
    deliveries.c.broadcast_id == sa.bindparam("key"),
    deliveries.c.chat_id == sa.bindparam("chat"),
    deliveries.c.state.in_((Delivery.SENT, Delivery.UNKNOWN, Delivery.RECALLED)),
)
# By way of the broadcasts, of which there are few: the key of a delivery begins with its broadcast.
_NOTICE_AT = (
    sa.select(deliveries.c.broadcast_id)
    .where(
        deliveries.c.broadcast_id.in_(sa.select(broadcasts.c.id)),
        deliveries.c.chat_id == sa.bindparam("chat"),
        deliveries.c.message_id == sa.bindparam("message"),
        deliveries.c.state == Delivery.SENT,
    )
    .order_by(deliveries.c.broadcast_id.desc())
    .limit(1)
)


class SubscriptionQueries(Queries):
    """Reading subscriptions, and the archive of what was sent."""

    async def subscriptions(self, chat_id: int) -> tuple[Subscription, ...]:
        """What a chat asked for, by topic and area."""
        rows = (await self._run(_OF, {"chat": chat_id})).mappings()
        return tuple(
            Subscription(
                **{**row, "topic": Topic(row["topic"]), "frequency": Frequency(row["frequency"])},
            )
            for row in rows
        )

    async def is_contact(self, chat_id: int) -> bool:
        """Whether the chat belongs to a contact of a member organisation."""
        return bool((await self._run(_IS_CONTACT, {"chat": chat_id})).scalar())

    async def groups(self, chat_id: int) -> dict[Group, bool]:
        """The groups that a recipient belongs to, and whether it wants what goes to them."""
        row = (await self._run(_GROUPS, {"chat": chat_id})).first()
        if row is None:
            return {}
        belongs, stopped = row[: len(_MEMBERS)], row[len(_MEMBERS) :]
        found = zip(_MEMBERS, belongs, stopped, strict=True)
        return {group: not no for group, belong, no in found if belong}

    async def recently_sent(
        self, topics: Collection[Topic], now: datetime, limit: int
    ) -> tuple[Broadcast, ...]:
        """What is being or was sent for any of the topics and has not expired, the newest first."""
        # The name in quotes may be that of something else in a rare case, so that is looked at once more.
        named = (broadcasts.c.audience.contains(f'"{topic.value}"') for topic in topics)
        rows = (
            await self._run(_ARCHIVE.where(sa.or_(sa.false(), *named)), {"now": now, "n": limit})
        ).mappings()
        return tuple(one for one in map(broadcast_of, rows) if one.audience.topics & set(topics))

    async def got(self, chat_id: int, broadcast_id: int) -> bool:
        """Whether a broadcast was delivered to a chat, as far as is known."""
        return (await self._run(_GOT, {"key": broadcast_id, "chat": chat_id})).first() is not None

    async def notice_at(self, chat_id: int, message_id: int) -> int | None:
        """The broadcast that a message in a chat is; of a digest the newest. None for other messages."""
        found: int | None = (await self._run(_NOTICE_AT, {"chat": chat_id, "message": message_id})).scalar()
        return found


class SubscriptionChanges(SubscriptionQueries):
    """Changing subscriptions."""

    async def subscribe(self, subscription: Subscription) -> None:
        """Store a subscription with its consent; where there is one for the topic and area, renew it.

        The chat must be a recipient.
        """
        values = {
            "chat_id": subscription.chat_id,
            "topic": subscription.topic.value,
            "area": subscription.area,
            "frequency": subscription.frequency.value,
            "consent_version": subscription.consent_version,
            "consented_at": subscription.consented_at,
        }
        await self._run(_SUBSCRIBE.on(self._connection), values)

    async def unsubscribe(
        self, chat_id: int, topic: Topic | None = None, areas: Iterable[str] | None = None
    ) -> int:
        """End a topic, in all areas or in some; without a topic everything. How many rows that were."""
        if topic is None:
            return await self._count(_STOP_ALL, {"chat": chat_id})
        values = {"chat": chat_id, "about": topic.value}
        if areas is None:
            return await self._count(_STOP_TOPIC, values)
        return await self._count(_STOP_AREAS, {**values, "areas": list(areas)})

    async def decline(self, chat_id: int, group: Group, now: datetime) -> bool:
        """A recipient does not want what goes to a group; False when that was known."""
        values = {"chat_id": chat_id, "about": group.value, "declined_at": now}
        return bool(await self._count(_DECLINE.on(self._connection), values))

    async def want_again(self, chat_id: int, group: Group) -> bool:
        """It wants that again; False when it did anyway."""
        return bool(await self._count(_WANT_AGAIN, {"chat": chat_id, "what": group.value}))

    async def set_frequency(self, chat_id: int, frequency: Frequency, topic: Topic | None = None) -> int:
        """Change how often a topic's news comes, or all; how many rows that were.

        What was agreed to stays as it is: how often is no other purpose.
        """
        values = {"chat": chat_id, "often": frequency.value}
        if topic is None:
            return await self._count(_ALL_FREQUENCIES, values)
        return await self._count(_FREQUENCY, {**values, "about": topic.value})

    async def set_rhythm(self, chat_id: int, rhythm: Rhythm) -> bool:
        """Store when a chat wants to hear from us; False when nothing is stored about it."""
        values = {
            "chat": chat_id,
            "since": rhythm.quiet_from,
            "until": rhythm.quiet_to,
            "hour": rhythm.digest_hour,
            "muted": rhythm.muted_until,
        }
        return bool(await self._count(_RHYTHM, values))
