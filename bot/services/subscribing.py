"""Subscribing to news, stopping it, and finding what was sent: for the dialog, whoever draws it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from bot.domain.broadcast import Body, Broadcast, Group, Missing, State, choose_body
from bot.domain.errors import DomainError
from bot.domain.locales import Locale
from bot.domain.news import ALL, CONSENT_VERSION, Frequency, Subscription, Topic
from bot.domain.places import Gazetteer
from bot.storage.store import Snapshot, Store, Transaction

MOST_AREAS = 10
"""Places that one chat can have for one topic; who wants more takes the whole state."""
_ARCHIVE = 100
"""How many past messages are looked at; older ones have mostly expired."""


class NotAContact(DomainError):
    """The network's internal news is for contacts of its organisations only."""

    def __init__(self) -> None:
        super().__init__("This chat does not belong to a contact of a member organisation.")


class TooManyAreas(DomainError):
    """A chat has as many places for a topic as it can have."""

    def __init__(self) -> None:
        super().__init__(f"A chat can have {MOST_AREAS} places for a topic; the whole state is one.")


@dataclass(frozen=True, slots=True)
class Who:
    """A chat that asks for news, as far as it must be known to become a recipient."""

    chat_id: int
    chat_type: str
    locale: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A past message in the reader's language; ``exact`` is False where it is another one."""

    broadcast: Broadcast
    body: Body
    exact: bool


def topic_of(name: str) -> Topic | None:
    """The topic of a button or link, or None."""
    return Topic(name) if name in set(Topic) else None


def group_of(name: str) -> Group | None:
    """The group of recipients in a button, or None."""
    return Group(name) if name in set(Group) else None


def frequency_of(name: str) -> Frequency | None:
    """The frequency in a button, or None."""
    return Frequency(name) if name in set(Frequency) else None


def is_area(area: str, gazetteer: Gazetteer) -> bool:
    """Whether it is the whole state, a district or a town; see :data:`bot.domain.news.ALL`."""
    kind, _, id = area.partition(":")
    match kind:
        case "town":
            return gazetteer.town(id) is not None
        case "district":
            return gazetteer.district(id) is not None
        case _:
            return area == ALL


def frequencies(topic: Topic) -> tuple[Frequency, ...]:
    """How often a topic's news can come: a warning that waits for Thursday is none."""
    return (Frequency.NOW,) if topic is Topic.URGENT else tuple(Frequency)


def open_topics(*, contact: bool) -> tuple[Topic, ...]:
    """The topics that a chat may have."""
    return tuple(topic for topic in Topic if contact or not topic.internal)


async def subscribe(
    store: Store,
    who: Who,
    topic: Topic,
    area: str,
    frequency: Frequency,
    *,
    now: datetime,
    today: date,
    digest_hour: int | None = None,
) -> None:
    """Store that a chat agreed to get a topic for an area; repeating it changes nothing more.

    The whole state takes the place of single areas, and a single area that of the whole state; how often
    is the same for all areas of a topic. NotAContact for internal news of others; TooManyAreas.
    """
    async with store.begin() as tx:
        if topic.internal and not await tx.is_contact(who.chat_id):
            raise NotAContact
        if await tx.recipient(who.chat_id) is None:
            await tx.choose_locale(who.chat_id, who.chat_type, who.locale, now, today)
        await tx.revive(who.chat_id)  # a group that was closed to us: somebody speaks to us there again
        have = {one.area for one in await tx.subscriptions(who.chat_id) if one.topic is topic}
        replaced = have - {ALL} if area == ALL else have & {ALL}
        if len(have - replaced - {area}) >= MOST_AREAS:
            raise TooManyAreas
        await tx.unsubscribe(who.chat_id, topic, replaced)
        await tx.set_frequency(who.chat_id, frequency, topic)
        await tx.subscribe(
            Subscription(
                chat_id=who.chat_id,
                topic=topic,
                area=area,
                frequency=frequency,
                consent_version=CONSENT_VERSION,
                consented_at=now,
            )
        )
        if digest_hour is not None:
            await _adjust(tx, who.chat_id, digest_hour=digest_hour)


async def change_frequency(
    store: Store, chat_id: int, topic: Topic, frequency: Frequency, digest_hour: int | None = None
) -> int:
    """Change how often a topic's news comes, and the hour of all digests; how many areas that concerns."""
    async with store.begin() as tx:
        changed = await tx.set_frequency(chat_id, frequency, topic)
        if changed and digest_hour is not None:
            await _adjust(tx, chat_id, digest_hour=digest_hour)
    return changed


async def set_quiet_hours(store: Store, chat_id: int, since: int, until: int) -> bool:
    """Choose the hours without news; equal ones: none. False when nothing is stored about the chat."""
    async with store.begin() as tx:
        return await _adjust(tx, chat_id, quiet_from=since, quiet_to=until)


async def set_digest_hour(store: Store, chat_id: int, hour: int) -> bool:
    """Choose the hour of digests; False when nothing is stored about the chat."""
    async with store.begin() as tx:
        return await _adjust(tx, chat_id, digest_hour=hour)


async def mute(store: Store, chat_id: int, until: datetime | None) -> bool:
    """Hold all news back until a moment, or no longer; False when nothing is stored about the chat."""
    async with store.begin() as tx:
        return await _adjust(tx, chat_id, muted_until=until)


async def stop(
    store: Store,
    chat_id: int,
    what: Topic | Group | None = None,
    area: str | None = None,
    *,
    now: datetime,
) -> int:
    """End a topic, one area of it, what goes to a group that one belongs to, or everything; how many
    subscriptions and groups that were.
    """
    async with store.begin() as tx:
        ended = 0
        if not isinstance(what, Group):
            ended = await tx.unsubscribe(chat_id, what, None if area is None else (area,))
        if not isinstance(what, Topic):
            for group in await tx.groups(chat_id):
                ended += what in (None, group) and await tx.decline(chat_id, group, now)
        return ended


async def get_again(store: Store, chat_id: int, group: Group) -> bool:
    """What goes to a group comes again; False where it did anyway."""
    async with store.begin() as tx:
        return await tx.want_again(chat_id, group)


class Withdrawn(DomainError):
    """A message was taken back: it must not be relied on."""

    def __init__(self) -> None:
        super().__init__("This message was withdrawn.")


async def archive(view: Snapshot, topics: Iterable[Topic], now: datetime) -> tuple[Broadcast, ...]:
    """What was sent for any of the topics and has not expired, the newest first."""
    return await view.recently_sent(frozenset(topics), now, _ARCHIVE)


async def read(
    view: Snapshot, id: int, topics: Iterable[Topic], locale: Locale, now: datetime, chat_id: int
) -> Sent | None:
    """One past message in the reader's language or the nearest; None when it is not (or no more) theirs.

    Who got it (a digest names only its first line) can read it whatever became of the rest, unless it was
    withdrawn: Withdrawn.
    """
    found = await view.broadcast(id)
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        return None
    theirs = await view.got(chat_id, id)
    if found.state is State.WITHDRAWN and theirs:
        raise Withdrawn
    public = found.state in (State.SENDING, State.SENT) and bool(found.audience.topics & set(topics))
    if found.state is State.WITHDRAWN or not (public or theirs):
        return None
    return await in_language(view, found, locale)


async def in_language(view: Snapshot, broadcast: Broadcast, locale: Locale) -> Sent | None:
    """A message as a reader gets it who asks for it: rather in another language than not at all."""
    body = choose_body(await view.bodies(broadcast.id), locale, Missing.FALLBACK)
    return None if body is None else Sent(broadcast, body, exact=body.locale == locale.code)


async def _adjust(tx: Transaction, chat_id: int, **changes: Any) -> bool:
    """Change fields of a chat's :class:`bot.domain.news.Rhythm`."""
    recipient = await tx.recipient(chat_id)
    return recipient is not None and await tx.set_rhythm(chat_id, replace(recipient.rhythm, **changes))
