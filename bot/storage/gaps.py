"""Queries about questions without success: counts by day, and texts that were passed on."""

from __future__ import annotations

import secrets
from datetime import date

import sqlalchemy as sa

from bot.domain.gaps import Gap, Missed, PassedOn
from bot.storage.queries import Queries, insert_or_update
from bot.storage.tables import gap_texts, gaps

_LOTS = 2**29
"""Ids are drawn from so many; buttons carry them."""

_COUNT_ONE = insert_or_update(gaps, {"count": gaps.c.count + sa.literal(1)})
_TOTAL = sa.func.sum(gaps.c.count)
_RANKED = (
    sa.select(gaps.c.topic, gaps.c.locale, gaps.c.town, gaps.c.outcome, _TOTAL.label("count"))
    .group_by(gaps.c.topic, gaps.c.locale, gaps.c.town, gaps.c.outcome)
    .order_by(sa.desc("count"), gaps.c.topic, gaps.c.locale, gaps.c.town, gaps.c.outcome)
)
_ALL = sa.select(sa.func.coalesce(_TOTAL, 0))
_TEXTS = sa.select(gap_texts.c.id, gap_texts.c.locale, gap_texts.c.text).order_by(gap_texts.c.id)
_TEXT = _TEXTS.where(gap_texts.c.id == sa.bindparam("i"))
_KEEP = sa.insert(gap_texts)
_DROP = sa.delete(gap_texts).where(gap_texts.c.id == sa.bindparam("i"))
_ERASE_COUNTS = sa.delete(gaps).where(gaps.c.day <= sa.bindparam("before"))
_ERASE_TEXTS = sa.delete(gap_texts).where(gap_texts.c.week <= sa.bindparam("before"))


class GapQueries(Queries):
    """Reading them."""

    async def gaps(self) -> tuple[Gap, ...]:
        """The counts of all days together, the largest first."""
        rows = (await self._run(_RANKED)).mappings()
        return tuple(
            Gap(**{**row, "outcome": Missed(row["outcome"]), "count": int(row["count"])}) for row in rows
        )

    async def gap_count(self) -> int:
        """How many questions were counted."""
        return int((await self._run(_ALL)).scalar_one())

    async def passed_on(self) -> tuple[PassedOn, ...]:
        """The texts, in the order of their lots."""
        return tuple(PassedOn(**row) for row in (await self._run(_TEXTS)).mappings())

    async def passed_on_text(self, id: int) -> PassedOn | None:
        """One text, or None."""
        row = (await self._run(_TEXT, {"i": id})).mappings().first()
        return None if row is None else PassedOn(**row)


class GapChanges(GapQueries):
    """Counting, keeping and erasing them."""

    async def count_gap(self, gap: Gap, day: date) -> None:
        """One more of this kind on a day."""
        values = {"topic": gap.topic, "locale": gap.locale, "town": gap.town, "outcome": gap.outcome.value}
        await self._run(_COUNT_ONE.on(self._connection), {"day": day, **values, "count": 1})

    async def pass_on(self, text: str, locale: str, week: date) -> int:
        """Keep a text; its id."""
        id = 1 + secrets.randbelow(_LOTS)
        await self._run(_KEEP, {"id": id, "locale": locale, "text": text, "week": week})
        return id

    async def drop_passed_on(self, id: int) -> bool:
        """Erase a text; False when there was none."""
        return bool(await self._count(_DROP, {"i": id}))

    async def erase_gaps(self, before: date) -> int:
        """Erase counts of this day and older ones, and texts of a week that began then; how many rows."""
        erased = await self._count(_ERASE_COUNTS, {"before": before})
        return erased + await self._count(_ERASE_TEXTS, {"before": before})
