"""The staff's log in both databases: without gaps, one after the other, and damage that stays to be seen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.domain.audit import Act, Damage, Harm, Head, verify
from bot.storage.audit import AUDIT_HEAD
from bot.storage.store import Store
from bot.storage.tables import audit, meta

NOW = datetime(2026, 11, 23, 12, 30, 0, 987654, tzinfo=UTC)
KEY = b"a key of the log"


async def write(store: Store, count: int, *, first: int = 1) -> None:
    for number in range(first, first + count):
        async with store.begin() as tx:
            await tx.audit(NOW, number, Act.DRAFT, {"broadcast": number}, KEY)


async def damage(store: Store) -> list[Damage]:
    async with store.read() as view:
        return verify(await view.audit_entries(), await view.audit_head(), KEY)


async def tamper(store: Store, *statements: sa.Executable) -> None:
    async with store.begin() as tx:
        for statement in statements:
            await tx._run(statement)


_NO_HEAD = sa.delete(meta).where(meta.c.key == AUDIT_HEAD)


async def test_entries_follow_each_other(store: Store) -> None:
    async with store.read() as view:
        assert await view.audit_head() is None
        assert await view.audit_count() == 0
        assert await view.latest_audit(5) == ()
    await write(store, 5)
    async with store.read() as view:
        entries = await view.audit_entries()
        assert [one.seq for one in entries] == [1, 2, 3, 4, 5]
        assert {one.at for one in entries} == {NOW}
        assert entries[2].about == {"broadcast": 3}
        assert [one.seq for one in await view.audit_entries(3, 1)] == [4]
        assert [one.seq for one in await view.latest_audit(2, 1)] == [4, 3]
        assert await view.audit_count() == 5
        found = await view.audit_head()
        assert found is not None
        assert found.seq == 5
    assert await damage(store) == []


async def test_an_act_that_fails_leaves_no_entry(store: Store) -> None:
    await write(store, 2)

    async def failing() -> None:
        async with store.begin() as tx:
            await tx.audit(NOW, 1, Act.RELEASE, {}, KEY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    with pytest.raises(ValueError, match="no words"):
        async with store.begin() as tx:
            await tx.audit(NOW, 1, Act.RELEASE, {"why": "because I say so"}, KEY)
    await write(store, 1, first=3)
    assert await damage(store) == []
    async with store.read() as view:
        assert await view.audit_count() == 3


@pytest.mark.parametrize("before", [0, 3])
async def test_many_at_once_get_different_numbers_without_gaps(store: Store, before: int) -> None:
    await write(store, before)

    async def one(number: int) -> int:
        async with store.begin() as tx:
            entry = await tx.audit(NOW, number, Act.DRAFT, {"broadcast": number}, KEY)
            await asyncio.sleep(0.005)
            return entry.seq

    found = await asyncio.gather(*(one(number) for number in range(20)))
    assert sorted(found) == list(range(before + 1, before + 21))
    assert await damage(store) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (sa.update(audit).where(audit.c.seq == 3).values(staff_id=9), Damage(Harm.CHANGED, 3, 3)),
        (sa.update(audit).where(audit.c.seq == 3).values(act="release"), Damage(Harm.CHANGED, 3, 3)),
        (sa.update(audit).where(audit.c.seq == 6).values(detail="{}"), Damage(Harm.CHANGED, 6, 6)),
        (sa.delete(audit).where(audit.c.seq == 3), Damage(Harm.MISSING, 3, 3)),
        (sa.delete(audit).where(audit.c.seq < 3), Damage(Harm.MISSING, 1, 2)),
        (sa.delete(audit).where(audit.c.seq > 4), Damage(Harm.CUT, 5, 6)),
        (sa.delete(audit), Damage(Harm.CUT, 1, 6)),
        (_NO_HEAD, Damage(Harm.HEADLESS, 1, 6)),
        (
            sa.update(meta).where(meta.c.key == AUDIT_HEAD).values(value=str(Head(6, "0" * 64))),
            Damage(Harm.FORGED, 6, 6),
        ),
    ],
)
async def test_damage_is_found_and_stays_to_be_seen(
    store: Store, change: sa.Executable, found: Damage
) -> None:
    await write(store, 6)
    await tamper(store, change)
    assert await damage(store) == [found]
    # Going on writing heals nothing, however long.
    await write(store, 3, first=10)
    after = await damage(store)
    assert after
    assert all(one.harm in (Harm.CHANGED, Harm.MISSING) for one in after)
    if found.harm in (Harm.CHANGED, Harm.MISSING):
        assert after == [found]


@pytest.mark.parametrize("left", [0, 3])
async def test_cutting_the_end_and_the_head_is_seen_as_soon_as_somebody_acts(store: Store, left: int) -> None:
    await write(store, 6)
    async with store.read() as view:
        sent = await view.audit_head()
    await tamper(store, sa.delete(audit).where(audit.c.seq > left), _NO_HEAD)
    await write(store, 1, first=10)
    async with store.read() as view:
        entries, head = await view.audit_entries(), await view.audit_head()
    if left:
        assert verify(entries, head, KEY) == [Damage(Harm.MISSING, 4, 4)]
    # When everything is gone, only the head that was sent knows.
    assert verify(entries, head, KEY, sent=sent)


async def test_a_head_set_back_is_seen(store: Store) -> None:
    await write(store, 3)
    async with store.read() as view:
        old = await view.audit_head()
    await write(store, 3, first=4)
    await tamper(store, sa.update(meta).where(meta.c.key == AUDIT_HEAD).values(value=str(old)))
    assert await damage(store) == [Damage(Harm.ADDED, 4, 6)]
    await write(store, 1, first=10)
    assert await damage(store) == [Damage(Harm.MISSING, 7, 7)]


async def test_the_key_is_needed_to_go_on(store: Store) -> None:
    await write(store, 3)
    async with store.begin() as tx:
        await tx.audit(NOW, 1, Act.RELEASE, {}, b"not the key")
    assert await damage(store)
