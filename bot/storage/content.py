"""Queries about content: the records, their version, small settings, and "outdated?" reports."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.directory import AnyRecord, Key, Kind
from bot.storage.codec import CodecError, decode, spell
from bot.storage.queries import Queries, insert_or_update
from bot.storage.rows import OutdatedReports, StoredRecord
from bot.storage.tables import learned, meta, outdated_reports, records

_log = logging.getLogger(__name__)

CONTENT_VERSION = "content_version"

_BODIES = sa.select(records.c.kind, records.c.id, records.c.body)
_ONE = sa.select(records.c.kind, records.c.id, records.c.body).where(
    records.c.kind == sa.bindparam("k"), records.c.id == sa.bindparam("i")
)
_RECORDS = sa.select(records.c.kind, records.c.id, records.c.body, records.c.imported, records.c.shipped)
_PUT = insert_or_update(records, {"body": None, "imported": None, "shipped": None, "updated_at": None})

_META = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("k"))
_SET_META = insert_or_update(meta, {"value": None})
_COUNT_UP = insert_or_update(
    meta, {"value": sa.cast(sa.cast(meta.c.value, sa.BigInteger) + sa.literal(1), sa.Text)}
)

_LEARNED = sa.select(learned.c.key, learned.c.value).where(
    sa.func.substr(learned.c.key, 1, sa.func.length(sa.bindparam("k"))) == sa.bindparam("k")
)
_LEARNED_KEYS = sa.select(learned.c.key)
_LEARN = insert_or_update(learned, {"value": None})
_UNLEARN = sa.delete(learned).where(learned.c.key == sa.bindparam("k"))

_REPORT = insert_or_update(outdated_reports, {"count": outdated_reports.c.count + sa.literal(1)})
_REPORTS = (
    sa.select(
        outdated_reports.c.kind,
        outdated_reports.c.id,
        sa.func.sum(outdated_reports.c.count).label("times"),
        sa.func.max(outdated_reports.c.day).label("last_on"),
    )
    .group_by(outdated_reports.c.kind, outdated_reports.c.id)
    .order_by(sa.desc("times"), outdated_reports.c.kind, outdated_reports.c.id)
)
_SETTLE = sa.delete(outdated_reports).where(
    outdated_reports.c.kind == sa.bindparam("k"), outdated_reports.c.id == sa.bindparam("i")
)


@dataclass(frozen=True, slots=True)
class Content:
    """All records, ordered by kind and id, and what is wrong with those that cannot be read, by kind/id."""

    records: tuple[AnyRecord, ...]
    faulty: Mapping[str, str]


class ContentQueries(Queries):
    """Reading content."""

    async def records(self) -> tuple[AnyRecord, ...]:
        """All records, shown or not, that can be read; see :meth:`content`."""
        return (await self.content()).records

    async def content(self) -> Content:
        """All records, shown or not; those that cannot be read apart, with a line in the log."""
        records, faulty = [], {}
        # Sorted here: the databases do not agree on the order of letters.
        for row in sorted(await self._run(_BODIES), key=lambda row: row[:2]):
            found = _read(row)
            if isinstance(found, ValueError):
                faulty[f"{row.kind}/{row.id}"] = str(found)
            else:
                records.append(found)
        return Content(tuple(records), faulty)

    async def content_record(self, kind: Kind, id: str) -> AnyRecord | None:
        """One record, shown or not; None when there is none, or it cannot be read."""
        row = (await self._run(_ONE, {"k": kind.value, "i": id})).first()
        found = None if row is None else _read(row)
        return None if isinstance(found, ValueError) else found

    async def record_bodies(self) -> dict[Key, StoredRecord]:
        """All records as they are stored, with what the last imports gave, ordered by kind and id."""
        rows = (await self._run(_RECORDS)).all()
        return {
            (Kind(row.kind), row.id): StoredRecord(
                json.loads(row.body),
                *(None if base is None else json.loads(base) for base in (row.imported, row.shipped)),
            )
            for row in sorted(rows, key=lambda r: r[:2])
        }

    async def content_version(self) -> int:
        """A number that grows with every transaction that changes content; 0 before the first."""
        return int(await self.meta(CONTENT_VERSION) or 0)

    async def meta(self, key: str) -> str | None:
        """A small value kept under a key, or None."""
        value: str | None = (await self._run(_META, {"k": key})).scalar()
        return value

    async def learned(self, beginning: str) -> dict[str, bytes]:
        """What was computed from content, under keys that begin so."""
        return {row.key: row.value for row in await self._run(_LEARNED, {"k": beginning})}

    async def learned_keys(self) -> tuple[str, ...]:
        """The keys of all that was computed from content."""
        return tuple((await self._run(_LEARNED_KEYS)).scalars())

    async def outdated_counts(self) -> tuple[OutdatedReports, ...]:
        """The records reported as outdated, the most reported first."""
        return tuple(
            OutdatedReports(Kind(row.kind), row.id, int(row.times), row.last_on)
            for row in await self._run(_REPORTS)
        )


class ContentChanges(ContentQueries):
    """Changing content."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._counted = False

    async def put_record(
        self,
        kind: Kind,
        id: str,
        body: Mapping[str, Any],
        imported: Mapping[str, Any] | None,
        shipped: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a record, replacing what was there.

        ``imported`` and ``shipped`` are the bodies as imports gave them (see :class:`StoredRecord`); an edit
        passes on those that were stored.
        """
        values = {
            "kind": kind.value,
            "id": id,
            "body": _json(body),
            "imported": None if imported is None else _json(imported),
            "shipped": None if shipped is None else _json(shipped),
            "updated_at": datetime.now(UTC),
        }
        await self.hold_content()
        await self._run(_PUT.on(self._connection), values)

    async def set_meta(self, key: str, value: str) -> None:
        """Keep a small value under a key."""
        await self._run(_SET_META.on(self._connection), {"key": key, "value": value})

    async def learn(self, values: Mapping[str, bytes]) -> None:
        """Keep what was computed from content."""
        if values:
            rows = [{"key": key, "value": value} for key, value in values.items()]
            await self._run(_LEARN.on(self._connection), rows)

    async def unlearn(self, keys: Iterable[str]) -> None:
        """Forget what was computed under these keys."""
        if rows := [{"k": key} for key in keys]:
            await self._run(_UNLEARN, rows)

    async def report_outdated(self, kind: Kind, id: str, day: date) -> None:
        """Somebody pressed "outdated?"; who it was is not stored."""
        values = {"kind": kind.value, "id": id, "day": day, "count": 1}
        await self._run(_REPORT.on(self._connection), values)

    async def settle_outdated(self, kind: Kind, id: str) -> None:
        """The office has looked at the record: drop the reports."""
        await self._run(_SETTLE, {"k": kind.value, "i": id})

    async def hold_content(self) -> None:
        """Count the version up, before reading what is to change: who does so too waits for this commit."""
        # Once is enough: others see the changes and the new version together, at the commit.
        if not self._counted:
            await self._run(_COUNT_UP.on(self._connection), {"key": CONTENT_VERSION, "value": "1"})
            self._counted = True


def _read(row: sa.Row[Any]) -> AnyRecord | ValueError:
    """The record, or what is wrong with it, which a line of the log tells as well."""
    try:
        return decode(Kind(row.kind), json.loads(row.body))
    except ValueError as error:
        # The fields and not the words: a record may hold a question that somebody passed on.
        wrong = [spell(one.path) for one in error.problems] if isinstance(error, CodecError) else []
        said = ", ".join(wrong) or "its body"
        _log.error("the record %s/%s cannot be read and is left out: %s", row.kind, row.id, said)
        return error


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
