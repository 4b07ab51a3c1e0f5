"""Questions without success, for the office: counting them, keeping texts by consent, learning from them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain.audit import Act
from bot.domain.directory import Key
from bot.domain.errors import StorageFailed, where
from bot.domain.gaps import (
    EntryGone,
    Gap,
    PassedOn,
    TextGone,
    erase_before,
    pooled,
    week_of,
    without_traces,
)
from bot.domain.staff import Role
from bot.services.staffing import require
from bot.storage.codec import encode
from bot.storage.store import Snapshot, Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Board:
    """What the office sees: the counts, the largest first, small ones put together; and the texts that were
    passed on."""

    gaps: tuple[Gap, ...]
    texts: tuple[PassedOn, ...]


async def missed(store: Store, gap: Gap, day: date) -> None:
    """Count a question without success. A database that cannot count keeps nobody from an answer."""
    try:
        async with store.begin() as tx:
            await tx.count_gap(gap, day)
    except StorageFailed as error:
        _log.warning("a question without success is not counted: %s", where(error))


async def pass_on(store: Store, text: str, locale: str, day: date) -> None:
    """Keep a text that a person has just agreed to pass on, without chat and day."""
    async with store.begin() as tx:
        await tx.pass_on(without_traces(text), locale, week_of(day))


async def erase(store: Store, today: date) -> int:
    """Erase what is over its time; how much it was."""
    async with store.begin() as tx:
        return await tx.erase_gaps(erase_before(today))


async def board(store: Store, chat_id: int) -> Board:
    """All of it; NotAllowed for who is no admin of everything."""
    async with store.read() as view:
        await require(view, chat_id, Role.ADMIN)
        return Board(pooled(await view.gaps()), await view.passed_on())


async def text(view: Snapshot, chat_id: int, id: int) -> PassedOn:
    """One text; NotAllowed for who is no admin of everything, TextGone where there is none."""
    await require(view, chat_id, Role.ADMIN)
    found = await view.passed_on_text(id)
    if found is None:
        raise TextGone
    return found


async def teach(store: Store, chat_id: int, id: int, entry: Key, now: datetime, key: bytes) -> None:
    """Make a text an example of an entry, in its language, and erase it here; once more changes nothing.

    Stored as any edit is: an import compares it with what it brings, and it survives. NotAllowed,
    TextGone, EntryGone.
    """
    detail: dict[str, int | str] = {"question": id, "entry": f"{entry[0].value}/{entry[1]}"}
    async with store.begin() as tx:
        me = await require(tx, chat_id, Role.ADMIN)
        before = await tx.audit_of(id, {Act.TEACH}, what="question")
        if any(detail.items() <= one.about.items() for one in before):
            return
        found = await text(tx, chat_id, id)
        stored, record = (await tx.record_bodies()).get(entry), await tx.content_record(*entry)
        if stored is None or record is None:
            raise EntryGone
        listed, words = record.examples.get(found.locale, ()), without_traces(found.text)
        if words not in listed:
            # As it was passed on, and cleaned once more: no record may hold what cannot be read again.
            examples = {**record.examples, found.locale: (*listed, words)}
            body = encode(replace(record, examples=examples))
            await tx.put_record(*entry, body, stored.imported, stored.shipped)
        await tx.drop_passed_on(id)
        await tx.audit(now, me.id, Act.TEACH, {**detail, "locale": found.locale}, key)


async def drop(store: Store, chat_id: int, id: int, now: datetime, key: bytes) -> None:
    """Delete a text. NotAllowed, TextGone."""
    async with store.begin() as tx:
        me = await require(tx, chat_id, Role.ADMIN)
        await text(tx, chat_id, id)
        await tx.drop_passed_on(id)
        await tx.audit(now, me.id, Act.DROP, {}, key)
