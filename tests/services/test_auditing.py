"""Reading the whole log and saying what is wrong with it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from bot.domain.audit import Act, Damage, Harm, Head
from bot.services import auditing
from bot.services.auditing import examine
from bot.storage.store import Store
from bot.storage.tables import audit

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
KEY = b"a key of the log"


class Watched(Head):
    """Notes where it is compared."""

    compared: ClassVar[set[int]] = set()

    def __getattribute__(self, name: str) -> Any:
        Watched.compared.add(threading.get_ident())
        return super().__getattribute__(name)


async def test_a_long_log_holds_up_nobody(sqlite_store: Store) -> None:
    async with sqlite_store.begin() as tx:
        await tx.audit(NOW, 1, Act.DRAFT, {"broadcast": 1}, KEY)
    head = (await examine(sqlite_store, KEY)).head
    assert head is not None
    sent = Watched(head.seq, head.mac)
    Watched.compared.clear()
    assert (await examine(sqlite_store, KEY, sent=sent)).damage == ()
    assert Watched.compared
    assert threading.get_ident() not in Watched.compared


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
