"""Reading the whole log and saying what is wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.domain.audit import Act, Damage, Harm, Head
from bot.services import auditing
from bot.services.auditing import examine
from bot.storage.store import Store
from bot.storage.tables import audit

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
KEY = b"a key of the log"


async def test_a_log_longer_than_a_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "_PAGE", 3)
    nothing = await examine(store, KEY)
    assert (nothing.entries, nothing.head, nothing.damage) == (0, None, ())
    async with store.begin() as tx:
        for number in range(7):
            await tx.audit(NOW, number, Act.DRAFT, {"broadcast": number}, KEY)
    whole = await examine(store, KEY)
    assert (whole.entries, whole.damage) == (7, ())
    assert whole.head is not None
    assert (await examine(store, KEY, sent=whole.head)).damage == ()
    assert (await examine(store, KEY, sent=Head(7, "0" * 16))).damage == (Damage(Harm.OTHER, 7, 7),)
    async with store.begin() as tx:
        await tx._run(sa.delete(audit).where(audit.c.seq.in_((3, 7))))
    found = await examine(store, KEY)
    assert found.damage == (Damage(Harm.MISSING, 3, 3), Damage(Harm.CUT, 7, 7))
