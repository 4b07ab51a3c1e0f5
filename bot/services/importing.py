"""Importing content: everything is checked and shown first, then written in one transaction.

``python -m bot.services.importing --schema`` writes ``bot/content/schema.json`` anew.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from bot.content import SCHEMA
from bot.domain.directory import KINDS, Key, Kind
from bot.domain.errors import DomainError
from bot.domain.places import Gazetteer
from bot.domain.text import LocalizedText, State
from bot.services.import_merge import Difference, Merged, merge
from bot.services.import_records import SCHEMA_VERSION, SECTIONS, Given, read_records
from bot.services.import_source import Finding, read_documents
from bot.storage.codec import CodecError, decode, definitions, encode, field_types
from bot.storage.rows import StoredRecord
from bot.storage.store import Store

_SHOWN = 500  # errors, and hints, that a description lists; a broken file can have a hundred thousand

_CHECKED = ("as_of", "confirmed_on", "review_due")

Stored = Mapping[Key, StoredRecord]


class ContentChanged(DomainError):
    """Somebody edited content between the plan and its execution."""

    def __init__(self) -> None:
        super().__init__("The content was edited while the import was being prepared. Import again.")


@dataclass(frozen=True, slots=True)
class Change:
    """What an import means for one record; ``added`` where the database has none."""

    kind: Kind
    id: str
    added: bool
    merged: Merged

    @property
    def writes(self) -> bool:
        """Whether the record's content changes."""
        return self.added or bool(self.merged.changed)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. With ``errors`` it does nothing at all."""

    given: tuple[Given, ...]
    errors: tuple[Finding, ...]
    changes: tuple[Change, ...]
    """One for each record of the files, also where nothing changes."""
    overwrite: bool
    shipped: bool
    """Whether the files are those that come with the program."""
    hints: tuple[Finding, ...] = ()
    """What is probably a mistake, and keeps nothing from being imported."""

    @property
    def writes(self) -> bool:
        """Whether applying the plan changes the content."""
        return not self.errors and any(change.writes for change in self.changes)

    def describe(self) -> str:
        """The plan in words: all errors, or what is new, changed, kept and in conflict; and the hints."""
        hints = _told(self.hints)
        if self.errors:
            number = len(self.errors)
            close = f"{number} error{'s' if number > 1 else ''}. Nothing was imported."
            more = [f"… and {number - _SHOWN} more."] if number > _SHOWN else []
            return "\n".join([*map(str, self.errors[:_SHOWN]), *more, *hints, close])
        lines = [line for change in self.changes for line in _describe(change)]
        return "\n".join([*lines, *hints, _total(self.changes)])


async def plan_import(
    store: Store | None,
    paths: Path | Sequence[Path],
    *,
    gazetteer: Gazetteer,
    today: date,
    overwrite: bool = False,
    shipped: bool = False,
) -> Plan:
    """Read files and folders, check all of it, and compare it with the database, or with nothing.

    ``today`` is the local date: demo times count from it. With ``overwrite`` the files win over
    what was edited elsewhere. ``shipped``: they are the files that come with the program, and so leave
    alone what other files have changed. Errors in the files are part of the plan, never an exception.
    """
    chosen = (paths,) if isinstance(paths, Path) else tuple(paths)
    stored: Stored = {}
    if store is not None:
        async with store.read() as snapshot:
            stored = await snapshot.record_bodies()
    given, errors, hints = await asyncio.to_thread(_read, chosen, gazetteer, today, stored)
    if errors:
        return Plan((), tuple(errors), (), overwrite, shipped, hints)
    changes = _compare(given, stored, overwrite=overwrite, shipped=shipped)
    return Plan(tuple(given), (), changes, overwrite, shipped, hints)


async def apply(plan: Plan, store: Store) -> None:
    """Write a plan in one transaction, all or nothing.

    ValueError for a plan with errors; ContentChanged when the database is no longer what the plan
    was made for. A plan that changes nothing writes nothing, and the content version stays.
    """
    if plan.errors:
        raise ValueError("an import with errors cannot be applied")
    if not plan.writes:
        return
    async with store.begin() as transaction:
        await transaction.hold_content()
        stored = await transaction.record_bodies()
        if _compare(plan.given, stored, overwrite=plan.overwrite, shipped=plan.shipped) != plan.changes:
            raise ContentChanged
        for change in plan.changes:
            old = stored.get((change.kind, change.id))
            new = _imported(change.merged, old, shipped=plan.shipped)
            if change.writes or new != old:
                await transaction.put_record(change.kind, change.id, *new)
            if old is not None and any(old.body.get(f) != change.merged.body.get(f) for f in _CHECKED):
                # Somebody has looked: what readers reported before is settled.
                await transaction.settle_outdated(change.kind, change.id)


def _read(
    paths: Iterable[Path], gazetteer: Gazetteer, today: date, stored: Stored
) -> tuple[list[Given], list[Finding], tuple[Finding, ...]]:
    documents = read_documents(paths)
    given, errors = read_records(documents, gazetteer, today, stored)
    return given, errors, tuple(sorted(hint for document in documents for hint in document.hints))


def _compare(given: Iterable[Given], stored: Stored, *, overwrite: bool, shipped: bool) -> tuple[Change, ...]:
    changes = []
    for one in given:
        kind, id = one.record.key
        old = stored.get((kind, id))
        current = None if old is None else _current(kind, old)
        if old is None or current is None:
            changes.append(Change(kind, id, True, merge(kind, None, {}, one.body)))
        else:
            bases = (old.shipped, None) if shipped else (old.imported, old.shipped)
            merged = merge(kind, bases[0], current, one.body, shipped=bases[1], overwrite=overwrite)
            changes.append(Change(kind, id, False, merged))
    return tuple(changes)


def _imported(merged: Merged, old: StoredRecord | None, *, shipped: bool) -> StoredRecord:
    """What is to be stored: the base of the files at hand moves, that of the others stays.

    An own file may start from the record as it came with the program.
    """
    body, base = dict(merged.body), dict(merged.imported)
    if shipped:
        return StoredRecord(body, base if old is None else old.imported, base)
    return StoredRecord(body, base, None if old is None else old.shipped)


def _current(kind: Kind, stored: StoredRecord) -> dict[str, Any] | None:
    """What is stored, as this version writes it; None for what cannot be read: the file mends it."""
    try:
        return encode(decode(kind, stored.body))
    except CodecError:
        return None


# Words --------------------------------------------------------------------------------------------


def _describe(change: Change) -> list[str]:
    merged = change.merged
    name = f"{change.kind} {change.id}"
    if change.added:
        return [f"+ {name}: {_show(merged.body['title'].get('de'))}"]
    if not (merged.changed or merged.kept or merged.conflicts):
        return []
    lines = [f"{'~' if merged.changed else '='} {name}"]
    lines += [f"    {_name(d)}: {_show(d.old)} → {_show(d.new)}" for d in merged.changed]
    lines += [f"    kept, edited elsewhere: {_name(d)}: {_show(d.old)}" for d in merged.kept]
    lines += [
        f"    CONFLICT {_name(d)}: edited elsewhere to {_show(d.old)}, in the file {_show(d.new)}; not taken"
        for d in merged.conflicts
    ]
    return lines


def _told(hints: Iterable[Finding]) -> list[str]:
    """Each hint at the first place that gives it, with the number of the others: a topic has many records."""
    places: dict[str, list[Finding]] = {}
    for hint in hints:
        places.setdefault(hint.message, []).append(hint)
    return [
        f"Hint: {first}" + (f" ({len(others)} more like this)" if others else "")
        for first, *others in islice(places.values(), _SHOWN)
    ]


def _name(difference: Difference) -> str:
    return ".".join(difference.leaf)


def _show(value: Any) -> str:
    if value is None:
        return "(nothing)"
    if isinstance(value, dict) and set(value) == {"text", "state"}:
        return f"{_show(value['text'])} ({value['state']})"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return f"“{text if len(text) <= 70 else text[:69] + '…'}”"


def _total(changes: Sequence[Change]) -> str:
    counts = Counter(
        "new" if change.added else "changed" if change.writes else "unchanged" for change in changes
    )
    words = [f"{counts[word]} {word}" for word in ("new", "changed", "unchanged")]
    kept = sum(len(change.merged.kept) for change in changes)
    conflicts = sum(len(change.merged.conflicts) for change in changes)
    words += [f"{kept} kept as edited elsewhere"] if kept else []
    words += [f"{conflicts} in conflict (the database's version stays)"] if conflicts else []
    return ", ".join(words) + "."


# Schema -------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON schema of an import file, from the records' dataclasses."""
    defined = definitions()
    texts = sorted(
        {n for cls in KINDS.values() for n, (_, tp) in field_types(cls).items() if tp is LocalizedText}
    )
    for name in ("phone", "mobile"):
        # 116016 without quotes is a number to YAML.
        defined["ContactDetails"]["properties"][name] = {"type": ["string", "integer", "null"]}
    sections = {
        section: {"type": ["array", "null"], "items": {"$ref": f"#/$defs/{KINDS[kind].__name__}"}}
        for section, kind in SECTIONS.items()
    }
    translations = {
        "type": "object",
        "properties": {
            "locale": {"type": "string"},
            "state": {"enum": [state.value for state in State]},
            "records": {
                "type": "object",
                "propertyNames": {"pattern": f"^({'|'.join(Kind)})/[a-z0-9-]+$"},
                "additionalProperties": {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in texts},
                    "additionalProperties": False,
                },
            },
        },
        "required": ["locale", "state", "records"],
        "additionalProperties": False,
    }
    examples = {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "propertyNames": {"pattern": f"^({'|'.join(Kind)})/[a-z0-9-]+$"},
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    }
    properties = {"schema": {"const": SCHEMA_VERSION}, **sections}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Content of Lotse",
        "type": "object",
        "properties": {**properties, "translations": translations, "examples": examples},
        "required": ["schema"],
        "additionalProperties": False,
        "$defs": defined,
    }


def schema_text() -> str:
    """What ``bot/content/schema.json`` holds."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Write the schema anew, for ``python -m bot.services.importing --schema``."""
    if list(arguments) != ["--schema"]:
        sys.exit("usage: python -m bot.services.importing --schema")
    SCHEMA.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":  # pragma: no cover
    main(sys.argv[1:])
