"""Exporting content as one file that an import reads back to the same records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import yaml

from bot.domain.directory import AnyRecord
from bot.services.import_records import SCHEMA_VERSION, SECTIONS
from bot.storage.codec import encode
from bot.storage.store import Store

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


async def export(store: Store) -> str:
    """All records, shown or not, as YAML; every language of a text stands with its state."""
    async with store.read() as snapshot:
        records = await snapshot.records()
    return await asyncio.to_thread(write, records)


def write(records: Iterable[AnyRecord]) -> str:
    """Records as the text of an import file."""
    data: dict[str, Any] = {"schema": SCHEMA_VERSION}
    records = list(records)
    for section, kind in SECTIONS.items():
        bodies = [encode(record) for record in records if record.KIND is kind]
        if bodies:
            data[section] = bodies
    text: str = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
    return text
