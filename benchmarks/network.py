"""A network of any size for measurements: subscribers in a real database, and a broadcast for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.domain.broadcast import Audience, Body, Options, State
from bot.domain.news import Topic
from bot.storage.store import Store
from bot.storage.tables import recipients, subscriptions

LOCALES = ("de", "ar", "uk", "ru", "tr", "en")
HTML = "<b>Town festival</b>\n" + "Everybody is welcome, bring your friends. " * 11
"""About 500 characters, as an announcement has them."""
OPTIONS = Options(urgent=True)
"""So that it does not matter at which hour somebody measures."""

_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_then = sa.literal(_LONG_AGO, recipients.c.created_at.type)


def _text(value: str) -> sa.BindParameter[str]:
    return sa.literal(value, sa.Text)


async def people(store: Store, count: int) -> None:
    """Chats 1 to ``count``, their languages in turn."""
    start = sa.select(sa.literal(1, sa.BigInteger).label("n")).cte("numbers", recursive=True)
    n = start.union_all(sa.select(start.c.n + 1).where(start.c.n < count)).c.n
    person = sa.select(
        n,
        _text("private"),
        sa.case(dict(enumerate(LOCALES)), value=n % len(LOCALES)),
        _then,
        sa.literal(_LONG_AGO.date()),
    )
    columns = ["chat_id", "chat_type", "locale", "created_at", "seen_on"]
    async with store.begin() as tx:
        await tx._run(recipients.insert().from_select(columns, person))


async def subscribe(store: Store, count: int, topic: Topic = Topic.EVENTS) -> None:
    """The first ``count`` chats want a topic's news, of the whole state and at once."""
    wish = sa.select(
        recipients.c.chat_id, _text(topic.value), _text("mv"), _text("now"), sa.literal(1), _then
    ).where(recipients.c.chat_id <= count)
    columns = ["chat_id", "topic", "area", "frequency", "consent_version", "consented_at"]
    async with store.begin() as tx:
        await tx._run(subscriptions.insert().from_select(columns, wish))


async def announce(store: Store, topic: Topic = Topic.EVENTS) -> int:
    """An announcement in all languages that is due now; its id."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    async with store.begin() as tx:
        audience = Audience(topics=frozenset({topic}))
        id = await tx.draft(None, now, name="Town festival", audience=audience, options=OPTIONS)
        for code in LOCALES:
            await tx.put_body(id, Body(locale=code, html=HTML))
        await tx.change(id, send_at=now)
        await tx.move(id, State.SCHEDULED)
    return id
