"""What became of a broadcast: an account without persons, and letting go of what is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.audit import Act
from bot.domain.broadcast import Broadcast, Edit, State
from bot.domain.deliveries import Tally
from bot.domain.staff import Role, Staff
from bot.services.office import Office, acting, handled, in_scope, log, visible
from bot.storage.store import Snapshot, Store

_CHUNK = 2_000
"""Deliveries folded in one transaction: some 20 ms."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is counted of a broadcast's recipients at one moment: by language, never persons.

    ``waits`` is when those go out that wait, but not for a digest (seconds since 1970), and how many;
    ``rate`` how many are done in a second, None where that is not known; ``edits`` its corrections and
    withdrawals.
    """

    tally: Tally
    waits: tuple[tuple[int, int], ...] = ()
    rate: float | None = None
    edits: tuple[Edit, ...] = ()


async def count(view: Snapshot, id: int) -> Account:
    """The account of a broadcast, counted now."""
    return Account(await view.tally(id), await view.waits(id), edits=await view.edits(id))


async def report(view: Snapshot, staff: Staff, id: int) -> tuple[Broadcast, Account]:
    """A broadcast and its account, for a member of the office; NoBroadcast, NotAllowed."""
    found = await visible(view, staff, id)
    await acting(view, staff, Role.AUTHOR, found.organisation_id)
    return found, await count(view, id)


async def note_export(office: Office, staff: Staff, id: int, now: datetime) -> None:
    """A line in the log about an account that is taken along as a table; NoBroadcast, NotAllowed."""
    async with office.store.begin() as tx:
        who, _found = await handled(tx, staff, id, Role.AUTHOR)
        await log(tx, office, now, who, Act.EXPORT, id)


async def listed(view: Snapshot, staff: Staff, *states: State) -> tuple[Broadcast, ...]:
    """Broadcasts in any of the states (none named: all), the newest first; NotAllowed."""
    await acting(view, staff, Role.AUTHOR, staff.organisation_id)
    return in_scope(staff, await view.broadcasts(states or tuple(State)))


async def expire(store: Store, now: datetime, days: int) -> int:
    """Let go of texts, names and recipients of what was over so many days ago; how many broadcasts that were.

    The counts stay. It goes in small steps, so that nobody waits, and may be interrupted at any point.
    """
    async with store.read() as view:
        old = await view.expired_broadcasts(now - timedelta(days=days))
    for id in old:
        more = True
        while more:
            async with store.begin() as tx:
                await tx.hold_sender()  # another process may do the same
                more = await tx.fold_chunk(id, _CHUNK)
                if not more:
                    await tx.drop_bodies(id)
                    await tx.change(id, name="")  # the first words of a text
    return len(old)
