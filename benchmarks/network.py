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


async def people(store: Store, first: int, last: int, topic: Topic = Topic.EVENTS) -> None:
    """Chats ``first`` to ``last`` that want a topic's news of the whole state, their languages in turn."""
    numbers = sa.select(sa.literal(first, sa.BigInteger).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < last))
    n = numbers.c.n
    language = sa.case(dict(enumerate(LOCALES)), value=n % len(LOCALES))
    then, day = sa.literal(_LONG_AGO, recipients.c.created_at.type), sa.literal(_LONG_AGO.date(), sa.Date)
    text = sa.Text
    person = sa.select(n, sa.literal("private", text), language, then, day)
    wish = sa.select(
        n, sa.literal(topic.value, text), sa.literal("mv", text), sa.literal("now", text), sa.literal(1), then
    )
    async with store.begin() as tx:
        columns = ["chat_id", "chat_type", "locale", "created_at", "seen_on"]
        await tx._run(recipients.insert().from_select(columns, person))
        columns = ["chat_id", "topic", "area", "frequency", "consent_version", "consented_at"]
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
