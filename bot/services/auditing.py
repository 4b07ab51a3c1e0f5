"""Checking the staff's log against its codes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.domain.audit import Damage, Entry, Head, verify
from bot.storage.store import Snapshot, Store

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found: how many entries there are, the head, and the damage."""

    entries: int
    head: Head | None
    damage: tuple[Damage, ...]


async def examine(store: Store, key: bytes, *, sent: Head | None = None) -> Finding:
    """Read the whole log, at one moment of the database, and check every code.

    ``sent`` is a head that admins were given: it proves that the log still holds what it held then.
    """
    async with store.read() as view:
        entries = await _all(view)
        head = await view.audit_head()
    # In a thread: 10,000 entries take 0.2 s.
    damage = await asyncio.to_thread(verify, entries, head, key, sent=sent)
    return Finding(len(entries), head, tuple(damage))


async def _all(view: Snapshot) -> list[Entry]:
    found: list[Entry] = []
    while page := await view.audit_entries(found[-1].seq if found else 0, _PAGE):
        found += page
    return found
